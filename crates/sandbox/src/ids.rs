//! Identifiers that look like the providers' and are the same for the same seed.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// The one source of randomness in the sandbox.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Place", into = "Place")]
pub(crate) struct Ids {
    seed: u64,
    stream: ChaCha12Rng,
}

/// Where in a seed's stream it stands.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Place {
    seed: u64,
    position: u64,
}

impl From<Place> for Ids {
    fn from(place: Place) -> Self {
        let mut ids = Self::new(place.seed);
        ids.stream.set_word_pos(place.position.into());
        ids
    }
}

impl From<Ids> for Place {
    fn from(ids: Ids) -> Self {
        // A stream of 2^64 words is longer than anybody asks.
        Self { seed: ids.seed, position: u64::try_from(ids.stream.get_word_pos()).unwrap_or(u64::MAX) }
    }
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, stream: ChaCha12Rng::seed_from_u64(seed) }
    }

    /// Shaped like a version 4 UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let mut bytes = [0_u8; 16];
        self.stream.fill_bytes(&mut bytes);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let text = hex::encode(bytes);
        [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
    }

    /// `length` characters of `[0-9a-z]`.
    pub(crate) fn word(&mut self, length: usize) -> String {
        self.pick(b"0123456789abcdefghijklmnopqrstuvwxyz", length)
    }

    /// `length` URL-safe characters, as in a bearer token.
    pub(crate) fn token(&mut self, length: usize) -> String {
        self.pick(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", length)
    }

    /// `length` decimal digits.
    pub(crate) fn digits(&mut self, length: usize) -> String {
        self.pick(b"0123456789", length)
    }

    fn pick(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.stream.next_u32() as usize % alphabet.len()])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let (mut a, mut b, mut c) = (Ids::new(7), Ids::new(7), Ids::new(8));
        let first = a.uuid();
        assert_eq!(first, b.uuid());
        assert_ne!(first, c.uuid());
        assert_ne!(first, a.uuid());
        assert_eq!((first.len(), first.as_bytes()[14]), (36, b'4'));
    }
}
