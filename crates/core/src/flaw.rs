//! What is wrong with a text that somebody sent: its kind and its place, and never a value.

use alloc::{format, string::String};

use crate::{Cause, Reject, RejectCode, codes::words};

words! {
    /// What is wrong with a text that somebody sent. New kinds may be added; none is ever given another meaning.
    pub enum FlawKind {
        /// There is nothing in it.
        Empty = "empty";
        /// It is a page of HTML, as proxies and maintenance pages send, where JSON was expected.
        Html = "html";
        /// It is not JSON.
        JsonSyntax = "json_syntax";
        /// A member that is needed is missing.
        MemberMissing = "member_missing";
        /// A member stands there twice, so readers would disagree about which one counts.
        MemberTwice = "member_twice";
        /// A member is of another type than documented.
        MemberType = "member_type";
        /// A member is of the documented type and has a value that cannot be.
        MemberValue = "member_value";
        /// A member that decides holds what is no text: bytes that are no UTF-8, half a surrogate pair, a control character.
        NotUtf8 = "not_utf8";
        /// It is about something else than what was asked for.
        OtherReference = "other_reference";
        /// It is larger than any documented one.
        TooLarge = "too_large";
    }
}

/// One flaw of a text that somebody sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    kind: FlawKind,
    place: String,
}

impl Flaw {
    /// A flaw at a place: a JSON path such as `parts[2].result`, or empty for the whole text.
    pub fn new(kind: FlawKind, place: impl Into<String>) -> Self {
        Self { kind, place: place.into() }
    }

    /// What is wrong.
    pub fn kind(&self) -> FlawKind {
        self.kind
    }

    /// Where: a JSON path, `line 1 column 24`, or empty for the whole text.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The same as the reason of a refused call.
    pub fn reject(&self, code: RejectCode) -> Reject {
        let meaning = self.kind.meaning();
        match self.kind {
            FlawKind::JsonSyntax => Reject::at(code, "body", format!("{meaning} See {}.", self.place)),
            _ if self.place.is_empty() => Reject::at(code, "body", meaning),
            _ => Reject::at(code, self.place.as_str(), meaning),
        }
    }
}

/// The same as the cause of a fault.
impl From<Flaw> for Cause {
    fn from(flaw: Flaw) -> Self {
        let place = Some(flaw.place).filter(|place| !place.is_empty());
        Self { kind: Some(flaw.kind), place, ..Self::default() }
    }
}
