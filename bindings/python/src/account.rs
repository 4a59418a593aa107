//! `Account`, and the doctor.

use idvkit::{Config, UnixMillis};
use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyDict, PyMapping},
};

use crate::{from_python, json, reject::raised, to_python::to_python};

/// A parsed account of a provider. Make it once, at start-up. It holds the credentials and prints none of them.
///
/// `Account(provider="jumio", region="us", ...)` or `Account({"provider": "jumio", ...})`, or both: a keyword overrides
/// the dictionary. The members are those of the provider's configuration. An account never changes, and several threads
/// may use it.
///
/// Raises `Reject`, which names the field, the rule and the fix.
#[pyclass(frozen, weakref, module = "idvkit")]
pub(crate) struct Account(pub(crate) idvkit::Account);

#[pymethods]
impl Account {
    #[new]
    #[pyo3(signature = (config = None, /, **settings))]
    fn new(py: Python<'_>, config: Option<&Bound<'_, PyAny>>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let text = match (config, settings) {
            (Some(config), None) => json::text(config, "config")?,
            (None, Some(settings)) => json::text(settings, "config")?,
            (Some(config), Some(settings)) => json::text(merged(config, settings)?.as_any(), "config")?,
            (None, None) => return Err(PyTypeError::new_err("pass a configuration, or its members by keyword")),
        };
        let config = Config::from_json(&text).map_err(raised(py))?;
        idvkit::Account::new(config).map(Self).map_err(raised(py))
    }

    /// The provider of the account.
    #[getter]
    fn provider<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.provider())
    }

    /// The reference of the session that a callback or redirect belongs to. It is one of the session's
    /// `Session.references`, by which you find your row.
    ///
    /// `None` means that the input is genuine and belongs to no session: answer HTTP 200 and forget it. `now` is in
    /// milliseconds since 1970.
    ///
    /// Raises `Reject` with blame `signature` if the sender cannot be trusted, `provider` if the input cannot be
    /// parsed, and `caller` for other inputs than `Callback` and `Redirect`.
    fn reference_of(&self, input: &Bound<'_, PyAny>, now: i64) -> PyResult<Option<String>> {
        let py = input.py();
        let input = from_python::input(input)?;
        self.0.reference_of(&input, UnixMillis(now)).map_err(raised(py))
    }

    /// Returns the account itself, because it never changes.
    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    /// Returns the account itself.
    #[expect(unused_variables, reason = "a name that Python gives; nothing inside is copied")]
    fn __deepcopy__<'py>(slf: Bound<'py, Self>, memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        slf
    }

    fn __reduce__(_slf: &Bound<'_, Self>) -> PyResult<()> {
        Err(unpicklable())
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// Secrets must not get into a queue or a cache by accident.
pub(crate) fn unpicklable() -> PyErr {
    PyTypeError::new_err(
        "an account holds secrets and cannot be pickled; read the settings in each process and build it there",
    )
}

/// The signature doctor explains why the signature of an answer does not verify. The diagnosis is never an acceptance.
///
/// `body` is the whole answer as bytes, `tag` the signature that came with it. It computes several hundred times as
/// much as one verification; other threads can run meanwhile. Raises `Reject` with `nothing_signed` for a provider that
/// signs nothing.
#[pyfunction]
pub(crate) fn diagnose<'py>(
    account: &Bound<'py, Account>,
    body: &Bound<'py, PyAny>,
    tag: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let py = body.py();
    let body = from_python::bytes(body, "body")?;
    let account = &account.get().0;
    let found = py.detach(|| idvkit::diagnose(account, &body, tag)).map_err(raised(py))?;
    to_python(py, &found)
}

fn merged<'py>(config: &Bound<'py, PyAny>, settings: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyDict>> {
    let both = PyDict::new(config.py());
    both.update(config.cast::<PyMapping>()?)?;
    both.update(settings.cast::<PyMapping>()?)?;
    Ok(both)
}
