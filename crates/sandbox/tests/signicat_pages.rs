//! Signicat's hosted pages and callbacks over real HTTP: capture with one and two providers, eID.
#![allow(clippy::unwrap_used)]

mod common;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::signicat::{BACK, Merchant, eid, press, script};
use common::{Receiver, hint, http};
use idvkit_sandbox::signicat::{SignicatOutcome, SignicatScript, TwoProviderRedirect, UserInfoForm};
use idvkit_sandbox::{CallbackMode, CallbackRule, Sandbox};
use serde_json::{Value, json};

#[tokio::test]
async fn a_capture_creates_starts_and_comes_back() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let merchant = Merchant::new(&sandbox).await;
    let dossier = merchant.dossier().await;
    let capture = format!("/dossiers/{dossier}/capture");
    let body = json!({
        "providers": [{ "provider": "signicatvideoid", "processType": "substantialFullyAuto" }], "sdk": "native",
        "redirectUrl": BACK, "captureParameters": { "uiProfile": "demo" }, "notificationUrl": receiver.url,
        "authorizationHeader": "secret",
    });
    let answer = merchant.made(&capture, body).await;
    let process = answer["processId"].as_str().unwrap();
    let path = format!("/dossiers/{dossier}/processes/{process}");
    assert_eq!(merchant.start(&path).await.status(), 409, "the page starts it");
    let page = answer["url"].as_str().unwrap();
    assert!(http().get(page).send().await.unwrap().text().await.unwrap().contains("Provider 1 of 1"));
    let back = press(page, &[("action", "submit")]).await.unwrap();
    assert_eq!(back, format!("{BACK}&dossierId={dossier}&processId={process}&status=processing"));
    assert_eq!(http().get(page).send().await.unwrap().headers()["location"], back.as_str(), "again: the same way back");
    sandbox.control().advance(5_000).await;
    assert_eq!(receiver.heard()[0].authorization.as_deref(), Some("secret"));
    assert_eq!(merchant.read(&path).await["status"], "accepted");

    // The guide's own form: one provider. The user refuses the camera, or leaves.
    for (action, status) in [("deny_camera", "failed"), ("cancel", "canceled"), ("fail", "failed")] {
        let answer = merchant.made(&capture, json!({ "provider": "signicatpaper", "redirectUrl": BACK })).await;
        let back = press(answer["url"].as_str().unwrap(), &[("action", action)]).await.unwrap();
        assert!(back.ends_with(&format!("&status={status}")), "{back}");
    }
    let answer = merchant.made(&capture, json!({ "provider": "readid", "redirectUrl": BACK })).await;
    press(answer["url"].as_str().unwrap(), &[("action", "submit"), ("outcome", "inconclusive")]).await.unwrap();
    sandbox.control().advance(5_000).await;
    let path = format!("/dossiers/{dossier}/processes/{}", answer["processId"].as_str().unwrap());
    assert_eq!(merchant.read(&path).await["status"], "inconclusive");
    sandbox.control().configure(|config| config.signicat.capture_returns_process_id = false);
    let answer = merchant.made(&capture, json!({ "provider": "readid", "redirectUrl": BACK })).await;
    assert!(answer.get("processId").is_none());
}

#[tokio::test]
async fn two_providers_come_back_with_the_dossier_only() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let dossier = merchant.dossier().await;
    let body = json!({ "providers": [{ "provider": "signicatpaper" }, { "provider": "readid" }], "redirectUrl": BACK });
    let rejected = SignicatScript {
        for_provider: Some("readid".into()),
        outcome: Some(SignicatOutcome::Rejected),
        ..SignicatScript::default()
    };
    script(&sandbox, rejected);
    let answer = merchant.made(&format!("/dossiers/{dossier}/capture"), body.clone()).await;
    assert!(answer.get("processId").is_none());
    let page = answer["url"].as_str().unwrap();
    assert!(press(page, &[("action", "submit")]).await.unwrap_err().contains("Provider 2 of 2"));
    assert_eq!(press(page, &[("action", "submit")]).await.unwrap(), format!("{BACK}&dossierId={dossier}"));
    sandbox.control().advance(5_000).await;
    let processes = merchant.read(&format!("/dossiers/{dossier}/processes")).await;
    let found: Vec<_> = processes.as_array().unwrap().iter().map(|it| (&it["provider"], &it["status"])).collect();
    assert_eq!(found, [(&json!("signicatpaper"), &json!("accepted")), (&json!("readid"), &json!("rejected"))]);

    sandbox.control().configure(|config| config.signicat.two_provider_redirect = TwoProviderRedirect::LastProcess);
    let answer = merchant.made(&format!("/dossiers/{dossier}/capture"), body).await;
    let back = press(answer["url"].as_str().unwrap(), &[("action", "cancel")]).await.unwrap();
    assert!(back.contains("&processId=") && back.ends_with("&status=canceled"));
    assert_eq!(sandbox.control().processes().iter().filter(|it| it.status == "canceled").count(), 2);
}

#[tokio::test]
async fn an_eid_is_final_at_the_redirect() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let merchant = Merchant::new(&sandbox).await;
    let (path, page) = eid(&merchant, json!({ "notificationUrl": receiver.url })).await;
    assert!(http().get(&page).send().await.unwrap().text().await.unwrap().contains("idin"));
    assert_eq!(merchant.start(&path).await.status(), 409);
    let back = press(&page, &[("action", "authenticate")]).await.unwrap();
    assert!(back.starts_with(&format!("{BACK}&dossierId=")) && back.ends_with("&status=accepted"), "{back}");
    let process = merchant.read(&path).await;
    assert_eq!(process["providerSpecific"]["userInfo"]["given_name"], "ANNA");
    assert_eq!(process["finalResult"]["birthdate"], "19900102", "not normalised");
    sandbox.control().settle().await;
    assert_eq!(receiver.heard().len(), 1, "the same fact a second time");
    for (action, status) in [("cancel", "canceled"), ("fail", "failed")] {
        let (path, page) = eid(&merchant, json!({})).await;
        assert!(press(&page, &[("action", action)]).await.unwrap().ends_with(&format!("&status={status}")));
        assert!(merchant.read(&path).await.get("providerSpecific").is_none());
    }
    let dossier = merchant.dossier().await;
    let missing = merchant.post(&format!("/dossiers/{dossier}/processes"), json!({ "provider": "connect:idin" })).await;
    assert!(hint(&missing).contains("redirectUrl is required"));
}

#[tokio::test]
async fn user_data_come_in_three_forms() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    for (form, parts) in [(UserInfoForm::SignedJwt, 3), (UserInfoForm::EncryptedJwt, 5)] {
        script(&sandbox, SignicatScript { userinfo: Some(form), ..SignicatScript::default() });
        let (path, page) = eid(&merchant, json!({})).await;
        press(&page, &[("action", "authenticate")]).await.unwrap();
        let process = merchant.read(&path).await;
        assert_eq!(process["status"], "accepted");
        let token = process["providerSpecific"]["userInfo"].as_str().unwrap();
        assert_eq!(token.split('.').count(), parts);
        assert_eq!(process.get("finalResult").is_some(), form == UserInfoForm::SignedJwt);
        let header: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap();
        assert_eq!(header.get("enc").is_some(), form == UserInfoForm::EncryptedJwt);
    }
}

#[tokio::test]
async fn a_callback_can_overtake_the_answer_and_is_resent_five_times() {
    let receiver = Receiver::answering(&[200, 500, 500, 500, 500, 500, 500, 500]).await;
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let first = || script(&sandbox, SignicatScript { callback_first: true, ..SignicatScript::default() });
    first();
    let path = merchant.paper(json!({ "notificationUrl": receiver.url })).await;
    let response = merchant.start(&path).await;
    assert_eq!(receiver.heard().len(), 1, "before the answer is read");
    assert_eq!(response.json::<Value>().await.unwrap()["status"], "processing");
    first();
    let (_, page) = eid(&merchant, json!({ "notificationUrl": receiver.url })).await;
    press(&page, &[("action", "authenticate")]).await.unwrap();
    assert_eq!(receiver.heard().len(), 2);
    sandbox.control().advance(24 * 60 * 60_000).await;
    assert_eq!(receiver.heard().len(), 2 + 5);
    sandbox.control().callbacks(CallbackRule::next("signicat", CallbackMode::Duplicate));
    let merchant = Merchant::new(&sandbox).await;
    let path = merchant.paper(json!({ "notificationUrl": receiver.url })).await;
    merchant.start(&path).await;
    sandbox.control().advance(60 * 60_000).await;
    assert_eq!(receiver.heard().len(), 2 + 5 + 2 + 1, "one 500 was left");
}
