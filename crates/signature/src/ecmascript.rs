//! The ECMAScript form of a JSON text.

use alloc::vec::Vec;

use crate::json::{self, Style};
use crate::slice::SliceError;

/// `JSON.stringify(JSON.parse(slice))` in UTF-8, as ECMAScript defines it: what a signer written in JavaScript most likely
/// signed (A-Q1, inferred).
///
/// White space is dropped. Members keep their order, except that names which are array indices (`0` to `4294967294`,
/// written canonically) come first in ascending order. Numbers take their shortest form: `1.0` becomes `1`, `1e21`
/// becomes `1e+21`, `-0` becomes `0`, and a number beyond a double becomes `null`. In strings only `"`, `\`, controls
/// and lone surrogates are escaped; `/`, U+2028 and non-ASCII characters stay as they are.
///
/// One deliberate difference: a member that occurs twice in its object is refused, at any depth, where `JSON.parse`
/// would silently keep the last one (rule 12). Two readers must not see two different contents under one signature.
///
/// # Errors
/// [`SliceError::NotJson`], [`SliceError::Duplicate`], and [`SliceError::TooDeep`] below 128 nested arrays and objects.
pub fn ecmascript(slice: &[u8]) -> Result<Vec<u8>, SliceError> {
    let node = json::parse(slice)?;
    if node.has_member_twice() { Err(SliceError::Duplicate) } else { Ok(json::print(&node, Style::ECMASCRIPT)) }
}
