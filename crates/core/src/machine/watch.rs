//! The watch for a result: poll budget, deadline and settle time (rules 5, 7 and 8).

use serde::{Deserialize, Serialize};

use super::flow::{Heard, Schedule};
use crate::{PollPlan, UnixMillis};

/// How often in a row a failed look is repeated before its turn in the plan.
const MAX_PROMPT_REPEATS: u32 = 5;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Watch {
    /// Since when the user has been on the way.
    since: UnixMillis,
    /// Since when the user is done.
    done: Option<UnixMillis>,
    /// Looks that the current plan has used.
    tries: u32,
    /// The last look, answered or failed.
    last: Option<UnixMillis>,
    /// Something was heard that makes a look worth it.
    look: bool,
    /// A claimed non-pass ends it then.
    settle: Option<UnixMillis>,
}

impl Watch {
    pub(super) fn new(now: UnixMillis) -> Self {
        Self { since: now, done: None, tries: 0, last: None, look: false, settle: None }
    }

    /// The next look: as planned, or at once if something was heard, or at the deadline; never within the gap.
    pub(super) fn due(&self, schedule: &Schedule) -> UnixMillis {
        let plan = self.plan(schedule);
        let planned = plan.at(self.done.unwrap_or(self.since), self.tries);
        let wanted = if self.look { Some(self.since) } else { planned };
        let deadline = self.deadline(schedule);
        let due = wanted.map_or(deadline, |wanted| wanted.min(deadline));
        self.last.map_or(due, |last| due.max(last.plus(plan.gap_ms)))
    }

    /// When it ends, verdict or not. A claim that the user is done can only put it off.
    pub(super) fn deadline(&self, schedule: &Schedule) -> UnixMillis {
        let start = self.since.plus(schedule.start_patience_ms);
        let patient = self.done.map_or(start, |done| start.max(done.plus(schedule.verdict_patience_ms)));
        self.settle.map_or(patient, |settle| settle.min(patient))
    }

    pub(super) fn heard(&mut self, heard: Heard, schedule: &Schedule, now: UnixMillis) {
        if heard.done {
            self.user_done(now);
        }
        // A client's word shares the budget: once the plan is used up, only the provider's own word brings a look.
        let budget = self.plan(schedule).offsets_ms.len().max(10);
        let within = usize::try_from(self.tries).is_ok_and(|tries| tries < budget);
        self.look |= heard.look && (heard.authentic || within);
        if heard.settle {
            self.settle.get_or_insert(now.plus(schedule.settle_ms));
        }
    }

    /// The plan's base is set once.
    pub(super) fn user_done(&mut self, now: UnixMillis) {
        if self.done.is_none() {
            self.done = Some(now);
            self.tries = 0;
        }
    }

    /// A look failed. The first few times it stays due, held back by gap and back-off; after that the plan goes on.
    pub(super) fn failed(&mut self, failures: u32, now: UnixMillis) {
        self.look = failures <= MAX_PROMPT_REPEATS;
        self.last = Some(now);
        if !self.look {
            self.tries = self.tries.saturating_add(1);
        }
    }

    /// A look was answered.
    pub(super) fn looked(&mut self, now: UnixMillis) {
        self.tries = self.tries.saturating_add(1);
        self.last = Some(now);
        self.look = false;
    }

    /// The same watch with fresh patience, for a retry of what failed.
    pub(super) fn renewed(self, now: UnixMillis) -> Self {
        let done = self.done.map(|_| now);
        Self { since: now, done, tries: 0, look: true, settle: None, ..self }
    }

    pub(super) fn is_plausible(&self) -> bool {
        let moments = [Some(self.since), self.done, self.last];
        moments.into_iter().flatten().all(UnixMillis::is_plausible)
    }

    fn plan<'a>(&self, schedule: &'a Schedule) -> &'a PollPlan {
        if self.done.is_some() { &schedule.verdict } else { &schedule.lookout }
    }
}
