//! What an answer, or the want of one, leads to.

use super::{
    Flow, MAX_GONE_LOOKS, Machine, Need, Own, Step,
    ends::deleted,
    evidence::Kept,
    record::Phase,
    watch::{MAX_PROMPT_REPEATS, Watch},
};
use crate::{AtProvider, Fault, FaultCode, Header, Response, UnixMillis};

impl<F: Flow> Machine<F> {
    pub(super) fn answered(&mut self, op: &F::Operation, response: &Response<'_>) {
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
                self.record.evidence = evidence.map(|evidence| Kept::of(evidence, &mut self.blobs));
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
            // The look that news earned: the provider's word takes the place of an end without one, and anything else leaves it.
            (Phase::Ended { outcome, resume, news, .. }, Step::End { outcome: word, evidence }) => {
                (*outcome, *resume, news.look) = (word, None, false);
                self.record.evidence = evidence.map(|evidence| Kept::of(evidence, &mut self.blobs));
            }
            (Phase::Ended { news, .. }, Step::NotYet { .. } | Step::Go) => news.look = false,
            (Phase::Ended { .. }, Step::Prepared | Step::Deleted)
            | (Phase::Erasing { .. }, _)
            | (Phase::Running { .. }, Step::Deleted) => {}
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

    pub(super) fn failed(&mut self, op: &F::Operation, fault: Fault, headers: &[Header], now: UnixMillis) {
        let fault = fault.traced(F::TRACE_HEADER.and_then(|name| Header::find(headers, name)));
        let schedule = self.record.flow.schedule(&self.account);
        let starting = self.record.flow.need(&self.account) == Need::Answer(op.clone());
        self.record.flow.faulted(op, &fault);
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
                    self.record.phase = Phase::failed(fault, watch.take());
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
            Phase::Ended { news, .. } => {
                if self.record.call.failures() > MAX_PROMPT_REPEATS {
                    news.give_up();
                }
            }
        }
    }

    /// The last look failed: a claimed non-pass that has settled stands, anything else is our failure and can be resumed.
    fn given_up(&self, fault: Fault, watch: Watch, now: UnixMillis) -> Phase {
        if watch.is_settled(now) {
            return Phase::ended(self.record.flow.at_deadline());
        }
        Phase::failed(fault, Some(watch))
    }

    /// Tells the flow, once, that the session ended so.
    pub(super) fn forget_at_end(&mut self, before: &Phase) {
        let Phase::Ended { outcome, .. } = &self.record.phase else { return };
        let is_new = match before {
            Phase::Running { .. } => true,
            Phase::Ended { outcome: before, .. } => before != outcome,
            Phase::Erasing { .. } => false,
        };
        if is_new {
            self.record.flow.ended(outcome);
        }
    }
}
