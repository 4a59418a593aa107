//! What a caller gives, and what the provider answers when a session is made.

use alloc::{string::String, vec::Vec};
use core::fmt;

use idvkit_core::{Flaw, FlawKind, Json, Reject, RejectCode};
use serde::Deserialize;

use crate::{metadata::Metadata, technology::Technology};

/// The fewest characters of a flow key (B-F1; the documents' own samples are cut short).
pub const MIN_API_KEY: usize = 47;
/// How long a session can be used, in milliseconds (inferred from a sibling product, B-Q9).
pub const DEFAULT_LIFETIME_MS: i64 = 30 * 60 * 1000;

/// One flow of one biometric.kz account, as a caller configures it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "BiometricKzConfig"))]
pub struct Config {
    /// The flow's API key from the dashboard's list of flows: 47 characters or more (B-F1). A secret: the documents show
    /// it in browser code, where it lets anybody read results.
    pub api_key: String,
    /// The language of the provider's pages, unless the request says otherwise: `ru`, `en` or `kz`; `ru` by default
    /// (inferred: the documents' first).
    #[serde(default)]
    pub locale: Option<String>,
    /// The codes of the flow's technologies, as the dashboard shows them. With them, metadata that the flow cannot use
    /// is refused before anything is sent.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub technologies: Option<Vec<Technology>>,
    /// The secret last path segments of the webhook URLs that you entered in the dashboard, as in
    /// `https://shop.example/idv/SECRET` (B-Q16): 16 to 128 letters, digits, `-` and `_`. The provider signs nothing,
    /// so without one a webhook is a hint by anybody. A list for rotation.
    #[serde(default)]
    pub webhook_secrets: Vec<String>,
    /// Settings that the documents leave open, or that seldom change.
    #[serde(default)]
    pub options: Options,
}

/// What the documents leave open, each with a default that can be overridden.
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
    /// Another place of the widget's script; `/widget/flow-widget.umd.js` below `front_base` by default (B-2).
    pub widget_src: Option<String>,
    /// The CSS selector of the element that holds the widget: `#` and an id; `#idv-flow` by default.
    pub container: Option<String>,
    /// Development switch: allows plain HTTP to `localhost` and `127.0.0.1` for the three URLs above. Off by default,
    /// and nothing else becomes laxer.
    pub development: bool,
    /// A name for this flow that survives a change of its key; snapshots are bound to it.
    pub account_id: Option<String>,
    /// Takes any 12 digits as an IIN, without looking at the check digit (B-Q5).
    pub lenient_iin: bool,
    /// Sends metadata also where the flow's technologies cannot use it. A fixed IIN that the result does not confirm is
    /// still never a pass.
    pub unsupported_metadata: bool,
    /// Uses the locale parameter on hosted pages no more: it is observed, not documented (B-F7).
    pub no_page_locale: bool,
    /// The largest reference photo, in bytes after decoding; 10 000 000 by default (inferred, B-Q6).
    pub photo_max_bytes: Option<i64>,
    /// How long a session can be used, in milliseconds; 30 minutes by default (inferred, B-Q9).
    pub lifetime_ms: Option<i64>,
    /// How long the user may take, in milliseconds; the session's lifetime by default.
    pub user_timeout_ms: Option<i64>,
    /// How long the verdict may take once the user is done, in milliseconds; 15 minutes by default (inferred).
    pub result_timeout_ms: Option<i64>,
    /// Offsets in seconds, since the user is done, at which to fetch the result; 2, 5, 8, 11, 14, 20, 30, 45, 60, 90,
    /// 120, 180, 240, 300 and then each 300 by default (inferred from field evidence, B-F4), fewer with a webhook.
    pub poll_offsets_seconds: Option<Vec<i64>>,
    /// How often to look while the user is on the way, in seconds: a remote link tells nothing of its end. 30 by
    /// default, 300 with a webhook (inferred).
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

/// One verification of one user.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "BiometricKzRequest"))]
pub struct Request {
    /// The language: `ru`, `en`, `kz` or another spelling of these, such as `kk-KZ` (B-9).
    pub locale: Option<String>,
    /// What the session is told in advance.
    pub metadata: Option<Metadata>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("locale", &self.locale).finish_non_exhaustive()
    }
}

/// The answer to the creation of a session (B-F2).
#[derive(Clone, PartialEq, Eq)]
pub struct Created {
    /// The one-time id. With it the session's page opens: a bearer value until the session has been used.
    pub session_id: String,
    /// The flow's technologies, in their order.
    pub technologies: Vec<Technology>,
}

impl Created {
    /// Reads the answer.
    ///
    /// # Errors
    /// `session_malformed` if a member is missing or of another type.
    pub fn parse(body: &[u8]) -> Result<Self, Reject> {
        Self::read(body).map_err(|flaw| flaw.reject(RejectCode::SessionMalformed))
    }

    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        let json = Json::read(body)?;
        let root = json.root();
        let session_id = root.text("session_id")?;
        if !is_session_id(session_id) {
            return Err(root.flaw(FlawKind::MemberValue, "session_id"));
        }
        let codes = root.list("technologies")?;
        let technologies = codes.iter().map(|code| code.text("").map(Technology::parse)).collect::<Result<_, _>>()?;
        Ok(Self { session_id: session_id.into(), technologies })
    }
}

impl fmt::Debug for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Created").field("technologies", &self.technologies).finish_non_exhaustive()
    }
}

/// Whether a text can be a session's id. Every sample is a UUID; what matters here is that it is safe in a path.
pub(crate) fn is_session_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
