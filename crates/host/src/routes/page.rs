//! The plain page, the element's files, and this description of the routes.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header, request::Parts},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Host, Problem};
use crate::{OPENAPI, drive::random, verifications::Error};

const PAGE: &str = include_str!("../../page.html");

/// Only scripts with the nonce run, and what they load. Everything else is the provider's.
const POLICY: &str = "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; connect-src 'self' http: https: ws: wss:; \
    frame-src http: https:; img-src http: https: data: blob:; style-src 'unsafe-inline' http: https:; \
    font-src http: https: data:; media-src http: https: blob:; base-uri 'none'; form-action http: https:";

pub(super) async fn page(
    State(host): State<Host>,
    Path(id): Path<String>,
    request: Parts,
) -> Result<Response, Problem> {
    host.admit(&id, request).await?;
    let bytes = random().map_err(Error::from)?;
    let nonce = URL_SAFE_NO_PAD.encode(&bytes[..16]);
    let policy = [("content-security-policy", POLICY.replace("{nonce}", &nonce))];
    Ok((policy, Html(PAGE.replace("{nonce}", &nonce))).into_response())
}

pub(super) async fn element(Path(file): Path<String>) -> Result<Response, Problem> {
    let file = idvkit_web::file(&file).ok_or_else(|| Problem::not_found("the element has no such file"))?;
    let headers = [(header::CONTENT_TYPE, file.media_type), (header::CACHE_CONTROL, "max-age=3600")];
    Ok((headers, file.text).into_response())
}

pub(super) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

/// What every answer carries.
pub(super) async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
