//! Validated types. Each is useful alone, and only its own check creates a value.

mod iin;
mod invisible;
mod metadata;
mod phone;
mod photo;
mod session_id;
mod technology;

pub use iin::{Iin, Sex};
pub use metadata::{
    BiometricKzSkipCondition, CheckedMetadata, DEFAULT_PHOTO_MAX_BYTES, EdocumentMetadata, Face2FaceMetadata,
    GeneralMetadata, InputStep, Metadata, MetadataRules, Prefilled, PrefilledField,
};
pub use phone::Phone;
pub use photo::{BiometricKzPhoto, BiometricKzPhotoKind};
pub use session_id::SessionId;
pub use technology::{Technology, supports_edocument_metadata, supports_face2face_metadata};

/// The tag of biometric.kz's configurations, and the first part of every operation's name.
pub(crate) const ID: &str = "biometric_kz";
