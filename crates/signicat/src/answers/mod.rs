//! Reads the answers of Signicat's API.

mod problem;
mod process;
mod token;

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{Flaw, Json, Node};
use jiff::Timestamp;
use serde_json::Value;

pub use problem::{Problem, ProblemShape};
pub(crate) use problem::{fault_of, is_refusal};
pub use process::{Process, ProcessStatus};
pub use token::AccessToken;

use crate::values::Id;

/// The answer to the start of a capture flow. `processId` may be missing (S-6).
#[derive(Clone)]
pub struct CaptureStarted {
    /// The URL that the user is sent to, which is a bearer value.
    pub url: String,
    /// The id of the process, if the answer names it.
    pub process_id: Option<Id>,
}

impl CaptureStarted {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        let json = Json::read(body)?;
        let root = json.root();
        Ok(Self { url: root.text("url")?.to_string(), process_id: Id::maybe_at(&root, "processId")? })
    }
}

impl fmt::Debug for CaptureStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaptureStarted(..)")
    }
}

/// The answer to the creation of a dossier.
#[derive(Clone, Debug)]
pub struct DossierCreated {
    /// The id of the new dossier.
    pub dossier_id: Id,
}

impl DossierCreated {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        Ok(Self { dossier_id: Id::at(&Json::read(body)?.root(), "dossierId")? })
    }
}

/// A process as it stands in a list. Which members such a list has is inferred, so only the id is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: Id,
    pub(crate) provider: Option<String>,
    pub(crate) created: Option<String>,
}

impl Listed {
    /// The id alone, or an object with one.
    fn read(row: &Node<'_>) -> Option<Self> {
        let text = |name: &str| row.text(name).ok();
        let id = text("").or_else(|| text("processId")).or_else(|| text("id"))?;
        let owned = |name: &str| text(name).map(ToString::to_string);
        Some(Self { id: Id::read(id)?, provider: owned("provider"), created: owned("createdAt") })
    }
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
pub(crate) fn listed(body: &[u8]) -> Result<List, Flaw> {
    let json = Json::read(body)?;
    let root = json.root();
    let rows = match root.value() {
        Some(Value::Array(_)) => root.list("")?,
        _ => match root.object("")?.maybe_list("processes")? {
            Some(rows) => rows,
            None => return Ok(List::default()),
        },
    };
    let read: Vec<Listed> = rows.iter().filter_map(Listed::read).collect();
    let full = read.len() == rows.len() && read.iter().all(|row| row.provider.is_some());
    Ok(List { rows: read, full })
}

/// A moment that can be compared, in milliseconds; `None` if it is none.
pub(crate) fn moment(text: Option<&str>) -> Option<i64> {
    text?.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}
