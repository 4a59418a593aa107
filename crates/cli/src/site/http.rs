//! The merchant's endpoints. All that browsers and providers send only tells the session something; none of it decides.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Multipart, OriginalUri, Path, Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    middleware::{self, Next as Rest},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use idvkit::{Blame, Header, Image, Input, Next, Reject, RejectCode, Seen, read};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    events::events,
    flows::{self, NoSuch, Wish},
    pages,
    shop::{Refusal, Shop},
    view,
};
use crate::demo::timeline::Party;

/// Three pictures of the largest size that a provider takes, and what is around them.
const MAX_IMAGES_BYTES: usize = 64 * 1024 * 1024;
/// Hints and return URLs are short.
const MAX_TEXT_BYTES: usize = 16 * 1024;
/// Webhooks bring whole results, pictures included.
const MAX_CALLBACK_BYTES: usize = 32 * 1024 * 1024;
/// The sentences in which the HTTP library refuses are shorter.
const MAX_REFUSAL_BYTES: usize = 4 * 1024;
/// The longest step of the clock: ten years.
const MAX_ADVANCE_MS: i64 = 10 * 366 * 24 * 3_600_000;
/// Marks what the page's forge buttons send, for the timeline only: the session is told just the same.
const FORGED: HeaderName = HeaderName::from_static("x-demo-forged");

/// Everything that the merchant serves.
pub(super) fn router(shop: Arc<Shop>) -> Router {
    let callback = || post(called_back).layer(DefaultBodyLimit::max(MAX_CALLBACK_BYTES));
    Router::new()
        .route("/", get(pages::index))
        .route("/return/{id}", get(pages::returned))
        .route("/assets/{*file}", get(pages::asset))
        .route("/api/catalog", get(catalog))
        .route("/api/clock", get(clock).post(advance))
        .route("/api/sessions", get(list).post(start))
        .route("/api/sessions/{id}", get(state))
        .route("/api/sessions/{id}/events", get(events))
        .route("/api/sessions/{id}/hint", post(hinted))
        .route("/api/sessions/{id}/redirect", post(redirected))
        .route("/api/sessions/{id}/retry", post(retry))
        .route("/api/sessions/{id}/erase", post(erase))
        .route("/api/sessions/{id}/sdk", post(play_sdk))
        .layer(DefaultBodyLimit::max(MAX_TEXT_BYTES))
        .route("/api/sessions/{id}/images", post(pictured).layer(DefaultBodyLimit::max(MAX_IMAGES_BYTES)))
        .route("/callback/{provider}", callback())
        .route("/callback/{provider}/{*rest}", callback())
        .fallback(nothing_here)
        .layer(middleware::map_response(in_one_form))
        .layer(middleware::from_fn_with_state(shop.clone(), only_here))
        .layer(middleware::map_response(pages::harden))
        .with_state(shop)
}

/// An error as this server tells it: one code, the field, and what to do.
pub(super) struct Problem {
    status: StatusCode,
    code: String,
    field: Option<String>,
    message: String,
}

impl Problem {
    fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self { status, code: code.into(), field: None, message: message.into() }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Reject(reject) => reject.into(),
            Refusal::Wish(NoSuch { code, field, message }) => {
                let field = Some(field.into());
                Self { status: StatusCode::BAD_REQUEST, code: code.into(), field, message }
            }
            Refusal::Unknown => Self::new(StatusCode::NOT_FOUND, "unknown_session", "there is no such session"),
            Refusal::Broken(error) => Self::from(error),
        }
    }
}

impl From<Reject> for Problem {
    fn from(reject: Reject) -> Self {
        let status = match (reject.blame(), reject.code()) {
            (Blame::Signature, _) => StatusCode::FORBIDDEN,
            (Blame::Snapshot, _) => StatusCode::INTERNAL_SERVER_ERROR,
            (_, RejectCode::RetryRefused) => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        };
        let field = reject.field().map(Into::into);
        Self { status, code: reject.code().to_string(), field, message: reject.message().into() }
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "broken", &format!("{error:#}"))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let error = json!({ "code": self.code, "field": self.field, "message": self.message });
        (self.status, Json(json!({ "error": error }))).into_response()
    }
}

type Answer = Result<Json<Value>, Problem>;

async fn catalog() -> Json<Value> {
    Json(flows::catalog())
}

async fn list(State(shop): State<Arc<Shop>>) -> Answer {
    Ok(Json(view::list(&shop)?))
}

async fn start(State(shop): State<Arc<Shop>>, body: Bytes) -> Result<(StatusCode, Json<Value>), Problem> {
    let id = shop.start(parse::<Wish>(&body)?).await?;
    Ok((StatusCode::CREATED, state(State(shop), Path(id)).await?))
}

async fn state(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Answer {
    let row = shop.row(&id)?;
    Ok(Json(view::state(&shop, &row)?))
}

/// What the user's page reports: an opaque text.
async fn hinted(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    text: String,
) -> Result<StatusCode, Problem> {
    tell(&shop, &id, Input::Hint { text }, headers.contains_key(FORGED)).await
}

/// The URL with which the user came back, or says so.
async fn redirected(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    url: String,
) -> Result<StatusCode, Problem> {
    tell(&shop, &id, Input::Redirect { url }, headers.contains_key(FORGED)).await
}

/// The pictures that the page took, one part of the form for each.
async fn pictured(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
    mut form: Multipart,
) -> Result<StatusCode, Problem> {
    let unreadable = |_| {
        let rule = "send multipart/form-data with one part per picture, named as the slot, at most 64 MiB in all";
        Problem::new(StatusCode::BAD_REQUEST, "form_malformed", rule)
    };
    let mut images = Vec::new();
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        let slot = part.name().unwrap_or_default().to_owned();
        images.push(Image { slot, bytes: part.bytes().await.map_err(unreadable)?.to_vec() });
    }
    tell(&shop, &id, Input::Images { images }, false).await
}

async fn retry(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Answer {
    shop.tell(&id, Input::Retry).await?;
    go_on(shop, id).await
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Erase {
    at_provider: bool,
}

impl Default for Erase {
    fn default() -> Self {
        Self { at_provider: true }
    }
}

async fn erase(State(shop): State<Arc<Shop>>, Path(id): Path<String>, body: Bytes) -> Answer {
    let Erase { at_provider } = if body.is_empty() { Erase::default() } else { parse(&body)? };
    shop.tell(&id, Input::Erase { at_provider }).await?;
    go_on(shop, id).await
}

async fn go_on(shop: Arc<Shop>, id: String) -> Answer {
    shop.drive(&id).await?;
    state(State(shop), Path(id)).await
}

/// Plays the provider's SDK in an app: it takes its pictures, and its handler of success is called.
async fn play_sdk(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let row = shop.row(&id)?;
    let session = shop.session(&row)?;
    let no_sdk = || Problem::new(StatusCode::CONFLICT, "no_sdk", "no SDK is waited for now");
    let Next::Present { journey, .. } = session.next(shop.now()) else { return Err(no_sdk()) };
    let handler = view::success_handler(&journey).ok_or_else(no_sdk)?;
    let sdk = flows::flow_of(&row.choice).and_then(|flow| flow.sdk).ok_or_else(no_sdk)?;
    let (path, body) = sdk(&session.references()).ok_or_else(no_sdk)?;
    shop.note(&id, Party::User, "the provider's SDK takes the pictures, in an app that is played here");
    shop.providers().steer(path, &body).await?;
    let seen = Seen::Event { name: handler, data: String::new() };
    let text = read(&journey, &seen).ok_or_else(no_sdk)?;
    tell(&shop, &id, Input::Hint { text }, false).await
}

async fn clock(State(shop): State<Arc<Shop>>) -> Json<Value> {
    Json(json!({ "now": shop.now() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: i64,
}

/// Lets time pass; answers when all that fell due has happened, here and at the providers.
async fn advance(State(shop): State<Arc<Shop>>, body: Bytes) -> Answer {
    let Advance { advance_ms } = parse(&body)?;
    if !(1..=MAX_ADVANCE_MS).contains(&advance_ms) {
        let rule = "advance_ms is 1 to 316224000000 milliseconds (ten years): time only goes forward";
        let problem = Problem::new(StatusCode::BAD_REQUEST, "advance_out_of_range", rule);
        return Err(Problem { field: Some("advance_ms".into()), ..problem });
    }
    shop.providers().advance(advance_ms).await?;
    shop.drive_all_due().await?;
    Ok(clock(State(shop)).await)
}

/// Callbacks: told to whosever they are, and answered once that is stored.
async fn called_back(
    State(shop): State<Arc<Shop>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let provider = uri.path().split('/').nth(2).unwrap_or_default().to_owned();
    let line = |name: &str| Some(Header::new(name, headers.get(name)?.to_str().ok()?));
    let headers = ["content-type", "authorization"].into_iter().filter_map(line).collect();
    shop.call_back(&provider, Input::Callback { url: uri.to_string(), headers, body: body.to_vec() }).await?;
    Ok(StatusCode::OK)
}

async fn nothing_here() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here; open / for the demo")
}

async fn tell(shop: &Arc<Shop>, id: &str, input: Input, forged: bool) -> Result<StatusCode, Problem> {
    if forged {
        shop.row(id)?;
        shop.note(id, Party::Stranger, "sends something forged that claims a success");
    }
    let told = shop.tell(id, input).await;
    if forged {
        let effect = match &told {
            Ok(()) => {
                "it was heard as a hint: at most it brings a look at the provider forward, and it decides nothing"
            }
            Err(_) => "it was refused, and nothing has changed",
        };
        shop.note(id, Party::Merchant, effect);
    }
    told?;
    Ok(StatusCode::NO_CONTENT)
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    // Serde's sentence names the member and the rule; what it can echo is what this page has sent.
    serde_json::from_slice(body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "json_malformed", &format!("the body: {error}")))
}

/// This server has no log-in, so nobody but pages of its own may use it: another site's page can neither name it by a
/// host of its own (DNS rebinding) nor post to it.
async fn only_here(State(shop): State<Arc<Shop>>, request: Request, rest: Rest) -> Result<Response, Problem> {
    let base = shop.base();
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(named) = named_as(text(header::HOST).unwrap_or_default(), base) else {
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host_unknown", &format!("open {base}")));
    };
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        // A page under another name of this machine could not post to this one.
        let there = || format!("{base}{}", request.uri().path_and_query().map_or("/", |path| path.as_str()));
        return Ok(if named == Name::Own {
            rest.run(request).await
        } else {
            Redirect::permanent(&there()).into_response()
        });
    }
    if text(header::ORIGIN).is_some_and(|origin| origin != base) {
        let rule = "only pages of this site may post to it";
        return Err(Problem::new(StatusCode::FORBIDDEN, "origin_unknown", rule));
    }
    Ok(rest.run(request).await)
}

/// How a caller names this server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Name {
    /// As its own pages do.
    Own,
    /// By another name of this machine.
    Other,
}

/// `None`: as somebody else's. `base` is `http://localhost` with a port, except the usual one.
fn named_as(host: &str, base: &str) -> Option<Name> {
    let own = base.trim_start_matches("http://");
    let port = own.trim_start_matches("localhost");
    match host {
        // Clients may name the usual port all the same.
        _ if host == own || (port.is_empty() && host == "localhost:80") => Some(Name::Own),
        _ if ["127.0.0.1", "[::1]"].iter().any(|name| host == format!("{name}{port}")) => Some(Name::Other),
        _ => None,
    }
}

/// What the HTTP library refuses by itself, with a bare sentence, looks like all other errors.
async fn in_one_form(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !status.is_client_error() || kind.is_some_and(|kind| !kind.starts_with("text/plain")) {
        return response;
    }
    let code = match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let rule = "the body is too long: at most 16 KiB for texts, 32 MiB for callbacks and 64 MiB for pictures";
            return Problem::new(status, "body_too_long", rule).into_response();
        }
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::NOT_FOUND => return nothing_here().await.into_response(),
        _ => "request_malformed",
    };
    let body = axum::body::to_bytes(response.into_body(), MAX_REFUSAL_BYTES).await.unwrap_or_default();
    let sentence = String::from_utf8_lossy(&body);
    let sentence = if sentence.is_empty() { "this address takes another method" } else { &*sentence };
    Problem::new(status, code, sentence).into_response()
}

#[cfg(test)]
mod tests {
    use super::{Name, named_as};

    #[test]
    fn a_host_is_known_by_its_own_names_and_port_only() {
        let (usual, other) = ("http://localhost", "http://localhost:4100");
        for (host, base, name) in [
            ("localhost", usual, Some(Name::Own)),
            ("localhost:80", usual, Some(Name::Own)),
            ("127.0.0.1", usual, Some(Name::Other)),
            ("localhost:4100", usual, None),
            ("localhost:4100", other, Some(Name::Own)),
            ("127.0.0.1:4100", other, Some(Name::Other)),
            ("[::1]:4100", other, Some(Name::Other)),
            ("localhost", other, None),
            ("127.0.0.1:41000", other, None),
            ("localhost:4100.evil.example", other, None),
            ("", other, None),
        ] {
            assert_eq!(named_as(host, base), name, "{host} for {base}");
        }
    }
}
