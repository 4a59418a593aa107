//! What Signicat's published and other people's typed clients send, and what they need of the answers.
#![allow(clippy::unwrap_used)]

mod common;

use common::signicat::{BACK, Merchant, press};
use idvkit_sandbox::Sandbox;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_member_that_is_null_is_not_there() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let dossier = merchant.made("/dossiers", json!({ "externalReference": null })).await;
    let path = format!("/dossiers/{}", dossier["dossierId"].as_str().unwrap());
    let row = json!({ "provider": "readid", "processType": null, "redact": null });
    let capture = json!({
        "providers": [row], "provider": null, "sdk": null, "redirectUrl": BACK, "uiProfile": null, "notificationUrl": null,
        "captureParameters": { "uiProfile": null, "uiLanguage": null },
    });
    assert!(merchant.made(&format!("{path}/capture"), capture).await["url"].is_string());
    let process = json!({ "provider": "onfido", "processType": "document", "redirectUrl": null, "redact": null });
    assert_eq!(merchant.made(&format!("{path}/processes"), process).await["status"], "pending");
}

#[tokio::test]
async fn user_data_are_in_a_member_of_their_own() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let dossier = merchant.dossier().await;
    let path = format!("/dossiers/{dossier}/userdata");
    let made = merchant.made(&path, json!({ "userData": { "firstName": "Anna", "gender": null } })).await;
    assert_eq!((&made["dossierId"], &made["userData"]), (&json!(dossier), &json!({ "firstName": "Anna" })));
    sandbox.control().advance(5_000).await;
    let put = merchant.send(Method::PUT, &path, Some(json!({ "lastName": "Test" }))).await;
    assert_eq!(put.status(), 200);
    let read = merchant.read(&path).await;
    assert_eq!(read, put.json::<Value>().await.unwrap());
    assert_eq!((&read["userData"], &read["createdAt"]), (&json!({ "lastName": "Test" }), &made["createdAt"]));
    assert_ne!(read["updatedAt"], made["updatedAt"]);

    sandbox.control().configure(|config| config.signicat.flat_user_data = true);
    assert_eq!(merchant.read(&path).await, json!({ "lastName": "Test" }));
    assert_eq!(merchant.post(&path, json!({ "lastName": "Other" })).await.status(), 204);
}

#[tokio::test]
async fn configurations_have_dates_and_document_types_numbers() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let path = "/capture/configurations/demo";
    let made = merchant.made(path, json!({ "pageTitle": "Demo", "customCss": null })).await;
    assert_eq!((&made["id"], made.get("customCss")), (&json!("demo"), None));
    assert_eq!(merchant.post(path, json!({})).await.status(), 409);
    sandbox.control().advance(5_000).await;
    merchant.send(Method::PUT, path, Some(json!({ "pageTitle": "New" }))).await;
    let read = merchant.read(path).await;
    assert_eq!((&read["pageTitle"], &read["createdAt"]), (&json!("New"), &made["createdAt"]));
    assert!(read["updatedAt"].as_str().unwrap() > made["updatedAt"].as_str().unwrap());
    assert_eq!(merchant.read("/capture/configurations").await, json!([read]));
    let types = merchant.read("/signicatpaper/document-types").await;
    assert_eq!((&types[0]["id"], &types[0]["type"], &types[3]["id"]), (&json!(1), &json!("passport"), &json!(4)));
}

#[tokio::test]
async fn facetec_sends_its_scan_with_the_start() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let dossier = merchant.dossier().await;
    let path = merchant.process(&dossier, json!({ "provider": "facetec" })).await;
    let pending = merchant.read(&path).await;
    assert!(pending["facetecEncryptionPublicKey"].is_string() && pending["facetecDeviceKeyIdentifier"].is_string());
    assert_eq!(merchant.start(&path).await.status(), 400);
    let scan = json!({ "faceScan": "A".repeat(2 * 1024 * 1024) });
    assert_eq!(merchant.send(Method::POST, &path, Some(scan)).await.status(), 200);
    sandbox.control().advance(5_000).await;
    assert_eq!(merchant.read(&path).await["status"], "accepted");
}

#[tokio::test]
async fn webid_has_a_page_of_its_own_and_one_of_a_capture_flow() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let dossier = merchant.dossier().await;
    let created = format!("/dossiers/{dossier}/processes");
    let order = json!({ "provider": "webid", "processType": "videoid" });
    assert_eq!(merchant.post(&created, order.clone()).await.status(), 400, "without a way back");
    let order = json!({ "provider": "webid", "processType": "videoid", "redirectUrl": BACK });
    let process = merchant.made(&created, order).await;
    let path = format!("{created}/{}", process["processId"].as_str().unwrap());
    assert_eq!(merchant.start(&path).await.status(), 409);
    let back = press(process["redirectUrl"].as_str().unwrap(), &[("action", "authenticate")]).await.unwrap();
    assert!(back.starts_with(BACK) && back.ends_with("status=accepted"), "{back}");
    let accepted = merchant.read(&path).await;
    assert_eq!((&accepted["status"], &accepted["finalResult"]["firstName"]), (&json!("accepted"), &json!("ANNA")));

    let capture = json!({ "providers": [{ "provider": "webid", "processType": "accountid" }], "redirectUrl": BACK });
    let flow = merchant.made(&format!("/dossiers/{dossier}/capture"), capture).await;
    let back = press(flow["url"].as_str().unwrap(), &[("action", "submit")]).await.unwrap();
    assert!(back.ends_with("status=processing"), "{back}");
    sandbox.control().advance(5_000).await;
    let path = format!("{created}/{}", flow["processId"].as_str().unwrap());
    assert_eq!(merchant.read(&path).await["status"], "accepted");
}
