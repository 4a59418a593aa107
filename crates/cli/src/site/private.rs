//! Files with personal data: only whoever runs the program may read them.

use std::{fs, io, path::Path};

use anyhow::{Context, Result};

/// What `SQLite` puts beside its file; new ones get the file's own permissions.
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];

/// Makes an empty file that nobody else can read, and its folder, where they are missing.
///
/// # Errors
/// If that is not possible.
pub(super) fn make_private(path: &Path) -> Result<()> {
    if is_memory(path) {
        return Ok(());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder).with_context(|| format!("--data: the folder {} cannot be made", folder.display()))?;
    }
    make_file(path).with_context(|| format!("--data: {} cannot be written", path.display()))
}

/// Takes everybody else's rights to a file that is there already.
///
/// # Errors
/// If that is not possible.
pub(super) fn restrict(path: &Path) -> Result<()> {
    if is_memory(path) {
        return Ok(());
    }
    for ending in BESIDE {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let named = || format!("--data: {} cannot be kept from others", Path::new(&name).display());
        match restrict_one(Path::new(&name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(named),
            _ => {}
        }
    }
    Ok(())
}

fn is_memory(path: &Path) -> bool {
    path.as_os_str() == ":memory:"
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(unix)]
fn make_file(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;

    fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}

#[cfg(unix)]
fn restrict_one(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

/// Elsewhere a user's folder for programs' data is the user's own already.
#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn make_file(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn restrict_one(_path: &Path) -> io::Result<()> {
    Ok(())
}
