//! What goes wrong on the merchant's own side: crashes, full disks, many at once, calls that do not fit.

use std::collections::HashSet;

use idvkit_cli::site::{Options, Site};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::stand::{Folder, Running, answer_of};

const MIB: usize = 1024 * 1024;
/// Longer than any pause before the merchant is asked once more to act, in milliseconds.
const AT_LAST: i64 = 2 * 3_600_000;

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_cannot_be_written_is_neither_told_nor_acted_on_until_it_can() {
    let folder = Folder::new("full");
    let site = Running::start(&Options { data: Some(folder.file()), ..Options::default() }).await;
    let case = site.open(json!({ "provider": "jumio" })).await;
    let disk = Connection::open(folder.file()).unwrap();
    disk.execute_batch(
        "CREATE TRIGGER full BEFORE UPDATE OF acted ON sessions WHEN NEW.acted IS NOT NULL
         BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    )
    .unwrap();
    case.walk("jumio").await;
    for _ in 0..20 {
        site.advance(10_000).await;
    }
    let state = case.state().await;
    assert_eq!((state["outcome"].as_str(), &state["acted"]), (Some("approved"), &Value::Null), "{state}");
    assert_ne!(case.count("the disk is full").await, 0);

    disk.execute_batch("DROP TRIGGER full").unwrap();
    site.advance(AT_LAST).await;
    assert_ne!(case.state().await["acted"], Value::Null);
    assert_eq!((case.count("decision: ").await, case.count("acts, once").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_an_accident_interrupts_is_gone_on_with() {
    let folder = Folder::new("interrupted");
    let site = Running::start(&Options { data: Some(folder.file()), ..Options::default() }).await;
    let disk = Connection::open(folder.file()).unwrap();
    disk.execute_batch(
        "CREATE TRIGGER full BEFORE UPDATE OF snapshot ON verifications BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    )
    .unwrap();
    let case = site.open(json!({ "provider": "jumio" })).await;
    assert_eq!(case.state().await["step"], "send");
    assert_ne!(case.count("the disk is full").await, 0);

    disk.execute_batch("DROP TRIGGER full").unwrap();
    case.presented().await;
    assert_eq!(case.count("opens a session").await, 1);
    case.walk("jumio").await;
    assert_eq!(case.outcome().await["outcome"], "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_an_earlier_process_left_undone_is_acted_on() {
    let folder = Folder::new("undone");
    let options = Options { data: Some(folder.file()), ..Options::default() };
    let site = Running::start(&options).await;
    let case = site.open(json!({ "provider": "jumio" })).await;
    let disk = Connection::open(folder.file()).unwrap();
    // It is decided, and stopped before anybody could act on that.
    disk.execute_batch(
        "CREATE TRIGGER full BEFORE UPDATE OF acted ON sessions BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    )
    .unwrap();
    case.walk("jumio").await;
    while case.state().await["outcome"] != "approved" {
        site.advance(10_000).await;
    }
    assert_eq!(case.state().await["acted"], Value::Null);
    let id = case.id.clone();
    site.stop().await;
    disk.execute_batch("DROP TRIGGER full").unwrap();
    drop(disk);

    let site = Running::start(&options).await;
    let case = site.case(&id);
    site.advance(AT_LAST).await;
    assert_ne!(case.state().await["acted"], Value::Null);
    assert_eq!((case.count("decision: ").await, case.count("acts, once").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_start_at_once_are_kept_apart() {
    let site = Running::start(&Options { seed: Some(10), ..Options::default() }).await;
    let scenarios = ["declined", "approved"].repeat(6);
    let starts =
        scenarios.iter().map(|scenario| site.open(json!({ "provider": "biometric_kz", "scenario": scenario })));
    let cases = futures_util::future::join_all(starts).await;
    let ids: HashSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), cases.len());
    for (case, scenario) in cases.iter().zip(scenarios) {
        case.walk("biometric_kz").await;
        assert_eq!(case.outcome().await["outcome"], scenario, "one session had the other's scenario");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_in_the_form_of_all_errors() {
    let site = Running::start(&Options::default()).await;
    let case = site.open(json!({ "provider": "jumio" })).await;
    let hint = format!("/api/sessions/{}/hint", case.id);
    // Callbacks with results are longer than hints.
    let (status, answer) = site.post("/callback/jumio", &"x".repeat(3 * MIB)).await;
    assert_eq!((status, answer["error"]["code"].is_string()), (400, true), "{answer}");
    for (path, body) in [(hint.as_str(), "x".repeat(20 * 1024)), ("/callback/jumio", "x".repeat(32 * MIB + 1))] {
        let (status, answer) = site.post(path, &body).await;
        assert_eq!((status, &answer["error"]["code"]), (413, &json!("body_too_long")), "{path}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("at most"), "{answer}");
    }
    let no_text = site.http.post(format!("{}{hint}", site.merchant)).body(vec![0xff, 0xfe]);
    let (status, answer) = answer_of(no_text).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!("request_malformed")));
    let no_form = site.http.post(case.url("images")).header("content-type", "text/plain").body("x");
    assert_eq!(answer_of(no_form).await.1["error"]["code"], "request_malformed");
    let wrong_method = site.http.put(case.url("hint"));
    assert_eq!(answer_of(wrong_method).await.1["error"]["code"], "method_not_allowed");
    assert_eq!(site.get("/assets/none.js").await["error"]["code"], "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_names_of_this_machine_lead_to_the_one() {
    let site = Running::start(&Options::default()).await;
    let port = site.merchant.rsplit(':').next().unwrap();
    let page = site.http.get(format!("http://127.0.0.1:{port}/?session=1")).send().await.unwrap();
    assert_eq!(page.status(), 308);
    assert_eq!(page.headers()["location"], format!("{}/?session=1", site.merchant));
    // A server's own calls are no pages.
    let start = site.http.post(format!("http://127.0.0.1:{port}/api/sessions")).body(r#"{"provider":"jumio"}"#);
    assert_eq!(answer_of(start).await.0, 201);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_on_this_machine_reads_what_is_kept() {
    use std::{fs, os::unix::fs::PermissionsExt};

    let folder = Folder::new("private");
    let file = folder.file().parent().unwrap().join("kept/demo.sqlite");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let options = Options { data: Some(file.clone()), ..Options::default() };
    let site = Running::start(&options).await;
    site.open(json!({ "provider": "jumio" })).await;
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    for name in ["demo.sqlite", "demo.sqlite-wal", "demo.sqlite-shm"] {
        assert_eq!(mode(&file.with_file_name(name)), 0o600, "{name}");
    }
    site.stop().await;
    // A file of an earlier version, which everybody could read.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let _site = Running::start(&options).await;
    assert_eq!(mode(&file), 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_somebody_else_has_is_named_with_the_option_that_changes_it() {
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let number = elsewhere.local_addr().unwrap().port();
    for (options, sentence) in [
        (
            Options { port: Some(number), ..Options::default() },
            format!("port {number} is taken; choose another one with --port, or 0 for any"),
        ),
        (
            Options { port: Some(0), sandbox_port: Some(number), ..Options::default() },
            format!("the sandbox cannot have port {number} "),
        ),
    ] {
        let error = format!("{:#}", Site::start(&options).await.err().unwrap());
        assert!(error.starts_with(&sentence) && error.contains("choose another one with --"), "{error}");
    }
}
