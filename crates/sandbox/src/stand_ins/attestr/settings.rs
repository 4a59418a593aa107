//! The settings that an Attestr customer has in Studio, and what the documents leave open.

use serde::{Deserialize, Serialize};

use super::errors::SessionErrorKind;
use crate::config::DeliveryPolicy;

/// The settings of the Attestr stand-in.
// Switches that are set by name in a file: enums would only hide that each is a yes or a no.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttestrSettings {
    /// The registered apps, with their three credentials.
    pub accounts: Vec<AttestrAccount>,
    /// The flows, as built in Studio.
    pub flows: Vec<Flow>,
    /// The API versions that exist. Others are refused with the code 40051.
    pub versions: Vec<String>,
    /// Invention (A-Q10): the languages in which messages exist. For others, messages are in English, and the log has a
    /// hint.
    pub languages: Vec<String>,
    /// How long a handshake stays valid unless the request says otherwise, in milliseconds: 24 hours.
    pub default_expiry_ms: i64,
    /// The largest `expiry`, in milliseconds from now: one year, read as 365 days.
    pub longest_expiry_ms: i64,
    /// Invention (A-Q5): the error when a consumed handshake is launched without `retry`, or an expired one is
    /// launched.
    pub session_error: SessionErrorKind,
    /// Invention (A-Q4): whether `result` holds the stages passed so far, and is signed, before the end and after a
    /// skip or an error. If not, `result` and its signature are null.
    pub partial_result: bool,
    /// Invention (A-Q1): whether answers are pretty-printed although the signature covers the compact text.
    pub pretty: bool,
    /// Whether calls need `Content-Type: application/json`, also without a body, as the documents say.
    pub strict_headers: bool,
    /// Whether handlers receive their data as a JSON string instead of an object. The object serves both styles:
    /// converted to a text it is its own JSON, so that `JSON.parse` of the published sample works.
    pub handler_data_as_string: bool,
    /// Invention: how often a stage may be submitted again after a recoverable error, if the stage has no value
    /// of its own.
    pub retry_attempts: u32,
    /// How webhooks are sent.
    pub webhooks: DeliveryPolicy,
    /// The socket between the browser library and the flow.
    pub socket: SocketSettings,
    /// Invention: when a handshake is archived after its end, in virtual milliseconds. None: only on request.
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

/// The time-outs of the socket. They run in real time, like the network. Both are inventions.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SocketSettings {
    /// How long the connection may have no frame before it is closed with 1001, in milliseconds.
    pub idle_ms: u64,
    /// The time between pings, in milliseconds.
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
    /// The client key, which is public: browsers and phones receive it.
    pub client_key: String,
    /// The client secret, which is the HMAC key as a text (A-Q2).
    pub client_secret: String,
    /// The auth token, the ready-made Basic credential for server calls.
    pub auth_token: String,
    /// The webhook that receives events.
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

/// A webhook, as registered in the dashboard. A handshake uses it if it is created with `webhook: true`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// The URL that events are posted to.
    pub url: String,
    /// The token, sent as `Authorization: Basic <token>`.
    pub token: String,
    /// The events to send; all if empty.
    #[serde(default)]
    pub events: Vec<String>,
}

/// A flow as built in Studio.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// The flow's id, `FX0…`.
    pub id: String,
    /// Whether the flow is active. Inactive flows are refused with the code 40034.
    #[serde(default = "yes")]
    pub active: bool,
    /// The published versions. The draft always exists.
    #[serde(default)]
    pub snapshots: Vec<String>,
    /// The declared variables. Any other name in `qr` is ignored.
    #[serde(default)]
    pub variables: Vec<String>,
    /// The stages of the flow, in order.
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
    /// The stage's id, `FS0…`.
    pub id: String,
    /// The type of the stage.
    pub kind: StageKind,
    /// How often it may be submitted again after a recoverable error.
    #[serde(default)]
    pub retry_attempts: Option<u32>,
}

/// The types of stages that the sandbox can show.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StageKind {
    /// The user enters a permanent account number.
    Pan,
    /// The user enters a code that was sent to a mobile number.
    MobileOtp,
    /// The user enters a code that was sent to an e-mail address.
    EmailOtp,
    /// The user's picture is compared with another.
    FaceMatch,
    /// The user enters a payment address.
    Vpa,
    /// The user enters a bank account.
    BankAcc,
    /// The user enters a tax registration.
    Gstin,
    /// The user enters the number of a voter identity card.
    Epic,
    /// The user enters the number of a driving licence.
    Dl,
    /// The user enters the number of a food-safety licence.
    Fssai,
}
