//! Signicat Assure, electronic identity: the user proves who they are with a method such as iDIN.

use anyhow::{Context, Result};
use idvkit::{Outcome, ProviderId};
use idvkit_sandbox::signicat::{SignicatScript, UserInfoForm};
use serde_json::{Value, json};

use super::scenarios as shared;
use crate::demo::{
    browser::User,
    cast::{Cast, Play},
    common,
    stage::{Places, Stage},
    timeline::outcome_text,
};

/// eID on stage.
pub(super) static CAST: Cast = Cast {
    provider: ProviderId::Signicat,
    flow: Some("eid"),
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
    looks: 1,
};

fn request(_places: &Places<'_>) -> Value {
    json!({ "flow": "signicat_eid", "external_reference": "customer-4711", "provider": "connect:idin" })
}

fn play(scenario: &str) -> Play {
    let run = |expected, act| Play::Run { expected, act };
    match scenario {
        "abandoned" => run("abandoned", |stage| Box::pin(abandoned(stage))),
        "forged-redirect" => run("expired", |stage| Box::pin(shared::forged_redirect(stage))),
        "forged-message" => run("expired", |stage| Box::pin(shared::forged_message(stage))),
        "web-view" => run("approved", |stage| Box::pin(web_view(stage))),
        "callback-first" => run("approved", |stage| Box::pin(shared::callback_first(stage))),
        "sealed-result" => run("approved", |stage| Box::pin(sealed_result(stage))),
        "camera-denied" => Play::NotApplicable("an eID needs no camera"),
        "slow-result" | "polling-limited" => Play::NotApplicable("the verdict is there when the user returns"),
        "own-dossier" => Play::NotApplicable("a dossier is kept or deleted as in document verification"),
        "replaced-images" | "upload-after-start" | "native-sdk" => Play::NotApplicable("an eID takes no images"),
        "two-providers" | "one-of-two-rejects" | "one-of-two-is-enough" | "one-of-two-is-named" => {
            Play::NotApplicable("a process has one provider: see capture")
        }
        other => shared::play(other),
    }
}

/// A user who authenticates and is sent back.
async fn walk(user: User) -> Result<()> {
    shared::enter(user).await?.press("authenticate").await
}

async fn abandoned(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    user.press("cancel").await?;
    let outcome = case.wait_for_outcome().await?;
    case.retry().await?;
    let again = common::pass(&case).await?;
    stage.check("a retry is another process", "approved".into(), outcome_text(&again));
    Ok(outcome)
}

/// An app sees the navigation to the return page; the page itself need not be loaded.
async fn web_view(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.begin().await?;
    user.use_web_view().await?;
    user.press("authenticate").await?;
    let outcome = case.wait_for_outcome().await?;
    stage.check("looks at the result", 1, stage.requests(shared::LOOK));
    Ok(outcome)
}

/// An encrypted result is handed on as it is: only the holder of the key can read who it is.
async fn sealed_result(stage: Stage) -> Result<Outcome> {
    let form = Some(UserInfoForm::EncryptedJwt);
    shared::script_with(&stage, SignicatScript { userinfo: form, ..SignicatScript::default() });
    let (case, outcome) = common::passed(&stage).await?;
    let evidence = case.session()?.evidence().context("no evidence")?;
    let parts = evidence.sealed.as_deref().map_or(0, |sealed| sealed.split(|byte| *byte == b'.').count());
    stage.check("parts of the encrypted token", 5, parts);
    stage.check("a person in the evidence", false, evidence.person.is_some());
    Ok(outcome)
}
