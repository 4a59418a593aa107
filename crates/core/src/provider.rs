//! The trait of a provider: what a provider's crate gives to the list in `idvkit`.

use alloc::{string::String, sync::Arc};

use serde::de::DeserializeOwned;

use crate::{
    Catalog, Diagnosis, Input, LocaleSet, LocaleTag, Operation, Reject, RejectCode, Seed, UnixMillis,
    machine::{Account, Flow, Machine},
};

/// A provider of identity verification. Each provider crate has one type that implements this; `idvkit` lists these
/// types, and makes its configuration, request, account and session types from that list.
pub trait Provider {
    /// The provider's name for people.
    const TITLE: &'static str;
    /// The stable name: the tag `provider` of a configuration, and the first part of every operation's name.
    const ID: &'static str = <Self::Account as Account>::PROVIDER;
    /// The languages that its requests take; `None` if it publishes no list.
    const LOCALES: Option<&'static LocaleSet> = None;

    /// The configuration of one account.
    type Config: DeserializeOwned;
    /// A request for one verification, by one of the provider's flows.
    type Request;
    /// The parsed account, with its credentials.
    type Account: Account;
    /// The operations of the provider's API.
    type Operation: Operation;
    /// The state of one session.
    type Flow: Flow<Account = Self::Account, Operation = Self::Operation>;

    /// Parses an account.
    ///
    /// # Errors
    /// A [`Reject`] that names the member, the rule and the fix.
    fn account(config: Self::Config) -> Result<Self::Account, Reject>;

    /// Opens a session. Nothing is sent before the first `next`.
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

    /// The reference of the session that a callback or redirect belongs to, as in [`Machine::references`]. `None` means
    /// that the input is genuine and belongs to no session.
    ///
    /// # Errors
    /// A [`Reject`] with blame `signature` if the sender cannot be trusted, `provider` if the input cannot be parsed,
    /// and `caller` if the input is of another kind.
    fn reference_of(account: &Self::Account, input: &Input, now: UnixMillis) -> Result<Option<String>, Reject>;

    /// The tables of the provider's documentation.
    fn catalog() -> Catalog;

    /// The language to ask for: the first of a user's preferred languages that the provider offers, or `None` if it offers
    /// none of them. Without a published list, the first text that is a language tag.
    fn best_locale(preferred: &[&str]) -> Option<String> {
        match Self::LOCALES {
            Some(set) => set.best(preferred.iter().copied()).map(|locale| locale.tag.into()),
            None => preferred.iter().find_map(|tag| LocaleTag::parse(tag).ok()).map(String::from),
        }
    }

    /// Explains why the signature of an answer or callback does not verify. The diagnosis is never an acceptance.
    ///
    /// # Errors
    /// `nothing_signed` for a provider that signs nothing, which is the default.
    fn diagnose(_account: &Self::Account, _body: &[u8], _tag: &str) -> Result<Diagnosis, Reject> {
        let message = "this provider signs nothing, so there is nothing to diagnose";
        Err(Reject::at(RejectCode::NothingSigned, "account", message))
    }
}
