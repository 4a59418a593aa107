//! `examine`, `verify` and `signed_member`, on the vectors that the bindings run with the same calls.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use idvkit::{Blame, KeyForm, Scheme, Secret, Subject, examine, signed_member, verify};
use serde_json::{Value, json};

fn rows(name: &str) -> Vec<Value> {
    let path = format!("{}/../vectors/data/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let rows = if file.is_array() { file } else { file["cases"].clone() };
    let rows = rows.as_array().unwrap().clone();
    assert!(!rows.is_empty());
    rows
}

/// What is found, or the code of the refusal.
fn found(subject: &str, document: impl AsRef<[u8]>) -> Result<Value, &'static str> {
    let subject = Subject::parse(subject).unwrap();
    match examine(subject, document.as_ref()) {
        Ok(text) => Ok(serde_json::from_str(&text).unwrap()),
        Err(reject) => Err(reject.code().as_str()),
    }
}

#[test]
fn values() {
    for row in rows("core/times") {
        assert_eq!(found("time", row.to_string()).unwrap()["millis"], row["millis"], "{row}");
    }
    for row in rows("jumio/colours") {
        let colours = found("jumio_colours", row.to_string()).unwrap();
        let source = colours["locale"]
            .as_str()
            .map_or_else(|| colours["source"].as_str().unwrap().replace('_', " "), str::to_string);
        assert_eq!(source, row["source"], "{row}");
    }
    assert_eq!(found("locale", br#"{"text": "EN_gb", "provider": "jumio"}"#).unwrap()["name"], "British English");
    assert_eq!(found("locale", br#"{"text": "EN_gb"}"#).unwrap()["tag"], "en-GB");
}

#[test]
fn documents() {
    for row in rows("jumio/retrieval") {
        match found("jumio_transaction", row["body"].as_str().unwrap()) {
            Ok(transaction) => {
                assert_eq!((&transaction["result"], &transaction["date"]), (&row["result"], &row["date"]));
            }
            Err(code) => assert_eq!(code, row["code"], "{row}"),
        }
    }
    for row in rows("jumio/enrollment") {
        let check = found("jumio_enrollment", row["body"].to_string()).unwrap();
        let rules = check["unmet"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap());
        let unmet: Vec<&str> = rules.filter_map(|rule| rule.split(' ').next()).collect();
        assert_eq!(json!(unmet), row["unmet"], "{row}");
        assert_eq!(check["eligible"], unmet.is_empty(), "{row}");
    }
    for row in rows("signicat/event") {
        let event = found("signicat_event", row["body"].to_string());
        assert_eq!(event.as_ref().err(), row["error"].as_str().as_ref(), "{row}");
        assert!(event.is_err() || event.unwrap()["event_data"] == row["event_data"], "{row}");
    }
    for row in rows("signicat/process") {
        let process = found("signicat_process", row["body"].to_string()).unwrap();
        assert_eq!((&process["status"], &process["final"]), (&row["status"], &row["final"]), "{row}");
        assert!(!process.to_string().contains("ANNA"), "nothing about the person");
    }
}

#[test]
fn what_a_form_and_a_webhook_hold() {
    for row in rows("biometric_kz/iin") {
        let text = json!({ "text": row["input"] });
        let strict = found("biometric_kz_iin", text.to_string());
        assert_eq!(strict.as_ref().err(), row["code"].as_str().as_ref(), "{row}");
        let lenient = found("biometric_kz_iin", json!({ "text": row["input"], "lenient": true }).to_string());
        assert_eq!(lenient.is_ok(), row["lenient"] == true, "{row}");
        if let Ok(said) = lenient {
            assert_eq!((&said["birth_date"], &said["sex"]), (&row["birth_date"], &row["sex"]), "{row}");
        }
    }
    for row in rows("biometric_kz/phone") {
        let said = found("biometric_kz_phone", json!({ "text": row["input"] }).to_string());
        assert_eq!(
            said.map(|said| said["phone"].clone()).map_err(Value::from),
            match &row["code"] {
                Value::Null => Ok(row["phone"].clone()),
                code => Err(code.clone()),
            }
        );
    }
    for row in rows("biometric_kz/webhook") {
        let said = found("biometric_kz_webhook", row["body"].to_string());
        assert_eq!(said.as_ref().err(), row["code"].as_str().as_ref(), "{row}");
        let Ok(said) = said else { continue };
        for member in ["event", "session_id", "created", "dedupe_key", "technology"] {
            assert_eq!(said[member], row[member], "{row}: {member}");
        }
    }
    for row in rows("jumio/return") {
        match found("jumio_return", json!({ "url": row["url"] }).to_string()) {
            Ok(said) => {
                assert_eq!((&said["status"], &said["error"]), (&row["status"], &row["error"]), "{row}");
                assert!(row["known"].is_null() || said["meaning"].is_string() == (row["known"] == true), "{row}");
            }
            Err(code) => assert_eq!(code, row["code"], "{row}"),
        }
    }
}

#[test]
fn a_value_without_its_members_is_refused_without_an_echo() {
    for subject in ["time", "locale", "biometric_kz_iin", "biometric_kz_phone", "jumio_return", "jumio_colours"] {
        for document in ["", "[]", "{}", r#"{"text": 7, "kind": "planted", "provider": "planted"}"#] {
            let reject = examine(Subject::parse(subject).unwrap(), document.as_bytes()).unwrap_err();
            assert_eq!(
                (reject.code().as_str(), reject.blame(), reject.field()),
                ("document_malformed", Blame::Caller, Some("document"))
            );
            assert!(!reject.to_string().contains("planted"));
        }
    }
    assert!(Subject::parse("Time").is_none());
}

#[test]
fn signatures() {
    let scheme = Scheme { key: KeyForm::HexDecoded, ..Scheme::HMAC_SHA256_HEX };
    let body = br#"{"result": {"a": 1.0}, "tag": "x"}"#;
    let message = signed_member(body, "result").unwrap().unwrap();
    assert_eq!(message, br#"{"a": 1.0}"#);
    assert_eq!(signed_member(body, "other").unwrap(), None);
    let secrets = [Secret::from("00"), Secret::from("0b0b")];
    let tag = scheme.sign(&secrets[1], &message).unwrap();
    verify(&message, &tag, &secrets, scheme).unwrap();
    let reject = verify(body, &tag, &secrets, scheme).unwrap_err();
    assert_eq!((reject.code().as_str(), reject.blame()), ("signature_wrong", Blame::Signature));
    assert_eq!(verify(body, &tag, &[], scheme).unwrap_err().code(), "secret_missing");
}
