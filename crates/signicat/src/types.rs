//! What a caller gives, as plain data.

use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{ImageSlot, Reject, RejectCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One Signicat client, as a caller configures it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatConfig"))]
pub struct Config {
    /// The client id (S-F1).
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
    /// Which generation of hosts and scopes the client belongs to (S-1).
    #[serde(default)]
    pub profile: Profile,
    /// Where callbacks go and how they are recognised. Without it results are polled for.
    #[serde(default)]
    pub notification: Option<Notification>,
    /// Where the user returns to from a capture or eID page, unless the request says otherwise.
    #[serde(default)]
    pub redirect_url: Option<String>,
    /// Settings that the documents leave open.
    #[serde(default)]
    pub options: Options,
}

/// Callbacks of the per-process kind. The receiving host must be allow-listed by Signicat's support (S-F7).
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatNotification"))]
pub struct Notification {
    /// The URL that is sent along as `notificationUrl`.
    pub url: String,
    /// The value that comes back, verbatim, in the callback's `Authorization` header (S-D9): any long random text.
    pub authorization_header: String,
    /// Earlier values, accepted until their last callbacks have arrived.
    #[serde(default)]
    pub previous_authorization_headers: Vec<String>,
}

/// The two documented generations, and anything else (S-D1, S-1).
///
/// Deliberately exhaustive: everything unforeseen is `custom`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatProfile"))]
pub enum Profile {
    /// `api.signicat.com`, scope `signicat-api`. Sandbox and production share this host (inferred).
    #[default]
    Current,
    /// `preprod.signicat.com`, scopes `client.assure.api client.capture.api`.
    Legacy,
    /// The same on `id.signicat.com`. Inferred: that host is documented for sibling APIs only.
    LegacyProduction,
    /// Any other hosts: a sandbox, or what the documents do not say.
    Custom {
        /// The token endpoint.
        token_url: String,
        /// The scope, values separated by spaces.
        scope: String,
        /// How the client proves who it is.
        #[serde(default)]
        client_auth: ClientAuth,
        /// The base of the API, up to and with `/assure`.
        api_base: String,
    },
}

/// How the client proves who it is at the token endpoint (S-F1). Deliberately exhaustive: OAuth's two for secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatClientAuth"))]
pub enum ClientAuth {
    /// `Authorization: Basic`.
    #[default]
    Basic,
    /// `client_id` and `client_secret` in the form.
    Form,
}

/// What the documents leave open, each with a default that can be overridden.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, each named where it is set")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatOptions"))]
pub struct Options {
    /// Development switch: allows `http://localhost:PORT` redirect and notification URLs, and HTTP endpoints on this
    /// machine in a custom profile. Off by default, and nothing else becomes laxer.
    pub development: bool,
    /// Replacements in the route table, name to `METHOD /path` (S-D7). The names are
    /// those of operations, such as `set_images`.
    pub routes: BTreeMap<String, String>,
    /// A name for this account that survives a change of its client id; snapshots are bound to it.
    pub account_id: Option<String>,
    /// Takes providers and process types that no document lists (S-F6).
    pub allow_unknown_provider: bool,
    /// Takes `images: sdk` together with a dossier of yours for providers whose images can be uploaded as well. Off by
    /// default: if the SDK's success is only claimed, Assure falls back to the files that the dossier has already
    /// (S-V17), and a pass says nothing about who is there now.
    pub allow_sdk_in_existing_dossier: bool,
    /// Signicat's support has allow-listed your page's domain, so the capture page may stand in a frame (S-F4).
    pub frame_allowed: bool,
    /// How long the user may take, in milliseconds; one hour by default (inferred).
    pub user_timeout_ms: Option<i64>,
    /// How long a verdict may take, in milliseconds; a day by default (inferred).
    pub result_timeout_ms: Option<i64>,
    /// Offsets in seconds at which to look for a verdict; 2 to 300, fewer with a callback (inferred).
    pub poll_offsets_seconds: Option<Vec<i64>>,
    /// How long an access token lives, in seconds, 1 to 3600; 600 by default (S-F1).
    pub token_lifetime_seconds: Option<i64>,
    /// How long before its end a token is no longer used, in milliseconds; 30 000 by default (inferred).
    pub token_skew_ms: Option<i64>,
    /// The time-out of every request, in milliseconds; 30 000 by default (inferred).
    pub timeout_ms: Option<u32>,
    /// Most bytes of an image file; 4 000 000 by default (S-D12: documented for watermarks, inferred for the rest).
    pub max_image_bytes: Option<u32>,
    /// Most pixels on an image's longer side; 5000 by default (S-D12).
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

/// One verification, by one of Assure's three flows (S-FLOWS). Deliberately exhaustive.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// The generic flow: images of a document, taken by you or by the provider's SDK.
    DocumentVerification(DocumentVerification),
    /// The web flow: Signicat's page takes the images.
    CaptureFlow(CaptureFlow),
    /// The user proves who they are with an electronic identity.
    Eid(Eid),
}

/// Prints the name only: requests can hold personal data.
macro_rules! debug_by_name {
    ($($request:ident),+) => {$(
        impl fmt::Debug for $request {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($request), "(..)"))
            }
        }
    )+};
}

debug_by_name!(DocumentVerification, CaptureFlow, CaptureParameters, Eid);

impl From<DocumentVerification> for Request {
    fn from(request: DocumentVerification) -> Self {
        Self::DocumentVerification(request)
    }
}

impl From<CaptureFlow> for Request {
    fn from(request: CaptureFlow) -> Self {
        Self::CaptureFlow(request)
    }
}

impl From<Eid> for Request {
    fn from(request: Eid) -> Self {
        Self::Eid(request)
    }
}

/// Verification of an identity document (S-FLOWS, "eIDV generic flow").
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatDocumentVerification"))]
pub struct DocumentVerification {
    /// A dossier of the same person that you have already; a new one by default. A dossier given here is yours: an
    /// erasure deletes only the processes that this session made in it.
    pub dossier: Option<String>,
    /// Your own reference for a new dossier, at most 255 characters (the limit is inferred).
    pub external_reference: Option<String>,
    /// The provider, such as `signicatpaper`; a refusal lists those that are known.
    pub provider: String,
    /// The process type, where the provider has any.
    pub process_type: Option<String>,
    /// What else the provider wants, as it documents it (Onfido: the user's location).
    pub process_parameters: Option<Map<String, Value>>,
    /// Fields to redact, such as `documentNumber`; a refusal lists those that are known. Dutch documents only (S-14).
    #[serde(default)]
    pub redact: Vec<String>,
    /// Where the images come from.
    #[serde(default)]
    pub images: ImageSource,
    /// For `images: upload`: which images; by provider and process type unless given.
    #[serde(default)]
    pub slots: Vec<ImageSlot>,
    /// Overrides where callbacks go.
    pub notification: Option<NotificationTarget>,
}

/// Where the images of a document come from. Deliberately exhaustive: the documents name these three (S-F3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatImageSource"))]
pub enum ImageSource {
    /// The user hands them to your server (`Way::Upload`). Direct-upload providers only (S-13).
    #[default]
    Upload,
    /// The provider's own SDK in your app takes and uploads them (`Way::Native`).
    Sdk,
    /// The files of an existing dossier. Direct-upload providers only (S-V17).
    DossierFiles,
}

/// A capture flow (S-FLOWS, "eIDV alternative flow"). Every attempt has a dossier of its own.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatCaptureFlow"))]
pub struct CaptureFlow {
    /// Your own reference for the dossier, at most 255 characters (the limit is inferred).
    pub external_reference: Option<String>,
    /// One or two providers.
    pub providers: Vec<CaptureProvider>,
    /// Whether all of them must accept, or any of them will do.
    #[serde(default)]
    pub need: Required,
    /// Where the user returns to; `dossierId`, `processId` and `status` are appended to it.
    pub redirect_url: Option<String>,
    /// Which kind of page; `signicatvideoid` accepts `native` only, and gets it by default (S-F4).
    pub sdk: Option<CaptureSdk>,
    /// How the page looks.
    #[serde(default)]
    pub capture_parameters: CaptureParameters,
    /// The domain that asks (S-F4).
    pub request_domain: Option<String>,
    /// Overrides where callbacks go.
    pub notification: Option<NotificationTarget>,
}

/// One provider of a capture flow.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatCaptureProvider"))]
pub struct CaptureProvider {
    /// The provider, such as `signicatpaper`; a refusal lists those that are known.
    pub provider: String,
    /// The process type, where the provider has any.
    pub process_type: Option<String>,
    /// Fields to redact.
    #[serde(default)]
    pub redact: Vec<String>,
}

/// How several providers make one verdict (inferred: no document says). Deliberately exhaustive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatRequired"))]
pub enum Required {
    /// Every provider must accept: the worst result decides.
    #[default]
    All,
    /// One provider is enough: the best result decides.
    Any,
}

/// The kind of capture page (S-F4). Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatCaptureSdk"))]
pub enum CaptureSdk {
    /// The provider's own.
    Native,
    /// Signicat's.
    Capture,
}

/// How the capture page looks; goes into `captureParameters`, where it must be nested (S-F4).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatCaptureParameters"))]
pub struct CaptureParameters {
    /// The id of a capture configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui_profile: Option<String>,
    /// The language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui_language: Option<String>,
    /// The sender of the text message that hands over to a phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_sender: Option<String>,
    /// That message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_message: Option<String>,
    /// The country that is preselected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_country: Option<String>,
}

/// An electronic identity (S-FLOWS, "eID flow").
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatEid"))]
pub struct Eid {
    /// A dossier of the same person that you have already; a new one by default. A dossier given here is yours: an
    /// erasure deletes only the processes that this session made in it.
    pub dossier: Option<String>,
    /// Your own reference for a new dossier, at most 255 characters (the limit is inferred).
    pub external_reference: Option<String>,
    /// The method, as in `connect:idin` (S-F6). A guide calls this the process id, which cannot be (S-7).
    pub provider: String,
    /// What else the method wants.
    pub process_parameters: Option<Map<String, Value>>,
    /// Where the user returns to.
    pub redirect_url: Option<String>,
    /// Overrides where callbacks go.
    pub notification: Option<NotificationTarget>,
}

/// Where the callbacks of one request go.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatNotificationTarget"))]
pub enum NotificationTarget {
    /// Nowhere: the result is polled for.
    Off,
    /// To this URL, with the account's `authorization_header`.
    Url(String),
}

impl fmt::Debug for NotificationTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            Self::Url(_) => "Url(..)",
        })
    }
}

/// The parameters that Signicat appends when it sends the user back (S-F4): never a result (S-D4).
///
/// With two providers only the dossier is named (S-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnParameters {
    /// The dossier.
    pub dossier_id: String,
    /// The process.
    pub process_id: Option<String>,
    /// The claimed status, as text: `processing` usually, which is not final (S-5).
    pub status: Option<String>,
}

impl ReturnParameters {
    /// Whether a return names nothing at all: for eIDs no document says that anything is appended.
    pub(crate) fn are_absent(url: &str) -> bool {
        let query = url.split_once('?').map_or("", |(_, rest)| rest.split('#').next().unwrap_or(""));
        !form_urlencoded::parse(query.as_bytes()).any(|(key, _)| key == "dossierId" || key == "processId")
    }

    /// Reads them from the URL that was requested.
    ///
    /// # Errors
    /// `redirect_without_reference` if it is not a return from Signicat, or names one of them twice.
    pub fn parse(url: &str) -> Result<Self, Reject> {
        let refuse = || {
            let fix = "pass the whole URL that was requested, with the query that Signicat appended";
            Reject::at(RejectCode::RedirectWithoutReference, "url", fix)
        };
        let query = url.split_once('?').map_or("", |(_, rest)| rest.split('#').next().unwrap_or(""));
        let find = |name: &str| {
            let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
            match (values.next(), values.next()) {
                (_, Some(_)) => Err(refuse()),
                (value, None) => Ok(value.map(|(_, value)| value.into_owned())),
            }
        };
        let id = |name: &str| match find(name)? {
            Some(id) if !is_id(&id) => Err(refuse()),
            id => Ok(id),
        };
        Ok(Self {
            dossier_id: id("dossierId")?.ok_or_else(refuse)?,
            process_id: id("processId")?,
            status: find("status")?.map(|status| cut(&status)),
        })
    }
}

/// An id of a dossier or process: 1 to 64 letters, digits, hyphens and underscores. Samples are UUIDs (S-F4); the
/// alphabet is ours, so that no id can leave its place in a path.
pub(crate) fn is_id(value: &str) -> bool {
    (1..=64).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A provider's code: never its free text, which can name a person.
pub(crate) fn code_of(text: &str) -> String {
    let is_code = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-');
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(is_code);
    if fits { text.to_string() } else { "other".to_string() }
}

/// A provider's word, short enough to be kept.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(64) {
        Some((end, _)) => text[..end].to_string(),
        None => text.to_string(),
    }
}
