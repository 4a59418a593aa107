//! The flow: create a handshake, let the user run it, fetch the result and prove that it is the one they completed.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{
    Basis, Decision, Evidence, Fault, FaultClass, Header, Hint, HintKind, HttpRequest, Journey, Method, Outcome, Part,
    PollPlan, Provider, Reject, Response, SignedForm, Source,
    machine::{Flow, Heard, Need, Own, Schedule, Step, UserStage, malformed},
};
use idvkit_signature::{Mismatch, ecmascript, member, same_tag};
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};
use serde_json::{Map, Value};

use crate::{
    callback::{News, Webhook},
    journey,
    types::{ApiError, ClaimedSignature, ExecutionResult, HandshakeId, LaunchError, SnapshotId, StageId},
    validate::{Account, Order},
};

/// The operation that creates a handshake (A4).
pub const CREATE_HANDSHAKE: &str = "attestr.create_handshake";
/// The operation that fetches the result (A5).
pub const FETCH_RESULT: &str = "attestr.fetch_result";
/// What runs on the user's device (A7): the operation of errors that a client claims.
pub const LAUNCH: &str = "attestr.launch";

/// Claims that are kept at a time (rule 2).
const MAX_CLAIMS: usize = 4;
/// A claim is dropped once so many verified results carried another signature. More than one, as an answer may be older
/// than the claim, above all after a retry (inferred).
const MAX_MISSES: u8 = 3;

/// The state of one Attestr flow. It is opaque: a session shows what matters of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttestrFlow(State);

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// The handshake does not exist yet.
    Creating { order: Order },
    /// The handshake exists: the user may run it, once or again.
    Live { order: Order, live: Live },
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Live {
    handshake: HandshakeId,
    number: Option<String>,
    /// Signatures that somebody says a completed run gave.
    claims: Vec<Claim>,
    /// How somebody says the run ended, if not completed.
    ended: Option<Ended>,
    /// Whether the provider saw the handshake used on a device; says nothing about how it ended (A-Q3).
    consumed: Option<bool>,
    /// Whether this is a further run of the same handshake (A11).
    retry: bool,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Claim {
    signature: ClaimedSignature,
    /// Verified results that carried another signature.
    misses: u8,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Ended {
    how: NonPass,
    /// Said by an authenticated webhook: a client's word does not replace it.
    authentic: bool,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NonPass {
    Skipped { stage: Option<StageId> },
    Errored { error: LaunchError },
}

/// The two requests to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Creates the handshake.
    CreateHandshake,
    /// Fetches the result.
    FetchResult,
}

impl AttestrFlow {
    pub(crate) fn new(order: Order) -> Self {
        Self(State::Creating { order })
    }
}

impl Flow for AttestrFlow {
    type Account = Account;
    type Op = Op;
    const DELETES: bool = false;
    const TRACE_HEADER: Option<&'static str> = Some("xattestrid");

    fn need(&self, _account: &Account) -> Need<Op> {
        match &self.0 {
            State::Creating { .. } => Need::Answer(Op::CreateHandshake),
            State::Live { live, .. } if live.claims.is_empty() => Need::User(Op::FetchResult),
            State::Live { .. } => Need::Verdict(Op::FetchResult),
        }
    }

    /// The state names the operation: there is one for each.
    fn request(&self, account: &Account, _op: Op, id: String, _own: &Own<'_>) -> HttpRequest {
        let handshakes = format!("{}/public/flowx/handshake", account.api);
        let (operation, method, url, body) = match &self.0 {
            State::Creating { order } => (CREATE_HANDSHAKE, Method::Post, handshakes, Some(order.body())),
            State::Live { live, .. } => {
                (FETCH_RESULT, Method::Get, format!("{handshakes}/{}", live.handshake.as_str()), None)
            }
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
            repeatable: method == Method::Get,
            cache: None,
        }
    }

    fn answer(&mut self, account: &Account, op: Op, response: &Response<'_>, _own: &Own<'_>) -> Result<Step, Fault> {
        let operation = op.name();
        if !response.is_success() {
            let code = ApiError::from_json(response.body).code.map(|code| code.to_string());
            return Err(Fault::status(operation, response.status).with_provider_code(code));
        }
        match &mut self.0 {
            State::Creating { order } => {
                let live = Live::created(response).ok_or_else(|| Fault::unreadable(operation, response.status))?;
                self.0 = State::Live { order: order.clone(), live };
                Ok(Step::Go)
            }
            State::Live { order, live } => live.fetched(account, &order.tag, response),
        }
    }

    fn journey(&self, account: &Account, own: &Own<'_>) -> Journey {
        match &self.0 {
            State::Live { order, live } => journey::of(account, order, &live.handshake, live.retry, own),
            State::Creating { .. } => journey::none(own),
        }
    }

    fn hint(&mut self, _account: &Account, hint: &Hint) -> Heard {
        let State::Live { live, .. } = &mut self.0 else { return Heard::NOTHING };
        match hint.kind {
            HintKind::Success => {
                let signature = hint.member(journey::SIGNATURE).and_then(ClaimedSignature::parse);
                let is_new = signature.is_some_and(|signature| live.claim(signature, false));
                if is_new { Heard { look: true, ..Heard::DONE } } else { Heard::NOTHING }
            }
            HintKind::Error => {
                let error = journey::error_in(hint);
                live.end(NonPass::Errored { error }, false);
                Heard { look: true, ..Heard::SETTLE }
            }
            HintKind::Skipped => {
                let stage = hint.member(journey::STAGE).and_then(StageId::parse);
                live.end(NonPass::Skipped { stage }, false);
                Heard::SETTLE
            }
            _ => Heard::NOTHING,
        }
    }

    /// Attestr sends nobody to a return URL.
    fn redirect(&mut self, _account: &Account, _url: &str) -> Result<Heard, Reject> {
        Ok(Heard::NOTHING)
    }

    fn callback(
        &mut self,
        account: &Account,
        _url: &str,
        headers: &[Header],
        body: &[u8],
        _own: &Own<'_>,
    ) -> Result<Heard, Reject> {
        let webhook = Webhook::receive(account, headers, body)?;
        let foreign =
            || Reject::provider("callback_foreign", "the webhook is about another handshake; route it by reference");
        let (State::Live { order, live }, Some(webhook)) = (&mut self.0, webhook) else { return Err(foreign()) };
        if webhook.key.handshake != live.handshake || webhook.tag.is_some_and(|tag| tag != order.tag) {
            return Err(foreign());
        }
        let ended = Heard { look: true, authentic: true, ..Heard::SETTLE };
        Ok(match webhook.news {
            News::Completed { signature } => {
                live.claim(signature, true);
                Heard::RESULT
            }
            News::Skipped { stage } => {
                live.end(NonPass::Skipped { stage }, true);
                ended
            }
            News::Errored { error } => {
                live.end(NonPass::Errored { error }, true);
                ended
            }
            News::Other => Heard::NOTHING,
        })
    }

    fn schedule(&self, account: &Account) -> Schedule {
        let lifetime = self.order().lifetime_ms;
        let claimed = matches!(&self.0, State::Live { live, .. } if !live.claims.is_empty());
        let plan = &account.schedule;
        Schedule {
            start_patience_ms: account.start_patience_ms.map_or(lifetime, |patience| patience.min(lifetime)),
            // Once every claim was dropped there is nothing that a look could prove.
            verdict: if claimed { plan.verdict.clone() } else { PollPlan::never(2) },
            ..plan.clone()
        }
    }

    fn at_deadline(&self) -> Outcome {
        match &self.0 {
            State::Live { live: Live { ended: Some(ended), .. }, .. } => ended.how.outcome(),
            _ => Outcome::Expired,
        }
    }

    /// Attestr runs the same handshake again, and skips the stages that went well (S0, A11). An archived one is gone.
    fn retry(&mut self, outcome: &Outcome) -> bool {
        let gone = matches!(outcome, Outcome::Failed { fault } if fault.code == ARCHIVED);
        let State::Live { live, .. } = &mut self.0 else { return false };
        if gone {
            return false;
        }
        live.claims.clear();
        live.ended = None;
        live.retry = true;
        true
    }

    fn stage(&self) -> Option<String> {
        match &self.0 {
            State::Live { live: Live { ended: Some(ended), .. }, .. } => ended.how.stage(),
            _ => None,
        }
    }

    fn references(&self) -> &[String] {
        match &self.0 {
            State::Creating { .. } => &[],
            State::Live { live, .. } => core::slice::from_ref(live.handshake.text()),
        }
    }

    fn wipe(&mut self) {
        let order = match &mut self.0 {
            State::Creating { order } => order,
            State::Live { order, live } => {
                live.claims.clear();
                live.ended = None;
                live.number = None;
                order
            }
        };
        order.tag.clear();
        order.variables.clear();
        order.extra.clear();
    }

    fn check(&self) -> Result<(), Reject> {
        let claims = match &self.0 {
            State::Creating { .. } => 0,
            State::Live { live, .. } => live.claims.len(),
        };
        if claims > MAX_CLAIMS || !self.order().is_plausible() {
            return Err(malformed("a time or number in it is out of range"));
        }
        Ok(())
    }
}

impl AttestrFlow {
    fn order(&self) -> &Order {
        match &self.0 {
            State::Creating { order } | State::Live { order, .. } => order,
        }
    }
}

/// Prints the state's name: the rest holds personal data.
impl fmt::Debug for AttestrFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Creating { .. } => "AttestrFlow(creating)",
            State::Live { .. } => "AttestrFlow(live)",
        })
    }
}

impl Op {
    fn name(self) -> &'static str {
        match self {
            Self::CreateHandshake => CREATE_HANDSHAKE,
            Self::FetchResult => FETCH_RESULT,
        }
    }
}

/// The code of the fault that ends an archived handshake.
const ARCHIVED: &str = "archived";

impl Live {
    /// From the answer to the creation; `digest` is reserved (A4, A-Q13) and dropped.
    fn created(response: &Response<'_>) -> Option<Self> {
        #[derive(Deserialize)]
        struct Created {
            #[serde(rename = "_id")]
            handshake: HandshakeId,
            #[serde(default)]
            number: Option<String>,
        }
        let Created { handshake, number } = serde_json::from_slice(response.body).ok()?;
        Some(Self { handshake, number, claims: Vec::new(), ended: None, consumed: None, retry: false })
    }

    /// Takes in a fetched result: the only place that decides.
    fn fetched(&mut self, account: &Account, tag: &str, response: &Response<'_>) -> Result<Step, Fault> {
        let unreadable = || Fault::unreadable(FETCH_RESULT, response.status);
        let answer = ExecutionResult::from_json(response.body).map_err(|_| unreadable())?;
        if answer.handshake != self.handshake.as_str() || answer.tag.as_deref().is_some_and(|theirs| theirs != tag) {
            return Err(Fault::foreign(FETCH_RESULT));
        }
        self.consumed = answer.consumed.or(self.consumed);
        if answer.archived.is_some() {
            let fault = Fault::new(ARCHIVED, FaultClass::Input, FETCH_RESULT, false);
            return Ok(Step::End { outcome: Outcome::Failed { fault }, evidence: None });
        }
        let result = member(response.body, "result").map_err(|_| unreadable())?;
        let Some(result) = result.filter(|result| *result != b"null") else {
            return Ok(Step::NotYet { user: UserStage::Unknown });
        };
        let stages = stages(result).ok_or_else(unreadable)?;
        let signature = answer.signature.as_deref().unwrap_or_default();
        let (form, raw) = verified(account, result, signature).map_err(|mismatch| {
            let fault = Fault::new(mismatch.code(), FaultClass::Answer, FETCH_RESULT, true);
            Fault { status: Some(response.status), ..fault }
        })?;
        if !self.claims.iter().any(|claim| same_tag(claim.signature.as_str(), signature)) {
            self.missed();
            return Ok(Step::NotYet { user: UserStage::Unknown });
        }
        let evidence = Evidence {
            basis: Basis::Signed { form },
            at: response.at,
            raw,
            person: None,
            parts: stages.into_iter().map(|name| Part { name, passed: None, status: None, score: None }).collect(),
            reasons: Vec::new(),
            sealed: None,
            source: Source {
                provider: Provider::Attestr,
                operation: FETCH_RESULT.into(),
                host: account.api_host.clone(),
                production: account.is_production(),
            },
        };
        Ok(Step::End { outcome: Outcome::Decided { decision: Decision::Completed }, evidence: Some(evidence) })
    }

    /// Adds a claim, if it is new and there is room. One that the provider's own webhook makes finds room.
    fn claim(&mut self, signature: ClaimedSignature, authentic: bool) -> bool {
        if self.claims.iter().any(|claim| same_tag(claim.signature.as_str(), signature.as_str())) {
            return false;
        }
        if self.claims.len() >= MAX_CLAIMS {
            if !authentic {
                return false;
            }
            self.claims.remove(0);
        }
        self.claims.push(Claim { signature, misses: 0 });
        true
    }

    /// No claim is the signature of a verified result.
    fn missed(&mut self) {
        for claim in &mut self.claims {
            claim.misses = claim.misses.saturating_add(1);
        }
        self.claims.retain(|claim| claim.misses < MAX_MISSES);
    }

    /// The newest word counts.
    fn end(&mut self, how: NonPass, authentic: bool) {
        if authentic || !self.ended.as_ref().is_some_and(|ended| ended.authentic) {
            self.ended = Some(Ended { how, authentic });
        }
    }
}

impl NonPass {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Skipped { .. } => Outcome::Abandoned { stage: self.stage() },
            Self::Errored { error } => Outcome::Failed { fault: error.fault(LAUNCH) },
        }
    }

    fn stage(&self) -> Option<String> {
        let (Self::Skipped { stage } | Self::Errored { error: LaunchError { stage, .. } }) = self;
        stage.as_ref().map(|stage| stage.as_str().to_string())
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

/// `Content-Type` is documented as required for the GET too (A2).
fn headers(account: &Account) -> Vec<Header> {
    let token = account.auth_token.expose_str().expect("the parsed account has an ASCII token");
    [
        Header::new("Authorization", format!("Basic {token}")),
        Header::new("Content-Type", "application/json"),
        Header::new("Accept", "application/json"),
    ]
    .into()
}

/// The form of the result that its signature covers, and those bytes: as sent, or else as ECMAScript writes them (A-Q1).
fn verified(account: &Account, result: &[u8], signature: &str) -> Result<(SignedForm, Vec<u8>), Mismatch> {
    let verify = |bytes: &[u8]| account.scheme.verify(&account.client_secrets, bytes, signature);
    let wrong = match verify(result) {
        Ok(()) => return Ok((SignedForm::AsSent, result.to_vec())),
        Err(Mismatch::Wrong) if account.ecmascript_form => Mismatch::Wrong,
        Err(other) => return Err(other),
    };
    let printed = ecmascript(result).map_err(|_| wrong)?;
    verify(&printed)?;
    Ok((SignedForm::Ecmascript, printed))
}

/// The names of the stages in order, or `None` if it is not an object.
fn stages(result: &[u8]) -> Option<Vec<String>> {
    struct Names;

    impl<'de> serde::de::Visitor<'de> for Names {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Vec<String>, A::Error> {
            let mut names = Vec::new();
            while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
                names.push(name);
            }
            Ok(names)
        }
    }

    serde_json::Deserializer::from_slice(result).deserialize_map(Names).ok()
}
