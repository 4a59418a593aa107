//! `Driver`, `Verification` and `Tokens`: the host's half of the protocol.

use std::sync::{Mutex, PoisonError};

use idvkit::{
    Seed, UnixMillis,
    driver::{self, Plan, Told},
};
use pyo3::{prelude::*, sync::MutexExt, types::PyMapping};

use crate::{accounts::Accounts, from_python, json, reject::raised, session::LARGE, to_python::to_python};

/// One errand for one verification: it asks for I/O, one thing after the other, until it rests. It does none itself.
///
/// Make it with `begin`, `advance`, `tell` or `hear`; then do what `ask` says and tell `told` what came of it, until it asks for
/// nothing more. It has no lock and nothing of the store's: drop it at any time. What an accident leaves undone is due again.
#[pyclass(frozen, module = "idvkit")]
pub(crate) struct Driver(Mutex<driver::Driver>);

#[pymethods]
impl Driver {
    /// Stores a new verification, unless there is one of this key: comes to `AskHeard` with the id of the one or the other.
    ///
    /// `plan` is a request, or a list of steps of which each has one. `seed` holds 32 bytes, `secrets.token_bytes(32)`; `key`
    /// is your own name for it, such as an order's number. With `deliver`, its outcome comes by `AskDeliver`.
    ///
    /// Raises `Reject` for whatever is wrong with the plan, as `Session.open` does; `key_invalid`, `plan_malformed`,
    /// `account_unknown`.
    #[staticmethod]
    #[pyo3(signature = (accounts, plan, seed, key, now, *, deliver = false))]
    fn begin(
        accounts: &Bound<'_, Accounts>,
        plan: &Bound<'_, PyAny>,
        seed: &Bound<'_, PyAny>,
        key: &str,
        now: i64,
        deliver: bool,
    ) -> PyResult<Self> {
        let py = accounts.py();
        let name = if plan.is_instance_of::<PyMapping>() { "request" } else { "plan" };
        let text = json::text(plan, name)?;
        let seed = from_python::bytes(seed, "seed")?;
        let accounts = &accounts.get().0;
        let begun = py.detach(|| {
            let plan = Plan { deliver, ..Plan::from_json(&text)? };
            driver::Driver::begin(accounts, plan, Seed::new(&seed)?, key, UnixMillis(now))
        });
        begun.map(Self::of).map_err(raised(py))
    }

    /// Does what can be done now: comes to `AskRest` with what is waited for, or how it ended.
    #[staticmethod]
    fn advance(accounts: &Bound<'_, Accounts>, id: &str) -> Self {
        Self::of(driver::Driver::advance(&accounts.get().0, id))
    }

    /// Tells a verification something: comes to `AskHeard` once that is stored. `told` raises what its session refuses.
    #[staticmethod]
    fn tell(accounts: &Bound<'_, Accounts>, id: &str, input: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self::of(driver::Driver::tell(&accounts.get().0, id, from_python::input(input)?)))
    }

    /// Tells a `Redirect` or `Callback` to the verification that it is about: comes to `AskHeard` with its id, or with none if
    /// it is genuine, but nobody's.
    ///
    /// `account` names the one that it can be from, if the URL at which it came says so; otherwise all are tried.
    ///
    /// Raises `Reject` as `Account.reference_of` does; `account_unknown`.
    #[staticmethod]
    #[pyo3(signature = (accounts, input, now, *, account = None))]
    fn hear(
        accounts: &Bound<'_, Accounts>,
        input: &Bound<'_, PyAny>,
        now: i64,
        account: Option<&str>,
    ) -> PyResult<Self> {
        let input = from_python::input(input)?;
        let heard = driver::Driver::hear(&accounts.get().0, account, input, UnixMillis(now));
        heard.map(Self::of).map_err(raised(accounts.py()))
    }

    /// What to do now. It stays the same until `told` what came of it.
    fn ask<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let ask = self.lock(py).ask().clone();
        to_python(py, &ask)
    }

    /// Takes in what came of it, one of the classes of `Told`. A refusal changed nothing. `now` is in milliseconds since 1970.
    ///
    /// Raises `Reject`: whatever a session refuses; blame `snapshot` for a text that cannot be used; `verification_unknown`;
    /// `conflict` if other workers kept winning; `told_unexpected` for an answer to something else.
    fn told(&self, told: &Bound<'_, PyAny>, now: i64) -> PyResult<()> {
        let py = told.py();
        let told = from_python::told(told)?;
        let now = UnixMillis(now);
        let heard = if size(&told) < LARGE {
            self.lock(py).told(told, now)
        } else {
            py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).told(told, now))
        };
        heard.map_err(raised(py))
    }

    /// The verification as the driver knows it: what is stored, or about to be; `None` before it is loaded.
    fn verification(&self, py: Python<'_>) -> Option<Verification> {
        self.lock(py).verification().cloned().map(Verification)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("{:?}", *self.lock(py))
    }
}

impl Driver {
    fn of(driver: driver::Driver) -> Self {
        Self(Mutex::new(driver))
    }

    /// As a session's.
    fn lock<'a>(&'a self, py: Python<'_>) -> std::sync::MutexGuard<'a, driver::Driver> {
        self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}

/// One user's verification as a row holds it, to look at: one session, or several after one another.
#[pyclass(frozen, module = "idvkit")]
pub(crate) struct Verification(driver::Verification);

#[pymethods]
impl Verification {
    /// Reads the text of a row, `Row.snapshot`.
    ///
    /// Raises `Reject` with the blame `snapshot`: `snapshot_malformed`, `snapshot_newer`, `snapshot_of_other_provider`,
    /// `snapshot_of_other_account`; `account_unknown` if an account that it names is not among the accounts.
    #[staticmethod]
    fn restore(accounts: &Bound<'_, Accounts>, snapshot: &str) -> PyResult<Self> {
        let py = accounts.py();
        driver::Verification::restore(&accounts.get().0, snapshot).map(Self).map_err(raised(py))
    }

    /// What it waits for, or how it ended. Asking twice gives the same answer.
    ///
    /// `now` is in milliseconds since 1970. Outside 2020 to 2200, or before the last change, it counts as the time of the
    /// last change.
    fn next<'py>(&self, py: Python<'py>, now: i64) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.next(UnixMillis(now)))
    }

    /// Its name: 32 hex digits.
    #[getter]
    fn id(&self) -> &str {
        self.0.id()
    }

    /// The host's own name for it.
    #[getter]
    fn key(&self) -> &str {
        self.0.key()
    }

    /// Rises with every change.
    #[getter]
    fn revision(&self) -> i64 {
        self.0.revision()
    }

    /// How it ended, if it has.
    #[getter]
    fn outcome<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.outcome())
    }

    /// The sessions that were tried so far, oldest first: which of them decided, and why the others did not.
    #[getter]
    fn attempts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.attempts())
    }

    /// The providers' ids, newest first.
    #[getter]
    fn references<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.references())
    }

    /// The outcome on its way to the host, if it wants it.
    #[getter]
    fn delivery<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.delivery())
    }

    /// What the decision rests on; `None` before a decision and after an erasure. It must stay on the server.
    fn evidence<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.evidence())
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// The access tokens of a process: one value for all its drivers. It may be used from several threads.
///
/// For an `AskExchange` with `exclusive`, wait for your turn with that key; then ask `kept`, send the request only if it has
/// nothing, and give the answer to `keep` before the turn ends. So the first of all that wait fetches the token, and the others
/// take it.
#[pyclass(frozen, module = "idvkit")]
#[derive(Default)]
pub(crate) struct Tokens(Mutex<driver::Tokens>);

#[pymethods]
impl Tokens {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// The answer to this request, if there is one that will do: not run out, and not with the token that was refused.
    fn kept<'py>(&self, request: &Bound<'py, PyAny>, now: i64) -> PyResult<Bound<'py, PyAny>> {
        let py = request.py();
        let request = from_python::request(request)?;
        let kept = self.lock(py).kept(&request, UnixMillis(now));
        to_python(py, &kept)
    }

    /// Keeps the answer to this request, as far as the request allows it and it holds a token.
    fn keep(&self, request: &Bound<'_, PyAny>, answer: &Bound<'_, PyAny>, now: i64) -> PyResult<()> {
        let py = request.py();
        let (request, answer) = (from_python::request(request)?, from_python::answer(answer)?);
        self.lock(py).keep(&request, &answer, UnixMillis(now));
        Ok(())
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("{:?}", *self.lock(py))
    }
}

impl Tokens {
    fn lock<'a>(&'a self, py: Python<'_>) -> std::sync::MutexGuard<'a, driver::Tokens> {
        self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}

fn size(told: &Told) -> usize {
    match told {
        Told::Loaded { snapshot, .. } => snapshot.as_ref().map_or(0, String::len),
        Told::Exchanged { answer } => answer.as_ref().map_or(0, |answer| answer.body.len()),
        Told::Stored { .. } | Told::Delivered { .. } => 0,
    }
}
