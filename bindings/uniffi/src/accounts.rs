//! `Accounts`: those of a host, by its own names.

use std::{collections::HashMap, fmt, sync::Arc};

use idvkit::driver;

use crate::Account;

/// One or several accounts, each under a name of yours: rows keep the name, so it stays when keys or hosts change. They never
/// change; several threads may share them.
#[derive(uniffi::Object)]
#[uniffi::export(Debug)]
pub struct Accounts(pub(crate) driver::Accounts);

#[uniffi::export]
impl Accounts {
    /// Accounts under names of yours.
    #[uniffi::constructor]
    pub fn new(accounts: HashMap<String, Arc<Account>>) -> Self {
        let with = |all: driver::Accounts, (name, account): (String, Arc<Account>)| all.with(name, account.0.clone());
        Self(accounts.into_iter().fold(driver::Accounts::default(), with))
    }

    /// The only account, under its provider's name.
    #[uniffi::constructor]
    pub fn of(account: &Account) -> Self {
        Self(account.0.clone().into())
    }

    /// The account of that name.
    pub fn account(&self, name: &str) -> Option<Arc<Account>> {
        self.0.get(name).cloned().map(|account| Arc::new(Account(account)))
    }

    /// All names, sorted.
    pub fn names(&self) -> Vec<String> {
        self.0.names().map(str::to_owned).collect()
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
