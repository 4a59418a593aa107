//! `idvkit demo`: every provider through every scenario, against the sandbox, over real HTTP.

pub mod browser;
pub mod cast;
pub(crate) mod common;
pub mod merchant;
pub mod print;
pub mod record;
pub mod report;
pub mod stage;
pub mod timeline;

use std::{fs, path::Path};

use anyhow::{Context, Result};
use cast::{Cast, Play, casts, scenarios};
pub use report::{Report, Verdict};
use stage::Stage;
use timeline::{What, outcome_text};

use crate::providers::PROVIDERS;

/// What to play.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Providers by name, such as `signicat` for all of its flows or `signicat eid` for one; all if empty.
    pub providers: Vec<String>,
    /// Scenarios by name; all if empty.
    pub scenarios: Vec<String>,
}

impl Selection {
    /// Whether it is of everything.
    pub fn is_all(&self) -> bool {
        self.providers.is_empty() && self.scenarios.is_empty()
    }

    /// Whether this scenario of this cast is to be played.
    pub fn includes(&self, cast: &Cast, scenario: &str) -> bool {
        let has = |names: &[String], name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
        (has(&self.providers, cast.provider.as_str()) || has(&self.providers, &cast.name()))
            && has(&self.scenarios, scenario)
    }

    /// A name in it that does not exist, with those that do.
    pub fn unknown(&self) -> Option<String> {
        let mut providers: Vec<String> = casts().flat_map(|cast| [cast.provider.to_string(), cast.name()]).collect();
        providers.dedup();
        let scenarios: Vec<String> = scenarios().map(|(name, _)| (*name).to_owned()).collect();
        let stranger = |wanted: &[String], known: &[String], what: &str| {
            let name = wanted.iter().find(|name| !known.contains(name))?;
            Some(format!("there is no {what} {name:?}; there are: {}", known.join(", ")))
        };
        stranger(&self.providers, &providers, "provider").or_else(|| stranger(&self.scenarios, &scenarios, "scenario"))
    }
}

/// What is told of a play.
pub enum Told<'a> {
    /// A scenario begins.
    Begins {
        /// The how-manieth, from one.
        number: usize,
        /// Of how many.
        of: usize,
        /// Whose.
        cast: &'static Cast,
        /// Which.
        scenario: &'a str,
    },
    /// It has ended.
    Ended(&'a Report),
}

/// Plays a selection, one scenario after the other, and tells of each as it begins and as soon as it has ended.
pub async fn play_all(
    selection: &Selection,
    seed: u64,
    record: Option<&Path>,
    mut told: impl FnMut(Told<'_>),
) -> Vec<Report> {
    let wanted = |cast: &'static Cast| {
        scenarios().filter(|(name, _)| selection.includes(cast, name)).map(move |(name, _)| (cast, *name))
    };
    let all: Vec<(&Cast, &str)> = casts().flat_map(wanted).collect();
    let mut reports = Vec::new();
    for (index, (cast, scenario)) in all.iter().enumerate() {
        told(Told::Begins { number: index + 1, of: all.len(), cast, scenario });
        let report = play(cast, scenario, seed, record).await;
        told(Told::Ended(&report));
        reports.push(report);
    }
    reports
}

/// One scenario for each provider that shows how it goes when all goes well: that of its first flow.
pub fn is_example(report: &Report) -> bool {
    let mut firsts = PROVIDERS.iter().filter_map(|provider| provider.casts.first());
    firsts.any(|cast| cast.name() == report.name() && cast.passes == report.scenario)
}

/// Plays one scenario of one provider.
pub async fn play(cast: &'static Cast, scenario: &str, seed: u64, record: Option<&Path>) -> Report {
    let report = Report::new(cast, scenario);
    let (expected, act) = match cast.play(scenario) {
        Play::Run { expected, act } => (expected, act),
        Play::NotApplicable(reason) => return report.not_applicable(reason),
    };
    let stage = match Stage::set(cast, scenario, seed).await {
        Ok(stage) => stage,
        Err(error) => return report.broken(expected, &error),
    };
    let played = act(stage.clone()).await.map(|outcome| outcome_text(&outcome));
    let recorded = match (record, &played) {
        (Some(folder), Ok(_)) => write_transcripts(&stage, scenario, folder),
        _ => Ok(()),
    };
    let mut report = report.played(expected, played, stage.timeline().entries());
    if let Err(error) = recorded {
        report.fail(format!("{error:#}"));
    }
    report
}

fn write_transcripts(stage: &Stage, scenario: &str, folder: &Path) -> Result<()> {
    let about = scenarios().find(|(name, _)| *name == scenario).map_or("", |(_, about)| *about);
    let name = stage.cast().name().replace(' ', "-");
    fs::create_dir_all(folder).context("the folder for transcripts cannot be made")?;
    for (index, case) in stage.cases().iter().enumerate() {
        let live = case.session()?;
        let transcript = case.recording().transcript(about, &live, stage.sandbox_url(), stage.merchant().base())?;
        let number = if index == 0 { String::new() } else { format!("-{}", index + 1) };
        let path = folder.join(format!("{name}-{scenario}{number}.json"));
        let text = serde_json::to_string_pretty(&transcript)? + "\n";
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// The checks in a timeline that did not hold, in words.
fn failed_checks(entries: &[timeline::Entry]) -> Vec<String> {
    let failed = |entry: &timeline::Entry| match &entry.what {
        What::Check { what, passed: false, expected, actual } => {
            Some(format!("{what}: expected {expected}, got {actual}"))
        }
        _ => None,
    };
    entries.iter().filter_map(failed).collect()
}
