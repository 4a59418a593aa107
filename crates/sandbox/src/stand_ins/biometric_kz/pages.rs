//! The hosted flow, as plain forms that need no JavaScript.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::metadata::Prefill;
use super::people::Person;
use super::result::describe;
use super::script::Scenario;
use super::state::{self, Failure, Session, Step};
use crate::html::capture::{self, Subject};
use crate::html::{Look, PageScript, Texts, alert, button, code_field, code_hint, data_script, endings, main_button};
use crate::log::{header_text, hinted};
use crate::world::{Handle, World};

pub(crate) const PROVIDER: &str = "biometric.kz";

/// What the flow's page says when its URL names no language (inferred: the guide's samples are Russian).
const LOCALE: &str = "ru";

pub(crate) async fn open(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let mut world = shared.world();
    if let Some(unusable) = unusable(&world, &id, &query) {
        return unusable;
    }
    state::open(&mut world, &id);
    hinted(render(&world, &id, &query, None), remark(&query))
}

pub(crate) async fn act(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let mut world = shared.world();
    if let Some(unusable) = unusable(&world, &id, &query) {
        return unusable;
    }
    state::open(&mut world, &id);
    let alert = step(&mut world, &id, &form);
    render(&world, &id, &query, alert)
}

/// The end of the web-view way. It carries nothing: no session, no verdict (B-F7), and so no language either.
pub(crate) async fn finished(headers: HeaderMap) -> Response {
    let language = header_text(&headers, "accept-language").unwrap_or("en");
    let look = Look::new(PROVIDER, Texts::of(language.split([',', ';']).next().unwrap_or_default()));
    look.page(look.texts.say("kz_over_title"), &html! { p { (look.texts.say("kz_finished")) } })
}

/// What the user does; a returned key is that of an alert.
fn step(world: &mut World, id: &str, form: &HashMap<String, String>) -> Option<&'static str> {
    let field = |name: &str| form.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let session = world.states.biometric_kz.sessions.get_mut(id).filter(|session| session.ended.is_none())?;
    match form.get("face").map(String::as_str) {
        Some("mismatch") => session.scenario = Scenario::FaceMismatch,
        Some("match") if session.scenario == Scenario::FaceMismatch => session.scenario = Scenario::Approved,
        _ => {}
    }
    let step = session.step.clone();
    let action = field("action");
    match (session.page.action(&action, camera_actions(&step)), &step) {
        ("leave", _) => state::fail(world, id, Failure::Aborted),
        ("submit", Step::Code(_)) => return state::enter_code(world, id, &field("otp")),
        ("send_code", Step::Code(_)) => state::send_again(world, id),
        ("send_code", Step::Entry) => return state::enter_data(world, id, &field("iin"), &field("phone")),
        ("not_in_database", Step::Entry) => state::fail(world, id, Failure::NotInDatabase),
        ("service_down", Step::Entry) => state::fail(world, id, Failure::ServiceDown),
        ("submit", Step::Entry) => return Some("ask_code_first"),
        ("submit", _) => state::submit(world, id),
        ("closed_eyes", Step::Liveness) => state::fail(world, id, Failure::ClosedEyes),
        ("mask_attack", Step::Liveness) => state::fail(world, id, Failure::MaskAttack),
        ("deny_camera", Step::Liveness | Step::Photo | Step::Document) => state::fail(world, id, Failure::NoCamera),
        _ => return Some("not_this_step"),
    }
    None
}

/// What takes a picture in a step.
fn camera_actions(step: &Step) -> &'static [&'static str] {
    match step {
        Step::Liveness => &["submit", "closed_eyes", "mask_attack"],
        Step::Photo | Step::Document => &["submit"],
        _ => &[],
    }
}

/// Why a session cannot be shown any more; one that has ended is not among the reasons in the request that ended it.
fn unusable(world: &World, id: &str, query: &HashMap<String, String>) -> Option<Response> {
    let (key, hint) = match world.states.biometric_kz.sessions.get(id) {
        None => ("kz_unknown", "There is no such session; use session_id as create returned it."),
        Some(session) if session.ended.is_some() => {
            let expired = world.clock.now() >= session.created.saturating_add(world.config.biometric_kz.session_ms);
            let key = if expired { "kz_expired" } else { "kz_used" };
            (key, "A session works once and for a limited time; create another.")
        }
        Some(_) => return None,
    };
    let look = Look::new(PROVIDER, texts(query));
    Some(hinted(look.page(look.texts.say("kz_unusable"), &alert(look.texts.say(key))), hint))
}

fn texts(query: &HashMap<String, String>) -> Texts {
    Texts::of(query.get("locale").map_or(LOCALE, String::as_str))
}

fn remark(query: &HashMap<String, String>) -> String {
    let mut remarks = Vec::new();
    if query.get("locale").is_some_and(|locale| !["ru", "en", "kz"].contains(&locale.as_str())) {
        remarks.push("locale must be ru, en or kz.");
    }
    if !is_true(query, "web_view") && !is_true(query, "widget") {
        remarks.push(
            "Without web_view=true the end is a page and no redirect to /finished; the guide's own sample forgets it (B-13).",
        );
    }
    remarks.join(" ")
}

fn is_true(query: &HashMap<String, String>, name: &str) -> bool {
    query.get(name).is_some_and(|value| value == "true")
}

fn render(world: &World, id: &str, query: &HashMap<String, String>, problem: Option<&str>) -> Response {
    let Some(session) = world.states.biometric_kz.sessions.get(id) else {
        return over(query, world, PageScript::default());
    };
    let look = Look { script: session.page.clone(), ..Look::new(PROVIDER, texts(query)) };
    if session.ended.is_some() {
        return over(query, world, look.script);
    }
    let texts = look.texts;
    let code = session.flow.technologies.get(session.done.len()).map(String::as_str).unwrap_or_default();
    let locale = query.get("locale").map_or(LOCALE, String::as_str);
    let (number, all) = (session.done.len() + 1, session.flow.technologies.len());
    let (fields, others) = fields(&look, session, &world.config.biometric_kz.person);
    let others = html! {
        (others)
        p.row { (button("leave", texts.say("leave"))) }
        p { (texts.with("locale", &[("locale", locale)])) }
    };
    let body = html! {
        p.step { (texts.with("step_of", &[("n", &number.to_string()), ("all", &all.to_string())])) " · " (describe(code).0) }
        @if let Some(problem) = problem { (alert(texts.say(problem))) }
        form method="post" data-technology=(code) data-step=(session.step.name()) {
            (fields)
            (endings(texts, &others))
        }
    };
    look.page(texts.say(&format!("kz_step_{}", session.step.name())), &body)
}

/// What the step asks for, and what else a user can do in it.
fn fields(look: &Look<'_>, session: &Session, person: &Person) -> (Markup, Markup) {
    let texts = look.texts;
    match &session.step {
        Step::Liveness => camera(look, Subject::Face, "kz_take_selfie"),
        Step::Photo => camera(look, Subject::Face, "kz_take_photo"),
        Step::Document => camera(look, Subject::Document, "kz_take_document"),
        Step::Entry => (
            html! {
                p { (texts.say("kz_lead_entry")) }
                (field("iin", texts.say("field_iin"), 12, &session.metadata.iin, &person.iin))
                (field("phone", texts.say("field_phone"), 20, &session.metadata.phone, &person.phone))
                (main_button("send_code", texts.say("kz_send_code")))
            },
            html! { p.row {
                (button("not_in_database", texts.say("kz_not_in_database")))
                (button("service_down", texts.say("kz_service_down")))
            } },
        ),
        Step::Code(code) => (
            html! {
                p { (texts.with("kz_lead_code", &[("phone", &code.phone)])) }
                (code_hint(texts, &code.digits))
                (code_field(texts))
                (main_button("submit", texts.say("submit")))
                p { (button("send_code", texts.say("send_again"))) }
            },
            html! {},
        ),
        Step::Other => (main_button("submit", texts.say("kz_pass")), html! {}),
    }
}

fn camera(look: &Look<'_>, subject: Subject, take: &str) -> (Markup, Markup) {
    let (texts, liveness) = (look.texts, take == "kz_take_selfie");
    let step = html! {
        (capture::step(look, subject))
        (main_button("submit", texts.say(take)))
    };
    let others = html! {
        p {
            label for="face" { (texts.say("kz_compare")) }
            select id="face" name="face" {
                option value="" { (texts.say("as_scripted")) }
                option value="match" { (texts.say("kz_same")) }
                option value="mismatch" { (texts.say("kz_another")) }
            }
        }
        p.row {
            @if liveness {
                (button("closed_eyes", texts.say("kz_closed_eyes")))
                (button("mask_attack", texts.say("kz_mask_attack")))
            }
            (button("deny_camera", texts.say("deny_camera")))
        }
    };
    (step, others)
}

fn field(name: &str, label: &str, longest: u8, prefill: &Prefill, example: &str) -> Markup {
    html! { p.field {
        label for=(name) { (label) }
        @let value = prefill.value.as_deref().unwrap_or_default();
        @let fixed = prefill.value.is_some() && !prefill.changeable;
        input id=(name) name=(name) value=(value) readonly[fixed] placeholder=(example) inputmode="numeric"
            maxlength=(longest) autocomplete="off" required;
    } }
}

/// The end: a redirect for web views, a page otherwise; the page also tells the widget around it.
fn over(query: &HashMap<String, String>, world: &World, script: PageScript) -> Response {
    let widget = is_true(query, "widget");
    if !widget && (is_true(query, "web_view") || !world.config.biometric_kz.finished_needs_web_view) {
        let to = world.link("/biometric_kz/remote/finished");
        return script.slow(Redirect::to(&to).into_response());
    }
    let look = Look { script, ..Look::new(PROVIDER, texts(query)) };
    let message = world.config.biometric_kz.frame_message.as_deref();
    let body = html! {
        p { (look.texts.say("kz_over")) }
        @if widget { (data_script("data-finish", "finish", "{}")) } @else {
            p { (look.texts.say("close_page")) }
            @if let Some(message) = message { (data_script("data-post-message", "finish", message)) }
        }
    };
    look.page(look.texts.say("kz_over_title"), &body)
}
