//! Scenarios that are the same for every provider but for names: networks, workers and callbacks.

use anyhow::Result;
use idvkit::{Input, Next, Outcome, Why};
use idvkit_sandbox::{CallbackMode, CallbackRule, Fault, FaultKind};

use super::Play;
use crate::demo::stage::{Case, Stage};

const MINUTE: i64 = 60_000;
/// By then every provider on stage has its verdict, unless a scenario says otherwise.
const VERDICT: i64 = 6_000;
/// More callbacks than any run brings.
const ALL: u32 = 1_000;

/// The scenarios of this file; `expected` is what the provider says to a user who does everything right.
pub(super) fn play(scenario: &str, expected: &'static str) -> Option<Play> {
    let run = |act| Some(Play::Run { expected, act });
    match scenario {
        "lost-callback" => run(|stage| Box::pin(lost_callback(stage))),
        "duplicate-callback" => run(|stage| Box::pin(duplicate_callback(stage))),
        "html-instead-of-json" => run(|stage| Box::pin(html_instead_of_json(stage))),
        "connection-lost" => run(|stage| Box::pin(connection_lost(stage))),
        "rate-limited" => run(|stage| Box::pin(rate_limited(stage))),
        "crash-after-send" => run(|stage| Box::pin(crash_after_send(stage))),
        "double-click" => run(|stage| Box::pin(double_click(stage))),
        "two-workers" => run(|stage| Box::pin(two_workers(stage))),
        _ => None,
    }
}

/// Whether a scenario is about what biometric.kz lets the server fill in.
pub(super) fn is_data_entry(scenario: &str) -> bool {
    let names = ["skip-input", "skip-input-unmet", "input-locked", "input-editable", "reference-photo", "iin-changed"];
    let ends = ["not-in-database", "service-down", "wrong-code", "late-code"];
    names.contains(&scenario) || ends.contains(&scenario)
}

/// Whether a scenario is about images that somebody else than the provider's page takes.
pub(super) fn is_images(scenario: &str) -> bool {
    ["replaced-images", "upload-after-start", "native-sdk"].contains(&scenario)
}

/// Whether a scenario has two providers behind one session.
pub(super) fn is_two_providers(scenario: &str) -> bool {
    ["two-providers", "one-of-two-rejects", "one-of-two-is-enough", "one-of-two-is-named"].contains(&scenario)
}

/// Why a provider with fixed credentials and one way to ask has none of the scenarios about tokens, statuses and order.
pub(super) fn not_elsewhere(scenario: &str) -> Option<&'static str> {
    Some(match scenario {
        "own-dossier" => "a session is all that there is at the provider",
        "sealed-result" => "results are not encrypted",
        "process-failed" => "failures have scenarios of their own: see error-then-retry and camera-denied",
        "unknown-status" => "the sandbox's statuses are the documented ones: vectors cover the others",
        "token-refused" | "token-refused-twice" => "the credentials go with every request: no token can run out",
        "callback-first" => "a callback follows the answer: see late-callback and duplicate-callback",
        "polling-limited" => "no document speaks of a limit: see rate-limited",
        other if is_images(other) => "the provider's page takes the images",
        other if is_two_providers(other) => "one provider is all that there is",
        _ => return None,
    })
}

/// A user who does everything right, up to the provider's result.
pub(super) async fn pass(case: &Case) -> Result<Outcome> {
    case.walk().await?;
    case.wait_for_outcome().await
}

/// No callback ever arrives.
pub(super) fn lose_callbacks(stage: &Stage) {
    let rule = CallbackRule::next(stage.cast().provider, CallbackMode::Lost);
    stage.control().callbacks(CallbackRule { times: ALL, ..rule });
}

/// All callbacks come so much later.
pub(super) fn delay_callbacks(stage: &Stage, ms: i64) {
    let rule = CallbackRule::next(stage.cast().provider, CallbackMode::Late);
    stage.control().callbacks(CallbackRule { ms, times: ALL, ..rule });
}

async fn lost_callback(stage: Stage) -> Result<Outcome> {
    lose_callbacks(&stage);
    let case = stage.open().await?;
    let outcome = pass(&case).await?;
    stage.check("callbacks that arrived", 0, stage.merchant().inbox().len());
    stage.check("looks at the result", stage.cast().looks, stage.requests(stage.cast().look));
    Ok(outcome)
}

async fn duplicate_callback(stage: Stage) -> Result<Outcome> {
    let rule = CallbackRule::next(stage.cast().provider, CallbackMode::Duplicate);
    stage.control().callbacks(CallbackRule { ms: 1_000, times: ALL, ..rule });
    let case = stage.open().await?;
    let outcome = pass(&case).await?;
    let before = case.session()?.revision();
    stage.pass(MINUTE).await;
    stage.check("callbacks that arrived", 2 * stage.cast().callbacks, stage.merchant().inbox().len());
    stage.check("looks at the result", stage.cast().looks, stage.requests(stage.cast().look));
    stage.check("the session has not moved", before, case.session()?.revision());
    Ok(outcome)
}

async fn html_instead_of_json(stage: Stage) -> Result<Outcome> {
    let (begin, look) = (stage.cast().begin, stage.cast().look);
    stage.control().fault(Fault { times: 2, ..Fault::once(begin, FaultKind::Html) });
    stage.control().fault(Fault { times: 3, status: Some(200), ..Fault::once(look, FaultKind::Html) });
    let case = stage.open().await?;
    let is_backoff = matches!(case.advance().await?, Next::Wait { why: Why::Backoff { .. }, .. });
    stage.check("a maintenance page is waited out", true, is_backoff);
    while let Next::Wait { until, .. } = case.advance().await? {
        case.sleep_until(until).await?;
    }
    let outcome = pass(&case).await?;
    stage.check("requests to begin", 3, stage.requests(begin));
    stage.check("looks at the result", 4, stage.requests(look));
    stage.check("begun at the provider", 1, (stage.cast().begun)(stage.control()));
    Ok(outcome)
}

async fn connection_lost(stage: Stage) -> Result<Outcome> {
    let look = stage.cast().look;
    stage.control().fault(Fault { times: 2, ..Fault::once(look, FaultKind::Drop) });
    let case = stage.open().await?;
    case.walk().await?;
    stage.pass(VERDICT).await;
    let is_backoff = matches!(case.advance().await?, Next::Wait { why: Why::Backoff { .. }, .. });
    stage.check("a broken connection is waited out", true, is_backoff);
    let outcome = case.wait_for_outcome().await?;
    stage.check("looks at the result", 3, stage.requests(look));
    Ok(outcome)
}

async fn rate_limited(stage: Stage) -> Result<Outcome> {
    let look = stage.cast().look;
    let pause = Fault { status: Some(429), retry_after_s: Some(120), ..Fault::once(look, FaultKind::Status) };
    stage.control().fault(pause);
    let case = stage.open().await?;
    case.walk().await?;
    stage.pass(VERDICT).await;
    match case.advance().await? {
        Next::Wait { until, why: Why::Throttled { .. } } => {
            stage.check("the pause asked for", 120_000, until.since(stage.now()));
        }
        _ => stage.check("the session pauses", "throttled", "not"),
    }
    stage.pass(119_000).await;
    case.advance().await?;
    stage.check("looks before the pause is over", 1, stage.requests(look));
    case.wait_for_outcome().await
}

async fn crash_after_send(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    let request = case.first_request().await?;
    case.tell(Input::Sending { id: request.id.clone() }).await?;
    let lost = case.send(&request).await;
    stage.note("the worker dies before it has handled the answer");
    match case.advance().await? {
        Next::Wait { until, why: Why::InFlight } => {
            let patience = 2 * i64::from(request.timeout_ms);
            stage.check("others wait for twice the time-out", patience, until.since(stage.now()));
            case.sleep_until(until).await?;
        }
        _ => stage.check("other workers wait for it", "in flight", "not"),
    }
    let again = case.wanted_request()?;
    stage.check("it is sent again under another id", true, again.id != request.id && again.body == request.body);
    case.present().await?;
    stage.check("requests to begin", 2, stage.requests(stage.cast().begin));
    stage.check("the late answer of the lost request", "stale", case.tell(lost).await?);
    pass(&case).await
}

async fn double_click(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    // Both have loaded the session before either stores anything.
    let (first, second) = (case.first_request().await?, case.wanted_request()?);
    stage.check("the first worker's claim", "heard", case.tell(Input::Sending { id: first.id.clone() }).await?);
    stage.check("the second worker's claim", "claimed", case.tell(Input::Sending { id: second.id }).await?);
    let waits = matches!(case.advance().await?, Next::Wait { why: Why::InFlight, .. });
    stage.check("the second worker waits for the first", true, waits);
    stage.check("the first worker's answer", "heard", case.tell(case.send(&first).await).await?);
    let outcome = pass(&case).await?;
    stage.check("requests to begin", 1, stage.requests(stage.cast().begin));
    Ok(outcome)
}

async fn two_workers(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    case.walk().await?;
    stage.pass(VERDICT).await;
    let (first, second) = (case.first_request().await?, case.wanted_request()?);
    stage.check("both workers ask under the same id", &first.id, &second.id);
    let (first, second) = (case.send(&first).await, case.send(&second).await);
    stage.check("the first answer", "heard", case.tell(first).await?);
    let decided = case.session()?.revision();
    stage.check("the second answer", "stale", case.tell(second).await?);
    stage.check("the session has not moved again", decided, case.session()?.revision());
    stage.check("looks at the result", 2, stage.requests(stage.cast().look));
    case.wait_for_outcome().await
}
