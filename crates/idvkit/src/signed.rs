//! Signatures without a session: for a tool, a test, or an endpoint of your own.

use alloc::vec::Vec;

use idvkit_core::{Reject, Secret};
use idvkit_signature::Scheme;

/// Accepts `tag` for `message` if any of the `secrets` gives it; the list is for rotation. The comparison takes the same
/// time whatever differs.
///
/// A session does this by itself. `message` is what was signed, byte for byte: [`signed_member`] cuts it out of a body.
///
/// # Errors
/// Blame `signature`: `signature_missing`, `signature_malformed` and `signature_wrong` are about the tag, `secret_missing`
/// and `secret_malformed` mean that no secret was usable.
pub fn verify(message: &[u8], tag: &str, secrets: &[Secret], scheme: Scheme) -> Result<(), Reject> {
    Ok(scheme.verify(secrets, message, tag)?)
}

/// The value of a top-level member of a JSON object, exactly as it was sent; `None` if there is no such member.
///
/// # Errors
/// Blame `provider`: `json_malformed`, `json_not_object`, and `json_duplicate_member` if the member is there twice.
pub fn signed_member(body: &[u8], name: &str) -> Result<Option<Vec<u8>>, Reject> {
    Ok(idvkit_signature::member(body, name)?.map(<[u8]>::to_vec))
}
