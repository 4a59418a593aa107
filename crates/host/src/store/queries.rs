//! What a worker and an administrator ask for.

use idvkit::UnixMillis;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use sqlx::{FromRow, Row, any::AnyRow};

use super::{Database, Kind, StoreError, made};

/// How long a worker has for a row before another may take it, in milliseconds.
const LEASE_MS: i64 = 60_000;
/// The most verifications that one page of a list has.
const MAX_LIST: u32 = 1000;

/// What a list holds of a verification. Its JSON has the same members.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The id.
    pub id: String,
    /// Your own key of the verification.
    pub key: String,
    /// Your own name of the user.
    pub subject: String,
    /// The provider of the session that decided, or that is tried now.
    pub provider: String,
    /// That session's account.
    pub account: String,
    /// When a worker has to look at it.
    pub due: Option<UnixMillis>,
    /// The outcome as JSON; `None` while it runs.
    pub outcome: Option<Box<RawValue>>,
    /// The newest delivery of the outcome as JSON: its id, how often it failed, when it is due.
    pub delivery: Option<Box<RawValue>>,
    /// When that delivery is due; `None` if nothing waits to be delivered.
    pub undelivered: Option<UnixMillis>,
    /// When it was begun.
    pub created: UnixMillis,
    /// When the first outcome was stored.
    pub ended: Option<UnixMillis>,
    /// When its evidence and personal data were erased.
    pub erased: Option<UnixMillis>,
}

/// Which verifications a list has: the newest first.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this user.
    pub subject: Option<String>,
    /// Only those that were begun before this time: pass the last one's time to get the next page.
    pub before: Option<UnixMillis>,
    /// At most so many: 1 to 1000, by default 100.
    pub limit: Option<u32>,
}

const SUMMARY: &str = "SELECT id, key, subject, provider, account, due, outcome, delivery, undelivered, created, ended, \
                       erased FROM idvkit_verification";

const OLD: &str = "SELECT ended, id FROM idvkit_verification WHERE ended IS NOT NULL AND erased IS NULL AND ended >= $1 \
                   AND ended <= $2 AND (ended > $1 OR id > $3) ORDER BY ended, id LIMIT 50";

fn due_sql(kind: Kind, limit: usize, delivering: bool) -> String {
    let which = if delivering { "" } else { " AND undelivered IS NULL" };
    let due = format!(
        "SELECT id FROM idvkit_verification WHERE due <= $1 AND leased <= $1{which} ORDER BY due LIMIT {limit}"
    );
    match kind {
        Kind::Sqlite => format!("UPDATE idvkit_verification SET leased = $2 WHERE id IN ({due}) RETURNING id"),
        // Materialized: in a plain subquery it could be run again for each row, and take more than the limit.
        Kind::Postgres => format!(
            "WITH due AS MATERIALIZED ({due} FOR UPDATE SKIP LOCKED) UPDATE idvkit_verification v \
             SET leased = $2 FROM due WHERE v.id = due.id RETURNING v.id"
        ),
    }
}

impl Database {
    /// The user of a verification; `None` if there is no such verification.
    pub(crate) async fn subject(&self, id: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT subject FROM idvkit_verification WHERE id = $1";
        Ok(sqlx::query_scalar(sql).bind(id).fetch_optional(&self.pool).await?)
    }

    /// Takes at most so many verifications that are due, so that other workers leave them. `delivering`: those whose
    /// outcome waits to be delivered, too.
    pub(crate) async fn take_due(
        &self,
        now: UnixMillis,
        limit: usize,
        delivering: bool,
    ) -> Result<Vec<String>, StoreError> {
        let sql = due_sql(self.kind, limit, delivering);
        let query = sqlx::query_scalar(made(sql)).bind(now.0).bind(now.plus(LEASE_MS).0);
        Ok(query.fetch_all(&self.pool).await?)
    }

    /// Ends this worker's lease, unless somebody has changed the row since.
    pub(crate) async fn release(&self, id: &str, revision: i64) -> Result<(), StoreError> {
        let sql = "UPDATE idvkit_verification SET leased = 0 WHERE id = $1 AND revision = $2 AND leased <> 0";
        sqlx::query(sql).bind(id).bind(revision).execute(&self.pool).await?;
        Ok(())
    }

    /// Verifications that ended before `until` and are not erased, after the one that ended at `after`: at most fifty.
    pub(crate) async fn old(&self, after: (i64, &str), until: i64) -> Result<Vec<(i64, String)>, StoreError> {
        Ok(sqlx::query_as(OLD).bind(after.0).bind(until).bind(after.1).fetch_all(&self.pool).await?)
    }

    /// Notes that a verification is erased. `false`: it was noted before.
    pub(crate) async fn mark_erased(&self, id: &str, now: UnixMillis) -> Result<bool, StoreError> {
        let sql = "UPDATE idvkit_verification SET erased = $2 WHERE id = $1 AND erased IS NULL";
        Ok(sqlx::query(sql).bind(id).bind(now.0).execute(&self.pool).await?.rows_affected() == 1)
    }

    /// Lists verifications, the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Summary>, StoreError> {
        let limit = filter.limit.unwrap_or(100).clamp(1, MAX_LIST);
        let before = filter.before.map_or(i64::MAX, |before| before.0);
        let which = if filter.subject.is_some() { " AND subject = $2" } else { "" };
        let sql = made(format!("{SUMMARY} WHERE created < $1{which} ORDER BY created DESC, id LIMIT {limit}"));
        let query = sqlx::query_as(sql).bind(before);
        let query = match &filter.subject {
            Some(subject) => query.bind(subject),
            None => query,
        };
        Ok(query.fetch_all(&self.pool).await?)
    }

    /// The verifications whose outcome waits to be delivered, by when it is due: at most a thousand.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn undelivered(&self) -> Result<Vec<Summary>, StoreError> {
        let sql = format!("{SUMMARY} WHERE undelivered IS NOT NULL ORDER BY undelivered LIMIT {MAX_LIST}");
        Ok(sqlx::query_as(made(sql)).fetch_all(&self.pool).await?)
    }

    /// The events of a verification, oldest first: JSON objects with `at`, `kind` and what belongs to the kind. `None` if
    /// there is no such verification.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn timeline(&self, id: &str) -> Result<Option<Vec<Value>>, StoreError> {
        if self.subject(id).await?.is_none() {
            return Ok(None);
        }
        // Events of the same millisecond stand in the order in which they were written.
        let order = match self.kind {
            Kind::Sqlite => "rowid",
            Kind::Postgres => "ctid",
        };
        let sql = format!("SELECT at, event FROM idvkit_event WHERE verification = $1 ORDER BY at, {order}");
        let rows: Vec<(i64, String)> = sqlx::query_as(made(sql)).bind(id).fetch_all(&self.pool).await?;
        let event = |(at, text): (i64, String)| {
            let mut event: Value = serde_json::from_str(&text).unwrap_or_else(|_| json!({}));
            event["at"] = at.into();
            event
        };
        Ok(Some(rows.into_iter().map(event).collect()))
    }
}

impl<'r> FromRow<'r, AnyRow> for Summary {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        let time = |name| row.try_get::<Option<i64>, _>(name).map(|time| time.map(UnixMillis));
        let json = |name| {
            let text: Option<String> = row.try_get(name)?;
            text.map(RawValue::from_string).transpose().map_err(|error| sqlx::Error::Decode(error.into()))
        };
        Ok(Self {
            id: row.try_get("id")?,
            key: row.try_get("key")?,
            subject: row.try_get("subject")?,
            provider: row.try_get("provider")?,
            account: row.try_get("account")?,
            due: time("due")?,
            outcome: json("outcome")?,
            delivery: json("delivery")?,
            undelivered: time("undelivered")?,
            created: UnixMillis(row.try_get("created")?),
            ended: time("ended")?,
            erased: time("erased")?,
        })
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

    use sqlx::Row;

    use super::*;

    /// Those that look at many rows, and not at one by its name. For `PostgreSQL`, see `tests/host/postgres.rs`.
    #[tokio::test]
    async fn sqlite_finds_what_is_asked_for_by_an_index() {
        let database = Database::open("sqlite::memory:").await.unwrap();
        for (sql, index) in [
            (due_sql(Kind::Sqlite, 50, true), "idvkit_verification_due"),
            (due_sql(Kind::Sqlite, 50, false), "idvkit_verification_due"),
            (OLD.to_owned(), "idvkit_verification_ended"),
            (format!("{SUMMARY} WHERE created < $1 ORDER BY created DESC, id"), "idvkit_verification_created"),
            (
                format!("{SUMMARY} WHERE created < $1 AND subject = $2 ORDER BY created DESC, id"),
                "idvkit_verification_subject",
            ),
            (
                format!("{SUMMARY} WHERE undelivered IS NOT NULL ORDER BY undelivered"),
                "idvkit_verification_undelivered",
            ),
        ] {
            let plan = sqlx::query(made(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(&database.pool).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
            assert!(plan.iter().any(|step| step.contains(&format!("INDEX {index} "))), "{sql}: {plan:#?}");
            assert!(plan.iter().all(|step| *step != "SCAN idvkit_verification"), "{sql}: {plan:#?}");
        }
    }
}
