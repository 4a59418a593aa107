//! What browsers and providers tell and ask.

use axum::{
    Json,
    body::{self, Body, Bytes},
    extract::{DefaultBodyLimit, FromRequest, Multipart, OriginalUri, Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use idvkit::{Header, Image, Input, driver::Driver};

use super::{Host, Problem};
use crate::verifications::{self, Error};

/// The longest hint, in bytes.
const MAX_HINT: usize = 4096;
/// The largest callback, in bytes: some bring whole results, with their photos.
const MAX_CALLBACK: usize = 32 * 1024 * 1024;
/// All images together, in bytes, with what is around them.
const MAX_IMAGES: usize = 32 * 1024 * 1024;

pub(super) async fn state(
    State(host): State<Host>,
    Path(id): Path<String>,
    request: Parts,
) -> Result<Json<verifications::State>, Problem> {
    host.admit(&id, request).await?;
    Ok(Json(host.kit.state(&id).await?))
}

pub(super) async fn hint(
    State(host): State<Host>,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    host.admit(&id, parts.clone()).await?;
    let text = whole(&parts.headers, body, MAX_HINT).await?;
    let text = String::from_utf8(text.into()).map_err(|_| Problem::unreadable("a hint is text in UTF-8"))?;
    tell(&host, &id, Input::Hint { text }).await
}

pub(super) async fn images(
    State(host): State<Host>,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    host.admit(&id, parts.clone()).await?;
    refuse_larger(&parts.headers, MAX_IMAGES)?;
    let mut request = Request::from_parts(parts, body);
    DefaultBodyLimit::max(MAX_IMAGES).apply(&mut request);
    let no_form = |_| Problem::unreadable("images come as multipart/form-data, one part for each");
    let mut form = Multipart::from_request(request, &()).await.map_err(no_form)?;
    let mut images = Vec::new();
    while let Some(part) = form.next_field().await.map_err(|error| Problem::form(&error, MAX_IMAGES))? {
        let slot = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(|error| Problem::form(&error, MAX_IMAGES))?;
        images.push(Image { slot, bytes: bytes.into() });
    }
    tell(&host, &id, Input::Images { images }).await
}

pub(super) async fn retry(
    State(host): State<Host>,
    Path(id): Path<String>,
    request: Parts,
) -> Result<StatusCode, Problem> {
    host.admit(&id, request).await?;
    tell(&host, &id, Input::Retry).await
}

/// The way back from a provider's page. What the URL says is only a hint; the page shows what is true.
pub(super) async fn returned(State(host): State<Host>, OriginalUri(uri): OriginalUri) -> Result<Response, Problem> {
    let input = Input::Redirect { url: uri.to_string() };
    let driver = Driver::hear(host.kit.accounts(), None, input.clone(), host.kit.now()).map_err(Error::from)?;
    let (driver, heard) = host.kit.told(driver, &input).await;
    let id = driver.verification().map(|verification| verification.id().to_owned());
    match (heard, id) {
        (Ok(()), Some(id)) => Ok(to_page(&host, &id)),
        (Err(Error::Reject(reject)), Some(id)) if reject.callback_status() == 200 => Ok(to_page(&host, &id)),
        (Err(error), _) => Err(error.into()),
        (Ok(()), None) => Err(Problem::not_found("this URL belongs to no verification; begin a new one")),
    }
}

/// The raw body: what has been parsed cannot be checked any more.
pub(super) async fn callback(
    State(host): State<Host>,
    Path(path): Path<Vec<(String, String)>>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let body = whole(&parts.headers, body, MAX_CALLBACK).await?;
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter().map(|(name, value)| Header::new(name.as_str(), text(value))).collect();
    let input = Input::Callback { url: uri.to_string(), headers, body: body.into() };
    let account = path.first().map(|(_, account)| account.as_str());
    let driver = Driver::hear(host.kit.accounts(), account, input.clone(), host.kit.now());
    let driver = driver.map_err(|reject| Problem::of_callback(reject.into()))?;
    let (_, heard) = host.kit.told(driver, &input).await;
    heard.map_err(Problem::of_callback)?;
    Ok(StatusCode::OK)
}

async fn tell(host: &Host, id: &str, input: Input) -> Result<StatusCode, Problem> {
    host.kit.tell(id, input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Relative to where it is, so that the host may mount the routes anywhere.
fn to_page(host: &Host, id: &str) -> Response {
    let page = host.kit.page.as_ref().map_or_else(|| format!("verifications/{id}/page"), |page| page(id));
    match HeaderValue::try_from(page) {
        Ok(page) => (StatusCode::SEE_OTHER, [(header::LOCATION, page)]).into_response(),
        Err(_) => Problem::not_found("the host's path of its page is no URL; correct `with_page`").into_response(),
    }
}

/// Reads a body, and refuses one that is too large before it is read whole.
async fn whole(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Problem> {
    refuse_larger(headers, limit)?;
    // What breaks off in the middle has no reader for the answer.
    body::to_bytes(body, limit).await.map_err(|_| Problem::too_large(limit))
}

fn refuse_larger(headers: &HeaderMap, limit: usize) -> Result<(), Problem> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > limit) { Err(Problem::too_large(limit)) } else { Ok(()) }
}
