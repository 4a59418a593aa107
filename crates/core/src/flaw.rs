//! What is wrong with a text that was received: the kind and the place of a flaw, never a value.

use alloc::{format, string::String};

use crate::{Cause, Reject, RejectCode, codes::words};

words! {
    /// What is wrong with a text that was received. Later versions may add kinds; no kind ever changes its meaning.
    pub enum FlawKind {
        /// The text is empty.
        Empty = "empty";
        /// The text is an HTML page, as proxies and maintenance pages send, where JSON was expected.
        Html = "html";
        /// The text is not JSON.
        JsonSyntax = "json_syntax";
        /// A required member is missing.
        MemberMissing = "member_missing";
        /// A member occurs twice, so that readers could disagree about which one counts.
        MemberTwice = "member_twice";
        /// A member has another type than documented.
        MemberType = "member_type";
        /// A member has the documented type, but its value is not possible.
        MemberValue = "member_value";
        /// A member that decides has bytes that are not UTF-8, half a surrogate pair, or a control character.
        NotUtf8 = "not_utf8";
        /// The text belongs to another session or transaction than the one asked for.
        OtherReference = "other_reference";
        /// The text is larger than any documented one.
        TooLarge = "too_large";
    }
}

/// One flaw of a text that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    kind: FlawKind,
    place: String,
}

impl Flaw {
    /// A flaw of this kind at a place: a JSON path such as `parts[2].result`, or empty for the whole text.
    pub fn new(kind: FlawKind, place: impl Into<String>) -> Self {
        Self { kind, place: place.into() }
    }

    /// The kind of the flaw.
    pub fn kind(&self) -> FlawKind {
        self.kind
    }

    /// The place of the flaw: a JSON path, `line 1 column 24`, or empty for the whole text.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// A reject with this code that describes the flaw.
    pub fn reject(&self, code: RejectCode) -> Reject {
        let meaning = self.kind.meaning();
        match self.kind {
            FlawKind::JsonSyntax => Reject::at(code, "body", format!("{meaning} See {}.", self.place)),
            _ if self.place.is_empty() => Reject::at(code, "body", meaning),
            _ => Reject::at(code, self.place.as_str(), meaning),
        }
    }
}

/// The cause of a fault that describes the flaw.
impl From<Flaw> for Cause {
    fn from(flaw: Flaw) -> Self {
        let place = Some(flaw.place).filter(|place| !place.is_empty());
        Self { kind: Some(flaw.kind), place, ..Self::default() }
    }
}
