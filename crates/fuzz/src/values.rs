//! Calls on values: URLs, languages, numbers, documents.

use idvkit::{ProviderId, value_in_json};
use idvkit_vectors::{files, load};
use serde_json::Value;

/// The provider, the call and the arguments that are no bytes stand on lines of their own; the rest is the body.
pub(crate) fn run(data: &[u8]) {
    let mut parts = data.splitn(4, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (provider, name, args, body) = (part(), part(), part(), part());
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let (Some(provider), Some(name), Some(args)) = (text(provider), text(name), text(args)) else { return };
    let Some(provider) = ProviderId::parse(provider) else { return };
    let call = || match body {
        [] => value_in_json(provider, name, args, &[]),
        body => value_in_json(provider, name, args, &[("body", body)]),
    };
    let answer = call();
    assert_eq!(answer, call(), "the same arguments have the same answer");
    if let Ok(answer) = answer {
        assert!(serde_json::from_str::<Value>(&answer).is_ok(), "an answer is JSON");
    }
}

/// Every case of the vectors.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for path in files("values").expect("the vectors are in the tree") {
        let name = path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.split_once('.'));
        let (provider, call) = name.expect("a vector is named by its call");
        let vector: Value = load(&path).expect("a vector");
        for case in vector["cases"].as_array().into_iter().flatten() {
            let mut args = case["args"].as_object().cloned().unwrap_or_default();
            let body = args.remove("body").unwrap_or_default();
            let body = body["text"].as_str().unwrap_or_default();
            seeds.push(format!("{provider}\n{call}\n{}\n{body}", Value::Object(args)).into_bytes());
        }
    }
    seeds
}
