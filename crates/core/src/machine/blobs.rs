//! Bytes beside the snapshot: images and long answers are too large to be stored anew with every change, so a state holds their
//! digests.

use alloc::{
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::Blob;

/// The name of some bytes: their SHA-256 as 64 lowercase hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(base16ct::lower::encode_string(&Sha256::digest(bytes)))
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 64 && text.bytes().all(hex) { Ok(Self(text)) } else { Err("digest") }
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

/// The bytes of images that are in memory: they came with an input, or were supplied from a store. They are wiped when
/// the last copy is dropped, and `Debug` prints no part of them.
#[derive(Clone, Default)]
pub struct Blobs(Vec<(Digest, Arc<Zeroizing<Vec<u8>>>)>);

impl Blobs {
    /// The bytes of this digest, if they are in memory.
    pub fn bytes(&self, digest: &Digest) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| known == digest).map(|(_, bytes)| bytes.as_slice())
    }

    pub(super) fn add(&mut self, bytes: Vec<u8>) -> Digest {
        let digest = Digest::of(&bytes);
        if self.bytes(&digest).is_none() {
            self.0.push((digest.clone(), Arc::new(Zeroizing::new(bytes))));
        }
        digest
    }

    /// Drops all others.
    pub(super) fn keep(&mut self, digests: &[Digest]) {
        self.0.retain(|(digest, _)| digests.contains(digest));
    }

    pub(super) fn to_vec(&self) -> Vec<Blob> {
        let blob = |(digest, bytes): &(Digest, Arc<Zeroizing<Vec<u8>>>)| Blob {
            digest: digest.as_str().to_string(),
            bytes: bytes.to_vec(),
        };
        self.0.iter().map(blob).collect()
    }
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blobs({})", self.0.len())
    }
}
