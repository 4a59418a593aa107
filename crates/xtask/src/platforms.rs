//! The platforms that packages are built for, and how each is built.

use std::{
    env::consts::{ARCH, OS},
    path::PathBuf,
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    python,
    step::{cargo, target},
};

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Platform {
    /// Its name at Rust.
    pub(crate) triple: &'static str,
    /// Its name at npm.
    pub(crate) npm: &'static str,
    /// What a wheel for it promises, if maturin has to be told.
    pub(crate) wheel: Option<&'static str>,
}

const fn platform(triple: &'static str, npm: &'static str, wheel: Option<&'static str>) -> Platform {
    Platform { triple, npm, wheel }
}

/// All of them. Those of Linux are built on any machine with Linux, by zig; the others on a machine of their own.
pub(crate) const ALL: [Platform; 8] = [
    platform("x86_64-unknown-linux-gnu", "linux-x64-gnu", Some("manylinux_2_17")),
    platform("aarch64-unknown-linux-gnu", "linux-arm64-gnu", Some("manylinux_2_17")),
    platform("x86_64-unknown-linux-musl", "linux-x64-musl", Some("musllinux_1_2")),
    platform("aarch64-unknown-linux-musl", "linux-arm64-musl", Some("musllinux_1_2")),
    platform("x86_64-apple-darwin", "darwin-x64", None),
    platform("aarch64-apple-darwin", "darwin-arm64", None),
    platform("x86_64-pc-windows-msvc", "win32-x64-msvc", None),
    platform("aarch64-pc-windows-msvc", "win32-arm64-msvc", None),
];

impl Platform {
    /// This machine's.
    pub(crate) fn here() -> Result<Self> {
        let mut all = ALL.into_iter();
        let here = |one: &Platform| one.triple.starts_with(ARCH) && one.os() == OS && one.is_gnu_or_no_linux();
        all.find(here).with_context(|| format!("there are no packages for {ARCH} {OS}"))
    }

    /// The one that Rust calls so.
    pub(crate) fn named(triple: &str) -> Result<Self> {
        let known = || ALL.map(|one| one.triple).join(", ");
        ALL.into_iter().find(|one| one.triple == triple).with_context(|| format!("{triple} is none of {}", known()))
    }

    /// The system, as `std::env::consts::OS` calls it.
    pub(crate) fn os(self) -> &'static str {
        match self.npm.split('-').next() {
            Some("darwin") => "macos",
            Some("win32") => "windows",
            _ => "linux",
        }
    }

    /// Whether it is built on this machine.
    pub(crate) fn is_built_here(self) -> bool {
        self.os() == OS
    }

    pub(crate) fn is_musl(self) -> bool {
        self.triple.ends_with("-musl")
    }

    fn is_gnu_or_no_linux(self) -> bool {
        !self.is_musl()
    }

    /// The ending of a program.
    pub(crate) fn ending(self) -> &'static str {
        if self.os() == "windows" { ".exe" } else { "" }
    }

    /// The file name of a dynamic library.
    pub(crate) fn library(self, name: &str) -> String {
        match self.os() {
            "windows" => format!("{name}.dll"),
            "macos" => format!("lib{name}.dylib"),
            _ => format!("lib{name}.so"),
        }
    }
}

/// How something is built: as every day, for this machine, or for a platform by name, with the oldest C library that it promises.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Build {
    EveryDay(Platform),
    Release(Platform),
}

impl Build {
    pub(crate) fn platform(self) -> Platform {
        match self {
            Self::EveryDay(platform) | Self::Release(platform) => platform,
        }
    }

    /// A build of the profile `wheel`; for Linux by zig, whose C library is as old as one wishes.
    pub(crate) fn cargo(self, arguments: &[&str]) -> Command {
        let Self::Release(platform) = self else {
            return cargo(&[&["build", "--profile", "wheel"], arguments].concat());
        };
        let zig = platform.os() == "linux";
        let triple =
            if zig && !platform.is_musl() { format!("{}.2.17", platform.triple) } else { platform.triple.to_owned() };
        let mut command = cargo(&[if zig { "zigbuild" } else { "build" }, "--profile", "wheel", "--target", &triple]);
        command.args(arguments);
        if zig {
            command.env("PATH", python::with_tools());
        }
        command
    }

    /// The same for a library that is loaded at run time: one for musl must not hold the C library itself.
    pub(crate) fn cargo_library(self, arguments: &[&str]) -> Command {
        let mut command = self.cargo(arguments);
        let platform = self.platform();
        if platform.is_musl() {
            let variable = format!("CARGO_TARGET_{}_RUSTFLAGS", platform.triple.to_uppercase().replace('-', "_"));
            command.env(variable, "-C target-feature=-crt-static");
        }
        command
    }

    /// Where it puts what it makes.
    pub(crate) fn products(self) -> PathBuf {
        match self {
            Self::EveryDay(_) => target().join("wheel"),
            Self::Release(platform) => target().join(platform.triple).join("wheel"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_found_by_its_name() {
        let platform = Platform::named("aarch64-apple-darwin").unwrap();
        assert_eq!((platform.os(), platform.library("idvkit_node").as_str()), ("macos", "libidvkit_node.dylib"));
        assert!(Platform::named("m68k-unknown-none").unwrap_err().to_string().contains("x86_64-unknown-linux-musl"));
        for one in ALL {
            assert_eq!(one.is_built_here(), one.os() == OS, "{one:?}");
        }
    }

    #[test]
    fn a_release_for_linux_asks_for_an_old_c_library() {
        let arguments = |build: Build| {
            let command = build.cargo(&["--package", "x"]);
            command.get_args().map(|one| one.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        let named = |triple| Build::Release(Platform::named(triple).unwrap());
        let gnu = arguments(named("aarch64-unknown-linux-gnu"));
        assert_eq!(gnu, "zigbuild --profile wheel --target aarch64-unknown-linux-gnu.2.17 --package x");
        assert!(arguments(named("x86_64-unknown-linux-musl")).contains("zigbuild"));
        assert!(arguments(named("x86_64-apple-darwin")).starts_with("build "));
        let musl = named("x86_64-unknown-linux-musl").cargo_library(&[]);
        assert!(musl.get_envs().any(|(name, _)| name == "CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS"));
    }
}
