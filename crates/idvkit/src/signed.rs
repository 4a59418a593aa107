//! Signature checks without a session: for a tool, a test, or an endpoint of your own.

use alloc::vec::Vec;

use idvkit_core::{Reject, Secret};
use idvkit_signature::Scheme;

/// Returns `Ok` if `tag` is the tag of `message` under any of the `secrets`; the list is for rotation. The comparison
/// takes constant time.
///
/// A session does this by itself. `message` holds the signed bytes exactly as they were sent: [`signed_member`] cuts
/// them out of a body. A secret is a text or bytes: `Secret::from(text)`, or `scheme.key.secret(bytes)` if the bytes are the
/// key as it is.
///
/// # Errors
/// A [`Reject`] with blame `signature`: `signature_missing`, `signature_malformed` or `signature_wrong` for the tag,
/// `secret_missing` or `secret_malformed` if no secret is usable.
pub fn verify(message: &[u8], tag: &str, secrets: &[Secret], scheme: Scheme) -> Result<(), Reject> {
    Ok(scheme.verify(secrets, message, tag)?)
}

/// The value of a top-level member of a JSON object, exactly as it was sent; `None` if there is no such member.
///
/// # Errors
/// A [`Reject`] with blame `provider`: `json_malformed`, `json_not_object`, or `json_duplicate_member` if the member
/// occurs twice.
pub fn signed_member(body: &[u8], name: &str) -> Result<Option<Vec<u8>>, Reject> {
    Ok(idvkit_signature::member(body, name)?.map(<[u8]>::to_vec))
}
