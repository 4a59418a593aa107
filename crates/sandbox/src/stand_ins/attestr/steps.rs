//! What the user does inside a stage, whether a form or the socket says so.

use std::collections::HashMap;

use super::script::StageError;
use super::settings::Stage;
use super::state;
use crate::html::Texts;
use crate::world::World;

/// Why the user stays in the stage: what there is to read.
pub(crate) type Problem = String;

/// What the camera's absence is reported as (A-F10).
pub(crate) fn deny_camera(world: &mut World, id: &str, stage: &Stage) {
    let error = StageError { code: 4121, http_status_code: 412, ..StageError::default() };
    state::fail(world, id, &error, Some(stage.id.clone()));
}

/// Hands in what a stage asks for. The session may have ended with an error afterwards.
pub(crate) fn submit(
    world: &mut World,
    id: &str,
    stage: &Stage,
    form: &HashMap<String, String>,
) -> Result<(), Problem> {
    let input = input(world, id, stage, form)?;
    if state::current(world, id).is_some() {
        state::pass(world, id, &input);
    }
    Ok(())
}

/// Sends a code to the number or address of the form.
pub(crate) fn send_code(
    world: &mut World,
    id: &str,
    stage: &Stage,
    form: &HashMap<String, String>,
) -> Result<(), Problem> {
    if !stage.kind.has_code() {
        return Err(texts(world, id).say("not_this_step").into());
    }
    checked(world, id, stage, form)?;
    let target = stage.kind.fields().first().and_then(|field| form.get(field.name)).cloned();
    let Some(target) = target.filter(|_| state::current(world, id).is_some()) else { return Ok(()) };
    let code = world.ids.digits(6);
    if let Some(run) = state::running(world, id) {
        run.code = Some((target, code));
    }
    Ok(())
}

/// Another code for where the last one went.
pub(crate) fn send_again(world: &mut World, id: &str) -> Result<(), Problem> {
    let texts = texts(world, id);
    let sent = state::running(world, id).and_then(|run| run.code.take());
    let Some((target, _)) = sent else { return Err(texts.say("ask_code_first").into()) };
    let code = world.ids.digits(6);
    if let Some(run) = state::running(world, id) {
        run.code = Some((target, code));
    }
    Ok(())
}

/// A mistake that can be mended, until the attempts run out: then the session has ended, and there is nothing to read.
pub(crate) fn stumble(world: &mut World, id: &str, why: String) -> Result<(), Problem> {
    if state::stumble(world, id) { Ok(()) } else { Err(why) }
}

/// In the language of the launch.
pub(crate) fn texts(world: &World, id: &str) -> Texts {
    let run = world.states.attestr.handshakes.get(id).and_then(|handshake| handshake.run.as_ref());
    run.map_or_else(Texts::english, |run| Texts::of(&run.language))
}

type Input = Vec<(&'static str, String)>;

fn input(world: &mut World, id: &str, stage: &Stage, form: &HashMap<String, String>) -> Result<Input, Problem> {
    let fields = stage.kind.fields();
    if stage.kind.has_code() {
        let sent = state::running(world, id).and_then(|run| run.code.clone());
        let texts = texts(world, id);
        let Some((target, code)) = sent else { return Err(texts.say("ask_code_first").into()) };
        if form.get("otp").map(String::as_str) != Some(&*code) {
            stumble(world, id, texts.say("code_wrong").into())?;
        }
        return Ok(fields.first().map(|field| (field.name, target)).into_iter().collect());
    }
    if fields.is_empty() {
        let mut medium = || format!("MX1{}", world.ids.word(18));
        return Ok(vec![("src", medium()), ("targetFront", medium())]);
    }
    checked(world, id, stage, form)?;
    let value = |name: &str| form.get(name).cloned().unwrap_or_default();
    Ok(fields.iter().map(|field| (field.name, value(field.name))).collect())
}

fn checked(world: &mut World, id: &str, stage: &Stage, form: &HashMap<String, String>) -> Result<(), Problem> {
    let Some(field) = stage.kind.malformed(form) else { return Ok(()) };
    let texts = texts(world, id);
    let label = texts.say(&format!("field_{field}"));
    stumble(world, id, texts.with("malformed", &[("label", label)]))
}
