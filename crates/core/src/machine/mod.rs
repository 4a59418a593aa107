//! The machine that every flow runs on: one place for the rules that all providers share.
//!
//! `next` is pure and shows what the stored state calls for; `handle` is the only way to change that state. A
//! provider's [`Flow`] says what its requests and answers mean; ids, claims, back-off, poll budget, deadlines, final
//! ends and erasure are here, so that they hold for all providers alike.

mod blobs;
mod call;
mod ends;
mod evidence;
mod flow;
mod heard;
mod record;
mod retry_after;
mod steps;
mod watch;

use alloc::{
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::fmt;

pub use blobs::{Blobs, Digest};
use call::Call;
use evidence::Kept;
pub use flow::{Account, Flow, Heard, Need, Own, Schedule, Step, UserStage};
use record::{Envelope, MAX_REVISION, Phase, Record};
pub use record::{SNAPSHOT_FORMAT, malformed, snapshot_provider};
use watch::Watch;

use crate::{
    Blob, Evidence, Fault, Hint, HttpRequest, Input, Next, Operation as _, Outcome, Reject, RejectCode, Response, Seed,
    UnixMillis, Why,
};

/// How soon to ask again where bytes are to be supplied, in milliseconds: whoever has none must not spin.
const SUPPLY_MS: i64 = 1_000;

/// So often in a row the provider may say that what is looked at is gone.
const MAX_GONE_LOOKS: u32 = 3;

/// One session of one provider's flow. Cloning it shares the account.
pub struct Machine<F: Flow> {
    account: Arc<F::Account>,
    record: Record<F>,
    blobs: Blobs,
}

impl<F: Flow> Machine<F> {
    /// Opens a session on a flow's first state.
    ///
    /// # Errors
    /// `now_out_of_range` unless `now` is in milliseconds.
    pub fn open(account: Arc<F::Account>, flow: F, seed: Seed, now: UnixMillis) -> Result<Self, Reject> {
        let now = now.plausible()?;
        let record = Record {
            account: account.fingerprint().to_string(),
            seed,
            opened: now,
            clock: now,
            revision: 0,
            attempt: 0,
            call: Call::default(),
            phase: Phase::Running { watch: None },
            flow,
            evidence: None,
        };
        Ok(Self { account, record, blobs: Blobs::default() })
    }

    /// Continues a stored session, on any machine.
    ///
    /// # Errors
    /// `snapshot_newer`, `snapshot_malformed`, `snapshot_of_other_provider` or `snapshot_of_other_account`.
    pub fn restore(account: Arc<F::Account>, snapshot: &str) -> Result<Self, Reject> {
        if record::snapshot_provider(snapshot)? != <F::Account as Account>::PROVIDER {
            let message = "the snapshot belongs to another provider; restore it with that provider's account";
            return Err(Reject::new(RejectCode::SnapshotOfOtherProvider, message));
        }
        let envelope: Envelope<Record<F>> =
            serde_json::from_str(snapshot).map_err(|_| malformed("this is not a text that `snapshot` returned"))?;
        let mut record = envelope.session;
        if record.account != account.fingerprint() {
            let message = "the snapshot belongs to another account of this provider; restore it with that account";
            return Err(Reject::new(RejectCode::SnapshotOfOtherAccount, message));
        }
        record.check()?;
        record.flow.check()?;
        if matches!(record.phase, Phase::Erasing { index, .. } if record.flow.erase(index).is_none()) {
            return Err(malformed("the snapshot is deleting something that does not exist"));
        }
        let mut blobs = Blobs::default();
        for bytes in record.flow.take_embedded() {
            blobs.add(bytes);
        }
        record.evidence = record.evidence.map(|evidence| evidence.put_beside(&mut blobs));
        Ok(Self { account, record, blobs })
    }

    /// What the host must do now. Asking twice gives the same answer.
    ///
    /// A `now` outside 2020 to 2200, or before the last change, counts as the time of the last change.
    pub fn next(&self, now: UnixMillis) -> Next {
        let now = self.clamp(now);
        match &self.record.phase {
            Phase::Running { watch } => self.next_running(watch.as_ref(), now),
            Phase::Ended { outcome, erasure, .. } => match self.needed() {
                Some(op) => self.send(&op, now),
                None => Next::Done { outcome: outcome.clone(), erasure: erasure.clone() },
            },
            Phase::Erasing { .. } => match self.needed() {
                Some(op) => self.send(&op, now),
                None => Next::Wait { until: now, why: Why::Verdict },
            },
        }
    }

    /// Hands an input to the session. After `Ok`, store the session if its [`revision`](Self::revision) changed. After
    /// an error, nothing has changed.
    ///
    /// # Errors
    /// A [`Reject`] that says whose fault it is and what to do.
    pub fn handle(&mut self, input: Input, now: UnixMillis) -> Result<(), Reject> {
        let now = now.plausible()?.max(self.record.clock);
        // What can be refused at a glance is refused before anything is copied.
        match input {
            Input::HttpResponse { id, status, headers, body } => {
                let response = Response { status, headers: &headers, body: &body, at: now };
                match self.current(&id, now) {
                    Ok(op) => self.change(now, |session| {
                        session.answered(&op, &response);
                        Ok(())
                    }),
                    Err(_) if self.is_late_news(&id, &response) => {
                        self.change(now, |session| session.follow(&body).map(drop))
                    }
                    Err(stale) => Err(stale),
                }
            }
            Input::HttpFailed { id } => {
                let op = self.current(&id, now)?;
                self.change(now, |session| {
                    session.failed(&op, Fault::no_answer(op.name()), &[], now);
                    Ok(())
                })
            }
            Input::Sending { id } => {
                let op = self.current(&id, now)?;
                self.change(now, |session| session.claim(&op, now))
            }
            Input::Hint { text } => {
                let hint = Hint::parse(&text, &self.own().journey_id())?;
                self.change(now, |session| {
                    session.hint(&hint, now);
                    Ok(())
                })
            }
            Input::Redirect { url } => self.change(now, |session| session.redirect(&url, now)),
            Input::Callback { url, headers, body } => {
                self.change(now, |session| session.callback(&url, &headers, &body, now))
            }
            Input::Images { images } => self.change(now, |session| session.images(images, now)),
            Input::Retry => self.change(now, |session| session.retry(now)),
            Input::Erase { at_provider } => self.change(now, |session| {
                session.erase(at_provider);
                Ok(())
            }),
        }
    }

    /// The session as a text. Protect it like a session table: it holds short-lived bearer values, personal data that
    /// is still to be sent, and the evidence. It never holds the account's credentials.
    ///
    /// # Panics
    /// Never: every member has a JSON form.
    pub fn snapshot(&self) -> String {
        let provider = <F::Account as Account>::PROVIDER.to_string();
        let envelope = Envelope { format: SNAPSHOT_FORMAT, provider, session: &self.record };
        serde_json::to_string(&envelope).expect("a session holds only strings, numbers, flags and lists of them")
    }

    /// The digests of the bytes that belong to the snapshot and are stored beside it, once: images that wait to be sent, and the
    /// answer that decided, if it is longer than 16 KiB. A store drops all others of the session.
    pub fn digests(&self) -> Vec<String> {
        let mut digests: Vec<String> = self.kept_beside().into_iter().map(String::from).collect();
        digests.sort_unstable();
        digests.dedup();
        digests
    }

    /// The bytes that belong to the snapshot, as far as they are in memory: they came with an input, or by
    /// [`supply`](Self::supply).
    pub fn blobs(&self) -> Vec<Blob> {
        self.blobs.to_vec()
    }

    /// The digests of the bytes without which the next request cannot be sent, or [`evidence`](Self::evidence) cannot
    /// be given: pass those bytes to [`supply`](Self::supply).
    pub fn missing(&self) -> Vec<String> {
        let mut digests = self.needed().map_or_else(Vec::new, |op| self.record.flow.sends(&op));
        digests.extend(self.record.evidence.as_ref().and_then(Kept::digest).cloned());
        self.absent(digests).into_iter().map(String::from).collect()
    }

    /// Takes bytes that were stored beside the snapshot. Returns `false` if they do not belong to it. The snapshot does
    /// not change.
    pub fn supply(&mut self, bytes: Vec<u8>) -> bool {
        let belongs = self.kept_beside().contains(&Digest::of(&bytes));
        if belongs {
            self.blobs.add(bytes);
        }
        belongs
    }

    /// The revision. It rises with every change: update the stored session only where its revision is the expected one
    /// (compare and swap).
    pub fn revision(&self) -> i64 {
        self.record.revision
    }

    /// How the session ended, or `None` while it runs. It stays known while the session is being deleted at the
    /// provider, and while late news is followed.
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.record.phase {
            Phase::Ended { outcome, .. } | Phase::Erasing { outcome, .. } => Some(outcome),
            Phase::Running { .. } => None,
        }
    }

    /// The provider's ids, newest first: index your rows by them.
    pub fn references(&self) -> Vec<String> {
        self.record.flow.references()
    }

    /// What the provider announced that the user goes through, in its codes and order: while there is a page to show or a
    /// verdict to wait for, at biometric.kz.
    pub fn technologies(&self) -> Vec<String> {
        self.record.flow.technologies()
    }

    /// The evidence that the decision rests on; `None` before a decision, after an erasure, and while
    /// [`missing`](Self::missing) names its bytes.
    pub fn evidence(&self) -> Option<Evidence> {
        self.record.evidence.as_ref()?.whole(&self.blobs)
    }

    fn next_running(&self, watch: Option<&Watch>, now: UnixMillis) -> Next {
        match self.record.flow.need(&self.account) {
            Need::Answer(op) => self.send(&op, now),
            Need::User(op) => match (self.look_due(watch).0, self.record.call.in_flight(now)) {
                (due, None) if due <= now => self.send(&op, now),
                // A look on its way is no reason to take the page from the user (rule 8).
                (due, claimed) => {
                    let journey = self.record.flow.journey(&self.account, &self.own());
                    Next::Present { journey, until: claimed.unwrap_or(due) }
                }
            },
            Need::Verdict(op) => match self.look_due(watch) {
                (due, _) if due <= now => self.send(&op, now),
                (until, why) => Next::Wait { until, why },
            },
        }
    }

    /// When the next look is due, and what it waits for.
    fn look_due(&self, watch: Option<&Watch>) -> (UnixMillis, Why) {
        let schedule = self.record.flow.schedule(&self.account);
        let due = watch.map_or(self.record.clock, |watch| watch.due(&schedule));
        match self.record.call.held() {
            Some((until, why)) => (due.max(until), why),
            None => (due, Why::Verdict),
        }
    }

    fn send(&self, op: &F::Operation, now: UnixMillis) -> Next {
        if let Some(until) = self.record.call.in_flight(now) {
            return Next::Wait { until, why: Why::InFlight };
        }
        if let Some((until, why)) = self.record.call.held().filter(|(until, _)| now < *until) {
            return Next::Wait { until, why };
        }
        let digests = self.lacking(op);
        if digests.is_empty() {
            return Next::Send { request: self.request(op, now) };
        }
        let digests = digests.into_iter().map(String::from).collect();
        Next::Wait { until: now.plus(SUPPLY_MS), why: Why::Blobs { digests } }
    }

    /// The operation that the session is at.
    fn needed(&self) -> Option<F::Operation> {
        match &self.record.phase {
            Phase::Running { .. } => match self.record.flow.need(&self.account) {
                Need::Answer(op) | Need::User(op) | Need::Verdict(op) => Some(op),
            },
            Phase::Ended { news, .. } if news.look => match self.record.flow.need(&self.account) {
                Need::User(op) | Need::Verdict(op) => Some(op),
                Need::Answer(_) => None,
            },
            Phase::Ended { .. } => None,
            Phase::Erasing { index, .. } => self.record.flow.erase(*index),
        }
    }

    /// What goes into its request and is not at hand.
    fn lacking(&self, op: &F::Operation) -> Vec<Digest> {
        self.absent(self.record.flow.sends(op))
    }

    fn absent(&self, mut digests: Vec<Digest>) -> Vec<Digest> {
        digests.retain(|digest| self.blobs.bytes(digest).is_none());
        digests
    }

    fn kept_beside(&self) -> Vec<Digest> {
        let mut digests = self.record.flow.digests();
        digests.extend(self.record.evidence.as_ref().and_then(Kept::digest).cloned());
        digests
    }

    fn request(&self, op: &F::Operation, now: UnixMillis) -> HttpRequest {
        let id = self.record.call.id(&self.record.seed, now);
        self.record.flow.request(&self.account, op, id, &self.own())
    }

    /// Changes a copy, and takes its place only if it is not refused.
    fn change(&mut self, now: UnixMillis, apply: impl FnOnce(&mut Self) -> Result<(), Reject>) -> Result<(), Reject> {
        if self.record.revision >= MAX_REVISION {
            let why = "the session has reached the largest number of changes; open a new one";
            return Err(Reject::at(RejectCode::SessionOver, "input", why));
        }
        let mut changed = self.clone();
        apply(&mut changed)?;
        changed.forget_at_end(&self.record.phase);
        changed.blobs.keep(&changed.kept_beside());
        if changed.record != self.record {
            changed.record.clock = now;
            changed.record.revision += 1;
        }
        *self = changed;
        Ok(())
    }

    /// The operation that the id belongs to, if the id is current.
    fn current(&self, id: &str, now: UnixMillis) -> Result<F::Operation, Reject> {
        self.needed().filter(|_| self.record.call.is_current(id, &self.record.seed, now)).ok_or_else(|| {
            Reject::at(RejectCode::Stale, "id", "the request is no longer awaited; drop this answer and call `next`")
        })
    }

    fn claim(&mut self, op: &F::Operation, now: UnixMillis) -> Result<(), Reject> {
        if self.record.call.in_flight(now).is_some() {
            return Err(Reject::at(RejectCode::Claimed, "id", "another worker is sending this request; call `next`"));
        }
        let timeout = self.request(op, now).timeout_ms;
        self.record.call.claim(now, timeout);
        Ok(())
    }

    /// Times are the caller's, but they never run back and never leave the plausible range.
    fn clamp(&self, now: UnixMillis) -> UnixMillis {
        if now.is_plausible() { now.max(self.record.clock) } else { self.record.clock }
    }

    fn own(&self) -> Own<'_> {
        let record = &self.record;
        Own { seed: &record.seed, attempt: record.attempt, opened: record.opened, blobs: &self.blobs }
    }
}

/// By hand: a derived one would ask for accounts to be cloned.
impl<F: Flow> Clone for Machine<F> {
    fn clone(&self) -> Self {
        Self { account: self.account.clone(), record: self.record.clone(), blobs: self.blobs.clone() }
    }
}

/// Prints where the session stands, and nothing that it holds.
impl<F: Flow> fmt::Debug for Machine<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match &self.record.phase {
            Phase::Running { .. } => "running",
            Phase::Ended { .. } => "ended",
            Phase::Erasing { .. } => "erasing",
        };
        f.debug_struct("Session")
            .field("provider", &<F::Account as Account>::PROVIDER)
            .field("revision", &self.record.revision)
            .field("phase", &phase)
            .finish_non_exhaustive()
    }
}
