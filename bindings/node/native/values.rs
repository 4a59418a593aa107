//! The calls on providers' values.

use idvkit::value_in_json;
use napi::bindgen_prelude::{Result, Uint8Array};
use napi_derive::napi;

use crate::{named, reject::thrown};

/// Makes a call by its name, with its arguments as JSON.
#[napi]
pub fn value(provider: String, name: String, args: String) -> Result<String> {
    value_in_json(named(&provider)?, &name, &args, &[]).map_err(thrown)
}

/// The same with arguments that are bytes, by their names.
#[napi]
pub fn value_of(
    provider: String,
    name: String,
    args: String,
    names: Vec<String>,
    bytes: Vec<Uint8Array>,
) -> Result<String> {
    let bytes: Vec<(&str, &[u8])> = names.iter().map(String::as_str).zip(bytes.iter().map(|one| &**one)).collect();
    value_in_json(named(&provider)?, &name, &args, &bytes).map_err(thrown)
}
