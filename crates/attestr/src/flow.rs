//! The flow: create a handshake, let the user run it, fetch the result.

use crate::operations::Operation;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{
    Fault, FaultCode, Header, Hint, HintKind, HttpRequest, Journey, Method, Operation as _, Outcome, PollPlan, Reject,
    RejectCode, Response,
    machine::{Flow, Heard, Need, Own, Schedule, Step, malformed},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    callback::Webhook,
    journey,
    live::{Live, NonPass},
    types::{ApiError, ClaimedSignature, HandshakeId, SnapshotId, StageId},
    validate::{Account, DEFAULT_LIFETIME_MS, Order},
};

/// The operation that creates a handshake (A-F4).
pub const CREATE_HANDSHAKE: &str = "attestr.create_handshake";
/// The operation that fetches the result (A-F5).
pub const FETCH_RESULT: &str = "attestr.fetch_result";
/// What runs on the user's device (A-F7): the operation of errors that a client claims.
pub const LAUNCH: &str = "attestr.launch";

/// Handshakes made one after the other; after so many there is no further one (our limit).
const MAX_HANDSHAKES: usize = 32;

/// The state of one Attestr flow. It is opaque: a session shows what matters of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AttestrFlow {
    order: Order,
    /// The ids of all handshakes, newest first.
    handshakes: Vec<String>,
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
    pub(crate) fn new(order: Order) -> Self {
        Self { order, handshakes: Vec::new(), state: State::Creating }
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
            State::Live(live) if live.claims.is_empty() => Need::User(Operation::FetchResult),
            State::Live(_) => Need::Verdict(Operation::FetchResult),
        }
    }

    /// The state names the operation: there is one for each.
    fn request(&self, account: &Account, _op: &Operation, id: String, _own: &Own<'_>) -> HttpRequest {
        let handshakes = format!("{}/public/flowx/handshake", account.api);
        let (operation, method, url, body) = match &self.state {
            State::Creating => (CREATE_HANDSHAKE, Method::Post, handshakes, Some(self.order.body())),
            State::Live(live) => (FETCH_RESULT, Method::Get, format!("{handshakes}/{}", live.handshake.as_str()), None),
        };
        HttpRequest {
            id,
            operation: operation.into(),
            method,
            url,
            headers: headers(account),
            body,
            timeout_ms: account.timeout_ms,
            // A second POST makes a second handshake.
            idempotent: method == Method::Get,
            cache: None,
        }
    }

    fn answer(
        &mut self,
        account: &Account,
        op: &Operation,
        response: &Response<'_>,
        _own: &Own<'_>,
    ) -> Result<Step, Fault> {
        let operation = op.name();
        if !response.is_success() {
            let code = ApiError::from_json(response.body).code.map(|code| code.to_string());
            return Err(Fault::status(operation, response.status).with_provider_code(code));
        }
        match &mut self.state {
            State::Creating => {
                let ends = self.order.expiry.unwrap_or_else(|| response.at.plus(DEFAULT_LIFETIME_MS));
                let live = Live::created(response, ends)
                    .map_err(|flaw| Fault::unreadable(operation, response.status, flaw))?;
                self.handshakes.insert(0, live.handshake.as_str().into());
                self.state = State::Live(live);
                Ok(Step::Go)
            }
            State::Live(live) => live.fetched(account, &self.order.tag, response),
        }
    }

    fn journey(&self, account: &Account, own: &Own<'_>) -> Journey {
        match &self.state {
            State::Live(live) => journey::of(account, &self.order, live, own),
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
                if is_new { Heard { look: true, ..Heard::SETTLE } } else { Heard::NOTHING }
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
        let fix = "Attestr knows no return URL; pass what a page or app saw to `read` and handle the hint";
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
            let fix = "find the session by `reference_of` and tell that one";
            Reject::at(RejectCode::CallbackOfOtherSession, "body", fix)
        };
        let webhook = Webhook::receive(account, headers, body)?.ok_or_else(foreign)?;
        let handshake = webhook.key.handshake.as_str();
        let is_ours = self.handshakes.iter().any(|known| known == handshake);
        if !is_ours || webhook.tag.as_ref().is_some_and(|tag| *tag != self.order.tag) {
            return Err(foreign());
        }
        Ok(match &mut self.state {
            State::Live(live) if live.handshake == webhook.key.handshake => live.told(webhook),
            // About a handshake that expired and was replaced.
            _ => Heard::NOTHING,
        })
    }

    fn schedule(&self, account: &Account) -> Schedule {
        let lifetime = self.order.lifetime_ms;
        let claimed = matches!(&self.state, State::Live(live) if !live.claims.is_empty());
        let plan = &account.schedule;
        Schedule {
            user_timeout_ms: account.user_timeout_ms.map_or(lifetime, |patience| patience.min(lifetime)),
            // Once every claim was dropped there is nothing that a look could prove.
            verdict: if claimed { plan.verdict.clone() } else { PollPlan::never(2) },
            ..plan.clone()
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
                let again = self.order.expiry.is_none() && self.handshakes.len() < MAX_HANDSHAKES;
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

    fn stage(&self) -> Option<String> {
        self.ended().and_then(NonPass::stage)
    }

    fn references(&self) -> Vec<String> {
        self.handshakes.clone()
    }

    fn wipe(&mut self) {
        if let State::Live(live) = &mut self.state {
            live.forget();
        }
        self.order.tag.clear();
        self.order.variables.clear();
        self.order.extra.clear();
    }

    fn check(&self) -> Result<(), Reject> {
        let known = self.handshakes.len() <= MAX_HANDSHAKES
            && self.handshakes.iter().all(|id| HandshakeId::parse(id).is_some());
        let live = match &self.state {
            State::Creating => true,
            State::Live(live) => {
                live.is_plausible() && self.handshakes.first().is_some_and(|id| id == live.handshake.as_str())
            }
        };
        if known && live && self.order.is_plausible() {
            return Ok(());
        }
        Err(malformed("a handshake, time or number in it cannot be"))
    }
}

impl AttestrFlow {
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

impl Order {
    /// The body of the creation. `snapshot` is always there: `null` runs the draft.
    fn body(&self) -> Vec<u8> {
        let mut body = Map::new();
        body.insert("flow".into(), self.flow.as_str().into());
        body.insert("snapshot".into(), self.snapshot.as_ref().map(SnapshotId::as_str).into());
        body.insert("tag".into(), self.tag.as_str().into());
        if self.webhook {
            body.insert("webhook".into(), true.into());
        }
        if let Some(expiry) = self.expiry {
            body.insert("expiry".into(), expiry.0.into());
        }
        body.extend(self.extra.clone());
        Value::Object(body).to_string().into_bytes()
    }
}

/// `Content-Type` is documented as required for the GET too (A-F2.3).
fn headers(account: &Account) -> Vec<Header> {
    let token = account.auth_token.expose_str().expect("the parsed account has an ASCII token");
    [
        Header::new("Authorization", format!("Basic {token}")),
        Header::new("Content-Type", "application/json"),
        Header::new("Accept", "application/json"),
    ]
    .into()
}
