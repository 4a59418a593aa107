//! Signicat's values, which are checked when they are parsed.

mod id;
mod routes;

use alloc::string::{String, ToString};

use idvkit_core::words;

pub use id::{Id, Made, Place};
pub(crate) use routes::{
    CREATE_DOSSIER, CREATE_PROCESS, DELETE_DOSSIER, DELETE_PROCESS, DOWNLOAD, GET_PROCESS, LIST_PROCESSES, Routes,
    SET_IMAGES, START, START_CAPTURE,
};
pub use routes::{ROUTES, RawRoute, RouteEntry};

/// The tag of Signicat's configurations, and the first part of every operation's name.
pub(crate) const ID: &str = "signicat";

words! {
    /// What a URL that is handed to Signicat is for. Deliberately exhaustive.
    pub enum SignicatUrlPurpose {
        /// Where the user returns to.
        Redirect,
        /// Where Signicat reports the end of a process.
        Callback,
    }
}

/// Whether two names mean one provider: `eid` is the older name of `signicatvideoid` (S-8).
pub(crate) fn same_provider(one: &str, other: &str) -> bool {
    let current = |name| if name == "eid" { "signicatvideoid" } else { name };
    current(one) == current(other)
}

/// A provider's code: never its free text, which can name a person.
pub(crate) fn code_of(text: &str) -> String {
    let is_code = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-');
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(is_code);
    if fits { text.to_string() } else { "other".to_string() }
}

/// A provider's word, short enough to be kept.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(64) {
        Some((end, _)) => text[..end].to_string(),
        None => text.to_string(),
    }
}

/// Whether a text can be a bearer value: visible ASCII without spaces, so that it cannot end a header.
pub(crate) fn is_bearer(value: &str) -> bool {
    (1..=MAX_TOKEN).contains(&value.len()) && value.bytes().all(|b| (0x21..0x7f).contains(&b))
}

/// No observed token comes near this, in bytes.
const MAX_TOKEN: usize = 16 * 1024;
