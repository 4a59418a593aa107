//! What Attestr's API is asked to do, and how that is written as HTTP.

use alloc::{format, string::String, vec, vec::Vec};

use idvkit_core::{Header, HttpRequest, Method, Operation as _};

use crate::{account::Account, values::HandshakeId};

const HANDSHAKES: &str = "/public/flowx/handshake";

idvkit_core::operations! {
    /// The operations of Attestr's API that a session asks for.
    pub enum Operation {
        /// Creates a handshake (A-F4).
        CreateHandshake = "attestr.create_handshake",
        /// Fetches the result of this handshake (A-F5).
        FetchResult(HandshakeId) = "attestr.fetch_result",
    }

    /// Operations on the user's device.
    pub enum Outside {
        /// Runs the flow (A-F7). Errors that a client claims have this operation.
        Launch = "attestr.launch",
        /// Uploads media: a call of the library's own, where the codes have other meanings.
        UploadMedia = "attestr.upload_media",
    }
}

impl Operation {
    /// The request for it, with what a creation sends as its body.
    pub(crate) fn request(&self, account: &Account, id: String, body: Option<Vec<u8>>) -> HttpRequest {
        let (method, url) = match self {
            Self::CreateHandshake => (Method::Post, format!("{}{HANDSHAKES}", account.api)),
            Self::FetchResult(handshake) => {
                (Method::Get, format!("{}{HANDSHAKES}/{}", account.api, handshake.as_str()))
            }
        };
        HttpRequest {
            id,
            operation: self.name().into(),
            method,
            url,
            headers: headers(account),
            body,
            timeout_ms: account.timeout_ms,
            // A second POST makes a second handshake.
            idempotent: method == Method::Get,
            cache: None,
        }
    }
}

/// `Content-Type` is documented as required for the GET too (A-F2.3).
fn headers(account: &Account) -> Vec<Header> {
    let token = account.auth_token.expose_str().expect("the parsed account has an ASCII token");
    vec![
        Header::new("Authorization", format!("Basic {token}")),
        Header::new("Content-Type", "application/json"),
        Header::new("Accept", "application/json"),
    ]
}
