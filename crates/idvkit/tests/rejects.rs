//! The vectors have the list of codes, and each of their cases comes to its code.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idvkit::{
    Account, Config, Header, Image, Input, Next, Reject, RejectCode, Request, Scheme, Secret, Seed, Seen, Session,
    UnixMillis,
};
use serde_json::{Value, json};

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/data/core/rejects.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_vectors_list_the_same_codes() {
    let file = vectors();
    let listed = file["codes"].as_array().unwrap();
    for code in RejectCode::ALL {
        let row = json!({ "code": code.as_str(), "blame": code.blame().as_str() });
        assert!(listed.contains(&row), "{row} is not in the vectors");
    }
    assert_eq!(listed.len(), RejectCode::ALL.len());
    assert!(RejectCode::ALL.is_sorted_by_key(|code| code.as_str()));
}

#[test]
fn every_case_comes_to_its_code() {
    let file = vectors();
    let mut wrong = Vec::new();
    for case in file["cases"].as_array().unwrap() {
        let said = match provoke(&file, case) {
            Ok(()) => json!("accepted"),
            Err(reject) => json!([reject.code().as_str(), reject.blame().as_str(), reject.field()]),
        };
        if said != json!([case["code"], case["blame"], case["field"]]) {
            wrong.push(json!([case["id"], said]));
        }
    }
    assert!(wrong.is_empty(), "{}", json!(wrong));
}

fn provoke(file: &Value, case: &Value) -> Result<(), Reject> {
    let text = |name: &str| case[name].as_str().unwrap();
    let now = UnixMillis(case["now"].as_i64().unwrap_or_else(|| file["now"].as_i64().unwrap()));
    match text("call") {
        "verify" => {
            let secrets: Vec<Secret> = strings(&case["secrets"]).into_iter().map(Secret::from).collect();
            let key = serde_json::from_value(case["key"].clone()).unwrap();
            let scheme = Scheme { key, ..Scheme::HMAC_SHA256_HEX };
            return idvkit::verify(text("message").as_bytes(), text("tag"), &secrets, scheme);
        }
        "signed_member" => return idvkit::signed_member(text("body").as_bytes(), text("name")).map(drop),
        "parse" => return parse(text("subject"), text("document").as_bytes()),
        "read" => {
            return idvkit::Journey::from_json(text("journey"))
                .map(|journey| drop(idvkit::read(&journey, &Seen::Closed)));
        }
        _ => {}
    }
    let account = account(file, case, true)?;
    match text("call") {
        "account" => Ok(()),
        "reference_of" => account.reference_of(&input(&case["input"], ""), now).map(drop),
        "diagnose" => idvkit::diagnose(&account, text("body").as_bytes(), text("tag")).map(drop),
        "restore" => {
            let stored = match text("snapshot") {
                "$opened" => opened(file, case, &self::account(file, case, false)?, now)?.snapshot(),
                text => text.to_string(),
            };
            Session::restore(&account, &stored).map(drop)
        }
        "open" => opened(file, case, &account, now).map(drop),
        "handle" => {
            let mut session = opened(file, case, &account, now)?;
            let Next::Send { request } = session.next(now) else { panic!("nothing to send") };
            case["inputs"].as_array().unwrap().iter().try_for_each(|wire| session.handle(input(wire, &request.id), now))
        }
        other => panic!("nobody knows how to {other}"),
    }
}

/// Reads a document as a provider's own type.
fn parse(subject: &str, document: &[u8]) -> Result<(), Reject> {
    match subject {
        "ecmascript" => Ok(idvkit_signature::ecmascript(document).map(drop)?),
        "jumio_enrollment" => idvkit::jumio::EnrollmentCheck::from_json(document).map(drop),
        "jumio_transaction" => idvkit::jumio::Transaction::parse(document).map(drop),
        "signicat_process" => idvkit::signicat::Process::parse(document).map(drop),
        "signicat_token" => idvkit::signicat::AccessToken::parse(document).map(drop),
        other => panic!("nobody knows how to read {other}"),
    }
}

fn account(file: &Value, case: &Value, overridden: bool) -> Result<Account, Reject> {
    let mut config = file["configs"][case["provider"].as_str().unwrap()].clone();
    if overridden {
        put(&mut config, &case["config"]);
    }
    Account::new(Config::from_json(&config.to_string())?)
}

fn opened(file: &Value, case: &Value, account: &Account, now: UnixMillis) -> Result<Session, Reject> {
    let plain = &file["requests"][case["provider"].as_str().unwrap()];
    let mut request = if case["replace"] == true { json!({}) } else { plain.clone() };
    put(&mut request, &case["request"]);
    let seed: Vec<u8> = (0..u8::try_from(case["seed_bytes"].as_u64().unwrap_or(32)).unwrap()).collect();
    let request = Request::from_json(&request.to_string())?;
    Session::open(account, request, Seed::new(&seed)?, now)
}

fn put(into: &mut Value, members: &Value) {
    for (name, value) in members.as_object().into_iter().flatten() {
        into[name] = value.clone();
    }
}

/// `first` stands for `$id`.
fn input(wire: &Value, first: &str) -> Input {
    let text = |name: &str| wire[name].as_str().unwrap().to_string();
    let id = || if wire["id"] == "$id" { first.to_string() } else { text("id") };
    match wire["type"].as_str().unwrap() {
        "http_failed" => Input::HttpFailed { id: id() },
        "sending" => Input::Sending { id: id() },
        "hint" => Input::Hint { text: text("text") },
        "redirect" => Input::Redirect { url: text("url") },
        "retry" => Input::Retry,
        "erase" => Input::Erase { at_provider: wire["at_provider"] == true },
        "images" => Input::Images {
            images: wire["images"]
                .as_array()
                .unwrap()
                .iter()
                .map(|image| Image { slot: image["slot"].as_str().unwrap().into(), bytes: bytes(&image["bytes"]) })
                .collect(),
        },
        "callback" => {
            let header = |pair: &Value| Header::new(pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
            let headers = wire["headers"].as_array().unwrap().iter().map(header).collect();
            Input::Callback { url: text("url"), headers, body: bytes(&wire["body"]) }
        }
        other => panic!("no input {other}"),
    }
}

fn bytes(wire: &Value) -> Vec<u8> {
    wire["text"].as_str().map_or_else(|| STANDARD.decode(wire["base64"].as_str().unwrap()).unwrap(), Into::into)
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_string()).collect()
}
