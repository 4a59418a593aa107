//! `cargo xtask dist`: what is published, built and packed below `target/dist`. The release workflow runs the same command on a machine
//! for each system.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::{
    crates, kotlin, node,
    platforms::{ALL, Build, Platform},
    python,
    step::{root, run, says, target},
    versions::CURRENT,
};

/// A kind of package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Rust crates.
    Crates,
    /// The wheels of one platform.
    Wheels,
    /// The sources of the wheel `idvkit`.
    Sdist,
    /// The npm packages with native code, of one platform.
    Npm,
    /// The npm packages that are the same everywhere. They name those of this platform, and with `--target` those of all.
    NpmWhole,
    /// The Maven modules, in a folder that is a repository, with the native libraries of this machine.
    Maven,
    /// The program `idvkit` of one platform.
    Program,
}

/// How each is tested before it is published, and where it is built. README.md shows this table.
const TABLE: [(&str, &str, &str, &str); 7] = [
    ("Rust crates", "any, Rust 1.85 or later", "here", "packed, unpacked, and built from that with Rust 1.95 and 1.85"),
    (
        "Python wheels `idvkit`, `idvkit-sandbox`",
        "Linux glibc 2.17 and musl 1.2 on x86-64 and aarch64; macOS and Windows on both",
        "Linux here, the others by workflow",
        "whole test suite on the installed wheels",
    ),
    ("Python sdist", "any with Rust", "here", "not yet"),
    (
        "npm `idvkit-*`, `idvkit-sandbox-*`",
        "as the wheels",
        "Linux here, the others by workflow",
        "whole test suite on the installed packages",
    ),
    (
        "npm `idvkit`, `idvkit-sandbox`, `idvkit-web`",
        "Node.js 20 or later; browsers",
        "here",
        "the same, publint, attw, bundlers, Chromium",
    ),
    (
        "Maven `idvkit`, `idvkit-client`",
        "JVM 17 or later on x86-64 Linux",
        "here",
        "whole test suite, before it is packed",
    ),
    (
        "program `idvkit`",
        "Linux (static) on x86-64 and aarch64; macOS and Windows on both",
        "Linux here, the others by workflow",
        "its demo, on the everyday build",
    ),
];

/// Says what there is to build, and where.
pub(crate) fn list() {
    println!("{}", table());
    println!("\nPlatforms (`--target`):");
    for one in ALL {
        println!("  {:28} {}", one.triple, if one.is_built_here() { "here" } else { "by the release workflow" });
    }
}

/// The table as Markdown.
fn table() -> String {
    let mut rows = vec!["| Artefact | Platforms | Built | Tested |".to_owned(), "|---|---|---|---|".to_owned()];
    rows.extend(TABLE.map(|(what, platforms, built, tested)| format!("| {what} | {platforms} | {built} | {tested} |")));
    rows.join("\n")
}

/// Builds and packs these parts, or all that can be here.
pub(crate) fn make(parts: &[Part], triple: Option<&str>, out: Option<PathBuf>) -> Result<()> {
    let platform = triple.map_or_else(Platform::here, Platform::named)?;
    if !platform.is_built_here() {
        bail!("{} is built on a machine of its own, by the release workflow", platform.triple);
    }
    let build = if triple.is_some() { Build::Release(platform) } else { Build::EveryDay(platform) };
    if triple.is_some() {
        prepare(platform)?;
    }
    // Apart from what is for this machine, where one command installs all that is there.
    let out = out.unwrap_or_else(|| target().join("dist").join(triple.unwrap_or_default()));
    for part in if parts.is_empty() { Part::value_variants() } else { parts } {
        let folder = out.join(part.folder());
        fs::create_dir_all(&folder)?;
        println!("\n== {part:?} into {}", folder.display());
        part.make(build, &folder)?;
    }
    Ok(())
}

impl Part {
    fn folder(self) -> &'static str {
        match self {
            Self::Crates => "crates",
            Self::Wheels | Self::Sdist => "python",
            Self::Npm | Self::NpmWhole => "npm",
            Self::Maven => "maven",
            Self::Program => "program",
        }
    }

    fn make(self, build: Build, folder: &Path) -> Result<()> {
        match self {
            Self::Crates => {
                for archive in crates::pack()?.values() {
                    fs::copy(archive, folder.join(archive.file_name().context("an archive has a name")?))?;
                }
                Ok(())
            }
            Self::Wheels => python::build_wheels(build, folder),
            Self::Sdist => python::build_sources(folder),
            Self::Npm => npm(build, folder),
            // They name other packages only once these are there: a name that nobody has might become anybody's.
            Self::NpmWhole => match build {
                Build::EveryDay(platform) => node::pack_whole(&[platform], folder),
                Build::Release(_) => node::pack_whole(&ALL, folder),
            },
            Self::Maven => kotlin::deploy(folder),
            Self::Program => program(build, folder),
        }
    }
}

/// On Linux the program for musl serves glibc as well, so that of glibc is packed only for every day.
fn npm(build: Build, folder: &Path) -> Result<()> {
    node::pack_folder(&node::carry_module(build)?, folder)?;
    let platform = build.platform();
    if matches!(build, Build::Release(_)) && platform.os() == "linux" && !platform.is_musl() {
        return Ok(());
    }
    node::pack_folder(&node::carry_sandbox(build)?, folder)
}

/// The whole command-line program, with its licences.
fn program(build: Build, folder: &Path) -> Result<()> {
    run(build.cargo(&["--package", "idvkit-cli", "--bin", "idvkit"]))?;
    let platform = build.platform();
    let name = format!("idvkit-{CURRENT}-{}", platform.triple);
    let place = target().join("dist").join(&name);
    node::fresh(&place)?;
    let program = format!("idvkit{}", platform.ending());
    fs::copy(build.products().join(&program), place.join(&program))?;
    for file in ["LICENSE-APACHE", "LICENSE-MIT", "crates/cli/README.md"] {
        let from = root().join(file);
        fs::copy(&from, place.join(from.file_name().context("a file has a name")?))?;
    }
    let archive = folder.join(format!("{name}.tar.gz"));
    run(Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(target().join("dist")).arg(&name))?;
    fs::remove_dir_all(place)?;
    println!("{} has {} KiB", archive.display(), fs::metadata(&archive)?.len() / 1024);
    Ok(())
}

/// What a build for a platform by name needs: Rust's library for it, and zig for Linux.
fn prepare(platform: Platform) -> Result<()> {
    let installed = says("rustup", &["target", "list", "--installed"]).is_some();
    if installed {
        run(Command::new("rustup").args(["target", "add", platform.triple]))?;
    }
    if platform.os() == "linux" { python::install_zig() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_the_table() {
        let readme = fs::read_to_string(root().join("README.md")).unwrap();
        assert!(readme.contains(&table()), "README.md lacks this table:\n{}", table());
    }

    #[test]
    fn another_systems_platform_is_not_built_here() {
        let other = ALL.into_iter().find(|one| !one.is_built_here()).unwrap();
        assert!(make(&[], Some(other.triple), None).unwrap_err().to_string().contains("release workflow"));
        assert!(make(&[], Some("nowhere"), None).is_err());
    }
}
