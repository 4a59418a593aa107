//! Test vectors as JSON files, and a tiny loader.
//!
//! The files are in `data/`, one folder for each subject, so that every language reads the same ones. [`files`] lists a
//! folder and [`load`] reads a file. [`transcript`] defines the form of recorded sessions.
#![forbid(unsafe_code)]

pub mod transcript;
mod wire;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
pub use transcript::{Difference, Step, Transcript};
pub use wire::next_to_json;

/// The folder that holds all vectors.
pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// The JSON files of a folder below [`data`], in order of their names.
///
/// # Errors
/// If the folder cannot be read, or holds no JSON file: an empty folder would pass every test.
pub fn files(folder: &str) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(data().join(folder))?;
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    if paths.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("{folder} holds no vectors")));
    }
    Ok(paths)
}

/// Reads one file.
///
/// # Errors
/// If the file cannot be read, or does not have the form of `T`. The message holds no content of the file.
pub fn load<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    serde_json::from_slice(&fs::read(path)?).map_err(|error| {
        let place = format!("{}, line {}, column {}", path.display(), error.line(), error.column());
        io::Error::new(io::ErrorKind::InvalidData, format!("{place}: not of the expected form"))
    })
}
