//! A process as JSON (S-F5), with its normalised result once it was accepted.

use serde_json::{Map, Value, json};

use super::connect;
use super::providers;
use super::script::SignicatOutcome;
use super::settings::SignicatPerson;
use super::state::{Phase, Process};
use crate::time::iso;
use crate::world::World;

/// The answer of Create process, Get process and List processes.
pub(crate) fn json(process: &Process, world: &World) -> Value {
    let (order, settings) = (&process.order, &world.config.signicat);
    let mut value = json!({
        "processId": process.id, "provider": order.provider, "status": process.status(),
        "createdAt": iso(process.created, 0), "updatedAt": iso(process.updated, 0),
    });
    if let Some(process_type) = &order.process_type {
        value["processType"] = json!(process_type);
    }
    if let Some(url) = &order.notification_url {
        value["notificationUrl"] = json!(url);
    }
    if !order.redact.is_empty() {
        value["redactionRequested"] = json!(true);
    }
    if order.provider == "facetec" {
        value["facetecEncryptionPublicKey"] = json!("sandbox-facetec-public-key");
        value["facetecDeviceKeyIdentifier"] = json!("sandbox-facetec-device-key");
    }
    if let Some(page) = &process.eid {
        value[settings.eid_url_member.as_str()] = json!(world.link(&format!("/signicat/eid/{page}")));
    } else {
        value["authorization"] = json!(process.authorization);
    }
    if process.phase == Phase::Final {
        finish(&mut value, process, &settings.person);
    }
    value
}

/// The answer of the start: nothing final yet.
pub(crate) fn started(process: &Process) -> Value {
    json!({ "processId": process.id, "provider": process.order.provider, "status": "processing" })
}

fn finish(value: &mut Value, process: &Process, person: &SignicatPerson) {
    let accepted = process.outcome == SignicatOutcome::Accepted;
    if let Some(reason) = &process.fail_reason {
        value["failReason"] = json!([reason]);
    } else if process.outcome == SignicatOutcome::Failed {
        value["failReason"] = json!(["technical failure"]);
    }
    if providers::is_connect(&process.order.provider) {
        if accepted {
            connect::finish(value, process, person);
        }
        return;
    }
    value["providerSpecific"] = json!({ "sandbox": { "outcome": process.outcome.status() } });
    if accepted {
        value["finalResult"] = Value::Object(normalised(person, &process.order.redact));
    }
}

fn normalised(person: &SignicatPerson, redact: &[String]) -> Map<String, Value> {
    let fields = [
        ("firstName", &person.first_name),
        ("lastName", &person.last_name),
        ("dateOfBirth", &person.date_of_birth),
        ("gender", &person.gender),
        ("nationality", &person.nationality),
        ("documentType", &person.document_type),
        ("documentNumber", &person.document_number),
        ("issuingCountry", &person.issuing_country),
        ("dateOfExpiry", &person.date_of_expiry),
        ("personalIdentificationNumber", &person.personal_identification_number),
    ];
    let kept = fields.into_iter().filter(|(name, _)| !redact.iter().any(|hidden| hidden == name));
    kept.map(|(name, value)| (name.to_owned(), json!(value))).collect()
}
