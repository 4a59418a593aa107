//! The hosted flow, as plain forms that need no JavaScript.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use super::errors::{SessionError, localized};
use super::forms::{self, View};
use super::result::{object, text};
use super::settings::Stage;
use super::state::{self, End, Run};
use super::steps;
use crate::html::{Look, Texts, alert, data_script};
use crate::log::hinted;
use crate::world::{Handle, World};

pub(crate) const PROVIDER: &str = "Attestr";

pub(crate) async fn launch(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let mut world = shared.world();
    let (language, remark) = language(&world, query.get("lc").map(String::as_str));
    let retry = query.get("retry").is_some_and(|retry| retry == "true");
    if let Err(why) = launchable(&world, &id, query.get("cl").map(String::as_str), retry) {
        return hinted(refused(&world, &language), why);
    }
    let named = query.iter().filter_map(|(key, value)| Some((key.strip_prefix("qr[")?.strip_suffix(']')?, &**value)));
    let (variables, ignored) = variables(&world, &id, named);
    let Some(run) = state::launch(&mut world, &id, language, variables) else {
        return hinted(refused(&world, "en"), "There is no such handshake.");
    };
    let response = Redirect::to(&format!("/attestr/flow/{id}/{run}")).into_response();
    hinted(hinted(response, remark), ignored)
}

pub(crate) async fn show(State(shared): State<Handle>, Path((id, run)): Path<(String, String)>) -> Response {
    render(&shared.world(), &id, &run, None)
}

pub(crate) async fn act(
    State(shared): State<Handle>,
    Path((id, run)): Path<(String, String)>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let mut world = shared.world();
    if find(&world, &id, &run).is_none_or(|run| run.end.is_some()) {
        return render(&world, &id, &run, None);
    }
    match form.get("action").map(String::as_str) {
        Some("begin") => {
            if state::current(&world, &id).is_none() {
                state::begin(&mut world, &id);
            }
            render(&world, &id, &run, None)
        }
        Some("leave") => {
            // Before the first stage is known there is nothing to name.
            let stage = state::current(&world, &id).map(|stage| stage.id);
            state::skip(&mut world, &id, stage);
            render(&world, &id, &run, None)
        }
        Some(action) => {
            let alert = at_stage(&mut world, &id, action, &form);
            render(&world, &id, &run, alert)
        }
        None => hinted(render(&world, &id, &run, None), "The form needs an action; press one of the page's buttons."),
    }
}

/// What the user does inside a stage; a returned text is shown as an alert.
fn at_stage(world: &mut World, id: &str, action: &str, form: &HashMap<String, String>) -> Option<String> {
    let stage = state::current(world, id)?;
    let page = world.states.attestr.handshakes.get(id).and_then(|own| own.script.page.clone()).unwrap_or_default();
    let captures: &[&str] =
        if stage.kind.fields().is_empty() { &["submit", "submit_and_leave", "mismatch"] } else { &[] };
    let texts = steps::texts(world, id);
    let done = match page.action(action, captures) {
        "send_code" => steps::send_code(world, id, &stage, form),
        action @ ("submit" | "submit_and_leave") => {
            steps::submit(world, id, &stage, form).map(|()| go_on(world, id, &stage, action == "submit_and_leave"))
        }
        "mismatch" => steps::stumble(world, id, texts.say("face_no_match").into()),
        "deny_camera" => {
            steps::deny_camera(world, id, &stage);
            Ok(())
        }
        _ => Err(texts.say("not_this_step").into()),
    };
    done.err()
}

fn go_on(world: &mut World, id: &str, stage: &Stage, leave: bool) {
    if leave {
        // While the next stage is looked for, the last completed one is named (A-F7).
        state::skip(world, id, Some(stage.id.clone()));
    } else {
        state::proceed(world, id);
    }
}

/// Which rule a launch breaks.
pub(crate) fn launchable(world: &World, id: &str, key: Option<&str>, retry: bool) -> Result<(), &'static str> {
    let Some(handshake) = world.states.attestr.handshakes.get(id) else {
        return Err("There is no such handshake; hs must be the _id that the server got.");
    };
    let own = world.config.attestr.accounts.get(handshake.account).map(|account| account.client_key.as_str());
    if own != key {
        return Err("cl must be the client key of the account that made the handshake.");
    }
    if world.clock.now() >= handshake.expiry {
        return Err("The handshake has expired; create another.");
    }
    if handshake.consumed() && !retry {
        return Err("The handshake was launched before; launch it again with retry: true.");
    }
    Ok(())
}

pub(crate) fn language(world: &World, wanted: Option<&str>) -> (String, &'static str) {
    match wanted {
        Some(wanted) if world.config.attestr.languages.iter().any(|known| known == wanted) => (wanted.to_owned(), ""),
        None | Some("") => ("en".into(), ""),
        Some(_) => ("en".into(), "The language lc is not in attestr.languages; English is shown."),
    }
}

/// The variables of `qr`: only declared names count.
pub(crate) fn variables<'a>(
    world: &World,
    id: &str,
    named: impl Iterator<Item = (&'a str, &'a str)>,
) -> (HashMap<String, String>, String) {
    let declared = world.states.attestr.handshakes.get(id).map(|handshake| handshake.flow.variables.as_slice());
    let (known, unknown): (Vec<_>, Vec<_>) =
        named.partition(|(name, _)| declared.unwrap_or_default().iter().any(|own| own == name));
    let mut unknown: Vec<&str> = unknown.into_iter().map(|(name, _)| name).collect();
    unknown.sort_unstable();
    let hint = match unknown.len() {
        0 => String::new(),
        _ => format!("The flow does not declare these variables, they were ignored: {}.", unknown.join(", ")),
    };
    (known.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), hint)
}

fn find<'a>(world: &'a World, id: &str, run: &str) -> Option<&'a Run> {
    world.states.attestr.handshakes.get(id)?.run.as_ref().filter(|own| own.id == run)
}

fn render(world: &World, id: &str, run: &str, problem: Option<String>) -> Response {
    let Some(run) = find(world, id, run) else {
        return hinted(refused(world, "en"), "This run does not exist or a later launch has replaced it.");
    };
    let script = world.states.attestr.handshakes.get(id).and_then(|own| own.script.page.clone()).unwrap_or_default();
    let look = Look { script, ..Look::new(PROVIDER, Texts::of(&run.language)) };
    if let Some(end) = &run.end {
        return ended(world, &look, end);
    }
    let Some(stage) = state::current(world, id) else {
        return look.page(look.texts.say("attestr_title"), &forms::introduction(look.texts));
    };
    let prefilled = |name: &str| run.variables.get(name).map_or("", String::as_str);
    let code = run.code.as_ref().map(|(target, code)| (target.as_str(), code.as_str()));
    let view = View { kind: stage.kind, stage: &stage.id, code };
    let body = html! {
        @if let Some(problem) = problem { (alert(&problem)) }
        (forms::stage(&look, &view, prefilled))
    };
    look.page(forms::title(look.texts, stage.kind), &body)
}

fn refused(world: &World, language: &str) -> Response {
    let kind = world.config.attestr.session_error;
    let message = localized(kind.http_status_code, language).to_owned();
    let error = SessionError { kind, message, stage: None, original: None };
    ended(world, &Look::new(PROVIDER, Texts::of(language)), &End::Errored(error))
}

/// The last page: what the handler would get stands in it as data.
fn ended(world: &World, look: &Look<'_>, end: &End) -> Response {
    let texts = look.texts;
    let (handler, title, data) = match end {
        End::Completed { signature } => {
            ("onFlowxSuccess", "attestr_done_title", object([("signature", text(signature))]))
        }
        End::Skipped { stage } => {
            let stage = stage.as_deref().map_or_else(|| "null".to_owned(), text);
            ("onFlowxSkip", "left_title", object([("stage", stage)]))
        }
        End::Errored(error) => ("onFlowxError", "attestr_error_title", error.json()),
    };
    let data = if world.config.attestr.handler_data_as_string { text(&data) } else { data };
    let body = html! {
        @if let End::Errored(error) = end { (alert(&error.message)) } @else { p { (texts.say("close_page")) } }
        (data_script("data-handler", handler, &data))
    };
    look.page(texts.say(title), &body)
}
