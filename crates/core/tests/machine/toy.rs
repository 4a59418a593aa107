//! A provider that exists nowhere: the machine's test bed, and the worked example of `CONTRIBUTING.md`, "Adding a provider".
//! A real provider's crate has the same parts in the same order, each in a file of its own.

use std::sync::Arc;

use idvkit_core::{
    BaseUrl, Basis, Catalog, Condition, Decision, Evidence, Fault, Flaw, FlawKind, Header, Hint, HintKind, HttpRequest,
    Input, Journey, Json, Method, Operation as _, Outcome, PollPlan, Provider, Reject, RejectCode, Response, Secret,
    Seed, Signal, Source, Trigger, UnixMillis, Way, fingerprint,
    machine::{self, Flow, Heard, Machine, Need, Own, Schedule, Step, UserStage},
    operations, settings,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

// operations.rs: what its API is asked to do. Each carries what it is about, so that no request lacks it.

operations! {
    /// What the toy's API is asked to do.
    pub(crate) enum Operation {
        /// Makes a verification.
        Create = "toy.create",
        /// Looks for its result.
        Look(String) = "toy.look",
        /// Deletes it.
        Delete(String) = "toy.delete",
    }
}

// account.rs: one account as it is configured, and parsed.

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) api_key: String,
    pub(crate) callback_tokens: Vec<String>,
}

pub(crate) struct Account {
    pub(crate) schedule: Schedule,
    api_key: Secret,
    callback_tokens: Vec<Secret>,
    api_base: BaseUrl,
    fingerprint: String,
}

impl machine::Account for Account {
    const PROVIDER: &'static str = "toy";

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// Inferred: no document says how often a toy may be asked.
fn schedule() -> Schedule {
    Schedule {
        lookout: PollPlan::seconds(&[], 60, 2),
        verdict: PollPlan::seconds(&[5, 20], 100, 2),
        user_timeout_ms: 600_000,
        result_timeout_ms: 300_000,
        grace_ms: 30_000,
        max_failures: 5,
    }
}

// request.rs: one verification as it is asked for. The flow stores it, so it is parsed and plain.

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// Personal data: sent once, and forgotten by an erasure.
    pub(crate) name: String,
    pub(crate) return_url: String,
}

// flow.rs: the state, and how it moves.

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ToyFlow {
    request: Request,
    state: State,
    /// Newest first.
    references: Vec<String>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum State {
    Creating,
    /// The link is a bearer value.
    Live {
        link: String,
        done: bool,
        skipped: bool,
    },
}

/// A session that was begun anew so often gets no further attempt.
const MAX_ATTEMPTS: usize = 3;

impl Flow for ToyFlow {
    type Account = Account;
    type Operation = Operation;
    const DELETES: bool = true;
    const TRACE_HEADER: Option<&'static str> = Some("x-toy-trace");

    fn need(&self, _: &Account) -> Need<Operation> {
        match (&self.state, self.references.first().cloned()) {
            (State::Live { done: true, .. }, Some(reference)) => Need::Verdict(Operation::Look(reference)),
            (State::Live { .. }, Some(reference)) => Need::User(Operation::Look(reference)),
            _ => Need::Answer(Operation::Create),
        }
    }

    fn request(&self, account: &Account, op: &Operation, id: String, _: &Own<'_>) -> HttpRequest {
        let Request { name, return_url } = &self.request;
        let (method, path, body) = match op {
            Operation::Create => (Method::Post, String::new(), Some(json!({ "name": name, "return_url": return_url }))),
            Operation::Look(reference) => (Method::Get, format!("/{reference}"), None),
            Operation::Delete(reference) => (Method::Delete, format!("/{reference}"), None),
        };
        let key = account.api_key.expose_str().expect("a credential is ASCII");
        HttpRequest {
            id,
            operation: op.name().into(),
            method,
            url: format!("{}/verifications{path}", account.api_base),
            headers: vec![Header::new("Authorization", format!("Bearer {key}"))],
            body: body.map(|body| body.to_string().into_bytes()),
            timeout_ms: 30_000,
            idempotent: *op != Operation::Create,
            cache: None,
        }
    }

    fn answer(&mut self, account: &Account, op: &Operation, answer: &Response<'_>, _: &Own<'_>) -> Result<Step, Fault> {
        // What is gone is deleted as well.
        let gone = matches!(op, Operation::Delete(_)) && answer.status == 404;
        if !answer.is_success() && !gone {
            return Err(Fault::status(op.name(), answer.status));
        }
        let unreadable = |flaw| Fault::unreadable(op.name(), answer.status, flaw);
        match op {
            Operation::Create => self.created(answer.body).map_err(unreadable),
            Operation::Look(reference) => {
                let json = Json::read(answer.body).map_err(unreadable)?;
                if json.root().text("id").map_err(unreadable)? != reference {
                    return Err(Fault::foreign(op.name(), json.root().flaw(FlawKind::OtherReference, "id")));
                }
                let step = verdict(account, json.root().text("status").map_err(unreadable)?, answer);
                // A claim that the provider does not bear out counts no more: the page is shown again.
                if matches!(step, Step::NotYet { user: UserStage::Away }) {
                    self.set_done(false);
                }
                Ok(step)
            }
            Operation::Delete(_) => Ok(Step::Deleted),
        }
    }

    fn journey(&self, account: &Account, own: &Own<'_>) -> Journey {
        let signal = |word: &str, means| Signal {
            on: Trigger::Navigation { url: self.request.return_url.clone() },
            when: vec![Condition { path: "status".into(), is: vec![word.into()] }],
            means,
            carry: vec![],
        };
        let finish = vec![
            signal("done", HintKind::Success),
            signal("error", HintKind::Error),
            signal("skipped", HintKind::Skipped),
        ];
        let ways = match &self.state {
            State::Live { link, .. } => vec![Way::Redirect { url: link.clone(), shareable: true, finish }],
            State::Creating => vec![],
        };
        let expires = Some(own.opened.plus(account.schedule.user_timeout_ms));
        Journey { id: own.journey_id(), provider: Toy::ID.into(), expires, ways, refused: vec![] }
    }

    fn hint(&mut self, _: &Account, hint: &Hint) -> Heard {
        match hint.kind {
            HintKind::Success => {
                self.set_done(true);
                Heard::DONE
            }
            HintKind::Skipped => {
                self.set_skipped();
                Heard::SETTLE
            }
            HintKind::Error => Heard::LOOK,
            _ => Heard::NOTHING,
        }
    }

    fn redirect(&mut self, _: &Account, url: &str) -> Result<Heard, Reject> {
        let reference = url.split_once("id=").map_or("", |(_, id)| id);
        if !self.references.iter().any(|known| known == reference) {
            let fix = "find the session by `reference_of` and tell that one";
            return Err(Reject::at(RejectCode::RedirectOfOtherSession, "url", fix));
        }
        self.set_done(true);
        Ok(Heard::DONE)
    }

    fn callback(
        &mut self,
        account: &Account,
        _: &str,
        headers: &[Header],
        body: &[u8],
        _: &Own<'_>,
    ) -> Result<Heard, Reject> {
        if !self.references.contains(&sender_checked(account, headers, body)?) {
            return Err(Reject::at(RejectCode::CallbackOfOtherSession, "body", "tell the session that it belongs to"));
        }
        let says = |word: &str| body.windows(word.len()).any(|part| part == word.as_bytes());
        // Some only tell that something happened, and some of a channel that anybody could use.
        if says("noted") {
            return Ok(Heard::NOTHING);
        }
        self.set_done(true);
        Ok(Heard { authentic: !says("rumour"), ..Heard::RESULT })
    }

    fn schedule(&self, account: &Account) -> Schedule {
        account.schedule.clone()
    }

    fn at_deadline(&self) -> Outcome {
        match &self.state {
            State::Live { skipped: true, .. } => Outcome::Abandoned { stage: self.stage() },
            _ => Outcome::Expired,
        }
    }

    fn retry(&mut self, outcome: &Outcome) -> bool {
        let allowed = !matches!(outcome, Outcome::Decided { .. }) && self.references.len() < MAX_ATTEMPTS;
        if allowed {
            self.state = State::Creating;
        }
        allowed
    }

    fn supersede(&mut self) -> bool {
        matches!(self.state, State::Live { done: false, .. }) && self.retry(&Outcome::Expired)
    }

    fn stage(&self) -> Option<String> {
        matches!(self.state, State::Live { .. }).then(|| "page".into())
    }

    fn references(&self) -> Vec<String> {
        self.references.clone()
    }

    fn erase(&self, index: u32) -> Option<Operation> {
        self.references.get(usize::try_from(index).ok()?).cloned().map(Operation::Delete)
    }

    fn wipe(&mut self) {
        self.request.name.clear();
        self.request.return_url.clear();
        if let State::Live { link, .. } = &mut self.state {
            link.clear();
        }
    }

    fn check(&self) -> Result<(), Reject> {
        let live_has_a_name = matches!(self.state, State::Creating) || !self.references.is_empty();
        if live_has_a_name && self.references.len() <= MAX_ATTEMPTS {
            return Ok(());
        }
        Err(machine::malformed("a toy's references in it cannot be"))
    }
}

impl ToyFlow {
    fn created(&mut self, body: &[u8]) -> Result<Step, Flaw> {
        let json = Json::read(body)?;
        let (id, link) = (json.root().text("id")?, json.root().text("link")?);
        if !settings::is_link(link, false) {
            return Err(json.root().flaw(FlawKind::MemberValue, "link"));
        }
        self.references.insert(0, id.into());
        self.state = State::Live { link: link.into(), done: false, skipped: false };
        Ok(Step::Go)
    }

    fn set_done(&mut self, is_done: bool) {
        if let State::Live { done, .. } = &mut self.state {
            *done = is_done;
        }
    }

    fn set_skipped(&mut self) {
        if let State::Live { skipped, .. } = &mut self.state {
            *skipped = true;
        }
    }
}

// verdict.rs: what an answer comes to. A word that is unknown is not final, and never a pass.

fn verdict(account: &Account, status: &str, answer: &Response<'_>) -> Step {
    let decision = match status {
        "passed" => Decision::Approved,
        "failed" => Decision::Declined,
        "cancelled" => return Step::End { outcome: Outcome::Abandoned { stage: None }, evidence: None },
        "away" => return Step::NotYet { user: UserStage::Away },
        "done" => return Step::NotYet { user: UserStage::Done },
        // As where an access token had run out: what is wanted is still to be asked for.
        "renewed" => return Step::Prepared,
        _ => return Step::NotYet { user: UserStage::Unknown },
    };
    let evidence = Evidence {
        basis: Basis::Fetched,
        at: answer.at,
        raw: answer.body.to_vec(),
        person: None,
        parts: vec![],
        reasons: vec![],
        sealed: None,
        source: Source {
            provider: Toy::ID.into(),
            operation: "toy.look".into(),
            host: account.api_base.host().into(),
            production: true,
        },
    };
    Step::End { outcome: Outcome::Decided { decision }, evidence: Some(evidence) }
}

// callback.rs: what it sends by itself. Whose it is is asked only once its sender is certain.

fn sender_checked(account: &Account, headers: &[Header], body: &[u8]) -> Result<String, Reject> {
    let token = Header::find(headers, "authorization").unwrap_or_default();
    if !idvkit_signature::any_same(&account.callback_tokens, token.as_bytes()) {
        return Err(Reject::at(RejectCode::WebhookTokenWrong, "headers", "the token is none of `callback_tokens`"));
    }
    let id = |json: &Json| json.root().text("id").map(Into::into);
    Json::read(body).and_then(|json| id(&json)).map_err(|flaw| flaw.reject(RejectCode::CallbackMalformed))
}

// lib.rs: all of it as a provider.

#[derive(Debug)]
pub(crate) struct Toy;

impl Provider for Toy {
    const TITLE: &'static str = "Toy";
    type Config = Config;
    type Request = Request;
    type Account = Account;
    type Operation = Operation;
    type Flow = ToyFlow;

    fn account(config: Config) -> Result<Account, Reject> {
        Ok(Account {
            schedule: schedule(),
            fingerprint: fingerprint(&["toy", &config.api_key]),
            api_key: settings::credential("api_key", &config.api_key)?,
            callback_tokens: settings::secrets("callback_tokens", &config.callback_tokens)?,
            api_base: BaseUrl::parse("api_base", "https://api.toy.example", false)?,
        })
    }

    fn open(account: &Arc<Account>, request: Request, seed: Seed, now: UnixMillis) -> Result<Machine<ToyFlow>, Reject> {
        let flow = ToyFlow { request, state: State::Creating, references: vec![] };
        Machine::open(account.clone(), flow, seed, now)
    }

    fn reference_of(account: &Account, input: &Input, _: UnixMillis) -> Result<Option<String>, Reject> {
        match input {
            Input::Callback { headers, body, .. } => sender_checked(account, headers, body).map(Some),
            Input::Redirect { url } => Ok(url.split_once("id=").map(|(_, id)| id.into())),
            _ => Err(Reject::at(RejectCode::NoReference, "input", "only callbacks and redirects name a verification")),
        }
    }

    fn catalog() -> Catalog {
        let (errors, locales, browsers, sizes) = (vec![], vec![], vec![], vec![]);
        Catalog { provider: Self::ID.into(), errors, locales, browsers, sizes, callback_sources: vec![] }
    }
}
