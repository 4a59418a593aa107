//! OAuth 2.0 client credentials, in both profiles (S-F1).

use std::collections::HashMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::errors::{Problem, oauth};
use crate::log::header_text;
use crate::world::{Handle, World};

/// An access token that was issued.
#[derive(Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) client: usize,
    pub(crate) expires: i64,
    scopes: Vec<String>,
}

const CURRENT: &[&str] = &["signicat-api"];
const LEGACY: &[&str] = &["client.assure.api", "client.capture.api"];

/// `https://api.signicat.com/auth/open/connect/token`
pub(crate) async fn current(State(shared): State<Handle>, headers: HeaderMap, body: Bytes) -> Response {
    issue(&mut shared.world(), &headers, &body, CURRENT)
}

/// `https://preprod.signicat.com/oidc/token`
pub(crate) async fn legacy(State(shared): State<Handle>, headers: HeaderMap, body: Bytes) -> Response {
    issue(&mut shared.world(), &headers, &body, LEGACY)
}

/// The client whose token the request carries. `scope` is what the legacy profile needs for this call.
pub(crate) fn authorised(world: &World, headers: &HeaderMap, scope: &str) -> Result<usize, Problem> {
    // A malformed header is 400 and no 401 (S-10); that a missing one counts as malformed is inferred.
    let Some(value) = header_text(headers, "authorization") else {
        return Err(Problem::bad_request("The Authorization header is missing; send Bearer and the access token."));
    };
    let bearer = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = bearer else {
        return Err(Problem::bad_request("The Authorization header must be Bearer and the access token."));
    };
    let refuse = |hint| Err(Problem::token(401, "invalid_token", hint));
    let Some(token) = world.states.signicat.tokens.get(token) else {
        return refuse("The access token is unknown or was revoked; fetch a new one and try once more.");
    };
    if world.clock.now() >= token.expires {
        return refuse("The access token has expired on the sandbox's clock; fetch a new one and try once more.");
    }
    if !token.scopes.iter().any(|own| own == scope || own == CURRENT[0]) {
        return Err(Problem::token(403, "insufficient_scope", format!("The token needs the scope {scope}.")));
    }
    Ok(token.client)
}

fn issue(world: &mut World, headers: &HeaderMap, body: &[u8], known: &[&str]) -> Response {
    let content_type = header_text(headers, "content-type").unwrap_or_default();
    if !content_type.starts_with("application/x-www-form-urlencoded") {
        return oauth(400, "invalid_request", "The body must be a form: application/x-www-form-urlencoded.");
    }
    let form: HashMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    if form.get("grant_type").map(String::as_str) != Some("client_credentials") {
        return oauth(400, "unsupported_grant_type", "grant_type must be client_credentials.");
    }
    let Some(client) = client(world, headers, &form) else {
        return oauth(
            401,
            "invalid_client",
            "No client has this id and secret, as Basic or in the form; GET /_sandbox/accounts lists them.",
        );
    };
    let scope = form.get("scope").map(String::as_str).unwrap_or_default();
    let scopes: Vec<String> = scope.split(' ').filter(|scope| !scope.is_empty()).map(Into::into).collect();
    if scopes.is_empty() || !scopes.iter().all(|scope| known.contains(&scope.as_str())) {
        let hint = format!("The scopes of this token endpoint are: {}.", known.join(" "));
        return oauth(400, "invalid_scope", &hint);
    }
    let (token, life) = (world.ids.token(64), world.config.signicat.token_life_s);
    let expires = world.clock.now().saturating_add(i64::from(life) * 1_000);
    let answer = json!({ "access_token": token, "token_type": "Bearer", "expires_in": life, "scope": scope });
    world.states.signicat.tokens.insert(token, Token { client, expires, scopes });
    ([("cache-control", "no-store")], Json(answer)).into_response()
}

fn client(world: &World, headers: &HeaderMap, form: &HashMap<String, String>) -> Option<usize> {
    let (id, secret) = match header_text(headers, "authorization") {
        Some(value) => {
            let (scheme, rest) = value.split_once(' ')?;
            let decoded = STANDARD.decode(rest.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
            let text = String::from_utf8(decoded).ok()?;
            let (id, secret) = text.split_once(':')?;
            // OAuth has both form-encoded inside Basic; many clients forget it, and for these characters it is the same.
            (decode(id), decode(secret))
        }
        None => (form.get("client_id")?.clone(), form.get("client_secret")?.clone()),
    };
    world.config.signicat.clients.iter().position(|client| client.client_id == id && client.client_secret == secret)
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
