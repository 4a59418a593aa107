//! A signing scheme as data: how a tag is computed, written down and checked.

use alloc::string::String;

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

/// How one provider signs. Plain data: what a provider's documents leave open is a field to override, not code.
///
/// Deliberately exhaustive, so that a constant can be written down wherever it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scheme {
    /// What computes the tag.
    pub algorithm: Algorithm,
    /// How the tag is written.
    pub encoding: TagEncoding,
    /// Which bytes of the secret are the key.
    pub key: KeyForm,
}

/// The algorithm that computes a tag. New ones may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC (RFC 2104) with SHA-256: 32 bytes.
    HmacSha256,
}

/// How a tag is written as text. Deliberately exhaustive: a match on it must name every way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum TagEncoding {
    /// 64 hex digits, upper or lower case when read, lower case when written (A-F6).
    Hex,
    /// 44 characters of base64 with the standard alphabet and padding (RFC 4648, section 4).
    Base64,
}

/// Which bytes of a configured secret are the key. Deliberately exhaustive: a match on it must name every form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum KeyForm {
    /// The bytes of the secret's own text, also when that text happens to be hex. The default for Attestr (A-Q2, inferred).
    Text,
    /// The bytes that the secret's hex digits stand for.
    HexDecoded,
}

/// Why a signature was not accepted. Missing, malformed and wrong are different events: the first is a sender that does
/// not sign, the second one that signs in another way, the third a forgery or the wrong secret.
///
/// New reasons may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// There is no tag, or it is empty.
    #[error("the signature is missing: expected one beside the signed content")]
    Missing,
    /// The tag is not of the form that the scheme writes, or not of full length.
    #[error("the signature is malformed: expected {expected}")]
    Malformed {
        /// The expected form, in words.
        expected: &'static str,
    },
    /// The tag is well-formed, and belongs to other content or another secret.
    #[error("the signature does not match the content under any configured secret; the signature doctor explains why")]
    Wrong,
    /// No secret is configured, or only empty ones.
    #[error("no secret is configured to check the signature with: set the one that the provider issued")]
    NoSecret,
    /// A secret is configured in another form than the scheme's [`KeyForm`] says.
    #[error("the configured secret is not an even number of hex digits: paste it again, or use its text as the key")]
    BadSecret,
}

impl Scheme {
    /// HMAC-SHA256 in hex, keyed with the text of the secret: what Attestr's documents and sample lead to (A-F6, A-Q2, inferred).
    pub const HMAC_SHA256_HEX: Self =
        Self { algorithm: Algorithm::HmacSha256, encoding: TagEncoding::Hex, key: KeyForm::Text };

    /// The tag of `message` under `secret`, in the scheme's encoding.
    ///
    /// # Errors
    /// [`Mismatch::NoSecret`] for an empty secret, [`Mismatch::BadSecret`] for one that is not of the scheme's key form.
    pub fn sign(&self, secret: &Secret, message: &[u8]) -> Result<String, Mismatch> {
        let digest = self.keyed(secret)?.chain_update(message).finalize().into_bytes();
        Ok(self.encoding.encode(&digest))
    }

    /// Accepts `tag` for `message` if any of the `secrets` gives it. The list is for rotation; all of it is tried, so the
    /// time does not tell which secret matched.
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

    /// Whether `secret` can be a key of this scheme at all; meant for the moment an account is configured.
    ///
    /// # Errors
    /// [`Mismatch::NoSecret`] for an empty secret, [`Mismatch::BadSecret`] for one that is not of the scheme's key form.
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
    /// As the reason of a refusal.
    pub fn code(self) -> RejectCode {
        match self {
            Self::Missing => RejectCode::SignatureMissing,
            Self::Malformed { .. } => RejectCode::SignatureMalformed,
            Self::Wrong => RejectCode::SignatureWrong,
            Self::NoSecret => RejectCode::SecretMissing,
            Self::BadSecret => RejectCode::SecretMalformed,
        }
    }

    /// As what is wrong with an answer.
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
    /// [`Blame::Signature`](idvkit_core::Blame::Signature), for a secret too: nothing was verified, so the sender is unknown.
    fn from(mismatch: Mismatch) -> Self {
        Self::new(mismatch.code(), alloc::string::ToString::to_string(&mismatch))
    }
}

fn hmac(key: &[u8]) -> Result<HmacSha256, Mismatch> {
    // HMAC takes a key of any length; the error is of the trait, not of the algorithm.
    HmacSha256::new_from_slice(key).map_err(|_| Mismatch::BadSecret)
}
