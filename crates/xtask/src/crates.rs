//! The crates as they would be published: packed, unpacked, and built from what was packed, also by the oldest compiler.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    step::{End, cargo, root, run, says, target},
    versions,
};

/// The oldest compiler that the library crates promise, with its toolchain's name at rustup.
const OLDEST: &str = "1.85.0";
/// Programs, servers and what only tests need: they follow their own dependencies.
const NEWER: [&str; 4] = ["idvkit-cli", "idvkit-host", "idvkit-sandbox", "idvkit-vectors"];

pub(crate) fn test() -> Result<End> {
    versions::check()?;
    let packed = pack()?;
    let folder = unpack(&packed)?;
    // The same settings as the workspace's, so that dependencies are made once for both.
    let check = |toolchain: Option<&str>, names: &[&String]| {
        let mut command = toolchain.map_or_else(|| cargo(&[]), |_| Command::new("cargo"));
        command.args(toolchain.map(|name| format!("+{name}"))).arg("check");
        command.args(names.iter().flat_map(|name| ["--package", name.as_str()]));
        run(command.current_dir(&folder).env("CARGO_TARGET_DIR", target()))
    };
    let names: Vec<&String> = packed.keys().collect();
    check(None, &names).context("what was packed does not build")?;
    let old: Vec<&String> = names.into_iter().filter(|name| !NEWER.contains(&name.as_str())).collect();
    if says("cargo", &[&format!("+{OLDEST}"), "--version"]).is_none() {
        return Ok(End::Partly(vec![format!(
            "Rust {OLDEST} (run `rustup toolchain install {OLDEST} --profile minimal`)"
        )]));
    }
    // The newest versions of dependencies that this compiler takes; its cargo finds them by itself, and this keeps them.
    fs::copy(root().join("crates/xtask/oldest.lock"), folder.join("Cargo.lock"))?;
    check(Some(OLDEST), &old).with_context(|| format!("Rust {OLDEST} does not build it"))?;
    println!("{} crates are packed and build; {} of them with Rust {OLDEST}", packed.len(), old.len());
    Ok(End::Passed)
}

/// Packs every crate that is published, as `cargo publish` would, and gives their archives by name.
pub(crate) fn pack() -> Result<BTreeMap<String, PathBuf>> {
    let names = published()?;
    // Dirty is the state in which a change is tried; the release workflow runs on a tag. What was packed is built below, faster.
    let mut command = cargo(&["package", "--no-verify", "--allow-dirty", "--quiet"]);
    command.args(names.keys().flat_map(|name| ["--package", name.as_str()]));
    run(command).context("a crate cannot be packed")?;
    let folder = target().join("package");
    Ok(names
        .into_iter()
        .map(|(name, version)| {
            let archive = folder.join(format!("{name}-{version}.crate"));
            (name, archive)
        })
        .collect())
}

/// The crates that are published, with their versions.
fn published() -> Result<BTreeMap<String, String>> {
    let output = cargo(&["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("`cargo metadata` gives no JSON")?;
    let packages = metadata["packages"].as_array().context("`cargo metadata` names no packages")?;
    let published = packages.iter().filter(|package| package["publish"].is_null());
    let text = |package: &Value, member: &str| package[member].as_str().unwrap_or_default().to_owned();
    Ok(published.map(|package| (text(package, "name"), text(package, "version"))).collect())
}

/// All of them side by side in a workspace of their own, which takes each from here and from nowhere else.
fn unpack(packed: &BTreeMap<String, PathBuf>) -> Result<PathBuf> {
    let folder = target().join("package/unpacked");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut patches = String::new();
    for (name, archive) in packed {
        let mut tar = Command::new("tar");
        run(tar.arg("-xzf").arg(archive).current_dir(&folder))?;
        let place = archive.file_stem().context("an archive has a name")?.display().to_string();
        complete(&folder.join(&place))?;
        writeln!(patches, "{name} = {{ path = \"{place}\" }}").context("a text takes any text")?;
    }
    let profiles = fs::read_to_string(root().join("Cargo.toml"))?;
    let (_, profiles) = profiles.split_once("[profile.dev]").context("Cargo.toml has a profile `dev`")?;
    let workspace = "[workspace]\nresolver = \"3\"\nmembers = [\"idvkit*\"]\n";
    let text = format!("{workspace}\n[patch.crates-io]\n{patches}\n[profile.dev]{profiles}");
    fs::write(folder.join("Cargo.toml"), text.replace("[profile.dev.package.uniffi_bindgen]\nopt-level = 0\n", ""))?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(folder)
}

/// What a published crate has to have.
fn complete(package: &Path) -> Result<()> {
    for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "src"] {
        if !package.join(file).exists() {
            bail!("{} has no {file}", package.display());
        }
    }
    Ok(())
}
