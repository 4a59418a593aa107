//! Nothing panics on any bytes, and whatever was read once reads the same again.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod common;

use common::{Host, SESSION, config};
use idvkit_biometric_kz::{
    Created, FlowResult, Iin, LOCALES, Metadata, MetadataRules, Phone, Request, Technology, Webhook,
};
use idvkit_core::{Input, Next, Outcome, Seen, read};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Results that look almost right.
fn result() -> impl Strategy<Value = Value> {
    let status =
        prop_oneof![Just(json!("FINISHED")), Just(json!("FAILED")), Just(json!("PROGRESS")), Just(Value::Null)];
    let flag =
        prop_oneof![Just(json!(true)), Just(json!(false)), Just(Value::Null), Just(json!("true")), Just(json!(1))];
    let part = prop_oneof![
        flag.clone().prop_map(|result| json!({ "result": result })),
        Just(json!({})),
        Just(Value::Null),
        Just(json!({ "result": false, "failure_reason": { "type": "OTHER", "detail": "Operation aborted by user" } })),
        Just(json!({ "result": false, "failure_reason": "words" })),
        Just(json!({ "result_json": { "common": { "docOwner": { "iin": "000101500001" } } } })),
        (prop::sample::select(vec!["VALID", "INVALID", "PENDING", "TIMEOUT", "ODD"]), flag.clone())
            .prop_map(|(status, result)| json!({ "status": status, "result": result })),
    ];
    (status, flag, part.clone(), part.clone(), part).prop_map(|(status, verdict, liveness, edocument, other)| {
        json!({
            "id": SESSION, "status": status, "flow_session_result": verdict,
            "liveness_result": liveness, "edocument_result": edocument, "other_result": other,
        })
    })
}

/// The rule for a pass once more, in the simplest words there are.
fn may_pass(body: &Value, fixed: bool) -> bool {
    let parts = ["liveness_result", "edocument_result", "other_result"];
    let part_fine = |name: &&str| {
        let part = &body[*name];
        let words: &[Value] = match *name {
            "other_result" => &[Value::Null, json!("VALID")],
            _ => &[Value::Null, json!("VALID"), json!("ODD")],
        };
        part.is_null()
            || (part.as_object().is_some_and(|part| !part.is_empty())
                && words.contains(&part["status"])
                && (part["result"].is_null() || part["result"] == json!(true)))
    };
    let confirmed = body["edocument_result"]["result_json"]["common"]["docOwner"]["iin"] == json!("000101500001");
    body["status"] == json!("FINISHED")
        && body["flow_session_result"] == json!(true)
        && parts.iter().all(part_fine)
        && (!fixed || confirmed)
}

proptest! {
    #[test]
    fn only_a_full_pass_is_approved(body in result(), fixed: bool) {
        let metadata = json!({ "edocument": { "iin": { "value": "000101500001", "changeable": !fixed } } });
        let request = Request { metadata: Some(serde_json::from_value(metadata).unwrap()), ..Request::default() };
        let mut host = Host::live(config(), request, r#"["LD","ED","F2F"]"#);
        host.sleep();
        host.answer(200, body.to_string().as_bytes());
        let approved = matches!(host.next(), Next::Done { outcome, .. } if outcome.is_approved());
        prop_assert_eq!(approved, may_pass(&body, fixed), "{}", body);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), status: u16, text in "\\PC{0,40}") {
        let _ = (Webhook::parse(&bytes), FlowResult::parse(&bytes), Created::parse(&bytes));
        let _ = (Iin::parse("x", &text), Phone::parse("x", &text), LOCALES.parse("x", &text));
        let mut host = Host::open(config(), Request::default());
        let id = host.request().id;
        let _ = host.handle(Input::HttpResponse { id, status, headers: vec![], body: bytes.clone() });
        let mut host = Host::live(config(), Request::default(), r#"["LD","F2F"]"#);
        let journey = host.journey();
        let _ = read(&journey, &Seen::Navigation { url: text.clone() });
        let _ = host.handle(Input::Hint { text: text.clone() });
        let _ = host.handle(Input::Callback { url: text.clone(), headers: vec![], body: bytes.clone() });
        host.sleep();
        let id = host.request().id;
        let _ = host.handle(Input::HttpResponse { id, status, headers: vec![], body: bytes });
        let decided = matches!(host.next(), Next::Done { outcome: Outcome::Decided { .. }, .. });
        prop_assert!(!decided);
    }

    #[test]
    fn numbers_read_again_as_themselves(
        digits in "[0-9]{12}",
        phone in "(\\+7|8|7) ?\\(?7[0-9]{2}\\)?[ -]?[0-9]{3}[ -]?[0-9]{4}",
    ) {
        let iin = Iin::lenient("x", &digits).unwrap();
        prop_assert_eq!(iin.as_str(), &digits);
        let stripped = digits.trim_start_matches('0');
        prop_assert!(iin.is(&digits));
        prop_assert_eq!(iin.is(stripped), !stripped.is_empty());
        let _ = (iin.birth_date(), iin.sex());
        let read = Phone::parse("x", &phone).unwrap();
        prop_assert_eq!(&Phone::parse("x", read.as_str()).unwrap(), &read);
    }

    #[test]
    fn at_most_one_check_digit_fits(prefix in "[0-9]{11}") {
        let fits = |check: &i32| match Iin::parse("x", &format!("{prefix}{check}")) {
            Ok(_) => true,
            Err(reject) => reject.code() == "iin_is_bin",
        };
        prop_assert!((0..10).filter(fits).count() <= 1);
    }

    #[test]
    fn codes_are_kept(code in "[A-Z0-9]{1,8}") {
        let technology = Technology::parse(&code);
        prop_assert_eq!(technology.as_str(), &code);
        prop_assert_eq!(technology.is_liveness(), code.starts_with("LD"));
        prop_assert_eq!(Technology::parse(technology.as_str()), technology);
    }

    #[test]
    fn skipping_needs_all_five(given: [bool; 2], changeable: [Option<bool>; 2], skip: Option<bool>) {
        let field = |value: &str, at: usize| json!({ "value": given[at].then_some(value), "changeable": changeable[at] });
        let metadata = json!({ "edocument": {
            "iin": field("000101500001", 0), "phone": field("77011234567", 1), "skip_input": skip,
        }});
        let metadata: Metadata = serde_json::from_value(metadata).unwrap();
        let all = given == [true; 2] && changeable == [Some(false); 2];
        let checked = metadata.check(&MetadataRules::default());
        let refused = checked.as_ref().is_err_and(|reject| reject.code() == "skip_input_unmet");
        prop_assert_eq!(refused, skip == Some(true) && !all);
    }
}
