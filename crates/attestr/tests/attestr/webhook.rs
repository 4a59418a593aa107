//! Webhooks: they hurry a fetch and claim, and never decide.

use idvkit_attestr::{Attestr, Config, webhook_key};
use idvkit_core::{Blame, Header, Input, Next, Outcome, Provider};

use crate::run::{
    HANDSHAKE, OTHER_SIGNATURE, RESULT, Run, SIGNATURE, STAGE, START, TAG, WEBHOOK_TOKEN, config, request, result,
};

fn post(authorization: Option<&str>, body: &str) -> Input {
    let headers = authorization.map(|value| Header::new("authorization", value)).into_iter().collect();
    Input::Callback { url: "/hooks/attestr".into(), headers, body: body.into() }
}

pub(crate) fn genuine(body: &str) -> Input {
    post(Some(&format!("Basic {WEBHOOK_TOKEN}")), body)
}

pub(crate) fn completed(signature: &str) -> String {
    format!(
        r#"{{"event":"flowx.completed","payload":{{"_id":"{HANDSHAKE}","tag":"{TAG}","number":"3804-324489-8469",
            "requestId":"r","result":{RESULT},"resultSignature":"{signature}","flowId":"FX0","snapshot":null,
            "updated":1750000000123}}}}"#
    )
}

fn about(event: &str, rest: &str) -> String {
    format!(r#"{{"event":"{event}","payload":{{"_id":"{HANDSHAKE}","tag":"{TAG}"{rest}}}}}"#)
}

#[test]
fn the_completed_webhook_claims_and_the_fetch_decides() {
    let mut run = Run::live();
    run.handle(genuine(&completed(SIGNATURE))).unwrap();
    assert!(run.session.evidence().is_none());
    run.answer(200, &result(RESULT, SIGNATURE));
    assert!(matches!(run.outcome(), Outcome::Decided { .. }));
    run.handle(genuine(&completed(SIGNATURE))).unwrap();
    let revision = run.session.revision();
    run.handle(genuine(&about("flowx.skipped", ""))).unwrap();
    assert_eq!(run.session.revision(), revision, "the end absorbs");
}

/// A webhook that comes after the end brings one more look, and only a proof changes it (A-Q17).
#[test]
fn rule_24_a_webhook_after_the_end_brings_the_proof() {
    let expired = || {
        let mut run = Run::live();
        run.now = run.now.plus(2 * 86_400_000);
        while matches!(run.next(), Next::Send { .. }) {
            run.answer(200, &result("null", ""));
            run.now = run.now.plus(86_400_000);
        }
        assert_eq!(run.outcome(), Outcome::Expired);
        run
    };
    let mut run = expired();
    run.handle(genuine(&completed(SIGNATURE))).unwrap();
    run.answer(200, &result(RESULT, SIGNATURE));
    assert!(matches!(run.outcome(), Outcome::Decided { .. }));
    for (webhook, answer) in [
        (completed(OTHER_SIGNATURE), result(RESULT, SIGNATURE)),
        (completed(SIGNATURE), result("null", "")),
        (about("flowx.skipped", ""), result(RESULT, SIGNATURE)),
    ] {
        let mut run = expired();
        run.handle(genuine(&webhook)).unwrap();
        run.answer(200, &answer);
        assert_eq!(run.outcome(), Outcome::Expired, "{webhook}");
    }
    let mut run = expired();
    run.handle(genuine(&about("flowx.errored", ""))).unwrap();
    assert_eq!(run.outcome(), Outcome::Expired, "an error needs no look");
}

#[test]
fn false_claims_cannot_keep_the_webhook_out() {
    let mut run = Run::live();
    for last in ["0", "1", "2", "3"] {
        run.success(&format!("{}{last}", &OTHER_SIGNATURE[..63]));
    }
    run.handle(genuine(&completed(SIGNATURE))).unwrap();
    run.answer(200, &result(RESULT, SIGNATURE));
    assert!(matches!(run.outcome(), Outcome::Decided { .. }));
}

#[test]
fn skipped_and_errored_are_non_passes_that_a_client_cannot_reword() {
    let mut run = Run::live();
    run.handle(genuine(&about("flowx.skipped", &format!(r#","stage":"{STAGE}""#)))).unwrap();
    run.see("onFlowxError", r#"{"code":5001,"httpStatusCode":500}"#);
    run.answer(200, &result(RESULT, SIGNATURE));
    run.wait();
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), Outcome::Abandoned { stage: Some(STAGE.into()) });

    for rest in [
        format!(r#","error":{{"code":5001,"httpStatusCode":500,"stage":"{STAGE}"}}"#),
        format!(r#","code":"5001","httpStatusCode":"500","stage":"{STAGE}""#),
    ] {
        let mut run = Run::live();
        run.handle(genuine(&about("flowx.errored", &rest))).unwrap();
        run.answer(200, &result(RESULT, SIGNATURE));
        assert_eq!(run.now, START, "one look, and no time passes (A-Q14)");
        let Outcome::Failed { fault } = run.outcome() else { panic!() };
        assert_eq!((fault.provider_code.as_deref(), fault.status), (Some("5001"), Some(500)));
    }
}

#[test]
fn only_the_configured_token_opens() {
    let run = Run::live();
    let code = |authorization: Option<&str>| {
        let reject =
            Attestr::reference_of(&run.account, &post(authorization, &completed(SIGNATURE)), START).unwrap_err();
        assert_eq!(reject.blame(), Blame::Signature);
        reject.code()
    };
    assert_eq!(code(None), "webhook_token_missing");
    assert_eq!(code(Some(WEBHOOK_TOKEN)), "webhook_token_malformed");
    assert_eq!(code(Some(&format!("Bearer {WEBHOOK_TOKEN}"))), "webhook_token_malformed");
    assert_eq!(code(Some("Basic ")), "webhook_token_malformed");
    assert_eq!(code(Some("Basic x")), "webhook_token_wrong");
    assert_eq!(code(Some(&format!("Basic {WEBHOOK_TOKEN}x"))), "webhook_token_wrong");
    assert!(
        Attestr::reference_of(
            &run.account,
            &post(Some(&format!("basic {WEBHOOK_TOKEN}")), &completed(SIGNATURE)),
            START
        )
        .is_ok()
    );

    let run = Run::with(Config { webhook_tokens: vec![], ..config() }, request());
    let reject = Attestr::reference_of(&run.account, &genuine(&completed(SIGNATURE)), START).unwrap_err();
    assert_eq!((reject.code().as_str(), reject.blame()), ("webhook_not_configured", Blame::Caller));
}

#[test]
fn says_whose_it_is() {
    let run = Run::live();
    let whose = |input| Attestr::reference_of(&run.account, &input, START);
    assert_eq!(whose(genuine(&completed(SIGNATURE))).unwrap().as_deref(), Some(HANDSHAKE));
    assert_eq!(whose(genuine(r#"{"event":"async.completed","payload":{"x":1}}"#)).unwrap(), None);
    assert_eq!(whose(genuine(r#"{"event":"factx.query"}"#)).unwrap(), None);
    for other in [Input::Redirect { url: "https://shop.example/".into() }, Input::Retry] {
        assert_eq!(whose(other).unwrap_err().code(), "no_reference");
    }
    let mut run = Run::live();
    let back = Input::Redirect { url: "https://shop.example/".into() };
    assert_eq!(run.handle(back).unwrap_err().code(), "redirect_unexpected", "Attestr sends nobody back");
    for bad in ["", "{}", "[]", r#"{"event":"flowx.completed"}"#, r#"{"event":"flowx.skipped","payload":{"_id":"x"}}"#]
    {
        assert_eq!(whose(genuine(bad)).unwrap_err().code(), "webhook_unreadable", "{bad}");
    }
    assert_eq!(whose(genuine(&" ".repeat(1_048_577))).unwrap_err().code(), "webhook_too_large");
    let key = webhook_key(&run.account, &genuine(&completed(SIGNATURE)), START).unwrap().unwrap();
    assert_eq!((key.event.as_str(), key.updated), ("flowx.completed", Some(1_750_000_000_123)));
}

#[test]
fn a_webhook_about_another_handshake_is_refused() {
    let mut run = Run::live();
    for body in [
        completed(SIGNATURE).replace(HANDSHAKE, "DS02zfeuv6n4gkq51hvw7"),
        completed(SIGNATURE).replace(TAG, "TAG1"),
        r#"{"event":"async.completed"}"#.to_string(),
    ] {
        assert_eq!(run.handle(genuine(&body)).unwrap_err().code(), "callback_of_other_session");
    }
    let mut early = Run::new();
    assert_eq!(early.handle(genuine(&completed(SIGNATURE))).unwrap_err().code(), "callback_of_other_session");
    assert!(!run.printed.contains(WEBHOOK_TOKEN) && !run.printed.contains("TEST USER"));
}
