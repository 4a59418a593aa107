//! Attestr Flowx: PAN, a code by SMS, a picture; the client's word and the fetched signature have to agree.

use anyhow::{Context, Result, bail};
use idvkit::{Input, Next, Outcome, ProviderId, Seen};
use idvkit_sandbox::{
    CallbackMode, CallbackRule, Config, Script,
    attestr::{AttestrScript, StageError, Tamper, Webhook},
};
use serde_json::{Value, json};

use crate::demo::{
    browser::User,
    cast::{Cast, Play, Scenario},
    common::{self, pass},
    stage::{Case, Places, Stage},
    timeline::{basis_text, outcome_text},
};

/// Attestr on stage.
pub(super) static CAST: Cast = Cast {
    provider: ProviderId::Attestr,
    flow: None,
    config,
    request,
    prepare,
    play,
    enter: |user| Box::pin(enter(user)),
    walk: |user| Box::pin(walk(user)),
    passes: "completed",
    begin: "attestr.create_handshake",
    look: "attestr.fetch_result",
    begun: |control| control.handshakes().len(),
    callbacks: 1,
    looks: 1,
};

/// A handshake that lasts for several runs, and a signed result.
pub(super) const SCENARIOS: &[Scenario] = &[
    ("retry-skips-finished", "a retry goes on where the user left"),
    ("retry-all-done", "a retry of a finished flow"),
    ("forged-signature", "a client that claims success with a signature of its own"),
    ("pretty-body", "the answer is spaced differently from what was signed"),
    ("tampered-result", "the result was changed after it was signed"),
    ("archived", "the result is gone before it was fetched"),
    ("settle-race", "a success proof overtakes a claimed skip"),
];

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const WEBHOOK_TOKEN: &str = "c2FuZGJveC1hdHRlc3RyOndlYmhvb2stdG9rZW4=";
const PAN: &str = "ABCPE1234F";
const MOBILE: &str = "9876543210";

fn config(places: &Places<'_>) -> Value {
    let sandbox = places.sandbox;
    json!({
        "provider": "attestr",
        "auth_token": "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=",
        "client_key": "00112233445566778899aabbccddeeff",
        "client_secrets": ["0123456789abcdef0123456789abcdef0123456789abcdef"],
        "webhook_tokens": [WEBHOOK_TOKEN],
        "options": {
            "api_base": format!("{sandbox}/attestr/api"),
            "library_src": format!("{sandbox}/attestr/cdn/flowx.js"),
            "development": true,
            "account_id": "demo",
        },
    })
}

fn request(_places: &Places<'_>) -> Value {
    json!({
        "flow": "attestr_flowx",
        "flow_id": "FX02zfeuvcj36knhn06us",
        "tag": "customer-4711",
        "webhook": true,
        "locale": "en",
        "variables": { "name": "Asha Rao" },
    })
}

fn prepare(config: &mut Config, places: &Places<'_>) {
    for account in &mut config.attestr.accounts {
        let url = places.callbacks.into();
        account.webhook = Some(Webhook { url, token: WEBHOOK_TOKEN.into(), events: Vec::new() });
    }
}

fn play(scenario: &str) -> Play {
    let run = |expected, act| Play::Run { expected, act };
    match scenario {
        "completed" => run("completed", |stage| Box::pin(completed(stage))),
        "expired" => run("expired", |stage| Box::pin(expired(stage))),
        "abandoned" => run("abandoned", |stage| Box::pin(abandoned(stage))),
        "three-failed-attempts" => run("failed (flow_error)", |stage| Box::pin(three_failed_attempts(stage))),
        "camera-denied" => run("failed (flow_error)", |stage| Box::pin(camera_denied(stage))),
        "error-then-retry" => run("completed", |stage| Box::pin(error_then_retry(stage))),
        "retry-skips-finished" => run("completed", |stage| Box::pin(retry_skips_finished(stage))),
        "retry-all-done" => run("completed", |stage| Box::pin(retry_all_done(stage))),
        "forged-message" => run("expired", |stage| Box::pin(forged_message(stage))),
        "forged-signature" => run("expired", |stage| Box::pin(forged_signature(stage))),
        "forged-callback" => run("expired", |stage| Box::pin(forged_callback(stage))),
        "late-callback" => run("completed", |stage| Box::pin(late_callback(stage))),
        "erase" => run("completed", |stage| Box::pin(erase(stage))),
        "pretty-body" => run("completed", |stage| Box::pin(pretty_body(stage))),
        "tampered-result" => run("failed (signature_wrong)", |stage| Box::pin(tampered_result(stage))),
        "archived" => run("failed (archived)", |stage| Box::pin(archived(stage))),
        "settle-race" => run("completed", |stage| Box::pin(settle_race(stage))),
        other => common::play(other, "completed").unwrap_or_else(|| not_applicable(other)),
    }
}

fn not_applicable(scenario: &str) -> Play {
    Play::NotApplicable(match scenario {
        "approved" | "declined" | "inconclusive" => {
            "Attestr gives no verdict: see completed, the evidence holds the rest"
        }
        "web-view" => "Attestr's flow runs in its browser library or its own SDKs: see completed",
        "slow-result" => "a result is there with its signature or not at all: see settle-race and late-callback",
        "forged-redirect" => "Attestr sends nobody to a return URL",
        _ => "not written for Attestr",
    })
}

impl User {
    /// Launches the flow and begins it.
    async fn begin_flow(&mut self) -> Result<()> {
        self.run_script().await?;
        self.press("begin").await
    }

    /// Goes through the stage that is shown, as its form asks.
    async fn pass_stage(&mut self) -> Result<()> {
        match self.stage_type().as_deref() {
            Some("PAN") => self.fill_and_press(&[("pan", PAN)], "submit").await,
            Some("MOBILE_OTP") => {
                self.fill_and_press(&[("mobile", MOBILE)], "send_code").await?;
                let code = self.page()?.attribute("data-otp").context("no code on the page")?;
                self.fill_and_press(&[("otp", &code)], "submit").await
            }
            Some("FACE_MATCH") => self.press("submit").await,
            other => bail!("the user does not know the stage {other:?}"),
        }
    }

    /// Goes through all stages that are left.
    async fn pass_all_stages(&mut self) -> Result<()> {
        while self.stage_type().is_some() {
            self.pass_stage().await?;
        }
        Ok(())
    }

    /// Claims what a handler would be called with, without having been through the flow.
    async fn claim(&self, handler: &str, data: &Value) -> Result<bool> {
        let seen = Seen::Event { name: handler.into(), data: data.to_string() };
        Ok(self.see(&seen).await?.is_some())
    }

    fn stage_type(&self) -> Option<String> {
        self.page().ok()?.attribute("data-type")
    }
}

async fn completed(stage: Stage) -> Result<Outcome> {
    let (case, outcome) = common::passed(&stage).await?;
    let evidence = case.session()?.evidence().context("no evidence")?;
    stage.check("basis of the decision", "signed as sent", basis_text(evidence.basis));
    let stages = evidence.parts.iter().filter(|part| part.status.is_none()).count();
    stage.check("stages in the evidence", 3, stages);
    stage.check("claimed as production", false, evidence.source.production);
    stage.check("handshakes made", 1, stage.requests("attestr.create_handshake"));
    stage.check("looks at the result", 1, stage.requests("attestr.fetch_result"));
    Ok(outcome)
}

async fn expired(stage: Stage) -> Result<Outcome> {
    let case = open_for_an_hour(&stage, true).await?;
    case.present().await?;
    case.wait_for_outcome().await
}

async fn abandoned(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    user.pass_stage().await?;
    user.press("leave").await?;
    let outcome = case.wait_for_outcome().await?;
    let at = match &outcome {
        Outcome::Abandoned { stage } => stage.clone().unwrap_or_default(),
        _ => String::new(),
    };
    stage.check("stage at which the user left", "FS02zfeuv3tcnkq2mond3".to_owned(), at);
    Ok(outcome)
}

async fn three_failed_attempts(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    for _ in 0..3 {
        user.fill_and_press(&[("pan", "wrong")], "submit").await?;
    }
    stage.check("the flow is over", true, user.stage_type().is_none());
    failed_with(&case, "4001").await
}

async fn camera_denied(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    user.pass_stage().await?;
    user.pass_stage().await?;
    user.press("deny_camera").await?;
    failed_with(&case, "4121").await
}

async fn error_then_retry(stage: Stage) -> Result<Outcome> {
    let error = StageError { at: Some("MOBILE_OTP".into()), ..StageError::default() };
    stage.control().script(Script::Attestr(AttestrScript { stage_error: Some(error), ..AttestrScript::default() }));
    let (case, mut user) = stage.enter().await?;
    user.pass_all_stages().await?;
    failed_with(&case, "5001").await?;
    case.retry().await?;
    go_on(&case, "MOBILE_OTP").await
}

async fn retry_skips_finished(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    user.pass_stage().await?;
    user.pass_stage().await?;
    user.press("leave").await?;
    stage.check("how the first run ends", "abandoned".into(), outcome_text(&case.wait_for_outcome().await?));
    case.retry().await?;
    go_on(&case, "FACE_MATCH").await
}

async fn retry_all_done(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    let first = pass(&case).await?;
    stage.check("how the first run ends", "completed".into(), outcome_text(&first));
    case.retry().await?;
    let mut user = case.present().await?;
    user.run_script().await?;
    stage.check("the flow is over at once", "Completed".to_owned(), user.page()?.title());
    let outcome = case.wait_for_outcome().await?;
    stage.check("handshakes made", 1, stage.requests("attestr.create_handshake"));
    Ok(outcome)
}

async fn forged_message(stage: Stage) -> Result<Outcome> {
    let case = open_for_an_hour(&stage, true).await?;
    let user = case.present().await?;
    let before = case.session()?.revision();
    let data = json!({ "signature": "ab".repeat(32) });
    stage.check("a handler that the library does not have", false, user.claim("onFlowxApproved", &data).await?);
    let message = Seen::Message { origin: stage.sandbox_url().into(), data: data.to_string() };
    stage.check("a message where handlers are expected", false, user.see(&message).await?.is_some());
    common::foreign_hint(&stage, &user).await?;
    stage.check("a hint that is too long", 400, user.post_hint(&"x".repeat(5000)).await?);
    stage.check("the session has not moved", before, case.session()?.revision());
    case.wait_for_outcome().await
}

async fn forged_signature(stage: Stage) -> Result<Outcome> {
    let case = open_for_an_hour(&stage, true).await?;
    let user = case.present().await?;
    stage.note("the user claims a signature that nobody made");
    user.claim("onFlowxSuccess", &json!({ "signature": "ab".repeat(32) })).await?;
    let next = loop {
        match case.advance().await? {
            Next::Wait { until, .. } => case.sleep_until(until).await?,
            next => break next,
        }
    };
    let shown_again = matches!(&next, Next::Present { journey, .. } if journey.id == user.journey().id);
    stage.check("the claim is dropped, the journey shown again", true, shown_again);
    let looks = stage.requests("attestr.fetch_result");
    stage.check("the looks that the claim was worth are few", true, (1..=10).contains(&looks));
    case.wait_for_outcome().await
}

async fn forged_callback(stage: Stage) -> Result<Outcome> {
    let case = open_for_an_hour(&stage, true).await?;
    case.present().await?;
    let before = case.session()?.revision();
    let payload = json!({ "_id": case.reference()?, "tag": "customer-4711", "resultSignature": "ab".repeat(32) });
    let body = json!({ "event": "flowx.completed", "payload": payload }).to_string();
    for headers in [&[][..], &[("authorization", "Basic Zm9yZ2Vk")], &[("authorization", "Bearer x")]] {
        stage.check("a webhook without the token", 403, stage.stranger_posts("/idv/callbacks", headers, &body).await?);
    }
    stage.check("the session has not moved", before, case.session()?.revision());
    stage.check("looks at the result", 0, stage.requests("attestr.fetch_result"));
    case.wait_for_outcome().await
}

async fn late_callback(stage: Stage) -> Result<Outcome> {
    stage.control().callbacks(CallbackRule { ms: 10 * MINUTE, ..CallbackRule::next("attestr", CallbackMode::Late) });
    let (case, mut user) = stage.begin().await?;
    stage.note("the user's page is closed before it can report the end");
    user.reports = false;
    user.begin_flow().await?;
    user.pass_all_stages().await?;
    let began = stage.now();
    let outcome = case.wait_for_outcome().await?;
    stage.check("it was the webhook that told", true, stage.now().since(began) >= 10 * MINUTE);
    Ok(outcome)
}

async fn erase(stage: Stage) -> Result<Outcome> {
    let (case, _) = common::passed(&stage).await?;
    let kept = "here; the provider documents no way to delete";
    common::erase(&stage, &case, kept, &["customer-4711", "Asha Rao"]).await
}

async fn pretty_body(stage: Stage) -> Result<Outcome> {
    stage.control().configure(|config| config.attestr.pretty = true);
    let (case, outcome) = common::passed(&stage).await?;
    let evidence = case.session()?.evidence().context("no evidence")?;
    stage.check("basis of the decision", "signed in its ECMAScript form", basis_text(evidence.basis));
    Ok(outcome)
}

async fn tampered_result(stage: Stage) -> Result<Outcome> {
    let script = AttestrScript { tamper: Some(Tamper::Result), ..AttestrScript::default() };
    stage.control().script(Script::Attestr(script));
    let case = open_for_an_hour(&stage, true).await?;
    let outcome = pass(&case).await?;
    stage.check("evidence", false, case.session()?.evidence().is_some());
    Ok(outcome)
}

async fn archived(stage: Stage) -> Result<Outcome> {
    let case = open_for_an_hour(&stage, false).await?;
    let mut user = case.present().await?;
    user.reports = false;
    user.begin_flow().await?;
    user.pass_all_stages().await?;
    stage.note("the provider archives the result before anybody has fetched it");
    stage.control().archive(&case.reference()?);
    user.reports = true;
    user.report().await?;
    let outcome = case.wait_for_outcome().await?;
    stage.check("a retry of what is gone", "retry_refused", case.tell(Input::Retry).await?);
    Ok(outcome)
}

async fn settle_race(stage: Stage) -> Result<Outcome> {
    let case = open_for_an_hour(&stage, false).await?;
    let mut user = case.present().await?;
    user.reports = false;
    user.begin_flow().await?;
    stage.note("a page in another tab says that the user left");
    user.claim("onFlowxSkip", &json!({ "stage": "FS02zfeuv3tcnkq2mond2" })).await?;
    stage.pass(10_000).await;
    user.pass_all_stages().await?;
    user.reports = true;
    user.report().await?;
    case.wait_for_outcome().await
}

async fn open_for_an_hour(stage: &Stage, webhook: bool) -> Result<Case> {
    stage.open_with(&json!({ "expiry": stage.now().plus(HOUR), "webhook": webhook })).await
}

/// A user who launches the flow and begins it.
async fn enter(mut user: User) -> Result<User> {
    user.begin_flow().await?;
    Ok(user)
}

/// A user who goes through all stages.
async fn walk(user: User) -> Result<()> {
    enter(user).await?.pass_all_stages().await
}

/// A further run, which has to begin at this stage.
async fn go_on(case: &Case, expected: &str) -> Result<Outcome> {
    let mut user = case.present().await?;
    user.begin_flow().await?;
    let stage = case.stage();
    stage.check("the first stage that is shown again", expected.to_owned(), user.stage_type().unwrap_or_default());
    user.pass_all_stages().await?;
    let outcome = case.wait_for_outcome().await?;
    stage.check("handshakes made", 1, stage.requests("attestr.create_handshake"));
    Ok(outcome)
}

/// The end of a flow by an error with this code of the provider.
async fn failed_with(case: &Case, code: &str) -> Result<Outcome> {
    let outcome = case.wait_for_outcome().await?;
    let provider_code = match &outcome {
        Outcome::Failed { fault } => fault.provider_code.clone().unwrap_or_default(),
        _ => String::new(),
    };
    case.stage().check("the provider's code", code.to_owned(), provider_code);
    Ok(outcome)
}
