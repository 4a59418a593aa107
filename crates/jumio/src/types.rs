//! What a caller gives and what the provider sends, as plain data and parsed types.

use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{Flaw, Json, Reject, RejectCode, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog;

/// The time for which a facemap is held until a final state, in milliseconds (J-F1: "max. 15 minutes"). In that time
/// only the newest transaction of an enrollment works; earlier ones end as expired.
pub const FACEMAP_LIFETIME_MS: i64 = 15 * 60 * 1000;

/// One Jumio account, as a caller configures it.
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
    /// A separate "transaction administration" token for retrieval and deletion, if the account has one (J-F8).
    #[serde(default)]
    pub administration_token: Option<String>,
    /// The secret that belongs to `administration_token`.
    #[serde(default)]
    pub administration_secret: Option<String>,
    /// The `User-Agent` that Jumio requires, naming company, application and version: `YourCompany YourApp/v1.0` (J-F1).
    pub user_agent: String,
    /// The account's domain prefix, `https://<prefix>.netverify.com`. US only (J-D18).
    #[serde(default)]
    pub domain_prefix: Option<String>,
    /// Where callbacks go, unless the request says otherwise.
    #[serde(default)]
    pub callback: Option<CallbackTarget>,
    /// Where the user goes after a successful submission, unless the request says otherwise; at most 2047 characters.
    #[serde(default)]
    pub success_url: Option<String>,
    /// Where the user goes after an error, unless the request says otherwise; at most 255 characters.
    #[serde(default)]
    pub error_url: Option<String>,
    /// The token lifetime set in the Customer Portal, in minutes, 5 to 86400; 30 unless changed there (J-F1).
    #[serde(default)]
    pub portal_token_lifetime_minutes: Option<i64>,
    /// Settings that the documents leave open.
    #[serde(default)]
    pub options: Options,
}

/// What the documents leave open, each with a default that can be overridden.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "JumioOptions"))]
pub struct Options {
    /// Another base URL of the API, for a sandbox. Over plain HTTP only together with `development`.
    pub api_base: Option<String>,
    /// Development switch: allows `http://localhost:PORT` return and callback URLs, and an HTTP `api_base` on this
    /// machine. Off by default, and nothing else becomes laxer.
    pub development: bool,
    /// Further origins whose frame messages count, besides the region's host and the prefix (J-D16).
    pub client_origins: Vec<String>,
    /// Allows a query in the callback URL; refused by default as in the sibling API (J-D9).
    pub callback_query: bool,
    /// Leaves the callback URL as it is, without a secret last path segment. Callbacks then prove nothing at all
    /// (J-D10); they are only hints in any case.
    pub plain_callback_url: bool,
    /// A name for this account that survives a change of its API token; snapshots are bound to it.
    pub account_id: Option<String>,
    /// How long the user may take, in milliseconds; the link's lifetime and 15 minutes by default.
    pub user_timeout_ms: Option<i64>,
    /// How long a verdict may take, in milliseconds; a day by default (inferred).
    pub result_timeout_ms: Option<i64>,
    /// Offsets in seconds at which to look for a verdict; 40 to 940 as documented, fewer with a callback (J-D19).
    pub poll_offsets_seconds: Option<Vec<i64>>,
    /// The time-out of every request, in milliseconds; 30 000 by default (inferred).
    pub timeout_ms: Option<u32>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("region", &self.region).field("options", &self.options).finish_non_exhaustive()
    }
}

/// One authentication of one enrolled user. Values given here override the account's settings (J-F1).
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "JumioRequest"))]
pub struct Request {
    /// The transaction reference of the ID verification at onboarding, at most 36 characters. It has
    /// to be approved, similar and valid (J-F1).
    pub enrollment_transaction_reference: String,
    /// Where the callback goes.
    #[serde(default)]
    pub callback: Option<CallbackTarget>,
    /// Where the user goes after a successful submission, at most 2047 characters.
    #[serde(default)]
    pub success_url: Option<String>,
    /// Where the user goes after an error, at most 255 characters. It may equal `success_url`.
    #[serde(default)]
    pub error_url: Option<String>,
    /// Your own reference for the user, at most 100 characters, no personal data.
    #[serde(default)]
    pub user_reference: Option<String>,
    /// The language, one of the 32 of the API list; `en` by default.
    #[serde(default)]
    pub locale: Option<String>,
    /// How long the link stays valid, in minutes, 5 to 86400; the portal's setting by default.
    #[serde(default)]
    pub token_lifetime_minutes: Option<i64>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("locale", &self.locale).finish_non_exhaustive()
    }
}

/// Where callbacks go. One of the two has to be chosen (J-D1).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "JumioCallbackTarget"))]
pub enum CallbackTarget {
    /// To the URL set in the Customer Portal. Such callbacks carry no secret of ours: they are weak hints.
    Portal,
    /// To this URL, at most 222 characters: a secret path segment of 33 is added (J-D10).
    Url(String),
}

impl fmt::Debug for CallbackTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portal => "Portal",
            Self::Url(_) => "Url(..)",
        })
    }
}

/// A data centre (J-F1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "JumioRegion"))]
pub enum Region {
    /// `netverify.com`
    Us,
    /// `lon.netverify.com`
    Eu,
    /// `core-sgp.jumio.com`
    Sgp,
}

impl Region {
    /// The host of API and client.
    pub fn host(self) -> &'static str {
        match self {
            Self::Us => "netverify.com",
            Self::Eu => "lon.netverify.com",
            Self::Sgp => "core-sgp.jumio.com",
        }
    }

    /// The stable name: `us`, `eu`, `sgp`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
            Self::Sgp => "sgp",
        }
    }
}

/// A domain name prefix: `a` to `z`, digits and hyphens, not at either end, at most 63 (J-F6, J-V18).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainPrefix(String);

impl DomainPrefix {
    /// Parses a prefix.
    ///
    /// # Errors
    /// `domain_prefix_invalid`.
    pub fn parse(field: &str, value: &str) -> Result<Self, Reject> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let edges = value.starts_with('-') || value.ends_with('-');
        if value.is_empty() || value.len() > 63 || edges || !value.bytes().all(allowed) {
            let rule = "a domain prefix is 1 to 63 of a-z, 0-9 and '-', with no '-' at either end; use lower case";
            return Err(Reject::at(RejectCode::DomainPrefixInvalid, field, rule));
        }
        Ok(Self(value.to_string()))
    }

    /// The origin that the prefix stands for.
    pub fn origin(&self) -> String {
        format!("https://{}.netverify.com", self.0)
    }
}

/// Whether an ID verification can serve as enrollment: the three values that J-F1 asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnrollmentCheck {
    /// `verificationStatus` is `APPROVED_VERIFIED`.
    pub verified: bool,
    /// `similarity` is `MATCH`.
    pub similar: bool,
    /// `validity` is `TRUE`, `true` or `"true"` (J-12).
    pub valid: bool,
}

impl EnrollmentCheck {
    /// Checks three values as texts, in the spelling in which they came.
    pub fn new(verification_status: &str, similarity: &str, validity: &str) -> Self {
        Self {
            verified: verification_status == "APPROVED_VERIFIED",
            similar: similarity == "MATCH",
            valid: matches!(validity, "TRUE" | "true"),
        }
    }

    /// Checks the fields of a verification callback, decoded into a map: `identityVerification` there is JSON text.
    pub fn from_callback(fields: &BTreeMap<String, String>) -> Self {
        let status = fields.get("verificationStatus").map_or("", String::as_str);
        let identity = fields.get("identityVerification").and_then(|text| serde_json::from_str(text).ok());
        Self::of(status, identity.as_ref().unwrap_or(&Value::Null))
    }

    /// Checks a verification result as JSON: `verificationStatus` and `identityVerification` (an object, or JSON text
    /// that holds one) beside each other.
    ///
    /// # Errors
    /// `enrollment_malformed` if it is not a JSON object.
    pub fn from_json(body: &[u8]) -> Result<Self, Reject> {
        let value: Value = serde_json::from_slice(body).ok().filter(Value::is_object).ok_or_else(|| {
            Reject::new(RejectCode::EnrollmentMalformed, "the verification result is not a JSON object").about("body")
        })?;
        let identity = match value.get("identityVerification") {
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
            Some(object) => object.clone(),
            None => Value::Null,
        };
        Ok(Self::of(value.get("verificationStatus").and_then(Value::as_str).unwrap_or(""), &identity))
    }

    /// Whether all three hold.
    pub fn is_eligible(&self) -> bool {
        self.unmet().is_empty()
    }

    /// Each condition that does not hold, as a sentence.
    pub fn unmet(&self) -> Vec<&'static str> {
        let conditions = [
            (self.verified, "verificationStatus has to be APPROVED_VERIFIED"),
            (self.similar, "similarity has to be MATCH"),
            (self.valid, "validity has to be TRUE"),
        ];
        conditions.into_iter().filter(|(met, _)| !met).map(|(_, rule)| rule).collect()
    }

    fn of(status: &str, identity: &Value) -> Self {
        let text = |name| match identity.get(name) {
            Some(Value::Bool(flag)) => flag.to_string(),
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        };
        Self::new(status, &text("similarity"), &text("validity"))
    }
}

/// The result of a transaction. Unknown values are kept and are never a pass (J-D14).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionResult {
    /// Not opened yet.
    Created,
    /// Under way.
    Started,
    /// Live and the same face.
    Passed,
    /// Not live, or not the same face.
    Failed,
    /// No verdict: defined nowhere, read as an unusable submission (J-D5).
    Invalid,
    /// Superseded, or out of time.
    Expired,
    /// Anything else.
    Other(String),
}

impl TransactionResult {
    /// Reads the provider's word, exactly as it is spelled there.
    pub fn parse(text: &str) -> Self {
        match text {
            "CREATED" => Self::Created,
            "STARTED" => Self::Started,
            "PASSED" => Self::Passed,
            "FAILED" => Self::Failed,
            "INVALID" => Self::Invalid,
            "EXPIRED" => Self::Expired,
            other => Self::Other(other.chars().take(64).collect()),
        }
    }

    /// The provider's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Created => "CREATED",
            Self::Started => "STARTED",
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
            Self::Invalid => "INVALID",
            Self::Expired => "EXPIRED",
            Self::Other(text) => text,
        }
    }
}

/// The answer to an initiate request (J-F1). Token and URL are opaque: the documented limit of 255 does not hold (J-D2).
pub struct Initiated {
    /// UTC, `YYYY-MM-DDThh:mm:ss.SSSZ`.
    pub timestamp: Option<String>,
    /// The reference of the new transaction, at most 36 characters.
    pub transaction_reference: String,
    /// The link for the user: a bearer value.
    pub redirect_url: String,
}

impl Initiated {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        let json = Json::read(body)?;
        let root = json.root();
        Ok(Self {
            timestamp: root.loose_text("timestamp"),
            transaction_reference: root.text("transactionReference")?.to_string(),
            redirect_url: root.text("redirectUrl")?.to_string(),
        })
    }
}

/// A transaction as retrieved (J-F8).
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Its reference.
    pub reference: String,
    /// The enrollment's reference.
    pub enrollment_reference: String,
    /// Its result.
    pub result: TransactionResult,
    /// When it was made; read as UTC without a zone (J-V13). `None` if the time stamp is unreadable.
    pub date: Option<UnixMillis>,
    /// URLs of the face image. Fetch them with [`image_request`](crate::image_request) only.
    pub images: Vec<String>,
    /// URLs of the liveness images, in the provider's order, which is not that of time.
    pub liveness_images: Vec<String>,
}

impl Transaction {
    /// Reads the retrieval answer. One image may stand as an object instead of a list (J-D15).
    ///
    /// # Errors
    /// `retrieval_malformed` if a required member is missing.
    pub fn parse(body: &[u8]) -> Result<Self, Reject> {
        Self::read(body).map_err(|flaw| flaw.reject(RejectCode::RetrievalMalformed))
    }

    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        let json = Json::read(body)?;
        let root = json.root();
        Ok(Self {
            reference: root.text("transactionReference")?.to_string(),
            enrollment_reference: root.text("enrollmentTransactionReference")?.to_string(),
            result: TransactionResult::parse(root.text("transactionResult")?),
            date: root.loose_text("transactionDate").as_deref().and_then(UnixMillis::parse),
            images: root.loose_list("images").iter().filter_map(|image| image.loose_text("href")).collect(),
            liveness_images: root
                .loose_list("livenessImages")
                .iter()
                .filter_map(|image| image.loose_text(""))
                .collect(),
        })
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("result", &self.result).finish_non_exhaustive()
    }
}

/// A list, or the one thing that stands where a list of one would (J-11).
pub(crate) fn one_or_many(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(many)) => many,
        Some(Value::Null) | None => &[],
        Some(one) => core::slice::from_ref(one),
    }
}

/// The parameters that Jumio appends when it sends the user back. For display only: a user can forge them (J-F4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnParameters {
    /// `SUCCESS`: the images were taken for processing, which is no verdict. `ERROR` otherwise.
    pub status: ReturnStatus,
    /// The transaction.
    pub reference: String,
    /// Only with an error.
    pub error: Option<ReturnError>,
}

/// What a return URL claims.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReturnStatus {
    /// `SUCCESS`
    Success,
    /// `ERROR`
    Error,
    /// Anything else.
    Other(String),
}

impl ReturnParameters {
    /// Reads them from the URL that was requested; the same URL may serve for success and error.
    ///
    /// # Errors
    /// `redirect_without_reference` if it is not a return from Jumio.
    pub fn parse(url: &str) -> Result<Self, Reject> {
        let query = url.split_once('?').map_or("", |(_, rest)| rest.split('#').next().unwrap_or(""));
        let find = |name: &str| {
            form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let reference = find("transactionReference").ok_or_else(|| {
            let fix = "pass the whole URL that was requested, with the query that Jumio appended";
            Reject::at(RejectCode::RedirectWithoutReference, "url", fix)
        })?;
        let status = match find("transactionStatus").as_deref() {
            Some("SUCCESS") => ReturnStatus::Success,
            Some("ERROR") => ReturnStatus::Error,
            other => ReturnStatus::Other(other.unwrap_or("").chars().take(64).collect()),
        };
        Ok(Self { status, reference, error: find("errorCode").map(|code| ReturnError::new(&code)) })
    }
}

/// An `errorCode` with its meaning, if it is one of the eleven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnError {
    /// The code as text.
    pub code: String,
    /// What it means.
    pub meaning: Option<&'static str>,
    /// What to do about it. This advice is ours.
    pub advice: Option<&'static str>,
}

impl ReturnError {
    /// Looks a code up.
    pub fn new(code: &str) -> Self {
        let known = catalog::ERROR_CODES.iter().find(|known| known.code == code);
        Self {
            code: code.chars().take(64).collect(),
            meaning: known.map(|known| known.meaning),
            advice: known.map(|known| known.advice),
        }
    }
}
