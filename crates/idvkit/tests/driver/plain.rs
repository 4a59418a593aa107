//! One verification from begin to end, and what a host sees of it.

use idvkit::{
    Decision, Input, Next, Outcome, Why,
    driver::{Accounts, Ask, By, Driver, Plan, Reference, Told},
};

use super::host::{self, ENROLLMENT, Host, JUMIO, KZ, T0, account, answer, back, callback, reference, request, seed};

#[test]
fn a_verification_goes_from_begin_to_its_outcome() {
    let mut host = Host::new();
    let id = host.begin(request(JUMIO), "order-7");
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    let row = host.row();
    assert_eq!((row.key.as_str(), row.account.as_str(), row.revision), ("order-7", "jumio-eu", 0));
    assert_eq!(
        (row.due, row.outcome.as_ref(), row.references.len()),
        (Some(T0), None, 0),
        "a worker is to look at once"
    );

    let Next::Present { until, .. } = host.advance(&id) else { panic!() };
    let row = host.row();
    assert_eq!(row.due, Some(until));
    assert_eq!(row.references, [Reference { account: "jumio-eu".into(), reference: reference(1) }]);
    assert_eq!(host.sent, ["jumio.initiate"]);

    host.answers = host::PENDING;
    host.tell(&id, back()).unwrap();
    let Next::Wait { until, why: Why::Verdict } = host.advance(&id) else { panic!() };
    assert_eq!(host.row().due, Some(until));
    host.answers = host::APPROVING;
    let approved = Outcome::Decided { decision: Decision::Approved };
    assert_eq!(host.work(&id), Next::Done { outcome: approved.clone(), erasure: None });
    let row = host.row();
    assert_eq!((row.due, row.outcome.as_ref(), row.delivery.as_ref()), (None, Some(&approved), None));
    assert_eq!(host.acted, [], "a host that asked for no delivery reads the outcome where it is");
    assert_eq!(host.verification().evidence().unwrap().source.operation, "jumio.retrieve");
    assert_eq!(host.count("jumio.initiate"), 1);
}

#[test]
fn a_plan_of_one_is_what_its_session_alone_would_be() {
    let mut host = Host::new();
    host.begin(request(JUMIO), "order-7");
    let session = idvkit::Session::open(&account("jumio"), request(JUMIO), seed(1), T0).unwrap();
    assert_eq!(host.verification().next(T0), session.next(T0), "the same request, to the byte");
}

#[test]
fn begin_is_idempotent_by_key() {
    let mut host = Host::new();
    let first = host.begin(request(JUMIO), "order-7");
    host.advance(&first);
    let again = Driver::begin(&host.accounts, request(JUMIO), seed(9), "order-7", T0).unwrap();
    assert_eq!(host.run(again).unwrap(), Ask::Heard { id: Some(first.clone()) });
    assert_eq!((host.row().id.as_str(), host.count("jumio.initiate")), (first.as_str(), 1));

    // Two at once: the store lets one of them in, and the other finds it.
    let mut host = Host::new();
    let mut slow = Driver::begin(&host.accounts, request(JUMIO), seed(9), "order-7", T0).unwrap();
    slow.told(Told::Loaded { snapshot: None, blobs: Vec::new() }, T0).unwrap();
    let first = host.begin(request(JUMIO), "order-7");
    assert_eq!(host.run(slow).unwrap(), Ask::Heard { id: Some(first) });
}

#[test]
fn a_key_is_not_blank_and_not_endless() {
    let accounts = Accounts::from(account("jumio"));
    for key in ["", "  ", &"x".repeat(257)] {
        let reject = Driver::begin(&accounts, request(JUMIO), seed(1), key, T0).unwrap_err();
        assert_eq!((reject.code().as_str(), reject.field()), ("key_invalid", Some("key")));
    }
}

#[test]
fn what_is_nobodys_or_unknown_is_said() {
    let mut host = Host::new();
    let nobody = "0".repeat(32);
    assert_eq!(host.run(Driver::advance(&host.accounts, &nobody)).unwrap_err().code(), "verification_unknown");
    assert_eq!(host.tell(&nobody, Input::Retry).unwrap_err().code(), "verification_unknown");
    let driver = Driver::hear(&host.accounts, None, back(), T0).unwrap();
    assert_eq!(host.run(driver).unwrap(), Ask::Heard { id: None });
}

#[test]
fn callbacks_and_redirects_find_their_verification() {
    let mut host = Host::new();
    host.answers = host::PENDING;
    let id = host.begin(request(JUMIO), "order-7");
    let Next::Send { request: creation } = host.verification().next(T0) else { panic!() };
    let sent: serde_json::Value = serde_json::from_slice(&creation.body.unwrap()).unwrap();
    let url = sent["callbackUrl"].as_str().unwrap();
    host.advance(&id);
    host.answers = host::APPROVING;
    let driver = Driver::hear(&host.accounts, None, callback(url, 1), T0).unwrap();
    let By::References { references } = (match driver.ask() {
        Ask::Load { by, .. } => by.clone(),
        other => panic!("{other:?}"),
    }) else {
        panic!()
    };
    assert_eq!(references, [Reference { account: "jumio-eu".into(), reference: reference(1) }]);
    assert_eq!(host.run(driver).unwrap(), Ask::Heard { id: Some(id.clone()) });
    assert!(matches!(host.advance(&id), Next::Done { .. }), "it brings a look forward");

    // Where only its session can tell whether it is genuine, that session does.
    let forged = Driver::hear(&host.accounts, Some("jumio-eu"), callback("https://merchant.example/forged", 1), T0);
    assert_eq!(host.run(forged.unwrap()).unwrap_err().code(), "callback_secret_wrong");
    // What an account refuses is refused before anything is loaded, the worst of it first.
    let garbage = Input::Callback { url: "/x".into(), headers: Vec::new(), body: b"x=1".to_vec() };
    let from = |name| Driver::hear(&Host::new().accounts, name, garbage.clone(), T0).unwrap_err();
    assert_eq!(from(None).code(), "callback_secret_wrong", "biometric.kz's segment is wrong, which says more");
    assert_eq!(from(Some("jumio-eu")).code(), "callback_malformed");
    assert_eq!(from(Some("elsewhere")).code(), "account_unknown");
}

#[test]
fn an_answer_to_something_else_changes_nothing() {
    let mut host = Host::new();
    let id = host.begin(request(JUMIO), "order-7");
    let mut driver = Driver::advance(&host.accounts, &id);
    loop {
        let ask = driver.ask().clone();
        let others = [
            Told::Loaded { snapshot: None, blobs: Vec::new() },
            Told::Stored { stored: true },
            Told::Exchanged { answer: Some(answer(200, "{}")) },
            Told::Delivered { delivered: true },
        ];
        let is_asked = |told: &Told| {
            matches!(
                (&ask, told),
                (Ask::Load { .. }, Told::Loaded { .. })
                    | (Ask::Store { .. }, Told::Stored { .. })
                    | (Ask::Exchange { .. }, Told::Exchanged { .. })
            )
        };
        for other in others.into_iter().filter(|told| !is_asked(told)) {
            assert_eq!(driver.told(other, T0).unwrap_err().code(), "told_unexpected");
            assert_eq!(driver.ask(), &ask);
        }
        let Some(told) = host.perform(&ask) else { break };
        assert_eq!(driver.told(told.clone(), idvkit::UnixMillis(T0.0 / 1000)).unwrap_err().code(), "now_out_of_range");
        assert_eq!(driver.ask(), &ask);
        driver.told(told, T0).unwrap();
    }
    assert!(matches!(driver.ask(), Ask::Rest { next: Next::Present { .. } }));
}

#[test]
fn an_erasure_leaves_the_outcome_and_nothing_of_the_person() {
    let mut host = Host::new();
    let id = host.begin(Plan::from(request(KZ)).delivered(), "order-7");
    host.work(&id);
    let outcome = host.row().outcome.clone();
    assert!(host.row().snapshot.contains("evidence"));
    host.tell(&id, Input::Erase { at_provider: true }).unwrap();
    let Next::Done { erasure: Some(_), .. } = host.work(&id) else { panic!() };
    assert_eq!(host.row().outcome, outcome);
    assert!(!host.row().snapshot.contains("evidence"));
    assert_eq!(host.acted.len(), 1, "it is not another outcome");
}

#[test]
fn nothing_printed_holds_a_secret() {
    let mut host = Host::new();
    let id = host.begin(Plan::from(request(JUMIO)).delivered(), "planted-key");
    let mut driver = Driver::advance(&host.accounts, &id);
    let mut printed = vec![format!("{:?}{:?}", host.accounts, host.row())];
    loop {
        let ask = driver.ask().clone();
        let told = host.perform(&ask);
        printed.push(format!("{driver:?}{ask:?}{told:?}{:?}{:?}", driver.verification(), driver.news()));
        match told {
            Some(told) => driver.told(told, T0).unwrap(),
            None => break,
        }
    }
    let printed = printed.concat();
    assert!(printed.contains("jumio.initiate") && printed.contains(&id), "{printed}");
    for secret in ["planted-token", "planted-secret", "planted-bearer", "sessions\":", ENROLLMENT] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}
