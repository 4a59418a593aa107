//! Jumio Authentication for Web (J-GUIDE): API on three hosts, hosted client, callbacks.

mod api;
mod callbacks;
mod colours;
mod control;
mod errors;
mod initiate;
mod pages;
mod retrieval;
mod routes;
mod script;
mod settings;
mod state;
mod urls;

use axum::Router;
use axum::response::Response;
use serde_json::{Value, json};

pub use control::TransactionView;
pub use script::JumioScript;
pub use settings::{
    AfterThreeFailures, Colours, Credentials, Enrollment, Images, JumioAccount, JumioSettings, Portal, UnknownLocale,
    Verdict,
};
pub use state::TransactionStatus;

use crate::stand_in::{FaultyCall, Route, StandIn};
use crate::world::{Handle, World};

pub(crate) struct Jumio;

impl StandIn for Jumio {
    type Settings = JumioSettings;
    type Script = JumioScript;
    type State = state::State;
    type Event = state::Event;

    fn check(settings: &JumioSettings) -> Result<(), String> {
        settings.check()
    }

    fn script(world: &mut World, script: JumioScript) -> bool {
        script::play(world, script)
    }

    fn on_event(world: &mut World, event: state::Event) {
        state::on_event(world, event);
    }

    fn forget(world: &mut World, before: i64) {
        world.states.jumio.forget(before);
    }

    fn keys(settings: &JumioSettings) -> Vec<String> {
        let account = |own: &JumioAccount| format!("token {}, secret {}", own.api.token, own.api.secret);
        let enrollment = |own: &Enrollment| format!("enrollment {}", own.reference);
        let (accounts, enrollments) = (settings.accounts.iter(), settings.enrollments.iter());
        accounts.map(account).chain(enrollments.take(1).map(enrollment)).collect()
    }

    fn title(&self) -> &'static str {
        pages::PROVIDER
    }

    fn name(&self) -> &'static str {
        "jumio"
    }

    fn routes(&self) -> Vec<Route> {
        routes::all()
    }

    fn error(&self, shared: &Handle, call: &FaultyCall<'_>) -> Response {
        errors::fault(shared, call)
    }

    fn challenge(&self) -> &'static str {
        "Basic realm=\"jumio\", charset=\"UTF-8\""
    }

    fn control(&self) -> Router<Handle> {
        control::router()
    }

    fn help(&self) -> &'static [(&'static str, &'static str)] {
        &control::HELP
    }

    fn places(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("Jumio Authentication for Web, US API", "/jumio/us"),
            ("Jumio Authentication for Web, EU API", "/jumio/eu"),
            ("Jumio Authentication for Web, SGP API", "/jumio/sgp"),
        ]
    }

    fn hosts(&self) -> &'static [(&'static str, &'static str)] {
        &[("netverify.com", "/jumio/us"), ("lon.netverify.com", "/jumio/eu"), ("core-sgp.jumio.com", "/jumio/sgp")]
    }

    fn accounts(&self, world: &World) -> Value {
        let settings = &world.config.jumio;
        json!({
            "us": world.link("/jumio/us"), "eu": world.link("/jumio/eu"), "sgp": world.link("/jumio/sgp"),
            "accounts": settings.accounts, "enrollments": settings.enrollments,
        })
    }

    fn texts(&self) -> &'static str {
        include_str!("texts.json")
    }

    fn page_scripts(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }
}
