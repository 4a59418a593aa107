//! What a provider is: the one thing that a provider's crate gives to the list in `idvkit`.

use alloc::{string::String, sync::Arc};

use serde::de::DeserializeOwned;

use crate::{
    Catalog, Diagnosis, Input, LocaleTag, Operation, Reject, RejectCode, Seed, UnixMillis,
    machine::{Account, Flow, Machine},
};

/// A provider of identity verification. Each provider crate has one type that is this; `idvkit` lists them, and makes
/// its configuration, request, account and session types from that list.
pub trait Provider {
    /// The provider's name for people.
    const TITLE: &'static str;
    /// The stable name: the tag `provider` of a configuration, and the first part of every operation's name.
    const ID: &'static str = <Self::Account as Account>::PROVIDER;

    /// One account as it is configured.
    type Config: DeserializeOwned;
    /// One verification as it is asked for: of one flow, or of any of several.
    type Request;
    /// The parsed account, with its credentials.
    type Account: Account;
    /// What its API is asked to do.
    type Operation: Operation;
    /// The state of a session.
    type Flow: Flow<Account = Self::Account, Operation = Self::Operation>;

    /// Parses an account.
    ///
    /// # Errors
    /// A [`Reject`] that names the member, the rule and the fix.
    fn account(config: Self::Config) -> Result<Self::Account, Reject>;

    /// Opens a session: nothing is sent before the first `next`.
    ///
    /// # Errors
    /// A [`Reject`] that names the member, the rule and the fix.
    fn open(
        account: &Arc<Self::Account>,
        request: Self::Request,
        seed: Seed,
        now: UnixMillis,
    ) -> Result<Machine<Self::Flow>, Reject>;

    /// Continues a stored session, on any machine.
    ///
    /// # Errors
    /// As [`Machine::restore`].
    fn restore(account: &Arc<Self::Account>, snapshot: &str) -> Result<Machine<Self::Flow>, Reject> {
        Machine::restore(account.clone(), snapshot)
    }

    /// Whose callback or redirect this is: an id out of [`Machine::references`]. `None` means genuine, but nobody's.
    ///
    /// # Errors
    /// Blame `signature` if the sender cannot be trusted, `provider` if it cannot be read, `caller` for other inputs.
    fn reference_of(account: &Self::Account, input: &Input, now: UnixMillis) -> Result<Option<String>, Reject>;

    /// The provider's tables.
    fn catalog() -> Catalog;

    /// The language to ask for, out of those that a user prefers, the best first; `None` if the provider has none of them.
    /// Where it publishes no list, the first that is a tag.
    fn best_locale(preferred: &[&str]) -> Option<String> {
        preferred.iter().find_map(|tag| LocaleTag::parse(tag).ok()).map(String::from)
    }

    /// Why the signature of an answer or callback does not verify. It explains, and never accepts.
    ///
    /// # Errors
    /// `nothing_signed` for a provider that signs nothing, which is the default.
    fn diagnose(_account: &Self::Account, _body: &[u8], _tag: &str) -> Result<Diagnosis, Reject> {
        let message = "this provider signs nothing, so there is nothing to diagnose";
        Err(Reject::at(RejectCode::NothingSigned, "account", message))
    }
}
