//! `cargo xtask swift`: the Swift package, put together below `target/swift/package`, parsed, and where there is a compiler tested.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    dart,
    phone::{LIBRARIES, binding, fresh},
    python,
    step::{End, program, root, run, says, target},
    web,
};

/// What the parsers come from.
const PARSERS: [&str; 3] = ["tree-sitter==0.25.2", "tree-sitter-swift==0.7.4", "tree-sitter-dart==0.1.0"];

pub(crate) fn test() -> Result<End> {
    let package = assemble()?;
    let without = [parse(&package)?, dart::test()?, compile(&package)?];
    Ok(End::but(without.into_iter().flatten()))
}

/// The compiler that is here.
pub(crate) fn compiler() -> Option<String> {
    says("swift", &["--version"])
}

/// Builds and tests it, or says that this was not done.
fn compile(package: &Path) -> Result<Option<String>> {
    if compiler().is_none() {
        return Ok(Some("compiling and testing the Swift package (there is no Swift compiler)".into()));
    }
    let mut tests = Command::new("swift");
    tests.args(["test"]).current_dir(package).env("IDVKIT_VECTORS", root().join("crates/vectors/data"));
    run(tests.env("IDVKIT_PROGRAM", program()?))?;
    Ok(None)
}

/// The sources of the repository with the generated ones, the headers and the libraries.
fn assemble() -> Result<PathBuf> {
    let package = target().join("swift/package");
    fresh(&package)?;
    copy(&binding().join("swift"), &package)?;
    copy(&root().join(web::KEPT), &package.join("Sources/Idvkit/web"))?;
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
    let crates = headers.len();
    if crates < 2 || fs::read_dir(generated)?.count() != 2 * crates {
        bail!("{module} should come from several crates, with a source and a header each");
    }
    fs::write(c.join("module.modulemap"), format!("module {module}FFI {{\n{}    export *\n}}\n", headers.concat()))?;
    Ok(())
}

/// Every Swift file, written or generated, and the Dart file of the README.
fn parse(package: &Path) -> Result<Option<String>> {
    if python::interpreter().is_none() {
        return Ok(Some("parsing the Swift and Dart sources (Python with venv is absent)".into()));
    }
    let python = python::environment(&target().join("swift/tools"), false)?;
    python::pip(&python, &PARSERS)?;
    run(Command::new(&python).arg(binding().join("parse.py")).arg(package).arg(binding().join("dart")))?;
    Ok(None)
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
