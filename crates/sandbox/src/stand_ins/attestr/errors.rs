//! Error codes. A number means something only together with the operation it came from.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::result::{object, text};
use crate::html::Texts;
use crate::log::hinted;
use crate::stand_in::FaultyCall;
use crate::world::Handle;

/// An error of the REST API: (code, status, message).
const API: [(i64, u16, &str); 15] = [
    (4001, 400, "Malformed data or a required parameter is missing"),
    (4002, 400, "The flow does not exist"),
    (4003, 400, "The consent is no longer valid"),
    (4005, 400, "Credit balance is low"),
    (40015, 400, "Required data categories are missing"),
    (40034, 400, "The flow is inactive"),
    (40051, 400, "The endpoint does not support this version"),
    (4016, 401, "Invalid client authorization"),
    (4031, 403, "Unauthorized access"),
    (4035, 403, "The service is not provisioned for the account"),
    (4039, 403, "The address is not on the allow-list"),
    (4291, 429, "The account's rate limit is exceeded"),
    (4292, 429, "The API's rate limit is exceeded"),
    (4293, 429, "The account's daily limit is exceeded"),
    (5001, 500, "The request could not be completed"),
];

/// Status and message of an API error.
fn api(code: i64) -> Option<(u16, &'static str)> {
    API.iter().find(|(known, ..)| *known == code).map(|(_, status, message)| (*status, *message))
}

/// The code that stands for a bare status.
fn api_code(status: u16) -> i64 {
    match status {
        400 => 4001,
        401 => 4016,
        403 => 4031,
        429 => 4291,
        _ => 5001,
    }
}

/// The same body for a fault that was asked for.
pub(crate) fn fault(shared: &Handle, call: &FaultyCall<'_>) -> Response {
    let status = call.status;
    let code = call.code.unwrap_or_else(|| api_code(status.as_u16()));
    let tracing_id = shared.world().ids.uuid();
    let own = api(code).and_then(|(status, _)| StatusCode::from_u16(status).ok());
    let status = if status == StatusCode::INTERNAL_SERVER_ERROR { own.unwrap_or(status) } else { status };
    error_body(status, code, None, &tracing_id)
}

/// A refused call.
pub(crate) struct Refusal {
    code: i64,
    details: String,
    hint: String,
}

impl Refusal {
    pub(crate) fn new(code: i64, details: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, details: details.into(), hint: hint.into() }
    }

    pub(crate) fn response(&self, tracing_id: &str) -> Response {
        let status = api(self.code).and_then(|(status, _)| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or(StatusCode::BAD_REQUEST);
        hinted(error_body(status, self.code, Some(&self.details), tracing_id), self.hint.clone())
    }
}

fn error_body(status: StatusCode, code: i64, details: Option<&str>, tracing_id: &str) -> Response {
    let message = api(code).map_or("Error", |(_, message)| message);
    let mut members =
        vec![("code", code.to_string()), ("httpStatusCode", status.as_u16().to_string()), ("message", text(message))];
    members.extend(details.map(|details| ("details", text(details))));
    json(status, tracing_id, object(members))
}

/// An answer, with the id that the provider traces it by.
pub(crate) fn json(status: StatusCode, tracing_id: &str, body: String) -> Response {
    let headers = [(header::CONTENT_TYPE.as_str(), "application/json"), ("xattestrid", tracing_id)];
    (status, headers, body).into_response()
}

/// The code and status of an error that ends a session.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionErrorKind {
    /// The `code` that the error handler receives.
    pub code: i64,
    /// The `httpStatusCode` that the error handler receives.
    pub http_status_code: u16,
}

impl Default for SessionErrorKind {
    fn default() -> Self {
        Self { code: 4001, http_status_code: 400 }
    }
}

/// The root cause of an error, such as a service that is not provisioned.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Original {
    /// The code of the cause, for example 4035.
    pub code: i64,
    /// The HTTP status of the cause, for example 403.
    pub http_status_code: u16,
    /// The provider's text, not localized; without one the sandbox writes its own.
    #[serde(default)]
    pub message: Option<String>,
}

/// An error that ended a session, as the handler gets it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SessionError {
    pub(crate) kind: SessionErrorKind,
    pub(crate) message: String,
    pub(crate) stage: Option<String>,
    pub(crate) original: Option<Original>,
}

impl SessionError {
    /// As JSON, in the order of the documents. `retry` is always false here (A-F7).
    pub(crate) fn json(&self) -> String {
        let mut members = vec![
            ("code", self.kind.code.to_string()),
            ("httpStatusCode", self.kind.http_status_code.to_string()),
            ("message", text(&self.message)),
            ("retry", "false".to_owned()),
            ("stage", self.stage.as_deref().map_or_else(|| "null".to_owned(), text)),
        ];
        if let Some(original) = &self.original {
            let own = api(original.code).map_or("The cause lies elsewhere", |(_, message)| message);
            let message = original.message.as_deref().unwrap_or(own);
            let cause = object([
                ("code", original.code.to_string()),
                ("httpStatusCode", original.http_status_code.to_string()),
                ("message", text(message)),
            ]);
            members.push(("original", cause));
        }
        object(members)
    }
}

/// The message for the user, in the user's language. The words are the sandbox's own.
pub(crate) fn localized(http_status_code: u16, language: &str) -> &'static str {
    let key = match http_status_code {
        408 => "error_expired",
        412 => "error_camera",
        401 | 403 => "error_not_allowed",
        400..=499 => "error_not_valid",
        _ => "error_later",
    };
    Texts::of(language).say(key)
}
