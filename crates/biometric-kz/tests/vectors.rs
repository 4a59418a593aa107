//! Runs every vector of `crates/vectors/data/biometric_kz`. The same files are run by every binding.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod common;

use std::sync::Arc;

use common::{Host, KEY, config, vectors};
use idvkit_biometric_kz::{
    BiometricKz, Config, EdocumentMetadata, FlowResult, Iin, InputStep, Metadata, Phone, PrefilledField, Request, Sex,
    Status, Technology, Webhook,
};
use idvkit_core::{Decision, Next, Outcome, Part, Person, Provider, Seed, Why};
use serde_json::{Value, json};

#[test]
fn iin() {
    for row in vectors("iin.json") {
        let input = row["input"].as_str().unwrap();
        let parsed = Iin::parse("iin", input);
        assert_eq!(parsed.as_ref().err().map(|reject| reject.code().as_str()), row["code"].as_str(), "{row}");
        let lenient = Iin::lenient("iin", input);
        assert_eq!(lenient.is_ok(), row["lenient"].as_bool().unwrap(), "{row}");
        let Ok(iin) = lenient else { continue };
        let sex = iin.sex().map(|sex| match sex {
            Sex::Female => "female",
            Sex::Male => "male",
        });
        assert_eq!((iin.birth_date().as_deref(), sex), (row["birth_date"].as_str(), row["sex"].as_str()), "{row}");
        assert!(parsed.is_err() || parsed.unwrap() == iin);
    }
}

#[test]
fn phone() {
    for row in vectors("phone.json") {
        let parsed = Phone::parse("phone", row["input"].as_str().unwrap());
        assert_eq!(parsed.as_ref().ok().map(Phone::as_str), row["phone"].as_str(), "{row}");
        assert_eq!(parsed.as_ref().err().map(|reject| reject.code().as_str()), row["code"].as_str(), "{row}");
    }
}

#[test]
fn metadata() {
    for row in vectors("metadata.json") {
        let metadata: Metadata = serde_json::from_value(row["metadata"].clone()).unwrap();
        let technologies: Option<Vec<Technology>> = serde_json::from_value(row["technologies"].clone()).unwrap();
        let config = Config { technologies, ..config() };
        let account = Arc::new(BiometricKz::account(config).unwrap());
        let step = account.check_metadata(&metadata).ok().map(|checked| step_json(checked.input_step()));
        let request = Request { metadata: Some(metadata), ..Request::default() };
        let seed = Seed::new(b"32 bytes from the system, random").unwrap();
        match BiometricKz::open(&account, request, seed, common::NOW) {
            Ok(session) => {
                assert!(row["code"].is_null(), "{row}");
                assert_eq!(step.unwrap(), row["step"], "{row}");
                let Next::Send { request } = session.next(common::NOW) else { panic!("{row}") };
                let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
                let members = body.as_object().unwrap();
                assert_eq!(body["api_key"], KEY);
                assert_eq!(members.get("metadata").unwrap_or(&Value::Null), &row["sent"], "{row}");
                assert_eq!(members.len(), if row["sent"].is_null() { 1 } else { 2 }, "{row}");
            }
            Err(reject) => {
                assert_eq!(Some(reject.code().as_str()), row["code"].as_str(), "{row}");
                assert_eq!(reject.field(), row["field"].as_str(), "{row}");
                if let Some(unmet) = row["unmet"].as_array() {
                    let unmet: Vec<_> = unmet.iter().map(|rule| rule.as_str().unwrap()).collect();
                    assert!(reject.message().ends_with(&format!(": {}", unmet.join("; "))), "{row} {reject}");
                }
            }
        }
    }
}

fn step_json(step: InputStep) -> Value {
    match step {
        InputStep::Skipped => json!("skipped"),
        InputStep::Shown { iin_changeable, phone_changeable } => {
            json!({ "iin_changeable": iin_changeable, "phone_changeable": phone_changeable })
        }
    }
}

#[test]
fn result() {
    for row in vectors("result.json") {
        let iin =
            row["fixed_iin"].as_str().map(|iin| PrefilledField { value: Some(iin.into()), changeable: Some(false) });
        let metadata =
            Metadata { edocument: Some(EdocumentMetadata { iin, ..Default::default() }), ..Default::default() };
        let request = Request { metadata: Some(metadata), ..Request::default() };
        let mut host = Host::live(config(), request, r#"["LDHP","ED","F2F"]"#);
        host.sleep();
        host.answer(200, row["body"].to_string().as_bytes());
        let outcome = row["outcome"].as_str().unwrap();
        assert_eq!(came_to(&mut host), outcome, "{row}");
        // The parsed type alone keeps the rule as well; whose document it was is for the session to know.
        let passed = FlowResult::parse(row["body"].to_string().as_bytes()).is_ok_and(|result| result.is_passed());
        let iin_or_session = row["fixed_iin"].is_string() || outcome == "foreign_answer";
        assert!(passed == (outcome == "approved") || (passed && iin_or_session), "{row}");
        if let Some(stage) = row["stage"].as_str() {
            assert_eq!(host.outcome(), Outcome::Abandoned { stage: Some(stage.into()) }, "{row}");
        }
        let evidence = host.session.evidence();
        assert_eq!(
            evidence.is_some(),
            matches!(host.next(), Next::Done { outcome: Outcome::Decided { .. }, .. }),
            "{row}"
        );
        let Some(evidence) = evidence else { continue };
        if let Some(reasons) = row["reasons"].as_array() {
            let codes: Vec<_> = evidence.reasons.iter().map(|reason| json!(reason.code)).collect();
            assert_eq!(&codes, reasons, "{row}");
        }
        if let Some(parts) = row["parts"].as_array() {
            assert_eq!(&evidence.parts.iter().map(part_json).collect::<Vec<_>>(), parts, "{row}");
        }
        if row.get("person").is_some() {
            assert_eq!(person_json(&evidence.person.unwrap()), row["person"], "{row}");
        }
    }
}

fn came_to(host: &mut Host) -> String {
    match host.next() {
        Next::Done { outcome: Outcome::Decided { decision }, .. } => match decision {
            Decision::Approved => "approved".into(),
            Decision::Declined => "declined".into(),
            Decision::Inconclusive => "inconclusive".into(),
            Decision::Completed => "completed".into(),
        },
        Next::Done { outcome: Outcome::Abandoned { .. }, .. } => "abandoned".into(),
        Next::Done { outcome, .. } => format!("{outcome:?}"),
        // A fault keeps the page as it is; which one it was, the snapshot says.
        Next::Present { .. } => fault_in(&host.session.snapshot()).unwrap_or("open".into()),
        Next::Wait { why: Why::Verdict, .. } => "open_done".into(),
        other => format!("{other:?}"),
    }
}

fn fault_in(snapshot: &str) -> Option<String> {
    let snapshot: Value = serde_json::from_str(snapshot).unwrap();
    snapshot["session"]["call"]["fault"]["code"].as_str().map(String::from)
}

fn part_json(part: &Part) -> Value {
    json!([part.name, part.passed, part.score])
}

fn person_json(person: &Person) -> Value {
    let document = person.document.as_ref();
    json!({
        "given_name": person.given_name,
        "family_name": person.family_name,
        "middle_name": person.middle_name,
        "birthdate": person.birthdate,
        "personal_number": person.personal_number,
        "document_number": document.and_then(|document| document.document_number.clone()),
        "issuer_name": document.and_then(|document| document.issuer_name.clone()),
        "date_of_expiry": document.and_then(|document| document.date_of_expiry.clone()),
    })
}

#[test]
fn webhook() {
    for row in vectors("webhook.json") {
        let parsed = Webhook::parse(row["body"].to_string().as_bytes());
        assert_eq!(parsed.as_ref().err().map(|reject| reject.code().as_str()), row["code"].as_str(), "{row}");
        let Ok(webhook) = parsed else { continue };
        assert_eq!(webhook.event.as_str(), row["event"], "{row}");
        assert_eq!(webhook.session_id.as_str(), row["session_id"], "{row}");
        assert_eq!(webhook.created.map(|at| at.0), row["created"].as_i64(), "{row}");
        assert_eq!(webhook.dedupe_key(), row["dedupe_key"], "{row}");
        let codes: Vec<_> = webhook.technologies().iter().map(|one| json!(one.as_str())).collect();
        assert_eq!(&codes, row["technologies"].as_array().unwrap_or(&vec![]), "{row}");
        assert_eq!(webhook.technology().map(|one| one.to_string()).as_deref(), row["technology"].as_str(), "{row}");
        let status = webhook.claimed_result().ok().map(|result| match result.status {
            Status::Finished => "finished",
            Status::Failed => "failed",
            _ => "other",
        });
        assert_eq!(status, row["status"].as_str(), "{row}");
    }
}
