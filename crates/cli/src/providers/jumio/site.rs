//! What the site offers of Jumio.

use idvkit_sandbox::{
    Script,
    jumio::{JumioScript, Verdict},
};
use serde_json::json;

use super::scenarios::CAST;
use crate::site::offer::{Call, Flow, Offer, PAGES, PASS, SLOW_NETWORK, Scene, Told, YES, script, without_storage};

pub(super) const OFFER: Offer = Offer {
    flows: &[Flow {
        name: "authentication",
        title: "Jumio · Authentication for Web",
        about: "a selfie in the provider's page: in a frame, by link, or on another device",
        does: PAGES,
        cast: &CAST,
        locales: &["en", "de", "ru", "en-GB"],
        request: |it| {
            json!({
                "enrollment_transaction_reference": it.person, "locale": it.locale,
                "success_url": it.places.returns, "error_url": it.places.returns,
            })
        },
        sdk: None,
    }],
    scenes: SCENES,
    before: |told| vec![("jumio/enrollments", json!({ "reference": told.person }))],
    forged_query: |references| {
        let reference = references.first().map_or("unknown", String::as_str);
        format!("transactionStatus=SUCCESS&transactionReference={reference}")
    },
};

const SCENES: &[Scene] = &[
    Scene::new("approved", YES, "approved"),
    Scene::new("declined", YES, "declined").told(|told| verdict(told, Verdict::Failed)),
    Scene::new("inconclusive", YES, "inconclusive").told(|told| verdict(told, Verdict::Invalid)),
    Scene::new("expired", "Do nothing, and advance the clock by a day.", "expired; another try is allowed"),
    Scene::new(
        "superseded",
        "Start it twice: both are for the same person. Then open the older one, in the list of sessions.",
        "the older one expired, and the newer goes on",
    )
    .of_one_person(),
    Scene::new(
        "camera-denied",
        "Press “Deny the camera”; or refuse it in the browser, and then “Continue anyway”.",
        "no end yet: the link works until it expires, so reload this page and go on",
    ),
    Scene::new(
        "three-failed-attempts",
        "Submit an unacceptable selfie three times.",
        "failed (flow_error); another try is allowed",
    ),
    SLOW_NETWORK,
    Scene::new("storage-blocked", "Follow the page’s link out of the frame, and go on there.", PASS)
        .told(without_storage),
];

fn verdict(told: &Told<'_>, outcome: Verdict) -> Vec<Call> {
    let enrollment = Some(told.person.to_owned());
    script(&Script::Jumio(JumioScript { enrollment, outcome: Some(outcome), ..JumioScript::default() }))
}
