//! Where a session is kept between calls.

use std::{convert::Infallible, future::Future, sync::Mutex};

use idvkit::{Account, Reject, Session};

/// One stored session: the row that a worker loads and swaps.
pub trait Store: Sync {
    /// What can go wrong with the store itself.
    type Error;

    /// Loads the session as it is stored now.
    fn load(&self) -> impl Future<Output = Result<Session, Self::Error>> + Send;

    /// Replaces it if its stored revision is still `expected`; `false` if another worker was first.
    fn swap(&self, expected: i64, session: &Session) -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// A store in memory, for tests and programs that live as long as their session. It keeps the snapshot's text, as a
/// database would.
#[derive(Debug)]
pub struct MemoryStore {
    account: Account,
    row: Mutex<Row>,
}

struct Row {
    revision: i64,
    snapshot: String,
}

impl MemoryStore {
    /// Stores a newly opened session.
    pub fn new(account: Account, session: &Session) -> Self {
        Self { account, row: Mutex::new(Row::of(session)) }
    }

    /// The stored text.
    pub fn snapshot(&self) -> String {
        self.row().snapshot.clone()
    }

    /// The session as it is stored now.
    ///
    /// # Errors
    /// Only if the stored text was tampered with.
    pub fn session(&self) -> Result<Session, Reject> {
        Session::restore(&self.account, &self.row().snapshot)
    }

    fn row(&self) -> std::sync::MutexGuard<'_, Row> {
        self.row.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    type Error = Infallible;

    async fn load(&self) -> Result<Session, Infallible> {
        Ok(self.session().expect("the row holds only what `snapshot` gave for this account"))
    }

    async fn swap(&self, expected: i64, session: &Session) -> Result<bool, Infallible> {
        let mut row = self.row();
        let first = row.revision == expected;
        if first {
            *row = Row::of(session);
        }
        Ok(first)
    }
}

impl Row {
    fn of(session: &Session) -> Self {
        Self { revision: session.revision(), snapshot: session.snapshot() }
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").field("revision", &self.revision).finish_non_exhaustive()
    }
}
