//! Every scenario of every provider, end to end over real HTTP, each as a test of its own.

use std::process::ExitCode;

use idvkit_cli::demo::{
    self, Verdict,
    cast::{Cast, Play, casts, scenarios},
};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let pairs = casts().flat_map(|cast| scenarios().map(move |(scenario, _)| (cast, *scenario)));
    let mut trials: Vec<Trial> = pairs.map(|(cast, scenario)| trial(cast, scenario)).collect();
    trials.push(Trial::test("every_reason_is_the_providers_own", every_reason_is_the_providers_own));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// What does not apply is ignored, never passed.
fn trial(cast: &'static Cast, scenario: &'static str) -> Trial {
    let ignored = matches!(cast.play(scenario), Play::NotApplicable(_));
    let name = format!("{}::{}", cast.name().replace(' ', "_"), scenario.replace('-', "_"));
    Trial::test(name, move || run(cast, scenario)).with_ignored_flag(ignored)
}

fn run(cast: &'static Cast, scenario: &str) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match runtime.block_on(demo::play(cast, scenario, 1, None)).verdict {
        Verdict::Passed => Ok(()),
        Verdict::Failed { reasons } => Err(reasons.join("\n").into()),
        Verdict::NotApplicable { reason } => Err(format!("not applicable: {reason}").into()),
    }
}

/// A scenario that a provider forgot would otherwise pass for one that it does not have.
fn every_reason_is_the_providers_own() -> Result<(), Failed> {
    for cast in casts() {
        for (scenario, _) in scenarios() {
            if let Play::NotApplicable(reason) = cast.play(scenario)
                && reason.starts_with("not written")
            {
                return Err(format!("{} has no {scenario} and no reason", cast.name()).into());
            }
        }
    }
    Ok(())
}
