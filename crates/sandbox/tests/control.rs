//! The control API, faults, the log, and that a run can be repeated exactly.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::{Receiver, authentications, begin, body, hint, http, initiate};
use idvkit_sandbox::{CallbackMode, CallbackRule, Config, Fault, FaultKind, Sandbox, When};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn call(sandbox: &Sandbox, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/_sandbox/{path}", sandbox.base_url());
    let response = http().post(url).json(&body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn read(sandbox: &Sandbox, path: &str) -> Value {
    http().get(format!("{}/_sandbox/{path}", sandbox.base_url())).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn everything_can_be_steered_over_http() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let accounts = read(&sandbox, "accounts").await;
    assert_eq!(accounts["jumio"]["accounts"][0]["api"]["token"], "sandbox-jumio-token");
    assert_eq!(accounts["biometric_kz"]["dashboard"][0], json!(["Flow for everyone", "LD, F2F"]));
    let start = read(&sandbox, "clock").await["now"].as_i64().unwrap();
    let script = json!({ "provider": "jumio", "outcome": "FAILED", "verdict_delay_ms": 1_000 });
    assert_eq!(call(&sandbox, "script", script).await.0, 200);
    let late = json!({ "provider": "jumio", "mode": "late", "ms": 500 });
    assert_eq!(call(&sandbox, "callbacks", late).await.0, 200);
    let transaction = begin(&sandbox, json!({ "callbackUrl": receiver.url })).await;
    transaction.press("acceptable", &[]).await;
    call(&sandbox, "settle", json!({})).await;
    assert_eq!(call(&sandbox, "clock", json!({ "advance_ms": 1_499 })).await.1["now"], start + 1_499);
    assert!(receiver.heard().is_empty());
    call(&sandbox, "clock", json!({ "set": start + 1_500 })).await;
    assert_eq!(receiver.field("transactionResult"), ["FAILED"]);
    assert_eq!(read(&sandbox, "deliveries").await[0]["status"], 200);
    assert_eq!(read(&sandbox, "jumio/transactions").await[0]["status"], "FAILED");
    for (path, wrong) in [
        ("clock", json!({})),
        ("clock", json!({ "advance_ms": -1 })),
        ("script", json!({ "provider": "jumio", "transaction": "none" })),
        ("script", json!({ "provider": "nobody" })),
        ("settings", json!({ "jumio": { "portal": { "token_lifetime_minutes": 4 } } })),
        ("faults", json!({ "operation": "jumio.page", "kind": "sparks" })),
        ("faults", json!({ "operation": "jumio.initate", "kind": "drop" })),
        ("callbacks", json!({ "provider": "nobody", "mode": "lost" })),
    ] {
        assert_eq!(call(&sandbox, path, wrong.clone()).await.0, 400, "{path} {wrong}");
    }
    let colours =
        json!({ "jumio": { "portal": { "colours": { "en": { "primary": "#010203", "secondary": "#ffffff" } } } } });
    assert_eq!(call(&sandbox, "settings", colours).await.0, 200);
    assert_eq!(read(&sandbox, "jumio/colours?locale=en-GB").await["primary"], "#010203");
    assert!(begin(&sandbox, json!({})).await.open().await.text().await.unwrap().contains("--primary:#010203"));
    call(&sandbox, "reset", json!({})).await;
    assert_eq!(read(&sandbox, "clock").await["now"], start);
    assert_eq!(read(&sandbox, "log").await, json!([]));
    assert_eq!(read(&sandbox, "jumio/colours?locale=en-GB").await, Value::Null);
}

#[tokio::test]
async fn faults_strike_before_or_after_the_provider_acts() {
    let sandbox = Sandbox::start().await.unwrap();
    let control = sandbox.control();
    let send = || initiate(&sandbox, &body(json!({}))).send();
    let limited = Fault {
        status: Some(429),
        retry_after_s: Some(7),
        times: 2,
        ..Fault::once("jumio.initiate", FaultKind::Status)
    };
    control.fault(limited);
    for _ in 0..2 {
        let response = send().await.unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"7".parse().unwrap()));
        assert_eq!(response.json::<Value>().await.unwrap()["httpStatus"], "429");
    }
    control.fault(Fault::once("jumio.*", FaultKind::Html));
    let response = send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
        (503, "text/html; charset=utf-8")
    );
    control.fault(Fault::once("jumio.initiate", FaultKind::InvalidJson));
    let response = send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.json::<Value>().await.is_err());
    assert!(control.transactions().is_empty(), "the provider has seen none of them");

    control.fault(Fault { when: When::After, ..Fault::once("jumio.initiate", FaultKind::Drop) });
    let broken = match send().await {
        Ok(response) => response.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broken);
    assert_eq!(control.transactions().len(), 1, "only the answer was lost");
    let hang = Fault { hang_ms: Some(200), ..Fault::once("jumio.initiate", FaultKind::Hang) };
    control.fault(hang);
    let started = Instant::now();
    let _ = send().await;
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert_eq!(send().await.unwrap().status(), 200);
    control.fault(Fault { code: Some(4005), ..Fault::once("attestr.create_handshake", FaultKind::Status) });
    let url = format!("{}/attestr/api/v1/public/flowx/handshake", sandbox.base_url());
    let response = http().post(url).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(response.json::<Value>().await.unwrap()["code"], 4005);
}

#[tokio::test]
async fn the_log_explains_and_hides_secrets() {
    let sandbox = Sandbox::start().await.unwrap();
    let transaction = begin(&sandbox, json!({})).await;
    transaction.open().await;
    initiate(&sandbox, &body(json!({ "userReference": "anna@mail.example" }))).send().await.unwrap();
    let lost = http().get(format!("{}/nowhere", sandbox.base_url())).send().await.unwrap();
    assert_eq!((lost.status().as_u16(), &lost.headers()["x-sandbox"]), (404, &"idvkit".parse().unwrap()));
    assert!(hint(&lost).contains("/nowhere"));
    let url = format!("{}/jumio/us/api/authentication/v1/web/initiate", sandbox.base_url());
    let preflight = http().request(reqwest::Method::OPTIONS, url).header("origin", "https://shop.example").send();
    let preflight = preflight.await.unwrap();
    assert_eq!(preflight.status(), 405);
    assert!(hint(&preflight).contains("OPTIONS is not the method") && hint(&preflight).contains("keys would leak"));
    assert!(!preflight.headers().contains_key("access-control-allow-origin"));
    let log = sandbox.control().log();
    let operations: Vec<_> = log.iter().map(|entry| entry.operation).collect();
    assert_eq!(operations, ["jumio.initiate", "jumio.page", "jumio.initiate", "unknown", "jumio.initiate"]);
    assert_eq!(log[1].path, "/jumio/us/web/v4/app?authorizationToken=*&locale=en");
    assert!(log[2].hint.as_deref().unwrap().contains("e-mail"));
    let all = serde_json::to_string(&log).unwrap();
    for secret in [transaction.token().as_str(), "sandbox-jumio-secret", "anna@"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn callbacks_can_be_rerouted_and_reserved_names_are_never_called() {
    let receiver = Receiver::start().await;
    let mut config = Config::default();
    config.reroute.insert("https://shop.example".into(), receiver.url.trim_end_matches("/callback").into());
    config.jumio.allow_localhost = false;
    let sandbox = Sandbox::with(config).await.unwrap();
    let refused = initiate(&sandbox, &body(json!({ "callbackUrl": receiver.url }))).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    begin(&sandbox, json!({ "callbackUrl": "https://shop.example/cb" })).await;
    begin(&sandbox, json!({ "callbackUrl": "https://merchant.example/cb" })).await;
    sandbox.control().advance(60 * 60_000).await;
    assert_eq!(receiver.heard().len(), 1);
    let log = sandbox.control().deliveries();
    assert_eq!(log[1].error, Some("reserved_name"));
    assert_eq!((log.len(), log[1].retry_at), (2, None));
}

#[tokio::test]
async fn two_runs_with_one_seed_are_identical() {
    let receiver = Receiver::answering(&[500, 200, 200, 500]).await;
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let sandbox = Sandbox::with(Config { seed, ..Config::default() }).await.unwrap();
        let control = sandbox.control();
        let first = begin(&sandbox, json!({ "callbackUrl": receiver.url })).await;
        begin(&sandbox, json!({ "callbackUrl": receiver.url })).await;
        control.settle().await;
        first.open().await;
        authentications(&sandbox, "GET", &first.reference, "application/json").send().await.unwrap();
        control.advance(20 * 60_000).await;
        let logs = json!([control.log(), control.deliveries(), control.transactions(), control.now()]);
        runs.push(logs.to_string().replace(sandbox.base_url(), "BASE"));
    }
    assert!(runs[0].contains("\"status\":500"));
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test]
async fn pages_say_what_they_are_and_the_port_is_freed() {
    let sandbox = Sandbox::start().await.unwrap();
    let base = sandbox.base_url().to_owned();
    for path in ["/", "/_sandbox", "/_sandbox/", "/attestr/cdn/flowx.js"] {
        let response = http().get(format!("{base}{path}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["x-sandbox"], "idvkit");
        assert!(response.text().await.unwrap().contains("ocal sandbox"), "{path}");
    }
    drop(sandbox);
    let deadline = Instant::now() + Duration::from_secs(5);
    while http().get(&base).send().await.is_ok() {
        assert!(Instant::now() < deadline, "still listening");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn real_time_needs_nobody_to_advance_it() {
    let receiver = Receiver::start().await;
    let mut config = Config { real_time: true, ..Config::default() };
    config.jumio.verdict_delay_ms = 100;
    let sandbox = Sandbox::with(config).await.unwrap();
    let transaction = begin(&sandbox, json!({ "callbackUrl": receiver.url })).await;
    transaction.press("acceptable", &[]).await;
    let deadline = Instant::now() + Duration::from_secs(5);
    while receiver.heard().is_empty() {
        assert!(Instant::now() < deadline, "no callback");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let before = sandbox.control().now();
    sandbox.control().advance(60_000).await;
    assert!(sandbox.control().now() >= before + 60_000);
}

#[tokio::test]
async fn the_two_later_providers_are_steered_the_same_way() {
    let sandbox = Sandbox::start().await.unwrap();
    let accounts = read(&sandbox, "accounts").await;
    assert_eq!(accounts["biometric_kz"]["flows"].as_array().unwrap().len(), 3);
    assert!(accounts["signicat"]["clients"][0]["client_secret"].is_string());
    let flow = json!({ "name": "Mine", "api_key": "k".repeat(47), "technologies": ["ED"] });
    assert_eq!(call(&sandbox, "biometric_kz/flows", flow).await.0, 200);
    assert_eq!(read(&sandbox, "biometric_kz/flows").await[3]["name"], "Mine");
    for (path, right) in [
        ("script", json!({ "provider": "biometric_kz", "scenario": "mask_attack", "pending_ms": 0 })),
        ("script", json!({ "provider": "signicat", "for_provider": "readid", "outcome": "rejected" })),
        ("callbacks", json!({ "provider": "biometric_kz", "mode": "lost" })),
        ("callbacks", json!({ "provider": "signicat", "mode": "duplicate" })),
        ("faults", json!({ "operation": "biometric_kz.create_session", "kind": "drop" })),
        ("faults", json!({ "operation": "signicat.*", "kind": "html" })),
        ("signicat/revoke", json!({})),
    ] {
        assert_eq!(call(&sandbox, path, right.clone()).await.0, 200, "{path} {right}");
    }
    for (path, wrong) in [
        ("script", json!({ "provider": "biometric_kz", "session": "none" })),
        ("script", json!({ "provider": "signicat", "process": "none" })),
        ("signicat/sdk", json!({ "process": "none" })),
        ("settings", json!({ "signicat": { "token_life_s": 3_601 } })),
        ("settings", json!({ "signicat": { "routes": { "signicat.nothing": "/x" } } })),
    ] {
        assert_eq!(call(&sandbox, path, wrong.clone()).await.0, 400, "{path} {wrong}");
    }
    assert_eq!(read(&sandbox, "biometric_kz/sessions").await, json!([]));
    assert_eq!(read(&sandbox, "signicat/processes").await, json!([]));
}

#[tokio::test]
async fn a_body_that_comes_late_leaves_the_connection_open() {
    let sandbox = Sandbox::start().await.unwrap();
    let host = sandbox.base_url().trim_start_matches("http://").to_owned();
    for path in ["/_sandbox/reset", "/jumio/us/nothing-here", "/_sandbox/log"] {
        let mut connection = TcpStream::connect(&host).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 2\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let rest = format!("{{}}GET /_sandbox/clock HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        connection.write_all(rest.as_bytes()).await.unwrap();
        let mut answers = String::new();
        connection.read_to_string(&mut answers).await.unwrap();
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 2, "{path}: {answers}");
        assert!(answers.contains("\"now\""), "{path}: {answers}");
    }
}

#[tokio::test]
async fn faults_and_callbacks_name_what_there_is() {
    let sandbox = Sandbox::start().await.unwrap();
    let operations = read(&sandbox, "faults").await["operations"].clone();
    let names: Vec<&str> = operations.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(names.is_sorted());
    for name in ["jumio.page", "signicat.delete", "signicat.discard_process", "signicat.raw", "attestr.socket"] {
        assert!(names.contains(&name), "{name}");
    }
    let control = sandbox.control();
    assert!(names.iter().all(|name| control.fault(Fault::once(name, FaultKind::Drop))));
    assert!(control.fault(Fault::once("*", FaultKind::Drop)));
    for none in ["attestr.handshake", "unknown", "", "signicat.*.process"] {
        assert!(!control.fault(Fault::once(none, FaultKind::Drop)), "{none}");
    }
    assert!(control.callbacks(CallbackRule::next("signicat", CallbackMode::Lost)));
    assert!(!control.callbacks(CallbackRule::next("signicaat", CallbackMode::Lost)));
}

#[tokio::test]
async fn a_fault_for_everything_strikes_no_path_that_nobody_has() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.control().fault(Fault { status: Some(418), ..Fault::once("*", FaultKind::Status) });
    for (path, status) in [("nobody", 404), ("jumio/us/nothing", 404), ("attestr/cdn/flowx.js", 418)] {
        let url = format!("{}/{path}", sandbox.base_url());
        assert_eq!(http().get(url).send().await.unwrap().status(), status, "{path}");
    }
}

#[tokio::test]
async fn every_401_says_how_to_authenticate() {
    let sandbox = Sandbox::start().await.unwrap();
    let get = async |path: &str, authorization: &str| {
        let url = format!("{}/{path}", sandbox.base_url());
        let request = http().get(url).header("user-agent", common::USER_AGENT).header("accept", "application/json");
        let response = request.header("authorization", authorization).send().await.unwrap();
        let challenge = response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), challenge.unwrap_or_default())
    };
    let transaction = "jumio/us/api/netverify/v2/authentications/x";
    assert_eq!(get(transaction, "Basic eDp5").await, (401, "Basic realm=\"jumio\", charset=\"UTF-8\"".into()));
    let handshake = "attestr/api/v1/public/flowx/handshake/x";
    assert_eq!(get(handshake, "Basic eDp5").await, (401, "Basic realm=\"attestr\"".into()));
    let refused = "Bearer realm=\"signicat\", error=\"invalid_token\"";
    assert_eq!(get("signicat/assure/dossiers", "Bearer x").await, (401, refused.into()));
    let form =
        [("grant_type", "client_credentials"), ("scope", "signicat-api"), ("client_id", "x"), ("client_secret", "y")];
    let token = common::signicat::token(&sandbox, "auth/open/connect/token", &form, false).await;
    assert_eq!(
        (token.status().as_u16(), token.headers()["www-authenticate"].to_str().unwrap()),
        (401, "Basic realm=\"signicat\"")
    );
    // A fault is an answer of the provider's, too.
    for operation in ["jumio.*", "attestr.*", "biometric_kz.*", "signicat.*"] {
        sandbox.control().fault(Fault { status: Some(401), ..Fault::once(operation, FaultKind::Status) });
    }
    for path in [transaction, handshake, "biometric_kz/kyc/api/v1/flows/session/result/", "signicat/assure/dossiers"] {
        let (status, challenge) = get(path, "").await;
        assert!(status == 401 && challenge.contains(" realm="), "{path}: {challenge}");
    }
}

#[test]
fn a_patch_changes_only_what_it_names() {
    let config = Config::default().patched(&json!({ "seed": 9, "jumio": { "liveness_images": 7 } })).unwrap();
    assert_eq!((config.seed, config.jumio.liveness_images), (9, 7));
    assert_eq!(config.jumio.accounts.len(), Config::default().jumio.accounts.len());
}

#[test]
fn a_misspelt_setting_is_an_error() {
    assert!(Config::default().patched(&json!({ "sede": 9 })).is_err());
    assert!(Config::default().patched(&json!({ "jumio": { "portal": { "domain_prefix": "-a" } } })).is_err());
}

#[test]
fn every_stand_in_checks_its_settings() {
    for patch in [
        json!({ "jumio": { "fraction_digits": 4 } }),
        json!({ "attestr": { "flows": [{ "id": "FX0", "stages": [] }] } }),
        json!({ "biometric_kz": { "flows": [{ "name": "x", "api_key": "short", "technologies": ["ED"] }] } }),
        json!({ "signicat": { "clients": [] } }),
    ] {
        assert!(Config::default().patched(&patch).is_err(), "{patch}");
    }
}
