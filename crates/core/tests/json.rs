//! The reader of JSON that providers sent: strict in what decides, lenient in what does not (rule 25).

use idvkit_core::{Cause, Fault, Flaw, FlawKind, Json, RejectCode};
use proptest::prelude::*;
use serde_json::Value;

/// Values that are almost JSON.
const FLAWED: &[&[u8]] = &[b"NaN", b"-Infinity", b"1e400", b"\"\xC3\"", b"\"\\udc00\"", b"\"\x01\""];

/// What a text is read as, as JSON.
fn read(body: &[u8]) -> Value {
    Json::read(body).expect("JSON").root().value().cloned().unwrap_or_default()
}

fn flaw(body: &[u8]) -> (FlawKind, String) {
    let flaw = Json::read(body).err().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(body)));
    (flaw.kind(), flaw.place().to_owned())
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let json = Json::read(b"\xEF\xBB\xBF{\"id\": \"7\"}").unwrap();
    assert_eq!(json.root().text("id").unwrap(), "7");
    assert_eq!(flaw(b"\xEF\xBB\xBF"), (FlawKind::Empty, String::new()));
}

#[test]
fn what_is_no_json_is_named_by_kind_and_place() {
    let whole = |kind| (kind, String::new());
    assert_eq!(flaw(b""), whole(FlawKind::Empty));
    assert_eq!(flaw(b" \r\n"), whole(FlawKind::Empty));
    assert_eq!(flaw(b"\n<!doctype html><p>Maintenance</p>"), whole(FlawKind::Html));
    assert_eq!(flaw(br#"{"a": 1,}"#), (FlawKind::JsonSyntax, "line 1 column 9".into()));
    assert_eq!(flaw("{\"a\":\n \"äöü\" x}".as_bytes()), (FlawKind::JsonSyntax, "line 2 column 8".into()));
    assert_eq!(flaw(br#"{"a": 1} {}"#).0, FlawKind::JsonSyntax);
    assert_eq!(flaw(br#"{"a": "open"#).0, FlawKind::JsonSyntax);
    assert_eq!(flaw("[".repeat(100_000).as_bytes()).0, FlawKind::JsonSyntax);
}

#[test]
fn depth_is_limited_and_what_is_within_it_is_read() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Json::read(nested(127).as_bytes()).is_ok());
    assert_eq!(flaw(nested(128).as_bytes()).0, FlawKind::JsonSyntax);
    // The same where something has to be mended first.
    let spoiled = nested(127).replace("[]", "[NaN]");
    assert!(Json::read(spoiled.as_bytes()).is_ok());
}

#[test]
fn numbers_that_are_none_are_null_and_texts_that_say_so_stay() {
    let body = br#"{"a": NaN, "b": [Infinity, -Infinity,1e999, -1e999 ,1], "c": "NaN, Infinity", "NaN": -NaN}"#;
    let expected = serde_json::json!({"a": null, "b": [null, null, null, null, 1], "c": "NaN, Infinity", "NaN": null});
    assert_eq!(read(body), expected);
    // Other words are not JSON.
    for body in [&br#"{"a": undefined}"#[..], b"[01]", b"[+1]", b"[.5]", b"[nul]", b"[True]"] {
        assert_eq!(flaw(body).0, FlawKind::JsonSyntax, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn what_is_no_text_is_a_replacement_character() {
    let cases: &[(&[u8], &str)] = &[
        (b"\"A\xE9\x41\"", "A\u{fffd}A"),
        (b"\"\xFF\xFE\"", "\u{fffd}\u{fffd}"),
        (br#""\ud83d""#, "\u{fffd}"),
        (br#""\ude00\ud83d x""#, "\u{fffd}\u{fffd} x"),
        (br#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
        (b"\"a\tb\nc\"", "a\u{fffd}b\u{fffd}c"),
        // What is right stays, beside something that is not.
        (b"\"\xFF\\ud83d\\ude00\\u0041\\\\ud800\\\"\\/\\n\"", "\u{fffd}\u{1f600}A\\ud800\"/\n"),
    ];
    for (body, expected) in cases {
        assert_eq!(read(body), *expected, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn a_mended_text_is_refused_only_where_it_decides() {
    let json =
        Json::read(b"{\"name\": \"Ren\xE9\", \"status\": \"PASS\xC9D\", \"ok\": \"yes\", \"score\": NaN}").unwrap();
    let root = json.root();
    assert_eq!(root.text("ok").unwrap(), "yes");
    assert_eq!(root.text("status").unwrap_err(), Flaw::new(FlawKind::NotUtf8, "status"));
    assert_eq!(root.maybe_text("status").unwrap_err().kind(), FlawKind::NotUtf8);
    assert_eq!(root.loose_text("name").unwrap(), "Ren\u{fffd}");
    assert_eq!(root.loose_text("score"), None);
    // One that was sent so is a text like any other.
    let sent = Json::read("{\"name\": \"Ren\u{fffd}\"}".as_bytes()).unwrap();
    assert_eq!(sent.root().text("name").unwrap(), "Ren\u{fffd}");
}

#[test]
fn strict_readers_name_the_place() {
    let json =
        Json::read(br#"{"a": {"list": [{"id": "x"}, {"id": 5}]}, "flag": "true", "n": 1.5, "none": null}"#).unwrap();
    let root = json.root();
    let said = |flaw: Flaw| (flaw.kind().as_str(), flaw.place().to_owned());
    let rows = root.list("a.list").unwrap();
    assert_eq!(rows[0].text("id").unwrap(), "x");
    assert_eq!(said(rows[1].text("id").unwrap_err()), ("member_type", "a.list[1].id".into()));
    assert_eq!(said(root.flag("flag").unwrap_err()), ("member_type", "flag".into()));
    assert_eq!(said(root.integer("n").unwrap_err()), ("member_type", "n".into()));
    assert_eq!(said(root.object("n").unwrap_err()), ("member_type", "n".into()));
    assert_eq!(said(root.list("a").unwrap_err()), ("member_type", "a".into()));
    assert_eq!(said(root.text("none").unwrap_err()), ("member_missing", "none".into()));
    assert_eq!(said(root.text("a.b.c").unwrap_err()), ("member_missing", "a.b.c".into()));
    assert_eq!(said(root.flaw(FlawKind::OtherReference, "a.id")), ("other_reference", "a.id".into()));
    assert_eq!(said(root.at("a").flaw(FlawKind::MemberValue, "")), ("member_value", "a".into()));
    assert_eq!(root.maybe_text("none").unwrap(), None);
    assert!(root.maybe_flag("gone").unwrap().is_none() && root.maybe_integer("gone").unwrap().is_none());
    assert!(root.maybe_list("gone").unwrap().is_none() && root.maybe_object("none").unwrap().is_none());
}

#[test]
fn loose_readers_take_what_is_meant() {
    let json =
        Json::read(br#"{"n": 3600, "t": " 3600 ", "f": "3600.9", "x": "1h", "b": true, "one": {"id": "7"}}"#).unwrap();
    let root = json.root();
    let numbers = ["n", "t", "f", "x", "one", "gone"].map(|name| root.loose_integer(name));
    assert_eq!(numbers, [Some(3600), Some(3600), Some(3600), None, None, None]);
    assert_eq!([root.loose_text("n"), root.loose_text("b")], [Some("3600".into()), Some("true".into())]);
    assert_eq!(root.loose_list("one")[0].text("id").unwrap(), "7");
    assert!(root.loose_list("gone").is_empty());
    let names: Vec<_> = root.members().map(|(name, node)| (name, node.place().to_owned())).collect();
    assert!(names.contains(&("one", "one".into())) && names.len() == 6);
}

#[test]
fn a_member_that_stands_twice_does_not_decide() {
    let body = br#"{"id": 1, "\u0069d": 2, "rows": [{"a": 1}, {"a": 1, "b": {"c": 1}, "b": 0}], "other": {"id": 1}}"#;
    let json = Json::read(body).unwrap();
    let root = json.root();
    assert_eq!(root.integer("id").unwrap_err(), Flaw::new(FlawKind::MemberTwice, "id"));
    assert_eq!(root.maybe_integer("id").unwrap_err().kind(), FlawKind::MemberTwice);
    assert_eq!(root.integer("other.id").unwrap(), 1);
    let rows = root.list("rows").unwrap();
    assert_eq!((rows[0].integer("a").unwrap(), rows[1].integer("a").unwrap()), (1, 1));
    assert_eq!(rows[1].integer("b.c").unwrap_err(), Flaw::new(FlawKind::MemberTwice, "rows[1].b.c"));
    // What decides nothing may stand twice.
    assert_eq!(root.loose_text("id").unwrap(), "2");
}

#[test]
fn a_place_holds_no_value() {
    let json = Json::read(br#"{"900101300123": {"Jane Doe": {"id": 5}}}"#).unwrap();
    let (_, person) = json.root().members().next().unwrap();
    let (_, name) = person.members().next().unwrap();
    assert_eq!(name.text("id").unwrap_err().place(), "*.*.id");
    let twice = Json::read(br#"{"900101300123": {"a": 1, "a": 2}}"#).unwrap();
    let (_, person) = twice.root().members().next().unwrap();
    assert_eq!(person.integer("a").unwrap_err(), Flaw::new(FlawKind::MemberTwice, "*.a"));
}

#[test]
fn a_flaw_is_the_cause_of_a_fault_and_the_reason_of_a_reject() {
    let flaw = Flaw::new(FlawKind::MemberMissing, "transactionResult");
    let fault = Fault::unreadable("toy.look", 200, flaw.clone());
    let cause = fault.cause.unwrap();
    assert_eq!((cause.kind, cause.place.as_deref()), (Some(FlawKind::MemberMissing), Some("transactionResult")));
    let whole = Cause::from(Flaw::new(FlawKind::Html, ""));
    assert_eq!((whole.kind, whole.place, whole.code), (Some(FlawKind::Html), None, None));
    let reject = flaw.reject(RejectCode::ResultMalformed);
    assert_eq!((reject.code(), reject.field()), (RejectCode::ResultMalformed, Some("transactionResult")));
    let reject = Json::read(b"{").err().unwrap().reject(RejectCode::ResultMalformed);
    assert_eq!(reject.field(), Some("body"));
    assert!(reject.message().contains("line 1 column 1"), "{reject}");
    // Stored before kinds and places were.
    let old: Cause = serde_json::from_str(r#"{"code": "9", "status": 400, "message": null}"#).unwrap();
    assert_eq!((old.code.as_deref(), old.kind), (Some("9"), None));
}

#[test]
fn kinds_are_sorted_and_read_back() {
    assert!(FlawKind::ALL.windows(2).all(|pair| pair[0].as_str() < pair[1].as_str()));
    for kind in FlawKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert!(kind.meaning().ends_with('.'));
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Json::read(&bytes);
    }

    #[test]
    fn almost_json_does_not_panic_and_mending_changes_no_good_json(text in "[\\[\\]{}:,\"\\\\u0-9a-fdDeEnulNaIity .+-]{0,60}") {
        let read = Json::read(text.as_bytes());
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            prop_assert_eq!(read.unwrap().root().value().cloned().unwrap_or_default(), value);
        }
    }

    /// A flaw in one member leaves every other one as it is.
    #[test]
    fn one_flawed_member_costs_no_other(
        value in json(),
        flawed in proptest::sample::select(FLAWED),
    ) {
        let text = serde_json::to_string(&value).unwrap();
        let body = [b"{\"good\":", text.as_bytes(), b",\"flawed\":", flawed, b"}"].concat();
        prop_assert_eq!(read(&body)["good"].clone(), value);
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
