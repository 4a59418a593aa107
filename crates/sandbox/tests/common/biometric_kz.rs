//! A merchant's server that asks biometric.kz for sessions, and a user in front of the hosted flow.

use idvkit_sandbox::biometric_kz::{BiometricKzScript, Scenario};
use idvkit_sandbox::{Sandbox, Script};
use reqwest::Response;
use serde_json::{Value, json};

use super::{hint, http};

pub const EVERYONE: usize = 0;

pub fn key(sandbox: &Sandbox, flow: usize) -> String {
    sandbox.control().settings().biometric_kz.flows[flow].api_key.clone()
}

pub async fn create_raw(sandbox: &Sandbox, body: impl Into<reqwest::Body>) -> Response {
    let url = format!("{}/biometric_kz/kyc/api/v1/flows/session/create/", sandbox.base_url());
    http().post(url).header("content-type", "application/json").body(body).send().await.unwrap()
}

pub async fn create(sandbox: &Sandbox, flow: usize, metadata: Value) -> Response {
    create_raw(sandbox, json!({ "api_key": key(sandbox, flow), "metadata": metadata }).to_string()).await
}

pub async fn session(sandbox: &Sandbox, flow: usize, metadata: Value) -> User {
    let response = create(sandbox, flow, metadata).await;
    assert_eq!(response.status(), 200, "{}", hint(&response));
    let answer: Value = response.json().await.unwrap();
    let id = answer["session_id"].as_str().unwrap().to_owned();
    let page = format!("{}/biometric_kz/remote/flow/{id}?web_view=true&locale=en", sandbox.base_url());
    User { id, page }
}

pub async fn result_with(sandbox: &Sandbox, query: &[(&str, &str)]) -> Response {
    let url = format!("{}/biometric_kz/kyc/api/v1/flows/session/result/", sandbox.base_url());
    http().get(url).query(query).send().await.unwrap()
}

pub async fn result(sandbox: &Sandbox, flow: usize, id: &str) -> Value {
    let response = result_with(sandbox, &[("session_id", id), ("flow_api_key", &key(sandbox, flow))]).await;
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

/// A user in front of the hosted flow.
pub struct User {
    pub id: String,
    pub page: String,
}

/// What the user sees: a step, or the end.
pub struct Seen {
    pub html: String,
    pub location: Option<String>,
}

impl Seen {
    pub async fn of(response: Response) -> Self {
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        Self { location, html: response.text().await.unwrap() }
    }

    pub fn attribute(&self, name: &str) -> &str {
        let start = self.html.split(&format!("{name}=\"")).nth(1).unwrap_or_default();
        start.split('"').next().unwrap()
    }

    pub fn step(&self) -> &str {
        self.attribute("data-step")
    }

    pub fn code(&self) -> String {
        self.attribute("data-otp").to_owned()
    }

    pub fn is_over(&self) -> bool {
        self.location.as_deref().is_some_and(|to| to.ends_with("/biometric_kz/remote/finished"))
    }
}

impl User {
    pub async fn open(&self) -> Seen {
        Seen::of(http().get(&self.page).send().await.unwrap()).await
    }

    pub async fn press(&self, action: &str, fields: &[(&str, &str)]) -> Seen {
        let mut form = vec![("action", action)];
        form.extend(fields);
        Seen::of(http().post(&self.page).form(&form).send().await.unwrap()).await
    }

    /// Through the data entry step and the code.
    pub async fn identify(&self, iin: &str) -> Seen {
        let seen = self.press("send_code", &[("iin", iin), ("phone", "8 701 123-45-67")]).await;
        self.press("submit", &[("otp", &seen.code())]).await
    }
}

pub fn script(sandbox: &Sandbox, scenario: Scenario) {
    let script = BiometricKzScript { scenario: Some(scenario), ..BiometricKzScript::default() };
    assert!(sandbox.control().script(Script::BiometricKz(script)));
}
