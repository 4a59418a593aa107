//! What every language makes of what was seen, and the list of URLs that every helper of a web view is held to.

use std::path::Path;

use idvkit::{Journey, Seen, read};
use idvkit_vectors::{data, files, load};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct File {
    journey: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    seen: Seen,
    hint: Option<String>,
}

#[test]
fn what_was_seen_becomes_the_same_hint_in_every_language() {
    for path in files("read").unwrap() {
        check(&path);
    }
}

#[test]
fn an_end_is_told_from_every_look_alike() {
    let file = check(&data().join("read/navigation.json"));
    for case in &file.cases {
        assert!(matches!(case.seen, Seen::Navigation { .. }), "{}", case.id);
    }
    let ends = file.cases.iter().filter(|case| case.hint.is_some()).count();
    assert!(ends > 20 && file.cases.len() - ends > 60, "the list has lost cases");
}

fn check(path: &Path) -> File {
    let file: File = load(path).expect("a file of vectors");
    let journey = Journey::from_json(&file.journey.to_string()).expect("a journey");
    assert_eq!(
        journey.ways.len(),
        file.journey["ways"].as_array().expect("a list of ways").len(),
        "{}: a way was dropped",
        path.display()
    );
    assert!(!file.cases.is_empty(), "{}", path.display());
    for case in &file.cases {
        assert_eq!(read(&journey, &case.seen), case.hint, "{}: {}", path.display(), case.id);
    }
    file
}
