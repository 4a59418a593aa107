//! The list of URLs that every helper of a web view is held to.

use idvkit::{Journey, Seen, read};
use idvkit_vectors::{data, load};
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
fn an_end_is_told_from_every_look_alike() {
    let file: File = load(&data().join("read/navigation.json")).unwrap();
    let journey = Journey::from_json(&file.journey.to_string()).unwrap();
    assert_eq!(journey.ways.len(), file.journey["ways"].as_array().unwrap().len(), "a way was dropped");
    for case in &file.cases {
        assert!(matches!(case.seen, Seen::Navigation { .. }), "{}", case.id);
        assert_eq!(read(&journey, &case.seen), case.hint, "{}", case.id);
    }
    let ends = file.cases.iter().filter(|case| case.hint.is_some()).count();
    assert!(ends > 20 && file.cases.len() - ends > 60, "the list has lost cases");
}
