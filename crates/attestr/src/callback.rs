//! Webhooks: whether they are genuine, which session they belong to, and what they claim (A-F12).

use alloc::string::String;

use idvkit_core::{Header, Input, Reject, RejectCode, Secret, UnixMillis};
use idvkit_signature::any_same;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    account::Account,
    answers::LaunchError,
    values::{ClaimedSignature, HandshakeId, StageId},
};

/// The largest accepted webhook, in bytes.
pub const MAX_WEBHOOK_BYTES: usize = 1024 * 1024;
/// How the names of events of a flow begin; others are the platform's.
pub(crate) const OF_A_FLOW: &str = "flowx.";

/// The key of a webhook: the handshake it belongs to, and what tells the event from others, as a provider may deliver
/// the same event more than once (A-Q9). `None` for a genuine event that belongs to no session (`async.completed` and
/// other events of the platform).
///
/// # Errors
/// `webhook_not_configured`, `webhook_token_missing`, `webhook_token_malformed`, `webhook_token_wrong`,
/// `webhook_too_large`, `webhook_unreadable`; `no_reference` for other inputs: a redirect never comes, as Attestr knows no
/// return URL.
pub fn webhook_key(account: &Account, input: &Input, now: UnixMillis) -> Result<Option<WebhookKey>, Reject> {
    now.plausible()?;
    match input {
        Input::Callback { headers, body, .. } => {
            Ok(Webhook::receive(account, headers, body)?.map(|webhook| webhook.key))
        }
        _ => Err(Reject::at(RejectCode::NoReference, "input", "only webhooks carry a reference of the provider")),
    }
}

/// The key of a webhook. Two deliveries with the same key report the same event (A-Q9, inferred).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WebhookKey {
    /// The handshake that the webhook belongs to.
    pub handshake: HandshakeId,
    /// The event's name, such as `flowx.completed`.
    pub event: String,
    /// When the handshake changed, in Unix milliseconds, if the webhook says so.
    pub updated: Option<i64>,
}

/// A genuine webhook about a handshake.
pub(crate) struct Webhook {
    pub(crate) key: WebhookKey,
    pub(crate) tag: Option<String>,
    pub(crate) news: News,
}

/// What it says. The server fetches the result itself before it believes any of it.
pub(crate) enum News {
    Completed {
        signature: ClaimedSignature,
    },
    Skipped {
        stage: Option<StageId>,
    },
    Errored {
        error: LaunchError,
    },
    /// An event of the flow that this version does not know.
    Other,
}

impl Webhook {
    /// Checks the token before it looks at anything else. `None`: genuine, and not about a handshake.
    pub(crate) fn receive(account: &Account, headers: &[Header], body: &[u8]) -> Result<Option<Self>, Reject> {
        let header = Header::find(headers, "authorization");
        match Self::open(&account.webhook_tokens, header, body)? {
            Envelope { event, .. } if !event.starts_with(OF_A_FLOW) => Ok(None),
            envelope => Self::of_flow(envelope).ok_or_else(unreadable).map(Some),
        }
    }

    /// Reads an envelope, after the token of its `Authorization` header has been checked.
    pub(crate) fn open(tokens: &[Secret], header: Option<&str>, body: &[u8]) -> Result<Envelope, Reject> {
        authenticate(tokens, header)?;
        if body.len() > MAX_WEBHOOK_BYTES {
            return Err(Reject::at(RejectCode::WebhookTooLarge, "body", "a webhook has at most 1 MiB"));
        }
        serde_json::from_slice(body).map_err(|_| unreadable())
    }

    pub(crate) fn of_flow(envelope: Envelope) -> Option<Self> {
        let Envelope { event, payload } = envelope;
        let text = |name: &str| payload[name].as_str();
        let news = match event.as_str() {
            "flowx.completed" => News::Completed { signature: ClaimedSignature::parse(text("resultSignature")?)? },
            "flowx.skipped" => News::Skipped { stage: text("stage").and_then(StageId::parse) },
            "flowx.errored" => News::Errored { error: error(&payload) },
            _ => News::Other,
        };
        let handshake = HandshakeId::parse(text("_id")?)?;
        let tag = text("tag").map(String::from);
        let updated = payload["updated"].as_i64();
        Some(Self { key: WebhookKey { handshake, event, updated }, tag, news })
    }
}

/// A webhook before its payload is read.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    pub(crate) event: String,
    #[serde(default)]
    payload: Value,
}

/// The payload of an error is not documented: below `error`, or beside the other members (A-Q8).
fn error(payload: &Value) -> LaunchError {
    let inner = &payload["error"];
    let mut error = LaunchError::from_value(if inner.is_object() { inner } else { payload });
    error.stage = error.stage.or_else(|| payload["stage"].as_str().and_then(StageId::parse));
    error
}

fn authenticate(tokens: &[Secret], header: Option<&str>) -> Result<(), Reject> {
    if tokens.is_empty() {
        let rule = "configure the webhook token from the dashboard; without it the sender cannot be authenticated";
        return Err(Reject::at(RejectCode::WebhookNotConfigured, "webhook_tokens", rule));
    }
    let refuse = |code, why| Err(Reject::new(code, why).about("headers.authorization"));
    let Some(value) = header else {
        return refuse(RejectCode::WebhookTokenMissing, "there is no Authorization header");
    };
    let token = match value.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("basic") => token.trim_start(),
        _ => return refuse(RejectCode::WebhookTokenMalformed, "the Authorization header is not `Basic` and one token"),
    };
    if any_same(tokens, token.as_bytes()) {
        return Ok(());
    }
    refuse(
        RejectCode::WebhookTokenWrong,
        "the token matches none of the configured ones; answer 401 and do not trust the sender",
    )
}

pub(crate) fn unreadable() -> Reject {
    Reject::new(RejectCode::WebhookUnreadable, "this is not a webhook as documented: {event, payload} with its members")
}
