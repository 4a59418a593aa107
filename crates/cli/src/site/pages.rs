//! The pages and their parts, all inside the program.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::shop::Shop;

const INDEX: &str = include_str!("../../assets/index.html");
const RETURN: &str = include_str!("../../assets/return.html");

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The files that the pages load besides the element's: name, type, text.
const ASSETS: &[(&str, &str, &str)] = &[
    ("site.css", "text/css; charset=utf-8", include_str!("../../assets/site.css")),
    ("site.js", JAVASCRIPT, include_str!("../../assets/site.js")),
    ("server.js", JAVASCRIPT, include_str!("../../assets/server.js")),
    ("choices.js", JAVASCRIPT, include_str!("../../assets/choices.js")),
    ("timeline.js", JAVASCRIPT, include_str!("../../assets/timeline.js")),
    ("return.js", JAVASCRIPT, include_str!("../../assets/return.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
];

pub(super) async fn index(State(shop): State<Arc<Shop>>) -> Response {
    page(&shop, INDEX, "'none'")
}

/// The page to which providers send the user back, in a tab or, where the journey was in a frame, in that frame.
pub(super) async fn returned(State(shop): State<Arc<Shop>>) -> Response {
    page(&shop, RETURN, "'self'")
}

pub(super) async fn asset(Path(file): Path<String>) -> Response {
    let own = ASSETS.iter().find(|(name, ..)| *name == file).map(|(_, kind, text)| (*kind, *text));
    match own.or_else(|| idvkit_web::file(&file).map(|file| (file.media_type, file.text))) {
        Some((kind, text)) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What every answer carries.
pub(super) async fn harden(mut response: Response) -> Response {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Return URLs and session names are nobody else's business.
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A page with a policy of its own: scripts by nonce or from the provider, frames from the provider, nothing inline.
fn page(shop: &Shop, html: &str, ancestors: &str) -> Response {
    let nonce = u128::from_ne_bytes(rand::random());
    let nonce = format!("{nonce:032x}");
    let provider = shop.providers().base();
    let socket = provider.replacen("http", "ws", 1);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' {provider}; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' {provider} {socket}; \
         frame-src 'self' {provider}; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    );
    let both = format!("(self \"{provider}\")");
    let permissions = format!("camera={both}, microphone={both}, fullscreen={both}, geolocation=()");
    let headers = [("content-security-policy", policy), ("permissions-policy", permissions)];
    (headers, Html(html.replace("{nonce}", &nonce))).into_response()
}
