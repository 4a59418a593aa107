//! The scripts among Jumio's vectors: what the sandbox answers, call by call.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashMap;

use common::{Transaction, authentications, begin, result_of};
use idvkit_sandbox::Sandbox;
use serde_json::{Value, json};

fn load(name: &str) -> Vec<Value> {
    let path = format!("{}/../vectors/data/jumio/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let scripts = file["sandbox"].as_array().unwrap().clone();
    assert!(!scripts.is_empty());
    scripts
}

#[tokio::test]
async fn error() {
    let sandbox = Sandbox::start().await.unwrap();
    for case in load("error") {
        let (method, path) = (case["method"].as_str().unwrap(), case["path"].as_str().unwrap());
        let response = authentications(&sandbox, method, path, "application/json").send().await.unwrap();
        assert_eq!(response.status(), 404, "{}", case["id"]);
        assert_eq!(response.headers()["x-trackingid"].len(), 36, "{}", case["id"]);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["httpStatus"], "404", "{}", case["id"]);
        assert!(!body["message"].as_str().unwrap().is_empty(), "{}", case["id"]);
        assert!(body["requestURI"].as_str().unwrap().ends_with(path), "{}", case["id"]);
    }
}

#[tokio::test]
async fn delete() {
    run("delete").await;
}

#[tokio::test]
async fn supersede() {
    run("supersede").await;
}

async fn run(file: &str) {
    for case in load(file) {
        let sandbox = Sandbox::start().await.unwrap();
        let mut script = Script { sandbox, made: HashMap::new(), at_ms: 0 };
        for step in case["steps"].as_array().unwrap() {
            script.take(step, case["id"].as_str().unwrap()).await;
        }
    }
}

struct Script {
    sandbox: Sandbox,
    /// The transactions by their names in the script.
    made: HashMap<String, Transaction>,
    at_ms: u64,
}

impl Script {
    async fn take(&mut self, step: &Value, id: &str) {
        let at_ms = step["at_ms"].as_u64().unwrap();
        if at_ms > self.at_ms {
            self.sandbox.control().advance((at_ms - self.at_ms).try_into().unwrap()).await;
            self.at_ms = at_ms;
        }
        let name = step["name"].as_str().unwrap();
        if step["act"] == "initiate" {
            let transaction = begin(&self.sandbox, json!({ "tokenLifetimeInMinutes": step["lifetime_minutes"] })).await;
            assert!(self.made.insert(name.into(), transaction).is_none(), "{id}: two are called {name}");
            return;
        }
        let transaction = &self.made[name];
        let reference = &transaction.reference;
        let got: Value = match step["act"].as_str().unwrap() {
            "open" => transaction.open().await.status().is_success().then_some(Value::Null).unwrap(),
            "finish" => {
                transaction.press("acceptable", &[]).await;
                Value::Null
            }
            "result" => result_of(&self.sandbox, reference).await["transactionResult"].clone(),
            "get" => self.status("GET", reference, "application/json").await,
            "image" => self.status("GET", &format!("{reference}/images/face"), "image/png, image/jpeg").await,
            "delete" => self.status("DELETE", reference, "application/json").await,
            other => panic!("{id}: nobody knows how to {other}"),
        };
        assert_eq!(got, step["expect"], "{id}: {step}");
    }

    async fn status(&self, method: &str, path: &str, accept: &str) -> Value {
        authentications(&self.sandbox, method, path, accept).send().await.unwrap().status().as_u16().into()
    }
}
