//! The request for one verification, and its parsed form.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{LocaleChoice, Reject};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    account::Account,
    catalog::LOCALES,
    values::{
        CheckedMetadata, Iin, Metadata, Prefilled, Technology, supports_edocument_metadata, supports_face2face_metadata,
    },
};

/// A request to verify one user.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "BiometricKzRequest"))]
pub struct Request {
    /// The language of the provider's pages: `ru`, `en`, `kz` or another spelling of these, such as `kk-KZ` (B-9); or a
    /// list of the languages that the user prefers, best first.
    pub locale: Option<LocaleChoice>,
    /// What you already know about the user.
    pub metadata: Option<Metadata>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("locale", &self.locale).finish_non_exhaustive()
    }
}

/// A request that was found fit to be sent. It holds personal data until the session is decided or erased.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ParsedRequest {
    locale: String,
    /// Given up as soon as it was sent: a biometric, and far too large to be stored with every change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    photo1: Option<Private>,
    #[serde(default)]
    photo_sent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iin: Option<Field>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<Field>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    skip_input: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interchangeable_tech: Option<Vec<String>>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Field {
    value: Private,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changeable: Option<bool>,
}

/// Personal data that still has to be sent or compared; wiped when dropped.
#[derive(Clone, PartialEq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
struct Private(String);

impl ParsedRequest {
    /// Checks a request under the account's rules.
    pub(crate) fn parse(account: &Account, request: &Request) -> Result<Self, Reject> {
        let locale = request.locale.as_ref().map(|locale| locale.of(&LOCALES)).transpose()?.flatten();
        let locale = locale.map_or(account.locale, |locale| locale.tag);
        let metadata = request.metadata.as_ref().map(|metadata| account.check_metadata(metadata)).transpose();
        let metadata = metadata.map_err(|reject| reject.within("metadata"))?;
        Ok(Self::new(locale, metadata.filter(|metadata| !metadata.is_empty())))
    }

    fn new(locale: &str, metadata: Option<CheckedMetadata>) -> Self {
        let request = Self {
            locale: locale.to_string(),
            photo1: None,
            photo_sent: false,
            iin: None,
            phone: None,
            skip_input: None,
            interchangeable_tech: None,
        };
        let Some(metadata) = metadata else { return request };
        let iin = metadata.iin.as_ref().map(|field| Field::of(field.value.as_str(), field));
        let phone = metadata.phone.as_ref().map(|field| Field::of(field.value.as_str(), field));
        Self {
            photo1: metadata.photo1.as_ref().map(|photo| Private(photo.as_base64().to_string())),
            iin,
            phone,
            skip_input: metadata.skip_input,
            interchangeable_tech: metadata.interchangeable_tech,
            ..request
        }
    }

    /// The language of the provider's pages.
    pub(crate) fn locale(&self) -> &str {
        &self.locale
    }

    /// A session was made with it.
    pub(crate) fn sent(&mut self) {
        self.photo_sent |= self.photo1.take().is_some();
    }

    /// Whether a session was made with a reference photo.
    pub(crate) fn photo_was_sent(&self) -> bool {
        self.photo_sent
    }

    /// Whether another session can be made just like the first. Without the photo it would check less.
    pub(crate) fn can_be_sent_again(&self) -> bool {
        !self.photo_sent
    }

    /// The body of a creation.
    pub(crate) fn body(&self, account: &Account) -> Vec<u8> {
        let mut body = Map::new();
        body.insert("api_key".into(), account.api_key.as_str().into());
        if let Some(metadata) = self.metadata() {
            body.insert("metadata".into(), metadata);
        }
        Value::Object(body).to_string().into_bytes()
    }

    /// The `metadata` member, or none: then the flow runs by default (B-F3). Members that were not given are left out.
    fn metadata(&self) -> Option<Value> {
        let mut metadata = Map::new();
        if let Some(photo) = &self.photo1 {
            metadata.insert("face2face".into(), json!({ "photo1": photo.0 }));
        }
        let mut edocument = Map::new();
        for (name, field) in [("iin", &self.iin), ("phone", &self.phone)] {
            field.as_ref().and_then(|field| edocument.insert(name.into(), field.to_json()));
        }
        self.skip_input.and_then(|skip| edocument.insert("skip_input".into(), skip.into()));
        if !edocument.is_empty() {
            metadata.insert("edocument".into(), edocument.into());
        }
        if let Some(codes) = &self.interchangeable_tech {
            metadata.insert("general".into(), json!({ "interchangeable_tech": codes }));
        }
        (!metadata.is_empty()).then_some(Value::Object(metadata))
    }

    /// Whether a flow of these technologies can use what is to be sent (B-F3, B-Q7; for E-Document inferred).
    pub(crate) fn is_supported_by(&self, technologies: &[Technology]) -> bool {
        let edocument = self.iin.is_some() || self.phone.is_some() || self.skip_input.is_some();
        (self.photo1.is_none() || supports_face2face_metadata(technologies))
            && (!edocument || supports_edocument_metadata(technologies))
    }

    /// The IIN that the user could not change: the document has to be this person's (B-Q15).
    pub(crate) fn fixed_iin(&self) -> Option<Iin> {
        let field = self.iin.as_ref().filter(|field| field.changeable == Some(false))?;
        Iin::lenient("iin", &field.value.0).ok()
    }

    /// Gives up all personal data.
    pub(crate) fn forget(&mut self) {
        self.photo1 = None;
        self.iin = None;
        self.phone = None;
    }

    /// Restored input is untrusted: an unreadable fixed IIN would drop the comparison.
    pub(crate) fn is_plausible(&self) -> bool {
        LOCALES.entries.iter().any(|entry| entry.tag == self.locale)
            && self.iin.as_ref().is_none_or(|iin| Iin::lenient("iin", &iin.value.0).is_ok())
    }
}

impl Field {
    fn of<T>(value: &str, given: &Prefilled<T>) -> Self {
        Self { value: Private(value.to_string()), changeable: given.changeable }
    }

    fn to_json(&self) -> Value {
        match self.changeable {
            Some(changeable) => json!({ "value": self.value.0, "changeable": changeable }),
            None => json!({ "value": self.value.0 }),
        }
    }
}
