//! Attestr Flowx (seed S0, notes A-*): handshake and result API, hosted flow as plain forms, webhooks.

mod api;
mod errors;
mod pages;
mod result;
mod settings;
mod stages;
mod state;
mod webhook;

use axum::Router;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

pub(crate) use api::fault_body;
pub use errors::{Original, SessionErrorKind};
pub use settings::{AttestrAccount, AttestrSettings, Flow, Stage, StageKind, Webhook};
pub use state::{AttestrScript, HandshakeView, Position, StageError, Tamper};
pub(crate) use state::{Event, State, on_event};

use crate::world::Handle;

/// Operations that carry the auth token.
pub(crate) const API: [&str; 2] = ["attestr.handshake", "attestr.result"];

/// Operations of the hosted flow and the browser library.
pub(crate) const PAGES: [&str; 4] = ["attestr.launch", "attestr.page", "attestr.submit", "attestr.library"];

/// Everything below `/attestr`.
pub(crate) fn router() -> Router<Handle> {
    Router::new()
        .route("/api/{version}/public/flowx/handshake", post(api::create))
        .route("/api/{version}/public/flowx/handshake/{handshake}", get(api::fetch))
        .route("/cdn/flowx.js", get(library))
        .route("/flow/{handshake}", get(pages::launch))
        .route("/flow/{handshake}/{run}", get(pages::show).post(pages::act))
}

/// The name of an operation; `rest` is the path below `/attestr/`.
pub(crate) fn operation(method: &Method, rest: &str) -> Option<&'static str> {
    if rest.starts_with("api/") {
        return match rest.split_once("/public/flowx/handshake") {
            Some((_, "" | "/")) => Some("attestr.handshake"),
            Some(_) => Some("attestr.result"),
            None => None,
        };
    }
    if rest == "cdn/flowx.js" {
        return Some("attestr.library");
    }
    let (_, below) = rest.strip_prefix("flow/").map(|path| path.split_once('/').unwrap_or((path, "")))?;
    Some(match (method, below) {
        (&Method::POST, _) => "attestr.submit",
        (_, "") => "attestr.launch",
        _ => "attestr.page",
    })
}

async fn library() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("flowx.js")).into_response()
}
