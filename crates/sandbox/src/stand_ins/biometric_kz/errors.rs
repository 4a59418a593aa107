//! Refused calls and their one shape of body.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::log::hinted;
use crate::stand_in::FaultyCall;

/// The same body for a fault that was asked for.
pub(crate) fn fault(call: &FaultyCall<'_>) -> Response {
    error(call.status, call.status.canonical_reason().unwrap_or("Error"))
}

/// A refused call; the documents show no error body, `detail` is what integrators have seen (B-Q2).
pub(crate) struct Refusal {
    status: u16,
    detail: String,
    hint: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), hint: hint.into() }
    }

    pub(crate) fn response(&self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        hinted(error(status, &self.detail), self.hint.clone())
    }
}

fn error(status: StatusCode, detail: &str) -> Response {
    (status, Json(json!({ "detail": detail }))).into_response()
}
