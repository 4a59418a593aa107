//! What all API calls share: required headers and credentials.

use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::errors::Refusal;
use super::settings::JumioSettings;
use crate::log::header_text;
use crate::world::World;

/// The folders that stand for the three hosts.
const REGIONS: [&str; 3] = ["us", "eu", "sgp"];

/// Which credentials open an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Initiate,
    Administration,
}

/// Checks region and `Authorization` and returns the account's number (J-D3).
pub(crate) fn account(world: &World, region: &str, headers: &HeaderMap, access: Access) -> Result<usize, Refusal> {
    if !REGIONS.contains(&region) {
        return Err(Refusal::not_found("no such host", "The sandbox serves /jumio/us, /jumio/eu and /jumio/sgp."));
    }
    let (user, password) = basic(headers)?;
    let settings = &world.config.jumio;
    let found = settings.accounts.iter().position(|account| {
        let administration = account.administration.as_ref().filter(|_| access == Access::Administration);
        let mut pairs = std::iter::once(&account.api).chain(administration);
        account.region.as_deref().is_none_or(|own| own == region)
            && pairs.any(|pair| pair.token == user && pair.secret == password)
    });
    found.ok_or_else(|| {
        let status = StatusCode::from_u16(settings.wrong_credentials_status).unwrap_or(StatusCode::UNAUTHORIZED);
        Refusal::new(
            status,
            "credentials refused",
            "No account has this API token and secret in this region; GET /_sandbox/accounts lists those that exist.",
        )
    })
}

/// Checks the headers that every call needs.
pub(crate) fn check_headers(settings: &JumioSettings, headers: &HeaderMap, accept: &[&str]) -> Result<(), Refusal> {
    if !settings.strict_headers {
        return Ok(());
    }
    if header_text(headers, "user-agent").is_none_or(|agent| agent.trim().is_empty()) {
        return Err(Refusal::forbidden(
            "The User-Agent header is missing; name your company, application and version, such as 'Example Corp SampleApp/1.0.1'.",
        ));
    }
    let given = header_text(headers, "accept").unwrap_or_default();
    let types = given.split(',').map(|item| item.split(';').next().unwrap_or_default().trim());
    if !types.into_iter().any(|item| accept.contains(&item)) {
        return Err(Refusal::forbidden(format!("The Accept header must be {}.", accept.join(", "))));
    }
    Ok(())
}

/// Checks the headers that belong to a JSON body.
pub(crate) fn check_body_headers(settings: &JumioSettings, headers: &HeaderMap) -> Result<(), Refusal> {
    if !settings.strict_headers {
        return Ok(());
    }
    let content_type = header_text(headers, "content-type").unwrap_or_default();
    if content_type.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(Refusal::forbidden("The Content-Type header must be application/json."));
    }
    if !headers.contains_key("content-length") {
        return Err(Refusal::forbidden("The Content-Length header is missing; do not send the body in chunks."));
    }
    Ok(())
}

/// A remark on a User-Agent that names a tool rather than a company.
pub(crate) fn agent_remark(headers: &HeaderMap) -> &'static str {
    let agent = header_text(headers, "user-agent").unwrap_or_default().to_ascii_lowercase();
    let tools =
        ["curl/", "python-requests/", "python-httpx/", "axios/", "node", "okhttp/", "go-http-client/", "reqwest/"];
    if tools.iter().any(|tool| agent.starts_with(tool)) {
        return "The User-Agent names a tool; Jumio requires it to name your company and application.";
    }
    ""
}

fn basic(headers: &HeaderMap) -> Result<(String, String), Refusal> {
    let Some(value) = header_text(headers, "authorization") else {
        return Err(Refusal::forbidden("The Authorization header is missing; send Basic with API token and secret."));
    };
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Refusal::forbidden("The Authorization header must use the Basic scheme."));
    }
    let decoded = STANDARD.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
    pair.map(|(user, password)| (user.to_owned(), password.to_owned()))
        .ok_or_else(|| Refusal::forbidden("The Basic credentials must be base64 of token:secret."))
}
