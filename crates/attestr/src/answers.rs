//! Reads Attestr's answers, and the error that its library reports.

use alloc::string::{String, ToString};
use core::fmt;

use idvkit_core::{Cause, Fault, FaultClass, FaultCode, Flaw, FlawKind, Json, Node, Reject, RejectCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::values::{HandshakeId, StageId};

/// The longest stretch of a localized message that is kept, in characters (our limit: the text is display only).
pub(crate) const MAX_MESSAGE: usize = 400;
/// The same for the message of a cause.
pub(crate) const MAX_CAUSE_MESSAGE: usize = 200;

/// The answer to the creation of a handshake. `digest` is reserved (A-F4, A-Q13), the `number` is for the provider's portal.
pub(crate) struct Created {
    pub(crate) handshake: HandshakeId,
}

impl Created {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        Ok(Self { handshake: handshake(&Json::read(body)?.root())? })
    }
}

/// The members of a result answer beside `result` itself, which is never parsed before it is verified (A-F5).
#[derive(Clone, PartialEq, Eq)]
pub struct ExecutionResult {
    /// The handshake that the result belongs to.
    pub handshake: HandshakeId,
    /// The handshake's human-readable number.
    pub number: Option<String>,
    /// Your own reference, from the request.
    pub tag: Option<String>,
    /// Whether the handshake was used to run the flow on a device.
    pub consumed: Option<bool>,
    /// When the handshake was archived, in Unix time of an undocumented unit. Its data are deleted then.
    pub archived: Option<i64>,
    /// The claimed signature of `result`. It proves nothing before it is verified.
    pub signature: Option<String>,
}

impl ExecutionResult {
    /// Reads the answer's members.
    ///
    /// # Errors
    /// `result_unreadable` if it is not the documented object, or a member occurs twice.
    pub fn from_json(body: &[u8]) -> Result<Self, Reject> {
        let read = Json::read(body).and_then(|json| Self::read(&json));
        read.map_err(|flaw| flaw.reject(RejectCode::ResultUnreadable))
    }

    pub(crate) fn read(json: &Json) -> Result<Self, Flaw> {
        let root = json.root().object("")?;
        let text = |name| Ok(root.maybe_text(name)?.map(ToString::to_string));
        Ok(Self {
            handshake: handshake(&root)?,
            number: root.loose_text("number"),
            tag: text("tag")?,
            consumed: root.maybe_flag("consumed")?,
            archived: unix_time(root.maybe_value("archived")?),
            signature: text("resultSignature")?,
        })
    }
}

impl fmt::Debug for ExecutionResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecutionResult")
            .field("handshake", &self.handshake)
            .field("consumed", &self.consumed)
            .field("archived", &self.archived)
            .finish_non_exhaustive()
    }
}

/// The body of an error answer of the API (A-F4). The number has a meaning only together with the operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiError {
    /// The provider's code.
    pub code: Option<i64>,
    /// The HTTP status that the body names, if it names one.
    pub http_status: Option<u16>,
}

impl ApiError {
    /// Reads the body of an error answer. Another body, such as a proxy's HTML page, gives no members. The provider's
    /// texts are dropped: they are for developers and may repeat what was sent.
    pub fn from_json(body: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let slots = Slots::of(&value["code"], &value["httpStatusCode"]);
        Self { code: slots.code, http_status: slots.status }
    }
}

/// The error that ended a flow on the user's device (A-F7). It is a claim, not a verdict, and its text is only for
/// display.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchError {
    /// The provider's code. Each type of stage has its own codes.
    pub code: Option<i64>,
    /// The HTTP status that classifies the error.
    pub http_status: Option<u16>,
    /// The provider's text, in the user's language.
    pub message: Option<String>,
    /// The stage that failed, or the last completed one if the error came between two stages; `None` before the first
    /// stage.
    pub stage: Option<StageId>,
    /// The root cause, if it is a different one: low credit, rate limit, service not provisioned …
    pub original: Option<LaunchCause>,
}

/// The root cause of a [`LaunchError`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchCause {
    /// The provider's code.
    pub code: Option<i64>,
    /// The HTTP status of the cause.
    pub http_status: Option<u16>,
    /// The provider's text.
    pub message: Option<String>,
}

impl LaunchError {
    /// Reads the object that the error handler receives (A-F7). Numbers may be texts, and swapped members are
    /// corrected.
    pub fn from_value(value: &Value) -> Self {
        let slots = Slots::of(&value["code"], &value["httpStatusCode"]);
        let original = &value["original"];
        let stage = value["stage"].as_str().and_then(StageId::parse);
        let cause = original.is_object().then(|| {
            let slots = Slots::of(&original["code"], &original["httpStatusCode"]);
            let message = display(&original["message"], MAX_CAUSE_MESSAGE);
            LaunchCause { code: slots.code, http_status: slots.status, message }
        });
        let message = display(&value["message"], MAX_MESSAGE);
        Self { code: slots.code, http_status: slots.status, message, stage, original: cause }
    }

    /// The error as a fault. If there is a root cause, it decides whether the fault is retryable.
    pub fn fault(&self, operation: &str) -> Fault {
        let of_status = |status: Option<u16>| status.map(|status| Fault::status(operation, status));
        let cause_status = self.original.as_ref().and_then(|cause| cause.http_status);
        let again = of_status(cause_status.or(self.http_status)).is_some_and(|fault| fault.retryable);
        Fault {
            status: self.http_status,
            message: self.message.clone(),
            cause: self.original.as_ref().map(|cause| Cause {
                code: cause.code.map(|code| code.to_string()),
                status: cause.http_status,
                message: cause.message.clone(),
                ..Cause::default()
            }),
            class: self.http_status.map_or(FaultClass::Unknown, FaultClass::of_status),
            ..Fault::new(FaultCode::FlowError, operation, again)
        }
        .with_provider_code(self.code.map(|code| code.to_string()))
    }
}

impl fmt::Debug for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LaunchError")
            .field("code", &self.code)
            .field("http_status", &self.http_status)
            .field("stage", &self.stage)
            .field("original", &self.original)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for LaunchCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LaunchCause")
            .field("code", &self.code)
            .field("http_status", &self.http_status)
            .finish_non_exhaustive()
    }
}

/// A number that says whether; anything that is neither absent, null, false nor zero counts, as its data may be gone.
fn unix_time(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Null | Value::Bool(false) => None,
        value => Some(integer(value).unwrap_or(1)).filter(|time| *time != 0),
    }
}

fn handshake(root: &Node<'_>) -> Result<HandshakeId, Flaw> {
    HandshakeId::parse(root.text("_id")?).ok_or_else(|| root.flaw(FlawKind::MemberValue, "_id"))
}

/// A code and an HTTP status, each in its own place.
struct Slots {
    code: Option<i64>,
    status: Option<u16>,
}

impl Slots {
    /// Whatever lies in 100 to 599 is the status, if the other one cannot be.
    fn of(code: &Value, status: &Value) -> Self {
        let as_status = |number: Option<i64>| {
            number.and_then(|number| u16::try_from(number).ok()).filter(|number| (100..600).contains(number))
        };
        let (code, status) = (integer(code), integer(status));
        match (as_status(status), as_status(code)) {
            (Some(status), _) => Self { code, status: Some(status) },
            (None, Some(swapped)) if status.is_some() => Self { code: status, status: Some(swapped) },
            (None, _) => Self { code, status: None },
        }
    }
}

/// A whole number, also where it is written as a text.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A text for display, without controls and of limited length.
fn display(value: &Value, max: usize) -> Option<String> {
    let text: String = value.as_str()?.chars().filter(|c| !c.is_control()).take(max).collect();
    (!text.is_empty()).then_some(text)
}
