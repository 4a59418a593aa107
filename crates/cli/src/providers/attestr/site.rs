//! What the site offers of Attestr.

use idvkit_sandbox::{
    Script,
    attestr::{AttestrScript, Tamper},
};
use serde_json::json;

use super::scenarios::CAST;
use crate::site::offer::{Flow, Offer, PAGES, SLOW_NETWORK, Scene, YES, script, without_storage};

pub(super) const OFFER: Offer = Offer {
    flows: &[Flow {
        name: "flowx",
        title: "Attestr · Flowx",
        about: "PAN, a code by SMS and a picture, in the provider's browser library",
        does: PAGES,
        cast: &CAST,
        locales: &["en", "hi"],
        request: |it| json!({ "locale": it.locale }),
        sdk: None,
    }],
    scenes: SCENES,
    before: |_| Vec::new(),
    forged_query: |_| "status=completed".into(),
};

const SCENES: &[Scene] = &[
    Scene::new("completed", YES, "completed"),
    Scene::new("abandoned", "Leave on the way: the provider says so.", "abandoned; another try is allowed"),
    Scene::new(
        "expired",
        "Do nothing, and advance the clock by 31 days: in a second tab, because the provider’s window covers this page.",
        "failed (flow_error), because the open window ends with an error; never opened, expired",
    ),
    Scene::new(
        "camera-denied",
        "Press “Deny the camera” where a picture is wanted.",
        "failed (flow_error); another try is allowed",
    ),
    Scene::new(
        "three-failed-attempts",
        "Enter a wrong PAN, such as “wrong”, three times.",
        "failed (flow_error); another try is allowed",
    ),
    Scene::new("tampered-result", YES, "failed (signature_wrong), after some looks: advance the clock by a day")
        .told(|_| script(&Script::Attestr(AttestrScript { tamper: Some(Tamper::Result), ..AttestrScript::default() }))),
    SLOW_NETWORK,
    Scene::new(
        "storage-blocked",
        "See what the provider’s window says: it leads nowhere. Reload this page, and advance the clock by a minute.",
        "failed (flow_error); another try is allowed",
    )
    .told(without_storage),
];
