//! The socket between a device and the flow: the subset of A-Q12, (A-F9). One JSON frame per message.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};

use super::pages::{language, launchable, variables};
use super::result::text;
use super::script::StageError;
use super::settings::{SocketSettings, Stage};
use super::state::{self, End, Run};
use super::{errors, steps};
use crate::world::{Handle, Shared, World};

/// The notification was taken: the handler may run.
const NOTIFIED: u16 = 1000;
/// Nothing was said for too long; the next frame needs a new connection.
const IDLE: u16 = 1001;
/// Not a frame of this protocol; every other code than the two above is an internal error to the library.
const REFUSED: u16 = 1008;

/// The largest frame; no submission of the subset comes near it.
const LONGEST: usize = 64 * 1024;

pub(crate) async fn connect(State(shared): State<Handle>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(LONGEST).on_upgrade(move |socket| converse(Arc::downgrade(&shared), socket))
}

/// What follows a frame.
enum Answer {
    Frame(String),
    Close(u16, &'static str),
    /// The connection breaks off, as a script wanted.
    Drop,
    Nothing,
}

/// A conversation outlives no sandbox: between frames it only looks whether there still is one.
async fn converse(sandbox: Weak<Shared>, mut socket: WebSocket) {
    let Some(settings) = sandbox.upgrade().map(|shared| shared.world().config.attestr.socket) else { return };
    let mut device = Device::default();
    let mut ping = interval(Duration::from_millis(settings.ping_ms.max(1)));
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut until = idle(settings);
    loop {
        let message = tokio::select! {
            message = socket.recv() => message,
            () = sleep_until(until) => return close(socket, IDLE, "nothing was said for too long").await,
            _ = ping.tick() => {
                let gone = sandbox.upgrade().is_none_or(|shared| shared.stopped());
                if gone || socket.send(Message::Ping(Vec::new().into())).await.is_err() { return }
                continue;
            }
        };
        let frame = match message {
            Some(Ok(Message::Text(frame))) => frame,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Binary(_))) => return close(socket, REFUSED, "a frame is JSON text").await,
            _ => return,
        };
        let Some(shared) = sandbox.upgrade() else { return };
        let Some((answer, delay)) = hear(&shared, &mut device, &frame) else { return };
        shared.kick();
        drop(shared);
        sleep(delay).await;
        until = idle(settings);
        match answer {
            Answer::Frame(frame) => {
                if socket.send(Message::Text(frame.into())).await.is_err() {
                    return;
                }
            }
            Answer::Nothing => {}
            Answer::Close(code, why) => return close(socket, code, why).await,
            Answer::Drop => return,
        }
    }
}

/// None, once the sandbox has stopped.
fn hear(shared: &Shared, device: &mut Device, frame: &str) -> Option<(Answer, Duration)> {
    let mut world = shared.world();
    (!shared.stopped()).then(|| device.hear(&mut world, frame))
}

fn idle(settings: SocketSettings) -> Instant {
    Instant::now() + Duration::from_millis(settings.idle_ms)
}

async fn close(mut socket: WebSocket, code: u16, why: &'static str) {
    if socket.send(Message::Close(Some(CloseFrame { code, reason: why.into() }))).await.is_ok() {
        // The other side answers a close; without waiting for that, its kernel may drop ours.
        let _ = timeout(Duration::from_secs(2), async { while let Some(Ok(_)) = socket.recv().await {} }).await;
    }
}

/// One end of the line: who it has said to be.
#[derive(Default)]
struct Device {
    /// Handshake and run, once it has.
    seat: Option<(String, String)>,
    /// It took the place of an earlier connection, so its first frame may be a repetition.
    resumed: bool,
    /// The launch was refused; all that is left is to notify.
    refused: bool,
}

#[derive(Deserialize)]
struct Frame {
    action: String,
    #[serde(default)]
    data: Map<String, Value>,
}

impl Frame {
    fn text(&self, name: &str) -> &str {
        self.data.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Device {
    fn hear(&mut self, world: &mut World, text: &str) -> (Answer, Duration) {
        let Ok(frame) = serde_json::from_str::<Frame>(text) else {
            return (Answer::Close(REFUSED, "a frame is an object with action and data"), Duration::ZERO);
        };
        let repeated = std::mem::take(&mut self.resumed).then(|| self.repeated(world, text)).flatten();
        let answer = repeated.map_or_else(|| self.answer(world, &frame), Answer::Frame);
        let Some((id, _)) = &self.seat else { return (answer, Duration::ZERO) };
        let Some(handshake) = world.states.attestr.handshakes.get_mut(id) else { return (answer, Duration::ZERO) };
        if let (Answer::Frame(answer), Some(run)) = (&answer, &mut handshake.run)
            && !["INIT", "RECONNECT"].contains(&frame.action.as_str())
        {
            run.line.answered = Some((text.to_owned(), answer.clone()));
        }
        let delay = handshake.script.page.as_ref().map(crate::html::PageScript::delay).unwrap_or_default();
        let dropped = handshake.script.drop_socket_at.take_if(|action| *action == frame.action).is_some();
        (if dropped { Answer::Drop } else { answer }, delay)
    }

    fn repeated(&self, world: &mut World, text: &str) -> Option<String> {
        let (id, _) = self.seat.as_ref()?;
        let run = world.states.attestr.handshakes.get(id)?.run.as_ref()?;
        run.line.answered.as_ref().filter(|(frame, _)| frame == text).map(|(_, answer)| answer.clone())
    }

    fn answer(&mut self, world: &mut World, frame: &Frame) -> Answer {
        match (frame.action.as_str(), &self.seat) {
            ("NOTIFY", None) if self.refused => Answer::Close(NOTIFIED, ""),
            ("INIT", None) => self.init(world, frame),
            ("RECONNECT", None) => self.reconnect(world, frame),
            (_, None) => Answer::Close(REFUSED, "the first frame is INIT or RECONNECT"),
            (_, Some((id, run))) => match run_of(world, id).filter(|own| own.id == *run) {
                None => refusal(world, "en"),
                Some(_) => at_flow(world, &id.clone(), frame),
            },
        }
    }

    fn init(&mut self, world: &mut World, frame: &Frame) -> Answer {
        let (id, retry) = (frame.text("hs"), frame.data.get("retry") == Some(&Value::Bool(true)));
        let (language, _) = language(world, frame.data.get("lc").and_then(Value::as_str));
        if launchable(world, id, Some(frame.text("cl")), retry).is_err() {
            self.refused = true;
            return refusal(world, &language);
        }
        let named = frame.data.get("qr").and_then(Value::as_object).into_iter().flatten();
        let named = named.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let (variables, _) = variables(world, id, named);
        let Some(run) = state::launch(world, id, language, variables) else { return refusal(world, "en") };
        self.seat = Some((id.to_owned(), run));
        let (cid, digest, signature) = (world.ids.uuid(), world.ids.token(32), world.ids.token(32));
        let as_string = world.config.attestr.handler_data_as_string;
        let Some(handshake) = world.states.attestr.handshakes.get_mut(id) else { return Answer::Nothing };
        if let Some(run) = &mut handshake.run {
            let line = &mut run.line;
            (line.cid, line.digest, line.signature) = (cid.clone(), digest.clone(), signature.clone());
        }
        let page = handshake.script.page.clone().unwrap_or_default();
        // `_sandbox` stands for what no provider would send.
        let own = json!({ "camera": page.camera, "storage": page.storage, "handlerDataAsString": as_string });
        answer(
            "HANDSHAKE_READY",
            None,
            json!({ "cid": cid, "digest": digest, "signature": signature, "_sandbox": own }),
        )
    }

    /// Another connection takes over; the device sends its last frame again.
    fn reconnect(&mut self, world: &mut World, frame: &Frame) -> Answer {
        let (id, cid) = (frame.text("hs"), world.ids.uuid());
        let run = world.states.attestr.handshakes.get_mut(id).and_then(|handshake| handshake.run.as_mut());
        match run.filter(|run| !run.line.cid.is_empty() && run.line.cid == frame.text("cid")) {
            None => Answer::Close(REFUSED, "no connection had this cid"),
            Some(run) => {
                run.line.cid.clone_from(&cid);
                self.seat = Some((id.to_owned(), run.id.clone()));
                self.resumed = true;
                answer("RECONNECT_READY", None, json!({ "cid": cid }))
            }
        }
    }
}

/// The frames of a launched flow.
fn at_flow(world: &mut World, id: &str, frame: &Frame) -> Answer {
    let action = frame.action.as_str();
    match action {
        "NOTIFY" => return notify(world, id, frame),
        "KEEP_ALIVE" => return Answer::Nothing,
        _ => {}
    }
    if let Some(error) = session_error(world, id) {
        return error;
    }
    match action {
        "STAGE_NEXT" => stage_next(world, id),
        "SKIP" => {
            let stage = state::position(world, id);
            state::skip(world, id, stage.clone());
            answer("SKIP_END", None, json!({ "stage": stage }))
        }
        "DESTROY" => destroy(world, id),
        _ => at_stage(world, id, frame),
    }
}

fn stage_next(world: &mut World, id: &str) -> Answer {
    if state::running(world, id).is_some_and(|run| !run.begun) {
        state::begin(world, id);
    } else {
        state::seek(world, id);
    }
    let stage = state::current(world, id).map(|stage| stage.id);
    session_error(world, id).unwrap_or_else(|| answer("STAGE_NEXT_READY", None, json!({ "stage": stage })))
}

/// Ends the flow when all stages are passed, and only then.
fn destroy(world: &mut World, id: &str) -> Answer {
    if state::running(world, id).is_some_and(|run| run.begun && run.stages.is_empty()) {
        state::proceed(world, id);
    }
    match run_of(world, id).and_then(|run| run.end.as_ref()) {
        Some(End::Completed { signature }) => answer("HANDSHAKE_END", None, json!({ "signature": signature })),
        _ => Answer::Close(REFUSED, "there are stages left"),
    }
}

/// The device says how it ended for the user, and is let go.
fn notify(world: &mut World, id: &str, frame: &Frame) -> Answer {
    match frame.text("event") {
        "SKIPPED" => {
            let stage = state::position(world, id);
            state::skip(world, id, stage);
        }
        // An error of the device's own, such as a denied camera; one of ours has ended the run already.
        "ERRORED" => {
            let error = device_error(frame.data.get("payload").unwrap_or(&Value::Null));
            let stage = state::position(world, id);
            state::fail(world, id, &error, stage);
        }
        "COMPLETED" if run_of(world, id).is_some_and(|run| matches!(run.end, Some(End::Completed { .. }))) => {}
        _ => return Answer::Close(REFUSED, "event must be COMPLETED after HANDSHAKE_END, SKIPPED or ERRORED"),
    }
    Answer::Close(NOTIFIED, "")
}

/// Codes come as numbers or as texts.
fn device_error(payload: &Value) -> StageError {
    let number = |name: &str| payload[name].as_i64().or_else(|| payload[name].as_str()?.parse().ok());
    let usual = StageError::default();
    StageError {
        code: number("code").unwrap_or(usual.code),
        http_status_code: number("httpStatusCode").and_then(|it| u16::try_from(it).ok()).unwrap_or(500),
        ..usual
    }
}

fn at_stage(world: &mut World, id: &str, frame: &Frame) -> Answer {
    let Some(stage) = state::current(world, id).filter(|stage| stage.id == frame.text("stage")) else {
        return Answer::Close(REFUSED, "stage must be the one that STAGE_NEXT_READY named");
    };
    let action = frame.action.as_str();
    let Some(form) = form(&stage, action, frame) else {
        return match action {
            "STAGE_INIT" => stage_ready(world, id, &stage),
            _ => Answer::Close(REFUSED, "this action is unknown or belongs to another stage"),
        };
    };
    let generates = action.ends_with("_OTP_GEN") || action.ends_with("_OTP_RESEND");
    let done = if action.ends_with("_OTP_RESEND") {
        steps::send_again(world, id)
    } else if generates {
        steps::send_code(world, id, &stage, &form)
    } else if frame.data.get("_sandbox").is_some_and(|own| own == "mismatch") {
        let why = steps::texts(world, id).say("face_no_match");
        steps::stumble(world, id, why.into())
    } else {
        steps::submit(world, id, &stage, &form)
    };
    match done {
        Err(why) => answer("DATA_ERROR", Some(&stage), json!({ "stage": stage.id, "error": data_error(&stage, &why) })),
        Ok(()) => session_error(world, id).unwrap_or_else(|| {
            if generates {
                code_ready(world, id, &stage, action)
            } else {
                answer("DATA_READY", Some(&stage), json!({ "stage": stage.id }))
            }
        }),
    }
}

/// The fields of a submission, if this action belongs to the stage (A-F10).
fn form(stage: &Stage, action: &str, frame: &Frame) -> Option<HashMap<String, String>> {
    let name = stage.kind.name();
    let endings: &[&str] = if stage.kind.has_code() { &["_GEN", "_RESEND", "_VERIFY"] } else { &["_SUBMIT"] };
    endings.iter().find(|ending| action == format!("{name}{ending}"))?;
    let fields = frame.data.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    Some(fields.collect())
}

fn stage_ready(world: &World, id: &str, stage: &Stage) -> Answer {
    let Some(handshake) = world.states.attestr.handshakes.get(id) else { return Answer::Nothing };
    let Some(run) = &handshake.run else { return Answer::Nothing };
    let first = handshake.flow.stages.first().is_some_and(|first| first.id == stage.id);
    let mut metadata = stage.kind.options();
    metadata["retryAttempts"] = json!(run.attempts_left);
    let data = json!({
        "id": stage.id, "type": stage.kind.name(), "first": first, "state": run.variables, "metadata": metadata,
    });
    answer("STAGE_READY", Some(stage), data)
}

/// The code itself goes along, because there is no phone.
fn code_ready(world: &World, id: &str, stage: &Stage, action: &str) -> Answer {
    let Some((run, (target, code))) = run_of(world, id).and_then(|run| Some((run, run.code.as_ref()?))) else {
        return Answer::Nothing;
    };
    let own = json!({ "code": code, "target": target });
    answer(
        &format!("{action}_READY"),
        Some(stage),
        json!({ "_id": run.id, "valid": true, "status": "sent", "_sandbox": own }),
    )
}

fn data_error(stage: &Stage, why: &str) -> Value {
    json!({ "code": 4001, "httpStatusCode": 400, "message": why, "retry": true, "stage": stage.id })
}

/// The run has ended with an error, or the user has left it elsewhere.
fn session_error(world: &World, id: &str) -> Option<Answer> {
    let error = match run_of(world, id)?.end.as_ref()? {
        End::Errored(error) => error,
        End::Skipped { .. } => return Some(refusal(world, "en")),
        End::Completed { .. } => return None,
    };
    let stages = &world.states.attestr.handshakes.get(id)?.flow.stages;
    let stage = stages.iter().find(|stage| Some(&stage.id) == error.stage.as_ref());
    Some(failed(stage, &error.json()))
}

/// The launch that is not possible, or not any more (A-Q5).
fn refusal(world: &World, language: &str) -> Answer {
    let kind = world.config.attestr.session_error;
    let message = text(errors::localized(kind.http_status_code, language));
    let (code, status) = (kind.code, kind.http_status_code);
    let error =
        format!("{{\"code\":{code},\"httpStatusCode\":{status},\"message\":{message},\"retry\":false,\"stage\":null}}");
    failed(None, &error)
}

fn run_of<'a>(world: &'a World, id: &str) -> Option<&'a Run> {
    world.states.attestr.handshakes.get(id)?.run.as_ref()
}

/// The published client acts on an error only if the frame says of which type of stage it is, or null (A-F9.6).
fn failed(stage: Option<&Stage>, error: &str) -> Answer {
    let kind = stage.map_or_else(|| "null".to_owned(), |stage| text(stage.kind.name()));
    Answer::Frame(format!("{{\"status\":\"SESSION_ERROR\",\"type\":{kind},\"data\":{error}}}"))
}

// By value: every caller has just made it.
#[allow(clippy::needless_pass_by_value)]
fn answer(status: &str, stage: Option<&Stage>, data: Value) -> Answer {
    Answer::Frame(json!({ "status": status, "type": stage.map(|stage| stage.kind.name()), "data": data }).to_string())
}
