//! Signicat Assure (S-FLOWS): tokens, dossiers, processes, hosted capture and eID pages, callbacks.

mod api;
mod callbacks;
mod capture;
mod connect;
mod control;
mod dossiers;
mod errors;
mod images;
mod pages;
mod processes;
mod providers;
mod result;
mod routes;
mod script;
mod settings;
mod state;
mod table;
mod token;

use axum::Router;
use axum::response::Response;
use serde_json::{Value, json};

pub use control::ProcessView;
pub use script::{Check, SignicatOutcome, SignicatScript, Zone};
pub use settings::{RateLimit, SignicatClient, SignicatPerson, SignicatSettings, TwoProviderRedirect, UserInfoForm};

use crate::stand_in::{FaultyCall, Route, StandIn};
use crate::world::{Handle, World};

pub(crate) struct Signicat;

impl StandIn for Signicat {
    type Settings = SignicatSettings;
    type Script = SignicatScript;
    type State = state::State;
    type Event = state::Event;

    fn check(settings: &SignicatSettings) -> Result<(), String> {
        settings.check()
    }

    fn script(world: &mut World, script: SignicatScript) -> bool {
        script::play(world, script)
    }

    fn on_event(world: &mut World, event: state::Event) {
        state::on_event(world, event);
    }

    fn forget(world: &mut World, before: i64) {
        world.states.signicat.forget(before);
    }

    fn keys(settings: &SignicatSettings) -> Vec<String> {
        let client = |own: &SignicatClient| format!("client {}, secret {}", own.client_id, own.client_secret);
        settings.clients.iter().map(client).collect()
    }

    fn title(&self) -> &'static str {
        pages::PROVIDER
    }

    fn name(&self) -> &'static str {
        "signicat"
    }

    fn routes(&self) -> Vec<Route> {
        routes::all()
    }

    fn error(&self, shared: &Handle, call: &FaultyCall<'_>) -> Response {
        errors::fault(shared, call)
    }

    fn challenge(&self) -> &'static str {
        "Bearer realm=\"signicat\""
    }

    fn control(&self) -> Router<Handle> {
        control::router()
    }

    fn help(&self) -> &'static [(&'static str, &'static str)] {
        &control::HELP
    }

    fn places(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("Signicat Assure API", "/signicat/assure"),
            ("Signicat token endpoint (legacy: /signicat/oidc/token)", "/signicat/auth/open/connect/token"),
        ]
    }

    fn hosts(&self) -> &'static [(&'static str, &'static str)] {
        &[("api.signicat.com", "/signicat"), ("preprod.signicat.com", "/signicat")]
    }

    fn accounts(&self, world: &World) -> Value {
        json!({
            "api": world.link("/signicat/assure"), "clients": world.config.signicat.clients,
            "token": world.link("/signicat/auth/open/connect/token"),
            "legacy_token": world.link("/signicat/oidc/token"),
        })
    }

    fn texts(&self) -> &'static str {
        include_str!("texts.json")
    }

    fn page_scripts(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }
}
