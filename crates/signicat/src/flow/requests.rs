//! The bytes that go out.

use alloc::{
    format,
    string::{String, ToString},
    vec,
};

use idvkit_core::{Header, HttpRequest, Method, Reject, RejectCode, Secret};
use serde_json::{Map, Value, json};

use super::{Made, Operation, SignicatFlow, State};
use crate::{
    order::{Order, Plan, Target},
    token::token_request,
    types::{CaptureParameters, is_id},
    validate::Account,
};

pub(super) const CREATE_DOSSIER: &str = "signicat.create_dossier";
pub(super) const CREATE_PROCESS: &str = "signicat.create_process";
pub(super) const START_CAPTURE: &str = "signicat.start_capture";
pub(super) const SET_IMAGES: &str = "signicat.set_images";
pub(super) const START: &str = "signicat.start";
pub(super) const DISCARD: &str = "signicat.discard_process";
pub(super) const LIST: &str = "signicat.list_processes";
pub(super) const GET_PROCESS: &str = "signicat.get_process";
pub(super) const DELETE: &str = "signicat.delete";
const DOWNLOAD: &str = "signicat.download";
const RAW: &str = "signicat.raw";

impl SignicatFlow {
    pub(super) fn request_for(&self, account: &Account, op: &Operation, id: String) -> HttpRequest {
        let process = match op {
            Operation::GetProcess(index) => self.slot_process(*index),
            Operation::SetImages | Operation::Start => self.slot_process(0),
            Operation::IdentifyProcess => self.search.candidates.first().map_or("", String::as_str),
            _ => match &self.state {
                State::Discarding { process } => process,
                _ => "",
            },
        };
        let call = Call { dossier: self.dossier(), process, token: self.token.value().unwrap_or(""), id };
        match op {
            Operation::Token => token_request(account, self.token.refused_mark(), call.id),
            Operation::CreateDossier => {
                call.change(account, CREATE_DOSSIER, "create_dossier", Some(dossier_body(&self.order)))
            }
            Operation::CreateProcess => {
                call.change(account, CREATE_PROCESS, "create_process", Some(process_body(account, &self.order)))
            }
            Operation::StartCapture => {
                call.change(account, START_CAPTURE, "start_capture", Some(capture_body(account, &self.order)))
            }
            // A new upload replaces the one before (S-F3), so it is claimed: two workers could send different images. What
            // stays: an older upload that the network held back may arrive after a newer one was answered.
            Operation::SetImages => call.change(account, SET_IMAGES, "set_images", Some(self.images_body())),
            Operation::Start => call.change(account, START, "start", None),
            Operation::DiscardProcess => call.plain(account, DISCARD, "delete_process"),
            Operation::ListProcesses => call.plain(account, LIST, "list_processes"),
            Operation::GetProcess(_) | Operation::IdentifyProcess => call.plain(account, GET_PROCESS, "get_process"),
            Operation::Delete(index) => self.delete_request(account, *index, call),
        }
    }

    fn delete_request(&self, account: &Account, index: u32, call: Call<'_>) -> HttpRequest {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        match self.made.get(index) {
            Some(Made::Process(process)) => {
                let dossier = self.order.dossier.as_deref().unwrap_or("");
                Call { dossier, process, ..call }.plain(account, DELETE, "delete_process")
            }
            Some(Made::Dossier(dossier)) => Call { dossier, ..call }.plain(account, DELETE, "delete_dossier"),
            None => call.plain(account, DELETE, "delete_dossier"),
        }
    }

    pub(super) fn slot_process(&self, index: u8) -> &str {
        self.slots.get(usize::from(index)).and_then(|slot| slot.process.as_deref()).unwrap_or("")
    }

    /// Data URLs by slot name (S-IMAGES, S-FILES).
    fn images_body(&self) -> Value {
        let State::Uploading { images } = &self.state else { return json!({}) };
        Value::Object(images.iter().map(|image| (image.slot.clone(), image.data_url.clone().into())).collect())
    }
}

/// The request for the full result: a ZIP with raw data and images, of a finished process, to be taken before the
/// dossier is deleted (S-DOWNLOAD). Get a token with [`token_request`](crate::token_request).
///
/// # Errors
/// `reference_invalid` unless both ids have the form of an id.
pub fn download_request(
    account: &Account,
    dossier: &str,
    process: &str,
    token: &Secret,
    id: String,
) -> Result<HttpRequest, Reject> {
    for (field, value) in [("dossier", dossier), ("process", process)] {
        if !is_id(value) {
            let rule =
                "an id has 1 to 64 letters, digits, hyphens and underscores; pass it exactly as Signicat gave it";
            return Err(Reject::at(RejectCode::ReferenceInvalid, field, rule));
        }
    }
    let call = Call { dossier, process, token: token.expose_str().unwrap_or(""), id };
    let mut request = call.plain(account, DOWNLOAD, "download");
    request.headers[0].value = "application/zip, application/octet-stream".into();
    Ok(request)
}

/// Any other request below the API's base, with this session's kind of headers: for what Assure offers and this crate
/// does not (S-D7). It is taken not to be idempotent unless it is a GET.
///
/// # Errors
/// `path_invalid` unless the path begins with a slash and stays below the base.
pub fn raw_request(
    account: &Account,
    route: (Method, &str),
    body: Option<&Value>,
    token: &Secret,
    id: String,
) -> Result<HttpRequest, Reject> {
    let (method, path) = route;
    let printable = path.bytes().all(|b| (0x21..0x7f).contains(&b));
    let climbs =
        path.split(['/', '?', '#', '\\']).any(|part| part == ".." || part.to_ascii_lowercase().contains("%2e"));
    if !path.starts_with('/') || !printable || climbs || path.contains('\\') {
        let rule = "a path begins with `/`, is visible ASCII, and has no `..`";
        return Err(Reject::at(RejectCode::PathInvalid, "path", rule));
    }
    let call = Call { dossier: "", process: "", token: token.expose_str().unwrap_or(""), id };
    let url = format!("{}{path}", account.routes.base());
    let request = call.build(account, RAW, (method, url), body.cloned());
    Ok(HttpRequest { idempotent: method == Method::Get, ..request })
}

/// What every request below a dossier needs.
struct Call<'a> {
    dossier: &'a str,
    process: &'a str,
    token: &'a str,
    id: String,
}

impl Call<'_> {
    /// A request that may be sent twice.
    fn plain(self, account: &Account, operation: &str, route: &str) -> HttpRequest {
        let route = account.routes.url(route, self.dossier, self.process);
        self.build(account, operation, route, None)
    }

    /// A request that makes or starts something.
    fn change(self, account: &Account, operation: &str, route: &str, body: Option<Value>) -> HttpRequest {
        let route = account.routes.url(route, self.dossier, self.process);
        HttpRequest { idempotent: false, ..self.build(account, operation, route, body) }
    }

    fn build(self, account: &Account, operation: &str, route: (Method, String), body: Option<Value>) -> HttpRequest {
        let mut headers = vec![
            Header::new("Accept", "application/json"),
            Header::new("Authorization", format!("Bearer {}", self.token)),
        ];
        if body.is_some() {
            headers.push(Header::new("Content-Type", "application/json"));
        }
        HttpRequest {
            id: self.id,
            operation: operation.to_string(),
            method: route.0,
            url: route.1,
            headers,
            body: body.map(|body| body.to_string().into_bytes()),
            timeout_ms: account.timeout_ms,
            idempotent: true,
            cache: None,
        }
    }
}

fn dossier_body(order: &Order) -> Value {
    match &order.external_reference {
        Some(reference) => json!({ "externalReference": reference }),
        None => json!({}),
    }
}

fn process_body(account: &Account, order: &Order) -> Value {
    let mut body = order.targets.first().map_or_else(Map::new, target_body);
    let (parameters, redirect_url) = match &order.plan {
        Plan::Document { parameters, .. } => (parameters, None),
        Plan::Eid { parameters, redirect_url } => (parameters, Some(redirect_url)),
        Plan::Capture { .. } => (&None, None),
    };
    if let Some(parameters) = parameters {
        body.insert("processParameters".into(), Value::Object(parameters.clone()));
    }
    if let Some(url) = redirect_url {
        body.insert("redirectUrl".into(), url.as_str().into());
    }
    notify(account, order, &mut body);
    Value::Object(body)
}

fn capture_body(account: &Account, order: &Order) -> Value {
    let Plan::Capture { redirect_url, sdk, parameters, request_domain, .. } = &order.plan else { return json!({}) };
    let mut body = Map::new();
    let providers = order.targets.iter().map(|target| Value::Object(target_body(target))).collect();
    // A list, also for one provider (S-D2).
    body.insert("providers".into(), Value::Array(providers));
    body.insert("redirectUrl".into(), redirect_url.as_str().into());
    if let Some(sdk) = sdk {
        body.insert("sdk".into(), json!(sdk));
    }
    let parameters = wire_parameters(parameters);
    if !parameters.is_empty() {
        body.insert("captureParameters".into(), Value::Object(parameters));
    }
    if let Some(domain) = request_domain {
        body.insert("requestDomain".into(), domain.as_str().into());
    }
    notify(account, order, &mut body);
    Value::Object(body)
}

fn wire_parameters(parameters: &CaptureParameters) -> Map<String, Value> {
    let named = [
        ("uiProfile", &parameters.ui_profile),
        ("uiLanguage", &parameters.ui_language),
        ("smsSender", &parameters.sms_sender),
        ("smsMessage", &parameters.sms_message),
        ("defaultCountry", &parameters.default_country),
    ];
    let given = named.into_iter().filter_map(|(name, value)| Some((name.to_string(), value.as_deref()?.into())));
    given.collect()
}

fn target_body(target: &Target) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("provider".into(), target.provider.as_str().into());
    if let Some(process_type) = &target.process_type {
        body.insert("processType".into(), process_type.as_str().into());
    }
    if !target.redact.is_empty() {
        body.insert("redact".into(), json!(target.redact));
    }
    body
}

/// Callbacks are asked for when a process is made, or never (S-F3).
fn notify(account: &Account, order: &Order, body: &mut Map<String, Value>) {
    let secret = account.notification.as_ref().and_then(|known| known.secrets.first()).and_then(Secret::expose_str);
    if let (Some(url), Some(secret)) = (&order.notification_url, secret) {
        body.insert("notificationUrl".into(), url.as_str().into());
        body.insert("authorizationHeader".into(), secret.into());
    }
}
