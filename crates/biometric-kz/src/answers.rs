//! Reads the result of a session, with every known member (B-F4). Members that decide are read strictly, the others
//! leniently.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{Document, Flaw, FlawKind, Json, Node, Part, Person, Reason, Reject, RejectCode};
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::{
    catalog::USER_ABORTED,
    values::{Iin, SessionId, Technology},
};

/// The longest type and the longest detail of a failure reason that are kept, in characters (our limit).
const MAX_CODE: usize = 64;
const MAX_DETAIL: usize = 200;
const VERDICT: &str = "flow_session_result";

/// The answer to the creation of a session (B-F2).
#[derive(Clone, PartialEq, Eq)]
pub struct Created {
    /// The one-time session id. It opens the session's page, so it is a bearer value until the session was used.
    pub session_id: SessionId,
    /// The flow's technologies, in the flow's order.
    pub technologies: Vec<Technology>,
}

impl Created {
    /// Reads the answer.
    ///
    /// # Errors
    /// `session_malformed` if a member is missing or has another type.
    pub fn parse(body: &[u8]) -> Result<Self, Reject> {
        Self::read(body).map_err(|flaw| flaw.reject(RejectCode::SessionMalformed))
    }

    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        let json = Json::read(body)?;
        let root = json.root();
        let session_id = SessionId::read(root.text("session_id")?);
        let codes = root.list("technologies")?;
        let technologies = codes.iter().map(|code| code.text("").map(Technology::parse)).collect::<Result<_, _>>()?;
        Ok(Self { session_id: session_id.ok_or_else(|| root.flaw(FlawKind::MemberValue, "session_id"))?, technologies })
    }
}

impl fmt::Debug for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Created").field("technologies", &self.technologies).finish_non_exhaustive()
    }
}

/// A session's result, as fetched, or as `session_result` of a webhook. `Debug` prints no personal data.
#[derive(Clone, PartialEq)]
pub struct FlowResult {
    /// The session's id.
    pub session_id: SessionId,
    /// The status of the session. It is missing in the widget's guide, but present in everything since (B-F4).
    pub status: Status,
    /// The verdict on the whole flow, `flow_session_result`.
    pub verdict: Option<bool>,
    /// The flow's technologies, in the flow's order.
    pub technologies: Vec<TechnologyInfo>,
    /// The result of each technology, in alphabetical order of the members' names.
    pub parts: Vec<TechnologyResult>,
    /// The provider's reasons for a failure, `flow_session_failure_reasons`.
    pub failure_reasons: Vec<Reason>,
    /// The member `validated_at`, as sent.
    pub validated_at: Option<String>,
    /// The member `finished_at`, as sent.
    pub finished_at: Option<String>,
    /// The member `ip_check_results`, as sent.
    pub ip_check_results: Vec<Value>,
    /// The member `request_sessions`, as sent.
    pub request_sessions: Vec<Value>,
}

/// The status of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// `FINISHED`: the session is over.
    Finished,
    /// `FAILED`: the session is over.
    Failed,
    /// Any other or no value, for example `PROGRESS`: the session is not over (B-Q10).
    Other(String),
}

/// One technology of the flow, as the result describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TechnologyInfo {
    /// The technology's code; the guide's example has none (B-4).
    pub code: Option<Technology>,
    /// The technology's name.
    pub name: Option<String>,
    /// The technology's description.
    pub description: Option<String>,
}

/// The result of one technology: a member `..._result`. It is present only if the user came to that step.
#[derive(Clone, PartialEq)]
pub struct TechnologyResult {
    /// The member's name without `_result`: `liveness`, `face2face`, `edocument`, `document_recognition`.
    pub kind: String,
    /// Whether the technology passed, by the flag `result` or by the statuses `VALID` and `INVALID`; `None` if the
    /// result does not say (B-F4.10).
    pub passed: Option<bool>,
    /// The technology's status in the provider's word, if it has one.
    pub status: Option<String>,
    /// Why the technology did not pass.
    pub failure_reason: Option<Reason>,
    members: Map<String, Value>,
}

/// What a part says beside a verdict (B-Q20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// Yes.
    Passed,
    /// No.
    NotPassed,
    /// Not yet.
    Pending,
    /// It came to no end, or has a status that this version does not know.
    Unclear,
    /// Nothing, as documented: an e-document is there or not.
    Nothing,
    /// Nothing, and the part is not documented.
    Unknown,
}

impl FlowResult {
    /// Reads a result.
    ///
    /// # Errors
    /// `result_malformed` if the session's id is missing or is named twice with different values, or if a member that
    /// decides has another type than documented: unknown forms are never a pass.
    pub fn parse(body: &[u8]) -> Result<Self, Reject> {
        Self::read(body).map_err(|flaw| flaw.reject(RejectCode::ResultMalformed))
    }

    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        Self::of(&Json::read(body)?.root())
    }

    /// Reads the result that stands at a place of another document.
    pub(crate) fn of(root: &Node<'_>) -> Result<Self, Flaw> {
        let root = root.object("")?;
        let empty = Map::new();
        let object = root.value().and_then(Value::as_object).unwrap_or(&empty);
        let reasons = array(object, "flow_session_failure_reasons");
        Ok(Self {
            session_id: session_id(&root)?,
            status: Status::parse(root.maybe_text("status")?.unwrap_or("")),
            verdict: root.maybe_flag(VERDICT)?,
            technologies: array(object, "technologies").iter().map(TechnologyInfo::read).collect(),
            parts: parts(&root)?,
            failure_reasons: reasons.iter().filter_map(|one| reason(one, None)).collect(),
            validated_at: text(object, "validated_at"),
            finished_at: text(object, "finished_at"),
            ip_check_results: array(object, "ip_check_results").to_vec(),
            request_sessions: array(object, "request_sessions").to_vec(),
        })
    }

    /// The result of this kind, such as `edocument`.
    pub fn part(&self, kind: &str) -> Option<&TechnologyResult> {
        self.parts.iter().find(|part| part.kind == kind)
    }

    /// Whether the result of a technology is still empty or pending. Right after the session's end the results are
    /// still being filled in (B-F4).
    pub fn has_open_parts(&self) -> bool {
        self.parts.iter().any(|part| part.says() == Says::Pending)
    }

    /// Whether the result is a pass by the rule of B-Q14: the session is finished, its verdict is true, and no part says
    /// otherwise or cannot be read. A `FAILED` session with a true verdict contradicts itself and is no pass (inferred).
    pub fn is_passed(&self) -> bool {
        let agrees = |part: &TechnologyResult| matches!(part.says(), Says::Passed | Says::Nothing | Says::Unknown);
        self.status == Status::Finished && self.verdict == Some(true) && self.parts.iter().all(agrees)
    }

    /// Every reason once, those of the technologies first.
    pub fn reasons(&self) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = Vec::new();
        let of_parts = self.parts.iter().filter_map(|part| part.failure_reason.as_ref());
        for reason in of_parts.chain(&self.failure_reasons) {
            let known = reasons.iter().any(|one| one.code == reason.code && one.detail == reason.detail);
            if !known {
                reasons.push(reason.clone());
            }
        }
        reasons
    }

    /// Whether the user's own abort is the only reason for the failure. It is then no verdict about the user (inferred,
    /// B-F8).
    pub fn is_user_abort(&self) -> bool {
        let reasons = self.reasons();
        !reasons.is_empty() && reasons.iter().all(|reason| reason.detail.as_deref() == Some(USER_ABORTED))
    }

    /// The IIN of the document's owner, at `edocument_result.result_json.common.docOwner.iin`. It may have lost leading
    /// zeros: compare it with [`Iin::is`] (B-Q15).
    pub fn owner_iin(&self) -> Option<String> {
        self.part("edocument")?.scalar("result_json.common.docOwner.iin").filter(|iin| !iin.is_empty())
    }

    /// Whether the document belongs to the person with this IIN; `None` if the result does not name the owner.
    pub fn is_about(&self, iin: &Iin) -> Option<bool> {
        self.owner_iin().map(|owner| iin.is(&owner))
    }

    /// The person's data from the state's database, or else as read from the document. The two are never mixed.
    pub fn person(&self) -> Option<Person> {
        let registered = self.part("edocument").and_then(registered_person);
        registered.or_else(|| self.part("document_recognition").and_then(recognised_person))
    }

    /// The result of each part, under the code of its technology. `flow` are the technologies that the creation of the
    /// session returned.
    pub fn evidence_parts(&self, flow: &[Technology]) -> Vec<Part> {
        let part = |part: &TechnologyResult| Part {
            name: self.code_of(&part.kind, flow),
            passed: part.passed,
            status: part.status.clone().or_else(|| part.failure_reason.as_ref().map(|reason| reason.code.clone())),
            score: part.prediction(),
        };
        self.parts.iter().map(part).collect()
    }

    /// Every reason, with its part under the same name as in [`evidence_parts`](Self::evidence_parts).
    pub fn evidence_reasons(&self, flow: &[Technology]) -> Vec<Reason> {
        let named = |reason: Reason| Reason { part: reason.part.map(|kind| self.code_of(&kind, flow)), ..reason };
        self.reasons().into_iter().map(named).collect()
    }

    /// The code of the technology that a part belongs to; liveness is a family, of which a flow has one.
    fn code_of(&self, kind: &str, flow: &[Technology]) -> String {
        let described = self.technologies.iter().filter_map(|info| info.code.as_ref());
        let mut liveness = flow.iter().chain(described).filter(|one| one.is_liveness());
        match kind {
            "liveness" => liveness.next().unwrap_or(&Technology::Liveness).to_string(),
            "face2face" => Technology::Face2Face.to_string(),
            "edocument" => Technology::EDocument.to_string(),
            "document_recognition" => Technology::DocumentRecognition.to_string(),
            other => other.to_string(),
        }
    }
}

impl Status {
    /// Reads the provider's word.
    pub fn parse(word: &str) -> Self {
        match word {
            "FINISHED" => Self::Finished,
            "FAILED" => Self::Failed,
            other => Self::Other(other.chars().take(MAX_CODE).collect()),
        }
    }
}

impl TechnologyInfo {
    fn read(value: &Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(ToString::to_string);
        let code = value.as_str().or_else(|| value.get("code")?.as_str());
        Self { code: code.map(Technology::parse), name: text("name"), description: text("description") }
    }
}

impl TechnologyResult {
    /// The score from 0 to 1 in the provider's decimal text, such as `0.9980` (B-16).
    pub fn prediction(&self) -> Option<String> {
        self.scalar("prediction")
    }

    /// The text, number or flag at a dotted path, as a text. It finds every member of B-F4: `eye_closed`,
    /// `face_direction`, `prediction_percent`, `first_name`, `extra.date_of_issue`, `document_pdf` …
    pub fn scalar(&self, path: &str) -> Option<String> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let value = self.members.get(first)?;
        let value = rest.map_or(Some(value), |rest| rest.split('.').try_fold(value, |value, name| value.get(name)))?;
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// A base64 member such as `document_pdf` or `face_photo`, not decoded (B-Q17).
    pub fn blob(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// The date of birth, `YYYY-MM-DD`, from either of the provider's spellings (B-17).
    pub fn birth_date(&self) -> Option<String> {
        self.scalar("extra.date_of_birth").or_else(|| self.scalar("date_of_birth")).as_deref().and_then(iso_date)
    }

    /// A documented part has no status, so that what stands there is not read as one unless it is a known word.
    pub(crate) fn says(&self) -> Says {
        let documented = matches!(self.kind.as_str(), "liveness" | "face2face" | "edocument" | "document_recognition");
        match (self.passed, self.status.as_deref()) {
            _ if self.members.is_empty() => Says::Pending,
            (Some(false), _) => Says::NotPassed,
            (_, Some("PENDING")) => Says::Pending,
            (_, Some("TIMEOUT")) => Says::Unclear,
            (_, Some(word)) if word != "VALID" && !documented => Says::Unclear,
            (Some(true), _) => Says::Passed,
            (None, _) if documented => Says::Nothing,
            (None, _) => Says::Unknown,
        }
    }

    fn read(kind: &str, node: &Node<'_>) -> Result<Self, Flaw> {
        let node = node.object("")?;
        let members = node.value().and_then(Value::as_object).cloned().unwrap_or_default();
        let flag = node.maybe_flag("result")?;
        let status = node.loose_text("status").map(|word| word.chars().take(MAX_CODE).collect::<String>());
        let passed = match status.as_deref() {
            Some("INVALID") => Some(false),
            Some("VALID") => flag.or(Some(true)),
            _ => flag,
        };
        Ok(Self {
            kind: kind.to_string(),
            passed,
            status,
            failure_reason: members.get("failure_reason").and_then(|one| reason(one, Some(kind))),
            members,
        })
    }
}

impl fmt::Debug for FlowResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowResult")
            .field("status", &self.status)
            .field("verdict", &self.verdict)
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TechnologyResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TechnologyResult")
            .field("kind", &self.kind)
            .field("passed", &self.passed)
            .finish_non_exhaustive()
    }
}

/// `id`, or `session_id` as webhooks call it (B-6).
fn session_id(root: &Node<'_>) -> Result<SessionId, Flaw> {
    let id = |name: &str| {
        let id = root.maybe_text(name)?;
        id.map(|id| SessionId::read(id).ok_or_else(|| root.flaw(FlawKind::MemberValue, name))).transpose()
    };
    match (id("id")?, id("session_id")?) {
        (Some(one), Some(other)) if one != other => Err(root.flaw(FlawKind::OtherReference, "session_id")),
        (Some(id), _) | (None, Some(id)) => Ok(id),
        (None, None) => Err(root.flaw(FlawKind::MemberMissing, "id")),
    }
}

/// Every member `..._result` that is there, also of technologies that are not documented.
fn parts(root: &Node<'_>) -> Result<Vec<TechnologyResult>, Flaw> {
    let named = root.members().filter(|(name, node)| *name != VERDICT && node.value().is_some());
    let parts = named.filter_map(|(name, node)| Some((name.strip_suffix("_result")?, node)));
    parts.map(|(kind, node)| TechnologyResult::read(kind, &node)).collect()
}

/// `{type, detail?}`, or a bare text.
fn reason(value: &Value, part: Option<&str>) -> Option<Reason> {
    let cut = |text: &str, max: usize| text.chars().take(max).collect::<String>();
    let member = |name: &str| value.get(name).and_then(Value::as_str);
    let (code, detail) = match value {
        Value::String(text) => ("OTHER", Some(text.as_str())),
        Value::Object(_) => (member("type").unwrap_or("OTHER"), member("detail")),
        _ => return None,
    };
    let detail = detail.map(|detail| cut(detail, MAX_DETAIL));
    Some(Reason { code: cut(code, MAX_CODE), detail, part: part.map(ToString::to_string) })
}

fn registered_person(part: &TechnologyResult) -> Option<Person> {
    let common = |path: &str| part.scalar(&alloc::format!("result_json.common.{path}"));
    let date = |path: &str| part.scalar(path).as_deref().and_then(iso_date);
    let issuer = common("docIssuer.nameEn").or_else(|| common("docIssuer.nameRu"));
    let document = Document {
        document_number: common("docNumber"),
        date_of_issuance: date("extra.date_of_issue"),
        date_of_expiry: date("extra.date_of_expire"),
        issuer_name: issuer.or_else(|| common("docIssuer.nameKk")),
        ..Document::default()
    };
    present(Person {
        given_name: common("docOwner.firstName"),
        family_name: common("docOwner.lastName"),
        middle_name: common("docOwner.middleName"),
        birthdate: part.birth_date(),
        gender: part.scalar("gender"),
        personal_number: common("docOwner.iin").map(|iin| alloc::format!("{iin:0>12}")),
        phone_number: part.scalar("phone"),
        document: Some(document).filter(|document| *document != Document::default()),
        ..Person::default()
    })
}

fn recognised_person(part: &TechnologyResult) -> Option<Person> {
    let document = Document {
        document_number: part.scalar("document_number"),
        issuer_name: part.scalar("authority"),
        ..Document::default()
    };
    present(Person {
        given_name: part.scalar("first_name"),
        family_name: part.scalar("last_name"),
        middle_name: part.scalar("patronymic"),
        birthdate: part.birth_date(),
        personal_number: part.scalar("personal_number"),
        document: Some(document).filter(|document| *document != Document::default()),
        ..Person::default()
    })
}

fn present(person: Person) -> Option<Person> {
    Some(person).filter(|person| *person != Person::default())
}

/// `YYYY-MM-DD`, of a text that starts so or is `DD.MM.YYYY` (B-17). `None` for a day that is none.
fn iso_date(text: &str) -> Option<String> {
    let date = text.get(..10)?;
    let parts: Vec<&str> = date.split(['-', '.']).collect();
    let [first, month, last] = parts.as_slice() else { return None };
    let (year, day) = if date.contains('.') { (last, first) } else { (first, last) };
    if year.len() != 4 || month.len() != 2 || day.len() != 2 || (date.contains('.') && text.len() != 10) {
        return None;
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if ![*year, *month, *day].into_iter().all(digits) {
        return None;
    }
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    Some(date.to_string())
}

fn array<'a>(object: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).map(ToString::to_string)
}
