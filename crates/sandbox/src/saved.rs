//! How the state is written down and read again, where a plain derive does not do.

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

/// A stand-in by its name.
pub(crate) mod stand_in {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::stand_in::StandIn;
    use crate::stand_ins;

    // The signature is serde's.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(stand_in: &&'static dyn StandIn, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(stand_in.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static dyn StandIn, D::Error> {
        let name = String::deserialize(deserializer)?;
        stand_ins::find(&name).ok_or_else(|| D::Error::custom(format!("no provider is called {name}")))
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
