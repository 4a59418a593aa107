//! The vectors of every call on a provider's values, through the SDK's list and through `idvkit check`, which say the same.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Output},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use idvkit::{ProviderId, Reject, value_in_json, values};
use idvkit_core::values::ValueCall;
use serde_json::{Map, Value, json};

const FOLDER: &str = "values";

#[test]
fn each_call_has_its_vectors() {
    let calls = ProviderId::ALL.iter().flat_map(|id| values(*id).iter().map(move |call| format!("{id}.{}", call.name)));
    let files = idvkit_vectors::files(FOLDER).unwrap();
    let files = files.iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    assert_eq!(calls.collect::<BTreeSet<_>>(), files.collect::<BTreeSet<_>>());
}

#[test]
fn the_sdk_answers_as_the_vectors_say() {
    for (provider, call, file) in files() {
        let mut codes = 0;
        for case in cases(&file) {
            let (args, bytes) = apart(&case["args"]);
            let bytes: Vec<(&str, &[u8])> = bytes.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
            let made = value_in_json(provider, call.name, &args, &bytes);
            codes += i32::from(made.is_err());
            let made = said(&made.map(|answer| serde_json::from_str(&answer).unwrap()));
            assert_eq!(made, expected(case), "{provider}.{} {}", call.name, case["id"]);
        }
        assert!(codes > 0 || !refuses(call.name), "{provider}.{}: no case is refused", call.name);
    }
}

/// Calls that take whatever they are given.
fn refuses(name: &str) -> bool {
    !matches!(name, "best_locale" | "colour" | "technologies" | "problem")
}

#[test]
fn check_says_what_the_sdk_says() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("values");
    fs::create_dir_all(&folder).unwrap();
    for (provider, call, file) in files() {
        // A process each: some of every call are enough.
        let (fit, refused): (Vec<_>, Vec<_>) = cases(&file).iter().partition(|case| case["code"].is_null());
        for case in fit.into_iter().take(2).chain(refused.into_iter().take(2)) {
            let output = checked(&folder, provider, call.name, &case["args"]);
            let Ok(found) = serde_json::from_slice::<Value>(&output.stdout) else {
                // Arguments that are none are refused before the call.
                assert_eq!((output.status.code(), &case["code"]), (Some(2), &json!("input_malformed")), "{case}");
                continue;
            };
            let id = format!("{provider}.{} {}", call.name, case["id"]);
            if case["code"].is_null() {
                assert_eq!(found["found"], masked(&case["answer"], call), "{id}");
            } else {
                let error = &found["error"];
                let names = ["code", "field", "message"].map(|name| (name.to_owned(), error[name].clone()));
                let says = Value::Object(names.into_iter().collect());
                assert_eq!(says, expected(case), "{id}");
            }
        }
    }
}

fn files() -> Vec<(ProviderId, &'static ValueCall, Value)> {
    let read = |path: &std::path::PathBuf| {
        let (provider, name) = path.file_stem().unwrap().to_str().unwrap().split_once('.').unwrap();
        let provider = ProviderId::parse(provider).unwrap();
        let call = values(provider).iter().find(|call| call.name == name).unwrap();
        (provider, call, idvkit_vectors::load(path).unwrap())
    };
    idvkit_vectors::files(FOLDER).unwrap().iter().map(read).collect()
}

fn cases(file: &Value) -> &[Value] {
    file["cases"].as_array().unwrap()
}

/// The arguments in JSON, and those that are bytes.
fn apart(args: &Value) -> (String, Vec<(String, Vec<u8>)>) {
    let mut plain = Map::new();
    let mut bytes = Vec::new();
    for (name, value) in args.as_object().unwrap() {
        match bytes_of(value) {
            Some(body) => bytes.push((name.clone(), body)),
            None => drop(plain.insert(name.clone(), value.clone())),
        }
    }
    (Value::Object(plain).to_string(), bytes)
}

fn bytes_of(value: &Value) -> Option<Vec<u8>> {
    let text = value.get("text").and_then(Value::as_str).map(|text| text.as_bytes().to_vec());
    text.or_else(|| value.get("base64").and_then(Value::as_str).map(|text| STANDARD.decode(text).unwrap()))
}

fn said(made: &Result<Value, Reject>) -> Value {
    match made {
        Ok(answer) => answer.clone(),
        Err(reject) => json!({ "code": reject.code(), "field": reject.field(), "message": reject.message() }),
    }
}

fn expected(case: &Value) -> Value {
    if case["code"].is_null() {
        return case["answer"].clone();
    }
    json!({ "code": case["code"], "field": case["field"], "message": case["message"] })
}

/// The answer as a program may print it.
fn masked(answer: &Value, call: &ValueCall) -> Value {
    let mut answer = answer.clone();
    if let (Some(shown), Some(members)) = (call.shown, answer.as_object_mut()) {
        for (name, value) in members {
            if !shown.contains(&name.as_str()) && !value.is_null() {
                *value = json!("***");
            }
        }
    }
    answer
}

fn checked(folder: &Path, provider: ProviderId, name: &str, args: &Value) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_idvkit"));
    command.args(["check", "--json", provider.as_str(), name]);
    for (name, value) in args.as_object().unwrap() {
        let file = folder.join(name);
        let text = match (bytes_of(value), value) {
            (Some(bytes), _) => {
                fs::write(&file, bytes).unwrap();
                file.display().to_string()
            }
            (None, Value::Object(_)) => {
                fs::write(&file, value.to_string()).unwrap();
                file.display().to_string()
            }
            (None, Value::String(text)) => text.clone(),
            (None, Value::Array(texts)) => {
                texts.iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join(",")
            }
            (None, other) => other.to_string(),
        };
        command.arg(format!("{name}={text}"));
    }
    command.output().unwrap()
}
