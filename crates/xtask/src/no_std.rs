//! The proof of `no_std`: a program linked with neither std nor libc runs a whole session.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::{End, cargo, root, run, target};

/// Names that would show that std or libc came in after all.
const FOREIGN: [&str; 4] = ["_ZN3std", "__libc_start_main", "rust_eh_personality", "pthread_create"];

pub(crate) fn prove() -> Result<End> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Ok(End::Skipped("the proof is written for x86-64 Linux".into()));
    }
    let folder = target().join("no_std");
    let mut build = cargo(&["build", "--release", "--target-dir"]);
    build.arg(&folder).current_dir(root().join("crates/xtask/no_std"));
    run(build)?;

    let archive = folder.join("release/libno_std_proof.a");
    let program = folder.join("proof");
    let mut link = Command::new("cc");
    link.args(["-nostdlib", "-static", "-Wl,-e,_start", "-o"]).arg(&program).arg(&archive);
    run(link).context("the program does not link without std and libc")?;

    let bytes = std::fs::read(&program)?;
    if let Some(name) = FOREIGN.iter().find(|name| contains(&bytes, name.as_bytes())) {
        bail!("{name} is in the program");
    }
    run(Command::new(&program)).context("the session did not run as it must")?;
    println!("a whole session ran in a static program of {} KiB without std and libc", bytes.len() / 1024);
    Ok(End::Passed)
}

fn contains(bytes: &[u8], name: &[u8]) -> bool {
    bytes.windows(name.len()).any(|window| window == name)
}
