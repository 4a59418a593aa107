//! `Completed`: the fetched result verifies, and its signature is one that was claimed.

use idvkit_attestr::{Attestr, HANDSHAKE_PART, Options, Request};
use idvkit_core::{
    AtProvider, Basis, Decision, FaultClass, Header, Input, Method, Next, Outcome, Provider, SignedForm, Verdict, Why,
};
use serde_json::json;

use crate::run::{
    AUTH_TOKEN, CREATED, FLOW, HANDSHAKE, OTHER_SIGNATURE, RESULT, Run, SECRET, SIGNATURE, STAGE, START, TAG, VARIABLE,
    WEBHOOK_TOKEN, config, request, result,
};

const COMPLETED: Outcome = Outcome::Decided { decision: Decision::Completed };

#[test]
fn from_handshake_to_evidence() {
    let mut run = Run::new();
    let create = run.send();
    assert_eq!((create.method, create.idempotent, create.timeout_ms), (Method::Post, false, 30_000));
    assert_eq!(create.url, "https://api.attestr.com/api/v1/public/flowx/handshake");
    assert_eq!(create.operation, "attestr.create_handshake");
    let headers: Vec<_> = create.headers.iter().map(|line| (line.name.as_str(), line.value.as_str())).collect();
    assert!(headers.contains(&("Authorization", &format!("Basic {AUTH_TOKEN}"))));
    assert!(headers.contains(&("Content-Type", "application/json")));
    let body: serde_json::Value = serde_json::from_slice(&create.body.unwrap()).unwrap();
    assert_eq!(body, json!({ "flow": FLOW, "snapshot": null, "tag": TAG }), "a draft is an explicit null");

    run.answer(201, CREATED);
    assert_eq!(run.session.references(), [HANDSHAKE]);
    let journey = run.journey();
    assert_eq!(journey.expires, Some(START.plus(86_400_000)));
    run.see("onFlowxComplete", &format!(r#""{{\"signature\": \"{SIGNATURE}\"}}""#));
    let fetch = run.send();
    assert_eq!((fetch.method, fetch.idempotent, &fetch.body), (Method::Get, true, &None));
    assert_eq!(fetch.url, format!("https://api.attestr.com/api/v1/public/flowx/handshake/{HANDSHAKE}"));
    run.answer(200, &result(RESULT, SIGNATURE));

    assert_eq!(run.outcome(), COMPLETED);
    let evidence = run.evidence();
    assert_eq!(evidence.basis, Basis::Signed { form: SignedForm::AsSent });
    assert_eq!(evidence.raw, RESULT.as_bytes());
    let parts: Vec<_> = evidence.parts.iter().map(|part| (part.name.as_str(), part.status.as_deref())).collect();
    assert_eq!(parts, [(STAGE, None), (HANDSHAKE_PART, Some("consumed"))]);
    assert!(evidence.source.production && evidence.source.host == "api.attestr.com");

    for secret in [SECRET, AUTH_TOKEN, WEBHOOK_TOKEN, VARIABLE, TAG, SIGNATURE, "TEST USER"] {
        assert!(!run.printed.contains(secret), "printed {secret}");
    }
}

#[test]
fn sends_what_the_published_samples_send() {
    let sample = Request {
        snapshot: Some("d79c9c09-9367-4929-b0e3-b4eb38d0e4b8".into()),
        webhook: true,
        expiry: Some(START.0 + 3_600_000),
        extra: serde_json::Map::from_iter([("consent".to_string(), json!({ "id": "C1" }))]),
        ..request()
    };
    let mut run = Run::with(config(), sample);
    let body: serde_json::Value = serde_json::from_slice(&run.send().body.unwrap()).unwrap();
    let expected = json!({
        "flow": FLOW, "tag": TAG, "snapshot": "d79c9c09-9367-4929-b0e3-b4eb38d0e4b8",
        "webhook": true, "expiry": START.0 + 3_600_000, "consent": { "id": "C1" },
    });
    assert_eq!(body, expected);
    let at_first = run.send();
    run.now = START.plus(5_000);
    assert_eq!(run.send(), at_first, "the time never enters a request");
    run.answer(200, CREATED);
    let journey = run.journey();
    assert_eq!(journey.expires, Some(START.plus(3_600_000)));
    assert!(matches!(run.next(), Next::Present { until, .. } if until == START.plus(5_000 + 3_600_000)));
}

/// Rule 25: what real servers bring into members that decide nothing.
#[test]
fn a_flaw_beside_the_result_costs_no_verdict() {
    let flaws: [&[u8]; 5] = [
        b"\"score\": NaN, ",
        b"\"owner\": \"J\xC3\", ",
        b"\"owner\": \"\\ud83d\", ",
        b"\"owner\": \"a\x07b\", ",
        b"\"ratio\": -Infinity, ",
    ];
    for flaw in flaws {
        let mut run = Run::live();
        run.see("onFlowxComplete", &format!(r#""{{\"signature\": \"{SIGNATURE}\"}}""#));
        let sent = result(RESULT, SIGNATURE);
        let body = [b"\xEF\xBB\xBF{", flaw, &sent.as_bytes()[1..]].concat();
        let id = run.send().id;
        run.handle(Input::HttpResponse { id, status: 200, headers: vec![], body }).unwrap();
        assert_eq!(run.outcome(), COMPLETED, "{}", String::from_utf8_lossy(flaw));
        assert_eq!(run.evidence().raw, RESULT.as_bytes());
    }
    // In the result itself it is the signature's affair.
    let mut run = Run::live();
    run.see("onFlowxComplete", &format!(r#""{{\"signature\": \"{SIGNATURE}\"}}""#));
    run.answer(200, &result(&RESULT.replace("true", "NaN"), SIGNATURE));
    let Next::Wait { why: Why::Backoff { fault }, .. } = run.next() else { panic!() };
    assert_eq!(fault.code, "signature_wrong");
}

#[test]
fn the_ecmascript_form_counts_and_is_named() {
    // What JSON.stringify gives for this is signed; 1.0 and 1e21 are spelt in another way here.
    let sent = r#"{ "FS1": {"input": {"name": "जाँच\/ñ", "n": 1.0, "big": 1E21}, "output": {"a": null}} }"#;
    let printed = r#"{"FS1":{"input":{"name":"जाँच/ñ","n":1,"big":1e+21},"output":{"a":null}}}"#;
    let signature = "6bd98f49c6d5c722b48f45c317a5013f6c5dc1df232b1e73de5a1fdb8416746d";
    let mut run = Run::live();
    run.success(signature);
    run.answer(200, &result(sent, signature));
    assert_eq!(run.outcome(), COMPLETED);
    assert_eq!(run.evidence().basis, Basis::Signed { form: SignedForm::Ecmascript });
    assert_eq!(run.evidence().raw, printed.as_bytes(), "exactly the bytes that are signed");

    let options = Options { as_sent_only: true, ..Options::default() };
    let mut run = Run::with(idvkit_attestr::Config { options, ..config() }, request());
    run.answer(200, CREATED);
    run.journey();
    run.success(signature);
    run.answer(200, &result(sent, signature));
    assert_eq!(run.fault().code, "signature_wrong");
}

#[test]
fn a_member_that_stands_twice_is_no_result() {
    let signature = SIGNATURE;
    let twice = result(RESULT, signature).replacen('{', r#"{ "result": {}, "#, 1);
    let mut run = Run::live();
    run.success(signature);
    run.answer(200, &twice);
    assert_eq!(run.fault().code, "unreadable");

    // Twice within: only the bytes as sent may be signed, never what one reader made of them.
    let inner = RESULT.replace(r#""valid":true"#, r#""valid":false, "valid":true"#);
    let mut run = Run::live();
    run.success(signature);
    run.answer(200, &result(&inner, signature));
    assert_eq!(run.fault().code, "signature_wrong");
}

#[test]
fn forgeries_are_counted_and_the_real_one_still_wins() {
    let forged = RESULT.replace("true", "false");
    let mut run = Run::live();
    run.success(SIGNATURE);
    for (body, code) in [
        (result(&forged, SIGNATURE), "signature_wrong"),
        (result(RESULT, OTHER_SIGNATURE), "signature_wrong"),
        (result(RESULT, "").replace(r#""resultSignature": """#, r#""resultSignature": null"#), "signature_missing"),
        (result(RESULT, &SIGNATURE[..62]), "signature_malformed"),
        (result(RESULT, SIGNATURE).replace(HANDSHAKE, "DS02zfeuv6n4gkq51hvw7"), "foreign_answer"),
        (result(RESULT, SIGNATURE).replace(TAG, "TAG1"), "foreign_answer"),
        ("<html>maintenance</html>".into(), "unreadable"),
        (r#"{"_id": 7}"#.into(), "unreadable"),
        (result("[1]", SIGNATURE), "unreadable"),
    ] {
        run.answer(200, &body);
        assert!(run.session.evidence().is_none());
        assert_eq!((run.fault().code.as_str(), run.fault().class), (code, FaultClass::Answer));
        run.wait();
    }
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), COMPLETED);
}

#[test]
fn a_verified_result_without_its_claim_is_no_pass() {
    let mut run = Run::live();
    let shown = run.journey();
    run.success(OTHER_SIGNATURE);
    let looks = miss_until_presented(&mut run);
    assert_eq!(looks, [0, 2, 4, 8, 15, 30, 60, 120, 300], "the whole plan is used");
    assert_eq!(run.journey(), shown, "then the claim is gone and the user may go on");
    let Next::Present { until, .. } = run.next() else { panic!() };
    assert!(until >= START.plus(86_400_000), "no polling without a claim");
    run.now = run.now.plus(60_000);
    run.success(SIGNATURE);
    // At once.
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), COMPLETED);
}

/// Answers every look with a verified result of another signature; gives their times in seconds.
fn miss_until_presented(run: &mut Run) -> Vec<i64> {
    let start = run.now;
    let mut looks = vec![];
    loop {
        match run.next() {
            Next::Send { .. } => {
                looks.push(run.now.since(start) / 1000);
                run.answer(200, &result(RESULT, SIGNATURE));
            }
            Next::Wait { .. } => run.wait(),
            _ => return looks,
        }
    }
}

#[test]
fn an_honest_claim_outlives_older_answers() {
    // The provider answers with the result of an earlier moment for two minutes (A-Q4).
    let partial = r#"{"FS1":{"input":{"name":"जाँच/ñ","n":1,"big":1e+21},"output":{"a":null}}}"#;
    let old = result(partial, "6bd98f49c6d5c722b48f45c317a5013f6c5dc1df232b1e73de5a1fdb8416746d");
    let mut run = Run::live();
    let claimed = run.now;
    run.success(SIGNATURE);
    while run.now.since(claimed) < 120_000 {
        run.answer(200, &old);
        assert!(matches!(run.next(), Next::Wait { why: Why::Verdict, .. }));
        run.wait();
    }
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), COMPLETED);
}

#[test]
fn a_claim_has_the_whole_plan_even_behind_a_forged_one() {
    let mut run = Run::live();
    run.success(&format!("{}0", &OTHER_SIGNATURE[..63]));
    let first = run.now;
    while run.now.since(first) < 120_000 {
        run.answer(200, &result(RESULT, SIGNATURE));
        run.wait();
    }
    run.success(OTHER_SIGNATURE);
    let second = run.now;
    miss_until_presented(&mut run);
    assert!(run.now.since(second) >= 300_000, "the second was dropped with the first");
    run.now = run.now.plus(60_000);
    run.success(OTHER_SIGNATURE);
    assert_eq!(miss_until_presented(&mut run), [0, 2, 4, 8, 15, 30, 60, 120, 300], "the plan begins anew");
}

#[test]
fn claims_are_a_set_of_four() {
    let claim = |last: &str| format!("{}{last}", &OTHER_SIGNATURE[..63]);
    let mut run = Run::live();
    for last in ["0", "1", "2"] {
        run.success(&claim(last));
    }
    let three = run.session.revision();
    run.success(&claim("2").to_uppercase());
    run.success("not a signature");
    run.see("onFlowxSuccess", "{}");
    assert_eq!(run.session.revision(), three, "known and malformed claims are ignored");
    run.success(&SIGNATURE.to_uppercase());
    let four = run.session.revision();
    run.success(&claim("5"));
    assert_eq!(run.session.revision(), four, "a fifth one is ignored");
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), COMPLETED);
}

#[test]
fn waits_while_there_is_no_result_yet() {
    let mut run = Run::live();
    run.success(SIGNATURE);
    let empty = result("null", "").replace(r#""resultSignature": """#, r#""resultSignature": null"#);
    let mut pauses = vec![];
    for _ in 0..5 {
        run.answer(200, &empty);
        let before = run.now;
        assert!(matches!(run.next(), Next::Wait { why: Why::Verdict, .. }));
        run.wait();
        pauses.push(run.now.since(before) / 1000);
    }
    assert_eq!(pauses, [2, 2, 4, 7, 15]);
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), COMPLETED);
}

#[test]
fn retry_runs_the_same_handshake_and_skips_what_went_well() {
    let mut run = Run::live();
    let old = run.hint("onFlowxSuccess", &format!(r#"{{"signature":"{SIGNATURE}"}}"#));
    run.success(SIGNATURE);
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), COMPLETED);
    run.handle(Input::Retry).unwrap();
    assert!(run.session.evidence().is_none());
    let first = run.journey.clone().unwrap();
    let journey = run.journey();
    assert_ne!(journey.id, first.id);
    assert!(journey.to_json().contains(r#""name":"retry","value":{"type":"flag","value":true}"#));
    assert!(journey.to_json().contains(HANDSHAKE));
    assert_eq!(run.handle(Input::Hint { text: old }).unwrap_err().code(), "hint_stale");
    // All stages went well before: the success handler is called at once, with the same signature.
    run.success(SIGNATURE);
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), COMPLETED);
    assert_eq!(run.session.references(), [HANDSHAKE]);
}

#[test]
fn the_proof_of_an_earlier_run_does_not_decide_the_next() {
    let completed = |signature: &str, updated: i64| {
        let body = format!(
            r#"{{"event":"flowx.completed","payload":{{"_id":"{HANDSHAKE}","tag":"{TAG}",
                "resultSignature":"{signature}","updated":{updated}}}}}"#
        );
        let headers = vec![Header::new("Authorization", format!("Basic {WEBHOOK_TOKEN}"))];
        Input::Callback { url: "/".into(), headers, body: body.into() }
    };
    let mut run = Run::live();
    run.handle(completed(SIGNATURE, 100)).unwrap();
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), COMPLETED);
    run.handle(Input::Retry).unwrap();
    let shown = run.journey();
    // The same delivery again, the same signature as if it were news, and other old news.
    for webhook in [completed(SIGNATURE, 100), completed(SIGNATURE, 101), completed(OTHER_SIGNATURE, 99)] {
        run.handle(webhook).unwrap();
        assert_eq!(run.journey(), shown, "the user is still running again");
    }
    // A new result counts; until the provider answers with it, the old one does not.
    let again = r#"{"FS1":{"input":{"name":"जाँच/ñ","n":1,"big":1e+21},"output":{"a":null}}}"#;
    let new = "6bd98f49c6d5c722b48f45c317a5013f6c5dc1df232b1e73de5a1fdb8416746d";
    run.handle(completed(new, 101)).unwrap();
    run.answer(200, &result(RESULT, SIGNATURE));
    assert!(run.session.evidence().is_none());
    run.wait();
    run.answer(200, &result(again, new));
    assert_eq!((run.outcome(), run.evidence().raw.as_slice()), (COMPLETED, again.as_bytes()));
}

#[test]
fn the_way_in_closes_a_day_after_the_provider_answered() {
    let mut run = Run::new();
    run.now = START.plus(3_600_000);
    run.answer(200, CREATED);
    assert_eq!(run.journey().expires, Some(START.plus(3_600_000 + 86_400_000)));
}

#[test]
fn rotation_accepts_either_secret() {
    let secrets = vec!["another-secret".into(), SECRET.into()];
    let mut run = Run::with(idvkit_attestr::Config { client_secrets: secrets, ..config() }, request());
    run.answer(200, CREATED);
    run.journey();
    run.success(SIGNATURE);
    run.answer(200, &result(RESULT, SIGNATURE));
    assert_eq!(run.outcome(), COMPLETED);
}

#[test]
fn erasure_leaves_outcome_and_reference_only() {
    let mut run = Run::live();
    run.success(SIGNATURE);
    assert!(run.session.snapshot().contains(VARIABLE) && run.session.snapshot().contains(TAG));
    run.answer(200, &result(RESULT, SIGNATURE));
    run.handle(Input::Erase { at_provider: true }).unwrap();
    match run.next() {
        Next::Done { outcome, erasure } => {
            assert_eq!((outcome, erasure.unwrap().at_provider), (COMPLETED, AtProvider::NotOffered));
        }
        other => panic!("{other:?}"),
    }
    let stored = run.session.snapshot();
    for gone in [VARIABLE, TAG, SIGNATURE, "raw"] {
        assert!(!stored.contains(gone), "{gone} is still stored");
    }
    assert_eq!(run.session.references(), [HANDSHAKE]);
    assert_eq!(run.handle(Input::Retry).unwrap_err().code(), "retry_refused");
}

#[test]
fn a_doctored_snapshot_is_refused() {
    let mut run = Run::live();
    run.success(SIGNATURE);
    let stored = run.session.snapshot();
    for (from, to) in [
        (HANDSHAKE, "DS0/../../admin"),
        (SIGNATURE, &SIGNATURE[1..]),
        (r#""lifetime_ms":86400000"#, r#""lifetime_ms":0"#),
        (FLOW, "a b"),
    ] {
        assert!(stored.contains(from));
        let reject = Attestr::restore(&run.account, &stored.replace(from, to)).unwrap_err();
        assert_eq!(reject.code(), "snapshot_malformed", "{from}");
    }
}

#[test]
fn the_doctor_explains_and_never_accepts() {
    let run = Run::live();
    let diagnose = |body: &str, tag| Attestr::diagnose(&run.account, body.as_bytes(), tag).unwrap().verdict;
    assert_eq!(diagnose(&result(RESULT, SIGNATURE), SIGNATURE), Verdict::Verifies);
    // Signed with the spaces that Python's printer puts in.
    let spaced = "2c0889cdc76be2dab027c6deac7fe8151bd8050080b39869a07ead7833a35ad4";
    assert_eq!(diagnose(&result(RESULT, spaced), spaced), Verdict::Explained);
    assert_eq!(diagnose(&result(RESULT, OTHER_SIGNATURE), OTHER_SIGNATURE), Verdict::Unexplained);
}
