//! Create a handshake, let the user run it, fetch the result.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{
    Fault, FaultCode, Header, Hint, HintKind, HttpRequest, Journey, Operation as _, Outcome, Reject, RejectCode,
    Response,
    machine::{Flow, Heard, Need, Own, Schedule, Step, malformed},
};
use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    answers::{ApiError, Created},
    callback::Webhook,
    journey,
    operations::Operation,
    request::ParsedRequest,
    values::{ClaimedSignature, DEFAULT_LIFETIME_MS, HandshakeId, StageId},
    verdict::{Live, NonPass},
};

/// Handshakes made one after the other; after so many there is no further one (our limit).
const MAX_HANDSHAKES: usize = 32;

/// The state of one Attestr flow. Its members are private: the session's methods show what a host needs.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AttestrFlow {
    #[serde(rename = "order")] // as snapshots have it
    request: ParsedRequest,
    /// The ids of all handshakes, newest first.
    handshakes: Vec<HandshakeId>,
    state: State,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// The handshake does not exist yet.
    Creating,
    /// The handshake exists: the user may run it, once or again.
    Live(Live),
}

impl AttestrFlow {
    pub(crate) fn new(request: ParsedRequest) -> Self {
        Self { request, handshakes: Vec::new(), state: State::Creating }
    }
}

impl Flow for AttestrFlow {
    type Account = Account;
    type Operation = Operation;
    const DELETES: bool = false;
    const TRACE_HEADER: Option<&'static str> = Some("xattestrid");

    fn need(&self, _account: &Account) -> Need<Operation> {
        match &self.state {
            State::Creating => Need::Answer(Operation::CreateHandshake),
            State::Live(live) => {
                let look = Operation::FetchResult(live.handshake.clone());
                if live.claims.is_empty() { Need::User(look) } else { Need::Verdict(look) }
            }
        }
    }

    fn request(&self, account: &Account, op: &Operation, id: String, _own: &Own<'_>) -> HttpRequest {
        let body = (*op == Operation::CreateHandshake).then(|| self.request.body());
        op.request(account, id, body)
    }

    fn answer(
        &mut self,
        account: &Account,
        op: &Operation,
        response: &Response<'_>,
        _own: &Own<'_>,
    ) -> Result<Step, Fault> {
        if !response.is_success() {
            let code = ApiError::from_json(response.body).code.map(|code| code.to_string());
            return Err(Fault::status(op.name(), response.status).with_provider_code(code));
        }
        match &mut self.state {
            State::Creating => self.created(op, response),
            State::Live(live) => live.fetched(account, op, &self.request.tag, response),
        }
    }

    fn journey(&self, account: &Account, own: &Own<'_>) -> Journey {
        match &self.state {
            State::Live(live) => journey::of(account, &self.request, live, own),
            State::Creating => journey::none(own),
        }
    }

    fn hint(&mut self, _account: &Account, hint: &Hint) -> Heard {
        let State::Live(live) = &mut self.state else { return Heard::NOTHING };
        match hint.kind {
            HintKind::Success => {
                let signature = hint.member(journey::SIGNATURE).and_then(ClaimedSignature::parse);
                let is_new = signature.is_some_and(|signature| live.claim(signature, false));
                if is_new { Heard { look: true, ..Heard::DONE } } else { Heard::NOTHING }
            }
            HintKind::Error => {
                let is_new = live.end(NonPass::Errored { error: journey::error_in(hint) }, false);
                if is_new { Heard::SETTLE } else { Heard::NOTHING }
            }
            HintKind::Skipped => {
                let stage = hint.member(journey::STAGE).and_then(StageId::parse);
                if live.end(NonPass::Skipped { stage }, false) { Heard::SETTLE } else { Heard::NOTHING }
            }
            _ => Heard::NOTHING,
        }
    }

    /// Attestr sends nobody to a return URL.
    fn redirect(&mut self, _account: &Account, _url: &str) -> Result<Heard, Reject> {
        let fix = "Attestr has no return URL; pass what a page or app saw to `read` and handle the hint";
        Err(Reject::at(RejectCode::RedirectUnexpected, "url", fix))
    }

    fn callback(
        &mut self,
        account: &Account,
        _url: &str,
        headers: &[Header],
        body: &[u8],
        _own: &Own<'_>,
    ) -> Result<Heard, Reject> {
        let foreign = || {
            let fix = "find the session by `reference_of` and hand the input to that session";
            Reject::at(RejectCode::CallbackOfOtherSession, "body", fix)
        };
        let webhook = Webhook::receive(account, headers, body)?.ok_or_else(foreign)?;
        let is_ours = self.handshakes.contains(&webhook.key.handshake);
        if !is_ours || webhook.tag.as_ref().is_some_and(|tag| *tag != self.request.tag) {
            return Err(foreign());
        }
        Ok(match &mut self.state {
            State::Live(live) if live.handshake == webhook.key.handshake => live.told(webhook),
            // About a handshake that expired and was replaced.
            _ => Heard::NOTHING,
        })
    }

    fn schedule(&self, account: &Account) -> Schedule {
        match &self.state {
            State::Live(live) => live.schedule(account, self.request.lifetime_ms),
            State::Creating => account.schedule.clone(),
        }
    }

    fn at_deadline(&self) -> Outcome {
        self.ended().map_or(Outcome::Expired, NonPass::outcome)
    }

    /// Attestr runs the same handshake again, and skips the stages that went well (A-F11). An expired one is dead: a new
    /// one is made, unless the request itself said when it expires. An archived one is gone with its data.
    fn retry(&mut self, outcome: &Outcome) -> bool {
        let State::Live(live) = &mut self.state else {
            // The answer to a creation said nothing: another one is made.
            return self.handshakes.len() < MAX_HANDSHAKES;
        };
        match outcome {
            Outcome::Failed { fault } if fault.code == FaultCode::Archived => false,
            Outcome::Expired => {
                let again = self.request.expiry.is_none() && self.handshakes.len() < MAX_HANDSHAKES;
                if again {
                    self.state = State::Creating;
                }
                again
            }
            _ => {
                live.again();
                true
            }
        }
    }

    fn faulted(&mut self, _op: &Operation, fault: &Fault) {
        if let State::Live(live) = &mut self.state {
            live.faulted(fault);
        }
    }

    fn stage(&self) -> Option<String> {
        self.ended().and_then(NonPass::stage)
    }

    fn references(&self) -> Vec<String> {
        self.handshakes.iter().cloned().map(String::from).collect()
    }

    fn wipe(&mut self) {
        if let State::Live(live) = &mut self.state {
            live.forget();
        }
        self.request.wipe();
    }

    fn check(&self) -> Result<(), Reject> {
        let live = match &self.state {
            State::Creating => true,
            State::Live(live) => live.is_plausible() && self.handshakes.first() == Some(&live.handshake),
        };
        if live && self.handshakes.len() <= MAX_HANDSHAKES && self.request.is_plausible() {
            return Ok(());
        }
        Err(malformed("a handshake, time or number in the snapshot is not possible"))
    }
}

impl AttestrFlow {
    fn created(&mut self, op: &Operation, response: &Response<'_>) -> Result<Step, Fault> {
        let unreadable = |flaw| Fault::unreadable(op.name(), response.status, flaw);
        let Created { handshake } = Created::read(response.body).map_err(unreadable)?;
        let ends = self.request.expiry.unwrap_or_else(|| response.at.plus(DEFAULT_LIFETIME_MS));
        self.handshakes.insert(0, handshake.clone());
        self.state = State::Live(Live::new(handshake, ends));
        Ok(Step::Go)
    }

    /// How somebody says that the run ended, if not completed.
    fn ended(&self) -> Option<&NonPass> {
        match &self.state {
            State::Live(live) => live.ended.as_ref().map(|ended| &ended.how),
            State::Creating => None,
        }
    }
}

/// Prints the state's name: the rest holds personal data.
impl fmt::Debug for AttestrFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Creating => "AttestrFlow(creating)",
            State::Live(_) => "AttestrFlow(live)",
        })
    }
}
