//! The watch for a result: poll budget, deadline and grace (rules 5, 7 and 8).

use serde::{Deserialize, Serialize};

use super::flow::{Heard, Schedule, UserStage};
use crate::{PollPlan, UnixMillis};

/// How often in a row a failed look is repeated before its turn in the plan.
pub(super) const MAX_PROMPT_REPEATS: u32 = 5;
/// How many looks in all a client's word may bring forward, and how often it may begin the plan anew.
const MAX_BROUGHT_FORWARD: u32 = 20;
const MAX_FLIPS: u32 = 5;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Watch {
    /// Since when the user has been on the way: patience counts from here.
    since: UnixMillis,
    /// The base of the plan in force.
    base: UnixMillis,
    /// The user is done: the verdict's plan is in force, otherwise the lookout.
    done: bool,
    /// Looks that the plan in force has used.
    tries: u32,
    /// The last look, answered or failed.
    last: Option<UnixMillis>,
    /// Something was heard that makes a look worth it.
    look: bool,
    /// Looks that a client's word brought forward.
    brought_forward: u32,
    /// How often the provider took back that the user is done.
    flips: u32,
    /// A look planned before the deadline was answered after it: one more, and no other, follows.
    final_look: bool,
    /// A claimed non-pass ends it then.
    settle: Option<UnixMillis>,
}

impl Watch {
    pub(super) fn new(now: UnixMillis) -> Self {
        Self {
            since: now,
            base: now,
            done: false,
            tries: 0,
            last: None,
            look: false,
            brought_forward: 0,
            flips: 0,
            final_look: false,
            settle: None,
        }
    }

    /// The next look: as planned, or at once if something was heard, or at the deadline; never within the gap.
    pub(super) fn due(&self, schedule: &Schedule) -> UnixMillis {
        let due = self.wanted(schedule).min(self.deadline(schedule));
        self.last.map_or(due, |last| due.max(last.plus(self.plan(schedule).gap_ms)))
    }

    /// When it ends, verdict or not. A claim that the user is done can only put it off.
    pub(super) fn deadline(&self, schedule: &Schedule) -> UnixMillis {
        let start = self.since.plus(schedule.user_timeout_ms);
        let verdict = self.base.plus(schedule.result_timeout_ms);
        let patient = if self.done { start.max(verdict) } else { start };
        self.settle.map_or(patient, |settle| settle.min(patient))
    }

    /// Whether a claimed non-pass has had its time.
    pub(super) fn is_settled(&self, now: UnixMillis) -> bool {
        self.settle.is_some_and(|settle| settle <= now)
    }

    pub(super) fn heard(&mut self, heard: Heard, schedule: &Schedule, now: UnixMillis) {
        let again = heard.done && self.done;
        if heard.done {
            self.user_done(now);
        }
        // A client's word has a budget of its own: once that is used up, only the provider's word brings a look.
        if (heard.look || again) && !self.look {
            let within = self.brought_forward < MAX_BROUGHT_FORWARD;
            self.look = heard.authentic || within;
            self.brought_forward += u32::from(within && !heard.authentic);
        }
        if heard.settle {
            let settle = now.plus(schedule.grace_ms);
            self.settle = Some(self.settle.map_or(settle, |before| before.min(settle)));
        }
    }

    /// A look was answered without a verdict. `false`: that was the last one.
    pub(super) fn looked(&mut self, user: UserStage, schedule: &Schedule, now: UnixMillis) -> bool {
        let goes_on = self.goes_on(schedule, now);
        self.tries = self.tries.saturating_add(1);
        self.last = Some(now);
        self.look = false;
        match user {
            UserStage::Done => self.user_done(now),
            UserStage::Away => self.user_away(now),
            UserStage::Unknown => {}
        }
        goes_on
    }

    /// A look failed. The first few times it stays due, held back by gap and back-off; after that the plan goes on.
    /// `false`: that was the last one.
    pub(super) fn failed(&mut self, failures: u32, schedule: &Schedule, now: UnixMillis) -> bool {
        let goes_on = self.goes_on(schedule, now);
        self.look = failures <= MAX_PROMPT_REPEATS;
        self.last = Some(now);
        if !self.look {
            self.tries = self.tries.saturating_add(1);
        }
        goes_on
    }

    /// The same watch with fresh patience, for a retry of what failed.
    pub(super) fn renewed(self, now: UnixMillis) -> Self {
        let (brought_forward, flips) = (0, 0);
        Self {
            since: now,
            base: now,
            tries: 0,
            look: true,
            brought_forward,
            flips,
            final_look: false,
            settle: None,
            ..self
        }
    }

    /// Restored input is untrusted.
    pub(super) fn is_plausible(&self) -> bool {
        let moments = [Some(self.since), Some(self.base), self.last, self.settle];
        moments.into_iter().flatten().all(UnixMillis::is_plausible)
    }

    /// A deadline is one last look: one that was due before it does not count as that.
    fn goes_on(&mut self, schedule: &Schedule, now: UnixMillis) -> bool {
        let deadline = self.deadline(schedule);
        if now < deadline {
            return true;
        }
        let was_last = self.final_look || self.wanted(schedule) >= deadline;
        self.final_look = true;
        !was_last
    }

    /// When a look is wanted, the gap and the deadline left aside.
    fn wanted(&self, schedule: &Schedule) -> UnixMillis {
        if self.look {
            return self.since;
        }
        self.plan(schedule).at(self.base, self.tries).unwrap_or(UnixMillis::LATEST)
    }

    /// The plan's base is set once.
    fn user_done(&mut self, now: UnixMillis) {
        if !self.done {
            *self = Self { done: true, base: now, tries: 0, ..self.clone() };
        }
    }

    /// The provider itself says that the user is not done: what was claimed counts no more.
    fn user_away(&mut self, now: UnixMillis) {
        if self.done && self.flips < MAX_FLIPS {
            *self = Self { done: false, base: now, tries: 0, flips: self.flips + 1, ..self.clone() };
        }
    }

    fn plan<'a>(&self, schedule: &'a Schedule) -> &'a PollPlan {
        if self.done { &schedule.verdict } else { &schedule.lookout }
    }
}
