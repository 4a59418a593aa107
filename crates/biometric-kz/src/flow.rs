//! Make a session, wait for the user, look for the verdict.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use idvkit_core::{
    Fault, FaultCode, Flaw, FlawKind, Header, Hint, HintKind, HttpRequest, Journey, Operation as _, Outcome, Reject,
    RejectCode, Response, UnixMillis,
    machine::{self, Flow, Heard, Need, Own, Schedule, Step, UserStage},
};
use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    answers::{Created, FlowResult},
    callback::{self, Webhook, WebhookEvent},
    catalog,
    journey::{self, Link},
    operations::Operation,
    request::ParsedRequest,
    values::{SessionId, Technology},
    verdict::{self, Expected, Judgement},
};

/// A session that was begun anew so often gets no further attempt.
const MAX_ATTEMPTS: usize = 32;

/// The state of one biometric.kz flow. Its members are private: the session's methods show what a host needs.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct BiometricKzFlow {
    #[serde(rename = "order")] // as snapshots have it
    request: ParsedRequest,
    state: State,
    /// The provider's sessions, newest first. The newest is also what opens the hosted page.
    references: Vec<SessionId>,
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
    pub(crate) fn new(request: ParsedRequest) -> Self {
        Self { request, state: State::Creating, references: Vec::new() }
    }
}

impl Flow for BiometricKzFlow {
    type Account = Account;
    type Operation = Operation;
    const DELETES: bool = false;

    fn need(&self, _account: &Account) -> Need<Operation> {
        match (&self.state, self.references.first()) {
            (State::Live { user_done, .. }, Some(id)) => {
                let look = Operation::FetchResult(id.clone());
                if *user_done { Need::Verdict(look) } else { Need::User(look) }
            }
            _ => Need::Answer(Operation::CreateSession),
        }
    }

    fn request(&self, account: &Account, op: &Operation, id: String, _own: &Own<'_>) -> HttpRequest {
        let body = (*op == Operation::CreateSession).then(|| self.request.body(account));
        op.request(account, id, body)
    }

    fn answer(
        &mut self,
        account: &Account,
        op: &Operation,
        response: &Response<'_>,
        _own: &Own<'_>,
    ) -> Result<Step, Fault> {
        // No document says what the call answers for a session that nobody began.
        if matches!(op, Operation::FetchResult(_)) && response.status == 404 && !self.is_user_done() {
            return Ok(Step::NotYet { user: UserStage::Unknown });
        }
        if !response.is_success() {
            let code = catalog::http_error(response.status, response.body);
            return Err(Fault::status(op.name(), response.status).with_provider_code(code));
        }
        match op {
            Operation::CreateSession => self.created(account, op, response),
            Operation::FetchResult(session) => self.fetched(account, op, session, response),
        }
    }

    fn journey(&self, account: &Account, own: &Own<'_>) -> Journey {
        match (&self.state, self.references.first()) {
            (State::Live { expires, .. }, Some(session)) => {
                let link = Link { session, locale: self.request.locale(), expires: *expires };
                journey::of(account, &link, own)
            }
            _ => journey::none(own),
        }
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
        let fix = "biometric.kz has no return URL; pass what a page or app saw to `read` and handle the hint";
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
        let place = self.references.iter().position(|one| *one == webhook.session_id);
        match (place, webhook.event) {
            (None, _) => {
                let fix = "find the session by `reference_of` and hand the input to that session";
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
        account.schedule.clone()
    }

    fn at_deadline(&self) -> Outcome {
        Outcome::Expired
    }

    /// Sessions are one-time: another attempt is another session.
    fn retry(&mut self, outcome: &Outcome) -> bool {
        let decided = matches!(outcome, Outcome::Decided { .. });
        let allowed = !decided && self.request.can_be_sent_again() && self.references.len() < MAX_ATTEMPTS;
        if allowed {
            self.state = State::Creating;
        }
        allowed
    }

    fn references(&self) -> Vec<String> {
        self.references.iter().cloned().map(String::from).collect()
    }

    fn technologies(&self) -> Vec<String> {
        self.announced().iter().map(ToString::to_string).collect()
    }

    fn wipe(&mut self) {
        self.request.forget();
    }

    fn check(&self) -> Result<(), Reject> {
        let live = matches!(self.state, State::Live { .. });
        if self.references.len() <= MAX_ATTEMPTS
            && (!live || !self.references.is_empty())
            && self.request.is_plausible()
        {
            return Ok(());
        }
        Err(machine::malformed("a biometric.kz session, locale or metadata in the snapshot is not possible"))
    }
}

impl BiometricKzFlow {
    fn created(&mut self, account: &Account, op: &Operation, response: &Response<'_>) -> Result<Step, Fault> {
        let unreadable = |flaw| Fault::unreadable(op.name(), response.status, flaw);
        let created = Created::read(response.body).map_err(unreadable)?;
        let supported = account.unsupported_metadata || self.request.is_supported_by(&created.technologies);
        self.request.sent();
        self.references.insert(0, created.session_id);
        if !supported {
            let fault = Fault::new(FaultCode::MetadataUnsupported, op.name(), false);
            return Ok(Step::End { outcome: Outcome::Failed { fault }, evidence: None });
        }
        self.state = State::Live {
            technologies: created.technologies,
            expires: response.at.plus(account.lifetime_ms),
            user_done: false,
        };
        Ok(Step::Go)
    }

    fn fetched(
        &mut self,
        account: &Account,
        op: &Operation,
        session: &SessionId,
        response: &Response<'_>,
    ) -> Result<Step, Fault> {
        let unreadable = |flaw| Fault::unreadable(op.name(), response.status, flaw);
        let result = FlowResult::read(response.body).map_err(unreadable)?;
        if result.session_id != *session {
            return Err(Fault::foreign(op.name(), Flaw::new(FlawKind::OtherReference, "id")));
        }
        let iin = self.request.fixed_iin();
        let expected =
            Expected { iin: iin.as_ref(), photo: self.request.photo_was_sent(), technologies: self.announced() };
        match verdict::judge(&result, &expected) {
            Judgement::Open { user_done } => {
                if user_done {
                    self.set_user_done();
                }
                let user = if user_done { UserStage::Done } else { UserStage::Unknown };
                Ok(Step::NotYet { user })
            }
            Judgement::Aborted => {
                let reasons = result.evidence_reasons(self.announced());
                let stage = reasons.into_iter().find_map(|reason| reason.part);
                Ok(Step::End { outcome: Outcome::Abandoned { stage }, evidence: None })
            }
            Judgement::Decided { decision, reasons } => {
                // A decided session is never begun anew, so nothing has to be sent or compared again.
                self.request.forget();
                let source = account.source(op.name());
                let evidence = verdict::evidence(source, &result, self.announced(), reasons, response);
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

    fn announced(&self) -> &[Technology] {
        match &self.state {
            State::Live { technologies, .. } => technologies,
            State::Creating => &[],
        }
    }
}
