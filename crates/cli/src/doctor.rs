//! `idvkit doctor`: why a signed answer does not verify.

use std::slice;

use idvkit_core::Secret;
use idvkit_signature::{Diagnosis, Scheme, diagnose_member};
use serde_json::Value;

/// What has to be compared.
pub struct Patient<'a> {
    /// The body as it was stored, byte for byte.
    pub body: &'a [u8],
    /// The member that is signed.
    pub member: &'a str,
    /// The tag in hex; without one, the member of that name with `Signature` behind it is taken from the body.
    pub tag: Option<&'a str>,
    /// The secret, as it is configured.
    pub secret: Secret,
}

/// Examines it. A diagnosis explains, and accepts nothing.
///
/// # Errors
/// If there is no tag.
pub fn examine(patient: &Patient<'_>) -> anyhow::Result<Diagnosis> {
    let name = format!("{}Signature", patient.member);
    let found = serde_json::from_slice::<Value>(patient.body).ok();
    let found = found.and_then(|body| body.get(&name)?.as_str().map(str::to_owned));
    let tag = patient.tag.map(str::to_owned).or(found);
    let tag = tag.ok_or_else(|| anyhow::anyhow!("there is no tag: give --tag, or a body with the member {name}"))?;
    Ok(diagnose_member(&Scheme::HMAC_SHA256_HEX, slice::from_ref(&patient.secret), patient.body, patient.member, &tag))
}
