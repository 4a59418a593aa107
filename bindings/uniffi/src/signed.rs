//! Signatures without a session.

use idvkit::{Algorithm, KeyForm, Scheme, Secret, TagEncoding};

use crate::Reject;

/// How a tag is written as text.
#[uniffi::remote(Enum)]
pub enum TagEncoding {
    /// 64 hex digits.
    Hex,
    /// Base64.
    Base64,
}

/// Which bytes of a secret are the key.
#[uniffi::remote(Enum)]
pub enum KeyForm {
    /// The bytes of its own text.
    Text,
    /// What its hex digits stand for.
    HexDecoded,
}

/// Accepts `tag` for `message` if any of the `secrets` gives it; the list is for rotation. Returns nothing if it does.
///
/// A session does this by itself. `message` is what was signed, byte for byte: `signed_member` cuts it out of a body. The
/// scheme is HMAC-SHA256.
///
/// Refuses with the blame `signature`: `signature_missing`, `signature_malformed` and `signature_wrong` are about the tag,
/// `secret_missing` and `secret_malformed` mean that no secret was usable.
#[uniffi::export]
pub fn verify(
    message: Vec<u8>,
    tag: &str,
    secrets: Vec<String>,
    encoding: TagEncoding,
    key: KeyForm,
) -> Result<(), Reject> {
    let scheme = Scheme { algorithm: Algorithm::HmacSha256, encoding, key };
    let secrets: Vec<Secret> = secrets.into_iter().map(Secret::from).collect();
    Ok(idvkit::verify(&message, tag, &secrets, scheme)?)
}

/// The same for secrets that are bytes, as key stores give them: each of the `keys` is the key as it is.
///
/// Refuses with the blame `signature`: `signature_missing`, `signature_malformed` and `signature_wrong` are about the tag,
/// `secret_missing` means that there is no key, or only empty ones.
#[uniffi::export]
pub fn verify_with_keys(message: Vec<u8>, tag: &str, keys: Vec<Vec<u8>>, encoding: TagEncoding) -> Result<(), Reject> {
    let scheme = Scheme { algorithm: Algorithm::HmacSha256, encoding, key: KeyForm::Text };
    let keys: Vec<Secret> = keys.into_iter().map(|key| scheme.key.secret(key)).collect();
    Ok(idvkit::verify(&message, tag, &keys, scheme)?)
}

/// The value of a top-level member of a JSON object, exactly as it was sent; nothing if there is no such member.
///
/// Refuses with the blame `provider`: `json_malformed`, `json_not_object`, and `json_duplicate_member` if the member is there
/// twice.
#[uniffi::export]
pub fn signed_member(body: Vec<u8>, name: &str) -> Result<Option<Vec<u8>>, Reject> {
    Ok(idvkit::signed_member(&body, name)?)
}
