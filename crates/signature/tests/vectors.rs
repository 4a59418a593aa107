//! Runs every signature vector of `crates/vectors/data/signature`. The same files are run by every binding.
//!
//! The expected values were not computed by this crate: the tags come from the protocol note, RFC 4231 and Python's `hmac`, the
//! ECMAScript forms from a JavaScript engine.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::{fs, path::Path};

use idvkit_core::{Blame, Reject, Secret};
use idvkit_signature::{
    Algorithm, KeyForm, Scheme, SliceError, TagEncoding, diagnose, diagnose_member, ecmascript, member,
};
use serde_json::Value;

fn vectors(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/data/signature").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!rows.is_empty(), "{file} has no vectors");
    println!("{file}: {} vectors", rows.len());
    rows
}

fn text<'v>(row: &'v Value, field: &str) -> &'v str {
    row[field].as_str().unwrap_or_else(|| panic!("{}: no text in {field}", row["id"]))
}

fn scheme(row: &Value) -> Scheme {
    let field = |name: &str| row["scheme"][name].as_str().unwrap();
    Scheme {
        algorithm: match field("algorithm") {
            "hmac_sha256" => Algorithm::HmacSha256,
            other => panic!("unknown algorithm {other}"),
        },
        encoding: match field("encoding") {
            "hex" => TagEncoding::Hex,
            "base64" => TagEncoding::Base64,
            other => panic!("unknown encoding {other}"),
        },
        key: match field("key") {
            "text" => KeyForm::Text,
            "hex_decoded" => KeyForm::HexDecoded,
            other => panic!("unknown key form {other}"),
        },
    }
}

fn message(row: &Value) -> Vec<u8> {
    match row["message_text"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => base16ct::mixed::decode_vec(text(row, "message_hex")).unwrap(),
    }
}

#[test]
fn hmac() {
    for row in vectors("hmac.json") {
        let (id, scheme, tag) = (text(&row, "id"), scheme(&row), text(&row, "tag"));
        let secret = Secret::from(text(&row, "key_text"));
        let message = message(&row);

        let result = match scheme.verify(std::slice::from_ref(&secret), &message, tag) {
            Ok(()) => "valid",
            Err(mismatch) => {
                let reject = Reject::from(mismatch);
                assert_eq!(reject.blame(), Blame::Signature);
                assert_eq!(reject.code(), mismatch.code());
                mismatch.code().as_str().strip_prefix("signature_").unwrap()
            }
        };
        assert_eq!(result, text(&row, "result"), "{id}");

        if result == "valid" {
            let signed = scheme.sign(&secret, &message).unwrap();
            let written = if scheme.encoding == TagEncoding::Hex { tag.to_lowercase() } else { tag.to_owned() };
            assert_eq!(signed, written, "{id}");
        }
    }
}

#[test]
fn slices() {
    for row in vectors("slice.json") {
        let body = text(&row, "body_text").as_bytes();
        check(&row, "slice_text", member(body, text(&row, "member")).map(|slice| slice.map(<[u8]>::to_vec)));
    }
}

#[test]
fn ecmascript_forms() {
    for row in vectors("ecmascript.json") {
        check(&row, "output_text", ecmascript(text(&row, "input_text").as_bytes()).map(Some));
    }
}

/// Compares with the expected text or `null` in `field`, or with the code in `error`.
fn check(row: &Value, field: &str, result: Result<Option<Vec<u8>>, SliceError>) {
    let actual = match result {
        Ok(bytes) => serde_json::json!({ field: bytes.map(|bytes| String::from_utf8(bytes).unwrap()) }),
        Err(error) => serde_json::json!({ "error": error.code() }),
    };
    let mut expected = row.clone();
    for given in ["id", "body_text", "member", "input_text"] {
        expected.as_object_mut().unwrap().remove(given);
    }
    assert_eq!(actual, expected, "{}", row["id"]);
}

#[test]
fn doctor() {
    for row in vectors("doctor.json") {
        let (id, scheme, tag) = (text(&row, "id"), scheme(&row), text(&row, "tag"));
        let secrets = [Secret::from(text(&row, "key"))];
        let message = text(&row, "message").as_bytes();

        let (diagnosis, accepted) = match row["member"].as_str() {
            None => (diagnose(&scheme, &secrets, message, tag), scheme.verify(&secrets, message, tag).is_ok()),
            Some(name) => {
                let slice = member(message, name).ok().flatten();
                (
                    diagnose_member(&scheme, &secrets, message, name, tag),
                    slice.is_some_and(|slice| scheme.verify(&secrets, slice, tag).is_ok()),
                )
            }
        };
        let data = serde_json::to_value(&diagnosis).unwrap();
        let differences: Vec<&Value> =
            data["findings"].as_array().unwrap().iter().map(|finding| &finding["difference"]).collect();
        assert_eq!(data["verdict"], row["verdict"], "{id}: {differences:?}");
        assert_eq!(differences, row["differences"].as_array().unwrap().iter().collect::<Vec<_>>(), "{id}");
        assert_eq!(accepted, data["verdict"] == "verifies", "{id}: the doctor and the check disagree");
    }
}

#[test]
fn wycheproof_form() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/data/signature/wycheproof_form.json");
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let scheme = Scheme { key: KeyForm::HexDecoded, ..Scheme::HMAC_SHA256_HEX };
    let mut seen = 0;
    for group in file["testGroups"].as_array().unwrap() {
        for case in group["tests"].as_array().unwrap() {
            let id = &case["tcId"];
            let key = Secret::from(text(case, "key"));
            assert_eq!(Some(text(case, "key").len() as u64 * 4), group["keySize"].as_u64(), "{id}");
            let message = base16ct::lower::decode_vec(text(case, "msg")).unwrap();
            let verified = scheme.verify(std::slice::from_ref(&key), &message, text(case, "tag"));
            assert_eq!(verified.is_ok(), text(case, "result") == "valid", "{id}: {}", case["comment"]);
            if group["tagSize"] == 128 {
                assert_eq!(verified.unwrap_err().code(), "signature_malformed", "{id}: only full tags are read");
            }
            seen += 1;
        }
    }
    assert_eq!(file["numberOfTests"].as_u64(), Some(seen));
    assert!(seen >= 60);
}
