//! Requests that no session makes: what only one provider offers, mostly after a decision.

use napi::bindgen_prelude::{Result, Uint8Array};
use napi_derive::napi;

use crate::{Account, reject::thrown, session::Step};

/// The request for an image that a transaction names.
#[napi]
pub fn jumio_image_request(account: &Account, url: String) -> Result<Step> {
    Step::of_request(idvkit::jumio_image_request(&account.0, &url).map_err(thrown)?)
}

/// The request for an access token.
#[napi]
pub fn signicat_token_request(account: &Account) -> Result<Step> {
    Step::of_request(idvkit::signicat_token_request(&account.0).map_err(thrown)?)
}

/// The request for the full result of a process; `token` is the body of the answer that holds the token.
#[napi]
pub fn signicat_download_request(
    account: &Account,
    dossier: String,
    process: String,
    token: Uint8Array,
) -> Result<Step> {
    Step::of_request(idvkit::signicat_download_request(&account.0, &dossier, &process, &token).map_err(thrown)?)
}
