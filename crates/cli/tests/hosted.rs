//! Every flow of every provider through the hosting kit's routes, with a user who does everything right.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use std::sync::{Arc, Mutex};

use axum::Router;
use futures_util::future::BoxFuture;
use idvkit::{Account, Config, Journey, Outcome, Request, UnixMillis};
use idvkit_cli::demo::{
    browser::{Browser, Host, User},
    cast::{Cast, casts},
    stage::Places,
    timeline::{Party, What},
};
use idvkit_host::{Database, Ended, Verifications};
use idvkit_sandbox::Sandbox;
use serde_json::Value;

#[tokio::test]
async fn every_flow_comes_from_begin_to_outcome() {
    let (mut count, mut providers) = (0, Vec::new());
    for cast in casts() {
        play(cast).await;
        count += 1;
        providers.push(cast.provider);
    }
    providers.dedup();
    assert_eq!(providers.len(), idvkit::ProviderId::ALL.len());
    assert!(count >= providers.len());
}

async fn play(cast: &'static Cast) {
    let sandbox = Sandbox::start().await.unwrap();
    let listener = tokio::net::TcpListener::bind("localhost:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let (callbacks, returns) = (format!("{url}/idv/callbacks/{}", cast.provider), format!("{url}/idv/return"));
    let places = Places { sandbox: sandbox.base_url(), callbacks: &callbacks, returns: &returns };
    sandbox.control().configure(|config| (cast.prepare)(config, &places));
    let account = Account::new(Config::from_json(&(cast.config)(&places).to_string()).unwrap()).unwrap();
    let acted = Arc::new(Mutex::new(Vec::new()));
    let (log, clock) = (acted.clone(), sandbox.control().clone());
    let act = move |ended: Ended| {
        log.lock().unwrap().push(ended);
        async { Ok(()) }
    };
    let database = Database::open("sqlite::memory:").await.unwrap();
    let kit = Verifications::new(account, database, act).unwrap();
    let kit =
        kit.with_http(idvkit_http::builder().no_proxy().build().unwrap()).with_clock(move || UnixMillis(clock.now()));
    let app = Router::new().nest("/idv", kit.routes(|_| async { Some("user-7".to_owned()) }));
    tokio::spawn(async move { axum::serve(listener, app).await });

    let request = Request::from_json(&(cast.request)(&places).to_string()).unwrap();
    let id = kit.begin(request, "order-7", "user-7").await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = Arc::new(Page { place: format!("{url}/idv/verifications/{id}"), url, http, sandbox });
    let state = page.state().await;
    let journey: Journey = serde_json::from_value(state["journey"].clone()).unwrap();
    let user = User::new(page.clone(), Browser::new().unwrap(), journey);
    (cast.walk)(user).await.unwrap();
    let mut end = page.state().await;
    for _ in 0..60 {
        if end["state"] == "done" {
            break;
        }
        page.sandbox.control().advance(15_000).await;
        end = page.state().await;
    }
    let passed = if cast.passes == "completed" { "completed" } else { "approved" };
    assert_eq!(end["outcome"]["decision"], passed, "{}: {end}", cast.name());
    // A callback that comes after the end is heard as well, and nothing follows from it.
    page.sandbox.control().advance(60_000).await;
    page.state().await;
    let acted = acted.lock().unwrap();
    assert_eq!(acted.len(), 1, "{}", cast.name());
    assert!(matches!(acted[0].outcome, Outcome::Decided { .. }) && acted[0].verification.evidence().is_some());
    let deliveries = page.sandbox.control().deliveries();
    assert!(deliveries.iter().all(|one| one.status == Some(200)), "{}", cast.name());
    assert!(deliveries.len() >= cast.callbacks, "{}", cast.name());
}

/// The user's page, which knows nothing but the routes.
struct Page {
    url: String,
    place: String,
    http: reqwest::Client,
    sandbox: Sandbox,
}

impl Page {
    async fn state(&self) -> Value {
        let answer = self.http.get(&self.place).send().await.unwrap().error_for_status().unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }
}

impl Host for Page {
    fn log(&self, _from: Party, _to: Party, _what: What) {}

    fn hint_url(&self) -> String {
        format!("{}/hint", self.place)
    }

    fn is_own_page(&self, url: &str) -> bool {
        url.starts_with(&self.url)
    }

    /// The route `return` has read the URL.
    fn returned<'a>(&'a self, _url: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn hand_in<'a>(&'a self, slot: &'a str, image: &'a [u8]) -> BoxFuture<'a, anyhow::Result<u16>> {
        let head = format!("--b\r\ncontent-disposition: form-data; name=\"{slot}\"; filename=\"image\"\r\n\r\n");
        let body = [head.as_bytes(), image, b"\r\n--b--\r\n"].concat();
        let request = self.http.post(format!("{}/images", self.place)).body(body);
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        Box::pin(async move { Ok(request.send().await?.status().as_u16()) })
    }

    fn go_on(&self) -> BoxFuture<'_, anyhow::Result<()>> {
        Box::pin(async {
            self.state().await;
            Ok(())
        })
    }

    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(async { self.sandbox.control().settle().await })
    }
}
