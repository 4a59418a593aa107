//! Webhooks (B-F10). The provider signs none of them: they bring a look at the result forward and decide nothing.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use idvkit_core::{Flaw, FlawKind, Input, Json, Node, Reject, RejectCode, UnixMillis};
use serde_json::Value;

use crate::{
    account::Account,
    answers::FlowResult,
    values::{SessionId, Technology},
};

/// The largest accepted webhook, in bytes: a result with its documents and photos is large.
pub const MAX_WEBHOOK_BYTES: usize = 32 * 1024 * 1024;

/// A webhook, as sent. It is read leniently: only event and session are required.
#[derive(Clone, PartialEq)]
pub struct Webhook {
    /// The id of the delivery.
    pub id: Option<String>,
    /// The event that the webhook reports.
    pub event: WebhookEvent,
    /// The session that the webhook belongs to.
    pub session_id: SessionId,
    /// When the event happened, in Unix milliseconds (the provider sends seconds).
    pub created: Option<UnixMillis>,
    /// Whether the provider calls it a success. This is a claim, like the rest.
    pub success: Option<bool>,
    /// The flow's name in the dashboard.
    pub flow_name: Option<String>,
    /// The member `metadata`: `{}` or null in every sample (B-15).
    pub metadata: Option<Value>,
    data: Value,
}

/// The event that a webhook reports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookEvent {
    /// `flow.start`: the user began the flow.
    FlowStart,
    /// `technology.start`: a step began.
    TechnologyStart,
    /// `technology.end`: a step ended.
    TechnologyEnd,
    /// `flow.end`: the flow ended.
    FlowEnd,
    /// Any other event.
    Other(String),
}

impl Webhook {
    /// Reads a webhook's body.
    ///
    /// # Errors
    /// `callback_malformed` if the body is not a JSON object with an event and a session, or larger than 32 MiB.
    pub fn parse(body: &[u8]) -> Result<Self, Reject> {
        if body.len() > MAX_WEBHOOK_BYTES {
            return Err(malformed(&Flaw::new(FlawKind::TooLarge, "")));
        }
        Json::read(body).and_then(|json| Self::of(&json.root())).map_err(|flaw| malformed(&flaw))
    }

    fn of(root: &Node<'_>) -> Result<Self, Flaw> {
        let session_id = SessionId::read(root.text("session_id")?);
        let seconds = root.loose_integer("created");
        let ended = root.at("data.session_result").value();
        Ok(Self {
            id: root.loose_text("id"),
            event: WebhookEvent::parse(root.text("event")?),
            session_id: session_id.ok_or_else(|| root.flaw(FlawKind::MemberValue, "session_id"))?,
            created: seconds.map(|seconds| UnixMillis(seconds.saturating_mul(1000))).filter(|at| at.is_plausible()),
            success: root.maybe_flag("success").ok().flatten(),
            flow_name: root.loose_text("flow_name"),
            metadata: root.at("metadata").value().cloned(),
            data: ended.or_else(|| root.at("data").value()).cloned().unwrap_or_default(),
        })
    }

    /// A key that is equal for every delivery of the same webhook: keep it to handle each webhook once (B-Q16).
    pub fn dedupe_key(&self) -> String {
        match &self.id {
            Some(id) => id.clone(),
            None => {
                format!("{}/{}/{}", self.session_id.as_str(), self.event.as_str(), self.created.map_or(0, |at| at.0))
            }
        }
    }

    /// The flow's technologies in their order, if the event is `flow.start`.
    pub fn technologies(&self) -> Vec<Technology> {
        let codes = self.data.get("technologies").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        codes
            .iter()
            .filter_map(|code| code.as_str().or_else(|| code.get("code")?.as_str()))
            .map(Technology::parse)
            .collect()
    }

    /// The step that began, if the event is `technology.start`.
    pub fn technology(&self) -> Option<Technology> {
        self.data.get("technology_code").and_then(Value::as_str).map(Technology::parse)
    }

    /// The result that `flow.end` claims. Never decide on it: a session fetches the result itself.
    ///
    /// # Errors
    /// As [`FlowResult::parse`].
    pub fn claimed_result(&self) -> Result<FlowResult, Reject> {
        let claimed = Json::from(self.data.clone());
        FlowResult::of(&claimed.root()).map_err(|flaw| flaw.reject(RejectCode::ResultMalformed))
    }
}

impl WebhookEvent {
    /// Reads the provider's word.
    pub fn parse(word: &str) -> Self {
        match word {
            "flow.start" => Self::FlowStart,
            "technology.start" => Self::TechnologyStart,
            "technology.end" => Self::TechnologyEnd,
            "flow.end" => Self::FlowEnd,
            other => Self::Other(other.chars().take(64).collect()),
        }
    }

    /// The provider's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::FlowStart => "flow.start",
            Self::TechnologyStart => "technology.start",
            Self::TechnologyEnd => "technology.end",
            Self::FlowEnd => "flow.end",
            Self::Other(word) => word,
        }
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("event", &self.event).field("success", &self.success).finish_non_exhaustive()
    }
}

/// The id of the session that a webhook belongs to.
///
/// # Errors
/// `callback_secret_wrong` if the account has webhook secrets and the path ends in none of them; `callback_malformed`;
/// `no_reference` for other inputs: a redirect never comes, as the provider knows no return URL.
pub(crate) fn reference_of(account: &Account, input: &Input) -> Result<Option<String>, Reject> {
    match input {
        Input::Callback { url, body, .. } => {
            check_segment(account, url)?;
            Webhook::parse(body).map(|webhook| Some(webhook.session_id.into()))
        }
        _ => Err(Reject::at(RejectCode::NoReference, "input", "only webhooks carry a reference of the provider")),
    }
}

/// Checks the secret path segment, if there is one to check: then the webhook comes from the provider. Returns whether
/// that is so.
pub(crate) fn check_segment(account: &Account, url: &str) -> Result<bool, Reject> {
    if account.webhook_secrets.is_empty() {
        return Ok(false);
    }
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let given = path.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    if idvkit_signature::any_same(&account.webhook_secrets, given.as_bytes()) {
        return Ok(true);
    }
    let message = "the webhook's path does not end in the secret segment; pass the URL as it was requested";
    Err(Reject::new(RejectCode::CallbackSecretWrong, message).about("url"))
}

fn malformed(flaw: &Flaw) -> Reject {
    flaw.reject(RejectCode::CallbackMalformed)
}
