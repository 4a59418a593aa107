//! What a store promises to the driver and the kit, for each database.

use std::{path::PathBuf, time::Duration};

use idvkit_host::{Database, Error, Filter, Keys, StoreError, Verifications};
use sqlx::{AnyPool, Row};

use crate::support::{Host, order, timed};

#[tokio::test]
async fn sqlite_in_memory() {
    keeps_verifications(Database::open("sqlite::memory:").await.unwrap()).await;
}

#[tokio::test]
async fn sqlite_in_a_file() {
    let file = File::new("keeps");
    keeps_verifications(Database::open(&file.url()).await.unwrap()).await;
    workers_share_the_work(Database::open(&file.url()).await.unwrap(), &file.url()).await;
}

/// A whole flow with everything that is stored on the way, many at once, and idempotence under a race.
pub(crate) async fn keeps_verifications(database: Database) {
    let host = Host::with(database, |kit| kit).await;
    let racing = (0..8).map(|_| {
        let kit = host.kit.clone();
        tokio::spawn(async move { kit.begin(order(), "raced", "user-7").await.unwrap() })
    });
    let mut ids = Vec::new();
    for one in racing.collect::<Vec<_>>() {
        ids.push(one.await.unwrap());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "eight begins with one key make one verification");
    let at_once = (0..8).map(|_| {
        let (kit, id) = (host.kit.clone(), ids[0].clone());
        tokio::spawn(async move { kit.state(&id).await.unwrap() })
    });
    for one in at_once.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    let log = host.sandbox.control().log();
    assert_eq!(log.iter().filter(|entry| entry.path.ends_with("/initiate")).count(), 1, "and one transaction");
    host.take_selfie(&ids[0]).await;
    host.end(&ids[0]).await;
    let listed = host.kit.list(&Filter { subject: Some("user-7".into()), ..Filter::default() }).await.unwrap();
    let one = listed.iter().find(|one| one.id == ids[0]).unwrap();
    assert_eq!((&*one.key, &*one.provider, &*one.account), ("raced", "jumio", "jumio"));
    let outcome: serde_json::Value = serde_json::from_str(one.outcome.as_ref().unwrap().get()).unwrap();
    assert_eq!(outcome, serde_json::json!({ "type": "decided", "decision": "approved" }));
    assert!(one.ended.is_some() && one.undelivered.is_none() && one.created <= one.ended.unwrap());
    assert!(host.kit.list(&Filter { subject: Some("user-8".into()), ..Filter::default() }).await.unwrap().is_empty());
    let before = Filter { before: Some(one.created), ..Filter::default() };
    assert!(host.kit.list(&before).await.unwrap().iter().all(|other| other.created < one.created));
    assert!(host.kit.timeline("nobody").await.unwrap().is_none());
    assert_eq!(host.acted.lock().unwrap().len(), 1);
}

/// Three workers on one database, none of which does what another has done.
pub(crate) async fn workers_share_the_work(database: Database, url: &str) {
    let host = Host::with(database, |kit| kit).await;
    let keys: Vec<String> = (0..30).map(|number| format!("shared-{number}")).collect();
    for key in &keys {
        let id = host.begin(key).await;
        host.kit.erase(&id, false).await.unwrap();
    }
    let mut workers = Vec::new();
    for _ in 0..3 {
        let acted = host.acted.clone();
        let act = move |ended| {
            acted.lock().unwrap().push(ended);
            async { Ok(()) }
        };
        let database = Database::open(url).await.unwrap();
        let kit = timed(Verifications::new(host.kit.accounts().clone(), database, act).unwrap(), &host.sandbox);
        workers.push(tokio::spawn(async move { kit.work().await }));
    }
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if host.kit.undelivered().await.unwrap().is_empty() {
            break;
        }
    }
    workers.iter().for_each(tokio::task::JoinHandle::abort);
    let mut acted: Vec<String> =
        host.acted.lock().unwrap().iter().map(|one| one.verification.key().to_owned()).collect();
    acted.sort_unstable();
    let mut expected = keys;
    expected.sort_unstable();
    assert_eq!(acted, expected, "each outcome is delivered once, as nothing failed");
}

#[tokio::test]
async fn tables_are_made_once_and_newer_ones_are_refused() {
    let file = File::new("migrates");
    let opened = (0..4).map(|_| {
        let url = file.url();
        tokio::spawn(async move { Database::open(&url).await.map(drop) })
    });
    for one in opened.collect::<Vec<_>>() {
        one.await.unwrap().unwrap();
    }
    let pool = AnyPool::connect(&file.url()).await.unwrap();
    let versions = sqlx::query("SELECT version FROM idvkit_schema").fetch_all(&pool).await.unwrap();
    assert_eq!(versions.iter().map(|row| row.get::<i64, _>(0)).collect::<Vec<_>>(), [1]);
    sqlx::query("INSERT INTO idvkit_schema (version) VALUES (99)").execute(&pool).await.unwrap();
    let newer = Database::open(&file.url()).await;
    assert!(matches!(newer, Err(StoreError::SchemaNewer { found: 99, known: 1 })), "{newer:?}");
    let unknown = Database::open("mysql://localhost/idv").await;
    assert!(matches!(unknown, Err(StoreError::UrlUnknown { .. })), "{unknown:?}");
}

#[tokio::test]
async fn what_is_stored_is_encrypted_and_keys_can_be_replaced() {
    let file = File::new("encrypts");
    let open = async |keys| Database::open(&file.url()).await.unwrap().with_keys(Keys::new(keys).unwrap());
    // The accounts and the sandbox are one host's; what differs are the keys.
    let host = Host::with(open(vec![]).await, |kit| kit).await;
    let over = async |keys| {
        let kit = Verifications::without_act(host.kit.accounts().clone(), open(keys).await).unwrap();
        timed(kit, &host.sandbox)
    };
    let plain = host.begin("older").await;
    let snapshot = async |id: &str| -> String {
        let pool = AnyPool::connect(&file.url()).await.unwrap();
        let sql = "SELECT snapshot FROM idvkit_verification WHERE id = $1";
        sqlx::query(sql).bind(id).fetch_one(&pool).await.unwrap().get(0)
    };
    assert!(snapshot(&plain).await.starts_with('{'));

    let kit = over(vec![("a", [1; 32])]).await;
    let id = kit.begin(order(), "order-7", "user-7").await.unwrap();
    kit.state(&id).await.unwrap();
    assert!(snapshot(&id).await.starts_with("idvkit:1:a:"));
    kit.erase(&plain, false).await.unwrap();
    assert!(snapshot(&plain).await.starts_with("idvkit:1:a:"), "a row that was plain is encrypted at its next change");

    let rotated = over(vec![("b", [2; 32]), ("a", [1; 32])]).await;
    rotated.state(&id).await.unwrap();
    rotated.erase(&id, false).await.unwrap();
    assert!(snapshot(&id).await.starts_with("idvkit:1:b:"));
    let lost = kit.state(&id).await;
    assert!(matches!(lost, Err(Error::Store(StoreError::KeyUnknown))), "{lost:?}");
}

/// A database file that goes when the test ends.
pub(crate) struct File(PathBuf);

impl File {
    pub(crate) fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("idvkit-{name}-{}.sqlite", std::process::id())))
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.0.display())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", self.0.display()));
        }
    }
}
