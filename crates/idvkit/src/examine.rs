//! What idvkit's own readers make of one document or value, without a session.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use idvkit_biometric_kz::{Iin, Phone, Sex, Webhook};
use idvkit_core::{LocaleTag, Reject, RejectCode, UnixMillis};
use idvkit_jumio::{ColourSource, EnrollmentCheck, ReturnParameters, ReturnStatus, Transaction};
use idvkit_signature::ecmascript;
use idvkit_signicat::{AccessToken, Event, Problem, ProblemShape, Process};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::ProviderId;

/// What [`examine`] can read. Values are JSON objects with the named members; documents are the provider's own bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Subject {
    /// A time stamp, `{text}`. Gives `{millis}`: milliseconds since 1970, `null` if no provider writes times like that.
    Time,
    /// A language, `{text, provider}`. Gives `{tag, name}` as the provider takes it; without `provider` only the form counts.
    Locale,
    /// A JSON text. Gives `{text}` as ECMAScript's `JSON.stringify(JSON.parse(text))` writes it.
    Ecmascript,
    /// A personal number of Kazakhstan (IIN), `{text, lenient}`. Gives `{birth_date, sex}` as it says them; `lenient` takes any 12
    /// digits.
    BiometricKzIin,
    /// A phone of Kazakhstan, `{text}`. Gives `{phone}` as the provider takes it.
    BiometricKzPhone,
    /// A webhook of biometric.kz. Gives `{event, session_id, created, dedupe_key, technologies, technology}`; nothing in it says
    /// that it is genuine.
    BiometricKzWebhook,
    /// The result of a Jumio ID verification that is to serve as enrollment. Gives `{eligible, unmet}`.
    JumioEnrollment,
    /// The colours of Jumio's page, `{locale, configured, account_default}`. Gives `{source, locale}`.
    JumioColours,
    /// Where Jumio sent the user back to, `{url}`. Gives `{status, reference, error, meaning, advice}`, for display only.
    JumioReturn,
    /// A Jumio transaction as retrieved. Gives `{reference, enrollment_reference, result, date, images, liveness_images}`.
    JumioTransaction,
    /// One of Signicat's account-wide events. Gives its members; nothing in it says that it is genuine.
    SignicatEvent,
    /// An error body of Signicat. Gives `{shape, code, authorization, trace_id, fields}`.
    SignicatProblem,
    /// A Signicat process. Gives `{process_id, provider, status, final, sealed, reasons}`, and nothing about the person.
    SignicatProcess,
    /// An answer of Signicat's token endpoint. Gives `{expires_in_s}`, and nothing of the token.
    SignicatToken,
}

impl Subject {
    /// Reads the stable `snake_case` name.
    pub fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(name.into()).ok()
    }
}

/// Reads one document or value with the very reader that sessions use, and gives what it says as JSON text.
///
/// For support, settings pages, checks before a session and tests of your own. It decides nothing: only a session's
/// outcome does.
///
/// # Errors
/// `document_malformed` about `document` for a value without its members; for a document what its reader says, such as
/// `retrieval_malformed`.
pub fn examine(subject: Subject, document: &[u8]) -> Result<String, Reject> {
    let found = match subject {
        Subject::Time => time(document),
        Subject::Locale => locale(document),
        Subject::Ecmascript => Ok(json!({ "text": String::from_utf8_lossy(&ecmascript(document)?) })),
        Subject::BiometricKzIin => iin(document),
        Subject::BiometricKzPhone => phone(document),
        Subject::BiometricKzWebhook => webhook(document),
        Subject::JumioEnrollment => enrollment(document),
        Subject::JumioColours => colours(document),
        Subject::JumioReturn => returned(document),
        Subject::JumioTransaction => transaction(document),
        Subject::SignicatEvent => event(document),
        Subject::SignicatProblem => problem(document),
        Subject::SignicatProcess => process(document),
        Subject::SignicatToken => Ok(json!({ "expires_in_s": AccessToken::parse(document)?.expires_in_s })),
    };
    found.map(|found| found.to_string())
}

fn value<T: DeserializeOwned>(document: &[u8], members: &str) -> Result<T, Reject> {
    serde_json::from_slice(document).map_err(|_| {
        let rule = alloc::format!("this subject takes a JSON object with {members}");
        Reject::at(RejectCode::DocumentMalformed, "document", rule)
    })
}

fn time(document: &[u8]) -> Result<Value, Reject> {
    #[derive(Deserialize)]
    struct Time {
        text: String,
    }
    let Time { text } = value(document, "the text `text`")?;
    Ok(json!({ "millis": UnixMillis::parse(&text).map(|moment| moment.0) }))
}

fn locale(document: &[u8]) -> Result<Value, Reject> {
    #[derive(Deserialize)]
    struct Locale {
        text: String,
        provider: Option<ProviderId>,
    }
    let Locale { text, provider } = value(document, "the text `text`, and perhaps `provider`")?;
    let set = match provider {
        Some(ProviderId::Jumio) => &idvkit_jumio::API_LOCALES,
        Some(ProviderId::BiometricKz) => &idvkit_biometric_kz::LOCALES,
        // No closed list is documented: the form is all that there is to check.
        _ => return Ok(json!({ "tag": LocaleTag::parse(&text)?.as_str(), "name": null })),
    };
    let found = set.parse("locale", &text)?;
    Ok(json!({ "tag": found.tag, "name": found.name }))
}

fn iin(document: &[u8]) -> Result<Value, Reject> {
    #[derive(Deserialize)]
    struct Number {
        text: String,
        #[serde(default)]
        lenient: bool,
    }
    let Number { text, lenient } = value(document, "the text `text`, and perhaps the flag `lenient`")?;
    let iin = if lenient { Iin::lenient("text", &text)? } else { Iin::parse("text", &text)? };
    let sex = iin.sex().map(|sex| match sex {
        Sex::Female => "female",
        Sex::Male => "male",
    });
    Ok(json!({ "birth_date": iin.birth_date(), "sex": sex }))
}

fn phone(document: &[u8]) -> Result<Value, Reject> {
    #[derive(Deserialize)]
    struct Number {
        text: String,
    }
    let Number { text } = value(document, "the text `text`")?;
    Ok(json!({ "phone": Phone::parse("text", &text)?.as_str() }))
}

fn webhook(document: &[u8]) -> Result<Value, Reject> {
    let webhook = Webhook::parse(document)?;
    let technologies: Vec<String> = webhook.technologies().iter().map(ToString::to_string).collect();
    Ok(json!({
        "event": webhook.event.as_str(),
        "session_id": webhook.session_id.as_str(),
        "created": webhook.created.map(|at| at.0),
        "dedupe_key": webhook.dedupe_key(),
        "technologies": technologies,
        "technology": webhook.technology().map(|one| one.to_string()),
    }))
}

fn enrollment(document: &[u8]) -> Result<Value, Reject> {
    let check = EnrollmentCheck::from_json(document)?;
    Ok(json!({ "eligible": check.is_eligible(), "unmet": check.unmet() }))
}

fn colours(document: &[u8]) -> Result<Value, Reject> {
    #[derive(Deserialize)]
    struct Colours {
        locale: String,
        configured: Vec<String>,
        account_default: bool,
    }
    let members = "the text `locale`, the list `configured` and the flag `account_default`";
    let Colours { locale, configured, account_default } = value(document, members)?;
    let configured: Vec<&str> = configured.iter().map(String::as_str).collect();
    Ok(match idvkit_jumio::colours_for(&locale, &configured, account_default) {
        ColourSource::Locale(tag) => json!({ "source": "locale", "locale": tag }),
        ColourSource::AccountDefault => json!({ "source": "account_default", "locale": null }),
        ColourSource::JumioDefault => json!({ "source": "jumio_default", "locale": null }),
    })
}

fn returned(document: &[u8]) -> Result<Value, Reject> {
    #[derive(Deserialize)]
    struct Back {
        url: String,
    }
    let Back { url } = value(document, "the text `url`")?;
    let ReturnParameters { status, reference, error, .. } = ReturnParameters::parse(&url)?;
    let status = match &status {
        ReturnStatus::Success => "SUCCESS",
        ReturnStatus::Error => "ERROR",
        ReturnStatus::Other(other) => other,
        _ => "",
    };
    let error = error.as_ref();
    Ok(json!({
        "status": status,
        "reference": reference,
        "error": error.map(|error| &error.code),
        "meaning": error.and_then(|error| error.meaning),
        "advice": error.and_then(|error| error.advice),
    }))
}

fn transaction(document: &[u8]) -> Result<Value, Reject> {
    let Transaction { reference, enrollment_reference, result, date, images, liveness_images } =
        Transaction::parse(document)?;
    Ok(json!({
        "reference": reference,
        "enrollment_reference": enrollment_reference,
        "result": result.as_str(),
        "date": date.map(|date| date.0),
        "images": images,
        "liveness_images": liveness_images,
    }))
}

fn event(document: &[u8]) -> Result<Value, Reject> {
    let event = Event::parse(document)?;
    Ok(json!({
        "id": event.id,
        "timestamp": event.timestamp,
        "sender": event.sender,
        "event_name": event.event_name,
        "event_data": serde_json::from_str::<Value>(&event.event_data).unwrap_or_default(),
        "account_id": event.account_id,
        "organization_id": event.organization_id,
        "expires_at": event.expires_at,
        "tags": event.tags,
    }))
}

fn problem(document: &[u8]) -> Result<Value, Reject> {
    let problem = Problem::parse(document).ok_or_else(|| {
        Reject::new(RejectCode::ProblemMalformed, "this has none of the documented forms of an error body")
            .about("document")
    })?;
    let shape = match problem.shape {
        ProblemShape::Assure => "assure",
        ProblemShape::Platform => "platform",
        ProblemShape::Token => "token",
    };
    let authorization = problem.is_about_authorization();
    let Problem { code, trace_id, fields, .. } = problem;
    Ok(json!({ "shape": shape, "code": code, "authorization": authorization, "trace_id": trace_id, "fields": fields }))
}

fn process(document: &[u8]) -> Result<Value, Reject> {
    let process = Process::parse(document)?;
    let reasons: Vec<&str> = process.fail_reasons.iter().map(|reason| reason.code.as_str()).collect();
    Ok(json!({
        "process_id": process.process_id.as_str(),
        "provider": process.provider,
        "status": process.status.as_str(),
        "final": process.status.is_final(),
        "sealed": process.sealed.is_some(),
        "reasons": reasons,
    }))
}
