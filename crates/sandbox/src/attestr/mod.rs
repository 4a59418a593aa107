//! Attestr Flowx (A-GUIDE): handshake and result API, hosted flow, browser library and its socket, webhooks.

mod api;
mod errors;
mod forms;
mod library;
mod pages;
mod result;
mod settings;
mod socket;
mod stages;
mod state;
mod steps;
mod webhook;

use axum::Router;
use axum::http::Method;
use axum::routing::{any, get, post};

pub(crate) use api::fault_body;
pub use errors::{Original, SessionErrorKind};
pub use settings::{AttestrAccount, AttestrSettings, Flow, SocketSettings, Stage, StageKind, Webhook};
pub use state::{AttestrScript, HandshakeView, Position, StageError, Tamper};
pub(crate) use state::{Event, State, on_event};

use crate::world::Handle;

/// Operations that carry the auth token.
pub(crate) const API: [&str; 2] = ["attestr.handshake", "attestr.result"];

/// Operations of the hosted flow and the browser library.
pub(crate) const PAGES: [&str; 5] =
    ["attestr.launch", "attestr.page", "attestr.submit", "attestr.library", "attestr.socket"];

/// Everything below `/attestr`.
pub(crate) fn router() -> Router<Handle> {
    Router::new()
        .route("/api/{version}/public/flowx/handshake", post(api::create))
        .route("/api/{version}/public/flowx/handshake/{handshake}", get(api::fetch))
        .route("/cdn/flowx.js", get(library::script))
        .route("/cdn/flowx.html", get(library::page))
        // The provider's is wss://flowx.attestr.com/v1.
        .route("/flowx/v1", any(socket::connect))
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
    match rest {
        "cdn/flowx.js" | "cdn/flowx.html" => return Some("attestr.library"),
        "flowx/v1" => return Some("attestr.socket"),
        _ => {}
    }
    let (_, below) = rest.strip_prefix("flow/").map(|path| path.split_once('/').unwrap_or((path, "")))?;
    Some(match (method, below) {
        (&Method::POST, _) => "attestr.submit",
        (_, "") => "attestr.launch",
        _ => "attestr.page",
    })
}
