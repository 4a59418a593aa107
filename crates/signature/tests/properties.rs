//! What holds for every input.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod common;

use common::json_text;
use idvkit_core::Secret;
use idvkit_signature::{
    Difference, Mismatch, Scheme, SliceError, TagEncoding, Verdict, any_same, diagnose, diagnose_member, ecmascript,
    member, same, same_tag,
};
use proptest::prelude::*;
use serde_json::{Map, Value};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn schemes() -> impl Strategy<Value = Scheme> {
    prop_oneof![
        Just(Scheme::HMAC_SHA256_HEX),
        Just(Scheme { encoding: TagEncoding::Base64, ..Scheme::HMAC_SHA256_HEX }),
    ]
}

proptest! {
    #[test]
    fn a_member_is_sliced_exactly(value in value(), before in value(), pretty: bool) {
        let slice = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let body = format!("{{\"before\" : {before},\n\"result\"\t:\r\n{slice} , \"after\":{{\"result\":0}}}}");
        prop_assert_eq!(member(body.as_bytes(), "result"), Ok(Some(slice.as_bytes())));
        prop_assert_eq!(member(body.as_bytes(), "absent"), Ok(None));
    }

    #[test]
    fn any_member_name_is_found(name: String, value in value()) {
        let body = Value::Object(Map::from_iter([(name.clone(), value.clone())])).to_string();
        let slice = value.to_string();
        prop_assert_eq!(member(body.as_bytes(), &name), Ok(Some(slice.as_bytes())));
        // The same name with every code unit escaped.
        let escaped: String = name.encode_utf16().flat_map(|unit| format!("\\u{unit:04X}").into_bytes()).map(char::from).collect();
        let body = format!("{{\"{escaped}\":{slice}}}");
        prop_assert_eq!(member(body.as_bytes(), &name), Ok(Some(slice.as_bytes())));
    }

    #[test]
    fn any_json_text_is_sliced_exactly(text in json_text()) {
        let body = format!("{{\"result\":{text}}}");
        prop_assert_eq!(member(body.as_bytes(), "result"), Ok(Some(text.trim_ascii().as_bytes())));
    }

    #[test]
    fn the_ecmascript_form_is_its_own(text in json_text()) {
        match ecmascript(text.as_bytes()) {
            Ok(form) => prop_assert_eq!(ecmascript(&form), Ok(form.clone()), "{}", String::from_utf8_lossy(&form)),
            Err(error) => prop_assert_eq!(error, SliceError::Duplicate),
        }
    }

    #[test]
    fn the_ecmascript_form_means_the_same(value in value()) {
        let form = ecmascript(value.to_string().as_bytes()).unwrap();
        let read: Value = serde_json::from_slice(&form).unwrap();
        prop_assert!(alike(&read, &value), "{read} {value}");
    }

    #[test]
    fn nothing_panics(bytes: Vec<u8>, name: String, tag: String) {
        let secrets = [Secret::from("a"), Secret::new(bytes.clone())];
        let _ = (member(&bytes, &name), ecmascript(&bytes), Scheme::HMAC_SHA256_HEX.verify(&secrets, &bytes, &tag));
        let diagnosis = diagnose(&Scheme::HMAC_SHA256_HEX, &secrets, &bytes, &tag);
        prop_assert_ne!(diagnosis.verdict, Verdict::Verifies);
        prop_assert_ne!(diagnose_member(&Scheme::HMAC_SHA256_HEX, &secrets, &bytes, &name, &tag).verdict, Verdict::Verifies);
    }

    #[test]
    fn nearly_json_does_not_panic(text in json_text(), at: prop::sample::Index, byte: u8) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let strict = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok() && std::str::from_utf8(&bytes).is_ok();
        let read = ecmascript(&bytes);
        prop_assert_eq!(strict, !matches!(read, Err(SliceError::NotJson)), "{:?}", read);
    }

    #[test]
    fn what_is_signed_verifies(scheme in schemes(), key in "[ -~]{1,80}", message: Vec<u8>) {
        let secret = Secret::from(key);
        let tag = scheme.sign(&secret, &message).unwrap();
        prop_assert_eq!(scheme.verify(&[Secret::from("new"), secret.clone()], &message, &tag), Ok(()));
        prop_assert_eq!(scheme.verify(&[secret, Secret::from("old")], &message, &tag), Ok(()));
        prop_assert_eq!(scheme.verify(&[Secret::from("\u{7f}other")], &message, &tag), Err(Mismatch::Wrong));
    }

    #[test]
    fn the_doctor_explains_what_was_printed_again(value in value()) {
        // A receiver that checks the parsed and pretty-printed value instead of the compact bytes that were signed.
        let secrets = [Secret::from("secret")];
        let (signed, printed) = (value.to_string(), serde_json::to_string_pretty(&value).unwrap());
        let tag = Scheme::HMAC_SHA256_HEX.sign(&secrets[0], signed.as_bytes()).unwrap();
        let diagnosis = diagnose(&Scheme::HMAC_SHA256_HEX, &secrets, printed.as_bytes(), &tag);
        if printed == signed {
            prop_assert_eq!(diagnosis.verdict, Verdict::Verifies);
        } else {
            prop_assert_eq!(diagnosis.verdict, Verdict::Explained);
            prop_assert_eq!(diagnosis.findings[0].difference, Difference::Compact);
        }
    }

    #[test]
    fn secrets_match_only_themselves(a: Vec<u8>, b: Vec<u8>) {
        let secret = Secret::new(a.clone());
        prop_assert_eq!(same(&secret, &b), !a.is_empty() && a == b);
        prop_assert_eq!(same(&secret, &a), !a.is_empty());
        prop_assert_eq!(any_same(&[Secret::new(b.clone()), secret], &a), !a.is_empty());
    }

    #[test]
    fn hex_tags_are_compared_as_bytes(a in "[0-9a-fA-F]{64}", b in "[0-9a-fA-F]{64}", short in "[0-9a-f]{0,63}") {
        prop_assert_eq!(same_tag(&a, &b), a.eq_ignore_ascii_case(&b));
        prop_assert!(same_tag(&a.to_lowercase(), &a.to_uppercase()));
        prop_assert!(!same_tag(&short, &short));
    }
}

/// Equal, with numbers as the doubles that JavaScript makes of them.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| alike(a, b)))
        }
        _ => a == b,
    }
}
