//! What can be checked of biometric.kz.

use idvkit::{Reject, Request, biometric_kz};
use serde_json::{Value, json};

use crate::check::{Checks, Command, Finding, Takes, UrlUse, json_of, not_object};

pub(super) const CHECKS: Checks = Checks {
    config: || json!({ "provider": "biometric_kz", "api_key": "x".repeat(biometric_kz::MIN_API_KEY), "options": {} }),
    // A webhook is entered in the dashboard: the account knows its secret last segment.
    url: |purpose, url, config| {
        let path = url.split(['?', '#']).next().unwrap_or(url);
        config["webhook_secrets"] = json!([path.trim_end_matches('/').rsplit('/').next()]);
        (purpose == UrlUse::Callback).then_some("webhook")
    },
    own_url_rules: false,
    secret_members: &["api_key"],
    made_up: |_| None,
    commands: &[
        Command {
            name: "iin",
            about: "biometric.kz: a personal number, which is not printed: `idvkit check iin 000101500001`",
            takes: Takes::Personal,
            run: |value, _| iin(value),
        },
        Command {
            name: "phone",
            about: "biometric.kz: a mobile number, which is not printed: `idvkit check phone \"+7 (701) 123 45 67\"`",
            takes: Takes::Personal,
            run: |value, _| phone(value),
        },
        Command {
            name: "metadata",
            about: "biometric.kz: metadata of a session, alone or as {\"metadata\": …, \"technologies\": …} with the flow's \
                    codes: `idvkit check metadata metadata.json`",
            takes: Takes::File,
            run: |text, _| metadata(text),
        },
    ],
};

/// Checks a Kazakh personal number, without printing it.
fn iin(value: &str) -> Result<Finding, Reject> {
    let iin = biometric_kz::iin(biometric_kz::IinArgs { text: value.into(), lenient: false })?;
    let sex = iin.sex.map(|sex| if sex == biometric_kz::BiometricKzSex::Female { "female" } else { "male" });
    let born = iin.birth_date;
    let hints: Vec<String> = born.iter().map(|born| format!("born {born}")).chain(sex.map(Into::into)).collect();
    let hints = if hints.is_empty() { "nothing".to_owned() } else { hints.join(", ") };
    let text = format!("12 digits, and the check digit fits; it hints at: {hints} (hints only, never rules)");
    Ok(Finding { json: json!({ "birth_date_hint": born, "sex_hint": sex }), text })
}

/// Checks a Kazakh mobile number, without printing it.
fn phone(value: &str) -> Result<Finding, Reject> {
    let as_given = biometric_kz::phone(biometric_kz::PhoneArgs { text: value.into() })?.as_given;
    let how = if as_given { "as it is" } else { "as 77 and 9 digits, without plus, spaces and brackets" };
    Ok(Finding { json: json!({ "sent_as_given": as_given }), text: format!("fit; it is sent {how}") })
}

/// Checks session metadata, alone or as `{"metadata": …, "technologies": ["LDHP", …]}`, and says what the user will see
/// of the data-entry step.
fn metadata(text: &str) -> Result<Finding, Reject> {
    let value: Value = json_of(text, "pass the metadata")?;
    let given = value.get("metadata").unwrap_or(&value);
    let wrapped = json!({ "flow": "biometric_kz_flow", "metadata": given });
    let Request::BiometricKzFlow(parsed) = Request::from_json(&wrapped.to_string())? else {
        return Err(not_object("pass the metadata"));
    };
    let technologies = value
        .get("technologies")
        .and_then(Value::as_array)
        .map(|codes| codes.iter().filter_map(Value::as_str).map(String::from).collect::<Vec<_>>());
    let metadata = parsed.metadata.unwrap_or_default();
    let (given, flow) = (metadata.clone(), technologies.clone());
    let sent =
        biometric_kz::metadata(biometric_kz::MetadataArgs { metadata: given, technologies: flow, lenient_iin: false })?;
    let plan = biometric_kz::plan(biometric_kz::PlanArgs { metadata, technologies })?;
    Ok(shown_metadata(&plan, sent.empty))
}

fn shown_metadata(plan: &biometric_kz::BiometricKzPlan, empty: bool) -> Finding {
    use biometric_kz::{BiometricKzField as Field, BiometricKzInput as Input, BiometricKzPhotoKind as Kind};

    let changeable = |field: Field| field != Field::Locked;
    let can = |field: Field| if changeable(field) { "can be changed" } else { "cannot be changed" };
    let (input, step) = match plan.input {
        Input::Skipped => (json!("skipped"), "skipped: the code from 1414 comes at once".to_owned()),
        Input::Absent => (json!("absent"), "not there: the flow has no E-Document".to_owned()),
        Input::Shown => (
            json!({ "iin_changeable": changeable(plan.iin), "phone_changeable": changeable(plan.phone) }),
            format!("shown; the IIN {}, the phone {}", can(plan.iin), can(plan.phone)),
        ),
    };
    let photo = match &plan.photo {
        None => "none",
        Some(photo) if photo.kind == Kind::Jpeg => "image/jpeg",
        Some(photo) if photo.kind == Kind::Png => "image/png",
        Some(photo) => photo.advice.as_deref().unwrap_or("unknown"),
    };
    Finding {
        text: format!("fit; data entry (with E-Document): {step}; reference photo: {photo}"),
        json: json!({ "data_entry": input, "photo": photo, "sends_metadata": !empty }),
    }
}
