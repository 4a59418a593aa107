//! Sessions: technologies one after the other, the first failure ends them all (inferred).

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::callbacks;
use super::metadata::{Metadata, Prefill};
use super::people::{is_iin, phone};
use super::script::{self, BiometricKzScript, Scenario};
use super::settings::BiometricKzFlow;
use crate::html::PageScript;
use crate::world::World;

#[derive(Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) flow: BiometricKzFlow,
    pub(crate) metadata: Metadata,
    pub(crate) created: i64,
    pub(crate) opened: bool,
    pub(crate) step: Step,
    /// Finished technologies, in order.
    pub(crate) done: Vec<Done>,
    pub(crate) ended: Option<End>,
    /// The results are there.
    pub(crate) ready: bool,
    pub(crate) scenario: Scenario,
    pub(crate) page: PageScript,
    pub(crate) pending_ms: i64,
}

/// What the user has to do.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    Liveness,
    Photo,
    Document,
    Entry,
    Code(Code),
    Other,
}

impl Step {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Liveness => "liveness",
            Self::Photo => "photo",
            Self::Document => "document",
            Self::Entry => "entry",
            Self::Code(_) => "code",
            Self::Other => "other",
        }
    }
}

/// A code from 1414 on its way, and for whom.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) digits: String,
    sent: i64,
    wrong: u32,
    iin: String,
    pub(crate) phone: String,
}

/// A technology that was passed or not.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) code: String,
    pub(crate) failure: Option<Failure>,
    /// For E-Document: what was left in the fields.
    pub(crate) entered: Option<(String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) at: i64,
    pub(crate) failure: Option<Failure>,
}

/// Why a technology was not passed: `failure_reason` on the wire (B-F8).
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Failure {
    ClosedEyes,
    MaskAttack,
    NoMatch,
    Aborted,
    NoCamera,
    Timeout,
    NotInDatabase,
    ServiceDown,
    InvalidIin,
    WrongCode,
}

impl Failure {
    /// Type and detail. The table for E-Document is not visible; the texts are those of its backend API (B-F8), the types
    /// are inferred.
    pub(crate) fn reason(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::ClosedEyes => ("CALC_RESULT", Some("Closed eyes")),
            Self::MaskAttack => ("CALC_RESULT", Some("Mask Attack")),
            Self::NoMatch => ("CALC_RESULT", Some("Low overall prediction")),
            Self::Aborted => ("CLIENT", Some("Operation aborted by user")),
            Self::NoCamera => ("NO_CAM", None),
            Self::Timeout => ("TIMEOUT", None),
            Self::NotInDatabase => ("REQUEST_ERROR", Some("Subject not found in MCDB")),
            Self::ServiceDown => ("SERVICE_ERROR", Some("Government service error")),
            Self::InvalidIin => ("REQUEST_ERROR", Some("Invalid IIN")),
            Self::WrongCode => ("CLIENT", Some("Invalid code")),
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) order: Vec<String>,
    pub(crate) scripts: VecDeque<BiometricKzScript>,
}

/// What is due for a session.
#[derive(Serialize, Deserialize)]
pub(crate) enum Event {
    Expire(String),
    Ready(String),
}

impl State {
    /// Forgets what was created before this moment.
    pub(crate) fn forget(&mut self, before: i64) {
        self.sessions.retain(|_, session| session.created >= before);
        self.order.retain(|id| self.sessions.contains_key(id));
    }
}

pub(crate) fn create(world: &mut World, flow: usize, metadata: Metadata) -> &Session {
    let id = world.ids.uuid();
    let script = script::next(world);
    let settings = &world.config.biometric_kz;
    let created = world.clock.now();
    let session = Session {
        id: id.clone(),
        flow: settings.flows[flow].clone(),
        metadata,
        created,
        opened: false,
        step: Step::Other,
        done: Vec::new(),
        ended: None,
        ready: false,
        scenario: script.scenario.unwrap_or(settings.scenario),
        page: script.page.unwrap_or_default(),
        pending_ms: script.pending_ms.unwrap_or(settings.pending_ms),
    };
    world.clock.at(created.saturating_add(settings.session_ms), Event::Expire(id.clone()));
    world.states.biometric_kz.order.push(id.clone());
    world.states.biometric_kz.sessions.entry(id).or_insert(session)
}

/// The first opening begins the flow; a later one goes on where the user was (inferred).
pub(crate) fn open(world: &mut World, id: &str) {
    let Some(session) = world.states.biometric_kz.sessions.get_mut(id) else { return };
    if std::mem::replace(&mut session.opened, true) || session.ended.is_some() {
        return;
    }
    callbacks::flow_start(world, id);
    enter(world, id);
}

/// The user goes on in a step that needs only the camera, or nothing.
pub(crate) fn submit(world: &mut World, id: &str) {
    let Some(session) = running(world, id) else { return };
    let failure = match (session.scenario, &session.step) {
        (Scenario::Aborted, _) => Some(Failure::Aborted),
        (Scenario::NoCamera, _) => Some(Failure::NoCamera),
        (Scenario::MaskAttack, Step::Liveness) => Some(Failure::MaskAttack),
        (Scenario::ClosedEyes, Step::Liveness) => Some(Failure::ClosedEyes),
        (Scenario::FaceMismatch, Step::Photo) => Some(Failure::NoMatch),
        _ => None,
    };
    finish(world, id, failure, None);
}

pub(crate) fn fail(world: &mut World, id: &str, failure: Failure) {
    finish(world, id, Some(failure), None);
}

/// The data entry step was filled in; what is returned is the key of a text for the user.
pub(crate) fn enter_data(world: &mut World, id: &str, iin: &str, number: &str) -> Option<&'static str> {
    let check_iin = world.config.biometric_kz.check_iin;
    let session = running(world, id)?;
    // What may not be changed stays as it was given, whatever a form says.
    let fixed = |field: &Prefill| field.value.clone().filter(|_| !field.changeable);
    let mut iin = fixed(&session.metadata.iin).unwrap_or_else(|| iin.to_owned());
    let number = fixed(&session.metadata.phone).unwrap_or_else(|| number.to_owned());
    if session.scenario == Scenario::Aborted {
        fail(world, id, Failure::Aborted);
        return None;
    }
    if session.scenario == Scenario::IinChanged && session.metadata.iin.changeable {
        iin = OTHER_IIN.into();
    }
    if iin.len() != 12 || !iin.bytes().all(|byte| byte.is_ascii_digit()) || (check_iin && !is_iin(&iin)) {
        return Some("kz_no_iin");
    }
    let Some(number) = phone(&number) else {
        return Some("kz_no_phone");
    };
    send_code(world, id, iin, number);
    None
}

/// What a user types who wants to pass as somebody else.
const OTHER_IIN: &str = "000101600018";

/// Another code for the same data.
pub(crate) fn send_again(world: &mut World, id: &str) {
    let Some(Step::Code(code)) = running(world, id).map(|session| session.step.clone()) else { return };
    send_code(world, id, code.iin, code.phone);
}

/// A code was entered; what is returned is the key of a text for the user.
pub(crate) fn enter_code(world: &mut World, id: &str, digits: &str) -> Option<&'static str> {
    let (now, life, attempts) =
        (world.clock.now(), world.config.biometric_kz.code_life_ms, world.config.biometric_kz.code_attempts);
    let session = running(world, id)?;
    let scenario = session.scenario;
    let Step::Code(code) = &mut session.step else { return None };
    if scenario == Scenario::LateCode || now > code.sent.saturating_add(life) {
        // Struck once: the next code comes in time.
        session.scenario = if scenario == Scenario::LateCode { Scenario::Approved } else { scenario };
        return Some("kz_code_late");
    }
    if scenario == Scenario::WrongCode || code.digits != digits {
        code.wrong += 1;
        if code.wrong >= attempts {
            fail(world, id, Failure::WrongCode);
            return None;
        }
        return Some("kz_code_wrong");
    }
    let entered = (code.iin.clone(), code.phone.clone());
    finish(world, id, None, Some(entered));
    None
}

pub(crate) fn on_event(world: &mut World, event: Event) {
    match event {
        Event::Expire(id) => {
            if let Some(session) = world.states.biometric_kz.sessions.get(&id).filter(|session| session.ended.is_none())
            {
                if session.opened {
                    finish(world, &id, Some(Failure::Timeout), None);
                } else {
                    end(world, &id, Some(Failure::Timeout));
                }
            }
        }
        Event::Ready(id) => {
            let Some(session) = world.states.biometric_kz.sessions.get_mut(&id) else { return };
            session.ready = true;
            if !world.config.biometric_kz.early_flow_end {
                callbacks::flow_end(world, &id);
            }
        }
    }
}

fn running<'a>(world: &'a mut World, id: &str) -> Option<&'a mut Session> {
    world.states.biometric_kz.sessions.get_mut(id).filter(|session| session.opened && session.ended.is_none())
}

/// Sends a code to the phone, unless the government's service cannot.
fn send_code(world: &mut World, id: &str, iin: String, number: String) {
    let (digits, sent) = (world.ids.digits(6), world.clock.now());
    let Some(session) = running(world, id) else { return };
    match session.scenario {
        Scenario::NotInDatabase => return fail(world, id, Failure::NotInDatabase),
        Scenario::ServiceDown => return fail(world, id, Failure::ServiceDown),
        _ => {}
    }
    let wrong = if let Step::Code(code) = &session.step { code.wrong } else { 0 };
    session.step = Step::Code(Code { digits, sent, wrong, iin, phone: number });
}

/// Begins the technology that is next, or ends the flow when there is none.
fn enter(world: &mut World, id: &str) {
    let Some(session) = running(world, id) else { return };
    let Some(code) = session.flow.technologies.get(session.done.len()).cloned() else {
        return end(world, id, None);
    };
    session.step = match code.as_str() {
        "ED" => Step::Entry,
        "DR" => Step::Document,
        "F2F" => Step::Photo,
        code if code.starts_with("LD") => Step::Liveness,
        _ => Step::Other,
    };
    callbacks::technology_start(world, id, &code);
    let check_iin = world.config.biometric_kz.check_iin;
    let Some(session) = running(world, id) else { return };
    match session.step {
        Step::Photo if !needs_photo(session) => submit(world, id),
        Step::Entry if session.metadata.skip_input => {
            let field = |value: &Option<String>| value.clone().unwrap_or_default();
            let (iin, number) = (field(&session.metadata.iin.value), field(&session.metadata.phone.value));
            match phone(&number) {
                _ if check_iin && !is_iin(&iin) => fail(world, id, Failure::InvalidIin),
                None => fail(world, id, Failure::NotInDatabase),
                Some(number) => send_code(world, id, iin, number),
            }
        }
        _ => {}
    }
}

/// Two pictures are compared: one from the metadata, from liveness, or from a document. What lacks is taken here.
fn needs_photo(session: &Session) -> bool {
    let takes_picture = |done: &&Done| done.code.starts_with("LD") || done.code == "ED" || done.code == "DR";
    !session.metadata.photo && session.done.iter().filter(takes_picture).count() < 2
}

/// The current technology is over.
fn finish(world: &mut World, id: &str, failure: Option<Failure>, entered: Option<(String, String)>) {
    let Some(session) = running(world, id) else { return };
    let Some(code) = session.flow.technologies.get(session.done.len()).cloned() else { return };
    session.done.push(Done { code, failure, entered });
    callbacks::technology_end(world, id);
    if failure.is_some() {
        end(world, id, failure);
    } else {
        enter(world, id);
    }
}

fn end(world: &mut World, id: &str, failure: Option<Failure>) {
    let now = world.clock.now();
    let Some(session) = world.states.biometric_kz.sessions.get_mut(id) else { return };
    session.ended = Some(End { at: now, failure });
    let when = now.saturating_add(session.pending_ms.max(0));
    world.clock.at(when, Event::Ready(id.to_owned()));
    if world.config.biometric_kz.early_flow_end {
        callbacks::flow_end(world, id);
    }
}
