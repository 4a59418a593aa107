//! What Jumio's API is asked to do, and how that is written as HTTP.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use idvkit_core::{Header, HttpRequest, Method, Operation as _, Reject, Secret};

use crate::{
    account::Account,
    values::{ImagePath, Reference, TRANSACTIONS},
};

const INITIATE_PATH: &str = "/api/authentication/v1/web/initiate";
const JSON: &str = "application/json";
const IMAGES: &str = "image/jpeg, image/png";

idvkit_core::operations! {
    /// What Jumio's API is asked to do.
    pub enum Operation {
        /// Makes a transaction.
        Initiate = "jumio.initiate",
        /// Looks at this transaction.
        Retrieve(Reference) = "jumio.retrieve",
        /// Deletes this transaction.
        Delete(Reference) = "jumio.delete",
        /// Fetches this image: outside a session, by [`image_request`].
        Image(ImagePath) = "jumio.image",
    }
}

/// The request for an image that a callback or a retrieval named. Credentials go only to the account's own host and
/// only to the documented path (J-D20); the host must not follow redirects, and should check size and magic bytes.
///
/// # Errors
/// `image_url_foreign` for any other URL.
pub fn image_request(account: &Account, url: &str, id: String) -> Result<HttpRequest, Reject> {
    let path = ImagePath::parse(&account.api_base, url)?;
    Ok(Operation::Image(path).request(account, id, None))
}

impl Operation {
    /// The request for it, with what an initiation sends as its body.
    pub(crate) fn request(&self, account: &Account, id: String, body: Option<Vec<u8>>) -> HttpRequest {
        let administration = &account.administration;
        let (method, path, authorization, accept) = match self {
            Self::Initiate => (Method::Post, INITIATE_PATH.to_string(), &account.authorization, JSON),
            Self::Retrieve(reference) => (Method::Get, transaction(reference), administration, JSON),
            Self::Delete(reference) => (Method::Delete, transaction(reference), administration, JSON),
            Self::Image(path) => (Method::Get, path.as_str().to_string(), administration, IMAGES),
        };
        let mut headers = headers(account, authorization, accept);
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
            // A second transaction kills the link of the first.
            idempotent: *self != Self::Initiate,
            cache: None,
        }
    }
}

fn transaction(reference: &Reference) -> String {
    format!("{TRANSACTIONS}/{reference}")
}

fn headers(account: &Account, authorization: &Secret, accept: &str) -> Vec<Header> {
    let authorization = authorization.expose_str().expect("it was made of ASCII text");
    alloc::vec![
        Header::new("Accept", accept),
        Header::new("Authorization", authorization),
        Header::new("User-Agent", account.user_agent.as_str()),
    ]
}
