//! The request to run a flow, and its parsed form.

use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{LocaleChoice, LocaleTag, Reject, RejectCode, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::values::{DEFAULT_LIFETIME_MS, FlowId, MAX_LIFETIME_MS, SnapshotId};

/// Members that the handshake's body has of its own.
const BODY_MEMBERS: [&str; 5] = ["flow", "snapshot", "tag", "webhook", "expiry"];
/// No documented limit; far longer than a reference, and short enough not to hide a mistake.
const MAX_TAG_CHARS: usize = 512;

/// A request to run one flow for one user.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "AttestrRequest"))]
pub struct Request {
    /// The id of the flow, `FX0…`.
    pub flow_id: String,
    /// The published version of the flow to run. Without one, the draft runs (A-F4).
    #[serde(default)]
    pub snapshot: Option<String>,
    /// Your own reference for the user or device, at most 512 characters. Use nothing that identifies a person to
    /// others.
    pub tag: String,
    /// Whether the provider sends webhooks for this handshake.
    #[serde(default)]
    pub webhook: bool,
    /// When the handshake expires, in Unix milliseconds, at most 365 days ahead. Without it, the provider takes 24
    /// hours (A-F4).
    #[serde(default)]
    pub expiry: Option<i64>,
    /// The language of the flow, such as `en` or `hi`, or a list of the languages that the user prefers, best first.
    /// Without one, phones show a picker (A-F8).
    #[serde(default)]
    pub locale: Option<LocaleChoice>,
    /// Values for the variables that the flow declares; the provider ignores others (A-F7). The values go to the user's
    /// device.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Additional members of the handshake's body, such as a consent of API v3 (A-Q11).
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

/// A parsed request: what a session stores of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ParsedRequest {
    pub(crate) flow: FlowId,
    pub(crate) snapshot: Option<SnapshotId>,
    pub(crate) tag: String,
    pub(crate) webhook: bool,
    pub(crate) expiry: Option<UnixMillis>,
    pub(crate) locale: Option<LocaleTag>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) extra: Map<String, Value>,
    /// From opening to expiry.
    pub(crate) lifetime_ms: i64,
}

impl ParsedRequest {
    pub(crate) fn parse(request: Request, now: UnixMillis) -> Result<Self, Reject> {
        let expiry = request.expiry.map(|expiry| self::expiry(expiry, now)).transpose()?;
        if let Some(member) = request.extra.keys().find(|key| BODY_MEMBERS.contains(&key.as_str())) {
            let rule = format!("`{member}` is a field of the request; set it there");
            return Err(Reject::at(RejectCode::ExtraReserved, "extra", rule));
        }
        if request.variables.keys().any(String::is_empty) {
            let rule = "a variable needs the name under which the flow declares it";
            return Err(Reject::at(RejectCode::VariableUnnamed, "variables", rule));
        }
        Ok(Self {
            flow: flow_id(&request.flow_id)?,
            snapshot: request.snapshot.as_deref().map(snapshot_id).transpose()?,
            tag: tag(request.tag)?,
            webhook: request.webhook,
            expiry,
            locale: request.locale.as_ref().map(LocaleChoice::tag).transpose()?.flatten(),
            variables: request.variables,
            extra: request.extra,
            lifetime_ms: expiry.map_or(DEFAULT_LIFETIME_MS, |expiry| expiry.since(now)),
        })
    }

    /// The body of the creation. `snapshot` is always there: `null` runs the draft.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = Map::new();
        body.insert("flow".into(), self.flow.as_str().into());
        body.insert("snapshot".into(), self.snapshot.as_ref().map(SnapshotId::as_str).into());
        body.insert("tag".into(), self.tag.as_str().into());
        if self.webhook {
            body.insert("webhook".into(), true.into());
        }
        if let Some(expiry) = self.expiry {
            body.insert("expiry".into(), expiry.0.into());
        }
        body.extend(self.extra.clone());
        Value::Object(body).to_string().into_bytes()
    }

    /// Forgets what is about the person.
    pub(crate) fn wipe(&mut self) {
        self.tag.clear();
        self.variables.clear();
        self.extra.clear();
    }

    /// Restored requests are untrusted.
    pub(crate) fn is_plausible(&self) -> bool {
        (1..=MAX_LIFETIME_MS).contains(&self.lifetime_ms) && self.expiry.is_none_or(UnixMillis::is_plausible)
    }
}

fn flow_id(value: &str) -> Result<FlowId, Reject> {
    FlowId::parse(value).ok_or_else(|| {
        let rule = "a flow id looks like `FX0…`: at most 64 letters, digits, '-' and '_'; copy it from the flow's page \
                    (`DS0…` is a handshake, `FS0…` a stage)";
        Reject::at(RejectCode::FlowIdInvalid, "flow_id", rule)
    })
}

fn snapshot_id(value: &str) -> Result<SnapshotId, Reject> {
    SnapshotId::parse(value).ok_or_else(|| {
        let rule = "a snapshot is the UUID of a published version; leave it out to run the draft";
        Reject::at(RejectCode::SnapshotInvalid, "snapshot", rule)
    })
}

fn tag(value: String) -> Result<String, Reject> {
    if value.trim().is_empty() || value.chars().count() > MAX_TAG_CHARS || value.chars().any(char::is_control) {
        let rule = "your own reference for the user: 1 to 512 characters, not only white space, no control characters";
        return Err(Reject::at(RejectCode::TagInvalid, "tag", rule));
    }
    Ok(value)
}

fn expiry(value: i64, now: UnixMillis) -> Result<UnixMillis, Reject> {
    let refuse = |rule: &str| Err(Reject::at(RejectCode::ExpiryInvalid, "expiry", rule));
    let expiry = UnixMillis(value);
    if !expiry.is_plausible() {
        return refuse("expiry is in milliseconds since 1970; multiply seconds by 1000");
    }
    match expiry.since(now) {
        ..=0 => refuse("expiry must lie in the future; leave it out for 24 hours"),
        1..=MAX_LIFETIME_MS => Ok(expiry),
        _ => refuse("expiry may lie at most one year (365 days) ahead"),
    }
}
