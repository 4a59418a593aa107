//! The accounts of a host, each under a name that the host chose.

use alloc::{collections::BTreeMap, format, string::String, sync::Arc, vec::Vec};

use idvkit_core::{Blame, Input, Reference, Reject, RejectCode, UnixMillis};

use crate::{Account, ProviderId};

/// One or several accounts, each under a name that you choose. Rows store this name, so keep it when keys or hosts
/// change. Cloning is cheap.
///
/// ```
/// # fn main() -> Result<(), idvkit::Reject> {
/// # let [config, other_config] = ["us", "eu"].map(|region| idvkit::Config::from_json(&format!(r#"{{"provider": "jumio",
/// #     "region": "{region}", "api_token": "t", "api_secret": "s", "user_agent": "YourCompany YourApp/v1.0", "callback": "portal"}}"#)));
/// use idvkit::{Account, driver::Accounts};
///
/// let only = Accounts::from(Account::new(config?)?); // under its provider's name
/// let several = only.with("jumio-eu", Account::new(other_config?)?);
/// assert_eq!(several.names().collect::<Vec<_>>(), ["jumio", "jumio-eu"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Accounts(Arc<BTreeMap<String, Account>>);

impl Accounts {
    /// Adds an account under this name, or replaces the account that has the name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, account: Account) -> Self {
        Arc::make_mut(&mut self.0).insert(name.into(), account);
        self
    }

    /// The account with this name.
    pub fn get(&self, name: &str) -> Option<&Account> {
        self.0.get(name)
    }

    /// The names of all accounts, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The account that a request is for: the named one, or the only one of its provider.
    pub(super) fn choose(&self, name: Option<&str>, provider: ProviderId) -> Result<(&str, &Account), Reject> {
        let refuse = |why: &str| Err(Reject::at(RejectCode::AccountUnknown, "account", why));
        if let Some(name) = name {
            let known = self.0.get_key_value(name).map(|(name, account)| (name.as_str(), account));
            return known.map_or_else(|| refuse("there is no account of this name; add it to the accounts"), Ok);
        }
        let mut fitting = self.0.iter().filter(|(_, account)| account.provider() == provider);
        match (fitting.next(), fitting.next()) {
            (Some((name, account)), None) => Ok((name, account)),
            (Some(_), Some(_)) => refuse("there are several accounts of the request's provider; name one of them"),
            (None, _) => refuse("there is no account of the request's provider; add one to the accounts"),
        }
    }

    /// What a callback or redirect is about, as each account reads it; none: it is genuine and belongs to no session. `from` names the
    /// one account that it can be from, where its URL says so.
    pub(super) fn references_of(
        &self,
        from: Option<&str>,
        input: &Input,
        now: UnixMillis,
    ) -> Result<Vec<Reference>, Reject> {
        let mut references = Vec::new();
        let (mut genuine, mut refused) = (false, None::<Reject>);
        for (name, account) in self.0.iter().filter(|(name, _)| from.is_none_or(|from| from == *name)) {
            match account.reference_of(input, now) {
                Ok(Some(reference)) => references.push(Reference { account: name.clone(), reference }),
                Ok(None) => genuine = true,
                // Of several refusals, the one about the sender's authenticity says most.
                Err(reject) if reject.blame() == Blame::Signature => refused = Some(reject),
                Err(reject) => drop(refused.get_or_insert(reject)),
            }
        }
        match refused {
            Some(reject) if references.is_empty() && !genuine => Err(reject),
            None if references.is_empty() && !genuine => {
                let message = format!("there is no account {} to hear for", from.unwrap_or("at all"));
                Err(Reject::at(RejectCode::AccountUnknown, "account", message))
            }
            _ => Ok(references),
        }
    }
}

impl From<Account> for Accounts {
    /// The only account, under its provider's name.
    fn from(account: Account) -> Self {
        Self::default().with(account.provider().as_str(), account)
    }
}
