//! Poll plans: when to look for a result, as pure functions.

use alloc::vec::Vec;

use crate::{Reject, RejectCode, UnixMillis};

/// When to look for a result, counted from a base time such as the moment when the user was done.
///
/// A hint may bring one look forward. Two looks are never closer together than [`gap_ms`](Self::gap_ms).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollPlan {
    /// The times of the looks after the base, in milliseconds, rising (J-D19).
    pub offsets_ms: Vec<i64>,
    /// The interval of the looks after the last offset, in milliseconds; zero for no further looks.
    pub then_every_ms: i64,
    /// The shortest time between two looks, in milliseconds.
    pub gap_ms: i64,
}

impl PollPlan {
    /// A plan from offsets, an interval and a gap in seconds.
    pub fn seconds(offsets: &[i64], then_every: i64, gap: i64) -> Self {
        Self {
            offsets_ms: offsets.iter().map(|offset| offset.saturating_mul(1000)).collect(),
            then_every_ms: then_every.saturating_mul(1000),
            gap_ms: gap.saturating_mul(1000),
        }
    }

    /// A plan with no offsets that looks every so many seconds.
    pub fn every(seconds: i64) -> Self {
        Self::seconds(&[], seconds, seconds)
    }

    /// A plan that never looks by itself; hints and callbacks may still bring a look.
    pub fn never(gap_seconds: i64) -> Self {
        Self::seconds(&[], 0, gap_seconds)
    }

    /// The time of look number `tries` (0 is the first), or `None` if the plan has no more.
    pub fn at(&self, base: UnixMillis, tries: u32) -> Option<UnixMillis> {
        let index = usize::try_from(tries).unwrap_or(usize::MAX);
        if let Some(offset) = self.offsets_ms.get(index) {
            return Some(base.plus(*offset));
        }
        if self.then_every_ms <= 0 {
            return None;
        }
        let last = self.offsets_ms.last().copied().unwrap_or(0);
        let planned = i64::try_from(self.offsets_ms.len()).unwrap_or(i64::MAX);
        let beyond = i64::from(tries).saturating_sub(planned).saturating_add(1);
        Some(base.plus(last.saturating_add(self.then_every_ms.saturating_mul(beyond))))
    }

    /// Refuses plans that contradict themselves.
    ///
    /// # Errors
    /// `poll_plan_invalid` if offsets do not rise, are negative, or the gap is under one second.
    pub fn checked(self, field: &str) -> Result<Self, Reject> {
        let rising = self.offsets_ms.windows(2).all(|pair| pair[0] < pair[1]);
        let sane = self.offsets_ms.first().is_none_or(|first| *first >= 0) && self.then_every_ms >= 0;
        if rising && sane && self.gap_ms >= 1000 {
            return Ok(self);
        }
        Err(Reject::at(
            RejectCode::PollPlanInvalid,
            field,
            "offsets_ms must rise from zero, then_every_ms be zero or more, and gap_ms be at least 1000",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_offsets_then_repeats() {
        let plan = PollPlan::seconds(&[40, 60], 86_400, 20);
        let base = UnixMillis(1_000);
        let at = |tries| plan.at(base, tries).unwrap().since(base) / 1000;
        assert_eq!([at(0), at(1), at(2), at(3)], [40, 60, 86_460, 172_860]);
        assert!(plan.at(base, u32::MAX).is_some());
        assert_eq!(PollPlan::never(2).at(base, 0), None);
        assert_eq!(PollPlan::every(5).at(base, 0), Some(UnixMillis(6_000)));
    }

    #[test]
    fn refuses_plans_that_go_back_or_flood() {
        assert!(PollPlan::seconds(&[60, 40], 0, 20).checked("poll").is_err());
        assert!(PollPlan::seconds(&[-1], 0, 20).checked("poll").is_err());
        assert!(PollPlan::seconds(&[1], 0, 0).checked("poll").is_err());
        assert!(PollPlan::seconds(&[1, 2], 5, 1).checked("poll").is_ok());
    }
}
