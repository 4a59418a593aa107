//! The request log, and what every request passes through: faults, hints, headers.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;

use crate::body::{self, SHORT};
use crate::faults::{self, Fault, When};
use crate::html::Delay;
use crate::stand_in::{FaultyCall, Named, StandIn};
use crate::world::Handle;

/// One request to a provider's API or page.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// When the request came, on the virtual clock, in Unix milliseconds.
    pub at: i64,
    /// The name of the operation, as in the SDK: `jumio.initiate`. It is `unknown` for paths that no provider has.
    pub operation: &'static str,
    /// The HTTP method.
    pub method: String,
    /// The path and query. Secret and personal values are replaced by `*`.
    pub path: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The rule that the request broke, or advice about it.
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

/// Where a call of a provider is observed: at one of its paths.
#[derive(Clone)]
pub(crate) struct Observed {
    pub(crate) shared: Handle,
    pub(crate) stand_in: &'static dyn StandIn,
    pub(crate) named: Named,
}

/// The outermost layer around a path of a provider.
pub(crate) async fn observe(State(at): State<Observed>, request: Request, next: Next) -> Response {
    let (method, uri, begun) = (request.method().clone(), request.uri().clone(), Instant::now());
    let operation = at.named.of(&at.shared.world(), &method, &uri);
    let name = operation.map_or(UNKNOWN, |operation| operation.name);
    let longest = operation.map_or(SHORT, |operation| operation.longest);
    let request = match body::whole(request, longest, &at.shared).await {
        Ok(request) => request,
        Err(refusal) => {
            return finished(&at.shared, refusal, Call { operation: name, method, uri, struck: false, begun }).await;
        }
    };
    // A browser asks first whether it may; that is no call yet.
    let asked = operation.filter(|_| method != Method::OPTIONS);
    let fault = asked.and_then(|operation| at.shared.world().faults.take(operation));
    let from_browser =
        operation.is_some_and(|operation| operation.keyed) && request.headers().contains_key(header::ORIGIN);
    let struck = fault.is_some();
    let mut response = match fault {
        Some(fault) => faulty(&at, &fault, request, next).await,
        None => next.run(request).await,
    };
    if response.status() == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static(at.stand_in.challenge());
        response.headers_mut().entry(header::WWW_AUTHENTICATE).or_insert(challenge);
    }
    at.stand_in.headers(&at.shared.world(), &uri, response.headers_mut());
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response = hinted(response, format!("{method} is not the method that the documents give for this path."));
    }
    if from_browser {
        response = hinted(response, BROWSER);
    }
    finished(&at.shared, response, Call { operation: name, method, uri, struck, begun }).await
}

/// The same where no provider has a path.
pub(crate) async fn observe_nothing(State(shared): State<Handle>, request: Request, next: Next) -> Response {
    let (method, uri, begun) = (request.method().clone(), request.uri().clone(), Instant::now());
    let response = match body::whole(request, SHORT, &shared).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal,
    };
    finished(&shared, response, Call { operation: UNKNOWN, method, uri, struck: false, begun }).await
}

const UNKNOWN: &str = "unknown";

async fn faulty(at: &Observed, fault: &Fault, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    if fault.when == When::After {
        next.run(request).await;
    }
    let error = |status, code| at.stand_in.error(&at.shared, &FaultyCall { method: &method, uri: &uri, status, code });
    hinted(faults::answer(fault, error).await, "This answer is a fault that was asked for.")
}

/// A call that was answered.
struct Call {
    operation: &'static str,
    method: Method,
    uri: Uri,
    struck: bool,
    begun: Instant,
}

/// Puts the hint into a header, waits as a slow network would, and writes the call down.
async fn finished(shared: &Handle, mut response: Response, call: Call) -> Response {
    let hint = response.extensions().get::<Hint>().map(|Hint(text)| ascii(text));
    if let Some(value) = hint.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
        response.headers_mut().insert("x-sandbox-hint", value);
    }
    let status = response.status().as_u16();
    if let Some(Delay(time)) = response.extensions().get() {
        tokio::time::sleep(*time).await;
    }
    let (operation, method, path) = (call.operation, call.method.to_string(), redacted(&call.uri));
    let ms = u64::try_from(call.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(operation, %method, %path, status, ms, hint = hint.as_deref(), "request");
    record(shared, |at| LogEntry { at, operation, method, path, status, hint, fault: call.struck });
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
    world.log.push(entry);
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
