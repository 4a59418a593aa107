//! What a sandbox must not do to others: speak through a provider's mouth, insist where production does not, and call
//! hosts that belong to somebody.
#![allow(clippy::unwrap_used)]

mod common;

use common::signicat::{Merchant, token};
use common::{ENROLLMENT, begin, body, hint, http, initiate};
use idvkit_sandbox::{Config, Fault, FaultKind, Sandbox};
use reqwest::{Response, StatusCode};
use serde_json::json;

/// One refused call of each kind; the sandbox's sentence is in its own header.
async fn refusals(sandbox: &Sandbox) -> Vec<Response> {
    let merchant = Merchant::new(sandbox).await;
    let dossier = merchant.dossier().await;
    let processes = format!("/dossiers/{dossier}/processes");
    let kyc = format!("{}/biometric_kz/kyc/api/v1/flows/session/create/", sandbox.base_url());
    let attestr = async |body: serde_json::Value| common::attestr::create(sandbox, &body).await;
    let paper = merchant.paper(json!({})).await;
    merchant.start(&paper).await;
    vec![
        initiate(sandbox, &json!({ "enrollmentTransactionReference": "x" })).send().await.unwrap(),
        initiate(sandbox, &body(json!({ "callbackUrl": "http://x" }))).send().await.unwrap(),
        attestr(json!({ "flow": common::attestr::FLOW })).await,
        attestr(json!({ "flow": common::attestr::FLOW, "snapshot": null, "tag": "t", "expiry": 1 })).await,
        http().post(&kyc).body("{,}").send().await.unwrap(),
        http().post(&kyc).body(r#"{"api_key":"x"}"#).send().await.unwrap(),
        merchant.post(&processes, json!({})).await,
        merchant.post(&processes, json!({ "provider": "onfido", "redact": 1 })).await,
        merchant.start(&paper).await,
        http().get(format!("{}/dossiers", merchant.base)).send().await.unwrap(),
        http().get(format!("{}/dossiers", merchant.base)).bearer_auth("x").send().await.unwrap(),
        token(sandbox, "oidc/token", &[("grant_type", "password")], true).await,
        token(sandbox, "oidc/token", &[("grant_type", "client_credentials")], false).await,
    ]
}

#[tokio::test]
async fn an_error_of_a_provider_holds_no_advice_of_the_sandbox() {
    let sandbox = Sandbox::start().await.unwrap();
    for response in refusals(&sandbox).await {
        let (advice, url) = (hint(&response), response.url().path().to_owned());
        assert!(response.status().is_client_error() && !advice.is_empty(), "{url}");
        let said = response.text().await.unwrap();
        assert!(!said.contains(&advice) && !said.to_lowercase().contains("sandbox/"), "{url}: {said}");
        let told = advice.split('.').next().unwrap();
        assert!(!said.contains(told), "{url}: {said}");
    }
    for operation in ["jumio.initiate", "biometric_kz.create_session", "attestr.create_handshake", "signicat.token"] {
        sandbox.control().fault(Fault { status: Some(503), times: 9, ..Fault::once(operation, FaultKind::Status) });
    }
    let kyc = format!("{}/biometric_kz/kyc/api/v1/flows/session/create/", sandbox.base_url());
    for struck in [
        initiate(&sandbox, &body(json!({}))).send().await.unwrap(),
        http().post(kyc).send().await.unwrap(),
        common::attestr::create(&sandbox, &json!({})).await,
        token(&sandbox, "oidc/token", &[], true).await,
    ] {
        assert_eq!(struck.status(), 503);
        assert!(!struck.text().await.unwrap().to_lowercase().contains("demand"));
    }
}

#[tokio::test]
async fn strict_headers_can_be_turned_off() {
    let sandbox = Sandbox::start().await.unwrap();
    let jumio = format!("{}/jumio/us/api/authentication/v1/web/initiate", sandbox.base_url());
    let attestr = format!("{}/attestr/api/v1/public/flowx/handshake", sandbox.base_url());
    let calls = async || -> [StatusCode; 2] {
        // No User-Agent, no Accept, no Content-Type.
        let bare = http().post(&jumio).basic_auth("sandbox-jumio-token", Some("sandbox-jumio-secret"));
        let order =
            json!({ "enrollmentTransactionReference": ENROLLMENT, "callbackUrl": "https://merchant.example/cb" });
        let handshake = json!({ "flow": common::attestr::FLOW, "snapshot": null, "tag": "t" }).to_string();
        let token = format!("Basic {}", common::attestr::TOKEN);
        [
            bare.body(order.to_string()).send().await.unwrap().status(),
            http().post(&attestr).header("authorization", token).body(handshake).send().await.unwrap().status(),
        ]
    };
    assert_eq!(calls().await, [403, 400]);
    sandbox.control().configure(|config| {
        config.jumio.strict_headers = false;
        config.attestr.strict_headers = false;
    });
    assert_eq!(calls().await, [200, 200]);
}

#[tokio::test]
async fn a_callback_to_somebodys_host_is_held_back_and_said() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = "https://www.yourcompany.com:8443/callback";
    let named = "https://www.yourcompany.com/callback";
    let response = initiate(&sandbox, &body(json!({ "callbackUrl": named }))).send().await.unwrap();
    assert!(hint(&response).contains("callback_hosts"), "{}", hint(&response));
    sandbox.control().advance(60 * 60_000).await;
    let log = sandbox.control().deliveries();
    assert_eq!(log.len(), 1, "it is not tried again");
    assert_eq!((log[0].error, log[0].url.as_str(), log[0].retry_at), (Some("foreign_host"), named, None));
    assert!(log[0].body.contains("NETVERIFY_AUTHENTICATION"));

    let merchant = Merchant::new(&sandbox).await;
    let order = |url: &str| json!({ "provider": "onfido", "notificationUrl": url });
    let path = format!("/dossiers/{}/processes", merchant.dossier().await);
    assert!(hint(&merchant.post(&path, order(url)).await).contains("callback_hosts"));
    for near in
        ["http://10.0.2.2:3000/cb", "http://[::1]:3000/cb", "http://shop:3000/cb", "https://merchant.example/cb"]
    {
        assert_eq!(hint(&merchant.post(&path, order(near)).await), "", "{near}");
    }
    for allowed in ["WWW.YourCompany.com", "*"] {
        sandbox.control().configure(|config| config.callback_hosts = vec![allowed.into()]);
        assert_eq!(hint(&merchant.post(&path, order(url)).await), "", "{allowed}");
    }
}

#[tokio::test]
async fn a_rerouted_callback_goes_where_it_is_sent_to() {
    let receiver = common::Receiver::start().await;
    let mut config = Config::default();
    config.reroute.insert("https://www.yourcompany.com/callback".into(), receiver.url.clone());
    let sandbox = Sandbox::with(config).await.unwrap();
    begin(&sandbox, json!({ "callbackUrl": "https://www.yourcompany.com/callback" })).await;
    sandbox.control().advance(60 * 60_000).await;
    assert_eq!(receiver.heard().len(), 1);
}
