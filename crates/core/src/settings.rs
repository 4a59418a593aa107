//! Settings that every provider's account has: parsed alike, refused alike.

use alloc::{
    format,
    string::{String, ToString},
};

use crate::{Reject, RejectCode};

const DAY_MS: i64 = 86_400_000;
/// The time-out of a request, unless another is given: 30 seconds (inferred).
const DEFAULT_TIMEOUT_MS: u32 = 30_000;
/// A browser is sent to nothing longer.
const MAX_LINK: usize = 8192;

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

/// How long something may take, in milliseconds: one second to 400 days. `name` is that of the option.
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

/// A base URL or script of a provider: HTTPS, or plain HTTP to this machine under `development`; no user information,
/// query or fragment. A slash at the end is dropped.
///
/// # Errors
/// `base_url_invalid`.
pub fn base_url(field: &str, url: &str, development: bool) -> Result<String, Reject> {
    let url = url.trim_end_matches('/');
    let plain = url.bytes().all(|b| b.is_ascii_graphic() && !b"?#@\"\\<>'`".contains(&b));
    if is_safe(url, development) && plain && !host_of(url).is_empty() && url.len() <= 2048 {
        return Ok(url.to_string());
    }
    let rule = "an https URL without user, query and fragment; `development` allows http on localhost or 127.0.0.1";
    Err(Reject::at(RejectCode::BaseUrlInvalid, field, rule))
}

/// The name under which an account's snapshots stay valid when its keys change: 1 to 128 characters, not blank.
///
/// # Errors
/// `account_id_invalid`.
pub fn account_id(given: Option<&str>) -> Result<Option<&str>, Reject> {
    match given {
        Some(id) if id.trim().is_empty() || id.len() > 128 => {
            let rule = "give the account a name of 1 to 128 characters, or leave it out";
            Err(Reject::at(RejectCode::AccountIdInvalid, "options.account_id", rule))
        }
        given => Ok(given),
    }
}

/// A credential as it goes into a header: printable ASCII, and not a bad paste.
///
/// # Errors
/// `credential_invalid`.
pub fn credential(field: &str, value: &str) -> Result<(), Reject> {
    let printable = value.bytes().all(|b| (0x20..0x7f).contains(&b));
    if value.is_empty() || value.trim() != value || !printable {
        let fix = "copy it from the provider's portal: printable ASCII, without white space or line breaks around it";
        return Err(Reject::at(RejectCode::CredentialInvalid, field, fix));
    }
    Ok(())
}

/// Whether a browser may be sent to a link that a provider gave. The link itself is opaque.
pub fn is_link(url: &str, development: bool) -> bool {
    is_safe(url, development) && url.len() <= MAX_LINK && url.bytes().all(|b| b.is_ascii_graphic())
}

/// Scheme, host and port of a URL.
pub fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    &url[..end]
}

/// Host and port of a URL.
pub fn host_of(url: &str) -> &str {
    let origin = origin_of(url);
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

fn is_safe(url: &str, development: bool) -> bool {
    url.starts_with("https://") || (development && is_local_http(url))
}

/// Plain HTTP to this machine, and to no host that only begins like it.
fn is_local_http(url: &str) -> bool {
    let host = host_of(url);
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    url.starts_with("http://") && matches!(name, "localhost" | "127.0.0.1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_reaches_this_machine_only() {
        for url in ["http://localhost:1", "http://127.0.0.1:80/x", "http://localhost", "https://api.example/x/"] {
            assert!(base_url("f", url, true).is_ok(), "{url}");
        }
        for url in [
            "http://localhost.evil.example",
            "http://localhost:1@evil.example",
            "http://evil.example/localhost",
            "http://127.0.0.1.evil.example",
            "https://user@api.example",
            "https://api.example/?x",
            "https://",
            "ftp://localhost",
            "",
        ] {
            assert_eq!(base_url("f", url, true).unwrap_err().code(), "base_url_invalid", "{url}");
        }
        assert!(base_url("f", "http://localhost:1", false).is_err());
        assert_eq!(base_url("f", "https://api.example/x/", false).unwrap(), "https://api.example/x");
    }

    #[test]
    fn parts_of_a_url() {
        assert_eq!(origin_of("https://a.example:8443/x?y"), "https://a.example:8443");
        assert_eq!(host_of("https://a.example:8443/x?y"), "a.example:8443");
        assert_eq!((origin_of(""), host_of("nonsense")), ("", "nonsense"));
    }

    #[test]
    fn ranges() {
        assert_eq!(timeout_ms(None).unwrap(), 30_000);
        assert!(timeout_ms(Some(999)).is_err() && timeout_ms(Some(300_001)).is_err());
        assert!(duration_ms("x", Some(999)).is_err() && duration_ms("x", Some(i64::MAX)).is_err());
        assert_eq!(duration_ms("x", Some(1000)).unwrap(), Some(1000));
    }
}
