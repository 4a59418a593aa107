//! Create Handshake and Execution Result (A-F4, A-F5).

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value};

use super::errors::{Refusal, json};
use super::result::{object, pretty, text};
use super::script::{self, Tamper};
use super::state::{End, Event, Handshake};
use crate::log::{header_text, hinted};
use crate::world::{Handle, World};

pub(crate) async fn create(
    State(shared): State<Handle>,
    Path(version): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut world = shared.world();
    let tracing_id = world.ids.uuid();
    match insert(&mut world, &version, &headers, &body) {
        Ok((answer, remark)) => hinted(json(StatusCode::OK, &tracing_id, answer), remark),
        Err(refusal) => refusal.response(&tracing_id),
    }
}

pub(crate) async fn fetch(
    State(shared): State<Handle>,
    Path((version, id)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut world = shared.world();
    let tracing_id = world.ids.uuid();
    let debug = query.get("mode").is_some_and(|mode| mode == "debug");
    let answer = authorised(&world, &version, &headers).and_then(|account| {
        let found = world.states.attestr.handshakes.get(&id).filter(|handshake| handshake.account == account);
        let handshake = found.ok_or_else(|| {
            // Unknown and foreign look the same; the code is inferred (A-F5).
            Refusal::new(
                4001,
                "handshake",
                "No handshake of this account has this id; use the _id that create returned.",
            )
        })?;
        Ok(details(&world, handshake, &tracing_id, debug))
    });
    match answer {
        Ok(answer) => {
            let answer = if world.config.attestr.pretty { pretty(&answer) } else { answer };
            json(StatusCode::OK, &tracing_id, answer)
        }
        Err(refusal) => refusal.response(&tracing_id),
    }
}

fn authorised(world: &World, version: &str, headers: &HeaderMap) -> Result<usize, Refusal> {
    let settings = &world.config.attestr;
    if !settings.versions.iter().any(|known| known == version) {
        return Err(Refusal::new(40051, "version", format!("The versions here are {}.", settings.versions.join(", "))));
    }
    let given = header_text(headers, "authorization").unwrap_or_default();
    let refuse = |hint: &str| Err(Refusal::new(4016, "Authorization", hint));
    let Some((scheme, credential)) = given.split_once(' ') else {
        return refuse("The Authorization header is missing; send 'Basic ' and the auth token.");
    };
    if !scheme.eq_ignore_ascii_case("basic") {
        return refuse("The Authorization header must use the Basic scheme.");
    }
    let account = settings.accounts.iter().position(|account| account.auth_token == credential);
    let Some(account) = account else {
        return refuse(
            "The auth token is unknown. It is a ready-made credential: do not encode key and secret yourself; GET /_sandbox/accounts lists it.",
        );
    };
    let content_type = header_text(headers, "content-type").unwrap_or_default();
    if settings.strict_headers && content_type.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(Refusal::new(
            4001,
            "Content-Type",
            "The Content-Type header must be application/json, also on the GET.",
        ));
    }
    Ok(account)
}

/// A validated body.
struct Order {
    flow: usize,
    snapshot: Option<String>,
    tag: String,
    webhook: bool,
    expiry: i64,
}

fn insert(world: &mut World, version: &str, headers: &HeaderMap, body: &[u8]) -> Result<(String, String), Refusal> {
    let account = authorised(world, version, headers)?;
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Err(Refusal::new(4001, "body", "The body must be one JSON object."));
    };
    let order = read(world, &fields)?;
    let mut remark = String::new();
    if order.webhook && world.config.attestr.accounts[account].webhook.is_none() {
        remark = "webhook is true but the account has no webhook; set attestr.accounts[].webhook.".into();
    }
    let now = world.clock.now();
    let id = format!("DS0{}", world.ids.word(18));
    let number = [world.ids.digits(4), world.ids.digits(6), world.ids.digits(4)].join("-");
    let digest = world.ids.uuid();
    let answer = object([("_id", text(&id)), ("number", text(&number)), ("digest", text(&digest))]);
    let expire = Event::Expire { handshake: id.clone() };
    world.clock.at(order.expiry, expire);
    let script = script::next(world);
    world.states.attestr.insert(Handshake {
        id,
        number,
        account,
        flow: world.config.attestr.flows[order.flow].clone(),
        snapshot: order.snapshot,
        tag: order.tag,
        webhook: order.webhook,
        created: now,
        updated: now,
        expiry: order.expiry,
        archived: None,
        passed: Vec::new(),
        run: None,
        script,
    });
    Ok((answer, remark))
}

fn read(world: &World, fields: &Map<String, Value>) -> Result<Order, Refusal> {
    let refuse = |name: &str, hint: &str| Err(Refusal::new(4001, name, hint));
    let Some(flow_id) = fields.get("flow").and_then(Value::as_str) else {
        return refuse("flow", "flow is required: the id of the flow, a string.");
    };
    let snapshot = match fields.get("snapshot") {
        None => return refuse("snapshot", "The key snapshot must be present; null runs the draft."),
        Some(Value::Null) => None,
        Some(Value::String(snapshot)) => Some(snapshot.clone()),
        Some(_) => return refuse("snapshot", "snapshot must be a string or null."),
    };
    let tag = match fields.get("tag") {
        Some(Value::String(tag)) if !tag.is_empty() => tag.clone(),
        _ => return refuse("tag", "tag is required: your own reference for the user, a string."),
    };
    let webhook = match fields.get("webhook") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(webhook)) => *webhook,
        Some(_) => return refuse("webhook", "webhook must be true or false."),
    };
    let expiry = expiry(world, fields.get("expiry"))?;
    let flows = &world.config.attestr.flows;
    let Some(flow) = flows.iter().position(|flow| flow.id == flow_id) else {
        return Err(Refusal::new(
            4002,
            "flow",
            "No flow has this id; GET /_sandbox/attestr/flows lists those that exist.",
        ));
    };
    if !flows[flow].active {
        return Err(Refusal::new(40034, "flow", "The flow is inactive."));
    }
    if snapshot.as_ref().is_some_and(|snapshot| !flows[flow].snapshots.contains(snapshot)) {
        return refuse("snapshot", "The flow has no such published version.");
    }
    Ok(Order { flow, snapshot, tag, webhook, expiry })
}

fn expiry(world: &World, given: Option<&Value>) -> Result<i64, Refusal> {
    let (now, settings) = (world.clock.now(), &world.config.attestr);
    let refuse = |hint: &str| Err(Refusal::new(4001, "expiry", hint));
    let given = match given {
        None | Some(Value::Null) => return Ok(now.saturating_add(settings.default_expiry_ms)),
        Some(value) => value.as_i64(),
    };
    match given {
        None => refuse("expiry must be a whole number: Unix time in milliseconds."),
        // Read as milliseconds this lies in January 1970; read as seconds, between 1990 and 2286.
        Some(seconds @ 631_152_000..10_000_000_000) if seconds < now => {
            refuse("expiry looks like seconds; it must be Unix time in milliseconds (times 1000).")
        }
        Some(expiry) if expiry <= now => refuse("expiry lies in the past of the sandbox's clock."),
        Some(expiry) if expiry > now.saturating_add(settings.longest_expiry_ms) => {
            refuse("expiry may lie at most one year ahead.")
        }
        Some(expiry) => Ok(expiry),
    }
}

fn details(world: &World, handshake: &Handshake, tracing_id: &str, debug: bool) -> String {
    let settings = &world.config.attestr;
    let completed = matches!(handshake.end(), Some(End::Completed { .. }));
    let readable = handshake.archived.is_none() && (completed || settings.partial_result);
    let (mut result, mut signature) = ("null".to_owned(), "null".to_owned());
    if let Some(account) = settings.accounts.get(handshake.account).filter(|_| readable) {
        result = handshake.result();
        signature = text(&handshake.api_signature(&account.client_secret));
        if handshake.script.tamper == Some(Tamper::Result) {
            result = altered(&result);
        }
    }
    let mut members = vec![
        ("_id", text(&handshake.id)),
        ("number", text(&handshake.number)),
        ("tag", text(&handshake.tag)),
        ("requestId", text(tracing_id)),
        ("consumed", handshake.consumed().to_string()),
        ("archived", handshake.archived.map_or_else(|| "null".to_owned(), |at| at.to_string())),
        ("result", result),
        ("resultSignature", signature),
    ];
    if debug {
        members.extend(debug_members(world, handshake));
    }
    object(members)
}

/// One more member inside the result: what a forger would do.
fn altered(result: &str) -> String {
    let joint = if result == "{}" { "" } else { "," };
    format!("{}{joint}\"forged\":{{\"input\":{{}},\"output\":{{\"valid\":true}}}}}}", &result[..result.len() - 1])
}

/// Of the debug variant only the names are documented; the first four are null when archived.
fn debug_members(world: &World, handshake: &Handshake) -> Vec<(&'static str, String)> {
    let variables =
        handshake.run.iter().flat_map(|run| &run.variables).map(|(name, value)| (name.as_str(), text(value)));
    let mut variables: Vec<(&str, String)> = variables.collect();
    variables.sort_unstable();
    let state = object([("variables", object(variables))]);
    let or_null = |value: String| if handshake.archived.is_some() { "null".to_owned() } else { value };
    let key = world.config.attestr.accounts.get(handshake.account).map(|account| account.client_key.as_str());
    vec![
        ("stageMetadata", or_null(handshake.result())),
        ("requests", or_null("[]".to_owned())),
        ("metadata", or_null("{}".to_owned())),
        ("state", or_null(state)),
        ("client", text("OX0sandbox")),
        ("clientKey", text(key.unwrap_or_default())),
        ("created", handshake.created.to_string()),
        ("updated", handshake.updated.to_string()),
    ]
}
