//! How reports are printed: a timeline each, and one matrix of all.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use idvkit::UnixMillis;

use super::{
    cast::{COMMON, Scenario},
    report::{Count, Report, Verdict},
    timeline::{Entry, Party, What},
};
use crate::providers::PROVIDERS;

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

/// Writes what came of every scenario of every flow, a row for each scenario and a column for each flow; then what
/// failed, and the counts.
///
/// # Errors
/// If it cannot be written.
pub fn write_matrix(out: &mut impl Write, reports: &[Report]) -> io::Result<()> {
    let mut columns: Vec<String> = reports.iter().map(Report::name).collect();
    columns.dedup();
    write_head(out, &columns)?;
    let groups = std::iter::once(COMMON).chain(PROVIDERS.iter().map(|provider| provider.scenarios));
    for group in groups {
        if write_rows(out, group, &columns, reports)? > 0 {
            writeln!(out)?;
        }
    }
    writeln!(
        out,
        "{GOOD}✓{GOOD:#} as expected, and how long it took on the virtual clock   {DIM}·{DIM:#} the flow has no such scenario"
    )?;
    write_failures(out, reports)?;
    let count = Count::of(reports);
    let style = if count.failed == 0 { GOOD } else { BAD };
    writeln!(out, "{style}{} passed, {} failed{style:#}", count.passed, count.failed)
}

const SCENARIO_WIDTH: usize = 22;
const CELL_WIDTH: usize = 13;

/// Two lines: providers, and those flows that have a name.
fn write_head(out: &mut impl Write, columns: &[String]) -> io::Result<()> {
    let split = |name: &String| {
        let (provider, flow) = name.split_once(' ').unwrap_or((name, ""));
        (format!("{provider:<CELL_WIDTH$}"), format!("{flow:<CELL_WIDTH$}"))
    };
    let (providers, flows): (Vec<String>, Vec<String>) = columns.iter().map(split).unzip();
    for (first, words) in [("scenario", providers), ("", flows)] {
        let line = format!("{first:<SCENARIO_WIDTH$} {}", words.join(" "));
        writeln!(out, "{BOLD}{}{BOLD:#}", line.trim_end())?;
    }
    Ok(())
}

/// The rows of those scenarios that some flow has; how many there are.
fn write_rows(
    out: &mut impl Write,
    scenarios: &[Scenario],
    columns: &[String],
    reports: &[Report],
) -> io::Result<usize> {
    let mut rows = 0;
    for (scenario, _) in scenarios {
        let cell = |column: &String| reports.iter().find(|it| it.scenario == *scenario && it.name() == *column);
        let cells: Vec<Option<&Report>> = columns.iter().map(cell).collect();
        if cells.iter().flatten().all(|report| matches!(report.verdict, Verdict::NotApplicable { .. })) {
            continue;
        }
        rows += 1;
        write!(out, "{scenario:<SCENARIO_WIDTH$}")?;
        let mut gap = 1;
        for report in cells {
            gap = write_cell(out, gap, report)?;
        }
        writeln!(out)?;
    }
    Ok(rows)
}

/// Writes a cell after a gap, and says how wide the gap to the next one is.
fn write_cell(out: &mut impl Write, gap: usize, report: Option<&Report>) -> io::Result<usize> {
    let (style, text) = match report.map(|report| (&report.verdict, report.took())) {
        Some((Verdict::Passed, took)) => (GOOD, format!("✓ {}", short(took))),
        Some((Verdict::Failed { .. }, _)) => (BAD, "✗ FAILED".into()),
        Some((Verdict::NotApplicable { .. }, _)) => (DIM, "·".into()),
        None => (DIM, String::new()),
    };
    write!(out, "{:gap$}{style}{text}{style:#}", "")?;
    Ok((CELL_WIDTH + 1).saturating_sub(text.chars().count()))
}

fn write_failures(out: &mut impl Write, reports: &[Report]) -> io::Result<()> {
    for report in reports {
        if let Verdict::Failed { reasons } = &report.verdict {
            writeln!(out, "{BAD}FAILED{BAD:#} {} · {}: {}", report.name(), report.scenario, reasons.join("; "))?;
        }
    }
    Ok(())
}

/// A stretch of time in its largest unit.
fn short(ms: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let unit = UNITS.into_iter().find(|(length, _)| ms >= *length);
    unit.map_or_else(
        || format!("{ms} ms"),
        |(length, unit)| format!("{}.{} {unit}", ms / length, ms % length * 10 / length),
    )
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
