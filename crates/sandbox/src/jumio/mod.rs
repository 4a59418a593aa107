//! Jumio Authentication for Web (J-GUIDE): API on three hosts, hosted client, callbacks.

mod api;
mod callback;
mod colours;
mod initiate;
mod pages;
mod retrieval;
mod settings;
mod state;
mod urls;

use axum::Router;
use axum::http::Method;
use axum::routing::{get, post};

pub(crate) use api::fault_body;
pub(crate) use colours::resolve as resolve_colours;
pub use settings::{
    AfterThreeFailures, Colours, Credentials, Enrollment, Images, JumioAccount, JumioSettings, Portal, UnknownLocale,
    Verdict,
};
pub(crate) use state::{Event, State, on_event};
pub use state::{JumioScript, TransactionStatus, TransactionView};

use crate::world::Handle;

/// The folders that stand for the three hosts.
pub(crate) const REGIONS: [&str; 3] = ["us", "eu", "sgp"];

/// Operations that carry the API token and secret.
pub(crate) const API: [&str; 4] = ["jumio.initiate", "jumio.retrieve", "jumio.image", "jumio.delete"];

/// Operations of the hosted client.
pub(crate) const PAGES: [&str; 2] = ["jumio.page", "jumio.submit"];

const INITIATE: &str = "/api/authentication/v1/web/initiate";

/// Everything below `/jumio/{region}`.
pub(crate) fn router() -> Router<Handle> {
    let retrieval = get(retrieval::retrieve).delete(retrieval::delete);
    Router::new()
        .route(INITIATE, post(initiate::initiate))
        .route("/api/netverify/v2/authentications/{reference}", retrieval.clone())
        // The delete guide's own sample ends in a slash (J-15).
        .route("/api/netverify/v2/authentications/{reference}/", retrieval)
        .route("/api/netverify/v2/authentications/{reference}/images/face", get(retrieval::face))
        .route("/api/netverify/v2/authentications/{reference}/images/liveness/{number}", get(retrieval::liveness))
        .route("/web/v4/app", get(pages::open).post(pages::act))
        // A domain prefix is a host name at the provider; here it is a folder.
        .route("/{prefix}/web/v4/app", get(pages::open).post(pages::act))
}

/// The name of an operation; `rest` is the path below `/jumio/`.
pub(crate) fn operation(method: &Method, rest: &str) -> Option<&'static str> {
    let (_, path) = rest.split_once('/')?;
    if path == &INITIATE[1..] {
        return Some("jumio.initiate");
    }
    if path.starts_with("api/netverify/v2/authentications/") {
        return Some(match *method {
            Method::DELETE => "jumio.delete",
            _ if path.contains("/images/") => "jumio.image",
            _ => "jumio.retrieve",
        });
    }
    let page = path == "web/v4/app" || path.ends_with("/web/v4/app");
    page.then_some(if method == Method::POST { "jumio.submit" } else { "jumio.page" })
}
