//! The merchant's database: one `SQLite` file with sessions, the providers' ids, and what happened.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result, ensure};
use idvkit::{Account, Session};
use idvkit_http::Store;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};
use serde_json::{Value, json};

use super::private::{make_private, restrict};

/// The form of the tables. A file of another form is refused.
const FORM: i64 = 1;

const TABLES: &str = "
    CREATE TABLE sessions (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        provider TEXT NOT NULL, flow TEXT NOT NULL, locale TEXT NOT NULL, scenario TEXT NOT NULL,
        created INTEGER NOT NULL,
        snapshot TEXT NOT NULL,
        revision INTEGER NOT NULL,
        due INTEGER,          -- when a worker has to look at it; null: it is over
        shown TEXT NOT NULL,  -- what it last asked for, so that the timeline says so once
        acted INTEGER         -- when the merchant acted on its end; null: not yet
    );
    CREATE TABLE reference_ids (
        provider TEXT NOT NULL, reference TEXT NOT NULL, session TEXT NOT NULL,
        PRIMARY KEY (provider, reference)
    );
    CREATE TABLE events (sequence INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, entry TEXT NOT NULL);
    CREATE INDEX events_of_session ON events (session, sequence);
    CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL);
";

/// What a person chose.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// The provider's stable name.
    pub(super) provider: String,
    /// Which of its flows.
    pub(super) flow: String,
    /// The language.
    pub(super) locale: String,
    /// What the sandbox will do.
    pub(super) scenario: String,
}

impl Choice {
    /// The choice as a page shows it.
    pub(super) fn to_json(&self) -> Value {
        let Self { provider, flow, locale, scenario } = self;
        json!({ "provider": provider, "flow": flow, "locale": locale, "scenario": scenario })
    }
}

/// One stored session.
#[derive(Clone)]
pub(super) struct Row {
    /// The merchant's own name for it: opaque, and not to be guessed.
    pub(super) id: String,
    /// What was chosen.
    pub(super) choice: Choice,
    /// When it was opened, on the virtual clock.
    pub(super) created: i64,
    /// When the merchant acted on its end.
    pub(super) acted: Option<i64>,
    /// The session as text.
    pub(super) snapshot: String,
}

/// How far a session has come, where it stops for a while.
pub(super) struct Step<'a> {
    /// The session's revision.
    pub(super) revision: i64,
    /// The virtual time.
    pub(super) at: i64,
    /// When a worker has to look at it again; none: it is over.
    pub(super) due: Option<i64>,
    /// What tells this step from another.
    pub(super) shown: &'a str,
    /// What the timeline says about it, once.
    pub(super) entries: &'a [Value],
    /// What the merchant does about its end, once, and with that entry.
    pub(super) act: Option<&'a Value>,
}

/// The open database. Calls are short and on a local file, so nothing is gained by threads of its own.
pub(super) struct Ledger(Mutex<Connection>);

impl Ledger {
    /// Opens or makes the file; `:memory:` keeps nothing.
    ///
    /// # Errors
    /// If it cannot be opened, or is of another form.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        make_private(path)?;
        let opened = Connection::open(path).and_then(|mut connection| {
            let form = prepare(&mut connection)?;
            Ok((connection, form))
        });
        let (connection, form) = opened
            .with_context(|| format!("--data: {shown} is no database of this demo; name another file or delete it"))?;
        let fix = "name another file with --data or delete it";
        ensure!(form == FORM, "--data: {shown} was written by another version of this demo (form {form}); {fix}");
        restrict(path)?;
        let ledger = Self(Mutex::new(connection));
        ledger.review()?;
        Ok(ledger)
    }

    /// Stores a newly opened session.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn insert(&self, id: &str, choice: &Choice, created: i64, session: &Session) -> Result<()> {
        let Choice { provider, flow, locale, scenario } = choice;
        let (snapshot, revision) = (session.snapshot(), session.revision());
        self.lock().execute(
            "INSERT INTO sessions (id, provider, flow, locale, scenario, created, snapshot, revision, due, shown)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, '')",
            params![id, provider, flow, locale, scenario, created, snapshot, revision],
        )?;
        Ok(())
    }

    /// One session.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn row(&self, id: &str) -> Result<Option<Row>> {
        let sql = format!("SELECT {COLUMNS} FROM sessions WHERE id = ?1");
        Ok(self.lock().query_row(&sql, [id], row_of).optional()?)
    }

    /// The newest sessions, newest first.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn newest(&self, count: u32) -> Result<Vec<Row>> {
        let sql = format!("SELECT {COLUMNS} FROM sessions ORDER BY number DESC LIMIT ?1");
        let connection = self.lock();
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map([count], row_of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many sessions were ever opened.
    ///
    /// # Errors
    /// If they cannot be counted.
    pub(super) fn count(&self) -> Result<u32> {
        Ok(self.lock().query_row("SELECT coalesce(max(number), 0) FROM sessions", [], |row| row.get(0))?)
    }

    /// Whose id of the provider's this is; the newest session's if several had it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn session_of(&self, provider: &str, reference: &str) -> Result<Option<String>> {
        let sql = "SELECT session FROM reference_ids WHERE provider = ?1 AND reference = ?2";
        Ok(self.lock().query_row(sql, [provider, reference], |row| row.get(0)).optional()?)
    }

    /// The sessions that a worker has to look at by now.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn due(&self, now: i64) -> Result<Vec<String>> {
        let connection = self.lock();
        let mut statement = connection.prepare("SELECT id FROM sessions WHERE due <= ?1 ORDER BY number")?;
        let ids = statement.query_map([now], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Notes how far a session has come, unless it has changed since: when it is to be looked at again, what is new
    /// about it, and what the merchant does about its end. All of it or nothing: an end is not off the workers' list
    /// before somebody has acted on it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn settle(&self, id: &str, step: &Step<'_>) -> Result<()> {
        let Step { revision, at, due, shown, entries, act } = step;
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let sql = "UPDATE sessions SET shown = ?3 WHERE id = ?1 AND revision = ?2 AND shown != ?3";
        if transaction.execute(sql, params![id, revision, shown])? == 1 {
            entries.iter().try_for_each(|entry| add_entry(&transaction, id, entry))?;
        }
        if let Some(entry) = act {
            let sql = "UPDATE sessions SET acted = ?3 WHERE id = ?1 AND revision = ?2 AND acted IS NULL";
            if transaction.execute(sql, params![id, revision, at])? == 1 {
                add_entry(&transaction, id, entry)?;
            }
        }
        let sql = "UPDATE sessions SET due = ?3 WHERE id = ?1 AND revision = ?2";
        transaction.execute(sql, params![id, revision, due])?;
        Ok(transaction.commit()?)
    }

    /// Has a session looked at later, unless it has changed since.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn postpone(&self, id: &str, revision: i64, due: i64) -> Result<()> {
        let sql = "UPDATE sessions SET due = ?3 WHERE id = ?1 AND revision = ?2";
        self.lock().execute(sql, params![id, revision, due])?;
        Ok(())
    }

    /// Takes a session off the workers' list.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn park(&self, id: &str) -> Result<()> {
        self.lock().execute("UPDATE sessions SET due = NULL WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Puts every session back on the workers' list whose end nobody has acted on: a program that was stopped at the
    /// wrong moment, or an older one, may have left it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn review(&self) -> Result<()> {
        self.lock().execute("UPDATE sessions SET due = 0 WHERE due IS NULL AND acted IS NULL", [])?;
        Ok(())
    }

    /// Adds to a session's timeline.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn log(&self, id: &str, entry: &Value) -> Result<()> {
        Ok(add_entry(&self.lock(), id, entry)?)
    }

    /// A session's timeline after that entry, with the number of each.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn events_after(&self, id: &str, sequence: i64) -> Result<Vec<(i64, String)>> {
        let connection = self.lock();
        let sql = "SELECT sequence, entry FROM events WHERE session = ?1 AND sequence > ?2 ORDER BY sequence";
        let mut statement = connection.prepare(sql)?;
        let events = statement.query_map(params![id, sequence], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(events.collect::<Result<_, _>>()?)
    }

    /// A text kept under a name.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn kept(&self, name: &str) -> Result<Option<String>> {
        let sql = "SELECT value FROM kept WHERE name = ?1";
        Ok(self.lock().query_row(sql, [name], |row| row.get(0)).optional()?)
    }

    /// Keeps a text under a name.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn keep(&self, name: &str, value: &str) -> Result<()> {
        self.lock().execute("INSERT OR REPLACE INTO kept (name, value) VALUES (?1, ?2)", [name, value])?;
        Ok(())
    }

    /// Writes over what was deleted, also in the log that `SQLite` keeps beside the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn forget_deleted(&self) -> Result<()> {
        Ok(self.lock().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }

    fn swap(&self, id: &str, expected: i64, session: &Session) -> Result<bool> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        // Whatever it was told makes it due: a worker looks at what follows from it.
        let sql = "UPDATE sessions SET snapshot = ?3, revision = ?4, due = 0 WHERE id = ?1 AND revision = ?2";
        let changed = transaction.execute(sql, params![id, expected, session.snapshot(), session.revision()])?;
        if changed == 1 {
            let sql = "INSERT OR REPLACE INTO reference_ids (provider, reference, session) VALUES (?1, ?2, ?3)";
            for reference in session.references() {
                transaction.execute(sql, params![session.provider().as_str(), reference, id])?;
            }
        }
        transaction.commit()?;
        Ok(changed == 1)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One row as `idvkit-http` drives it.
pub(super) struct Stored<'a> {
    /// The database.
    pub(super) ledger: &'a Ledger,
    /// Whose account.
    pub(super) account: &'a Account,
    /// Which row.
    pub(super) id: &'a str,
}

impl Stored<'_> {
    /// The session as it is stored now.
    ///
    /// # Errors
    /// If there is none, or it cannot be restored.
    pub(super) fn session(&self) -> Result<Session> {
        let row = self.ledger.row(self.id)?.context("there is no such session")?;
        Ok(Session::restore(self.account, &row.snapshot)?)
    }
}

impl Store for Stored<'_> {
    type Error = anyhow::Error;

    async fn load(&self) -> Result<Session> {
        self.session()
    }

    async fn swap(&self, expected: i64, session: &Session) -> Result<bool> {
        self.ledger.swap(self.id, expected, session)
    }
}

const COLUMNS: &str = "id, provider, flow, locale, scenario, created, acted, snapshot";

fn row_of(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    let choice = Choice { provider: row.get(1)?, flow: row.get(2)?, locale: row.get(3)?, scenario: row.get(4)? };
    Ok(Row { id: row.get(0)?, choice, created: row.get(5)?, acted: row.get(6)?, snapshot: row.get(7)? })
}

/// Adds to a session's timeline.
fn add_entry(connection: &Connection, id: &str, entry: &Value) -> rusqlite::Result<()> {
    let sql = "INSERT INTO events (session, entry) VALUES (?1, ?2)";
    connection.execute(sql, params![id, entry.to_string()]).map(drop)
}

/// Gives the form of the tables, which are made in an empty file.
fn prepare(connection: &mut Connection) -> rusqlite::Result<i64> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    // Erased means erased, also in the file.
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;")?;
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", FORM)?;
    }
    let form = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    transaction.commit()?;
    Ok(form)
}
