//! Signicat Assure (S-FLOWS): tokens, dossiers, processes, hosted capture and eID pages, callbacks.

mod api;
mod capture;
mod connect;
mod dossiers;
mod errors;
mod images;
mod pages;
mod processes;
mod providers;
mod result;
mod routes;
mod settings;
mod state;
mod token;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::routing::{any, get, post};

pub(crate) use errors::fault_body;
pub(crate) use routes::API;
pub use settings::{
    Check, RateLimit, SignicatClient, SignicatPerson, SignicatSettings, TwoProviderRedirect, UserInfoForm, Zone,
};
pub(crate) use state::{Event, State, on_event};
pub use state::{ProcessView, SignicatOutcome, SignicatScript};

use crate::world::{Handle, World};

/// Operations of the hosted pages.
pub(crate) const PAGES: [&str; 2] = ["signicat.page", "signicat.submit"];

/// Everything below `/signicat`. Both profiles have their API base at `assure`; only their token endpoints differ.
pub(crate) fn router() -> Router<Handle> {
    Router::new()
        .route("/oidc/token", post(token::legacy))
        .route("/auth/open/connect/token", post(token::current))
        .route("/assure/{*path}", any(api::assure))
        .route("/capture/{page}", get(pages::capture).post(pages::act_on_capture))
        .route("/eid/{page}", get(pages::eid).post(pages::act_on_eid))
        // Three images of 4 MB in base64, and room to be refused in words.
        .layer(DefaultBodyLimit::max(crate::LONGEST_BODY))
}

/// The name of an operation; `rest` is the path below `/signicat/`.
pub(crate) fn operation(world: &World, method: &Method, rest: &str) -> Option<&'static str> {
    if rest == "oidc/token" || rest == "auth/open/connect/token" {
        return Some("signicat.token");
    }
    if let Some(path) = rest.strip_prefix("assure/") {
        return routes::name(&world.config.signicat, method, path);
    }
    let page = rest.starts_with("capture/") || rest.starts_with("eid/");
    page.then_some(if method == Method::POST { "signicat.submit" } else { "signicat.page" })
}
