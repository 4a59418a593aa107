//! Dossiers and processes: `pending`, `processing`, and one final status.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Signicat;
use super::callbacks;
use super::images::Images;
use super::script::{self, SignicatOutcome, SignicatScript};
use super::settings::{SignicatSettings, UserInfoForm};
use super::token::Token;
use crate::html::PageScript;
use crate::time::iso;
use crate::world::World;

#[derive(Serialize, Deserialize)]
pub(crate) struct Dossier {
    pub(crate) id: String,
    pub(crate) client: usize,
    pub(crate) external_reference: Option<String>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) user_data: Option<Kept>,
    pub(crate) files: Images,
    pub(crate) processes: Vec<String>,
}

/// What somebody put here, and when.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) members: Map<String, Value>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

impl Kept {
    /// In place of what was there, if something was.
    pub(crate) fn put(members: Map<String, Value>, earlier: Option<&Self>, now: i64) -> Self {
        Self { members, created: earlier.map_or(now, |earlier| earlier.created), updated: now }
    }

    /// With when it was made and changed beside other members.
    pub(crate) fn dated(&self, mut value: Value) -> Value {
        value["createdAt"] = json!(iso(self.created, 0));
        value["updatedAt"] = json!(iso(self.updated, 0));
        value
    }
}

/// A validated request for a process.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct ProcessOrder {
    pub(crate) provider: String,
    pub(crate) process_type: Option<String>,
    pub(crate) redact: Vec<String>,
    pub(crate) notification_url: Option<String>,
    pub(crate) authorization_header: Option<String>,
    /// Where an eID method sends the user back to.
    pub(crate) redirect_url: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Process {
    pub(crate) id: String,
    pub(crate) dossier: String,
    pub(crate) client: usize,
    pub(crate) order: ProcessOrder,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) images: Images,
    /// The token for the provider's own SDK.
    pub(crate) authorization: String,
    /// The SDK has taken pictures that nobody here has seen.
    pub(crate) sdk_done: bool,
    /// The capture page that owns it.
    pub(crate) capture: Option<String>,
    /// The eID page that it waits for.
    pub(crate) eid: Option<String>,
    pub(crate) phase: Phase,
    pub(crate) outcome: SignicatOutcome,
    pub(crate) callback_first: bool,
    pub(crate) fail_reason: Option<String>,
    pub(crate) userinfo: UserInfoForm,
    /// The signed or encrypted user data, made once.
    pub(crate) jwt: Option<String>,
    pub(crate) page: PageScript,
    pub(crate) verdict_delay_ms: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    Pending,
    Processing,
    Final,
}

impl Process {
    pub(crate) fn status(&self) -> &'static str {
        match self.phase {
            Phase::Pending => "pending",
            Phase::Processing => "processing",
            Phase::Final => self.outcome.status(),
        }
    }
}

/// A run of the hosted capture page.
#[derive(Serialize, Deserialize)]
pub(crate) struct Capture {
    pub(crate) dossier: String,
    pub(crate) processes: Vec<String>,
    pub(crate) redirect_url: String,
    /// `uiLanguage` as it was ordered.
    pub(crate) language: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) tokens: HashMap<String, Token>,
    pub(crate) dossiers: HashMap<String, Dossier>,
    pub(crate) processes: HashMap<String, Process>,
    pub(crate) captures: HashMap<String, Capture>,
    pub(crate) configurations: BTreeMap<String, Kept>,
    /// When Get process was called, for the rate limit.
    pub(crate) polls: VecDeque<i64>,
    pub(crate) order: Vec<String>,
    pub(crate) scripts: Vec<SignicatScript>,
}

/// The verdict on a process is due.
#[derive(Serialize, Deserialize)]
pub(crate) struct Event(String);

impl State {
    /// Forgets dossiers that were created before this moment, with all that is in them, and tokens that had run out by
    /// then.
    pub(crate) fn forget(&mut self, before: i64) {
        self.dossiers.retain(|_, dossier| dossier.created >= before);
        let kept = |dossier: &String| self.dossiers.contains_key(dossier);
        self.processes.retain(|_, process| kept(&process.dossier));
        self.captures.retain(|_, capture| kept(&capture.dossier));
        self.order.retain(kept);
        self.tokens.retain(|_, token| token.expires >= before);
    }

    /// The provider's SDK in the user's app has taken its pictures.
    pub(crate) fn sdk_done(&mut self, process: &str) -> bool {
        let waiting = self.processes.get_mut(process).filter(|process| process.phase == Phase::Pending);
        waiting.map(|process| process.sdk_done = true).is_some()
    }
}

pub(crate) fn create(world: &mut World, dossier: &str, client: usize, order: ProcessOrder) -> String {
    let (id, authorization, now) = (world.ids.uuid(), world.ids.token(43), world.clock.now());
    let script = script::next(world, &order.provider);
    let settings: &SignicatSettings = &world.config.signicat;
    let process = Process {
        id: id.clone(),
        dossier: dossier.to_owned(),
        client,
        created: now,
        updated: now,
        images: Images::new(),
        authorization,
        sdk_done: false,
        capture: None,
        eid: None,
        phase: Phase::Pending,
        outcome: script.outcome.or(script.ruled()).unwrap_or(settings.outcome),
        callback_first: script.callback_first,
        userinfo: script.userinfo.unwrap_or(settings.userinfo),
        fail_reason: script.fail_reason,
        jwt: None,
        page: script.page.unwrap_or_default(),
        verdict_delay_ms: script.verdict_delay_ms.unwrap_or(settings.verdict_delay_ms),
        order,
    };
    world.states.signicat.processes.insert(id.clone(), process);
    if let Some(dossier) = world.states.signicat.dossiers.get_mut(dossier) {
        dossier.processes.push(id.clone());
        dossier.updated = now;
    }
    id
}

/// The verification begins; its end is due later, or has happened when a script wants the callback first.
pub(crate) fn start(world: &mut World, id: &str) {
    let now = world.clock.now();
    let Some(process) = world.states.signicat.processes.get_mut(id).filter(|process| process.phase == Phase::Pending)
    else {
        return;
    };
    process.phase = Phase::Processing;
    process.updated = now;
    if process.callback_first {
        let outcome = process.outcome;
        return conclude(world, id, outcome);
    }
    let when = now.saturating_add(process.verdict_delay_ms.max(0));
    world.clock.at(when, Event(id.to_owned()));
}

/// The only way into a final status, and there is none out of it.
pub(crate) fn conclude(world: &mut World, id: &str, outcome: SignicatOutcome) {
    let now = world.clock.now();
    let Some(process) = world.states.signicat.processes.get_mut(id).filter(|process| process.phase != Phase::Final)
    else {
        return;
    };
    process.phase = Phase::Final;
    process.outcome = outcome;
    process.updated = now;
    callbacks::send(world, id);
}

pub(crate) fn on_event(world: &mut World, Event(id): Event) {
    if let Some(outcome) = world.states.signicat.processes.get(&id).map(|process| process.outcome) {
        conclude(world, &id, outcome);
    }
}

/// Forgets a process for good; callbacks that are still on their way are dropped (S-D13).
pub(crate) fn forget(world: &mut World, id: &str) {
    if let Some(process) = world.states.signicat.processes.remove(id)
        && let Some(dossier) = world.states.signicat.dossiers.get_mut(&process.dossier)
    {
        dossier.processes.retain(|other| other != id);
    }
    world.deliveries.forget(&Signicat, id);
}
