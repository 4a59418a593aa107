//! The axum example acts once, and forgeries, accidents and large messages do it no harm. Every flow in a browser is in
//! `bindings/web/tests/shop.test.mjs`.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use idvkit::{Account, Config, Decision, Outcome, Request, UnixMillis};
use idvkit_host::{Database, Verifications};
use idvkit_sandbox::Sandbox;
use reqwest::{
    Response, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use serde_json::{Value, json};
use sqlx::AnyPool;

#[path = "../axum.rs"]
#[expect(dead_code, reason = "the example's `main` is not called here")]
mod example;

/// The shop on a port of its own, and what it acted on.
struct Running {
    url: String,
    file: PathBuf,
    sandbox: Sandbox,
    acted: Arc<Mutex<Vec<Outcome>>>,
    http: reqwest::Client,
}

impl Running {
    /// `configured` gets the URLs of the sandbox and of the shop.
    async fn start(configured: impl Fn(&str, &str) -> Value, request: Value) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let listener = tokio::net::TcpListener::bind("localhost:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("http://localhost:{port}");
        let acted = Arc::new(Mutex::new(Vec::new()));
        let (clock, log) = (sandbox.control().clone(), acted.clone());
        let config = Config::from_json(&configured(sandbox.base_url(), &url).to_string()).unwrap();
        let file = std::env::temp_dir().join(format!("idvkit-shop-{}-{port}.sqlite", std::process::id()));
        let database = Database::open(&format!("sqlite:{}", file.display())).await.unwrap();
        let act = move |ended: idvkit_host::Ended| {
            log.lock().unwrap().push(ended.outcome);
            async { Ok(()) }
        };
        let verifications = Verifications::new(Account::new(config).unwrap(), database, act)
            .unwrap()
            .with_http(idvkit_http::builder().no_proxy().build().unwrap())
            .with_clock(move || UnixMillis(clock.now()));
        tokio::spawn(verifications.clone().work());
        let app = example::shop(verifications, Request::from_json(&request.to_string()).unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { url, file, sandbox, acted, http }
    }

    /// What another program does to the database.
    async fn sql(&self, sql: &'static str) {
        let pool = AnyPool::connect(&format!("sqlite:{}", self.file.display())).await.unwrap();
        sqlx::raw_sql(sql).execute(&pool).await.unwrap();
    }

    /// The place of a new verification.
    async fn begin(&self) -> String {
        let begun = self.http.post(format!("{}/verifications", self.url)).send().await.unwrap();
        assert_eq!(begun.status(), StatusCode::SEE_OTHER);
        let page = begun.headers()[LOCATION].to_str().unwrap();
        format!("{}{}", self.url, page.strip_suffix("/page").unwrap())
    }

    /// What the page shows, once nobody else is at it.
    async fn state(&self, place: &str) -> Value {
        loop {
            let answer = self.http.get(place).send().await.unwrap().error_for_status().unwrap();
            let state: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
            if state["state"] != "waiting" {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the page's element posts.
    async fn post(&self, place: &str, body: impl Into<reqwest::Body>) -> StatusCode {
        self.http.post(place).body(body).send().await.unwrap().status()
    }

    async fn outcome(&self) -> Outcome {
        for _ in 0..60 {
            if !self.acted.lock().unwrap().is_empty() {
                break;
            }
            self.sandbox.control().advance(15_000).await;
            tokio::time::sleep(Duration::from_millis(120)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let acted = self.acted.lock().unwrap();
        assert_eq!(acted.len(), 1, "it acts exactly once");
        acted[0].clone()
    }

    /// What the user does at Jumio: take a selfie, and be sent back to the shop.
    async fn take_selfie(&self, state: &Value) -> Response {
        let link = state["journey"]["ways"][0]["url"].as_str().unwrap();
        self.http.get(link).send().await.unwrap().error_for_status().unwrap();
        let token = link.split("authorizationToken=").nth(1).unwrap().split('&').next().unwrap();
        let form = format!("authorizationToken={token}&action=acceptable");
        let press = self.http.post(link).header("content-type", "application/x-www-form-urlencoded").body(form);
        let back = press.send().await.unwrap().headers()[LOCATION].to_str().unwrap().to_owned();
        self.http.get(back).send().await.unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", self.file.display()));
        }
    }
}

const JUMIO: fn(&str, &str) -> Value = |sandbox, shop| {
    json!({
        "provider": "jumio", "region": "us", "user_agent": "ExampleShop Demo/1.0",
        "api_token": "sandbox-jumio-token", "api_secret": "sandbox-jumio-secret",
        "callback": { "url": format!("{shop}/idv/callbacks/jumio") },
        "success_url": format!("{shop}/idv/return"), "error_url": format!("{shop}/idv/return"),
        "options": { "development": true, "api_base": format!("{sandbox}/jumio/us") },
    })
};

fn jumio_request() -> Value {
    json!({ "flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222" })
}

#[tokio::test]
async fn from_open_to_outcome() {
    let shop = Running::start(JUMIO, jumio_request()).await;
    let place = shop.begin().await;
    let page = shop.http.get(format!("{place}/page")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<idv-journey"));
    let element = shop.http.get(format!("{}/idv/element/idv-journey.js", shop.url)).send().await.unwrap();
    assert_eq!(element.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
    let back = shop.take_selfie(&shop.state(&place).await).await;
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    let page = back.url().join(back.headers()[LOCATION].to_str().unwrap()).unwrap();
    assert_eq!(page.as_str(), format!("{place}/page"));
    assert_eq!(shop.outcome().await, Outcome::Decided { decision: Decision::Approved });
    assert_eq!(shop.state(&place).await["state"], "done");
    let deliveries = shop.sandbox.control().deliveries();
    assert!(!deliveries.is_empty() && deliveries.iter().all(|one| one.status == Some(200)));
}

/// A result with its documents and photos is large.
#[tokio::test]
async fn a_large_webhook_is_heard() {
    let configured = |sandbox: &str, _: &str| {
        json!({
            "provider": "biometric_kz", "api_key": "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001",
            "options": {
                "development": true, "api_base": format!("{sandbox}/biometric_kz/kyc"),
                "front_base": format!("{sandbox}/biometric_kz/remote"),
            },
        })
    };
    let shop = Running::start(configured, json!({ "flow": "biometric_kz_flow" })).await;
    let state = shop.state(&shop.begin().await).await;
    let id = &state["journey"]["ways"][0]["options"][0]["value"]["value"];
    let webhook = format!(r#"{{"event": "flow.end", "session_id": {id}{}}}"#, " ".repeat(3 * 1024 * 1024));
    assert_eq!(shop.post(&format!("{}/idv/callbacks/biometric_kz", shop.url), webhook).await, StatusCode::OK);
}

#[tokio::test]
async fn forgeries_are_turned_away() {
    let shop = Running::start(JUMIO, jumio_request()).await;
    let place = shop.begin().await;
    shop.state(&place).await;
    let status = async |path: &str| shop.http.get(format!("{}{path}", shop.url)).send().await.unwrap().status();
    assert_eq!(status("/idv/verifications/nobody").await, StatusCode::NOT_FOUND);
    let unknown = "transactionStatus=SUCCESS&transactionReference=11111111-1111-4111-8111-111111111111";
    assert_eq!(status(&format!("/idv/return?{unknown}")).await, StatusCode::NOT_FOUND);
    assert_eq!(status("/idv/element/..%2fCargo.toml").await, StatusCode::NOT_FOUND);
    for post in [format!("{}/idv/callbacks/jumio", shop.url), format!("{place}/hint"), format!("{place}/images")] {
        assert_eq!(shop.post(&post, "x=1").await, StatusCode::BAD_REQUEST, "{post}");
    }
    assert!(shop.acted.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_failure_does_not_end_the_worker() {
    let shop = Running::start(JUMIO, jumio_request()).await;
    let spoiled = shop.begin().await;
    // At Jumio, the later of two for the same enrollment ends the other.
    shop.state(&spoiled).await;
    shop.sql("UPDATE idvkit_verification SET snapshot = '', revision = -1, due = 0").await;
    let place = shop.begin().await;
    let state = shop.state(&place).await;
    shop.sql("ALTER TABLE idvkit_verification RENAME TO gone").await;
    // Some rounds of the worker.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    shop.sql("ALTER TABLE gone RENAME TO idvkit_verification").await;
    shop.take_selfie(&state).await;
    assert_eq!(shop.outcome().await, Outcome::Decided { decision: Decision::Approved });
    assert_eq!(shop.http.get(&spoiled).send().await.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
}
