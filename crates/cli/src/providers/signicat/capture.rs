//! Signicat Assure, capture flow: the provider's page takes the images, for one provider or two.

use anyhow::Result;
use idvkit::{Outcome, ProviderId};
use idvkit_sandbox::signicat::{SignicatOutcome, SignicatScript, TwoProviderRedirect};
use serde_json::{Value, json};

use super::scenarios as shared;
use crate::demo::{
    browser::User,
    cast::{Cast, Play},
    common,
    stage::{Case, Places, Stage},
};

/// The capture flow on stage.
pub(super) static CAST: Cast = Cast {
    provider: ProviderId::Signicat,
    flow: Some("capture"),
    config: shared::config,
    request,
    prepare: shared::prepare,
    play,
    enter: |user| Box::pin(shared::enter(user)),
    walk: |user| Box::pin(walk(user)),
    passes: "approved",
    begin: shared::BEGIN,
    look: shared::LOOK,
    begun: |control| control.processes().len(),
    callbacks: 1,
    // One when the user returns, which is before the verdict, and one when that is there.
    looks: 2,
};

fn request(_places: &Places<'_>) -> Value {
    json!({
        "flow": "signicat_capture_flow",
        "external_reference": "customer-4711",
        "providers": [{ "provider": "signicatpaper" }],
        "capture_parameters": { "ui_language": "en" },
    })
}

fn play(scenario: &str) -> Play {
    let run = |expected, act| Play::Run { expected, act };
    match scenario {
        "abandoned" => run("abandoned", |stage| Box::pin(ends_with(stage, "cancel"))),
        "camera-denied" => run("failed (process_failed)", |stage| Box::pin(ends_with(stage, "deny_camera"))),
        "forged-redirect" => run("expired", |stage| Box::pin(shared::forged_redirect(stage))),
        "forged-message" => run("expired", |stage| Box::pin(shared::forged_message(stage))),
        "callback-first" => run("approved", |stage| Box::pin(shared::callback_first(stage))),
        "two-providers" => run("approved", |stage| Box::pin(both_accept(stage))),
        "one-of-two-rejects" => run("declined", |stage| Box::pin(one_rejects(stage, "all"))),
        "one-of-two-is-enough" => run("approved", |stage| Box::pin(one_rejects(stage, "any"))),
        "one-of-two-is-named" => run("approved", |stage| Box::pin(one_is_named(stage))),
        "web-view" => Play::NotApplicable("the capture page is opened by a link, or in a frame where that is allowed"),
        "slow-result" | "polling-limited" => Play::NotApplicable("results are looked for as in document verification"),
        "own-dossier" => Play::NotApplicable("every attempt has a dossier of its own"),
        "sealed-result" => Play::NotApplicable("results of documents are normalised and not encrypted"),
        "replaced-images" | "upload-after-start" | "native-sdk" => {
            Play::NotApplicable("the provider's page takes the images")
        }
        other => shared::play(other),
    }
}

/// A user who gets through all providers' pages.
async fn walk(user: User) -> Result<()> {
    let mut user = shared::enter(user).await?;
    while user.page()?.attribute("data-provider").is_some() {
        user.press("submit").await?;
    }
    Ok(())
}

async fn ends_with(stage: Stage, button: &str) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    user.press(button).await?;
    let outcome = case.wait_for_outcome().await?;
    if let Outcome::Failed { fault } = &outcome {
        let reason = fault.provider_code.clone().unwrap_or_default();
        stage.check("the provider's reason, whose free text is not passed on", "other".to_owned(), reason);
    }
    Ok(outcome)
}

async fn both_accept(stage: Stage) -> Result<Outcome> {
    let case = two_providers(&stage, "all").await?;
    let outcome = common::pass(&case).await?;
    stage.check("providers in the evidence", 2, parts(&case)?);
    stage.check("dossiers made", 1, stage.requests(shared::BEGIN));
    Ok(outcome)
}

async fn one_rejects(stage: Stage, need: &str) -> Result<Outcome> {
    let script = SignicatScript { for_provider: Some("onfido".into()), ..SignicatScript::default() };
    shared::script_with(&stage, SignicatScript { outcome: Some(SignicatOutcome::Rejected), ..script });
    let case = two_providers(&stage, need).await?;
    common::pass(&case).await
}

/// Only the last of the two processes is named by the redirect; the other is found by itself.
async fn one_is_named(stage: Stage) -> Result<Outcome> {
    common::lose_callbacks(&stage);
    let named = TwoProviderRedirect::LastProcess;
    stage.control().configure(|config| config.signicat.two_provider_redirect = named);
    let case = two_providers(&stage, "all").await?;
    let outcome = common::pass(&case).await?;
    stage.check("providers in the evidence", 2, parts(&case)?);
    Ok(outcome)
}

async fn two_providers(stage: &Stage, need: &str) -> Result<Case> {
    let onfido = json!({ "provider": "onfido", "process_type": "document" });
    stage.open_with(&json!({ "providers": [{ "provider": "signicatpaper" }, onfido], "need": need })).await
}

fn parts(case: &Case) -> Result<usize> {
    Ok(case.session()?.evidence().map_or(0, |evidence| evidence.parts.len()))
}
