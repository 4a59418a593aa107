//! A Signicat account: its configuration, and the parsed account with its credentials.

use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use core::fmt;

use idvkit_core::{
    BaseUrl, ImageKind, ImageRules, PollPlan, Reject, RejectCode, RestrictedUrl, Secret, Source, UrlRules, fingerprint,
    machine, machine::Schedule, settings,
};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::values::{ID, Routes, SignicatUrlPurpose};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// S-TOKENS: 600 s by default, 1 to 3600 may be set.
const DEFAULT_TOKEN_LIFETIME_S: i64 = 600;
const DEFAULT_TOKEN_SKEW_MS: i64 = 30_000;
/// Names that Signicat appends to a redirect URL itself (S-F4).
const RESERVED: &[&str] = &["dossierId", "processId", "status"];
/// Inferred: no document gives a limit for URLs.
const MAX_URL: usize = 2048;
/// S-F3.7, as S-D12 reads it.
const MAX_IMAGE_BYTES: u32 = 4_000_000;
/// S-F3.7, as S-D12 reads it.
const MAX_IMAGE_PIXELS: u32 = 5000;
const IMAGE_KINDS: &[ImageKind] = &[ImageKind::Png, ImageKind::Jpeg];

/// The configuration of one Signicat client.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatConfig"))]
pub struct Config {
    /// The client id (S-F1).
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
    /// The generation of hosts and scopes that the client belongs to (S-1).
    #[serde(default)]
    pub profile: Profile,
    /// The URL that receives callbacks, and the secret that authenticates them. Without it, sessions poll for results.
    #[serde(default)]
    pub notification: Option<Notification>,
    /// Where Signicat sends the user after a capture or eID page, unless the request says otherwise.
    #[serde(default)]
    pub redirect_url: Option<String>,
    /// Settings for what Signicat's documents leave open.
    #[serde(default)]
    pub options: Options,
}

/// Callbacks for single processes. Signicat's support must allow-list the receiving host (S-F7).
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatNotification"))]
pub struct Notification {
    /// The URL that receives callbacks, sent as `notificationUrl`.
    pub url: String,
    /// A long random text. Signicat sends it back, unchanged, as the callback's `Authorization` header (S-D9).
    pub authorization_header: String,
    /// Earlier values of the header, accepted until their last callbacks have arrived.
    #[serde(default)]
    pub previous_authorization_headers: Vec<String>,
}

/// The generation of Signicat's hosts and scopes: one of the two documented ones, or custom values (S-D1, S-1).
///
/// Deliberately exhaustive: every other case is `custom`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatProfile"))]
pub enum Profile {
    /// The host `api.signicat.com` and the scope `signicat-api`. Sandbox and production share this host (inferred).
    #[default]
    Current,
    /// The host `preprod.signicat.com` and the scopes `client.assure.api client.capture.api`.
    Legacy,
    /// The host `id.signicat.com` with the scopes of `legacy`. Inferred: that host is documented for sibling APIs only.
    LegacyProduction,
    /// Any other hosts: a sandbox, or hosts that the documents do not name.
    Custom {
        /// The URL of the token endpoint.
        token_url: String,
        /// The scopes, separated by spaces.
        scope: String,
        /// How the client authenticates at the token endpoint.
        #[serde(default)]
        client_auth: ClientAuth,
        /// The base URL of the API, up to and with `/assure`.
        api_base: String,
    },
}

/// How the client authenticates at the token endpoint (S-F1). Deliberately exhaustive: OAuth has these two for secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatClientAuth"))]
pub enum ClientAuth {
    /// Client id and secret in the header `Authorization: Basic`.
    #[default]
    Basic,
    /// `client_id` and `client_secret` in the form body.
    Form,
}

/// Settings for what Signicat's documents leave open. Each has a default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, each named where it is set")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatOptions"))]
pub struct Options {
    /// Development switch: allows `http://HOST:PORT` for redirect and notification URLs, and HTTP endpoints in
    /// a custom profile, on a private host. Off by default. It allows nothing else.
    pub development: bool,
    /// Replacements of routes, from the route's name to `METHOD /path` (S-D7). The names are those of operations, such
    /// as `set_images`.
    pub routes: BTreeMap<String, String>,
    /// Your name for this account, 1 to 128 characters. Snapshots are bound to it, so they stay valid when the client
    /// id changes.
    pub account_id: Option<String>,
    /// Whether to accept providers and process types that no document lists (S-F6).
    pub allow_unknown_provider: bool,
    /// Whether to accept `images: sdk` together with your own dossier, for providers whose images can also be uploaded.
    /// Off by default: if the SDK's success is only claimed, Assure falls back to the files that are already in the
    /// dossier (S-V17), and a pass does not prove who is there now.
    pub allow_sdk_in_existing_dossier: bool,
    /// Whether the capture page may be shown in a frame, because Signicat's support has allow-listed your page's domain
    /// (S-F4).
    pub frame_allowed: bool,
    /// How long the user may take, in milliseconds, one second to 400 days; one hour by default (inferred).
    pub user_timeout_ms: Option<i64>,
    /// How long a verdict may take after the user is done, in milliseconds, one second to 400 days; one day by default
    /// (inferred).
    pub result_timeout_ms: Option<i64>,
    /// When to look for a verdict, as offsets in seconds; 2 to 300 by default, fewer with a callback (inferred).
    pub poll_offsets_seconds: Option<Vec<i64>>,
    /// The lifetime of an access token, in seconds, 1 to 3600; 600 by default (S-F1).
    pub token_lifetime_seconds: Option<i64>,
    /// How long before its end a token is no longer used, in milliseconds, 0 to 600 000; 30 000 by default (inferred).
    pub token_skew_ms: Option<i64>,
    /// The time-out of every request, in milliseconds, 1 000 to 300 000; 30 000 by default (inferred).
    pub timeout_ms: Option<u32>,
    /// The largest image file in bytes, at most 64 MiB; 4 000 000 by default (S-D12: documented for watermarks,
    /// inferred for the rest).
    pub max_image_bytes: Option<u32>,
    /// The longest side of an image in pixels, at most 100 000; 5000 by default (S-D12).
    pub max_image_pixels: Option<u32>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("profile", &self.profile).field("options", &self.options).finish_non_exhaustive()
    }
}

impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notification(..)")
    }
}

/// A parsed account with its credentials. Printing it shows none of them.
pub struct Account {
    pub(crate) client_id: String,
    pub(crate) client_secret: Zeroizing<String>,
    pub(crate) endpoint: Endpoint,
    pub(crate) routes: Routes,
    pub(crate) notification: Option<Recognition>,
    pub(crate) redirect_url: Option<String>,
    pub(crate) urls: UrlPolicy,
    pub(crate) image_rules: ImageRules,
    pub(crate) timeout_ms: u32,
    pub(crate) token_max_age_ms: i64,
    pub(crate) token_skew_ms: i64,
    pub(crate) allow_unknown_provider: bool,
    pub(crate) allow_sdk_in_existing_dossier: bool,
    pub(crate) frame_allowed: bool,
    fingerprint: String,
    patience: Patience,
}

/// Where tokens come from.
pub(crate) struct Endpoint {
    pub(crate) token_url: String,
    pub(crate) scope: String,
    pub(crate) client_auth: ClientAuth,
}

/// Where callbacks go, and what they are recognised by.
pub(crate) struct Recognition {
    pub(crate) url: String,
    /// The value that is given out now.
    pub(crate) header: Zeroizing<String>,
    /// All that are accepted.
    pub(crate) secrets: Vec<Secret>,
}

/// Which URLs of the caller's are handed to Signicat.
pub(crate) struct UrlPolicy {
    /// Allows pages on this machine over plain HTTP.
    pub(crate) development: bool,
}

struct Patience {
    user_timeout_ms: i64,
    result_timeout_ms: i64,
    offsets: Option<Vec<i64>>,
}

impl Account {
    /// Parses an account, once, at start-up.
    ///
    /// # Errors
    /// A [`Reject`] that names the field, the rule and the fix.
    pub fn new(config: Config) -> Result<Self, Reject> {
        let options = config.options;
        settings::credential("client_id", &config.client_id)?;
        settings::credential("client_secret", &config.client_secret)?;
        let (endpoint, base) = endpoint(config.profile, &options)?;
        if endpoint.client_auth == ClientAuth::Basic {
            settings::user_name("client_id", &config.client_id)?;
        }
        let fingerprint = match settings::account_id(options.account_id.as_deref())? {
            Some(id) => fingerprint(&[ID, "named", id]),
            None => fingerprint(&[ID, &base, &config.client_id]),
        };
        let urls = UrlPolicy { development: options.development };
        let redirect_url = config.redirect_url.map(|url| urls.redirect("redirect_url", &url)).transpose()?;
        let notification = config.notification.map(|notification| recognition(notification, &urls)).transpose()?;
        Ok(Self {
            client_id: config.client_id,
            client_secret: Zeroizing::new(config.client_secret),
            endpoint,
            routes: Routes::new(base, &options.routes)?,
            notification,
            redirect_url,
            urls,
            image_rules: image_rules(&options)?,
            timeout_ms: settings::timeout_ms(options.timeout_ms)?,
            token_max_age_ms: token_max_age(&options)?,
            token_skew_ms: options.token_skew_ms.unwrap_or(DEFAULT_TOKEN_SKEW_MS),
            patience: patience(&options)?,
            allow_unknown_provider: options.allow_unknown_provider,
            allow_sdk_in_existing_dossier: options.allow_sdk_in_existing_dossier,
            frame_allowed: options.frame_allowed,
            fingerprint,
        })
    }

    /// Names the place of the token in the host's cache: client and scope, no secret.
    pub(crate) fn token_cache_key(&self) -> String {
        let client = fingerprint(&[&self.endpoint.token_url, &self.client_id]);
        format!("signicat:{client}:{}", self.endpoint.scope)
    }

    /// Where an answer to this operation comes from. The current profile's host serves sandboxes as well, whose client
    /// ids begin with `dev-` or `sandbox-` in the examples (S-QUICK; inferred).
    pub(crate) fn source(&self, operation: &str) -> Source {
        let host = settings::host_of(self.routes.base());
        let sandbox = ["dev-", "sandbox-"].iter().any(|prefix| self.client_id.starts_with(prefix));
        Source {
            provider: ID.into(),
            operation: operation.into(),
            host: host.to_string(),
            production: matches!(host, "api.signicat.com" | "id.signicat.com") && !sandbox,
        }
    }

    /// When to look for a verdict and when to give up.
    pub(crate) fn schedule(&self, with_callback: bool, looking: Looking) -> Schedule {
        // Inferred: the one observed front end asks every 5 s for 120 s, and the documents warn of rate limits (S-F7).
        let alone: &[i64] = &[2, 5, 10, 20, 40, 60, 90, 120, 180, 300];
        let safety_net: &[i64] = &[60, 300, 900, 3600];
        let verdict = match &self.patience.offsets {
            Some(offsets) => PollPlan::seconds(offsets, 300, 2),
            None if with_callback => PollPlan::seconds(safety_net, 3600, 2),
            None => PollPlan::seconds(alone, 300, 2),
        };
        let (lookout, verdict) = match looking {
            // Nothing can have come of images that were not sent.
            Looking::Pointless => (PollPlan::never(2), PollPlan::never(2)),
            // The user may finish and never come back.
            Looking::UserAway => (PollPlan::seconds(&[], 300, 2), verdict),
            Looking::Verdict => (verdict.clone(), verdict),
        };
        Schedule {
            lookout,
            verdict,
            user_timeout_ms: self.patience.user_timeout_ms,
            result_timeout_ms: self.patience.result_timeout_ms,
            grace_ms: 0,
            max_failures: 5,
        }
    }
}

/// What a look can bring at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looking {
    Pointless,
    UserAway,
    Verdict,
}

impl machine::Account for Account {
    const PROVIDER: &'static str = ID;

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("host", &settings::host_of(self.routes.base())).finish_non_exhaustive()
    }
}

impl UrlPolicy {
    /// Parses where the user returns to.
    pub(crate) fn redirect(&self, field: &str, url: &str) -> Result<String, Reject> {
        Ok(RestrictedUrl::parse(field, url, &self.rules(SignicatUrlPurpose::Redirect))?.into_string())
    }

    /// Parses where callbacks go.
    pub(crate) fn notification(&self, field: &str, url: &str) -> Result<String, Reject> {
        Ok(RestrictedUrl::parse(field, url, &self.rules(SignicatUrlPurpose::Callback))?.into_string())
    }

    /// The rules of a purpose: no document forbids a port, or that the user returns to an app (S-D26).
    pub(crate) fn rules(&self, purpose: SignicatUrlPurpose) -> UrlRules {
        let rules = UrlRules::new(MAX_URL).with_ports().with_development(self.development);
        match purpose {
            SignicatUrlPurpose::Redirect => rules.with_reserved(RESERVED).with_app_schemes(),
            SignicatUrlPurpose::Callback => rules,
        }
    }
}

fn endpoint(profile: Profile, options: &Options) -> Result<(Endpoint, String), Reject> {
    const LEGACY_SCOPE: &str = "client.assure.api client.capture.api";
    let fixed = |token_url: &str, scope: &str, base: &str| {
        let endpoint = Endpoint { token_url: token_url.into(), scope: scope.into(), client_auth: ClientAuth::Basic };
        Ok((endpoint, base.to_string()))
    };
    match profile {
        Profile::Current => {
            fixed("https://api.signicat.com/auth/open/connect/token", "signicat-api", "https://api.signicat.com/assure")
        }
        Profile::Legacy => {
            fixed("https://preprod.signicat.com/oidc/token", LEGACY_SCOPE, "https://preprod.signicat.com/assure")
        }
        Profile::LegacyProduction => {
            fixed("https://id.signicat.com/oidc/token", LEGACY_SCOPE, "https://id.signicat.com/assure")
        }
        Profile::Custom { token_url, scope, client_auth, api_base } => {
            let url = |field, url: &str| BaseUrl::parse(field, url, options.development).map(BaseUrl::into_string);
            let token_url = url("profile.custom.token_url", &token_url)?;
            let base = url("profile.custom.api_base", &api_base)?;
            let is_scope = |b: u8| (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\';
            if scope.trim() != scope || scope.is_empty() || !scope.bytes().all(is_scope) {
                let rule = "a scope is one or more values of visible ASCII, separated by single spaces";
                return Err(Reject::at(RejectCode::ScopeInvalid, "profile.custom.scope", rule));
            }
            Ok((Endpoint { token_url, scope, client_auth }, base))
        }
    }
}

fn recognition(notification: Notification, urls: &UrlPolicy) -> Result<Recognition, Reject> {
    let (header, previous) = (notification.authorization_header, notification.previous_authorization_headers);
    settings::credential("notification.authorization_header", &header)?;
    let mut secrets = vec![Secret::from(header.as_str())];
    for value in previous {
        settings::credential("notification.previous_authorization_headers", &value)?;
        secrets.push(Secret::from(value));
    }
    let url = urls.notification("notification.url", &notification.url)?;
    Ok(Recognition { url, header: Zeroizing::new(header), secrets })
}

fn patience(options: &Options) -> Result<Patience, Reject> {
    if let Some(offsets) = &options.poll_offsets_seconds {
        PollPlan::seconds(offsets, 300, 2).checked("options.poll_offsets_seconds")?;
    }
    Ok(Patience {
        user_timeout_ms: settings::duration_ms("user_timeout_ms", options.user_timeout_ms)?.unwrap_or(HOUR_MS),
        result_timeout_ms: settings::duration_ms("result_timeout_ms", options.result_timeout_ms)?.unwrap_or(DAY_MS),
        offsets: options.poll_offsets_seconds.clone(),
    })
}

pub(crate) fn image_rules(options: &Options) -> Result<ImageRules, Reject> {
    let bytes = options.max_image_bytes.unwrap_or(MAX_IMAGE_BYTES);
    let pixels = options.max_image_pixels.unwrap_or(MAX_IMAGE_PIXELS);
    if !(1..=64 * 1024 * 1024).contains(&bytes) || !(1..=100_000).contains(&pixels) {
        let rule = "an image has at most 64 MiB and 100 000 pixels, and at least one of each";
        return Err(Reject::at(RejectCode::ImageLimitOutOfRange, "options.max_image_bytes", rule));
    }
    Ok(ImageRules {
        max_bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        kinds: IMAGE_KINDS,
        require_known_kind: true,
        max_pixels: Some(pixels),
    })
}

fn token_max_age(options: &Options) -> Result<i64, Reject> {
    let lifetime = options.token_lifetime_seconds.unwrap_or(DEFAULT_TOKEN_LIFETIME_S);
    let skew = options.token_skew_ms.unwrap_or(DEFAULT_TOKEN_SKEW_MS);
    if (1..=3600).contains(&lifetime) && (0..=600_000).contains(&skew) {
        return Ok((lifetime * 1000 - skew).max(0));
    }
    let rule = "a token lives 1 to 3600 seconds, and the skew is 0 to 600000 milliseconds";
    Err(Reject::at(RejectCode::TokenLifetimeOutOfRange, "options.token_lifetime_seconds", rule))
}
