//! Runs every vector of `crates/vectors/data/signicat`. The same files are run by every binding.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod common;

use std::{fs, path::Path, sync::Arc};

use common::{D1, Host, P1, config, image, notification, paper, request};
use idvkit_core::{Decision, Header, Input, Next, Outcome, Provider, Seed, UnixMillis};
use idvkit_signicat::{AccessToken, Callback, Process, ReturnParameters, Signicat, token_request};
use serde_json::{Value, json};

fn vectors(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/data/signicat").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!rows.is_empty(), "{file} has no vectors");
    rows
}

fn text<'v>(row: &'v Value, field: &str) -> &'v str {
    row[field].as_str().unwrap_or_else(|| panic!("{}: no text in {field}", row["id"]))
}

/// The body as it stands on the wire: a text as it is, anything else as JSON.
fn bytes(row: &Value) -> Vec<u8> {
    row["body"].as_str().map_or_else(|| row["body"].to_string().into_bytes(), |text| text.as_bytes().to_vec())
}

#[test]
fn tokens() {
    for row in vectors("token.json") {
        let id = &row["id"];
        match text(&row, "kind") {
            "request" => {
                let account = Signicat::account(config(&json!({ "profile": row["profile"] }))).unwrap();
                let request = token_request(&account, None, "1".into());
                assert_eq!(request.url, text(&row, "url"), "{id}");
                assert_eq!(String::from_utf8(request.body.unwrap()).unwrap(), text(&row, "form"), "{id}");
                assert_eq!(Header::find(&request.headers, "Authorization"), row["authorization"].as_str(), "{id}");
                let cache = request.cache.unwrap();
                assert!(
                    cache.refused.is_none() && cache.max_age_ms == 570_000 && !cache.key.contains("secret"),
                    "{id}"
                );
            }
            "answer" => {
                assert_eq!(AccessToken::parse(&bytes(&row)).unwrap().expires_in_s, row["expires_in_s"], "{id}");
            }
            "refusal" => {
                let mut host = Host::open(&json!({}), &paper());
                let Next::Send { request } = host.next() else { panic!("{id}") };
                host.respond(&request.id, u16::try_from(row["status"].as_u64().unwrap()).unwrap(), &row["body"]);
                let Outcome::Failed { fault } = host.outcome() else { panic!("{id}") };
                assert_eq!(fault.provider_code.as_deref(), row["provider_code"].as_str(), "{id}");
                assert_eq!(fault.class, idvkit_core::FaultClass::Authorization, "{id}");
                assert!(!fault.retryable && fault.message.is_none(), "{id}");
            }
            "life" => {
                let answer = json!({ "access_token": "t", "expires_in": row["expires_in"] });
                let token = AccessToken::parse(answer.to_string().as_bytes()).unwrap();
                let until = token.usable_until(UnixMillis(1000), row["skew_ms"].as_i64().unwrap());
                assert_eq!(until.0 - 1000, row["usable_ms"].as_i64().unwrap(), "{id}");
            }
            other => panic!("{id}: unknown kind {other}"),
        }
    }
}

#[test]
fn requests() {
    for row in vectors("requests.json") {
        let id = &row["id"];
        let extra = if row["notification"] == json!(true) { notification() } else { json!({}) };
        let mut host = Host::open(&extra, &row["flow"]);
        let wanted = text(&row, "operation");
        if wanted != "signicat.create_dossier" {
            host.answer("create_dossier", 201, &json!({ "dossierId": D1 }));
        }
        let sent = host.wanted();
        assert_eq!(sent.operation, wanted, "{id}");
        assert_eq!(sent.method.as_str(), text(&row, "method"), "{id}");
        assert_eq!(sent.url, format!("https://api.signicat.com{}", text(&row, "path")), "{id}");
        let body: Value = serde_json::from_slice(&sent.body.unwrap()).unwrap();
        assert_eq!(body, row["body"], "{id}");
        assert!(!sent.idempotent, "{id}");
        assert_eq!(Header::find(&sent.headers, "authorization"), Some("Bearer tok-1"), "{id}");
    }
}

#[test]
fn processes() {
    for row in vectors("process.json") {
        let id = &row["id"];
        let process = Process::parse(&bytes(&row)).unwrap();
        assert_eq!(process.status.as_str(), text(&row, "status"), "{id}");
        assert_eq!(process.status.is_final(), row["final"], "{id}");
        assert_eq!(process.sealed.is_some(), row["sealed"], "{id}");
        let reasons: Vec<&str> = process.fail_reasons.iter().map(|reason| reason.code.as_str()).collect();
        assert_eq!(json!(reasons), row.get("reasons").cloned().unwrap_or(json!([])), "{id}");
        let person = process.person.map(|person| {
            let document = person.document.unwrap_or_default();
            json!({
                "given_name": person.given_name, "family_name": person.family_name, "birthdate": person.birthdate,
                "nationality": person.nationalities.first(), "kind": document.kind,
                "issuer_country": document.issuer_country,
            })
        });
        match (&person, &row["person"]) {
            (None, Value::Null) => {}
            (Some(person), Value::Object(expected)) => {
                for (name, value) in expected {
                    assert_eq!(&person[name], value, "{id}: {name}");
                }
            }
            _ => panic!("{id}: person or none"),
        }
        assert_eq!(outcome_of(&row["body"]), row["outcome"], "{id}");
    }
}

/// What a session makes of this answer.
fn outcome_of(body: &Value) -> Value {
    let mut host = Host::open(&json!({}), &paper());
    host.prepare(&common::process(P1, "signicatpaper", "pending"));
    host.tell(Input::Images { images: vec![image("front", 10)] }).unwrap();
    host.answer("set_images", 200, &json!(null));
    host.answer("start", 200, &json!(null));
    host.look("get_process", 200, body);
    match host.next() {
        Next::Done { outcome: Outcome::Decided { decision }, .. } => match decision {
            Decision::Approved => json!("approved"),
            Decision::Declined => json!("declined"),
            Decision::Inconclusive => json!("inconclusive"),
            Decision::Completed => json!("completed"),
        },
        Next::Done { outcome: Outcome::Abandoned { .. }, .. } => json!("abandoned"),
        Next::Done { outcome: Outcome::Failed { fault }, .. } => {
            assert_eq!(fault.code, "process_failed");
            json!("failed")
        }
        Next::Wait { .. } => Value::Null,
        other => panic!("{other:?}"),
    }
}

#[test]
fn redirects() {
    for row in vectors("redirect.json") {
        let id = &row["id"];
        match ReturnParameters::parse(text(&row, "url")) {
            Ok(back) => {
                assert_eq!(back.dossier_id.as_str(), row["dossier"], "{id}");
                assert_eq!(json!(back.process_id), row["process"], "{id}");
                assert_eq!(json!(back.status), row["status"], "{id}");
            }
            Err(reject) => assert_eq!(reject.code().as_str(), row["error"], "{id}"),
        }
    }
}

#[test]
fn callbacks() {
    let account = Signicat::account(config(&notification())).unwrap();
    let without = Signicat::account(config(&json!({}))).unwrap();
    for row in vectors("callback.json") {
        let id = &row["id"];
        let headers = row["authorization"].as_str().map(|value| Header::new("AUTHORIZATION", value));
        let input = Input::Callback {
            url: "/n".into(),
            headers: headers.into_iter().collect(),
            body: text(&row, "body").as_bytes().to_vec(),
        };
        match Signicat::reference_of(&account, &input, UnixMillis(common::START)) {
            Ok(reference) => assert_eq!(json!(reference), row["reference"], "{id}"),
            Err(reject) => assert_eq!(reject.code().as_str(), row["error"], "{id}"),
        }
        assert_eq!(
            Signicat::reference_of(&without, &input, UnixMillis(common::START)).unwrap_err().code(),
            "callback_unexpected",
            "{id}"
        );
    }
    assert!(Callback::parse(&vec![b' '; 1 << 20]).is_err(), "too large");
}

#[test]
fn orders() {
    for row in vectors("orders.json") {
        let id = &row["id"];
        let mut config = config(&json!({ "options": {
            "allow_unknown_provider": row["allow_unknown_provider"].as_bool().unwrap_or(false),
        }}));
        config.redirect_url = None;
        let account = Arc::new(Signicat::account(config).unwrap());
        let seed = Seed::new(&(0..32).collect::<Vec<u8>>()).unwrap();
        let opened = Signicat::open(&account, request(&row["flow"]), seed, UnixMillis(common::START));
        assert_eq!(json!(opened.err().map(|reject| reject.code().as_str())), row["error"], "{id}");
    }
}
