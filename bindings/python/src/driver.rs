//! `Driver`, `Verification` and `Tokens`: the host's half of the protocol.

use std::sync::{Mutex, PoisonError};

use idvkit::{
    Seed, UnixMillis,
    driver::{self, Plan, Told},
};
use pyo3::{prelude::*, sync::MutexExt, types::PyMapping};

use crate::{accounts::Accounts, from_python, json, reject::raised, session::LARGE, to_python::to_python};

/// One call for one verification, such as begin or advance, without I/O: it asks the host for one piece of I/O after
/// the other, until it rests.
///
/// Make it with `begin`, `advance`, `tell` or `hear`. Then do what `ask` says and pass the result to `told`, until it
/// asks for nothing more. It holds no lock and no resource of the store: drop it at any time. If a process dies in the
/// middle, the verification is due again.
#[pyclass(frozen, module = "idvkit")]
pub(crate) struct Driver(Mutex<driver::Driver>);

#[pymethods]
impl Driver {
    /// Begins a verification: stores it as a new row, unless a row with this key exists. It ends in `AskHeard` with the
    /// id of the new or the existing verification.
    ///
    /// `plan` is a request, or a list of steps that each have one. `seed` holds 32 random bytes,
    /// `secrets.token_bytes(32)`. `key` is your own key of the verification, such as an order number. With `deliver`,
    /// the outcome is delivered by `AskDeliver`.
    ///
    /// Raises `Reject` as `Session.open` does for each request of the plan; `key_invalid`, `plan_malformed`,
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

    /// Advances a verification: does everything that can be done now. It ends in `AskRest` with what the verification
    /// waits for, or how it ended.
    #[staticmethod]
    fn advance(accounts: &Bound<'_, Accounts>, id: &str) -> Self {
        Self::of(driver::Driver::advance(&accounts.get().0, id))
    }

    /// Loads a verification to look at it, with the bytes that its evidence needs. It ends in `AskHeard`, without an id if there is
    /// no such verification; `verification()` then has it. Nothing is changed or sent.
    #[staticmethod]
    fn inspect(accounts: &Bound<'_, Accounts>, id: &str) -> Self {
        Self::of(driver::Driver::inspect(&accounts.get().0, id))
    }

    /// Hands an input to a verification. It ends in `AskHeard` when the change is stored. If the session refuses the
    /// input, `told` raises its `Reject`.
    #[staticmethod]
    fn tell(accounts: &Bound<'_, Accounts>, id: &str, input: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self::of(driver::Driver::tell(&accounts.get().0, id, from_python::input(input)?)))
    }

    /// Hands a `Redirect` or `Callback` to the verification that it belongs to. It ends in `AskHeard` with the
    /// verification's id, or without an id if the input is genuine and belongs to no verification.
    ///
    /// If each account has its own URL, pass the account's name as `account`; otherwise all accounts are tried.
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

    /// What the host has to do now. It stays the same until the host calls `told`.
    fn ask<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let ask = self.lock(py).ask().clone();
        to_python(py, &ask)
    }

    /// Tells the driver what came of the last ask, as one of the classes of `Told`. After an exception, nothing has
    /// changed. `now` is in milliseconds since 1970.
    ///
    /// Raises `Reject`: that of a session; with blame `snapshot` if the stored text cannot be used;
    /// `verification_unknown`; `conflict` if other workers stored a change first a hundred times in a row;
    /// `told_unexpected` if the driver had asked for something else.
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

    /// The verification as the driver knows it: as it is stored, or about to be stored; `None` before it is loaded.
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

/// One user's verification, as its row holds it, to inspect it: one session, or several that are tried one after
/// another.
#[pyclass(frozen, module = "idvkit")]
pub(crate) struct Verification(driver::Verification);

#[pymethods]
impl Verification {
    /// Restores a verification from the text of its row, `Row.snapshot`.
    ///
    /// Raises `Reject` with the blame `snapshot`: `snapshot_malformed`, `snapshot_newer`, `snapshot_of_other_provider`,
    /// `snapshot_of_other_account`; `account_unknown` if an account that it names is not among the accounts.
    #[staticmethod]
    fn restore(accounts: &Bound<'_, Accounts>, snapshot: &str) -> PyResult<Self> {
        let py = accounts.py();
        driver::Verification::restore(&accounts.get().0, snapshot).map(Self).map_err(raised(py))
    }

    /// What the verification waits for, or how it ended. Asking twice gives the same value.
    ///
    /// `now` is in milliseconds since 1970. Outside 2020 to 2200, or before the last change, it counts as the time of the
    /// last change.
    fn next<'py>(&self, py: Python<'py>, now: i64) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.next(UnixMillis(now)))
    }

    /// The verification's id: 32 hex digits.
    #[getter]
    fn id(&self) -> &str {
        self.0.id()
    }

    /// The host's own key of the verification.
    #[getter]
    fn key(&self) -> &str {
        self.0.key()
    }

    /// The revision. It rises with every change.
    #[getter]
    fn revision(&self) -> i64 {
        self.0.revision()
    }

    /// How the verification ended; `None` while it runs.
    #[getter]
    fn outcome<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.outcome())
    }

    /// The sessions that were tried so far, oldest first: which of them decided, and why the others did not.
    #[getter]
    fn attempts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.attempts())
    }

    /// What the provider announced that the user goes through, in its codes and order (`LDHP`, `F2F`), while there is a page
    /// to show or a verdict to wait for. Only biometric.kz announces it.
    #[getter]
    fn technologies(&self) -> Vec<String> {
        self.0.technologies()
    }

    /// The providers' ids of the verification, newest first.
    #[getter]
    fn references<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.references())
    }

    /// The delivery of the outcome, if deliveries were asked for and there is an outcome.
    #[getter]
    fn delivery<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.delivery())
    }

    /// The evidence that the decision rests on; `None` before a decision and after an erasure, and for a long answer
    /// unless it was loaded by `Driver.inspect`. It must stay on the server.
    fn evidence<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.0.evidence())
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// The cached access tokens of a process: one value for all its drivers. Several threads may use it.
///
/// For an `AskExchange` with `exclusive`, take a lock for that key. Then call `kept`, send the request only if that
/// returns `None`, and pass the answer to `keep` before you release the lock. So the first of all that wait fetches the
/// token, and the others use it.
#[pyclass(frozen, module = "idvkit")]
#[derive(Default)]
pub(crate) struct Tokens(Mutex<driver::Tokens>);

#[pymethods]
impl Tokens {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// The cached answer to this request, if there is one: its token has not expired, and is not the one that was
    /// refused.
    fn kept<'py>(&self, request: &Bound<'py, PyAny>, now: i64) -> PyResult<Bound<'py, PyAny>> {
        let py = request.py();
        let request = from_python::request(request)?;
        let kept = self.lock(py).kept(&request, UnixMillis(now));
        to_python(py, &kept)
    }

    /// Caches the answer to this request if the request allows it and the answer holds a token.
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
