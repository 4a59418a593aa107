//! `cargo xtask python`: both wheels, built, installed into a clean environment, tested and type-checked there.
//!
//! All that it needs besides `python3` comes from `PyPI` into environments below `target/`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use crate::{
    node,
    step::{End, root, run, says, target},
    web,
};

/// The largest wheel that is still a small download, in bytes.
const LARGEST_WHEEL: u64 = 1_753_088;

pub(crate) fn test() -> Result<End> {
    let Some(version) = interpreter() else {
        return Ok(End::Skipped("Python 3.9 or later with venv and pip is absent: nothing was built or tested".into()));
    };
    println!("{version}");
    let wheels = build()?;
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
    std::env::var("PYTHON").unwrap_or_else(|_| "python3".into())
}

fn folder() -> PathBuf {
    target().join("python")
}

fn binding() -> PathBuf {
    root().join("bindings/python")
}

/// The program carries debug code, as in every other step: only the binding's wheel is measured.
fn build() -> Result<Vec<PathBuf>> {
    let tools = environment(&folder().join("tools"), false)?;
    pip(&tools, &["maturin>=1.16,<2"])?;
    let wheels = folder().join("wheels");
    if wheels.exists() {
        fs::remove_dir_all(&wheels)?;
    }
    node::copy(&root().join(web::KEPT), &binding().join("python/idvkit/web"), &[])?;
    let host = ["openapi.json", "page.html", "schema"];
    node::copy(&root().join("crates/host"), &binding().join("python/idvkit/host/files"), &host)?;
    for (project, profile) in [(binding(), "wheel"), (binding().join("sandbox"), "dev")] {
        let mut maturin = Command::new(&tools);
        maturin
            .args(["-m", "maturin", "build", "--quiet", "--profile", profile, "--compression-level", "9", "--out"])
            .arg(&wheels);
        run(maturin.current_dir(project).env("CARGO_TARGET_DIR", target()).env_remove("CARGO"))?;
    }
    let mut found: Vec<PathBuf> = fs::read_dir(&wheels)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    found.sort();
    Ok(found)
}

/// A clean environment, as a user's: nothing of the source tree is in it.
fn install(wheels: &[PathBuf]) -> Result<PathBuf> {
    let python = environment(&folder().join("clean"), true)?;
    let mut command = pip_command(&python);
    command.arg("-r").arg(binding().join("tests/requirements.txt")).args(wheels);
    run(&mut command)?;
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

fn figures(wheels: &[PathBuf], python: &Path) -> Result<()> {
    for wheel in wheels {
        let size = fs::metadata(wheel)?.len();
        let name = wheel.file_name().unwrap_or_default().display().to_string();
        println!("{name}: {} KiB", size / 1024);
        if name.starts_with("idvkit-") && size > LARGEST_WHEEL {
            bail!("the wheel is larger than {} KiB", LARGEST_WHEEL / 1024);
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
