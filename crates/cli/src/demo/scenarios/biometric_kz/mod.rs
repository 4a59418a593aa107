//! biometric.kz Flow: liveness, a document by IIN and code, comparison of faces; the fetched result decides.

mod forged;
mod input;

use anyhow::{Context, Result, bail};
use idvkit::{Decision, Input, Next, Outcome};
use idvkit_sandbox::{
    Config, Fault, FaultKind, Script,
    biometric_kz::{BiometricKzScript, Scenario},
};
use serde_json::{Value, json};

use super::{Cast, Play, common, common::pass};
use crate::demo::{
    browser::User,
    stage::{Case, Places, Stage},
    timeline::{basis_text, erasure_text, next_name, outcome_text},
};

/// biometric.kz on stage.
pub const CAST: Cast = Cast {
    provider: "biometric_kz",
    flow: None,
    config,
    request,
    prepare,
    play,
    walk: |user| Box::pin(walk(user)),
    begin: "biometric_kz.create_session",
    look: "biometric_kz.fetch_result",
    begun: |control| control.sessions().len(),
    // Start and end of the flow and of each of its three technologies.
    callbacks: 8,
    looks: 1,
};

const MINUTE: i64 = 60_000;
const IIN: &str = "000101500001";
const PHONE: &str = "77011234567";
/// The last segment of the webhook's URL: all that tells a webhook from a forgery.
const SEGMENT: &str = "kz-webhook-segment-0123456789";
const KEY: &str = "Efy202XKbVAWRu-sandbox-flow-key-for-individuals-02";
/// The place of that key's flow in the sandbox's settings.
const FLOW: usize = 1;

fn config(places: &Places<'_>) -> Value {
    let sandbox = places.sandbox;
    json!({
        "provider": "biometric_kz",
        "api_key": KEY,
        "locale": "en",
        "webhook_secrets": [SEGMENT],
        "options": {
            "api_base": format!("{sandbox}/biometric_kz/kyc"),
            "front_base": format!("{sandbox}/biometric_kz/remote"),
            "development": true,
            "account_id": "demo",
        },
    })
}

/// The IIN is fixed: whoever comes, the document has to be that person's.
fn request() -> Value {
    json!({ "flow": "biometric_kz_flow", "metadata": input::metadata(Some(false), None, None) })
}

fn prepare(config: &mut Config, places: &Places<'_>) {
    for flow in &mut config.biometric_kz.flows {
        flow.webhooks = vec![format!("{}/{SEGMENT}", places.callbacks)];
    }
}

fn play(scenario: &str) -> Play {
    let run = |expected, act| Play::Run { expected, act };
    match scenario {
        "approved" => run("approved", |stage| Box::pin(approved(stage))),
        "declined" => run("declined", |stage| Box::pin(declined(stage))),
        "inconclusive" => run("inconclusive", |stage| Box::pin(inconclusive(stage))),
        "expired" => run("expired", |stage| Box::pin(expired(stage))),
        "abandoned" => run("abandoned", |stage| Box::pin(abandoned(stage))),
        "three-failed-attempts" => run("declined", |stage| Box::pin(three_failed_attempts(stage))),
        "camera-denied" => run("declined", |stage| Box::pin(liveness_fails(stage, "deny_camera", "NO_CAM"))),
        "mask-attack" => run("declined", |stage| Box::pin(liveness_fails(stage, "mask_attack", "CALC_RESULT"))),
        "closed-eyes" => run("declined", |stage| Box::pin(liveness_fails(stage, "closed_eyes", "CALC_RESULT"))),
        "error-then-retry" => run("approved", |stage| Box::pin(error_then_retry(stage))),
        "forged-message" => run("expired", |stage| Box::pin(forged::message(stage))),
        "forged-redirect" => run("expired", |stage| Box::pin(forged::end_page(stage))),
        "forged-callback" => run("expired", |stage| Box::pin(forged::callback(stage))),
        "another-flows-key" => run("failed (http_status)", |stage| Box::pin(forged::another_flows_key(stage))),
        "late-callback" => run("approved", |stage| Box::pin(late_callback(stage))),
        "erase" => run("approved", |stage| Box::pin(erase(stage))),
        "web-view" => run("approved", |stage| Box::pin(web_view(stage))),
        "remote-link" => run("approved", |stage| Box::pin(remote_link(stage))),
        "slow-result" => run("approved", |stage| Box::pin(slow_result(stage))),
        "skip-input" => run("approved", |stage| Box::pin(input::skipped(stage))),
        "input-locked" => run("approved", |stage| Box::pin(input::locked(stage))),
        "input-editable" => run("approved", |stage| Box::pin(input::editable(stage))),
        "skip-input-unmet" => run("approved", |stage| Box::pin(input::skip_unmet(stage))),
        "reference-photo" => run("approved", |stage| Box::pin(input::reference_photo(stage))),
        "iin-changed" => run("approved", |stage| Box::pin(input::iin_changed(stage))),
        "not-in-database" => run("declined", |stage| Box::pin(input::entry_fails(stage, "not_in_database"))),
        "service-down" => run("declined", |stage| Box::pin(input::entry_fails(stage, "service_down"))),
        "wrong-code" => run("approved", |stage| Box::pin(input::wrong_code(stage))),
        "late-code" => run("approved", |stage| Box::pin(input::late_code(stage))),
        other => common::play(other, "approved").unwrap_or_else(|| not_applicable(other)),
    }
}

fn not_applicable(scenario: &str) -> Play {
    Play::NotApplicable(match scenario {
        "completed" => "biometric.kz gives a verdict: see approved, declined and inconclusive",
        "superseded" => "sessions do not end each other",
        "retry-skips-finished" | "retry-all-done" => "sessions are one-time: a retry begins the flow anew",
        "forged-signature" | "pretty-body" | "tampered-result" => {
            "biometric.kz signs nothing: only what the server fetches counts"
        }
        "archived" => "no document speaks of archiving",
        "settle-race" => "no claim of a page ends a session, so nothing has to settle",
        code if code.starts_with("error-9") => "errorCode values are Jumio's: failures show in the result",
        other => common::not_elsewhere(other).unwrap_or("not written for biometric.kz"),
    })
}

impl User {
    /// Opens the widget and passes liveness.
    async fn pass_liveness(&mut self) -> Result<()> {
        self.run_script().await?;
        self.press("submit").await
    }

    /// Enters the code that 1414 has sent.
    async fn enter_code(&mut self) -> Result<()> {
        let code = self.page()?.attribute("data-otp").context("no code on the page")?;
        self.fill_and_press(&[("otp", &code)], "submit").await
    }

    /// From the data-entry step to the end of the flow.
    async fn pass_entry(&mut self) -> Result<()> {
        self.press("send_code").await?;
        self.enter_code().await
    }

    /// The step that is shown.
    fn step(&self) -> String {
        self.page().ok().and_then(|page| page.attribute("data-step")).unwrap_or_default()
    }
}

/// A user who passes everything, in the widget.
async fn walk(mut user: User) -> Result<()> {
    user.pass_liveness().await?;
    user.pass_entry().await
}

async fn approved(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    let outcome = pass(&case).await?;
    let evidence = case.session()?.evidence().context("no evidence")?;
    stage.check("basis of the decision", "fetched", basis_text(evidence.basis));
    stage.check("technologies in the evidence", 3, evidence.parts.len());
    stage.check("claimed as production", false, evidence.source.production);
    stage.check("sessions made", 1, stage.requests("biometric_kz.create_session"));
    stage.check("looks at the result", 1, stage.requests("biometric_kz.fetch_result"));
    Ok(outcome)
}

async fn declined(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    let mut user = case.present().await?;
    user.run_script().await?;
    user.fill_and_press(&[("face", "mismatch")], "submit").await?;
    user.pass_entry().await?;
    let outcome = case.wait_for_outcome().await?;
    stage.check("no retry after a decision", "retry_refused", case.tell(Input::Retry).await?);
    Ok(outcome)
}

/// A flow without E-Document cannot say whose document it was.
async fn inconclusive(stage: Stage) -> Result<Outcome> {
    stage.note("somebody takes E-Document out of the flow in the dashboard");
    set_technologies(&stage, &["LDHP", "F2F"]);
    let refused = stage.open().await?.wait_for_outcome().await?;
    stage.check("metadata that the flow cannot use", "failed (metadata_unsupported)".into(), outcome_text(&refused));
    let case = stage.open().await?.under(&json!({ "options": { "unsupported_metadata": true } }))?;
    let mut user = case.present().await?;
    user.pass_liveness().await?;
    user.press("submit").await?;
    let outcome = case.wait_for_outcome().await?;
    check_reason(&case, "iin_unconfirmed")?;
    Ok(outcome)
}

async fn expired(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    case.present().await?;
    case.wait_for_outcome().await
}

async fn abandoned(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    let mut user = case.present().await?;
    user.pass_liveness().await?;
    user.press("leave").await?;
    let outcome = case.wait_for_outcome().await?;
    let at = match &outcome {
        Outcome::Abandoned { stage } => stage.clone().unwrap_or_default(),
        _ => String::new(),
    };
    stage.check("technology at which the user left", "ED".to_owned(), at);
    case.retry().await?;
    stage.check("a retry is a session of its own", "approved".into(), outcome_text(&pass(&case).await?));
    stage.check("sessions made", 2, stage.requests("biometric_kz.create_session"));
    Ok(outcome)
}

/// Three wrong codes end the technology.
async fn three_failed_attempts(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    let mut user = case.present().await?;
    user.pass_liveness().await?;
    user.press("send_code").await?;
    for _ in 0..3 {
        user.fill_and_press(&[("otp", "wrong")], "submit").await?;
    }
    stage.check("the flow is over", String::new(), user.step());
    let outcome = case.wait_for_outcome().await?;
    check_reason(&case, "CLIENT")?;
    Ok(outcome)
}

async fn liveness_fails(stage: Stage, button: &str, reason: &str) -> Result<Outcome> {
    let case = stage.open().await?;
    let mut user = case.present().await?;
    user.run_script().await?;
    user.press(button).await?;
    let outcome = case.wait_for_outcome().await?;
    check_reason(&case, reason)?;
    let parts = case.session()?.evidence().map_or(0, |evidence| evidence.parts.len());
    stage.check("technologies in the evidence", 1, parts);
    Ok(outcome)
}

async fn error_then_retry(stage: Stage) -> Result<Outcome> {
    stage.control().fault(Fault { status: Some(403), ..Fault::once("biometric_kz.create_session", FaultKind::Status) });
    let case = stage.open().await?;
    let refused = outcome_text(&case.wait_for_outcome().await?);
    stage.check("refused by the provider", "failed (http_status)".into(), refused);
    stage.note("the account is put right");
    case.retry().await?;
    pass(&case).await
}

async fn late_callback(stage: Stage) -> Result<Outcome> {
    common::delay_callbacks(&stage, 20 * MINUTE);
    let case = stage.open().await?;
    let outcome = pass(&case).await?;
    let before = case.session()?.revision();
    stage.check("callbacks before the decision", 0, stage.merchant().inbox().len());
    stage.pass(30 * MINUTE).await;
    stage.check("callbacks after it", 8, stage.merchant().inbox().len());
    stage.check("the session has not moved", before, case.session()?.revision());
    Ok(outcome)
}

async fn erase(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    pass(&case).await?;
    case.tell(Input::Erase { at_provider: true }).await?;
    let Next::Done { outcome, erasure } = case.advance().await? else { bail!("the erasure did not end") };
    let erased = erasure.as_ref().map(erasure_text).unwrap_or_default();
    stage.check("what was erased", "here; the provider documents no way to delete".to_owned(), erased);
    let snapshot = case.session()?.snapshot();
    stage.check("evidence that is left", false, case.session()?.evidence().is_some());
    stage.check("IIN and phone are gone", false, snapshot.contains(IIN) || snapshot.contains(PHONE));
    Ok(outcome)
}

/// An app closes its web view at the end page, which says nothing of how it ended.
async fn web_view(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    let mut user = case.present().await?;
    user.use_web_view().await?;
    stage.check("on the way the journey goes on", "present", next_name(&case.advance().await?));
    user.press("submit").await?;
    user.pass_entry().await?;
    stage.check("the last page", "Finished".to_owned(), user.page()?.title());
    stage.check("the end page is noticed", "wait", next_name(&case.advance().await?));
    case.wait_for_outcome().await
}

/// The link is opened on another device, where no page of the merchant's is: nothing tells of its end.
async fn remote_link(stage: Stage) -> Result<Outcome> {
    common::lose_callbacks(&stage);
    let case = stage.open().await?;
    let mut user = case.present().await?;
    user.follow_link().await?;
    user.press("submit").await?;
    user.pass_entry().await?;
    stage.check("nobody has noticed", "present", next_name(&case.advance().await?));
    let began = stage.now();
    let outcome = case.wait_for_outcome().await?;
    stage.check("noticed by looking now and then", 5 * MINUTE, stage.now().since(began));
    Ok(outcome)
}

/// Right after the end the results are empty for a while, also where the webhook has come already.
async fn slow_result(stage: Stage) -> Result<Outcome> {
    stage.control().configure(|config| {
        config.biometric_kz.pending_ms = MINUTE;
        config.biometric_kz.early_flow_end = true;
    });
    let case = stage.open().await?;
    let began = stage.now();
    let outcome = pass(&case).await?;
    stage.check("empty results are waited for", true, stage.now().since(began) >= MINUTE);
    stage.check("looks at the result", 4, stage.requests("biometric_kz.fetch_result"));
    Ok(outcome)
}

/// Changes what the flow is made of, as in the dashboard.
fn set_technologies(stage: &Stage, codes: &[&str]) {
    stage.control().configure(|config| {
        config.biometric_kz.flows[FLOW].technologies = codes.iter().map(|&code| code.into()).collect();
    });
}

/// Says what shall happen in the next session.
fn script(stage: &Stage, scenario: Scenario) {
    let script = BiometricKzScript { scenario: Some(scenario), ..BiometricKzScript::default() };
    stage.control().script(Script::BiometricKz(script));
}

/// Makes sure that the evidence gives this reason.
fn check_reason(case: &Case, code: &str) -> Result<()> {
    let evidence = case.session()?.evidence().context("no evidence")?;
    let given = evidence.reasons.first().map(|reason| reason.code.clone()).unwrap_or_default();
    case.stage().check("the reason given", code.to_owned(), given);
    Ok(())
}

/// Whether the document of an approved session is this person's.
fn is_about(case: &Case, outcome: &Outcome, iin: &str) -> Result<bool> {
    let approved = matches!(outcome, Outcome::Decided { decision: Decision::Approved });
    let evidence = case.session()?.evidence().context("no evidence")?;
    Ok(approved && evidence.person.and_then(|person| person.personal_number).as_deref() == Some(iin))
}
