//! Runs every vector of `crates/vectors/data/attestr`. The same files are run by every binding.

use std::{fs, sync::Arc};

use idvkit_attestr::{Account, Attestr, Config, Request, webhook_key};
use idvkit_core::{Basis, Decision, Header, Input, Next, Outcome, Provider, SignedForm, Why};
use serde_json::{Value, json};

use crate::run::{CREATED, HANDSHAKE, Run, START, request, seed};

fn load(name: &str) -> Value {
    let path = format!("{}/../vectors/data/attestr/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn cases(file: &Value) -> &[Value] {
    let cases = file["cases"].as_array().unwrap();
    assert!(!cases.is_empty(), "a file of vectors has cases");
    cases
}

fn config(file: &Value) -> Config {
    serde_json::from_value(file["config"].clone()).unwrap()
}

/// A run whose handshake exists.
fn live(file: &Value) -> Run {
    let mut run = Run::with(config(file), request());
    run.answer(200, CREATED);
    run.journey();
    run
}

#[test]
fn handshake() {
    let file = load("handshake");
    let account = Arc::new(Account::new(config(&file)).unwrap());
    assert_eq!(file["now"], START.0);
    for case in cases(&file) {
        let id = &case["id"];
        let request: Request = serde_json::from_value(case["request"].clone()).unwrap();
        match Attestr::open(&account, request, seed(), START) {
            Err(reject) => {
                assert_eq!(
                    (Some(reject.code().as_str()), reject.field()),
                    (case["code"].as_str(), case["field"].as_str()),
                    "{id}"
                );
            }
            Ok(session) => {
                let Next::Send { request } = session.next(START) else { panic!("{id}") };
                let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
                assert_eq!(body, case["body"], "{id}");
            }
        }
    }
}

#[test]
fn result() {
    let file = load("result");
    for case in cases(&file) {
        let (id, expect) = (&case["id"], case["expect"].as_str().unwrap());
        let mut run = live(&file);
        run.success(case["claim"].as_str().unwrap());
        run.answer(u16::try_from(case["status"].as_u64().unwrap()).unwrap(), case["body"].as_str().unwrap());
        match run.next() {
            Next::Done { outcome: Outcome::Decided { decision: Decision::Completed }, .. } => {
                assert_eq!(expect, "completed", "{id}");
                check_evidence(&mut run, case);
            }
            Next::Done { outcome: Outcome::Failed { fault }, .. } => assert_eq!(expect, fault.code.as_str(), "{id}"),
            // A back-off may be shown, or hidden behind the plan's gap.
            Next::Wait { why: Why::Verdict, .. } if expect == "not_yet" => {
                let stored: Value = serde_json::from_str(&run.session.snapshot()).unwrap();
                assert!(stored["session"]["call"]["fault"].is_null(), "{id}");
            }
            Next::Wait { .. } => check_fault(&mut run, case),
            other => panic!("{id}: {other:?}"),
        }
        assert_eq!(run.session.evidence().is_some(), expect == "completed", "{id}");
    }
}

fn check_fault(run: &mut Run, case: &Value) {
    let (id, fault) = (&case["id"], run.fault());
    assert_eq!(case["expect"].as_str(), Some(fault.code.as_str()), "{id}");
    let flaw = fault.cause.map(|flaw| json!({"kind": flaw.kind, "place": flaw.place}));
    assert_eq!(flaw.unwrap_or(Value::Null), case["cause"], "{id}");
}

fn check_evidence(run: &mut Run, case: &Value) {
    let (id, evidence) = (&case["id"], run.evidence());
    let form = match case["form"].as_str().unwrap() {
        "as_sent" => SignedForm::AsSent,
        _ => SignedForm::Ecmascript,
    };
    assert_eq!(evidence.basis, Basis::Signed { form }, "{id}");
    assert_eq!(std::str::from_utf8(&evidence.raw).ok(), case["raw"].as_str(), "{id}");
    let parts: Vec<Value> = evidence.parts.iter().map(|part| json!([part.name, part.status])).collect();
    assert_eq!(Value::from(parts), case["parts"], "{id}");
}

#[test]
fn launch() {
    let file = load("launch");
    for case in cases(&file) {
        let (id, expected) = (&case["id"], &case["outcome"]);
        let mut run = live(&file);
        run.see(case["handler"].as_str().unwrap(), case["data"].as_str().unwrap());
        if let Some(claims) = expected["claims"].as_bool() {
            assert_eq!(matches!(run.next(), Next::Send { .. }), claims, "{id}");
            continue;
        }
        let stage = expected["stage"].as_str();
        match settled(&mut run) {
            Outcome::Abandoned { stage: left } => {
                assert_eq!((expected["abandoned"].as_bool(), left.as_deref()), (Some(true), stage), "{id}");
            }
            Outcome::Failed { fault } => {
                let fault = serde_json::to_value(fault).unwrap();
                for (name, value) in expected["fault"].as_object().unwrap_or_else(|| panic!("{id}: {fault}")) {
                    assert_eq!(fault[name], *value, "{id}: {name}");
                }
                let left = left_at(&file, case);
                assert_eq!(left.as_deref(), stage, "{id}");
            }
            other => panic!("{id}: {other:?}"),
        }
    }
}

/// Lets the settle time pass; the fetches bring nothing.
fn settled(run: &mut Run) -> Outcome {
    loop {
        match run.next() {
            Next::Done { outcome, .. } => return outcome,
            Next::Send { .. } => run.answer(200, &format!(r#"{{"_id":"{HANDSHAKE}"}}"#)),
            _ => run.wait(),
        }
    }
}

/// The stage at which a session is erased after the same words: an error's outcome itself has none.
fn left_at(file: &Value, case: &Value) -> Option<String> {
    let mut run = live(file);
    run.see(case["handler"].as_str().unwrap(), case["data"].as_str().unwrap());
    run.handle(Input::Erase { at_provider: false }).unwrap();
    match run.outcome() {
        Outcome::Abandoned { stage } => stage,
        other => panic!("{other:?}"),
    }
}

#[test]
fn webhook() {
    let file = load("webhook");
    let account = Account::new(config(&file)).unwrap();
    for case in cases(&file) {
        let id = &case["id"];
        let headers = case["authorization"].as_str().map(|value| Header::new("Authorization", value));
        let body = case["body"].as_str().unwrap().into();
        let input = Input::Callback { url: "/".into(), headers: headers.into_iter().collect(), body };
        match webhook_key(&account, &input, START) {
            Err(reject) => assert_eq!(Some(reject.code().as_str()), case["code"].as_str(), "{id}"),
            Ok(key) => {
                assert!(case["code"].is_null(), "{id} was accepted");
                assert_eq!(key.as_ref().map(|key| key.handshake.as_str()), case["reference"].as_str(), "{id}");
                assert_eq!(key.as_ref().map(|key| key.event.as_str()), case["event"].as_str(), "{id}");
                assert_eq!(key.and_then(|key| key.updated), case["updated"].as_i64(), "{id}");
            }
        }
    }
}
