//! A row's text is untrusted: whatever stands there, it is refused or understood.

use idvkit::{
    Input,
    driver::{Driver, Plan, Told},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::host::{self, Host, JUMIO, KZ, T0};

fn row() -> (Host, String) {
    let mut host = Host::new();
    host.answers = host::INCONCLUSIVE;
    let plan = format!(r#"[{{"request": {JUMIO}}}, {{"request": {KZ}, "when": ["inconclusive"]}}]"#);
    let id = host.begin(Plan::from_json(&plan).unwrap().delivered(), "order-7");
    host.work(&id);
    (host, id)
}

#[test]
fn what_no_verification_can_have_stored_is_refused() {
    let (mut host, id) = row();
    let text = host.row().snapshot.clone();
    let whole: Value = serde_json::from_str(&text).unwrap();
    let spoil = |path: &str, value: Value| {
        let mut spoiled = whole.clone();
        *spoiled.pointer_mut(path).unwrap() = value;
        spoiled.to_string()
    };
    for (what, spoiled, code) in [
        ("no JSON", String::from("{"), "snapshot_malformed"),
        ("a session alone", whole["sessions"][0].to_string(), "snapshot_malformed"),
        ("a newer form", spoil("/format", json!(2)), "snapshot_newer"),
        ("an id of another form", spoil("/verification/id", json!("x")), "snapshot_malformed"),
        ("another row's id", spoil("/verification/id", json!("0".repeat(32))), "snapshot_malformed"),
        ("no key", spoil("/verification/key", json!(" ")), "snapshot_malformed"),
        ("a revision below zero", spoil("/verification/revision", json!(-1)), "snapshot_malformed"),
        ("a clock in seconds", spoil("/verification/clock", json!(1_767_225_600)), "snapshot_malformed"),
        ("a step that is not there", spoil("/verification/current", json!(2)), "snapshot_malformed"),
        ("an end of a later step", spoil("/verification/end/step", json!(2)), "snapshot_malformed"),
        ("a session too few", spoil("/sessions", json!([whole["sessions"][0]])), "snapshot_malformed"),
        ("none at all", spoil("/sessions", json!([])), "snapshot_malformed"),
        ("an account of nobody", spoil("/verification/steps/0/account", json!("x")), "account_unknown"),
        ("the other account", spoil("/verification/steps/0/account", json!("kz")), "snapshot_of_other_provider"),
        ("a delivery of nothing", spoil("/verification/end", json!(null)), "snapshot_malformed"),
        ("one in a hundred years", spoil("/verification/outbox/pending", later()), "snapshot_malformed"),
    ] {
        // Without the delivery, an end may be missing: then the sessions say it.
        let spoiled = if what == "a delivery of nothing" { with_pending(&spoiled) } else { spoiled };
        host.shelf.spoil(&spoiled);
        let reject = host.run(Driver::advance(&host.accounts, &id)).expect_err(what);
        assert_eq!(reject.code(), code, "{what}");
    }
    host.shelf.spoil(&text);
    host.advance(&id);
}

fn later() -> Value {
    json!({ "failures": 0, "due": T0.0 + 100 * 365 * 86_400_000 })
}

fn with_pending(text: &str) -> String {
    let mut whole: Value = serde_json::from_str(text).unwrap();
    whole["verification"]["outbox"]["pending"] = json!({ "failures": 0, "due": T0 });
    whole.to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spoiled_text_breaks_nothing(at in any::<prop::sample::Index>(), with in "[ -~]{0,4}") {
        let (mut host, id) = row();
        let mut spoiled = host.row().snapshot.clone();
        let at = at.index(spoiled.len());
        spoiled.replace_range(at..=at, &with);
        host.shelf.spoil(&spoiled);
        for driver in [
            Driver::advance(&host.accounts, &id),
            Driver::tell(&host.accounts, &id, Input::Erase { at_provider: true }),
            Driver::tell(&host.accounts, &id, Input::Retry),
        ] {
            let mut driver = driver;
            if driver.told(Told::Loaded { snapshot: Some(spoiled.clone()), blobs: Vec::new() }, host.now).is_ok() {
                let _ = driver.verification().map(|it| (it.next(host.now), it.attempts(), it.evidence(), it.references()));
                let _ = host.run(driver);
                host.shelf.spoil(&spoiled);
            }
        }
    }
}
