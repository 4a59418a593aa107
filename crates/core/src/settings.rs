//! Settings that the accounts of all providers share. Base URLs are [`BaseUrl`](crate::BaseUrl)s.

use alloc::{format, string::String, vec::Vec};

use crate::{Reject, RejectCode, Secret};
pub use crate::{
    base_url::{is_link, origin_of},
    host::is_private_host,
};

const DAY_MS: i64 = 86_400_000;
/// The time-out of a request, unless another is given: 30 seconds (inferred).
const DEFAULT_TIMEOUT_MS: u32 = 30_000;

/// The time-out of every request, in milliseconds: 1000 to 300 000; 30 000 by default.
///
/// # Errors
/// `timeout_out_of_range`.
pub fn timeout_ms(given: Option<u32>) -> Result<u32, Reject> {
    let millis = given.unwrap_or(DEFAULT_TIMEOUT_MS);
    if (1_000..=300_000).contains(&millis) {
        return Ok(millis);
    }
    let rule = "a time-out is 1000 to 300000 milliseconds";
    Err(Reject::at(RejectCode::TimeoutOutOfRange, "options.timeout_ms", rule))
}

/// A duration in milliseconds, from one second to 400 days. `name` is the name of the option.
///
/// # Errors
/// `duration_out_of_range`.
pub fn duration_ms(name: &str, given: Option<i64>) -> Result<Option<i64>, Reject> {
    match given {
        Some(millis) if !(1_000..=400 * DAY_MS).contains(&millis) => {
            let rule = "a duration is one second to 400 days, in milliseconds";
            Err(Reject::at(RejectCode::DurationOutOfRange, format!("options.{name}"), rule))
        }
        given => Ok(given),
    }
}

/// The name under which an account's snapshots stay valid when its keys change: 1 to 128 characters, without white space
/// around it.
///
/// # Errors
/// `account_id_invalid`.
pub fn account_id(given: Option<&str>) -> Result<Option<&str>, Reject> {
    match given {
        Some(id)
            if id.is_empty() || id.trim() != id || id.chars().count() > 128 || id.chars().any(char::is_control) =>
        {
            let rule = "give the account a name of 1 to 128 characters without white space around it, or leave it out";
            Err(Reject::at(RejectCode::AccountIdInvalid, "options.account_id", rule))
        }
        given => Ok(given),
    }
}

/// A required credential: printable ASCII, with no white space around it.
///
/// # Errors
/// `credential_missing` if it is blank, `credential_malformed`.
pub fn credential(field: &str, value: &str) -> Result<Secret, Reject> {
    if value.trim().is_empty() {
        let fix = "it is empty; copy it from the provider's portal";
        return Err(Reject::at(RejectCode::CredentialMissing, field, fix));
    }
    let printable = value.bytes().all(|b| (0x20..0x7f).contains(&b));
    if value.trim() != value || !printable {
        let fix = "copy it from the provider's portal: printable ASCII, without white space or line breaks around it";
        return Err(Reject::at(RejectCode::CredentialMalformed, field, fix));
    }
    Ok(Secret::from(value))
}

/// A required credential that also has no white space inside.
///
/// # Errors
/// As [`credential`].
pub fn token(field: &str, value: &str) -> Result<Secret, Reject> {
    let token = credential(field, value)?;
    if value.contains(' ') {
        let fix = "it holds a space; copy it alone from the provider's portal, without a word before it";
        return Err(Reject::at(RejectCode::CredentialMalformed, field, fix));
    }
    Ok(token)
}

/// A required credential that is the user name of HTTP Basic, and so has no colon.
///
/// # Errors
/// As [`credential`].
pub fn user_name(field: &str, value: &str) -> Result<Secret, Reject> {
    let name = credential(field, value)?;
    if value.contains(':') {
        let fix = "the user name of HTTP Basic cannot hold a colon; is this name and password in one?";
        return Err(Reject::at(RejectCode::CredentialMalformed, field, fix));
    }
    Ok(name)
}

/// The secrets that verify what a provider sends, each a [`token`]. Give several while one replaces another, and none
/// to accept nothing of that kind.
///
/// # Errors
/// As [`credential`].
pub fn secrets(field: &str, values: &[String]) -> Result<Vec<Secret>, Reject> {
    values.iter().map(|value| token(field, value)).collect()
}

/// The same secrets where at least one is required.
///
/// # Errors
/// As [`credential`].
pub fn needed_secrets(field: &str, values: &[String]) -> Result<Vec<Secret>, Reject> {
    if values.is_empty() {
        let fix = "give one at least: without it nothing that the provider sends can be verified";
        return Err(Reject::at(RejectCode::CredentialMissing, field, fix));
    }
    secrets(field, values)
}

/// The host and port of a URL.
pub fn host_of(url: &str) -> &str {
    let origin = origin_of(url);
    origin.split_once("://").map_or(origin, |(_, host)| host)
}
