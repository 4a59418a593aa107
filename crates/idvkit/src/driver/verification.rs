//! A verification: the content of a row. It hands inputs to its sessions, and derives its end and its deliveries from
//! them.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::{fmt, ops::Range};

use idvkit_core::{
    Blob, Delivery, Evidence, HttpRequest, Input, Next, Outcome, Reference, Reject, RejectCode, Row, Seed, UnixMillis,
    Why,
};

use serde_json::value::RawValue;

use super::{
    accounts::Accounts,
    id_of,
    plan::{Plan, Step, When, within},
    record::{End, Outbox, Planned, Record, both, forgotten, is_key, malformed},
};
use crate::{Account, ProviderId, Session};

/// One user's verification, as its row holds it: one session, or several that are tried one after another.
#[derive(Clone)]
pub struct Verification {
    record: Record,
    /// One for each step of the plan. Those that are not tried yet have sent nothing.
    sessions: Vec<Held>,
}

#[derive(Clone)]
struct Held {
    account: Account,
    session: Session,
}

/// One session of a verification, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempt {
    /// The name of the account, as the host named it.
    pub account: String,
    /// The provider whose flow the session runs.
    pub provider: ProviderId,
    /// How the session ended; absent while it runs.
    pub outcome: Option<Outcome>,
    /// Whether the verification's outcome comes from this session.
    pub decides: bool,
}

/// What a worker does next for a verification, with the claim on it made.
#[derive(Clone)]
pub(super) enum Duty {
    Deliver,
    Send(HttpRequest),
    /// Bytes are in the store that go into the next request.
    Fetch(Vec<String>),
    Rest(Next),
    /// Nothing: it was only to be told something.
    Hear,
}

impl Verification {
    /// Restores a verification from the text of its row, to inspect it.
    ///
    /// # Errors
    /// A [`Reject`] with blame `snapshot`: `snapshot_malformed`, `snapshot_newer`, `snapshot_of_other_provider`,
    /// `snapshot_of_other_account`; `account_unknown` if an account that it names is not among the accounts.
    pub fn restore(accounts: &Accounts, snapshot: &str) -> Result<Self, Reject> {
        let (record, texts) = Record::from_text(snapshot)?;
        let held = |(step, text): (&Planned, Box<RawValue>)| {
            let account = accounts.get(&step.account).ok_or_else(|| {
                let message = "the row belongs to an account that is not among the accounts; add it under its name";
                Reject::at(RejectCode::AccountUnknown, "account", message)
            })?;
            Ok(Held { account: account.clone(), session: Session::restore(account, text.get())? })
        };
        let sessions = record.steps.iter().zip(texts).map(held).collect::<Result<_, Reject>>()?;
        Ok(Self { record, sessions })
    }

    /// What the verification waits for, or how it ended. Asking twice gives the same value.
    ///
    /// A `now` outside 2020 to 2200, or before the last change, counts as the time of the last change.
    pub fn next(&self, now: UnixMillis) -> Next {
        let mut nexts: Vec<Next> =
            self.sessions[self.driven()].iter().map(|held| held.session.next(self.clamp(now))).collect();
        if let Some(at) = nexts.iter().position(|next| matches!(next, Next::Send { .. })) {
            return nexts.swap_remove(at);
        }
        let until = |next: &Next| match next {
            Next::Present { until, .. } | Next::Wait { until, .. } => Some(*until),
            Next::Send { .. } | Next::Done { .. } => None,
        };
        let Some(first) = nexts.iter().filter_map(until).min() else { return self.done(&nexts) };
        // The page of the step that is tried now goes before what others wait for.
        let shown = nexts.iter().rposition(|next| matches!(next, Next::Present { .. }));
        let at = shown.or_else(|| nexts.iter().position(|next| until(next) == Some(first))).unwrap_or(0);
        match nexts.swap_remove(at) {
            Next::Present { journey, .. } => Next::Present { journey, until: first },
            Next::Wait { why, .. } => Next::Wait { until: first, why },
            other => other,
        }
    }

    /// The verification's id: 32 hex digits.
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// The host's own key of the verification.
    pub fn key(&self) -> &str {
        &self.record.key
    }

    /// The revision. It rises with every change.
    pub fn revision(&self) -> i64 {
        self.record.revision
    }

    /// How the verification ended; `None` while it runs.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.record.end.as_ref().map(|end| &end.outcome)
    }

    /// The session that decided, or else the session that is tried now. Use it for what its provider offers outside a
    /// verification.
    pub fn session(&self) -> &Session {
        &self.sessions[self.step()].session
    }

    /// The evidence that the decision rests on; `None` before a decision, after an erasure, and for an answer longer
    /// than 16 KiB before [`supply`](Self::supply) got the row's blobs. It must stay on the server.
    pub fn evidence(&self) -> Option<Evidence> {
        self.sessions[self.record.end.as_ref()?.step].session.evidence()
    }

    /// The sessions that were tried so far, oldest first: which of them decided, and why the others did not.
    pub fn attempts(&self) -> Vec<Attempt> {
        let decider = self.record.end.as_ref().map(|end| end.step);
        let attempt = |step: usize| Attempt {
            account: self.record.steps[step].account.clone(),
            provider: self.sessions[step].session.provider(),
            outcome: self.end_of(step).cloned(),
            decides: decider == Some(step),
        };
        (0..=self.record.current).map(attempt).collect()
    }

    /// What the provider announced that the user goes through: see [`Session::technologies`](crate::Session::technologies).
    pub fn technologies(&self) -> Vec<String> {
        self.sessions[self.record.current].session.technologies()
    }

    /// The providers' ids of the verification, newest first.
    pub fn references(&self) -> Vec<Reference> {
        let of = |(held, step): (&Held, &Planned)| {
            let account = step.account.clone();
            held.session
                .references()
                .into_iter()
                .map(move |reference| Reference { account: account.clone(), reference })
        };
        self.sessions.iter().zip(&self.record.steps).rev().flat_map(of).collect()
    }

    /// The delivery of the outcome, if the plan asks for deliveries and there is an outcome.
    pub fn delivery(&self) -> Option<Delivery> {
        self.record.end.as_ref()?;
        let (id, replaces) = self.record.delivery_ids()?;
        let pending = self.record.outbox.as_ref()?.pending.as_ref();
        let failures = pending.map_or(0, |pending| pending.failures);
        Some(Delivery { id, replaces, failures, due: pending.map(|pending| pending.due) })
    }

    /// Everything as a store keeps it. No row is made elsewhere.
    pub(super) fn row(&self, now: UnixMillis) -> Row {
        let step = self.step();
        Row {
            id: self.record.id.clone(),
            key: self.record.key.clone(),
            provider: self.sessions[step].session.provider().as_str().into(),
            account: self.record.steps[step].account.clone(),
            revision: self.record.revision,
            snapshot: self.record.to_text(self.sessions.iter().map(|held| held.session.snapshot())),
            due: self.due(now),
            references: self.references(),
            outcome: self.outcome().cloned(),
            delivery: self.delivery(),
            blobs: self.digests(),
        }
    }

    /// The digests of the bytes that belong to it.
    pub(super) fn digests(&self) -> Vec<String> {
        let mut digests: Vec<String> = self.sessions.iter().flat_map(|held| held.session.digests()).collect();
        digests.sort_unstable();
        digests.dedup();
        digests
    }

    /// Those bytes that are at hand.
    pub(super) fn blobs(&self) -> Vec<Blob> {
        self.sessions.iter().flat_map(|held| held.session.blobs()).collect()
    }

    /// The digests of the bytes that are not at hand, and that the next request or the evidence needs.
    pub fn missing(&self) -> Vec<String> {
        self.sessions[self.step()].session.missing()
    }

    /// Takes the blobs that are stored with the row. Without them, the verification waits where it has to send images, and
    /// has no evidence of a long answer.
    pub fn supply(&mut self, blobs: &[Blob]) {
        for held in &mut self.sessions {
            for blob in blobs {
                held.session.supply(blob.bytes.clone());
            }
        }
    }

    /// Opens a verification with all sessions of its plan; none of them has sent anything.
    pub(super) fn open(
        accounts: &Accounts,
        plan: Plan,
        seed: Seed,
        key: &str,
        now: UnixMillis,
    ) -> Result<Self, Reject> {
        if !is_key(key) {
            return Err(Reject::at(RejectCode::KeyInvalid, "key", "a key is 1 to 256 bytes, and not blank"));
        }
        let Plan { steps: plan, deliver } = plan.checked()?;
        let (mut steps, mut sessions) = (Vec::new(), Vec::new());
        let several = plan.len() > 1;
        for (at, Step { account, request, when }) in plan.into_iter().enumerate() {
            let named = |reject| if several { within(at, reject) } else { reject };
            let (name, account) = accounts.choose(account.as_deref(), request.provider()).map_err(named)?;
            let session = Session::open(account, request, step_seed(&seed, at)?, now).map_err(named)?;
            steps.push(Planned { account: name.into(), when });
            sessions.push(Held { account: account.clone(), session });
        }
        let (id, key, outbox) = (id_of(&seed), key.into(), deliver.then(Outbox::default));
        let (revision, current, erased, end) = (0, 0, false, None);
        let record = Record { id, key, seed, revision, clock: now, steps, current, erased, end, outbox };
        Ok(Self { record, sessions })
    }

    /// Tells it something. A refusal changed nothing.
    pub(super) fn handle(&mut self, input: Input, now: UnixMillis) -> Result<(), Reject> {
        let now = now.plausible()?.max(self.record.clock);
        let mut changed = self.clone();
        changed.apply(input, now)?;
        if self.end_of(self.record.current).is_none() {
            changed.go_on();
        }
        changed.conclude(now);
        self.commit(changed, now);
        Ok(())
    }

    /// Hears what came of a delivery.
    pub(super) fn delivered(&mut self, number: u32, delivered: bool, now: UnixMillis) -> Result<(), Reject> {
        let now = now.plausible()?.max(self.record.clock);
        let mut changed = self.clone();
        if let Some(outbox) = &mut changed.record.outbox {
            outbox.told(number, delivered, &self.record.seed, now);
        }
        self.commit(changed, now);
        Ok(())
    }

    /// Takes up what is to be done now, so that other workers leave it. `fetched`: all that the store has is at hand.
    pub(super) fn take_up(&mut self, fetched: bool, now: UnixMillis) -> Result<Duty, Reject> {
        let now = now.plausible()?.max(self.record.clock);
        let mut changed = self.clone();
        if changed.record.end.is_some() && changed.record.outbox.as_mut().is_some_and(|outbox| outbox.claim(now)) {
            // Whoever acts on it may want its evidence.
            if !fetched && !self.missing().is_empty() {
                return Ok(Duty::Fetch(self.missing()));
            }
            self.commit(changed, now);
            return Ok(Duty::Deliver);
        }
        match self.next(now) {
            Next::Send { request } => {
                if !request.idempotent {
                    self.handle(Input::Sending { id: request.id.clone() }, now)?;
                }
                Ok(Duty::Send(request))
            }
            Next::Wait { why: Why::Blobs { digests }, .. } if !fetched => Ok(Duty::Fetch(digests)),
            next => Ok(Duty::Rest(next)),
        }
    }

    /// Whether the claim on that request still holds: a worker that was slow to store it must not send any more.
    pub(super) fn holds(&self, request: &HttpRequest, now: UnixMillis) -> bool {
        let again = self.clone().handle(Input::Sending { id: request.id.clone() }, now);
        again.is_err_and(|reject| reject.code() == RejectCode::Claimed)
    }

    /// Whether the newest outcome is still this worker's to deliver.
    pub(super) fn holds_delivery(&self, now: UnixMillis) -> bool {
        let pending = self.record.outbox.as_ref().and_then(|outbox| outbox.pending.as_ref());
        pending.is_some_and(|pending| now < pending.due)
    }

    /// The number of the newest outcome.
    pub(super) fn delivery_number(&self) -> u32 {
        self.record.outbox.as_ref().map_or(0, |outbox| outbox.count)
    }

    /// When a worker has to look at it.
    fn due(&self, now: UnixMillis) -> Option<UnixMillis> {
        let pending = self.record.outbox.as_ref().and_then(|outbox| outbox.pending.as_ref());
        let next = match self.next(now) {
            Next::Send { .. } => Some(now),
            Next::Present { until, .. } | Next::Wait { until, .. } => Some(until),
            Next::Done { .. } => None,
        };
        next.into_iter().chain(pending.map(|pending| pending.due)).min()
    }

    /// The step that decided, or is tried now.
    fn step(&self) -> usize {
        self.record.end.as_ref().map_or(self.record.current, |end| end.step)
    }

    /// The sessions that are gone on with: those that were begun; once there is a verdict, only its own; to erase, all.
    fn driven(&self) -> Range<usize> {
        match &self.record.end {
            _ if self.record.erased => 0..self.sessions.len(),
            Some(End { step, .. }) if self.verdict().is_some() => *step..step + 1,
            _ => 0..self.record.current + 1,
        }
    }

    fn done(&self, nexts: &[Next]) -> Next {
        let erasures = nexts.iter().filter_map(|next| match next {
            Next::Done { erasure, .. } => erasure.clone(),
            _ => None,
        });
        let erasure = if self.record.erased { erasures.reduce(both) } else { None };
        match self.outcome().or_else(|| self.end_of(self.record.current)) {
            Some(outcome) => Next::Done { outcome: outcome.clone(), erasure },
            None => Next::Wait { until: self.record.clock, why: Why::Verdict },
        }
    }

    fn apply(&mut self, input: Input, now: UnixMillis) -> Result<(), Reject> {
        match input {
            Input::Erase { .. } => self.erase(&input, now),
            Input::HttpResponse { .. } | Input::HttpFailed { .. } | Input::Sending { .. } => self.answer(input, now),
            Input::Redirect { .. } | Input::Callback { .. } => {
                let step = self.named_by(&input, now);
                let mut session = self.sessions[step].session.clone();
                session.handle(input, now)?;
                // Where another session has decided nothing that this one hears is followed: it was genuine, and that is all.
                if self.driven().contains(&step) {
                    self.sessions[step].session = session;
                }
                Ok(())
            }
            Input::Retry => self.retry(now),
            Input::Hint { .. } | Input::Images { .. } => self.sessions[self.record.current].session.handle(input, now),
        }
    }

    /// The session that sent the request takes it; to all others its id is stale.
    fn answer(&mut self, input: Input, now: UnixMillis) -> Result<(), Reject> {
        for later in (1..=self.record.current).rev() {
            let told = self.sessions[later].session.handle(input.clone(), now);
            if !told.as_ref().is_err_and(is_stale) {
                return told;
            }
        }
        self.sessions[0].session.handle(input, now)
    }

    /// All sessions forget the person, also those that were never begun. The outcome stays, without what a client worded.
    fn erase(&mut self, input: &Input, now: UnixMillis) -> Result<(), Reject> {
        self.record.erased = true;
        if let Some(end) = &mut self.record.end {
            end.outcome.forget_messages();
        }
        let begun = self.record.current + 1;
        let forget = |(step, held): (usize, &mut Held)| {
            // What has sent nothing has made nothing that could be deleted.
            let input = if step < begun { input.clone() } else { Input::Erase { at_provider: false } };
            held.session.handle(input, now)
        };
        self.sessions.iter_mut().enumerate().try_for_each(forget)
    }

    /// The session that decided, or the last one, tries again: its outcome is withdrawn.
    fn retry(&mut self, now: UnixMillis) -> Result<(), Reject> {
        let step = self.verdict().unwrap_or(self.record.current);
        self.sessions[step].session.handle(Input::Retry, now)?;
        let withdrawn = self.record.end.take_if(|end| end.step == step).is_some();
        if let Some(outbox) = self.record.outbox.as_mut().filter(|_| withdrawn) {
            outbox.pending = None;
        }
        Ok(())
    }

    /// The session whose reference it names, the newest first; the one that is tried now if it names none of them.
    fn named_by(&self, input: &Input, now: UnixMillis) -> usize {
        let names = |step: &usize| {
            let Held { account, session } = &self.sessions[*step];
            let named = account.reference_of(input, now).ok().flatten();
            named.is_some_and(|reference| session.references().contains(&reference))
        };
        (0..=self.record.current).rev().find(names).unwrap_or(self.record.current)
    }

    /// Begins the next step where the plan says so, after a session that was running: late news of one that had ended begins
    /// nothing, as the user was told the end.
    fn go_on(&mut self) {
        let current = self.record.current;
        let follows = self.end_of(current).is_some_and(|end| self.follows(current, end));
        if follows && !self.record.erased && self.verdict().is_none() {
            self.record.current += 1;
        }
    }

    /// Settles how the verification has ended. A verdict that came late takes the place of an end without one, as another
    /// outcome to be delivered.
    fn conclude(&mut self, now: UnixMillis) {
        let Some(end) = self.ended() else { return };
        let same = |known: &End| forgotten(&known.outcome) == forgotten(&end.outcome);
        if self.record.end.as_ref().is_some_and(same) {
            return;
        }
        self.record.end = Some(end);
        if let Some(outbox) = &mut self.record.outbox {
            outbox.put(now);
        }
    }

    /// The end that the sessions give: a verdict that nothing follows; without one, when all has been tried, the last
    /// verdict of those that cannot say, or else how the last session ended.
    fn ended(&self) -> Option<End> {
        let last = || {
            self.end_of(self.record.current)?;
            let decided = |step: &usize| matches!(self.end_of(*step), Some(Outcome::Decided { .. }));
            Some((0..=self.record.current).rev().find(decided).unwrap_or(self.record.current))
        };
        let step = self.verdict().or_else(last)?;
        Some(End { outcome: self.end_of(step)?.clone(), step })
    }

    /// The session with a verdict after which nothing else is tried; of several, the one that was known first.
    fn verdict(&self) -> Option<usize> {
        let is_final = |step: &usize| {
            let end = self.end_of(*step);
            end.is_some_and(|end| matches!(end, Outcome::Decided { .. }) && !self.follows(*step, end))
        };
        let known = self.record.end.as_ref().map(|end| end.step).filter(is_final);
        known.or_else(|| (0..=self.record.current).find(is_final))
    }

    fn follows(&self, step: usize, end: &Outcome) -> bool {
        self.record.steps.get(step + 1).is_some_and(|next| next.when.iter().any(|when| When::is(*when, end)))
    }

    fn end_of(&self, step: usize) -> Option<&Outcome> {
        self.sessions[step].session.outcome()
    }

    fn commit(&mut self, changed: Self, now: UnixMillis) {
        let moved = |(one, other): (&Held, &Held)| one.session.revision() != other.session.revision();
        if changed.record != self.record || changed.sessions.iter().zip(&self.sessions).any(moved) {
            *self = changed;
            self.record.clock = now;
            self.record.revision += 1;
        }
    }

    /// Times are the caller's, but they never run back and never leave the plausible range.
    fn clamp(&self, now: UnixMillis) -> UnixMillis {
        if now.is_plausible() { now.max(self.record.clock) } else { self.record.clock }
    }
}

/// Prints where it stands, and nothing that it holds.
impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification")
            .field("id", &self.record.id)
            .field("revision", &self.record.revision)
            .field("sessions", &self.sessions.iter().map(|held| &held.session).collect::<Vec<_>>())
            .field("outcome", &self.outcome())
            .finish_non_exhaustive()
    }
}

/// Another worker was first, so that this answer is not needed.
pub(super) fn is_stale(reject: &Reject) -> bool {
    reject.code() == RejectCode::Stale
}

/// Of the first step the seed itself, so that a plan of one is what a session alone would be.
fn step_seed(seed: &Seed, step: usize) -> Result<Seed, Reject> {
    match u32::try_from(step) {
        Ok(0) => Ok(seed.clone()),
        Ok(step) => Seed::new(&seed.derive("step", step)),
        Err(_) => Err(malformed("a plan has at most eight steps")),
    }
}
