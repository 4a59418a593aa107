//! Session create and session result (B-F2, B-F4).

use std::collections::HashMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::errors::Refusal;
use super::metadata::{self, Metadata};
use super::result;
use super::state;
use crate::log::{header_text, hinted};
use crate::world::{Handle, World};

pub(crate) async fn create(State(shared): State<Handle>, headers: HeaderMap, body: Bytes) -> Response {
    let mut world = shared.world();
    match order(&world, &body) {
        Ok((flow, metadata, mut remarks)) => {
            if header_text(&headers, "content-type").is_none_or(|kind| !kind.starts_with("application/json")) {
                remarks.push("Set Content-Type: application/json; some published samples forget it.".into());
            }
            let status = StatusCode::from_u16(world.config.biometric_kz.create_status).unwrap_or(StatusCode::OK);
            let session = state::create(&mut world, flow, metadata);
            let answer = json!({ "session_id": session.id, "technologies": session.flow.technologies });
            hinted((status, Json(answer)).into_response(), remarks.join(" "))
        }
        Err(refusal) => refusal.response(),
    }
}

pub(crate) async fn result(
    State(shared): State<Handle>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let world = shared.world();
    match find(&world, &query) {
        Ok(session) => {
            let remark = if headers.contains_key("authorization") {
                "An Authorization header means nothing here; the key travels as flow_api_key."
            } else {
                ""
            };
            hinted(Json(result::json(session, &world.config.biometric_kz)).into_response(), remark)
        }
        Err(refusal) => refusal.response(),
    }
}

/// A browser's question whether a page may call this (B-Q22).
pub(crate) async fn preflight(State(shared): State<Handle>) -> Response {
    if !shared.world().config.biometric_kz.cors {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let may = [("access-control-allow-methods", "GET, POST"), ("access-control-allow-headers", "content-type")];
    (StatusCode::NO_CONTENT, may).into_response()
}

/// The documented paths end with a slash.
pub(crate) async fn no_slash() -> Response {
    Refusal::new(404, "Not found.", "The path must end with a slash.").response()
}

fn order(world: &World, body: &[u8]) -> Result<(usize, Metadata, Vec<String>), Refusal> {
    let settings = &world.config.biometric_kz;
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return Err(Refusal::new(400, "JSON parse error.", not_json(body)));
    };
    let Some(fields) = value.as_object() else {
        return Err(Refusal::new(400, "Malformed request.", "The body must be one JSON object."));
    };
    let Some(key) = fields.get("api_key").and_then(Value::as_str).filter(|key| !key.is_empty()) else {
        let hint = if fields.contains_key("flow_api_key") {
            "On create the key is called api_key; flow_api_key is its name on result (B-7)."
        } else {
            "api_key is required: the key of the flow, a string."
        };
        return Err(Refusal::new(400, "api_key is required.", hint));
    };
    let Some(flow) = settings.flows.iter().position(|flow| flow.api_key == key) else {
        return Err(wrong_key(world, "No flow has this api_key; GET /_sandbox/accounts lists them."));
    };
    let empty = Value::Null;
    let given = fields.get("metadata").unwrap_or(&empty);
    let (metadata, mut remarks) = metadata::read(given, &settings.flows[flow], settings)
        .map_err(|why| Refusal::new(400, "Invalid metadata.", why))?;
    if fields.keys().any(|name| name != "api_key" && name != "metadata") {
        remarks.push("Only api_key and metadata count at the top; all else was ignored.".into());
    }
    Ok((flow, metadata, remarks))
}

fn find<'a>(world: &'a World, query: &HashMap<String, String>) -> Result<&'a state::Session, Refusal> {
    let missing = |name: &str, hint: &str| Err(Refusal::new(400, format!("{name} is required."), hint));
    let Some(id) = query.get("session_id") else {
        return missing("session_id", "session_id is required in the query.");
    };
    let Some(key) = query.get("flow_api_key") else {
        let hint = if query.contains_key("api_key") {
            "On result the key is called flow_api_key; api_key is its name on create (B-7)."
        } else {
            "flow_api_key is required in the query."
        };
        return missing("flow_api_key", hint);
    };
    if !world.config.biometric_kz.flows.iter().any(|flow| flow.api_key == *key) {
        return Err(wrong_key(world, "No flow has this flow_api_key; GET /_sandbox/accounts lists them."));
    }
    let Some(session) = world.states.biometric_kz.sessions.get(id) else {
        return Err(Refusal::new(404, "Not found.", "There is no session with this id."));
    };
    if session.flow.api_key != *key {
        return Err(wrong_key(world, "flow_api_key must be the key that the session was created with."));
    }
    Ok(session)
}

fn wrong_key(world: &World, hint: &str) -> Refusal {
    Refusal::new(world.config.biometric_kz.wrong_key_status, "Invalid API key.", hint)
}

/// Says which of the published samples' defects a broken body has.
fn not_json(body: &[u8]) -> &'static str {
    let text: String = String::from_utf8_lossy(body).chars().filter(|c| !c.is_whitespace()).collect();
    if text.contains(",}") || text.contains(",]") {
        "The body has a trailing comma, which JSON does not allow (some published samples have one)."
    } else if text.contains(":True") || text.contains(":False") {
        "True and False are Python; JSON writes true and false."
    } else if text.is_empty() {
        "The body is empty; send JSON with api_key."
    } else {
        "The body is not JSON."
    }
}
