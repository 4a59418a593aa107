//! Make a session, wait for the user, look for the verdict.

use crate::ID;
use crate::operations::Operation;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use idvkit_core::{
    Basis, Decision, Evidence, Fault, FaultCode, Flaw, FlawKind, Header, Hint, HintKind, HttpRequest, Journey, Method,
    Outcome, Reason, Reject, RejectCode, Response, Source, UnixMillis,
    machine::{self, Flow, Heard, Need, Own, Schedule, Step, UserStage},
    settings,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    callback::{self, Webhook, WebhookEvent},
    catalog,
    iin::Iin,
    journey::{self, Link},
    order::Order,
    result::{FlowResult, Status},
    technology::Technology,
    types::{Created, is_session_id},
    validate::Account,
};

/// The operation that makes a session.
pub const CREATE_SESSION: &str = "biometric_kz.create_session";
/// The operation that fetches a result.
pub const FETCH_RESULT: &str = "biometric_kz.fetch_result";
/// The code of the reason when the document is another person's than the fixed IIN's (B-Q15).
pub const IIN_MISMATCH: &str = "iin_mismatch";
/// The code of the reason when the result does not say whose document it was, although an IIN was fixed (B-Q15).
pub const IIN_UNCONFIRMED: &str = "iin_unconfirmed";

const CREATE_PATH: &str = "/api/v1/flows/session/create/";
const RESULT_PATH: &str = "/api/v1/flows/session/result/";
/// A session that was begun anew so often gets no further attempt.
const MAX_ATTEMPTS: usize = 32;

/// A biometric.kz session's own state.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct BiometricKzFlow {
    order: Order,
    state: State,
    /// The provider's sessions, newest first. The newest is also what opens the hosted page.
    references: Vec<String>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum State {
    Creating,
    Live {
        technologies: Vec<Technology>,
        expires: UnixMillis,
        /// The user is through with it: the page says so, or the provider.
        user_done: bool,
    },
}

impl BiometricKzFlow {
    pub(crate) fn new(order: Order) -> Self {
        Self { order, state: State::Creating, references: Vec::new() }
    }
}

impl Flow for BiometricKzFlow {
    type Account = Account;
    type Operation = Operation;
    const DELETES: bool = false;

    fn need(&self, _account: &Account) -> Need<Operation> {
        match &self.state {
            State::Creating => Need::Answer(Operation::Create),
            State::Live { user_done: false, .. } => Need::User(Operation::Result),
            State::Live { user_done: true, .. } => Need::Verdict(Operation::Result),
        }
    }

    fn request(&self, account: &Account, op: &Operation, id: String, _own: &Own<'_>) -> HttpRequest {
        match op {
            Operation::Create => self.create_request(account, id),
            Operation::Result => self.result_request(account, id),
        }
    }

    fn answer(
        &mut self,
        account: &Account,
        op: &Operation,
        response: &Response<'_>,
        _own: &Own<'_>,
    ) -> Result<Step, Fault> {
        let operation = match op {
            Operation::Create => CREATE_SESSION,
            Operation::Result => FETCH_RESULT,
        };
        // No document says what the call answers for a session that nobody began.
        if *op == Operation::Result && response.status == 404 && !self.is_user_done() {
            return Ok(Step::NotYet { user: UserStage::Unknown });
        }
        if !response.is_success() {
            let code = catalog::http_error(response.status, response.body);
            return Err(Fault::status(operation, response.status).with_provider_code(code));
        }
        match op {
            Operation::Create => self.created(account, response),
            Operation::Result => self.fetched(account, response),
        }
    }

    fn journey(&self, account: &Account, own: &Own<'_>) -> Journey {
        let expires = match &self.state {
            State::Live { expires, .. } => *expires,
            State::Creating => own.opened,
        };
        let link = Link { session_id: self.session_id(), locale: self.order.locale(), expires };
        journey::journey(account, &link, own)
    }

    /// The page's end signals are the only ones there are, and say nothing of how it ended: they mean that the user is
    /// done (B-Q13).
    fn hint(&mut self, _account: &Account, hint: &Hint) -> Heard {
        match hint.kind {
            HintKind::Finished | HintKind::Success => {
                self.set_user_done();
                Heard::DONE
            }
            HintKind::Error | HintKind::Closed => Heard::LOOK,
            _ => Heard::NOTHING,
        }
    }

    fn redirect(&mut self, _account: &Account, _url: &str) -> Result<Heard, Reject> {
        let fix = "biometric.kz knows no return URL; pass what a page or app saw to `read` and handle the hint";
        Err(Reject::at(RejectCode::RedirectUnexpected, "url", fix))
    }

    fn callback(
        &mut self,
        account: &Account,
        url: &str,
        _headers: &[Header],
        body: &[u8],
        _own: &Own<'_>,
    ) -> Result<Heard, Reject> {
        let authentic = callback::check_segment(account, url)?;
        let webhook = Webhook::parse(body)?;
        let place = self.references.iter().position(|one| one.eq_ignore_ascii_case(&webhook.session_id));
        match (place, webhook.event) {
            (None, _) => {
                let fix = "find the session by `reference_of` and tell that one";
                Err(Reject::at(RejectCode::CallbackOfOtherSession, "body", fix))
            }
            (Some(0), WebhookEvent::FlowEnd) if matches!(self.state, State::Live { .. }) => {
                // Anybody can send the like where no secret is set: then it brings a look, and the page stays.
                if authentic {
                    self.set_user_done();
                }
                Ok(if authentic { Heard::RESULT } else { Heard::LOOK })
            }
            _ => Ok(Heard::NOTHING),
        }
    }

    fn schedule(&self, account: &Account) -> Schedule {
        account.schedule()
    }

    fn at_deadline(&self) -> Outcome {
        Outcome::Expired
    }

    /// Sessions are one-time: another attempt is another session.
    fn retry(&mut self, outcome: &Outcome) -> bool {
        let decided = matches!(outcome, Outcome::Decided { .. });
        let again = !decided && self.order.can_be_sent_again() && self.references.len() < MAX_ATTEMPTS;
        if again {
            self.state = State::Creating;
        }
        again
    }

    fn references(&self) -> Vec<String> {
        self.references.clone()
    }

    fn wipe(&mut self) {
        self.order.forget();
    }

    fn check(&self) -> Result<(), Reject> {
        let known = self.references.len() <= MAX_ATTEMPTS && self.references.iter().all(|id| is_session_id(id));
        let live = matches!(self.state, State::Live { .. });
        if known && (!live || !self.references.is_empty()) && self.order.is_plausible() {
            return Ok(());
        }
        Err(machine::malformed("a biometric.kz session, locale or metadata in it cannot be"))
    }
}

impl BiometricKzFlow {
    fn create_request(&self, account: &Account, id: String) -> HttpRequest {
        let mut body = Map::new();
        body.insert("api_key".into(), account.api_key.expose_str().unwrap_or("").into());
        if let Some(metadata) = self.order.metadata() {
            body.insert("metadata".into(), metadata);
        }
        HttpRequest {
            id,
            operation: CREATE_SESSION.into(),
            method: Method::Post,
            url: format!("{}{CREATE_PATH}", account.api_base),
            headers: alloc::vec![
                Header::new("Accept", "application/json"),
                Header::new("Content-Type", "application/json"),
            ],
            body: Some(Value::Object(body).to_string().into_bytes()),
            timeout_ms: account.timeout_ms,
            // Each one is a session of its own, and is paid for.
            idempotent: false,
            cache: None,
        }
    }

    /// The key goes into the query, as the provider wants it: never log this URL (B-Q18).
    fn result_request(&self, account: &Account, id: String) -> HttpRequest {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("session_id", self.session_id())
            .append_pair("flow_api_key", account.api_key.expose_str().unwrap_or(""))
            .finish();
        HttpRequest {
            id,
            operation: FETCH_RESULT.into(),
            method: Method::Get,
            url: format!("{}{RESULT_PATH}?{query}", account.api_base),
            headers: alloc::vec![Header::new("Accept", "application/json")],
            body: None,
            timeout_ms: account.timeout_ms,
            idempotent: true,
            cache: None,
        }
    }

    fn created(&mut self, account: &Account, response: &Response<'_>) -> Result<Step, Fault> {
        let unreadable = |flaw| Fault::unreadable(CREATE_SESSION, response.status, flaw);
        let created = Created::read(response.body).map_err(unreadable)?;
        if !account.unsupported_metadata && !self.order.is_supported_by(&created.technologies) {
            return Err(Fault::new(FaultCode::MetadataUnsupported, CREATE_SESSION, false));
        }
        self.order.sent();
        self.references.insert(0, created.session_id);
        self.state = State::Live {
            technologies: created.technologies,
            expires: response.at.plus(account.lifetime_ms),
            user_done: false,
        };
        Ok(Step::Go)
    }

    fn fetched(&mut self, account: &Account, response: &Response<'_>) -> Result<Step, Fault> {
        let unreadable = |flaw| Fault::unreadable(FETCH_RESULT, response.status, flaw);
        let result = FlowResult::read(response.body).map_err(unreadable)?;
        if !result.session_id.eq_ignore_ascii_case(self.session_id()) {
            return Err(Fault::foreign(FETCH_RESULT, Flaw::new(FlawKind::OtherReference, "id")));
        }
        let technologies = self.technologies().to_vec();
        match judge(&result, self.order.fixed_iin().as_ref()) {
            Judgement::Open { user_done } => {
                if user_done {
                    self.set_user_done();
                }
                let user = if user_done { UserStage::Done } else { UserStage::Unknown };
                Ok(Step::NotYet { user })
            }
            Judgement::Aborted => {
                let stage = result.evidence_reasons(&technologies).into_iter().find_map(|reason| reason.part);
                Ok(Step::End { outcome: Outcome::Abandoned { stage }, evidence: None })
            }
            Judgement::Decided { decision, reason } => {
                // A decided session is never begun anew, so nothing has to be sent or compared again.
                self.order.forget();
                let evidence = evidence(account, &result, &technologies, reason, response);
                Ok(Step::End { outcome: Outcome::Decided { decision }, evidence: Some(evidence) })
            }
        }
    }

    fn is_user_done(&self) -> bool {
        matches!(self.state, State::Live { user_done: true, .. })
    }

    fn set_user_done(&mut self) {
        if let State::Live { user_done, .. } = &mut self.state {
            *user_done = true;
        }
    }

    fn session_id(&self) -> &str {
        self.references.first().map_or("", String::as_str)
    }

    fn technologies(&self) -> &[Technology] {
        match &self.state {
            State::Live { technologies, .. } => technologies,
            State::Creating => &[],
        }
    }
}

/// What a result comes to.
enum Judgement {
    Open { user_done: bool },
    Aborted,
    Decided { decision: Decision, reason: Option<Reason> },
}

/// The one table from a result to an outcome (B-Q14, B-Q15). Whatever is missing, unknown or contradicts itself is no
/// pass.
fn judge(result: &FlowResult, fixed: Option<&Iin>) -> Judgement {
    let decided = |decision| Judgement::Decided { decision, reason: None };
    let because = |decision, code: &str| {
        let reason = Reason { code: code.into(), detail: None, part: Some(Technology::EDocument.to_string()) };
        Judgement::Decided { decision, reason: Some(reason) }
    };
    // Right after the end sub-objects are still empty; a plain no need not wait for them.
    let filled = !result.has_empty_parts() || result.verdict == Some(false);
    match result.status {
        Status::Other(_) => return Judgement::Open { user_done: false },
        Status::Finished | Status::Failed if !filled => return Judgement::Open { user_done: true },
        Status::Finished | Status::Failed => {}
    }
    match fixed.map(|iin| result.is_about(iin)) {
        Some(Some(false)) => because(Decision::Declined, IIN_MISMATCH),
        Some(None) if result.is_passed() => because(Decision::Inconclusive, IIN_UNCONFIRMED),
        _ if result.is_passed() => decided(Decision::Approved),
        _ if result.is_user_abort() => Judgement::Aborted,
        _ => match (&result.status, result.verdict) {
            // A true verdict beside a part that says no (inferred).
            (_, Some(false)) | (Status::Finished, Some(true)) => decided(Decision::Declined),
            // Without a verdict it stays open, until patience ends: a missing verdict is never a pass.
            (Status::Finished | Status::Other(_), None) => Judgement::Open { user_done: true },
            _ => decided(Decision::Inconclusive),
        },
    }
}

fn evidence(
    account: &Account,
    result: &FlowResult,
    technologies: &[Technology],
    reason: Option<Reason>,
    response: &Response<'_>,
) -> Evidence {
    Evidence {
        basis: Basis::Fetched,
        at: response.at,
        raw: response.body.to_vec(),
        person: result.person(),
        parts: result.evidence_parts(technologies),
        reasons: reason.into_iter().chain(result.evidence_reasons(technologies)).collect(),
        sealed: None,
        source: Source {
            provider: ID.into(),
            operation: FETCH_RESULT.into(),
            host: settings::host_of(&account.api_base).to_string(),
            production: account.is_production(),
        },
    }
}
