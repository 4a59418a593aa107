//! Processes: create, look at, start, download, delete.

use std::io::{Cursor, Write};

use serde_json::{Map, Value};

use super::api::{Call, Reply};
use super::errors::Problem;
use super::images::{Kind, Side};
use super::providers::{self, Provider};
use super::state::{self, Phase, ProcessOrder};
use super::{connect, result};

const REDACTABLE: [&str; 18] = [
    "firstName",
    "lastName",
    "fullName",
    "gender",
    "address",
    "personalIdentificationNumber",
    "documentNumber",
    "date",
    "dateOfBirth",
    "dateOfIssue",
    "dateOfExpiry",
    "photo",
    "signature",
    "accessNumber",
    "drivingPermits",
    "issuingAuthority",
    "mrz",
    "barcode",
];

pub(crate) fn create(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let fields = call.fields()?;
    let dossier = call.dossier()?.id.clone();
    let Some(name) = fields.get("provider").and_then(Value::as_str) else {
        // The seed's own text says processId where it must mean the provider (S-7).
        return Err(Problem::parameter("provider", format!("provider is required: {}.", providers::names())));
    };
    let provider = provider(name)?;
    let mut order = order(call, &fields, name, provider)?;
    order.redirect_url = redirect_url(&fields)?;
    let paged = providers::has_page(name);
    if paged && order.redirect_url.is_none() {
        return Err(Problem::parameter("redirectUrl", "redirectUrl is required for an eID method and for WebID."));
    }
    let mut hint = order.notification_url.as_deref().map_or("", |url| call.world.held_remark(url)).to_owned();
    if !paged && order.redirect_url.is_some() {
        hint = "redirectUrl means nothing here; it belongs to eID methods and to Start capture flow.".into();
    }
    let id = state::create(call.world, &dossier, call.client, order);
    if paged {
        connect::open(call.world, &id);
    }
    let Some(process) = call.world.states.signicat.processes.get(&id) else { return Err(Problem::not_found("")) };
    Ok(Reply::json(201, result::json(process, call.world)).hint(hint))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let ids = call.dossier()?.processes.clone();
    let found = ids.iter().filter_map(|id| call.world.states.signicat.processes.get(id));
    Ok(Reply::json(200, found.map(|process| result::json(process, call.world)).collect()))
}

pub(crate) fn show(call: &mut Call<'_>) -> Result<Reply, Problem> {
    limit(call)?;
    call.process()?;
    let found = call.ids.get(1).and_then(|id| call.world.states.signicat.processes.get(id));
    found
        .map(|process| Reply::json(200, result::json(process, call.world)))
        .ok_or_else(|| Problem::not_found("There is no such process."))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let id = call.process()?.id.clone();
    state::forget(call.world, &id);
    Ok(Reply::empty())
}

/// Begins the verification.
pub(crate) fn start(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let files = call.dossier()?.files.clone();
    let scanned = !call.fields()?.is_empty();
    let process = call.process()?;
    if providers::has_page(&process.order.provider) {
        return Err(Problem::conflict("This process starts when the user opens its page."));
    }
    if process.capture.is_some() {
        return Err(Problem::conflict("The capture page starts the verification itself."));
    }
    if process.phase != Phase::Pending {
        return Err(Problem::conflict("The verification has been started already; it starts once."));
    }
    let direct = providers::find(&process.order.provider).is_some_and(|provider| provider.direct_upload);
    let mut hint = "";
    if process.images.is_empty() && !process.sdk_done && direct && !files.is_empty() {
        process.images = files;
        hint = "The process has no images of its own; those of the dossier are used.";
    }
    if !process.sdk_done {
        require_images(process, scanned)?;
    }
    let (id, first) = (process.id.clone(), process.callback_first);
    state::start(call.world, &id);
    // The answer is of now, also where the verdict overtakes it on its way.
    let answer = result::started(call.process()?);
    Ok(Reply::json(200, answer).hint(hint).after_callbacks(first))
}

/// Everything about a finished process, in one archive.
pub(crate) fn download(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let id = call.process()?.id.clone();
    let Some(process) = call.world.states.signicat.processes.get(&id).filter(|process| process.phase == Phase::Final)
    else {
        return Err(Problem::conflict("Only a finished process can be downloaded."));
    };
    let mut files = vec![("process.json".to_owned(), result::json(process, call.world).to_string().into_bytes())];
    for (side, image) in &process.images {
        let ending = match image.kind {
            Kind::Png => "png",
            Kind::Jpeg => "jpg",
        };
        files.push((format!("{}.{ending}", side.name()), image.bytes.clone()));
    }
    let archive = archive(&files).map_err(|_| Problem::new(500, "The archive could not be made.", ""))?;
    Ok(Reply::file("application/zip", archive))
}

/// A provider by its name in a request.
pub(crate) fn provider(name: &str) -> Result<Provider, Problem> {
    let hint = || Problem::parameter("provider", format!("provider must be {}.", providers::names()));
    providers::find(name).ok_or_else(hint)
}

/// What Create process and Start capture flow have in common.
pub(crate) fn order(
    call: &Call<'_>,
    fields: &Map<String, Value>,
    name: &str,
    provider: Provider,
) -> Result<ProcessOrder, Problem> {
    let process_type = string(fields, "processType")?;
    if process_type.as_deref().is_some_and(|own| !provider.types.contains(&own)) {
        let known = if provider.types.is_empty() { "none".into() } else { provider.types.join(", ") };
        return Err(Problem::parameter("processType", format!("processType of this provider: {known}.")));
    }
    let notification_url = string(fields, "notificationUrl")?;
    if let Some(url) = &notification_url {
        check_callback(call, url)?;
    }
    Ok(ProcessOrder {
        provider: name.to_owned(),
        process_type,
        redact: redact(fields)?,
        notification_url,
        authorization_header: string(fields, "authorizationHeader")?,
        redirect_url: None,
    })
}

/// An absolute URL to send the user back to.
pub(crate) fn redirect_url(fields: &Map<String, Value>) -> Result<Option<String>, Problem> {
    let url = string(fields, "redirectUrl")?;
    if url.as_deref().is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
        return Err(Problem::parameter("redirectUrl", "redirectUrl must be an absolute http or https URL."));
    }
    // A line break would begin another header, and a quote end an attribute.
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"'<>\\^`{|}".contains(&byte);
    if url.as_deref().is_some_and(|url| !url.bytes().all(plain)) {
        let hint =
            "redirectUrl has a character that must be percent-encoded, or an international host not in punycode.";
        return Err(Problem::parameter("redirectUrl", hint));
    }
    Ok(url)
}

fn check_callback(call: &Call<'_>, url: &str) -> Result<(), Problem> {
    let host = url.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#', ':']).next().unwrap_or_default());
    let Some(host) = host.filter(|host| !host.is_empty()) else {
        return Err(Problem::parameter("notificationUrl", "notificationUrl must be an absolute URL."));
    };
    let allowed = &call.world.config.signicat.allowed_callback_hosts;
    if allowed.as_ref().is_some_and(|hosts| !hosts.iter().any(|own| own == host)) {
        let hint = "The host of notificationUrl is not on the allow-list; at the provider, support puts it there.";
        return Err(Problem::parameter("notificationUrl", hint));
    }
    Ok(())
}

fn redact(fields: &Map<String, Value>) -> Result<Vec<String>, Problem> {
    let refuse = || Problem::parameter("redact", format!("redact is a list of: {}.", REDACTABLE.join(", ")));
    let names = match fields.get("redact") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(names)) => names,
        Some(_) => return Err(refuse()),
    };
    let known = |name: &Value| name.as_str().filter(|name| REDACTABLE.contains(name)).map(Into::into);
    names.iter().map(known).collect::<Option<_>>().ok_or_else(refuse)
}

fn string(fields: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Problem> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Problem::parameter(name, format!("{name} must be a string."))),
    }
}

fn require_images(process: &state::Process, scanned: bool) -> Result<(), Problem> {
    // FaceTec's client sends what it has scanned with the start itself (S-F6.7).
    if process.order.provider == "facetec" {
        let hint = "FaceTec takes its scan as the body of the start.";
        return if scanned { Ok(()) } else { Err(Problem::bad_request(hint)) };
    }
    let with_selfie = process.order.process_type.as_deref() == Some("documentSelfie");
    if !process.images.contains_key(&Side::Front) {
        return Err(Problem::bad_request(
            "There is no image of the document's front; upload it, or let the provider's SDK take it, before the start.",
        ));
    }
    if with_selfie && !process.images.contains_key(&Side::Selfie) {
        return Err(Problem::bad_request("This processType needs a selfie too."));
    }
    Ok(())
}

/// At most so many calls within the window of the settings.
fn limit(call: &mut Call<'_>) -> Result<(), Problem> {
    let Some(limit) = call.world.config.signicat.rate_limit else { return Ok(()) };
    let now = call.world.clock.now();
    let polls = &mut call.world.states.signicat.polls;
    while polls.front().is_some_and(|at| *at <= now.saturating_sub(limit.per_ms)) {
        polls.pop_front();
    }
    if polls.len() >= limit.calls as usize {
        return Err(Problem::too_many(limit.retry_after_s));
    }
    polls.push_back(now);
    Ok(())
}

fn archive(files: &[(String, Vec<u8>)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in files {
        zip.start_file(name.as_str(), stored)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
