//! From what a caller gives to what the flow runs on: parse, don't validate.

use crate::ID;
use alloc::{
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::fmt;

use idvkit_core::{BaseUrl, PollPlan, Reject, RejectCode, Secret, fingerprint, machine, machine::Schedule, settings};

use crate::{
    catalog::LOCALES,
    metadata::{CheckedMetadata, DEFAULT_PHOTO_MAX_BYTES, MetadataRules},
    order::Order,
    types::{Config, DEFAULT_LIFETIME_MS, MIN_API_KEY, Options, Request},
};

pub(crate) const API_BASE: &str = "https://kyc.biometric.kz";
const FRONT_BASE: &str = "https://remote.biometric.kz";
const WIDGET_PATH: &str = "/widget/flow-widget.umd.js";
const CONTAINER: &str = "#idv-flow";
const DEFAULT_LOCALE: &str = "ru";
const DEFAULT_VERDICT_PATIENCE_MS: i64 = 15 * 60 * 1000;
/// The least time between two looks, in seconds (inferred from B-F4).
const GAP_SECONDS: i64 = 2;

/// One flow of one account, ready for use. It holds the credentials and is opaque.
pub struct Account {
    pub(crate) api_key: Secret,
    pub(crate) api_base: String,
    pub(crate) front_base: String,
    pub(crate) widget_src: String,
    pub(crate) container: String,
    pub(crate) page_locale: bool,
    pub(crate) webhook_secrets: Vec<Secret>,
    pub(crate) unsupported_metadata: bool,
    pub(crate) lifetime_ms: i64,
    pub(crate) timeout_ms: u32,
    locale: &'static str,
    rules: MetadataRules,
    schedule: Schedule,
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
        let url = |field, url: &str| BaseUrl::parse(field, url, options.development).map(BaseUrl::into_string);
        let api_base = url("options.api_base", options.api_base.as_deref().unwrap_or(API_BASE))?;
        let front_base = url("options.front_base", options.front_base.as_deref().unwrap_or(FRONT_BASE))?;
        let widget_src = match &options.widget_src {
            Some(src) => url("options.widget_src", src)?,
            None => alloc::format!("{front_base}{WIDGET_PATH}"),
        };
        let fingerprint = match settings::account_id(options.account_id.as_deref())? {
            Some(id) => fingerprint(&["biometric_kz", "named", id]),
            None => fingerprint(&["biometric_kz", &api_base, &config.api_key]),
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
    /// As [`Metadata::check`](crate::Metadata::check).
    pub fn check_metadata(&self, metadata: &crate::Metadata) -> Result<CheckedMetadata, Reject> {
        metadata.check(&self.rules)
    }

    /// Parses a request into the order that the flow carries.
    pub(crate) fn order(&self, request: &Request) -> Result<Order, Reject> {
        let locale = match request.locale.as_deref() {
            Some(locale) => LOCALES.parse("locale", locale)?.tag,
            None => self.locale,
        };
        let metadata = request.metadata.as_ref().map(|metadata| self.check_metadata(metadata)).transpose();
        let metadata = metadata.map_err(|reject| reject.within("metadata"))?;
        Ok(Order::new(locale, metadata.filter(|metadata| !metadata.is_empty())))
    }

    pub(crate) fn schedule(&self) -> Schedule {
        self.schedule.clone()
    }

    pub(crate) fn is_production(&self) -> bool {
        self.api_base == API_BASE
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

/// Parses one account to share between sessions.
///
/// # Errors
/// As [`Account::new`].
pub fn account(config: Config) -> Result<Arc<Account>, Reject> {
    Account::new(config).map(Arc::new)
}

fn api_key(key: &str) -> Result<Secret, Reject> {
    let refuse = |code, fix: &str| Err(Reject::at(code, "api_key", fix));
    if key.is_empty() {
        return refuse(RejectCode::Missing, "give the flow's API key from the dashboard's list of flows");
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refuse(RejectCode::ApiKeyInvalid, "a flow key is printable ASCII; remove white space and line breaks");
    }
    if key.len() < MIN_API_KEY {
        let fix = "a flow key has 47 characters or more; those in the documents are cut short, and so is this one";
        return refuse(RejectCode::ApiKeyTooShort, fix);
    }
    Ok(Secret::from(key))
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
        Reject::at(RejectCode::PhotoLimitOutOfRange, "options.photo_max_bytes", "the limit is 1 to 100000000 bytes")
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
