//! A sandbox that stops and goes on from its saved state.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::SocketAddr;

use common::{Receiver, begin, result_of};
use idvkit_sandbox::{Config, Fault, FaultKind, Sandbox};
use serde_json::json;

/// Stops it, and starts another one at the same address with what it had.
async fn restarted(sandbox: Sandbox) -> Sandbox {
    let (saved, listen) = (sandbox.control().saved(), address(&sandbox));
    sandbox.stop().await;
    Sandbox::resume(Config { listen, ..Config::default() }, &saved).await.unwrap()
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
