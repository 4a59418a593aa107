//! biometric.kz Flow (B-WIDGET, B-WEBVIEW): session API, hosted flow as plain forms, widget script, webhooks.

mod api;
mod callbacks;
mod control;
mod errors;
mod metadata;
mod pages;
mod people;
mod result;
mod routes;
mod script;
mod settings;
mod state;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;
use serde_json::{Value, json};

pub use control::SessionView;
pub use people::Person;
pub use script::{BiometricKzScript, Scenario};
pub use settings::{BiometricKzFlow, BiometricKzSettings, FailureForm, ReasonForm};

use crate::stand_in::{FaultyCall, Route, StandIn};
use crate::world::{Handle, World};

pub(crate) struct BiometricKz;

impl StandIn for BiometricKz {
    type Settings = BiometricKzSettings;
    type Script = BiometricKzScript;
    type State = state::State;
    type Event = state::Event;

    fn check(settings: &BiometricKzSettings) -> Result<(), String> {
        settings.check()
    }

    fn script(world: &mut World, script: BiometricKzScript) -> bool {
        script::play(world, script)
    }

    fn on_event(world: &mut World, event: state::Event) {
        state::on_event(world, event);
    }

    fn forget(world: &mut World, before: i64) {
        world.states.biometric_kz.forget(before);
    }

    fn keys(settings: &BiometricKzSettings) -> Vec<String> {
        let flow = |own: &BiometricKzFlow| format!("{} ({}), key {}", own.name, own.in_dashboard(), own.api_key);
        settings.flows.iter().map(flow).collect()
    }

    fn title(&self) -> &'static str {
        pages::PROVIDER
    }

    fn name(&self) -> &'static str {
        "biometric_kz"
    }

    fn routes(&self) -> Vec<Route> {
        routes::all()
    }

    fn error(&self, _: &Handle, call: &FaultyCall<'_>) -> Response {
        errors::fault(call)
    }

    fn challenge(&self) -> &'static str {
        "ApiKey realm=\"biometric_kz\""
    }

    /// The guide's samples call the API from pages (B-Q22).
    fn headers(&self, world: &World, uri: &Uri, headers: &mut HeaderMap) {
        if world.config.biometric_kz.cors && uri.path().starts_with("/biometric_kz/kyc/") {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
    }

    fn control(&self) -> Router<Handle> {
        control::router()
    }

    fn help(&self) -> &'static [(&'static str, &'static str)] {
        &control::HELP
    }

    fn places(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("biometric.kz API (instead of kyc.biometric.kz)", "/biometric_kz/kyc"),
            ("biometric.kz flow pages and widget (instead of remote.biometric.kz)", "/biometric_kz/remote"),
        ]
    }

    fn hosts(&self) -> &'static [(&'static str, &'static str)] {
        &[("kyc.biometric.kz", "/biometric_kz/kyc"), ("remote.biometric.kz", "/biometric_kz/remote")]
    }

    fn accounts(&self, world: &World) -> Value {
        let settings = &world.config.biometric_kz;
        json!({
            "api": world.link("/biometric_kz/kyc"), "remote": world.link("/biometric_kz/remote"),
            "flows": settings.flows,
            // As the dashboard lists them.
            "dashboard": settings.flows.iter().map(|own| json!([own.name, own.in_dashboard()])).collect::<Vec<_>>(),
        })
    }

    fn texts(&self) -> &'static str {
        include_str!("texts.json")
    }

    fn page_scripts(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }
}
