//! Signicat Assure, document verification: images by way of the merchant's server, or by the provider's SDK.

use anyhow::{Context, Result, ensure};
use idvkit::{Image, Input, Next, Outcome, ParamValue, ProviderId, Seen, Way, Why};
use idvkit_sandbox::signicat::{RateLimit, SignicatOutcome, SignicatScript};
use serde_json::{Value, json};

use super::scenarios::{self as shared, MINUTE};
use crate::demo::{
    browser::User,
    cast::{Cast, Play},
    common::{self, pass},
    stage::{Case, Places, Stage},
    timeline::{next_name, outcome_text},
};

/// Document verification on stage.
pub(super) static CAST: Cast = Cast {
    provider: ProviderId::Signicat,
    flow: Some("document"),
    config: shared::config,
    request,
    prepare: shared::prepare,
    play,
    enter: |user| Box::pin(async { Ok(user) }),
    walk: |user| Box::pin(walk(user)),
    passes: "approved",
    begin: shared::BEGIN,
    look: shared::LOOK,
    begun: |control| control.processes().len(),
    callbacks: 1,
    looks: 1,
};

fn request(_places: &Places<'_>) -> Value {
    json!({
        "flow": "signicat_document_verification",
        "external_reference": "customer-4711",
        "provider": "signicatpaper",
    })
}

fn play(scenario: &str) -> Play {
    let run = |expected, act| Play::Run { expected, act };
    match scenario {
        "abandoned" => run("abandoned", |stage| Box::pin(abandoned(stage))),
        "forged-message" => run("expired", |stage| Box::pin(forged_message(stage))),
        "slow-result" => run("approved", |stage| Box::pin(slow_result(stage))),
        "callback-first" => run("approved", |stage| Box::pin(callback_first(stage))),
        "polling-limited" => run("approved", |stage| Box::pin(polling_limited(stage))),
        "replaced-images" => run("approved", |stage| Box::pin(replaced_images(stage))),
        "upload-after-start" => run("approved", |stage| Box::pin(upload_after_start(stage))),
        "native-sdk" => run("approved", |stage| Box::pin(native_sdk(stage))),
        "own-dossier" => run("approved", |stage| Box::pin(own_dossier(stage))),
        "camera-denied" => {
            Play::NotApplicable("your own page takes the images: a camera is not the provider's business")
        }
        "forged-redirect" => Play::NotApplicable("nobody is sent away, so nobody returns"),
        "web-view" => Play::NotApplicable("there is no page of the provider's"),
        "sealed-result" => Play::NotApplicable("results of documents are normalised and not encrypted"),
        "two-providers" | "one-of-two-rejects" | "one-of-two-is-enough" | "one-of-two-is-named" => {
            Play::NotApplicable("a process has one provider: see capture")
        }
        other => shared::play(other),
    }
}

/// The beginning of a PNG file, all that anybody looks at: nobody's picture, so wide.
fn picture(width: u8) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR".to_vec();
    bytes.extend([0, 0, 0, width, 0, 0, 0, 10, 8, 2, 0, 0, 0]);
    bytes
}

/// A user who hands in both sides; a worker sends them and starts the verification.
async fn walk(user: User) -> Result<()> {
    for slot in ["front", "back"] {
        ensure!(user.hand_in(slot, &picture(10)).await? < 300, "the merchant refuses the image {slot}");
    }
    user.wait_for_host().await
}

async fn hand_in(case: &Case, user: &User, slot: &str, width: u8) -> Result<()> {
    case.stage().check("the merchant takes the image", 200, user.hand_in(slot, &picture(width)).await?);
    Ok(())
}

/// Only the provider can say that the user gave up: with it, that happens in its SDK.
async fn abandoned(stage: Stage) -> Result<Outcome> {
    shared::script(&stage, SignicatOutcome::Canceled);
    Ok(common::passed(&stage).await?.1)
}

async fn forged_message(stage: Stage) -> Result<Outcome> {
    let (case, user) = stage.begin().await?;
    let before = case.session()?.revision();
    common::foreign_hint(&stage, &user).await?;
    stage.check("an image that nobody asked for", 400, user.hand_in("portrait", &picture(10)).await?);
    stage.check("a file that is no image", 400, user.hand_in("front", b"<script>alert(1)</script>").await?);
    let message = Seen::Message { origin: stage.sandbox_url().into(), data: "{}".into() };
    stage.check("a message means something", false, user.see(&message).await?.is_some());
    stage.check("the session has not moved", before, case.session()?.revision());
    case.wait_for_outcome().await
}

async fn slow_result(stage: Stage) -> Result<Outcome> {
    common::lose_callbacks(&stage);
    slow(&stage, 10 * MINUTE);
    let (_, outcome) = common::passed(&stage).await?;
    stage.check("looks, none of them with a token that has run out", 3, stage.requests(shared::LOOK));
    stage.check("access tokens fetched", 2, stage.requests("signicat.token"));
    Ok(outcome)
}

/// The verdict is announced while the request to start is still unanswered.
async fn callback_first(stage: Stage) -> Result<Outcome> {
    shared::announce_at_once(&stage);
    let case = stage.open().await?;
    let began = stage.now();
    let outcome = pass(&case).await?;
    stage.check("callbacks that arrived", 1, stage.merchant().inbox().len());
    stage.check("time that passed", 0, stage.now().since(began));
    stage.check("verifications started", 1, stage.requests("signicat.start"));
    Ok(outcome)
}

/// Without callbacks there is only asking, and the provider wants it seldom.
async fn polling_limited(stage: Stage) -> Result<Outcome> {
    common::lose_callbacks(&stage);
    slow(&stage, 2 * MINUTE);
    let limit = RateLimit { calls: 1, per_ms: 12 * MINUTE, retry_after_s: 600 };
    stage.control().configure(|config| config.signicat.rate_limit = Some(limit));
    let case = stage.open().await?;
    case.walk().await?;
    let mut asked_for = 0;
    while let next @ Next::Wait { until, .. } = case.advance().await? {
        if let Next::Wait { why: Why::Throttled { .. }, .. } = next {
            asked_for = until.since(stage.now());
        }
        case.sleep_until(until).await?;
    }
    stage.check("the pause asked for", 600_000, asked_for);
    stage.check("looks, none of them with a token that has run out", 3, stage.requests(shared::LOOK));
    case.wait_for_outcome().await
}

/// Until the verification is started the user may think again, even after the upload.
async fn replaced_images(stage: Stage) -> Result<Outcome> {
    let (case, user) = stage.begin().await?;
    hand_in(&case, &user, "front", 10).await?;
    hand_in(&case, &user, "front", 20).await?;
    let upload = case.first_request().await?;
    stage.check("the session wants to send them", "signicat.set_images", &upload.operation);
    case.tell(Input::Sending { id: upload.id.clone() }).await?;
    case.tell(case.send(&upload).await).await?;
    let bytes = picture(30);
    let images = vec![Image { slot: "front".into(), bytes }];
    stage.check("another picture before the start", "heard", case.tell(Input::Images { images }).await?);
    let outcome = case.wait_for_outcome().await?;
    stage.check("uploads", 2, stage.requests("signicat.set_images"));
    stage.check("verifications started", 1, stage.requests("signicat.start"));
    Ok(outcome)
}

async fn upload_after_start(stage: Stage) -> Result<Outcome> {
    let (case, user) = stage.begin().await?;
    hand_in(&case, &user, "front", 10).await?;
    case.advance().await?;
    let before = case.session()?.revision();
    stage.check("the merchant refuses another picture", 400, user.hand_in("front", &picture(20)).await?);
    let images = vec![Image { slot: "front".into(), bytes: picture(20) }];
    stage.check("and knows why", "images_too_late", case.tell(Input::Images { images }).await?);
    stage.check("the session has not moved", before, case.session()?.revision());
    stage.check("uploads", 1, stage.requests("signicat.set_images"));
    case.wait_for_outcome().await
}

/// The provider's own SDK takes the pictures; its word that it has is only a reason to start.
async fn native_sdk(stage: Stage) -> Result<Outcome> {
    let sdk = json!({ "provider": "readid", "process_type": "sdk", "images": "sdk" });
    let success = Seen::Event { name: "success".into(), data: String::new() };
    let liar = stage.open_with(&sdk).await?;
    let user = liar.present().await?;
    stage.note("an app says that the SDK has finished, but it never ran");
    stage.check("the claim is heard", 200, user.see(&success).await?.unwrap_or(0));
    let refused = outcome_text(&liar.wait_for_outcome().await?);
    stage.check("the provider has no images", "failed (http_status)".into(), refused);

    let case = stage.open_with(&sdk).await?;
    let user = case.present().await?;
    let bearer = user.journey().ways.iter().find_map(bearer_of).context("no token for the SDK")?;
    stage.check("the SDK gets a token of its own", true, bearer.len() >= 32);
    stage.check("the pictures are taken", true, stage.control().sdk_done(&shared::process_of(&case)?));
    stage.check("nothing happens until the app says so", "present", next_name(&case.advance().await?));
    stage.check("the claim is heard", 200, user.see(&success).await?.unwrap_or(0));
    case.wait_for_outcome().await
}

fn bearer_of(way: &Way) -> Option<String> {
    let Way::Native { calls, .. } = way else { return None };
    let params = calls.iter().flat_map(|call| &call.params);
    params.filter(|param| param.name == "authorization").find_map(|param| match &param.value {
        ParamValue::Text { value } => Some(value.clone()),
        _ => None,
    })
}

/// A dossier that the caller had already stays when the session is erased: only its process goes.
async fn own_dossier(stage: Stage) -> Result<Outcome> {
    let first = stage.open().await?;
    pass(&first).await?;
    let request = json!({ "dossier": first.reference()?, "external_reference": null });
    let case = stage.open_with(&request).await?;
    pass(&case).await?;
    stage.check("dossiers made", 1, stage.requests(shared::BEGIN));
    let outcome = shared::erase_at_provider(&stage, &case).await?;
    stage.check("dossiers deleted", 0, stage.requests("signicat.delete"));
    stage.check("processes left at the provider", 1, stage.control().processes().len());
    Ok(outcome)
}

/// The next verification takes so long.
fn slow(stage: &Stage, ms: i64) {
    shared::script_with(stage, SignicatScript { verdict_delay_ms: Some(ms), ..SignicatScript::default() });
}
