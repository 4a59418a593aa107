//! The account: parsed once, holds the credentials.

use crate::ID;
use alloc::{
    format,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::fmt;

use idvkit_core::{
    BaseUrl, ImageKind, ImageRules, PollPlan, Reject, RejectCode, Secret, fingerprint, machine, machine::Schedule,
    settings,
};

use crate::{
    routes::Routes,
    types::{ClientAuth, Config, Notification, Options, Profile},
};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// S-TOKENS: 600 s by default, 1 to 3600 may be set.
const DEFAULT_TOKEN_LIFETIME_S: i64 = 600;
const DEFAULT_TOKEN_SKEW_MS: i64 = 30_000;
const IMAGE_KINDS: &[ImageKind] = &[ImageKind::Png, ImageKind::Jpeg];

/// One Signicat client, ready for use. It holds the credentials and is opaque.
pub struct Account {
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) endpoint: Endpoint,
    pub(crate) routes: Routes,
    pub(crate) notification: Option<Recognition>,
    pub(crate) redirect_url: Option<String>,
    pub(crate) image_rules: ImageRules,
    pub(crate) timeout_ms: u32,
    pub(crate) token_max_age_ms: i64,
    pub(crate) token_skew_ms: i64,
    pub(crate) options: Options,
    fingerprint: String,
}

/// Where tokens come from.
pub(crate) struct Endpoint {
    pub(crate) token_url: String,
    pub(crate) scope: String,
    pub(crate) client_auth: ClientAuth,
}

/// Where callbacks go, and what they are recognised by; the current value first.
pub(crate) struct Recognition {
    pub(crate) url: String,
    pub(crate) secrets: Vec<Secret>,
}

impl Account {
    /// Parses an account, once, at start-up.
    ///
    /// # Errors
    /// A [`Reject`] that names the field, the rule and the fix.
    pub fn new(config: Config) -> Result<Self, Reject> {
        let options = config.options;
        settings::credential("client_id", &config.client_id)?;
        let client_secret = settings::credential("client_secret", &config.client_secret)?;
        let (endpoint, base) = endpoint(config.profile, &options)?;
        if endpoint.client_auth == ClientAuth::Basic {
            settings::user_name("client_id", &config.client_id)?;
        }
        let fingerprint = match settings::account_id(options.account_id.as_deref())? {
            Some(id) => fingerprint(&["signicat", "named", id]),
            None => fingerprint(&["signicat", &base, &config.client_id]),
        };
        let account = Self {
            client_id: config.client_id,
            client_secret,
            endpoint,
            routes: Routes::new(base, options.routes.clone())?,
            notification: config.notification.map(recognition).transpose()?,
            redirect_url: config.redirect_url,
            image_rules: image_rules(&options)?,
            timeout_ms: settings::timeout_ms(options.timeout_ms)?,
            token_max_age_ms: token_max_age(&options)?,
            token_skew_ms: options.token_skew_ms.unwrap_or(DEFAULT_TOKEN_SKEW_MS),
            options,
            fingerprint,
        };
        account.check()?;
        Ok(account)
    }

    /// Names the place of the token in the host's cache: client and scope, no secret.
    pub(crate) fn token_cache_key(&self) -> String {
        let client = fingerprint(&[&self.endpoint.token_url, &self.client_id]);
        format!("signicat:{client}:{}", self.endpoint.scope)
    }

    /// Host and port of the API.
    pub(crate) fn host(&self) -> &str {
        settings::host_of(self.routes.base())
    }

    /// Whether results come from a production host. The current profile's host serves sandboxes as well, whose client
    /// ids begin with `dev-` or `sandbox-` in the examples (S-QUICK; inferred).
    pub(crate) fn is_production(&self) -> bool {
        let sandbox = ["dev-", "sandbox-"].iter().any(|prefix| self.client_id.starts_with(prefix));
        matches!(self.host(), "api.signicat.com" | "id.signicat.com") && !sandbox
    }

    /// When to look for a verdict and when to give up.
    pub(crate) fn schedule(&self, with_callback: bool, looking: Looking) -> Schedule {
        // Inferred: the one observed front end asks every 5 s for 120 s, and the documents warn of rate limits (S-F7).
        let alone: &[i64] = &[2, 5, 10, 20, 40, 60, 90, 120, 180, 300];
        let safety_net: &[i64] = &[60, 300, 900, 3600];
        let verdict = match &self.options.poll_offsets_seconds {
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
            user_timeout_ms: self.options.user_timeout_ms.unwrap_or(HOUR_MS),
            result_timeout_ms: self.options.result_timeout_ms.unwrap_or(DAY_MS),
            grace_ms: 0,
            max_failures: 5,
        }
    }

    /// A bad default is found at start-up, not with the first user.
    fn check(&self) -> Result<(), Reject> {
        if let Some(notification) = &self.notification {
            self.checked_url("notification.url", &notification.url)?;
        }
        if let Some(url) = &self.redirect_url {
            self.checked_return_url("redirect_url", url)?;
        }
        if let Some(offsets) = &self.options.poll_offsets_seconds {
            PollPlan::seconds(offsets, 300, 2).checked("options.poll_offsets_seconds")?;
        }
        settings::duration_ms("user_timeout_ms", self.options.user_timeout_ms)?;
        settings::duration_ms("result_timeout_ms", self.options.result_timeout_ms)?;
        Ok(())
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
        f.debug_struct("Account").field("host", &self.host()).finish_non_exhaustive()
    }
}

/// Parses one account to share between sessions.
///
/// # Errors
/// As [`Account::new`].
pub fn account(config: Config) -> Result<Arc<Account>, Reject> {
    Account::new(config).map(Arc::new)
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

fn recognition(notification: Notification) -> Result<Recognition, Reject> {
    let mut secrets = Vec::new();
    let values = core::iter::once(notification.authorization_header).chain(notification.previous_authorization_headers);
    for (index, value) in values.enumerate() {
        let field = if index == 0 {
            "notification.authorization_header"
        } else {
            "notification.previous_authorization_headers"
        };
        secrets.push(settings::credential(field, &value)?);
    }
    Ok(Recognition { url: notification.url, secrets })
}

fn image_rules(options: &Options) -> Result<ImageRules, Reject> {
    let bytes = options.max_image_bytes.unwrap_or(4_000_000);
    let pixels = options.max_image_pixels.unwrap_or(5000);
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
