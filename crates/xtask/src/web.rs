//! The web element: built, compared with the copy that servers hand out, and tested in a real browser.

use std::{
    ffi::OsStr,
    fs, iter,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    debian,
    node::{self, copy, npm},
    step::{End, made_for_tests, program, root, run, says, target},
};

/// What the package is made of; what was built or installed beside it stays where it is.
const SOURCES: [&str; 10] = [
    ".npmrc",
    "README.md",
    "build.mjs",
    "locales",
    "manifest.mjs",
    "package-lock.json",
    "package.json",
    "src",
    "tests",
    "tsconfig.json",
];
/// What was built is kept: building a server needs no Node.js. The demo site, the wheel and the Maven module take it from here.
pub(crate) const KEPT: &str = "crates/web/files";
/// The browser's names on different systems.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Builds and tests; with `write`, the copy that is kept is renewed first.
pub(crate) fn test(write: bool) -> Result<End> {
    let Some(version) = node::version() else {
        return Ok(End::Skipped("Node.js 20 or later, or npm, is absent: nothing was built or tested".into()));
    };
    println!("{version}");
    let package = build()?;
    let stale = compare(&package, write)?;
    if !stale.is_empty() {
        bail!("run `cargo xtask web --write`: the element has changed, and these files have not: {}", stale.join(", "));
    }
    let mut shop = Command::new(made_for_tests("--example", "axum")?);
    shop.env("IDVKIT_SHOP_KIT", "1");
    let untried = in_browser(&package, &["--test-concurrency=2", "tests/"], &shop)?;
    println!("pictures of what was shown: {}", target().join("web/screenshots").display());
    Ok(End::but(untried))
}

/// Takes a shop, started by this command (`IDVKIT_SHOP_KIT` in its environment: it uses the hosting kit), through every flow of every provider; gives what could not be done, and why.
pub(crate) fn try_shop(shop: &Command) -> Result<Option<String>> {
    if node::version().is_none() {
        return Ok(Some("the shop in a browser (Node.js is absent)".into()));
    }
    in_browser(&build()?, &["tests/shop.test.mjs"], shop)
}

/// Runs tests of the package that want the sandbox, an example shop and a browser.
fn in_browser(package: &Path, tests: &[&str], shop_command: &Command) -> Result<Option<String>> {
    let Some(browser) = browser().or_else(install) else {
        return Ok(Some("every test in a browser (there is no Chromium, and it could not be installed)".into()));
    };
    println!("{}", says(&browser, &["--version"]).unwrap_or_default());
    let shop: Vec<_> =
        iter::once(shop_command.get_program()).chain(shop_command.get_args()).map(OsStr::to_string_lossy).collect();
    let mut node = Command::new("node");
    node.envs(shop_command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    node.args(["--test", "--test-timeout=220000"]).args(tests).current_dir(package).envs([
        ("IDVKIT_VECTORS", root().join("crates/vectors/data")),
        ("IDVKIT_PROGRAM", program()?),
        ("IDVKIT_SHOP", serde_json::to_string(&shop)?.into()),
        ("IDVKIT_SCREENSHOTS", target().join("web/screenshots")),
        ("IDVKIT_CHROMIUM", PathBuf::from(browser)),
    ]);
    run(node)?;
    Ok(None)
}

/// Sees to it that there is a browser, as far as that is possible here.
pub(crate) fn set_up() -> Option<String> {
    says(&browser().or_else(install)?, &["--version"])
}

/// Type-checks and bundles a copy of the package, as it would be published.
pub(crate) fn build() -> Result<PathBuf> {
    let package = target().join("web/package");
    copy(&root().join("bindings/web"), &package, &SOURCES)?;
    node::tools(&package)?;
    run(npm(&package, &["run", "build"])).context("the web element does not build")?;
    Ok(package)
}

/// The names of the kept files, below `KEPT`.
pub(crate) fn kept() -> Result<Vec<String>> {
    files_of(&root().join(KEPT))
}

/// The scripts in a folder, and the texts in its `locales`.
fn files_of(folder: &Path) -> Result<Vec<String>> {
    let names = |place: &Path| -> Result<Vec<String>> {
        let entries: std::io::Result<Vec<_>> = fs::read_dir(place)?.collect();
        Ok(entries?.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
    };
    let mut all = names(folder)?;
    all.retain(|name| Path::new(name).extension().is_some_and(|ending| ending == "js"));
    all.extend(names(&folder.join("locales"))?.iter().map(|name| format!("locales/{name}")));
    all.sort();
    Ok(all)
}

/// The kept files that differ from what was built; with `write` they are renewed, and none does.
fn compare(package: &Path, write: bool) -> Result<Vec<String>> {
    let mut stale = Vec::new();
    for name in files_of(&package.join("dist"))? {
        let (built, kept) = (fs::read(package.join("dist").join(&name))?, root().join(KEPT).join(&name));
        if fs::read(&kept).is_ok_and(|there| there == built) {
            continue;
        }
        if write {
            fs::write(&kept, built).with_context(|| format!("{} cannot be written", kept.display()))?;
            println!("wrote {KEPT}/{name}");
        } else {
            stale.push(name);
        }
    }
    Ok(stale)
}

fn browser() -> Option<String> {
    let named = std::env::var("IDVKIT_CHROMIUM").ok();
    let all = named.into_iter().chain(BROWSERS.map(String::from));
    // The driver wants the whole path.
    all.filter(|name| says(name, &["--version"]).is_some()).find_map(|name| says("which", &[&name]))
}

fn install() -> Option<String> {
    debian::install("Chromium", "chromium")?;
    browser()
}
