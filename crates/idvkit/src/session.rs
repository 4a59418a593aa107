//! A session of any provider. It passes each call to the provider's own session.

use alloc::{string::String, vec::Vec};
use core::fmt;

use idvkit_core::{Blob, Evidence, Input, Next, Outcome, Reject, RejectCode, Seed, UnixMillis, machine};

use crate::{
    ProviderId, Request,
    account::Account,
    providers::{SessionOf, each},
};

/// One user's session in one flow of one provider.
///
/// ```text
/// loop {
///     match session.next(now) {
///         Send { request }        => perform it, then handle(HttpResponse or HttpFailed), store
///         Present { journey, .. } => give the journey's JSON to this user's page or app
///         Wait { until, .. }      => come back then
///         Done { outcome, .. }    => act on it, where your own store made it so
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Session(SessionOf);

impl Session {
    /// Opens a session. Nothing is sent before the first [`next`](Self::next).
    ///
    /// `seed` holds 32 bytes from the operating system's random source.
    ///
    /// # Errors
    /// A [`Reject`] that names the field, the rule and the fix; `request_of_other_provider` if account and request do
    /// not belong together.
    pub fn open(account: &Account, request: Request, seed: Seed, now: UnixMillis) -> Result<Self, Reject> {
        let of_other_provider = || {
            let fix = "the request is for another provider than the account; pass the account of that provider";
            Err(Reject::at(RejectCode::RequestOfOtherProvider, "request", fix))
        };
        SessionOf::open(&account.0, request, seed, now).unwrap_or_else(of_other_provider).map(Self)
    }

    /// Continues a stored session, on any machine.
    ///
    /// # Errors
    /// A [`Reject`] with blame `snapshot`: `snapshot_malformed`, `snapshot_newer`, `snapshot_of_other_provider`,
    /// `snapshot_of_other_account`.
    pub fn restore(account: &Account, snapshot: &str) -> Result<Self, Reject> {
        SessionOf::restore(&account.0, snapshot).map(Self)
    }

    /// What the host has to do now. Asking twice gives the same value, with the same bytes and ids.
    ///
    /// A `now` outside 2020 to 2200, or before the last change, counts as the time of the last change.
    pub fn next(&self, now: UnixMillis) -> Next {
        each!(&self.0, session => session.next(now))
    }

    /// Hands an input to the session. After `Ok`, store the session if its [`revision`](Self::revision) changed. After
    /// an error, nothing has changed.
    ///
    /// # Errors
    /// A [`Reject`] with a stable code, who caused it, and what to do.
    pub fn handle(&mut self, input: Input, now: UnixMillis) -> Result<(), Reject> {
        each!(&mut self.0, session => session.handle(input, now))
    }

    /// The session as a text. Protect it like a session table: it holds short-lived bearer values, personal data that
    /// is still to be sent, and the evidence. It never holds the account's credentials. Images and long answers
    /// are stored beside it: see [`blobs`](Self::blobs).
    pub fn snapshot(&self) -> String {
        each!(&self.0, session => session.snapshot())
    }

    /// The digests of the bytes that belong to the snapshot and are stored beside it, once: images that wait to be
    /// sent, and the answer that decided, if it is longer than 16 KiB. Delete the session's other bytes from the store.
    pub fn digests(&self) -> Vec<String> {
        each!(&self.0, session => session.digests())
    }

    /// The bytes that belong to the snapshot, as far as they are in memory: they came with an input, or by
    /// [`supply`](Self::supply).
    pub fn blobs(&self) -> Vec<Blob> {
        each!(&self.0, session => session.blobs())
    }

    /// The digests of the bytes without which the next request cannot be sent, or [`evidence`](Self::evidence) cannot be
    /// given: pass those bytes to [`supply`](Self::supply).
    pub fn missing(&self) -> Vec<String> {
        each!(&self.0, session => session.missing())
    }

    /// Takes bytes that were stored beside the snapshot. Returns `false` if they do not belong to it. The snapshot does
    /// not change.
    pub fn supply(&mut self, bytes: Vec<u8>) -> bool {
        each!(&mut self.0, session => session.supply(bytes))
    }

    /// The revision. It rises with every change: update the stored session only where its revision is the expected one
    /// (compare and swap).
    pub fn revision(&self) -> i64 {
        each!(&self.0, session => session.revision())
    }

    /// The provider's ids of the session, newest first. Index your rows by them: `Account::reference_of` returns one of
    /// them.
    pub fn references(&self) -> Vec<String> {
        each!(&self.0, session => session.references())
    }

    /// What the provider announced that the user goes through, in its codes and order (`LDHP`, `F2F`): while there is a page
    /// to show or a verdict to wait for. Only biometric.kz announces it.
    pub fn technologies(&self) -> Vec<String> {
        each!(&self.0, session => session.technologies())
    }

    /// How the session ended, or `None` while it runs. It stays known while the session is being deleted at the
    /// provider.
    pub fn outcome(&self) -> Option<&Outcome> {
        each!(&self.0, session => session.outcome())
    }

    /// The evidence that the decision rests on; `None` before a decision, after an erasure, and while
    /// [`missing`](Self::missing) names its bytes. It must stay on the server.
    pub fn evidence(&self) -> Option<Evidence> {
        each!(&self.0, session => session.evidence())
    }

    /// The provider whose flow the session runs.
    pub fn provider(&self) -> ProviderId {
        self.0.provider()
    }

    /// The provider of the session that a stored text holds, to choose the account for [`restore`](Self::restore).
    ///
    /// # Errors
    /// `snapshot_malformed`, also for a provider that this version does not know; `snapshot_newer`.
    pub fn provider_of(snapshot: &str) -> Result<ProviderId, Reject> {
        let id = machine::snapshot_provider(snapshot)?;
        ProviderId::parse(&id)
            .ok_or_else(|| machine::malformed("the snapshot names a provider that this version does not know"))
    }
}

/// Prints where the session stands, and nothing that it holds.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(&self.0, session => session.fmt(f))
    }
}
