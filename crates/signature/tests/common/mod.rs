//! Random JSON texts as some program may have written them: any spelling, any white space.

use proptest::{prelude::*, string::string_regex};

fn space() -> impl Strategy<Value = String> {
    string_regex("[ \t\r\n]{0,2}").unwrap()
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        string_regex("-?(0|[1-9][0-9]{0,22})(\\.[0-9]{1,22})?([eE][+-]?[0-9]{1,3})?").unwrap(),
        any::<f64>().prop_filter("JSON has no such number", |f| f.is_finite()).prop_map(|f| format!("{f:e}")),
        any::<i64>().prop_map(|i| i.to_string()),
        (any::<i32>(), -330_i32..310).prop_map(|(digits, exponent)| format!("{digits}e{exponent}")),
    ]
}

fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_filter("must be escaped", |c| *c >= ' ' && *c != '"' && *c != '\\').prop_map(String::from),
        string_regex("[a-z/]{1,4}").unwrap(),
        string_regex("\\\\[\"\\\\/bfnrt]").unwrap(),
        string_regex("\\\\u[0-9a-fA-F]{4}").unwrap(),
        string_regex("\\\\u00[0-7][0-9a-f]").unwrap(),
        string_regex("\\\\u[dD][89abAB][0-9a-f]{2}").unwrap(),
        string_regex("\\\\ud[c-f][0-9a-f]{2}").unwrap(),
        string_regex("\\\\ud[89ab][0-9a-f]{2}\\\\u[dD][c-fC-F][0-9a-f]{2}").unwrap(),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        string_regex("\"[0-9]{1,11}\"").unwrap(),
        string_regex("\"42949672[0-9]{2}\"").unwrap(),
        string_regex("\"[a-c]{1,2}\"").unwrap(),
        string(),
    ]
}

/// A JSON text. Members may stand twice.
pub(crate) fn json_text() -> impl Strategy<Value = String> {
    let leaf =
        prop_oneof![prop::sample::select(vec!["null", "true", "false"]).prop_map(String::from), number(), string(),];
    let value = leaf.prop_recursive(5, 40, 6, |inner| {
        let padded =
            (space(), inner, space()).prop_map(|(before, value, after)| format!("{before}{value}{after}")).boxed();
        let member =
            (space(), key(), space(), padded.clone()).prop_map(|(a, key, b, value)| format!("{a}{key}{b}:{value}"));
        prop_oneof![
            (space(), prop::collection::vec(padded, 0..6)).prop_map(|(space, items)| list('[', &items, &space, ']')),
            (space(), prop::collection::vec(member, 0..6)).prop_map(|(space, items)| list('{', &items, &space, '}')),
        ]
    });
    (space(), value, space()).prop_map(|(before, value, after)| format!("{before}{value}{after}"))
}

fn list(open: char, items: &[String], space: &str, close: char) -> String {
    let inner = if items.is_empty() { space.to_owned() } else { items.join(",") };
    format!("{open}{inner}{close}")
}
