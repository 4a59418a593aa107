//! The rules for callback, success and error URLs (J-F3, vector J-V22), read from the text of the URL.

use percent_encoding::percent_decode_str;

use idvkit_core::settings::is_private_host;

use super::settings::JumioSettings;

/// What a URL is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Receives verdicts.
    Callback,
    /// The user's browser returns there.
    Return,
}

/// Which rule a URL breaks, as one sentence.
pub(crate) fn check(url: &str, purpose: Purpose, settings: &JumioSettings) -> Result<(), &'static str> {
    check_characters(url)?;
    let (host, rest) =
        if settings.allow_localhost && is_local(url) { ("localhost", local_rest(url)) } else { split(url)? };
    if host != "localhost" || !settings.allow_localhost {
        check_host(host)?;
    }
    if rest.contains('#') {
        return Err("A fragment identifier is not allowed in the URL.");
    }
    if has_email(rest) {
        return Err("The URL must not contain personal data; it holds what looks like an e-mail address.");
    }
    let Some((_, query)) = rest.split_once('?') else { return Ok(()) };
    match purpose {
        Purpose::Callback if settings.allow_callback_query => Ok(()),
        Purpose::Callback => Err("The callback URL must not have a query; put references into its path."),
        Purpose::Return => check_query(query),
    }
}

/// Whether a text holds the shape of an e-mail address.
pub(crate) fn has_email(text: &str) -> bool {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    decoded.split(|c: char| c.is_whitespace() || "/?&=;,<>()\"'#".contains(c)).any(|word| {
        word.split_once('@').is_some_and(|(name, domain)| {
            !name.is_empty() && domain.split_once('.').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty())
        })
    })
}

fn check_characters(url: &str) -> Result<(), &'static str> {
    if !url.is_ascii() {
        return Err("The URL must be ASCII; write an international host name in punycode (xn--...).");
    }
    let mut bytes = url.bytes();
    while let Some(byte) = bytes.next() {
        let good = match byte {
            b'%' => {
                bytes.next().is_some_and(|b| b.is_ascii_hexdigit())
                    && bytes.next().is_some_and(|b| b.is_ascii_hexdigit())
            }
            _ => byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(&byte),
        };
        if !good {
            return Err("The URL must follow RFC 3986; it has a character that must be percent-encoded.");
        }
    }
    Ok(())
}

/// `http://HOST:PORT` of a private host, nothing else.
fn is_local(url: &str) -> bool {
    let authority = url.strip_prefix("http://").map(|rest| &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())]);
    authority
        .and_then(|authority| authority.rsplit_once(':'))
        .is_some_and(|(host, port)| is_private_host(host) && port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn local_rest(url: &str) -> &str {
    let rest = &url["http://".len()..];
    &rest[rest.find(['/', '?', '#']).unwrap_or(rest.len())..]
}

fn split(url: &str) -> Result<(&str, &str), &'static str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err("The URL must be absolute and start with https://.");
    };
    if !scheme.eq_ignore_ascii_case("https") {
        return Err("The URL must use https; http is not allowed.");
    }
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err("User information before the host is not allowed in the URL.");
    }
    if authority.contains(['[', ']']) {
        return Err("An IP address is not allowed as host.");
    }
    match authority.split_once(':') {
        Some(_) => Err("A port is not allowed in the URL, not even 443."),
        None => Ok((authority, rest)),
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    let labels: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let label = |text: &&str| {
        (1..=63).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
    };
    if host.len() > 253 || !labels.iter().all(label) {
        return Err("The URL's host is not a valid host name.");
    }
    let last = labels.last().copied().unwrap_or_default();
    // Whatever a browser would read as a number is an IP address in disguise: 2130706433, 0x7f.1, 127.1.
    let hexadecimal = last.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("0x"));
    if last.bytes().all(|byte| byte.is_ascii_digit()) || hexadecimal {
        return Err("An IP address is not allowed as host, in whatever spelling.");
    }
    if last.eq_ignore_ascii_case("localhost") {
        return Err("localhost is not reachable for the provider; use a public host name.");
    }
    Ok(())
}

fn check_query(query: &str) -> Result<(), &'static str> {
    let reserved = ["transactionStatus", "transactionReference", "errorCode", "customerInternalReference"];
    if form_urlencoded::parse(query.as_bytes()).any(|(name, _)| reserved.contains(&&*name)) {
        return Err(
            "The URL's query uses a parameter name that Jumio appends itself (transactionStatus, transactionReference, errorCode).",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Purpose, check};
    use crate::jumio::JumioSettings;

    fn strict() -> JumioSettings {
        JumioSettings { allow_localhost: false, ..JumioSettings::default() }
    }

    #[test]
    fn good_urls_of_vector_22() {
        for url in ["https://merchant.example/cb", "https://xn--bcher-kva.example/", "https://merchant.example"] {
            assert_eq!(check(url, Purpose::Callback, &strict()), Ok(()), "{url}");
        }
        assert_eq!(check("https://merchant.example/?ref=7", Purpose::Return, &strict()), Ok(()));
    }

    #[test]
    fn bad_urls_of_vector_22() {
        let bad = [
            "http://merchant.example/",
            "https://192.0.2.1/",
            "https://[2001:db8::1]/",
            "https://merchant.example:8443/",
            "https://merchant.example:443/",
            "https://merchant.example/#x",
            "https://merchant.example/#",
            "https://bücher.example/",
            "https://user@merchant.example/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://localhost/",
            "https:///x",
            "/relative",
            "https://merchant.example/a b",
            "https://merchant.example/%zz",
            "https://merchant.example/u/anna@mail.example",
            "https://merchant.example/u/anna%40mail.example",
            "https://merchant.example/?transactionStatus=x",
            "https://merchant.example/?%74ransactionStatus=x",
            "https://merchant.example/?customerInternalReference=x",
        ];
        for url in bad {
            assert!(check(url, Purpose::Return, &strict()).is_err(), "{url}");
        }
        assert!(check("https://merchant.example/?ref=7", Purpose::Callback, &strict()).is_err());
    }

    #[test]
    fn localhost_needs_its_switch_and_a_port() {
        let lenient = JumioSettings::default();
        for url in [
            "http://localhost:8000/cb",
            "http://127.0.0.1:1",
            "http://host.docker.internal:1/",
            "http://10.0.2.2:80/cb",
        ] {
            assert_eq!(check(url, Purpose::Callback, &lenient), Ok(()), "{url}");
            assert!(check(url, Purpose::Callback, &strict()).is_err(), "{url}");
        }
        for url in [
            "http://localhost/cb",
            "http://localhost:0/",
            "http://192.0.2.2:80/",
            "http://shop.example:80/",
            "http://localhost:80@evil.example/",
            "http://localhost:8000/#x",
        ] {
            assert!(check(url, Purpose::Callback, &lenient).is_err(), "{url}");
        }
    }
}
