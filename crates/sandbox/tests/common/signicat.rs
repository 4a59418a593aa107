//! A merchant's server, and a user in front of Signicat's pages.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idvkit_sandbox::signicat::SignicatScript;
use idvkit_sandbox::{Sandbox, Script};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{hint, http};

pub const CLIENT: &str = "sandbox-quiet-lake-123";
pub const SECRET: &str = "sandbox-signicat-secret";
pub const BACK: &str = "https://merchant.example/r?x=1";
pub const PNG: &[u8] = include_bytes!("../../assets/picture.png");

/// A server of a merchant with a token.
pub struct Merchant {
    pub base: String,
    pub token: String,
}

impl Merchant {
    pub async fn new(sandbox: &Sandbox) -> Self {
        let form = [("grant_type", "client_credentials"), ("scope", "signicat-api")];
        let answer: Value = token(sandbox, "auth/open/connect/token", &form, true).await.json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Self { base: format!("{}/signicat/assure", sandbox.base_url()), token }
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = http().request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn read(&self, path: &str) -> Value {
        let response = self.send(Method::GET, path, None).await;
        assert_eq!(response.status(), 200, "{path}: {}", hint(&response));
        response.json().await.unwrap()
    }

    pub async fn made(&self, path: &str, body: Value) -> Value {
        let response = self.post(path, body).await;
        assert!(response.status().is_success(), "{path}: {}", hint(&response));
        response.json().await.unwrap()
    }

    pub async fn dossier(&self) -> String {
        self.made("/dossiers", json!({})).await["dossierId"].as_str().unwrap().to_owned()
    }

    /// A process of Signicat Paper with an image, and its path.
    pub async fn paper(&self, more: Value) -> String {
        let dossier = self.dossier().await;
        let path = self.process(&dossier, merged(json!({ "provider": "signicatpaper" }), more)).await;
        let upload = self.send(Method::PUT, &format!("{path}/images"), Some(json!({ "front": url(PNG) }))).await;
        assert_eq!(upload.status(), 204);
        path
    }

    pub async fn process(&self, dossier: &str, body: Value) -> String {
        let process = self.made(&format!("/dossiers/{dossier}/processes"), body).await;
        format!("/dossiers/{dossier}/processes/{}", process["processId"].as_str().unwrap())
    }

    pub async fn start(&self, path: &str) -> Response {
        self.send(Method::POST, path, None).await
    }
}

pub async fn token(sandbox: &Sandbox, path: &str, form: &[(&str, &str)], basic: bool) -> Response {
    let mut request = http().post(format!("{}/signicat/{path}", sandbox.base_url())).form(form);
    if basic {
        request = request.basic_auth(CLIENT, Some(SECRET));
    }
    request.send().await.unwrap()
}

pub fn merged(mut body: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

pub fn url(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(bytes))
}

pub fn script(sandbox: &Sandbox, script: SignicatScript) {
    assert!(sandbox.control().script(Script::Signicat(script)));
}

/// The user presses a button on a page; the answer is where the browser goes, or the page.
pub async fn press(page: &str, form: &[(&str, &str)]) -> Result<String, String> {
    let response = http().post(page).form(form).send().await.unwrap();
    match response.headers().get("location") {
        Some(location) => Ok(location.to_str().unwrap().to_owned()),
        None => Err(response.text().await.unwrap()),
    }
}

/// An eID process: its path, and the page for the user.
pub async fn eid(merchant: &Merchant, more: Value) -> (String, String) {
    let dossier = merchant.dossier().await;
    let body = merged(json!({ "provider": "connect:idin", "redirectUrl": BACK }), more);
    let process = merchant.made(&format!("/dossiers/{dossier}/processes"), body).await;
    let path = format!("/dossiers/{dossier}/processes/{}", process["processId"].as_str().unwrap());
    (path, process["redirectUrl"].as_str().unwrap().to_owned())
}
