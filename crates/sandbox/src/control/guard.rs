//! The control API has no credentials, so a page of another site must not reach it through a person's browser.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use idvkit_core::settings::is_private_host;
use serde_json::json;

use crate::MARK;

/// Lets through programs, and pages of this machine; refuses other sites' pages.
pub(crate) async fn only_from_here(request: Request, next: Next) -> Response {
    match refusal(request.headers()) {
        Some(why) => (StatusCode::FORBIDDEN, Json(json!({ "error": why }))).into_response(),
        None => next.run(request).await,
    }
}

fn refusal(headers: &HeaderMap) -> Option<&'static str> {
    if headers.contains_key(MARK) {
        return Some("a sandbox sent this: the address of a callback cannot be the control API");
    }
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST).unwrap_or_default();
    if !host_of(host).is_some_and(|host| is_private_host(&host)) {
        return Some(
            "Host: use localhost, a private address, or a name without dots or below internal, local or test; any other may be DNS \
             rebinding",
        );
    }
    let origin = text(header::ORIGIN)?;
    let from = origin.split_once("://").and_then(|(_, from)| host_of(from));
    let is_ours = from.is_some_and(|from| is_local(&from)) || origin.split_once("://").is_some_and(|(_, o)| o == host);
    (!is_ours).then_some("Origin: only programs, and pages of this machine, may use the control API")
}

fn host_of(authority: &str) -> Option<String> {
    let uri = Uri::builder().scheme("http").authority(authority).path_and_query("/").build().ok()?;
    Some(uri.host()?.to_ascii_lowercase())
}

fn is_local(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    let is_loopback = host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback());
    is_loopback || host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a host"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
        }
        refusal(&headers).is_none()
    }

    #[test]
    fn programs_and_local_pages_may() {
        for host in [
            "127.0.0.1:4000",
            "localhost:4000",
            "[::1]:4000",
            "192.168.1.7:4000",
            "10.0.2.2:4000",
            "host.docker.internal:4000",
            "sandbox:4000",
            "sandbox",
        ] {
            assert!(allowed(host, None), "{host}");
            assert!(allowed(host, Some("http://localhost:4100")), "{host}");
        }
        assert!(allowed("sandbox:4000", Some("http://sandbox:4000")));
    }

    #[test]
    fn callbacks_may_not() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "127.0.0.1:4000".parse().expect("a host"));
        assert!(refusal(&headers).is_none());
        headers.insert(MARK, "idvkit".parse().expect("a mark"));
        assert!(refusal(&headers).is_some());
    }

    #[test]
    fn other_sites_pages_may_not() {
        for origin in
            ["https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1.evil.example", ""]
        {
            assert!(!allowed("127.0.0.1:4000", Some(origin)), "{origin}");
        }
        for host in [
            "evil.example",
            "192.0.2.1",
            "netverify.com",
            "evil.example:4000",
            "127.0.0.1.evil.example:4000",
            "localhost@evil.example",
            "",
        ] {
            assert!(!allowed(host, None), "{host}");
        }
    }
}
