//! `read` over every vector: what a page saw, and the hint that comes of it.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use std::fs;

use idvkit_core::{Hint, Journey, MAX_HINT_BYTES, Seen, UnixMillis, read};
use proptest::prelude::*;
use serde_json::Value;

#[test]
fn every_vector() {
    let folder = format!("{}/../vectors/data/read", env!("CARGO_MANIFEST_DIR"));
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty());
    for path in files {
        let file: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let journey = Journey::from_json(&file["journey"].to_string()).unwrap();
        assert!(!journey.ways.is_empty(), "{path:?}");
        let cases = file["cases"].as_array().unwrap();
        assert!(!cases.is_empty());
        for case in cases {
            let seen: Seen = serde_json::from_value(case["seen"].clone()).unwrap();
            let hint = read(&journey, &seen);
            assert_eq!(hint.as_deref(), case["hint"].as_str(), "{path:?} {}", case["id"]);
            if let Some(text) = hint {
                assert!(Hint::parse(&text, &journey.id).is_ok(), "{}", case["id"]);
                assert_eq!(Hint::parse(&text, "another").unwrap_err().code(), "hint_stale");
            }
        }
    }
}

#[test]
fn time_stamps() {
    let path = format!("{}/../vectors/data/core/times.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let millis = UnixMillis::parse(case["text"].as_str().unwrap()).map(|moment| moment.0);
        assert_eq!(millis, case["millis"].as_i64(), "{}", case["id"]);
    }
}

#[test]
fn an_unknown_way_is_dropped_and_the_rest_kept() {
    let mut file = journey_json();
    let ways = file["ways"].as_array_mut().unwrap();
    ways.insert(0, serde_json::json!({"type": "hologram", "url": "https://netverify.com/"}));
    let journey = Journey::from_json(&file.to_string()).unwrap();
    assert_eq!(journey.ways.len(), 2);
    assert_eq!(Journey::from_json("[]").unwrap_err().code(), "journey_malformed");
}

#[test]
fn a_hint_never_outgrows_its_limit() {
    let mut file = journey_json();
    let carry = serde_json::json!({"name": "m", "path": "payload.value", "max": 100_000});
    file["ways"][0]["listen"] = serde_json::json!([{
        "on": {"type": "event", "name": "finish"}, "means": "finished", "carry": [carry]
    }]);
    let journey = Journey::from_json(&file.to_string()).unwrap();
    let data = serde_json::json!({"payload": {"value": "\u{1}".repeat(20_000)}}).to_string();
    let text = read(&journey, &Seen::Event { name: "finish".into(), data }).unwrap();
    assert!(text.len() <= MAX_HINT_BYTES);
    assert!(Hint::parse(&text, &journey.id).unwrap().members.is_empty());
    assert_eq!(Hint::parse(&"x".repeat(4097), "j").unwrap_err().code(), "hint_too_long");
}

proptest! {
    #[test]
    fn nothing_seen_can_break_it(origin in ".*", data in ".*", url in ".*") {
        let journey = Journey::from_json(&journey_json().to_string()).unwrap();
        prop_assert_eq!(read(&journey, &Seen::Message { origin, data: data.clone() }), None);
        prop_assert_eq!(read(&journey, &Seen::Navigation { url }), None);
        prop_assert_eq!(read(&journey, &Seen::Event { name: data.clone(), data }), None);
    }

    #[test]
    fn nothing_posted_can_break_it(text in ".{0,200}") {
        prop_assert!(Hint::parse(&text, "journey-1").is_err());
    }
}

fn journey_json() -> Value {
    let path = format!("{}/../vectors/data/read/jumio.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    file["journey"].clone()
}
