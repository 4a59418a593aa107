//! The one error type of every call.

use alloc::string::String;
use core::fmt;

use crate::RejectCode;

/// Whose fault a [`Reject`] is.
///
/// Deliberately exhaustive: a host decides what to do by this value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "wire", serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Blame {
    /// The calling program passed something wrong; fix the call.
    Caller,
    /// The provider sent something that is not what it documents.
    Provider,
    /// A signature, token or secret did not verify; treat the sender as unknown.
    Signature,
    /// The stored snapshot cannot be used.
    Snapshot,
}

impl Blame {
    /// The stable name: `caller`, `provider`, `signature`, `snapshot`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Provider => "provider",
            Self::Signature => "signature",
            Self::Snapshot => "snapshot",
        }
    }
}

/// Why a call was refused. Whatever was refused changed nothing.
///
/// The text is ours: it names the field, the rule and the fix, and never echoes the value.
///
/// Not `#[non_exhaustive]`: it is one opaque shape, new reasons are new codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    code: RejectCode,
    field: Option<String>,
    message: String,
}

impl Reject {
    /// A refusal with its rule and fix.
    pub fn new(code: RejectCode, message: impl Into<String>) -> Self {
        Self { code, field: None, message: message.into() }
    }

    /// A refusal about one field.
    pub fn at(code: RejectCode, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(code, message).about(field)
    }

    /// Names the field it is about.
    #[must_use]
    pub fn about(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Puts the name of an enclosing object before the field, as in `request.locale`.
    #[must_use]
    pub fn within(mut self, parent: &str) -> Self {
        self.field = Some(match self.field.take() {
            Some(field) if !field.is_empty() => alloc::format!("{parent}.{field}"),
            _ => parent.into(),
        });
        self
    }

    /// The stable code, the same word in every language.
    pub fn code(&self) -> RejectCode {
        self.code
    }

    /// Whose fault it is.
    pub fn blame(&self) -> Blame {
        self.code.blame()
    }

    /// The field it is about, with a dotted path where nested.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The rule and the fix, for a developer.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {} [{}]", self.message, self.code),
            None => write!(f, "{} [{}]", self.message, self.code),
        }
    }
}

impl core::error::Error for Reject {}
