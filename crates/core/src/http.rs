//! HTTP as data: what a host is asked to send, and what came back.

use alloc::{string::String, vec::Vec};
use core::fmt;

use crate::UnixMillis;

/// An HTTP method. Deliberately exhaustive: a host maps each method onto its HTTP client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "wire", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "wire", serde(rename_all = "UPPERCASE"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The method's name as HTTP writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// One header line. Printing it leaves the value out, as it may be a credential.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["name"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Header {
    /// The header's name, compared without regard to letter case.
    pub name: String,
    /// The header's value as a text.
    pub value: String,
}

impl Header {
    /// A header line.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// The value of the first header of that name, in any letter case.
    pub fn find<'a>(headers: &'a [Self], name: &str) -> Option<&'a str> {
        headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ({} bytes)", self.name, self.value.len())
    }
}

/// A request that the host sends exactly as it stands, without following redirects and without retries of its own.
///
/// It holds credentials. Log [`operation`](Self::operation), and never the URL, headers or body. Printing the request
/// leaves them out.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["id", "operation", "method", "timeout_ms", "idempotent"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct HttpRequest {
    /// The request's id. Pass it back in the matching `Input::HttpResponse` or `Input::HttpFailed`.
    pub id: String,
    /// The operation as `provider.operation`. It is stable and safe to log.
    pub operation: String,
    /// The HTTP method.
    pub method: Method,
    /// The absolute URL. It may hold a key: biometric.kz puts one into the query.
    pub url: String,
    /// The header lines in order. The HTTP client adds `Content-Length` and `Host`.
    pub headers: Vec<Header>,
    /// The body's bytes, if there is a body.
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::maybe_bytes"))]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::wire::Bytes>"))]
    pub body: Option<Vec<u8>>,
    /// How long to wait for the whole answer, in milliseconds.
    pub timeout_ms: u32,
    /// Whether sending the request twice does no harm. If `false`, handle `Input::Sending` and store the session before
    /// you send.
    pub idempotent: bool,
    /// If present, the host may answer this request from its own cache.
    pub cache: Option<Cache>,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("id", &self.id)
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .field("timeout_ms", &self.timeout_ms)
            .field("idempotent", &self.idempotent)
            .finish_non_exhaustive()
    }
}

/// Permission to answer a request from the host's own cache, which all sessions of an account share (an access token).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Cache {
    /// The key in the cache. It names account and scope, and holds no secret.
    pub key: String,
    /// How long an answer may be kept at most, in milliseconds. A shorter `expires_in` in the answer wins.
    pub max_age_ms: i64,
    /// The mark of a token that the provider refused. Do not answer with that token; any other will do.
    pub refused: Option<String>,
}

/// An HTTP answer, as a provider's flow reads it.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header lines.
    pub headers: &'a [Header],
    /// The body, byte for byte.
    pub body: &'a [u8],
    /// When the answer is handled.
    pub at: UnixMillis,
}

impl Response<'_> {
    /// Whether the status is in 200 to 299 (J-D3: compare with the range, never with one code).
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
