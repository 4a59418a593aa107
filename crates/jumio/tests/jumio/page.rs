//! What is shown, and what the page's own words lead to.

use std::sync::Arc;

use idvkit_core::{Decision, Fault, FaultCode, Input, Journey, Next, Outcome, Provider, Seen, Way};
use idvkit_jumio::{Account, Jumio, Request};
use serde_json::json;

use crate::run::{MINUTE, R1, R2, Run, T0, config, initiated, message, message_with, order, retrieved, seed, sent};

/// After these a new transaction is needed; after the others the same link may be opened again.
const DEAD: [u32; 4] = [9200, 9210, 9821, 9836];
const ALIVE: [u32; 8] = [9100, 9300, 9400, 9800, 9801, 9810, 9820, 9999];

#[test]
fn closing_and_errors_leave_the_page() {
    let mut run = Run::open();
    let journey = run.present();
    run.hint(&journey, &Seen::Closed);
    assert_eq!(run.present(), journey);
    run.hint(&journey, &message_with(&json!({"value": "error", "metainfo": {"code": 9820}})));
    run.answer("jumio.retrieve", &retrieved("STARTED"));
    assert_eq!(run.present().id, journey.id, "after an error the same link may be opened again");
}

#[test]
fn a_claim_about_a_page_never_opened_is_taken_back() {
    let mut run = Run::open();
    let journey = run.present();
    run.hint(&journey, &message("success"));
    run.wait();
    run.answer("jumio.retrieve", &retrieved("CREATED"));
    assert_eq!(run.present().id, journey.id);
}

#[test]
fn an_early_claim_does_not_cost_the_user_the_verdict() {
    let mut run = Run::open();
    let journey = run.present();
    run.hint(&journey, &message("success"));
    run.wait();
    run.answer("jumio.retrieve", &retrieved("CREATED"));
    run.now = run.now.plus(20 * MINUTE);
    while let Next::Send { .. } = run.next() {
        run.answer("jumio.retrieve", &retrieved("STARTED"));
    }
    run.hint(&journey, &message("success"));
    let Next::Wait { until, .. } = run.next() else { panic!("{:?}", run.next()) };
    assert!(until.since(run.now) <= 160_000, "the plan begins anew with the real claim: {until}");
}

#[test]
fn a_claimed_look_leaves_the_page_alone() {
    let mut run = Run::open();
    let journey = run.present();
    run.hint(&journey, &message_with(&json!({"value": "error", "metainfo": {"code": 9810}})));
    let request = sent(&run.next());
    run.tell(Input::Sending { id: request.id }).unwrap();
    assert_eq!(run.present().id, journey.id);
}

#[test]
fn web_views_are_refused_with_the_reason() {
    let journey = Run::open().present();
    assert_eq!(journey.refused[0].way, "web_view");
    let names: Vec<_> = journey.ways.iter().map(Way::name).collect();
    assert_eq!(names, ["frame", "redirect"]);
    let Way::Frame { allow, allow_fullscreen, sizes, origins, .. } = &journey.ways[0] else { panic!() };
    assert_eq!((allow.as_str(), allow_fullscreen, sizes.len()), ("camera;fullscreen", &true, 4));
    assert_eq!(origins, &["https://netverify.com"]);
    let Way::Redirect { shareable: true, .. } = &journey.ways[1] else { panic!() };
    assert_eq!(Journey::from_json(&journey.to_json()).unwrap(), journey);
}

#[test]
fn what_ends_the_transaction_settles_with_one_look() {
    for code in DEAD {
        for result in ["STARTED", "CREATED", "MAYBE"] {
            let mut run = said(code);
            run.answer("jumio.retrieve", &retrieved(result));
            let fault = failed(&run);
            assert_eq!((fault.code, fault.operation.as_str()), (FaultCode::FlowError, "jumio.journey"), "{code}");
            assert_eq!((fault.provider_code, fault.retryable), (Some(code.to_string()), true), "{result}");
            let tables = Jumio::catalog().errors;
            let known =
                tables.iter().find(|one| (one.operation.as_str(), &one.code) == ("jumio.journey", &code.to_string()));
            assert!(known.is_some_and(|one| !one.meaning.is_empty() && one.advice.contains("retry")), "{code}");
            run.tell(Input::Retry).unwrap();
            run.answer("jumio.initiate", &initiated(R2));
            run.present();
        }
    }
}

#[test]
fn a_redirect_that_says_so_settles_it_too() {
    let mut run = Run::open();
    let query = format!("transactionStatus=ERROR&transactionReference={R1}&errorCode=9836");
    run.tell(Input::Redirect { url: format!("https://merchant.example/no?{query}") }).unwrap();
    run.answer("jumio.retrieve", &retrieved("STARTED"));
    assert_eq!(failed(&run).provider_code.as_deref(), Some("9836"));
}

#[test]
fn the_verdict_counts_whatever_the_page_said() {
    let mut run = said(9836);
    run.answer("jumio.retrieve", &retrieved("PASSED"));
    let approved = Outcome::Decided { decision: Decision::Approved };
    assert!(matches!(run.next(), Next::Done { outcome, .. } if outcome == approved));
}

#[test]
fn a_genuine_callback_outweighs_what_the_page_said() {
    let mut run = said(9836);
    run.callback(R1, "PASSED").unwrap();
    run.answer("jumio.retrieve", &retrieved("STARTED"));
    assert!(matches!(run.next(), Next::Present { .. }), "the result may take a while to show");
}

#[test]
fn other_errors_leave_the_page_and_come_with_the_end() {
    for code in ALIVE {
        let mut run = said(code);
        run.answer("jumio.retrieve", &retrieved("STARTED"));
        run.present();
        run_out(&mut run);
        assert_eq!(failed(&run).provider_code, Some(code.to_string()));
    }
}

#[test]
fn what_went_well_after_an_error_takes_it_back() {
    let mut run = said(9820);
    run.answer("jumio.retrieve", &retrieved("STARTED"));
    let journey = run.present();
    run.hint(&journey, &message("success"));
    run_out(&mut run);
    assert_eq!(run.next(), Next::Done { outcome: Outcome::Expired, erasure: None });
}

#[test]
fn what_a_dead_link_says_next_does_not_replace_why_it_is_dead() {
    let mut run = Run::open();
    let journey = run.present();
    run.hint(&journey, &error(9836));
    run.hint(&journey, &error(9810));
    run.answer("jumio.retrieve", &retrieved("STARTED"));
    assert_eq!(failed(&run).provider_code.as_deref(), Some("9836"));
}

#[test]
fn a_second_tab_does_not_end_what_was_submitted() {
    let mut run = Run::open();
    let journey = run.present();
    run.hint(&journey, &message("success"));
    run.hint(&journey, &error(9200));
    run.answer("jumio.retrieve", &retrieved("STARTED"));
    assert!(matches!(run.next(), Next::Wait { .. }), "{:?}", run.next());
}

#[test]
fn a_journey_expires_with_the_link_or_the_facemap() {
    for (lifetime, expires) in [(5, 5), (15, 15), (16, 15), (86_400, 15)] {
        let account = Arc::new(Account::new(config()).unwrap());
        let request = Request { token_lifetime_minutes: Some(lifetime), ..order() };
        let session = Jumio::open(&account, request, seed(), T0).unwrap();
        let mut run = Run { account, session, now: T0, callback_url: String::new() };
        run.answer("jumio.initiate", &initiated(R1));
        assert_eq!(run.present().expires, Some(T0.plus(expires * MINUTE)), "a link of {lifetime} minutes");
    }
}

#[test]
fn a_uuid_in_capitals_is_the_same_one() {
    let capitals = |text: &str| text.to_uppercase();
    let (ours, theirs) = ("2d9ce1ab-64b6-4c3b-9e0b-8d3d6da9d7a4", "aaaabbbb-cccc-4ddd-8eee-ffff00001111");
    let account = Arc::new(Account::new(config()).unwrap());
    let request = Request { enrollment_transaction_reference: capitals(ours), ..order() };
    let session = Jumio::open(&account, request, seed(), T0).unwrap();
    let mut run = Run { account, session, now: T0, callback_url: String::new() };
    let sent: serde_json::Value = serde_json::from_slice(&sent(&run.next()).body.unwrap()).unwrap();
    assert_eq!(sent["enrollmentTransactionReference"], ours);
    run.answer("jumio.initiate", &initiated(&capitals(theirs)));
    assert_eq!(run.session.references(), [theirs]);
    let back = |reference: &str| Input::Redirect {
        url: format!("https://merchant.example/ok?transactionStatus=SUCCESS&transactionReference={reference}"),
    };
    for spelled in [capitals(theirs), theirs.to_string()] {
        let found = Jumio::reference_of(&run.account, &back(&spelled), T0).unwrap();
        assert_eq!(found.as_deref(), Some(theirs));
    }
    run.tell(back(&capitals(theirs))).unwrap();
    run.wait();
    let body =
        json!({"transactionReference": theirs, "enrollmentTransactionReference": ours, "transactionResult": "PASSED"});
    run.answer("jumio.retrieve", &body);
    assert!(matches!(run.next(), Next::Done { outcome: Outcome::Decided { decision: Decision::Approved }, .. }));
}

/// A run whose page reported this error.
fn said(code: u32) -> Run {
    let mut run = Run::open();
    let journey = run.present();
    run.hint(&journey, &error(code));
    run
}

fn error(code: u32) -> Seen {
    message_with(&json!({"value": "error", "metainfo": {"code": code}}))
}

fn failed(run: &Run) -> Fault {
    match run.next() {
        Next::Done { outcome: Outcome::Failed { fault }, .. } => fault,
        other => panic!("{other:?}"),
    }
}

/// Lets all patience pass; the looks bring nothing.
fn run_out(run: &mut Run) {
    loop {
        match run.next() {
            Next::Done { .. } => return,
            Next::Send { .. } => run.answer("jumio.retrieve", &retrieved("STARTED")),
            Next::Present { until, .. } | Next::Wait { until, .. } => run.now = until,
        }
    }
}
