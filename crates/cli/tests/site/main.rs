//! The demo's two sites over real HTTP, with the scripted user of the played demo in place of a browser.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod accidents;
mod stand;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use idvkit_cli::site::{Options, Site};
use serde_json::{Value, json};
use stand::{Folder, Running};

/// Provider, flow, and the name of the user who knows it.
const FLOWS: [(&str, &str, &str); 6] = [
    ("jumio", "authentication", "jumio"),
    ("attestr", "flowx", "attestr"),
    ("biometric_kz", "flow", "biometric_kz"),
    ("signicat", "document", "signicat document"),
    ("signicat", "capture", "signicat capture"),
    ("signicat", "eid", "signicat eid"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_flow_comes_to_its_outcome() {
    let site = Running::start(&Options::default()).await;
    for (provider, flow, name) in FLOWS {
        let case = site.open(json!({ "provider": provider, "flow": flow })).await;
        case.walk(name).await;
        let state = case.outcome().await;
        let expected = if provider == "attestr" { "completed" } else { "approved" };
        assert_eq!(state["outcome"], expected, "{name}");
        let basis = if provider == "attestr" { "signed as sent" } else { "fetched" };
        assert_eq!(state["evidence"]["basis"], basis, "{name}");
        assert_eq!(state["evidence"]["production"], false, "{name}");
        assert_eq!(case.count("acts, once").await, 1, "{name}");
        assert_eq!(case.count("decision: ").await, 1, "{name}");
        // Callbacks may come after the decision, and change nothing.
        site.advance(10_000).await;
        assert_ne!(case.count("callback").await, 0, "{name}: no callback came");
        assert_eq!(case.state().await["revision"], state["revision"], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sdk_is_played() {
    let site = Running::start(&Options::default()).await;
    let case = site.open(json!({ "provider": "signicat", "flow": "sdk" })).await;
    assert_eq!(case.state().await["can"]["sdk"], true);
    assert_eq!(case.post("sdk", "").await.0, 204);
    assert_eq!(case.outcome().await["outcome"], "approved");
    assert_eq!(case.post("sdk", "").await.1["error"]["code"], "no_sdk");
}

#[tokio::test(flavor = "multi_thread")]
async fn scenarios_make_the_sandbox_do_what_they_say() {
    let site = Running::start(&Options::default()).await;
    for (provider, flow, name, scenario, expected) in [
        ("jumio", "authentication", "jumio", "declined", "declined"),
        ("jumio", "authentication", "jumio", "inconclusive", "inconclusive"),
        ("jumio", "authentication", "jumio", "html-instead-of-json", "approved"),
        ("biometric_kz", "flow", "biometric_kz", "declined", "declined"),
        ("attestr", "flowx", "attestr", "tampered-result", "failed (signature_wrong)"),
        ("signicat", "document", "signicat document", "declined", "declined"),
        ("signicat", "eid", "signicat eid", "rate-limited", "approved"),
        ("signicat", "capture", "signicat capture", "lost-callback", "approved"),
    ] {
        let case = site.open(json!({ "provider": provider, "flow": flow, "scenario": scenario })).await;
        case.presented().await;
        case.walk(name).await;
        assert_eq!(case.outcome().await["outcome"], expected, "{name} {scenario}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_in_the_catalog_can_be_started() {
    let site = Running::start(&Options::default()).await;
    let catalog = site.get("/api/catalog").await;
    for flow in catalog["flows"].as_array().unwrap() {
        let mut wish = json!({ "provider": flow["provider"], "flow": flow["flow"] });
        let names: Vec<&Value> = flow["scenarios"].as_array().unwrap().iter().map(|it| &it["scenario"]).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "one name twice: {names:?}");
        for scenario in flow["scenarios"].as_array().unwrap() {
            assert_ne!(scenario["about"], "", "{scenario}: the played demo knows no such scenario");
            wish["scenario"] = scenario["scenario"].clone();
            site.open(wish.clone()).await;
        }
        for locale in flow["locales"].as_array().unwrap() {
            wish["locale"] = locale.clone();
            site.open(wish.clone()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_network_and_browser_can_be_bad() {
    let site = Running::start(&Options::default()).await;
    for provider in ["jumio", "biometric_kz"] {
        let page = async |scenario: &str| {
            let case = site.open(json!({ "provider": provider, "scenario": scenario })).await;
            let ways = case.state().await["next"]["journey"]["ways"].clone();
            let url = ways.as_array().unwrap().iter().find_map(|way| way["url"].as_str()).unwrap().to_owned();
            let begun = Instant::now();
            let text = site.http.get(url).send().await.unwrap().text().await.unwrap();
            (begun.elapsed(), text)
        };
        let (took, _) = page("slow-network").await;
        assert!(took >= Duration::from_secs(3), "{provider}: {took:?}");
        let (_, text) = page("storage-blocked").await;
        assert!(text.contains("data-storage=\"blocked\""), "{provider}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_changes_nothing() {
    let site = Running::start(&Options::default()).await;
    for (provider, flow, name) in FLOWS {
        let case = site.open(json!({ "provider": provider, "flow": flow })).await;
        let before = case.state().await;
        for (endpoint, forgery) in [("redirect", "redirect"), ("hint", "message")] {
            let text = before["forge"][forgery].as_str().unwrap();
            let (status, answer) = case.forge(endpoint, text).await;
            assert!(status == 204 || status == 400, "{name} {endpoint}: {status} {answer}");
        }
        site.advance(60_000).await;
        assert_eq!(case.state().await["outcome"], Value::Null, "{name}");
        assert_eq!(case.count("sends something forged").await, 2, "{name}");
        assert_eq!(case.count("acts, once").await, 0, "{name}");
        // The session is none the worse for it.
        if provider == "jumio" || name == "signicat eid" {
            case.presented().await;
            assert_eq!(case.state().await["next"]["journey"]["id"], before["next"]["journey"]["id"], "{name}");
            case.walk(name).await;
            assert_eq!(case.outcome().await["outcome"], "approved", "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_of_a_stranger_is_refused() {
    let site = Running::start(&Options::default()).await;
    let case = site.open(json!({ "provider": "jumio" })).await;
    let before = case.state().await;
    let reference = before["forge"]["redirect"].as_str().unwrap().rsplit('=').next().unwrap();
    let form = format!(
        "callBackType=NETVERIFY_AUTHENTICATION&transactionReference={reference}&transactionResult=PASSED\
         &enrollmentTransactionReference=22222222-2222-4222-8222-222222222222&scanSource=WEB\
         &transactionDate=2026-01-01T00%3A00%3A00.000Z&callbackDate=2026-01-01T00%3A00%3A00.000Z"
    );
    let callback = format!("{}/callback/jumio/{}", site.merchant, "0".repeat(32));
    let request = site.http.post(callback).header("content-type", "application/x-www-form-urlencoded").body(form);
    assert_eq!(request.send().await.unwrap().status(), 403);
    assert_eq!(case.state().await["revision"], before["revision"]);
    assert_eq!(case.count("callback – refused").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_everything_goes_on_in_the_middle_of_a_journey() {
    let folder = Folder::new("whole");
    let options = Options { port: Some(0), data: Some(folder.file()), ..Options::default() };
    for (provider, flow, name) in FLOWS {
        let site = Running::start(&options).await;
        let case = site.open(json!({ "provider": provider, "flow": flow })).await;
        let (id, before) = (case.id.clone(), case.state().await);
        let addresses = (site.merchant.clone(), site.sandbox.clone());
        site.stop().await;

        let site = Running::start(&options).await;
        assert_eq!(addresses, (site.merchant.clone(), site.sandbox.clone()), "links that users hold lead there");
        let case = site.case(&id);
        let after = case.state().await;
        assert_eq!(before["next"]["journey"], after["next"]["journey"], "{name}");
        case.walk(name).await;
        // The verdict is on its way when everything stops once more.
        site.stop().await;
        let site = Running::start(&options).await;
        let case = site.case(&id);
        let expected = if provider == "attestr" { "completed" } else { "approved" };
        assert_eq!(case.outcome().await["outcome"], expected, "{name}");
        assert_eq!(case.count("acts, once").await, 1, "{name}");
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_merchant_alone_goes_on() {
    let settings = idvkit_sandbox::Config { real_time: true, ..idvkit_sandbox::Config::default() };
    let sandbox = idvkit_sandbox::Sandbox::with(settings).await.unwrap();
    let folder = Folder::new("merchant");
    let (port, at) = (Some(0), Some(sandbox.base_url().to_owned()));
    let options = Options { port, sandbox: at, data: Some(folder.file()), ..Options::default() };
    let site = Running::start(&options).await;
    let case = site.open(json!({ "provider": "jumio" })).await;
    let id = case.id.clone();
    case.walk("jumio").await;
    site.stop().await;
    // The provider's callback finds nobody; it is tried again.
    sandbox.control().advance(10_000).await;
    let site = Running::start(&options).await;
    assert_eq!(site.case(&id).outcome().await["outcome"], "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_act_once() {
    let settings = idvkit_sandbox::Config { real_time: true, ..idvkit_sandbox::Config::default() };
    let sandbox = idvkit_sandbox::Sandbox::with(settings).await.unwrap();
    let folder = Folder::new("two");
    let (port, at) = (Some(0), Some(sandbox.base_url().to_owned()));
    let options = Options { port, sandbox: at, data: Some(folder.file()), ..Options::default() };
    let (first, second) = (Running::start(&options).await, Running::start(&options).await);
    assert_ne!(first.merchant, second.merchant);
    let mut cases = Vec::new();
    for _ in 0..5 {
        cases.push(first.open(json!({ "provider": "jumio" })).await);
    }
    for case in &cases {
        case.walk("jumio").await;
    }
    for case in &cases {
        let both = (case.outcome().await, second.case(&case.id).outcome().await);
        assert_eq!((both.0["outcome"].as_str(), both.1["outcome"].as_str()), (Some("approved"), Some("approved")));
        assert_eq!(case.count("acts, once").await, 1);
        assert_eq!(case.count("decision: ").await, 1);
    }
    assert_eq!(sandbox.control().transactions().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_show_the_same_and_act_once() {
    let site = Running::start(&Options::default()).await;
    let case = site.open(json!({ "provider": "signicat", "flow": "eid" })).await;
    let (one, two) = (case.state().await, case.state().await);
    assert_eq!(one["next"]["journey"], two["next"]["journey"]);
    case.walk("signicat eid").await;
    // The second tab comes back as well, and both ask for all there is.
    let url = one["forge"]["redirect"].as_str().unwrap();
    let (first, second) = tokio::join!(case.post("redirect", url), case.post("redirect", url));
    assert!(first.0 == 204 && second.0 == 204, "{first:?} {second:?}");
    assert_eq!(case.outcome().await["outcome"], "approved");
    assert_eq!(case.count("acts, once").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_resumes_after_the_last_entry_seen() {
    let site = Running::start(&Options::default()).await;
    let case = site.open(json!({ "provider": "jumio" })).await;
    let all = case.events(0).await;
    assert!(all.len() >= 4, "{all:?}");
    let (middle, _) = all[1];
    let rest = case.events(middle).await;
    assert_eq!(rest, all[2..]);

    // Nothing is left to tell: what comes next comes at once.
    let last = all.last().unwrap().0;
    let (url, http) = (case.url("events"), site.http.clone());
    let waiting = tokio::spawn(async move {
        let mut stream = http.get(url).header("last-event-id", last.to_string()).send().await.unwrap();
        let mut text = String::new();
        while !text.contains("redirect") {
            text.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
        }
        text
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    case.post("redirect", case.state().await["forge"]["redirect"].as_str().unwrap()).await;
    let text = tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
    assert!(!text.contains("opens a session"), "what was seen is not told again: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_and_erasure_are_offered_where_they_are_allowed() {
    let site = Running::start(&Options::default()).await;
    let case = site.open(json!({ "provider": "jumio", "scenario": "error-then-retry" })).await;
    let failed = case.state().await;
    assert_eq!((failed["outcome"].as_str(), &failed["can"]["retry"]), (Some("failed (http_status)"), &json!(true)));
    let (status, state) = case.post("retry", "").await;
    assert_eq!((status, &state["step"]), (200, &json!("present")));
    case.walk("jumio").await;
    let approved = case.outcome().await;
    assert_eq!((&approved["can"]["retry"], &approved["can"]["erase"]), (&json!(false), &json!(true)));
    assert_eq!(case.post("retry", "").await.1["error"]["code"], "retry_refused");

    let (status, erased) = case.post("erase", "").await;
    assert_eq!((status, &erased["outcome"], &erased["evidence"]), (200, &json!("approved"), &Value::Null));
    assert_eq!(erased["next"]["erased"], "here and at the provider (1)");
    assert_eq!(erased["can"]["erase"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_by_name() {
    let site = Running::start(&Options::default()).await;
    for (wish, code, field) in [
        (r#"{"provider": "acme"}"#, "unknown_provider", "provider"),
        (r#"{"provider": "jumio", "flow": "eid"}"#, "unknown_flow", "flow"),
        (r#"{"provider": "jumio", "locale": "tlh"}"#, "unknown_locale", "locale"),
        (r#"{"provider": "jumio", "scenario": "mask-attack"}"#, "unknown_scenario", "scenario"),
    ] {
        let (status, answer) = site.post("/api/sessions", wish).await;
        assert_eq!(status, 400, "{wish}");
        assert_eq!((answer["error"]["code"].as_str(), answer["error"]["field"].as_str()), (Some(code), Some(field)));
    }
    let far = site.post("/api/clock", r#"{"advance_ms": -1}"#).await;
    assert_eq!((far.0, &far.1["error"]["code"]), (400, &json!("advance_out_of_range")));
    assert_eq!(site.post("/api/sessions/none/hint", "x").await.0, 404);
    assert_eq!(site.post("/callback/jumio", "x").await.0, 400);
    assert_eq!(site.post("/callback/acme", "x").await.0, 404);
    let case = site.open(json!({ "provider": "signicat", "flow": "document" })).await;
    assert_eq!(case.post("images", "x").await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_of_the_site_may_use_it() {
    let site = Running::start(&Options::default()).await;
    let page = site.http.get(&site.merchant).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let text = page.text().await.unwrap();
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(text.contains(&format!("nonce=\"{nonce}\"")) && !text.contains("{nonce}"));
    assert!(!policy.contains("unsafe") && policy.contains(&format!("frame-src 'self' {};", site.sandbox)));

    let rebound = site.http.get(&site.merchant).header("host", "evil.example").send().await.unwrap();
    assert_eq!(rebound.status(), 421);
    let clock = format!("{}/api/clock", site.merchant);
    let foreign = site.http.post(clock).header("origin", "https://evil.example").body(r#"{"advance_ms":1}"#);
    assert_eq!(foreign.send().await.unwrap().status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strange_file_is_refused() {
    let folder = Folder::new("strange");
    std::fs::write(folder.file(), "this is no database, although it is a file of some length").unwrap();
    let options = Options { port: Some(0), data: Some(folder.file()), ..Options::default() };
    let error = format!("{:#}", Site::start(&options).await.err().unwrap());
    assert!(error.starts_with("--data: ") && error.contains("delete it"), "{error}");
}
