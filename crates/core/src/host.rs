//! Host names, for every kind of URL.

use alloc::{borrow::Cow, vec::Vec};
use core::net::{Ipv4Addr, Ipv6Addr};

use idna::{
    AsciiDenyList,
    uts46::{DnsLength, Hyphens, Uts46},
};

/// Whether a host is a DNS name: at most 253 characters in labels of letters, digits and inner hyphens, with labels in
/// punycode valid by UTS 46.
pub(crate) fn is_name(host: &str) -> bool {
    host.len() <= 253 && host.split('.').all(is_label) && has_valid_punycode(host)
}

/// Whether a browser takes a host for an IP address, in whatever spelling. A host in brackets is one; so is every host
/// of one to four labels whose last label is a decimal, octal or hexadecimal number, also with a dot at the end or
/// percent-encoded.
pub(crate) fn is_ip_address(host: &str) -> bool {
    let host = decode_fully(host);
    if host.starts_with(b"[") {
        return true;
    }
    let end = host.iter().rposition(|byte| *byte != b'.').map_or(0, |last| last + 1);
    let host = host.get(..end).unwrap_or_default();
    let last_label = host.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    match last_label {
        [b'0', b'x' | b'X', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        digits => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
    }
}

/// Whether a host is an IP address in its usual spelling.
pub(crate) fn is_plain_ip_address(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    inner.map_or_else(|| host.parse::<Ipv4Addr>().is_ok(), |inner| inner.parse::<Ipv6Addr>().is_ok())
}

/// Whether it is a machine of one's own, so that plain HTTP to it leaves nobody's network and no name of it can be had in
/// public: an address of loopback or of a private network, a name without dots, and `localhost`, `internal`, `local` and
/// `test` with all below them (RFC 1918, 4193, 6761, 6762; `internal` is reserved by ICANN).
///
/// ```
/// use idvkit_core::settings::is_private_host;
///
/// assert!(is_private_host("10.0.2.2") && is_private_host("host.docker.internal") && is_private_host("sandbox"));
/// assert!(!is_private_host("localhost.evil.example") && !is_private_host("192.0.2.1"));
/// ```
pub fn is_private_host(host: &str) -> bool {
    if is_ip_address(host) {
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        return inner.map_or_else(
            || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback() || ip.is_private()),
            |inner| inner.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unique_local()),
        );
    }
    let last_label = host.rsplit('.').next().unwrap_or_default();
    let reserved = ["localhost", "internal", "local", "test"];
    is_name(host) && (!host.contains('.') || reserved.iter().any(|name| last_label.eq_ignore_ascii_case(name)))
}

/// Percent-decodes until nothing is left to decode. From right to left one pass is enough for that, since a decoded
/// `%` finds the digits that follow it already there.
pub(crate) fn decode_fully(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut reversed: Vec<u8> = Vec::with_capacity(text.len());
    for mut byte in text.bytes().rev() {
        while let (b'%', [.., low, high]) = (byte, reversed.as_slice()) {
            let Some(decoded) = hex_digit(*high).zip(hex_digit(*low)).map(|(high, low)| high << 4 | low) else { break };
            reversed.truncate(reversed.len() - 2);
            byte = decoded;
        }
        reversed.push(byte);
    }
    reversed.reverse();
    Cow::Owned(reversed)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn has_valid_punycode(host: &str) -> bool {
    let is_punycode = |label: &str| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    if !host.split('.').any(is_punycode) {
        return true;
    }
    let written = Uts46::new().to_ascii(host.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore);
    written.is_ok_and(|written| written.eq_ignore_ascii_case(host))
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
