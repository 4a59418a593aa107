//! A host on a port of its own, beside a sandbox.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, http::request::Parts};
use idvkit::{Account, Config, Request, UnixMillis, driver::Accounts};
use idvkit_host::{Database, Ended, Event, Verifications};
use idvkit_sandbox::Sandbox;
use reqwest::{RequestBuilder, Response, header::LOCATION};
use serde_json::{Value, json};

/// Who sends a request, in these tests: a real host has a session.
pub(crate) const USER: &str = "x-user";

pub(crate) struct Host {
    pub(crate) sandbox: Sandbox,
    pub(crate) url: String,
    pub(crate) kit: Verifications,
    pub(crate) http: reqwest::Client,
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
    pub(crate) acted: Arc<Mutex<Vec<Ended>>>,
}

impl Host {
    pub(crate) async fn start() -> Self {
        Self::with(Database::open("sqlite::memory:").await.unwrap(), |kit| kit).await
    }

    pub(crate) async fn with(database: Database, options: impl FnOnce(Verifications) -> Verifications) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let listener = tokio::net::TcpListener::bind("localhost:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let acted = Arc::new(Mutex::new(Vec::new()));
        let log = acted.clone();
        let act = move |ended: Ended| {
            log.lock().unwrap().push(ended);
            async { Ok(()) }
        };
        let kit = Verifications::new(jumio(sandbox.base_url(), &url), database, act).unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = events.clone();
        let kit = timed(kit, &sandbox).with_observer(move |event| seen.lock().unwrap().push(event.clone()));
        let kit = options(kit);
        let app = Router::new().nest("/idv", kit.routes(who));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let none = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().no_proxy().redirect(none).build().unwrap();
        Self { sandbox, url, kit, http, events, acted }
    }

    /// The same with other accounts.
    pub(crate) fn over(&self, accounts: impl Into<Accounts>) -> Verifications {
        let log = self.acted.clone();
        let act = move |ended: Ended| {
            log.lock().unwrap().push(ended);
            async { Ok(()) }
        };
        timed(Verifications::new(accounts, self.kit.database().clone(), act).unwrap(), &self.sandbox)
    }

    pub(crate) async fn begin(&self, key: &str) -> String {
        self.kit.begin(order(), key, "user-7").await.unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}/idv{path}", self.url)).header(USER, "user-7")
    }

    pub(crate) fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.http.post(format!("{}/idv{path}", self.url)).header(USER, "user-7").body(body)
    }

    pub(crate) async fn state(&self, id: &str) -> Value {
        json_of(self.get(&format!("/verifications/{id}")).send().await.unwrap()).await
    }

    /// What the user does at Jumio: takes a selfie, and is sent back. Gives the host's answer to that.
    pub(crate) async fn take_selfie(&self, id: &str) -> Response {
        let mut state = self.state(id).await;
        // A worker may be at it.
        while state["state"] == "waiting" {
            tokio::time::sleep(Duration::from_millis(20)).await;
            state = self.state(id).await;
        }
        let link = state["journey"]["ways"][0]["url"].as_str().unwrap();
        self.http.get(link).send().await.unwrap().error_for_status().unwrap();
        let token = link.split("authorizationToken=").nth(1).unwrap().split('&').next().unwrap();
        let form = format!("authorizationToken={token}&action=acceptable");
        let press = self.http.post(link).header("content-type", "application/x-www-form-urlencoded").body(form);
        let back = press.send().await.unwrap().headers()[LOCATION].to_str().unwrap().to_owned();
        self.http.get(back).send().await.unwrap()
    }

    /// Lets virtual time pass until the verification has ended.
    pub(crate) async fn end(&self, id: &str) -> Value {
        for _ in 0..60 {
            let state = self.state(id).await;
            if state["state"] == "done" {
                return state;
            }
            self.sandbox.control().advance(15_000).await;
        }
        panic!("it does not end");
    }
}

pub(crate) fn timed(kit: Verifications, sandbox: &Sandbox) -> Verifications {
    let clock = sandbox.control().clone();
    kit.with_http(local()).with_clock(move || UnixMillis(clock.now()))
}

pub(crate) fn local() -> reqwest::Client {
    idvkit_http::builder().no_proxy().build().unwrap()
}

pub(crate) async fn who(request: Parts) -> Option<String> {
    Some(request.headers.get(USER)?.to_str().ok()?.to_owned())
}

pub(crate) async fn json_of(response: Response) -> Value {
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

pub(crate) fn jumio(sandbox: &str, host: &str) -> Account {
    let config = json!({
        "provider": "jumio", "region": "us", "user_agent": "ExampleShop Demo/1.0",
        "api_token": "sandbox-jumio-token", "api_secret": "sandbox-jumio-secret",
        "callback": { "url": format!("{host}/idv/callbacks/jumio") },
        "success_url": format!("{host}/idv/return"), "error_url": format!("{host}/idv/return"),
        "options": { "development": true, "user_timeout_ms": 300_000, "result_timeout_ms": 300_000, "api_base": format!("{sandbox}/jumio/us") },
    });
    Account::new(Config::from_json(&config.to_string()).unwrap()).unwrap()
}

pub(crate) fn order() -> Request {
    let order = r#"{"flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222"}"#;
    Request::from_json(order).unwrap()
}
