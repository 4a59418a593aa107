//! The feature `wire`: the form in which requests and results cross into another language.
//!
//! It is a feature because a request holds credentials and evidence holds personal data: in a Rust program neither can
//! be serialised by accident (rule 15), while a binding has to take each apart field by field. Inputs have no
//! serialised form even here: every binding takes them from its own classes only.

use alloc::vec::Vec;

use serde::Serializer;

/// Bytes stay bytes: never a list of numbers, never text.
pub(crate) fn bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// The same where there may be none.
#[expect(clippy::ref_option, reason = "serde passes the field as it is declared")]
pub(crate) fn maybe_bytes<S: Serializer>(maybe: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    match maybe {
        Some(some) => serializer.serialize_some(&Borrowed(some)),
        None => serializer.serialize_none(),
    }
}

/// A provider's name is one of the words of `ProviderId`, of which only the facade has the list.
pub(crate) fn provider<S: Serializer>(name: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct("ProviderId", name)
}

struct Borrowed<'a>(&'a [u8]);

impl serde::Serialize for Borrowed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Marks bytes in the schema, where JSON has no word for them.
#[cfg(feature = "schema")]
pub(crate) struct Bytes;

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Bytes {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "x-bytes": true })
    }
}
