//! The store of rows.

use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use idvkit::{
    UnixMillis,
    driver::{Blob, By, Row},
};

/// What the client needs of a database. [`MemoryStore`] shows it in the fewest lines.
pub trait Store: Send + Sync {
    /// The error of the store itself.
    type Error: Send;

    /// Loads the text of a row, and the blobs with these digests.
    fn load(
        &self,
        by: &By,
        blobs: &[String],
    ) -> impl Future<Output = Result<(Option<String>, Vec<Blob>), Self::Error>> + Send;

    /// Inserts the row, or replaces it if its stored revision is still `expected`. Row, references and blobs are
    /// written in one transaction. Returns `false` if another worker stored a change first, or if a new row's id or key
    /// is already used.
    fn store(
        &self,
        row: &Row,
        expected: Option<i64>,
        blobs: &[Blob],
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// A store in memory, for tests and short-lived programs. Clones share the rows.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Tables>>);

#[derive(Debug, Default)]
struct Tables {
    rows: HashMap<String, Row>,
    blobs: HashMap<String, Blob>,
}

impl MemoryStore {
    /// The row with this id.
    pub fn row(&self, id: &str) -> Option<Row> {
        self.tables().rows.get(id).cloned()
    }

    /// The bytes that are stored beside a row.
    pub fn blobs(&self, row: &Row) -> Vec<Blob> {
        let tables = self.tables();
        row.blobs.iter().filter_map(|digest| tables.blobs.get(digest).cloned()).collect()
    }

    /// The ids of the rows that are due at this time.
    pub fn due(&self, now: UnixMillis) -> Vec<String> {
        let tables = self.tables();
        let due = tables.rows.values().filter(|row| row.due.is_some_and(|due| due <= now));
        due.map(|row| row.id.clone()).collect()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    type Error = Infallible;

    async fn load(&self, by: &By, blobs: &[String]) -> Result<(Option<String>, Vec<Blob>), Infallible> {
        let tables = self.tables();
        let row = tables.rows.values().find(|row| match by {
            By::Id { id } => row.id == *id,
            By::Key { key } => row.key == *key,
            By::References { references } => row.references.iter().any(|known| references.contains(known)),
        });
        let blobs = blobs.iter().filter_map(|digest| tables.blobs.get(digest).cloned()).collect();
        Ok((row.map(|row| row.snapshot.clone()), blobs))
    }

    async fn store(&self, row: &Row, expected: Option<i64>, blobs: &[Blob]) -> Result<bool, Infallible> {
        let mut tables = self.tables();
        let stored = tables.rows.get(&row.id).map(|stored| stored.revision);
        let taken = expected.is_none() && tables.rows.values().any(|other| other.key == row.key);
        let first = stored == expected && !taken;
        if first {
            let known = tables.rows.insert(row.id.clone(), row.clone()).map_or_else(Vec::new, |old| old.blobs);
            tables.blobs.extend(blobs.iter().map(|blob| (blob.digest.clone(), blob.clone())));
            for dropped in known.iter().filter(|digest| !row.blobs.contains(digest)) {
                tables.blobs.remove(dropped);
            }
        }
        Ok(first)
    }
}
