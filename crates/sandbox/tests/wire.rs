//! What other programs' requests may do to a sandbox that is shared.
#![allow(clippy::unwrap_used)]

mod common;

use common::signicat::Merchant;
use common::{begin, hint};
use idvkit_sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
