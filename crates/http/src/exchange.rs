//! Sends one request exactly as it stands.

use std::time::Duration;

use idvkit::{Header, HttpRequest, driver::Answer};

/// The largest answer that is read, in bytes. A request with a larger answer counts as failed.
pub const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// The settings that a reqwest client needs: no redirects, no retries of its own, no `Referer`. Add your own proxy,
/// certificates or user agent.
pub fn builder() -> reqwest::ClientBuilder {
    let no_redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder().redirect(no_redirects).retry(reqwest::retry::never()).referer(false)
}

/// Sends it, and logs what came of it: the operation, never the URL.
pub(crate) async fn send(http: &reqwest::Client, request: &HttpRequest) -> Option<Answer> {
    let operation = request.operation.as_str();
    match perform(http, request).await {
        Ok(answer) => {
            tracing::info!(operation, status = answer.status, "answered");
            Some(answer)
        }
        Err(why) => {
            tracing::warn!(operation, why, "no answer");
            None
        }
    }
}

/// Names what went wrong without reqwest's own text: that holds the URL.
async fn perform(http: &reqwest::Client, request: &HttpRequest) -> Result<Answer, &'static str> {
    let sending = built(http, request)?;
    let asked = sending.url().clone();
    let mut response = http.execute(sending).await.map_err(|error| kind_of(&error))?;
    // A client that was built otherwise: this is somebody else's answer.
    if *response.url() != asked {
        return Err("redirected");
    }
    let status = response.status().as_u16();
    let line = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        Some(Header::new(name.as_str(), value.to_str().ok()?))
    };
    let headers = response.headers().iter().filter_map(line).collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| kind_of(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err("answer too large");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body })
}

fn built(http: &reqwest::Client, request: &HttpRequest) -> Result<reqwest::Request, &'static str> {
    let method = reqwest::Method::from_bytes(request.method.as_str().as_bytes()).map_err(|_| "method")?;
    let time_out = Duration::from_millis(request.timeout_ms.into());
    let mut sending = http.request(method, request.url.as_str()).timeout(time_out);
    for header in &request.headers {
        sending = sending.header(header.name.as_str(), header.value.as_str());
    }
    if let Some(body) = &request.body {
        sending = sending.body(body.clone());
    }
    sending.build().map_err(|_| "the request cannot be built")
}

fn kind_of(error: &reqwest::Error) -> &'static str {
    match error {
        error if error.is_timeout() => "time-out",
        error if error.is_connect() => "no connection",
        error if error.is_body() || error.is_decode() => "the answer broke off",
        _ => "the exchange failed",
    }
}
