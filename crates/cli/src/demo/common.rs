//! Scenarios that are the same for every provider but for names: networks, workers and callbacks.

use anyhow::{Result, bail};
use idvkit::{Input, Next, Outcome, Why};
use idvkit_sandbox::{CallbackMode, CallbackRule, Fault, FaultKind};

use super::{
    browser::User,
    cast::Play,
    stage::{Case, Stage},
    timeline::{erasure_text, outcome_text},
};

const MINUTE: i64 = 60_000;
/// By then every provider on stage has its verdict, unless a scenario says otherwise.
const VERDICT: i64 = 6_000;
/// More callbacks than any run brings.
const ALL: u32 = 1_000;

/// The scenarios of this file that need nothing to be said of the provider; `passes` is what it says to a user who does
/// everything right.
pub(crate) fn play(scenario: &str, passes: &'static str) -> Option<Play> {
    let run = |act| Some(Play::Run { expected: passes, act });
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

/// A user who does everything right in a session of their own.
pub(crate) async fn passed(stage: &Stage) -> Result<(Case, Outcome)> {
    let case = stage.open().await?;
    let outcome = pass(&case).await?;
    Ok((case, outcome))
}

/// A user who does everything right, up to the provider's result.
pub(crate) async fn pass(case: &Case) -> Result<Outcome> {
    case.walk().await?;
    case.wait_for_outcome().await
}

/// No callback ever arrives.
pub(crate) fn lose_callbacks(stage: &Stage) {
    let rule = CallbackRule::next(stage.cast().provider.as_str(), CallbackMode::Lost);
    stage.control().callbacks(CallbackRule { times: ALL, ..rule });
}

/// All callbacks come so much later.
pub(crate) fn delay_callbacks(stage: &Stage, ms: i64) {
    let rule = CallbackRule::next(stage.cast().provider.as_str(), CallbackMode::Late);
    stage.control().callbacks(CallbackRule { ms, times: ALL, ..rule });
}

/// Nobody comes.
pub(crate) async fn expired(stage: Stage) -> Result<Outcome> {
    let (case, _) = stage.begin().await?;
    case.wait_for_outcome().await
}

/// The first request is refused for good, and accepted once the account is put right.
pub(crate) async fn refused_then_retry(stage: Stage) -> Result<Outcome> {
    stage.control().fault(Fault { status: Some(403), ..Fault::once(stage.cast().begin, FaultKind::Status) });
    let case = stage.open().await?;
    let refused = outcome_text(&case.wait_for_outcome().await?);
    stage.check("refused by the provider", "failed (http_status)".into(), refused);
    stage.note("the account is put right");
    case.retry().await?;
    pass(&case).await
}

/// The result is fetched before the callback comes, which then changes nothing.
pub(crate) async fn late_callback(stage: Stage) -> Result<Outcome> {
    delay_callbacks(&stage, 20 * MINUTE);
    let (case, outcome) = passed(&stage).await?;
    let before = case.session()?.revision();
    stage.check("callbacks before the decision", 0, stage.merchant().inbox().len());
    stage.pass(30 * MINUTE).await;
    stage.check("callbacks after it", stage.cast().callbacks, stage.merchant().inbox().len());
    stage.check("the session has not moved", before, case.session()?.revision());
    Ok(outcome)
}

/// Forgets the person; `at_provider` is what becomes of the data there, and `personal` what must be gone here.
pub(crate) async fn erase(stage: &Stage, case: &Case, at_provider: &str, personal: &[&str]) -> Result<Outcome> {
    case.tell(Input::Erase { at_provider: true }).await?;
    let Next::Done { outcome, erasure } = case.advance().await? else { bail!("the erasure did not end") };
    let erased = erasure.as_ref().map(erasure_text).unwrap_or_default();
    stage.check("what was erased", at_provider.to_owned(), erased);
    let session = case.session()?;
    stage.check("evidence that is left", false, session.evidence().is_some());
    let left = personal.iter().any(|text| session.snapshot().contains(text));
    stage.check("what the session knew of the person is left", false, left);
    Ok(outcome)
}

/// A hint that was made for somebody else's journey is refused.
pub(crate) async fn foreign_hint(stage: &Stage, user: &User) -> Result<()> {
    let hint = r#"{"journey":"000000000000000000000000","kind":"success"}"#;
    stage.check("a hint of another journey", 400, user.post_hint(hint).await?);
    Ok(())
}

async fn lost_callback(stage: Stage) -> Result<Outcome> {
    lose_callbacks(&stage);
    let (_, outcome) = passed(&stage).await?;
    stage.check("callbacks that arrived", 0, stage.merchant().inbox().len());
    stage.check("looks at the result", stage.cast().looks, stage.requests(stage.cast().look));
    Ok(outcome)
}

async fn duplicate_callback(stage: Stage) -> Result<Outcome> {
    let rule = CallbackRule::next(stage.cast().provider.as_str(), CallbackMode::Duplicate);
    stage.control().callbacks(CallbackRule { ms: 1_000, times: ALL, ..rule });
    let (case, outcome) = passed(&stage).await?;
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
