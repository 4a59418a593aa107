//! A sandbox that stops and goes on from its saved state.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use common::{Receiver, begin, http, result_of};
use idvkit_sandbox::jumio::JumioScript;
use idvkit_sandbox::{Config, Fault, FaultKind, PageScript, Sandbox, Script};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::sleep;

/// Stops it, and starts another one at the same address with what it had.
async fn restarted(sandbox: Sandbox) -> Sandbox {
    let (control, listen) = (sandbox.control().clone(), address(&sandbox));
    sandbox.stop().await;
    Sandbox::resume(Config { listen, ..Config::default() }, &control.saved()).await.unwrap()
}

fn address(sandbox: &Sandbox) -> SocketAddr {
    sandbox.base_url().strip_prefix("http://").unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_journey_goes_on_and_its_callback_comes() {
    let receiver = Receiver::start().await;
    let sandbox = Sandbox::start().await.unwrap();
    let transaction = begin(&sandbox, json!({ "callbackUrl": receiver.url })).await;
    assert_eq!(transaction.open().await.status(), 200);

    let sandbox = restarted(sandbox).await;
    assert_eq!(result_of(&sandbox, &transaction.reference).await["transactionResult"], "STARTED");
    assert_eq!(transaction.press("acceptable", &[]).await.status(), 200);

    // The verdict was due; it still is.
    let sandbox = restarted(sandbox).await;
    sandbox.control().advance(5_000).await;
    assert_eq!(result_of(&sandbox, &transaction.reference).await["transactionResult"], "PASSED");
    assert_eq!(receiver.heard().len(), 1);
    assert!(receiver.heard()[0].body.contains(&transaction.reference));
}

/// One thing of each provider, with words, pictures and callbacks that are still to come.
#[tokio::test]
async fn every_stand_ins_state_comes_back_as_it_was() {
    let sandbox = Sandbox::start().await.unwrap();
    let transaction = begin(&sandbox, json!({ "callbackUrl": "http://127.0.0.1:1/" })).await;
    transaction.press("acceptable", &[]).await;
    common::attestr::handshake(&sandbox, true).await;
    let create = format!("{}/biometric_kz/kyc/api/v1/flows/session/create/", sandbox.base_url());
    let key = sandbox.control().settings().biometric_kz.flows[0].api_key.clone();
    let session: Value =
        http().post(create).json(&json!({ "api_key": key })).send().await.unwrap().json().await.unwrap();
    let session = session["session_id"].as_str().unwrap();
    let page = format!("{}/biometric_kz/remote/flow/{session}", sandbox.base_url());
    http().post(page).form(&[("action", "mask_attack")]).send().await.unwrap();
    let merchant = common::signicat::Merchant::new(&sandbox).await;
    let paper = merchant.paper(json!({ "notificationUrl": "http://127.0.0.1:1/" })).await;
    merchant.start(&paper).await;
    // Nobody listens there, so that all callbacks wait for their next attempt.
    sandbox.control().advance(5_000).await;
    let providers: Vec<_> = sandbox.control().deliveries().iter().map(|entry| entry.provider).collect();
    assert_eq!(providers, ["jumio", "signicat"]);

    let result = format!(
        "{}/biometric_kz/kyc/api/v1/flows/session/result/?session_id={session}&flow_api_key={key}",
        sandbox.base_url()
    );
    let before: (Value, String) = (saved(&sandbox), http().get(&result).send().await.unwrap().text().await.unwrap());
    let sandbox = restarted(sandbox).await;
    assert_eq!(saved(&sandbox), before.0);
    assert_eq!(http().get(&result).send().await.unwrap().text().await.unwrap(), before.1);
    assert!(before.1.contains("Mask Attack"));
    let image = merchant.send(Method::GET, &format!("{paper}/images/front"), None).await;
    assert_eq!(image.headers()["content-type"], "image/png");
    assert_eq!(image.bytes().await.unwrap(), common::signicat::PNG);
    sandbox.control().advance(60_000).await;
    assert!(sandbox.control().deliveries().iter().any(|entry| entry.provider == "jumio" && entry.attempt == 2));
}

/// As a value: the order of members is nobody's business.
fn saved(sandbox: &Sandbox) -> Value {
    serde_json::from_str(&sandbox.control().saved()).unwrap()
}

#[tokio::test]
async fn a_state_of_a_provider_that_is_not_there_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let transaction = begin(&sandbox, json!({ "callbackUrl": "http://127.0.0.1:1/" })).await;
    transaction.press("acceptable", &[]).await;
    sandbox.control().advance(5_000).await;
    let text = sandbox.control().saved();
    let other = text.replace("\"provider\":\"jumio\"", "\"provider\":\"nobody\"");
    assert_ne!(text, other);
    let error = Sandbox::resume(Config::default(), &other).await.err().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
}

#[tokio::test]
async fn ids_go_on_as_if_nothing_had_happened() {
    let (through, interrupted) = (Sandbox::start().await.unwrap(), Sandbox::start().await.unwrap());
    let more = || json!({});
    let first = (begin(&through, more()).await.reference, begin(&interrupted, more()).await.reference);
    assert_eq!(first.0, first.1);
    let interrupted = restarted(interrupted).await;
    let second = (begin(&through, more()).await.reference, begin(&interrupted, more()).await.reference);
    assert_eq!(second.0, second.1);
    assert_ne!(first.0, second.0);
}

#[tokio::test]
async fn clock_settings_and_faults_are_kept_and_a_reset_forgets_them() {
    let sandbox = Sandbox::start().await.unwrap();
    let start = sandbox.control().now();
    sandbox.control().advance(1_234).await;
    sandbox.control().configure(|config| config.jumio.liveness_images = 7);
    sandbox.control().fault(Fault { status: Some(418), ..Fault::once("jumio.retrieve", FaultKind::Status) });

    let sandbox = restarted(sandbox).await;
    assert_eq!(sandbox.control().now(), start + 1_234);
    assert_eq!(sandbox.control().settings().jumio.liveness_images, 7);
    let url = format!("{}/jumio/us/api/netverify/v2/authentications/x", sandbox.base_url());
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 418);
    assert_ne!(reqwest::get(&url).await.unwrap().status(), 418);

    sandbox.control().reset().await;
    assert_eq!(sandbox.control().now(), start);
    assert_eq!(sandbox.control().settings().jumio.liveness_images, Config::default().jumio.liveness_images);
}

#[tokio::test]
async fn a_stopped_sandbox_answers_nobody_who_is_connected() {
    let sandbox = Sandbox::start().await.unwrap();
    let (client, url) = (http(), sandbox.base_url().to_owned());
    // The whole body is read, so that the connection is kept.
    client.get(&url).send().await.unwrap().bytes().await.unwrap();
    sandbox.stop().await;
    assert!(client.get(&url).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn what_is_under_way_at_a_stop_is_answered_and_kept() {
    let sandbox = Sandbox::start().await.unwrap();
    let page = Some(PageScript { delay_ms: 200, ..PageScript::default() });
    sandbox.control().script(Script::Jumio(JumioScript { page, ..JumioScript::default() }));
    let transaction = Arc::new(begin(&sandbox, json!({})).await);
    let before = sandbox.control().saved();
    let pressed = tokio::spawn({
        let transaction = Arc::clone(&transaction);
        async move { transaction.press("acceptable", &[]).await.status() }
    });
    while sandbox.control().saved() == before {
        sleep(Duration::from_millis(1)).await;
    }
    let sandbox = restarted(sandbox).await;
    assert_eq!(pressed.await.unwrap(), 200);
    sandbox.control().advance(5_000).await;
    assert_eq!(result_of(&sandbox, &transaction.reference).await["transactionResult"], "PASSED");
}

#[tokio::test]
async fn a_callback_that_is_under_way_when_everything_ends_is_sent_again() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/callback", receiver.local_addr().unwrap());
    let sandbox = Sandbox::start().await.unwrap();
    let transaction = begin(&sandbox, json!({ "callbackUrl": url })).await;
    transaction.press("acceptable", &[]).await;
    let control = sandbox.control().clone();
    let sent = tokio::spawn(async move { control.advance(5_000).await });
    let (unanswered, _) = receiver.accept().await.unwrap();
    // As when the process is killed: nobody knows whether it arrived.
    let saved = sandbox.control().saved();
    sent.abort();
    drop((sandbox, unanswered));

    let sandbox = Sandbox::resume(Config::default(), &saved).await.unwrap();
    let receiver = tokio::spawn(axum::serve(receiver, Router::new().fallback(|| async {})).into_future());
    sandbox.control().settle().await;
    let (once, again) = (sandbox.control().deliveries(), sandbox.control().saved());
    assert_eq!(once.iter().map(|one| (one.attempt, one.status)).collect::<Vec<_>>(), [(1, Some(200))]);
    // What has arrived is not sent again.
    let sandbox = Sandbox::resume(Config::default(), &again).await.unwrap();
    sandbox.control().settle().await;
    assert_eq!(sandbox.control().deliveries().len(), 0);
    receiver.abort();
}

#[tokio::test]
async fn every_change_is_told_and_looking_is_none() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut changes = sandbox.control().changes();
    changes.borrow_and_update();
    reqwest::get(format!("{}/_sandbox/log", sandbox.base_url())).await.unwrap();
    assert!(!changes.has_changed().unwrap());
    begin(&sandbox, json!({})).await;
    assert!(changes.has_changed().unwrap());
    changes.borrow_and_update();
    sandbox.control().advance(31 * 60_000).await;
    assert!(changes.has_changed().unwrap(), "the link has expired");
}

#[tokio::test]
async fn a_text_of_another_version_is_refused() {
    for text in ["", "{}", "{\"config\":{}}"] {
        let error = Sandbox::resume(Config::default(), text).await.err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    }
}
