//! The request log, and what every request passes through: faults, hints, headers.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;

use crate::faults::{self, When};
use crate::html::Delay;
use crate::world::{Handle, World};
use crate::{attestr, biometric_kz, jumio, signicat};

/// One request to a provider's API or page.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// When, on the virtual clock, Unix milliseconds.
    pub at: i64,
    /// Such as `jumio.initiate`; `unknown` for paths that no provider has.
    pub operation: &'static str,
    /// The method.
    pub method: String,
    /// Path and query; values that are secret or personal are replaced by `*`.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// Which rule the request broke, or what is unwise about it.
    pub hint: Option<String>,
    /// Whether a fault was injected.
    pub fault: bool,
}

/// A sentence for the developer, carried from a handler to the header and the log.
#[derive(Clone)]
pub(crate) struct Hint(pub(crate) String);

/// Attaches a hint to an answer; several are joined.
pub(crate) fn hinted(mut response: Response, hint: impl Into<String>) -> Response {
    let hint = hint.into();
    if hint.is_empty() {
        return response;
    }
    let joined = match response.extensions().get::<Hint>() {
        Some(Hint(earlier)) => format!("{earlier} {hint}"),
        None => hint,
    };
    response.extensions_mut().insert(Hint(joined));
    response
}

/// A header's text, or nothing.
pub(crate) fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The outermost layer around everything that a provider would serve.
pub(crate) async fn observe(State(shared): State<Handle>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let operation = operation(&shared.world(), &method, uri.path());
    let from_browser = is_api(operation) && request.headers().contains_key(header::ORIGIN);
    let fault = shared.world().faults.take(operation);
    let struck = fault.is_some();
    let mut response = match fault {
        Some(fault) => {
            if fault.when == When::After {
                next.run(request).await;
            }
            let error = |status, code| provider_error(&shared, (&method, &uri), status, code);
            hinted(faults::answer(&fault, error).await, "This answer is a fault that was asked for.")
        }
        None => next.run(request).await,
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response = hinted(response, format!("{method} is not the method that the documents give for this path."));
    }
    if from_browser {
        response = hinted(response, BROWSER);
    }
    let hint = response.extensions().get::<Hint>().map(|Hint(text)| ascii(text));
    if let Some(value) = hint.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
        response.headers_mut().insert("x-sandbox-hint", value);
    }
    let (path, status) = (redacted(&uri), response.status().as_u16());
    if let Some(Delay(time)) = response.extensions().get() {
        tokio::time::sleep(*time).await;
    }
    record(&shared, |at| LogEntry { at, operation, method: method.to_string(), path, status, hint, fault: struck });
    shared.kick();
    response
}

const BROWSER: &str =
    "Never call this from a browser (an Origin header came with it): the keys would leak; call it from your server.";

fn record(shared: &Handle, entry: impl FnOnce(i64) -> LogEntry) {
    let mut world = shared.world();
    let limit = world.config.log_limit.max(1);
    if world.log.len() >= limit {
        let surplus = world.log.len() - limit;
        world.log.drain(..=surplus);
    }
    let entry = entry(world.clock.now());
    tracing::info!(operation = entry.operation, status = entry.status, hint = entry.hint.as_deref(), "request");
    world.log.push(entry);
}

fn operation(world: &World, method: &Method, path: &str) -> &'static str {
    let found = match path.get(1..).unwrap_or_default().split_once('/') {
        Some(("jumio", rest)) => jumio::operation(method, rest),
        Some(("attestr", rest)) => attestr::operation(method, rest),
        Some(("biometric_kz", rest)) => biometric_kz::operation(method, rest),
        Some(("signicat", rest)) => signicat::operation(world, method, rest),
        _ => None,
    };
    found.unwrap_or("unknown")
}

/// Calls that carry keys, as opposed to pages that a browser may load.
fn is_api(operation: &str) -> bool {
    let first = jumio::API.iter().chain(&attestr::API).chain(&biometric_kz::API);
    first.chain(&signicat::API).any(|known| *known == operation)
}

fn provider_error(shared: &Handle, (method, uri): (&Method, &Uri), status: StatusCode, code: Option<i64>) -> Response {
    match uri.path().split('/').nth(1) {
        Some("attestr") => attestr::fault_body(shared, status, code),
        Some("biometric_kz") => biometric_kz::fault_body(status),
        Some("signicat") => signicat::fault_body(shared, method, uri, status),
        _ => jumio::fault_body(shared, uri, status),
    }
}

/// The path with only harmless query values left readable.
fn redacted(uri: &Uri) -> String {
    let Some(query) = uri.query() else { return uri.path().to_owned() };
    let pairs = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
        let harmless =
            ["locale", "lc", "retry", "mode", "framed", "web_view", "widget"].contains(&&*name) && value.len() <= 8;
        if harmless { format!("{name}={value}") } else { format!("{name}=*") }
    });
    format!("{}?{}", uri.path(), pairs.collect::<Vec<_>>().join("&"))
}

fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}
