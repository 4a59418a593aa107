//! Signicat Assure: what its three flows have in common on stage.

use anyhow::{Context, Result};
use idvkit::{Input, Next, Outcome, Seen, Why};
use idvkit_sandbox::{
    Config, Fault, FaultKind, Script,
    signicat::{SignicatOutcome, SignicatScript},
};
use serde_json::{Value, json};

use crate::demo::{
    browser::User,
    cast::{Play, Scenario},
    common::{self, pass},
    stage::{Case, Places, Stage},
    timeline::{basis_text, next_name, outcome_text},
};

/// Images, several providers behind one session, tokens, and the order in which things are announced.
pub(super) const SCENARIOS: &[Scenario] = &[
    ("replaced-images", "the user hands in another image before the verification starts"),
    ("upload-after-start", "the user hands in another image after it has started"),
    ("native-sdk", "the provider's own SDK takes the images"),
    ("own-dossier", "the caller's own dossier stays when a session is erased"),
    ("two-providers", "two providers, both accept"),
    ("one-of-two-rejects", "two providers, and all have to accept"),
    ("one-of-two-is-enough", "two providers, and one is enough"),
    ("one-of-two-is-named", "two providers, of which the redirect names one"),
    ("sealed-result", "the result is encrypted"),
    ("process-failed", "a technical failure at the provider, and another attempt"),
    ("unknown-status", "a status that no document names"),
    ("token-refused", "the access token is refused on the way"),
    ("token-refused-twice", "the new access token is refused as well"),
    ("callback-first", "the callback comes before the answer or the user"),
    ("polling-limited", "the provider limits how often it is asked"),
];

pub(super) const MINUTE: i64 = 60_000;
const HEADER: &str = "Bearer demo-notification-header-0001";
pub(super) const BEGIN: &str = "signicat.create_dossier";
pub(super) const LOOK: &str = "signicat.get_process";

pub(super) fn config(places: &Places<'_>) -> Value {
    let Places { sandbox, callbacks, returns } = places;
    json!({
        "provider": "signicat",
        "client_id": "sandbox-quiet-lake-123",
        "client_secret": "sandbox-signicat-secret",
        "profile": { "custom": {
            "token_url": format!("{sandbox}/signicat/auth/open/connect/token"),
            "scope": "signicat-api",
            "api_base": format!("{sandbox}/signicat/assure"),
        } },
        "notification": { "url": callbacks, "authorization_header": HEADER },
        "redirect_url": format!("{returns}?shop=1"),
        "options": { "development": true, "account_id": "demo" },
    })
}

/// A callback takes a second, so that it never overtakes the user's return, which would be another story.
pub(super) fn prepare(config: &mut Config, _places: &Places<'_>) {
    config.signicat.callbacks.delay_ms = 1_000;
}

/// The scenarios that every flow plays alike.
pub(super) fn play(scenario: &str) -> Play {
    let run = |expected, act| Play::Run { expected, act };
    match scenario {
        "approved" => run("approved", |stage| Box::pin(approved(stage))),
        "declined" => run("declined", |stage| Box::pin(verdict(stage, SignicatOutcome::Rejected))),
        "inconclusive" => run("inconclusive", |stage| Box::pin(verdict(stage, SignicatOutcome::Inconclusive))),
        "unknown-status" => run("expired", |stage| Box::pin(unknown_status(stage))),
        "process-failed" => run("approved", |stage| Box::pin(process_failed(stage))),
        "expired" => run("expired", |stage| Box::pin(common::expired(stage))),
        "error-then-retry" => run("approved", |stage| Box::pin(common::refused_then_retry(stage))),
        "forged-callback" => run("expired", |stage| Box::pin(forged_callback(stage))),
        "late-callback" => run("approved", |stage| Box::pin(common::late_callback(stage))),
        "erase" => run("approved", |stage| Box::pin(erase(stage))),
        "token-refused" => run("approved", |stage| Box::pin(token_refused(stage))),
        "token-refused-twice" => run("approved", |stage| Box::pin(token_refused_twice(stage))),
        other => common::play(other, "approved").unwrap_or_else(|| not_applicable(other)),
    }
}

fn not_applicable(scenario: &str) -> Play {
    Play::NotApplicable(match scenario {
        "completed" => "Assure gives a verdict: see approved, declined and inconclusive",
        "three-failed-attempts" => "how often a user may try is the provider's business behind Assure",
        _ => "not written for Signicat",
    })
}

/// The next process ends so.
pub(super) fn script(stage: &Stage, outcome: SignicatOutcome) {
    script_with(stage, SignicatScript { outcome: Some(outcome), ..SignicatScript::default() });
}

pub(super) fn script_with(stage: &Stage, script: SignicatScript) {
    stage.control().script(Script::Signicat(script));
}

/// The process of a session: the second of its ids.
pub(super) fn process_of(case: &Case) -> Result<String> {
    case.session()?.references().into_iter().nth(1).context("no process yet")
}

async fn approved(stage: Stage) -> Result<Outcome> {
    let (case, outcome) = common::passed(&stage).await?;
    let evidence = case.session()?.evidence().context("no evidence")?;
    stage.check("basis of the decision", "fetched", basis_text(evidence.basis));
    stage.check("a person in the evidence", true, evidence.person.is_some());
    stage.check("claimed as production", false, evidence.source.production);
    stage.check("dossiers made", 1, stage.requests(BEGIN));
    stage.check("access tokens fetched", 1, stage.requests("signicat.token"));
    stage.check("looks at the result", stage.cast().looks, stage.requests(LOOK));
    Ok(outcome)
}

async fn verdict(stage: Stage, outcome: SignicatOutcome) -> Result<Outcome> {
    script(&stage, outcome);
    let (case, outcome) = common::passed(&stage).await?;
    stage.check("no retry after a decision", "retry_refused", case.tell(Input::Retry).await?);
    Ok(outcome)
}

/// A status that no document names is no verdict, whatever it may mean.
async fn unknown_status(stage: Stage) -> Result<Outcome> {
    script(&stage, SignicatOutcome::Unknown);
    let (case, outcome) = common::passed(&stage).await?;
    stage.check("evidence", false, case.session()?.evidence().is_some());
    Ok(outcome)
}

/// A technical failure is no verdict about the user, who gets another process.
async fn process_failed(stage: Stage) -> Result<Outcome> {
    script(&stage, SignicatOutcome::Failed);
    let case = stage.open().await?;
    let first = pass(&case).await?;
    stage.check("how the first attempt ends", "failed (process_failed)".into(), outcome_text(&first));
    case.retry().await?;
    let outcome = pass(&case).await?;
    let anew = if stage.cast().flow == Some("capture") { 2 } else { 1 };
    stage.check("dossiers made", anew, stage.requests(BEGIN));
    stage.check("processes discarded", 2 - anew, stage.requests("signicat.discard_process"));
    Ok(outcome)
}

async fn forged_callback(stage: Stage) -> Result<Outcome> {
    let (case, _) = stage.begin().await?;
    let before = case.session()?.revision();
    let process = stage.control().processes().first().map(|it| it.process_id.clone()).unwrap_or_default();
    let body = json!({ "dossierId": case.reference()?, "processId": process, "status": "accepted" }).to_string();
    let forged = format!("{HEADER} ");
    for headers in [&[][..], &[("authorization", "Bearer forged")], &[("authorization", &forged[1..])]] {
        let status = stage.stranger_posts("/idv/callbacks", headers, &body).await?;
        stage.check("a callback without the header's value", 403, status);
    }
    stage.check("the session has not moved", before, case.session()?.revision());
    stage.check("looks at the result", 0, stage.requests(LOOK));
    case.wait_for_outcome().await
}

async fn erase(stage: Stage) -> Result<Outcome> {
    let (case, _) = common::passed(&stage).await?;
    let outcome = erase_at_provider(&stage, &case).await?;
    stage.check("dossiers deleted", 1, stage.requests("signicat.delete"));
    stage.check("processes left at the provider", 0, stage.control().processes().len());
    Ok(outcome)
}

pub(super) async fn erase_at_provider(stage: &Stage, case: &Case) -> Result<Outcome> {
    common::erase(stage, case, "here and at the provider (1)", &["customer-4711", "ANNA"]).await
}

/// A message and a return that were made for somebody else.
pub(super) async fn forged_message(stage: Stage) -> Result<Outcome> {
    let (case, user) = stage.begin().await?;
    let before = case.session()?.revision();
    common::foreign_hint(&stage, &user).await?;
    let elsewhere = Seen::Navigation { url: "https://evil.example/idv/return?status=accepted".into() };
    stage.check("a return to elsewhere means something", false, user.see(&elsewhere).await?.is_some());
    stage.check("the session has not moved", before, case.session()?.revision());
    case.wait_for_outcome().await
}

/// The verdict is announced while the user is still on the way back.
pub(super) async fn callback_first(stage: Stage) -> Result<Outcome> {
    announce_at_once(&stage);
    let (_, outcome) = common::passed(&stage).await?;
    stage.check("callbacks that arrived", 1, stage.merchant().inbox().len());
    stage.check("looks at the result", 1, stage.requests(LOOK));
    Ok(outcome)
}

/// The next verdict is announced before anything else is said of it.
pub(super) fn announce_at_once(stage: &Stage) {
    stage.control().configure(|config| config.signicat.callbacks.delay_ms = 0);
    script_with(stage, SignicatScript { callback_first: true, ..SignicatScript::default() });
}

/// A user who opens the link.
pub(super) async fn enter(mut user: User) -> Result<User> {
    user.follow_link().await?;
    Ok(user)
}

/// A token that is refused before its time is replaced once, and nobody notices.
async fn token_refused(stage: Stage) -> Result<Outcome> {
    let (case, _) = stage.begin().await?;
    // A token that has only just been fetched is not replaced at once: all sessions share it.
    stage.pass(10_000).await;
    stage.note("the provider withdraws all access tokens");
    stage.control().revoke_tokens();
    let outcome = pass(&case).await?;
    stage.check("access tokens fetched", 2, stage.requests("signicat.token"));
    Ok(outcome)
}

/// If the new token is refused as well, it is not the token: a fault, and no third one.
async fn token_refused_twice(stage: Stage) -> Result<Outcome> {
    let refusals = Fault { status: Some(401), times: 2, ..Fault::once(LOOK, FaultKind::Status) };
    let case = stage.open().await?;
    case.walk().await?;
    stage.pass(10_000).await;
    stage.control().fault(refusals);
    let next = case.advance().await?;
    let waits = matches!(&next, Next::Wait { why: Why::Backoff { fault }, .. } if fault.status == Some(401));
    stage.check("the second refusal is a fault", true, waits);
    stage.check("access tokens fetched", 2, stage.requests("signicat.token"));
    let outcome = case.wait_for_outcome().await?;
    stage.check("access tokens fetched in the end", 2, stage.requests("signicat.token"));
    Ok(outcome)
}

/// A return that the user typed is waited for no longer than one look.
pub(super) async fn forged_redirect(stage: Stage) -> Result<Outcome> {
    let (case, user) = stage.begin().await?;
    let browser = stage.browser();
    let back = |dossier: &str, process: &str| {
        let query = format!("dossierId={dossier}&processId={process}&status=accepted");
        format!("{}/idv/return?shop=1&{query}", stage.merchant().base())
    };
    stage.note("the user types a return URL that says accepted");
    browser.open(&back(&case.reference()?, &process_of(&case)?), false).await?;
    let next = case.advance().await?;
    stage.check("one look, and the page is shown again", "present", next_name(&next));
    stage.check("looks at the result", 1, stage.requests(LOOK));
    let again = case.present().await?;
    stage.check("the journey is still the same", &user.journey().id, &again.journey().id);
    let elsewhere = browser.open(&back("33333333-3333-4333-8333-333333333333", "x"), false).await?;
    stage.check("a return for nobody shows nothing", String::new(), elsewhere.title());
    case.wait_for_outcome().await
}
