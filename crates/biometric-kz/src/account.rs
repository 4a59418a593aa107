//! A biometric.kz account: its configuration, and the parsed account with its credentials.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{
    BaseUrl, PollPlan, Reject, RejectCode, Secret, Source, fingerprint, machine, machine::Schedule, settings,
};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    catalog::LOCALES,
    values::{CheckedMetadata, DEFAULT_PHOTO_MAX_BYTES, ID, Metadata, MetadataRules, Technology},
};

/// The shortest flow key, in characters (B-F1; the documents' own samples are cut short).
pub const MIN_API_KEY: usize = 47;
/// How long a session can be used, in milliseconds: 30 minutes (inferred from a sibling product, B-Q9).
pub const DEFAULT_LIFETIME_MS: i64 = 30 * 60 * 1000;

const API_BASE: &str = "https://kyc.biometric.kz";
const FRONT_BASE: &str = "https://remote.biometric.kz";
const WIDGET_PATH: &str = "/widget/flow-widget.umd.js";
const CONTAINER: &str = "#idv-flow";
const DEFAULT_LOCALE: &str = "ru";
const DEFAULT_VERDICT_PATIENCE_MS: i64 = 15 * 60 * 1000;
/// The least time between two looks, in seconds (inferred from B-F4).
const GAP_SECONDS: i64 = 2;

/// The configuration of one flow of a biometric.kz account.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "BiometricKzConfig"))]
pub struct Config {
    /// The flow's API key from the dashboard's list of flows, 47 characters or more (B-F1). It is a secret: the
    /// documents show it in browser code, where it would let anybody read results.
    pub api_key: String,
    /// The language of the provider's pages, unless the request says otherwise: `ru`, `en` or `kz`; `ru` by default
    /// (inferred: the first in the documents).
    #[serde(default)]
    pub locale: Option<String>,
    /// The codes of the flow's technologies, as the dashboard shows them. If they are given, metadata that the flow
    /// cannot use is refused before anything is sent.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub technologies: Option<Vec<Technology>>,
    /// The secret last path segments of the webhook URLs that you entered in the dashboard, as in
    /// `https://shop.example/idv/SECRET` (B-Q16): 16 to 128 letters, digits, `-` and `_`. The provider signs nothing,
    /// so without a secret anybody can send a webhook. Give two while one replaces the other.
    #[serde(default)]
    pub webhook_secrets: Vec<String>,
    /// Settings for what biometric.kz's documents leave open, or what seldom changes.
    #[serde(default)]
    pub options: Options,
}

/// Settings for what biometric.kz's documents leave open. Each has a default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, each off unless the documents prove wrong")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "BiometricKzOptions"))]
pub struct Options {
    /// Another base URL of the API instead of `https://kyc.biometric.kz`, for a sandbox or proxy.
    pub api_base: Option<String>,
    /// Another base URL of the hosted pages instead of `https://remote.biometric.kz`.
    pub front_base: Option<String>,
    /// Another URL of the widget's script; `/widget/flow-widget.umd.js` below `front_base` by default (B-2).
    pub widget_src: Option<String>,
    /// The CSS selector of the element that holds the widget: `#` and an id of at most 64 characters; `#idv-flow` by
    /// default.
    pub container: Option<String>,
    /// Development switch: allows plain HTTP to `localhost` and `127.0.0.1` for `api_base`, `front_base` and
    /// `widget_src`. Off by default. It allows nothing else.
    pub development: bool,
    /// Your name for this flow, 1 to 128 characters. Snapshots are bound to it, so they stay valid when the key
    /// changes.
    pub account_id: Option<String>,
    /// Whether to accept any 12 digits as an IIN, without a look at the check digit (B-Q5).
    pub lenient_iin: bool,
    /// Whether to send metadata even if the flow's technologies cannot use it. A fixed IIN that the result does not
    /// confirm is still never a pass.
    pub unsupported_metadata: bool,
    /// Whether to leave the locale parameter out of hosted pages: it is observed, not documented (B-F7).
    pub no_page_locale: bool,
    /// The largest reference photo, in bytes after decoding, 1 to 100 000 000; 10 000 000 by default (inferred, B-Q6).
    pub photo_max_bytes: Option<i64>,
    /// How long a session can be used, in milliseconds, one second to 400 days; 30 minutes by default (inferred, B-Q9).
    pub lifetime_ms: Option<i64>,
    /// How long the user may take, in milliseconds, one second to 400 days; the session's lifetime by default.
    pub user_timeout_ms: Option<i64>,
    /// How long the verdict may take after the user is done, in milliseconds, one second to 400 days; 15 minutes by
    /// default (inferred).
    pub result_timeout_ms: Option<i64>,
    /// When to fetch the result after the user is done, as offsets in seconds. By default 2, 5, 8, 11, 14, 20, 30, 45,
    /// 60, 90, 120, 180, 240, 300 and then every 300, or fewer with a webhook (inferred from field evidence, B-F4).
    pub poll_offsets_seconds: Option<Vec<i64>>,
    /// How often to look while the user is on the way, in seconds, 2 to 86 400: with a remote link, nothing else shows
    /// that the user is done. 30 by default, 300 with a webhook (inferred).
    pub lookout_seconds: Option<i64>,
    /// The time-out of every request, in milliseconds, 1 000 to 300 000; 30 000 by default (inferred).
    pub timeout_ms: Option<u32>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("technologies", &self.technologies)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// A parsed account with its credentials, for one flow. Printing it shows none of them.
pub struct Account {
    pub(crate) api_key: Zeroizing<String>,
    pub(crate) api_base: String,
    pub(crate) front_base: String,
    pub(crate) widget_src: String,
    pub(crate) container: String,
    pub(crate) page_locale: bool,
    pub(crate) webhook_secrets: Vec<Secret>,
    pub(crate) unsupported_metadata: bool,
    pub(crate) lifetime_ms: i64,
    pub(crate) timeout_ms: u32,
    pub(crate) locale: &'static str,
    pub(crate) schedule: Schedule,
    rules: MetadataRules,
    fingerprint: String,
}

impl Account {
    /// Parses an account, once, at start-up.
    ///
    /// # Errors
    /// A [`Reject`] that names the field, the rule and the fix.
    pub fn new(config: Config) -> Result<Self, Reject> {
        let options = config.options;
        let api_key = api_key(&config.api_key)?;
        let base = |field, url: &str| BaseUrl::parse(field, url, options.development).map(BaseUrl::into_string);
        let api_base = base("options.api_base", options.api_base.as_deref().unwrap_or(API_BASE))?;
        let front_base = base("options.front_base", options.front_base.as_deref().unwrap_or(FRONT_BASE))?;
        let widget_src = match &options.widget_src {
            Some(src) => base("options.widget_src", src)?,
            None => format!("{front_base}{WIDGET_PATH}"),
        };
        let fingerprint = match settings::account_id(options.account_id.as_deref())? {
            Some(id) => fingerprint(&[ID, "named", id]),
            None => fingerprint(&[ID, &api_base, &config.api_key]),
        };
        let with_webhook = !config.webhook_secrets.is_empty();
        let technologies = config.technologies.filter(|_| !options.unsupported_metadata);
        Ok(Self {
            api_key,
            api_base,
            front_base,
            widget_src,
            container: container(options.container.as_deref().unwrap_or(CONTAINER))?,
            page_locale: !options.no_page_locale,
            webhook_secrets: config.webhook_secrets.iter().map(|one| webhook_secret(one)).collect::<Result<_, _>>()?,
            unsupported_metadata: options.unsupported_metadata,
            lifetime_ms: lifetime(&options)?,
            timeout_ms: settings::timeout_ms(options.timeout_ms)?,
            locale: LOCALES.parse("locale", config.locale.as_deref().unwrap_or(DEFAULT_LOCALE))?.tag,
            rules: MetadataRules {
                photo_max_bytes: photo_max_bytes(options.photo_max_bytes)?,
                lenient_iin: options.lenient_iin,
                technologies,
            },
            schedule: schedule(&options, with_webhook)?,
            fingerprint,
        })
    }

    /// Checks the metadata of a request under this account's rules, without opening a session.
    ///
    /// # Errors
    /// As [`Metadata::check`].
    pub fn check_metadata(&self, metadata: &Metadata) -> Result<CheckedMetadata, Reject> {
        metadata.check(&self.rules)
    }

    /// Where an answer to this operation comes from.
    pub(crate) fn source(&self, operation: &str) -> Source {
        Source {
            provider: ID.into(),
            operation: operation.into(),
            host: settings::host_of(&self.api_base).to_string(),
            production: self.api_base == API_BASE,
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
        f.debug_struct("Account").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

fn api_key(key: &str) -> Result<Zeroizing<String>, Reject> {
    settings::credential("api_key", key)?;
    if key.len() < MIN_API_KEY || key.contains(' ') {
        let fix = "a flow key has 47 characters or more, and no spaces; those in the documents are cut short";
        return Err(Reject::at(RejectCode::CredentialMalformed, "api_key", fix));
    }
    Ok(Zeroizing::new(key.to_string()))
}

fn webhook_secret(secret: &str) -> Result<Secret, Reject> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (16..=128).contains(&secret.len()) && secret.bytes().all(allowed) {
        return Ok(Secret::from(secret));
    }
    let rule = "the last path segment of the webhook URL: 16 to 128 letters, digits, '-' and '_', drawn at random";
    Err(Reject::at(RejectCode::WebhookSecretInvalid, "webhook_secrets", rule))
}

fn container(selector: &str) -> Result<String, Reject> {
    let id = selector.strip_prefix('#').unwrap_or("");
    let starts = id.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if starts && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return Ok(selector.to_string());
    }
    let rule = "`#` and the id of an element: a letter, then letters, digits, '-' and '_', as in `#idv-flow`";
    Err(Reject::at(RejectCode::ContainerInvalid, "options.container", rule))
}

fn photo_max_bytes(given: Option<i64>) -> Result<usize, Reject> {
    let Some(given) = given else { return Ok(DEFAULT_PHOTO_MAX_BYTES) };
    usize::try_from(given).ok().filter(|bytes| (1..=100_000_000).contains(bytes)).ok_or_else(|| {
        Reject::at(
            RejectCode::PhotoLimitOutOfRange,
            "options.photo_max_bytes",
            "the limit must be 1 to 100000000 bytes",
        )
    })
}

fn lifetime(options: &Options) -> Result<i64, Reject> {
    Ok(settings::duration_ms("lifetime_ms", options.lifetime_ms)?.unwrap_or(DEFAULT_LIFETIME_MS))
}

fn schedule(options: &Options, with_webhook: bool) -> Result<Schedule, Reject> {
    // Inferred from B-F4: one integrator waits 5 s and then polls 15 times each 3 s, another polls for 300 s. With a
    // webhook they are only a safety net.
    let alone: &[i64] = &[2, 5, 8, 11, 14, 20, 30, 45, 60, 90, 120, 180, 240, 300];
    let safety_net: &[i64] = &[5, 14, 30, 60, 120, 300];
    let offsets = match &options.poll_offsets_seconds {
        Some(offsets) => offsets,
        None if with_webhook => safety_net,
        None => alone,
    };
    let lookout = match options.lookout_seconds {
        Some(seconds @ GAP_SECONDS..=86_400) => seconds,
        Some(_) => {
            let rule = "2 to 86400 seconds";
            return Err(Reject::at(RejectCode::PollPlanInvalid, "options.lookout_seconds", rule));
        }
        None if with_webhook => 300,
        None => 30,
    };
    let start = settings::duration_ms("user_timeout_ms", options.user_timeout_ms)?;
    let verdict = settings::duration_ms("result_timeout_ms", options.result_timeout_ms)?;
    Ok(Schedule {
        lookout: PollPlan::seconds(&[], lookout, GAP_SECONDS),
        verdict: PollPlan::seconds(offsets, 300, GAP_SECONDS).checked("options.poll_offsets_seconds")?,
        user_timeout_ms: start.unwrap_or(lifetime(options)?),
        result_timeout_ms: verdict.unwrap_or(DEFAULT_VERDICT_PATIENCE_MS),
        grace_ms: 0,
        max_failures: 5,
    })
}
