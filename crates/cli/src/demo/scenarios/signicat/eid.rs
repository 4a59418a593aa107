//! Signicat Assure, electronic identity: the user proves who they are with a method such as iDIN.

use anyhow::{Context, Result};
use idvkit::{Outcome, Seen};
use idvkit_sandbox::signicat::{SignicatScript, UserInfoForm};
use serde_json::{Value, json};

use crate::demo::scenarios::{Cast, Play, common, signicat};
use crate::demo::{browser::User, stage::Stage};

/// eID on stage.
pub const CAST: Cast = Cast {
    provider: "signicat",
    flow: Some("eid"),
    config: signicat::config,
    request,
    prepare: signicat::prepare,
    play,
    walk: |user| Box::pin(walk(user)),
    begin: signicat::BEGIN,
    look: signicat::LOOK,
    begun: |control| control.processes().len(),
    callbacks: 1,
    looks: 1,
};

fn request() -> Value {
    json!({ "flow": "signicat_eid", "external_reference": "customer-4711", "provider": "connect:idin" })
}

fn play(scenario: &str) -> Play {
    let run = |expected, act| Play::Run { expected, act };
    match scenario {
        "abandoned" => run("abandoned", |stage| Box::pin(abandoned(stage))),
        "forged-redirect" => run("expired", |stage| Box::pin(signicat::forged_redirect(stage))),
        "forged-message" => run("expired", |stage| Box::pin(forged_message(stage))),
        "web-view" => run("approved", |stage| Box::pin(web_view(stage))),
        "callback-first" => run("approved", |stage| Box::pin(callback_first(stage))),
        "sealed-result" => run("approved", |stage| Box::pin(sealed_result(stage))),
        "camera-denied" => Play::NotApplicable("an eID needs no camera"),
        "slow-result" | "polling-limited" => Play::NotApplicable("the verdict is there when the user returns"),
        "own-dossier" => Play::NotApplicable("a dossier is kept or deleted as in document verification"),
        other if common::is_images(other) => Play::NotApplicable("an eID takes no images"),
        other if common::is_two_providers(other) => Play::NotApplicable("a process has one provider: see capture"),
        other => signicat::play(other),
    }
}

/// A user who authenticates and is sent back.
async fn walk(mut user: User) -> Result<()> {
    user.follow_link().await?;
    user.press("authenticate").await
}

async fn abandoned(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    let mut user = case.present().await?;
    user.follow_link().await?;
    user.press("cancel").await?;
    let outcome = case.wait_for_outcome().await?;
    case.retry().await?;
    let again = common::pass(&case).await?;
    stage.check("a retry is another process", "approved".into(), crate::demo::timeline::outcome_text(&again));
    Ok(outcome)
}

async fn forged_message(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    let user = case.present().await?;
    let before = case.session()?.revision();
    let hint = r#"{"journey":"000000000000000000000000","kind":"finished"}"#;
    stage.check("a hint of another journey", 400, user.post_hint(hint).await?);
    let elsewhere = Seen::Navigation { url: "https://evil.example/idv/return?status=accepted".into() };
    stage.check("a return to elsewhere means something", false, user.see(&elsewhere).await?.is_some());
    stage.check("the session has not moved", before, case.session()?.revision());
    case.wait_for_outcome().await
}

/// An app sees the navigation to the return page; the page itself need not be loaded.
async fn web_view(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    let mut user = case.present().await?;
    user.use_web_view().await?;
    user.press("authenticate").await?;
    let outcome = case.wait_for_outcome().await?;
    stage.check("looks at the result", 1, stage.requests(signicat::LOOK));
    Ok(outcome)
}

/// The verdict is announced before the user is back.
async fn callback_first(stage: Stage) -> Result<Outcome> {
    stage.control().configure(|config| config.signicat.callbacks.delay_ms = 0);
    signicat::script_with(&stage, SignicatScript { callback_first: true, ..SignicatScript::default() });
    let case = stage.open().await?;
    let outcome = common::pass(&case).await?;
    stage.check("callbacks that arrived", 1, stage.merchant().inbox().len());
    stage.check("looks at the result", 1, stage.requests(signicat::LOOK));
    Ok(outcome)
}

/// An encrypted result is handed on as it is: only the holder of the key can read who it is.
async fn sealed_result(stage: Stage) -> Result<Outcome> {
    let form = Some(UserInfoForm::EncryptedJwt);
    signicat::script_with(&stage, SignicatScript { userinfo: form, ..SignicatScript::default() });
    let case = stage.open().await?;
    let outcome = common::pass(&case).await?;
    let evidence = case.session()?.evidence().context("no evidence")?;
    let parts = evidence.sealed.as_deref().map_or(0, |sealed| sealed.split(|byte| *byte == b'.').count());
    stage.check("parts of the encrypted token", 5, parts);
    stage.check("a person in the evidence", false, evidence.person.is_some());
    Ok(outcome)
}
