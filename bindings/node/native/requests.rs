//! Requests that no session makes: what only one provider offers, mostly after a decision.

use idvkit::{Reject, RejectCode, jumio, signicat};
use napi::bindgen_prelude::{Error, Result, Uint8Array};
use napi_derive::napi;

use crate::{Account, reject::thrown, session::Step};

/// The request for an image that a transaction names.
#[napi]
pub fn jumio_image_request(account: &Account, url: String) -> Result<Step> {
    let own = account.0.jumio().ok_or_else(|| foreign("Jumio"))?;
    Step::of_request(jumio::image_request(own, &url, "image".into()).map_err(thrown)?)
}

/// The request for an access token.
#[napi]
pub fn signicat_token_request(account: &Account) -> Result<Step> {
    let own = account.0.signicat().ok_or_else(|| foreign("Signicat"))?;
    Step::of_request(signicat::token_request(own, None, "token".into()))
}

/// The request for the full result of a process; `token` is the body of the answer that holds the token.
#[napi]
pub fn signicat_download_request(
    account: &Account,
    dossier: String,
    process: String,
    token: Uint8Array,
) -> Result<Step> {
    let own = account.0.signicat().ok_or_else(|| foreign("Signicat"))?;
    let request = signicat::AccessToken::parse(&token)
        .and_then(|token| signicat::download_request(own, &dossier, &process, &token.value, "download".into()));
    Step::of_request(request.map_err(thrown)?)
}

fn foreign(provider: &str) -> Error {
    let message = format!("this takes an account of {provider}");
    thrown(Reject::at(RejectCode::RequestOfOtherProvider, "account", message))
}
