//! Errors as problem documents (RFC 9457).

use axum::{
    body::Body,
    extract::multipart::MultipartError,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use idvkit::Reject;
use serde_json::json;

use crate::{store::StoreError, verifications::Error};

const PROBLEM: &str = "application/problem+json";

/// An error as a route answers it.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
    code: Option<&'static str>,
    field: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, detail: &str) -> Self {
        Self { status, detail: detail.into(), code: None, field: None }
    }

    pub(super) fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this route takes another method; `openapi.json` lists them")
    }

    pub(super) fn nobody() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "nobody is logged in; log in first")
    }

    pub(super) fn not_yours() -> Self {
        Self::new(StatusCode::FORBIDDEN, "this verification is another user's; log in as that user")
    }

    pub(super) fn foreign_origin() -> Self {
        let detail = "only pages of this site may post to it; a further origin has to be listed in the kit's `origins`";
        Self { code: Some("origin_foreign"), ..Self::new(StatusCode::FORBIDDEN, detail) }
    }

    pub(super) fn too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, &format!("the body is larger than {limit} bytes; send less"))
    }

    pub(super) fn unreadable(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn form(error: &MultipartError, limit: usize) -> Self {
        match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(limit),
            _ => {
                Self::unreadable("the body is not multipart/form-data with one part for each image, named by its slot")
            }
        }
    }

    /// The answer to a provider's callback.
    pub(super) fn of_callback(error: Error) -> Self {
        match error {
            Error::Reject(reject) => Self::of(&reject, reject.callback_status()),
            Error::Store(error) => error.into(),
        }
    }

    fn of(reject: &Reject, status: u16) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            detail: reject.message().into(),
            code: Some(reject.code().as_str()),
            field: reject.field().map(Into::into),
        }
    }
}

/// What axum refuses by itself, such as a path that is no text, looks like all other errors.
pub(super) async fn in_one_form(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !response.status().is_client_error() || kind == Some(PROBLEM) {
        return response;
    }
    let detail = "the request cannot be read; `openapi.json` says what this route takes";
    Problem::new(response.status(), detail).into_response()
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Reject(reject) => Self::of(&reject, reject.http_status()),
            Error::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the store failed; try again")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if self.status == StatusCode::OK {
            return self.status.into_response();
        }
        let mut problem = json!({
            "title": self.status.canonical_reason().unwrap_or("Error"), "status": self.status.as_u16(), "detail": self.detail,
        });
        if let Some(code) = self.code {
            problem["code"] = code.into();
        }
        if let Some(field) = self.field {
            problem["field"] = field.into();
        }
        let mut response = Response::new(Body::from(problem.to_string()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
