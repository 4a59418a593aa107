//! `Verification`: what a row holds.

use std::fmt;

use idvkit::{
    Evidence, Next, Outcome, ProviderId, UnixMillis,
    driver::{self, Attempt, Delivery, Reference},
};

use crate::{Accounts, Reject};

/// One user's verification as a row holds it, to look at: one session, or several after one another. It never changes.
#[derive(uniffi::Object)]
#[uniffi::export(Debug)]
pub struct Verification(pub(crate) driver::Verification);

/// What one session of a verification has come to.
#[uniffi::remote(Record)]
pub struct Attempt {
    /// The host's name of the account.
    pub account: String,
    /// The provider of the flow.
    pub provider: ProviderId,
    /// How it ended, if it has.
    pub outcome: Option<Outcome>,
    /// Whether the verification's outcome is from here.
    pub decides: bool,
}

#[uniffi::export]
impl Verification {
    /// Reads the text of a row, `Row.snapshot`.
    ///
    /// Refuses with the blame `snapshot`: `snapshot_malformed`, `snapshot_newer`, `snapshot_of_other_provider`,
    /// `snapshot_of_other_account`; with `account_unknown` if an account that it names is not among the accounts.
    #[uniffi::constructor]
    pub fn restore(accounts: &Accounts, snapshot: &str) -> Result<Self, Reject> {
        Ok(Self(driver::Verification::restore(&accounts.0, snapshot)?))
    }

    /// What it waits for, or how it ended. Asking twice gives the same answer.
    ///
    /// A `now` outside 2020 to 2200, or before the last change, counts as the time of the last change.
    pub fn next(&self, now: UnixMillis) -> Next {
        self.0.next(now)
    }

    /// Its name: 32 hex digits.
    pub fn id(&self) -> String {
        self.0.id().to_owned()
    }

    /// The host's own name for it.
    pub fn key(&self) -> String {
        self.0.key().to_owned()
    }

    /// Rises with every change.
    pub fn revision(&self) -> i64 {
        self.0.revision()
    }

    /// How it ended, if it has.
    pub fn outcome(&self) -> Option<Outcome> {
        self.0.outcome().cloned()
    }

    /// The sessions that were tried so far, oldest first: which of them decided, and why the others did not.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.0.attempts()
    }

    /// What the provider announced that the user goes through, in its codes and order (`LDHP`, `F2F`), while there is a page
    /// to show or a verdict to wait for. Only biometric.kz announces it.
    pub fn technologies(&self) -> Vec<String> {
        self.0.technologies()
    }

    /// The providers' ids, newest first.
    pub fn references(&self) -> Vec<Reference> {
        self.0.references()
    }

    /// The outcome on its way to the host, if it wants it.
    pub fn delivery(&self) -> Option<Delivery> {
        self.0.delivery()
    }

    /// What the decision rests on; nothing before a decision and after an erasure, and for a long answer unless it was loaded by
    /// `Driver.inspect`. It must stay on the server.
    pub fn evidence(&self) -> Option<Evidence> {
        self.0.evidence()
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
