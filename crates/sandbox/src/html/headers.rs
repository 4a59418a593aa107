//! The headers of a page: what it may load, who may frame it, which devices it may ask for.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Who may show a page in a frame.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Framing {
    Anywhere,
    /// Nobody but these origins; the empty list is nobody.
    Only(Vec<String>),
}

/// Puts all headers on. `style` is the page's one inline style sheet: its digest lets it through.
pub(crate) fn sealed(mut response: Response, style: Option<&str>, framing: &Framing) -> Response {
    let headers = response.headers_mut();
    put(headers, header::CONTENT_SECURITY_POLICY.as_str(), &policy(style, framing));
    if *framing == Framing::Only(Vec::new()) {
        put(headers, header::X_FRAME_OPTIONS.as_str(), "DENY");
    }
    put(headers, "permissions-policy", "camera=(self), microphone=(self), fullscreen=(self), geolocation=()");
    put(headers, header::CACHE_CONTROL.as_str(), "no-store");
    put(headers, header::REFERRER_POLICY.as_str(), "no-referrer");
    put(headers, header::X_CONTENT_TYPE_OPTIONS.as_str(), "nosniff");
    response
}

/// Nothing inline and nothing foreign but an account's own images. There is no `form-action`: browsers apply it to the
/// redirect that follows a form, too, and that goes to the merchant.
fn policy(style: Option<&str>, framing: &Framing) -> String {
    let digest = style.map(|style| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(style)))).unwrap_or_default();
    let ancestors = match framing {
        Framing::Anywhere => "*".to_owned(),
        Framing::Only(origins) if origins.is_empty() => "'none'".to_owned(),
        Framing::Only(origins) => origins.join(" "),
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'{digest}; img-src 'self' https: http: data:; \
         media-src 'self' blob: mediastream:; connect-src 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    )
}

fn put(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (header::HeaderName::try_from(name), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}
