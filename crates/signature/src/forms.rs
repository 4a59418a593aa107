//! The forms of content, secret and tag that the doctor tries.

use alloc::{borrow::Cow, borrow::ToOwned, vec, vec::Vec};

use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet, engine::DecodePaddingMode};
use idvkit_core::Secret;
use zeroize::Zeroizing;

use crate::json::{self, Escapes, Node, Spacing, Style, Values};
use crate::scheme::{DIGEST, HmacSha256, KeyForm, Scheme, TagEncoding};
use idvkit_core::Difference;

/// A shorter beginning of a tag proves nothing.
const SHORTEST: usize = 8;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64: [GeneralPurpose; 2] =
    [GeneralPurpose::new(&alphabet::STANDARD, LENIENT), GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT)];

/// A key that may have been used, and what that would mean.
pub(crate) struct Key {
    pub(crate) mac: HmacSha256,
    pub(crate) differences: Vec<Difference>,
}

/// A digest, or the beginning of one, that the tag may stand for, and what that would mean.
pub(crate) struct Claim {
    pub(crate) digest: Vec<u8>,
    pub(crate) differences: Vec<Difference>,
}

/// Calls `tried` with each form of the content and the differences that it means, the content as it is first.
pub(crate) fn each_content(content: &[u8], mut tried: impl FnMut(&[Difference], &[u8])) {
    tried(&[], content);
    let bare = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let trimmed = bare.trim_ascii();
    let mut around: Vec<Difference> = vec![];
    around.extend((bare.len() < content.len()).then_some(Difference::ByteOrderMark));
    around.extend((trimmed.len() < bare.len()).then_some(Difference::OuterWhiteSpace));
    tried(&[Difference::ByteOrderMark], bare);
    tried(&around, trimmed);
    tried(&[Difference::FinalNewline], &[content, b"\n"].concat());
    let line_feeds = without_carriage_returns(content);
    tried(&[Difference::LineFeeds], &line_feeds);
    tried(&[Difference::CarriageReturns], &with_carriage_returns(&line_feeds));
    if let Ok(node) = json::parse(trimmed) {
        each_reprint(&node, trimmed, |differences, bytes| tried(&[&around, differences].concat(), bytes));
    }
}

/// Each form of each secret that can be a key.
pub(crate) fn keys(scheme: Scheme, secrets: &[Secret]) -> Vec<Key> {
    secrets.iter().filter(|secret| !secret.is_empty()).flat_map(|secret| keys_of(scheme, secret.expose())).collect()
}

/// Each digest that the tag may stand for.
pub(crate) fn claims(scheme: Scheme, tag: &str) -> Vec<Claim> {
    let mut differences = vec![];
    let mut text = tag;
    let mut peel = |difference, inner: &mut dyn FnMut(&'_ str) -> &str| {
        let rest = inner(text);
        if rest.len() < text.len() {
            differences.push(difference);
            text = rest;
        }
    };
    peel(Difference::TagWhiteSpace, &mut str::trim);
    peel(Difference::TagQuoted, &mut |text| text.trim_matches(['"', '\'']));
    peel(Difference::TagPrefix, &mut without_prefix);
    readings(scheme.encoding, text)
        .into_iter()
        .map(|(digest, found)| Claim { digest, differences: [differences.as_slice(), found].concat() })
        .collect()
}

/// All the ways in which another program would print the same JSON. `text` is how it is printed now.
fn each_reprint(node: &Node<'_>, text: &[u8], mut tried: impl FnMut(&[Difference], &[u8])) {
    for (spacing, spacing_difference) in [
        (Spacing::Compact, Difference::Compact),
        (Spacing::Loose, Difference::Spaced),
        (Spacing::Lines(2), Difference::PrettyPrinted),
        (Spacing::Lines(4), Difference::PrettyPrinted),
    ] {
        let as_sent = Style { spacing, escapes: Escapes::AsSent, values: Values::AsSent, sorted: false };
        let spacing_difference = (json::print(node, as_sent) != text).then_some(spacing_difference);
        for (escapes, escapes_differences) in ESCAPES {
            for values in [Values::AsSent, Values::EcmaScript] {
                for sorted in [false, true] {
                    let mut differences: Vec<Difference> =
                        spacing_difference.into_iter().chain(escapes_differences.iter().copied()).collect();
                    differences.extend((values == Values::EcmaScript).then_some(Difference::EcmaScriptValues));
                    differences.extend(sorted.then_some(Difference::SortedKeys));
                    tried(&differences, &json::print(node, Style { spacing, escapes, values, sorted }));
                }
            }
        }
    }
}

const ESCAPES: [(Escapes, &[Difference]); 6] = [
    (Escapes::AsSent, &[]),
    (Escapes::Least, &[Difference::Unescaped]),
    (Escapes::Ascii, &[Difference::AsciiEscaped]),
    (Escapes::Slash, &[Difference::SlashEscaped]),
    (Escapes::AsciiAndSlash, &[Difference::AsciiEscaped, Difference::SlashEscaped]),
    (Escapes::Html, &[Difference::HtmlEscaped]),
];

fn keys_of(scheme: Scheme, secret: &[u8]) -> Vec<Key> {
    let (other, other_difference) = match scheme.key {
        KeyForm::Text => (KeyForm::HexDecoded, Difference::SecretHexDecoded),
        KeyForm::HexDecoded => (KeyForm::Text, Difference::SecretAsText),
    };
    let mut keys = vec![];
    let mut add = |scheme: Scheme, secret: Cow<'_, [u8]>, differences: &[Difference]| {
        let secret = Zeroizing::new(secret.into_owned());
        let key = scheme.keyed(&Secret::new(secret.as_slice()));
        keys.extend(key.ok().map(|mac| Key { mac, differences: differences.to_owned() }));
    };
    let trimmed = secret.trim_ascii();
    add(scheme, secret.into(), &[]);
    add(Scheme { key: other, ..scheme }, secret.into(), &[other_difference]);
    add(scheme, trimmed.into(), &[Difference::SecretWhiteSpace]);
    add(Scheme { key: other, ..scheme }, trimmed.into(), &[Difference::SecretWhiteSpace, other_difference]);
    add(scheme, without_quotes(trimmed).into(), &[Difference::SecretQuoted]);
    let text = Scheme { key: KeyForm::Text, ..scheme };
    add(text, [secret, b"\n"].concat().into(), &[Difference::SecretNewline]);
    add(text, secret.to_ascii_lowercase().into(), &[Difference::SecretLetterCase]);
    add(text, secret.to_ascii_uppercase().into(), &[Difference::SecretLetterCase]);
    for engine in BASE64 {
        if let Ok(decoded) = engine.decode(trimmed) {
            add(text, decoded.into(), &[Difference::SecretBase64Decoded]);
        }
    }
    keys
}

/// What the bare text of a tag may stand for: of full length or cut off, in the scheme's encoding or the other.
fn readings(encoding: TagEncoding, text: &str) -> Vec<(Vec<u8>, &'static [Difference])> {
    let hex = base16ct::mixed::decode_vec(text).ok().into_iter().map(|digest| (digest, TagEncoding::Hex));
    let base64 =
        BASE64.iter().filter_map(|engine| engine.decode(text).ok()).map(|digest| (digest, TagEncoding::Base64));
    hex.chain(base64)
        .filter(|(digest, _)| (SHORTEST..=DIGEST).contains(&digest.len()))
        .map(|(digest, found)| {
            let differences: &[Difference] = match (found == encoding, digest.len() == DIGEST) {
                (true, true) if encoding.decode(text).is_some() => &[],
                (true, false) => &[Difference::TagTruncated],
                (_, true) => &[Difference::TagEncoding],
                (false, false) => &[Difference::TagEncoding, Difference::TagTruncated],
            };
            (digest, differences)
        })
        .collect()
}

fn without_prefix(text: &str) -> &str {
    text.split_once(['=', ':'])
        .filter(|(name, rest)| {
            !rest.is_empty()
                && matches!(name.to_ascii_lowercase().as_str(), "sha256" | "sha-256" | "hmac-sha256" | "v1")
        })
        .map_or(text, |(_, rest)| rest)
}

fn without_quotes(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => inner,
        _ => text,
    }
}

fn without_carriage_returns(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    for (index, byte) in content.iter().enumerate() {
        if *byte != b'\r' || content.get(index + 1) != Some(&b'\n') {
            out.push(*byte);
        }
    }
    out
}

fn with_carriage_returns(line_feeds: &[u8]) -> Vec<u8> {
    line_feeds
        .iter()
        .flat_map(|byte| if *byte == b'\n' { b"\r\n".as_slice() } else { core::slice::from_ref(byte) })
        .copied()
        .collect()
}
