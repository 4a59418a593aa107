//! `Retry-After`, over every vector and on every answer that is tried again.

use idvkit_core::{UnixMillis, Why};
use idvkit_testkit::NOW;
use serde_json::Value;

use crate::{Run, Toys, body, live, open};

#[test]
fn every_vector() {
    let path = format!("{}/../vectors/data/core/retry_after.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(file["now"].as_i64().map(UnixMillis), Some(NOW));
    for case in file["cases"].as_array().unwrap() {
        let mut run = open();
        let values = case["values"].as_array().unwrap();
        let headers: Vec<_> = values.iter().map(|value| ("retry-after", value.as_str().unwrap())).collect();
        answer(&mut run, 503, &headers);
        assert_eq!(Some(run.sleep()), case["pause_ms"].as_i64(), "{case}");
    }
}

/// Whatever the status: if the request is tried again, then not before the provider wants it.
#[test]
fn it_is_read_on_every_answer_that_is_tried_again() {
    for status in [408, 425, 429, 500, 502, 503, 504] {
        let mut run = open();
        answer(&mut run, status, &[("Retry-After", "90")]);
        assert_eq!(run.sleep(), 90_000, "{status}");
    }
    for status in [200, 302, 401, 403, 404, 409, 429, 500] {
        let mut run = live();
        run.call_back("t-1");
        answer(&mut run, status, &[("Retry-After", "90")]);
        assert!(matches!(run.why(), Why::Throttled { .. }), "{status}");
        assert_eq!(run.sleep(), 90_000, "{status}");
    }
}

/// It is what the last answer said: the next failure without it backs off as ever.
#[test]
fn it_counts_once() {
    let mut run = open();
    answer(&mut run, 503, &[("Retry-After", "90")]);
    run.sleep();
    answer(&mut run, 503, &[]);
    assert!(matches!(run.why(), Why::Backoff { .. }));
    assert!(run.sleep() <= 2_500);
}

/// It survives what the host does meanwhile.
#[test]
fn a_retry_does_not_shorten_it() {
    let mut run = live();
    run.call_back("t-1");
    for _ in 0..3 {
        answer(&mut run, 404, &[("Retry-After", "90")]);
        run.later(90_000);
    }
    run.outcome();
    run.now = run.now.plus(-60_000);
    run.tell(idvkit_core::Input::Retry).unwrap();
    assert_eq!(run.sleep(), 60_000);
    run.look("passed");
}

fn answer(run: &mut Run, status: u16, headers: &[(&str, &str)]) {
    let id = run.request().id;
    run.respond(&id, status, headers, body("t-2", "")).unwrap();
}
