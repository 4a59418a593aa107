//! What several tests need: a receiver of callbacks, a Jumio caller, and a user who reads pages.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::needless_pass_by_value)]

pub mod attestr;
pub mod biometric_kz;
pub mod signicat;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use idvkit_sandbox::Sandbox;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

pub const ENROLLMENT: &str = "22222222-2222-4222-8222-222222222222";
pub const USER_AGENT: &str = "Example Corp SampleApp/1.0.1";

/// A client that follows nothing by itself, like a careful server.
pub fn http() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

/// What a callback receiver heard.
#[derive(Clone, Debug)]
pub struct Heard {
    pub content_type: String,
    pub authorization: Option<String>,
    pub body: String,
}

#[derive(Default)]
struct Inbox {
    heard: Vec<Heard>,
    /// The statuses to answer with, in order; then 200 for ever.
    statuses: Vec<u16>,
}

/// A merchant's server that records callbacks.
pub struct Receiver {
    pub url: String,
    inbox: Arc<Mutex<Inbox>>,
    server: tokio::task::JoinHandle<()>,
}

impl Receiver {
    pub async fn start() -> Self {
        Self::answering(&[]).await
    }

    pub async fn answering(statuses: &[u16]) -> Self {
        let inbox = Arc::new(Mutex::new(Inbox { heard: Vec::new(), statuses: statuses.to_vec() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callback", listener.local_addr().unwrap());
        let app = Router::new().fallback(receive).with_state(Arc::clone(&inbox));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, inbox, server }
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.inbox.lock().unwrap().heard.clone()
    }

    /// The values of one form field in all callbacks.
    pub fn field(&self, name: &str) -> Vec<String> {
        let value = |heard: &Heard| {
            let found = form_urlencoded::parse(heard.body.as_bytes()).find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        self.heard().iter().map(value).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(State(inbox): State<Arc<Mutex<Inbox>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let mut inbox = inbox.lock().unwrap();
    inbox.heard.push(Heard {
        content_type: text("content-type").unwrap_or_default(),
        authorization: text("authorization"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let status = if inbox.statuses.is_empty() { 200 } else { inbox.statuses.remove(0) };
    StatusCode::from_u16(status).unwrap()
}

/// A correct initiate.
pub fn initiate(sandbox: &Sandbox, body: &Value) -> RequestBuilder {
    http()
        .post(format!("{}/jumio/us/api/authentication/v1/web/initiate", sandbox.base_url()))
        .header("user-agent", USER_AGENT)
        .header("accept", "application/json")
        .basic_auth("sandbox-jumio-token", Some("sandbox-jumio-secret"))
        .json(body)
}

/// The smallest body, with more members.
pub fn body(more: Value) -> Value {
    let mut body =
        json!({ "enrollmentTransactionReference": ENROLLMENT, "callbackUrl": "https://merchant.example/cb" });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

pub struct Transaction {
    pub reference: String,
    pub redirect_url: String,
}

impl Transaction {
    pub fn token(&self) -> String {
        let (_, query) = self.redirect_url.split_once('?').unwrap();
        form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "authorizationToken").unwrap().1.into_owned()
    }

    /// The user opens the page.
    pub async fn open(&self) -> Response {
        http().get(&self.redirect_url).send().await.unwrap()
    }

    /// The user opens the page and presses a button.
    pub async fn press(&self, action: &str, more: &[(&str, &str)]) -> Response {
        let mut fields = vec![("authorizationToken", self.token()), ("action", action.to_owned())];
        fields.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let page = self.redirect_url.split('?').next().unwrap();
        http().post(page).form(&fields).send().await.unwrap()
    }
}

pub async fn begin(sandbox: &Sandbox, more: Value) -> Transaction {
    let response = initiate(sandbox, &body(more)).send().await.unwrap();
    assert_eq!(response.status(), 200, "{:?}", response.headers().get("x-sandbox-hint"));
    let answer: Value = response.json().await.unwrap();
    Transaction {
        reference: answer["transactionReference"].as_str().unwrap().to_owned(),
        redirect_url: answer["redirectUrl"].as_str().unwrap().to_owned(),
    }
}

/// A correct call below `/api/netverify/v2/authentications/`.
pub fn authentications(sandbox: &Sandbox, method: &str, path: &str, accept: &str) -> RequestBuilder {
    let url = format!("{}/jumio/us/api/netverify/v2/authentications/{path}", sandbox.base_url());
    http()
        .request(method.parse().unwrap(), url)
        .header("user-agent", USER_AGENT)
        .header("accept", accept)
        .basic_auth("sandbox-jumio-token", Some("sandbox-jumio-secret"))
}

pub async fn result_of(sandbox: &Sandbox, reference: &str) -> Value {
    authentications(sandbox, "GET", reference, "application/json").send().await.unwrap().json().await.unwrap()
}

pub fn hint(response: &Response) -> String {
    response.headers().get("x-sandbox-hint").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// The texts of all `<script type="application/json" ATTRIBUTE=…>` elements.
pub fn data_scripts(html: &str, attribute: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for part in html.split(&format!("<script type=\"application/json\" {attribute}")).skip(1) {
        let start = part.find('>').unwrap() + 1;
        let end = part.find("</script>").unwrap();
        texts.push(part[start..end].to_owned());
    }
    texts
}
