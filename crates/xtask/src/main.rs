//! Project automation: `cargo xtask setup`, `cargo xtask test` and its parts, the same commands for people and for CI.

mod crates;
mod dart;
mod debian;
mod dist;
mod facts;
mod install;
mod kotlin;
mod mutants;
mod no_std;
mod node;
mod phone;
mod platforms;
mod postgres;
mod prove;
mod python;
mod setup;
mod step;
mod swift;
mod types;
mod versions;
mod web;
mod workflows;

use std::{
    collections::BTreeSet,
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use step::{End, Step, cargo, program, run};

/// Everything that CI runs, in order.
const STEPS: [Step; 16] = [
    Step { name: "fmt", about: "the code is formatted", run: || passed(fmt()) },
    Step { name: "clippy", about: "no warnings, pedantic lints included", run: || passed(clippy()) },
    Step {
        name: "types",
        about: "the declarations of other languages are those of the Rust types",
        run: || passed(check_types()),
    },
    Step { name: "test", about: "every test of every crate, vectors and documentation included", run: tests },
    Step { name: "workflows", about: "the workflows in .github are right, and safe", run: workflows::test },
    Step { name: "doc", about: "the documentation builds without a broken link", run: || passed(doc()) },
    Step {
        name: "alone",
        about: "each protocol crate builds alone, so none leans on another's features",
        run: || passed(alone()),
    },
    Step {
        name: "crates",
        about: "the crates as they would be published: packed, and built from that, also by Rust 1.85",
        run: crates::test,
    },
    Step { name: "no-std", about: "a whole session runs without std and libc", run: no_std::prove },
    Step { name: "demo", about: "the demo shows every scenario with its expected outcome", run: || passed(demo()) },
    Step {
        name: "python",
        about: "both wheels, in a clean environment: tests, vectors, type checkers",
        run: python::test,
    },
    Step {
        name: "node",
        about: "the npm packages install into an empty project and pass their tests there",
        run: node::test,
    },
    Step {
        name: "install",
        about: "what README.md says of installing, in an empty folder, and then a user is verified",
        run: install::test,
    },
    Step { name: "web", about: "the web element and the demo site, in a real browser", run: || web::test(false) },
    Step {
        name: "kotlin",
        about: "the Maven modules and their native libraries, tested on the JVM",
        run: kotlin::test,
    },
    Step {
        name: "swift",
        about: "the Swift package: generated, parsed, and tested where there is a compiler; the Dart file on a Dart VM",
        run: swift::test,
    },
];

/// The tests that `--quick` leaves out: whole flows by the program.
const SLOW: [&str; 4] = ["cli", "redaction", "scenarios", "site"];

#[derive(Parser)]
#[command(
    about = "Project automation",
    after_help = "Examples:\n  cargo xtask test\n  cargo xtask test fmt clippy\n  cargo xtask test --list"
)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check what this machine has, get a browser if that is possible, and say how to get what is missing.
    Setup,
    /// Write the declarations of Python and TypeScript anew from the Rust types.
    Types {
        /// Only compare, and fail if they differ.
        #[arg(long)]
        check: bool,
    },
    /// Build and pack what is published, below `target/dist`.
    #[command(after_help = "Examples:\n  cargo xtask dist --list\n  cargo xtask dist crates npm-whole\n  \
            cargo xtask dist wheels npm --target aarch64-unknown-linux-gnu")]
    Dist {
        /// The parts; all if none is named.
        parts: Vec<dist::Part>,
        /// The platform, as Rust calls it; for Linux with the oldest C library that is promised. This machine, as it is, if left out.
        #[arg(long)]
        target: Option<String>,
        /// Another folder than `target/dist`, or `target/dist/TARGET`.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Only list the parts and platforms, where each is built, and how it is tested.
        #[arg(long)]
        list: bool,
    },
    /// Build the Maven modules and their native libraries, and test them on the JVM.
    Kotlin,
    /// Build, pack, install and test the npm packages.
    Node,
    /// Build the web element and test it in a browser.
    Web {
        /// First renew the copy that servers hand out.
        #[arg(long)]
        write: bool,
    },
    /// Put bugs into the protocol crates one by one: each has to fail a test. Takes hours; installs `cargo-mutants` below `target`.
    #[command(
        after_help = "Example:\n  cargo xtask mutants --package idvkit-core -- --file 'crates/core/src/machine/*.rs'"
    )]
    Mutants {
        /// The packages; all protocol crates but the facade if none is named.
        #[arg(long)]
        package: Vec<String>,
        /// What goes to `cargo mutants` as it is.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Try what is claimed, and write what came of it to `target/proof.md` and `target/proof.json`.
    #[command(after_help = "Example:\n  cargo xtask prove --only fuzz --seconds 100")]
    Prove {
        /// Only these parts; the others keep their rows.
        #[arg(long)]
        only: Vec<String>,
        /// How long each fuzz target runs.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Only list the parts.
        #[arg(long)]
        list: bool,
    },
    /// Build the Python wheels and test them in a clean environment.
    Python,
    /// Generate and parse the Swift package, and test it where there is a compiler.
    Swift,
    /// Write another version into every file that has it.
    #[command(after_help = "Example:\n  cargo xtask version 0.2.0")]
    Version {
        /// The version, as 1.2.3.
        new: String,
    },
    /// Run everything that CI runs, or only the named steps.
    #[command(
        after_help = "Examples:\n  cargo xtask test --quick         while you work\n  cargo xtask test python node     what you changed\n  cargo xtask test                 before you push"
    )]
    Test {
        /// The steps to run; all if none is named.
        steps: Vec<String>,
        /// Only formatting, lints, declarations and the fast tests in Rust: for the time between two changes.
        #[arg(long, conflicts_with = "steps")]
        quick: bool,
        /// Only list the steps.
        #[arg(long)]
        list: bool,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Task::Setup => setup::run(),
        Task::Test { list: true, .. } => {
            list();
            Ok(())
        }
        Task::Dist { list: true, .. } => {
            dist::list();
            Ok(())
        }
        Task::Dist { parts, target, out, .. } => dist::make(&parts, target.as_deref(), out),
        Task::Kotlin => test(&["kotlin"]),
        Task::Mutants { package, arguments } => mutate(package, &arguments),
        Task::Node => test(&["node"]),
        Task::Prove { list: true, .. } => {
            prove::list();
            Ok(())
        }
        Task::Prove { only, seconds, .. } => prove::run(&only, seconds),
        Task::Python => test(&["python"]),
        Task::Web { write: false } => test(&["web"]),
        Task::Web { write: true } => web::test(true).map(|end| println!("{end}")),
        Task::Swift => test(&["swift"]),
        Task::Version { new } => versions::set(&new),
        Task::Types { check } => types::generate(check),
        Task::Test { quick: true, .. } => step::run_all(quick().iter()),
        Task::Test { steps, .. } => test(&steps.iter().map(String::as_str).collect::<Vec<_>>()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn list() {
    for step in STEPS {
        println!("{:9} {}", step.name, step.about);
    }
}

fn test(names: &[&str]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        bail!("there is no step `{unknown}`; see `cargo xtask test --list`");
    }
    step::run_all(STEPS.iter().filter(|step| names.is_empty() || names.contains(&step.name)))
}

/// The steps of `--quick`: the first three, and the fast tests.
fn quick() -> [Step; 4] {
    let [fmt, clippy, types, ..] = STEPS;
    let about = "the fast tests of every crate in Rust";
    [fmt, clippy, types, Step { name: "quick", about, run: quick_tests }]
}

fn passed(result: Result<()>) -> Result<End> {
    result.map(|()| End::Passed)
}

fn fmt() -> Result<()> {
    run(cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    run(cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn check_types() -> Result<()> {
    types::generate(true)
}

fn tests() -> Result<End> {
    let postgres = postgres::set_up();
    run(cargo(&["test", "--workspace", "--no-fail-fast"]))?;
    Ok(End::but(
        postgres.is_none().then(|| "the hosting kit on PostgreSQL (it is absent, and could not be installed)".into()),
    ))
}

/// Everything in the workspace but documentation, figures and what is slow, in the same build as `test`.
fn quick_tests() -> Result<End> {
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast", "--lib", "--bins"]);
    for name in test_targets()? {
        if !SLOW.contains(&name.as_str()) {
            command.args(["--test", &name]);
        }
    }
    run(command)?;
    Ok(End::but([format!("the tests {}, documentation, and the other languages", SLOW.join(", "))]))
}

/// The tests of all crates, by name.
fn test_targets() -> Result<BTreeSet<String>> {
    let output = cargo(&["metadata", "--format-version", "1", "--no-deps"]).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let targets = metadata["packages"].as_array().into_iter().flatten().filter_map(|one| one["targets"].as_array());
    let tests = targets.flatten().filter(|target| target["kind"][0] == "test");
    Ok(tests.filter_map(|target| target["name"].as_str()).map(ToString::to_string).collect())
}

fn doc() -> Result<()> {
    let mut command = cargo(&["doc", "--workspace", "--no-deps", "--exclude", "idvkit-cli"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    run(command)
}

fn alone() -> Result<()> {
    protocol_crates()?.iter().try_for_each(|package| run(cargo(&["check", "--package", package])))
}

fn mutate(mut packages: Vec<String>, arguments: &[String]) -> Result<()> {
    if packages.is_empty() {
        packages = protocol_crates()?;
        packages.retain(|package| package != "idvkit");
    }
    mutants::test(&packages, arguments)
}

/// The crates that must build without std: the facade and all of ours that it is made of.
fn protocol_crates() -> Result<Vec<String>> {
    let output =
        cargo(&["tree", "--package", "idvkit", "--edges", "normal", "--prefix", "none", "--format", "{p}"]).output()?;
    let ours = String::from_utf8(output.stdout)?;
    let names = ours.lines().filter_map(|line| line.split(' ').next()).filter(|name| name.starts_with("idvkit"));
    let names: BTreeSet<String> = names.map(ToString::to_string).collect();
    if names.len() < 3 {
        bail!("`cargo tree` does not say what the facade is made of");
    }
    Ok(names.into_iter().collect())
}

fn demo() -> Result<()> {
    run(Command::new(program()?).args(["demo", "--quiet"]))
}
