//! Faults on demand: the next calls of an operation fail in a chosen way.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::stand_in::Operation;
use crate::stand_ins;

/// A fault to inject into the next calls of one operation.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The operation's name, as in the SDK's requests and in the log, such as `jumio.initiate`. A trailing `*` matches
    /// any rest. `GET /_sandbox/faults` lists all names.
    pub operation: String,
    /// How the call fails.
    pub kind: FaultKind,
    /// How many calls fail; 1 by default.
    #[serde(default = "once")]
    pub times: u32,
    /// Whether the provider handles the request before its answer fails.
    #[serde(default)]
    pub when: When,
    /// The HTTP status for `status` (500 by default) and `html` (503 by default).
    #[serde(default)]
    pub status: Option<u16>,
    /// The provider's own error code in the body, for providers with such codes (Attestr).
    #[serde(default)]
    pub code: Option<i64>,
    /// The value of a `Retry-After` header in seconds.
    #[serde(default)]
    pub retry_after_s: Option<u32>,
    /// For `hang`: how long before the connection is dropped, in real milliseconds; 60 000 by default.
    #[serde(default)]
    pub hang_ms: Option<u64>,
}

impl Fault {
    /// A fault of this kind for the next call of `operation`, before the provider handles it.
    pub fn once(operation: &str, kind: FaultKind) -> Self {
        Self {
            operation: operation.into(),
            kind,
            times: 1,
            when: When::Before,
            status: None,
            code: None,
            retry_after_s: None,
            hang_ms: None,
        }
    }

    /// Whether there is an operation that it can strike.
    pub(crate) fn names_an_operation(&self) -> bool {
        stand_ins::operations().any(|operation| operation.is(&self.operation))
    }
}

/// How a call fails.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// An error status, with the provider's own error body.
    Status,
    /// A maintenance page in HTML.
    Html,
    /// Status 200, with JSON that is cut off.
    InvalidJson,
    /// No answer for a long time, and then a dropped connection.
    Hang,
    /// The connection is dropped at once.
    Drop,
}

/// When a fault happens.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Before the provider handles the request.
    #[default]
    Before,
    /// After the provider has handled the request: only the answer is lost, as after a crash of the sender.
    After,
}

fn once() -> u32 {
    1
}

/// The faults that are still to strike.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn take(&mut self, operation: Operation) -> Option<Fault> {
        let index = self.0.iter().position(|fault| operation.is(&fault.operation))?;
        let fault = self.0[index].clone();
        self.0[index].times = fault.times.saturating_sub(1);
        self.0.retain(|fault| fault.times > 0);
        Some(fault)
    }
}

/// The faulty answer. `provider_error` writes an error as the provider in question would.
pub(crate) async fn answer(
    fault: &Fault,
    provider_error: impl FnOnce(StatusCode, Option<i64>) -> Response,
) -> Response {
    let status = |default| fault.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(default);
    let mut response = match fault.kind {
        FaultKind::Status => provider_error(status(StatusCode::INTERNAL_SERVER_ERROR), fault.code),
        FaultKind::Html => {
            let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            (status(StatusCode::SERVICE_UNAVAILABLE), html, MAINTENANCE).into_response()
        }
        FaultKind::InvalidJson => {
            (status(StatusCode::OK), [(header::CONTENT_TYPE, "application/json")], "{\"cut\":").into_response()
        }
        FaultKind::Hang => {
            tokio::time::sleep(Duration::from_millis(fault.hang_ms.unwrap_or(60_000))).await;
            dropped()
        }
        FaultKind::Drop => dropped(),
    };
    if let Some(seconds) = fault.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

const MAINTENANCE: &str = "<!doctype html><title>Maintenance</title><h1>Local sandbox: maintenance page on demand</h1>";

/// A body that fails before its first byte makes the server give up the connection.
fn dropped() -> Response {
    let broken = futures_util::stream::once(async { Err::<&[u8], _>(std::io::Error::other("dropped on demand")) });
    Response::new(Body::from_stream(broken))
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultKind, Faults};
    use crate::stand_in::Operation;

    #[test]
    fn a_fault_strikes_as_often_as_asked_and_only_its_operation() {
        let mut faults = Faults::default();
        let operation = Operation::call("toy.start").also(&["toy.begin"]);
        faults.add(Fault { times: 2, ..Fault::once("toy.*", FaultKind::Html) });
        faults.add(Fault::once("toy.begin", FaultKind::Html));
        assert!(faults.take(Operation::page("other.page")).is_none());
        for _ in 0..2 {
            assert_eq!(faults.take(operation).map(|fault| fault.operation).as_deref(), Some("toy.*"));
        }
        assert!(faults.take(Operation::call("toy.stop")).is_none());
        assert_eq!(faults.take(operation).map(|fault| fault.operation).as_deref(), Some("toy.begin"));
        assert!(faults.take(operation).is_none());
    }
}
