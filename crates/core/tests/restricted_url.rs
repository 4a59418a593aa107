//! URLs for providers, against `vectors/data/core/urls.json`.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, fs, path::Path};

use idvkit_core::{Blame, QueryRule, RestrictedUrl, UrlRules, looks_like_email, settings::is_private_host};
use proptest::prelude::*;
use serde_json::Value;

const RESERVED: &[&str] = &["transactionStatus", "errorCode"];
const REDIRECT: UrlRules = UrlRules::new(2047).with_reserved(RESERVED);

#[test]
fn every_vector_is_judged_as_it_says() {
    let vectors = vectors();
    for case in vectors["cases"].as_array().unwrap() {
        let rules = rules(&vectors["rules"][text(&case["rules"])]).with_development(case["development"] == true);
        let url = text(&case["url"]);
        match RestrictedUrl::parse("request.url", url, &rules) {
            Ok(accepted) => {
                assert_eq!((&case["accept"], &case["code"]), (&Value::Bool(true), &Value::Null), "{case}");
                assert_eq!(accepted.as_str(), case["normalised"].as_str().unwrap_or(url), "{case}");
            }
            Err(reject) => {
                assert_eq!(Some(reject.code().as_str()), case["code"].as_str(), "{case}");
                assert_eq!((reject.blame(), reject.field()), (Blame::Caller, Some("request.url")), "{case}");
            }
        }
    }
}

#[test]
fn every_rule_has_a_vector() {
    let vectors = vectors();
    let seen: BTreeSet<_> =
        vectors["cases"].as_array().unwrap().iter().filter_map(|case| case["code"].as_str()).collect();
    let documented = BTreeSet::from([
        "url_fragment",
        "url_host",
        "url_ip_address",
        "url_malformed",
        "url_not_ascii",
        "url_personal_data",
        "url_port",
        "url_query",
        "url_reserved_parameter",
        "url_scheme",
        "url_too_long",
        "url_user_info",
    ]);
    assert_eq!(seen, documented);
}

#[test]
fn email_shapes_are_found_as_the_vectors_say() {
    for case in vectors()["email_shapes"].as_array().unwrap() {
        assert_eq!(looks_like_email(text(&case["text"])), case["email"] == true, "{case}");
    }
}

#[test]
fn personal_data_is_let_through_only_where_the_rules_say_so() {
    let rules = UrlRules { refuse_personal_data: false, ..REDIRECT };
    assert!(RestrictedUrl::parse("url", "https://shop.example/?u=jo@mail.example", &rules).is_ok());
}

#[test]
fn appended_parameters_follow_what_is_there_and_add_no_slash() {
    let append = |url: &str| parse(url).append_query([("status", "a b"), ("ref", "x&y=é")]);
    let added = "status=a+b&ref=x%26y%3D%C3%A9";
    assert_eq!(append("https://shop.example"), format!("https://shop.example?{added}"));
    assert_eq!(append("https://shop.example/done"), format!("https://shop.example/done?{added}"));
    assert_eq!(append("https://shop.example/?b=%20&a=+"), format!("https://shop.example/?b=%20&a=+&{added}"));
    assert_eq!(append("https://shop.example/?"), format!("https://shop.example/?{added}"));
    assert_eq!(append("https://shop.example/?a&"), format!("https://shop.example/?a&{added}"));
    assert_eq!(parse("https://shop.example/?a").append_query([]), "https://shop.example/?a");
}

#[test]
fn a_segment_goes_before_the_query_and_is_encoded() {
    let push = |url: &str| parse(url).push_segment("s/é?-._~");
    assert_eq!(push("https://shop.example"), "https://shop.example/s%2F%C3%A9%3F-._~");
    assert_eq!(push("https://shop.example/"), "https://shop.example/s%2F%C3%A9%3F-._~");
    assert_eq!(push("https://shop.example/cb/"), "https://shop.example/cb/s%2F%C3%A9%3F-._~");
    assert_eq!(push("https://shop.example/cb?a=/?"), "https://shop.example/cb/s%2F%C3%A9%3F-._~?a=/?");
}

#[test]
fn debug_shows_the_host_and_nothing_else() {
    let url = parse("https://Shop.example/SECRET?token=SECRET");
    assert_eq!(format!("{url:?}"), "RestrictedUrl(host shop.example)");
    assert_eq!(url.into_string(), "https://shop.example/SECRET?token=SECRET");
}

#[test]
fn the_host_is_found_whatever_follows_it() {
    for url in
        ["https://shop.example", "https://shop.example?a=/b:c", "https://SHOP.example/a:b//c?d=https://other.example"]
    {
        assert_eq!(parse(url).host(), "shop.example");
    }
    let local = RestrictedUrl::parse("url", "http://localhost:3000?a", &REDIRECT.with_development(true)).unwrap();
    assert_eq!(local.host(), "localhost");
}

#[test]
fn escapes_of_escapes_are_read_however_deep_they_are() {
    for depth in [0, 1, 2, 3, 50, 10_000] {
        let encoded = |byte: &str| format!("%{}{byte}", "25".repeat(depth));
        assert!(looks_like_email(&format!("jo{}mail.example", encoded("40"))), "{depth}");
        assert!(looks_like_email(&format!("jo@mail{}example", encoded("2e"))), "{depth}");
        assert!(!looks_like_email(&format!("jo{}mail.example", encoded("41"))), "{depth}");
        assert!(!looks_like_email(&("%25".repeat(depth) + &"25".repeat(depth))), "{depth}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>(), development in any::<bool>()) {
        let _ = RestrictedUrl::parse("url", &text, &REDIRECT.with_development(development));
        let _ = looks_like_email(&text);
    }

    #[test]
    fn what_is_accepted_obeys_every_rule(text in url_like()) {
        if let Ok(url) = RestrictedUrl::parse("url", &text, &REDIRECT) {
            let rest = url.as_str().strip_prefix("https://").unwrap();
            let authority = rest.split(['/', '?']).next().unwrap();
            prop_assert_eq!(authority, url.host());
            prop_assert!(authority.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b)));
            prop_assert!(authority.contains('.') && authority.rsplit('.').next().unwrap().parse::<u128>().is_err());
            prop_assert!(url.as_str().is_ascii() && url.as_str().len() <= 2047);
            prop_assert!(!url.as_str().contains(['#', '\\', ' ']));
            prop_assert!(!looks_like_email(url.as_str()));
            let query = rest.split_once('?').map_or("", |(_, query)| query);
            prop_assert!(form_urlencoded::parse(query.as_bytes()).all(|(name, _)| !RESERVED.contains(&&*name)));
            prop_assert_eq!(&RestrictedUrl::parse("url", url.as_str(), &REDIRECT).unwrap(), &url);
        }
    }

    #[test]
    fn the_development_switch_adds_private_hosts_and_nothing_else(text in url_like()) {
        let strict = RestrictedUrl::parse("url", &text, &REDIRECT);
        match RestrictedUrl::parse("url", &text, &REDIRECT.with_development(true)) {
            Ok(url) if url.as_str().starts_with("http://") => {
                prop_assert!(strict.is_err() && is_private_host(url.host()), "{}", url.as_str());
            }
            // Of such a URL another rule may be the first that it breaks.
            Err(_) if text.to_ascii_lowercase().starts_with("http://") => prop_assert!(strict.is_err()),
            lenient => prop_assert_eq!(lenient, strict),
        }
    }

    #[test]
    fn a_pushed_segment_and_appended_parameters_leave_a_fit_url(text in url_like(), segment in "[a-z0-9]{1,40}") {
        if let Ok(url) = RestrictedUrl::parse("url", &text, &REDIRECT) {
            for longer in [url.push_segment(&segment), url.append_query([("p", segment.as_str())])] {
                prop_assert_eq!(RestrictedUrl::parse("url", &longer, &REDIRECT).unwrap().into_string(), longer);
            }
        }
    }

    #[test]
    fn an_error_never_repeats_any_of_the_url(part in "[a-zA-Z]{12}") {
        for url in [
            "HERE é",
            "HERE://shop.example/",
            "https://HERE/",
            "https://HERE:1x/",
            "https://HERE@shop.example/",
            "https://HERE.example:1/",
            "https://shop.example/#HERE",
            "https://shop.example/?errorCode=HERE",
            "https://shop.example/HERE@mail.example",
        ] {
            let reject = RestrictedUrl::parse("url", &url.replace("HERE", &part), &REDIRECT).unwrap_err();
            prop_assert!(!reject.to_string().contains(&part), "{reject}");
        }
    }
}

/// Pieces of which good and bad URLs are made, so that both kinds come up often.
fn url_like() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![6 => Just("https"), 2 => Just("http"), 1 => Just("HTTPS"), 1 => Just("ftp")];
    let user = prop_oneof![9 => Just(""), 1 => Just("u@")];
    let host = prop_oneof![
        4 => "[a-zA-Z0-9]{1,3}\\.[a-z0-9]{1,4}",
        2 => Just("localhost".to_owned()),
        1 => "[0-9x.]{1,9}",
        1 => "[a-z0-9%.-]{1,9}",
    ];
    let port = prop_oneof![6 => Just(String::new()), 2 => ":[0-9]{0,6}"];
    let rest = prop_oneof![
        4 => "(/[a-z]{1,3}){0,2}(\\?[a-zA-Z=&;+]{0,9})?",
        2 => "[/?][a-zA-Z0-9%@./&=#?+; é-]{0,30}",
    ];
    (scheme, user, host, port, rest)
        .prop_map(|(scheme, user, host, port, rest)| format!("{scheme}://{user}{host}{port}{rest}"))
}

fn parse(url: &str) -> RestrictedUrl {
    RestrictedUrl::parse("url", url, &REDIRECT).unwrap()
}

fn vectors() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/data/core/urls.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Rules are constants, so names that are read from a file have to live for ever.
fn rules(data: &Value) -> UrlRules {
    let reserved: Vec<_> =
        data["reserved"].as_array().unwrap().iter().map(|name| &*text(name).to_owned().leak()).collect();
    let rules = UrlRules::new(data["max_len"].as_u64().unwrap().try_into().unwrap()).with_reserved(reserved.leak());
    let query = if data["query"] == "forbidden" { QueryRule::Forbidden } else { QueryRule::Allowed };
    UrlRules { query, ..rules }
}
