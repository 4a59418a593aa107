//! The operations of biometric.kz's API, and their HTTP requests.

use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

use idvkit_core::{Header, HttpRequest, Method, Operation as _};

use crate::{account::Account, values::SessionId};

const CREATE_PATH: &str = "/api/v1/flows/session/create/";
const RESULT_PATH: &str = "/api/v1/flows/session/result/";
const JSON: &str = "application/json";

idvkit_core::operations! {
    /// The operations of biometric.kz's API.
    pub enum Operation {
        /// Creates a session.
        CreateSession = "biometric_kz.create_session",
        /// Fetches the result of this session.
        FetchResult(SessionId) = "biometric_kz.fetch_result",
    }
}

impl Operation {
    /// The request for it, with what a creation sends as its body.
    pub(crate) fn request(&self, account: &Account, id: String, body: Option<Vec<u8>>) -> HttpRequest {
        let (method, path) = match self {
            Self::CreateSession => (Method::Post, CREATE_PATH.to_string()),
            Self::FetchResult(session) => (Method::Get, format!("{RESULT_PATH}?{}", result_query(account, session))),
        };
        let mut headers = vec![Header::new("Accept", JSON)];
        if body.is_some() {
            headers.push(Header::new("Content-Type", JSON));
        }
        HttpRequest {
            id,
            operation: self.name().into(),
            method,
            url: format!("{}{path}", account.api_base),
            headers,
            body,
            timeout_ms: account.timeout_ms,
            // Each session is one of its own, and is paid for.
            idempotent: *self != Self::CreateSession,
            cache: None,
        }
    }
}

/// The key goes into the query, as the provider wants it: never log such a URL (B-Q18).
fn result_query(account: &Account, session: &SessionId) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("session_id", session.as_str())
        .append_pair("flow_api_key", &account.api_key)
        .finish()
}
