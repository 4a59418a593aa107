//! Requests that no session makes: what only one provider offers, mostly after a decision.

use pyo3::prelude::*;

use crate::{account::Account, from_python, reject::raised, to_python::to_python};

/// The request for an image whose URL is in a transaction, such as the evidence of a decision.
///
/// Send it with `Client.exchange`. The body of the answer is the file, JPEG or PNG: check its size and first bytes. The
/// request carries credentials, so the URL must be on the account's own host.
///
/// Raises `Reject` with `image_url_foreign` for any other URL, `request_of_other_provider` for an account that is not Jumio's.
#[pyfunction]
pub(crate) fn jumio_image_request<'py>(account: &Bound<'py, Account>, url: &str) -> PyResult<Bound<'py, PyAny>> {
    let py = account.py();
    to_python(py, &idvkit::jumio_image_request(&account.get().0, url).map_err(raised(py))?)
}

/// The request for an access token, for `signicat_download_request`. Send it with `Client.exchange`, which caches the
/// answer for all sessions of the account.
///
/// Raises `Reject` with `request_of_other_provider` for an account that is not Signicat's.
#[pyfunction]
pub(crate) fn signicat_token_request<'py>(account: &Bound<'py, Account>) -> PyResult<Bound<'py, PyAny>> {
    let py = account.py();
    to_python(py, &idvkit::signicat_token_request(&account.get().0).map_err(raised(py))?)
}

/// The request for the full result of a finished process, a ZIP file with raw data and images. Send it before the
/// dossier is deleted. `token` is the answer to `signicat_token_request`.
///
/// Raises `Reject` with `reference_invalid` if an id does not have its form, `token_malformed` if the answer has no
/// token, `request_of_other_provider` for an account that is not Signicat's.
#[pyfunction]
pub(crate) fn signicat_download_request<'py>(
    account: &Bound<'py, Account>,
    dossier: &str,
    process: &str,
    token: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = account.py();
    let token = from_python::answer(token)?;
    let request = idvkit::signicat_download_request(&account.get().0, dossier, process, &token.body);
    to_python(py, &request.map_err(raised(py))?)
}
