//! Callbacks that the host's framework, gateway or proxy changed. Their sender is not to blame.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{Blame, Header, Reject, RejectCode};

impl Reject {
    /// Returns this reject of a callback, or `body_spoiled` if body or type show that a framework, gateway or proxy
    /// changed them. Its text says what the body looks like, and how to pass the body as it was sent.
    #[must_use]
    pub fn of_callback(self, headers: &[Header], body: &[u8]) -> Self {
        if self.blame() != Blame::Provider {
            return self;
        }
        let content_type = Header::find(headers, "content-type").unwrap_or("");
        match body_damage(body, content_type) {
            Some(damage) => Self::at(RejectCode::BodySpoiled, "body", damage),
            None if is_merged(content_type) => Self::at(RejectCode::BodySpoiled, "headers.content-type", MERGED),
            None => self,
        }
    }
}

const MERGED: &str =
    "the header holds several types, so something merged two lines of headers: pass the one that was sent";

/// What was done to the body, as far as its bytes show it, and the fix.
fn body_damage(body: &[u8], content_type: &str) -> Option<&'static str> {
    let text = body.trim_ascii();
    Some(match text {
        [] => {
            "the body is empty, so something has read it before: take the raw bytes first, before your framework parses \
             the request"
        }
        [0x1f, 0x8b, ..] => "the body looks like gzip: undo its `Content-Encoding`, and pass the bytes that come of it",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the body looks like UTF-16: pass the raw bytes, not a text of them",
        [b'"', ..] if is_json_in_json(text) => {
            "the body looks like JSON within a JSON text: it was written as JSON once too often; pass the raw bytes"
        }
        [b'b', b'\'' | b'"', ..] | [b'{', b'\'', ..] | [b'[', b'o', b'b', b'j', b'e', b'c', b't', ..] => {
            "the body looks like an object of a programming language that was printed: pass the raw bytes"
        }
        [b'{' | b'[', ..] if says_form(content_type) => {
            "the body looks like JSON, and its type says form: pass the raw body, not what your framework read from it"
        }
        [0xef, 0xbb, 0xbf, ..] => "the body begins with a byte order mark, which was not sent: pass the raw bytes",
        _ if is_base64(text) => {
            "the body looks like base64: decode it first, as gateways for functions ask for with `isBase64Encoded`, and \
             pass the raw bytes"
        }
        _ => return None,
    })
}

fn says_form(content_type: &str) -> bool {
    content_type.to_ascii_lowercase().contains("form")
}

fn is_merged(content_type: &str) -> bool {
    content_type.split(',').filter(|part| part.contains('/')).count() > 1
}

fn is_json_in_json(text: &[u8]) -> bool {
    serde_json::from_slice::<alloc::string::String>(text).is_ok_and(|inner| inner.trim_start().starts_with(['{', '[']))
}

/// Base64 of something that a callback may be. A form's field could be base64 by chance, its name and `=` could not.
fn is_base64(text: &[u8]) -> bool {
    let decoded = STANDARD.decode(text).unwrap_or_default();
    match decoded.trim_ascii_start() {
        [b'{' | b'[', ..] => true,
        decoded => decoded.contains(&b'=') && decoded.iter().all(|byte| (b' '..=b'~').contains(byte)),
    }
}
