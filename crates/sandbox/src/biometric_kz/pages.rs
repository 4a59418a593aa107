//! The hosted flow, as plain forms: what the real page does with a camera, the user does here with buttons.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, PreEscaped, html};

use super::metadata::Prefill;
use super::people::Person;
use super::result::describe;
use super::state::{self, Failure, Scenario, Session, Step};
use crate::html::{Look, data_script, page};
use crate::log::hinted;
use crate::world::{Handle, World};

const PROVIDER: &str = "biometric.kz";

pub(crate) async fn open(
    State(shared): State<Handle>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let mut world = shared.world();
    if let Some(unusable) = unusable(&world, &id) {
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
    if let Some(unusable) = unusable(&world, &id) {
        return unusable;
    }
    state::open(&mut world, &id);
    let alert = step(&mut world, &id, &form);
    render(&world, &id, &query, alert)
}

/// The end of the web-view way. It carries nothing: no session, no verdict (S2).
pub(crate) async fn finished() -> Response {
    page(&Look::plain(PROVIDER), "Finished", &html! { p { "The flow is over. Ask your server for the result." } })
}

/// What the user does; a returned text is shown as an alert.
fn step(world: &mut World, id: &str, form: &HashMap<String, String>) -> Option<&'static str> {
    let field = |name: &str| form.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let session = world.biometric_kz.sessions.get_mut(id).filter(|session| session.ended.is_none())?;
    match form.get("face").map(String::as_str) {
        Some("mismatch") => session.scenario = Scenario::FaceMismatch,
        Some("match") if session.scenario == Scenario::FaceMismatch => session.scenario = Scenario::Approved,
        _ => {}
    }
    let step = session.step.clone();
    match (field("action").as_str(), &step) {
        ("leave", _) => state::fail(world, id, Failure::ABORTED),
        ("submit", Step::Code(_)) => return state::enter_code(world, id, &field("otp")),
        ("send_code", Step::Code(_)) => state::send_again(world, id),
        ("send_code", Step::Entry) => return state::enter_data(world, id, &field("iin"), &field("phone")),
        ("not_in_database", Step::Entry) => state::fail(world, id, Failure::NOT_IN_DATABASE),
        ("service_down", Step::Entry) => state::fail(world, id, Failure::SERVICE_DOWN),
        ("submit", Step::Entry) => return Some("Ask for a code first."),
        ("submit", _) => state::submit(world, id),
        ("closed_eyes", Step::Liveness) => state::fail(world, id, Failure::CLOSED_EYES),
        ("mask_attack", Step::Liveness) => state::fail(world, id, Failure::MASK_ATTACK),
        ("deny_camera", Step::Liveness | Step::Photo | Step::Document) => state::fail(world, id, Failure::NO_CAMERA),
        _ => return Some("This button does not belong to this step."),
    }
    None
}

/// Why a session cannot be shown any more; one that has ended is not among the reasons in the request that ended it.
fn unusable(world: &World, id: &str) -> Option<Response> {
    let (text, hint) = match world.biometric_kz.sessions.get(id) {
        None => ("This session does not exist.", "There is no such session; use session_id as create returned it."),
        Some(session) if session.ended.is_some() => {
            let expired = world.clock.now() >= session.created.saturating_add(world.config.biometric_kz.session_ms);
            let text = if expired { "This session has expired." } else { "This session has been used." };
            (text, "A session works once and for a limited time; create another.")
        }
        Some(_) => return None,
    };
    let body = html! { div role="alert" { p { (text) } } };
    Some(hinted(page(&Look::plain(PROVIDER), "Session not usable", &body), hint))
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

fn render(world: &World, id: &str, query: &HashMap<String, String>, alert: Option<&str>) -> Response {
    let Some(session) = world.biometric_kz.sessions.get(id) else { return over(query, world) };
    if session.ended.is_some() {
        return over(query, world);
    }
    let code = session.flow.technologies.get(session.done.len()).map(String::as_str).unwrap_or_default();
    let locale = query.get("locale").map_or("ru", String::as_str);
    let body = html! {
        @if let Some(alert) = alert { div role="alert" { p { (alert) } } }
        p { "Step " (session.done.len() + 1) " of " (session.flow.technologies.len()) ", locale " (locale) "." }
        form method="post" data-technology=(code) data-step=(session.step.name()) {
            (fields(session, &world.config.biometric_kz.person))
            p { button name="action" value="leave" formnovalidate { "Leave" } }
        }
    };
    page(&Look::plain(PROVIDER), describe(code).0, &body)
}

fn fields(session: &Session, person: &Person) -> Markup {
    match &session.step {
        Step::Liveness => html! {
            p { "The real page would now ask for the camera." }
            (comparison())
            p {
                button name="action" value="submit" { "Look into the camera" }
                button name="action" value="closed_eyes" { "Close the eyes" }
                button name="action" value="mask_attack" { "Hold up a mask" }
                button name="action" value="deny_camera" { "Deny the camera" }
            }
        },
        Step::Photo => camera("Take a reference photo"),
        Step::Document => camera("Photograph the document"),
        Step::Entry => html! {
            (field("iin", "IIN, 12 digits", &session.metadata.iin, &person.iin))
            (field("phone", "Phone, 77 and 9 digits", &session.metadata.phone, &person.phone))
            p {
                button name="action" value="send_code" { "Send a code from 1414" }
                button name="action" value="not_in_database" formnovalidate { "Be missing in the citizens' database" }
                button name="action" value="service_down" formnovalidate { "Find the government's service down" }
            }
        },
        Step::Code(code) => html! {
            p { "1414 has sent a code. Sandbox help: it is " output data-otp=(code.digits) { (code.digits) } "." }
            p { label for="otp" { "Code" } input id="otp" name="otp" inputmode="numeric" autocomplete="one-time-code"; }
            p {
                button name="action" value="submit" { "Continue" }
                button name="action" value="send_code" formnovalidate { "Send another code" }
            }
        },
        Step::Other => html! { p { button name="action" value="submit" { "Pass this technology" } } },
    }
}

fn camera(label: &str) -> Markup {
    html! {
        (comparison())
        p {
            button name="action" value="submit" { (label) }
            button name="action" value="deny_camera" { "Deny the camera" }
        }
    }
}

fn comparison() -> Markup {
    html! { p {
        label for="face" { "When faces are compared" }
        select id="face" name="face" {
            option value="" { "as scripted" }
            option value="match" { "the same person" }
            option value="mismatch" { "another person" }
        }
    } }
}

fn field(name: &str, label: &str, prefill: &Prefill, example: &str) -> Markup {
    html! { p {
        label for=(name) { (label) }
        @let value = prefill.value.as_deref().unwrap_or_default();
        @let fixed = prefill.value.is_some() && !prefill.changeable;
        input id=(name) name=(name) value=(value) readonly[fixed] placeholder=(example) inputmode="numeric" required;
    } }
}

/// The end: a redirect for web views, a page otherwise; the page also tells the widget around it.
fn over(query: &HashMap<String, String>, world: &World) -> Response {
    let widget = is_true(query, "widget");
    if !widget && (is_true(query, "web_view") || !world.config.biometric_kz.finished_needs_web_view) {
        return Redirect::to(&format!("{}/biometric_kz/remote/finished", world.base_url)).into_response();
    }
    let body = html! {
        p { "The flow is over. Whether it was passed only the result says." }
        @if widget {
            (data_script("data-finish", "finish", "{}"))
            (PreEscaped(TELL_FRAME))
        }
    };
    page(&Look::plain(PROVIDER), "Finished", &body)
}

/// How the stand-in widget hears of the end.
const TELL_FRAME: &str = "<script>if(window.parent!==window)\
window.parent.postMessage({sandbox:'biometric_kz',detail:{}},'*')</script>";
