//! Files and standard input as text, as people's editors and shells write them.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use anyhow::{Context, Result, bail};

const UTF8_MARK: &str = "\u{feff}";
const UTF16_MARKS: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

/// The text of a file, or of standard input if its name is `-`, without a byte order mark.
///
/// # Errors
/// If it cannot be read or is not UTF-8; UTF-16 is named.
pub fn read(file: &Path) -> Result<String> {
    let name = if file == Path::new("-") { "standard input".into() } else { file.display().to_string() };
    let bytes = bytes(file).with_context(|| format!("{name} cannot be read"))?;
    if UTF16_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        bail!("{name} is UTF-16: save it as UTF-8");
    }
    let text = String::from_utf8(bytes).ok().with_context(|| format!("{name} is not UTF-8 text"))?;
    Ok(text.strip_prefix(UTF8_MARK).map(ToOwned::to_owned).unwrap_or(text))
}

/// The bytes of a file, or of standard input if its name is `-`.
///
/// # Errors
/// If it cannot be read.
pub fn bytes(file: &Path) -> io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return fs::read(file);
    }
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}
