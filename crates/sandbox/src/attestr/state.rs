//! Handshakes and the runs of their flow.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::errors::{Original, SessionError, SessionErrorKind, localized};
use super::result::{object, sign, spoilt};
use super::settings::{Flow, Stage};
use super::webhook;
use crate::html::PageScript;
use crate::world::{Event as WorldEvent, World};

/// A script for the next handshake, or for one that exists. Everything in it but `page` happens once.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttestrScript {
    /// Changes this handshake; without it the next one created uses the script up.
    pub handshake: Option<String>,
    /// An error that ends the session.
    pub stage_error: Option<StageError>,
    /// This stage (id or type) passes with `"valid":false` in its output, so that a retry runs it again.
    pub stage_invalid: Option<String>,
    /// Something is wrong with the signature.
    pub tamper: Option<Tamper>,
    /// How the user's browser behaves on the hosted page.
    pub page: Option<PageScript>,
    /// The socket breaks off after the answer to this action, such as `PAN_SUBMIT`, was worked out and before it is sent.
    pub drop_socket_at: Option<String>,
}

/// An error that ends the session.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageError {
    /// A stage's id or type; none: whichever comes next.
    #[serde(default)]
    pub at: Option<String>,
    /// Which of the three meanings `stage` has then.
    #[serde(default)]
    pub position: Position,
    /// The `code`, by default 5001.
    #[serde(default = "unknown_code")]
    pub code: i64,
    /// The `httpStatusCode`, by default 500.
    #[serde(default = "unknown_status")]
    pub http_status_code: u16,
    /// The root cause.
    #[serde(default)]
    pub original: Option<Original>,
}

impl Default for StageError {
    fn default() -> Self {
        Self {
            at: None,
            position: Position::Halted,
            code: unknown_code(),
            http_status_code: unknown_status(),
            original: None,
        }
    }
}

fn unknown_code() -> i64 {
    5001
}

fn unknown_status() -> u16 {
    500
}

/// Where an error strikes (A-F7).
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// While the stage runs: `stage` is that stage.
    #[default]
    Halted,
    /// While the next stage is looked for: `stage` is the last completed one.
    Next,
    /// While the first stage is looked for: `stage` is null.
    First,
}

/// What is wrong with the signature.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tamper {
    /// Handler and API agree on a signature that does not fit the result.
    Signature,
    /// The API's differs from the handler's, which is right.
    ApiSignature,
    /// The handler's differs from the API's, which is right.
    ClientSignature,
    /// The result was changed after it was signed.
    Result,
}

/// A handshake as the control API shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HandshakeView {
    /// `DS0…`.
    pub id: String,
    /// The flow it runs.
    pub flow: String,
    /// The caller's reference.
    pub tag: String,
    /// `created`, `running`, `completed`, `skipped` or `errored`.
    pub status: &'static str,
    /// Whether it has been launched.
    pub consumed: bool,
    /// When it was archived, Unix milliseconds.
    pub archived: Option<i64>,
    /// Stages in the result so far.
    pub stages: Vec<String>,
}

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
    order: Vec<String>,
    scripts: VecDeque<AttestrScript>,
}

/// What is due for a handshake.
#[derive(Serialize, Deserialize)]
pub(crate) enum Event {
    Expire { handshake: String },
    Archive { handshake: String },
}

impl State {
    pub(crate) fn script(&mut self, script: AttestrScript) -> bool {
        let Some(id) = &script.handshake else {
            self.scripts.push_back(script);
            return true;
        };
        let Some(handshake) = self.handshakes.get_mut(id) else { return false };
        let own = &mut handshake.script;
        own.stage_error = script.stage_error.or(own.stage_error.take());
        own.stage_invalid = script.stage_invalid.or(own.stage_invalid.take());
        own.tamper = script.tamper.or(own.tamper);
        own.page = script.page.or(own.page.take());
        own.drop_socket_at = script.drop_socket_at.or(own.drop_socket_at.take());
        true
    }

    pub(crate) fn next_script(&mut self) -> AttestrScript {
        self.scripts.pop_front().unwrap_or_default()
    }

    pub(crate) fn insert(&mut self, handshake: Handshake) {
        self.order.push(handshake.id.clone());
        self.handshakes.insert(handshake.id.clone(), handshake);
    }

    pub(crate) fn views(&self) -> Vec<HandshakeView> {
        self.order.iter().filter_map(|id| self.handshakes.get(id)).map(Handshake::view).collect()
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

    fn view(&self) -> HandshakeView {
        let status = match (self.end(), &self.run) {
            (Some(End::Completed { .. }), _) => "completed",
            (Some(End::Skipped { .. }), _) => "skipped",
            (Some(End::Errored(_)), _) => "errored",
            (None, Some(_)) => "running",
            (None, None) => "created",
        };
        HandshakeView {
            id: self.id.clone(),
            flow: self.flow.id.clone(),
            tag: self.tag.clone(),
            status,
            consumed: self.consumed(),
            archived: self.archived,
            stages: self.passed.iter().map(|passed| passed.stage.clone()).collect(),
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
    let handshake = world.attestr.handshakes.get_mut(id)?;
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
    let Some(handshake) = world.attestr.handshakes.get_mut(id) else { return };
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
    let run = world.attestr.handshakes.get(id)?.run.as_ref()?;
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
            world.attestr.archive(&handshake, now);
        }
    }
}

/// The stage that the user sees; none before the start and after the end.
pub(crate) fn current(world: &World, id: &str) -> Option<Stage> {
    let run = world.attestr.handshakes.get(id)?.run.as_ref()?;
    (run.begun && run.end.is_none()).then(|| run.stages.front().cloned()).flatten()
}

pub(crate) fn running<'a>(world: &'a mut World, id: &str) -> Option<&'a mut Run> {
    world.attestr.handshakes.get_mut(id)?.run.as_mut().filter(|run| run.end.is_none())
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
    let Some(handshake) = world.attestr.handshakes.get(id) else { return };
    let Some(account) = world.config.attestr.accounts.get(handshake.account) else { return };
    let signature = handshake.client_signature(&account.client_secret);
    end(world, id, End::Completed { signature });
}

/// The only way to end a run, and it happens once.
fn end(world: &mut World, id: &str, end: End) {
    let now = world.clock.now();
    let Some(run) = running(world, id) else { return };
    run.end = Some(end);
    if let Some(handshake) = world.attestr.handshakes.get_mut(id) {
        handshake.updated = now;
    }
    if let Some(after) = world.config.attestr.archive_after_ms {
        let event = Event::Archive { handshake: id.to_owned() };
        world.clock.at(now.saturating_add(after), WorldEvent::Attestr(event));
    }
    webhook::send(world, id);
}

fn take_error(world: &mut World, id: &str, position: Position, stage: Option<&Stage>) -> Option<StageError> {
    let script = &mut world.attestr.handshakes.get_mut(id)?.script;
    let here = |at: &str| stage.is_some_and(|stage| stage.id == at || stage.kind.name() == at);
    let strikes = |error: &mut StageError| error.position == position && error.at.as_deref().is_none_or(here);
    script.stage_error.take_if(strikes)
}
