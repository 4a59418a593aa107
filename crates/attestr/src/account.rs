//! An Attestr account: its configuration, and the parsed account with its credentials.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{
    BaseUrl, PollPlan, Reject, RejectCode, Secret, Source, fingerprint,
    machine::{self, Schedule},
    settings,
};
use idvkit_signature::{KeyForm, Mismatch, Scheme};
use serde::Deserialize;

use crate::values::{ClientKey, DEFAULT_LIFETIME_MS, ID, MAX_LIFETIME_MS};

/// The provider's host of the API in production (A-F1).
const PRODUCTION_HOST: &str = "api.attestr.com";
const API_BASE: &str = "https://api.attestr.com/api";
const STAGING_API_BASE: &str = "https://qa.api.attestr.com/api";
const LIBRARY: &str = "https://cdn.attestr.com/flowx.js";
const STAGING_LIBRARY: &str = "https://qa.attestr.com/lib/flowx.js";

/// The configuration of one registered Attestr app.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "AttestrConfig"))]
pub struct Config {
    /// The app's auth token, sent as it is behind `Basic`. It is already encoded: do not encode it again (A-F2).
    pub auth_token: String,
    /// The app's client key, in hex digits. It is public: pages and phones receive it.
    pub client_key: String,
    /// The app's client secrets, the keys of `resultSignature`. Give two while one replaces the other.
    pub client_secrets: Vec<String>,
    /// The tokens that webhooks carry behind `Basic`, as the dashboard shows them (A-F12). Without a token, webhooks
    /// are refused. Give two while one replaces the other.
    #[serde(default)]
    pub webhook_tokens: Vec<String>,
    /// Settings for what Attestr's documents leave open, or what seldom changes.
    #[serde(default)]
    pub options: Options,
}

/// Settings for what Attestr's documents leave open. Each has a default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent switches, each off unless the documents prove wrong"
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "AttestrOptions"))]
pub struct Options {
    /// Whether to use the provider's staging system instead of production (A-F1).
    pub staging: bool,
    /// The API version in the path; `v1` by default (A-F1: v3 is announced).
    pub api_version: Option<String>,
    /// Another base URL of the API, up to and with `/api`, for a sandbox or proxy.
    pub api_base: Option<String>,
    /// Another URL of the browser library: an HTTPS URL, or a path on your own site that begins with `/` (A-F1: a local
    /// copy).
    pub library_src: Option<String>,
    /// Development switch: allows plain HTTP to `localhost` and `127.0.0.1`, each with a port, for `api_base` and
    /// `library_src`. Off by default. It allows nothing else.
    pub development: bool,
    /// Whether to accept a signature only over the bytes of `result` as sent. By default, its ECMAScript form is tried
    /// second (A-Q1: that form is inferred).
    pub as_sent_only: bool,
    /// Whether the key is the bytes that the client secret's hex digits encode. By default, the key is the secret's
    /// text (A-Q2, inferred).
    pub hex_decoded_secret: bool,
    /// Your name for this account, 1 to 128 characters. Snapshots are bound to it, so they stay valid when the client
    /// key changes.
    pub account_id: Option<String>,
    /// How long the user may take, in milliseconds, one second to 400 days. By default, until the handshake expires.
    pub user_timeout_ms: Option<i64>,
    /// How long to wait for the signed result after a claimed success, in milliseconds; 15 minutes by default
    /// (inferred).
    pub result_timeout_ms: Option<i64>,
    /// How long a claimed skip or error waits for the signed result of a success, in milliseconds; 30 seconds by
    /// default (inferred). It counts from the first such claim. An error waits only if a success was claimed before it;
    /// otherwise one more look ends the run (A-Q14).
    pub grace_ms: Option<i64>,
    /// When to fetch the result after a claimed success, as offsets in seconds. By default 0, 2, 4, 8, 15, 30, 60, 120,
    /// 300 and then every 300 (inferred).
    pub poll_offsets_seconds: Option<Vec<i64>>,
    /// The time-out of every request, in milliseconds, 1 000 to 300 000; 30 000 by default (A-F9: as in the provider's
    /// own client).
    pub timeout_ms: Option<u32>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A parsed account with its credentials. Printing it shows none of them.
pub struct Account {
    pub(crate) auth_token: Secret,
    pub(crate) client_key: ClientKey,
    pub(crate) client_secrets: Vec<Secret>,
    pub(crate) webhook_tokens: Vec<Secret>,
    pub(crate) scheme: Scheme,
    pub(crate) ecmascript_form: bool,
    /// Up to and with the version.
    pub(crate) api: BaseUrl,
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
    /// A [`Reject`] that names the field, the rule and the fix: `credential_missing`, `credential_malformed`,
    /// `client_key_invalid`, `api_version_invalid`, `base_url_invalid`, `library_src_invalid`, `duration_out_of_range`,
    /// `timeout_out_of_range`, `poll_plan_invalid`, `account_id_invalid`.
    pub fn new(config: Config) -> Result<Self, Reject> {
        let options = config.options;
        let client_key = client_key(&config.client_key)?;
        let scheme = scheme(&options);
        Ok(Self {
            auth_token: settings::token("auth_token", &config.auth_token)?,
            client_secrets: client_secrets(scheme, &config.client_secrets)?,
            webhook_tokens: settings::secrets("webhook_tokens", &config.webhook_tokens)?,
            scheme,
            ecmascript_form: !options.as_sent_only,
            api: api(&options)?,
            library_src: library_src(&options)?,
            user_timeout_ms: settings::duration_ms("user_timeout_ms", options.user_timeout_ms)?,
            schedule: schedule(&options)?,
            timeout_ms: settings::timeout_ms(options.timeout_ms)?,
            fingerprint: account_name(&client_key, options.account_id.as_deref())?,
            client_key,
        })
    }

    /// What a result's signature is checked with.
    pub(crate) fn checks(&self) -> Checks<'_> {
        Checks { scheme: self.scheme, secrets: &self.client_secrets, ecmascript_form: self.ecmascript_form }
    }

    /// How long the user may take with a handshake that lives so long.
    pub(crate) fn user_timeout_ms(&self, lifetime_ms: i64) -> i64 {
        self.user_timeout_ms.map_or(lifetime_ms, |timeout| timeout.min(lifetime_ms))
    }

    /// Where the evidence of this operation comes from.
    pub(crate) fn source(&self, operation: &str) -> Source {
        let host = self.api.host();
        Source {
            provider: ID.into(),
            operation: operation.into(),
            host: host.into(),
            production: host == PRODUCTION_HOST,
        }
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
            .field("api_host", &self.api.host())
            .finish_non_exhaustive()
    }
}

/// The app's secrets, each of the form that the scheme takes.
fn client_secrets(scheme: Scheme, values: &[String]) -> Result<Vec<Secret>, Reject> {
    let field = "client_secrets";
    let secrets = settings::needed_secrets(field, values)?;
    for secret in &secrets {
        let refuse = |mismatch: Mismatch| Reject::at(RejectCode::CredentialMalformed, field, mismatch.to_string());
        scheme.check_secret(secret).map_err(refuse)?;
    }
    Ok(secrets)
}

fn client_key(value: &str) -> Result<ClientKey, Reject> {
    settings::credential("client_key", value)?;
    ClientKey::parse(value).ok_or_else(|| {
        let rule = "the client key has only hex digits; paste it from the app's page (it is not the client secret)";
        Reject::at(RejectCode::ClientKeyInvalid, "client_key", rule)
    })
}

fn scheme(options: &Options) -> Scheme {
    scheme_of(options.hex_decoded_secret)
}

/// The scheme of results' signatures (A-F6, A-Q2).
pub(crate) fn scheme_of(hex_decoded_secret: bool) -> Scheme {
    let key = if hex_decoded_secret { KeyForm::HexDecoded } else { KeyForm::Text };
    Scheme { key, ..Scheme::HMAC_SHA256_HEX }
}

/// What a result's signature is checked with.
pub(crate) struct Checks<'a> {
    pub(crate) scheme: Scheme,
    pub(crate) secrets: &'a [Secret],
    /// Whether the ECMAScript form of the result is tried second (A-Q1).
    pub(crate) ecmascript_form: bool,
}

/// The base URL with the version.
fn api(options: &Options) -> Result<BaseUrl, Reject> {
    let default = if options.staging { STAGING_API_BASE } else { API_BASE };
    let base = options.api_base.as_deref().unwrap_or(default).trim_end_matches('/');
    let version = options.api_version.as_deref().unwrap_or("v1");
    if !version.strip_prefix('v').is_some_and(|number| (1..=3).contains(&number.len()) && is_number(number)) {
        let rule = "an API version looks like `v1`";
        return Err(Reject::at(RejectCode::ApiVersionInvalid, option("api_version"), rule));
    }
    BaseUrl::parse(&option("api_base"), &format!("{base}/{version}"), options.development)
}

fn library_src(options: &Options) -> Result<String, Reject> {
    let default = if options.staging { STAGING_LIBRARY } else { LIBRARY };
    let src = options.library_src.as_deref().unwrap_or(default);
    let field = option("library_src");
    if !src.starts_with('/') {
        return BaseUrl::parse(&field, src, options.development).map(BaseUrl::into_string);
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
    match settings::account_id(account_id)? {
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
