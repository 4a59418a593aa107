//! Encryption of what is stored: AES-256-GCM, with the key's id beside it, so that keys can be replaced.

use std::{fmt, sync::Arc};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::StoreError;

/// What an encrypted text begins with.
const PREFIX: &str = "idvkit:1:";
/// The longest id of a key, in characters.
const MAX_KEY_ID: usize = 32;

/// The keys by which snapshots, images and evidence are encrypted in the database. The first key encrypts, all keys
/// decrypt. To replace a key, put the new one first and keep the old one: each row is encrypted with the new key at its
/// next change.
#[derive(Clone, Default)]
pub struct Keys(Arc<[(String, RandomizedNonceKey)]>);

impl Keys {
    /// Keys by their ids. An id is 1 to 32 letters, digits, `-` and `_`; it is stored beside what the key encrypted.
    ///
    /// # Errors
    /// [`StoreError::KeyInvalid`] if an id does not have that form, or comes twice.
    pub fn new<I: Into<String>>(keys: impl IntoIterator<Item = (I, [u8; 32])>) -> Result<Self, StoreError> {
        let mut made: Vec<(String, RandomizedNonceKey)> = Vec::new();
        for (id, bytes) in keys {
            let id = id.into();
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let is_id = (1..=MAX_KEY_ID).contains(&id.len()) && id.chars().all(fits);
            if !is_id || made.iter().any(|(known, _)| *known == id) {
                return Err(StoreError::KeyInvalid(id));
            }
            let Ok(key) = RandomizedNonceKey::new(&AES_256_GCM, &bytes) else { return Err(StoreError::KeyInvalid(id)) };
            made.push((id, key));
        }
        Ok(Self(made.into()))
    }

    /// The text that is stored; `plain` as it is if there are no keys. `about` binds it to its place.
    pub(super) fn seal(&self, plain: &[u8], about: &str) -> Result<Vec<u8>, StoreError> {
        let Some((id, key)) = self.0.first() else { return Ok(plain.to_vec()) };
        let mut sealed = plain.to_vec();
        let nonce = key.seal_in_place_append_tag(Aad::from(about), &mut sealed).map_err(|_| StoreError::Spoiled)?;
        let whole = [nonce.as_ref().as_slice(), &sealed].concat();
        Ok(format!("{PREFIX}{id}:{}", STANDARD.encode(whole)).into_bytes())
    }

    /// What was sealed, or the bytes as they are if they have no key's id: such a row is older than the keys.
    pub(super) fn open(&self, stored: Vec<u8>, about: &str) -> Result<Vec<u8>, StoreError> {
        let Some(rest) = stored.strip_prefix(PREFIX.as_bytes()) else { return Ok(stored) };
        let rest = str::from_utf8(rest).map_err(|_| StoreError::Spoiled)?;
        let (id, text) = rest.split_once(':').ok_or(StoreError::Spoiled)?;
        let (_, key) = self.0.iter().find(|(known, _)| known == id).ok_or(StoreError::KeyUnknown)?;
        let mut whole = STANDARD.decode(text).map_err(|_| StoreError::Spoiled)?;
        let (nonce, sealed) = whole.split_at_mut_checked(NONCE_LEN).ok_or(StoreError::Spoiled)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| StoreError::Spoiled)?;
        let plain = key.open_in_place(nonce, Aad::from(about), sealed).map_err(|_| StoreError::Spoiled)?;
        Ok(plain.to_vec())
    }
}

/// Prints the ids only.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let keys = Keys::new([("new", [1; 32]), ("old-1", [2; 32])]).unwrap();
        let sealed = keys.seal(b"planted", "id-1").unwrap();
        assert!(sealed.starts_with(b"idvkit:1:new:"));
        assert_eq!(keys.open(sealed.clone(), "id-1").unwrap(), b"planted");
        assert!(matches!(keys.open(sealed.clone(), "id-2"), Err(StoreError::Spoiled)));
        let other = Keys::new([("new", [3; 32])]).unwrap();
        assert!(matches!(other.open(sealed.clone(), "id-1"), Err(StoreError::Spoiled)));
        assert!(matches!(Keys::default().open(sealed.clone(), "id-1"), Err(StoreError::KeyUnknown)));
        assert_ne!(keys.seal(b"planted", "id-1").unwrap(), sealed, "each has a nonce of its own");
        assert_eq!(keys.open(b"{}".to_vec(), "id-1").unwrap(), b"{}", "a row that is older than the keys");
    }

    /// What the kits of all languages have to read.
    #[test]
    fn the_vector_opens() {
        let vector: serde_json::Value = serde_json::from_str(include_str!("../../sealed.json")).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let hex = |value| -> Vec<u8> {
            let digits = text(value);
            (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
        };
        let key = &vector["keys"][0];
        let keys = Keys::new([(text(&key["id"]), hex(&key["hex"]).try_into().unwrap())]).unwrap();
        let (snapshot, blob) = (&vector["snapshot"], &vector["blob"]);
        let opened = keys.open(text(&snapshot["sealed"]).into_bytes(), &text(&snapshot["id"])).unwrap();
        assert_eq!(opened, text(&snapshot["text"]).into_bytes());
        let place = format!("{}/{}", text(&blob["id"]), text(&blob["digest"]));
        assert_eq!(keys.open(text(&blob["sealed"]).into_bytes(), &place).unwrap(), hex(&blob["hex"]));
    }

    #[test]
    fn a_replaced_key_still_opens() {
        let before = Keys::new([("a", [1; 32])]).unwrap();
        let after = Keys::new([("b", [2; 32]), ("a", [1; 32])]).unwrap();
        assert_eq!(after.open(before.seal(b"x", "id").unwrap(), "id").unwrap(), b"x");
        assert!(after.seal(b"x", "id").unwrap().starts_with(b"idvkit:1:b:"));
    }

    #[test]
    fn ids_that_could_not_be_read_back_are_refused() {
        for id in ["", "a:b", "ä", &"x".repeat(33)] {
            assert!(matches!(Keys::new([(id, [0; 32])]), Err(StoreError::KeyInvalid(_))), "{id}");
        }
        assert!(Keys::new([("a", [0; 32]), ("a", [1; 32])]).is_err());
        assert_eq!(format!("{:?}", Keys::new([("a", [7; 32])]).unwrap()), r#"["a"]"#);
    }
}
