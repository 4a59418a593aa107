//! `Reject` as a Python exception.

use idvkit::Reject;
use pyo3::{prelude::*, sync::PyOnceLock, types::PyType};

use crate::to_python::to_python;

/// For `map_err`: the exception that a refusal becomes.
pub(crate) fn raised(py: Python<'_>) -> impl Fn(Reject) -> PyErr + '_ {
    move |reject| exception(py, &reject).unwrap_or_else(|error| error)
}

fn exception(py: Python<'_>, reject: &Reject) -> PyResult<PyErr> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, "idvkit._reject", "Reject")?;
    let blame = to_python(py, &reject.blame())?;
    let exception = class.call1((reject.code().as_str(), blame, reject.field(), reject.message()))?;
    Ok(PyErr::from_value(exception))
}
