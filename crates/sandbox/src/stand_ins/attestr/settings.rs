//! What an Attestr customer sets in Studio, and what the documents leave open.

use serde::{Deserialize, Serialize};

use super::errors::SessionErrorKind;
use crate::config::DeliveryPolicy;

/// The Attestr side of the sandbox.
// Switches that are set by name in a file: enums would only hide that each is a yes or a no.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttestrSettings {
    /// Registered apps with their three credentials.
    pub accounts: Vec<AttestrAccount>,
    /// Flows as built in Studio.
    pub flows: Vec<Flow>,
    /// API versions that exist; others are refused with 40051.
    pub versions: Vec<String>,
    /// Invention (A-Q10): the languages that messages exist in; others get English, with a hint.
    pub languages: Vec<String>,
    /// How long a handshake lives unless it says otherwise: 24 hours.
    pub default_expiry_ms: i64,
    /// How far ahead `expiry` may lie: one year, read as 365 days.
    pub longest_expiry_ms: i64,
    /// Invention (A-Q5): the error for launching a consumed handshake without `retry`, or an expired one.
    pub session_error: SessionErrorKind,
    /// Invention (A-Q4): before the end, and after a skip or an error, `result` holds the stages passed so far and is
    /// signed; otherwise both are null.
    pub partial_result: bool,
    /// Invention (A-Q1): answers are pretty-printed although the signature is over the compact text.
    pub pretty: bool,
    /// Calls need `Content-Type: application/json`, also without a body, as the documents have it.
    pub strict_headers: bool,
    /// Handlers get their data as a JSON string instead of an object. The object serves both styles as it is: as a text
    /// it is its JSON, so that the vendor's sample may call `JSON.parse`.
    pub handler_data_as_string: bool,
    /// Invention: how often a stage may be submitted again after a recoverable error, unless the stage says so.
    pub retry_attempts: u32,
    /// How webhooks are sent.
    pub webhooks: DeliveryPolicy,
    /// The socket between the browser library and the flow.
    pub socket: SocketSettings,
    /// Invention: virtual milliseconds after the end at which a handshake is archived; none: only on request.
    pub archive_after_ms: Option<i64>,
}

impl Default for AttestrSettings {
    fn default() -> Self {
        Self {
            accounts: vec![AttestrAccount::default()],
            flows: vec![Flow::default()],
            versions: vec!["v1".into()],
            languages: ["en", "hi", "ru", "kk", "de"].map(str::to_owned).to_vec(),
            default_expiry_ms: 24 * 60 * 60_000,
            longest_expiry_ms: 365 * 24 * 60 * 60_000,
            session_error: SessionErrorKind::default(),
            partial_result: true,
            pretty: false,
            strict_headers: true,
            handler_data_as_string: false,
            retry_attempts: 2,
            webhooks: DeliveryPolicy { retry_after_ms: vec![10_000, 60_000], ..DeliveryPolicy::default() },
            socket: SocketSettings::default(),
            archive_after_ms: None,
        }
    }
}

impl AttestrSettings {
    pub(crate) fn check(&self) -> Result<(), String> {
        let hexadecimal = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !self.accounts.iter().all(|account| hexadecimal(&account.client_key)) {
            return Err("attestr.accounts: a client_key has hexadecimal digits only".into());
        }
        if self.flows.iter().any(|flow| flow.stages.is_empty()) {
            return Err("attestr.flows: a flow needs at least one stage".into());
        }
        Ok(())
    }
}

/// The socket's clocks, which run in real time like the network they watch over. Both are inventions.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SocketSettings {
    /// Milliseconds without a frame after which the connection is closed with 1001.
    pub idle_ms: u64,
    /// Milliseconds between pings, which find out whether the device is still there.
    pub ping_ms: u64,
}

impl Default for SocketSettings {
    fn default() -> Self {
        Self { idle_ms: 120_000, ping_ms: 20_000 }
    }
}

/// One registered app. Its credentials are worth nothing outside the sandbox.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestrAccount {
    /// Public: goes to the browser or phone.
    pub client_key: String,
    /// The HMAC key, used as text (A-Q2).
    pub client_secret: String,
    /// The ready-made Basic credential for server calls.
    pub auth_token: String,
    /// Where events go.
    #[serde(default)]
    pub webhook: Option<Webhook>,
}

impl Default for AttestrAccount {
    fn default() -> Self {
        Self {
            client_key: "00112233445566778899aabbccddeeff".into(),
            client_secret: "0123456789abcdef0123456789abcdef0123456789abcdef".into(),
            auth_token: "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=".into(),
            webhook: None,
        }
    }
}

/// A webhook as registered in the dashboard; a handshake turns it on with `webhook: true`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where events are posted.
    pub url: String,
    /// Sent as `Authorization: Basic <token>`.
    pub token: String,
    /// The events to send; empty: all.
    #[serde(default)]
    pub events: Vec<String>,
}

/// A flow as built in Studio.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// `FX0…`.
    pub id: String,
    /// Inactive flows are refused with 40034.
    #[serde(default = "yes")]
    pub active: bool,
    /// Published versions; the draft is always there.
    #[serde(default)]
    pub snapshots: Vec<String>,
    /// Declared variables; any other name in `qr` is ignored.
    #[serde(default)]
    pub variables: Vec<String>,
    /// What the user goes through, in this order.
    pub stages: Vec<Stage>,
}

impl Default for Flow {
    fn default() -> Self {
        let stage = |id: &str, kind| Stage { id: id.into(), kind, retry_attempts: None };
        Self {
            id: "FX02zfeuvcj36knhn06us".into(),
            active: true,
            snapshots: vec!["d79c9c09-9367-4929-b0e3-b4eb38d0e4b8".into()],
            variables: vec!["name".into(), "pan".into(), "mobile".into()],
            stages: vec![
                stage("FS02zfeuv3tcnkq2mond2", StageKind::Pan),
                stage("FS02zfeuv3tcnkq2mond3", StageKind::MobileOtp),
                stage("FS02zfeuv3tcnkq2mond4", StageKind::FaceMatch),
            ],
        }
    }
}

fn yes() -> bool {
    true
}

/// One step of a flow.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// `FS0…`.
    pub id: String,
    /// What it asks for.
    pub kind: StageKind,
    /// How often it may be submitted again after a recoverable error.
    #[serde(default)]
    pub retry_attempts: Option<u32>,
}

/// The stage types that the sandbox can show.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StageKind {
    /// Permanent account number.
    Pan,
    /// A code sent to a mobile number.
    MobileOtp,
    /// A code sent to an e-mail address.
    EmailOtp,
    /// A picture compared with another.
    FaceMatch,
    /// A payment address.
    Vpa,
    /// A bank account.
    BankAcc,
    /// A tax registration.
    Gstin,
    /// A voter identity card.
    Epic,
    /// A driving licence.
    Dl,
    /// A food-safety licence.
    Fssai,
}
