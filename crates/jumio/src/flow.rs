//! Initiate, wait for the user, look for the verdict.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use idvkit_core::{
    Fault, Flaw, FlawKind, Header, Hint, HintKind, HttpRequest, Journey, Operation as _, Outcome, Reject, RejectCode,
    Response, UnixMillis,
    machine::{self, Flow, Heard, Need, Own, Schedule, Step, UserStage},
    settings,
};
use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    answers::{Initiated, Transaction, error_status},
    callback::{Callback, ReturnError, ReturnParameters, ReturnStatus, check_segment},
    journey::{self, Link},
    operations::Operation,
    request::ParsedRequest,
    values::{FACEMAP_LIFETIME_MS, Reference},
    verdict,
};

/// A session that was begun anew so often gets no further attempt.
const MAX_ATTEMPTS: usize = 32;

/// The state of one Jumio flow. Its members are private: the session's methods show what a host needs.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct JumioFlow {
    #[serde(rename = "order")] // as snapshots have it
    request: ParsedRequest,
    state: State,
    /// Transactions, newest first.
    references: Vec<Reference>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum State {
    Initiating,
    Live {
        reference: Reference,
        /// A bearer value.
        redirect_url: String,
        expires: UnixMillis,
        /// The user says the images were taken for processing.
        submitted: bool,
        /// The code of what the page says went wrong, unless it went well after that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}

impl JumioFlow {
    pub(crate) fn new(request: ParsedRequest) -> Self {
        Self { request, state: State::Initiating, references: Vec::new() }
    }
}

impl Flow for JumioFlow {
    type Account = Account;
    type Operation = Operation;
    const DELETES: bool = true;
    const TRACE_HEADER: Option<&'static str> = Some("x-trackingid");

    fn need(&self, _account: &Account) -> Need<Operation> {
        match &self.state {
            State::Initiating => Need::Answer(Operation::Initiate),
            State::Live { reference, submitted: false, .. } => Need::User(Operation::Retrieve(reference.clone())),
            State::Live { reference, submitted: true, .. } => Need::Verdict(Operation::Retrieve(reference.clone())),
        }
    }

    fn request(&self, account: &Account, op: &Operation, id: String, own: &Own<'_>) -> HttpRequest {
        let body = (*op == Operation::Initiate).then(|| self.request.body(account, own));
        op.request(account, id, body)
    }

    fn answer(
        &mut self,
        account: &Account,
        op: &Operation,
        response: &Response<'_>,
        _own: &Own<'_>,
    ) -> Result<Step, Fault> {
        // What is gone already is deleted as well (J-V16).
        let gone = matches!(op, Operation::Delete(_)) && response.status == 404;
        if !response.is_success() && !gone {
            let code = error_status(response.body);
            return Err(Fault::status(op.name(), response.status).with_provider_code(code));
        }
        match op {
            Operation::Initiate => self.initiated(account, op, response),
            Operation::Retrieve(reference) => self.retrieved(account, op, reference, response),
            Operation::Delete(_) => Ok(Step::Deleted),
        }
    }

    fn journey(&self, account: &Account, own: &Own<'_>) -> Journey {
        match &self.state {
            State::Live { reference, redirect_url, expires, .. } => {
                let link = Link { reference, url: redirect_url, expires: *expires };
                journey::of(account, &self.request, &link, own)
            }
            State::Initiating => journey::none(own),
        }
    }

    fn hint(&mut self, _account: &Account, hint: &Hint) -> Heard {
        match hint.kind {
            HintKind::Success => self.submitted(),
            HintKind::Error => self.errored(hint.member(journey::CODE)),
            HintKind::Finished => Heard::DONE,
            _ => Heard::NOTHING,
        }
    }

    fn redirect(&mut self, _account: &Account, url: &str) -> Result<Heard, Reject> {
        let back = ReturnParameters::parse(url)?;
        if !self.is_current(&back.reference, RejectCode::RedirectOfOtherSession, "url")? {
            return Ok(Heard::NOTHING);
        }
        Ok(match back.status {
            ReturnStatus::Success => self.submitted(),
            ReturnStatus::Error => self.errored(back.error.as_ref().map(|error| error.code.as_str())),
            ReturnStatus::Other(_) => Heard::NOTHING,
        })
    }

    fn callback(
        &mut self,
        account: &Account,
        url: &str,
        headers: &[Header],
        body: &[u8],
        own: &Own<'_>,
    ) -> Result<Heard, Reject> {
        let secret = self.request.has_secret(account);
        if secret {
            check_segment(url, own)?;
        }
        let callback = Callback::parse(headers, body)?;
        if !self.is_current(&callback.reference, RejectCode::CallbackOfOtherSession, "body")? {
            return Ok(Heard::NOTHING);
        }
        // There is a result: what the page said before counts no more.
        if let (State::Live { error, .. }, true) = (&mut self.state, secret) {
            *error = None;
        }
        Ok(Heard { authentic: secret, ..Heard::RESULT })
    }

    fn schedule(&self, account: &Account) -> Schedule {
        account.schedule(self.request.lifetime, self.request.has_callback())
    }

    fn at_deadline(&self) -> Outcome {
        self.error().map_or(Outcome::Expired, verdict::failed)
    }

    /// A new transaction for the same enrollment: it supersedes the old one (J-F1).
    fn retry(&mut self, outcome: &Outcome) -> bool {
        !matches!(outcome, Outcome::Decided { .. }) && self.begin_anew()
    }

    /// The same while the page is shown (J-D24). Once the user has submitted, the verdict is awaited.
    fn supersede(&mut self) -> bool {
        matches!(self.state, State::Live { submitted: false, .. }) && self.begin_anew()
    }

    fn references(&self) -> Vec<String> {
        self.references.iter().map(ToString::to_string).collect()
    }

    fn erase(&self, index: u32) -> Option<Operation> {
        let index = usize::try_from(index).ok()?;
        self.references.get(index).cloned().map(Operation::Delete)
    }

    fn wipe(&mut self) {
        self.request.wipe();
        if let State::Live { redirect_url, .. } = &mut self.state {
            redirect_url.clear();
        }
    }

    /// The types have checked themselves.
    fn check(&self) -> Result<(), Reject> {
        let newest_is_live = match &self.state {
            State::Live { reference, .. } => self.references.first() == Some(reference),
            State::Initiating => true,
        };
        if newest_is_live && self.references.len() <= MAX_ATTEMPTS + 1 {
            return Ok(());
        }
        Err(machine::malformed("a Jumio reference in the snapshot is not possible"))
    }
}

impl JumioFlow {
    fn begin_anew(&mut self) -> bool {
        let allowed = self.references.len() < MAX_ATTEMPTS;
        if allowed {
            self.state = State::Initiating;
        }
        allowed
    }

    fn initiated(&mut self, account: &Account, op: &Operation, response: &Response<'_>) -> Result<Step, Fault> {
        let unreadable = |flaw| Fault::unreadable(op.name(), response.status, flaw);
        let Initiated { reference, redirect_url, .. } = Initiated::read(response.body).map_err(unreadable)?;
        if !settings::is_link(&redirect_url, account.urls.development) {
            return Err(unreadable(Flaw::new(FlawKind::MemberValue, "redirectUrl")));
        }
        self.references.insert(0, reference.clone());
        self.state = State::Live {
            reference,
            redirect_url,
            // The facemap is held no longer than that (J-D23).
            expires: response.at.plus(self.request.lifetime.millis().min(FACEMAP_LIFETIME_MS)),
            submitted: false,
            error: None,
        };
        Ok(Step::Go)
    }

    fn retrieved(
        &mut self,
        account: &Account,
        op: &Operation,
        reference: &Reference,
        response: &Response<'_>,
    ) -> Result<Step, Fault> {
        let unreadable = |flaw| Fault::unreadable(op.name(), response.status, flaw);
        let transaction = Transaction::read(response.body).map_err(unreadable)?;
        let foreign = |place: &str| Fault::foreign(op.name(), Flaw::new(FlawKind::OtherReference, place));
        if transaction.reference != *reference {
            return Err(foreign("transactionReference"));
        }
        if transaction.enrollment_reference != self.request.enrollment_reference {
            return Err(foreign("enrollmentTransactionReference"));
        }
        let step = verdict::step(account, op, &transaction, response);
        let Step::NotYet { user } = step else { return Ok(step) };
        if user == UserStage::Away {
            self.claim_submitted(false);
        }
        // A page that said what ended the transaction, and no verdict: nothing more comes of this link (J-D21).
        Ok(match self.error() {
            Some(error) if error.ends_transaction() => Step::End { outcome: verdict::failed(error), evidence: None },
            _ => step,
        })
    }

    /// Whether what was heard is about the live transaction; an older one of this session is of no interest.
    fn is_current(&self, reference: &Reference, code: RejectCode, field: &str) -> Result<bool, Reject> {
        if !self.references.contains(reference) {
            let fix = "find the session by `reference_of` and hand the input to that session";
            return Err(Reject::at(code, field, fix));
        }
        Ok(matches!(&self.state, State::Live { reference: live, .. } if live == reference))
    }

    fn submitted(&mut self) -> Heard {
        self.claim_submitted(true);
        Heard::DONE
    }

    fn claim_submitted(&mut self, claimed: bool) {
        if let State::Live { submitted, error, .. } = &mut self.state {
            *submitted = claimed;
            error.take_if(|_| claimed);
        }
    }

    /// Keeps what the page says went wrong, for the end. What a dead link says next does not replace why it is dead.
    fn errored(&mut self, code: Option<&str>) -> Heard {
        let dead = self.error().is_some_and(|error| error.ends_transaction());
        if let (State::Live { submitted: false, error, .. }, Some(code), false) = (&mut self.state, code, dead) {
            *error = Some(ReturnError::new(code).code);
        }
        Heard::LOOK
    }

    fn error(&self) -> Option<ReturnError> {
        match &self.state {
            State::Live { error: Some(code), .. } => Some(ReturnError::new(code)),
            _ => None,
        }
    }
}
