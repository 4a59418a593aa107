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
fn a_local_copy_of_the_library_is_named_as_it_was_given() {
    let src = "/js/flowx.js?v=1&x";
    let options = Options { library_src: Some(src.into()), ..Options::default() };
    let journey = shown(Config { options, ..config() }, request());
    assert!(matches!(&journey.ways[0], Way::Script { src: shown, .. } if shown == src));
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
