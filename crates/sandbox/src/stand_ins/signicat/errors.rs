//! The three shapes of errors (S-11): Assure's own, the platform's, and OAuth's.

use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::log::hinted;
use crate::stand_in::FaultyCall;
use crate::world::{Handle, World};

/// A refused call.
pub(crate) struct Problem {
    status: u16,
    shape: Shape,
    detail: String,
    hint: String,
    retry_after_s: Option<u32>,
    challenge: Option<HeaderValue>,
}

enum Shape {
    /// `instance method status type title detail traceId` (S-V14).
    Assure,
    /// `type title detail code`, with `invalidParams` where a parameter is at fault (S-V15).
    Platform { code: &'static str, parameter: Option<&'static str> },
}

impl Problem {
    /// In Assure's shape.
    pub(crate) fn new(status: u16, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            status,
            shape: Shape::Assure,
            detail: detail.into(),
            hint: hint.into(),
            retry_after_s: None,
            challenge: None,
        }
    }

    pub(crate) fn bad_request(hint: impl Into<String>) -> Self {
        Self::new(400, "The request is malformed or incomplete.", hint)
    }

    pub(crate) fn not_found(hint: impl Into<String>) -> Self {
        Self::new(404, "The resource was not found.", hint)
    }

    pub(crate) fn conflict(hint: impl Into<String>) -> Self {
        Self::new(409, "The state of the resource does not allow this.", hint)
    }

    /// In the platform's shape, for one parameter.
    pub(crate) fn parameter(name: &'static str, hint: impl Into<String>) -> Self {
        let shape = Shape::Platform { code: "invalid_request", parameter: Some(name) };
        Self { shape, ..Self::bad_request(hint) }
    }

    /// In the platform's shape, for a token that does not open the API.
    pub(crate) fn token(status: u16, code: &'static str, hint: impl Into<String>) -> Self {
        // As RFC 6750 has it.
        let challenge = HeaderValue::try_from(format!("Bearer realm=\"signicat\", error=\"{code}\"")).ok();
        let shape = Shape::Platform { code, parameter: None };
        Self { shape, challenge, ..Self::new(status, "The token was refused.", hint) }
    }

    pub(crate) fn too_many(retry_after_s: u32) -> Self {
        let hint =
            "The rate limit of the settings is exceeded; wait as Retry-After says, and prefer callbacks to polling.";
        Self { retry_after_s: Some(retry_after_s), ..Self::new(429, "Too many requests.", hint) }
    }

    pub(crate) fn response(self, world: &mut World, method: &Method, instance: &str) -> Response {
        let trace = world.ids.word(32);
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let title = status.canonical_reason().unwrap_or("Error");
        let body = match self.shape {
            Shape::Assure => json!({
                "instance": instance, "method": method.as_str(), "status": self.status,
                "type": if self.status < 500 { "base:client-problem" } else { "base:server-problem" },
                "title": title, "detail": self.detail, "traceId": trace,
            }),
            Shape::Platform { code, parameter } => platform(title, &self.detail, code, parameter),
        };
        let mut response = (status, Json(body)).into_response();
        if let Some(challenge) = self.challenge {
            response.headers_mut().insert("www-authenticate", challenge);
        }
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert("retry-after", seconds.into());
        }
        hinted(response, self.hint)
    }
}

/// An OAuth error of the token endpoint (S-V3).
pub(crate) fn oauth(status: u16, error: &str, hint: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let description = match error {
        "invalid_client" => "Client authentication failed.",
        "invalid_scope" => "The requested scope is not valid.",
        "temporarily_unavailable" => "The server cannot answer at the moment.",
        "unsupported_grant_type" => "The grant type is not supported.",
        _ => "The request is malformed.",
    };
    let body = json!({ "error": error, "error_description": description });
    let mut response = (status, [("cache-control", "no-store")], Json(body)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert("www-authenticate", HeaderValue::from_static("Basic realm=\"signicat\""));
    }
    hinted(response, hint)
}

/// The right one of the shapes for a fault that was asked for.
pub(crate) fn fault(shared: &Handle, call: &FaultyCall<'_>) -> Response {
    let path = call.uri.path().strip_prefix("/signicat").unwrap_or_default();
    if !path.starts_with("/assure") {
        return oauth(call.status.as_u16(), "temporarily_unavailable", "");
    }
    Problem::new(call.status.as_u16(), "The request was not processed.", "").response(
        &mut shared.world(),
        call.method,
        path,
    )
}

fn platform(title: &str, detail: &str, code: &str, parameter: Option<&str>) -> Value {
    let mut body =
        json!({ "type": "https://sandbox.invalid/problems/client", "title": title, "detail": detail, "code": code });
    if let Some(name) = parameter {
        body["invalidParams"] = json!([{ "name": name, "reason": "is missing or not valid" }]);
    }
    body
}
