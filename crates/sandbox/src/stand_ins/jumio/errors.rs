//! Refused calls and their one shape of body.

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::log::hinted;
use crate::stand_in::FaultyCall;
use crate::world::{Handle, World};

/// A refused call: what the provider would answer, and the rule for the hint.
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status, message: message.into(), hint: hint.into() }
    }

    pub(crate) fn bad_request(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message, hint)
    }

    pub(crate) fn forbidden(hint: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "request refused", hint)
    }

    pub(crate) fn not_found(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message, hint)
    }

    /// The observed error shape (J-D4): `httpStatus` is a string.
    pub(crate) fn response(&self, world: &mut World, uri: &Uri) -> Response {
        let reason = self.status.canonical_reason().unwrap_or("Error");
        let body = Json(json!({
            "httpStatus": self.status.as_u16().to_string(),
            "message": format!("{reason}: {}", self.message),
            "requestURI": world.link(uri.path()),
        }));
        let tracking = [("X-Trackingid", world.ids.uuid())];
        hinted((self.status, tracking, body).into_response(), self.hint.clone())
    }
}

/// The same body for a fault that was asked for.
pub(crate) fn fault(shared: &Handle, call: &FaultyCall<'_>) -> Response {
    Refusal::new(call.status, "the request was not processed", "").response(&mut shared.world(), call.uri)
}
