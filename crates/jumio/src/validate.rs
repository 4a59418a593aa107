//! From what a caller gives to what the flow runs on: parse, don't validate.

use crate::ID;
use alloc::{
    format,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use idvkit_core::{
    PollPlan, Reject, RejectCode, RestrictedUrl, Secret, UrlRules, fingerprint, looks_like_email, machine,
    machine::Schedule, settings,
};

use crate::{
    catalog::API_LOCALES,
    flow::Order,
    types::{CallbackTarget, Config, DomainPrefix, FACEMAP_LIFETIME_MS, Options, Region, Request},
};

/// Names that Jumio appends to a return URL itself; the last is left over from a sibling product (J-8).
const RESERVED: &[&str] = &["transactionStatus", "transactionReference", "errorCode", "customerInternalReference"];
/// A slash and 32 hex digits.
const SECRET_SEGMENT: usize = 33;
const DEFAULT_LIFETIME_MINUTES: i64 = 30;
const DAY_MS: i64 = 86_400_000;

/// One Jumio account, ready for use. It holds the credentials and is opaque.
pub struct Account {
    pub(crate) region: Region,
    pub(crate) api_base: String,
    pub(crate) authorization: Secret,
    pub(crate) administration: Secret,
    pub(crate) user_agent: String,
    pub(crate) origins: Vec<String>,
    pub(crate) timeout_ms: u32,
    /// Whether callback URLs get a secret last segment.
    pub(crate) secret_callback: bool,
    /// Allows a client page on this machine over plain HTTP.
    pub(crate) development: bool,
    fingerprint: String,
    defaults: Defaults,
    patience: Patience,
}

/// What a request may leave out.
struct Defaults {
    callback: Option<CallbackTarget>,
    success_url: Option<String>,
    error_url: Option<String>,
    lifetime_minutes: i64,
    callback_query: bool,
}

struct Patience {
    start_ms: Option<i64>,
    verdict_ms: i64,
    offsets: Option<Vec<i64>>,
}

impl Account {
    /// Parses an account, once, at start-up.
    ///
    /// # Errors
    /// A [`Reject`] that names the field, the rule and the fix.
    pub fn new(config: Config) -> Result<Self, Reject> {
        let options = config.options;
        let prefix = prefix_of(config.region, config.domain_prefix.as_deref())?;
        let api_base = api_base(config.region, &options)?;
        let authorization = basic("api_token", &config.api_token, "api_secret", &config.api_secret)?;
        let administration = match (&config.administration_token, &config.administration_secret) {
            (Some(token), Some(secret)) => basic("administration_token", token, "administration_secret", secret)?,
            (None, None) => authorization.clone(),
            _ => {
                return Err(missing(
                    "administration_secret",
                    "give both administration_token and its secret, or neither",
                ));
            }
        };
        let region = config.region.as_str();
        let fingerprint = match settings::account_id(options.account_id.as_deref())? {
            Some(id) => fingerprint(&["jumio", "named", id]),
            None => fingerprint(&["jumio", region, &api_base, &config.api_token]),
        };
        let lifetime = config.portal_token_lifetime_minutes.unwrap_or(DEFAULT_LIFETIME_MINUTES);
        let account = Self {
            region: config.region,
            authorization,
            administration,
            user_agent: user_agent(&config.user_agent)?,
            origins: origins(config.region, prefix.as_ref(), &api_base, &options)?,
            timeout_ms: settings::timeout_ms(options.timeout_ms)?,
            secret_callback: !options.plain_callback_url,
            development: options.development,
            fingerprint,
            api_base,
            defaults: Defaults {
                callback: config.callback,
                success_url: config.success_url,
                error_url: config.error_url,
                lifetime_minutes: lifetime_minutes("portal_token_lifetime_minutes", lifetime)?,
                callback_query: options.callback_query,
            },
            patience: patience(&options)?,
        };
        account.check_urls()?;
        Ok(account)
    }

    /// Parses a request into the order that the flow carries.
    pub(crate) fn order(&self, request: Request) -> Result<Order, Reject> {
        let locale = request.locale.as_deref().map(|locale| API_LOCALES.parse("locale", locale)).transpose()?;
        let lifetime = request.token_lifetime_minutes;
        let success_url = request.success_url.or_else(|| self.defaults.success_url.clone());
        let error_url = request.error_url.or_else(|| self.defaults.error_url.clone());
        let target = request.callback.or_else(|| self.defaults.callback.clone()).ok_or_else(|| {
            missing(
                "callback",
                "say where callbacks go: a URL of yours, or `portal` for the one set in the Customer Portal",
            )
        })?;
        Ok(Order {
            enrollment_reference: reference(
                "enrollment_transaction_reference",
                &request.enrollment_transaction_reference,
            )?,
            callback_url: self.callback_url(target)?,
            success_url: success_url.map(|url| self.return_url("success_url", &url)).transpose()?,
            error_url: error_url.map(|url| self.return_url("error_url", &url)).transpose()?,
            user_reference: request.user_reference.map(user_reference).transpose()?,
            locale: locale.map(|locale| locale.tag.to_string()),
            lifetime_given: lifetime.is_some(),
            lifetime_minutes: lifetime_minutes(
                "token_lifetime_minutes",
                lifetime.unwrap_or(self.defaults.lifetime_minutes),
            )?,
        })
    }

    /// When to look for a verdict and when to give up, for a link of this lifetime.
    pub(crate) fn schedule(&self, lifetime_minutes: i64, with_callback: bool) -> Schedule {
        // J-D19: the documented offsets count from the end of acquisition. With a callback they are only a safety net
        // (which of them then remain is inferred).
        let documented: &[i64] = &[40, 60, 100, 160, 240, 340, 460, 600, 760, 940];
        let safety_net: &[i64] = &[160, 340, 600, 940];
        let offsets = match &self.patience.offsets {
            Some(offsets) => offsets,
            None if with_callback => safety_net,
            None => documented,
        };
        Schedule {
            lookout: PollPlan::seconds(&[], 300, 20),
            verdict: PollPlan::seconds(offsets, DAY_MS / 1000, 20),
            user_timeout_ms: self.patience.start_ms.unwrap_or(lifetime_minutes * 60_000 + FACEMAP_LIFETIME_MS),
            result_timeout_ms: self.patience.verdict_ms,
            grace_ms: 0,
            max_failures: 5,
        }
    }

    fn callback_url(&self, target: CallbackTarget) -> Result<Option<String>, Reject> {
        let CallbackTarget::Url(url) = target else { return Ok(None) };
        let room = if self.secret_callback { SECRET_SEGMENT } else { 0 };
        let rules = UrlRules::new(255 - room).with_development(self.development);
        let rules = if self.defaults.callback_query { rules } else { rules.without_query() };
        Ok(Some(RestrictedUrl::parse("callback.url", &url, &rules)?.into_string()))
    }

    fn return_url(&self, field: &str, url: &str) -> Result<String, Reject> {
        let max = if field == "success_url" { 2047 } else { 255 };
        let rules = UrlRules::new(max).with_reserved(RESERVED).with_development(self.development);
        Ok(RestrictedUrl::parse(field, url, &rules)?.into_string())
    }

    /// A bad default is found at start-up, not with the first user.
    fn check_urls(&self) -> Result<(), Reject> {
        if let Some(target) = &self.defaults.callback {
            self.callback_url(target.clone())?;
        }
        for (field, url) in [("success_url", &self.defaults.success_url), ("error_url", &self.defaults.error_url)] {
            if let Some(url) = url {
                self.return_url(field, url)?;
            }
        }
        Ok(())
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
        f.debug_struct("Account").field("region", &self.region).finish_non_exhaustive()
    }
}

/// A reference of a transaction: 1 to 36 letters, digits and hyphens (J-F1 gives the length; the alphabet is that of every
/// sample).
pub(crate) fn reference(field: &str, value: &str) -> Result<String, Reject> {
    if is_reference(value) {
        return Ok(value.to_string());
    }
    let rule = "a transaction reference has 1 to 36 letters, digits and hyphens; pass it exactly as Jumio gave it";
    Err(Reject::at(RejectCode::ReferenceInvalid, field, rule))
}

pub(crate) fn is_reference(value: &str) -> bool {
    (1..=36).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Reads a lifetime in minutes: 5 to 86400 (J-F1).
///
/// # Errors
/// `lifetime_out_of_range`.
pub fn lifetime_minutes(field: &str, minutes: i64) -> Result<i64, Reject> {
    if (5..=86_400).contains(&minutes) {
        return Ok(minutes);
    }
    Err(Reject::at(
        RejectCode::LifetimeOutOfRange,
        field,
        "the token lifetime is 5 to 86400 minutes (60 days); 30 is usual",
    ))
}

fn user_reference(value: String) -> Result<String, Reject> {
    let length = value.chars().count();
    if length == 0 || length > 100 {
        let rule = "your reference for the user has 1 to 100 characters; leave it out if there is none";
        return Err(Reject::at(RejectCode::UserReferenceLength, "user_reference", rule));
    }
    if looks_like_email(&value) {
        let rule = "Jumio forbids personal data here and this looks like an e-mail address; use an internal id";
        return Err(Reject::at(RejectCode::PersonalData, "user_reference", rule));
    }
    Ok(value)
}

fn prefix_of(region: Region, prefix: Option<&str>) -> Result<Option<DomainPrefix>, Reject> {
    match prefix {
        Some(_) if region != Region::Us => Err(Reject::at(
            RejectCode::DomainPrefixRegion,
            "domain_prefix",
            "a domain prefix is documented for the US data centre only; leave it out",
        )),
        Some(prefix) => DomainPrefix::parse("domain_prefix", prefix).map(Some),
        None => Ok(None),
    }
}

fn api_base(region: Region, options: &Options) -> Result<String, Reject> {
    match &options.api_base {
        Some(base) => settings::base_url("options.api_base", base, options.development),
        None => Ok(format!("https://{}", region.host())),
    }
}

fn origins(
    region: Region,
    prefix: Option<&DomainPrefix>,
    api_base: &str,
    options: &Options,
) -> Result<Vec<String>, Reject> {
    let mut origins = alloc::vec![format!("https://{}", region.host())];
    origins.extend(prefix.map(DomainPrefix::origin));
    origins.push(settings::origin_of(api_base).to_string());
    for origin in &options.client_origins {
        let parsed = settings::base_url("options.client_origins", origin, options.development);
        if parsed.is_err() || settings::origin_of(origin) != origin {
            let rule = "an origin is `https://host` with no path or slash at the end";
            return Err(Reject::at(RejectCode::OriginInvalid, "options.client_origins", rule));
        }
        origins.push(origin.clone());
    }
    origins.dedup();
    Ok(origins)
}

fn basic(token_field: &str, token: &str, secret_field: &str, secret: &str) -> Result<Secret, Reject> {
    settings::credential(token_field, token)?;
    settings::credential(secret_field, secret)?;
    if token.contains(':') {
        let rule = "the user name of HTTP Basic cannot hold a colon; is this token and secret in one?";
        return Err(Reject::at(RejectCode::CredentialInvalid, token_field, rule));
    }
    Ok(Secret::from(format!("Basic {}", STANDARD.encode(format!("{token}:{secret}")))))
}

fn user_agent(value: &str) -> Result<String, Reject> {
    let printable = value.bytes().all(|b| (0x20..0x7f).contains(&b));
    let names_version =
        value.split_once('/').is_some_and(|(app, version)| !app.trim().is_empty() && !version.is_empty());
    if printable && names_version && value.trim() == value && value.len() <= 255 {
        return Ok(value.to_string());
    }
    let rule = "Jumio asks for company, application and version, as in `YourCompany YourApp/v1.0`";
    Err(Reject::at(RejectCode::UserAgentInvalid, "user_agent", rule))
}

fn patience(options: &Options) -> Result<Patience, Reject> {
    if let Some(offsets) = &options.poll_offsets_seconds {
        PollPlan::seconds(offsets, DAY_MS / 1000, 20).checked("options.poll_offsets_seconds")?;
    }
    Ok(Patience {
        start_ms: settings::duration_ms("user_timeout_ms", options.user_timeout_ms)?,
        verdict_ms: settings::duration_ms("result_timeout_ms", options.result_timeout_ms)?.unwrap_or(DAY_MS),
        offsets: options.poll_offsets_seconds.clone(),
    })
}

fn missing(field: &str, fix: &str) -> Reject {
    Reject::at(RejectCode::Missing, field, fix)
}

/// Parses one account to share between sessions.
///
/// # Errors
/// As [`Account::new`].
pub fn account(config: Config) -> Result<Arc<Account>, Reject> {
    Account::new(config).map(Arc::new)
}
