//! The workflows in `.github`: their syntax by actionlint, what an attacker could make of them by zizmor.

use std::process::Command;

use anyhow::{Context, Result};

use crate::{
    python,
    step::{End, root, run, says, target},
};

const ACTIONLINT: &str = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";
const ZIZMOR: &str = "zizmor==1.32.0";

pub(crate) fn test() -> Result<End> {
    let mut without = Vec::new();
    if says("go", &["version"]).is_some() {
        let mut check = Command::new("go");
        // Whatever else is installed: the same findings everywhere.
        let arguments = ["run", ACTIONLINT, "-shellcheck=", "-pyflakes="];
        run(check.args(arguments).current_dir(root())).context("a workflow is not right")?;
    } else {
        without.push("actionlint (Go is absent)".to_owned());
    }
    if python::interpreter().is_some() {
        let python = python::environment(&target().join("workflows"), false)?;
        python::pip(&python, &[ZIZMOR])?;
        let mut check = Command::new(python.with_file_name("zizmor"));
        // It looks up nothing: what it finds depends on the files alone.
        run(check.args(["--offline", "--quiet", ".github"]).current_dir(root())).context("a workflow is not safe")?;
    } else {
        without.push("zizmor (Python with venv is absent)".to_owned());
    }
    Ok(End::but(without))
}
