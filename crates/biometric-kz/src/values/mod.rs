//! Validated types: each useful alone, and made by nothing but its own check.

mod iin;
mod metadata;
mod phone;
mod technology;

pub use iin::{Iin, Sex};
pub use metadata::{
    CheckedMetadata, DEFAULT_PHOTO_MAX_BYTES, EdocumentMetadata, Face2FaceMetadata, GeneralMetadata, InputStep,
    Metadata, MetadataRules, Prefilled, PrefilledField,
};
pub use phone::Phone;
pub use technology::{Technology, supports_edocument_metadata, supports_face2face_metadata};

/// Whether a text can be a session's id. Every sample is a UUID; what matters here is that it is safe in a path.
pub(crate) fn is_session_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
