//! What the site offers of biometric.kz.

use idvkit_sandbox::{
    Script,
    biometric_kz::{BiometricKzScript, Scenario as Happens},
};
use serde_json::json;

use super::scenarios::CAST;
use crate::site::offer::{Call, Flow, Offer, PAGES, PASS, SLOW_NETWORK, Scene, YES, script, without_storage};

pub(super) const OFFER: Offer = Offer {
    flows: &[Flow {
        name: "flow",
        title: "biometric.kz · Flow",
        about: "liveness, a document by IIN and a code from 1414, comparison of faces; in the provider's widget",
        does: PAGES,
        cast: &CAST,
        locales: &["ru", "kz", "en"],
        request: |it| json!({ "locale": it.locale }),
        sdk: None,
    }],
    scenes: SCENES,
    before: |_| Vec::new(),
    forged_query: |_| "result=true".into(),
};

const SCENES: &[Scene] = &[
    Scene::new("approved", YES, "approved"),
    Scene::new("declined", YES, "declined").told(|_| next(Happens::FaceMismatch)),
    Scene::new("abandoned", "Leave on the way: the provider says so.", "abandoned; another try is allowed"),
    Scene::new(
        "expired",
        "Open the page, do nothing more, and advance the clock by two days.",
        "declined, because the first step ran into its time limit; without the page opened, expired",
    ),
    Scene::new(
        "camera-denied",
        "Press “Deny the camera”; or refuse it in the browser, and then “Continue anyway”.",
        "declined: this provider counts it as a failed step",
    ),
    Scene::new(
        "three-failed-attempts",
        "Take the picture, have a code sent, and enter a wrong one three times.",
        "declined",
    ),
    Scene::new("mask-attack", YES, "declined").told(|_| next(Happens::MaskAttack)),
    Scene::new("closed-eyes", YES, "declined").told(|_| next(Happens::ClosedEyes)),
    Scene::new("not-in-database", YES, "declined").told(|_| next(Happens::NotInDatabase)),
    Scene::new("service-down", YES, "declined").told(|_| next(Happens::ServiceDown)),
    Scene::new("slow-result", "Go through the pages, then advance the clock by a minute.", "approved").told(|_| {
        script(&Script::BiometricKz(BiometricKzScript { pending_ms: Some(60_000), ..BiometricKzScript::default() }))
    }),
    SLOW_NETWORK,
    Scene::new("storage-blocked", "Follow the page’s link out of the frame, and go on there.", PASS)
        .told(without_storage),
];

fn next(scenario: Happens) -> Vec<Call> {
    script(&Script::BiometricKz(BiometricKzScript { scenario: Some(scenario), ..BiometricKzScript::default() }))
}
