//! The samples of the Jumio guide (J-GUIDE) against the sandbox, with nothing but the hosts and placeholders changed.
#![allow(clippy::unwrap_used)]

mod common;

use common::{ENROLLMENT, http};
use idvkit_sandbox::Sandbox;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The sample request's body, tabs and stray space included.
fn sample_body() -> String {
    let body = "{\n\t\"enrollmentTransactionReference\": \"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx\",\n\
                \t\"userReference\": \"transaction_1234\",\n\
                \t\"callbackUrl\": \"https://www.yourcompany.com/callback\",\n\
                \t\"successUrl\" : \"https://www.yourcompany.com/success\",\n\
                \t\"errorUrl\" : \"https://www.yourcompany.com/error\",\n\
                \t\"tokenLifetimeInMinutes\": 5,\n\t\"locale\": \"de\"\n}";
    body.replace("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", ENROLLMENT)
        .replace("www.yourcompany.com", "www.yourcompany.example")
}

/// The sample request written to the socket as the guide prints it.
async fn send_sample(sandbox: &Sandbox) -> (String, Value) {
    let host = sandbox.base_url().strip_prefix("http://").unwrap();
    let body = sample_body();
    let request = format!(
        "POST /jumio/us/api/authentication/v1/web/initiate HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nUser-Agent: Example Corp SampleApp/1.0.1\r\n\
         Authorization: Basic c2FuZGJveC1qdW1pby10b2tlbjpzYW5kYm94LWp1bWlvLXNlY3JldA==\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(host).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn the_sample_request_gets_the_sample_response() {
    let sandbox = Sandbox::start().await.unwrap();
    let (head, answer) = send_sample(&sandbox).await;
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    let mut names: Vec<_> = answer.as_object().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(names, ["redirectUrl", "timestamp", "transactionReference"]);
    assert_eq!(answer["timestamp"].as_str().unwrap().len(), 24);
}

#[tokio::test]
async fn the_redirects_are_the_samples_but_for_the_slash() {
    // The guide prints /success/? although the configured URL has no slash at its end (J-15).
    let sandbox = Sandbox::start().await.unwrap();
    for (action, expected) in [
        ("acceptable", "https://www.yourcompany.example/success?transactionStatus=SUCCESS&transactionReference="),
        ("deny_camera", "https://www.yourcompany.example/error?transactionStatus=ERROR&transactionReference="),
    ] {
        let (_, answer) = send_sample(&sandbox).await;
        let transaction = common::Transaction {
            reference: answer["transactionReference"].as_str().unwrap().to_owned(),
            redirect_url: answer["redirectUrl"].as_str().unwrap().to_owned(),
        };
        let location = transaction.press(action, &[]).await.headers()["location"].to_str().unwrap().to_owned();
        let code = if action == "deny_camera" { "&errorCode=9820" } else { "" };
        assert_eq!(location, format!("{expected}{}{code}", transaction.reference));
    }
}

#[tokio::test]
async fn the_iframe_tag_loads_the_client_whatever_the_order_of_its_query() {
    let sandbox = Sandbox::start().await.unwrap();
    let (_, answer) = send_sample(&sandbox).await;
    let token = answer["redirectUrl"].as_str().unwrap().split(['=', '&']).nth(1).unwrap().to_owned();
    let tag = "<iframe src=\"https://yourcompany.netverify.com/web/v4/app?locale=en-GB&authorizationToken=xxx\" width=\"930\" height=\"750\" allow=\"camera;fullscreen\" allowfullscreen></iframe>";
    let tag = tag.replace("https://yourcompany.netverify.com", &format!("{}/jumio/us/yourcompany", sandbox.base_url()));
    let source = tag.replace("xxx", &token).split('"').nth(1).unwrap().to_owned();
    let response = http().get(source).header("sec-fetch-dest", "iframe").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("x-frame-options"));
    let html = response.text().await.unwrap();
    assert!(html.contains("locale en-GB"));
    // What the guide's message reader looks at.
    let data: Value = serde_json::from_str(&common::data_scripts(&html, "data-post-message")[0]).unwrap();
    assert_eq!(data["authorizationToken"], token);
    assert_eq!(data["transactionReference"], answer["transactionReference"]);
    assert_eq!((&data["eventType"], &data["payload"]["value"]), (&510.into(), &"loaded".into()));
}

/// The guide's listener: each property that it reads of the parsed `event.data`, in its order. `undefined` is `None`.
fn listen(event_data: &str) -> [Option<Value>; 6] {
    let data: Value = serde_json::from_str(event_data).unwrap();
    let read = |path: &[&str]| path.iter().try_fold(&data, |value, name| value.get(name)).cloned();
    assert!(data["payload"].is_object(), "the listener would throw at `data.payload.value`");
    [
        read(&["authorizationToken"]),
        read(&["transactionReference"]),
        read(&["eventType"]),
        read(&["dateTime"]),
        read(&["payload", "value"]),
        read(&["payload", "metainfo"]),
    ]
}

#[tokio::test]
async fn the_listener_finds_every_property_it_reads() {
    let sandbox = Sandbox::start().await.unwrap();
    let transaction = common::begin(&sandbox, serde_json::json!({})).await;
    let pages = [
        (transaction.open().await, "loaded", None),
        (transaction.press("deny_camera", &[("framed", "true")]).await, "error", Some(9820)),
        (transaction.press("acceptable", &[("framed", "true")]).await, "success", None),
    ];
    for (page, event, code) in pages {
        let html = page.text().await.unwrap();
        let posted = &common::data_scripts(&html, "data-post-message")[0];
        let [token, reference, kind, date, value, metainfo] = listen(posted);
        assert_eq!(token, Some(transaction.token().into()), "{event}");
        assert_eq!(reference, Some(transaction.reference.clone().into()), "{event}");
        assert_eq!((kind, value), (Some(510.into()), Some(event.into())));
        let date = date.unwrap();
        assert!(date.as_str().is_some_and(|date| date.len() == 24 && date.ends_with('Z')), "{date}");
        assert_eq!(metainfo, code.map(|code| serde_json::json!({ "code": code })), "{event}");
    }
}
