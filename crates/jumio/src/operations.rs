//! The operations of Jumio's API, and their HTTP requests.

use alloc::{format, string::String, vec, vec::Vec};

use idvkit_core::{Header, HttpRequest, Method, Operation as _, Reject, RejectCode, Secret};

use crate::{account::Account, values::Reference};

const INITIATE_PATH: &str = "/api/authentication/v1/web/initiate";
/// The path of all transactions, below which each has its reference (J-F8).
const TRANSACTIONS: &str = "/api/netverify/v2/authentications";
const JSON: &str = "application/json";

idvkit_core::operations! {
    /// The operations of Jumio's API that a session asks for.
    pub enum Operation {
        /// Creates a transaction.
        Initiate = "jumio.initiate",
        /// Retrieves this transaction.
        Retrieve(Reference) = "jumio.retrieve",
        /// Deletes this transaction.
        Delete(Reference) = "jumio.delete",
    }

    /// Operations that no session asks for.
    pub enum Outside {
        /// The user's journey on Jumio's page, whose errors are those of J-F4.
        Journey = "jumio.journey",
        /// Fetches an image; see [`image_request`].
        Image = "jumio.image",
    }
}

/// The request for an image whose URL a callback or a retrieval gave. It carries credentials, so the URL must be on the
/// account's own host and at the documented path (J-D20). The host must not follow redirects, and should check the size
/// and the first bytes of the answer.
///
/// # Errors
/// `image_url_foreign` for any other URL.
pub fn image_request(account: &Account, url: &str, id: String) -> Result<HttpRequest, Reject> {
    let path = url.strip_prefix(account.api_base.as_str()).filter(|path| is_image(path)).ok_or_else(|| {
        let rule = "credentials are sent only to the account's own host and the documented image paths";
        Reject::at(RejectCode::ImageUrlForeign, "url", rule)
    })?;
    let headers = headers(account, &account.administration, "image/jpeg, image/png");
    Ok(HttpRequest { headers, ..get(account, Outside::Image.name(), path, id) })
}

impl Operation {
    /// The request for it, with what an initiation sends as its body.
    pub(crate) fn request(&self, account: &Account, id: String, body: Option<Vec<u8>>) -> HttpRequest {
        match self {
            Self::Initiate => {
                let mut headers = headers(account, &account.authorization, JSON);
                headers.push(Header::new("Content-Type", JSON));
                let request = get(account, self.name(), INITIATE_PATH, id);
                // A second transaction kills the link of the first.
                HttpRequest { method: Method::Post, headers, body, idempotent: false, ..request }
            }
            Self::Retrieve(reference) => get(account, self.name(), &transaction(reference), id),
            Self::Delete(reference) => {
                HttpRequest { method: Method::Delete, ..get(account, self.name(), &transaction(reference), id) }
            }
        }
    }
}

fn get(account: &Account, operation: &str, path: &str, id: String) -> HttpRequest {
    HttpRequest {
        id,
        operation: operation.into(),
        method: Method::Get,
        url: format!("{}{path}", account.api_base),
        headers: headers(account, &account.administration, JSON),
        body: None,
        timeout_ms: account.timeout_ms,
        idempotent: true,
        cache: None,
    }
}

fn headers(account: &Account, authorization: &Secret, accept: &str) -> Vec<Header> {
    let authorization = authorization.expose_str().expect("it was made of ASCII text");
    vec![
        Header::new("Accept", accept),
        Header::new("Authorization", authorization),
        Header::new("User-Agent", account.user_agent.as_str()),
    ]
}

fn transaction(reference: &Reference) -> String {
    format!("{TRANSACTIONS}/{reference}")
}

/// Whether this is the path of an image of some transaction.
fn is_image(path: &str) -> bool {
    let segments: Vec<&str> = path.strip_prefix(TRANSACTIONS).map_or_else(Vec::new, |below| below.split('/').collect());
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok();
    match segments.as_slice() {
        ["", reference, "images", "face"] => Reference::read(reference).is_some(),
        ["", reference, "images", "liveness", place] => Reference::read(reference).is_some() && number(place),
        _ => false,
    }
}
