//! PostgreSQL, which the tests of the hosting kits start for themselves.

use std::{env, fs, path::PathBuf};

use crate::{debian, step::says};

/// The server's version, after it was installed where that is possible.
pub(crate) fn set_up() -> Option<String> {
    server().or_else(|| {
        debian::install("PostgreSQL", "postgresql")?;
        server()
    })
}

/// Debian keeps its programs out of the path.
fn server() -> Option<String> {
    let debian =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    let others: Vec<PathBuf> = env::split_paths(&path).collect();
    let folder = debian.chain(others).find(|folder| folder.join("initdb").is_file())?;
    says(folder.join("postgres").to_str()?, &["--version"])
}
