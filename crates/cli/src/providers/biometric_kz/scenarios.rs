//! biometric.kz Flow: liveness, a document by IIN and code, comparison of faces; the fetched result decides.

use anyhow::{Context, Result};
use idvkit::{Decision, Input, Outcome, ProviderId};
use idvkit_sandbox::{
    Config, Script,
    biometric_kz::{BiometricKzScript, Scenario as Happens},
};
use serde_json::{Value, json};

use super::{forged, input};
use crate::demo::{
    browser::User,
    cast::{Cast, Play, Scenario},
    common::{self, pass},
    stage::{Case, Places, Stage},
    timeline::{basis_text, next_name, outcome_text},
};

/// biometric.kz on stage.
pub(super) static CAST: Cast = Cast {
    provider: ProviderId::BiometricKz,
    flow: None,
    config,
    request,
    prepare,
    play,
    enter: |user| Box::pin(enter(user)),
    walk: |user| Box::pin(walk(user)),
    passes: "approved",
    begin: "biometric_kz.create_session",
    look: "biometric_kz.fetch_result",
    begun: |control| control.sessions().len(),
    // Start and end of the flow and of each of its three technologies.
    callbacks: 8,
    looks: 1,
};

/// What the user types or need not type, and how the technologies end.
pub(super) const SCENARIOS: &[Scenario] = &[
    ("remote-link", "the link is opened elsewhere, and nothing tells of its end"),
    ("skip-input", "IIN and phone are known and fixed: straight to the code"),
    ("input-locked", "the IIN is filled in and cannot be changed"),
    ("input-editable", "IIN and phone are filled in and can be changed"),
    ("skip-input-unmet", "a condition for skipping the data entry is not met"),
    ("reference-photo", "a photo from the server saves the user from taking one"),
    ("iin-changed", "the user enters another IIN"),
    ("not-in-database", "the person is not in the citizens' database"),
    ("service-down", "the government's service does not answer"),
    ("wrong-code", "the first code is mistyped"),
    ("late-code", "the first code comes too late"),
    ("mask-attack", "a mask in front of the camera"),
    ("closed-eyes", "closed eyes in front of the camera"),
    ("another-flows-key", "the key of another flow"),
];

pub(super) const MINUTE: i64 = 60_000;
pub(super) const IIN: &str = "000101500001";
pub(super) const PHONE: &str = "77011234567";
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
fn request(_places: &Places<'_>) -> Value {
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
        "expired" => run("expired", |stage| Box::pin(common::expired(stage))),
        "abandoned" => run("abandoned", |stage| Box::pin(abandoned(stage))),
        "three-failed-attempts" => run("declined", |stage| Box::pin(three_failed_attempts(stage))),
        "camera-denied" => run("declined", |stage| Box::pin(liveness_fails(stage, "deny_camera", "NO_CAM"))),
        "mask-attack" => run("declined", |stage| Box::pin(liveness_fails(stage, "mask_attack", "CALC_RESULT"))),
        "closed-eyes" => run("declined", |stage| Box::pin(liveness_fails(stage, "closed_eyes", "CALC_RESULT"))),
        "error-then-retry" => run("approved", |stage| Box::pin(common::refused_then_retry(stage))),
        "forged-message" => run("expired", |stage| Box::pin(forged::message(stage))),
        "forged-redirect" => run("expired", |stage| Box::pin(forged::end_page(stage))),
        "forged-callback" => run("expired", |stage| Box::pin(forged::callback(stage))),
        "another-flows-key" => run("failed (http_status)", |stage| Box::pin(forged::another_flows_key(stage))),
        "late-callback" => run("approved", |stage| Box::pin(common::late_callback(stage))),
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
        _ => "not written for biometric.kz",
    })
}

impl User {
    /// Passes liveness, the first page of the widget.
    pub(super) async fn pass_liveness(&mut self) -> Result<()> {
        self.press("submit").await
    }

    /// Enters the code that 1414 has sent.
    pub(super) async fn enter_code(&mut self) -> Result<()> {
        let code = self.page()?.attribute("data-otp").context("no code on the page")?;
        self.fill_and_press(&[("otp", &code)], "submit").await
    }

    /// From the data-entry step to the end of the flow.
    pub(super) async fn pass_entry(&mut self) -> Result<()> {
        self.press("send_code").await?;
        self.enter_code().await
    }

    /// The step that is shown.
    pub(super) fn step(&self) -> String {
        self.page().ok().and_then(|page| page.attribute("data-step")).unwrap_or_default()
    }
}

/// A user who opens the widget.
async fn enter(mut user: User) -> Result<User> {
    user.run_script().await?;
    Ok(user)
}

/// A user who passes everything, in the widget.
async fn walk(user: User) -> Result<()> {
    let mut user = enter(user).await?;
    user.pass_liveness().await?;
    user.pass_entry().await
}

async fn approved(stage: Stage) -> Result<Outcome> {
    let (case, outcome) = common::passed(&stage).await?;
    let evidence = case.session()?.evidence().context("no evidence")?;
    stage.check("basis of the decision", "fetched", basis_text(evidence.basis));
    stage.check("technologies in the evidence", 3, evidence.parts.len());
    stage.check("claimed as production", false, evidence.source.production);
    stage.check("sessions made", 1, stage.requests("biometric_kz.create_session"));
    stage.check("looks at the result", 1, stage.requests("biometric_kz.fetch_result"));
    Ok(outcome)
}

async fn declined(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
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
    let mut user = enter(case.present().await?).await?;
    user.pass_liveness().await?;
    user.press("submit").await?;
    let outcome = case.wait_for_outcome().await?;
    check_reason(&case, "iin_unconfirmed")?;
    Ok(outcome)
}

async fn abandoned(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
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
    let (case, mut user) = stage.enter().await?;
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
    let (case, mut user) = stage.enter().await?;
    user.press(button).await?;
    let outcome = case.wait_for_outcome().await?;
    check_reason(&case, reason)?;
    let parts = case.session()?.evidence().map_or(0, |evidence| evidence.parts.len());
    stage.check("technologies in the evidence", 1, parts);
    Ok(outcome)
}

async fn erase(stage: Stage) -> Result<Outcome> {
    let (case, _) = common::passed(&stage).await?;
    common::erase(&stage, &case, "here; the provider documents no way to delete", &[IIN, PHONE]).await
}

/// An app closes its web view at the end page, which says nothing of how it ended.
async fn web_view(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.begin().await?;
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
    let (case, mut user) = stage.begin().await?;
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
pub(super) fn set_technologies(stage: &Stage, codes: &[&str]) {
    stage.control().configure(|config| {
        config.biometric_kz.flows[FLOW].technologies = codes.iter().map(|&code| code.into()).collect();
    });
}

/// Says what shall happen in the next session.
pub(super) fn script(stage: &Stage, scenario: Happens) {
    let script = BiometricKzScript { scenario: Some(scenario), ..BiometricKzScript::default() };
    stage.control().script(Script::BiometricKz(script));
}

/// Makes sure that the evidence gives this reason.
pub(super) fn check_reason(case: &Case, code: &str) -> Result<()> {
    let evidence = case.session()?.evidence().context("no evidence")?;
    let given = evidence.reasons.first().map(|reason| reason.code.clone()).unwrap_or_default();
    case.stage().check("the reason given", code.to_owned(), given);
    Ok(())
}

/// Whether the document of an approved session is this person's.
pub(super) fn is_about(case: &Case, outcome: &Outcome, iin: &str) -> Result<bool> {
    let approved = matches!(outcome, Outcome::Decided { decision: Decision::Approved });
    let evidence = case.session()?.evidence().context("no evidence")?;
    Ok(approved && evidence.person.and_then(|person| person.personal_number).as_deref() == Some(iin))
}
