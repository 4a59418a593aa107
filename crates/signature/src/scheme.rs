//! A signing scheme as data: how a tag is computed, encoded and checked.

use alloc::{string::String, vec::Vec};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use idvkit_core::{FaultCode, Reject, RejectCode, Secret};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::Choice;
use zeroize::Zeroizing;

use crate::compare::equal;

/// Bytes of a SHA-256 digest. Tags are never shorter: a truncated one is malformed.
pub(crate) const DIGEST: usize = 32;

pub(crate) type HmacSha256 = Hmac<Sha256>;

/// How one provider signs, as plain data. Where a provider's documents do not say how it signs, a field can be
/// overridden.
///
/// Deliberately exhaustive, so that a constant can be written down wherever it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scheme {
    /// The algorithm that computes the tag.
    pub algorithm: Algorithm,
    /// How the tag is written as a text.
    pub encoding: TagEncoding,
    /// Which bytes of the secret are used as the key.
    pub key: KeyForm,
}

/// The algorithm that computes a tag. Later versions may add algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC (RFC 2104) with SHA-256: 32 bytes.
    HmacSha256,
}

/// How a tag is written as a text. Deliberately exhaustive: a match on it must name every way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum TagEncoding {
    /// 64 hex digits, upper or lower case when read, lower case when written (A-F6).
    Hex,
    /// 44 characters of base64 with the standard alphabet and padding (RFC 4648, section 4).
    Base64,
}

/// Which bytes of a configured secret are used as the key. Deliberately exhaustive: a match on it must name every form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum KeyForm {
    /// The bytes of the secret's own text, even if that text is hex. The default for Attestr (A-Q2, inferred).
    Text,
    /// The bytes that the secret's hex digits encode.
    HexDecoded,
}

/// Why a signature was not accepted. Missing, malformed and wrong have different causes: a sender that does not sign, a
/// sender that signs in another way, and a forgery or a wrong secret.
///
/// Later versions may add reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// There is no signature, or it is empty.
    #[error("the signature is missing: expected one beside the signed content")]
    Missing,
    /// The signature does not have the encoding or the length that the scheme writes.
    #[error("the signature is malformed: expected {expected}")]
    Malformed {
        /// The expected encoding and length, in words.
        expected: &'static str,
    },
    /// The signature is well-formed, but belongs to other content or another secret.
    #[error("the signature does not match the content under any configured secret; the signature doctor explains why")]
    Wrong,
    /// No secret is configured, or all are empty.
    #[error("no secret is configured to check the signature with: set the one that the provider issued")]
    NoSecret,
    /// A configured secret does not have the form that the scheme's [`KeyForm`] needs.
    #[error("the configured secret is not an even number of hex digits: paste it again, or use its text as the key")]
    BadSecret,
}

impl Scheme {
    /// HMAC-SHA256 in hex, with the secret's text as the key. Attestr's documents and sample lead to this scheme (A-F6,
    /// A-Q2, inferred).
    pub const HMAC_SHA256_HEX: Self =
        Self { algorithm: Algorithm::HmacSha256, encoding: TagEncoding::Hex, key: KeyForm::Text };

    /// The tag of `message` under `secret`, in the scheme's encoding.
    ///
    /// # Errors
    /// [`Mismatch::NoSecret`] for an empty secret, [`Mismatch::BadSecret`] for one that does not have the scheme's key
    /// form.
    pub fn sign(&self, secret: &Secret, message: &[u8]) -> Result<String, Mismatch> {
        let digest = self.keyed(secret)?.chain_update(message).finalize().into_bytes();
        Ok(self.encoding.encode(&digest))
    }

    /// Returns `Ok` if `tag` is the tag of `message` under any of the `secrets`. The list is for rotation. All secrets
    /// are tried, so the time does not tell which one matched.
    ///
    /// # Errors
    /// [`Mismatch::Missing`], [`Mismatch::Malformed`] and [`Mismatch::Wrong`] are about the tag. [`Mismatch::NoSecret`] and
    /// [`Mismatch::BadSecret`] mean that no configured secret was usable; use [`check_secret`](Self::check_secret) at start-up.
    pub fn verify(&self, secrets: &[Secret], message: &[u8], tag: &str) -> Result<(), Mismatch> {
        let claimed = self.decode(tag)?;
        let mut accepted = Choice::from(0);
        let mut refusal = Mismatch::NoSecret;
        for secret in secrets {
            match self.keyed(secret) {
                Ok(mac) => {
                    accepted |= equal(&mac.chain_update(message).finalize().into_bytes(), &claimed);
                    refusal = Mismatch::Wrong;
                }
                Err(error) if refusal != Mismatch::Wrong && error == Mismatch::BadSecret => refusal = error,
                Err(_) => {}
            }
        }
        if accepted.into() { Ok(()) } else { Err(refusal) }
    }

    /// Checks that `secret` can be a key of this scheme. Call it when an account is configured.
    ///
    /// # Errors
    /// [`Mismatch::NoSecret`] for an empty secret, [`Mismatch::BadSecret`] for one that does not have the scheme's key
    /// form.
    pub fn check_secret(&self, secret: &Secret) -> Result<(), Mismatch> {
        self.keyed(secret).map(drop)
    }

    pub(crate) fn keyed(self, secret: &Secret) -> Result<HmacSha256, Mismatch> {
        if secret.is_empty() {
            return Err(Mismatch::NoSecret);
        }
        match (self.algorithm, self.key) {
            (Algorithm::HmacSha256, KeyForm::Text) => hmac(secret.expose()),
            (Algorithm::HmacSha256, KeyForm::HexDecoded) => {
                hmac(&Zeroizing::new(base16ct::mixed::decode_vec(secret.expose()).map_err(|_| Mismatch::BadSecret)?))
            }
        }
    }

    fn decode(self, tag: &str) -> Result<[u8; DIGEST], Mismatch> {
        if tag.is_empty() {
            return Err(Mismatch::Missing);
        }
        self.encoding.decode(tag).ok_or(Mismatch::Malformed { expected: self.encoding.form() })
    }
}

impl KeyForm {
    /// The secret whose key in this form is exactly `key`: for a host that holds bytes, as key stores give them, and no
    /// text.
    pub fn secret(self, key: impl Into<Vec<u8>>) -> Secret {
        let key = Secret::new(key);
        match self {
            Self::Text => key,
            Self::HexDecoded => Secret::from(base16ct::lower::encode_string(key.expose())),
        }
    }
}

impl TagEncoding {
    pub(crate) fn decode(self, tag: &str) -> Option<[u8; DIGEST]> {
        let mut digest = [0; DIGEST];
        let written = match self {
            Self::Hex if tag.len() == 2 * DIGEST => base16ct::mixed::decode(tag, &mut digest).ok()?.len(),
            Self::Base64 if tag.len() == 44 => STANDARD.decode_slice(tag, &mut digest).ok()?,
            _ => return None,
        };
        (written == DIGEST).then_some(digest)
    }

    fn encode(self, digest: &[u8]) -> String {
        match self {
            Self::Hex => base16ct::lower::encode_string(digest),
            Self::Base64 => STANDARD.encode(digest),
        }
    }

    fn form(self) -> &'static str {
        match self {
            Self::Hex => "exactly 64 hex digits, without a prefix or white space",
            Self::Base64 => "exactly 44 characters of padded standard base64, without a prefix or white space",
        }
    }
}

impl Mismatch {
    /// The code of a reject for this mismatch.
    pub fn code(self) -> RejectCode {
        match self {
            Self::Missing => RejectCode::SignatureMissing,
            Self::Malformed { .. } => RejectCode::SignatureMalformed,
            Self::Wrong => RejectCode::SignatureWrong,
            Self::NoSecret => RejectCode::SecretMissing,
            Self::BadSecret => RejectCode::SecretMalformed,
        }
    }

    /// The code of a fault for this mismatch.
    pub fn fault_code(self) -> FaultCode {
        match self {
            Self::Missing => FaultCode::SignatureMissing,
            Self::Malformed { .. } => FaultCode::SignatureMalformed,
            Self::Wrong => FaultCode::SignatureWrong,
            Self::NoSecret => FaultCode::SecretMissing,
            Self::BadSecret => FaultCode::SecretMalformed,
        }
    }
}

impl From<Mismatch> for Reject {
    /// A reject with [`Blame::Signature`](idvkit_core::Blame::Signature), also for a missing or bad secret: nothing was
    /// verified, so the sender is unknown.
    fn from(mismatch: Mismatch) -> Self {
        Self::new(mismatch.code(), alloc::string::ToString::to_string(&mismatch))
    }
}

fn hmac(key: &[u8]) -> Result<HmacSha256, Mismatch> {
    // HMAC takes a key of any length; the error is of the trait, not of the algorithm.
    HmacSha256::new_from_slice(key).map_err(|_| Mismatch::BadSecret)
}
