//! What may happen in every flow that somebody goes through by hand: networks and callbacks.

use idvkit_sandbox::{CallbackMode, CallbackRule, Fault, FaultKind};

use super::offer::{Call, Flow, LATER, PASS, Scene, Told, YES, body};
use crate::providers::Provider;

/// The scenes of a flow, the usual one first.
pub(super) fn of(flow: &Flow) -> impl Iterator<Item = &'static Scene> + '_ {
    let own = Provider::of(flow.cast.provider).offer.scenes;
    own.iter().chain(SHARED).filter(|scene| scene.fits(flow))
}

static SHARED: &[Scene] = &[
    Scene::new(
        "error-then-retry",
        "See it fail at once, and press “Try again”.",
        "failed (http_status), then {passes}",
    )
    .told(|told| vec![fault(&Fault { status: Some(403), ..Fault::once(told.flow.cast.begin, FaultKind::Status) })]),
    Scene::new("html-instead-of-json", YES, PASS).told(maintenance),
    Scene::new("connection-lost", YES, PASS)
        .told(|told| vec![fault(&Fault { times: 2, ..Fault::once(told.flow.cast.look, FaultKind::Drop) })]),
    Scene::new("rate-limited", LATER, PASS).told(|told| {
        let pause = Fault::once(told.flow.cast.look, FaultKind::Status);
        vec![fault(&Fault { status: Some(429), retry_after_s: Some(120), ..pause })]
    }),
    Scene::new(
        "late-callback",
        "{does}, and advance the clock: the callback comes 20 minutes late and changes nothing.",
        PASS,
    )
    .told(|told| vec![callbacks(told, CallbackMode::Late, 20 * 60_000)]),
    Scene::new("lost-callback", LATER, PASS).told(|told| vec![callbacks(told, CallbackMode::Lost, 0)]),
    Scene::new("duplicate-callback", YES, PASS).told(|told| vec![callbacks(told, CallbackMode::Duplicate, 1_000)]),
];

fn maintenance(told: &Told<'_>) -> Vec<Call> {
    let (begin, look) = (told.flow.cast.begin, told.flow.cast.look);
    vec![
        fault(&Fault { times: 2, ..Fault::once(begin, FaultKind::Html) }),
        fault(&Fault { times: 2, status: Some(200), ..Fault::once(look, FaultKind::Html) }),
    ]
}

fn callbacks(told: &Told<'_>, mode: CallbackMode, ms: i64) -> Call {
    let cast = told.flow.cast;
    let times = u32::try_from(cast.callbacks).unwrap_or(1);
    ("callbacks", body(&CallbackRule { ms, times, ..CallbackRule::next(cast.provider.as_str(), mode) }))
}

fn fault(fault: &Fault) -> Call {
    ("faults", body(fault))
}
