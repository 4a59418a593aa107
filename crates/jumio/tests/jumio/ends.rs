//! How a session ends, is tried again and is erased.

use std::sync::Arc;

use idvkit_core::{AtProvider, Decision, FaultCode, Header, Input, Method, Next, Outcome, Why, read};
use idvkit_jumio::{Account, Session};

use crate::run::{MINUTE, R1, R2, Run, T0, callback_input, config, initiated, message, retrieved, sent};

#[test]
fn a_deadline_is_one_last_look() {
    let mut run = Run::open();
    run.now = T0.plus(2 * 60 * MINUTE);
    assert!(matches!(run.next(), Next::Send { .. }), "nothing is done before the snapshot says so");
    // That look was planned long before; whenever it was sent, one more follows, and it is the last.
    run.answer("jumio.retrieve", &retrieved("STARTED"));
    run.now = run.now.plus(20_000);
    let snapshot = run.session.snapshot();
    run.answer("jumio.retrieve", &retrieved("STARTED"));
    assert_eq!(run.next(), Next::Done { outcome: Outcome::Expired, erasure: None });

    let mut late = Run { session: Session::restore(run.account.clone(), &snapshot).unwrap(), ..run };
    late.answer("jumio.retrieve", &retrieved("PASSED"));
    assert!(matches!(late.next(), Next::Done { outcome: Outcome::Decided { decision: Decision::Approved }, .. }));
}

#[test]
fn credentials_refused_at_the_start_end_it_and_retry_resumes() {
    let account = Arc::new(Account::new(config()).unwrap());
    let mut run = Run::start(account);
    run.respond("jumio.initiate", 403, r#"{"httpStatus":"403","message":"Forbidden","requestURI":"x"}"#);
    let Next::Done { outcome: Outcome::Failed { fault }, .. } = run.next() else { panic!() };
    assert_eq!((fault.status, fault.provider_code.as_deref(), fault.retryable), (Some(403), Some("403"), false));
    run.tell(Input::Retry).unwrap();
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused", "it is on its way");
    run.answer("jumio.initiate", &initiated(R1));
    assert!(matches!(run.next(), Next::Present { .. }));
}

#[test]
fn retry_after_expiry_makes_a_new_transaction() {
    let mut run = Run::open();
    let first = run.present();
    run.callback(R1, "EXPIRED").unwrap();
    run.answer("jumio.retrieve", &retrieved("EXPIRED"));
    run.tell(Input::Retry).unwrap();
    run.answer("jumio.initiate", &initiated(R2));
    let second = run.present();
    assert_ne!(first.id, second.id);
    assert_eq!(run.session.references(), [R2, R1]);
    let stale = read(&first, &message("success")).unwrap();
    assert_eq!(run.tell(Input::Hint { text: stale }).unwrap_err().code(), "hint_stale");
    let late = callback_input(&run.callback_url.clone(), R1, "PASSED");
    run.tell(late).unwrap();
    assert!(matches!(run.next(), Next::Present { .. }), "a late callback about the old transaction means nothing");
}

#[test]
fn retry_while_the_page_is_shown_supersedes_the_transaction() {
    let mut run = Run::open();
    let first = run.present();
    run.tell(Input::Retry).unwrap();
    run.answer("jumio.initiate", &initiated(R2));
    let second = run.present();
    assert_ne!(first.id, second.id);
    assert_eq!(run.session.references(), [R2, R1]);
    let stale = read(&first, &message("success")).unwrap();
    assert_eq!(run.tell(Input::Hint { text: stale }).unwrap_err().code(), "hint_stale");
    run.callback(R1, "PASSED").unwrap();
    assert!(matches!(run.next(), Next::Present { .. }), "what was superseded means nothing");
}

#[test]
fn a_submission_is_not_superseded() {
    let mut run = Run::open();
    let journey = run.present();
    run.hint(&journey, &message("success"));
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused");
    run.wait();
    run.answer("jumio.retrieve", &retrieved("PASSED"));
    assert!(matches!(run.next(), Next::Done { outcome: Outcome::Decided { .. }, .. }));
}

#[test]
fn retries_while_the_page_is_shown_come_to_an_end_that_is_stored() {
    let mut run = Run::open();
    let more = (0..40).take_while(|_| {
        let allowed = run.tell(Input::Retry).is_ok();
        if allowed {
            run.answer("jumio.initiate", &initiated(R2));
        }
        allowed
    });
    assert_eq!(more.count(), 31, "32 transactions in all");
    assert!(matches!(run.next(), Next::Present { .. }));
}

#[test]
fn erase_deletes_every_attempt_and_forgets() {
    let mut run = Run::open();
    run.callback(R1, "EXPIRED").unwrap();
    run.answer("jumio.retrieve", &retrieved("EXPIRED"));
    run.tell(Input::Retry).unwrap();
    run.answer("jumio.initiate", &initiated(R2));
    run.tell(Input::Erase { at_provider: true }).unwrap();
    for reference in [R2, R1] {
        let request = sent(&run.next());
        assert_eq!((request.method, request.operation.as_str()), (Method::Delete, "jumio.delete"));
        assert!(request.url.ends_with(reference));
        run.respond("jumio.delete", if reference == R2 { 200 } else { 404 }, "");
    }
    let Next::Done { outcome, erasure } = run.next() else { panic!() };
    assert_eq!(outcome, Outcome::Abandoned { stage: None });
    assert_eq!(erasure.unwrap().at_provider, AtProvider::Deleted { count: 2 });
    let snapshot = run.session.snapshot();
    assert!(!snapshot.contains("authorizationToken") && !snapshot.contains("user-7"), "{snapshot}");
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused");
}

#[test]
fn a_late_callback_about_the_old_transaction_does_not_touch_the_new_one() {
    let mut run = Run::open();
    run.callback(R1, "EXPIRED").unwrap();
    run.answer("jumio.retrieve", &retrieved("EXPIRED"));
    run.tell(Input::Retry).unwrap();
    run.callback(R1, "EXPIRED").unwrap();
    run.answer("jumio.initiate", &initiated(R2));
    run.present();
}

#[test]
fn a_look_planned_before_the_deadline_is_not_the_last_one() {
    let mut run = Run::open();
    let Next::Present { until, .. } = run.next() else { panic!() };
    run.now = until;
    let early = sent(&run.next());
    run.now = T0.plus(2 * 60 * MINUTE);
    let answer = |id: String, result: &str| Input::HttpResponse {
        id,
        status: 200,
        headers: vec![],
        body: retrieved(result).to_string().into_bytes(),
    };
    run.tell(answer(early.id, "STARTED")).unwrap();
    run.now = run.now.plus(20_000);
    run.answer("jumio.retrieve", &retrieved("PASSED"));
    assert!(matches!(run.next(), Next::Done { outcome: Outcome::Decided { decision: Decision::Approved }, .. }));
}

#[test]
fn what_is_gone_ends_a_session() {
    let mut run = Run::open();
    run.callback(R1, "PASSED").unwrap();
    for _ in 0..3 {
        let Next::Send { request } = run.next() else { panic!("{:?}", run.next()) };
        let headers = vec![Header::new("X-Trackingid", "85c66edb-be2e-4e21-93f4-84c1f19bb0f5")];
        run.tell(Input::HttpResponse { id: request.id, status: 404, headers, body: vec![] }).unwrap();
        if let Next::Present { until, .. } = run.next() {
            run.now = until;
        }
    }
    let Next::Done { outcome: Outcome::Failed { fault }, .. } = run.next() else { panic!("{:?}", run.next()) };
    assert_eq!(fault.trace_id.as_deref(), Some("85c66edb-be2e-4e21-93f4-84c1f19bb0f5"), "J-D4: kept for support");
}

#[test]
fn a_retry_keeps_the_pause_that_the_provider_asked_for() {
    let mut run = Run::start(Arc::new(Account::new(config()).unwrap()));
    while let Next::Send { request } = run.next() {
        let headers = vec![Header::new("Retry-After", "3600")];
        run.tell(Input::HttpResponse { id: request.id, status: 429, headers, body: vec![] }).unwrap();
        if let Next::Wait { until, why: Why::Throttled { .. } } = run.next() {
            run.now = until;
        }
    }
    let Next::Done { outcome: Outcome::Failed { .. }, .. } = run.next() else { panic!("{:?}", run.next()) };
    run.tell(Input::Retry).unwrap();
    let Next::Wait { until, why: Why::Throttled { .. } } = run.next() else { panic!("{:?}", run.next()) };
    assert_eq!(until.since(run.now), 3_600_000);
}

#[test]
fn an_erasure_says_what_it_cannot_reach() {
    let mut run = Run::start(Arc::new(Account::new(config()).unwrap()));
    let request = sent(&run.next());
    run.tell(Input::Sending { id: request.id.clone() }).unwrap();
    run.tell(Input::Erase { at_provider: true }).unwrap();
    let Next::Done { erasure: Some(erasure), .. } = run.next() else { panic!("{:?}", run.next()) };
    let AtProvider::Failed { fault } = erasure.at_provider else { panic!("{erasure:?}") };
    assert_eq!((fault.code.as_str(), fault.operation.as_str()), ("answer_lost", "jumio.initiate"));
}

#[test]
fn a_creation_that_was_answered_is_never_sent_again() {
    let mut run = Run::start(Arc::new(Account::new(config()).unwrap()));
    run.respond("jumio.initiate", 200, "<html>maintenance");
    let Next::Done { outcome: Outcome::Failed { fault }, .. } = run.next() else { panic!("{:?}", run.next()) };
    assert_eq!((fault.code, fault.status, fault.retryable), (FaultCode::CreationUnclear, Some(200), false));
    assert_eq!(fault.operation, "jumio.initiate");

    let (account, callback_url) = (run.account.clone(), run.callback_url.clone());
    let mut erased = Run { account, session: run.session.clone(), now: run.now, callback_url };
    erased.tell(Input::Erase { at_provider: true }).unwrap();
    let Next::Done { erasure: Some(erasure), .. } = erased.next() else { panic!("{:?}", erased.next()) };
    let AtProvider::Failed { fault } = erasure.at_provider else { panic!("{erasure:?}") };
    assert_eq!(fault.code, FaultCode::AnswerLost, "a transaction may be there that nobody can name");

    run.tell(Input::Retry).unwrap();
    run.answer("jumio.initiate", &initiated(R1));
    assert!(matches!(run.next(), Next::Present { .. }), "another attempt is another transaction");
}
