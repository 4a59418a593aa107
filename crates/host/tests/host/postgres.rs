//! A real server of `PostgreSQL`, which is started for the test. Without one on this machine the tests say so and pass:
//! `cargo xtask setup` installs it.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use idvkit_host::{Database, Filter};
use sqlx::AnyPool;

use crate::{
    store::{keeps_verifications, workers_share_the_work},
    support::Host,
};

#[tokio::test]
async fn keeps_what_sqlite_keeps() {
    let Some(server) = Server::start("keeps") else { return };
    keeps_verifications(Database::open(&server.url()).await.unwrap()).await;
    workers_share_the_work(Database::open(&server.url()).await.unwrap(), &server.url()).await;
}

#[tokio::test]
async fn tables_are_made_once_if_many_open_them() {
    let Some(server) = Server::start("opens") else { return };
    let opened = (0..8).map(|_| {
        let url = server.url();
        tokio::spawn(async move { Database::open(&url).await.map(drop) })
    });
    for one in opened.collect::<Vec<_>>() {
        one.await.unwrap().unwrap();
    }
}

/// A worker elsewhere is told at once that there is something to do.
#[tokio::test]
async fn a_worker_of_another_process_is_woken() {
    let Some(server) = Server::start("wakes") else { return };
    let worker = Host::with(Database::open(&server.url()).await.unwrap(), |kit| kit).await;
    let kit = worker.kit.clone();
    let working = tokio::spawn(async move { kit.work().await });
    tokio::time::sleep(Duration::from_millis(2500)).await;
    // Its accounts are the other's, so that it can go on with what that has begun.
    let other = Database::open(&server.url()).await.unwrap();
    let other = idvkit_host::Verifications::without_act(worker.kit.accounts().clone(), other).unwrap();
    let other = crate::support::timed(other, &worker.sandbox);
    let mut waited = Vec::new();
    for number in 0..5 {
        let begun = Instant::now();
        let id = other.begin(crate::support::order(), &format!("order-{number}"), "user-7").await.unwrap();
        while !worker.kit.timeline(&id).await.unwrap().unwrap().iter().any(|one| one["kind"] == "exchange") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        waited.push(begun.elapsed());
    }
    working.abort();
    waited.sort_unstable();
    assert!(waited[2] < Duration::from_millis(500), "half of them wait less than half of a pause: {waited:?}");
}

/// Every statement that runs for a page, a callback or a worker finds its rows by an index.
#[tokio::test]
async fn hot_queries_use_indexes() {
    let Some(server) = Server::start("plans") else { return };
    let database = Database::open(&server.url()).await.unwrap();
    let pool = AnyPool::connect(&server.url()).await.unwrap();
    let many = "INSERT INTO idvkit_verification (id, key, subject, provider, account, revision, snapshot, due, created, ended, erased)
        SELECT md5(n::text), 'key-' || n, 'user-' || n, 'jumio', 'jumio', 0, '{}', 9000000000000 + n, n, n, n FROM generate_series(1, 50000) n";
    sqlx::query(many).execute(&pool).await.unwrap();
    let references =
        "INSERT INTO idvkit_reference SELECT 'jumio', 'reference-' || n, md5(n::text) FROM generate_series(1, 50000) n";
    sqlx::query(references).execute(&pool).await.unwrap();
    let events = "INSERT INTO idvkit_event SELECT md5((n / 4)::text), n, '{}' FROM generate_series(4, 50000) n";
    sqlx::query(events).execute(&pool).await.unwrap();
    let blobs = "INSERT INTO idvkit_blob SELECT md5(n::text), 'x', '' FROM generate_series(1, 50000) n";
    sqlx::query(blobs).execute(&pool).await.unwrap();
    sqlx::raw_sql("ANALYZE").execute(&pool).await.unwrap();
    drop((database, pool));
    server.log().set_len(0).unwrap();
    let day = Duration::from_hours(24);
    let host = Host::with(Database::open(&server.url()).await.unwrap(), |kit| kit.with_retention(day)).await;
    let kit = host.kit.clone();
    let worker = tokio::spawn(async move { kit.work().await });
    let id = host.begin("order-7").await;
    host.take_selfie(&id).await;
    host.end(&id).await;
    host.kit.timeline(&id).await.unwrap();
    host.kit.undelivered().await.unwrap();
    host.kit.list(&Filter::default()).await.unwrap();
    host.kit.list(&Filter { subject: Some("user-7".into()), ..Filter::default() }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    worker.abort();
    let log = fs::read_to_string(server.folder.join("log")).unwrap();
    for used in [
        "idvkit_verification_due",
        "idvkit_verification_ended",
        "idvkit_verification_subject",
        "idvkit_verification_created",
        "idvkit_verification_undelivered",
        "idvkit_verification_pkey",
        "idvkit_verification_key_key",
        "idvkit_reference_pkey",
        "idvkit_blob_pkey",
        "idvkit_event_verification",
    ] {
        assert!(log.contains(&format!("using {used}")) || log.contains(&format!("on {used}")), "no plan uses {used}");
    }
    let slow: Vec<&str> =
        log.lines().filter(|line| line.contains("Seq Scan on idvkit_") && !line.contains("idvkit_schema")).collect();
    assert!(slow.is_empty(), "{slow:#?}");
}

/// A server with a folder, a port and a database of its own.
pub(crate) struct Server {
    folder: PathBuf,
    port: u16,
    child: Child,
}

impl Server {
    fn start(name: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("left out: there is no PostgreSQL on this machine; `cargo xtask setup` installs it");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("idvkit-postgres-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        let data = folder.join("data");
        let as_user = user_of(&folder);
        let made = as_user(&programs.join("initdb"))
            .args(["--auth=trust", "--username=idvkit", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success(), "initdb failed");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = open_log(&folder);
        let child = as_user(&programs.join("postgres"))
            .args(["-c", "session_preload_libraries=auto_explain", "-c", "auto_explain.log_min_duration=0"])
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-p", &port.to_string(), "-k"])
            .arg(&folder)
            .arg("-D")
            .arg(&data)
            .stderr(log)
            .spawn()
            .unwrap();
        let server = Self { folder, port, child };
        for _ in 0..200 {
            std::thread::sleep(Duration::from_millis(50));
            let ready = Command::new(programs.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
                .status();
            if ready.unwrap().success() {
                return Some(server);
            }
        }
        panic!("PostgreSQL does not start: {}", fs::read_to_string(server.folder.join("log")).unwrap());
    }

    /// What the server writes down, with the plan of each statement.
    fn log(&self) -> fs::File {
        open_log(&self.folder)
    }

    fn url(&self) -> String {
        format!("postgres://idvkit@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT: at once, with its processes. It answers to whoever may signal it, which root may.
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn open_log(folder: &Path) -> fs::File {
    fs::File::options().create(true).append(true).open(folder.join("log")).unwrap()
}

/// Where the server's programs are: Debian keeps them out of the path.
fn programs() -> Option<PathBuf> {
    let versions =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let others: Vec<PathBuf> = std::env::split_paths(&path).collect();
    versions.chain(others).find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// The server refuses to run as root: then it is the user `postgres`, whom its package makes.
fn user_of(folder: &Path) -> impl Fn(&Path) -> Command + use<> {
    let root = fs::metadata(folder).unwrap().uid() == 0;
    if root {
        let id = |option: &str| -> u32 {
            let found = Command::new("id").args([option, "postgres"]).output().unwrap();
            String::from_utf8(found.stdout).unwrap().trim().parse().unwrap()
        };
        chown(folder, Some(id("-u")), Some(id("-g"))).unwrap();
    }
    move |program| {
        if !root {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    }
}
