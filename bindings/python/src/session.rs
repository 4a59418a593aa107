//! `Session`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use idvkit::{Input, Request, Seed, UnixMillis};
use pyo3::{prelude::*, sync::MutexExt};

use crate::{account::Account, from_python, json, reject::raised, to_python::to_python};

/// From this size of a body on, in bytes, other Python threads run while it is worked on.
pub(crate) const LARGE: usize = 16 * 1024;

/// One user's way through one flow. Make it with `Session.open` or `Session.restore`.
///
/// It may be used from several threads: calls wait for one another. Several processes agree through your store, with
/// compare-and-swap on `revision`.
#[pyclass(frozen, module = "idvkit")]
pub(crate) struct Session(Mutex<idvkit::Session>);

#[pymethods]
impl Session {
    /// Opens a session. Nothing is sent before the first `next`.
    ///
    /// `request` is a mapping with the member `flow`; `seed` holds 32 bytes, `secrets.token_bytes(32)`; `now` is in
    /// milliseconds since 1970.
    ///
    /// Raises `Reject` with the field, the rule and the fix; `request_of_other_provider` if account and request do not
    /// belong together.
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

    /// Whose session a stored text holds, to pick the account for `restore`.
    ///
    /// Raises `Reject`: `snapshot_malformed`, `snapshot_newer`.
    #[staticmethod]
    fn provider_of<'py>(py: Python<'py>, snapshot: &str) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &idvkit::Session::provider_of(snapshot).map_err(raised(py))?)
    }

    /// What to do now: `Send`, `Present`, `Wait` or `Done`. Asking twice gives the same answer, bytes and ids.
    ///
    /// `now` is in milliseconds since 1970. Outside 2020 to 2200, or before the last change, it counts as the time of the
    /// last change.
    fn next<'py>(&self, py: Python<'py>, now: i64) -> PyResult<Bound<'py, PyAny>> {
        let next = self.lock(py).next(UnixMillis(now));
        to_python(py, &next)
    }

    /// Tells the session something. A return means heard: store if `revision` moved. A refusal changed nothing.
    ///
    /// `input` is one of the classes of `Input`, never a dictionary: a client must not be able to post one. `now` is in
    /// milliseconds since 1970.
    ///
    /// Raises `Reject` with a stable code, whose fault it is, and what to do; `TypeError` for anything but an input, and
    /// for text where bytes are meant.
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

    /// The session as text. Store it like a session table: it holds short-lived bearer values, personal data still to be
    /// sent, and the evidence; never the account's credentials.
    fn snapshot(&self, py: Python<'_>) -> String {
        self.lock(py).snapshot()
    }

    /// The digests of what is stored beside the snapshot: images that are still to be sent. A store drops all others of the
    /// session.
    fn digests(&self, py: Python<'_>) -> Vec<String> {
        self.lock(py).digests()
    }

    /// Those bytes, as far as they are at hand: they came with an input, or by `supply`.
    fn blobs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let blobs = self.lock(py).blobs();
        to_python(py, &blobs)
    }

    /// The digests of the bytes without which the next request cannot be sent: `supply` them.
    fn missing(&self, py: Python<'_>) -> Vec<String> {
        self.lock(py).missing()
    }

    /// Takes bytes that were stored beside the snapshot. `False` if they do not belong to it. No change to be stored.
    fn supply(&self, stored: &Bound<'_, PyAny>) -> PyResult<bool> {
        let bytes = from_python::bytes(stored, "stored")?;
        Ok(self.lock(stored.py()).supply(bytes))
    }

    /// Rises with every change: store with compare-and-swap on it.
    #[getter]
    fn revision(&self, py: Python<'_>) -> i64 {
        self.lock(py).revision()
    }

    /// The provider's ids, newest first: index your rows by them, `Account.reference_of` names one of them.
    #[getter]
    fn references(&self, py: Python<'_>) -> Vec<String> {
        self.lock(py).references()
    }

    /// What the decision rests on; `None` before a decision and after an erasure. It must stay on the server.
    fn evidence<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let evidence = self.lock(py).evidence();
        to_python(py, &evidence)
    }

    /// Whose flow.
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
