//! `cargo xtask swift`: the Swift package, put together below `target/swift/package`, parsed, and where there is a compiler tested.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    phone::{LIBRARIES, binding, fresh},
    step::{root, run, says, target},
};

/// What the parsers come from.
const PARSERS: [&str; 3] = ["tree-sitter>=0.25,<0.26", "tree-sitter-swift>=0.7,<0.8", "tree-sitter-dart>=0.1,<0.2"];

pub(crate) fn test() -> Result<()> {
    let package = assemble()?;
    parse(&package)?;
    check_dart()?;
    if says("swift", &["--version"]).is_none() {
        println!(
            "SKIPPED: there is no Swift compiler here: the Swift package was generated and parsed, NOT compiled and NOT tested"
        );
        return Ok(());
    }
    let mut tests = Command::new("swift");
    run(tests.args(["test"]).current_dir(&package).env("IDVKIT_VECTORS", root().join("crates/vectors/data")))
}

/// The sources of the repository with the generated ones, the headers and the libraries.
fn assemble() -> Result<PathBuf> {
    let package = target().join("swift/package");
    fresh(&package)?;
    copy(&binding().join("swift"), &package)?;
    for library in LIBRARIES {
        let built = library.build()?;
        let name = built.file_name().context("a library has a name")?;
        fs::create_dir_all(package.join("Libraries"))?;
        fs::copy(&built, package.join("Libraries").join(name))?;

        let generated = target().join("swift/generated").join(library.artifact);
        fresh(&generated)?;
        library.generate("swift", &generated)?;
        lay(&generated, &package.join("Sources"), library.module)?;
    }
    Ok(package)
}

/// Sources to their module; headers, with a map that names them all, to the C module below it.
fn lay(generated: &Path, sources: &Path, module: &str) -> Result<()> {
    let (swift, c) = (sources.join(module), sources.join(format!("{module}FFI")));
    fs::create_dir_all(&c)?;
    let mut headers = Vec::new();
    for entry in fs::read_dir(generated)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let is_header = path.extension().is_some_and(|extension| extension == "h");
        fs::copy(&path, if is_header { &c } else { &swift }.join(&name))?;
        if is_header {
            headers.push(format!("    header \"{}\"\n", name.display()));
        }
    }
    headers.sort();
    if headers.len() != 2 || fs::read_dir(generated)?.count() != 4 {
        bail!("{module} should come from two crates, with a source and a header each");
    }
    fs::write(c.join("module.modulemap"), format!("module {module}FFI {{\n{}    export *\n}}\n", headers.concat()))?;
    Ok(())
}

/// Every Swift file, written or generated, and the Dart file of the README.
fn parse(package: &Path) -> Result<()> {
    if says("python3", &["--version"]).is_none() {
        println!("SKIPPED: there is no `python3` here, so the Swift and Dart sources were not even parsed");
        return Ok(());
    }
    let tools = target().join("swift/tools");
    run(Command::new("python3").args(["-m", "venv"]).arg(&tools))
        .context("`python3 -m venv` is needed (Debian: the package python3-venv)")?;
    let python = tools.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let mut install = Command::new(&python);
    run(install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PARSERS))?;
    run(Command::new(&python).arg(binding().join("parse.py")).arg(package).arg(binding().join("dart")))
}

/// The Dart file's rule, on the navigations that every language runs. Dart itself is not needed.
fn check_dart() -> Result<()> {
    if says("node", &["--version"]).is_none() {
        println!("SKIPPED: there is no `node` here, so the rule of the Dart file was not tried");
        return Ok(());
    }
    run(Command::new("node").arg(binding().join("dart/check.mjs")).arg(root().join("crates/vectors/data")))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &place)?;
        } else {
            fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}
