//! A provider account of any provider, and what needs no session.

use alloc::string::String;
use core::fmt;

use idvkit_core::{Diagnosis, Input, Reject, UnixMillis};

use crate::{Config, ProviderId, providers::AccountOf};

/// A parsed provider account: make it once, at start-up. It holds the secrets and is opaque; cloning it is cheap.
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

    /// Whose account.
    pub fn provider(&self) -> ProviderId {
        self.0.provider()
    }

    /// Whose callback or redirect this is: the provider's id under which `Session::references` finds your row.
    ///
    /// `None` means genuine, but nobody's: answer 200 and forget it. Where the account holds a shared secret, it is
    /// checked here; where only the session does (Jumio's callback path), `handle` checks it.
    ///
    /// # Errors
    /// Blame `signature` if the sender cannot be trusted, `provider` if it cannot be read, `caller` for other inputs and for a body
    /// that was changed on its way (`body_spoiled`).
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

/// The signature doctor: why a signed answer does not verify. It explains, and never accepts.
///
/// # Errors
/// `nothing_signed` for a provider that signs nothing.
pub fn diagnose(account: &Account, body: &[u8], tag: &str) -> Result<Diagnosis, Reject> {
    account.0.diagnose(body, tag)
}
