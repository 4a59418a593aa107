//! The axum example takes any of the four providers by its configuration, and acts once.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use idvkit::{Account, Config, Decision, Outcome, Request, UnixMillis};
use idvkit_http::Client;
use idvkit_sandbox::Sandbox;
use reqwest::{Method, StatusCode, header::LOCATION};
use serde_json::{Value, json};

#[path = "../examples/axum.rs"]
#[expect(dead_code, reason = "the example's `main` is not called here")]
mod example;

/// The shop on a port of its own, and what it acted on.
struct Running {
    url: String,
    sandbox: Sandbox,
    shop: Arc<example::Shop>,
    acted: Arc<Mutex<Vec<Outcome>>>,
    http: reqwest::Client,
}

impl Running {
    /// `configured` gets the URLs of the sandbox and of the shop.
    async fn start(configured: impl Fn(&str, &str) -> Value, request: Value) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let listener = tokio::net::TcpListener::bind("localhost:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let acted = Arc::new(Mutex::new(Vec::new()));
        let (clock, log) = (sandbox.control().clone(), acted.clone());
        let shop = Arc::new(example::Shop {
            account: Account::new(Config::from_json(&configured(sandbox.base_url(), &url).to_string()).unwrap())
                .unwrap(),
            request: Request::from_json(&request.to_string()).unwrap(),
            client: Client::local().unwrap().with_clock(move || UnixMillis(clock.now())),
            database: Mutex::new(rusqlite::Connection::open_in_memory().unwrap()),
            act: Box::new(move |_, outcome| log.lock().unwrap().push(outcome.clone())),
        });
        let app = example::app(shop.clone()).unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { url, sandbox, shop, acted, http }
    }

    /// What another program does to the database.
    fn sql(&self, sql: &str) {
        self.shop.database.lock().unwrap().execute_batch(sql).unwrap();
    }

    async fn begin(&self) -> String {
        let begun = self.http.post(format!("{}/verifications", self.url)).send().await.unwrap();
        assert_eq!(begun.status(), StatusCode::SEE_OTHER);
        format!("{}{}", self.url, begun.headers()[LOCATION].to_str().unwrap())
    }

    /// The page, once it is there: another worker may be at it.
    async fn text(&self, url: &str) -> String {
        loop {
            let text = self.http.get(url).send().await.unwrap().text().await.unwrap();
            if !text.contains("One moment") {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the page's script posts.
    async fn seen(&self, place: &str, name: &str, data: &str) {
        let body = json!({ "type": "event", "name": name, "data": data }).to_string();
        let answer = self.http.post(format!("{place}/seen")).body(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
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

    /// Opens a page; a redirect to the shop is where the user comes back to.
    async fn open(&self, url: &str) -> Page {
        self.land(Method::GET, url, String::new()).await
    }

    /// Presses a button, with some fields filled in.
    async fn press(&self, page: &Page, button: &str, fill: &[(&str, &str)]) -> Page {
        let form = page.html.split("<form").nth(1).and_then(|form| form.split("</form>").next()).unwrap_or_default();
        let target = match attribute(form.split('>').next().unwrap(), "action") {
            Some(path) => reqwest::Url::parse(&page.url).unwrap().join(&path).unwrap().to_string(),
            None => page.url.clone(),
        };
        let mut fields: Vec<(String, String)> = Vec::new();
        for input in form.split("<input").skip(1).map(|input| input.split('>').next().unwrap()) {
            if let Some(name) = attribute(input, "name") {
                fields.push((name, attribute(input, "value").unwrap_or_default()));
            }
        }
        for (name, value) in fill.iter().chain(&[("action", button)]) {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).into(), (*value).into()));
        }
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        self.land(Method::POST, &target, body.join("&")).await
    }

    async fn land(&self, method: Method, url: &str, body: String) -> Page {
        let form = "application/x-www-form-urlencoded";
        let first = self.http.request(method, url).header("content-type", form).body(body);
        let (mut answer, mut url) = (first.send().await.unwrap(), url.to_string());
        while let Some(location) = answer.headers().get(LOCATION) {
            url = reqwest::Url::parse(&url).unwrap().join(location.to_str().unwrap()).unwrap().to_string();
            answer = self.http.get(&url).send().await.unwrap();
        }
        Page { url, html: answer.text().await.unwrap() }
    }
}

struct Page {
    url: String,
    html: String,
}

impl Page {
    fn after(&self, mark: &str) -> &str {
        self.html.split(mark).nth(1).unwrap_or_else(|| panic!("no {mark} on {}", self.html))
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    Some(value.replace("&quot;", "\"").replace("&amp;", "&"))
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// The link or frame on the shop's page.
fn link(page: &str) -> String {
    let tag = page.split(['<']).find(|tag| tag.starts_with("iframe") || tag.starts_with("a ")).unwrap();
    attribute(tag, "src").or_else(|| attribute(tag, "href")).unwrap()
}

const JUMIO: fn(&str, &str) -> Value = |sandbox, shop| {
    json!({
        "provider": "jumio", "region": "us", "user_agent": "ExampleShop Demo/1.0",
        "api_token": "sandbox-jumio-token", "api_secret": "sandbox-jumio-secret",
        "callback": { "url": format!("{shop}/callbacks") },
        "success_url": format!("{shop}/back"), "error_url": format!("{shop}/back"),
        "options": { "development": true, "api_base": format!("{sandbox}/jumio/us") },
    })
};

fn jumio_request() -> Value {
    json!({ "flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222" })
}

#[tokio::test]
async fn jumio() {
    let shop = Running::start(JUMIO, jumio_request()).await;
    let place = shop.begin().await;
    let page = shop.open(&link(&shop.text(&place).await)).await;
    let back = shop.press(&page, "acceptable", &[]).await;
    assert!(back.html.contains("One moment") || back.html.contains("Thank you"), "{}", back.html);
    assert_eq!(shop.outcome().await, Outcome::Decided { decision: Decision::Approved });
    assert_eq!(shop.text(&place).await, "Thank you.");
    let deliveries = shop.sandbox.control().deliveries();
    assert!(!deliveries.is_empty() && deliveries.iter().all(|one| one.status == Some(200)));
}

#[tokio::test]
async fn attestr() {
    let configured = |sandbox: &str, _: &str| {
        json!({
            "provider": "attestr", "auth_token": "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=",
            "client_key": "00112233445566778899aabbccddeeff",
            "client_secrets": ["0123456789abcdef0123456789abcdef0123456789abcdef"],
            "options": {
                "development": true, "api_base": format!("{sandbox}/attestr/api"),
                "library_src": format!("{sandbox}/attestr/cdn/flowx.js"),
            },
        })
    };
    let request = json!({
        "flow": "attestr_flowx", "flow_id": "FX02zfeuvcj36knhn06us", "tag": "user-7",
        "snapshot": "d79c9c09-9367-4929-b0e3-b4eb38d0e4b8",
    });
    let shop = Running::start(configured, request).await;
    let place = shop.begin().await;
    let shown = shop.text(&place).await;
    let handshake = shown.split("DS0").nth(1).unwrap().split('"').next().unwrap();
    let base = shop.sandbox.base_url();
    let mut page =
        shop.open(&format!("{base}/attestr/flow/DS0{handshake}?cl=00112233445566778899aabbccddeeff&lc=en")).await;
    page = shop.press(&page, "begin", &[]).await;
    page = shop.press(&page, "submit", &[("pan", "ABCPE1234F")]).await;
    page = shop.press(&page, "send_code", &[("mobile", "9876543210")]).await;
    let code = page.after("data-otp=\"")[..6].to_string();
    page = shop.press(&page, "submit", &[("otp", &code)]).await;
    page = shop.press(&page, "submit", &[]).await;
    let (handler, rest) = page.after("data-handler=\"").split_once("\">").unwrap();
    shop.seen(&place, "other", "{}").await;
    shop.seen(&place, handler, rest.split("</script>").next().unwrap()).await;
    assert_eq!(shop.outcome().await, Outcome::Decided { decision: Decision::Completed });
}

#[tokio::test]
async fn biometric_kz() {
    let configured = |sandbox: &str, _: &str| {
        json!({
            "provider": "biometric_kz", "api_key": "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001",
            "options": {
                "development": true, "api_base": format!("{sandbox}/biometric_kz/kyc"),
                "front_base": format!("{sandbox}/biometric_kz/remote"),
            },
        })
    };
    let shop = Running::start(configured, json!({ "flow": "biometric_kz_flow", "locale": "en" })).await;
    let place = shop.begin().await;
    let shown = shop.text(&place).await;
    let id = shown.split("\"id\": \"").nth(1).unwrap().split('"').next().unwrap();
    let mut page = shop.open(&format!("{}/biometric_kz/remote/flow/{id}?locale=en", shop.sandbox.base_url())).await;
    for _ in 0..10 {
        if page.html.contains("<form") {
            let button = if page.html.contains("value=\"begin\"") { "begin" } else { "submit" };
            page = shop.press(&page, button, &[]).await;
        }
    }
    shop.seen(&place, "finish", "").await;
    // A result with its documents and photos is large.
    let webhook = format!(r#"{{"event": "flow.end", "session_id": "{id}"{}}}"#, " ".repeat(3 * 1024 * 1024));
    let heard = shop.http.post(format!("{}/callbacks/biometric_kz", shop.url)).body(webhook).send().await.unwrap();
    assert_eq!(heard.status(), StatusCode::OK);
    assert_eq!(shop.outcome().await, Outcome::Decided { decision: Decision::Approved });
}

#[tokio::test]
async fn signicat() {
    let configured = |sandbox: &str, shop: &str| {
        json!({
            "provider": "signicat", "client_id": "sandbox-quiet-lake-123", "client_secret": "sandbox-signicat-secret",
            "redirect_url": format!("{shop}/back"),
            "profile": { "custom": {
                "token_url": format!("{sandbox}/signicat/auth/open/connect/token"), "scope": "signicat-api",
                "api_base": format!("{sandbox}/signicat/assure"),
            } },
            "options": { "development": true },
        })
    };
    let request = json!({ "flow": "signicat_capture_flow", "providers": [{ "provider": "signicatpaper" }] });
    let shop = Running::start(configured, request).await;
    let place = shop.begin().await;
    let page = shop.open(&link(&shop.text(&place).await)).await;
    let back = shop.press(&page, "submit", &[]).await;
    assert!(back.url.starts_with(&shop.url), "{}", back.url);
    assert_eq!(shop.outcome().await, Outcome::Decided { decision: Decision::Approved });
}

#[tokio::test]
async fn forgeries_are_turned_away() {
    let shop = Running::start(JUMIO, jumio_request()).await;
    shop.text(&shop.begin().await).await;
    let status = async |path: &str| shop.http.get(format!("{}{path}", shop.url)).send().await.unwrap().status();
    assert_eq!(status("/verifications/nobody").await, StatusCode::NOT_FOUND);
    let unknown = "transactionStatus=SUCCESS&transactionReference=11111111-1111-4111-8111-111111111111";
    assert_eq!(status(&format!("/back?{unknown}")).await, StatusCode::NOT_FOUND);
    let forged = shop.http.post(format!("{}/callbacks/forged", shop.url)).body("x=1").send().await.unwrap();
    assert_eq!(forged.status(), StatusCode::BAD_REQUEST);
    assert!(shop.acted.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_failure_does_not_end_the_worker() {
    let shop = Running::start(JUMIO, jumio_request()).await;
    let spoiled = shop.begin().await;
    // At Jumio, the later of two for the same enrollment ends the other.
    shop.text(&spoiled).await;
    shop.sql("UPDATE session SET snapshot = '', revision = -1, due = 0");
    let place = shop.begin().await;
    let page = shop.open(&link(&shop.text(&place).await)).await;
    shop.sql("ALTER TABLE session RENAME TO gone");
    // Some rounds of the worker.
    tokio::time::sleep(Duration::from_millis(500)).await;
    shop.sql("ALTER TABLE gone RENAME TO session");
    shop.press(&page, "acceptable", &[]).await;
    assert_eq!(shop.outcome().await, Outcome::Decided { decision: Decision::Approved });
    assert_eq!(shop.http.get(spoiled).send().await.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
}
