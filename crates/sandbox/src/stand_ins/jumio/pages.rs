//! The hosted client, as plain forms that need no JavaScript.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde_json::json;

use super::colours;
use super::settings::{Images, Verdict};
use super::state::{self, Transaction};
use crate::html::capture::{self, Subject};
use crate::html::{Brand, Look, PageScript, Texts, alert, button, data_script, endings, main_button};
use crate::log::{header_text, hinted};
use crate::time::iso;
use crate::world::{Handle, World};

pub(crate) const PROVIDER: &str = "Jumio";

/// The documented errorCode values.
const ERRORS: [u16; 11] = [9100, 9200, 9210, 9300, 9400, 9800, 9801, 9810, 9820, 9821, 9836];

pub(crate) async fn open(
    State(shared): State<Handle>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut world = shared.world();
    let visit = Visit::new(&query, &headers);
    match usable(&world, &visit.token) {
        Ok(reference) => {
            state::touch(&mut world, &reference);
            client(&world, &reference, &visit, None)
        }
        Err(unusable) => unusable.page(&world, &visit),
    }
}

pub(crate) async fn act(
    State(shared): State<Handle>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let mut world = shared.world();
    let visit = Visit::new(&form, &headers);
    let reference = match usable(&world, &visit.token) {
        Ok(reference) => reference,
        Err(unusable) => return unusable.page(&world, &visit),
    };
    state::touch(&mut world, &reference);
    let action = form.get("action").map(String::as_str).unwrap_or_default();
    match page_script(&world, &reference).action(action, &["acceptable", "unacceptable"]) {
        "acceptable" => {
            state::accept(&mut world, &reference, chosen_verdict(&form));
            end(&world, Some(&reference), &visit, None)
        }
        "unacceptable" => match state::reject(&mut world, &reference) {
            attempts @ 0..3 => client(&world, &reference, &visit, Some(attempts)),
            _ => end(&world, Some(&reference), &visit, Some(9836)),
        },
        "deny_camera" => end(&world, Some(&reference), &visit, Some(9820)),
        "error" => match form.get("code").and_then(|code| code.parse().ok()).filter(|code| ERRORS.contains(code)) {
            Some(code) => end(&world, Some(&reference), &visit, Some(code)),
            None => hinted(
                client(&world, &reference, &visit, None),
                "code must be one of the 11 documented errorCode values.",
            ),
        },
        "leave" => left(&world, &reference, &visit),
        _ => hinted(
            client(&world, &reference, &visit, None),
            "action must be acceptable, unacceptable, deny_camera, error or leave.",
        ),
    }
}

fn page_script(world: &World, reference: &str) -> PageScript {
    world.states.jumio.transactions.get(reference).map(|transaction| transaction.page.clone()).unwrap_or_default()
}

/// How the user's browser came to the page.
struct Visit {
    token: String,
    locale: Option<String>,
    /// In a frame the client also posts messages; in a tab of its own it never does.
    framed: bool,
}

impl Visit {
    fn new(fields: &HashMap<String, String>, headers: &HeaderMap) -> Self {
        let framed = fields.get("framed").is_some_and(|value| value == "true")
            || header_text(headers, "sec-fetch-dest") == Some("iframe");
        Self {
            token: fields.get("authorizationToken").cloned().unwrap_or_default(),
            locale: fields.get("locale").cloned(),
            framed,
        }
    }
}

/// Why a link does not work any more.
struct Unusable {
    reference: Option<String>,
    code: u16,
    hint: &'static str,
}

impl Unusable {
    fn page(&self, world: &World, visit: &Visit) -> Response {
        hinted(end(world, self.reference.as_deref(), visit, Some(self.code)), self.hint)
    }
}

fn usable(world: &World, token: &str) -> Result<String, Unusable> {
    let Some(reference) = world.states.jumio.by_token(token) else {
        let hint = "The authorizationToken is missing or unknown; use the redirectUrl exactly as initiate returned it.";
        return Err(Unusable { reference: None, code: 9200, hint });
    };
    let Some(transaction) = world.states.jumio.transactions.get(reference) else {
        return Err(Unusable { reference: None, code: 9200, hint: "The transaction was deleted." });
    };
    let refuse = |code, hint| Err(Unusable { reference: Some(reference.to_owned()), code, hint });
    let expired = if transaction.opened { 9210 } else { 9200 };
    if transaction.superseded {
        return refuse(expired, "A newer initiate for the same enrollment has superseded this transaction.");
    }
    if transaction.status == state::TransactionStatus::Expired {
        return refuse(expired, "The link or the session has expired.");
    }
    if transaction.failed_attempts >= 3 {
        return refuse(9836, "All three submissions are used up.");
    }
    if transaction.submitted || transaction.status.is_final() {
        return refuse(9200, "The user has finished already; a link works for one journey.");
    }
    Ok(reference.to_owned())
}

/// The page with the camera. `failed` says how many submissions were not acceptable.
fn client(world: &World, reference: &str, visit: &Visit, failed: Option<u8>) -> Response {
    let Some(transaction) = world.states.jumio.transactions.get(reference) else {
        return left(world, reference, visit);
    };
    let locale = visit.locale.as_deref().unwrap_or(&transaction.order.locale);
    let look = look(world, locale, Some(transaction));
    let texts = look.texts;
    let images = colours::images(&world.config.jumio.portal, locale);
    let loaded = message(world, transaction, &json!({ "value": "loaded" }));
    let again = failed.map(|failed| texts.with("jumio_again", &[("n", &(failed + 1).to_string())]));
    let body = html! {
        (image(images.and_then(|images| images.header.as_deref()), texts.say("jumio_header_image")))
        @if let Some(again) = again { (alert(&again)) }
        form method="post" {
            input type="hidden" name="authorizationToken" value=(visit.token);
            input type="hidden" name="locale" value=(locale);
            input type="hidden" name="framed" id="framed" value=(visit.framed);
            (capture::step(&look, Subject::Face))
            (main_button("acceptable", texts.say("jumio_take")))
            (endings(texts, &other_endings(texts, locale)))
        }
        (loaded)
    };
    look.page(texts.say("jumio_title"), &body)
}

fn other_endings(texts: Texts, locale: &str) -> Markup {
    html! {
        p {
            label for="outcome" { (texts.say("jumio_verdict")) }
            select id="outcome" name="outcome" {
                option value="" { (texts.say("as_scripted")) }
                @for verdict in ["PASSED", "FAILED", "INVALID"] { option value=(verdict) { (verdict) } }
            }
        }
        p.row {
            (button("unacceptable", texts.say("jumio_unacceptable")))
            (button("deny_camera", texts.say("deny_camera")))
            (button("leave", texts.say("leave")))
        }
        p {
            label for="code" { (texts.say("jumio_other_error")) }
            select id="code" name="code" {
                @for code in ERRORS { option value=(code) { (code) ": " (meaning(texts, code)) } }
            }
        }
        p { (button("error", texts.say("jumio_end_error"))) }
        p { (texts.with("locale", &[("locale", locale)])) }
    }
}

/// The end of the journey: a redirect, or in a frame or without a URL a page.
fn end(world: &World, reference: Option<&str>, visit: &Visit, error: Option<u16>) -> Response {
    let transaction = reference.and_then(|reference| world.states.jumio.transactions.get(reference));
    let target = transaction.and_then(|transaction| return_url(transaction, error));
    let own = visit.locale.as_deref().or(transaction.map(|transaction| transaction.order.locale.as_str()));
    let locale = own.unwrap_or("en");
    let look = look(world, locale, transaction);
    if let (Some(url), false) = (&target, visit.framed) {
        return look.script.slow(Redirect::to(url).into_response());
    }
    let texts = look.texts;
    let payload = match error {
        None => json!({ "value": "success" }),
        Some(code) => json!({ "value": "error", "metainfo": { "code": code } }),
    };
    let images = colours::images(&world.config.jumio.portal, locale);
    let body = html! {
        @match error {
            None => p { (texts.say("jumio_accepted")) },
            Some(code) => (alert(&texts.with("jumio_error", &[("code", &code.to_string()), ("meaning", meaning(texts, code))]))),
        }
        (end_image(texts, images, error))
        @if let Some(transaction) = transaction { (message(world, transaction, &payload)) }
        @if let Some(url) = &target {
            p { a href=(url) data-redirect="true" rel="next" { (texts.say("continue")) } }
        }
    };
    look.page(texts.say(if error.is_some() { "jumio_error_title" } else { "jumio_accepted_title" }), &body)
}

fn left(world: &World, reference: &str, visit: &Visit) -> Response {
    let transaction = world.states.jumio.transactions.get(reference);
    let own = visit.locale.as_deref().or(transaction.map(|transaction| transaction.order.locale.as_str()));
    let look = look(world, own.unwrap_or("en"), transaction);
    let body = html! { p { (look.texts.say("jumio_left")) } };
    look.page(look.texts.say("left_title"), &body)
}

/// J-D13: the existing query stays as it is, ours is appended, and no slash is added.
fn return_url(transaction: &Transaction, error: Option<u16>) -> Option<String> {
    let order = &transaction.order;
    let url = if error.is_some() { order.error_url.as_ref() } else { order.success_url.as_ref() }?;
    let joint = match url.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let (status, code) = match error {
        None => ("SUCCESS", String::new()),
        Some(code) => ("ERROR", format!("&errorCode={code}")),
    };
    let reference = &transaction.reference;
    Some(format!("{url}{joint}transactionStatus={status}&transactionReference={reference}{code}"))
}

/// What the client would post to the page around it: `event.data` is this text.
fn message(world: &World, transaction: &Transaction, payload: &serde_json::Value) -> Markup {
    let fields = [
        ("authorizationToken", json!(transaction.token)),
        ("transactionReference", json!(transaction.reference)),
        ("eventType", json!(510)),
        ("dateTime", json!(iso(world.clock.now(), 3))),
        ("payload", payload.clone()),
    ];
    let members: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    let value = payload["value"].as_str().unwrap_or_default();
    data_script("data-post-message", value, &format!("{{{}}}", members.join(",")))
}

fn look<'a>(world: &'a World, locale: &str, transaction: Option<&Transaction>) -> Look<'a> {
    let colours = colours::resolve(&world.config.jumio.portal, locale);
    let brand = colours.map(|colours| Brand { primary: &colours.primary, secondary: &colours.secondary });
    let script = transaction.map(|transaction| transaction.page.clone()).unwrap_or_default();
    Look { brand, script, ..Look::new(PROVIDER, Texts::of(locale)) }
}

fn image(source: Option<&str>, alternative: &str) -> Markup {
    html! { @if let Some(source) = source { p { img src=(source) alt=(alternative); } } }
}

fn end_image(texts: Texts, images: Option<&Images>, error: Option<u16>) -> Markup {
    let Some(images) = images else { return html! {} };
    match error {
        None => image(images.success.as_deref(), texts.say("jumio_success_image")),
        Some(_) => image(images.error.as_deref(), texts.say("jumio_error_image")),
    }
}

fn chosen_verdict(form: &HashMap<String, String>) -> Option<Verdict> {
    match form.get("outcome").map(String::as_str) {
        Some("PASSED") => Some(Verdict::Passed),
        Some("FAILED") => Some(Verdict::Failed),
        Some("INVALID") => Some(Verdict::Invalid),
        _ => None,
    }
}

fn meaning(texts: Texts, code: u16) -> &'static str {
    texts.say(&format!("jumio_code_{code}"))
}
