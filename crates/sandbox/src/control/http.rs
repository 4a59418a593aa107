//! The control API below `/_sandbox/`: JSON in, JSON out, no credentials.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Control, Script, guard};
use crate::deliveries::CallbackRule;
use crate::faults::Fault;
use crate::html::assets;
use crate::stand_in::{Operation, StandIn};
use crate::stand_ins;
use crate::world::Handle;

pub(crate) fn router() -> Router<Handle> {
    let own = Router::new()
        .route("/", get(help))
        .route("/clock", get(clock).post(move_clock))
        .route("/settle", post(settle))
        .route("/log", get(log))
        .route("/deliveries", get(deliveries))
        .route("/accounts", get(accounts))
        .route("/settings", get(settings).post(patch).patch(patch))
        .route("/script", post(script))
        .route("/faults", get(operations).post(fault))
        .route("/callbacks", post(callbacks))
        .route("/reset", post(reset));
    let nest = |router: Router<Handle>, stand_in: &&dyn StandIn| {
        router.nest(&format!("/{}", stand_in.name()), stand_in.control())
    };
    stand_ins::ALL
        .iter()
        .fold(own, nest)
        .layer(middleware::from_fn(guard::only_from_here))
        // The pages' own files: other sites' frames fetch them.
        .route("/assets/{file}", get(assets::serve))
}

/// What there is, also shown on the index page.
pub(crate) fn help_lines() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    HELP.iter().chain(stand_ins::ALL.iter().flat_map(|stand_in| stand_in.help()))
}

const HELP: [(&str, &str); 13] = [
    ("GET /_sandbox/clock", "the virtual clock: {\"now\": unix ms}"),
    (
        "POST /_sandbox/clock",
        "{\"advance_ms\": n} or {\"set\": unix ms}; answers when all that became due has happened",
    ),
    ("POST /_sandbox/settle", "answers when all deliveries due now have been made"),
    ("GET /_sandbox/log", "requests to providers, with hints"),
    ("GET /_sandbox/deliveries", "callbacks and webhooks, one entry per attempt"),
    ("GET /_sandbox/accounts", "test accounts and keys to copy"),
    ("GET /_sandbox/settings", "all settings"),
    ("POST /_sandbox/settings", "changes settings: a JSON merge patch"),
    (
        "POST /_sandbox/script",
        "{\"provider\": name} and how something of it shall turn out, as its documentation says; \
         any with \"page\":{\"camera\":\"denied|none|in_use\",\"storage\":\"blocked\",\"delay_ms\":3000}",
    ),
    ("GET /_sandbox/faults", "the names of all operations, as the SDK has them"),
    (
        "POST /_sandbox/faults",
        "{\"operation\": name,\"kind\":\"status|html|invalid_json|hang|drop\",\"when\":\"before|after\",\"times\":1}",
    ),
    ("POST /_sandbox/callbacks", "{\"provider\": name,\"mode\":\"lost|duplicate|late|held\",\"ms\":0,\"times\":1}"),
    ("POST /_sandbox/reset", "back to the start, seed included"),
];

pub(crate) async fn help() -> Response {
    let lines: Vec<String> = help_lines().map(|(call, what)| format!("{call}\n    {what}\n")).collect();
    format!("Local sandbox, control API\n\n{}", lines.concat()).into_response()
}

async fn clock(State(shared): State<Handle>) -> Json<Value> {
    Json(json!({ "now": shared.world().clock.now() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveClock {
    advance_ms: Option<i64>,
    set: Option<i64>,
}

async fn move_clock(State(shared): State<Handle>, body: Bytes) -> Response {
    let movement = match read::<MoveClock>(&body) {
        Ok(movement) => movement,
        Err(refusal) => return refusal,
    };
    match (movement.advance_ms, movement.set) {
        (Some(ms), None) if ms >= 0 => shared.advance(ms).await,
        (None, Some(now)) => shared.set(now).await,
        _ => return refused("give either advance_ms (not negative) or set, in milliseconds"),
    }
    clock(State(shared)).await.into_response()
}

async fn settle(State(shared): State<Handle>) -> Json<Value> {
    shared.settle().await;
    done()
}

async fn log(State(shared): State<Handle>) -> Response {
    Json(&shared.world().log).into_response()
}

async fn deliveries(State(shared): State<Handle>) -> Response {
    Json(shared.world().deliveries.log()).into_response()
}

async fn accounts(State(shared): State<Handle>) -> Json<Value> {
    let world = shared.world();
    let all = stand_ins::ALL.iter().map(|stand_in| (stand_in.name().to_owned(), stand_in.accounts(&world)));
    Json(Value::Object(all.collect()))
}

async fn settings(State(shared): State<Handle>) -> Response {
    Json(&shared.world().config).into_response()
}

async fn patch(State(shared): State<Handle>, body: Bytes) -> Response {
    match read::<Value>(&body) {
        Ok(patch) => answer(Control::new(shared).patch(&patch)),
        Err(refusal) => refusal,
    }
}

async fn script(State(shared): State<Handle>, body: Bytes) -> Response {
    let found = read::<Script>(&body).map(|script| Control::new(shared).script(script));
    answer_found(found, "there is no transaction, handshake, session or process with this id")
}

/// Every name that a fault can have; the SDK has two for some calls, and one for several.
async fn operations() -> Json<Value> {
    let names: BTreeSet<&str> = stand_ins::operations().flat_map(Operation::names).collect();
    Json(json!({ "operations": names }))
}

async fn fault(State(shared): State<Handle>, body: Bytes) -> Response {
    let known = read::<Fault>(&body).map(|fault| Control::new(shared).fault(fault));
    answer_found(known, "no operation has this name; GET /_sandbox/faults lists all")
}

async fn callbacks(State(shared): State<Handle>, body: Bytes) -> Response {
    let known = read::<CallbackRule>(&body).map(|rule| Control::new(shared).callbacks(rule));
    let names: Vec<&str> = stand_ins::ALL.iter().map(|stand_in| stand_in.name()).collect();
    answer_found(known, &format!("provider is none of {}", names.join(", ")))
}

async fn reset(State(shared): State<Handle>) -> Json<Value> {
    shared.reset().await;
    done()
}

pub(crate) fn apply<T: DeserializeOwned>(body: &[u8], change: impl FnOnce(T)) -> Response {
    match read(body) {
        Ok(value) => {
            change(value);
            done().into_response()
        }
        Err(refusal) => refusal,
    }
}

// The error is a finished answer, made once and sent.
#[allow(clippy::result_large_err)]
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Response> {
    serde_json::from_slice(body).map_err(|error| refused(&error.to_string()))
}

pub(crate) fn answer_found(found: Result<bool, Response>, otherwise: &str) -> Response {
    match found {
        Ok(true) => done().into_response(),
        Ok(false) => refused(otherwise),
        Err(refusal) => refusal,
    }
}

fn answer(result: Result<(), String>) -> Response {
    match result {
        Ok(()) => done().into_response(),
        Err(why) => refused(&why),
    }
}

pub(crate) fn done() -> Json<Value> {
    Json(json!({ "ok": true }))
}

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response()
}
