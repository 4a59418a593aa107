//! What the site offers of Signicat.

use idvkit_sandbox::{
    Script,
    signicat::{SignicatOutcome, SignicatScript, UserInfoForm},
};
use serde_json::json;

use super::{capture, document, eid};
use crate::site::offer::{Call, Flow, Offer, PAGES, SLOW_NETWORK, Scene, YES, script};

pub(super) const OFFER: Offer = Offer {
    flows: FLOWS,
    scenes: SCENES,
    before: |_| Vec::new(),
    forged_query: |references| {
        let reference = |index: usize| references.get(index).map_or("unknown", String::as_str);
        format!("dossierId={}&processId={}&status=accepted", reference(0), reference(1))
    },
};

const FLOWS: &[Flow] = &[
    Flow {
        name: "document",
        title: "Signicat · document verification",
        about: "two pictures by way of the merchant's own server",
        does: "Choose or take two pictures and send them",
        cast: &document::CAST,
        locales: &[],
        request: |_| json!({}),
        sdk: None,
    },
    Flow {
        name: "sdk",
        title: "Signicat · document verification by SDK",
        about: "the provider's SDK in an app takes the pictures; here a button plays it",
        does: "Press “Play the SDK”",
        cast: &document::CAST,
        locales: &[],
        request: |_| json!({ "provider": "readid", "process_type": "sdk", "images": "sdk" }),
        sdk: Some(|references| Some(("signicat/sdk", json!({ "process": references.get(1)? })))),
    },
    Flow {
        name: "capture",
        title: "Signicat · capture flow",
        about: "the provider's page takes the pictures and sends the user back",
        does: PAGES,
        cast: &capture::CAST,
        locales: &["en", "de", "ru"],
        request: |it| json!({ "redirect_url": it.places.returns, "capture_parameters": { "ui_language": it.locale } }),
        sdk: None,
    },
    Flow {
        name: "eid",
        title: "Signicat · electronic identity",
        about: "the user logs in with an eID method and is sent back",
        does: PAGES,
        cast: &eid::CAST,
        locales: &[],
        request: |it| json!({ "redirect_url": it.places.returns }),
        sdk: None,
    },
];

/// The flows with pages of the provider's.
const WITH_PAGES: &[&str] = &["capture", "eid"];

const SCENES: &[Scene] = &[
    Scene::new("approved", YES, "approved"),
    Scene::new("declined", YES, "declined").told(|_| next(SignicatOutcome::Rejected)),
    Scene::new("inconclusive", YES, "inconclusive").told(|_| next(SignicatOutcome::Inconclusive)),
    Scene::new("abandoned", "Leave on the way: the provider says so.", "abandoned; another try is allowed")
        .only(WITH_PAGES),
    Scene::new("expired", "Do nothing, and advance the clock by two days.", "expired; another try is allowed"),
    Scene::new(
        "camera-denied",
        "Press “Deny the camera” on the provider’s page.",
        "failed (process_failed); another try is allowed",
    )
    .only(&["capture"]),
    SLOW_NETWORK.only(WITH_PAGES),
    Scene::new(
        "process-failed",
        "{does}, see it fail, and press “Try again”.",
        "failed (process_failed), then approved",
    )
    .told(|_| next(SignicatOutcome::Failed)),
    Scene::new(
        "unknown-status",
        "{does}, then advance the clock by days.",
        "expired: what no document names is no verdict",
    )
    .told(|_| next(SignicatOutcome::Unknown)),
    Scene::new("sealed-result", YES, "approved; who it was, only the holder of a key can read").only(&["eid"]).told(
        |_| {
            let userinfo = Some(UserInfoForm::EncryptedJwt);
            script(&Script::Signicat(SignicatScript { userinfo, ..SignicatScript::default() }))
        },
    ),
];

fn next(outcome: SignicatOutcome) -> Vec<Call> {
    script(&Script::Signicat(SignicatScript { outcome: Some(outcome), ..SignicatScript::default() }))
}
