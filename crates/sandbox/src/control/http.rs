//! The control API below `/_sandbox/`: JSON in, JSON out, no credentials.

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Control, Script, guard};
use crate::attestr::Flow;
use crate::biometric_kz::BiometricKzFlow;
use crate::deliveries::CallbackRule;
use crate::faults::Fault;
use crate::html::assets;
use crate::jumio::{Enrollment, resolve_colours};
use crate::world::Handle;

pub(crate) fn router() -> Router<Handle> {
    Router::new()
        .route("/", get(help))
        .route("/clock", get(clock).post(move_clock))
        .route("/settle", post(settle))
        .route("/log", get(log))
        .route("/deliveries", get(deliveries))
        .route("/accounts", get(accounts))
        .route("/settings", get(settings).post(patch).patch(patch))
        .route("/script", post(script))
        .route("/faults", post(fault))
        .route("/callbacks", post(callbacks))
        .route("/reset", post(reset))
        .route("/jumio/enrollments", get(enrollments).post(add_enrollment))
        .route("/jumio/transactions", get(transactions))
        .route("/jumio/colours", get(colours))
        .route("/attestr/flows", get(flows).post(add_flow))
        .route("/attestr/handshakes", get(handshakes))
        .route("/attestr/archive", post(archive))
        .route("/biometric_kz/flows", get(kz_flows).post(add_kz_flow))
        .route("/biometric_kz/sessions", get(kz_sessions))
        .route("/signicat/processes", get(processes))
        .route("/signicat/revoke", post(revoke))
        .route("/signicat/sdk", post(sdk))
        .layer(middleware::from_fn(guard::only_from_here))
        // The pages' own files: other sites' frames fetch them.
        .route("/assets/{file}", get(assets::serve))
}

/// What there is, also shown on the index page.
pub(crate) const HELP: [(&str, &str); 22] = [
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
        "{\"provider\":\"jumio\",\"outcome\":\"FAILED\",\"verdict_delay_ms\":0} or {\"provider\":\"attestr\",\"stage_error\":{...}}; \
         any with \"page\":{\"camera\":\"denied|none|in_use\",\"storage\":\"blocked\",\"delay_ms\":3000}",
    ),
    (
        "POST /_sandbox/faults",
        "{\"operation\":\"jumio.retrieve\",\"kind\":\"status|html|invalid_json|hang|drop\",\"when\":\"before|after\",\"times\":1}",
    ),
    ("POST /_sandbox/callbacks", "{\"provider\":\"jumio\",\"mode\":\"lost|duplicate|late|held\",\"ms\":0,\"times\":1}"),
    ("POST /_sandbox/reset", "back to the start, seed included"),
    ("GET, POST /_sandbox/jumio/enrollments", "ID verifications that can be referred to; POST adds or replaces one"),
    ("GET /_sandbox/jumio/transactions", "transactions and their states"),
    ("GET /_sandbox/jumio/colours?locale=en-GB", "the colours that a locale gets"),
    ("GET, POST /_sandbox/attestr/flows", "flows with stages and variables; POST adds or replaces one"),
    (
        "GET /_sandbox/attestr/handshakes; POST /_sandbox/attestr/archive",
        "handshakes; {\"handshake\": id} archives one",
    ),
    ("GET, POST /_sandbox/biometric_kz/flows", "flows with keys and technologies; POST adds or replaces one"),
    ("GET /_sandbox/biometric_kz/sessions", "sessions and where their users are"),
    ("GET /_sandbox/signicat/processes", "processes and their statuses"),
    ("POST /_sandbox/signicat/revoke", "makes all access tokens invalid"),
    ("POST /_sandbox/signicat/sdk", "{\"process\": id}: the provider's own SDK has taken its pictures"),
];

const PROVIDERS: [&str; 4] = ["jumio", "attestr", "biometric_kz", "signicat"];

pub(crate) async fn help() -> Response {
    let lines: Vec<String> = HELP.iter().map(|(call, what)| format!("{call}\n    {what}\n")).collect();
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
    let base = &world.base_url;
    Json(json!({
        "jumio": {
            "us": format!("{base}/jumio/us"), "eu": format!("{base}/jumio/eu"), "sgp": format!("{base}/jumio/sgp"),
            "accounts": world.config.jumio.accounts, "enrollments": world.config.jumio.enrollments,
        },
        "attestr": {
            "api": format!("{base}/attestr/api"), "script": format!("{base}/attestr/cdn/flowx.js"),
            "accounts": world.config.attestr.accounts, "flows": world.config.attestr.flows,
        },
        "biometric_kz": {
            "api": format!("{base}/biometric_kz/kyc"), "remote": format!("{base}/biometric_kz/remote"),
            "flows": world.config.biometric_kz.flows,
        },
        "signicat": {
            "api": format!("{base}/signicat/assure"), "clients": world.config.signicat.clients,
            "token": format!("{base}/signicat/auth/open/connect/token"),
            "legacy_token": format!("{base}/signicat/oidc/token"),
        },
    }))
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

async fn fault(State(shared): State<Handle>, body: Bytes) -> Response {
    match read::<Fault>(&body) {
        Ok(fault) if !fault.names_an_operation() => {
            refused("no operation has this name; GET /_sandbox/log shows names")
        }
        Ok(fault) => {
            shared.world().faults.add(fault);
            done().into_response()
        }
        Err(refusal) => refusal,
    }
}

async fn callbacks(State(shared): State<Handle>, body: Bytes) -> Response {
    match read::<CallbackRule>(&body) {
        Ok(rule) if !PROVIDERS.contains(&rule.provider.as_str()) => {
            refused("provider must be jumio, attestr, biometric_kz or signicat")
        }
        Ok(rule) => {
            shared.world().deliveries.rule(rule);
            done().into_response()
        }
        Err(refusal) => refusal,
    }
}

async fn reset(State(shared): State<Handle>) -> Json<Value> {
    shared.reset().await;
    done()
}

async fn enrollments(State(shared): State<Handle>) -> Response {
    Json(&shared.world().config.jumio.enrollments).into_response()
}

async fn add_enrollment(State(shared): State<Handle>, body: Bytes) -> Response {
    apply(&body, |enrollment: Enrollment| {
        let list = &mut shared.world().config.jumio.enrollments;
        list.retain(|other| other.reference != enrollment.reference);
        list.push(enrollment);
    })
}

async fn transactions(State(shared): State<Handle>) -> Response {
    Json(shared.world().jumio.views()).into_response()
}

#[derive(Deserialize)]
struct Locale {
    locale: String,
}

async fn colours(State(shared): State<Handle>, Query(query): Query<Locale>) -> Response {
    Json(resolve_colours(&shared.world().config.jumio.portal, &query.locale)).into_response()
}

async fn flows(State(shared): State<Handle>) -> Response {
    Json(&shared.world().config.attestr.flows).into_response()
}

async fn add_flow(State(shared): State<Handle>, body: Bytes) -> Response {
    apply(&body, |flow: Flow| {
        let list = &mut shared.world().config.attestr.flows;
        list.retain(|other| other.id != flow.id);
        list.push(flow);
    })
}

async fn handshakes(State(shared): State<Handle>) -> Response {
    Json(shared.world().attestr.views()).into_response()
}

async fn kz_flows(State(shared): State<Handle>) -> Response {
    Json(&shared.world().config.biometric_kz.flows).into_response()
}

async fn add_kz_flow(State(shared): State<Handle>, body: Bytes) -> Response {
    apply(&body, |flow: BiometricKzFlow| {
        let list = &mut shared.world().config.biometric_kz.flows;
        list.retain(|other| other.api_key != flow.api_key);
        list.push(flow);
    })
}

async fn kz_sessions(State(shared): State<Handle>) -> Response {
    Json(shared.world().biometric_kz.views()).into_response()
}

async fn processes(State(shared): State<Handle>) -> Response {
    Json(shared.world().signicat.views()).into_response()
}

async fn revoke(State(shared): State<Handle>) -> Json<Value> {
    Control::new(shared).revoke_tokens();
    done()
}

#[derive(Deserialize)]
struct SdkDone {
    process: String,
}

async fn sdk(State(shared): State<Handle>, body: Bytes) -> Response {
    let found = read::<SdkDone>(&body).map(|it| Control::new(shared).sdk_done(&it.process));
    answer_found(found, "no process that waits for pictures has this id")
}

#[derive(Deserialize)]
struct Archive {
    handshake: String,
}

async fn archive(State(shared): State<Handle>, body: Bytes) -> Response {
    let found = read::<Archive>(&body).map(|archive| Control::new(shared).archive(&archive.handshake));
    answer_found(found, "there is no handshake with this id")
}

fn apply<T: DeserializeOwned>(body: &[u8], change: impl FnOnce(T)) -> Response {
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
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Response> {
    serde_json::from_slice(body).map_err(|error| refused(&error.to_string()))
}

fn answer_found(found: Result<bool, Response>, otherwise: &str) -> Response {
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

fn done() -> Json<Value> {
    Json(json!({ "ok": true }))
}

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response()
}
