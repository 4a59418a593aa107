//! How a session goes on after its end, or is erased.

use super::{
    Flow, Machine, Need,
    record::{MAX_ATTEMPTS, Phase},
    watch::Watch,
};
use crate::{AtProvider, Erasure, Fault, FaultCode, Outcome, Reject, RejectCode, UnixMillis};

impl<F: Flow> Machine<F> {
    pub(super) fn retry(&mut self, now: UnixMillis) -> Result<(), Reject> {
        let refuse = |why: &str| Err(Reject::at(RejectCode::RetryRefused, "input", why));
        if self.record.attempt >= MAX_ATTEMPTS {
            return refuse("the session has had the largest number of attempts; open a new one");
        }
        match self.record.phase.clone() {
            Phase::Running { .. } => {
                // What was asked for may be there already, as long as no answer says so.
                let begins = matches!(self.record.flow.need(&self.account), Need::Answer(_));
                if begins || !self.record.flow.supersede() {
                    return refuse("the session is still running; go on with `next`");
                }
                self.begin_anew(now);
            }
            Phase::Erasing { .. } | Phase::Ended { erasure: Some(_), .. } => {
                return refuse("the session was erased; open a new one");
            }
            Phase::Ended { outcome, resume: Some(resume), .. } => {
                if matches!(&outcome, Outcome::Failed { fault } if self.record.flow.resumed(fault)) {
                    self.record.attempt += 1;
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
        self.record.attempt += 1;
        let starts = matches!(self.record.flow.need(&self.account), Need::Answer(_));
        self.record.phase = Phase::Running { watch: (!starts).then(|| Watch::new(now)) };
    }

    pub(super) fn erase(&mut self, at_provider: bool) {
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
    pub(super) fn wipe_if_erased(&mut self) {
        if matches!(self.record.phase, Phase::Ended { .. }) {
            self.record.flow.wipe();
        }
    }

    /// A creation that was claimed and never answered, or answered so that nothing can be made of it, may have made
    /// something that nobody can name now.
    fn lost_creation(&self) -> Option<Fault> {
        match &self.record.phase {
            Phase::Ended { outcome: Outcome::Failed { fault }, .. } if fault.code == FaultCode::CreationUnclear => {
                return Some(Fault::new(FaultCode::AnswerLost, &fault.operation, false));
            }
            _ => {}
        }
        let Need::Answer(op) = self.record.flow.need(&self.account) else { return None };
        let running = matches!(self.record.phase, Phase::Running { .. });
        let request = (running && self.record.call.may_be_sent()).then(|| self.request(&op, self.record.clock))?;
        (!request.idempotent).then(|| Fault::new(FaultCode::AnswerLost, &request.operation, false))
    }
}

/// What is said of the deletion in the end: all that has a name, but something may be left that has none.
pub(super) fn deleted(count: u32, lost: Option<Fault>) -> AtProvider {
    lost.map_or(AtProvider::Deleted { count }, |fault| AtProvider::Failed { fault })
}

impl Erasure {
    /// Whether asking (for a deletion at the provider as well, or not) can change nothing any more.
    fn is_final(&self, asked: bool) -> bool {
        match &self.at_provider {
            AtProvider::Failed { fault } if fault.code == FaultCode::AnswerLost => true,
            AtProvider::NotAsked | AtProvider::Failed { .. } => !asked,
            AtProvider::NotOffered | AtProvider::Deleted { .. } => true,
        }
    }
}
