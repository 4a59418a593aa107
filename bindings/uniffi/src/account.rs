//! `Account`, and the tables of a provider.

use std::fmt;

use idvkit::{Catalog, Config, Diagnosis, Input, ProviderId, UnixMillis};

use crate::Reject;

// A text on the other side, as configurations and rows have it.
uniffi::custom_type!(ProviderId, String, {
    remote,
    lower: |provider| provider.as_str().to_owned(),
    try_lift: |name| Ok(ProviderId::named(&name)?),
});

/// A parsed provider account: make it once, at start-up. It holds the secrets and is opaque; several threads may share it.
#[derive(uniffi::Object)]
#[uniffi::export(Debug)]
pub struct Account(pub(crate) idvkit::Account);

#[uniffi::export]
impl Account {
    /// Parses a configuration: JSON with the member `provider`, for example from a secret store.
    ///
    /// Refuses with the field, the rule and the fix; never with a value.
    #[uniffi::constructor]
    pub fn new(config: &str) -> Result<Self, Reject> {
        Ok(Self(idvkit::Account::new(Config::from_json(config)?)?))
    }

    /// The provider of the account.
    pub fn provider(&self) -> ProviderId {
        self.0.provider()
    }

    /// The provider's id that a callback or redirect names: `Session.references` has it, so it finds your row.
    ///
    /// Nothing means that it is genuine and belongs to no session: answer 200 and forget it. `now` is in milliseconds since 1970. Refuses with the
    /// blame `signature` if the sender cannot be trusted, `provider` if it cannot be read, `caller` for other inputs than
    /// `Callback` and `Redirect`.
    pub fn reference_of(&self, input: Input, now: UnixMillis) -> Result<Option<String>, Reject> {
        Ok(self.0.reference_of(&input, now)?)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A provider's tables: error codes with meaning, locales, browsers, frame sizes, callback addresses.
///
/// Refuses with `provider_unknown` a name that is none of `attestr`, `biometric_kz`, `jumio` and `signicat`.
#[uniffi::export]
pub fn catalog(provider: &str) -> Result<Catalog, Reject> {
    Ok(idvkit::catalog(ProviderId::named(provider)?))
}

/// The language to ask this provider for, out of those that a user prefers, the best first.
///
/// Tags are looked up by RFC 4647: `fr-CA` finds `fr`. Nothing if the provider has none of them: leave `locale` out. A provider that
/// publishes no list gets the first that is a tag. `locale` of a request may be such a list itself. Refuses with
/// `provider_unknown` a name that is none of `attestr`, `biometric_kz`, `jumio` and `signicat`.
#[uniffi::export]
pub fn best_locale(provider: &str, preferred: Vec<String>) -> Result<Option<String>, Reject> {
    Ok(idvkit::best_locale(ProviderId::named(provider)?, preferred))
}

/// The signature doctor: why a signed answer does not verify. It explains, and never accepts.
///
/// `body` is the whole answer, `tag` the signature that came with it. The work grows with the size of the body times several
/// hundred. Refuses with `nothing_signed` for a provider that signs nothing.
#[uniffi::export]
pub fn diagnose(account: &Account, body: Vec<u8>, tag: &str) -> Result<Diagnosis, Reject> {
    Ok(idvkit::diagnose(&account.0, &body, tag)?)
}

/// The tables as JSON, for a settings page.
#[uniffi::export]
pub fn catalog_to_json(catalog: Catalog) -> String {
    serde_json::to_string(&catalog).expect("tables hold only texts, numbers and flags")
}

/// The names of all providers, as configurations have them in the member `provider`.
#[uniffi::export]
pub fn providers() -> Vec<ProviderId> {
    ProviderId::ALL.to_vec()
}
