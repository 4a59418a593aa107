//! What other people's clients and pages of biometric.kz need: forms of a declined result, CORS, and a word from the frame.
#![allow(clippy::unwrap_used)]

mod common;

use common::biometric_kz::{EVERYONE, key, result, session};
use common::{Receiver, data_scripts, http};
use idvkit_sandbox::biometric_kz::{FailureForm, ReasonForm};
use idvkit_sandbox::{Fault, FaultKind, Sandbox};
use reqwest::Response;
use serde_json::{Value, json};

#[tokio::test]
async fn what_was_not_passed_is_written_in_every_form() {
    let receiver = Receiver::start().await;
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.control().configure(|config| config.biometric_kz.flows[EVERYONE].webhooks = vec![receiver.url.clone()]);
    let declined = async || {
        let user = session(&sandbox, EVERYONE, json!({})).await;
        user.press("mask_attack", &[]).await;
        sandbox.control().advance(60_000).await;
        let told: Value = serde_json::from_str(&receiver.heard().pop().unwrap().body).unwrap();
        (told["data"]["session_result"]["status"].clone(), result(&sandbox, EVERYONE, &user.id).await)
    };
    for (form, webhook, fetched) in [
        (FailureForm::AsSeen, "FAILED", "FINISHED"),
        (FailureForm::Failed, "FAILED", "FAILED"),
        (FailureForm::FinishedFalse, "FINISHED", "FINISHED"),
    ] {
        sandbox.control().configure(|config| config.biometric_kz.failure_form = form);
        let (told, result) = declined().await;
        assert_eq!((&told, &result["status"]), (&json!(webhook), &json!(fetched)), "{form:?}");
        assert_eq!(result["flow_session_failure_reasons"], json!([{ "type": "CALC_RESULT", "detail": "Mask Attack" }]));
    }
    sandbox.control().configure(|config| config.biometric_kz.failure_reasons = ReasonForm::Strings);
    let (_, result) = declined().await;
    assert_eq!(result["flow_session_failure_reasons"], json!(["Mask Attack"]));
    assert_eq!(result["liveness_result"]["failure_reason"]["type"], "CALC_RESULT", "a part's reason is documented");
}

/// As the guide's own samples call it from a page: create, its preflight, and the result, errors included.
#[tokio::test]
async fn pages_may_call_the_api() {
    let sandbox = Sandbox::start().await.unwrap();
    let path = |name: &str| format!("{}/biometric_kz/kyc/api/v1/flows/session/{name}/", sandbox.base_url());
    let origin = |request: reqwest::RequestBuilder| request.header("origin", "https://shop.example").send();
    let allowed = |response: &Response| {
        response.headers().get("access-control-allow-origin").map(|it| it.to_str().unwrap().to_owned())
    };
    sandbox
        .control()
        .fault(Fault { status: Some(503), ..Fault::once("biometric_kz.create_session", FaultKind::Status) });
    let asked = origin(http().request(reqwest::Method::OPTIONS, path("create"))).await.unwrap();
    assert_eq!((asked.status().as_u16(), allowed(&asked).as_deref()), (204, Some("*")));
    assert_eq!(asked.headers()["access-control-allow-headers"], "content-type");
    let body = json!({ "api_key": key(&sandbox, EVERYONE) }).to_string();
    let struck = origin(http().post(path("create")).body(body.clone())).await.unwrap();
    assert_eq!(
        (struck.status().as_u16(), allowed(&struck).as_deref()),
        (503, Some("*")),
        "the fault is for the call itself"
    );
    // Without Content-Type, as some samples do.
    let created = origin(http().post(path("create")).body(body)).await.unwrap();
    assert_eq!((created.status().as_u16(), allowed(&created).as_deref()), (200, Some("*")));
    let refused = origin(http().get(path("result"))).await.unwrap();
    assert_eq!((refused.status().as_u16(), allowed(&refused).as_deref()), (400, Some("*")));

    sandbox.control().configure(|config| config.biometric_kz.cors = false);
    let asked = origin(http().request(reqwest::Method::OPTIONS, path("create"))).await.unwrap();
    assert_eq!((asked.status().as_u16(), allowed(&asked)), (405, None));
}

#[tokio::test]
async fn a_plain_frame_tells_the_page_around_it_that_the_user_is_done() {
    let sandbox = Sandbox::start().await.unwrap();
    let end = async || {
        let user = session(&sandbox, EVERYONE, json!({})).await;
        let page = user.page.split('?').next().unwrap().to_owned();
        http().post(page).form(&[("action", "leave")]).send().await.unwrap().text().await.unwrap()
    };
    assert_eq!(data_scripts(&end().await, "data-post-message"), [r#"{"event":"finish"}"#]);
    sandbox.control().configure(|config| config.biometric_kz.frame_message = None);
    assert!(data_scripts(&end().await, "data-post-message").is_empty());
}
