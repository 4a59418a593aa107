//! A sandbox that runs for long: what is old is forgotten where the settings say so.
#![allow(clippy::unwrap_used)]

mod common;

use common::{begin, http};
use idvkit_sandbox::{Config, Sandbox};
use serde_json::json;

const HOUR: i64 = 60 * 60_000;

/// One thing of each provider.
async fn one_of_each(sandbox: &Sandbox) {
    begin(sandbox, json!({})).await;
    common::attestr::handshake(sandbox, false).await;
    let create = format!("{}/biometric_kz/kyc/api/v1/flows/session/create/", sandbox.base_url());
    let key = sandbox.control().settings().biometric_kz.flows[0].api_key.clone();
    http().post(create).json(&json!({ "api_key": key })).send().await.unwrap();
    let merchant = common::signicat::Merchant::new(sandbox).await;
    merchant.paper(json!({})).await;
    let dossier = merchant.dossier().await;
    let capture = json!({ "redirectUrl": common::signicat::BACK, "providers": [{ "provider": "signicatpaper" }] });
    merchant.made(&format!("/dossiers/{dossier}/capture"), capture).await;
}

fn counts(sandbox: &Sandbox) -> [usize; 4] {
    let control = sandbox.control();
    [control.transactions().len(), control.handshakes().len(), control.sessions().len(), control.processes().len()]
}

#[tokio::test]
async fn what_is_old_is_forgotten_and_what_is_new_is_not() {
    let sandbox = Sandbox::with(Config { forget_after_ms: Some(8 * HOUR), ..Config::default() }).await.unwrap();
    one_of_each(&sandbox).await;
    sandbox.control().advance(7 * HOUR).await;
    one_of_each(&sandbox).await;
    assert_eq!(counts(&sandbox), [2, 2, 2, 4]);
    let full = sandbox.control().saved().len();
    for _ in 0..3 {
        sandbox.control().advance(9 * HOUR).await;
        one_of_each(&sandbox).await;
        assert_eq!(counts(&sandbox), [1, 1, 1, 2]);
        assert!(sandbox.control().saved().len() < full, "tokens, links and captures go along");
    }
    // Whatever is asked for, the old goes; and what was due about it happens to nothing.
    sandbox.control().advance(24 * HOUR).await;
    http().get(format!("{}/attestr/cdn/flowx.js", sandbox.base_url())).send().await.unwrap();
    assert_eq!(counts(&sandbox), [0, 0, 0, 0]);
}

#[tokio::test]
async fn everything_is_kept_unless_the_settings_say_otherwise() {
    let sandbox = Sandbox::start().await.unwrap();
    one_of_each(&sandbox).await;
    sandbox.control().advance(1_000 * HOUR).await;
    one_of_each(&sandbox).await;
    assert_eq!(counts(&sandbox), [2, 2, 2, 4]);
    let short = Config { forget_after_ms: Some(59_999), ..Config::default() };
    assert!(Sandbox::with(short).await.is_err());
}
