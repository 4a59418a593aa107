//! Requests that no session makes: what only one provider offers, mostly after a decision.

use idvkit::{HttpRequest, RejectCode, driver::Answer, jumio, signicat};

use crate::{Account, Reject};

/// The request for an image that a transaction of Jumio's names, among the evidence of a decision.
///
/// Credentials go only to the account's own host. Send it with `Client.exchange`; its answer's body is the file, JPEG or PNG:
/// check its size and first bytes.
///
/// Refuses with `image_url_foreign` any other URL, with `request_of_other_provider` an account that is not Jumio's.
#[uniffi::export]
pub fn jumio_image_request(account: &Account, url: &str) -> Result<HttpRequest, Reject> {
    let own = account.0.jumio().ok_or_else(|| foreign("Jumio"))?;
    Ok(jumio::image_request(own, url, "image".into())?)
}

/// The request for an access token of Signicat's, for `signicat_download_request`. Send it with `Client.exchange`, which keeps the
/// answer for all.
///
/// Refuses with `request_of_other_provider` an account that is not Signicat's.
#[uniffi::export]
pub fn signicat_token_request(account: &Account) -> Result<HttpRequest, Reject> {
    let own = account.0.signicat().ok_or_else(|| foreign("Signicat"))?;
    Ok(signicat::token_request(own, None, "token".into()))
}

/// The request for the full result of a finished process of Signicat's: a ZIP with raw data and images, to be taken before the
/// dossier is deleted. `token` is the answer to `signicat_token_request`.
///
/// Refuses with `reference_invalid` what has not the form of an id, with `token_malformed` an answer without a token, with
/// `request_of_other_provider` an account that is not Signicat's.
#[uniffi::export]
pub fn signicat_download_request(
    account: &Account,
    dossier: &str,
    process: &str,
    token: Answer,
) -> Result<HttpRequest, Reject> {
    let own = account.0.signicat().ok_or_else(|| foreign("Signicat"))?;
    let token = signicat::AccessToken::parse(&token.body)?;
    Ok(signicat::download_request(own, dossier, process, &token.value, "download".into())?)
}

fn foreign(provider: &str) -> Reject {
    let message = format!("this takes an account of {provider}");
    idvkit::Reject::at(RejectCode::RequestOfOtherProvider, "account", message).into()
}
