//! The hosted client, as plain forms. What the real client does with a camera, the user does here with buttons.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::colours;
use super::settings::{Images, Verdict};
use super::state::{self, Transaction};
use crate::html::{Look, data_script, page};
use crate::log::{header_text, hinted};
use crate::time::iso;
use crate::world::{Handle, World};

const PROVIDER: &str = "Jumio";

/// The documented errorCode values, in the words of the sandbox.
const ERRORS: [(u16, &str); 11] = [
    (9100, "failure on the server"),
    (9200, "token missing, not valid or out of date"),
    (9210, "session ran out after the journey had begun"),
    (9300, "image upload failed"),
    (9400, "failure during the verification step"),
    (9800, "the user is offline"),
    (9801, "unexpected failure in the client"),
    (9810, "client could not talk to the server"),
    (9820, "no usable camera"),
    (9821, "capture failed three times"),
    (9836, "three submissions, none acceptable"),
];

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
    match form.get("action").map(String::as_str) {
        Some("acceptable") => {
            state::accept(&mut world, &reference, chosen_verdict(&form));
            end(&world, Some(&reference), &visit, None)
        }
        Some("unacceptable") => match state::reject(&mut world, &reference) {
            attempts @ 0..3 => client(&world, &reference, &visit, Some(attempts)),
            _ => end(&world, Some(&reference), &visit, Some(9836)),
        },
        Some("deny_camera") => end(&world, Some(&reference), &visit, Some(9820)),
        Some("error") => match form.get("code").and_then(|code| code.parse().ok()).filter(|code| is_error(*code)) {
            Some(code) => end(&world, Some(&reference), &visit, Some(code)),
            None => hinted(
                client(&world, &reference, &visit, None),
                "code must be one of the 11 documented errorCode values.",
            ),
        },
        Some("leave") => left(&world, &reference),
        _ => hinted(
            client(&world, &reference, &visit, None),
            "action must be acceptable, unacceptable, deny_camera, error or leave.",
        ),
    }
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
    let Some(reference) = world.jumio.by_token(token) else {
        let hint = "The authorizationToken is missing or unknown; use the redirectUrl exactly as initiate returned it.";
        return Err(Unusable { reference: None, code: 9200, hint });
    };
    let Some(transaction) = world.jumio.transactions.get(reference) else {
        return Err(Unusable { reference: None, code: 9200, hint: "The transaction was deleted." });
    };
    let refuse = |code, hint| Err(Unusable { reference: Some(reference.to_owned()), code, hint });
    let expired = if transaction.opened { 9210 } else { 9200 };
    if transaction.superseded {
        return refuse(expired, "A newer initiate for the same enrolment has superseded this transaction.");
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

/// The page with the buttons. `failed` says how many submissions were not acceptable.
fn client(world: &World, reference: &str, visit: &Visit, failed: Option<u8>) -> Response {
    let Some(transaction) = world.jumio.transactions.get(reference) else { return left(world, reference) };
    let locale = visit.locale.as_deref().unwrap_or(&transaction.order.locale);
    let images = colours::images(&world.config.jumio.portal, locale);
    let loaded = message(world, transaction, &json!({ "value": "loaded" }));
    let body = html! {
        (image(images.and_then(|images| images.header.as_deref()), "Header image of the account"))
        @if let Some(failed) = failed {
            div role="alert" { p { "The submission was not acceptable. Submission " (failed + 1) " of 3." } }
        }
        p { "The real client would now ask for the camera (locale " (locale) "). Say what the user does." }
        form method="post" {
            input type="hidden" name="authorizationToken" value=(visit.token);
            input type="hidden" name="locale" value=(locale);
            input type="hidden" name="framed" id="framed" value=(visit.framed);
            (buttons())
        }
        (loaded)
        @if visit.framed { (PreEscaped(POST_MESSAGES)) }
    };
    page(&look(world, locale), "Authentication", &body)
}

fn buttons() -> Markup {
    html! {
        p {
            label for="outcome" { "Verdict after an acceptable selfie" }
            select id="outcome" name="outcome" {
                option value="" { "as scripted" }
                @for verdict in ["PASSED", "FAILED", "INVALID"] { option value=(verdict) { (verdict) } }
            }
        }
        p {
            button name="action" value="acceptable" { "Submit an acceptable selfie" }
            button name="action" value="unacceptable" { "Submit an unacceptable selfie" }
        }
        p {
            button name="action" value="deny_camera" { "Deny the camera" }
            button name="action" value="leave" { "Leave" }
        }
        p {
            label for="code" { "Another error" }
            select id="code" name="code" {
                @for (code, meaning) in ERRORS { option value=(code) { (code) ": " (meaning) } }
            }
            button name="action" value="error" { "End with this error" }
        }
    }
}

/// The end of the journey: a redirect, or in a frame or without a URL a page.
fn end(world: &World, reference: Option<&str>, visit: &Visit, error: Option<u16>) -> Response {
    let transaction = reference.and_then(|reference| world.jumio.transactions.get(reference));
    let target = transaction.and_then(|transaction| return_url(transaction, error));
    if let (Some(url), false) = (&target, visit.framed) {
        return Redirect::to(url).into_response();
    }
    let payload = match error {
        None => json!({ "value": "success" }),
        Some(code) => json!({ "value": "error", "metainfo": { "code": code } }),
    };
    let own = visit.locale.as_deref().or(transaction.map(|transaction| transaction.order.locale.as_str()));
    let locale = own.unwrap_or("en");
    let images = colours::images(&world.config.jumio.portal, locale);
    let body = html! {
        @match error {
            None => p { "The images were accepted. This says nothing about the verdict." },
            Some(code) => {
                div role="alert" { p { "Error " (code) ": " (meaning(code)) "." } }
            }
        }
        (end_image(images, error))
        @if let Some(transaction) = transaction { (message(world, transaction, &payload)) }
        @if let Some(url) = &target {
            p { a href=(url) data-redirect="true" rel="next" { "Continue" } }
            (PreEscaped(POST_AND_GO))
        } @else if visit.framed {
            (PreEscaped(POST_MESSAGES))
        }
    };
    let title = if error.is_some() { "Authentication ended with an error" } else { "Selfie accepted" };
    page(&look(world, locale), title, &body)
}

fn left(world: &World, reference: &str) -> Response {
    let locale = world.jumio.transactions.get(reference).map_or("en", |it| it.order.locale.as_str());
    let body = html! { p { "You have left. As with a closed tab nobody is told; the link works until it expires." } };
    page(&look(world, locale), "Left", &body)
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

/// Posts only when framed. Which target origin the real client names is documented nowhere; `*` is inferred.
const POST_MESSAGES: &str = "<script>if(window.parent!==window)document.querySelectorAll('[data-post-message]')\
.forEach(function(e){window.parent.postMessage(e.textContent,'*')})</script>";

const POST_AND_GO: &str = "<script>if(window.parent!==window)document.querySelectorAll('[data-post-message]')\
.forEach(function(e){window.parent.postMessage(e.textContent,'*')});\
location.replace(document.querySelector('[data-redirect]').href)</script>";

fn look<'a>(world: &'a World, locale: &str) -> Look<'a> {
    let colours = colours::resolve(&world.config.jumio.portal, locale);
    Look {
        provider: PROVIDER,
        primary: colours.map(|colours| colours.primary.as_str()),
        secondary: colours.map(|colours| colours.secondary.as_str()),
    }
}

fn image(source: Option<&str>, alternative: &str) -> Markup {
    html! { @if let Some(source) = source { p { img src=(source) alt=(alternative); } } }
}

fn end_image(images: Option<&Images>, error: Option<u16>) -> Markup {
    let Some(images) = images else { return html! {} };
    match error {
        None => image(images.success.as_deref(), "Success image of the account"),
        Some(_) => image(images.error.as_deref(), "Error image of the account"),
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

fn is_error(code: u16) -> bool {
    ERRORS.iter().any(|(known, _)| *known == code)
}

fn meaning(code: u16) -> &'static str {
    ERRORS.iter().find(|(known, _)| *known == code).map_or("unknown", |(_, meaning)| meaning)
}
