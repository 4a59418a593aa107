//! Bodies. They are read whole before anybody answers: an answer before that would make the server close the connection
//! under the client's next request. So how long one may be is known before, by what is asked for.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

use crate::world::{Handle, Shared};

/// In bytes: what everything takes but the few calls that send pictures.
pub(crate) const SHORT: usize = 1024 * 1024;

/// In KiB: what all the long bodies together may take while they are being read; others wait.
pub(crate) const ROOM: usize = 256 * 1024;

/// The same request with its whole body, or why not.
pub(crate) async fn whole(request: Request, longest: usize, shared: &Shared) -> Result<Request, Response> {
    let longest = if carries(request.method()) { longest } else { longest.min(SHORT) };
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let most = announced.unwrap_or(longest);
    if most > longest {
        return Err(too_long(longest));
    }
    let patience = Duration::from_millis(shared.world().config.request_timeout_ms);
    let (head, body) = request.into_parts();
    let read = async {
        let _room = room(shared, most).await;
        to_bytes(body, longest).await
    };
    match timeout(patience, read).await {
        Ok(Ok(bytes)) => Ok(Request::from_parts(head, bytes.into())),
        Ok(Err(_)) => Err(too_long(longest)),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "The body did not come in time.\n").into_response()),
    }
}

/// For all that is no call of a provider.
pub(crate) async fn short(State(shared): State<Handle>, request: Request, next: Next) -> Response {
    match whole(request, SHORT, &shared).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal,
    }
}

async fn room(shared: &Shared, bytes: usize) -> Option<SemaphorePermit<'_>> {
    if bytes <= SHORT {
        return None;
    }
    let kib = u32::try_from(bytes.div_ceil(1024).min(ROOM)).ok()?;
    shared.bodies.acquire_many(kib).await.ok()
}

fn carries(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::DELETE | Method::OPTIONS)
}

fn too_long(longest: usize) -> Response {
    let text = format!("The body is longer than {} KiB, or broke off.\n", longest / 1024);
    (StatusCode::PAYLOAD_TOO_LARGE, text).into_response()
}
