//! The samples of the Attestr web guide (A-GUIDE) against what the sandbox's pages hand to the three handlers.
#![allow(clippy::unwrap_used)]

mod common;

use common::{data_scripts, http};
use idvkit_sandbox::attestr::{AttestrScript, Original, StageError};
use idvkit_sandbox::{Sandbox, Script};
use serde_json::{Value, json};

const TOKEN: &str = "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=";
const KEY: &str = "00112233445566778899aabbccddeeff";

/// The guide's samples; the second one with the quotes that it lacks around `httpStatusCode`.
const SUCCESS: &str = r#"{"signature": "2021cc7afd51885eab998765c3dc502177b74ae9f98ff622f05d65dc7d075efe"}"#;
const ERROR: &str = r#"{"code": 5001, "httpStatusCode": 500, "message": "अनुरोध पूरा नहीं किया जा सका। बाद में कोशिश करें।","retry": false, "stage":"FS02zfeuv3tcnkq2mond2", "original": {"code":4035, "httpStatusCode":403, "message":"Requested service is not provisioned for your account"}}"#;
const SKIP: &str = r#"{"stage": "FS02zfeuv3tcnkq2mond2"}"#;

/// What the handler of this name gets after these steps of a user, in Hindi.
async fn handed(sandbox: &Sandbox, steps: &[&[(&str, &str)]], handler: &str) -> Value {
    let base = sandbox.base_url();
    let body = json!({ "flow": "FX02zfeuvcj36knhn06us", "tag": "TAG567822", "snapshot": null });
    let created = http().post(format!("{base}/attestr/api/v1/public/flowx/handshake"));
    let created = created.header("authorization", format!("Basic {TOKEN}")).json(&body).send().await.unwrap();
    let id = created.json::<Value>().await.unwrap()["_id"].as_str().unwrap().to_owned();
    let launched = http().get(format!("{base}/attestr/flow/{id}?cl={KEY}&lc=hi")).send().await.unwrap();
    let page = format!("{base}{}", launched.headers()["location"].to_str().unwrap());
    let mut html = String::new();
    for form in steps {
        let mut form = form.to_vec();
        if let Some((_, rest)) = html.split_once("data-otp=\"") {
            form.push(("otp", &rest[..6]));
        }
        html = http().post(&page).form(&form).send().await.unwrap().text().await.unwrap();
    }
    assert!(html.contains(&format!("data-handler=\"{handler}\"")), "{html}");
    serde_json::from_str(&data_scripts(&html, "data-handler")[0]).unwrap()
}

/// Names and types of all members, however deep.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), shape(member))).collect(),
        Value::String(_) => "string".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "flag".into(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn on_flowx_success() {
    let sandbox = Sandbox::start().await.unwrap();
    let steps: &[&[(&str, &str)]] = &[
        &[("action", "begin")],
        &[("action", "submit"), ("pan", "ABCPE1234F")],
        &[("action", "send_code"), ("mobile", "9876543210")],
        &[("action", "submit")],
        &[("action", "submit")],
    ];
    let data = handed(&sandbox, steps, "onFlowxSuccess").await;
    let sample: Value = serde_json::from_str(SUCCESS).unwrap();
    assert_eq!(shape(&data), shape(&sample));
    let is_digest = |value: &Value| {
        let text = value["signature"].as_str().unwrap();
        text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    assert!(is_digest(&sample) && is_digest(&data));
}

#[tokio::test]
async fn on_flowx_error() {
    let sandbox = Sandbox::start().await.unwrap();
    let original = Original { code: 4035, http_status_code: 403, message: None };
    let error = StageError { original: Some(original), at: Some("PAN".into()), ..StageError::default() };
    let script = AttestrScript { stage_error: Some(error), ..AttestrScript::default() };
    assert!(sandbox.control().script(Script::Attestr(script)));
    let steps: &[&[(&str, &str)]] = &[&[("action", "begin")], &[("action", "submit"), ("pan", "ABCPE1234F")]];
    let data = handed(&sandbox, steps, "onFlowxError").await;
    let sample: Value = serde_json::from_str(ERROR).unwrap();
    assert_eq!(shape(&data), shape(&sample));
    for member in ["code", "httpStatusCode", "retry", "stage"] {
        assert_eq!(data[member], sample[member], "{member}");
    }
    for member in ["code", "httpStatusCode"] {
        assert_eq!(data["original"][member], sample["original"][member], "original.{member}");
    }
    let is_devanagari = |value: &Value| value["message"].as_str().unwrap().contains('\u{0930}');
    assert!(is_devanagari(&sample) && is_devanagari(&data), "in the user's language");
}

#[tokio::test]
async fn on_flowx_skip() {
    let sandbox = Sandbox::start().await.unwrap();
    let data = handed(&sandbox, &[&[("action", "begin")], &[("action", "leave")]], "onFlowxSkip").await;
    assert_eq!(data, serde_json::from_str::<Value>(SKIP).unwrap());
    // Before the first stage the key is there and null.
    assert_eq!(handed(&sandbox, &[&[("action", "leave")]], "onFlowxSkip").await, json!({ "stage": null }));
}
