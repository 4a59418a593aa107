//! The error type of every call.

use alloc::string::String;
use core::fmt;

use crate::RejectCode;

/// Who caused a [`Reject`].
///
/// Deliberately exhaustive: a host decides what to do by this value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "wire", serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Blame {
    /// The calling program passed something wrong: fix the call.
    Caller,
    /// The provider sent something that is not what it documents.
    Provider,
    /// A signature, token or secret did not verify: treat the sender as unknown.
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

/// Why a call was refused. A refused call has changed nothing.
///
/// The text is written by idvkit: it names the field, the rule and the fix, and never repeats the value.
///
/// Not `#[non_exhaustive]`, as its fields are private: a new reason is a new code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    code: RejectCode,
    field: Option<String>,
    message: String,
}

impl Reject {
    /// A reject whose message gives the rule and the fix.
    pub fn new(code: RejectCode, message: impl Into<String>) -> Self {
        Self { code, field: None, message: message.into() }
    }

    /// A reject about one field.
    pub fn at(code: RejectCode, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(code, message).about(field)
    }

    /// Sets the field that the reject is about.
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

    /// Who caused the reject.
    pub fn blame(&self) -> Blame {
        self.code.blame()
    }

    /// The field that the reject is about, with a dotted path for a nested one.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The HTTP status with which a host answers the request of a browser that led to this reject.
    pub fn http_status(&self) -> u16 {
        self.code.http_status()
    }

    /// The HTTP status with which a host answers a provider whose callback led to this reject.
    pub fn callback_status(&self) -> u16 {
        self.code.callback_status()
    }

    /// The rule and the fix, written for a developer.
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
