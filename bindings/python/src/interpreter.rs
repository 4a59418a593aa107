//! One interpreter per process: classes and caches of the native module belong to the one that imported it first.

use std::sync::atomic::{AtomicI64, Ordering};

use pyo3::{exceptions::PyImportError, ffi, prelude::*};

const NONE: i64 = -1;
const REMEDY: &str = "another interpreter of this process uses idvkit, and would share its classes with this one, so that \
    `except Reject` catches nothing here; run one application per process: with mod_wsgi `WSGIApplicationGroup %{GLOBAL}`, or a \
    WSGIDaemonProcess for each; in a program that embeds Python, import idvkit in one interpreter only";

/// Lets the first interpreter have the module, and refuses all others.
pub(crate) fn claim(py: Python<'_>) -> PyResult<()> {
    static OWNER: AtomicI64 = AtomicI64::new(NONE);
    let current = current(py);
    match OWNER.compare_exchange(NONE, current, Ordering::SeqCst, Ordering::SeqCst) {
        Err(owner) if owner != current => Err(PyImportError::new_err(REMEDY)),
        _ => Ok(()),
    }
}

/// Ids are never used twice in a process.
#[cfg(not(windows))]
#[expect(unsafe_code, reason = "pyo3 has no safe name for these functions of the stable ABI")]
fn current(_: Python<'_>) -> i64 {
    // SAFETY: `Python` proves that this thread is attached to an interpreter, so there is one, and it lives during the call.
    unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) }
}

/// The stable ABI of Python 3.9 cannot tell them apart on Windows.
#[cfg(windows)]
fn current(_: Python<'_>) -> i64 {
    0
}
