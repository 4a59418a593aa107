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
    let iin = biometric_kz::Iin::parse("iin", value)?;
    let sex = iin.sex().map(|sex| if sex == biometric_kz::Sex::Female { "female" } else { "male" });
    let born = iin.birth_date();
    let hints: Vec<String> = born.iter().map(|born| format!("born {born}")).chain(sex.map(Into::into)).collect();
    let hints = if hints.is_empty() { "nothing".to_owned() } else { hints.join(", ") };
    let text = format!("12 digits, and the check digit fits; it hints at: {hints} (hints only, never rules)");
    Ok(Finding { json: json!({ "birth_date_hint": born, "sex_hint": sex }), text })
}

/// Checks a Kazakh mobile number, without printing it.
fn phone(value: &str) -> Result<Finding, Reject> {
    let phone = biometric_kz::Phone::parse("phone", value)?;
    let as_given = phone.as_str() == value;
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
        .map(|codes| codes.iter().filter_map(Value::as_str).map(biometric_kz::Technology::parse).collect::<Vec<_>>());
    let rules = biometric_kz::MetadataRules { technologies, ..biometric_kz::MetadataRules::default() };
    let checked = parsed.metadata.unwrap_or_default().check(&rules).map_err(|reject| reject.within("metadata"))?;
    Ok(shown_metadata(&checked))
}

fn shown_metadata(checked: &biometric_kz::CheckedMetadata) -> Finding {
    let can = |changeable: bool| if changeable { "can be changed" } else { "cannot be changed" };
    let (input, step) = match checked.input_step() {
        biometric_kz::InputStep::Skipped => (json!("skipped"), "skipped: the code from 1414 comes at once".to_owned()),
        biometric_kz::InputStep::Shown { iin_changeable, phone_changeable } => (
            json!({ "iin_changeable": iin_changeable, "phone_changeable": phone_changeable }),
            format!("shown; the IIN {}, the phone {}", can(iin_changeable), can(phone_changeable)),
        ),
    };
    let photo = match (&checked.photo1, checked.photo_kind()) {
        (None, _) => "none",
        (Some(_), Some(kind)) => kind.mime(),
        (Some(_), None) => "neither JPEG nor PNG: the provider may not take it",
    };
    Finding {
        text: format!("fit; data entry (with E-Document): {step}; reference photo: {photo}"),
        json: json!({ "data_entry": input, "photo": photo, "sends_metadata": !checked.is_empty() }),
    }
}
