//! The requests for one verification.

mod body;
mod parsed;

use alloc::{string::String, vec::Vec};
use core::fmt;

use idvkit_core::ImageSlot;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use parsed::{ParsedRequest, Plan, Target};

/// A request for one verification, by one of Assure's three flows (S-FLOWS). Deliberately exhaustive.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// The generic flow: you or the provider's SDK take images of a document.
    DocumentVerification(DocumentVerification),
    /// The web flow: Signicat's page takes the images.
    CaptureFlow(CaptureFlow),
    /// The eID flow: the user authenticates with an electronic identity.
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

/// A request to verify an identity document (S-FLOWS, "eIDV generic flow").
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatDocumentVerification"))]
pub struct DocumentVerification {
    /// The id of an existing dossier of the same person; without it, a new dossier is created. A dossier given here
    /// stays yours: an erasure deletes only the processes that this session created in it.
    pub dossier: Option<String>,
    /// Your own reference for a new dossier, at most 255 characters (the limit is inferred).
    pub external_reference: Option<String>,
    /// The verification provider, such as `signicatpaper`. A reject lists the known ones.
    pub provider: String,
    /// The process type, if the provider has any.
    pub process_type: Option<String>,
    /// Further parameters that the provider documents (Onfido: the user's location).
    pub process_parameters: Option<Map<String, Value>>,
    /// The fields to redact, such as `documentNumber`. A reject lists the known ones. Only for Dutch documents (S-14).
    #[serde(default)]
    pub redact: Vec<String>,
    /// Who takes the images.
    #[serde(default)]
    pub images: ImageSource,
    /// The images to ask for with `images: upload`. By default they follow from the provider and the process type.
    #[serde(default)]
    pub slots: Vec<ImageSlot>,
    /// Where Signicat sends callbacks, instead of the account's setting.
    pub notification: Option<NotificationTarget>,
}

/// Who takes the images of a document. Deliberately exhaustive: the documents name these three (S-F3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatImageSource"))]
pub enum ImageSource {
    /// The user hands the images to your server (`Way::Upload`). Only for providers with direct upload (S-13).
    #[default]
    Upload,
    /// The provider's own SDK in your app takes and uploads the images (`Way::Native`).
    Sdk,
    /// The files of an existing dossier are used. Only for providers with direct upload (S-V17).
    DossierFiles,
}

/// A request for a capture flow (S-FLOWS, "eIDV alternative flow"). Every attempt has its own dossier.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatCaptureFlow"))]
pub struct CaptureFlow {
    /// Your own reference for the dossier, at most 255 characters (the limit is inferred).
    pub external_reference: Option<String>,
    /// The verification providers, one or two.
    pub providers: Vec<CaptureProvider>,
    /// Whether all of the providers must accept, or one is enough.
    #[serde(default)]
    pub need: Required,
    /// Where Signicat sends the user back. It appends `dossierId`, `processId` and `status` to the URL.
    pub redirect_url: Option<String>,
    /// The kind of capture page. `signicatvideoid` accepts only `native`, which is then the default (S-F4).
    pub sdk: Option<CaptureSdk>,
    /// The texts and settings of the page.
    #[serde(default)]
    pub capture_parameters: CaptureParameters,
    /// The domain of the page that asks for the verification (S-F4).
    pub request_domain: Option<String>,
    /// Where Signicat sends callbacks, instead of the account's setting.
    pub notification: Option<NotificationTarget>,
}

/// One provider of a capture flow.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatCaptureProvider"))]
pub struct CaptureProvider {
    /// The verification provider, such as `signicatpaper`. A reject lists the known ones.
    pub provider: String,
    /// The process type, if the provider has any.
    pub process_type: Option<String>,
    /// The fields to redact.
    #[serde(default)]
    pub redact: Vec<String>,
}

/// How the results of several providers make one verdict (inferred: no document says). Deliberately exhaustive.
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
    /// The verification provider's own page.
    Native,
    /// Signicat's page.
    Capture,
}

/// The texts and settings of the capture page. They go into `captureParameters`, where they must be nested (S-F4).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatCaptureParameters"))]
pub struct CaptureParameters {
    /// The id of a capture configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui_profile: Option<String>,
    /// The language of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui_language: Option<String>,
    /// The sender of the text message that moves the user to a phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_sender: Option<String>,
    /// The text of that message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_message: Option<String>,
    /// The country that is selected at the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_country: Option<String>,
}

/// A request to authenticate with an electronic identity (S-FLOWS, "eID flow").
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatEid"))]
pub struct Eid {
    /// The id of an existing dossier of the same person; without it, a new dossier is created. A dossier given here
    /// stays yours: an erasure deletes only the processes that this session created in it.
    pub dossier: Option<String>,
    /// Your own reference for a new dossier, at most 255 characters (the limit is inferred).
    pub external_reference: Option<String>,
    /// The eID method, such as `connect:idin` (S-F6). One guide calls this the process id, which cannot be right (S-7).
    pub provider: String,
    /// Further parameters that the method documents.
    pub process_parameters: Option<Map<String, Value>>,
    /// Where the eID sends the user back.
    pub redirect_url: Option<String>,
    /// Where Signicat sends callbacks, instead of the account's setting.
    pub notification: Option<NotificationTarget>,
}

/// Where Signicat sends the callbacks of one request.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SignicatNotificationTarget"))]
pub enum NotificationTarget {
    /// Nowhere: the session polls for the result.
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
