//! Cuts the signed bytes out of a body exactly as they were sent.

use alloc::string::ToString;

use idvkit_core::{Reject, RejectCode};
use serde_json::{error::Category, value::RawValue};

use crate::json::{Members, Quoted};

/// Why no signed bytes could be cut out of a body. Later versions may add reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SliceError {
    /// The body is not exactly one JSON text in UTF-8.
    #[error("the body is not JSON: expected one JSON text in UTF-8")]
    NotJson,
    /// The body is JSON but not an object.
    #[error("the body is not a JSON object, so it has no members")]
    NotObject,
    /// The signed member occurs twice, perhaps once with escapes in its name: readers could disagree about which one
    /// counts.
    #[error("an object has the same member twice, so what is signed is ambiguous")]
    Duplicate,
    /// Arrays and objects are nested deeper than 128 levels.
    #[error("the JSON is nested deeper than 128 levels")]
    TooDeep,
}

impl SliceError {
    /// The code of a reject for this error.
    pub fn code(self) -> RejectCode {
        match self {
            Self::NotJson => RejectCode::JsonMalformed,
            Self::NotObject => RejectCode::JsonNotObject,
            Self::Duplicate => RejectCode::JsonDuplicateMember,
            Self::TooDeep => RejectCode::JsonTooDeep,
        }
    }
}

impl From<SliceError> for Reject {
    fn from(error: SliceError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

/// The value of the top-level member `name` of a JSON object, exactly as sent. It is never parsed and printed again,
/// because that would change spaces, escapes, numbers or order, and with them the signature (A-F6). `None` if the
/// object has no such member.
///
/// The member is also found if its name is written with escapes. White space around the value is not part of it, and a
/// byte order mark before the body is skipped.
///
/// # Errors
/// [`SliceError::NotJson`] and [`SliceError::NotObject`] for another body; [`SliceError::Duplicate`] if the member
/// occurs twice.
pub fn member<'a>(body: &'a [u8], name: &str) -> Result<Option<&'a [u8]>, SliceError> {
    // Checked once for the whole body: serde_json looks only at the strings that it decodes.
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let text = core::str::from_utf8(body).map_err(|_| SliceError::NotJson)?;
    let members = serde_json::from_str::<Members<'_>>(text).map_err(|error| match error.classify() {
        Category::Data => SliceError::NotObject,
        Category::Io | Category::Syntax | Category::Eof => SliceError::NotJson,
    })?;
    let is_named = |key: &RawValue| Quoted::strip(key.get()).is_some_and(|key| key.is(name));
    let mut found = members.0.into_iter().filter(|(key, _)| is_named(key)).map(|(_, value)| value.get().as_bytes());
    let first = found.next();
    if found.next().is_some() { Err(SliceError::Duplicate) } else { Ok(first) }
}
