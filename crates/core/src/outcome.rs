//! How a session ends, and the evidence that a decision rests on.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{FaultCode, Flaw, FlawKind, UnixMillis};

/// How a session ended. It may leave the server. A client can have worded one text in it, the message of a fault: show
/// that message to this user only. An erasure drops the message, and printing leaves it out.
///
/// Deliberately exhaustive: a host handles each of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Outcome {
    /// The provider's result was fetched and verified. The only outcome that carries a verdict.
    Decided {
        /// The provider's verdict.
        decision: Decision,
    },
    /// The user gave up, or the session was erased before a decision.
    Abandoned {
        /// The step of the flow at which the user gave up, if that is known (Attestr's stage id).
        stage: Option<String>,
    },
    /// Time ran out: the link or the provider's transaction expired, or a time-out of the account passed.
    Expired,
    /// Something went wrong. That is no verdict about the user.
    Failed {
        /// What went wrong.
        fault: Fault,
    },
}

impl Outcome {
    /// Whether the outcome is [`Decision::Approved`], the only one by which the provider itself approves the user.
    pub fn is_approved(&self) -> bool {
        matches!(self, Self::Decided { decision: Decision::Approved })
    }

    /// Drops texts that a client can have worded: an erased session's outcome has none.
    pub fn forget_messages(&mut self) {
        if let Self::Failed { fault } = self {
            fault.message = None;
            if let Some(cause) = &mut fault.cause {
                cause.message = None;
            }
        }
    }
}

/// The verdict of a verified result. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Decision {
    /// The provider approves the user.
    Approved,
    /// The provider declines the user.
    Declined,
    /// The provider cannot decide.
    Inconclusive,
    /// The result is authentic, but the provider gives no verdict (Attestr): read the evidence and decide yourself.
    Completed,
}

/// The class of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum FaultClass {
    /// The request was malformed or lacked something (HTTP 400, 404, 422 …).
    Input,
    /// The provider refused the credentials, the caller's address or a consent (HTTP 401, 403).
    Authorization,
    /// The account or flow is not set up for the request (HTTP 402, 409, 412 …): for example too little credit, or not
    /// provisioned.
    Configuration,
    /// The provider received too many requests (HTTP 429).
    Throttled,
    /// No answer came, or the provider's server failed (HTTP 5xx).
    Unavailable,
    /// An answer came that cannot be trusted or cannot be parsed.
    Answer,
    /// None of the other classes fits.
    Unknown,
}

/// What went wrong, and at which operation. It holds no credential, and printing it leaves the messages out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = ["code", "class", "operation", "status", "provider_code", "cause", "trace_id", "retryable"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Fault {
    /// The code of what went wrong.
    pub code: FaultCode,
    /// The class of the fault.
    pub class: FaultClass,
    /// The operation that failed, as `provider.operation`. A provider's code has a meaning only together with it.
    pub operation: String,
    /// The HTTP status of the answer, if an answer came.
    pub status: Option<u16>,
    /// The provider's own code, if it gave one.
    pub provider_code: Option<String>,
    /// The provider's text for the user, in the user's language. Only display it. It never comes from an error between
    /// servers.
    pub message: Option<String>,
    /// The cause of the fault, if known: the root cause that the provider names (Attestr's `original`), or what is
    /// wrong with the answer.
    pub cause: Option<Cause>,
    /// The provider's id of the exchange. Give it to the provider's support.
    pub trace_id: Option<String>,
    /// Whether the same call may succeed later although nothing is changed.
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

/// The cause of a fault: the root cause that the provider names, or what is wrong with its answer. Printing it leaves
/// the message out.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = ["code", "status", "kind", "place"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Cause {
    /// The provider's code for the root cause.
    pub code: Option<String>,
    /// The HTTP status that came with the root cause.
    pub status: Option<u16>,
    /// The provider's text about the root cause. Only display it.
    pub message: Option<String>,
    /// What is wrong with the answer, if it cannot be parsed or belongs to something else than was asked for.
    pub kind: Option<FlawKind>,
    /// The place of the flaw in the answer: a JSON path such as `transactionResult`, or `line 1 column 24`; absent for
    /// the whole answer.
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
    /// A fault with only the required members.
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

    /// A fault for a missing answer: the connection was refused, was reset, or timed out.
    pub fn no_answer(operation: &str) -> Self {
        Self::new(FaultCode::NoAnswer, operation, true)
    }

    /// A fault for an answer that does not have the documented form, for example a maintenance page.
    pub fn unreadable(operation: &str, status: u16, flaw: Flaw) -> Self {
        Self { status: Some(status), cause: Some(flaw.into()), ..Self::new(FaultCode::Unreadable, operation, true) }
    }

    /// A fault for an answer that belongs to something else than was asked for: never a pass (rule 2). The flaw's place
    /// is the member that shows it.
    pub fn foreign(operation: &str, flaw: Flaw) -> Self {
        Self { cause: Some(flaw.into()), ..Self::new(FaultCode::ForeignAnswer, operation, true) }
    }

    /// A fault for an answer with an error status. It is retryable only for 408, 425, 429 and statuses from 500.
    pub fn status(operation: &str, status: u16) -> Self {
        let retryable = matches!(status, 408 | 425 | 429 | 500..);
        Self {
            status: Some(status),
            class: FaultClass::of_status(status),
            ..Self::new(FaultCode::HttpStatus, operation, retryable)
        }
    }

    /// Adds the provider's id of the exchange, unless there is one; an id of an unusual form is dropped.
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
    /// The class of faults that an HTTP status indicates.
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

/// What a decision rests on: keep it for your records, and read the person's data from it. It must stay on the server.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["basis", "at", "reasons", "source"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Evidence {
    /// How the result was verified.
    pub basis: Basis,
    /// When the deciding answer was handled.
    pub at: UnixMillis,
    /// The verified bytes: exactly the signed slice for [`Basis::Signed`], the whole answer for [`Basis::Fetched`].
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::bytes"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::wire::Bytes"))]
    pub raw: Vec<u8>,
    /// The person's data, as far as the provider normalises it.
    pub person: Option<Person>,
    /// The result of each step of the flow.
    pub parts: Vec<Part>,
    /// The provider's reasons why the result is not a pass. Beside a pass, they are warnings of the provider.
    pub reasons: Vec<Reason>,
    /// A result that only the holder of a key can decrypt (an encrypted eID result).
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::maybe_bytes"))]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::wire::Bytes>"))]
    pub sealed: Option<Vec<u8>>,
    /// The answer that the evidence comes from.
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

/// How a result was verified. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Basis {
    /// A signature over the bytes was verified with the account's secret.
    Signed {
        /// The form of the bytes that the signature covers.
        form: SignedForm,
    },
    /// The server fetched the result over TLS with its own credentials.
    Fetched,
}

/// The form of a JSON member that a signature covers. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum SignedForm {
    /// The member's bytes as they stood in the answer.
    AsSent,
    /// The member as ECMAScript's `JSON.stringify` writes it (A-Q1: inferred, can be switched off).
    Ecmascript,
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reason").field("code", &self.code).field("part", &self.part).finish_non_exhaustive()
    }
}

/// The answer that evidence comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Source {
    /// The provider that answered.
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::provider"))]
    #[cfg_attr(feature = "schema", schemars(extend("x-named" = "ProviderId")))]
    pub provider: String,
    /// The operation that was answered.
    pub operation: String,
    /// The host name that answered.
    pub host: String,
    /// Whether the provider documents this host for production. It is `false` for a sandbox.
    pub production: bool,
}

/// A person's data, in the claim names of OpenID Connect for Identity Assurance. Printing it shows none of the data.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = [])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Person {
    /// The given name or names.
    pub given_name: Option<String>,
    /// The family name or names.
    pub family_name: Option<String>,
    /// The middle name or patronymic.
    pub middle_name: Option<String>,
    /// The date of birth, `YYYY-MM-DD`.
    pub birthdate: Option<String>,
    /// The gender, in the provider's word.
    pub gender: Option<String>,
    /// The nationalities, as ISO 3166 alpha-3 codes where the provider normalises them.
    pub nationalities: Vec<String>,
    /// The place of birth.
    pub place_of_birth: Option<String>,
    /// The national personal number (IIN, BSN …).
    pub personal_number: Option<String>,
    /// The telephone number.
    pub phone_number: Option<String>,
    /// The identity document that was shown.
    pub document: Option<Document>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}

/// An identity document. Printing it shows none of its data.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = [])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Document {
    /// The document's type, in the provider's word (`passport`, `identityCard` …).
    pub kind: Option<String>,
    /// The document's number.
    pub document_number: Option<String>,
    /// The date of issue, `YYYY-MM-DD`.
    pub date_of_issuance: Option<String>,
    /// The date of expiry, `YYYY-MM-DD`.
    pub date_of_expiry: Option<String>,
    /// The issuing country, as an ISO 3166 alpha-3 code where the provider normalises it.
    pub issuer_country: Option<String>,
    /// The issuing authority.
    pub issuer_name: Option<String>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document(..)")
    }
}

/// The result of one step, or of one provider, within a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Part {
    /// The part's name: a stage id, a technology code, or a process provider.
    pub name: String,
    /// Whether the part passed; absent if the provider does not say.
    pub passed: Option<bool>,
    /// The part's status, in the provider's word.
    pub status: Option<String>,
    /// The part's score, in the provider's decimal text (B-16).
    pub score: Option<String>,
}

/// Why something did not pass. Printing it leaves the detail out, because that is the provider's free text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = ["code", "part"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Reason {
    /// The provider's code or type.
    pub code: String,
    /// The provider's further text about it.
    pub detail: Option<String>,
    /// The name of the part that the reason belongs to.
    pub part: Option<String>,
}
