//! A JSON text as nodes that keep its spelling. What is JSON, `serde_json` decides, as strictly as `JSON.parse`.

use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{MAX_DEPTH, Node, Quoted};
use crate::slice::SliceError;

/// Reads one JSON text, white space around it allowed.
pub(crate) fn parse(text: &[u8]) -> Result<Node<'_>, SliceError> {
    // Checked once for the whole text: serde_json looks only at the strings that it decodes.
    let text = core::str::from_utf8(text).map_err(|_| SliceError::NotJson)?;
    node(read::<&RawValue>(text)?, 0)
}

/// Each level is cut into its parts, and those into theirs: a text is gone over once for each level, at most [`MAX_DEPTH`] times.
fn node(raw: &RawValue, depth: usize) -> Result<Node<'_>, SliceError> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let depth = deeper(depth)?;
            let Members(members) = read(text)?;
            let members = members.into_iter().map(|(name, value)| Ok((quoted(name)?, node(value, depth)?)));
            Node::Object(members.collect::<Result<_, _>>()?)
        }
        Some(b'[') => {
            let depth = deeper(depth)?;
            let items: Vec<&RawValue> = read(text)?;
            Node::Array(items.into_iter().map(|item| node(item, depth)).collect::<Result<_, _>>()?)
        }
        Some(b'"') => Node::Text(quoted(raw)?),
        Some(b'-' | b'0'..=b'9') => Node::Number(text),
        _ => Node::Word(text),
    })
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, SliceError> {
    serde_json::from_str(text).map_err(|_| SliceError::NotJson)
}

fn quoted(raw: &RawValue) -> Result<Quoted<'_>, SliceError> {
    Quoted::strip(raw.get()).ok_or(SliceError::NotJson)
}

fn deeper(depth: usize) -> Result<usize, SliceError> {
    if depth < MAX_DEPTH { Ok(depth + 1) } else { Err(SliceError::TooDeep) }
}

/// The members of an object. Names are read raw as well: one that holds half a surrogate pair is legal JSON, but no string to
/// `serde_json`.
pub(crate) struct Members<'a>(pub(crate) Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}
