//! Every row of a verification that a release has written can be read, and says the same.

use std::collections::BTreeMap;

use idvkit::{
    Account, Config, Next, Outcome, UnixMillis,
    driver::{Accounts, Ask, Driver, Told, Verification},
};
use idvkit_vectors::{data, files, load};
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
    now: UnixMillis,
    revision: i64,
    snapshot: String,
    due: Option<UnixMillis>,
    outcome: Option<Outcome>,
    references: Vec<(String, String)>,
    delivery: Option<Delivery>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Delivery {
    id: String,
    replaces: Option<String>,
    failures: u32,
    due: Option<UnixMillis>,
}

#[test]
fn every_released_row_is_read() {
    for path in files("rows").expect("a folder of rows") {
        let file: File = load(&path).expect("a file of rows");
        assert!(file.cases.len() > 5, "{} has lost cases", path.display());
        for case in &file.cases {
            assert_eq!(format_of(&case.snapshot), file.format, "{}", case.id);
            check(&file, case);
        }
    }
}

#[test]
fn the_format_of_today_has_its_file() {
    let file: File = load(&files("rows").expect("a folder of rows")[0]).expect("a file of rows");
    let accounts = accounts(&file);
    let written = file.cases.iter().find_map(|case| {
        let id = read(&accounts, case).id().to_owned();
        let mut driver = Driver::advance(&accounts, &id);
        driver.told(Told::Loaded { snapshot: Some(case.snapshot.clone()), blobs: Vec::new() }, case.now).ok()?;
        match driver.ask() {
            Ask::Store { row, .. } => Some(row.snapshot.clone()),
            _ => None,
        }
    });
    let today = format_of(&written.expect("one of them is stored again"));
    assert!(data().join(format!("rows/format-{today}.json")).exists(), "add rows/format-{today}.json");
}

fn check(file: &File, case: &Case) {
    let row = read(&accounts(file), case);
    assert_eq!((row.revision(), row.outcome()), (case.revision, case.outcome.as_ref()), "{}", case.id);
    let references: Vec<_> = row.references().into_iter().map(|it| (it.account, it.reference)).collect();
    assert_eq!(references, case.references, "{}", case.id);
    let delivery = row.delivery().map(|it| {
        let (id, replaces, failures, due) = (it.id, it.replaces, it.failures, it.due);
        Delivery { id, replaces, failures, due }
    });
    assert_eq!(delivery, case.delivery, "{}", case.id);
    let delivered = delivery.and_then(|delivery| delivery.due);
    let next = match row.next(case.now) {
        // It was due at once when it was written.
        Next::Send { .. } => case.due,
        Next::Present { until, .. } | Next::Wait { until, .. } => Some(until),
        Next::Done { .. } => None,
    };
    assert_eq!(next.into_iter().chain(delivered).min(), case.due, "{}", case.id);
}

fn accounts(file: &File) -> Accounts {
    file.accounts.iter().fold(Accounts::default(), |all, (name, config)| {
        let config = Config::from_json(&config.to_string()).expect("a configuration");
        all.with(name, Account::new(config).expect("an account"))
    })
}

fn read(accounts: &Accounts, case: &Case) -> Verification {
    Verification::restore(accounts, &case.snapshot).unwrap_or_else(|reject| panic!("{}: {reject}", case.id))
}

fn format_of(snapshot: &str) -> u32 {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    serde_json::from_str::<Head>(snapshot).expect("a row names its format").format
}
