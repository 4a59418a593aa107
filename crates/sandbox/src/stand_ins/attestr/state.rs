//! Handshakes and the runs of their flow.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::callbacks;
use super::errors::{SessionError, SessionErrorKind, localized};
use super::result::{object, sign, spoilt};
use super::script::{AttestrScript, Position, StageError, Tamper, take_error};
use super::settings::{Flow, Stage};
use crate::world::World;

/// How a run ended.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum End {
    Completed { signature: String },
    Skipped { stage: Option<String> },
    Errored(SessionError),
}

/// A stage that was passed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Passed {
    pub(crate) stage: String,
    pub(crate) entry: String,
    pub(crate) valid: bool,
}

/// One launch of the flow on a device.
#[derive(Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) language: String,
    pub(crate) variables: HashMap<String, String>,
    /// The stages still to be passed. Before `begun` the user sees the introduction.
    pub(crate) stages: VecDeque<Stage>,
    pub(crate) begun: bool,
    /// A stage was passed and the next one has not been asked for.
    pub(crate) seeking: bool,
    pub(crate) attempts_left: u32,
    /// Where a code was sent, and the code.
    pub(crate) code: Option<(String, String)>,
    pub(crate) last_completed: Option<String>,
    pub(crate) end: Option<End>,
    /// The device's connection, if it has one.
    pub(crate) line: Line,
}

/// What is kept of a connection so that another one can take its place.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Line {
    /// The connection's id; each new one has another.
    pub(crate) cid: String,
    /// What the device shows where it asks over HTTP, and what it gets back.
    pub(crate) signature: String,
    pub(crate) digest: String,
    /// The last frame and its answer: whoever comes back sends the frame again, and it must not count twice.
    pub(crate) answered: Option<(String, String)>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Handshake {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) account: usize,
    pub(crate) flow: Flow,
    pub(crate) snapshot: Option<String>,
    pub(crate) tag: String,
    pub(crate) webhook: bool,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) expiry: i64,
    pub(crate) archived: Option<i64>,
    pub(crate) passed: Vec<Passed>,
    pub(crate) run: Option<Run>,
    pub(crate) script: AttestrScript,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) handshakes: HashMap<String, Handshake>,
    pub(crate) order: Vec<String>,
    pub(crate) scripts: VecDeque<AttestrScript>,
}

/// What is due for a handshake.
#[derive(Serialize, Deserialize)]
pub(crate) enum Event {
    Expire { handshake: String },
    Archive { handshake: String },
}

impl State {
    pub(crate) fn insert(&mut self, handshake: Handshake) {
        self.order.push(handshake.id.clone());
        self.handshakes.insert(handshake.id.clone(), handshake);
    }

    /// Forgets what was created before this moment.
    pub(crate) fn forget(&mut self, before: i64) {
        self.handshakes.retain(|_, handshake| handshake.created >= before);
        self.order.retain(|id| self.handshakes.contains_key(id));
    }

    pub(crate) fn archive(&mut self, handshake: &str, now: i64) -> bool {
        let found = self.handshakes.get_mut(handshake);
        found.map(|handshake| handshake.archived = Some(now)).is_some()
    }
}

impl Handshake {
    pub(crate) fn consumed(&self) -> bool {
        self.run.is_some()
    }

    pub(crate) fn end(&self) -> Option<&End> {
        self.run.as_ref().and_then(|run| run.end.as_ref())
    }

    /// The compact text of `result`: the bytes that are signed.
    pub(crate) fn result(&self) -> String {
        object(self.passed.iter().map(|passed| (passed.stage.as_str(), passed.entry.clone())))
    }

    /// What the API says the signature is.
    pub(crate) fn api_signature(&self, secret: &str) -> String {
        let signature = sign(secret, &self.result());
        match self.script.tamper {
            Some(Tamper::Signature | Tamper::ApiSignature) => spoilt(&signature),
            _ => signature,
        }
    }

    fn client_signature(&self, secret: &str) -> String {
        let signature = sign(secret, &self.result());
        match self.script.tamper {
            Some(Tamper::Signature | Tamper::ClientSignature) => spoilt(&signature),
            _ => signature,
        }
    }
}

/// Starts a run. Stages that ran successfully before are skipped; if that is all of them, the run is complete at once.
pub(crate) fn launch(
    world: &mut World,
    id: &str,
    language: String,
    variables: HashMap<String, String>,
) -> Option<String> {
    let run = world.ids.token(24);
    let handshake = world.states.attestr.handshakes.get_mut(id)?;
    let succeeded = |stage: &Stage| handshake.passed.iter().any(|passed| passed.stage == stage.id && passed.valid);
    let stages: VecDeque<Stage> = handshake.flow.stages.iter().filter(|stage| !succeeded(stage)).cloned().collect();
    let last_completed = handshake.flow.stages.iter().rfind(|stage| succeeded(stage)).map(|stage| stage.id.clone());
    let finished = stages.is_empty();
    handshake.run = Some(Run {
        id: run.clone(),
        language,
        variables,
        stages,
        begun: false,
        seeking: false,
        attempts_left: 0,
        code: None,
        last_completed,
        end: None,
        line: Line::default(),
    });
    if finished {
        complete(world, id);
    }
    Some(run)
}

/// The user starts: the first stage is looked for.
pub(crate) fn begin(world: &mut World, id: &str) {
    if let Some(error) = take_error(world, id, Position::First, None) {
        return fail(world, id, &error, None);
    }
    if let Some(run) = running(world, id) {
        run.begun = true;
    }
    enter(world, id);
}

/// A stage was passed with this input; the next one is looked for.
pub(crate) fn pass(world: &mut World, id: &str, input: &[(&'static str, String)]) {
    let Some(stage) = current(world, id) else { return };
    if let Some(error) = take_error(world, id, Position::Halted, Some(&stage)) {
        return fail(world, id, &error, Some(stage.id));
    }
    let Some(handshake) = world.states.attestr.handshakes.get_mut(id) else { return };
    let Some(run) = handshake.run.as_mut() else { return };
    let valid = handshake.script.stage_invalid.take_if(|it| *it == stage.id || it == stage.kind.name()).is_none();
    let entry = stage.kind.entry(input, valid, run.variables.get("name").map(String::as_str));
    run.stages.pop_front();
    run.seeking = true;
    run.last_completed = Some(stage.id.clone());
    match handshake.passed.iter_mut().find(|passed| passed.stage == stage.id) {
        Some(passed) => (passed.entry, passed.valid) = (entry, valid),
        None => handshake.passed.push(Passed { stage: stage.id.clone(), entry, valid }),
    }
    if let Some(error) = take_error(world, id, Position::Next, Some(&stage)) {
        fail(world, id, &error, Some(stage.id));
    }
}

/// The next stage, if there is one; over the socket the end comes only when the device asks for it.
pub(crate) fn seek(world: &mut World, id: &str) {
    if running(world, id).is_some_and(|run| run.seeking && !run.stages.is_empty()) {
        enter(world, id);
    }
}

/// Goes on after a stage: to the next one or to the end.
pub(crate) fn proceed(world: &mut World, id: &str) {
    match running(world, id).map(|run| run.stages.is_empty()) {
        Some(true) => complete(world, id),
        Some(false) => enter(world, id),
        None => {}
    }
}

/// Where somebody is who leaves now: the stage, the last completed one while the next is looked for, or nowhere (A-F7).
pub(crate) fn position(world: &World, id: &str) -> Option<String> {
    let run = world.states.attestr.handshakes.get(id)?.run.as_ref()?;
    if run.begun && run.seeking { run.last_completed.clone() } else { current(world, id).map(|stage| stage.id) }
}

/// The user leaves. `stage` is what the documents say about where (A-F7).
pub(crate) fn skip(world: &mut World, id: &str, stage: Option<String>) {
    end(world, id, End::Skipped { stage });
}

/// A mistake that can be mended in the page, until the attempts run out. `true`: they have.
pub(crate) fn stumble(world: &mut World, id: &str) -> bool {
    let stage = current(world, id).map(|stage| stage.id);
    let Some(run) = running(world, id) else { return true };
    if run.attempts_left > 0 {
        run.attempts_left -= 1;
        return false;
    }
    let error = StageError { code: 4001, http_status_code: 400, ..StageError::default() };
    fail(world, id, &error, stage);
    true
}

/// Ends the session with an error.
pub(crate) fn fail(world: &mut World, id: &str, error: &StageError, stage: Option<String>) {
    let Some(run) = running(world, id) else { return };
    let message = localized(error.http_status_code, &run.language).to_owned();
    let kind = SessionErrorKind { code: error.code, http_status_code: error.http_status_code };
    end(world, id, End::Errored(SessionError { kind, message, stage, original: error.original.clone() }));
}

pub(crate) fn on_event(world: &mut World, event: Event) {
    match event {
        Event::Expire { handshake } => {
            let stage = current(world, &handshake).map(|stage| stage.id);
            let kind = world.config.attestr.session_error;
            let error =
                StageError { code: kind.code, http_status_code: kind.http_status_code, ..StageError::default() };
            fail(world, &handshake, &error, stage);
        }
        Event::Archive { handshake } => {
            let now = world.clock.now();
            world.states.attestr.archive(&handshake, now);
        }
    }
}

/// The stage that the user sees; none before the start and after the end.
pub(crate) fn current(world: &World, id: &str) -> Option<Stage> {
    let run = world.states.attestr.handshakes.get(id)?.run.as_ref()?;
    (run.begun && run.end.is_none()).then(|| run.stages.front().cloned()).flatten()
}

pub(crate) fn running<'a>(world: &'a mut World, id: &str) -> Option<&'a mut Run> {
    world.states.attestr.handshakes.get_mut(id)?.run.as_mut().filter(|run| run.end.is_none())
}

fn enter(world: &mut World, id: &str) {
    let default = world.config.attestr.retry_attempts;
    if let Some(run) = running(world, id) {
        run.attempts_left = run.stages.front().and_then(|stage| stage.retry_attempts).unwrap_or(default);
        run.code = None;
        run.seeking = false;
    }
}

fn complete(world: &mut World, id: &str) {
    let Some(handshake) = world.states.attestr.handshakes.get(id) else { return };
    let Some(account) = world.config.attestr.accounts.get(handshake.account) else { return };
    let signature = handshake.client_signature(&account.client_secret);
    end(world, id, End::Completed { signature });
}

/// The only way to end a run, and it happens once.
fn end(world: &mut World, id: &str, end: End) {
    let now = world.clock.now();
    let Some(run) = running(world, id) else { return };
    run.end = Some(end);
    if let Some(handshake) = world.states.attestr.handshakes.get_mut(id) {
        handshake.updated = now;
    }
    if let Some(after) = world.config.attestr.archive_after_ms {
        let event = Event::Archive { handshake: id.to_owned() };
        world.clock.at(now.saturating_add(after), event);
    }
    callbacks::send(world, id);
}
