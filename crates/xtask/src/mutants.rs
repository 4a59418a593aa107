//! `cargo xtask mutants`: bugs are put into the protocol crates one by one, and each has to fail a test.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::Result;

use crate::step::{cargo, root, run, target};

/// The program that does it. Another version makes other bugs, so that lists could not be compared.
const VERSION: &str = "27.1.0";

/// Runs it over these packages, in a copy of the tree; `arguments` go to it as they are.
///
/// # Errors
/// If a bug survives, or anything goes wrong.
pub(crate) fn test(packages: &[String], arguments: &[String]) -> Result<()> {
    let mut command = Command::new(program()?);
    command.current_dir(root()).arg("mutants").arg("--output").arg(target()).args(["--jobs", "1"]);
    for package in packages {
        command.args(["--package", package]);
    }
    run({
        command.args(arguments);
        command
    })
}

/// Where the program is; it is installed below `target` if it is not there.
fn program() -> Result<PathBuf> {
    let folder = target().join("tools");
    let program = folder.join("bin/cargo-mutants");
    let mut says = Command::new(&program);
    says.args(["mutants", "--version"]).stderr(Stdio::null());
    let found = says.output().is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim_end().ends_with(VERSION));
    if !found {
        // It mostly waits for cargo, so it need not be optimised.
        let mut install = cargo(&["install", "--locked", "--debug", "--force", "--root"]);
        install.arg(&folder).arg(format!("cargo-mutants@{VERSION}"));
        run(install)?;
    }
    Ok(program)
}
