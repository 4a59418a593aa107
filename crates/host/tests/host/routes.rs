//! The routes over real HTTP, as `openapi.json` and `CONTRACT.md` describe them.

use reqwest::{
    Method, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER},
};
use serde_json::{Value, json};

use crate::support::{Host, USER, json_of};

#[tokio::test]
async fn from_begin_to_outcome() {
    let host = Host::start().await;
    let id = host.begin("order-7").await;
    assert_eq!(host.begin("order-7").await, id, "idempotent by key");
    let state = host.state(&id).await;
    assert_eq!((&state["id"], &state["state"]), (&json!(id), &json!("journey")));
    assert!(state["until"].is_i64() && state["journey"]["ways"].is_array());
    let back = host.take_selfie(&id).await;
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    assert_eq!(back.headers()[LOCATION], format!("verifications/{id}/page"));
    let end = host.end(&id).await;
    assert_eq!(end, json!({ "id": id, "state": "done", "outcome": { "type": "decided", "decision": "approved" } }));
    assert!(host.sandbox.control().deliveries().iter().all(|one| one.status == Some(200)), "the callback was heard");
    // Late, twice, or after the end: it is genuine, and nothing follows from it.
    host.sandbox.control().advance(60_000).await;
    assert_eq!(host.acted.lock().unwrap().len(), 1);
    let late = host.post(&format!("/verifications/{id}/hint"), "{}").send().await.unwrap();
    assert!([StatusCode::BAD_REQUEST, StatusCode::CONFLICT].contains(&late.status()), "{late:?}");
}

#[tokio::test]
async fn every_operation_of_the_document_answers_as_it_says() {
    let host = Host::start().await;
    let id = host.begin("order-7").await;
    let document: Value = json_of(host.get("/openapi.json").send().await.unwrap()).await;
    assert_eq!(document, serde_json::from_str::<Value>(idvkit_host::OPENAPI).unwrap());
    let mut count = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let place = path.replace("{id}", &id).replace("{account}", "jumio").replace("{file}", "idv-journey.js");
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let request = host.http.request(method.clone(), format!("{}/idv{place}", host.url)).header(USER, "user-7");
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let described = &operation["responses"][status.as_str()];
            assert!(described.is_object(), "{method} {path} answers {status}");
            let kind = answer.headers().get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap()).to_owned();
            if status.is_client_error() {
                assert_eq!(described["$ref"], "#/components/responses/Problem", "{method} {path}");
                assert_is_problem(answer).await;
            } else if let Some(content) = described["content"].as_object() {
                assert!(content.keys().any(|described| kind.starts_with(described)), "{method} {path}: {kind}");
            }
            count += 1;
        }
        let other = host.http.delete(format!("{}/idv{place}", host.url)).send().await.unwrap();
        assert_eq!(other.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(other.headers().contains_key(ALLOW), "{path}");
        assert_is_problem(other).await;
    }
    assert_eq!(count, 10);
    assert_is_problem(host.get("/elsewhere").send().await.unwrap()).await;
    assert_is_problem(host.get("/verifications/%ff").send().await.unwrap()).await;
}

#[tokio::test]
async fn a_verification_is_for_its_user() {
    let host = Host::start().await;
    let id = host.begin("order-7").await;
    for (path, post) in
        [("", false), ("/events", false), ("/page", false), ("/hint", true), ("/images", true), ("/retry", true)]
    {
        let place = |id: &str| format!("{}/idv/verifications/{id}{path}", host.url);
        let send = async |url: String, user: Option<&str>| {
            let request = if post { host.http.post(url) } else { host.http.get(url) };
            let answer =
                user.into_iter().fold(request, |request, user| request.header(USER, user)).send().await.unwrap();
            let status = answer.status();
            assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
            assert_is_problem(answer).await;
            status
        };
        assert_eq!(send(place(&id), None).await, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(send(place(&id), Some("user-8")).await, StatusCode::FORBIDDEN, "{path}");
        let unknown = "0".repeat(32);
        assert_eq!(send(place(&unknown), Some("user-7")).await, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn other_sites_cannot_post() {
    let host = Host::with(memory().await, |kit| kit.with_origins(["https://www.shop.example"])).await;
    let id = host.begin("order-7").await;
    host.state(&id).await;
    for what in ["hint", "images", "retry"] {
        let post = || host.post(&format!("/verifications/{id}/{what}"), "x");
        let foreign = post().header("origin", "https://evil.example").send().await.unwrap();
        assert_eq!((foreign.status(), foreign.headers().get(CACHE_CONTROL).is_some()), (StatusCode::FORBIDDEN, true));
        assert_eq!(assert_is_problem(foreign).await["code"], "origin_foreign");
        let foreign = post().header("sec-fetch-site", "cross-site").send().await.unwrap();
        assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
        for own in [host.url.as_str(), "https://www.shop.example"] {
            assert_ne!(post().header("origin", own).send().await.unwrap().status(), StatusCode::FORBIDDEN, "{what}");
        }
    }
    // A provider's callback has no origin of ours.
    let callback = host.post("/callbacks/jumio", "x").header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(callback.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let host = Host::start().await;
    let id = host.begin("order-7").await;
    let status = async |path: &str, size: usize| {
        let answer = host.post(path, vec![b'x'; size]).send().await.unwrap();
        let status = answer.status();
        assert_is_problem(answer).await;
        status
    };
    assert_eq!(status(&format!("/verifications/{id}/hint"), 4096).await, StatusCode::BAD_REQUEST);
    assert_eq!(status(&format!("/verifications/{id}/hint"), 4097).await, StatusCode::PAYLOAD_TOO_LARGE);
    // Photos are larger than axum alone takes.
    let form =
        format!("--b\r\ncontent-disposition: form-data; name=\"face\"\r\n\r\n{}\r\n--b--\r\n", "x".repeat(3 << 20));
    let images = host.post(&format!("/verifications/{id}/images"), form);
    let images = images.header(CONTENT_TYPE, "multipart/form-data; boundary=b").send().await.unwrap();
    assert_eq!(assert_is_problem(images).await["code"], "images_unexpected", "this flow asks for none");
    // A length that is announced, and a body that would never end: neither is read whole.
    for path in [format!("/verifications/{id}/images"), "/callbacks/jumio".into()] {
        let announced = raw(&host, &path, "content-length: 33554433").await;
        assert!(announced.starts_with("HTTP/1.1 413"), "{path}: {announced}");
    }
    let endless = raw(&host, &format!("/verifications/{id}/hint"), "transfer-encoding: chunked").await;
    assert!(endless.starts_with("HTTP/1.1 413"), "{endless}");
}

#[tokio::test]
async fn providers_are_answered_by_blame() {
    let host = Host::start().await;
    host.begin("order-7").await;
    let status = async |path: &str, body: &'static str| {
        let answer = host.http.post(format!("{}/idv{path}", host.url)).body(body).send().await.unwrap();
        let status = answer.status();
        (status, assert_is_problem(answer).await["code"].clone())
    };
    assert_eq!(status("/callbacks/nobody", "x=1").await, (StatusCode::NOT_FOUND, json!("account_unknown")));
    assert_eq!(status("/callbacks/jumio", "x=1").await.0, StatusCode::BAD_REQUEST);
    let unknown = "transactionStatus=SUCCESS&transactionReference=11111111-1111-4111-8111-111111111111";
    for (query, expected) in [("", StatusCode::BAD_REQUEST), (unknown, StatusCode::NOT_FOUND)] {
        let back = host.http.get(format!("{}/idv/return?{query}", host.url)).send().await.unwrap();
        assert_eq!(back.status(), expected, "{query}");
        assert_is_problem(back).await;
    }
}

#[tokio::test]
async fn a_user_who_comes_back_late_sees_the_end() {
    let host = Host::with(memory().await, |kit| kit.with_page(|id| format!("/orders?idv={id}"))).await;
    let id = host.begin("order-7").await;
    let back = host.take_selfie(&id).await;
    assert_eq!(back.headers()[LOCATION], *format!("/orders?idv={id}"));
    let url = back.url().clone();
    host.end(&id).await;
    let again = host.http.get(url).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::SEE_OTHER, "nothing follows from it, but the page says how it ended");
}

#[tokio::test]
async fn the_page_and_the_element_are_served() {
    let host = Host::start().await;
    let id = host.begin("order-7").await;
    let page = host.get(&format!("/verifications/{id}/page")).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let text = page.text().await.unwrap();
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(text.contains(&format!("nonce=\"{nonce}\"")) && !text.contains("{nonce}") && nonce.len() == 22);
    let again = host.get(&format!("/verifications/{id}/page")).send().await.unwrap();
    assert!(!again.headers()["content-security-policy"].to_str().unwrap().contains(nonce));
    for file in ["idv-journey.js", "idv-hosted.js", "locales/kk.js"] {
        let answer = host.http.get(format!("{}/idv/element/{file}", host.url)).send().await.unwrap();
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert_eq!(answer.headers()[CACHE_CONTROL], "max-age=3600");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
    assert_eq!(host.get("/element/..%2fCargo.toml").send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn states_come_as_server_sent_events_until_the_end() {
    let host = Host::start().await;
    let id = host.begin("order-7").await;
    let mut stream = host.get(&format!("/verifications/{id}/events")).send().await.unwrap();
    assert_eq!(stream.headers()[CONTENT_TYPE], "text/event-stream");
    let mut text = String::new();
    while !text.contains("\n\n") {
        text.push_str(str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
    }
    host.take_selfie(&id).await;
    host.end(&id).await;
    while let Some(chunk) = stream.chunk().await.unwrap() {
        text.push_str(str::from_utf8(&chunk).unwrap());
    }
    let data = |event: &str| event.lines().find_map(|line| line.strip_prefix("data: ")).map(str::to_owned);
    assert!(
        text.split_terminator("\n\n").all(|event| event.starts_with("event: state\n") || event.starts_with(':')),
        "{text}"
    );
    let states: Vec<Value> =
        text.split("\n\n").filter_map(data).map(|data| serde_json::from_str(&data).unwrap()).collect();
    assert_eq!(states[0]["state"], "journey");
    assert_eq!(states.last().unwrap(), &host.state(&id).await);
    assert!(states.windows(2).all(|pair| pair[0] != pair[1]), "only changes");
}

#[tokio::test]
async fn a_store_that_fails_is_unavailable() {
    let folder = std::env::temp_dir().join(format!("idvkit-routes-{}.sqlite", std::process::id()));
    let database = idvkit_host::Database::open(&format!("sqlite:{}", folder.display())).await.unwrap();
    let host = Host::with(database, |kit| kit).await;
    let id = host.begin("order-7").await;
    let other: sqlx::AnyPool = sqlx::AnyPool::connect(&format!("sqlite:{}", folder.display())).await.unwrap();
    sqlx::query("ALTER TABLE idvkit_verification RENAME TO gone").execute(&other).await.unwrap();
    let answer = host.get(&format!("/verifications/{id}")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()[RETRY_AFTER], "1");
    assert_is_problem(answer).await;
    std::fs::remove_file(folder).unwrap();
}

async fn memory() -> idvkit_host::Database {
    idvkit_host::Database::open("sqlite::memory:").await.unwrap()
}

async fn assert_is_problem(answer: reqwest::Response) -> Value {
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json", "{answer:?}");
    let status = answer.status();
    let problem = json_of(answer).await;
    assert_eq!(problem["status"], status.as_u16());
    assert!(!problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty());
    problem
}

/// Sends a head and then, as chunks, more than any limit of a hint, and reads the answer's head.
async fn raw(host: &Host, path: &str, header: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let at = host.url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
    let head = format!("POST /idv{path} HTTP/1.1\r\nhost: {at}\r\n{USER}: user-7\r\n{header}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    if header.contains("chunked") {
        // What is refused may be cut off while it is still being sent.
        let _ = stream.write_all(format!("1400\r\n{}\r\n", "x".repeat(0x1400)).as_bytes()).await;
    }
    let mut answer = vec![0; 512];
    let length = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}
