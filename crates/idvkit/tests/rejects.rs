//! The list of codes is whole: nothing in the sources lacks, nothing is left over, and each case of the vectors comes to its code.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use std::{collections::BTreeMap, fs, path::Path};

use idvkit::{
    Account, Config, Header, Image, Input, Next, REJECT_CODES, Reject, Request, Scheme, Secret, Seed, Seen, Session,
    Subject, UnixMillis,
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
    for (code, blames) in REJECT_CODES {
        let blames: Vec<&str> = blames.iter().map(|one| one.as_str()).collect();
        assert!(listed.contains(&json!({ "code": code, "blame": blames })), "{code} is not in the vectors");
    }
    assert_eq!(listed.len(), REJECT_CODES.len());
    assert!(REJECT_CODES.is_sorted_by(|one, other| one.0 < other.0));
}

#[test]
fn the_sources_use_these_codes_and_no_others() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut sources = BTreeMap::new();
    for name in ["core", "signature", "attestr", "biometric-kz", "jumio", "signicat", "idvkit", "cli"] {
        read_all(&crates.join(name).join("src"), &mut sources);
    }
    let mut used = Vec::new();
    for (file, source) in &sources {
        for call in ["Reject::caller(", "Reject::provider(", "Reject::signature(", "Reject::snapshot(", "refuse("] {
            let codes =
                source.split(call).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
            used.extend(codes.filter(|code| is_code(code)).map(|code| (file, code)));
        }
    }
    assert!(used.len() > 150, "the search finds too little");
    for (file, code) in used {
        assert!(REJECT_CODES.iter().any(|(known, _)| *known == code), "{file}: {code} is not in REJECT_CODES");
    }
    for (code, _) in REJECT_CODES {
        let literal = format!("\"{code}\"");
        assert!(sources.values().any(|source| source.contains(&literal)), "{code} is used nowhere");
    }
}

/// Sentences stand where codes do in helpers of other kinds.
fn is_code(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn read_all(folder: &Path, sources: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, sources);
        } else if path.file_name().is_some_and(|name| name != "codes.rs") {
            let code = |line: &str| line.split("//").next().unwrap_or_default().to_string();
            let text: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(code).collect();
            sources.insert(path.display().to_string(), text.join("\n"));
        }
    }
}

#[test]
fn every_case_comes_to_its_code() {
    let file = vectors();
    for case in file["cases"].as_array().unwrap() {
        let reject = provoke(&file, case).expect_err(&case["id"].to_string());
        let said = json!([reject.code(), reject.blame().as_str(), reject.field()]);
        assert_eq!(said, json!([case["code"], case["blame"], case["field"]]), "{}", case["id"]);
        let listed = REJECT_CODES.iter().find(|(code, _)| *code == reject.code()).unwrap();
        assert!(listed.1.contains(&reject.blame()), "{}", case["id"]);
    }
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
        "examine" => {
            return idvkit::examine(Subject::parse(text("subject")).unwrap(), text("document").as_bytes()).map(drop);
        }
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
    wire["text"].as_str().unwrap().as_bytes().to_vec()
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_string()).collect()
}
