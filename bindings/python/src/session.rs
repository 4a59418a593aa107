//! `Session`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use idvkit::{Input, Request, Seed, UnixMillis};
use pyo3::{prelude::*, sync::MutexExt};

use crate::{account::Account, from_python, json, reject::raised, to_python::to_python};

/// From this size of a body on, in bytes, other Python threads run while it is worked on.
pub(crate) const LARGE: usize = 16 * 1024;

/// One user's session in one flow of one provider. Make it with `Session.open` or `Session.restore`.
///
/// Several threads may use it: calls wait for one another. Several processes coordinate through your store, by
/// compare-and-swap on `revision`.
#[pyclass(frozen, module = "idvkit")]
pub(crate) struct Session(Mutex<idvkit::Session>);

#[pymethods]
impl Session {
    /// Opens a session. Nothing is sent before the first `next`.
    ///
    /// `request` is a mapping with the member `flow`; `seed` holds 32 random bytes, `secrets.token_bytes(32)`; `now` is
    /// in milliseconds since 1970.
    ///
    /// Raises `Reject`, which names the field, the rule and the fix; `request_of_other_provider` if account and request
    /// do not belong together.
    #[staticmethod]
    fn open(
        account: &Bound<'_, Account>,
        request: &Bound<'_, PyAny>,
        seed: &Bound<'_, PyAny>,
        now: i64,
    ) -> PyResult<Self> {
        let py = account.py();
        let text = json::text(request, "request")?;
        let seed = from_python::bytes(seed, "seed")?;
        let account = &account.get().0;
        let opened = py.detach(|| {
            let request = Request::from_json(&text)?;
            idvkit::Session::open(account, request, Seed::new(&seed)?, UnixMillis(now))
        });
        opened.map(Self::of).map_err(raised(py))
    }

    /// Continues a stored session, on any machine.
    ///
    /// Raises `Reject` with the blame `snapshot`: `snapshot_malformed`, `snapshot_newer`, `snapshot_of_other_provider`,
    /// `snapshot_of_other_account`.
    #[staticmethod]
    fn restore(account: &Bound<'_, Account>, snapshot: &str) -> PyResult<Self> {
        let py = account.py();
        idvkit::Session::restore(&account.get().0, snapshot).map(Self::of).map_err(raised(py))
    }

    /// The provider of the session that a stored text holds, to choose the account for `restore`.
    ///
    /// Raises `Reject`: `snapshot_malformed`, `snapshot_newer`.
    #[staticmethod]
    fn provider_of<'py>(py: Python<'py>, snapshot: &str) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &idvkit::Session::provider_of(snapshot).map_err(raised(py))?)
    }

    /// What the host has to do now: `Send`, `Present`, `Wait` or `Done`. Asking twice gives the same value, with the
    /// same bytes and ids.
    ///
    /// `now` is in milliseconds since 1970. Outside 2020 to 2200, or before the last change, it counts as the time of the
    /// last change.
    fn next<'py>(&self, py: Python<'py>, now: i64) -> PyResult<Bound<'py, PyAny>> {
        let next = self.lock(py).next(UnixMillis(now));
        to_python(py, &next)
    }

    /// Hands an input to the session. When it returns, store the session if its `revision` changed. After an exception,
    /// nothing has changed.
    ///
    /// `input` is an instance of one of the classes of `Input`, never a dictionary, so that no client can post one.
    /// `now` is in milliseconds since 1970.
    ///
    /// Raises `Reject` with a stable code, who caused it, and what to do; `TypeError` for anything but an input, and
    /// for a text where bytes are needed.
    fn handle(&self, input: &Bound<'_, PyAny>, now: i64) -> PyResult<()> {
        let py = input.py();
        let input = from_python::input(input)?;
        let now = UnixMillis(now);
        let heard = if size(&input) < LARGE {
            self.lock(py).handle(input, now)
        } else {
            py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).handle(input, now))
        };
        heard.map_err(raised(py))
    }

    /// The session as a text. Protect it like a session table: it holds short-lived bearer values, personal data that
    /// is still to be sent, and the evidence. It never holds the account's credentials.
    fn snapshot(&self, py: Python<'_>) -> String {
        self.lock(py).snapshot()
    }

    /// The digests of the bytes that are stored beside the snapshot: images that are still to be sent. Delete the
    /// session's other bytes from the store.
    fn digests(&self, py: Python<'_>) -> Vec<String> {
        self.lock(py).digests()
    }

    /// The bytes that belong to the snapshot, as far as they are in memory: they came with an input, or by `supply`.
    fn blobs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let blobs = self.lock(py).blobs();
        to_python(py, &blobs)
    }

    /// The digests of the bytes without which the next request cannot be sent, or the evidence of a long answer cannot be
    /// given: hand those bytes to `supply`.
    fn missing(&self, py: Python<'_>) -> Vec<String> {
        self.lock(py).missing()
    }

    /// Takes bytes that were stored beside the snapshot. Returns `False` if they do not belong to it. The snapshot does
    /// not change.
    fn supply(&self, stored: &Bound<'_, PyAny>) -> PyResult<bool> {
        let bytes = from_python::bytes(stored, "stored")?;
        Ok(self.lock(stored.py()).supply(bytes))
    }

    /// The revision. It rises with every change: update the stored session only where its revision is the expected one
    /// (compare and swap).
    #[getter]
    fn revision(&self, py: Python<'_>) -> i64 {
        self.lock(py).revision()
    }

    /// What the provider announced that the user goes through, in its codes and order (`LDHP`, `F2F`), while there is a page
    /// to show or a verdict to wait for. Only biometric.kz announces it.
    #[getter]
    fn technologies(&self, py: Python<'_>) -> Vec<String> {
        self.lock(py).technologies()
    }

    /// The provider's ids of the session, newest first. Index your rows by them: `Account.reference_of` returns one of
    /// them.
    #[getter]
    fn references(&self, py: Python<'_>) -> Vec<String> {
        self.lock(py).references()
    }

    /// The evidence that the decision rests on; `None` before a decision, after an erasure, and while `missing`
    /// names its bytes. It must stay on the server.
    fn evidence<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let evidence = self.lock(py).evidence();
        to_python(py, &evidence)
    }

    /// The provider whose flow the session runs.
    #[getter]
    fn provider<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let provider = self.lock(py).provider();
        to_python(py, &provider)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("{:?}", *self.lock(py))
    }
}

impl Session {
    fn of(session: idvkit::Session) -> Self {
        Self(Mutex::new(session))
    }

    /// Lets other threads run while it waits, so that whoever holds the lock can finish. A refusal changes nothing and a
    /// panic is a bug, so what a poisoned lock holds is as good as before.
    fn lock<'a>(&'a self, py: Python<'_>) -> MutexGuard<'a, idvkit::Session> {
        self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}

fn size(input: &Input) -> usize {
    match input {
        Input::HttpResponse { body, .. } | Input::Callback { body, .. } => body.len(),
        Input::Images { images } => images.iter().map(|image| image.bytes.len()).sum(),
        _ => 0,
    }
}
