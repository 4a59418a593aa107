//! Requests that no session makes: what only one provider offers, mostly after a decision.

use idvkit_core::{HttpRequest, Reject, RejectCode};

use crate::{Account, jumio, signicat};

/// The request for an image that a transaction of Jumio names in the evidence of a decision. Credentials go only to the
/// account's own host (J-D20).
///
/// # Errors
/// `image_url_foreign` for any other URL; `request_of_other_provider` for an account that is not Jumio's.
pub fn jumio_image_request(account: &Account, url: &str) -> Result<HttpRequest, Reject> {
    jumio::image_request(account.jumio().ok_or_else(|| foreign("Jumio"))?, url, "image".into())
}

/// The request for an access token of Signicat, whose answer [`signicat_download_request`] takes.
///
/// # Errors
/// `request_of_other_provider` for an account that is not Signicat's.
pub fn signicat_token_request(account: &Account) -> Result<HttpRequest, Reject> {
    let own = account.signicat().ok_or_else(|| foreign("Signicat"))?;
    Ok(signicat::token_request(own, None, "token".into()))
}

/// The request for the full result of a finished process of Signicat: a ZIP with raw data and images, to be taken before
/// the dossier is deleted. `token` is the body of the answer to [`signicat_token_request`].
///
/// # Errors
/// `reference_invalid` for a text that has not the form of an id; `token_malformed` for an answer without a token;
/// `request_of_other_provider` for an account that is not Signicat's.
pub fn signicat_download_request(
    account: &Account,
    dossier: &str,
    process: &str,
    token: &[u8],
) -> Result<HttpRequest, Reject> {
    let own = account.signicat().ok_or_else(|| foreign("Signicat"))?;
    let token = signicat::AccessToken::parse(token)?;
    signicat::download_request(own, dossier, process, &token.value, "download".into())
}

fn foreign(provider: &str) -> Reject {
    let message = alloc::format!("this takes an account of {provider}");
    Reject::at(RejectCode::RequestOfOtherProvider, "account", message)
}
