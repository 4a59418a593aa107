//! The hosted flow, as plain forms that need no JavaScript.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, PreEscaped, html};

use super::errors::{SessionError, localized};
use super::result::{object, text};
use super::settings::Stage;
use super::state::{self, End, Run, StageError};
use crate::html::{Look, data_script, page};
use crate::log::hinted;
use crate::world::{Handle, World};

const PROVIDER: &str = "Attestr";

pub(crate) async fn launch(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let mut world = shared.world();
    let (language, remark) = language(&world, query.get("lc").map(String::as_str));
    if let Err(why) = launchable(&world, &id, &query) {
        return hinted(refused(&world, &language), why);
    }
    let (variables, ignored) = variables(&world, &id, &query);
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
    match action {
        "send_code" => send_code(world, id, &stage, form),
        "submit" | "submit_and_leave" => submit(world, id, &stage, form, action == "submit_and_leave"),
        "mismatch" => stumble(world, id, "The faces do not match."),
        "deny_camera" => {
            let error = StageError { code: 4121, http_status_code: 412, ..StageError::default() };
            state::fail(world, id, &error, Some(stage.id));
            None
        }
        _ => Some("This button does not belong to this stage.".into()),
    }
}

fn submit(world: &mut World, id: &str, stage: &Stage, form: &HashMap<String, String>, leave: bool) -> Option<String> {
    let mut input: Vec<(&'static str, String)> = Vec::new();
    if stage.kind.has_code() {
        let sent = state::running(world, id).and_then(|run| run.code.clone());
        let Some((target, code)) = sent else { return Some("Ask for a code first.".into()) };
        if form.get("otp").map(String::as_str) != Some(&*code) {
            return stumble(world, id, "The code is wrong. It has 6 digits.");
        }
        input.extend(stage.kind.fields().first().map(|field| (field.name, target)));
    } else if stage.kind.fields().is_empty() {
        let medium = |world: &mut World| format!("MX1{}", world.ids.word(18));
        input = vec![("src", medium(world)), ("targetFront", medium(world))];
    } else {
        if let Some(label) = stage.kind.malformed(form) {
            return stumble(world, id, &format!("{label} does not have the right form."));
        }
        let value = |name: &str| form.get(name).cloned().unwrap_or_default();
        input.extend(stage.kind.fields().iter().map(|field| (field.name, value(field.name))));
    }
    state::pass(world, id, &input);
    if leave {
        // While the next stage is looked for, the last completed one is named (S0).
        state::skip(world, id, Some(stage.id.clone()));
    } else {
        state::proceed(world, id);
    }
    None
}

fn send_code(world: &mut World, id: &str, stage: &Stage, form: &HashMap<String, String>) -> Option<String> {
    if !stage.kind.has_code() {
        return Some("This stage sends no code.".into());
    }
    if let Some(label) = stage.kind.malformed(form) {
        return stumble(world, id, &format!("{label} does not have the right form."));
    }
    let target = stage.kind.fields().first().and_then(|field| form.get(field.name)).cloned()?;
    let code = world.ids.digits(6);
    state::running(world, id)?.code = Some((target, code));
    None
}

fn stumble(world: &mut World, id: &str, why: &str) -> Option<String> {
    (!state::stumble(world, id)).then(|| why.to_owned())
}

/// Which rule a launch breaks.
fn launchable(world: &World, id: &str, query: &HashMap<String, String>) -> Result<(), &'static str> {
    let Some(handshake) = world.attestr.handshakes.get(id) else {
        return Err("There is no such handshake; hs must be the _id that the server got.");
    };
    let key = world.config.attestr.accounts.get(handshake.account).map(|account| account.client_key.as_str());
    if key != query.get("cl").map(String::as_str) {
        return Err("cl must be the client key of the account that made the handshake.");
    }
    if world.clock.now() >= handshake.expiry {
        return Err("The handshake has expired; create another.");
    }
    let retry = query.get("retry").is_some_and(|retry| retry == "true");
    if handshake.consumed() && !retry {
        return Err("The handshake was launched before; launch it again with retry: true.");
    }
    Ok(())
}

fn language(world: &World, wanted: Option<&str>) -> (String, &'static str) {
    match wanted {
        Some(wanted) if world.config.attestr.languages.iter().any(|known| known == wanted) => (wanted.to_owned(), ""),
        None | Some("") => ("en".into(), ""),
        Some(_) => ("en".into(), "The language lc is not in attestr.languages; English is shown."),
    }
}

/// `qr[name]=value`: only declared names count.
fn variables(world: &World, id: &str, query: &HashMap<String, String>) -> (HashMap<String, String>, String) {
    let declared = world.attestr.handshakes.get(id).map(|handshake| handshake.flow.variables.as_slice());
    let named = query.iter().filter_map(|(key, value)| Some((key.strip_prefix("qr[")?.strip_suffix(']')?, value)));
    let (known, unknown): (Vec<_>, Vec<_>) =
        named.partition(|(name, _)| declared.unwrap_or_default().iter().any(|own| own == name));
    let mut unknown: Vec<&str> = unknown.into_iter().map(|(name, _)| name).collect();
    unknown.sort_unstable();
    let hint = match unknown.len() {
        0 => String::new(),
        _ => format!("The flow does not declare these variables, they were ignored: {}.", unknown.join(", ")),
    };
    (known.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect(), hint)
}

fn find<'a>(world: &'a World, id: &str, run: &str) -> Option<&'a Run> {
    world.attestr.handshakes.get(id)?.run.as_ref().filter(|own| own.id == run)
}

fn render(world: &World, id: &str, run: &str, alert: Option<String>) -> Response {
    let Some(run) = find(world, id, run) else {
        return hinted(refused(world, "en"), "This run does not exist or a later launch has replaced it.");
    };
    if let Some(end) = &run.end {
        return ended(world, end);
    }
    let alert = alert.map(|why| html! { div role="alert" { p { (why) } } });
    match state::current(world, id) {
        None => introduction(),
        Some(stage) => at(&stage, run, alert.as_ref()),
    }
}

fn introduction() -> Response {
    let body = html! {
        p { "The real page would introduce the flow and then look for its first stage." }
        form method="post" { p {
            button name="action" value="begin" { "Begin" }
            button name="action" value="leave" { "Leave" }
        } }
    };
    page(&Look::plain(PROVIDER), "Identity check", &body)
}

fn at(stage: &Stage, run: &Run, alert: Option<&Markup>) -> Response {
    let kind = stage.kind;
    let prefilled = |name: &str| run.variables.get(name).map_or("", String::as_str);
    let form = html! {
        @if let Some((target, code)) = &run.code {
            p { "A code was sent to " (target) ". Sandbox: the code is " strong data-otp=(code) { (code) } "." }
            p { label for="otp" { "One-time code" } input id="otp" name="otp" inputmode="numeric" autocomplete="one-time-code"; }
            (submit_buttons("Verify the code"))
        } @else {
            @for field in kind.fields() {
                p {
                    label for=(field.name) { (field.label) " (for example " (field.example) ")" }
                    input id=(field.name) name=(field.name) value=(prefilled(field.name)) autocomplete="off";
                }
            }
            @if kind.has_code() {
                p { button name="action" value="send_code" { "Send a code" } }
            } @else if kind.fields().is_empty() {
                (submit_buttons("Take a picture that matches"))
                p {
                    button name="action" value="mismatch" { "Take a picture that does not match" }
                    button name="action" value="deny_camera" { "Deny the camera" }
                }
            } @else { (submit_buttons("Submit")) }
        }
        p { button name="action" value="leave" formnovalidate { "Leave" } }
    };
    let body = html! {
        @if let Some(alert) = alert { (alert) }
        form method="post" data-stage=(stage.id) data-type=(kind.name()) { (form) }
    };
    page(&Look::plain(PROVIDER), &format!("Stage {}", kind.name()), &body)
}

fn submit_buttons(label: &str) -> Markup {
    html! { p {
        button name="action" value="submit" { (label) }
        button name="action" value="submit_and_leave" { (label) ", then leave while the next stage loads" }
    } }
}

fn refused(world: &World, language: &str) -> Response {
    let kind = world.config.attestr.session_error;
    let message = localized(kind.http_status_code, language).to_owned();
    ended(world, &End::Errored(SessionError { kind, message, stage: None, original: None }))
}

/// The last page: what the handler would get stands in it as data.
fn ended(world: &World, end: &End) -> Response {
    let (handler, title, data) = match end {
        End::Completed { signature } => ("onFlowxSuccess", "Completed", object([("signature", text(signature))])),
        End::Skipped { stage } => {
            let stage = stage.as_deref().map_or_else(|| "null".to_owned(), text);
            ("onFlowxSkip", "Left", object([("stage", stage)]))
        }
        End::Errored(error) => ("onFlowxError", "Ended with an error", error.json()),
    };
    let message = match end {
        End::Errored(error) => error.message.as_str(),
        _ => "You can close this page.",
    };
    let data = if world.config.attestr.handler_data_as_string { text(&data) } else { data };
    let body = html! {
        p { (message) }
        (data_script("data-handler", handler, &data))
        (PreEscaped(TELL_FRAME))
    };
    page(&Look::plain(PROVIDER), title, &body)
}

/// How the stand-in library hears of the end; the provider uses a socket here.
const TELL_FRAME: &str = "<script>(function(){var e=document.querySelector('[data-handler]');\
if(window.parent!==window)window.parent.postMessage({sandbox:'attestr',handler:e.dataset.handler,data:JSON.parse(e.textContent)},'*')})()</script>";
