//! URLs that are handed to a provider: callbacks and the pages a user returns to.

use alloc::{borrow::ToOwned, format, string::String};
use core::fmt::{self, Write as _};

use fluent_uri::{Uri, component::Authority};

use crate::{
    Reject, RejectCode,
    host::{self, decode_fully, is_ip_address},
};

/// The rules of one provider's field for a URL, as data. They come on top of the rules that always hold (see
/// [`RestrictedUrl`]).
///
/// ```
/// use idvkit_core::{RestrictedUrl, UrlRules};
///
/// const CALLBACK: UrlRules = UrlRules::new(255).without_query();
///
/// assert!(RestrictedUrl::parse("callbackUrl", "https://shop.example/idv", &CALLBACK).is_ok());
/// let reject = RestrictedUrl::parse("callbackUrl", "https://shop.example:8443/idv", &CALLBACK).unwrap_err();
/// assert_eq!(reject.code(), "url_port");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlRules {
    /// The longest URL, in characters.
    pub max_len: usize,
    /// Whether the URL may have a query.
    pub query: QueryRule,
    /// Names of query parameters that the provider appends itself.
    pub reserved: &'static [&'static str],
    /// Whether a URL that holds something like an e-mail address is refused (J-F3: no personal data in any form).
    pub refuse_personal_data: bool,
    /// Whether a program under development may use a URL of its own machine.
    pub development: Development,
    /// Whether the host may be followed by a port.
    pub ports: bool,
    /// Whether the scheme may be an app's own, as in `com.example.app:/return` or `shop://return`, instead of HTTPS.
    pub app_schemes: bool,
}

/// Whether a URL may have a query.
///
/// Deliberately exhaustive: there is no third answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryRule {
    /// Any query parameters are allowed but the reserved ones.
    Allowed,
    /// No query is allowed, not even an empty `?`.
    Forbidden,
}

/// The one development switch (J-D9).
///
/// Deliberately exhaustive: every further exception would be a hole in the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Development {
    /// No exception.
    Off,
    /// `http://HOST:PORT` is accepted as well: this scheme, a private host
    /// ([`is_private_host`](crate::settings::is_private_host)), with a port, and nothing else.
    PrivateHttp,
}

impl UrlRules {
    /// The usual rules: a query is allowed, no names are reserved, personal data is refused, development is off.
    /// `max_len` is in characters.
    pub const fn new(max_len: usize) -> Self {
        Self {
            max_len,
            query: QueryRule::Allowed,
            reserved: &[],
            refuse_personal_data: true,
            development: Development::Off,
            ports: false,
            app_schemes: false,
        }
    }

    /// The same rules with ports allowed.
    #[must_use]
    pub const fn with_ports(self) -> Self {
        Self { ports: true, ..self }
    }

    /// The same rules with an app's own scheme allowed beside HTTPS.
    #[must_use]
    pub const fn with_app_schemes(self) -> Self {
        Self { app_schemes: true, ..self }
    }

    /// The same rules without a query.
    #[must_use]
    pub const fn without_query(self) -> Self {
        Self { query: QueryRule::Forbidden, ..self }
    }

    /// The same rules with these query parameters reserved for the provider.
    #[must_use]
    pub const fn with_reserved(self, reserved: &'static [&'static str]) -> Self {
        Self { reserved, ..self }
    }

    /// The same rules with the development switch on or off.
    #[must_use]
    pub const fn with_development(self, on: bool) -> Self {
        Self { development: if on { Development::PrivateHttp } else { Development::Off }, ..self }
    }
}

/// A checked URL that can be handed to a provider.
///
/// It is HTTPS on a public host name without user information and fragment, valid by RFC 3986 in ASCII, and obeys the
/// [`UrlRules`] it was parsed with: only they can allow a port or an app's own scheme. Scheme and host are in lower case; the rest is as it was passed. Whether
/// the host is yours cannot be checked here.
///
/// `Debug` prints the host only, because paths and queries hold secrets; there is no `Display` and no serialised form
/// for the same reason. A stored URL is read back with [`parse`](Self::parse), under the rules in force then.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RestrictedUrl(String);

impl RestrictedUrl {
    /// Checks a URL (rules of J-F3; J-V22 and J-D9 for what they leave open).
    ///
    /// # Errors
    /// About `field`, each with the fix and never with any part of the URL:
    /// `url_not_ascii`, `url_too_long`, `url_malformed`, `url_scheme`, `url_user_info`, `url_ip_address`, `url_host`,
    /// `url_port`, `url_fragment`, `url_query`, `url_reserved_parameter`, `url_personal_data`.
    pub fn parse(field: &str, value: &str, rules: &UrlRules) -> Result<Self, Reject> {
        check(value, rules).map(|uri| Self(normalise(uri))).map_err(|reject| reject.about(field))
    }

    /// The URL. It may hold a secret: log [`host`](Self::host) instead.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL as an owned text.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The host name in lower case, without the port that it may have; empty where an app's own scheme has no host.
    pub fn host(&self) -> &str {
        let after = self.0.split_once("://").map_or("", |(_, after)| after);
        let authority = after.split(['/', '?']).next().unwrap_or_default();
        // The colons of an IPv6 address stand in brackets.
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        }
    }

    /// The URL with parameters appended to its query. The text and order of the query stay as they are, and no slash is
    /// added (J-D13). Names and values are encoded here, as HTML forms do.
    ///
    /// The result is not checked again: a provider that appends its own parameters does not check the URL either.
    pub fn append_query<'a>(&self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut url = self.0.clone();
        for (name, value) in pairs {
            match url.split_once('?') {
                None => url.push('?'),
                Some((_, query)) if query.is_empty() || query.ends_with('&') => {}
                Some(_) => url.push('&'),
            }
            url.extend(form_urlencoded::byte_serialize(name.as_bytes()));
            url.push('=');
            url.extend(form_urlencoded::byte_serialize(value.as_bytes()));
        }
        url
    }

    /// The URL with one more path segment, before its query if it has one: use it for an unguessable secret that
    /// authenticates a callback (J-D10). Everything but letters, digits, `-`, `.`, `_` and `~` is encoded.
    ///
    /// The result may be too long for the field: parse it again.
    pub fn push_segment(&self, segment: &str) -> String {
        push_segment(&self.0, segment)
    }
}

impl fmt::Debug for RestrictedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RestrictedUrl(host {})", self.host())
    }
}

/// [`RestrictedUrl::push_segment`] for a URL that was parsed before and stored as text.
pub fn push_segment(url: &str, segment: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let mut url = base.strip_suffix('/').unwrap_or(base).to_owned();
    url.push('/');
    push_encoded(&mut url, segment);
    if let Some(query) = query {
        url.push('?');
        url.push_str(query);
    }
    url
}

/// Whether something shaped like an e-mail address stands anywhere in a text, percent-encoded (also repeatedly) or not.
///
/// Meant for references and URLs that must not hold personal data (J-F3). It rather finds too many than too few: a
/// dotted name after an `@` that follows a word, as in `logo@2x.png`, counts; a bare `@name` or `tool@1.2.3` does not.
pub fn looks_like_email(text: &str) -> bool {
    let text = decode_fully(text);
    let mut signs = text.iter().enumerate().filter(|(_, byte)| **byte == b'@');
    signs.any(|(at, _)| ends_with_local_part(&text[..at]) && starts_with_mail_domain(&text[at + 1..]))
}

fn check<'a>(text: &'a str, rules: &UrlRules) -> Result<Uri<&'a str>, Reject> {
    check_text(text, rules.max_len)?;
    let uri = Uri::parse(text).map_err(|_| refuse(RejectCode::UrlMalformed, MALFORMED))?;
    if !(rules.development == Development::PrivateHttp && is_private_http(&uri)) {
        if rules.app_schemes && is_app_scheme(uri.scheme().as_str()) {
            check_app_authority(uri.authority())?;
        } else {
            check_scheme(&uri)?;
            check_authority(uri.authority(), rules)?;
        }
    }
    if uri.has_fragment() {
        return Err(refuse(RejectCode::UrlFragment, "must have no fragment; remove `#` and what follows it"));
    }
    check_query(uri.query().map(fluent_uri::pct_enc::EStr::as_str), rules)?;
    if rules.refuse_personal_data && looks_like_email(text) {
        let rule = "must hold no personal data; replace what looks like an e-mail address by an opaque reference";
        return Err(refuse(RejectCode::UrlPersonalData, rule));
    }
    Ok(uri)
}

const MALFORMED: &str = "must be one whole URL by RFC 3986, such as `https://shop.example/done`; \
    percent-encode other characters, and follow every `%` by two hexadecimal digits";

const NO_USER_INFO: &str = "must have no user name or password; remove the `@` and what precedes it";

const NO_PUBLIC_HOST: &str = "must have a public host name, such as `shop.example`: labels of letters, digits and \
    inner hyphens, joined by dots, with none at the end; one that begins with `xn--` must be valid punycode (UTS 46)";

/// The caller of the caller adds the field.
fn refuse(code: RejectCode, message: impl Into<String>) -> Reject {
    Reject::at(code, "", message)
}

fn check_text(text: &str, max_len: usize) -> Result<(), Reject> {
    if !text.is_ascii() {
        let rule = "must be ASCII; write the host in punycode (`xn--…`) and percent-encode the rest";
        return Err(refuse(RejectCode::UrlNotAscii, rule));
    }
    if text.len() > max_len {
        return Err(refuse(
            RejectCode::UrlTooLong,
            format!("may have at most {max_len} characters; shorten the path or the query"),
        ));
    }
    Ok(())
}

fn is_private_http(uri: &Uri<&str>) -> bool {
    let is_local = |authority: Authority<'_>| {
        let has_port = matches!(authority.port_to_u16(), Ok(Some(port)) if port != 0);
        host::is_private_host(authority.host()) && has_port && !authority.has_userinfo()
    };
    uri.scheme().as_str().eq_ignore_ascii_case("http") && uri.authority().is_some_and(is_local)
}

/// That `HTTPS://` is as good as `https://` is inferred from RFC 3986; it is sent in lower case.
fn check_scheme(uri: &Uri<&str>) -> Result<(), Reject> {
    if uri.scheme().as_str().eq_ignore_ascii_case("https") {
        return Ok(());
    }
    let rule = "must begin with `https://`; only with the development switch on is `http://HOST:PORT` of a private host accepted \
         too";
    Err(refuse(RejectCode::UrlScheme, rule))
}

/// Refusing user information, `:443` and numeric hosts of every spelling is inferred (J-D9).
fn check_authority(authority: Option<Authority<'_>>, rules: &UrlRules) -> Result<(), Reject> {
    let Some(authority) = authority else {
        return Err(refuse(RejectCode::UrlHost, "must have a host, as in `https://shop.example/`"));
    };
    if authority.has_userinfo() {
        return Err(refuse(RejectCode::UrlUserInfo, NO_USER_INFO));
    }
    if is_ip_address(authority.host()) {
        return Err(refuse(
            RejectCode::UrlIpAddress,
            "must have a host name; an IP address in any spelling is not allowed",
        ));
    }
    check_host_name(authority.host())?;
    match authority.port_to_u16() {
        _ if !authority.has_port() => Ok(()),
        Ok(Some(1..)) if rules.ports => Ok(()),
        _ if rules.ports => Err(refuse(RejectCode::UrlPort, "must have a port of 1 to 65535, or none")),
        _ => Err(refuse(RejectCode::UrlPort, "must have no port, not even `:443`; serve it on the default port")),
    }
}

/// That only a dotted public name will do is inferred from the documented wish that the domain be the customer's.
fn check_host_name(host: &str) -> Result<(), Reject> {
    let is_local = host.rsplit('.').next().is_some_and(|label| label.eq_ignore_ascii_case("localhost"));
    if host.contains('.') && !is_local && host::is_name(host) {
        return Ok(());
    }
    Err(refuse(RejectCode::UrlHost, NO_PUBLIC_HOST))
}

fn check_query(query: Option<&str>, rules: &UrlRules) -> Result<(), Reject> {
    let Some(query) = query else { return Ok(()) };
    if rules.query == QueryRule::Forbidden {
        return Err(refuse(
            RejectCode::UrlQuery,
            "must have no query; remove `?` and what follows it, or put it into the path",
        ));
    }
    if query.split(['&', ';']).any(|parameter| is_reserved(parameter, rules.reserved)) {
        let names = rules.reserved.join("`, `");
        let rule = format!("must not use the parameters that the provider appends itself: `{names}`; rename yours");
        return Err(refuse(RejectCode::UrlReservedParameter, rule));
    }
    Ok(())
}

/// That encoded names, other letter case and surrounding spaces (which some servers drop) count is inferred (J-D9).
fn is_reserved(parameter: &str, reserved: &[&str]) -> bool {
    let name = decode_fully(parameter.split('=').next().unwrap_or_default());
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'+';
    let start = name.iter().position(|byte| !is_space(byte)).unwrap_or(name.len());
    let end = name.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    reserved.iter().any(|reserved| name[start..end].eq_ignore_ascii_case(reserved.as_bytes()))
}

fn normalise(uri: Uri<&str>) -> String {
    let mut text = uri.as_str().to_owned();
    let end = match text.split_once("://") {
        Some((scheme, after)) => scheme.len() + 3 + after.find(['/', '?']).unwrap_or(after.len()),
        None => uri.scheme().as_str().len(),
    };
    text[..end].make_ascii_lowercase();
    text
}

/// A scheme that only an app can have registered: one that a browser itself acts on is none.
fn is_app_scheme(scheme: &str) -> bool {
    const BROWSERS_OWN: [&str; 16] = [
        "http",
        "https",
        "javascript",
        "data",
        "vbscript",
        "file",
        "blob",
        "about",
        "ftp",
        "ws",
        "wss",
        "mailto",
        "tel",
        "sms",
        "view-source",
        "filesystem",
    ];
    !BROWSERS_OWN.iter().any(|own| own.eq_ignore_ascii_case(scheme))
}

fn check_app_authority(authority: Option<Authority<'_>>) -> Result<(), Reject> {
    match authority {
        Some(authority) if authority.has_userinfo() => Err(refuse(RejectCode::UrlUserInfo, NO_USER_INFO)),
        _ => Ok(()),
    }
}

fn ends_with_local_part(text: &[u8]) -> bool {
    let is_outside =
        |byte: &u8| byte.is_ascii_whitespace() || byte.is_ascii_control() || b"/?&=:;,<>()[]\\".contains(byte);
    text.last().is_some_and(|byte| !is_outside(byte))
}

/// A name of two or more labels, not all of them numbers after the first, or an address in brackets.
fn starts_with_mail_domain(text: &[u8]) -> bool {
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.".contains(byte) || !byte.is_ascii();
    let end = text.iter().position(|byte| !is_inside(byte)).unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    let mut labels = name.split(|byte| *byte == b'.').take_while(|label| !label.is_empty());
    let is_word = |label: &[u8]| {
        label.len() > 1 && label.first().is_some_and(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii())
    };
    text.starts_with(b"[") || (labels.next().is_some() && labels.any(is_word))
}

fn push_encoded(url: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
}
