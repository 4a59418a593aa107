//! `cargo xtask python`: both wheels, built, installed into a clean environment, tested and type-checked there.
//!
//! All that it needs besides `python3` comes from `PyPI` into environments below `target/`.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use crate::{
    node,
    platforms::{Build, Platform},
    step::{self, End, root, run, says, target},
    web,
};

/// What builds the wheels.
const MATURIN: &str = "maturin==1.16.0";
/// What builds for Linux in general.
const ZIG: [&str; 2] = ["ziglang==0.15.2", "cargo-zigbuild==0.24.1"];
/// The largest wheels that are still small downloads, in bytes.
const LARGEST: [(&str, u64); 2] = [("idvkit-", 1_966_080), ("idvkit_sandbox-", 5 << 20)];

pub(crate) fn test() -> Result<End> {
    let Some(version) = interpreter() else {
        return Ok(End::Skipped("Python 3.9 or later with venv and pip is absent: nothing was built or tested".into()));
    };
    println!("{version}");
    let wheels = step::built_before().map_or_else(build, |folder| Ok(folder.join("python")))?;
    let python = install(&wheels)?;
    check_types(&python)?;
    run_tests(&python)?;
    figures(&wheels, &python)?;
    let app = binding().join("examples");
    let uvicorn = ["-m", "uvicorn", "fastapi_app:app", "--host", "localhost", "--log-level", "warning"];
    let mut shop = Command::new(&python);
    shop.args(uvicorn).args(["--port", "{port}", "--app-dir"]).arg(app).env("IDVKIT_SHOP_KIT", "1");
    Ok(End::but(web::try_shop(&shop)?))
}

/// The Python that is here, if it is new enough and can make environments: Debian has a package of its own for that.
pub(crate) fn interpreter() -> Option<String> {
    let question =
        "import sys, venv, ensurepip; assert sys.version_info >= (3, 9); print('Python', sys.version.split()[0])";
    says(&program(), &["-c", question])
}

/// An environment's interpreter.
pub(crate) fn environment(place: &Path, afresh: bool) -> Result<PathBuf> {
    let mut venv = Command::new(program());
    venv.args(["-m", "venv"]).args(afresh.then_some("--clear")).arg(place);
    run(&mut venv)?;
    Ok(place.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" }))
}

pub(crate) fn pip(python: &Path, packages: &[&str]) -> Result<()> {
    run(pip_command(python).args(packages))
}

fn program() -> String {
    env::var("PYTHON").unwrap_or_else(|_| "python3".into())
}

fn folder() -> PathBuf {
    target().join("python")
}

fn binding() -> PathBuf {
    root().join("bindings/python")
}

/// Gives the folder with both wheels.
fn build() -> Result<PathBuf> {
    let wheels = folder().join("wheels");
    node::fresh(&wheels)?;
    build_wheels(Build::EveryDay(Platform::here()?), &wheels)?;
    Ok(wheels)
}

/// Both wheels for a platform.
pub(crate) fn build_wheels(build: Build, wheels: &Path) -> Result<()> {
    let tools = environment(&folder().join("tools"), false)?;
    pip(&tools, &[MATURIN])?;
    node::copy(&root().join(web::KEPT), &binding().join("python/idvkit/web"), &[])?;
    let host = ["openapi.json", "page.html", "schema"];
    node::copy(&root().join("crates/host"), &binding().join("python/idvkit/host/files"), &host)?;
    for project in [binding(), binding().join("sandbox")] {
        let mut maturin = Command::new(&tools);
        maturin.args(["-m", "maturin", "build", "--quiet", "--compression-level", "9", "--out"]).arg(wheels);
        if let Build::Release(platform) = build {
            maturin.args(["--target", platform.triple]);
            maturin.args(platform.wheel.into_iter().flat_map(|promise| ["--zig", "--compatibility", promise]));
            maturin.env("PATH", with_tools());
        }
        run(step::plain(&mut maturin).current_dir(project).env("CARGO_TARGET_DIR", target()).env_remove("CARGO"))?;
    }
    Ok(())
}

/// zig, as compiler and linker for any C library of Linux, and what has cargo use it.
pub(crate) fn install_zig() -> Result<()> {
    let tools = environment(&folder().join("tools"), false)?;
    pip(&tools, &ZIG)
}

/// The programs' folders, that of the tools before all others.
pub(crate) fn with_tools() -> OsString {
    let own = folder().join("tools").join(if cfg!(windows) { "Scripts" } else { "bin" });
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths([own].into_iter().chain(env::split_paths(&others))).unwrap_or(others)
}

/// The sources of the wheel `idvkit`, as pip builds them where there is no wheel.
pub(crate) fn build_sources(out: &Path) -> Result<()> {
    let tools = environment(&folder().join("tools"), false)?;
    pip(&tools, &[MATURIN])?;
    let mut maturin = Command::new(&tools);
    run(maturin.args(["-m", "maturin", "sdist", "--quiet", "--out"]).arg(out).current_dir(binding()))
}

/// A clean environment, as a user's: nothing of the source tree is in it. Of the wheels that are there, pip takes what fits.
fn install(wheels: &Path) -> Result<PathBuf> {
    let python = environment(&folder().join("clean"), true)?;
    let tests = binding().join("tests/requirements.txt");
    run(pip_command(&python).arg("-r").arg(tests))?;
    let here = ["idvkit", "idvkit-sandbox", "--no-deps", "--no-index", "--find-links"];
    run(pip_command(&python).args(here).arg(wheels))?;
    Ok(python)
}

fn check_types(python: &Path) -> Result<()> {
    let binding = binding();
    let module = |name: &str| {
        let mut command = Command::new(python);
        // Away from the source tree, where an import would find it first.
        command.args(["-m", name]).current_dir(folder());
        command
    };
    let read = [
        "python/idvkit",
        "sandbox/python/idvkit_sandbox",
        "tests/typed.py",
        "examples/fastapi_app.py",
        "examples/flask_app.py",
        "examples/quick_start.py",
    ];
    let read: Vec<PathBuf> = read.iter().map(|path| binding.join(path)).collect();
    let (package, rest) = read.split_at(1);
    let config = binding.join("pyproject.toml");
    run(module("mypy").arg("--config-file").arg(&config).args(package))?;
    run(module("mypy").arg("--config-file").arg(&config).args(rest))?;
    run(module("pyright").arg("--pythonpath").arg(python).arg("--project").arg(&config))?;
    run(module("mypy.stubtest").arg("--allowlist").arg(binding.join("tests/stubtest.txt")).arg("idvkit._idvkit"))
}

fn run_tests(python: &Path) -> Result<()> {
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider"]).arg(binding().join("tests"));
    run(pytest.env("IDVKIT_CLI", crate::step::program()?).current_dir(folder()))
}

fn figures(wheels: &Path, python: &Path) -> Result<()> {
    for wheel in fs::read_dir(wheels)? {
        let wheel = wheel?;
        let size = wheel.metadata()?.len();
        let name = wheel.file_name().display().to_string();
        println!("{name}: {} KiB", size / 1024);
        if let Some((_, limit)) = LARGEST.iter().find(|(start, limit)| name.starts_with(start) && size > *limit) {
            bail!("the wheel is larger than {} KiB", limit / 1024);
        }
    }
    let mut bench = Command::new(python);
    run(bench.arg(root().join("benches/python/figures.py")).current_dir(folder()))
}

fn pip_command(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    command
}
