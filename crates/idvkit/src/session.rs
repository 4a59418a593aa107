//! A session of any provider: it only hands each call to the provider's own.

use alloc::{string::String, sync::Arc, vec::Vec};
use core::fmt;

use idvkit_core::{Evidence, Input, Next, Outcome, Provider, Reject, Seed, UnixMillis, machine, machine::Machine};

use crate::{
    Request,
    account::{Account, Inner as AccountInner},
};

/// One user's way through one flow.
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
pub struct Session(Inner);

#[derive(Clone)]
enum Inner {
    Attestr(Machine<idvkit_attestr::AttestrFlow>),
    BiometricKz(Machine<idvkit_biometric_kz::BiometricKzFlow>),
    Jumio(Machine<idvkit_jumio::JumioFlow>),
    Signicat(Machine<idvkit_signicat::SignicatFlow>),
}

/// The same call on whichever provider's session it is.
macro_rules! each {
    ($inner:expr, $session:ident => $call:expr) => {
        match $inner {
            Inner::Attestr($session) => $call,
            Inner::BiometricKz($session) => $call,
            Inner::Jumio($session) => $call,
            Inner::Signicat($session) => $call,
        }
    };
}

impl Session {
    /// Opens a session. Nothing is sent before the first [`next`](Self::next).
    ///
    /// `seed` holds 32 bytes from the operating system's random source.
    ///
    /// # Errors
    /// A [`Reject`] that names the field, the rule and the fix; `request_of_other_provider` if account and request do
    /// not belong together.
    pub fn open(account: &Account, request: Request, seed: Seed, now: UnixMillis) -> Result<Self, Reject> {
        match (&account.0, request) {
            (AccountInner::Attestr(account), Request::AttestrFlowx(request)) => {
                idvkit_attestr::open(account, request, seed, now).map(|session| Self(Inner::Attestr(session)))
            }
            (AccountInner::BiometricKz(account), Request::BiometricKzFlow(request)) => {
                idvkit_biometric_kz::open(account, request, seed, now).map(|session| Self(Inner::BiometricKz(session)))
            }
            (AccountInner::Jumio(account), Request::JumioAuthentication(request)) => {
                idvkit_jumio::open(account, request, seed, now).map(|session| Self(Inner::Jumio(session)))
            }
            (AccountInner::Signicat(account), Request::SignicatDocumentVerification(request)) => {
                signicat(account, request, seed, now)
            }
            (AccountInner::Signicat(account), Request::SignicatCaptureFlow(request)) => {
                signicat(account, request, seed, now)
            }
            (AccountInner::Signicat(account), Request::SignicatEid(request)) => signicat(account, request, seed, now),
            _ => Err(Reject::caller(
                "request_of_other_provider",
                "request",
                "the request is for another provider than the account; pass the account of that provider",
            )),
        }
    }

    /// Continues a stored session, on any machine.
    ///
    /// # Errors
    /// Blame `snapshot`: `snapshot_malformed`, `snapshot_newer`, `snapshot_of_other_provider`,
    /// `snapshot_of_other_account`.
    pub fn restore(account: &Account, snapshot: &str) -> Result<Self, Reject> {
        Ok(Self(match &account.0 {
            AccountInner::Attestr(account) => Inner::Attestr(Machine::restore(account.clone(), snapshot)?),
            AccountInner::BiometricKz(account) => Inner::BiometricKz(Machine::restore(account.clone(), snapshot)?),
            AccountInner::Jumio(account) => Inner::Jumio(Machine::restore(account.clone(), snapshot)?),
            AccountInner::Signicat(account) => Inner::Signicat(Machine::restore(account.clone(), snapshot)?),
        }))
    }

    /// What to do now. Asking twice gives the same answer, bytes and ids.
    ///
    /// A `now` outside 2020 to 2200, or before the last change, counts as the time of the last change.
    pub fn next(&self, now: UnixMillis) -> Next {
        each!(&self.0, session => session.next(now))
    }

    /// Tells the session something. `Ok` means heard: store if [`revision`](Self::revision) moved. A refusal changed
    /// nothing.
    ///
    /// # Errors
    /// A [`Reject`] with a stable code, whose fault it is, and what to do.
    pub fn handle(&mut self, input: Input, now: UnixMillis) -> Result<(), Reject> {
        each!(&mut self.0, session => session.handle(input, now))
    }

    /// The session as text. Store it like a session table: it holds short-lived bearer values, personal data still to
    /// be sent, and the evidence; never the account's credentials.
    pub fn snapshot(&self) -> String {
        each!(&self.0, session => session.snapshot())
    }

    /// Rises with every change: store with compare-and-swap on it.
    pub fn revision(&self) -> i64 {
        each!(&self.0, session => session.revision())
    }

    /// The provider's ids, newest first: index your rows by them, `Account::reference_of` names one of them.
    pub fn references(&self) -> Vec<String> {
        each!(&self.0, session => session.references())
    }

    /// How it ended, if it has: the same as [`next`](Self::next) then says.
    pub fn outcome(&self) -> Option<&Outcome> {
        each!(&self.0, session => session.outcome())
    }

    /// What the decision rests on; `None` before a decision and after an erasure. It must stay on the server.
    pub fn evidence(&self) -> Option<Evidence> {
        each!(&self.0, session => session.evidence())
    }

    /// Whose flow.
    pub fn provider(&self) -> Provider {
        match &self.0 {
            Inner::Attestr(_) => Provider::Attestr,
            Inner::BiometricKz(_) => Provider::BiometricKz,
            Inner::Jumio(_) => Provider::Jumio,
            Inner::Signicat(_) => Provider::Signicat,
        }
    }

    /// Whose session a stored text holds, to pick the account for [`restore`](Self::restore).
    ///
    /// # Errors
    /// `snapshot_malformed`, `snapshot_newer`.
    pub fn provider_of(snapshot: &str) -> Result<Provider, Reject> {
        machine::snapshot_provider(snapshot)
    }
}

fn signicat(
    account: &Arc<idvkit_signicat::Account>,
    request: impl Into<idvkit_signicat::Request>,
    seed: Seed,
    now: UnixMillis,
) -> Result<Session, Reject> {
    idvkit_signicat::open(account, request.into(), seed, now).map(|session| Session(Inner::Signicat(session)))
}

/// Prints where the session stands, and nothing that it holds.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(&self.0, session => session.fmt(f))
    }
}
