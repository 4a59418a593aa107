//! Dossiers and processes: `pending`, `processing`, and one final status.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::settings::{Check, SignicatSettings, UserInfoForm, Zone};
use super::token::Token;
use crate::deliveries::{Outgoing, Payload};
use crate::html::PageScript;
use crate::saved::{self, Word};
use crate::world::{Event as WorldEvent, World};

/// How a verification ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignicatOutcome {
    /// Positive: there is a `finalResult`.
    Accepted,
    /// Negative.
    Rejected,
    /// The provider cannot decide.
    Inconclusive,
    /// The user gave up.
    Canceled,
    /// A technical failure.
    Failed,
    /// Known from one client only (S-9).
    NotMatched,
    /// A status that no document names: `archived` (S-V13).
    Unknown,
}

impl SignicatOutcome {
    /// As on the wire.
    pub fn status(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Inconclusive => "inconclusive",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
            Self::NotMatched => "not_matched",
            Self::Unknown => "archived",
        }
    }

    /// From the wire.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let all = [
            Self::Accepted,
            Self::Rejected,
            Self::Inconclusive,
            Self::Canceled,
            Self::Failed,
            Self::NotMatched,
            Self::Unknown,
        ];
        all.into_iter().find(|outcome| outcome.status() == text)
    }
}

/// A script for the next process, the next one of a provider, or one that exists.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignicatScript {
    /// Changes a process that exists; otherwise the next process to be created uses the script up.
    pub process: Option<String>,
    /// Waits for a process of this provider, such as `readid`.
    pub for_provider: Option<String>,
    /// The end of the verification.
    pub outcome: Option<SignicatOutcome>,
    /// Virtual milliseconds from the start of the verification to its end.
    pub verdict_delay_ms: Option<i64>,
    /// The callback arrives before the call or page that started the verification is answered; needs no delay.
    pub callback_first: bool,
    /// Put into `failReason`.
    pub fail_reason: Option<String>,
    /// For eID methods: how the user's data are handed over.
    pub userinfo: Option<UserInfoForm>,
    /// For `ReadID`, unless `outcome` is given: the verification of the chip.
    pub chip_verification: Option<Check>,
    /// For `ReadID`, unless `outcome` is given: the detection of clones.
    pub clone_detection: Option<Check>,
    /// For Signicat Paper, unless `outcome` is given: the machine-readable zone.
    pub machine_readable_zone: Option<Zone>,
    /// How the user's browser behaves on the hosted page.
    pub page: Option<PageScript>,
}

impl SignicatScript {
    /// What the providers' own rules make of their checks (S-F5).
    fn ruled(&self) -> Option<SignicatOutcome> {
        if self.chip_verification == Some(Check::Failed) {
            return Some(SignicatOutcome::Rejected);
        }
        if self.clone_detection == Some(Check::Failed) || self.machine_readable_zone == Some(Zone::Missing) {
            return Some(SignicatOutcome::Inconclusive);
        }
        let checked = self.chip_verification.is_some() || self.machine_readable_zone.is_some();
        checked.then_some(SignicatOutcome::Accepted)
    }
}

/// A process as the control API shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProcessView {
    /// The dossier it is in.
    pub dossier_id: String,
    /// Its id.
    pub process_id: String,
    /// The provider.
    pub provider: String,
    /// The status as on the wire.
    pub status: String,
}

/// A picture: what it is by its first bytes, not by what somebody declared.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Image {
    #[serde(deserialize_with = "saved::word")]
    pub(crate) content_type: Word,
    #[serde(with = "saved::base64")]
    pub(crate) bytes: Vec<u8>,
}

pub(crate) type Images = BTreeMap<Word, Image>;

#[derive(Serialize, Deserialize)]
pub(crate) struct Dossier {
    pub(crate) id: String,
    pub(crate) client: usize,
    pub(crate) external_reference: Option<String>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) user_data: Option<Value>,
    #[serde(deserialize_with = "saved::by_word")]
    pub(crate) files: Images,
    pub(crate) processes: Vec<String>,
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
    #[serde(deserialize_with = "saved::by_word")]
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
    verdict_delay_ms: i64,
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
    pub(crate) configurations: BTreeMap<String, Value>,
    /// When Get process was called, for the rate limit.
    pub(crate) polls: VecDeque<i64>,
    pub(crate) order: Vec<String>,
    scripts: Vec<SignicatScript>,
}

/// The verdict on a process is due.
#[derive(Serialize, Deserialize)]
pub(crate) struct Event(String);

impl State {
    pub(crate) fn script(&mut self, script: SignicatScript) -> bool {
        let Some(id) = &script.process else {
            self.scripts.push(script);
            return true;
        };
        let Some(process) = self.processes.get_mut(id) else { return false };
        process.outcome = script.outcome.or(script.ruled()).unwrap_or(process.outcome);
        process.verdict_delay_ms = script.verdict_delay_ms.unwrap_or(process.verdict_delay_ms);
        process.callback_first |= script.callback_first;
        process.userinfo = script.userinfo.unwrap_or(process.userinfo);
        process.fail_reason = script.fail_reason.or(process.fail_reason.take());
        process.page = script.page.unwrap_or(process.page.clone());
        true
    }

    pub(crate) fn views(&self) -> Vec<ProcessView> {
        let dossiers = self.order.iter().filter_map(|id| self.dossiers.get(id));
        let processes = dossiers.flat_map(|dossier| &dossier.processes).filter_map(|id| self.processes.get(id));
        let view = |process: &Process| ProcessView {
            dossier_id: process.dossier.clone(),
            process_id: process.id.clone(),
            provider: process.order.provider.clone(),
            status: process.status().to_owned(),
        };
        processes.map(view).collect()
    }

    /// The provider's SDK in the user's app has taken its pictures.
    pub(crate) fn sdk_done(&mut self, process: &str) -> bool {
        let waiting = self.processes.get_mut(process).filter(|process| process.phase == Phase::Pending);
        waiting.map(|process| process.sdk_done = true).is_some()
    }

    fn scripted(&mut self, provider: &str) -> SignicatScript {
        let fits = |script: &SignicatScript| script.for_provider.as_deref().is_none_or(|own| own == provider);
        let found = self.scripts.iter().position(fits);
        found.map(|index| self.scripts.remove(index)).unwrap_or_default()
    }
}

pub(crate) fn create(world: &mut World, dossier: &str, client: usize, order: ProcessOrder) -> String {
    let (id, authorization, now) = (world.ids.uuid(), world.ids.token(43), world.clock.now());
    let script = world.signicat.scripted(&order.provider);
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
    world.signicat.processes.insert(id.clone(), process);
    if let Some(dossier) = world.signicat.dossiers.get_mut(dossier) {
        dossier.processes.push(id.clone());
        dossier.updated = now;
    }
    id
}

/// The verification begins; its end is due later, or has happened when a script wants the callback first.
pub(crate) fn start(world: &mut World, id: &str) {
    let now = world.clock.now();
    let Some(process) = world.signicat.processes.get_mut(id).filter(|process| process.phase == Phase::Pending) else {
        return;
    };
    process.phase = Phase::Processing;
    process.updated = now;
    if process.callback_first {
        let outcome = process.outcome;
        return conclude(world, id, outcome);
    }
    let when = now.saturating_add(process.verdict_delay_ms.max(0));
    world.clock.at(when, WorldEvent::Signicat(Event(id.to_owned())));
}

/// The only way into a final status, and there is none out of it.
pub(crate) fn conclude(world: &mut World, id: &str, outcome: SignicatOutcome) {
    let now = world.clock.now();
    let Some(process) = world.signicat.processes.get_mut(id).filter(|process| process.phase != Phase::Final) else {
        return;
    };
    process.phase = Phase::Final;
    process.outcome = outcome;
    process.updated = now;
    let Some(url) = process.order.notification_url.clone() else { return };
    let body = json!({ "dossierId": process.dossier, "processId": id, "status": outcome.status() });
    let outgoing = Outgoing {
        provider: "signicat",
        event: outcome.status().to_owned(),
        reference: id.to_owned(),
        url,
        authorization: process.order.authorization_header.clone(),
        payload: Payload::Json(body.to_string()),
        policy: world.config.signicat.callbacks.clone(),
    };
    world.deliver(outgoing);
}

pub(crate) fn on_event(world: &mut World, Event(id): Event) {
    if let Some(outcome) = world.signicat.processes.get(&id).map(|process| process.outcome) {
        conclude(world, &id, outcome);
    }
}

/// Forgets a process for good; callbacks that are still on their way are dropped (S-D13).
pub(crate) fn forget(world: &mut World, id: &str) {
    if let Some(process) = world.signicat.processes.remove(id)
        && let Some(dossier) = world.signicat.dossiers.get_mut(&process.dossier)
    {
        dossier.processes.retain(|other| other != id);
    }
    world.deliveries.forget("signicat", id);
}
