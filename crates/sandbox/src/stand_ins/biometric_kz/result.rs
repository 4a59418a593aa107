//! The result as JSON (B-F4): empty parts at first, then all of it.

use serde_json::{Map, Value, json};

use super::people::Person;
use super::settings::{BiometricKzSettings, FailureForm, ReasonForm};
use super::state::{Done, Failure, Session};
use crate::time::iso;

/// The answer of the result call.
pub(crate) fn json(session: &Session, settings: &BiometricKzSettings) -> Value {
    let mut members = common(session, settings, settings.failure_form == FailureForm::Failed);
    members.insert("id".into(), json!(session.id));
    Value::Object(members)
}

/// The same inside `flow.end`, where the session is called `session_id` (B-6).
pub(crate) fn for_webhook(session: &Session, settings: &BiometricKzSettings) -> Value {
    let mut members = common(session, settings, settings.failure_form != FailureForm::FinishedFalse);
    members.insert("session_id".into(), json!(session.id));
    Value::Object(members)
}

/// One technology's part, under its name.
pub(crate) fn part(done: &Done, person: &Person) -> Option<(&'static str, Value)> {
    let name = part_name(&done.code)?;
    let value = match &done.failure {
        Some(failure) => json!({ "result": false, "failure_reason": reason(*failure) }),
        None => passed(done, person),
    };
    Some((name, value))
}

/// A technology as an object: create lists only codes (B-4).
pub(crate) fn technology(code: &str) -> Value {
    let (name, description) = describe(code);
    json!({ "code": code, "name": name, "description": description })
}

/// Name and description of a technology.
pub(crate) fn describe(code: &str) -> (&str, &str) {
    match code {
        "LDHP" => ("Liveness Head Position", "Detect liveness by photo and head position"),
        "LDD" => ("Liveness Distance", ""),
        "F2F" => ("Face2Face", ""),
        "ED" => ("E-Document", ""),
        "DR" => ("Document Recognition", "Parse document data from image"),
        other => (other, ""),
    }
}

/// `says_failed`: what was not passed has a status of its own.
fn common(session: &Session, settings: &BiometricKzSettings, says_failed: bool) -> Map<String, Value> {
    let mut members = Map::new();
    let technologies: Vec<Value> = session.flow.technologies.iter().map(|code| technology(code)).collect();
    members.insert("technologies".into(), technologies.into());
    for done in &session.done {
        let Some((name, value)) = part(done, &settings.person) else { continue };
        members.insert(name.into(), if session.ready { value } else { json!({}) });
    }
    let Some(end) = session.ended.filter(|_| session.ready) else {
        // The literal is documented nowhere (B-Q10).
        members.insert("status".into(), json!("PROGRESS"));
        return members;
    };
    let failed = end.failure.is_some() && says_failed;
    members.insert("status".into(), json!(if failed { "FAILED" } else { "FINISHED" }));
    members.insert("flow_session_result".into(), json!(end.failure.is_none()));
    let reasons: Vec<Value> =
        end.failure.into_iter().map(|failure| of_flow(failure, settings.failure_reasons)).collect();
    members.insert("flow_session_failure_reasons".into(), reasons.into());
    members.insert("finished_at".into(), json!(iso(end.at, 0)));
    members
}

fn part_name(code: &str) -> Option<&'static str> {
    match code {
        "F2F" => Some("face2face_result"),
        "ED" => Some("edocument_result"),
        "DR" => Some("document_recognition_result"),
        code if code.starts_with("LD") => Some("liveness_result"),
        _ => None,
    }
}

fn reason(failure: Failure) -> Value {
    match failure.reason() {
        (kind, Some(detail)) => json!({ "type": kind, "detail": detail }),
        (kind, None) => json!({ "type": kind }),
    }
}

fn of_flow(failure: Failure, form: ReasonForm) -> Value {
    let (kind, detail) = failure.reason();
    match form {
        ReasonForm::Objects => reason(failure),
        ReasonForm::Strings => json!(detail.unwrap_or(kind)),
    }
}

fn passed(done: &Done, person: &Person) -> Value {
    match done.code.as_str() {
        "F2F" => json!({ "result": true, "prediction": "0.9312", "prediction_percent": "93.12" }),
        "ED" => edocument(done, person),
        "DR" => json!({
            "first_name": person.first_name, "last_name": person.last_name, "patronymic": person.middle_name,
            "personal_number": person.iin, "date_of_birth": day_first(&person.date_of_birth),
            "document_number": person.document_number, "authority": "МВД РК",
        }),
        _ => json!({
            "result": true, "eye_closed": false, "prediction": "0.9980", "face_center": true,
            "face_direction": "forward", "failure_reason": null,
        }),
    }
}

fn edocument(done: &Done, person: &Person) -> Value {
    let (iin, phone) = done.entered.clone().unwrap_or_else(|| (person.iin.clone(), person.phone.clone()));
    json!({
        "phone": phone,
        "gender": person.gender,
        "result_json": { "common": {
            "docOwner": {
                "iin": iin, "firstName": person.first_name, "lastName": person.last_name,
                "middleName": person.middle_name,
            },
            "docNumber": person.document_number,
            "docIssuer": { "nameRu": "МВД РК", "nameEn": "MIA RK", "nameKk": "ҚР ІІМ" },
        } },
        "extra": {
            "date_of_birth": format!("{}T00:00:00", person.date_of_birth),
            "date_of_issue": "2020-01-01T00:00:00", "date_of_expire": "2030-01-01T00:00:00",
        },
        // Not pictures: only what a base64 member of the real answer looks like.
        "document_pdf": "c2FuZGJveCBwZGY=", "document_image": "c2FuZGJveCBpbWFnZQ==",
        "face_photo": "c2FuZGJveCBmYWNl", "qrcode": "c2FuZGJveCBxcg==", "barcode": "c2FuZGJveCBiYXI=",
    })
}

/// `DD.MM.YYYY`, the form of this object only (B-17).
fn day_first(date: &str) -> String {
    let parts: Vec<&str> = date.splitn(3, '-').collect();
    parts.into_iter().rev().collect::<Vec<_>>().join(".")
}
