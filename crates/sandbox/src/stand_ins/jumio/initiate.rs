//! `POST /api/authentication/v1/web/initiate`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

use super::api::{self, Access};
use super::errors::Refusal;
use super::settings::{JumioSettings, UnknownLocale, is_locale};
use super::state::{self, Order};
use super::urls::{self, Purpose};
use crate::log::hinted;
use crate::time::iso;
use crate::world::{Handle, World};

pub(crate) async fn initiate(
    State(shared): State<Handle>,
    Path(region): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut world = shared.world();
    match create(&mut world, &region, &headers, &body) {
        Ok((answer, remark)) => hinted((StatusCode::OK, Json(answer)).into_response(), remark),
        Err(refusal) => refusal.response(&mut world, &uri),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    timestamp: String,
    transaction_reference: String,
    redirect_url: String,
}

fn create(world: &mut World, region: &str, headers: &HeaderMap, body: &[u8]) -> Result<(Answer, String), Refusal> {
    api::check_headers(&world.config.jumio, headers, &["application/json"])?;
    api::check_body_headers(&world.config.jumio, headers)?;
    let account = api::account(world, region, headers, Access::Initiate)?;
    let value: Value = serde_json::from_slice(body)
        .map_err(|_| Refusal::bad_request("body is not JSON", "The body must be one JSON object."))?;
    let Value::Object(fields) = value else {
        return Err(Refusal::bad_request("body is not an object", "The body must be one JSON object."));
    };
    let (order, remarks) = read(&world.config.jumio, region, account, &fields)?;
    let held = order.callback_url.as_deref().map_or("", |url| world.held_remark(url));
    let transaction = state::initiate(world, order);
    let answer = Answer {
        timestamp: iso(transaction.created, 3),
        transaction_reference: transaction.reference.clone(),
        redirect_url: transaction.redirect_url.clone(),
    };
    Ok((answer, [api::agent_remark(headers), &remarks, held].join(" ").trim().to_owned()))
}

const KNOWN: [&str; 7] = [
    "enrollmentTransactionReference",
    "callbackUrl",
    "successUrl",
    "errorUrl",
    "userReference",
    "locale",
    "tokenLifetimeInMinutes",
];

fn read(
    settings: &JumioSettings,
    region: &str,
    account: usize,
    fields: &Map<String, Value>,
) -> Result<(Order, String), Refusal> {
    let enrollment = required_enrollment(settings, fields)?;
    let portal = &settings.portal;
    let callback_url =
        url(settings, fields, "callbackUrl", 255, Purpose::Callback)?.or_else(|| portal.callback_url.clone());
    if callback_url.is_none() {
        return Err(Refusal::bad_request(
            "callbackUrl missing",
            "callbackUrl is required unless the portal settings have one.",
        ));
    }
    let success_url =
        url(settings, fields, "successUrl", 2047, Purpose::Return)?.or_else(|| portal.success_url.clone());
    let error_url = url(settings, fields, "errorUrl", 255, Purpose::Return)?.or_else(|| portal.error_url.clone());
    let user_reference = text(fields, "userReference", 100)?;
    if user_reference.as_deref().is_some_and(urls::has_email) {
        return Err(Refusal::bad_request(
            "userReference not allowed",
            "userReference must not contain personal data; it looks like an e-mail address.",
        ));
    }
    let (locale, remark) = locale(settings, fields)?;
    let lifetime_minutes = lifetime(fields)?.unwrap_or(portal.token_lifetime_minutes);
    let unknown: Vec<&str> = fields.keys().map(String::as_str).filter(|name| !KNOWN.contains(name)).collect();
    let mut remarks = remark.to_owned();
    if !unknown.is_empty() {
        remarks = format!("{remarks} Fields that the documents do not have were ignored: {}.", unknown.join(", "));
    }
    let order = Order {
        region: region.to_owned(),
        account,
        enrollment,
        callback_url,
        success_url,
        error_url,
        user_reference,
        locale,
        lifetime_minutes,
    };
    Ok((order, remarks.trim().to_owned()))
}

fn required_enrollment(settings: &JumioSettings, fields: &Map<String, Value>) -> Result<String, Refusal> {
    let Some(reference) = text(fields, "enrollmentTransactionReference", 36)? else {
        return Err(Refusal::bad_request(
            "enrollmentTransactionReference missing",
            "enrollmentTransactionReference is required: the reference of an earlier ID verification.",
        ));
    };
    let Some(enrollment) = settings.enrollments.iter().find(|enrollment| enrollment.reference == reference) else {
        return Err(Refusal::not_found(
            format!("enrollmentTransactionReference {reference}"),
            "No ID verification has this reference; GET /_sandbox/jumio/enrollments lists those that exist.",
        ));
    };
    match enrollment.unmet() {
        None => Ok(reference),
        Some(condition) => Err(Refusal::bad_request(
            "enrollmentTransactionReference not eligible",
            format!("The ID verification cannot be used: {condition} is not met."),
        )),
    }
}

fn text(fields: &Map<String, Value>, name: &str, longest: usize) -> Result<Option<String>, Refusal> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => {
            Err(Refusal::bad_request(format!("{name} empty"), format!("{name} is empty; leave it out instead.")))
        }
        Some(Value::String(text)) if text.chars().count() <= longest => Ok(Some(text.clone())),
        Some(Value::String(_)) => {
            Err(Refusal::bad_request(format!("{name} too long"), format!("{name} takes at most {longest} characters.")))
        }
        Some(_) => Err(Refusal::bad_request(format!("{name} not a string"), format!("{name} must be a string."))),
    }
}

fn url(
    settings: &JumioSettings,
    fields: &Map<String, Value>,
    name: &str,
    longest: usize,
    purpose: Purpose,
) -> Result<Option<String>, Refusal> {
    let url = text(fields, name, longest)?;
    if let Some(url) = &url {
        let refused = |rule| Refusal::bad_request(format!("{name} not allowed"), format!("{name}: {rule}"));
        urls::check(url, purpose, settings).map_err(refused)?;
    }
    Ok(url)
}

fn locale(settings: &JumioSettings, fields: &Map<String, Value>) -> Result<(String, &'static str), Refusal> {
    let default = || settings.portal.default_locale.clone().unwrap_or_else(|| "en".into());
    match text(fields, "locale", 5)? {
        None => Ok((default(), "")),
        Some(locale) if is_locale(&locale) => Ok((locale, "")),
        // The real service has put en-US into URLs for its default (J-4).
        Some(locale) if locale == "en-US" => Ok(("en".into(), "")),
        Some(_) if settings.unknown_locale == UnknownLocale::UseDefault => {
            Ok((default(), "The locale is none of the 32 supported ones; the default is shown."))
        }
        Some(_) => Err(Refusal::bad_request(
            "locale not supported",
            "locale must be one of the 32 supported values, written like de or pt-BR.",
        )),
    }
}

fn lifetime(fields: &Map<String, Value>) -> Result<Option<u32>, Refusal> {
    let refusal = || {
        Refusal::bad_request(
            "tokenLifetimeInMinutes not allowed",
            "tokenLifetimeInMinutes must be a whole number from 5 to 86400, in minutes.",
        )
    };
    match fields.get("tokenLifetimeInMinutes") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let minutes = value.as_u64().filter(|minutes| (5..=86_400).contains(minutes)).ok_or_else(refusal)?;
            u32::try_from(minutes).map(Some).map_err(|_| refusal())
        }
    }
}
