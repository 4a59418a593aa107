//! What came of a scenario.

use serde::Serialize;

use super::{cast::Cast, failed_checks, timeline::Entry};

/// One scenario of one provider.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The provider.
    pub provider: String,
    /// Which of its flows, if it has several.
    pub flow: Option<String>,
    /// The scenario.
    pub scenario: String,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The outcome that it has to come to, if it is played.
    pub expected: Option<String>,
    /// The outcome that it came to.
    pub actual: Option<String>,
    /// What happened.
    pub timeline: Vec<Entry>,
}

/// What came of a scenario. Deliberately exhaustive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Outcome and checks are as expected.
    Passed,
    /// Something is not.
    Failed {
        /// What, in words.
        reasons: Vec<String>,
    },
    /// The provider has no such scenario. It counts as nothing.
    NotApplicable {
        /// Why.
        reason: String,
    },
}

impl Report {
    pub(super) fn new(cast: &Cast, scenario: &str) -> Self {
        let (provider, scenario) = (cast.provider.to_string(), scenario.into());
        let flow = cast.flow.map(Into::into);
        Self { provider, flow, scenario, verdict: Verdict::Passed, expected: None, actual: None, timeline: Vec::new() }
    }

    pub(super) fn not_applicable(self, reason: &str) -> Self {
        Self { verdict: Verdict::NotApplicable { reason: reason.into() }, ..self }
    }

    pub(super) fn broken(self, expected: &str, error: &anyhow::Error) -> Self {
        let mut report = Self { expected: Some(expected.into()), ..self };
        report.fail(format!("{error:#}"));
        report
    }

    pub(super) fn played(self, expected: &str, played: anyhow::Result<String>, timeline: Vec<Entry>) -> Self {
        let reasons = failed_checks(&timeline);
        let mut report = Self { expected: Some(expected.into()), timeline, ..self };
        for reason in reasons {
            report.fail(reason);
        }
        match played {
            Ok(actual) => {
                if actual != expected {
                    report.fail(format!("outcome: expected {expected}, got {actual}"));
                }
                report.actual = Some(actual);
            }
            Err(error) => report.fail(format!("{error:#}")),
        }
        report
    }

    pub(super) fn fail(&mut self, reason: String) {
        match &mut self.verdict {
            Verdict::Failed { reasons } => reasons.push(reason),
            other => *other = Verdict::Failed { reasons: vec![reason] },
        }
    }

    /// The provider's name, with the flow's where it has several.
    pub fn name(&self) -> String {
        self.flow.as_ref().map_or_else(|| self.provider.clone(), |flow| format!("{} {flow}", self.provider))
    }

    /// How much virtual time passed, in milliseconds.
    pub fn took(&self) -> i64 {
        let (first, last) = (self.timeline.first(), self.timeline.last());
        first.zip(last).map_or(0, |(first, last)| last.at.since(first.at))
    }

    /// Whether it has to be counted as failed.
    pub fn is_failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed { .. })
    }
}

/// How many came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// As expected.
    pub passed: usize,
    /// Not as expected.
    pub failed: usize,
    /// Not played.
    pub not_applicable: usize,
}

impl Count {
    /// Counts.
    pub fn of(reports: &[Report]) -> Self {
        reports.iter().fold(Self::default(), |mut count, report| {
            match report.verdict {
                Verdict::Passed => count.passed += 1,
                Verdict::Failed { .. } => count.failed += 1,
                Verdict::NotApplicable { .. } => count.not_applicable += 1,
            }
            count
        })
    }
}
