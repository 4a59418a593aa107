//! The process object, and what its status means.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use idvkit_core::{Document, Flaw, Json, Person, Reason, Reject, RejectCode};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::values::{Id, code_of, cut};

/// The status of a process. An unknown value is kept, is not final, and is never a pass (S-D3, S-V13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum ProcessStatus {
    /// The process is created, and nothing is submitted.
    Pending,
    /// The verification is running.
    Processing,
    /// The verification passed. No other status is a pass.
    Accepted,
    /// The verification did not pass.
    Rejected,
    /// The provider cannot decide.
    Inconclusive,
    /// The user gave up.
    Canceled,
    /// A technical failure.
    Failed,
    /// Read as a verification that did not pass; seen in one client only (S-9).
    NotMatched,
    /// Any other value.
    Other(String),
}

impl ProcessStatus {
    /// Reads the provider's word, with both spellings of `canceled`.
    pub fn parse(text: &str) -> Self {
        match text {
            "pending" => Self::Pending,
            "processing" => Self::Processing,
            "accepted" => Self::Accepted,
            "rejected" => Self::Rejected,
            "inconclusive" => Self::Inconclusive,
            "canceled" | "cancelled" => Self::Canceled,
            "failed" => Self::Failed,
            "not_matched" => Self::NotMatched,
            other => Self::Other(cut(other)),
        }
    }

    /// The provider's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Inconclusive => "inconclusive",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
            Self::NotMatched => "not_matched",
            Self::Other(text) => text,
        }
    }

    /// Whether the status is final. No document shows a change after a final status.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Pending | Self::Processing | Self::Other(_))
    }
}

impl From<String> for ProcessStatus {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<ProcessStatus> for String {
    fn from(status: ProcessStatus) -> Self {
        status.as_str().to_string()
    }
}

/// A process, as created or fetched (S-F5). Members that this version does not know remain in the raw answer only.
#[derive(Clone, PartialEq)]
pub struct Process {
    /// The id of the process.
    pub process_id: Id,
    /// The id of its dossier, if the answer names it.
    pub dossier_id: Option<Id>,
    /// The verification provider behind Assure.
    pub provider: String,
    /// The process type, if the process has one.
    pub process_type: Option<String>,
    /// The status of the process.
    pub status: ProcessStatus,
    /// When the process was created, as sent.
    pub created_at: Option<String>,
    /// The person's data, if the answer has a result that can be read. It may be missing even if the process is
    /// accepted (S-D15).
    pub person: Option<Person>,
    /// An encrypted result: a compact JWE, which only the holder of the key can decrypt (S-CONNECT).
    pub sealed: Option<String>,
    /// Why the process did not pass.
    pub fail_reasons: Vec<Reason>,
    /// The token for the provider's own SDK, which is a bearer value (S-JAVA).
    pub authorization: Option<String>,
    /// The URL that the user is sent to for an eID, which is a bearer value. Inferred (S-NODE).
    pub redirect_url: Option<String>,
}

impl Process {
    /// Reads an answer.
    ///
    /// # Errors
    /// `process_malformed` if id, provider or status is missing, or a member has an impossible form.
    pub fn parse(body: &[u8]) -> Result<Self, Reject> {
        Self::read(body).map_err(|flaw| flaw.reject(RejectCode::ProcessMalformed))
    }

    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        let json = Json::read(body)?;
        let root = json.root();
        let member = |name: &str| root.at(name).value();
        // What decides nothing, or means the same as nothing if it is flawed.
        let text = |name: &str| root.text(name).ok();
        let process_id = Id::at(&root, "processId")?;
        let dossier_id = Id::maybe_at(&root, "dossierId")?;
        let provider = root.text("provider")?;
        let status = root.text("status")?;
        let results = ["finalResult", "providerSpecific"].into_iter().filter_map(member);
        let sealed = results.into_iter().find_map(|result| find_jwe(result, 4));
        Ok(Self {
            process_id,
            dossier_id,
            provider: cut(provider),
            process_type: root.maybe_text("processType")?.map(cut),
            status: ProcessStatus::parse(status),
            created_at: text("createdAt").map(cut),
            person: member("finalResult").and_then(person_of),
            sealed: sealed.map(ToString::to_string),
            fail_reasons: reasons(member("failReason"), provider),
            authorization: text("authorization").map(ToString::to_string),
            redirect_url: text("redirectUrl").map(ToString::to_string),
        })
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("provider", &self.provider)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// A person from a `finalResult`. Normalised results have Assure's member names (S-F5); those of an eID are not
/// normalised, and OpenID Connect's names are understood in addition (inferred).
fn person_of(result: &Value) -> Option<Person> {
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| result.get(name).and_then(Value::as_str));
        found.map(str::trim).filter(|text| !text.is_empty()).map(ToString::to_string)
    };
    let date = |names: &[&str]| text(names).filter(|text| is_date(text));
    let nationalities = match result.get("nationality") {
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(ToString::to_string).collect(),
        _ => text(&["nationality"]).into_iter().collect(),
    };
    let document = Document {
        kind: text(&["documentType"]),
        document_number: text(&["documentNumber"]),
        date_of_issuance: date(&["dateOfIssue"]),
        date_of_expiry: date(&["dateOfExpiry"]),
        issuer_country: text(&["issuingCountry"]),
        issuer_name: text(&["issuingAuthority"]),
    };
    let person = Person {
        given_name: text(&["firstName", "given_name"]),
        family_name: text(&["lastName", "family_name"]),
        middle_name: text(&["middleName", "middle_name"]),
        birthdate: date(&["dateOfBirth", "birthdate"]),
        gender: text(&["gender"]),
        nationalities,
        place_of_birth: text(&["placeOfBirth"]),
        personal_number: text(&["personalIdentificationNumber"]),
        phone_number: text(&["phone_number"]),
        document: Some(document).filter(|document| *document != Document::default()),
    };
    (person != Person::default()).then_some(person)
}

/// `YYYY-MM-DD` (S-CONCEPTS).
fn is_date(text: &str) -> bool {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if matches!(at, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    shaped && text.parse::<Date>().is_ok()
}

/// Texts, or objects with a code (S-PHP shows an array and not its elements).
fn reasons(value: Option<&Value>, provider: &str) -> Vec<Reason> {
    let rows = match value {
        Some(Value::Array(rows)) => rows.as_slice(),
        Some(Value::Null) | None => &[],
        Some(one) => core::slice::from_ref(one),
    };
    let code = |row: &Value| {
        let named = ["code", "type", "reason"].iter().find_map(|name| row.get(name).and_then(Value::as_str));
        row.as_str().or(named).map(code_of)
    };
    rows.iter()
        .filter_map(|row| Some(Reason { code: code(row)?, detail: None, part: Some(cut(provider)) }))
        .take(32)
        .collect()
}

/// Finds an encrypted token: five parts, the first of which is a header that names an encryption.
fn find_jwe(value: &Value, depth: u8) -> Option<&str> {
    match value {
        Value::String(text) if is_jwe(text) => Some(text),
        Value::Array(rows) if depth > 0 => rows.iter().find_map(|row| find_jwe(row, depth - 1)),
        Value::Object(members) if depth > 0 => members.values().find_map(|member| find_jwe(member, depth - 1)),
        _ => None,
    }
}

fn is_jwe(text: &str) -> bool {
    if text.split('.').count() != 5 {
        return false;
    }
    let header = text.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let header: Option<Value> = header.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    header.is_some_and(|header| header.get("enc").is_some_and(Value::is_string))
}
