//! Plans of several requests: what is tried next, and which session decides.

use idvkit::{
    AtProvider, Decision, Erasure, HttpRequest, Input, Next, Outcome,
    driver::{Accounts, Attempt, Driver, Plan},
};

use super::host::{self, Answers, Host, JUMIO, KZ, T0, account, request, seed};

fn plan(when: &str) -> Plan {
    Plan::from_json(&format!(r#"[{{"request": {JUMIO}}}, {{"account": "kz", "request": {KZ}, "when": {when}}}]"#))
        .unwrap()
}

fn outcome(host: &mut Host, id: &str) -> Outcome {
    match host.work(id) {
        Next::Done { outcome, erasure: None } => outcome,
        other => panic!("{other:?}"),
    }
}

fn approved() -> Outcome {
    Outcome::Decided { decision: Decision::Approved }
}

/// The connection to Jumio's result breaks for good.
fn silent(request: &HttpRequest) -> Option<(u16, String)> {
    if request.operation == "jumio.retrieve" { None } else { host::APPROVING(request) }
}

#[test]
fn another_provider_is_tried_after_the_ends_that_the_plan_names() {
    let ends: [(&str, Answers); 4] = [
        (r#"["failed"]"#, host::FORBIDDEN),
        (r#"["expired"]"#, host::PENDING),
        (r#"["inconclusive"]"#, host::INCONCLUSIVE),
        (r#"["expired", "failed"]"#, silent),
    ];
    for (when, answers) in ends {
        let mut host = Host::new();
        host.answers = answers;
        let id = host.begin(plan(when).delivered(), "order-7");
        assert_eq!(host.row().account, "jumio-eu");
        assert_eq!(outcome(&mut host, &id), approved(), "{when}");
        assert_eq!((host.row().account.as_str(), host.acted.len()), ("kz", 1), "{when}");
        let [first, second] = host.verification().attempts().try_into().unwrap();
        let Attempt { account, outcome: Some(end), decides: false, .. } = first else { panic!("{first:?}") };
        assert_eq!(account, "jumio-eu");
        assert!(end != approved() && second.decides && second.outcome == Some(approved()));
    }
}

#[test]
fn nothing_is_tried_after_other_ends() {
    for (when, answers, expected) in [
        (r#"["failed", "expired"]"#, host::INCONCLUSIVE, Decision::Inconclusive),
        (r#"["failed", "expired", "inconclusive"]"#, host::DECLINING, Decision::Declined),
        (r#"["failed", "expired", "inconclusive"]"#, host::APPROVING, Decision::Approved),
    ] {
        let mut host = Host::new();
        host.answers = answers;
        let id = host.begin(plan(when), "order-7");
        assert_eq!(outcome(&mut host, &id), Outcome::Decided { decision: expected });
        assert_eq!(host.count("biometric_kz.create_session"), 0);
    }
}

#[test]
fn a_verdict_counts_for_more_than_a_later_end_without_one() {
    let mut host = Host::new();
    host.answers = |request| match request.operation.as_str() {
        "biometric_kz.create_session" => Some((403, "{}".into())),
        _ => host::INCONCLUSIVE(request),
    };
    let id = host.begin(plan(r#"["inconclusive"]"#).delivered(), "order-7");
    assert_eq!(outcome(&mut host, &id), Outcome::Decided { decision: Decision::Inconclusive });
    assert_eq!(host.row().account, "jumio-eu");
    // The step that failed may be tried again, and what it brings replaces the other.
    host.answers = host::INCONCLUSIVE;
    host.tell(&id, Input::Retry).unwrap();
    assert_eq!(
        host.row().outcome,
        Some(Outcome::Decided { decision: Decision::Inconclusive }),
        "until then that stands"
    );
    assert_eq!(outcome(&mut host, &id), approved());
    assert_eq!((host.row().account.as_str(), host.acted.len()), ("kz", 2));
}

#[test]
fn an_erasure_forgets_every_session_and_begins_none() {
    let mut host = Host::new();
    host.answers = host::PENDING;
    let id = host.begin(plan(r#"["failed", "expired", "inconclusive"]"#).delivered(), "order-7");
    host.advance(&id);
    host.tell(&id, Input::Erase { at_provider: true }).unwrap();
    let Next::Done { outcome, erasure } = host.work(&id) else { panic!() };
    assert_eq!(outcome, Outcome::Abandoned { stage: None });
    assert_eq!(erasure, Some(Erasure { at_provider: AtProvider::Deleted { count: 1 } }));
    assert_eq!((host.count("biometric_kz.create_session"), host.count("jumio.delete")), (0, 1));
    assert_eq!(host.tell(&id, Input::Retry).unwrap_err().code(), "retry_refused");
}

#[test]
fn what_was_made_before_is_deleted_as_well() {
    let mut host = Host::new();
    host.answers = host::INCONCLUSIVE;
    let id = host.begin(plan(r#"["inconclusive"]"#), "order-7");
    outcome(&mut host, &id);
    let references: Vec<String> = host.row().references.iter().map(|one| one.account.clone()).collect();
    assert_eq!(references, ["kz", "jumio-eu"], "the newest first");
    host.tell(&id, Input::Erase { at_provider: true }).unwrap();
    let Next::Done { outcome, erasure: Some(erasure) } = host.work(&id) else { panic!() };
    assert_eq!((outcome, host.count("jumio.delete")), (approved(), 1));
    assert_eq!(erasure.at_provider, AtProvider::NotOffered, "one of the two documents no way to delete");
}

#[test]
fn callbacks_go_to_the_session_they_are_about() {
    let mut host = Host::new();
    host.answers = host::INCONCLUSIVE;
    let id = host.begin(plan(r#"["inconclusive"]"#), "order-7");
    outcome(&mut host, &id);
    // A late redirect of the first one, which is decided: heard, and without effect.
    let before = host.row().clone();
    let driver = Driver::hear(&host.accounts, None, host::back(), host.now).unwrap();
    host.run(driver).unwrap();
    assert_eq!(host.row(), &before);
}

#[test]
fn plans_that_cannot_be_meant_are_refused() {
    let steps = |steps: &str| Plan::from_json(steps).map(drop).unwrap_err();
    for text in [
        "[]",
        "[1]",
        r#"[{"when": []}]"#,
        &format!(r#"[{{"request": {JUMIO}, "when": ["declined"]}}]"#),
        &format!(r#"[{{"request": {JUMIO}, "then": 1}}]"#),
        &format!(r#"[{{"request": {JUMIO}, "when": ["failed"]}}]"#),
        &format!(r#"[{{"request": {JUMIO}}}, {{"request": {KZ}}}]"#),
        &format!(r#"[{{"request": {JUMIO}}}{}]"#, format!(r#", {{"request": {KZ}, "when": ["failed"]}}"#).repeat(8)),
    ] {
        assert_eq!(steps(text).code(), "plan_malformed", "{text}");
    }
    let nested = steps(r#"[{"request": {"flow": "jumio_authentication"}}]"#);
    assert_eq!(nested.code(), "request_malformed");
    assert_eq!(nested.field(), Some("plan[0].request.enrollment_transaction_reference"));
    assert_eq!(steps(r#"{"flow": "none"}"#).code(), "request_malformed");
}

#[test]
fn the_account_is_the_named_one_or_the_only_one() {
    let several = Accounts::from(account("jumio")).with("jumio-eu", account("jumio"));
    assert_eq!(several.names().collect::<Vec<_>>(), ["jumio", "jumio-eu"]);
    let begin = |accounts: &Accounts, plan: &str| {
        Driver::begin(accounts, Plan::from_json(plan).unwrap(), seed(1), "k", T0).map(drop)
    };
    assert_eq!(begin(&several, JUMIO).unwrap_err().code(), "account_unknown");
    assert_eq!(begin(&several, KZ).unwrap_err().code(), "account_unknown");
    let named = |name: &str| format!(r#"[{{"account": "{name}", "request": {JUMIO}}}]"#);
    begin(&several, &named("jumio-eu")).unwrap();
    assert_eq!(begin(&several, &named("jumio-us")).unwrap_err().code(), "account_unknown");
    // A row is read only with the account that it was begun with.
    let mut host = Host { accounts: several.clone(), ..Host::new() };
    let plan = Plan::from_json(&named("jumio-eu")).unwrap();
    let id = host.begin(plan, "order-7");
    host.accounts = Accounts::from(account("jumio"));
    assert_eq!(host.run(Driver::advance(&host.accounts, &id)).unwrap_err().code(), "account_unknown");
    host.accounts = several.with("jumio-eu", account("biometric_kz"));
    assert_eq!(host.run(Driver::advance(&host.accounts, &id)).unwrap_err().code(), "snapshot_of_other_provider");
    let _ = request(JUMIO);
}
