//! Signatures without a session.

use idvkit::{Algorithm, KeyForm, Scheme, Secret};
use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyByteArray, PyBytes, PyMemoryView, PyString},
};

use crate::{from_python, json, reject::raised};

/// A body from which on other threads may run meanwhile, in bytes: some 20 microseconds of hashing.
const LONG: usize = 32 * 1024;

/// Returns `None` if `tag` is the tag of `message` under any of the `secrets`, and raises otherwise. The list is for
/// rotation.
///
/// A session does this by itself. `message` holds the signed bytes exactly as they were sent: `signed_member` cuts them
/// out of a body. The scheme is HMAC-SHA256 with the tag in `encoding` (`hex`, `base64`); with `key` as `text` the key
/// is the secret's text in UTF-8, with `hex_decoded` the bytes that its hex digits encode. A secret that is given as bytes
/// is the key as it is, with either.
///
/// Raises `Reject` with the blame `signature`: `signature_missing`, `signature_malformed` or `signature_wrong` for the
/// tag, `secret_missing` or `secret_malformed` if no secret is usable.
#[pyfunction]
#[pyo3(signature = (message, tag, secrets, *, encoding = "hex", key = "text"))]
pub(crate) fn verify(
    message: &Bound<'_, PyAny>,
    tag: &str,
    secrets: &Bound<'_, PyAny>,
    encoding: &str,
    key: &str,
) -> PyResult<()> {
    let py = message.py();
    let scheme = Scheme {
        algorithm: Algorithm::HmacSha256,
        encoding: json::word(encoding, "encoding is hex or base64")?,
        key: json::word(key, "key is text or hex_decoded")?,
    };
    let secrets = list(secrets, scheme.key)?;
    let message = from_python::borrowed(message, "message")?;
    aside(py, message.len(), || idvkit::verify(&message, tag, &secrets, scheme)).map_err(raised(py))
}

/// The value of a top-level member of a JSON object, exactly as it was sent; `None` if there is no such member.
///
/// Raises `Reject` with the blame `provider`: `json_malformed`, `json_not_object`, or `json_duplicate_member` if the
/// member occurs twice.
#[pyfunction]
pub(crate) fn signed_member<'py>(body: &Bound<'py, PyAny>, name: &str) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let py = body.py();
    let body = from_python::borrowed(body, "body")?;
    let found = aside(py, body.len(), || idvkit::signed_member(&body, name)).map_err(raised(py))?;
    Ok(found.map(|value| PyBytes::new(py, &value)))
}

/// Letting other threads run costs more than the work on a short body, and less than on a long one.
fn aside<T: Send>(py: Python<'_>, size: usize, work: impl FnOnce() -> T + Send) -> T {
    if size < LONG { work() } else { py.detach(work) }
}

/// The secrets of a list. What is wrong with one is told by its place alone.
fn list(secrets: &Bound<'_, PyAny>, form: KeyForm) -> PyResult<Vec<Secret>> {
    let wrong = || PyTypeError::new_err("secrets takes a list of str or bytes, for rotation");
    // One alone would be read as a list of letters or numbers.
    if secrets.is_instance_of::<PyString>() || is_buffer(secrets) {
        return Err(wrong());
    }
    let all = secrets.try_iter().map_err(|_| wrong())?;
    all.enumerate().map(|(at, one)| secret(&one?, at, form)).collect()
}

fn is_buffer(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<PyBytes>()
        || object.is_instance_of::<PyByteArray>()
        || object.is_instance_of::<PyMemoryView>()
}

fn secret(given: &Bound<'_, PyAny>, at: usize, form: KeyForm) -> PyResult<Secret> {
    if let Ok(text) = given.cast::<PyString>() {
        // Python's own error would hold the text.
        let text = text.to_cow().map_err(|_| {
            PyValueError::new_err(format!("secrets[{at}] has a character that UTF-8 does not encode; pass its bytes"))
        })?;
        return Ok(Secret::from(text.into_owned()));
    }
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(form.secret(bytes.as_bytes()));
    }
    let Ok(view) = PyMemoryView::from(given) else {
        let kind = given.get_type().name()?;
        return Err(PyTypeError::new_err(format!("secrets[{at}] takes str or bytes, not {kind}")));
    };
    Ok(form.secret(from_python::bytes(&view, "secrets")?))
}
