//! Skips, errors, archived handshakes, time, and answers that are errors.

use idvkit_core::{FaultClass, FaultCode, Input, Next, Outcome, Why};

use idvkit_attestr::{Config, Options, Request};

use crate::run::{CREATED, HANDSHAKE, OTHER_SIGNATURE, RESULT, Run, SIGNATURE, STAGE, START, config, request, result};

/// The sample of the guide (A-GUIDE), with the missing quotes.
const ERROR: &str = r#"{"code": 5001, "httpStatusCode": 500, "message": "अनुरोध पूरा नहीं किया जा सका। बाद में कोशिश करें।",
    "retry": false, "stage": "FS02zfeuv3tcnkq2mond2",
    "original": {"code": 4035, "httpStatusCode": 403, "message": "Requested service is not provisioned for your account"}}"#;

/// Lets the settle time pass; the last fetch brings nothing new.
fn settle(run: &mut Run) -> Outcome {
    let no_result = result("null", "").replace(r#""resultSignature": """#, r#""resultSignature": null"#);
    let end = run.now.plus(30_000);
    while let Next::Present { .. } | Next::Wait { .. } = run.next() {
        run.wait();
        if matches!(run.next(), Next::Send { .. }) {
            run.answer(200, &no_result);
        }
    }
    assert!(run.now >= end);
    run.outcome()
}

#[test]
fn a_skip_ends_it_after_the_settle_time() {
    for (data, stage) in [
        (format!(r#"{{"stage": "{STAGE}"}}"#), Some(STAGE.to_string())),
        (r#"{"stage": null}"#.to_string(), None),
        (String::new(), None),
        (r#"{"stage": "<script>"}"#.to_string(), None),
    ] {
        let mut run = Run::live();
        run.see("onFlowxSkip", &data);
        assert_eq!(settle(&mut run), Outcome::Abandoned { stage });
        run.handle(Input::Retry).unwrap();
        assert!(run.journey().to_json().contains(r#""value":true"#));
    }
}

#[test]
fn a_proof_within_the_settle_time_wins() {
    let mut run = Run::live();
    run.see("onSkip", &format!(r#"{{"stage": "{STAGE}"}}"#));
    run.now = run.now.plus(10_000);
    run.success(SIGNATURE);
    run.answer(200, &result(RESULT, SIGNATURE));
    assert!(matches!(run.outcome(), Outcome::Decided { .. }));

    let mut run = Run::live();
    run.see("onSkip", r#"{"stage": null}"#);
    run.success(OTHER_SIGNATURE);
    while !matches!(run.next(), Next::Done { .. }) {
        run.answer(200, &result(RESULT, SIGNATURE));
        if !matches!(run.next(), Next::Done { .. }) {
            run.wait();
        }
    }
    assert_eq!(run.outcome(), Outcome::Abandoned { stage: None }, "a false claim saves nobody");
    assert_eq!(run.now, START.plus(30_000));
}

#[test]
fn an_error_keeps_words_stage_and_cause() {
    let mut run = Run::live();
    run.see("onFlowxError", ERROR);
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.now, START, "one look, and no time passes (A-Q14)");
    let Outcome::Failed { fault } = run.outcome() else { panic!() };
    assert_eq!((fault.operation.as_str(), fault.code.as_str()), ("attestr.launch", "flow_error"));
    assert_eq!((fault.provider_code.as_deref(), fault.status), (Some("5001"), Some(500)));
    assert_eq!(fault.class, FaultClass::Unavailable);
    assert!(!fault.retryable, "the cause is that the service is not provisioned");
    assert!(fault.message.unwrap().starts_with("अनुरोध"));
    let cause = fault.cause.unwrap();
    assert_eq!((cause.code.as_deref(), cause.status), (Some("4035"), Some(403)));
}

#[test]
fn errors_are_classified_by_their_status_wherever_it_stands() {
    for (data, class, code, status, again) in [
        (r#"{"code": 40050, "httpStatusCode": 400}"#, FaultClass::Input, Some("40050"), Some(400), false),
        (r#"{"code": "4039", "httpStatusCode": "403"}"#, FaultClass::Authorization, Some("4039"), Some(403), false),
        (r#"{"code": "4121", "httpStatusCode": "412"}"#, FaultClass::Configuration, Some("4121"), Some(412), false),
        (r#"{"code": "500", "httpStatusCode": "12029"}"#, FaultClass::Unavailable, Some("12029"), Some(500), true),
        (r#"{"code": 4292, "httpStatusCode": 429}"#, FaultClass::Throttled, Some("4292"), Some(429), true),
        (r#"{"code": "oops"}"#, FaultClass::Unknown, None, None, false),
        ("", FaultClass::Unknown, None, None, false),
    ] {
        let mut run = Run::live();
        run.see("onFlowXError", data);
        run.answer(404, "{}");
        let Outcome::Failed { fault } = run.outcome() else { panic!() };
        assert_eq!(
            (fault.class, fault.provider_code.as_deref(), fault.status, fault.retryable),
            (class, code, status, again)
        );
    }
}

#[test]
fn the_newest_word_counts_and_long_words_are_cut() {
    let mut run = Run::live();
    run.see("onSkip", r#"{"stage": null}"#);
    let long = "न".repeat(5_000);
    run.see(
        "onError",
        &format!(r#"{{"httpStatusCode": 500, "message": "{long}\u0007", "original": {{"message": "{long}"}}}}"#),
    );
    run.answer(200, &result(RESULT, SIGNATURE));
    let Outcome::Failed { fault } = run.outcome() else { panic!() };
    assert_eq!(fault.message.unwrap().chars().count(), 400);
    assert_eq!(fault.cause.unwrap().message.unwrap().chars().count(), 200);
}

#[test]
fn an_error_waits_for_the_proof_of_a_success_that_was_claimed_before_it() {
    let no_result = result("null", "").replace(r#""resultSignature": """#, r#""resultSignature": null"#);
    for (end, completed) in [(result(RESULT, SIGNATURE), true), (no_result.clone(), false)] {
        let mut run = Run::live();
        run.success(SIGNATURE);
        run.see("onFlowxError", ERROR);
        run.answer(200, &no_result);
        while run.now < START.plus(15_000) {
            run.wait();
            if matches!(run.next(), Next::Send { .. }) {
                run.answer(200, &no_result);
            }
        }
        run.wait();
        run.answer(200, &end);
        match run.outcome() {
            Outcome::Decided { .. } => assert!(completed),
            Outcome::Failed { .. } => assert!(!completed && run.now == START.plus(30_000)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_result_that_nobody_can_verify_ends_when_the_time_for_it_is_up() {
    for config in [
        Config { client_secrets: vec!["another-secret".into()], ..config() },
        Config {
            client_secrets: vec!["another-secret".into()],
            options: Options { result_timeout_ms: Some(120_000), ..Options::default() },
            ..config()
        },
    ] {
        let patience = config.options.result_timeout_ms.unwrap_or(15 * 60_000);
        let mut run = Run::with(config, request());
        run.answer(200, CREATED);
        run.journey();
        run.success(SIGNATURE);
        let mut looks = 0;
        while !matches!(run.next(), Next::Done { .. }) {
            match run.next() {
                Next::Send { .. } => run.answer(200, &result(RESULT, SIGNATURE)),
                _ => run.wait(),
            }
            looks += i32::from(matches!(run.next(), Next::Send { .. }));
        }
        let Outcome::Failed { fault } = run.outcome() else { panic!() };
        assert_eq!(fault.code, FaultCode::SignatureWrong);
        let taken = run.now.since(START);
        assert!(
            (patience..patience + 120_000).contains(&taken),
            "{taken} ms: the last looks are held back as all failed ones"
        );
        assert!(looks <= 20, "{looks} looks");
        run.handle(Input::Retry).unwrap();
        run.wait();
        assert_eq!(run.send().operation, "attestr.fetch_result", "with the right secret it goes on there");
    }
}

#[test]
fn an_archived_handshake_is_gone_whatever_is_claimed() {
    let archived = format!(
        r#"{{"_id":"{HANDSHAKE}","tag":"TAG567822","consumed":true,"archived":1750000000,"result":null,"resultSignature":null}}"#
    );
    let mut run = Run::live();
    run.success(SIGNATURE);
    run.answer(200, &archived);
    assert!(matches!(run.outcome(), Outcome::Failed { fault } if fault.code == "archived" && !fault.retryable));
    assert_eq!(run.handle(Input::Retry).unwrap_err().code(), "retry_refused");
    assert_eq!(run.session.references(), [HANDSHAKE]);
}

#[test]
fn nobody_comes_and_time_runs_out() {
    let mut run = Run::live();
    let seen = idvkit_core::read(&run.journey(), &idvkit_core::Seen::Closed).unwrap();
    run.handle(Input::Hint { text: seen }).unwrap();
    run.wait();
    assert_eq!(run.now, START.plus(86_400_000), "closing a page ends nothing, and nothing is polled meanwhile");
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), Outcome::Expired);
}

#[test]
fn a_retry_after_expiry_makes_a_new_handshake() {
    let mut run = Run::live();
    run.wait();
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), Outcome::Expired);
    run.handle(Input::Retry).unwrap();
    let create = run.send();
    assert_eq!(create.operation, "attestr.create_handshake");
    run.answer(200, &CREATED.replace(HANDSHAKE, "DS02zfeuv6n4gkq51hvw7"));
    let journey = run.journey();
    assert!(journey.to_json().contains(r#""name":"retry","value":{"type":"flag","value":false}"#));
    assert_eq!(journey.expires, Some(run.now.plus(86_400_000)), "it is usable");
    assert_eq!(run.session.references(), ["DS02zfeuv6n4gkq51hvw7", HANDSHAKE]);
    // News about the dead one is heard and changes nothing; so is its result.
    run.handle(crate::webhook::genuine(&crate::webhook::completed(SIGNATURE))).unwrap();
    assert_eq!(run.journey(), journey);
    run.success(SIGNATURE);
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.fault().code, "foreign_answer");

    let mut run = Run::with(config(), Request { expiry: Some(START.0 + 3_600_000), ..request() });
    run.answer(200, CREATED);
    run.journey();
    run.wait();
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), Outcome::Expired);
    assert_eq!(run.handle(Input::Retry).unwrap_err().code(), "retry_refused", "the expiry that was asked for is past");
}

#[test]
fn the_same_words_again_change_nothing() {
    let mut run = Run::live();
    run.see("onError", ERROR);
    let revision = run.session.revision();
    for word in 0..50 {
        run.see("onError", &format!(r#"{{"code": 5001, "message": "{word}"}}"#));
    }
    assert_eq!(run.session.revision(), revision);
    run.see("onError", r#"{"code": 5002}"#);
    run.see("onSkip", r#"{"stage": null}"#);
    let revision = run.session.revision();
    for _ in 0..50 {
        run.see("onSkip", r#"{"stage": null}"#);
    }
    assert_eq!(run.session.revision(), revision);
}

#[test]
fn a_claimed_success_does_not_put_off_the_settle_time() {
    let mut run = Run::live();
    run.see("onSkip", r#"{"stage": null}"#);
    let end = run.now.plus(30_000);
    run.now = end.plus(-1_000);
    run.success(OTHER_SIGNATURE);
    while !matches!(run.next(), Next::Done { .. }) {
        match run.next() {
            Next::Send { .. } => run.answer(200, &result(RESULT, SIGNATURE)),
            _ => run.wait(),
        }
    }
    assert_eq!(run.outcome(), Outcome::Abandoned { stage: None });
    assert!(run.now.since(end) <= 2_000, "but for the gap between looks");
}

#[test]
fn a_refused_creation_says_why_and_can_be_resumed() {
    let mut run = Run::new();
    run.answer(400, r#"{"code": "4002", "message": "TAG567822 is secret", "details": "x"}"#);
    let Outcome::Failed { fault } = run.outcome() else { panic!() };
    assert_eq!((fault.operation.as_str(), fault.provider_code.as_deref()), ("attestr.create_handshake", Some("4002")));
    assert_eq!((fault.class, fault.retryable, fault.message), (FaultClass::Input, false, None));
    run.handle(Input::Retry).unwrap();
    run.answer(200, CREATED);
    run.journey();
}

#[test]
fn a_creation_that_was_answered_is_never_sent_again() {
    for body in ["<html>", "{}", r#"{"_id": "DS0/../x12345"}"#, r#"{"_id": "FX02zfeuvcj36knhn06us"}"#, ""] {
        let mut run = Run::new();
        run.answer(200, body);
        let Outcome::Failed { fault } = run.outcome() else { panic!("{body}") };
        assert_eq!((fault.code, fault.retryable), (FaultCode::CreationUnclear, false), "{body}");
        // Another attempt is another handshake, if that is asked for.
        run.handle(Input::Retry).unwrap();
        run.answer(200, CREATED);
        run.journey();
    }
}

#[test]
fn a_creation_that_fails_is_retried_and_then_given_up() {
    let mut run = Run::new();
    for _ in 0..4 {
        run.answer(503, "<html>");
        assert!(matches!(run.next(), Next::Wait { why: Why::Backoff { .. }, .. }));
        run.wait();
    }
    run.answer(503, "<html>");
    assert!(matches!(run.outcome(), Outcome::Failed { fault } if fault.code == FaultCode::HttpStatus));
}

#[test]
fn a_claimed_creation_is_not_sent_twice_at_a_time() {
    let mut run = Run::new();
    let request = run.send();
    run.handle(Input::Sending { id: request.id.clone() }).unwrap();
    assert!(matches!(run.next(), Next::Wait { why: Why::InFlight, .. }));
    assert_eq!(run.handle(Input::Sending { id: request.id.clone() }).unwrap_err().code(), "claimed");
    run.wait();
    let again = run.send();
    assert_ne!(again.id, request.id);
    assert_eq!(again.body, request.body);
    let late = Input::HttpResponse { id: request.id, status: 200, headers: vec![], body: CREATED.into() };
    assert_eq!(run.handle(late).unwrap_err().code(), "stale");
}

#[test]
fn erasing_a_running_session_abandons_it_at_the_stage_known() {
    let mut run = Run::live();
    run.see("FlowxSkip", &format!(r#"{{"stage": "{STAGE}"}}"#));
    run.handle(Input::Erase { at_provider: false }).unwrap();
    assert_eq!(run.outcome(), Outcome::Abandoned { stage: Some(STAGE.into()) });
}
