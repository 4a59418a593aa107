//! Attestr Flowx (A-GUIDE): handshake and result API, hosted flow, browser library and its socket, webhooks.

mod api;
mod callbacks;
mod control;
mod errors;
mod forms;
mod library;
mod meta;
mod pages;
mod result;
mod routes;
mod script;
mod settings;
mod socket;
mod stages;
mod state;
mod steps;

use axum::Router;
use axum::response::Response;
use serde_json::{Value, json};

pub use control::HandshakeView;
pub use errors::{Original, SessionErrorKind};
pub use script::{AttestrScript, Position, StageError, Tamper};
pub use settings::{AttestrAccount, AttestrSettings, Flow, SocketSettings, Stage, StageKind, Webhook};

use crate::stand_in::{FaultyCall, Route, StandIn};
use crate::world::{Handle, World};

pub(crate) struct Attestr;

impl StandIn for Attestr {
    type Settings = AttestrSettings;
    type Script = AttestrScript;
    type State = state::State;
    type Event = state::Event;

    fn check(settings: &AttestrSettings) -> Result<(), String> {
        settings.check()
    }

    fn script(world: &mut World, script: AttestrScript) -> bool {
        script::play(world, script)
    }

    fn on_event(world: &mut World, event: state::Event) {
        state::on_event(world, event);
    }

    fn forget(world: &mut World, before: i64) {
        world.states.attestr.forget(before);
    }

    fn keys(settings: &AttestrSettings) -> Vec<String> {
        let account = |own: &AttestrAccount| {
            let (token, key, secret) = (&own.auth_token, &own.client_key, &own.client_secret);
            [format!("auth token {token}"), format!("client key {key}, client secret {secret}")]
        };
        let flow = |own: &Flow| format!("flow {}", own.id);
        settings.accounts.iter().flat_map(account).chain(settings.flows.iter().take(1).map(flow)).collect()
    }

    fn title(&self) -> &'static str {
        pages::PROVIDER
    }

    fn name(&self) -> &'static str {
        "attestr"
    }

    fn routes(&self) -> Vec<Route> {
        routes::all()
    }

    fn error(&self, shared: &Handle, call: &FaultyCall<'_>) -> Response {
        errors::fault(shared, call)
    }

    fn challenge(&self) -> &'static str {
        "Basic realm=\"attestr\""
    }

    fn control(&self) -> Router<Handle> {
        control::router()
    }

    fn help(&self) -> &'static [(&'static str, &'static str)] {
        &control::HELP
    }

    fn places(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("Attestr Studio API", "/attestr/api"),
            ("Attestr Flowx browser library (a stand-in)", "/attestr/cdn/flowx.js"),
            ("Attestr Flowx socket", "/attestr/flowx/v1"),
        ]
    }

    fn hosts(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("cdn.attestr.com", "/attestr/cdn"),
            ("flowx.attestr.com", "/attestr/flowx"),
            ("qa.flowx.attestr.com", "/attestr/flowx"),
            ("api.attestr.com", "/attestr"),
            ("qa.api.attestr.com", "/attestr"),
        ]
    }

    fn accounts(&self, world: &World) -> Value {
        let settings = &world.config.attestr;
        json!({
            "api": world.link("/attestr/api"), "script": world.link("/attestr/cdn/flowx.js"),
            "accounts": settings.accounts, "flows": settings.flows,
        })
    }

    fn texts(&self) -> &'static str {
        include_str!("texts.json")
    }

    fn page_scripts(&self) -> &'static [(&'static str, &'static str)] {
        &[("flow.js", include_str!("flow.js"))]
    }
}
