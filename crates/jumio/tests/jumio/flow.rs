//! Whole Jumio flows, fed with the provider's bytes; every step is taken after a restore from the snapshot.

use std::sync::Arc;

use idvkit_core::{Basis, Decision, Header, Input, Method, Next, Outcome, Provider, Why};
use idvkit_jumio::{Account, CallbackTarget, Config, Jumio, Region, Request};
use serde_json::json;

use crate::run::{
    E1, MINUTE, R1, R2, Run, T0, callback_input, config, initiated, message, order, retrieved, seed, sent,
};

#[test]
fn sends_what_the_seed_asks_for() {
    for (region, host) in
        [(Region::Us, "netverify.com"), (Region::Eu, "lon.netverify.com"), (Region::Sgp, "core-sgp.jumio.com")]
    {
        let account = Arc::new(Account::new(Config { region, ..config() }).unwrap());
        let request = sent(&Jumio::open(&account, order(), seed(), T0).unwrap().next(T0));
        assert_eq!(request.method, Method::Post);
        assert_eq!(request.url, format!("https://{host}/api/authentication/v1/web/initiate"));
        let header = |name| Header::find(&request.headers, name).unwrap();
        assert_eq!(header("Accept"), "application/json");
        assert_eq!(header("Content-Type"), "application/json");
        assert_eq!(header("Authorization"), "Basic dG9rZW4tMTpzZWNyZXQtMQ==");
        assert_eq!(header("User-Agent"), "Example Corp SampleApp/1.0.1");
        assert!(!request.idempotent);
    }
}

#[test]
fn passes_from_open_to_approved() {
    let mut run = Run::open();
    let journey = run.present();
    assert_eq!(journey.expires, Some(T0.plus(15 * MINUTE)), "J-D23: of a link of half an hour");
    run.hint(&journey, &message("success"));
    let Next::Wait { until, why: Why::Verdict } = run.next() else { panic!("a success claim waits for the verdict") };
    assert_eq!(until.since(run.now), 160_000, "with a callback, polling is only a safety net");
    run.now = until;
    run.answer("jumio.retrieve", &retrieved("PASSED"));
    let Next::Done { outcome, .. } = run.next() else { panic!() };
    assert_eq!(outcome, Outcome::Decided { decision: Decision::Approved });
    let evidence = run.session.evidence().unwrap();
    assert_eq!(evidence.basis, Basis::Fetched);
    assert_eq!(evidence.raw, retrieved("PASSED").to_string().into_bytes());
    assert!(evidence.source.production && evidence.source.host == "netverify.com");
}

#[test]
fn maps_every_result_and_no_other() {
    for (result, outcome) in [
        ("PASSED", Outcome::Decided { decision: Decision::Approved }),
        ("FAILED", Outcome::Decided { decision: Decision::Declined }),
        ("INVALID", Outcome::Decided { decision: Decision::Inconclusive }),
        ("EXPIRED", Outcome::Expired),
    ] {
        let mut run = Run::open();
        run.callback(R1, "PASSED").unwrap();
        run.answer("jumio.retrieve", &retrieved(result));
        assert_eq!(run.next(), Next::Done { outcome, erasure: None }, "{result}");
    }
    for result in ["CREATED", "STARTED", "PENDING", "passed", "APPROVED", "", "MAYBE"] {
        let mut run = Run::open();
        run.callback(R1, "PASSED").unwrap();
        run.answer("jumio.retrieve", &retrieved(result));
        assert!(matches!(run.next(), Next::Present { .. }), "{result} is not final");
    }
}

#[test]
fn answers_about_others_are_never_a_pass() {
    for foreign in [
        json!({"transactionReference": R2, "enrollmentTransactionReference": E1, "transactionResult": "PASSED"}),
        json!({"transactionReference": R1, "enrollmentTransactionReference": R2, "transactionResult": "PASSED"}),
        json!({"transactionReference": R1, "transactionResult": "PASSED"}),
        json!({"transactionResult": "PASSED"}),
        json!([]),
    ] {
        let mut run = Run::open();
        run.callback(R1, "PASSED").unwrap();
        run.answer("jumio.retrieve", &foreign);
        assert!(matches!(run.next(), Next::Present { .. }), "{foreign}");
        assert!(run.session.evidence().is_none());
    }
}

#[test]
fn hints_and_callbacks_decide_nothing() {
    let mut run = Run::open();
    let journey = run.present();
    run.tell(Input::Redirect {
        url: format!("https://merchant.example/ok?transactionStatus=SUCCESS&transactionReference={R1}"),
    })
    .unwrap();
    run.hint(&journey, &message("success"));
    run.callback(R1, "PASSED").unwrap();
    for _ in 0..3 {
        assert!(matches!(run.next(), Next::Send { .. } | Next::Wait { .. }));
    }
    run.answer("jumio.retrieve", &retrieved("FAILED"));
    run.callback(R1, "PASSED").unwrap();
    assert_eq!(run.next(), Next::Done { outcome: Outcome::Decided { decision: Decision::Declined }, erasure: None });
}

#[test]
fn callbacks_need_the_secret_path() {
    let mut run = Run::open();
    let before = run.session.snapshot();
    let wrong = callback_input("https://merchant.example/cb/0123456789abcdef0123456789abcdef", R1, "PASSED");
    assert_eq!(run.tell(wrong).unwrap_err().code(), "callback_secret_wrong");
    let bare = callback_input("https://merchant.example/cb", R1, "PASSED");
    assert_eq!(run.tell(bare).unwrap_err().code(), "callback_secret_wrong");
    let other = callback_input(&run.callback_url.clone(), R2, "PASSED");
    assert_eq!(run.tell(other).unwrap_err().code(), "callback_of_other_session");
    assert_eq!(run.session.snapshot(), before, "a reject changes nothing");
    // Frameworks hand over the path alone, with or without a slash at the end.
    let path = run.callback_url.strip_prefix("https://merchant.example").unwrap().to_string();
    run.tell(callback_input(&format!("{path}/?x=1"), R1, "PASSED")).unwrap();
    assert!(matches!(run.next(), Next::Send { .. }));
}

#[test]
fn polls_as_documented_without_a_callback() {
    let account = Arc::new(Account::new(Config { callback: Some(CallbackTarget::Portal), ..config() }).unwrap());
    let session = Jumio::open(&account, Request { callback: None, ..order() }, seed(), T0).unwrap();
    let mut run = Run { account, session, now: T0, callback_url: String::new() };
    run.answer("jumio.initiate", &initiated(R1));
    let journey = run.present();
    let done = run.now;
    run.hint(&journey, &message("success"));
    let mut offsets = Vec::new();
    for _ in 0..11 {
        let Next::Wait { until, .. } = run.next() else { panic!("{:?}", run.next()) };
        run.now = until;
        offsets.push(until.since(done) / 1000);
        if offsets.len() <= 10 {
            run.answer("jumio.retrieve", &retrieved("STARTED"));
        }
    }
    assert_eq!(
        offsets,
        [40, 60, 100, 160, 240, 340, 460, 600, 760, 940, 86_400],
        "J-V15, and then the last look of the day"
    );
}

#[test]
fn a_maintenance_page_is_a_counted_failure() {
    let mut run = Run::open();
    run.callback(R1, "PASSED").unwrap();
    for _ in 0..5 {
        let Next::Send { request } = run.next() else { panic!("{:?}", run.next()) };
        let html =
            Input::HttpResponse { id: request.id, status: 200, headers: vec![], body: b"<html>maintenance".to_vec() };
        run.tell(html).unwrap();
        let Next::Present { until, .. } = run.next() else { panic!() };
        assert_eq!(until.since(run.now), 20_000, "each failure is followed by a pause, here the plan's gap");
        run.now = until;
    }
    run.answer("jumio.retrieve", &retrieved("PASSED"));
    assert!(matches!(run.next(), Next::Done { outcome: Outcome::Decided { decision: Decision::Approved }, .. }));
}

#[test]
fn a_lost_send_is_repeated_under_a_new_id() {
    let account = Arc::new(Account::new(config()).unwrap());
    let mut run = Run::start(account);
    let first = sent(&run.next());
    run.tell(Input::Sending { id: first.id.clone() }).unwrap();
    assert_eq!(run.tell(Input::Sending { id: first.id.clone() }).unwrap_err().code(), "claimed");
    let Next::Wait { until, why: Why::InFlight } = run.next() else { panic!() };
    assert_eq!(until.since(run.now), 2 * i64::from(first.timeout_ms));
    run.now = until;
    let second = sent(&run.next());
    assert_ne!(first.id, second.id);
    assert_eq!(first.body, second.body);
    let late = Input::HttpResponse {
        id: first.id,
        status: 200,
        headers: vec![],
        body: initiated(R1).to_string().into_bytes(),
    };
    assert_eq!(run.tell(late).unwrap_err().code(), "stale");
    run.answer("jumio.initiate", &initiated(R2));
    assert_eq!(run.session.references(), [R2]);
}

#[test]
fn wrong_credentials_for_a_while_do_not_end_a_session() {
    let mut run = Run::open();
    run.callback(R1, "PASSED").unwrap();
    for _ in 0..4 {
        run.respond("jumio.retrieve", 401, "{}");
        let Next::Present { until, .. } = run.next() else { panic!("{:?}", run.next()) };
        run.now = until;
    }
    run.answer("jumio.retrieve", &retrieved("PASSED"));
    assert!(matches!(run.next(), Next::Done { outcome: Outcome::Decided { .. }, .. }));
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let mut run = Run::start(Arc::new(Account::new(config()).unwrap()));
    run.respond("jumio.initiate", 200, &format!("\u{feff}{}", initiated(R1)));
    assert!(matches!(run.next(), Next::Present { .. }), "{:?}", run.next());
}
