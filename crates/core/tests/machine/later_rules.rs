//! Rules 9 to 27, by their numbers.

use idvkit_core::{
    AtProvider, Erasure, FaultCode, FlawKind, Input, Next, Outcome, Provider, Seed, Seen, UnixMillis, machine::Machine,
};
use idvkit_testkit::{Host, NOW, seed};

use crate::{
    API_KEY, APPROVED, LINK, NAME, RETURN, Run, TOKEN, Toys, account, live, open,
    toy::{Account, Config, Request, Toy, ToyFlow},
};

/// Rule 9: a retry goes on at the request that failed, as often as that fails.
#[test]
fn rule_9_a_retry_goes_on_at_the_failed_request() {
    let mut run = open();
    for _ in 0..3 {
        run.answer("toy.create", 403, "");
        assert_eq!(run.fault().status, Some(403));
        run.tell(Input::Retry).unwrap();
    }
    run.create("t-1");
    run.show();
}

/// Rule 9: after another end it begins a new attempt, as often as the provider allows; old hints are refused and ids go on.
#[test]
fn rule_9_a_retry_begins_a_new_attempt() {
    let mut run = live();
    let mut ids = vec![run.journey_id()];
    for id in ["t-2", "t-3"] {
        let newest = run.session.references()[0].clone();
        run.call_back(&newest);
        run.look("cancelled");
        assert_eq!(run.outcome(), Outcome::Abandoned { stage: None });
        run.tell(Input::Retry).unwrap();
        run.create(id);
        let old = run.journey.clone();
        let new = run.journey_id();
        assert!(!ids.contains(&new), "each attempt has a journey of its own");
        ids.push(new);
        run.journey = old;
        assert_eq!(run.see(&Seen::Closed).unwrap_err().code(), "hint_stale");
    }
    assert_eq!(run.session.references(), ["t-3", "t-2", "t-1"]);
    run.call_back("t-3");
    run.look("cancelled");
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused");
}

/// Rule 9: a session that runs refuses a retry.
#[test]
fn rule_9_a_running_session_refuses_a_retry() {
    let mut run = open();
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused");
    run.create("t-1");
    run.show();
    run.visit("done");
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused");
}

/// Rule 9: an erasure deletes every attempt, wipes personal data and bearer values, and keeps the outcome.
#[test]
fn rule_9_an_erasure_leaves_nothing() {
    let mut run = live();
    run.call_back("t-1");
    run.look("cancelled");
    run.tell(Input::Retry).unwrap();
    run.create("t-2");
    run.call_back("t-2");
    run.look("passed");
    run.tell(Input::Erase { at_provider: true }).unwrap();
    let left = |run: &Run| [NAME, LINK, "passed"].map(|text| run.session.snapshot().contains(text));
    assert_eq!((left(&run), run.session.evidence()), ([false; 3], None));
    for id in ["t-2", "t-1"] {
        let request = run.answer("toy.delete", if id == "t-1" { 404 } else { 204 }, "");
        assert!(request.url.ends_with(id));
    }
    let erasure = Some(Erasure { at_provider: AtProvider::Deleted { count: 2 } });
    assert_eq!(run.ask(), Next::Done { outcome: APPROVED, erasure });
    assert_eq!(run.session.references(), ["t-2", "t-1"], "rows are still found by them");
    let snapshot = run.session.snapshot();
    run.tell(Input::Erase { at_provider: true }).unwrap();
    assert_eq!(run.session.snapshot(), snapshot);
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused");
}

/// Rule 9: an erasure may come at any time, and without the provider.
#[test]
fn rule_9_an_erasure_may_come_at_any_time() {
    let mut run = live();
    run.tell(Input::Erase { at_provider: false }).unwrap();
    let outcome = Outcome::Abandoned { stage: Some("page".into()) };
    let erased = |at_provider| Some(Erasure { at_provider });
    assert_eq!(run.ask(), Next::Done { outcome: outcome.clone(), erasure: erased(AtProvider::NotAsked) });
    // It may still be asked for at the provider; a deletion that fails is said, and can be asked for again.
    run.tell(Input::Erase { at_provider: true }).unwrap();
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused");
    run.answer("toy.delete", 403, "");
    let Next::Done { erasure: Some(Erasure { at_provider: AtProvider::Failed { fault } }), .. } = run.ask() else {
        panic!("{:?}", run.ask());
    };
    assert_eq!((fault.operation.as_str(), fault.status), ("toy.delete", Some(403)));
    run.tell(Input::Erase { at_provider: false }).unwrap();
    run.tell(Input::Erase { at_provider: true }).unwrap();
    run.answer("toy.delete", 204, "");
    assert_eq!(run.ask(), Next::Done { outcome, erasure: erased(AtProvider::Deleted { count: 1 }) });
}

/// Rule 9: a deletion that may succeed later is tried again, and its failures are counted.
#[test]
fn rule_9_a_deletion_is_tried_again() {
    let mut run = live();
    run.tell(Input::Erase { at_provider: true }).unwrap();
    for _ in 0..4 {
        run.answer("toy.delete", 503, "");
        run.sleep();
    }
    run.answer("toy.delete", 503, "");
    let Next::Done { erasure: Some(Erasure { at_provider: AtProvider::Failed { .. } }), .. } = run.ask() else {
        panic!("{:?}", run.ask());
    };
}

/// Rule 9: an erasure before anything was made has nothing to delete; one after a lost creation says so.
#[test]
fn rule_9_an_erasure_says_what_it_cannot_reach() {
    let mut run = open();
    run.tell(Input::Erase { at_provider: true }).unwrap();
    let erased = |at_provider| Some(Erasure { at_provider });
    let outcome = Outcome::Abandoned { stage: None };
    let nothing = erased(AtProvider::Deleted { count: 0 });
    assert_eq!(run.ask(), Next::Done { outcome: outcome.clone(), erasure: nothing });

    let mut run = open();
    let id = run.request().id;
    run.tell(Input::Sending { id }).unwrap();
    run.tell(Input::Erase { at_provider: true }).unwrap();
    let Next::Done { erasure: Some(Erasure { at_provider: AtProvider::Failed { fault } }), .. } = run.ask() else {
        panic!("{:?}", run.ask());
    };
    assert_eq!(fault.code, FaultCode::AnswerLost);
}

/// Rule 10: the time is a parameter, refused outside 2020 to 2200 and held when it runs back.
#[test]
fn rule_10_the_time_is_believed_within_reason() {
    let mut run = live();
    for now in [0, 1_750_000_000, 1_750_000_000_000_000, i64::MIN, i64::MAX] {
        let told = run.session.handle(Input::Retry, UnixMillis(now));
        assert_eq!(told.unwrap_err().code(), "now_out_of_range");
        assert_eq!(run.session.next(UnixMillis(now)), run.session.next(NOW), "{now}");
    }
    run.later(60_000);
    run.look("open");
    run.now = NOW;
    assert_eq!(run.until(), NOW.plus(120_000));
    run.call_back("t-1");
    assert_eq!(run.until(), NOW.plus(62_000), "it counts from the last change");
    assert!(Toy::open(&run.account, request(), seed(), UnixMillis(5)).is_err());
}

/// Rule 10: all randomness is the seed's: the same seed gives the same ids, another one others.
#[test]
fn rule_10_all_randomness_is_the_seeds() {
    let ids = |seed: Seed| {
        let account = account(|_| ());
        let mut run: Run = Host::new(account.clone(), Toy::open(&account, request(), seed, NOW).unwrap());
        let first = run.request().id;
        run.create("t-1");
        (first, run.journey_id())
    };
    let other = Seed::new(b"32 other bytes, drawn at random.").unwrap();
    assert_eq!(ids(seed()), ids(seed()));
    assert_ne!(ids(seed()).0, ids(other.clone()).0);
    assert_ne!(ids(seed()).1, ids(other).1);
}

/// Rule 11: a snapshot has a format number, belongs to its provider and account, and is checked.
#[test]
fn rule_11_a_snapshot_is_untrusted() {
    let text = live().session.snapshot();
    let code = |account: &std::sync::Arc<Account>, text: &str| {
        Machine::<ToyFlow>::restore(account.clone(), text).map_or_else(|reject| reject.code().as_str(), |_| "restored")
    };
    let same = account(|_| ());
    assert_eq!(code(&same, &text), "restored");
    let config = Config { api_key: "another".into(), callback_tokens: vec![] };
    let other = std::sync::Arc::new(Toy::account(config).unwrap());
    assert_eq!(code(&other, &text), "snapshot_of_other_account");
    assert_eq!(code(&same, ""), "snapshot_malformed");
    assert_eq!(code(&same, r#"{"format":1}"#), "snapshot_malformed");
    for (from, to, expected) in [
        (r#""format":1"#, r#""format":2"#, "snapshot_newer"),
        (r#""format":1"#, r#""format":0"#, "snapshot_malformed"),
        (r#""provider":"toy""#, r#""provider":"jumio""#, "snapshot_of_other_provider"),
        (r#""attempt":0"#, r#""attempt":1001"#, "snapshot_malformed"),
        (r#""attempt":0"#, r#""attempt":1000"#, "restored"),
        (r#""revision":2"#, r#""revision":-1"#, "snapshot_malformed"),
        (r#""revision":2"#, r#""revision":9007199254740993"#, "snapshot_malformed"),
        (r#""revision":2"#, r#""revision":9007199254740992"#, "restored"),
        (r#""opened":1750000000000"#, r#""opened":1750000000001"#, "snapshot_malformed"),
        (r#""opened":1750000000000"#, r#""opened":5"#, "snapshot_malformed"),
        (r#""clock":1750000000000"#, r#""clock":7258118400000"#, "snapshot_malformed"),
        (r#""since":1750000000000"#, r#""since":5"#, "snapshot_malformed"),
        (r#""settle":null"#, r#""settle":5"#, "snapshot_malformed"),
        (r#""hold_until":null"#, r#""hold_until":1750003600001"#, "snapshot_malformed"),
        (r#""hold_until":null"#, r#""hold_until":1750003600000"#, "restored"),
        (r#""claimed_until":null"#, r#""claimed_until":1750000600001"#, "snapshot_malformed"),
        (r#""claimed_until":null"#, r#""claimed_until":1750000600000"#, "restored"),
        (r#""references":["t-1"]"#, r#""references":[]"#, "snapshot_malformed"),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        assert_eq!(code(&same, &text.replacen(from, to, 1)), expected, "{to}");
    }
    let erasing = r#""phase":{"type":"erasing","outcome":{"type":"expired"},"index":1,"lost":null}"#;
    let start = text.find(r#""phase":"#).unwrap();
    let end = text.find(r#","flow":"#).unwrap();
    let spoiled = format!("{}{erasing}{}", &text[..start], &text[end..]);
    assert_eq!(code(&same, &spoiled), "snapshot_malformed", "it deletes something that is not there");
    assert_eq!(code(&same, &spoiled.replace(r#""index":1"#, r#""index":0"#)), "restored");
}

/// Rule 15: nothing that a host prints holds a secret, a link or personal data.
#[test]
fn rule_15_printing_shows_nothing() {
    let mut run = live();
    run.visit("done");
    run.redirect(&format!("{RETURN}?id=t-1")).unwrap();
    run.call_back("t-1");
    run.look("passed");
    run.outcome();
    for planted in [API_KEY, TOKEN, NAME, LINK, RETURN, "t-1"] {
        assert!(!run.printed.contains(planted), "{planted}");
    }
    assert!(run.stored.contains(NAME) && run.printed.contains("Approved"), "or else this proves nothing");
}

/// Rule 27: a creation that was answered is not sent again, whatever the answer holds.
#[test]
fn rule_27_an_answered_creation_is_not_sent_again() {
    let mut run = open();
    run.answer("toy.create", 201, "<html>");
    let fault = run.fault();
    assert_eq!((fault.code, fault.retryable), (FaultCode::CreationUnclear, false));
    assert_eq!(fault.cause.unwrap().kind, Some(FlawKind::Html));
    run.tell(Input::Erase { at_provider: true }).unwrap();
    let Next::Done { erasure: Some(Erasure { at_provider: AtProvider::Failed { fault } }), .. } = run.ask() else {
        panic!("{:?}", run.ask());
    };
    assert_eq!(fault.code, FaultCode::AnswerLost);
}

/// Rule 27: where the provider's rules make it safe, a retry takes the place of a page that is shown.
#[test]
fn rule_27_a_retry_may_take_the_place_of_a_page() {
    let mut run = live();
    let before = run.journey_id();
    run.tell(Input::Retry).unwrap();
    run.create("t-2");
    assert_ne!(run.journey_id(), before);
    run.call_back("t-2");
    run.look("passed");
    assert_eq!(run.outcome(), APPROVED);
}

fn request() -> Request {
    Request { name: NAME.into(), return_url: RETURN.into() }
}
