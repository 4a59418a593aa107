//! The ids of dossiers and processes.

use alloc::string::String;
use core::fmt;

use idvkit_core::{Flaw, FlawKind, Node, Reject, RejectCode, one_form};
use serde::{Deserialize, Serialize};

/// An id of a dossier or process: 1 to 64 letters, digits, hyphens and underscores. Samples are UUIDs (S-F4), and a
/// UUID is converted to lower case (S-D18). The set of characters is our choice, so that no id can leave its place in a
/// path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(String);

impl Id {
    /// Parses an id.
    ///
    /// # Errors
    /// `reference_invalid`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Reject> {
        Self::read(text).ok_or_else(|| {
            let rule =
                "an id has 1 to 64 letters, digits, hyphens and underscores; pass it exactly as Signicat gave it";
            Reject::at(RejectCode::ReferenceInvalid, field, rule)
        })
    }

    /// Reads one, or `None` if it has another form.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        ((1..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(one_form(text)))
    }

    /// Reads the member of that name of what the provider sent.
    pub(crate) fn at(node: &Node<'_>, name: &str) -> Result<Self, Flaw> {
        Self::read(node.text(name)?).ok_or_else(|| node.flaw(FlawKind::MemberValue, name))
    }

    /// The same where the member may be missing.
    pub(crate) fn maybe_at(node: &Node<'_>, name: &str) -> Result<Option<Self>, Flaw> {
        node.maybe_text(name)?.map(|_| Self::at(node, name)).transpose()
    }

    /// The id as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Id {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::read(&text).ok_or("id")
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A process, with the dossier that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The id of the dossier.
    pub dossier: Id,
    /// The id of the process.
    pub process: Id,
}

/// Something that a session created and that an erasure deletes. Deliberately exhaustive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// A dossier, with everything in it.
    Dossier(Id),
    /// A process in a dossier of the caller's.
    Process(Place),
}
