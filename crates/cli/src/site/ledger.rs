//! The merchant's database: one `SQLite` file with sessions, the providers' ids, and what happened.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result, ensure};
use idvkit::driver::{Blob, By, Row as Verified};
use idvkit_http::Store;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};
use serde_json::{Value, json};

use super::private::{make_private, restrict};

/// The form of the tables. A file of another form is refused.
const FORM: i64 = 2;

const TABLES: &str = "
    CREATE TABLE sessions (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        provider TEXT NOT NULL, flow TEXT NOT NULL, locale TEXT NOT NULL, scenario TEXT NOT NULL,
        created INTEGER NOT NULL,
        shown TEXT NOT NULL,  -- what it last asked for, so that the timeline says so once
        acted INTEGER         -- when the merchant acted on its end; null: not yet
    );
    -- What the SDK makes of each: its rows, as they come.
    CREATE TABLE verifications (
        id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE,
        revision INTEGER NOT NULL, snapshot TEXT NOT NULL,
        due INTEGER           -- when a worker has to look at it; null: it is over
    );
    CREATE INDEX verifications_due ON verifications (due);
    CREATE TABLE reference_ids (
        account TEXT NOT NULL, reference TEXT NOT NULL, verification TEXT NOT NULL,
        PRIMARY KEY (account, reference)
    );
    -- Images on their way: once, beside the snapshots that name them.
    CREATE TABLE blobs (
        verification TEXT NOT NULL, digest TEXT NOT NULL, bytes BLOB NOT NULL,
        PRIMARY KEY (verification, digest)
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

/// The open database; clones share it. Calls are short and on a local file, so nothing is gained by threads of its own.
#[derive(Clone)]
pub(super) struct Ledger(Arc<Mutex<Connection>>);

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
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Notes what was chosen for a session that is about to begin.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn choose(&self, id: &str, choice: &Choice, created: i64) -> Result<()> {
        let Choice { provider, flow, locale, scenario } = choice;
        self.lock().execute(
            "INSERT INTO sessions (id, provider, flow, locale, scenario, created, shown)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, '')",
            params![id, provider, flow, locale, scenario, created],
        )?;
        Ok(())
    }

    /// One session.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn row(&self, id: &str) -> Result<Option<Row>> {
        let sql = format!("SELECT {COLUMNS} WHERE id = ?1");
        Ok(self.lock().query_row(&sql, [id], row_of).optional()?)
    }

    /// The newest sessions, newest first.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn newest(&self, count: u32) -> Result<Vec<Row>> {
        let sql = format!("SELECT {COLUMNS} ORDER BY number DESC LIMIT ?1");
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

    /// The sessions that a worker has to look at by now.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn due(&self, now: i64) -> Result<Vec<String>> {
        let connection = self.lock();
        let mut statement = connection.prepare("SELECT id FROM verifications WHERE due <= ?1 ORDER BY due")?;
        let ids = statement.query_map([now], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Notes what a session asks for now, with what the timeline says about it, once.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn show(&self, id: &str, shown: &str, entries: &[Value]) -> Result<()> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        show(&transaction, id, shown, entries)?;
        Ok(transaction.commit()?)
    }

    /// The same for an end, with what the merchant does about it, once: all of it or nothing.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn act(&self, id: &str, end: (&str, &[Value]), act: Option<(i64, &Value)>) -> Result<()> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        show(&transaction, id, end.0, end.1)?;
        if let Some((at, entry)) = act {
            let sql = "UPDATE sessions SET acted = ?2 WHERE id = ?1 AND acted IS NULL";
            if transaction.execute(sql, params![id, at])? == 1 {
                add_entry(&transaction, id, entry)?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Has a session looked at later; never, if no time is given: until somebody tells it something.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn postpone(&self, id: &str, due: Option<i64>) -> Result<()> {
        self.lock().execute("UPDATE verifications SET due = ?2 WHERE id = ?1", params![id, due])?;
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

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Ledger {
    type Error = anyhow::Error;

    async fn load(&self, by: &By, blobs: &[String]) -> Result<(Option<String>, Vec<Blob>)> {
        let connection = self.lock();
        let text = |sql, values: &[&str]| {
            connection.query_row(sql, rusqlite::params_from_iter(values), |row| row.get(0)).optional()
        };
        let snapshot = match by {
            By::Id { id } => text("SELECT snapshot FROM verifications WHERE id = ?1", &[id])?,
            By::Key { key } => text("SELECT snapshot FROM verifications WHERE key = ?1", &[key])?,
            By::References { references } => {
                let sql = "SELECT snapshot FROM verifications JOIN reference_ids ON verification = id
                           WHERE account = ?1 AND reference = ?2";
                let found = references.iter().map(|one| text(sql, &[&one.account, &one.reference]));
                found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().next()
            }
        };
        let mut statement = connection.prepare("SELECT bytes FROM blobs WHERE digest = ?1")?;
        let read = |digest: &String| {
            let bytes = statement.query_row([digest], |row| row.get(0)).optional()?;
            Ok(bytes.map(|bytes| Blob { digest: digest.clone(), bytes }))
        };
        let found = blobs.iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok((snapshot, found.into_iter().flatten().collect()))
    }

    async fn store(&self, row: &Verified, expected: Option<i64>, blobs: &[Blob]) -> Result<bool> {
        let due = row.due.map(|due| due.0);
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let stored = match expected {
            None => {
                let sql = "INSERT OR IGNORE INTO verifications VALUES (?1, ?2, ?3, ?4, ?5)";
                transaction.execute(sql, params![row.id, row.key, row.revision, row.snapshot, due])?
            }
            Some(expected) => {
                let sql =
                    "UPDATE verifications SET revision = ?3, snapshot = ?4, due = ?5 WHERE id = ?1 AND revision = ?2";
                transaction.execute(sql, params![row.id, expected, row.revision, row.snapshot, due])?
            }
        };
        if stored == 1 {
            let sql = "INSERT OR REPLACE INTO reference_ids (account, reference, verification) VALUES (?1, ?2, ?3)";
            for one in &row.references {
                transaction.execute(sql, params![one.account, one.reference, row.id])?;
            }
            for Blob { digest, bytes } in blobs {
                transaction
                    .execute("INSERT OR REPLACE INTO blobs VALUES (?1, ?2, ?3)", params![row.id, digest, bytes])?;
            }
            let sql = "DELETE FROM blobs WHERE verification = ?1 AND instr(?2, digest) = 0";
            transaction.execute(sql, params![row.id, row.blobs.join(" ")])?;
        }
        transaction.commit()?;
        Ok(stored == 1)
    }
}

const COLUMNS: &str = "id, provider, flow, locale, scenario, created, acted, snapshot
    FROM sessions JOIN verifications USING (id)";

fn row_of(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    let choice = Choice { provider: row.get(1)?, flow: row.get(2)?, locale: row.get(3)?, scenario: row.get(4)? };
    Ok(Row { id: row.get(0)?, choice, created: row.get(5)?, acted: row.get(6)?, snapshot: row.get(7)? })
}

/// Adds to a session's timeline.
fn add_entry(connection: &Connection, id: &str, entry: &Value) -> rusqlite::Result<()> {
    let sql = "INSERT INTO events (session, entry) VALUES (?1, ?2)";
    connection.execute(sql, params![id, entry.to_string()]).map(drop)
}

fn show(connection: &Connection, id: &str, shown: &str, entries: &[Value]) -> rusqlite::Result<()> {
    if connection.execute("UPDATE sessions SET shown = ?2 WHERE id = ?1 AND shown != ?2", params![id, shown])? == 1 {
        entries.iter().try_for_each(|entry| add_entry(connection, id, entry))?;
    }
    Ok(())
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
