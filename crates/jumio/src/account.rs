//! A Jumio account: its configuration, and the parsed account with its credentials.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use idvkit_core::{
    BaseUrl, PollPlan, Reject, RejectCode, RestrictedUrl, Secret, Source, UrlRules, fingerprint,
    machine::{self, Schedule},
    settings,
};
use serde::Deserialize;

use crate::values::{DomainPrefix, FACEMAP_LIFETIME_MS, ID, JumioUrlPurpose, Region, TokenLifetime};

/// Names that Jumio appends to a return URL itself; the last is left over from a sibling product (J-8).
const RESERVED: &[&str] = &["transactionStatus", "transactionReference", "errorCode", "customerInternalReference"];
/// A slash and 32 hex digits.
const SECRET_SEGMENT: usize = 33;
/// The longest `callbackUrl` and `errorUrl`, in characters (J-F3).
const MAX_URL: usize = 255;
/// The longest `successUrl` (J-F3).
const MAX_SUCCESS_URL: usize = 2047;
const DAY_MS: i64 = 86_400_000;

/// The configuration of one Jumio account.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "JumioConfig"))]
pub struct Config {
    /// The data centre of the account (J-F1).
    pub region: Region,
    /// The API token: the user name of HTTP Basic (J-F1).
    pub api_token: String,
    /// The API secret: the password of HTTP Basic (J-F1).
    pub api_secret: String,
    /// A separate "transaction administration" token for retrieval and deletion, if the account has one (J-F8). Give it
    /// together with `administration_secret`.
    #[serde(default)]
    pub administration_token: Option<String>,
    /// The secret of the `administration_token`.
    #[serde(default)]
    pub administration_secret: Option<String>,
    /// The `User-Agent` that Jumio requires, naming company, application and version: `YourCompany YourApp/v1.0` (J-F1).
    pub user_agent: String,
    /// The account's domain prefix, `https://<prefix>.netverify.com`. US only (J-D18).
    #[serde(default)]
    pub domain_prefix: Option<String>,
    /// Where Jumio sends callbacks, unless the request says otherwise.
    #[serde(default)]
    pub callback: Option<CallbackTarget>,
    /// Where Jumio sends the user after a successful submission, unless the request says otherwise; at most 2047
    /// characters.
    #[serde(default)]
    pub success_url: Option<String>,
    /// Where Jumio sends the user after an error, unless the request says otherwise; at most 255 characters.
    #[serde(default)]
    pub error_url: Option<String>,
    /// The token lifetime that is set in the Customer Portal, in minutes, 5 to 86400; 30 by default (J-F1).
    #[serde(default)]
    pub portal_token_lifetime_minutes: Option<i64>,
    /// Settings for what Jumio's documents leave open.
    #[serde(default)]
    pub options: Options,
}

/// Settings for what Jumio's documents leave open. Each has a default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "JumioOptions"))]
pub struct Options {
    /// Another base URL of the API, for a sandbox. It may be plain HTTP only together with `development`.
    pub api_base: Option<String>,
    /// Development switch: allows `http://HOST:PORT` for return and callback URLs, and an HTTP `api_base`, on a
    /// private host. Off by default. It allows nothing else.
    pub development: bool,
    /// Further origins whose frame messages count, besides the region's host and the host of the domain prefix (J-D16).
    pub client_origins: Vec<String>,
    /// Whether the callback URL may have a query; refused by default, as in the sibling API (J-D9).
    pub callback_query: bool,
    /// Whether to send the callback URL as it is, without a secret last path segment. Callbacks then prove nothing at
    /// all (J-D10); they are only hints in any case.
    pub plain_callback_url: bool,
    /// Your name for this account, 1 to 128 characters. Snapshots are bound to it, so they stay valid when the API
    /// token changes.
    pub account_id: Option<String>,
    /// How long the user may take, in milliseconds, one second to 400 days. By default the link's lifetime plus 15 minutes.
    pub user_timeout_ms: Option<i64>,
    /// How long a verdict may take after the user is done, in milliseconds; one day by default (inferred).
    pub result_timeout_ms: Option<i64>,
    /// When to look for a verdict, as offsets in seconds. By default 40 to 940 as documented, and fewer looks with a
    /// callback (J-D19).
    pub poll_offsets_seconds: Option<Vec<i64>>,
    /// The time-out of every request, in milliseconds, 1 000 to 300 000; 30 000 by default (inferred).
    pub timeout_ms: Option<u32>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("region", &self.region).field("options", &self.options).finish_non_exhaustive()
    }
}

/// Where Jumio sends callbacks. One of the two must be chosen (J-D1).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "JumioCallbackTarget"))]
pub enum CallbackTarget {
    /// To the URL that is set in the Customer Portal. Such callbacks carry no secret of the session, so they are weak
    /// hints.
    Portal,
    /// To this URL, at most 222 characters. A slash and a secret path segment of 32 characters are added to it (J-D10).
    Url(String),
}

impl CallbackTarget {
    /// The URL, unless it is the portal's.
    pub(crate) fn into_url(self) -> Option<String> {
        match self {
            Self::Portal => None,
            Self::Url(url) => Some(url),
        }
    }
}

impl fmt::Debug for CallbackTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portal => "Portal",
            Self::Url(_) => "Url(..)",
        })
    }
}

/// A parsed account with its credentials. Printing it shows none of them.
pub struct Account {
    pub(crate) region: Region,
    pub(crate) api_base: BaseUrl,
    pub(crate) authorization: Secret,
    pub(crate) administration: Secret,
    pub(crate) user_agent: String,
    /// The origins whose frame messages count.
    pub(crate) origins: Vec<String>,
    pub(crate) timeout_ms: u32,
    pub(crate) urls: UrlPolicy,
    pub(crate) defaults: Defaults,
    fingerprint: String,
    patience: Patience,
}

/// Which URLs of the caller's are handed to Jumio (J-D9).
pub(crate) struct UrlPolicy {
    /// Whether callback URLs get a secret last segment.
    pub(crate) secret_callback: bool,
    /// Allows a client page on this machine over plain HTTP.
    pub(crate) development: bool,
    pub(crate) callback_query: bool,
}

/// What a request may leave out.
pub(crate) struct Defaults {
    pub(crate) callback: Option<CallbackTarget>,
    pub(crate) success_url: Option<String>,
    pub(crate) error_url: Option<String>,
    pub(crate) lifetime: TokenLifetime,
}

struct Patience {
    user_timeout_ms: Option<i64>,
    result_timeout_ms: i64,
    offsets: Option<Vec<i64>>,
}

impl Account {
    /// Parses an account, once, at start-up.
    ///
    /// # Errors
    /// A [`Reject`] that names the field, the rule and the fix.
    pub fn new(config: Config) -> Result<Self, Reject> {
        let authorization = basic("api_token", &config.api_token, "api_secret", &config.api_secret)?;
        let administration = administration(&config)?.unwrap_or_else(|| authorization.clone());
        let options = config.options;
        let prefix = prefix_of(config.region, config.domain_prefix.as_deref())?;
        let api_base = api_base(config.region, &options)?;
        let fingerprint = match settings::account_id(options.account_id.as_deref())? {
            Some(id) => fingerprint(&[ID, "named", id]),
            None => fingerprint(&[ID, config.region.as_str(), api_base.as_str(), &config.api_token]),
        };
        let urls = UrlPolicy {
            secret_callback: !options.plain_callback_url,
            development: options.development,
            callback_query: options.callback_query,
        };
        let lifetime = config.portal_token_lifetime_minutes;
        Ok(Self {
            region: config.region,
            authorization,
            administration,
            user_agent: user_agent(&config.user_agent)?,
            origins: origins(config.region, prefix.as_ref(), &api_base, &options)?,
            timeout_ms: settings::timeout_ms(options.timeout_ms)?,
            defaults: Defaults {
                callback: config.callback.map(|target| urls.callback(target)).transpose()?,
                success_url: config.success_url.map(|url| urls.success(&url)).transpose()?,
                error_url: config.error_url.map(|url| urls.error(&url)).transpose()?,
                lifetime: lifetime.map_or(Ok(TokenLifetime::DEFAULT), |minutes| {
                    TokenLifetime::parse("portal_token_lifetime_minutes", minutes)
                })?,
            },
            urls,
            fingerprint,
            api_base,
            patience: patience(&options)?,
        })
    }

    /// When to look for a verdict and when to give up, for a link of this lifetime.
    pub(crate) fn schedule(&self, lifetime: TokenLifetime, with_callback: bool) -> Schedule {
        // J-D19: the documented offsets count from the end of acquisition. With a callback they are only a safety net
        // (which of them then remain is inferred).
        let documented: &[i64] = &[40, 60, 100, 160, 240, 340, 460, 600, 760, 940];
        let safety_net: &[i64] = &[160, 340, 600, 940];
        let offsets = match &self.patience.offsets {
            Some(offsets) => offsets,
            None if with_callback => safety_net,
            None => documented,
        };
        let user_timeout_ms = self.patience.user_timeout_ms;
        Schedule {
            lookout: PollPlan::seconds(&[], 300, 20),
            verdict: PollPlan::seconds(offsets, DAY_MS / 1000, 20),
            user_timeout_ms: user_timeout_ms.unwrap_or(lifetime.millis() + FACEMAP_LIFETIME_MS),
            result_timeout_ms: self.patience.result_timeout_ms,
            grace_ms: 0,
            max_failures: 5,
        }
    }

    /// Where the evidence of this operation comes from.
    pub(crate) fn source(&self, operation: &str) -> Source {
        let host = self.api_base.host();
        Source {
            provider: ID.into(),
            operation: operation.into(),
            host: host.into(),
            production: host == self.region.host(),
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
        f.debug_struct("Account").field("region", &self.region).finish_non_exhaustive()
    }
}

impl UrlPolicy {
    /// Parses where callbacks go.
    pub(crate) fn callback(&self, target: CallbackTarget) -> Result<CallbackTarget, Reject> {
        let CallbackTarget::Url(url) = target else { return Ok(target) };
        Ok(CallbackTarget::Url(self.parse(JumioUrlPurpose::Callback, &url)?.into_string()))
    }

    /// Parses where the user goes after a successful submission.
    pub(crate) fn success(&self, url: &str) -> Result<String, Reject> {
        Ok(self.parse(JumioUrlPurpose::Success, url)?.into_string())
    }

    /// Parses where the user goes after an error.
    pub(crate) fn error(&self, url: &str) -> Result<String, Reject> {
        Ok(self.parse(JumioUrlPurpose::Error, url)?.into_string())
    }

    /// Parses a URL by the rules of the field that it is for.
    pub(crate) fn parse(&self, purpose: JumioUrlPurpose, url: &str) -> Result<RestrictedUrl, Reject> {
        let (field, rules) = (field(purpose), self.rules(purpose));
        RestrictedUrl::parse(field, url, &rules).map_err(|reject| match reject.code() {
            RejectCode::UrlTooLong if purpose == JumioUrlPurpose::Callback && self.secret_callback => {
                let max = rules.max_len;
                let rule = format!(
                    "may have at most {max} characters: Jumio takes {MAX_URL}, and the SDK adds `/` and a secret of 32 \
                     characters, by which it recognises the callback; shorten the path"
                );
                Reject::at(RejectCode::UrlTooLong, field, rule)
            }
            _ => reject,
        })
    }

    /// The rules of a field (J-F3, J-F4).
    pub(crate) fn rules(&self, purpose: JumioUrlPurpose) -> UrlRules {
        let rules = match purpose {
            JumioUrlPurpose::Callback => UrlRules::new(MAX_URL - if self.secret_callback { SECRET_SEGMENT } else { 0 }),
            JumioUrlPurpose::Success => UrlRules::new(MAX_SUCCESS_URL).with_reserved(RESERVED),
            JumioUrlPurpose::Error => UrlRules::new(MAX_URL).with_reserved(RESERVED),
        };
        let rules = rules.with_development(self.development);
        if purpose == JumioUrlPurpose::Callback && !self.callback_query { rules.without_query() } else { rules }
    }
}

/// The member of a configuration or request that has the URL.
fn field(purpose: JumioUrlPurpose) -> &'static str {
    match purpose {
        JumioUrlPurpose::Callback => "callback.url",
        JumioUrlPurpose::Success => "success_url",
        JumioUrlPurpose::Error => "error_url",
    }
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

fn api_base(region: Region, options: &Options) -> Result<BaseUrl, Reject> {
    let documented = format!("https://{}", region.host());
    let url = options.api_base.as_deref().unwrap_or(&documented);
    BaseUrl::parse("options.api_base", url, options.development)
}

fn origins(
    region: Region,
    prefix: Option<&DomainPrefix>,
    api_base: &BaseUrl,
    options: &Options,
) -> Result<Vec<String>, Reject> {
    let mut origins = alloc::vec![format!("https://{}", region.host())];
    origins.extend(prefix.map(DomainPrefix::origin));
    origins.push(api_base.origin().to_string());
    for origin in &options.client_origins {
        let parsed = BaseUrl::parse("options.client_origins", origin, options.development);
        if !parsed.is_ok_and(|parsed| parsed.origin() == origin) {
            let rule = "an origin is `https://host` with no path or slash at the end";
            return Err(Reject::at(RejectCode::OriginInvalid, "options.client_origins", rule));
        }
        origins.push(origin.clone());
    }
    origins.dedup();
    Ok(origins)
}

fn administration(config: &Config) -> Result<Option<Secret>, Reject> {
    let (token_field, secret_field) = ("administration_token", "administration_secret");
    let missing = |field: &str| {
        let fix = "give both administration_token and administration_secret, or neither";
        Err(Reject::at(RejectCode::CredentialMissing, field, fix))
    };
    match (&config.administration_token, &config.administration_secret) {
        (Some(token), Some(secret)) => basic(token_field, token, secret_field, secret).map(Some),
        (None, None) => Ok(None),
        (Some(_), None) => missing(secret_field),
        (None, Some(_)) => missing(token_field),
    }
}

fn basic(token_field: &str, token: &str, secret_field: &str, secret: &str) -> Result<Secret, Reject> {
    settings::user_name(token_field, token)?;
    settings::credential(secret_field, secret)?;
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
        user_timeout_ms: settings::duration_ms("user_timeout_ms", options.user_timeout_ms)?,
        result_timeout_ms: settings::duration_ms("result_timeout_ms", options.result_timeout_ms)?.unwrap_or(DAY_MS),
        offsets: options.poll_offsets_seconds.clone(),
    })
}
