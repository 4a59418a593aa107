//! What other programs' requests may do to a sandbox that is shared.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::signicat::Merchant;
use common::{begin, hint};
use idvkit_sandbox::{Config, Sandbox};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

fn host(sandbox: &Sandbox) -> &str {
    sandbox.base_url().trim_start_matches("http://")
}

/// What comes back for these bytes until the connection ends.
async fn exchange(sandbox: &Sandbox, request: &str) -> String {
    let mut connection = TcpStream::connect(host(sandbox)).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_request_has_one_host() {
    let sandbox = Sandbox::start().await.unwrap();
    let host = host(&sandbox);
    for path in ["/_sandbox/clock", "/jumio/us/web/v4/app", "/nothing"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nhost: evil.example\r\nconnection: close\r\n\r\n");
        assert!(exchange(&sandbox, &request).await.starts_with("HTTP/1.1 400 "), "{path}");
    }
    let once = format!("GET /_sandbox/clock HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    assert!(exchange(&sandbox, &once).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_redirect_cannot_leave_its_header_or_its_attribute() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let dossier = merchant.dossier().await;
    let good = "https://shop.example/back?order=1&name=J%C3%B6rg#part";
    let odd = ["a\r\nset-cookie: x=1", "a\nb", "a\"onload=", "a'b", "a b", "a<b>", "jörg", "a\u{0}b", "a\\b", "a`b"];
    for (tail, status) in odd.map(|odd| (odd, 400)).into_iter().chain([("", 201)]) {
        let body = json!({ "provider": "connect:idin", "redirectUrl": format!("{good}{tail}") });
        let answer = merchant.post(&format!("/dossiers/{dossier}/processes"), body).await;
        assert_eq!(answer.status(), status, "{tail:?}");
        let capture = json!({ "redirectUrl": format!("{good}{tail}"), "providers": [{ "provider": "signicatpaper" }] });
        let answer = merchant.post(&format!("/dossiers/{dossier}/capture"), capture).await;
        assert_eq!(answer.status(), if status == 400 { 400 } else { 200 }, "{tail:?}: {}", hint(&answer));
    }
}

#[tokio::test]
async fn a_callback_cannot_steer_the_sandbox() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let port = host(&sandbox).rsplit_once(':').unwrap().1;
    let control = format!("http://localhost:{port}/_sandbox/reset");
    let transaction = begin(&sandbox, json!({ "callbackUrl": control })).await;
    transaction.press("acceptable", &[]).await;
    let path =
        merchant.paper(json!({ "notificationUrl": format!("{}/_sandbox/signicat/revoke", sandbox.base_url()) })).await;
    merchant.start(&path).await;
    sandbox.control().advance(5_000).await;
    let statuses: Vec<_> = sandbox.control().deliveries().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(403), Some(403)]);
    let answer: Value = merchant.read(&path).await;
    assert_eq!(answer["status"], "accepted", "the token is still good");
    assert_eq!(sandbox.control().transactions().len(), 1);
}

const MIB: usize = 1024 * 1024;
const INITIATE: &str = "/jumio/us/api/authentication/v1/web/initiate";
const CREATE: &str = "/biometric_kz/kyc/api/v1/flows/session/create/";
const IMAGES: &str = "/signicat/assure/dossiers/d/processes/p/images";

async fn waiting(request_timeout_ms: u64) -> Sandbox {
    Sandbox::with(Config { request_timeout_ms, ..Config::default() }).await.unwrap()
}

fn head(sandbox: &Sandbox, call: &str, length: usize) -> String {
    format!("{call} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n", host(sandbox))
}

/// The status, and after how long it came.
async fn status(sandbox: &Sandbox, request: &str) -> (String, Duration) {
    let begun = Instant::now();
    let answer = exchange(sandbox, request).await;
    (answer.split(' ').nth(1).unwrap_or_default().to_owned(), begun.elapsed())
}

#[tokio::test]
async fn a_head_or_body_that_does_not_come_is_not_waited_for() {
    let sandbox = waiting(300).await;
    let (none, waited) = status(&sandbox, "GET /_sandbox/clock HTTP/1.1\r\nhost:").await;
    assert!(none.is_empty() && waited < Duration::from_secs(5), "{none} {waited:?}");
    for call in ["POST /_sandbox/faults", "POST /nothing", &format!("POST {INITIATE}"), &format!("PUT {IMAGES}")] {
        let (late, waited) = status(&sandbox, &head(&sandbox, call, 10)).await;
        assert_eq!(late, "408", "{call}");
        assert!(waited >= Duration::from_millis(300) && waited < Duration::from_secs(5), "{call} {waited:?}");
    }
}

/// Method and path say how long a body may be, before any of it is there.
#[tokio::test]
async fn a_body_is_judged_by_its_length_before_it_comes() {
    let sandbox = waiting(200).await;
    for (call, longest) in [
        (format!("POST {INITIATE}"), MIB),
        ("POST /_sandbox/faults".into(), MIB),
        ("POST /".into(), MIB),
        ("POST /nothing".into(), MIB),
        (format!("POST {CREATE}"), 32 * MIB),
        (format!("GET {CREATE}"), MIB),
        (format!("PUT {IMAGES}"), 64 * MIB),
        (format!("DELETE {IMAGES}"), MIB),
        ("POST /signicat/assure/dossiers".into(), MIB),
        ("POST /signicat/assure/nothing".into(), MIB),
    ] {
        assert_eq!(status(&sandbox, &head(&sandbox, &call, longest + 1)).await.0, "413", "{call}");
        assert_eq!(status(&sandbox, &head(&sandbox, &call, longest)).await.0, "408", "{call} may be so long");
    }
    let chunk = "x".repeat(MIB + 1);
    let (host, size) = (host(&sandbox), chunk.len());
    let unannounced = format!(
        "POST {INITIATE} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{size:x}\r\n{chunk}"
    );
    assert_eq!(status(&sandbox, &unannounced).await.0, "413");
}

#[tokio::test]
async fn long_bodies_have_their_share_of_room_and_short_ones_do_not_wait() {
    let sandbox = waiting(800).await;
    let mut unfinished = Vec::new();
    for _ in 0..8 {
        let mut connection = TcpStream::connect(host(&sandbox)).await.unwrap();
        connection.write_all(head(&sandbox, &format!("POST {CREATE}"), 32 * MIB).as_bytes()).await.unwrap();
        unfinished.push(connection);
    }
    sleep(Duration::from_millis(200)).await;
    let begin = json!({ "api_key": "none", "metadata": "x".repeat(2 * MIB) }).to_string();
    let long = head(&sandbox, &format!("POST {CREATE}"), begin.len()) + &begin;
    let short = head(&sandbox, &format!("POST {CREATE}"), 2) + "{}";
    let ((answered, waited), (quick, at_once)) = tokio::join!(status(&sandbox, &long), status(&sandbox, &short));
    assert_eq!((answered.as_str(), quick.as_str()), ("403", "400"));
    assert!(waited > Duration::from_millis(350) && at_once < waited, "{waited:?} {at_once:?}");
}
