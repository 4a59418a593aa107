//! Randomness as a parameter: 32 bytes when a session is opened, from which every id and secret is derived.

use alloc::{format, string::String};
use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{Reject, RejectCode};

/// 32 random bytes that the host draws once per session from its operating system.
///
/// Request ids, journey ids, callback secrets and jitter are HMAC-SHA256(seed, purpose ‖ number), so that asking twice
/// gives the same answer on any machine.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl Seed {
    /// Takes 32 bytes from a cryptographic random source.
    ///
    /// # Errors
    /// `seed_invalid` if there are not exactly 32 bytes, or all are the same.
    pub fn new(bytes: &[u8]) -> Result<Self, Reject> {
        let wrong = |why| Reject::at(RejectCode::SeedInvalid, "seed", why);
        let seed: [u8; 32] = bytes
            .try_into()
            .map_err(|_| wrong("a seed is exactly 32 bytes; take them from the operating system's random source"))?;
        if seed.iter().all(|byte| *byte == seed[0]) {
            return Err(wrong("all bytes are the same; take 32 bytes from the operating system's random source"));
        }
        Ok(Self(seed))
    }

    /// 32 bytes derived for this purpose and number. Every other purpose or number gives other bytes.
    pub fn derive(&self, purpose: &str, number: u32) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(&number.to_be_bytes());
        mac.finalize().into_bytes().into()
    }

    /// The first `bytes` (at most 32) of [`derive`](Self::derive) as lowercase hex.
    pub fn token(&self, purpose: &str, number: u32, bytes: usize) -> String {
        let derived = self.derive(purpose, number);
        base16ct::lower::encode_string(&derived[..bytes.min(derived.len())])
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(base16ct::lower::encode_string(&self.0)))
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        from_hex(&text).map(Self).ok_or_else(|| serde::de::Error::custom("seed"))
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let decoded = base16ct::mixed::decode(text, &mut bytes).ok()?.len();
    (decoded == bytes.len()).then_some(bytes)
}

/// A short stable name for an account of a provider, from values that stay the same when its secrets change.
pub fn fingerprint(parts: &[&str]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"idvkit account").expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(format!("{}:", part.len()).as_bytes());
        mac.update(part.as_bytes());
    }
    base16ct::lower::encode_string(&mac.finalize().into_bytes()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_one_value_per_purpose_and_number() {
        let seed = Seed::new(&core::array::from_fn::<u8, 32, _>(|at| at.to_le_bytes()[0])).unwrap();
        assert_eq!(seed.derive("request", 1), seed.derive("request", 1));
        assert_ne!(seed.derive("request", 1), seed.derive("request", 2));
        assert_ne!(seed.derive("request", 1), seed.derive("journey", 1));
        let stored = serde_json::to_string(&seed).unwrap();
        assert_eq!(serde_json::from_str::<Seed>(&stored).unwrap(), seed);
        assert_eq!(serde_json::from_str::<Seed>(&stored.to_uppercase()).unwrap(), seed);
        let odd = format!("\"{}\"", "0".repeat(63));
        for text in ["\"\"", "\"00\"", &odd, &stored.replace("1f", "1fff"), &stored.replace("1f", "1x")] {
            assert!(serde_json::from_str::<Seed>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_random() {
        assert_eq!(Seed::new(&[7; 31]).unwrap_err().code(), "seed_invalid");
        assert_eq!(Seed::new(&[0; 32]).unwrap_err().code(), "seed_invalid");
    }

    #[test]
    fn fingerprints_keep_parts_apart() {
        assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
    }
}
