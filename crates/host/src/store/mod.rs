//! The database: `SQLite` or `PostgreSQL`, by one set of queries.

mod error;
mod keys;
mod queries;
mod rows;

use std::{fmt, sync::Arc, time::Duration};

use sqlx::{Any, AnyPool, AssertSqlSafe, Transaction, any::AnyPoolOptions};

pub use error::StoreError;
pub use keys::Keys;
pub use queries::{Filter, Summary};
pub(crate) use rows::Change;

use crate::SCHEMA;

/// The lock that a process holds while it changes `PostgreSQL`'s tables.
const MIGRATION_LOCK: i64 = 0x6964_766b_6974;
/// The channel that says that a row is due.
#[cfg(feature = "postgres")]
const CHANNEL: &str = "idvkit_due";

/// A database with idvkit's tables. Clone it freely: clones share its connections.
#[derive(Clone)]
pub struct Database {
    pool: AnyPool,
    kind: Kind,
    keys: Keys,
    /// For a connection of its own that listens.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "SQLite has nothing to listen to"))]
    url: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

impl Database {
    /// Opens a database and brings its tables up to date.
    ///
    /// `sqlite:FILE` is a file, which is made if it is missing; `sqlite::memory:` is a database in memory, for tests;
    /// `postgres://USER:PASSWORD@HOST/NAME` is `PostgreSQL` (feature `postgres`). The query parameters of a URL are those
    /// of the crate `sqlx`.
    ///
    /// # Errors
    /// If the database cannot be reached, or a newer version of idvkit made the tables.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let kind = Kind::of(url)?;
        sqlx::any::install_default_drivers();
        let url = kind.completed(url);
        let pool = kind.options(&url).connect(&url).await?;
        let database = Self { pool, kind, keys: Keys::default(), url: url.into() };
        if kind == Kind::Sqlite {
            // Readers and the one writer do not wait for each other.
            sqlx::query("PRAGMA journal_mode = WAL").fetch_all(&database.pool).await?;
        }
        database.migrate().await?;
        Ok(database)
    }

    /// The same database, with snapshots, images and evidence encrypted.
    #[must_use]
    pub fn with_keys(self, keys: Keys) -> Self {
        Self { keys, ..self }
    }

    /// A transaction that may write: in `SQLite` one that waits now for its turn, and not in the middle.
    async fn begin(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        match self.kind {
            Kind::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await,
            Kind::Postgres => self.pool.begin().await,
        }
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        for (version, sql) in (1_i64..).zip(SCHEMA) {
            let mut transaction = self.begin().await?;
            if self.kind == Kind::Postgres {
                let lock = "SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)";
                sqlx::query(lock).bind(MIGRATION_LOCK).fetch_one(&mut *transaction).await?;
            }
            let table = "CREATE TABLE IF NOT EXISTS idvkit_schema (version BIGINT PRIMARY KEY)";
            sqlx::query(table).execute(&mut *transaction).await?;
            let newest = "SELECT COALESCE(MAX(version), 0) FROM idvkit_schema";
            let found: i64 = sqlx::query_scalar(newest).fetch_one(&mut *transaction).await?;
            let known = i64::try_from(SCHEMA.len()).unwrap_or(i64::MAX);
            if found > known {
                return Err(StoreError::SchemaNewer { found, known });
            }
            if found < version {
                sqlx::raw_sql(*sql).execute(&mut *transaction).await?;
                let note = "INSERT INTO idvkit_schema (version) VALUES ($1)";
                sqlx::query(note).bind(version).execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        }
        Ok(())
    }

    /// What wakes a worker when a row of `PostgreSQL` is due; `None` for `SQLite`, which can only be asked.
    ///
    /// # Errors
    /// If it cannot be connected.
    #[cfg(feature = "postgres")]
    pub(crate) async fn alarm(&self) -> Result<Option<sqlx::postgres::PgListener>, StoreError> {
        if self.kind == Kind::Sqlite {
            return Ok(None);
        }
        let mut listener = sqlx::postgres::PgListener::connect(&self.url).await?;
        listener.listen(CHANNEL).await?;
        Ok(Some(listener))
    }
}

/// Prints which database it is, and nothing of its URL, which may hold a password.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("kind", &self.kind).field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl Kind {
    fn of(url: &str) -> Result<Self, StoreError> {
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "sqlite" if cfg!(feature = "sqlite") => Ok(Self::Sqlite),
            "postgres" | "postgresql" if cfg!(feature = "postgres") => Ok(Self::Postgres),
            _ => Err(StoreError::UrlUnknown {
                expected: match (cfg!(feature = "sqlite"), cfg!(feature = "postgres")) {
                    (true, true) => "sqlite: or postgres:",
                    (true, false) => "sqlite:",
                    _ => "postgres:",
                },
            }),
        }
    }

    /// A file is made if it is missing.
    fn completed(self, url: &str) -> String {
        match self {
            Self::Sqlite if !is_memory(url) && !url.contains("mode=") => {
                format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' })
            }
            _ => url.to_owned(),
        }
    }

    fn options(self, url: &str) -> AnyPoolOptions {
        // A page waits for it.
        let options = AnyPoolOptions::new().acquire_timeout(Duration::from_secs(5));
        match self {
            // A database in memory lives as long as its connection, and each connection has its own.
            Self::Sqlite if is_memory(url) => {
                options.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None)
            }
            Self::Sqlite => options.max_connections(4),
            Self::Postgres => options.max_connections(10),
        }
    }
}

fn is_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

/// `$first` and as many after it as are wanted, as in `$2, $3, $4`.
fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

/// A query whose text is made of constants and places only.
fn made(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}
