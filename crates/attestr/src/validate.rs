//! From what a caller wrote to what a flow can rely on: parsed once, never checked again.

use crate::ID;
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{
    LocaleTag, PollPlan, Reject, RejectCode, Secret, UnixMillis, fingerprint,
    machine::{self, Schedule},
    settings,
};
use idvkit_signature::{KeyForm, Scheme};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::types::{ClientKey, Config, FlowId, Options, Request, SnapshotId};

/// How long a handshake lives unless the request says otherwise, in milliseconds (A-F4).
pub const DEFAULT_LIFETIME_MS: i64 = 24 * 3_600_000;
/// The farthest expiry, in milliseconds from now: "1 year" (A-F4), read as 365 days.
pub const MAX_LIFETIME_MS: i64 = 365 * 24 * 3_600_000;

/// The provider's host of the API in production (A-F1).
const PRODUCTION_HOST: &str = "api.attestr.com";
const API_BASE: &str = "https://api.attestr.com/api";
const STAGING_API_BASE: &str = "https://qa.api.attestr.com/api";
const LIBRARY: &str = "https://cdn.attestr.com/flowx.js";
const STAGING_LIBRARY: &str = "https://qa.attestr.com/lib/flowx.js";

/// Members that the handshake's body has of its own.
const BODY_MEMBERS: [&str; 5] = ["flow", "snapshot", "tag", "webhook", "expiry"];
/// No documented limit; far longer than a reference, and short enough not to hide a mistake.
const MAX_TAG_CHARS: usize = 512;

/// A parsed account, with its credentials. It prints none of them.
pub struct Account {
    pub(crate) auth_token: Secret,
    pub(crate) client_key: ClientKey,
    pub(crate) client_secrets: Vec<Secret>,
    pub(crate) webhook_tokens: Vec<Secret>,
    pub(crate) scheme: Scheme,
    pub(crate) ecmascript_form: bool,
    /// Up to and with the version, without a slash at the end.
    pub(crate) api: String,
    pub(crate) api_host: String,
    pub(crate) library_src: String,
    pub(crate) user_timeout_ms: Option<i64>,
    pub(crate) schedule: Schedule,
    pub(crate) timeout_ms: u32,
    fingerprint: String,
}

impl Account {
    /// Parses an account, once at start-up.
    ///
    /// # Errors
    /// About the field, with the rule and the fix: `credential_missing`, `credential_malformed`, `client_key_invalid`,
    /// `api_version_invalid`, `base_url_invalid`, `library_src_invalid`, `duration_out_of_range`,
    /// `timeout_out_of_range`, `poll_plan_invalid`, `account_id_invalid`.
    pub fn new(config: Config) -> Result<Self, Reject> {
        let Config { auth_token, client_key, client_secrets, webhook_tokens, options } = config;
        let client_key = ClientKey::parse(&client_key).ok_or_else(|| {
            let rule = "the client key has only hex digits; paste it from the app's page (it is not the client secret)";
            Reject::at(RejectCode::ClientKeyInvalid, "client_key", rule)
        })?;
        let scheme = scheme(&options);
        let (api, api_host) = api(&options)?;
        Ok(Self {
            auth_token: basic_token("auth_token", auth_token)?,
            client_secrets: secrets(scheme, client_secrets)?,
            webhook_tokens: webhook_tokens
                .into_iter()
                .map(|token| basic_token("webhook_tokens", token))
                .collect::<Result<_, _>>()?,
            scheme,
            ecmascript_form: !options.as_sent_only,
            api,
            api_host,
            library_src: library_src(&options)?,
            user_timeout_ms: settings::duration_ms("user_timeout_ms", options.user_timeout_ms)?,
            schedule: schedule(&options)?,
            timeout_ms: settings::timeout_ms(options.timeout_ms)?,
            fingerprint: account_name(&client_key, options.account_id.as_deref())?,
            client_key,
        })
    }

    /// Whether the host is the one that the provider documents for production.
    pub(crate) fn is_production(&self) -> bool {
        self.api_host == PRODUCTION_HOST
    }
}

impl machine::Account for Account {
    const PROVIDER: &'static str = ID;

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("fingerprint", &self.fingerprint)
            .field("api_host", &self.api_host)
            .finish_non_exhaustive()
    }
}

/// A parsed request: what a session stores of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
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

impl Order {
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
            locale: request.locale.as_deref().map(LocaleTag::parse).transpose()?,
            variables: request.variables,
            extra: request.extra,
            lifetime_ms: expiry.map_or(DEFAULT_LIFETIME_MS, |expiry| expiry.since(now)),
        })
    }

    /// Restored orders are untrusted.
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
        let rule = "the tag is your own reference for the user: 1 to 512 characters, not only white space, no controls";
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

/// What stands behind `Basic` in a header: visible ASCII without spaces.
fn basic_token(field: &str, value: String) -> Result<Secret, Reject> {
    if value.is_empty() {
        let rule = "it is empty; paste the token that the dashboard shows";
        return Err(Reject::at(RejectCode::CredentialMissing, field, rule));
    }
    if value.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("basic ")) {
        let rule = "leave out the word `Basic`; it is added for you";
        return Err(Reject::at(RejectCode::CredentialMalformed, field, rule));
    }
    if !value.bytes().all(|b| b.is_ascii_graphic()) {
        let rule =
            "the token has only visible ASCII characters; remove spaces and line ends, and do not encode it again";
        return Err(Reject::at(RejectCode::CredentialMalformed, field, rule));
    }
    Ok(Secret::from(value))
}

fn secrets(scheme: Scheme, values: Vec<String>) -> Result<Vec<Secret>, Reject> {
    let field = "client_secrets";
    let missing = "give the app's client secret: without it no result can be verified";
    if values.is_empty() || values.iter().any(String::is_empty) {
        return Err(Reject::at(RejectCode::CredentialMissing, field, missing));
    }
    let check = |value: String| {
        if value.bytes().any(|b| b.is_ascii_whitespace() || b.is_ascii_control()) {
            let rule = "a client secret has no spaces or line ends; paste it again";
            return Err(Reject::at(RejectCode::CredentialMalformed, field, rule));
        }
        let secret = Secret::from(value);
        match scheme.check_secret(&secret) {
            Ok(()) => Ok(secret),
            Err(mismatch) => Err(Reject::at(RejectCode::CredentialMalformed, field, mismatch.to_string())),
        }
    };
    values.into_iter().map(check).collect()
}

fn scheme(options: &Options) -> Scheme {
    let key = if options.hex_decoded_secret { KeyForm::HexDecoded } else { KeyForm::Text };
    Scheme { key, ..Scheme::HMAC_SHA256_HEX }
}

/// The base URL with the version, and its host.
fn api(options: &Options) -> Result<(String, String), Reject> {
    let default = if options.staging { STAGING_API_BASE } else { API_BASE };
    let base = options.api_base.as_deref().unwrap_or(default);
    let base = settings::base_url(&option("api_base"), base, options.development)?;
    let version = options.api_version.as_deref().unwrap_or("v1");
    if !version.strip_prefix('v').is_some_and(|number| (1..=3).contains(&number.len()) && is_number(number)) {
        let rule = "an API version looks like `v1`";
        return Err(Reject::at(RejectCode::ApiVersionInvalid, option("api_version"), rule));
    }
    let host = settings::host_of(&base).to_string();
    Ok((format!("{base}/{version}"), host))
}

fn library_src(options: &Options) -> Result<String, Reject> {
    let default = if options.staging { STAGING_LIBRARY } else { LIBRARY };
    let src = options.library_src.as_deref().unwrap_or(default);
    let field = option("library_src");
    if !src.starts_with('/') {
        return settings::base_url(&field, src, options.development);
    }
    if src.starts_with("//") || !src.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>`\\".contains(&b)) {
        let rule =
            "a path on your own site begins with one `/` and has only URL characters; otherwise give an https URL";
        return Err(Reject::at(RejectCode::LibrarySrcInvalid, field, rule));
    }
    Ok(src.to_string())
}

fn schedule(options: &Options) -> Result<Schedule, Reject> {
    let field = option("poll_offsets_seconds");
    let offsets = options.poll_offsets_seconds.clone().unwrap_or_else(|| [0, 2, 4, 8, 15, 30, 60, 120, 300].to_vec());
    if offsets.iter().any(|offset| !(0..=MAX_LIFETIME_MS / 1000).contains(offset)) {
        let rule = "each offset is a number of seconds from 0 up to a year";
        return Err(Reject::at(RejectCode::PollPlanInvalid, field, rule));
    }
    Ok(Schedule {
        // Nothing that the provider answers says that the user is done (A-Q3): without a claim there is nothing to look for.
        lookout: PollPlan::never(2),
        verdict: PollPlan::seconds(&offsets, 300, 2).checked(&field)?,
        user_timeout_ms: DEFAULT_LIFETIME_MS,
        result_timeout_ms: settings::duration_ms("result_timeout_ms", options.result_timeout_ms)?
            .unwrap_or(15 * 60_000),
        grace_ms: settings::duration_ms("grace_ms", options.grace_ms)?.unwrap_or(30_000),
        max_failures: 5,
    })
}

fn account_name(client_key: &ClientKey, account_id: Option<&str>) -> Result<String, Reject> {
    match account_id {
        Some("") => {
            let rule = "give the account a name, or leave it out to use the client key";
            Err(Reject::at(RejectCode::AccountIdInvalid, option("account_id"), rule))
        }
        Some(id) => Ok(fingerprint(&["attestr", "id", id])),
        None => Ok(fingerprint(&["attestr", "key", &client_key.as_str().to_ascii_lowercase()])),
    }
}

/// The field's name within the configuration.
fn option(name: &str) -> String {
    format!("options.{name}")
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}
