//! Runs fuzz targets for a time, on any toolchain, and prints how many inputs each has had.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use idvkit_fuzz::{TARGETS, Target, mutate, target};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::json;

/// Runs fuzz targets with inputs made from the vectors.
#[derive(Parser)]
#[command(after_help = "A target that fails has printed why; the last line names the seed that repeats it.")]
struct Cli {
    /// The targets to run; all if none is named.
    targets: Vec<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The number that all inputs follow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only list the targets.
    #[arg(long)]
    list: bool,
    /// Print a line of JSON for each target.
    #[arg(long)]
    json: bool,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    if cli.list {
        for target in TARGETS {
            println!("{:14} {}", target.name, target.about);
        }
        return Ok(());
    }
    let named = |name: &String| target(name).with_context(|| format!("there is no target `{name}`; see --list"));
    let chosen: Vec<Target> = cli.targets.iter().map(named).collect::<Result<_>>()?;
    for target in if chosen.is_empty() { TARGETS } else { &chosen } {
        let (runs, took) = fuzz(target, &cli);
        if cli.json {
            println!(
                "{}",
                json!({"target": target.name, "runs": runs, "seconds": took.as_secs_f64(), "seed": cli.seed})
            );
        } else {
            println!("{:14} {runs:>11} inputs in {:.0} s", target.name, took.as_secs_f64());
        }
    }
    Ok(())
}

fn fuzz(target: &Target, cli: &Cli) -> (u64, Duration) {
    let (start, limit) = (Instant::now(), Duration::from_secs(cli.seconds));
    let (seeds, mut rng) = ((target.seeds)(), StdRng::seed_from_u64(cli.seed));
    let mut runs = 0;
    let (name, seed) = (target.name, cli.seed);
    std::panic::set_hook(Box::new(move |panic| eprintln!("{name}: {panic}\nrepeat it with: {name} --seed {seed}")));
    while start.elapsed() < limit {
        for _ in 0..64 {
            (target.run)(&mutate::input(&seeds, &mut rng));
            runs += 1;
        }
    }
    (runs, start.elapsed())
}
