//! The machine that every flow runs on: one place for the rules that all providers share.
//!
//! `next` is pure and shows what the stored state calls for; `handle` is the only way to change that state. A
//! provider's [`Flow`] says what its requests and answers mean; ids, claims, back-off, poll budget, deadlines,
//! absorbing ends and erasure are here, so that they hold for all of them alike.

mod blobs;
mod call;
mod flow;
mod record;
mod watch;

use alloc::{
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::fmt;

pub use blobs::{Blobs, Digest};
use call::Call;
pub use flow::{Account, Flow, Heard, Need, Own, Schedule, Step, UserStage};
use record::{Envelope, Phase, Record, Resume};
pub use record::{SNAPSHOT_FORMAT, malformed, snapshot_provider};
use watch::Watch;

use crate::{
    AtProvider, Blob, Evidence, Fault, FaultCode, Header, Hint, HttpRequest, Input, Next, Operation as _, Outcome,
    Reject, RejectCode, Response, Seed, UnixMillis, Why,
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
            serde_json::from_str(snapshot).map_err(|_| malformed("this is not the text that `snapshot` gave"))?;
        let mut record = envelope.session;
        if record.account != account.fingerprint() {
            let message = "the snapshot belongs to another account of this provider; restore it with that account";
            return Err(Reject::new(RejectCode::SnapshotOfOtherAccount, message));
        }
        record.check()?;
        record.flow.check()?;
        if matches!(record.phase, Phase::Erasing { index, .. } if record.flow.erase(index).is_none()) {
            return Err(malformed("it is deleting something that is not there"));
        }
        let mut blobs = Blobs::default();
        for bytes in record.flow.take_embedded() {
            blobs.add(bytes);
        }
        Ok(Self { account, record, blobs })
    }

    /// What the host must do now. Asking twice gives the same answer.
    ///
    /// A `now` outside 2020 to 2200, or before the last change, counts as the time of the last change.
    pub fn next(&self, now: UnixMillis) -> Next {
        let now = self.clamp(now);
        match &self.record.phase {
            Phase::Ended { outcome, erasure, .. } => Next::Done { outcome: outcome.clone(), erasure: erasure.clone() },
            Phase::Erasing { index, .. } => match self.record.flow.erase(*index) {
                Some(op) => self.send(&op, now),
                None => Next::Wait { until: now, why: Why::Verdict },
            },
            Phase::Running { watch } => self.next_running(watch.as_ref(), now),
        }
    }

    /// Tells the session something. `Ok` means heard: store if [`revision`](Self::revision) moved. A refusal changed
    /// nothing.
    ///
    /// # Errors
    /// A [`Reject`] that says whose fault it is and what to do.
    pub fn handle(&mut self, input: Input, now: UnixMillis) -> Result<(), Reject> {
        let now = now.plausible()?.max(self.record.clock);
        // What can be refused at a glance is refused before anything is copied.
        match input {
            Input::HttpResponse { id, status, headers, body } => {
                let op = self.current(&id, now)?;
                let response = Response { status, headers: &headers, body: &body, at: now };
                self.change(now, |session| {
                    session.answered(&op, &response);
                    Ok(())
                })
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

    /// The session as text. Store it like a session table: it holds short-lived bearer values, personal data still to
    /// be sent, and the evidence; never the account's credentials.
    ///
    /// # Panics
    /// Never: every member has a JSON form.
    pub fn snapshot(&self) -> String {
        let provider = <F::Account as Account>::PROVIDER.to_string();
        let envelope = Envelope { format: SNAPSHOT_FORMAT, provider, session: &self.record };
        serde_json::to_string(&envelope).expect("a session holds only strings, numbers, flags and lists of them")
    }

    /// The digests of the bytes that belong to the snapshot and are stored beside it, once: images that wait to be sent. A
    /// store drops all others of the session.
    pub fn digests(&self) -> Vec<String> {
        let mut digests: Vec<String> = self.record.flow.digests().into_iter().map(String::from).collect();
        digests.sort_unstable();
        digests.dedup();
        digests
    }

    /// Those bytes, as far as they are at hand: they came with an input, or by [`supply`](Self::supply).
    pub fn blobs(&self) -> Vec<Blob> {
        self.blobs.to_vec()
    }

    /// The digests of the bytes without which the next request cannot be sent: [`supply`](Self::supply) them.
    pub fn missing(&self) -> Vec<String> {
        self.needed().map_or_else(Vec::new, |op| self.lacking(&op)).into_iter().map(String::from).collect()
    }

    /// Takes bytes that were stored beside the snapshot. `false` if they do not belong to it. No change to be stored.
    pub fn supply(&mut self, bytes: Vec<u8>) -> bool {
        let belongs = self.record.flow.digests().contains(&Digest::of(&bytes));
        if belongs {
            self.blobs.add(bytes);
        }
        belongs
    }

    /// Rises with every change: compare-and-swap on it.
    pub fn revision(&self) -> i64 {
        self.record.revision
    }

    /// How it ended, if it has; that is known also while it is being deleted at the provider.
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

    /// What the decision rests on; `None` before a decision and after an erasure.
    pub fn evidence(&self) -> Option<Evidence> {
        self.record.evidence.clone()
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
            Phase::Ended { .. } => None,
            Phase::Erasing { index, .. } => self.record.flow.erase(*index),
            Phase::Running { .. } => match self.record.flow.need(&self.account) {
                Need::Answer(op) | Need::User(op) | Need::Verdict(op) => Some(op),
            },
        }
    }

    /// What goes into its request and is not at hand.
    fn lacking(&self, op: &F::Operation) -> Vec<Digest> {
        let mut digests = self.record.flow.sends(op);
        digests.retain(|digest| self.blobs.bytes(digest).is_none());
        digests
    }

    fn request(&self, op: &F::Operation, now: UnixMillis) -> HttpRequest {
        let id = self.record.call.id(&self.record.seed, now);
        self.record.flow.request(&self.account, op, id, &self.own())
    }

    /// Changes a copy, and takes its place only if it is not refused.
    fn change(&mut self, now: UnixMillis, apply: impl FnOnce(&mut Self) -> Result<(), Reject>) -> Result<(), Reject> {
        let mut changed = self.clone();
        apply(&mut changed)?;
        changed.forget_at_end(&self.record.phase);
        changed.blobs.keep(&changed.record.flow.digests());
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
            Reject::at(RejectCode::Stale, "id", "the session has moved on; drop this answer and ask `next`")
        })
    }

    fn claim(&mut self, op: &F::Operation, now: UnixMillis) -> Result<(), Reject> {
        if self.record.call.in_flight(now).is_some() {
            return Err(Reject::at(RejectCode::Claimed, "id", "another worker is sending this request; ask `next`"));
        }
        let timeout = self.request(op, now).timeout_ms;
        self.record.call.claim(now, timeout);
        Ok(())
    }

    fn answered(&mut self, op: &F::Operation, response: &Response<'_>) {
        let now = response.at;
        let account = self.account.clone();
        let seed = self.record.seed.clone();
        let (attempt, opened) = (self.record.attempt, self.record.opened);
        let own = Own { seed: &seed, attempt, opened, blobs: &self.blobs };
        // A flow that finds fault half-way must leave no trace.
        let mut flow = self.record.flow.clone();
        match flow.answer(&account, op, response, &own) {
            Ok(step) => {
                self.record.flow = flow;
                match step {
                    Step::Prepared => self.record.call.prepared(now),
                    _ => self.record.call.answered(now),
                }
                self.stepped(step, now);
            }
            Err(fault) if response.is_success() && !self.request(op, now).idempotent => {
                self.made(op, fault, response.headers, now);
            }
            Err(fault) => self.failed(op, fault, response.headers, now),
        }
    }

    fn stepped(&mut self, step: Step, now: UnixMillis) {
        let waits_for_answer = matches!(self.record.flow.need(&self.account), Need::Answer(_));
        let schedule = self.record.flow.schedule(&self.account);
        match (&mut self.record.phase, step) {
            (Phase::Erasing { outcome, index, lost }, Step::Deleted) => {
                let (outcome, index, lost) = (outcome.clone(), *index + 1, lost.take());
                self.record.phase = match self.record.flow.erase(index) {
                    Some(_) => Phase::Erasing { outcome, index, lost },
                    None => Phase::erased(outcome, deleted(index, lost)),
                };
                self.wipe_if_erased();
            }
            (Phase::Running { .. }, Step::End { outcome, evidence }) => {
                self.record.evidence = evidence;
                self.record.phase = Phase::ended(outcome);
            }
            (Phase::Running { watch }, Step::Go | Step::Prepared) => {
                if !waits_for_answer {
                    watch.get_or_insert(Watch::new(now));
                }
            }
            (Phase::Running { watch }, Step::NotYet { user }) => {
                let watch = watch.get_or_insert(Watch::new(now));
                if !watch.looked(user, &schedule, now) {
                    self.record.phase = Phase::ended(self.record.flow.at_deadline());
                }
            }
            (Phase::Erasing { .. } | Phase::Ended { .. }, _) | (Phase::Running { .. }, Step::Deleted) => {}
        }
    }

    /// The provider says that it made something, and nothing can be made of its answer. That is not sent again, whatever the
    /// answer holds: a retry makes another attempt.
    fn made(&mut self, op: &F::Operation, fault: Fault, headers: &[Header], now: UnixMillis) {
        let code = if fault.retryable { FaultCode::CreationUnclear } else { fault.code };
        self.failed(op, Fault { code, retryable: false, ..fault }, headers, now);
        if let Phase::Ended { resume, .. } = &mut self.record.phase {
            *resume = None;
        }
    }

    fn failed(&mut self, op: &F::Operation, fault: Fault, headers: &[Header], now: UnixMillis) {
        let fault = fault.traced(F::TRACE_HEADER.and_then(|name| Header::find(headers, name)));
        let schedule = self.record.flow.schedule(&self.account);
        let starting = self.record.flow.need(&self.account) == Need::Answer(op.clone());
        self.record.flow.faulted(&fault);
        self.record.call.failed(fault.clone(), headers, &self.record.seed, now);
        let used_up = self.record.call.failures() >= schedule.max_failures;
        match &mut self.record.phase {
            Phase::Erasing { outcome, .. } => {
                if used_up || !fault.retryable {
                    self.record.phase = Phase::erased(outcome.clone(), AtProvider::Failed { fault });
                    self.wipe_if_erased();
                }
            }
            Phase::Running { watch } if starting => {
                if used_up || !fault.retryable {
                    let resume = Some(Resume { watch: watch.take() });
                    self.record.phase = Phase::Ended { outcome: Outcome::Failed { fault }, resume, erasure: None };
                }
            }
            Phase::Running { watch } => {
                let watch = watch.get_or_insert(Watch::new(now));
                let goes_on = watch.failed(self.record.call.failures(), &schedule, now);
                let watch = watch.clone();
                if !goes_on || self.record.call.gone() >= MAX_GONE_LOOKS {
                    self.record.phase = self.given_up(fault, watch, now);
                }
            }
            Phase::Ended { .. } => {}
        }
    }

    /// The last look failed: a claimed non-pass that has settled stands, anything else is our failure and can be resumed.
    fn given_up(&self, fault: Fault, watch: Watch, now: UnixMillis) -> Phase {
        if watch.is_settled(now) {
            return Phase::ended(self.record.flow.at_deadline());
        }
        let resume = Some(Resume { watch: Some(watch) });
        Phase::Ended { outcome: Outcome::Failed { fault }, resume, erasure: None }
    }

    fn hint(&mut self, hint: &Hint, now: UnixMillis) {
        if matches!(self.record.phase, Phase::Running { .. }) {
            let heard = self.record.flow.hint(&self.account, hint);
            self.heard(heard, now);
        }
    }

    fn redirect(&mut self, url: &str, now: UnixMillis) -> Result<(), Reject> {
        let mut flow = self.record.flow.clone();
        let heard = flow.redirect(&self.account, url)?;
        if matches!(self.record.phase, Phase::Running { .. }) {
            self.record.flow = flow;
            self.heard(heard, now);
        }
        Ok(())
    }

    fn callback(&mut self, url: &str, headers: &[Header], body: &[u8], now: UnixMillis) -> Result<(), Reject> {
        let mut flow = self.record.flow.clone();
        let heard = flow.callback(&self.account, url, headers, body, &self.own())?;
        if matches!(self.record.phase, Phase::Running { .. }) {
            self.record.flow = flow;
            self.heard(heard, now);
        }
        Ok(())
    }

    fn heard(&mut self, heard: Heard, now: UnixMillis) {
        let schedule = self.record.flow.schedule(&self.account);
        let Phase::Running { watch } = &mut self.record.phase else { return };
        // A callback can come before the answer that begins the watch.
        if heard.authentic && watch.is_none() {
            *watch = Some(Watch::new(now));
        }
        if let Some(watch) = watch {
            watch.heard(heard, &schedule, now);
        }
    }

    fn images(&mut self, images: Vec<crate::Image>, now: UnixMillis) -> Result<(), Reject> {
        if !matches!(self.record.phase, Phase::Running { .. }) {
            return Err(Reject::at(
                RejectCode::SessionOver,
                "images",
                "the session has ended; images are no longer taken",
            ));
        }
        let heard = self.record.flow.images(&self.account, &images, self.record.call.may_be_sent())?;
        for image in images {
            self.blobs.add(image.bytes);
        }
        // An answer to a request with the images before these would be taken for an answer to these.
        self.record.call.renew();
        self.heard(heard, now);
        Ok(())
    }

    fn retry(&mut self, now: UnixMillis) -> Result<(), Reject> {
        let refuse = |why: &str| Err(Reject::at(RejectCode::RetryRefused, "input", why));
        match self.record.phase.clone() {
            Phase::Running { .. } => {
                let shown = matches!(self.record.flow.need(&self.account), Need::User(_));
                if !shown || !self.record.flow.supersede() {
                    return refuse("the session is still running; go on with `next`");
                }
                self.begin_anew(now);
            }
            Phase::Erasing { .. } | Phase::Ended { erasure: Some(_), .. } => {
                return refuse("the session was erased; open a new one");
            }
            Phase::Ended { outcome, resume: Some(resume), .. } => {
                if matches!(&outcome, Outcome::Failed { fault } if self.record.flow.resumed(fault)) {
                    self.record.attempt = self.record.attempt.saturating_add(1);
                }
                let watch = resume.watch.map(|watch| watch.renewed(now));
                self.record.phase = Phase::Running { watch };
            }
            Phase::Ended { outcome, .. } => {
                if !self.record.flow.retry(&outcome) {
                    return refuse("the session is decided, or the provider allows no further attempt; open a new one");
                }
                self.begin_anew(now);
            }
        }
        self.record.evidence = None;
        self.record.call.renew();
        Ok(())
    }

    fn begin_anew(&mut self, now: UnixMillis) {
        self.record.attempt = self.record.attempt.saturating_add(1);
        let starts = matches!(self.record.flow.need(&self.account), Need::Answer(_));
        self.record.phase = Phase::Running { watch: (!starts).then(|| Watch::new(now)) };
    }

    fn erase(&mut self, at_provider: bool) {
        let mut outcome = match &self.record.phase {
            Phase::Running { .. } => Outcome::Abandoned { stage: self.record.flow.stage() },
            Phase::Ended { erasure: Some(done), .. } if done.is_final(at_provider) => return,
            Phase::Ended { outcome, .. } => outcome.clone(),
            Phase::Erasing { .. } => return,
        };
        outcome.forget_messages();
        let lost = self.lost_creation();
        self.record.flow.wipe();
        self.record.evidence = None;
        self.record.call.renew();
        self.record.phase = match (self.record.flow.erase(0), lost) {
            _ if !at_provider => Phase::erased(outcome, AtProvider::NotAsked),
            _ if !F::DELETES => Phase::erased(outcome, AtProvider::NotOffered),
            (Some(_), lost) => Phase::Erasing { outcome, index: 0, lost },
            (None, lost) => Phase::erased(outcome, deleted(0, lost)),
        };
    }

    /// The deletion itself may have needed an access token.
    fn wipe_if_erased(&mut self) {
        if matches!(self.record.phase, Phase::Ended { .. }) {
            self.record.flow.wipe();
        }
    }

    /// A creation that was claimed and never answered, or answered so that nothing can be made of it, may have made
    /// something that nobody can name now.
    fn lost_creation(&self) -> Option<Fault> {
        if let Phase::Ended { outcome: Outcome::Failed { fault }, .. } = &self.record.phase
            && fault.code == FaultCode::CreationUnclear
        {
            return Some(Fault::new(FaultCode::AnswerLost, &fault.operation, false));
        }
        let Need::Answer(op) = self.record.flow.need(&self.account) else { return None };
        let running = matches!(self.record.phase, Phase::Running { .. });
        let request = (running && self.record.call.may_be_sent()).then(|| self.request(&op, self.record.clock))?;
        (!request.idempotent).then(|| Fault::new(FaultCode::AnswerLost, &request.operation, false))
    }

    /// Tells the flow, once, that the session ended.
    fn forget_at_end(&mut self, before: &Phase) {
        if let (Phase::Running { .. }, Phase::Ended { outcome, .. }) = (before, &self.record.phase) {
            self.record.flow.ended(outcome);
        }
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

/// What is said of the deletion in the end: all that has a name, but something may be left that has none.
fn deleted(count: u32, lost: Option<Fault>) -> AtProvider {
    lost.map_or(AtProvider::Deleted { count }, |fault| AtProvider::Failed { fault })
}

impl crate::Erasure {
    /// Whether asking (for a deletion at the provider as well, or not) can change nothing any more.
    fn is_final(&self, asked: bool) -> bool {
        match &self.at_provider {
            AtProvider::Failed { fault } if fault.code == FaultCode::AnswerLost => true,
            AtProvider::NotAsked | AtProvider::Failed { .. } => !asked,
            AtProvider::NotOffered | AtProvider::Deleted { .. } => true,
        }
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
