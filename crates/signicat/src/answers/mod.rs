//! What Signicat's API answers, read.

mod problem;
mod process;
mod token;

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

pub use problem::{Problem, ProblemShape};
pub(crate) use problem::{fault_of, is_refusal};
pub use process::{Process, ProcessStatus};
pub use token::AccessToken;

use crate::values::Id;

/// The answer to the start of a capture flow. `processId` may be missing (S-6).
#[derive(Clone, Deserialize)]
pub struct CaptureStarted {
    /// Where the user is sent: a bearer value.
    pub url: String,
    /// The process, if it is named.
    #[serde(default, rename = "processId")]
    pub process_id: Option<Id>,
}

impl fmt::Debug for CaptureStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaptureStarted(..)")
    }
}

/// The answer to the creation of a dossier.
#[derive(Clone, Debug, Deserialize)]
pub struct DossierCreated {
    /// The new dossier.
    #[serde(rename = "dossierId")]
    pub dossier_id: Id,
}

/// A process as it stands in a list. Which members such a list has is inferred, so only the id is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: Id,
    pub(crate) provider: Option<String>,
    pub(crate) created: Option<String>,
}

/// The processes of a dossier, as far as a list can be read.
#[derive(Default)]
pub(crate) struct List {
    pub(crate) rows: Vec<Listed>,
    /// Every process there is stands in it, and whose it is.
    pub(crate) full: bool,
}

/// Reads a list of processes: a JSON array, or an object with one under `processes`. Any other object may hold them in a
/// way that no document gives, so it shows nothing.
pub(crate) fn listed(body: &[u8]) -> Option<List> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let rows = match &value {
        Value::Array(rows) => rows,
        object => match object.get("processes") {
            Some(Value::Array(rows)) => rows,
            None if object.is_object() => return Some(List::default()),
            _ => return None,
        },
    };
    let text = |row: &Value, name: &str| row.get(name).and_then(Value::as_str).map(ToString::to_string);
    let read = |row: &Value| {
        let named = ["processId", "id"].into_iter().find_map(|name| row.get(name)?.as_str());
        let id = Id::read(row.as_str().or(named)?)?;
        Some(Listed { id, provider: text(row, "provider"), created: text(row, "createdAt") })
    };
    let read: Vec<Listed> = rows.iter().filter_map(read).collect();
    let full = read.len() == rows.len() && read.iter().all(|row| row.provider.is_some());
    Some(List { rows: read, full })
}

/// A moment that can be compared, in milliseconds; `None` if it is none.
pub(crate) fn moment(text: Option<&str>) -> Option<i64> {
    text?.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}
