//! What came of a scenario, and how it is printed.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use idvkit::UnixMillis;
use serde::Serialize;

use super::{
    failed_checks,
    scenarios::Cast,
    timeline::{Entry, Party, What},
};

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
        let (provider, scenario) = (cast.provider.into(), scenario.into());
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

    /// Whether it has to be counted as failed.
    pub fn is_failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed { .. })
    }
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Writes a scenario's timeline.
///
/// # Errors
/// If it cannot be written.
pub fn write_timeline(out: &mut impl Write, report: &Report) -> io::Result<()> {
    writeln!(out, "{BOLD}{} · {}{BOLD:#}", report.name(), report.scenario)?;
    if let Verdict::NotApplicable { reason } = &report.verdict {
        return writeln!(out, "  {DIM}not applicable: {reason}{DIM:#}\n");
    }
    let start = report.timeline.first().map_or(UnixMillis(0), |entry| entry.at);
    for entry in &report.timeline {
        let style = match &entry.what {
            What::Check { passed: true, .. } => GOOD,
            What::Check { .. } => BAD,
            What::Done { .. } => BOLD,
            What::Wait { .. } | What::Note { .. } => DIM,
            _ => Style::new(),
        };
        let (at, who) = (clock(entry.at.since(start)), who(entry, &report.provider));
        writeln!(out, "  {DIM}{at}{DIM:#}  {who:<22} {style}{}{style:#}", entry.what)?;
    }
    if let Verdict::Failed { reasons } = &report.verdict {
        reasons.iter().try_for_each(|reason| writeln!(out, "  {BAD}FAILED{BAD:#} {reason}"))?;
    }
    writeln!(out)
}

/// Writes the table of what was played, what was not, and the closing lines.
///
/// # Errors
/// If it cannot be written.
pub fn write_summary(out: &mut impl Write, reports: &[Report]) -> io::Result<()> {
    let width = reports.iter().map(|report| report.scenario.len()).max().unwrap_or(0).max(8);
    let names = reports.iter().map(|report| report.name().len()).max().unwrap_or(0).max(8);
    writeln!(out, "{BOLD}{:<names$} {:<width$} {:<22} {:<22}{BOLD:#}", "provider", "scenario", "expected", "actual")?;
    for report in reports {
        let name = format!("{:<names$} {:<width$}", report.name(), report.scenario);
        let (expected, actual) = (text(report.expected.as_deref()), text(report.actual.as_deref()));
        match &report.verdict {
            Verdict::Passed => writeln!(out, "{name} {expected:<22} {actual:<22} {GOOD}ok{GOOD:#}")?,
            Verdict::Failed { reasons } => {
                writeln!(out, "{name} {expected:<22} {actual:<22} {BAD}FAILED{BAD:#} {}", reasons.join("; "))?;
            }
            Verdict::NotApplicable { .. } => {}
        }
    }
    write_not_applicable(out, reports)?;
    let count = Count::of(reports);
    let style = if count.failed == 0 { GOOD } else { BAD };
    writeln!(out, "{style}{} passed, {} failed{style:#}", count.passed, count.failed)
}

/// One paragraph per provider: a row each would bury what was played.
fn write_not_applicable(out: &mut impl Write, reports: &[Report]) -> io::Result<()> {
    let count = Count::of(reports).not_applicable;
    if count == 0 {
        return writeln!(out);
    }
    writeln!(out, "\n{count} not applicable (counted as nothing; without `--quiet` each says why)")?;
    for chunk in reports.chunk_by(|one, other| one.name() == other.name()) {
        let absent = |report: &&Report| matches!(report.verdict, Verdict::NotApplicable { .. });
        let names: Vec<&str> = chunk.iter().filter(absent).map(|report| report.scenario.as_str()).collect();
        if !names.is_empty() {
            writeln!(out, "{DIM}  {}: {}{DIM:#}", chunk[0].name(), names.join(", "))?;
        }
    }
    writeln!(out)
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

fn text(value: Option<&str>) -> &str {
    value.unwrap_or("–")
}

fn clock(ms: i64) -> String {
    let seconds = ms / 1000;
    format!("+{:02}:{:02}:{:02}.{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, ms % 1000)
}

fn who(entry: &Entry, provider: &str) -> String {
    let name = |party: Party| match party {
        Party::Merchant => "merchant",
        Party::Provider => provider,
        Party::User => "user",
        Party::Stranger => "stranger",
    };
    if entry.from == entry.to {
        name(entry.from).to_owned()
    } else {
        format!("{} → {}", name(entry.from), name(entry.to))
    }
}
