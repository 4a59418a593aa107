//! `Session`.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use idvkit::{Blob, Evidence, Input, Next, ProviderId, Request, Seed, UnixMillis};

use crate::{Account, Reject};

/// One user's way through one flow. Make it with `open` or `restore`.
///
/// Several threads may use it: calls wait for one another. Several processes agree through your store, with compare-and-swap
/// on `revision`. `now` is always in milliseconds since 1970.
#[derive(uniffi::Object)]
#[uniffi::export(Debug)]
pub struct Session(Mutex<idvkit::Session>);

#[uniffi::export]
impl Session {
    /// Opens a session. Nothing is sent before the first `next`.
    ///
    /// `request` is JSON with the member `flow`; `seed` holds 32 bytes from the operating system's random source.
    ///
    /// Refuses with the field, the rule and the fix; with `request_of_other_provider` if account and request do not belong
    /// together.
    #[uniffi::constructor]
    pub fn open(account: &Account, request: &str, seed: Vec<u8>, now: UnixMillis) -> Result<Self, Reject> {
        let request = Request::from_json(request)?;
        Ok(Self::of(idvkit::Session::open(&account.0, request, Seed::new(&seed)?, now)?))
    }

    /// Continues a stored session, on any machine.
    ///
    /// Refuses with the blame `snapshot`: `snapshot_malformed`, `snapshot_newer`, `snapshot_of_other_provider`,
    /// `snapshot_of_other_account`.
    #[uniffi::constructor]
    pub fn restore(account: &Account, snapshot: &str) -> Result<Self, Reject> {
        Ok(Self::of(idvkit::Session::restore(&account.0, snapshot)?))
    }

    /// What to do now. Asking twice gives the same answer, bytes and ids.
    ///
    /// A `now` outside 2020 to 2200, or before the last change, counts as the time of the last change.
    pub fn next(&self, now: UnixMillis) -> Next {
        self.lock().next(now)
    }

    /// Tells the session something. A return means heard: store if `revision` moved. A refusal changed nothing.
    ///
    /// Refuses with a stable code, whose fault it is, and what to do.
    pub fn handle(&self, input: Input, now: UnixMillis) -> Result<(), Reject> {
        Ok(self.lock().handle(input, now)?)
    }

    /// The session as text. Store it like a session table: it holds short-lived bearer values, personal data still to be
    /// sent, and the evidence; never the account's credentials. Images are beside it: see `blobs`.
    pub fn snapshot(&self) -> String {
        self.lock().snapshot()
    }

    /// The digests of the bytes that belong to the snapshot and are stored beside it, once: images that wait to be sent. A
    /// store drops all others of the session.
    pub fn digests(&self) -> Vec<String> {
        self.lock().digests()
    }

    /// Those bytes, as far as they are at hand: they came with an input, or by `supply`.
    pub fn blobs(&self) -> Vec<Blob> {
        self.lock().blobs()
    }

    /// The digests of the bytes without which the next request cannot be sent, or the evidence of a long answer not be given: `supply`
    /// them.
    pub fn missing(&self) -> Vec<String> {
        self.lock().missing()
    }

    /// Takes bytes that were stored beside the snapshot. `false` if they do not belong to it. No change to be stored.
    pub fn supply(&self, bytes: Vec<u8>) -> bool {
        self.lock().supply(bytes)
    }

    /// The revision, which rises with every change: store only where the stored one is the expected one.
    pub fn revision(&self) -> i64 {
        self.lock().revision()
    }

    /// What the provider announced that the user goes through, in its codes and order (`LDHP`, `F2F`), while there is a page
    /// to show or a verdict to wait for. Only biometric.kz announces it.
    pub fn technologies(&self) -> Vec<String> {
        self.lock().technologies()
    }

    /// The provider's ids, newest first: index your rows by them, `Account.reference_of` names one of them.
    pub fn references(&self) -> Vec<String> {
        self.lock().references()
    }

    /// What the decision rests on; nothing before a decision, after an erasure, and while `missing` names its bytes. It must stay on the
    /// server.
    pub fn evidence(&self) -> Option<Evidence> {
        self.lock().evidence()
    }

    /// The provider of the flow.
    pub fn provider(&self) -> ProviderId {
        self.lock().provider()
    }
}

impl Session {
    fn of(session: idvkit::Session) -> Self {
        Self(Mutex::new(session))
    }

    /// A refusal changes nothing and a panic is a bug, so what a poisoned lock holds is as good as before.
    fn lock(&self) -> MutexGuard<'_, idvkit::Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().fmt(f)
    }
}

/// The provider of the session in a stored text, to choose the account for `Session.restore`.
///
/// Refuses with `snapshot_malformed` or `snapshot_newer`.
#[uniffi::export]
pub fn provider_of(snapshot: &str) -> Result<ProviderId, Reject> {
    Ok(idvkit::Session::provider_of(snapshot)?)
}
