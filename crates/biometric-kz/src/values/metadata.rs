//! What you can tell a session in advance: a reference photo, an IIN and a phone (B-F3).

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{Base64Image, ImageKind, ImageRules, Reject, RejectCode, words};
use serde::Deserialize;

use super::{
    Iin, Phone,
    technology::{Technology, supports_edocument_metadata, supports_face2face_metadata},
};

/// The largest reference photo by default, in bytes after decoding (inferred, B-Q6).
pub const DEFAULT_PHOTO_MAX_BYTES: usize = 10_000_000;
/// The most codes in `interchangeable_tech` (our limit: no flow has that many technologies).
const MAX_INTERCHANGEABLE: usize = 32;

/// Metadata of one session, in the provider's own form. Without metadata the flow runs as configured in the dashboard.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "BiometricKzMetadata"))]
pub struct Metadata {
    /// The metadata for face matching (F2F).
    pub face2face: Option<Face2FaceMetadata>,
    /// The metadata for E-Document.
    pub edocument: Option<EdocumentMetadata>,
    /// The metadata for the whole flow.
    pub general: Option<GeneralMetadata>,
}

/// Metadata for face matching (F2F).
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "BiometricKzFace2FaceMetadata"))]
pub struct Face2FaceMetadata {
    /// The photo to compare with: a file in strict base64, without a `data:` prefix.
    pub photo1: Option<String>,
}

/// Metadata for E-Document.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "BiometricKzEdocumentMetadata"))]
pub struct EdocumentMetadata {
    /// The person's IIN, 12 digits.
    pub iin: Option<PrefilledField>,
    /// The person's phone number, `77*********`.
    pub phone: Option<PrefilledField>,
    /// Whether to skip the input step, so that the code from 1414 is sent at once; `false` by default. It needs both
    /// values, and neither may be changeable.
    pub skip_input: Option<bool>,
}

/// One field of the input step.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "BiometricKzPrefilledField"))]
pub struct PrefilledField {
    /// The field's value. An empty value counts as none (B-Q4).
    pub value: Option<String>,
    /// Whether the user may change the value; `true` by default.
    pub changeable: Option<bool>,
}

/// Metadata for the whole flow.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "BiometricKzGeneralMetadata"))]
pub struct GeneralMetadata {
    /// Codes of technologies, passed on as they are. What they do is documented nowhere (B-Q8).
    pub interchangeable_tech: Option<Vec<String>>,
}

/// The rules that metadata is checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataRules {
    /// The largest reference photo, in bytes after decoding.
    pub photo_max_bytes: usize,
    /// Whether any 12 digits are accepted as an IIN (B-Q5).
    pub lenient_iin: bool,
    /// The flow's technologies, if known: metadata that they cannot use is refused.
    pub technologies: Option<Vec<Technology>>,
}

impl Default for MetadataRules {
    fn default() -> Self {
        Self { photo_max_bytes: DEFAULT_PHOTO_MAX_BYTES, lenient_iin: false, technologies: None }
    }
}

/// Checked metadata that can be sent. `Debug` prints no part of it.
#[derive(Clone)]
pub struct CheckedMetadata {
    /// The reference photo. [`Base64Image::kind`] is `None` if its first bytes are neither JPEG's nor PNG's, which is
    /// worth a warning (B-Q6).
    pub photo1: Option<Base64Image>,
    /// The IIN, if given.
    pub iin: Option<Prefilled<Iin>>,
    /// The phone number, if given.
    pub phone: Option<Prefilled<Phone>>,
    /// The value of `skip_input`, as given.
    pub skip_input: Option<bool>,
    /// The value of `interchangeable_tech`, as given.
    pub interchangeable_tech: Option<Vec<String>>,
}

/// A value for the input step.
#[derive(Clone, PartialEq, Eq)]
pub struct Prefilled<T> {
    /// The value.
    pub value: T,
    /// Whether the user may change the value, as given; without it the provider takes `true`.
    pub changeable: Option<bool>,
}

/// What the user sees of the input step (B-F3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputStep {
    /// The step is skipped: the code from 1414 is sent at once (case 1).
    Skipped,
    /// The step is shown, with the given values filled in.
    Shown {
        /// Whether the user can edit the IIN.
        iin_changeable: bool,
        /// Whether the user can edit the phone number.
        phone_changeable: bool,
    },
}

impl Metadata {
    /// Checks everything that can be known before a session is created.
    ///
    /// # Errors
    /// `skip_input_unmet`, which names each unmet condition; `locked_without_value`; `metadata_unsupported`;
    /// `interchangeable_tech_invalid`; those of [`Base64Image::parse`], [`Iin::parse`] and [`Phone::parse`]. The field
    /// is the member's path, such as `edocument.iin.value`.
    pub fn check(&self, rules: &MetadataRules) -> Result<CheckedMetadata, Reject> {
        let photo1 = self.face2face.as_ref().and_then(|face| face.photo1.as_deref());
        let edocument = self.edocument.clone().unwrap_or_default();
        edocument.check_skip()?;
        let read_iin = if rules.lenient_iin { Iin::lenient } else { Iin::parse };
        let iin = |value: &str| read_iin("edocument.iin.value", value);
        let phone = |value: &str| Phone::parse("edocument.phone.value", value);
        let checked = CheckedMetadata {
            photo1: photo1.map(|text| photo(text, rules.photo_max_bytes)).transpose()?,
            iin: prefilled(edocument.iin.as_ref(), "edocument.iin.changeable", iin)?,
            phone: prefilled(edocument.phone.as_ref(), "edocument.phone.changeable", phone)?,
            skip_input: edocument.skip_input,
            interchangeable_tech: self.interchangeable()?,
        };
        match &rules.technologies {
            Some(technologies) => checked.check_support(technologies).map(|()| checked),
            None => Ok(checked),
        }
    }

    fn interchangeable(&self) -> Result<Option<Vec<String>>, Reject> {
        let codes = self.general.as_ref().and_then(|general| general.interchangeable_tech.clone());
        let is_code =
            |code: &String| (1..=32).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_graphic());
        match codes {
            Some(codes) if codes.len() > MAX_INTERCHANGEABLE || !codes.iter().all(is_code) => {
                let rule = "a list of at most 32 technology codes such as \"F2F\", each of 1 to 32 characters";
                Err(Reject::at(RejectCode::InterchangeableTechInvalid, "general.interchangeable_tech", rule))
            }
            codes => Ok(codes),
        }
    }
}

impl EdocumentMetadata {
    /// Each unmet condition of `skip_input: true` (B-F3: all conditions are needed); empty if `skip_input` is not set.
    pub fn unmet_for_skip(&self) -> Vec<BiometricKzSkipCondition> {
        if self.skip_input != Some(true) {
            return Vec::new();
        }
        let given = |field: &Option<PrefilledField>| field.as_ref().is_some_and(|field| field.given().is_some());
        let fixed =
            |field: &Option<PrefilledField>| field.as_ref().is_some_and(|field| field.changeable == Some(false));
        let conditions = [
            (given(&self.iin), BiometricKzSkipCondition::IinGiven),
            (fixed(&self.iin), BiometricKzSkipCondition::IinFixed),
            (given(&self.phone), BiometricKzSkipCondition::PhoneGiven),
            (fixed(&self.phone), BiometricKzSkipCondition::PhoneFixed),
        ];
        conditions.into_iter().filter(|(met, _)| !met).map(|(_, condition)| condition).collect()
    }

    fn check_skip(&self) -> Result<(), Reject> {
        let unmet = self.unmet_for_skip();
        if unmet.is_empty() {
            return Ok(());
        }
        let rules: Vec<&str> = unmet.into_iter().map(BiometricKzSkipCondition::rule).collect();
        let message = format!("the input step cannot be skipped: {}", rules.join("; "));
        Err(Reject::at(RejectCode::SkipInputUnmet, "edocument.skip_input", message))
    }
}

words! {
    /// A condition of `skip_input: true`. Deliberately exhaustive: the documents have these four.
    pub enum BiometricKzSkipCondition {
        /// `iin.value` has to be given.
        IinGiven,
        /// `iin.changeable` has to be `false`.
        IinFixed,
        /// `phone.value` has to be given.
        PhoneGiven,
        /// `phone.changeable` has to be `false`.
        PhoneFixed,
    }
}

impl BiometricKzSkipCondition {
    /// The condition as a sentence.
    pub fn rule(self) -> &'static str {
        match self {
            Self::IinGiven => "iin.value has to be given",
            Self::IinFixed => "iin.changeable has to be false",
            Self::PhoneGiven => "phone.value has to be given",
            Self::PhoneFixed => "phone.changeable has to be false",
        }
    }
}

impl PrefilledField {
    /// The value, unless it is missing or empty.
    fn given(&self) -> Option<&str> {
        self.value.as_deref().filter(|value| !value.is_empty())
    }
}

impl CheckedMetadata {
    /// What the user will see of the input step.
    pub fn input_step(&self) -> InputStep {
        // That it can be skipped was checked; a step that is not asked to be skipped is shown.
        if self.skip_input == Some(true) {
            return InputStep::Skipped;
        }
        InputStep::Shown {
            iin_changeable: self.iin.as_ref().is_none_or(Prefilled::is_changeable),
            phone_changeable: self.phone.as_ref().is_none_or(Prefilled::is_changeable),
        }
    }

    /// Whether there is anything to send.
    pub fn is_empty(&self) -> bool {
        self.photo1.is_none() && !self.has_edocument() && self.interchangeable_tech.is_none()
    }

    /// What kind of image the reference photo is, if it is known.
    pub fn photo_kind(&self) -> Option<ImageKind> {
        self.photo1.as_ref().and_then(Base64Image::kind)
    }

    fn check_support(&self, technologies: &[Technology]) -> Result<(), Reject> {
        if self.photo1.is_some() && !supports_face2face_metadata(technologies) {
            let rule = "a reference photo works only in flows of F2F with liveness (LD..), ED or DR, and nothing else; leave it out";
            return Err(Reject::at(RejectCode::MetadataUnsupported, "face2face", rule));
        }
        if self.has_edocument() && !supports_edocument_metadata(technologies) {
            let rule = "IIN and phone are asked for only in flows with ED; leave them out, or use such a flow's key";
            return Err(Reject::at(RejectCode::MetadataUnsupported, "edocument", rule));
        }
        Ok(())
    }

    fn has_edocument(&self) -> bool {
        self.iin.is_some() || self.phone.is_some() || self.skip_input.is_some()
    }
}

impl<T> Prefilled<T> {
    /// Whether the user may change it: yes, unless it was said otherwise (B-F3).
    pub fn is_changeable(&self) -> bool {
        self.changeable != Some(false)
    }
}

fn photo(text: &str, max_bytes: usize) -> Result<Base64Image, Reject> {
    let kinds = &[ImageKind::Jpeg, ImageKind::Png];
    let rules = ImageRules { max_bytes, kinds, require_known_kind: false, max_pixels: None };
    Base64Image::parse("face2face.photo1", text, &rules)
}

fn prefilled<T>(
    field: Option<&PrefilledField>,
    changeable_field: &str,
    parse: impl Fn(&str) -> Result<T, Reject>,
) -> Result<Option<Prefilled<T>>, Reject> {
    let Some(field) = field else { return Ok(None) };
    match field.given() {
        Some(value) => Ok(Some(Prefilled { value: parse(value)?, changeable: field.changeable })),
        // The user would face an empty field that cannot be filled in.
        None if field.changeable == Some(false) => {
            let fix = "a field without a value must stay changeable; give the value, or leave `changeable` out";
            Err(Reject::at(RejectCode::LockedWithoutValue, changeable_field.to_string(), fix))
        }
        None => Ok(None),
    }
}

/// Personal data throughout: none of these prints what it holds.
macro_rules! redacted {
    ($($name:ty => $text:literal),* $(,)?) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($text)
            }
        })*
    };
}

redacted! {
    Metadata => "Metadata(..)",
    Face2FaceMetadata => "Face2FaceMetadata(..)",
    EdocumentMetadata => "EdocumentMetadata(..)",
    PrefilledField => "PrefilledField(..)",
    GeneralMetadata => "GeneralMetadata(..)",
    CheckedMetadata => "CheckedMetadata(..)",
}

impl<T> fmt::Debug for Prefilled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prefilled(..)")
    }
}
