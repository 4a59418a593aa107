//! What a caller gives and what the provider sends, as plain data and parsed types.

use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{Cause, Fault, FaultClass, FaultCode, Flaw, Json, Reject, RejectCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest stretch of a localized message that is kept, in characters (our limit: the text is display only).
pub(crate) const MAX_MESSAGE: usize = 400;
/// The same for the message of a cause.
pub(crate) const MAX_CAUSE_MESSAGE: usize = 200;

/// One registered Attestr app, as a caller configures it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "AttestrConfig"))]
pub struct Config {
    /// The app's auth token: the ready-made credential that stands behind `Basic`, opaque, never encoded again (A-F2).
    pub auth_token: String,
    /// The app's client key, hex digits. It is public: pages and phones get it.
    pub client_key: String,
    /// The app's client secret, the key of `resultSignature`. A list for the time in which two may be in use.
    pub client_secrets: Vec<String>,
    /// The tokens that webhooks carry behind `Basic`, as the dashboard shows them (A-F12). Without one, webhooks are
    /// refused. A list for rotation.
    #[serde(default)]
    pub webhook_tokens: Vec<String>,
    /// Settings that the documents leave open, or that seldom change.
    #[serde(default)]
    pub options: Options,
}

/// What the documents leave open, each with a default that can be overridden.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent switches, each off unless the documents prove wrong"
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "AttestrOptions"))]
pub struct Options {
    /// The provider's staging system instead of production (A-F1).
    pub staging: bool,
    /// The API version in the path; `v1` by default (A-F1: v3 is announced).
    pub api_version: Option<String>,
    /// Another base URL of the API, up to `/api`, for a sandbox or proxy.
    pub api_base: Option<String>,
    /// Another place of the browser library: an HTTPS URL, or a path on your own site that begins with `/` (A-F1: a local
    /// copy).
    pub library_src: Option<String>,
    /// Development switch: allows plain HTTP to `localhost` and `127.0.0.1`, each with a port, for `api_base` and
    /// `library_src`. Off by default, and nothing else becomes laxer.
    pub development: bool,
    /// Accepts no signature over the ECMAScript form of `result`, only over the bytes as sent (A-Q1: that form is
    /// inferred, and tried second by default).
    pub as_sent_only: bool,
    /// Takes the bytes that the hex digits of the client secret stand for as the key; its text by default (A-Q2,
    /// inferred).
    pub hex_decoded_secret: bool,
    /// A name for this account that survives a change of its client key; snapshots are bound to it.
    pub account_id: Option<String>,
    /// How long the user may take, in milliseconds; until the handshake expires by default.
    pub user_timeout_ms: Option<i64>,
    /// How long the proof of a claimed success may take, in milliseconds; 15 minutes by default (inferred).
    pub result_timeout_ms: Option<i64>,
    /// How long a claimed skip or error waits for a success proof, in milliseconds; 30 seconds by default (inferred). It
    /// counts from the first such claim, and a success that is only claimed does not put it off: one that comes later
    /// has what is left of this time to be proven.
    pub grace_ms: Option<i64>,
    /// Offsets in seconds, since a claimed success, at which to fetch the result; 0, 2, 4, 8, 15, 30, 60, 120, 300 and
    /// then each 300 by default (inferred).
    pub poll_offsets_seconds: Option<Vec<i64>>,
    /// The time-out of every request, in milliseconds, 1 000 to 300 000; 30 000 by default (A-F9: the provider's own
    /// client).
    pub timeout_ms: Option<u32>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("options", &self.options).finish_non_exhaustive()
    }
}

/// One run of one flow by one user.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "AttestrRequest"))]
pub struct Request {
    /// The flow id, `FX0…`.
    pub flow_id: String,
    /// The published version to run; the draft is run if none is given (A-F4).
    #[serde(default)]
    pub snapshot: Option<String>,
    /// Your own reference for the user or device. Use nothing that identifies a person to others.
    pub tag: String,
    /// Whether the provider is to send webhooks for this handshake.
    #[serde(default)]
    pub webhook: bool,
    /// When the handshake expires, in Unix milliseconds, at most 365 days ahead; the provider takes 24 hours if this is
    /// not given (A-F4).
    #[serde(default)]
    pub expiry: Option<i64>,
    /// The language, such as `en` or `hi`. Without one, phones show a picker (A-F8).
    #[serde(default)]
    pub locale: Option<String>,
    /// Values for the variables that the flow declares; the provider ignores others (A-F7). They go to the user's device.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Further members of the handshake's body, such as a consent of API v3 (A-Q11).
    #[serde(default)]
    pub extra: Map<String, Value>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("flow_id", &self.flow_id)
            .field("snapshot", &self.snapshot)
            .field("webhook", &self.webhook)
            .field("expiry", &self.expiry)
            .field("locale", &self.locale)
            .finish_non_exhaustive()
    }
}

/// An id that the provider or its dashboard gave: 1 to 64 letters, digits, `-` and `_`.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $parse:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads one, or `None` if it has another form.
            pub fn parse(value: &str) -> Option<Self> {
                let fits: fn(&str) -> bool = $parse;
                fits(value).then(|| Self(value.to_string()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(value: String) -> Result<Self, Self::Error> {
                Self::parse(&value).ok_or("id")
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// A handshake, also called device session: `DS0` and 6 to 30 letters, digits, `-` and `_` (A-F3).
    HandshakeId,
    |value| value.strip_prefix("DS0").is_some_and(|rest| (6..=30).contains(&rest.len()) && is_token(rest))
);
id!(
    /// A flow. Samples begin with `FX0` (A-F3); no rule is documented, so only what is plainly another id is refused.
    FlowId,
    |value| is_token(value) && !["DS0", "FS0", "MX1", "OX0"].iter().any(|other| value.starts_with(other))
);
id!(
    /// A published version of a flow. Samples are UUIDs (A-F3); no rule is documented.
    SnapshotId,
    is_token
);
id!(
    /// A stage of a flow. Samples begin with `FS0` (A-F3); no rule is documented.
    StageId,
    is_token
);
id!(
    /// A client key: hex digits, of any length (A-F2).
    ClientKey,
    |value| !value.is_empty() && value.bytes().all(|b| b.is_ascii_hexdigit())
);

fn is_token(value: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=64).contains(&value.len()) && value.bytes().all(allowed)
}

/// A signature that somebody claims: exactly 64 hex digits, in lower case (A-F3).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClaimedSignature(String);

impl ClaimedSignature {
    /// Reads one in any letter case, or `None` if it has another form.
    pub fn parse(value: &str) -> Option<Self> {
        let fits = value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| Self(value.to_ascii_lowercase()))
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClaimedSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimedSignature(..)")
    }
}

impl TryFrom<String> for ClaimedSignature {
    type Error = &'static str;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        Self::parse(&value).ok_or("signature")
    }
}

impl From<ClaimedSignature> for String {
    fn from(signature: ClaimedSignature) -> Self {
        signature.0
    }
}

/// The body of an error answer of the API (A-F4). A number means something only together with the operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiError {
    /// The provider's code.
    pub code: Option<i64>,
    /// The HTTP status that the body names, if it names one.
    pub http_status: Option<u16>,
}

impl ApiError {
    /// Reads what an error answer says; anything else, such as a proxy's HTML page, says nothing. Its words are for
    /// developers and may echo what was sent: they are not kept.
    pub fn from_json(body: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let slots = Slots::of(&value["code"], &value["httpStatusCode"]);
        Self { code: slots.code, http_status: slots.status }
    }
}

/// The error that ended a flow on the user's device (A-F7): a claim, not a verdict. The text is display only.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchError {
    /// The provider's code; each type of stage has its own.
    pub code: Option<i64>,
    /// The HTTP status that classifies it.
    pub http_status: Option<u16>,
    /// The provider's words in the user's language.
    pub message: Option<String>,
    /// Where it halted: that stage, or the last completed one while the next was being found, or `None` if there was
    /// none yet.
    pub stage: Option<StageId>,
    /// The root cause, if it is another one: low credit, rate limit, service not provisioned …
    pub original: Option<LaunchCause>,
}

/// The cause behind a [`LaunchError`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchCause {
    /// The provider's code.
    pub code: Option<i64>,
    /// The HTTP status.
    pub http_status: Option<u16>,
    /// The provider's words.
    pub message: Option<String>,
}

impl LaunchError {
    /// Reads the object of the error handler (A-F7). Numbers may be written as texts, and swapped slots are put
    /// right.
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

    /// The same as a fault. The root cause, where there is one, says whether trying again may help.
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

/// What the result answer says besides `result` itself, which is never parsed before it is verified (A-F5).
#[derive(Clone, PartialEq, Eq)]
pub struct ExecutionResult {
    /// The handshake that it is about.
    pub handshake: String,
    /// The handshake's human-readable number.
    pub number: Option<String>,
    /// Your own reference.
    pub tag: Option<String>,
    /// Whether the handshake was used once to run the flow on a device.
    pub consumed: Option<bool>,
    /// When it was archived, in Unix time of undocumented unit; its data are gone then.
    pub archived: Option<i64>,
    /// The claimed signature of `result`: it proves nothing before it was verified.
    pub signature: Option<String>,
}

impl ExecutionResult {
    /// Reads the answer's members.
    ///
    /// # Errors
    /// `result_unreadable` if it is not the documented object, or a member stands there twice.
    pub fn from_json(body: &[u8]) -> Result<Self, Reject> {
        Self::read(body).map_err(|flaw| flaw.reject(RejectCode::ResultUnreadable))
    }

    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        let json = Json::read(body)?;
        let root = json.root().object("")?;
        let text = |name| Ok(root.maybe_text(name)?.map(ToString::to_string));
        Ok(Self {
            handshake: root.text("_id")?.to_string(),
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

/// A number that says whether; anything that is neither absent, null, false nor zero counts, as its data may be gone.
fn unix_time(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Null | Value::Bool(false) => None,
        value => Some(integer(value).unwrap_or(1)).filter(|time| *time != 0),
    }
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
