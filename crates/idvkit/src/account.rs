//! An account of any provider, and the calls that need no session.

use alloc::string::String;
use core::fmt;

use idvkit_core::{Diagnosis, Input, Reject, UnixMillis};

use crate::{Config, ProviderId, providers::AccountOf};

/// A parsed account of a provider. Make it once, at start-up. It holds the credentials and prints none of them; cloning
/// it is cheap.
#[derive(Clone)]
pub struct Account(pub(crate) AccountOf);

impl Account {
    /// Parses a configuration.
    ///
    /// # Errors
    /// A [`Reject`] that names the field, the rule and the fix.
    pub fn new(config: Config) -> Result<Self, Reject> {
        AccountOf::new(config).map(Self).map_err(|reject| reject.within("config"))
    }

    /// The provider of the account.
    pub fn provider(&self) -> ProviderId {
        self.0.provider()
    }

    /// The reference of the session that a callback or redirect belongs to. It is one of the session's
    /// `Session::references`, by which you find your row.
    ///
    /// `None` means that the input is genuine and belongs to no session: answer HTTP 200 and forget it. A secret of the
    /// account is checked here; a secret that only the session has (in Jumio's callback path) is checked by `handle`.
    ///
    /// # Errors
    /// A [`Reject`] with blame `signature` if the sender cannot be trusted, `provider` if the input cannot be parsed,
    /// and `caller` if the input is of another kind or its body was changed on its way (`body_spoiled`).
    pub fn reference_of(&self, input: &Input, now: UnixMillis) -> Result<Option<String>, Reject> {
        now.plausible()?;
        self.0.reference_of(input, now).map_err(|reject| match input {
            Input::Callback { headers, body, .. } => reject.of_callback(headers, body),
            _ => reject,
        })
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({})", self.provider().as_str())
    }
}

/// The signature doctor explains why the signature of an answer does not verify. The diagnosis is never an acceptance.
///
/// # Errors
/// `nothing_signed` for a provider that signs nothing.
pub fn diagnose(account: &Account, body: &[u8], tag: &str) -> Result<Diagnosis, Reject> {
    account.0.diagnose(body, tag)
}
