//! `Accounts`: those of a host, by its own names.

use idvkit::driver;
use pyo3::{exceptions::PyTypeError, prelude::*, types::PyMapping};

use crate::account::{Account, unpicklable};

/// One or several accounts, each under a name that you choose. Rows store this name, so keep it when keys or hosts
/// change.
///
/// `Accounts(account)` uses the provider's name, `Accounts({"jumio-eu": account, ...})` uses yours. It never changes,
/// and several threads may use it.
#[pyclass(frozen, weakref, module = "idvkit")]
pub(crate) struct Accounts(pub(crate) driver::Accounts);

#[pymethods]
impl Accounts {
    #[new]
    #[pyo3(signature = (accounts, /))]
    fn new(accounts: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(accounts) = accounts.cast::<Self>() {
            return Ok(Self(accounts.get().0.clone()));
        }
        if let Ok(only) = accounts.cast::<Account>() {
            return Ok(Self(only.get().0.clone().into()));
        }
        let wrong = || PyTypeError::new_err("accounts is an Account, or a mapping from names to accounts");
        let mut all = driver::Accounts::default();
        for named in accounts.cast::<PyMapping>().map_err(|_| wrong())?.items()? {
            let (name, account): (String, Bound<'_, Account>) = named.extract().map_err(|_| wrong())?;
            all = all.with(name, account.get().0.clone());
        }
        Ok(Self(all))
    }

    /// The account with this name.
    fn get(&self, name: &str) -> Option<Account> {
        self.0.get(name).cloned().map(Account)
    }

    /// The names of all accounts, sorted.
    #[getter]
    fn names(&self) -> Vec<&str> {
        self.0.names().collect()
    }

    /// Returns the accounts themselves, because they never change.
    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    /// Returns the accounts themselves.
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
