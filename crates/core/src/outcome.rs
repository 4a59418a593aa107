//! What a session comes to, and what it rests on.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{FaultCode, Flaw, FlawKind, UnixMillis};

/// How a session ended. It may leave the server. The one text in it that a client may have worded is a fault's message:
/// display it to that user only; it is dropped by an erasure, and printing leaves it out.
///
/// Deliberately exhaustive: a host must have an answer to each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Outcome {
    /// The provider's result was fetched and verified.
    Decided {
        /// What it says.
        decision: Decision,
    },
    /// The user gave up, or the session was erased before a decision.
    Abandoned {
        /// Where in the flow, if that is known (Attestr's stage id).
        stage: Option<String>,
    },
    /// Time ran out: the link, the provider's transaction, or our patience.
    Expired,
    /// Something went wrong that is no verdict about the user.
    Failed {
        /// What went wrong.
        fault: Fault,
    },
}

impl Outcome {
    /// Whether this is [`Decision::Approved`]: the only outcome that lets a user in by the provider's own verdict.
    pub fn is_approved(&self) -> bool {
        matches!(self, Self::Decided { decision: Decision::Approved })
    }

    /// Drops what a client may have worded: an erased session's outcome has none of it.
    pub fn forget_messages(&mut self) {
        if let Self::Failed { fault } = self {
            fault.message = None;
            if let Some(cause) = &mut fault.cause {
                cause.message = None;
            }
        }
    }
}

/// What a verified result says. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Decision {
    /// The provider says yes.
    Approved,
    /// The provider says no.
    Declined,
    /// The provider cannot say.
    Inconclusive,
    /// The result is authentic, and the provider gives no verdict: read the evidence (Attestr).
    Completed,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum FaultClass {
    /// Malformed or missing input (HTTP 400, 404, 422 …).
    Input,
    /// Credentials, allow-lists, consent (HTTP 401, 403).
    Authorization,
    /// The account or flow is not set up for this (HTTP 402, 409, 412 …; low credit, not provisioned).
    Configuration,
    /// Too many requests (HTTP 429).
    Throttled,
    /// No answer came, or the provider's server failed (HTTP 5xx).
    Unavailable,
    /// An answer came that cannot be trusted or read.
    Answer,
    /// None of these.
    Unknown,
}

/// What went wrong, and where. Holds no credential; printing it leaves both messages out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = ["code", "class", "operation", "status", "provider_code", "cause", "trace_id", "retryable"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Fault {
    /// What went wrong.
    pub code: FaultCode,
    /// The kind.
    pub class: FaultClass,
    /// Where, as `provider.operation`. A provider's codes mean something only together with it.
    pub operation: String,
    /// The HTTP status, if there was one.
    pub status: Option<u16>,
    /// The provider's own code.
    pub provider_code: Option<String>,
    /// The provider's words for the user, in the user's language, display only. Never from a server-to-server error.
    pub message: Option<String>,
    /// What is behind it: a root cause where the provider names one (Attestr's `original`), or what is wrong with the answer.
    pub cause: Option<Cause>,
    /// The provider's name for the exchange, for its support.
    pub trace_id: Option<String>,
    /// Whether the same call may succeed later without anything being changed.
    #[serde(alias = "again")] // the first snapshots
    pub retryable: bool,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("code", &self.code)
            .field("class", &self.class)
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("provider_code", &self.provider_code)
            .field("cause", &self.cause)
            .field("trace_id", &self.trace_id)
            .field("retryable", &self.retryable)
            .finish_non_exhaustive()
    }
}

/// What is behind a fault: the root cause that the provider names, or what is wrong with its answer. Printing it leaves the
/// message out.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = ["code", "status", "kind", "place"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Cause {
    /// The provider's code.
    pub code: Option<String>,
    /// The HTTP status it came with.
    pub status: Option<u16>,
    /// The provider's words, display only.
    pub message: Option<String>,
    /// What is wrong with the answer, if it is unreadable or about something else.
    pub kind: Option<FlawKind>,
    /// Where: a JSON path such as `transactionResult`, or `line 1 column 24`; nothing for the whole answer.
    pub place: Option<String>,
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cause")
            .field("code", &self.code)
            .field("status", &self.status)
            .field("kind", &self.kind)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl Fault {
    /// A fault with only the necessary members.
    pub fn new(code: FaultCode, operation: &str, retryable: bool) -> Self {
        Self {
            code,
            class: code.class(),
            operation: operation.into(),
            status: None,
            provider_code: None,
            message: None,
            cause: None,
            trace_id: None,
            retryable,
        }
    }

    /// No answer arrived: refused, reset, timed out.
    pub fn no_answer(operation: &str) -> Self {
        Self::new(FaultCode::NoAnswer, operation, true)
    }

    /// An answer that is not in the documented form, for example a maintenance page.
    pub fn unreadable(operation: &str, status: u16, flaw: Flaw) -> Self {
        Self { status: Some(status), cause: Some(flaw.into()), ..Self::new(FaultCode::Unreadable, operation, true) }
    }

    /// An answer about something else than what was asked for: never a pass (rule 2). The flaw's place is the member that
    /// says so.
    pub fn foreign(operation: &str, flaw: Flaw) -> Self {
        Self { cause: Some(flaw.into()), ..Self::new(FaultCode::ForeignAnswer, operation, true) }
    }

    /// An answer with an error status. Only time-outs, throttling and server errors are worth repeating.
    pub fn status(operation: &str, status: u16) -> Self {
        let retryable = matches!(status, 408 | 425 | 429 | 500..);
        Self {
            status: Some(status),
            class: FaultClass::of_status(status),
            ..Self::new(FaultCode::HttpStatus, operation, retryable)
        }
    }

    /// Adds the provider's name for the exchange, unless there is one; odd ones are dropped.
    #[must_use]
    pub fn traced(mut self, id: Option<&str>) -> Self {
        let id = id.filter(|id| id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic()));
        self.trace_id = self.trace_id.or_else(|| id.map(Into::into));
        self
    }

    /// Adds the provider's own code.
    #[must_use]
    pub fn with_provider_code(mut self, code: Option<String>) -> Self {
        self.provider_code = code;
        self
    }
}

impl FaultClass {
    /// The class that an HTTP status speaks of.
    pub fn of_status(status: u16) -> Self {
        match status {
            400 | 404 | 405 | 410 | 413 | 415 | 422 => Self::Input,
            401 | 403 => Self::Authorization,
            402 | 409 | 412 => Self::Configuration,
            429 => Self::Throttled,
            408 | 425 | 500.. => Self::Unavailable,
            _ => Self::Unknown,
        }
    }
}

/// What a decision rests on: for the record, and for data about the person. It must stay on the server.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["basis", "at", "reasons", "source"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Evidence {
    /// How it was made sure.
    pub basis: Basis,
    /// When the deciding answer was handled.
    pub at: UnixMillis,
    /// The bytes: exactly the signed slice for [`Basis::Signed`], the whole answer for [`Basis::Fetched`].
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::bytes"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::wire::Bytes"))]
    pub raw: Vec<u8>,
    /// The person, as far as the provider normalises it.
    pub person: Option<Person>,
    /// What each step of the flow said.
    pub parts: Vec<Part>,
    /// Why it is not a pass, in the provider's words; beside a pass, what must not stand there without a word.
    pub reasons: Vec<Reason>,
    /// A result that only the holder of a key can read (an encrypted eID result).
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::maybe_bytes"))]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::wire::Bytes>"))]
    pub sealed: Option<Vec<u8>>,
    /// Where it came from.
    pub source: Source,
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence")
            .field("basis", &self.basis)
            .field("at", &self.at)
            .field("raw_bytes", &self.raw.len())
            .field("parts", &self.parts.len())
            .field("reasons", &self.reasons)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// How a result was made sure. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Basis {
    /// A signature over the bytes verified under the account's secret.
    Signed {
        /// Which form of the bytes verified.
        form: SignedForm,
    },
    /// The server fetched it over TLS with its own credentials.
    Fetched,
}

/// Which form of a JSON member a signature covered. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum SignedForm {
    /// The bytes as they stood in the answer.
    AsSent,
    /// The bytes as ECMAScript's `JSON.stringify` writes them (A-Q1: inferred, can be switched off).
    Ecmascript,
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reason").field("code", &self.code).field("part", &self.part).finish_non_exhaustive()
    }
}

/// Where evidence came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Source {
    /// The provider.
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::provider"))]
    #[cfg_attr(feature = "schema", schemars(extend("x-named" = "ProviderId")))]
    pub provider: String,
    /// The operation whose answer it is.
    pub operation: String,
    /// The host that answered.
    pub host: String,
    /// Whether that host is one that the provider documents for production. A sandbox is not.
    pub production: bool,
}

/// A person, in the claim names of OpenID Connect for Identity Assurance. Printing it shows none of that.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = [])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Person {
    /// Given name(s).
    pub given_name: Option<String>,
    /// Family name(s).
    pub family_name: Option<String>,
    /// Middle name or patronymic.
    pub middle_name: Option<String>,
    /// Date of birth, `YYYY-MM-DD`.
    pub birthdate: Option<String>,
    /// Gender, in the provider's word.
    pub gender: Option<String>,
    /// Nationalities, ISO 3166 alpha-3 where the provider normalises them.
    pub nationalities: Vec<String>,
    /// Place of birth.
    pub place_of_birth: Option<String>,
    /// The national personal number (IIN, BSN …).
    pub personal_number: Option<String>,
    /// Telephone number.
    pub phone_number: Option<String>,
    /// The document shown.
    pub document: Option<Document>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}

/// An identity document. Printing it shows none of that.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = [])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Document {
    /// The type, in the provider's word (`passport`, `identityCard` …).
    pub kind: Option<String>,
    /// Its number.
    pub document_number: Option<String>,
    /// Date of issue, `YYYY-MM-DD`.
    pub date_of_issuance: Option<String>,
    /// Date of expiry, `YYYY-MM-DD`.
    pub date_of_expiry: Option<String>,
    /// Issuing country, ISO 3166 alpha-3 where the provider normalises it.
    pub issuer_country: Option<String>,
    /// Issuing authority.
    pub issuer_name: Option<String>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document(..)")
    }
}

/// What one step or one provider within a flow said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Part {
    /// Its name: a stage id, a technology code, a process provider.
    pub name: String,
    /// Whether it passed, if it says so.
    pub passed: Option<bool>,
    /// Its status in the provider's word.
    pub status: Option<String>,
    /// Its score in the provider's decimal text (B-16).
    pub score: Option<String>,
}

/// Why something did not pass. Printing it leaves the detail out: it is the provider's free text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = ["code", "part"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Reason {
    /// The provider's code or type.
    pub code: String,
    /// The provider's further words.
    pub detail: Option<String>,
    /// The part it belongs to.
    pub part: Option<String>,
}
