//! A merchant's server that asks Attestr for handshakes.

use idvkit_sandbox::Sandbox;
use reqwest::Response;
use serde_json::{Value, json};

use super::http;

pub const FLOW: &str = "FX02zfeuvcj36knhn06us";
pub const SNAPSHOT: &str = "d79c9c09-9367-4929-b0e3-b4eb38d0e4b8";
pub const TOKEN: &str = "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=";
pub const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";
pub const KEY: &str = "00112233445566778899aabbccddeeff";
pub const PAN: &str = "FS02zfeuv3tcnkq2mond2";
pub const OTP: &str = "FS02zfeuv3tcnkq2mond3";
pub const FACE: &str = "FS02zfeuv3tcnkq2mond4";

pub async fn create(sandbox: &Sandbox, body: &Value) -> Response {
    let url = format!("{}/attestr/api/v1/public/flowx/handshake", sandbox.base_url());
    http().post(url).header("authorization", format!("Basic {TOKEN}")).json(body).send().await.unwrap()
}

pub async fn handshake(sandbox: &Sandbox, webhook: bool) -> String {
    let body = json!({ "flow": FLOW, "snapshot": SNAPSHOT, "tag": "TAG567822", "webhook": webhook });
    let answer: Value = create(sandbox, &body).await.json().await.unwrap();
    answer["_id"].as_str().unwrap().to_owned()
}

/// The result as the API has it, byte for byte.
pub async fn result_text(sandbox: &Sandbox, id: &str, query: &str) -> String {
    let url = format!("{}/attestr/api/v1/public/flowx/handshake/{id}{query}", sandbox.base_url());
    let request =
        http().get(url).header("authorization", format!("Basic {TOKEN}")).header("content-type", "application/json");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["xattestrid"].len(), 36);
    response.text().await.unwrap()
}

pub async fn result(sandbox: &Sandbox, id: &str) -> Value {
    serde_json::from_str(&result_text(sandbox, id, "").await).unwrap()
}
