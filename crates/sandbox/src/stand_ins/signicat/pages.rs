//! The hosted capture and eID pages, as plain forms that need no JavaScript.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::connect;
use super::images::{Image, Kind, Side};
use super::script::SignicatOutcome;
use super::settings::TwoProviderRedirect;
use super::state::{self, Phase, Process};
use crate::html::capture::{self as camera, Subject};
use crate::html::{Framing, Look, PageScript, Texts, alert, button, endings, main_button};
use crate::log::hinted;
use crate::world::{Handle, World};

pub(crate) const PROVIDER: &str = "Signicat";

const OUTCOMES: [&str; 7] = ["accepted", "rejected", "inconclusive", "canceled", "failed", "not_matched", "archived"];

type Fields = HashMap<String, String>;

pub(crate) async fn capture(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    Query(query): Query<Fields>,
) -> Response {
    show_capture(&shared.world(), &id, &query)
}

pub(crate) async fn act_on_capture(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    Query(query): Query<Fields>,
    Form(form): Form<Fields>,
) -> Response {
    let (response, callbacks_first) = {
        let mut world = shared.world();
        let first = capture_step(&mut world, &id, &form);
        (show_capture(&world, &id, &query), first)
    };
    if callbacks_first {
        shared.settle().await;
    }
    response
}

pub(crate) async fn eid(State(shared): State<Handle>, Path(id): Path<String>, Query(query): Query<Fields>) -> Response {
    show_eid(&shared.world(), &id, &query)
}

pub(crate) async fn act_on_eid(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    Query(query): Query<Fields>,
    Form(form): Form<Fields>,
) -> Response {
    let (response, callbacks_first) = {
        let mut world = shared.world();
        let first = eid_step(&mut world, &id, &form);
        (back_from_eid(&world, &id, &query), first)
    };
    if callbacks_first {
        shared.settle().await;
    }
    response
}

/// What the user does on the capture page; `true` when a callback shall go out before the answer.
fn capture_step(world: &mut World, id: &str, form: &Fields) -> bool {
    let Some((process, page)) = current(world, id).map(|it| (it.id.clone(), it.page.clone())) else { return false };
    choose(world, &process, form);
    match form.get("action").map(|action| page.action(action, &["submit"])) {
        Some("submit") => {
            if let Some(process) = world.states.signicat.processes.get_mut(&process) {
                process.images.insert(Side::Front, picture());
            }
            state::start(world, &process);
        }
        // Leaving ends the whole run: whatever has not begun is canceled too (inferred).
        Some("cancel") => {
            let all = world.states.signicat.captures.get(id).map(|run| run.processes.clone()).unwrap_or_default();
            for process in all {
                if is_pending(world, &process) {
                    state::conclude(world, &process, SignicatOutcome::Canceled);
                }
            }
        }
        Some("fail") => state::conclude(world, &process, SignicatOutcome::Failed),
        Some("deny_camera") => {
            if let Some(process) = world.states.signicat.processes.get_mut(&process) {
                process.fail_reason.get_or_insert_with(|| "camera blocked".into());
            }
            state::conclude(world, &process, SignicatOutcome::Failed);
        }
        _ => return false,
    }
    world.states.signicat.processes.get(&process).is_some_and(|process| process.callback_first)
}

fn eid_step(world: &mut World, id: &str, form: &Fields) -> bool {
    let Some(process) = by_eid(world, id).filter(|it| it.phase != Phase::Final).map(|it| it.id.clone()) else {
        return false;
    };
    choose(world, &process, form);
    match form.get("action").map(String::as_str) {
        Some("authenticate") => connect::authenticate(world, &process),
        Some("cancel") => state::conclude(world, &process, SignicatOutcome::Canceled),
        Some("fail") => state::conclude(world, &process, SignicatOutcome::Failed),
        _ => return false,
    }
    world.states.signicat.processes.get(&process).is_some_and(|process| process.callback_first)
}

/// The page of the next provider, or the way back when there is none.
fn show_capture(world: &World, id: &str, query: &Fields) -> Response {
    let Some(run) = world.states.signicat.captures.get(id) else { return gone(query) };
    let Some(process) = current(world, id) else {
        let back = Redirect::to(&back_from_capture(world, id)).into_response();
        return last(world, &run.processes).map_or_else(PageScript::default, |it| it.page.clone()).slow(back);
    };
    let framing = world.config.signicat.frame_ancestors.clone().map_or(Framing::Anywhere, Framing::Only);
    let texts = texts(query, run.language.as_deref());
    let look = Look { script: process.page.clone(), framing, ..Look::new(PROVIDER, texts) };
    let number = run.processes.iter().take_while(|own| **own != process.id).count() + 1;
    let number = [("n", &*number.to_string()), ("all", &*run.processes.len().to_string())];
    let others = html! {
        (outcomes(texts))
        p.row {
            (button("deny_camera", texts.say("deny_camera")))
            (button("fail", texts.say("signicat_fail")))
            (button("cancel", texts.say("cancel")))
        }
    };
    let body = html! {
        p.step { (texts.with("signicat_number", &number)) }
        form method="post" data-provider=(process.order.provider) {
            (camera::step(&look, Subject::Document))
            (main_button("submit", texts.say("signicat_take")))
            (endings(texts, &others))
        }
    };
    look.page(&texts.with("signicat_capture", &[("name", &process.order.provider)]), &body)
}

fn show_eid(world: &World, id: &str, query: &Fields) -> Response {
    let Some(process) = by_eid(world, id) else { return gone(query) };
    if process.phase == Phase::Final {
        return back_from_eid(world, id, query);
    }
    let texts = texts(query, None);
    // Inferred: a page on which people identify themselves is never framed; the guide has it in a tab or a web view.
    let framing = Framing::Only(Vec::new());
    let look = Look { script: process.page.clone(), framing, ..Look::new(PROVIDER, texts) };
    let method = process.order.provider.trim_start_matches("connect:");
    let others = html! {
        (outcomes(texts))
        p.row {
            (button("fail", texts.say("signicat_fail")))
            (button("cancel", texts.say("cancel")))
        }
    };
    let body = html! {
        p { (texts.say("signicat_eid_lead")) }
        form method="post" data-provider=(process.order.provider) {
            p.field { label for="method" { (texts.say("signicat_method")) }
                select id="method" name="method" { option value=(method) { (method) } } }
            (main_button("authenticate", texts.say("signicat_authenticate")))
            (endings(texts, &others))
        }
    };
    look.page(texts.say("signicat_eid"), &body)
}

/// `?lang=` on the page counts first, then the `uiLanguage` of the order; what an eID page goes by is documented nowhere.
fn texts(query: &Fields, ordered: Option<&str>) -> Texts {
    Texts::of(query.get("lang").map(String::as_str).or(ordered).unwrap_or("en"))
}

fn outcomes(texts: Texts) -> Markup {
    html! { p {
        label for="outcome" { (texts.say("signicat_verdict")) }
        select id="outcome" name="outcome" {
            option value="" { (texts.say("as_scripted")) }
            @for outcome in OUTCOMES { option value=(outcome) { (outcome) } }
        }
    } }
}

fn gone(query: &Fields) -> Response {
    let look = Look::new(PROVIDER, texts(query, None));
    let hint = "The link is unknown, or its dossier was deleted; use the URL exactly as it was returned.";
    hinted(look.page(look.texts.say("signicat_gone_title"), &alert(look.texts.say("signicat_gone"))), hint)
}

/// One provider: dossier, process and status. Two: only the dossier, unless set otherwise (S-4).
fn back_from_capture(world: &World, id: &str) -> String {
    let Some(run) = world.states.signicat.captures.get(id) else { return String::new() };
    let last = last(world, &run.processes);
    let alone =
        run.processes.len() == 1 || world.config.signicat.two_provider_redirect == TwoProviderRedirect::LastProcess;
    appended(&run.redirect_url, &run.dossier, last.filter(|_| alone))
}

fn back_from_eid(world: &World, id: &str, query: &Fields) -> Response {
    let Some(process) = by_eid(world, id) else { return gone(query) };
    if process.phase != Phase::Final {
        return hinted(show_eid(world, id, query), "action must be authenticate, cancel or fail.");
    }
    let url = process.order.redirect_url.clone().unwrap_or_default();
    process.page.slow(Redirect::to(&appended(&url, &process.dossier, Some(process))).into_response())
}

fn last<'a>(world: &'a World, processes: &[String]) -> Option<&'a Process> {
    processes.last().and_then(|process| world.states.signicat.processes.get(process))
}

/// The existing query stays as it is, ours is appended before any fragment.
fn appended(url: &str, dossier: &str, process: Option<&Process>) -> String {
    let (url, fragment) = url.split_once('#').map_or((url, String::new()), |(url, rest)| (url, format!("#{rest}")));
    let joint = match url.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let process = process.map(|it| format!("&processId={}&status={}", it.id, it.status())).unwrap_or_default();
    format!("{url}{joint}dossierId={dossier}{process}{fragment}")
}

/// A verdict chosen on the page counts instead of the script.
fn choose(world: &mut World, process: &str, form: &Fields) {
    let chosen = form.get("outcome").and_then(|text| SignicatOutcome::of(text));
    if let (Some(outcome), Some(process)) = (chosen, world.states.signicat.processes.get_mut(process)) {
        process.outcome = outcome;
    }
}

/// The first process of the run that the user has not dealt with.
fn current<'a>(world: &'a World, id: &str) -> Option<&'a Process> {
    let run = world.states.signicat.captures.get(id)?;
    let processes = run.processes.iter().filter_map(|process| world.states.signicat.processes.get(process));
    processes.into_iter().find(|process| process.phase == Phase::Pending)
}

fn is_pending(world: &World, process: &str) -> bool {
    world.states.signicat.processes.get(process).is_some_and(|process| process.phase == Phase::Pending)
}

fn by_eid<'a>(world: &'a World, page: &str) -> Option<&'a Process> {
    world.states.signicat.processes.values().find(|process| process.eid.as_deref() == Some(page))
}

/// What the sandbox's camera sees: the smallest PNG there is.
fn picture() -> Image {
    Image { kind: Kind::Png, bytes: include_bytes!("../../../assets/picture.png").to_vec() }
}
