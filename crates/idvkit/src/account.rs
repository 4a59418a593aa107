//! A provider account of any provider, and what needs no session.

use alloc::{string::String, sync::Arc};
use core::fmt;

use idvkit_core::{Catalog, Input, Provider, Reject, UnixMillis};
use idvkit_signature::Diagnosis;

use crate::Config;

/// A parsed provider account: make it once, at start-up. It holds the secrets and is opaque; cloning it is cheap.
#[derive(Clone)]
pub struct Account(pub(crate) Inner);

#[derive(Clone)]
pub(crate) enum Inner {
    Attestr(Arc<idvkit_attestr::Account>),
    BiometricKz(Arc<idvkit_biometric_kz::Account>),
    Jumio(Arc<idvkit_jumio::Account>),
    Signicat(Arc<idvkit_signicat::Account>),
}

impl Account {
    /// Parses a configuration.
    ///
    /// # Errors
    /// A [`Reject`] that names the field, the rule and the fix.
    pub fn new(config: Config) -> Result<Self, Reject> {
        let within = |reject: Reject| reject.within("config");
        Ok(Self(match config {
            Config::Attestr(config) => Inner::Attestr(Arc::new(idvkit_attestr::Account::new(config).map_err(within)?)),
            Config::BiometricKz(config) => {
                Inner::BiometricKz(Arc::new(idvkit_biometric_kz::Account::new(config).map_err(within)?))
            }
            Config::Jumio(config) => Inner::Jumio(Arc::new(idvkit_jumio::Account::new(config).map_err(within)?)),
            Config::Signicat(config) => {
                Inner::Signicat(Arc::new(idvkit_signicat::Account::new(config).map_err(within)?))
            }
        }))
    }

    /// Whose account.
    pub fn provider(&self) -> Provider {
        match &self.0 {
            Inner::Attestr(_) => Provider::Attestr,
            Inner::BiometricKz(_) => Provider::BiometricKz,
            Inner::Jumio(_) => Provider::Jumio,
            Inner::Signicat(_) => Provider::Signicat,
        }
    }

    /// Whose callback or redirect this is: the provider's id under which `Session::references` finds your row.
    ///
    /// `None` means genuine, but nobody's: answer 200 and forget it. Where the account holds a shared secret, it is
    /// checked here; where only the session does (Jumio's callback path), `handle` checks it.
    ///
    /// # Errors
    /// Blame `signature` if the sender cannot be trusted, `provider` if it cannot be read, `caller` for other inputs.
    pub fn reference_of(&self, input: &Input, now: UnixMillis) -> Result<Option<String>, Reject> {
        now.plausible()?;
        match &self.0 {
            Inner::Attestr(account) => idvkit_attestr::reference_of(account, input, now),
            Inner::BiometricKz(account) => idvkit_biometric_kz::reference_of(account, input),
            Inner::Jumio(account) => idvkit_jumio::reference_of(account, input),
            Inner::Signicat(account) => idvkit_signicat::reference_of(account, input),
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({})", self.provider())
    }
}

/// A provider's tables: error codes with meaning, locales, browsers, frame sizes, callback addresses.
pub fn catalog(provider: Provider) -> Catalog {
    match provider {
        Provider::Attestr => idvkit_attestr::catalog(),
        Provider::BiometricKz => idvkit_biometric_kz::catalog(),
        Provider::Jumio => idvkit_jumio::catalog(),
        Provider::Signicat => idvkit_signicat::catalog(),
    }
}

/// The signature doctor: why a signed answer does not verify. It explains, and never accepts.
///
/// # Errors
/// `nothing_signed` for a provider that signs nothing.
pub fn diagnose(account: &Account, body: &[u8], tag: &str) -> Result<Diagnosis, Reject> {
    match &account.0 {
        Inner::Attestr(account) => Ok(idvkit_attestr::diagnose(account, body, tag)),
        Inner::BiometricKz(_) | Inner::Jumio(_) | Inner::Signicat(_) => Err(Reject::caller(
            "nothing_signed",
            "account",
            "this provider signs nothing, so there is nothing to diagnose",
        )),
    }
}
