//! How the state is written down and read again, where a plain derive does not do.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// What stands in the tables of the program. (Serde would borrow a plain reference from its input.)
pub(crate) type Word = &'static str;

/// A word of the sandbox's own tables. It is read once, at the start, and is needed as long as the process lives.
pub(crate) fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
    String::deserialize(deserializer).map(fixed)
}

/// A word, or none.
pub(crate) fn maybe_word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Word>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(fixed))
}

/// Texts with words as names.
pub(crate) fn word_pairs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Word, String)>, D::Error> {
    let pairs = Vec::<(String, String)>::deserialize(deserializer)?;
    Ok(pairs.into_iter().map(|(name, text)| (fixed(name), text)).collect())
}

/// Values with words as names.
pub(crate) fn by_word<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Word, V>, D::Error> {
    let map = BTreeMap::<String, V>::deserialize(deserializer)?;
    Ok(map.into_iter().map(|(name, value)| (fixed(name), value)).collect())
}

fn fixed(text: String) -> Word {
    text.leak()
}

/// A map whose keys are no strings, as a list.
pub(crate) mod entries {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

    pub(crate) fn serialize<S: Serializer, K: Serialize, V: Serialize>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, K: DeserializeOwned + Ord, V: DeserializeOwned>(
        deserializer: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// Bytes as text.
pub(crate) mod base64 {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
