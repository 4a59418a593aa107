//! biometric.kz Flow (B-WIDGET, B-WEBVIEW): session API, hosted flow as plain forms, widget script, webhooks.

mod api;
mod metadata;
mod pages;
mod people;
mod result;
mod settings;
mod state;
mod webhook;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{any, get, post};

pub(crate) use api::fault_body;
pub use people::Person;
pub use settings::{BiometricKzFlow, BiometricKzSettings, FailureForm};
pub use state::{BiometricKzScript, Scenario, SessionView};
pub(crate) use state::{Event, State, on_event};

use crate::html::assets;
use crate::world::Handle;

/// Operations that carry a flow key.
pub(crate) const API: [&str; 2] = ["biometric_kz.create", "biometric_kz.result"];

/// Operations of the hosted flow and the widget.
pub(crate) const PAGES: [&str; 4] =
    ["biometric_kz.page", "biometric_kz.submit", "biometric_kz.finished", "biometric_kz.widget"];

const CREATE: &str = "/kyc/api/v1/flows/session/create";
const RESULT: &str = "/kyc/api/v1/flows/session/result";

/// Everything below `/biometric_kz`: `kyc` and `remote` stand for the two hosts.
pub(crate) fn router() -> Router<Handle> {
    Router::new()
        .route(&format!("{CREATE}/"), post(api::create))
        .route(&format!("{RESULT}/"), get(api::result))
        .route(CREATE, any(api::no_slash))
        .route(RESULT, any(api::no_slash))
        .route("/remote/flow/{session}", get(pages::open).post(pages::act))
        .route("/remote/finished", get(pages::finished))
        // The prose and the examples name different files (B-2).
        .route("/remote/widget/flow-widget.umd.js", get(widget))
        .route("/remote/widget/flow-widget.js", get(widget))
        // A reference photo may have 10 MB, in base64 a third more, and room to be refused in words.
        .layer(DefaultBodyLimit::max(32 * 1024 * 1024))
}

/// The name of an operation; `rest` is the path below `/biometric_kz/`.
pub(crate) fn operation(method: &Method, rest: &str) -> Option<&'static str> {
    let path = rest.trim_end_matches('/');
    if path == &CREATE[1..] {
        return Some("biometric_kz.create");
    }
    if path == &RESULT[1..] {
        return Some("biometric_kz.result");
    }
    match path.strip_prefix("remote/")? {
        "finished" => Some("biometric_kz.finished"),
        page if page.starts_with("widget/") => Some("biometric_kz.widget"),
        page if page.starts_with("flow/") && method == Method::POST => Some("biometric_kz.submit"),
        page if page.starts_with("flow/") => Some("biometric_kz.page"),
        _ => None,
    }
}

async fn widget() -> Response {
    assets::javascript(include_str!("flow-widget.js"))
}
