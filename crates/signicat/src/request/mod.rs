//! One verification as it is asked for.

mod body;
mod parsed;

use alloc::{string::String, vec::Vec};
use core::fmt;

use idvkit_core::ImageSlot;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use parsed::{ParsedRequest, Plan, Target};

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
