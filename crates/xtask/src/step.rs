//! Running commands one after the other, with what is going on and how long it took.

use std::{
    env, fmt,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// One thing that CI runs.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn() -> Result<End>,
}

/// How a step ended that did not fail.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    Passed,
    /// All that could be done here did: what could not, and why.
    Partly(Vec<String>),
    /// Nothing could be done here, and why.
    Skipped(String),
}

impl End {
    /// The end of a step in which this was left out.
    pub(crate) fn but(left_out: impl IntoIterator<Item = String>) -> Self {
        let left_out: Vec<String> = left_out.into_iter().collect();
        if left_out.is_empty() { Self::Passed } else { Self::Partly(left_out) }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Partly(left_out) => write!(f, "passed IN PART, without {}", left_out.join("; without ")),
            Self::Skipped(why) => write!(f, "SKIPPED: {why}"),
        }
    }
}

/// Runs every step, also after a failure, so that one run tells all.
pub(crate) fn run_all<'a>(steps: impl Iterator<Item = &'a Step>) -> Result<()> {
    let mut rows = Vec::new();
    for step in steps {
        println!("\n== {}: {}", step.name, step.about);
        let start = Instant::now();
        let end = (step.run)();
        if let Err(error) = &end {
            eprintln!("== {} failed: {error:#}", step.name);
        }
        rows.push((step.name, end, start.elapsed()));
    }
    println!();
    for (name, end, took) in &rows {
        println!("{}", row(name, end, *took));
    }
    let failed = rows.iter().filter(|(_, end, _)| end.is_err()).count();
    if failed > 0 {
        bail!("{failed} of {} steps failed", rows.len());
    }
    Ok(())
}

/// A row of the closing table.
fn row(name: &str, end: &Result<End>, took: Duration) -> String {
    let end = end.as_ref().map_or_else(|_| "FAILED".into(), End::to_string);
    format!("{name:8} {:6.1} s  {end}", took.as_secs_f64())
}

/// A cargo command in the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    plain(&mut command);
    command
}

/// Takes off what cargo tells a program that it runs: some build scripts look at it, and would run again for every other caller.
pub(crate) fn plain(command: &mut Command) -> &mut Command {
    command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_MANIFEST_PATH").env_remove("CARGO_PKG_VERSION")
}

/// The `idvkit` program as the tests have it.
pub(crate) fn program() -> Result<PathBuf> {
    made_for_tests("--bin", "idvkit")
}

/// A program of the workspace. It is asked for together with a test and the whole workspace, so that it is made of the very
/// same crates as all tests: nothing is compiled for it a second time.
pub(crate) fn made_for_tests(kind: &str, program: &str) -> Result<PathBuf> {
    run(cargo(&["build", "--workspace", kind, program, "--test", "cli"]))?;
    let folder = target().join(if kind == "--example" { "debug/examples" } else { "debug" });
    Ok(folder.join(format!("{program}{}", env::consts::EXE_SUFFIX)))
}

/// Runs a command to its end, its output going where ours goes.
pub(crate) fn run(mut command: impl std::borrow::BorrowMut<Command>) -> Result<()> {
    let command = command.borrow_mut();
    let status =
        command.status().with_context(|| format!("{} could not be started", command.get_program().display()))?;
    if !status.success() {
        bail!("{} ended with {status}", command.get_program().display());
    }
    Ok(())
}

/// The first line that a program prints, if it is there and content.
pub(crate) fn says(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_string())
}

/// What a program says of its version, if the first number in it is at least this.
pub(crate) fn version(program: &str, least: u32) -> Option<String> {
    says(program, &["--version"]).filter(|line| first_number(line) >= Some(least))
}

fn first_number(text: &str) -> Option<u32> {
    text.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?.parse().ok()
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.ancestors().nth(2).expect("xtask lies two folders below the workspace").to_path_buf()
}

/// Packages that were built before, to be tested as they are: `IDVKIT_DIST` names a folder as `cargo xtask dist` makes it.
pub(crate) fn built_before() -> Option<PathBuf> {
    env::var_os("IDVKIT_DIST").map(PathBuf::from)
}

/// Where build products go.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_was_not_run() {
        let row = |end| row("swift", &end, Duration::from_millis(1250));
        assert_eq!(row(Ok(End::but([]))), "swift       1.2 s  passed");
        assert_eq!(
            row(Ok(End::Skipped("there is no `swift`".into()))),
            "swift       1.2 s  SKIPPED: there is no `swift`"
        );
        let left_out = ["the compiler".to_owned(), "parsing".to_owned()];
        assert_eq!(
            row(Ok(End::but(left_out))),
            "swift       1.2 s  passed IN PART, without the compiler; without parsing"
        );
        assert_eq!(row(Err(anyhow::anyhow!("why"))), "swift       1.2 s  FAILED");
    }

    #[test]
    fn only_a_failure_fails_the_run() {
        let step = |run| Step { name: "one", about: "", run };
        let [skipped, failed] = [step(|| Ok(End::Skipped("why".into()))), step(|| bail!("why"))];
        assert!(run_all([&skipped].into_iter()).is_ok());
        assert!(run_all([&failed, &skipped].into_iter()).is_err());
    }

    #[test]
    fn versions_are_read_as_programs_print_them() {
        for (line, number) in [("openjdk 17.0.2 2022-01-18", 17), ("v20.19.5", 20), ("java 21.0.1 LTS", 21)] {
            assert_eq!(first_number(line), Some(number));
        }
        assert_eq!(first_number("none"), None);
        assert_eq!(version("no-such-program", 1), None);
    }
}
