//! How an authentication turns out.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::settings::Verdict;
use crate::html::PageScript;
use crate::world::World;

/// A script for the next transaction, for one enrollment, or for one transaction that exists.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JumioScript {
    /// The enrollment that the script stays in force for.
    pub enrollment: Option<String>,
    /// The transaction to change. Without this and `enrollment`, the script applies to the next transaction that is
    /// initiated.
    pub transaction: Option<String>,
    /// The verdict after an acceptable submission.
    pub outcome: Option<Verdict>,
    /// The time from the submission to the verdict, in virtual milliseconds.
    pub verdict_delay_ms: Option<i64>,
    /// How the user's browser behaves on the hosted page.
    pub page: Option<PageScript>,
}

/// Scripts that wait for a transaction.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Scripts {
    next: VecDeque<JumioScript>,
    by_enrollment: HashMap<String, JumioScript>,
}

/// `false`: there is no such transaction.
pub(crate) fn play(world: &mut World, script: JumioScript) -> bool {
    let state = &mut world.states.jumio;
    if let Some(reference) = &script.transaction {
        let Some(transaction) = state.transactions.get_mut(reference) else { return false };
        transaction.outcome = script.outcome.unwrap_or(transaction.outcome);
        transaction.verdict_delay_ms = script.verdict_delay_ms.unwrap_or(transaction.verdict_delay_ms);
        transaction.page = script.page.unwrap_or(transaction.page.clone());
    } else if let Some(enrollment) = script.enrollment.clone() {
        state.scripts.by_enrollment.insert(enrollment, script);
    } else {
        state.scripts.next.push_back(script);
    }
    true
}

/// Verdict, delay and page of a new transaction of this enrollment.
pub(crate) fn next(world: &mut World, enrollment: &str) -> (Verdict, i64, PageScript) {
    let (settings, scripts) = (&world.config.jumio, &mut world.states.jumio.scripts);
    let own = settings.enrollments.iter().find(|it| it.reference == enrollment).and_then(|it| it.outcome);
    let for_enrollment = scripts.by_enrollment.get(enrollment).cloned();
    let script = for_enrollment.or_else(|| scripts.next.pop_front()).unwrap_or_default();
    let outcome = script.outcome.or(own).unwrap_or(settings.outcome);
    let delay = script.verdict_delay_ms.unwrap_or(settings.verdict_delay_ms);
    (outcome, delay, script.page.unwrap_or_default())
}
