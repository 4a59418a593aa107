//! The JSON form of a session's inputs and requests, for transcripts only.
//!
//! In the library itself, `Input` and `HttpRequest` have no JSON form on purpose: a server must never take one from a
//! client.

use base64::{Engine, engine::general_purpose::STANDARD};
use idvkit::{Header, HttpRequest, Image, Input, Next, Why};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Bytes as text where they are text, and as base64 otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Bytes {
    Text(String),
    Base64(String),
}

impl Bytes {
    fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
        }
    }

    fn into_vec(self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => Some(text.into_bytes()),
            Self::Base64(text) => STANDARD.decode(text).ok(),
        }
    }
}

/// Name and value of a header line.
type Pair = (String, String);

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Wire {
    HttpResponse { id: String, status: u16, headers: Vec<Pair>, body: Bytes },
    HttpFailed { id: String },
    Sending { id: String },
    Hint { text: String },
    Redirect { url: String },
    Callback { url: String, headers: Vec<Pair>, body: Bytes },
    Images { images: Vec<Picture> },
    Retry {},
    Erase { at_provider: bool },
}

#[derive(Serialize, Deserialize)]
struct Picture {
    slot: String,
    bytes: Bytes,
}

/// An input as JSON.
pub(crate) fn input_to_json(input: &Input) -> Value {
    let wire = match input.clone() {
        Input::HttpResponse { id, status, headers, body } => {
            Wire::HttpResponse { id, status, headers: pairs(headers), body: Bytes::of(&body) }
        }
        Input::HttpFailed { id } => Wire::HttpFailed { id },
        Input::Sending { id } => Wire::Sending { id },
        Input::Hint { text } => Wire::Hint { text },
        Input::Redirect { url } => Wire::Redirect { url },
        Input::Callback { url, headers, body } => {
            Wire::Callback { url, headers: pairs(headers), body: Bytes::of(&body) }
        }
        Input::Images { images } => {
            let picture = |image: Image| Picture { slot: image.slot, bytes: Bytes::of(&image.bytes) };
            Wire::Images { images: images.into_iter().map(picture).collect() }
        }
        Input::Retry => Wire::Retry {},
        Input::Erase { at_provider } => Wire::Erase { at_provider },
    };
    serde_json::to_value(wire).expect("texts, numbers and lists of them have a JSON form")
}

/// An input from JSON, or `None` if it has another form.
pub(crate) fn input_from_json(value: &Value) -> Option<Input> {
    Some(match serde_json::from_value(value.clone()).ok()? {
        Wire::HttpResponse { id, status, headers, body } => {
            Input::HttpResponse { id, status, headers: lines(headers), body: body.into_vec()? }
        }
        Wire::HttpFailed { id } => Input::HttpFailed { id },
        Wire::Sending { id } => Input::Sending { id },
        Wire::Hint { text } => Input::Hint { text },
        Wire::Redirect { url } => Input::Redirect { url },
        Wire::Callback { url, headers, body } => {
            Input::Callback { url, headers: lines(headers), body: body.into_vec()? }
        }
        Wire::Images { images } => {
            let image = |picture: Picture| Some(Image { slot: picture.slot, bytes: picture.bytes.into_vec()? });
            Input::Images { images: images.into_iter().map(image).collect::<Option<_>>()? }
        }
        Wire::Retry {} => Input::Retry,
        Wire::Erase { at_provider } => Input::Erase { at_provider },
    })
}

/// What a session asks for, as JSON for transcripts. It holds the credentials of the account.
pub fn next_to_json(next: &Next) -> Value {
    match next {
        Next::Send { request } => json!({ "type": "send", "request": request_to_json(request) }),
        Next::Present { journey, until } => json!({ "type": "present", "journey": journey, "until": until }),
        Next::Wait { until, why } => json!({ "type": "wait", "until": until, "why": why_to_json(why) }),
        Next::Done { outcome, erasure } => json!({ "type": "done", "outcome": outcome, "erasure": erasure }),
    }
}

/// A request as JSON, whole: it holds the credentials of the account.
fn request_to_json(request: &HttpRequest) -> Value {
    let cache = request.cache.as_ref();
    json!({
        "id": request.id,
        "operation": request.operation,
        "method": request.method.as_str(),
        "url": request.url,
        "headers": pairs(request.headers.clone()),
        "body": request.body.as_deref().map(Bytes::of),
        "timeout_ms": request.timeout_ms,
        "idempotent": request.idempotent,
        "cache": cache.map(|it| json!({ "key": it.key, "max_age_ms": it.max_age_ms, "refused": it.refused })),
    })
}

fn why_to_json(why: &Why) -> Value {
    match why {
        Why::InFlight => json!({ "type": "in_flight" }),
        Why::Verdict => json!({ "type": "verdict" }),
        Why::Backoff { fault } => json!({ "type": "backoff", "fault": fault }),
        Why::Throttled { fault } => json!({ "type": "throttled", "fault": fault }),
        Why::Blobs { digests } => json!({ "type": "blobs", "digests": digests }),
    }
}

fn pairs(headers: Vec<Header>) -> Vec<Pair> {
    headers.into_iter().map(|header| (header.name, header.value)).collect()
}

fn lines(pairs: Vec<Pair>) -> Vec<Header> {
    pairs.into_iter().map(|(name, value)| Header::new(name, value)).collect()
}
