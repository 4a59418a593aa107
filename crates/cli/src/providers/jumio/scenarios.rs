//! Jumio Authentication for Web.

use anyhow::{Context, Result};
use idvkit::{Input, Next, Outcome, ProviderId, Seen};
use idvkit_sandbox::Config;
use serde_json::{Value, json};

use crate::demo::{
    browser::User,
    cast::{Acting, Cast, Play, Scenario},
    common,
    stage::{Case, Places, Stage},
    timeline::{basis_text, next_name as name, outcome_text},
};

/// Jumio on stage.
pub(super) static CAST: Cast = Cast {
    provider: ProviderId::Jumio,
    flow: None,
    config,
    request,
    prepare,
    play,
    enter: |user| Box::pin(enter(user)),
    walk: |user| Box::pin(walk(user)),
    passes: "approved",
    begin: "jumio.initiate",
    look: "jumio.retrieve",
    begun: |control| control.transactions().len(),
    callbacks: 1,
    looks: 1,
};

/// A newer transaction of the same person, and the codes that Jumio's page gives.
pub(super) const SCENARIOS: &[Scenario] = &[
    ("superseded", "a newer session for the same person ends the older one"),
    ("error-9100", "failure on the provider's server"),
    ("error-9200", "the link's token is not valid any more"),
    ("error-9210", "the session ran out on the way"),
    ("error-9300", "the upload of an image failed"),
    ("error-9400", "failure during the verification"),
    ("error-9800", "the user is offline"),
    ("error-9801", "unexpected failure in the page"),
    ("error-9810", "the page could not reach the server"),
    ("error-9821", "capturing failed three times"),
    ("error-9836", "three submissions, none acceptable"),
];

const MINUTE: i64 = 60_000;

fn config(places: &Places<'_>) -> Value {
    let Places { sandbox, callbacks, returns } = places;
    json!({
        "provider": "jumio",
        "region": "us",
        "api_token": "sandbox-jumio-token",
        "api_secret": "sandbox-jumio-secret",
        "user_agent": "ExampleShop Demo/1.0",
        "callback": { "url": callbacks },
        "success_url": returns,
        "error_url": returns,
        "options": { "api_base": format!("{sandbox}/jumio/us"), "development": true, "account_id": "demo" },
    })
}

fn request(_places: &Places<'_>) -> Value {
    json!({
        "flow": "jumio_authentication",
        "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222",
        "user_reference": "customer-4711",
        "locale": "en-GB",
    })
}

/// A callback takes a second, so that it never overtakes the answer to the request that caused it.
fn prepare(config: &mut Config, _places: &Places<'_>) {
    config.jumio.callbacks.delay_ms = 1_000;
}

fn play(scenario: &str) -> Play {
    let run = |expected, act| Play::Run { expected, act };
    match scenario {
        "approved" => run("approved", |stage| Box::pin(approved(stage))),
        "declined" => run("declined", |stage| Box::pin(verdict(stage, "FAILED"))),
        "inconclusive" => run("inconclusive", |stage| Box::pin(verdict(stage, "INVALID"))),
        "expired" => run("expired", |stage| Box::pin(expired(stage))),
        "abandoned" => run("abandoned", |stage| Box::pin(abandoned(stage))),
        "superseded" => run("expired", |stage| Box::pin(superseded(stage))),
        "three-failed-attempts" => run("failed (flow_error)", |stage| Box::pin(three_failed_attempts(stage))),
        "camera-denied" => run("approved", |stage| Box::pin(camera_denied(stage))),
        "error-then-retry" => run("approved", |stage| Box::pin(common::refused_then_retry(stage))),
        "forged-redirect" => run("expired", |stage| Box::pin(forged_redirect(stage))),
        "forged-message" => run("expired", |stage| Box::pin(forged_message(stage))),
        "forged-callback" => run("expired", |stage| Box::pin(forged_callback(stage))),
        "late-callback" => run("approved", |stage| Box::pin(common::late_callback(stage))),
        "erase" => run("approved", |stage| Box::pin(erase(stage))),
        other => match error_code(other) {
            Some(act) => run("approved", act),
            None => common::play(other, "approved").unwrap_or_else(|| not_applicable(other)),
        },
    }
}

/// The codes after which the link still works, and those after which only a new transaction does.
fn error_code(scenario: &str) -> Option<fn(Stage) -> Acting> {
    Some(match scenario {
        "error-9100" => |stage| Box::pin(reopen_after(stage, "9100")),
        "error-9300" => |stage| Box::pin(reopen_after(stage, "9300")),
        "error-9400" => |stage| Box::pin(reopen_after(stage, "9400")),
        "error-9800" => |stage| Box::pin(reopen_after(stage, "9800")),
        "error-9801" => |stage| Box::pin(reopen_after(stage, "9801")),
        "error-9810" => |stage| Box::pin(reopen_after(stage, "9810")),
        "error-9200" => |stage| Box::pin(retry_after(stage, "9200")),
        "error-9210" => |stage| Box::pin(retry_after(stage, "9210")),
        "error-9821" => |stage| Box::pin(retry_after(stage, "9821")),
        "error-9836" => |stage| Box::pin(retry_after(stage, "9836")),
        _ => return None,
    })
}

fn not_applicable(scenario: &str) -> Play {
    Play::NotApplicable(match scenario {
        "completed" => "Jumio gives a verdict: see approved, declined and inconclusive",
        "web-view" => "Jumio has one page, by link or in a frame: see approved and declined",
        "slow-result" => "an early look says PENDING: see late-callback and html-instead-of-json",
        _ => "not written for Jumio",
    })
}

impl User {
    /// An acceptable selfie in the open page, with the sandbox's usual verdict to follow.
    async fn submit_selfie(&mut self) -> Result<()> {
        self.press("acceptable").await
    }
}

async fn approved(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    user.submit_selfie().await?;
    let outcome = case.wait_for_outcome().await?;
    let evidence = case.session()?.evidence().context("no evidence")?;
    stage.check("basis of the decision", "fetched", basis_text(evidence.basis));
    stage.check("operation of the decision", "jumio.retrieve", &evidence.source.operation);
    stage.check("claimed as production", false, evidence.source.production);
    stage.check("transactions made", 1, stage.requests("jumio.initiate"));
    stage.check("looks at the result", 1, stage.requests("jumio.retrieve"));
    Ok(outcome)
}

async fn verdict(stage: Stage, verdict: &str) -> Result<Outcome> {
    let (case, mut user) = stage.begin().await?;
    user.use_frame().await?;
    user.fill_and_press(&[("outcome", verdict)], "acceptable").await?;
    let outcome = case.wait_for_outcome().await?;
    stage.check("no retry after a decision", "retry_refused", case.tell(Input::Retry).await?);
    Ok(outcome)
}

async fn expired(stage: Stage) -> Result<Outcome> {
    let (case, _) = stage.begin().await?;
    let outcome = case.wait_for_outcome().await?;
    stage.pass(1_000).await;
    stage.check("callbacks that arrived", 1, stage.merchant().inbox().len());
    Ok(outcome)
}

async fn abandoned(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    user.press("leave").await?;
    user.close().await?;
    stage.check("closing the page ends nothing", "present", name(&case.advance().await?));
    stage.note("the host forgets the user");
    case.tell(Input::Erase { at_provider: false }).await?;
    case.wait_for_outcome().await
}

async fn superseded(stage: Stage) -> Result<Outcome> {
    let first = stage.open().await?;
    let mut early = first.present().await?;
    let second = stage.open().await?;
    let mut late = second.present().await?;
    early.follow_link().await?;
    stage.check("the older link", "Thank you, we are looking at it".to_owned(), early.page()?.title());
    late.follow_link().await?;
    late.submit_selfie().await?;
    stage.check("the newer session", "approved".into(), outcome_text(&second.wait_for_outcome().await?));
    first.wait_for_outcome().await
}

async fn three_failed_attempts(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    for _ in 0..3 {
        user.press("unacceptable").await?;
    }
    case.wait_for_outcome().await
}

async fn camera_denied(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.begin().await?;
    user.use_frame().await?;
    user.press("deny_camera").await?;
    reopen(&stage, &case, user).await
}

async fn reopen_after(stage: Stage, code: &str) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    user.fill_and_press(&[("code", code)], "error").await?;
    reopen(&stage, &case, user).await
}

/// The same link works again.
async fn reopen(stage: &Stage, case: &Case, before: User) -> Result<Outcome> {
    stage.pass(MINUTE).await;
    let mut user = case.present().await?;
    stage.check("the journey is still the same", &before.journey().id, &user.journey().id);
    user.follow_link().await?;
    user.submit_selfie().await?;
    let outcome = case.wait_for_outcome().await?;
    stage.check("transactions made", 1, stage.requests("jumio.initiate"));
    Ok(outcome)
}

/// The transaction is lost; `Retry` makes another.
async fn retry_after(stage: Stage, code: &str) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    user.fill_and_press(&[("code", code)], "error").await?;
    let journey = user.journey().id.clone();
    let ended = case.wait_for_outcome().await?;
    stage.check("how the first attempt ends", "failed (flow_error)".into(), outcome_text(&ended));
    let Outcome::Failed { fault } = ended else { anyhow::bail!("it did not fail") };
    stage.check("the page's own code", code.to_owned(), fault.provider_code.unwrap_or_default());
    case.retry().await?;
    let mut user = case.present().await?;
    stage.check("another attempt has another journey", true, journey != user.journey().id);
    user.follow_link().await?;
    user.submit_selfie().await?;
    let outcome = case.wait_for_outcome().await?;
    stage.check("transactions made", 2, stage.requests("jumio.initiate"));
    Ok(outcome)
}

async fn forged_redirect(stage: Stage) -> Result<Outcome> {
    let (case, user) = stage.begin().await?;
    let browser = stage.browser();
    let forged = |reference: &str| {
        let query = format!("transactionStatus=SUCCESS&transactionReference={reference}");
        format!("{}/idv/return?{query}", stage.merchant().base())
    };
    stage.note("the user types a return URL that says SUCCESS");
    browser.open(&forged(&case.reference()?), false).await?;
    let next = case.advance().await?;
    stage.check("a claim of success is waited for", "wait", name(&next));
    if let Next::Wait { until, .. } = next {
        case.sleep_until(until).await?;
    }
    let again = case.present().await?;
    stage.check("then the journey is shown again", &user.journey().id, &again.journey().id);
    let elsewhere = browser.open(&forged("33333333-3333-4333-8333-333333333333"), false).await?;
    stage.check("a return for nobody shows nothing", String::new(), elsewhere.title());
    case.wait_for_outcome().await
}

async fn forged_message(stage: Stage) -> Result<Outcome> {
    let (case, user) = stage.begin().await?;
    let message = |reference: &str| {
        let payload = json!({ "value": "success" });
        json!({ "transactionReference": reference, "eventType": 510, "payload": payload }).to_string()
    };
    let (own, before) = (case.reference()?, case.session()?.revision());
    let foreign_origin = Seen::Message { origin: "https://evil.example".into(), data: message(&own) };
    stage.check("a message from another origin means something", false, user.see(&foreign_origin).await?.is_some());
    let origin = stage.sandbox_url().to_owned();
    let other = Seen::Message { origin, data: message("33333333-3333-4333-8333-333333333333") };
    stage.check("a message about another transaction does", false, user.see(&other).await?.is_some());
    common::foreign_hint(&stage, &user).await?;
    stage.check("a text that is no hint", 400, user.post_hint("success").await?);
    stage.check("the session has not moved", before, case.session()?.revision());
    case.wait_for_outcome().await
}

async fn forged_callback(stage: Stage) -> Result<Outcome> {
    let (case, _) = stage.begin().await?;
    let before = case.session()?.revision();
    let reference = case.reference()?;
    let form = format!(
        "callBackType=NETVERIFY_AUTHENTICATION&transactionReference={reference}&transactionResult=PASSED\
         &enrollmentTransactionReference=22222222-2222-4222-8222-222222222222&scanSource=WEB\
         &transactionDate=2026-01-01T00%3A00%3A00.000Z&callbackDate=2026-01-01T00%3A00%3A00.000Z"
    );
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let guessed = format!("/idv/callbacks/{}", "0".repeat(32));
    for path in ["/idv/callbacks", guessed.as_str()] {
        stage.check("a callback without the secret", 403, stage.stranger_posts(path, &headers, &form).await?);
    }
    stage.check("the session has not moved", before, case.session()?.revision());
    stage.check("looks at the result", 0, stage.requests("jumio.retrieve"));
    case.wait_for_outcome().await
}

async fn erase(stage: Stage) -> Result<Outcome> {
    let (case, _) = common::passed(&stage).await?;
    let outcome = common::erase(&stage, &case, "here and at the provider (1)", &["customer-4711"]).await?;
    stage.check("transactions left at the provider", 0, stage.control().transactions().len());
    Ok(outcome)
}

/// A user who opens the link.
async fn enter(mut user: User) -> Result<User> {
    user.follow_link().await?;
    Ok(user)
}

/// A user who submits an acceptable selfie.
async fn walk(user: User) -> Result<()> {
    enter(user).await?.submit_selfie().await
}
