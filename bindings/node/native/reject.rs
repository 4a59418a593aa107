//! What goes wrong, and what goes out, as text.

use idvkit::Reject;
use napi::bindgen_prelude::{Error, Result};
use serde::Serialize;

/// For `map_err`: the error that the package's JavaScript turns into the exception `Reject`.
///
/// The four parts cross as JSON behind a mark, since an error of the native interface has only its message.
pub(crate) fn thrown(reject: Reject) -> Error {
    let parts = (reject.code().as_str(), reject.blame(), reject.field(), reject.message());
    match serde_json::to_string(&parts) {
        Ok(parts) => Error::from_reason(format!("idvkit:{parts}")),
        Err(_) => Error::from_reason(reject.to_string()),
    }
}

/// A record as JSON text.
pub(crate) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| Error::from_reason("a value has no JSON form; this is an error of idvkit"))
}

/// A value that is one word, without the quotation marks of JSON.
pub(crate) fn word(value: &impl Serialize) -> Result<String> {
    json(value).map(|text| text.trim_matches('"').to_owned())
}
