//! biometric.kz: claims that nobody has to believe, and a key that opens nothing.

use anyhow::{Context, Result};
use idvkit::{Outcome, Seen};
use serde_json::json;

use super::input::end_page as end_page_of;
use crate::demo::{common, stage::Stage};

/// The event may be fired by anything in the page: it ends nothing.
pub(super) async fn message(stage: Stage) -> Result<Outcome> {
    let (case, user) = stage.begin().await?;
    let before = case.session()?.revision();
    let event = |name: &str| Seen::Event { name: name.into(), data: r#"{"result":true}"#.into() };
    stage.check("an event of another name means something", false, user.see(&event("approved")).await?.is_some());
    let message = Seen::Message { origin: stage.sandbox_url().into(), data: r#"{"result":true}"#.into() };
    stage.check("a message means something", false, user.see(&message).await?.is_some());
    common::foreign_hint(&stage, &user).await?;
    stage.check("the session has not moved", before, case.session()?.revision());
    stage.note("the user fires the widget's event, with a detail that says yes");
    stage.check("the end of a journey is heard", 200, user.see(&event("finish")).await?.unwrap_or(0));
    case.wait_for_outcome().await
}

/// The end page carries no session and no verdict: whoever opens it has passed nothing.
pub(super) async fn end_page(stage: Stage) -> Result<Outcome> {
    let (case, user) = stage.begin().await?;
    let url = end_page_of(&user.journey().ways).context("no end page")?;
    stage.note("the user opens the end page, with a query that says yes");
    let seen = Seen::Navigation { url: format!("{url}?result=true") };
    stage.check("the end of a journey is heard", 200, user.see(&seen).await?.unwrap_or(0));
    let elsewhere = Seen::Navigation { url: "https://evil.example/finished".into() };
    stage.check("the same page elsewhere means something", false, user.see(&elsewhere).await?.is_some());
    let outcome = case.wait_for_outcome().await?;
    stage.check("evidence", false, case.session()?.evidence().is_some());
    Ok(outcome)
}

pub(super) async fn callback(stage: Stage) -> Result<Outcome> {
    let (case, _) = stage.begin().await?;
    let before = case.session()?.revision();
    let result = json!({ "session_id": case.reference()?, "status": "FINISHED", "flow_session_result": true });
    let body = json!({
        "id": "11111111-1111-4111-8111-111111111111", "event": "flow.end", "session_id": case.reference()?,
        "created": 1_767_225_600, "success": true, "flow_name": "Flow for individuals", "metadata": {},
        "data": { "session_result": result },
    });
    for path in ["/idv/callbacks", "/idv/callbacks/kz-webhook-segment-0000000000"] {
        let status = stage.stranger_posts(path, &[], &body.to_string()).await?;
        stage.check("a webhook without the segment", 403, status);
    }
    stage.check("the session has not moved", before, case.session()?.revision());
    stage.check("looks at the result", 0, stage.requests("biometric_kz.fetch_result"));
    case.wait_for_outcome().await
}

/// Each flow has a key of its own, which opens its own sessions only.
pub(super) async fn another_flows_key(stage: Stage) -> Result<Outcome> {
    let case = stage.open().await?;
    case.walk().await?;
    stage.note("somebody configures the key of another flow under the same account name");
    let other = stage.control().settings().biometric_kz.flows[0].api_key.clone();
    let case = case.under(&json!({ "api_key": other }))?;
    let outcome = case.wait_for_outcome().await?;
    stage.check("evidence", false, case.session()?.evidence().is_some());
    Ok(outcome)
}
