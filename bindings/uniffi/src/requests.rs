//! Requests that no session makes: what only one provider offers, mostly after a decision.

use idvkit::{HttpRequest, driver::Answer};

use crate::{Account, Reject};

/// The request for an image that a transaction of Jumio's names, among the evidence of a decision.
///
/// Credentials go only to the account's own host. Send it with `Client.exchange`; its answer's body is the file, JPEG or PNG:
/// check its size and first bytes.
///
/// Refuses with `image_url_foreign` any other URL, with `request_of_other_provider` an account that is not Jumio's.
#[uniffi::export]
pub fn jumio_image_request(account: &Account, url: &str) -> Result<HttpRequest, Reject> {
    Ok(idvkit::jumio_image_request(&account.0, url)?)
}

/// The request for an access token of Signicat's, for `signicat_download_request`. Send it with `Client.exchange`, which keeps the
/// answer for all.
///
/// Refuses with `request_of_other_provider` an account that is not Signicat's.
#[uniffi::export]
pub fn signicat_token_request(account: &Account) -> Result<HttpRequest, Reject> {
    Ok(idvkit::signicat_token_request(&account.0)?)
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
    Ok(idvkit::signicat_download_request(&account.0, dossier, process, &token.body)?)
}
