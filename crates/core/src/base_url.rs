//! The addresses of a provider's own servers and scripts.

use alloc::string::String;
use core::fmt;

use fluent_uri::{Uri, component::Authority};

use crate::{Reject, RejectCode, host};

/// The longest link that is given to a browser, in bytes.
const MAX_LINK: usize = 8192;

/// The base URL of a provider's API, or the URL of its script: HTTPS, or plain HTTP to a private host under `development`;
/// no user information, query or fragment. Scheme and host are in lower case, and no slash is at the end.
///
/// ```
/// use idvkit_core::BaseUrl;
///
/// let base = BaseUrl::parse("options.api_base", "https://API.example:8443/v2/", false).unwrap();
/// assert_eq!((base.as_str(), base.host()), ("https://api.example:8443/v2", "api.example:8443"));
/// let reject = BaseUrl::parse("options.api_base", "https://api.example:99999", false).unwrap_err();
/// assert!(reject.message().contains("port"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Parses a URL.
    ///
    /// # Errors
    /// `base_url_invalid`, which names the part that is wrong and holds nothing of the URL.
    pub fn parse(field: &str, url: &str, development: bool) -> Result<Self, Reject> {
        let url = url.trim_end_matches('/');
        check(url, development).map_err(|rule| Reject::at(RejectCode::BaseUrlInvalid, field, rule))?;
        let origin = origin_of(url);
        Ok(Self(origin.to_ascii_lowercase() + &url[origin.len()..]))
    }

    /// The whole URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole URL as an owned text.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        origin_of(&self.0)
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        self.origin().split_once("://").map_or("", |(_, host)| host)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a link from a provider may be opened in a browser: its scheme and host must be allowed for a [`BaseUrl`].
/// The rest of the link is not looked at.
pub fn is_link(url: &str, development: bool) -> bool {
    let origin = origin_of(url);
    let opaque = url.len() <= MAX_LINK && url.bytes().all(|byte| byte.is_ascii_graphic());
    opaque && Uri::parse(origin).is_ok_and(|uri| check_origin(&uri, development).is_ok())
}

/// Scheme, host and port of a URL.
pub fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    &url[..end]
}

const NOT_WHOLE: &str = "the URL must have a scheme and a host, as in `https://api.example`";
const WRONG_HOST: &str = "the host must be a name, or an IP address in its usual spelling. A name has labels of letters, \
    digits and inner hyphens, joined by dots; one that begins with `xn--` must be valid punycode (UTS 46)";
const WRONG_PORT: &str = "the port must be a number from 1 to 65535, or be left out with its colon";

fn check(url: &str, development: bool) -> Result<(), &'static str> {
    if !url.is_ascii() || url.len() > 2048 {
        return Err("the URL must be ASCII and have at most 2048 characters; write the host in punycode (`xn--…`)");
    }
    let uri = Uri::parse(url).map_err(|error| wrong_part(url, error.index()))?;
    check_origin(&uri, development)?;
    if uri.has_query() || uri.has_fragment() {
        return Err("the URL must have no query and no fragment; remove `?` or `#` and what follows it");
    }
    // A script's URL is written into pages.
    if uri.path().as_str().contains('\'') {
        return Err("the path must hold no quotation mark; percent-encode it as `%27`");
    }
    Ok(())
}

fn check_origin(uri: &Uri<&str>, development: bool) -> Result<(), &'static str> {
    let authority = uri.authority().ok_or(NOT_WHOLE)?;
    let scheme = uri.scheme().as_str();
    let local = scheme.eq_ignore_ascii_case("http") && development && host::is_private_host(authority.host());
    if !local && !scheme.eq_ignore_ascii_case("https") {
        return Err(
            "the scheme must be https; `development` allows http on a private host: an address of this machine or network, a \
            name without dots, or one below `localhost`, `internal`, `local` or `test`",
        );
    }
    if authority.has_userinfo() {
        return Err("the URL must have no user name or password; remove the `@` and what precedes it");
    }
    if !is_host(authority.host()) {
        return Err(WRONG_HOST);
    }
    check_port(authority)
}

fn is_host(name: &str) -> bool {
    if host::is_ip_address(name) { host::is_plain_ip_address(name) } else { host::is_name(name) }
}

fn check_port(authority: Authority<'_>) -> Result<(), &'static str> {
    match authority.port_to_u16() {
        Ok(None) if !authority.has_port() => Ok(()),
        Ok(Some(1..)) => Ok(()),
        _ => Err(WRONG_PORT),
    }
}

/// The part of a text that keeps it from being a URL by RFC 3986, judged by where the parser stopped.
fn wrong_part(url: &str, at: usize) -> &'static str {
    let origin = origin_of(url);
    let Some((scheme, _)) = origin.split_once("://") else { return NOT_WHOLE };
    if (origin.len()..url.len()).contains(&at) {
        return "the path must hold only characters of RFC 3986; percent-encode others, and follow each `%` by two \
                hexadecimal digits";
    }
    let before = origin.get(scheme.len() + 3..at.min(origin.len())).unwrap_or_default();
    // The colons of an IPv6 address stand in brackets.
    let after_address = before.rsplit_once(']').map_or(before, |(_, after)| after);
    if after_address.contains(':') && !after_address.starts_with('[') { WRONG_PORT } else { WRONG_HOST }
}
