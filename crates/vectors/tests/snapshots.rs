//! Every snapshot that a release has written restores, and the session goes on where it was.

use std::collections::BTreeMap;

use idvkit::{Account, Config, Session, UnixMillis};
use idvkit_vectors::{data, files, load, next_to_json};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct File {
    format: u32,
    accounts: BTreeMap<String, Value>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    account: String,
    now: UnixMillis,
    revision: i64,
    snapshot: String,
    next: Value,
}

#[test]
fn every_released_snapshot_restores() {
    for path in files("snapshots").unwrap() {
        let file: File = load(&path).unwrap();
        assert!(file.cases.len() > 40, "{} has lost cases", path.display());
        for case in &file.cases {
            let session = restored(&file, case);
            assert_eq!(format_of(&case.snapshot), file.format, "{}", case.id);
            assert_eq!(session.revision(), case.revision, "{}", case.id);
            assert_eq!(next_to_json(&session.next(case.now)), case.next, "{}", case.id);
        }
    }
}

#[test]
fn the_format_of_today_has_its_file() {
    let file: File = load(&files("snapshots").unwrap()[0]).unwrap();
    let today = format_of(&restored(&file, &file.cases[0]).snapshot());
    assert!(data().join(format!("snapshots/format-{today}.json")).exists(), "add snapshots/format-{today}.json");
}

fn restored(file: &File, case: &Case) -> Session {
    let config = Config::from_json(&file.accounts[&case.account].to_string()).expect("a configuration");
    let account = Account::new(config).expect("an account");
    Session::restore(&account, &case.snapshot).unwrap_or_else(|reject| panic!("{}: {reject}", case.id))
}

fn format_of(snapshot: &str) -> u32 {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    serde_json::from_str::<Head>(snapshot).expect("a snapshot names its format").format
}
