//! What pages and phones get.

use idvkit_attestr::{Attestr, Config, Options, Request};
use idvkit_core::{Journey, Provider, Seen, Way, read};

use crate::run::{AUTH_TOKEN, CLIENT_KEY, CREATED, HANDSHAKE, Run, SECRET, TAG, config, request};

fn shown(config: Config, request: Request) -> Journey {
    let mut run = Run::with(config, request);
    run.answer(200, CREATED);
    run.journey()
}

#[test]
fn offers_script_and_three_sdks_and_no_secret() {
    let journey = shown(config(), Request { locale: Some("HI".into()), ..request() });
    let names: Vec<_> = journey.ways.iter().map(Way::name).collect();
    assert_eq!(names, ["script", "native", "native", "native"]);
    assert!(journey.refused.is_empty());
    let text = journey.to_json();
    for part in [CLIENT_KEY, HANDSHAKE, "https://cdn.attestr.com/flowx.js", r#""value":"hi""#, r#""pan""#] {
        assert!(text.contains(part), "{part}");
    }
    for secret in [SECRET, AUTH_TOKEN, TAG] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert_eq!(Journey::from_json(&text).unwrap(), journey);
}

#[test]
fn the_read_vectors_are_about_this_journey() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/data/read/attestr.json");
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let shown: serde_json::Value = serde_json::from_str(&shown(config(), request()).to_json()).unwrap();
    assert_eq!(file["journey"], shown);
}

#[test]
fn no_language_is_null() {
    let Way::Script { options, .. } = &shown(config(), request()).ways[0] else { panic!() };
    let text = serde_json::to_string(options).unwrap();
    assert!(text.contains(r#"{"name":"lc","value":{"type":"null"}}"#), "{text}");
}

#[test]
fn every_spelling_of_every_handler_is_heard() {
    let journey = shown(config(), request());
    let hint = |name: &str| {
        let seen = Seen::Event { name: name.into(), data: "{}".into() };
        read(&journey, &seen).map(|text| {
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            value["kind"].as_str().unwrap().to_string()
        })
    };
    for name in ["onFlowxSuccess", "onFlowxComplete", "onFlowXComplete", "onComplete", "FlowxSuccess"] {
        assert_eq!(hint(name).as_deref(), Some("success"));
    }
    for name in ["onFlowxError", "onFlowXError", "onError", "FlowxError"] {
        assert_eq!(hint(name).as_deref(), Some("error"));
    }
    for name in ["onFlowxSkip", "onFlowXSkip", "onSkip", "FlowxSkip"] {
        assert_eq!(hint(name).as_deref(), Some("skipped"));
    }
    assert_eq!(hint("onLoad"), None);
}

#[test]
fn the_snippet_launches_and_cannot_be_broken_out_of() {
    let mut hostile = request();
    hostile.variables.insert("name".into(), "</script><script>alert(1)</script>\u{2028}\"&".into());
    let options = Options { library_src: Some("/js/flowx.js?v=1&x".into()), ..Options::default() };
    let html = snippet(&shown(Config { options, ..config() }, hostile)).unwrap();
    assert!(html.starts_with(r#"<script src="/js/flowx.js?v=1&amp;x"></script>"#));
    assert_eq!(html.matches("</script>").count(), 2);
    assert_eq!(html.matches("<script").count(), 2);
    assert!(html.contains(r#"\u003c/script\u003e\u003cscript\u003ealert(1)\u003c/script\u003e\u2028\"\u0026"#));
    assert!(html.contains("new AttestrFlowx(options).launch();"));
    assert!(html.contains(r#""hs": "DS02zfeuv6n4gkq51hvw6""#) && html.contains(r#""retry": false"#));
    assert!(html.contains(r#""onFlowxSuccess", "onFlowxComplete""#));
}

#[test]
fn a_hostile_journey_gives_no_snippet() {
    let text = shown(config(), request()).to_json().replace(r#""AttestrFlowx""#, r#""x(); alert""#);
    assert_eq!(snippet(&Journey::from_json(&text).unwrap()), None);
}

#[test]
fn tables_keep_codes_apart_by_operation() {
    let catalog = Attestr::catalog();
    let mut keys: Vec<_> = catalog.errors.iter().map(|row| (row.operation.clone(), row.code.clone())).collect();
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all, "one row per operation and code");
    let meanings: Vec<_> =
        catalog.errors.iter().filter(|row| row.code == "4005").map(|row| row.meaning.as_str()).collect();
    assert!(meanings.contains(&"The credit balance is low") && meanings.contains(&"The image is too large"));
    assert!(catalog.browsers.iter().any(|browser| browser.name == "Android WebView"));
    assert!(catalog.locales[0].open && catalog.locales[0].locales.len() == 2);
}

/// The script way as HTML.
fn snippet(journey: &Journey) -> Option<String> {
    journey.ways.iter().find(|way| way.name() == "script").and_then(Way::html)
}
