//! Rows, with their references, blobs and events.

use idvkit::{
    UnixMillis,
    driver::{Blob, By, Reference, Row},
};
use serde_json::{Value, json};
use sqlx::{Any, Transaction};

use super::{Database, Kind, StoreError, made, places};
use crate::event::{Event, What};

/// What is stored by one transaction.
pub(crate) struct Change<'a> {
    pub(crate) row: &'a Row,
    /// The revision that the stored row must have; `None` for a new row.
    pub(crate) expected: Option<i64>,
    pub(crate) blobs: &'a [Blob],
    /// The host's own name of the user; only a new row takes it.
    pub(crate) subject: &'a str,
    pub(crate) now: UnixMillis,
    /// What has happened since the last change.
    pub(crate) events: &'a [Event],
}

impl Database {
    /// The text of a row, and the blobs with these digests.
    pub(crate) async fn load(&self, by: &By, digests: &[String]) -> Result<(Option<String>, Vec<Blob>), StoreError> {
        let found: Option<(String, String)> = match by {
            By::Id { id } => {
                let sql = "SELECT id, snapshot FROM idvkit_verification WHERE id = $1";
                sqlx::query_as(sql).bind(id).fetch_optional(&self.pool).await?
            }
            By::Key { key } => {
                let sql = "SELECT id, snapshot FROM idvkit_verification WHERE key = $1";
                sqlx::query_as(sql).bind(key).fetch_optional(&self.pool).await?
            }
            By::References { references } => self.referred(references).await?,
        };
        let Some((id, stored)) = found else { return Ok((None, Vec::new())) };
        let snapshot = self.keys.open(stored.into_bytes(), &id)?;
        let snapshot = String::from_utf8(snapshot).map_err(|_| StoreError::Spoiled)?;
        let mut blobs = Vec::new();
        for digest in digests {
            let sql = "SELECT bytes FROM idvkit_blob WHERE verification = $1 AND digest = $2";
            let stored: Option<Vec<u8>> =
                sqlx::query_scalar(sql).bind(&id).bind(digest).fetch_optional(&self.pool).await?;
            if let Some(stored) = stored {
                let bytes = self.keys.open(stored, &place(&id, digest))?;
                blobs.push(Blob { digest: digest.clone(), bytes });
            }
        }
        Ok((Some(snapshot), blobs))
    }

    /// Stores a row with all that belongs to it, and returns what that has made happen; `None` if another worker stored
    /// a change first, or if a new row's id or key is already used.
    pub(crate) async fn store(&self, change: &Change<'_>) -> Result<Option<Vec<What>>, StoreError> {
        let mut transaction = self.begin().await?;
        let before = match change.expected {
            None => None,
            Some(_) => delivery_of(&mut transaction, &change.row.id).await?,
        };
        if !self.swap(&mut transaction, change).await? {
            transaction.rollback().await?;
            return Ok(None);
        }
        refer(&mut transaction, change.row).await?;
        self.keep(&mut transaction, change).await?;
        let Row { provider, account, .. } = change.row;
        let begun = || What::Begun { provider: provider.clone(), account: account.clone() };
        let begun = change.expected.is_none().then(begun);
        let happened: Vec<What> = begun.into_iter().chain(What::outcome(change.row, before.as_deref())).collect();
        let of = |what: &What| Event { verification: change.row.id.clone(), at: change.now, what: what.clone() };
        for event in change.events.iter().cloned().chain(happened.iter().map(of)) {
            note(&mut transaction, &event).await?;
        }
        if self.kind == Kind::Postgres && change.row.due.is_some_and(|due| due <= change.now) {
            sqlx::query("NOTIFY idvkit_due").execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(Some(happened))
    }

    /// Adds events to timelines.
    pub(crate) async fn record(&self, events: &[Event]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin().await?;
        for event in events {
            note(&mut transaction, event).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The newest row that has one of these references.
    async fn referred(&self, references: &[Reference]) -> Result<Option<(String, String)>, StoreError> {
        if references.is_empty() {
            return Ok(None);
        }
        let pair = |at| format!("(r.account = ${} AND r.reference = ${})", 2 * at + 1, 2 * at + 2);
        let pairs = (0..references.len()).map(pair).collect::<Vec<_>>().join(" OR ");
        let sql = format!(
            "SELECT v.id, v.snapshot FROM idvkit_reference r JOIN idvkit_verification v ON v.id = r.verification \
             WHERE {pairs} ORDER BY v.created DESC LIMIT 1"
        );
        let mut query = sqlx::query_as(made(sql));
        for Reference { account, reference } in references {
            query = query.bind(account).bind(reference);
        }
        Ok(query.fetch_optional(&self.pool).await?)
    }

    /// Writes the row itself. `false`: another worker was first.
    async fn swap(&self, transaction: &mut Transaction<'_, Any>, change: &Change<'_>) -> Result<bool, StoreError> {
        let Change { row, expected, subject, now, .. } = change;
        let sealed = self.keys.seal(row.snapshot.as_bytes(), &row.id)?;
        let snapshot = String::from_utf8(sealed).map_err(|_| StoreError::Spoiled)?;
        let due = row.due.map(|due| due.0);
        let outcome = row.outcome.as_ref().map(|outcome| json!(outcome).to_string());
        let ended = row.outcome.as_ref().map(|_| now.0);
        let delivery = row.delivery.as_ref();
        let undelivered = delivery.and_then(|delivery| delivery.due).map(|due| due.0);
        let delivery = delivery.map(|one| {
            json!({ "id": one.id, "replaces": one.replaces, "failures": one.failures, "due": one.due }).to_string()
        });
        let query = match expected {
            None => sqlx::query(
                "INSERT INTO idvkit_verification (provider, account, revision, snapshot, due, outcome, delivery, \
                 undelivered, ended, id, key, subject, created) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING",
            ),
            Some(_) => sqlx::query(
                "UPDATE idvkit_verification SET provider = $1, account = $2, revision = $3, snapshot = $4, due = $5, \
                 leased = 0, outcome = $6, delivery = $7, undelivered = $8, ended = COALESCE(ended, $9) \
                 WHERE id = $10 AND revision = $11",
            ),
        };
        let query = query.bind(&row.provider).bind(&row.account).bind(row.revision).bind(snapshot).bind(due);
        let query = query.bind(outcome).bind(delivery).bind(undelivered).bind(ended).bind(&row.id);
        let query = match expected {
            None => query.bind(&row.key).bind(*subject).bind(now.0),
            Some(expected) => query.bind(*expected),
        };
        Ok(query.execute(&mut **transaction).await?.rows_affected() == 1)
    }

    /// Writes new blobs, and deletes those that the row no longer names.
    async fn keep(&self, transaction: &mut Transaction<'_, Any>, change: &Change<'_>) -> Result<(), StoreError> {
        let Change { row, blobs, expected, .. } = change;
        for Blob { digest, bytes } in *blobs {
            let sealed = self.keys.seal(bytes, &place(&row.id, digest))?;
            let sql =
                "INSERT INTO idvkit_blob (verification, digest, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            sqlx::query(sql).bind(&row.id).bind(digest).bind(sealed).execute(&mut **transaction).await?;
        }
        if expected.is_none() {
            return Ok(());
        }
        let others = match row.blobs.len() {
            0 => String::new(),
            count => format!(" AND digest NOT IN ({})", places(2, count)),
        };
        let sql = made(format!("DELETE FROM idvkit_blob WHERE verification = $1{others}"));
        let mut query = sqlx::query(sql).bind(&row.id);
        for digest in &row.blobs {
            query = query.bind(digest);
        }
        query.execute(&mut **transaction).await?;
        Ok(())
    }
}

/// The id of the delivery that the stored row has.
async fn delivery_of(transaction: &mut Transaction<'_, Any>, id: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT delivery FROM idvkit_verification WHERE id = $1";
    let stored: Option<Option<String>> = sqlx::query_scalar(sql).bind(id).fetch_optional(&mut **transaction).await?;
    let delivery: Option<Value> = stored.flatten().and_then(|text| serde_json::from_str(&text).ok());
    Ok(delivery.and_then(|delivery| delivery["id"].as_str().map(Into::into)))
}

/// Writes what is new among a row's references, and deletes those that it no longer names. Of two rows with the same
/// reference, the one that was created later has it.
async fn refer(transaction: &mut Transaction<'_, Any>, row: &Row) -> Result<(), StoreError> {
    let sql = "SELECT account, reference FROM idvkit_reference WHERE verification = $1";
    let known: Vec<(String, String)> = sqlx::query_as(sql).bind(&row.id).fetch_all(&mut **transaction).await?;
    let named: Vec<(String, String)> =
        row.references.iter().map(|one| (one.account.clone(), one.reference.clone())).collect();
    for (account, reference) in named.iter().filter(|one| !known.contains(one)) {
        let sql = "INSERT INTO idvkit_reference (account, reference, verification) VALUES ($1, $2, $3) \
                   ON CONFLICT (account, reference) DO UPDATE SET verification = excluded.verification \
                   WHERE (SELECT created FROM idvkit_verification WHERE id = excluded.verification) >= \
                   (SELECT created FROM idvkit_verification WHERE id = idvkit_reference.verification)";
        sqlx::query(sql).bind(account).bind(reference).bind(&row.id).execute(&mut **transaction).await?;
    }
    for (account, reference) in known.iter().filter(|one| !named.contains(one)) {
        let sql = "DELETE FROM idvkit_reference WHERE account = $1 AND reference = $2 AND verification = $3";
        sqlx::query(sql).bind(account).bind(reference).bind(&row.id).execute(&mut **transaction).await?;
    }
    Ok(())
}

async fn note(transaction: &mut Transaction<'_, Any>, event: &Event) -> Result<(), StoreError> {
    let sql = "INSERT INTO idvkit_event (verification, at, event) VALUES ($1, $2, $3)";
    let text = json!(event.what).to_string();
    sqlx::query(sql).bind(&event.verification).bind(event.at.0).bind(text).execute(&mut **transaction).await?;
    Ok(())
}

/// What an encrypted blob is bound to.
fn place(id: &str, digest: &str) -> String {
    format!("{id}/{digest}")
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

    use super::*;

    fn row(id: &str, revision: i64, references: &[&str]) -> Row {
        let reference = |name: &&str| Reference { account: "jumio".into(), reference: (*name).into() };
        Row {
            id: id.into(),
            key: format!("key of {id}"),
            provider: "jumio".into(),
            account: "jumio".into(),
            revision,
            snapshot: id.into(),
            due: None,
            references: references.iter().map(reference).collect(),
            outcome: None,
            delivery: None,
            blobs: Vec::new(),
        }
    }

    /// What the reference leads to.
    async fn leads_to(database: &Database, name: &str) -> Option<String> {
        let references = vec![Reference { account: "jumio".into(), reference: name.into() }];
        database.load(&By::References { references }, &[]).await.unwrap().0
    }

    #[tokio::test]
    async fn a_reference_leads_to_the_newer_row_and_goes_with_it() {
        let database = Database::open("sqlite::memory:").await.unwrap();
        let store = async |row: &Row, expected: Option<i64>, now: i64| {
            let (blobs, events, now) = (&[][..], &[][..], UnixMillis(now));
            let change = Change { row, expected, blobs, subject: "user-7", now, events };
            database.store(&change).await.unwrap().is_some()
        };
        assert!(store(&row("older", 0, &["shared", "own"]), None, 1).await);
        assert!(store(&row("newer", 0, &["shared"]), None, 2).await);
        assert!(!store(&row("newer", 0, &[]), None, 3).await, "its id is used");
        assert_eq!(leads_to(&database, "shared").await.unwrap(), "newer");
        // The older one changes: that takes nothing from the newer one.
        assert!(store(&row("older", 1, &["shared", "own"]), Some(0), 4).await);
        assert!(!store(&row("older", 1, &[]), Some(0), 4).await, "another worker was first");
        assert_eq!(leads_to(&database, "shared").await.unwrap(), "newer");
        assert_eq!(leads_to(&database, "own").await.unwrap(), "older");
        assert!(store(&row("older", 2, &[]), Some(1), 5).await);
        assert!(leads_to(&database, "own").await.is_none());
        assert_eq!(leads_to(&database, "shared").await.unwrap(), "newer");
    }

    #[tokio::test]
    async fn a_blob_is_stored_once_and_goes_when_its_row_no_longer_names_it() {
        let database = Database::open("sqlite::memory:").await.unwrap();
        let blob = |digest: &str| Blob { digest: digest.into(), bytes: vec![0, 255, 7] };
        let store = async |revision: i64, named: &[&str], blobs: &[Blob]| {
            let blobs_named = named.iter().map(|&digest| digest.into()).collect();
            let row = Row { blobs: blobs_named, ..row("one", revision, &[]) };
            let expected = (revision > 0).then(|| revision - 1);
            let change = Change { row: &row, expected, blobs, subject: "", now: UnixMillis(1), events: &[] };
            assert!(database.store(&change).await.unwrap().is_some());
        };
        let found = async |digest: &str| {
            let by = By::Id { id: "one".into() };
            database.load(&by, &[digest.into()]).await.unwrap().1
        };
        store(0, &["a"], &[blob("a")]).await;
        store(1, &["a", "b"], &[blob("b")]).await;
        assert_eq!(found("a").await, [blob("a")]);
        store(2, &["b"], &[]).await;
        assert_eq!((found("a").await, found("b").await), (vec![], vec![blob("b")]));
        store(3, &[], &[]).await;
        assert!(found("b").await.is_empty());
    }
}
