//! The native module of the Python package `idvkit`: it converts, calls the facade, and decides nothing.

mod account;
mod accounts;
mod driver;
mod from_python;
mod interpreter;
mod json;
mod reject;
mod requests;
mod session;
mod signed;
mod to_python;
mod values;

use pyo3::prelude::*;

/// The native part of idvkit. Use the package `idvkit`, not this module.
#[pymodule(gil_used = false)]
mod _idvkit {
    #[pymodule_export]
    use super::account::{Account, diagnose};
    #[pymodule_export]
    use super::accounts::Accounts;
    #[pymodule_export]
    use super::driver::{Driver, Tokens, Verification};
    #[pymodule_export]
    use super::functions::{best_locale, catalog, http_status, journey_from_json, outcome_from_json, read, to_json};
    #[pymodule_export]
    use super::requests::{jumio_image_request, signicat_download_request, signicat_token_request};
    #[pymodule_export]
    use super::session::Session;
    #[pymodule_export]
    use super::signed::{signed_member, verify};
    #[pymodule_export]
    use super::values::value;

    #[pymodule_init]
    fn init(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        super::interpreter::claim(module.py())
    }
}

mod functions {
    use idvkit::{Journey, Outcome, ProviderId, Reject, RejectCode, Seen};
    use pyo3::{exceptions::PyValueError, prelude::*, types::PyString};

    use crate::{json, reject::raised, to_python::to_python};

    /// Turns what a page or app saw into the text of a hint, or returns `None` if it means nothing for this journey.
    ///
    /// It needs no credentials and decides nothing. `journey` is a `Journey`, `seen` one of the classes of `Seen`;
    /// either may be its JSON text, as a page posts it. Post the hint (at most 4096 bytes) to your own server, which
    /// handles `Hint(text)`.
    #[pyfunction]
    pub(crate) fn read(journey: &Bound<'_, PyAny>, seen: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
        let journey = Journey::from_json(&json::text_or_value(journey, "journey")?).map_err(raised(journey.py()))?;
        // What a page posted may be anything; what a program makes is one of the classes.
        let seen: Seen = match seen.cast::<PyString>() {
            Ok(text) => match serde_json::from_str(&text.to_cow()?) {
                Ok(seen) => seen,
                Err(_) => return Ok(None),
            },
            Err(_) => json::parsed(&json::text(seen, "seen")?, "seen must be one of the classes of `Seen`")?,
        };
        Ok(idvkit::read(&journey, &seen))
    }

    /// The tables of a provider: error codes with their meaning, locales, browsers, frame sizes, callback addresses.
    ///
    /// Raises `ValueError` for any other name than `attestr`, `biometric_kz`, `jumio`, `signicat`.
    #[pyfunction]
    pub(crate) fn catalog<'py>(py: Python<'py>, provider: &str) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &idvkit::catalog(named(provider)?))
    }

    /// The language to ask this provider for: the first of a user's preferred languages that the provider takes.
    /// `preferred` has the best language first, like an `Accept-Language` header.
    ///
    /// Tags are looked up by RFC 4647: `fr-CA` finds `fr`. Returns `None` if the provider takes none of them: then
    /// leave `locale` out. For a provider that publishes no list, it returns the first text that is a language tag. The
    /// member `locale` of a request may also be such a list itself.
    ///
    /// Raises `ValueError` for any other name than `attestr`, `biometric_kz`, `jumio`, `signicat`.
    #[pyfunction]
    pub(crate) fn best_locale(provider: &str, preferred: Vec<String>) -> PyResult<Option<String>> {
        Ok(idvkit::best_locale(named(provider)?, preferred))
    }

    fn named(provider: &str) -> PyResult<ProviderId> {
        ProviderId::parse(provider).ok_or_else(|| {
            let names: Vec<&str> = ProviderId::ALL.iter().map(|one| one.as_str()).collect();
            PyValueError::new_err(format!("provider is one of {}", names.join(", ")))
        })
    }

    /// The HTTP status of a reject's code: for the request of a browser, and for a provider's callback. A code that this
    /// version does not know is an error of the host: 500.
    #[pyfunction]
    pub(crate) fn http_status(code: &str) -> (u16, u16) {
        let known = RejectCode::ALL.iter().find(|known| **known == code);
        known.map_or((500, 500), |known| (known.http_status(), known.callback_status()))
    }

    /// Returns a journey or an outcome as JSON.
    #[pyfunction]
    pub(crate) fn to_json(value: &Bound<'_, PyAny>) -> PyResult<String> {
        json::text(value, "value")
    }

    /// Parses an outcome from the JSON that its `to_json` returned.
    ///
    /// Raises `Reject` with the code `snapshot_malformed` if the JSON is not an outcome.
    #[pyfunction]
    pub(crate) fn outcome_from_json<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
        // Without serde's own words, which echo values.
        let refused = |_| {
            Reject::at(RejectCode::SnapshotMalformed, "outcome", "this is not the JSON of an outcome of this version")
        };
        let outcome: Outcome = serde_json::from_str(text).map_err(refused).map_err(raised(py))?;
        to_python(py, &outcome)
    }

    /// Parses a journey from JSON. Raises `Reject` with the code `journey_malformed`.
    #[pyfunction]
    pub(crate) fn journey_from_json<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &Journey::from_json(text).map_err(raised(py))?)
    }
}
