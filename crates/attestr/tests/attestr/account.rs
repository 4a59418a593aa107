//! Accounts and requests: every bad input gives one clear error that echoes nothing.

use idvkit_attestr::{Account, Attestr, Config, Options, Request};
use idvkit_core::{Blame, Provider, Reject, UnixMillis};
use serde_json::json;

use crate::run::{FLOW, HANDSHAKE, Run, START, TAG, config, request, seed};

fn refused(change: impl FnOnce(&mut Config)) -> Reject {
    let mut config = config();
    change(&mut config);
    let reject = Account::new(config).unwrap_err();
    assert_eq!(reject.blame(), Blame::Caller);
    reject
}

fn code(change: impl FnOnce(&mut Config)) -> (String, String) {
    let reject = refused(change);
    (reject.field().unwrap().into(), reject.code().to_string())
}

fn option(change: impl FnOnce(&mut Options)) -> (String, String) {
    code(|config| change(&mut config.options))
}

fn pair(field: &str, code: &str) -> (String, String) {
    (field.into(), code.into())
}

#[test]
fn credentials() {
    assert_eq!(code(|c| c.auth_token.clear()), pair("auth_token", "credential_missing"));
    assert_eq!(code(|c| c.auth_token.insert_str(0, "Basic ")), pair("auth_token", "credential_malformed"));
    assert_eq!(code(|c| c.auth_token.push('\n')), pair("auth_token", "credential_malformed"));
    assert_eq!(code(|c| c.webhook_tokens.push(" ".into())), pair("webhook_tokens", "credential_missing"));
    assert_eq!(code(|c| c.webhook_tokens.push("a b".into())), pair("webhook_tokens", "credential_malformed"));
    assert_eq!(code(|c| c.client_key.clear()), pair("client_key", "credential_missing"));
    assert_eq!(code(|c| c.client_key = "OX02xyz".into()), pair("client_key", "client_key_invalid"));
    assert_eq!(code(|c| c.client_secrets.clear()), pair("client_secrets", "credential_missing"));
    assert_eq!(code(|c| c.client_secrets.push(String::new())), pair("client_secrets", "credential_missing"));
    assert_eq!(code(|c| c.client_secrets.push("abc ".into())), pair("client_secrets", "credential_malformed"));
    let not_hex = code(|c| {
        c.client_secrets.push("xyz".into());
        c.options.hex_decoded_secret = true;
    });
    assert_eq!(not_hex, pair("client_secrets", "credential_malformed"));
    let reject = refused(|c| c.auth_token = "Basic hunter2".into());
    assert!(!format!("{reject:?}{reject}").contains("hunter2"));
}

#[test]
fn options() {
    assert_eq!(option(|o| o.api_version = Some("1".into())), pair("options.api_version", "api_version_invalid"));
    assert_eq!(option(|o| o.api_version = Some("v1/..".into())), pair("options.api_version", "api_version_invalid"));
    assert_eq!(option(|o| o.api_base = Some("http://api.attestr.com/api".into())).0, "options.api_base");
    assert_eq!(option(|o| o.api_base = Some("http://127.0.0.1:80/api".into())).0, "options.api_base");
    assert_eq!(option(|o| o.api_base = Some("http://localhost:80/api".into())).0, "options.api_base");
    assert_eq!(option(|o| o.library_src = Some("//evil.example/x.js".into())).1, "library_src_invalid");
    assert_eq!(option(|o| o.library_src = Some("javascript:alert(1)".into())).0, "options.library_src");
    assert_eq!(option(|o| o.grace_ms = Some(30)), pair("options.grace_ms", "duration_out_of_range"));
    assert_eq!(option(|o| o.user_timeout_ms = Some(-1)).1, "duration_out_of_range");
    assert_eq!(option(|o| o.timeout_ms = Some(30)).1, "timeout_out_of_range");
    assert_eq!(option(|o| o.poll_offsets_seconds = Some(vec![2, 2])).1, "poll_plan_invalid");
    assert_eq!(option(|o| o.poll_offsets_seconds = Some(vec![i64::MAX])).1, "poll_plan_invalid");
    for id in ["", "   ", " shop", "shop\n"] {
        assert_eq!(option(|o| o.account_id = Some(id.into())), pair("options.account_id", "account_id_invalid"));
    }
}

#[test]
fn development_opens_private_hosts_only() {
    let with = |base: &str| {
        let options = Options { development: true, api_base: Some(base.into()), ..Options::default() };
        Config { options, ..config() }
    };
    for base in ["http://127.0.0.1:8080/api", "http://localhost:8080/api/", "http://host.docker.internal:8080/api"] {
        let mut run = Run::with(with(base), request());
        let url = run.send().url;
        assert_eq!(url, format!("{}/v1/public/flowx/handshake", base.trim_end_matches('/')));
    }
    for base in ["http://198.51.100.2:8080/api", "http://127.0.0.1:8080@evil.example/api", "http://shop.example:80/api"]
    {
        assert!(Account::new(with(base)).is_err(), "{base}");
    }
}

#[test]
fn staging_is_one_switch() {
    let options = Options { staging: true, ..Options::default() };
    let mut run = Run::with(Config { options, ..config() }, request());
    assert!(run.send().url.starts_with("https://qa.api.attestr.com/api/v1/"));
}

#[test]
fn requests() {
    let account = Run::new().account;
    let refused = |change: &dyn Fn(&mut Request)| {
        let mut request = request();
        change(&mut request);
        let reject = Attestr::open(&account, request, seed(), START).unwrap_err();
        (reject.field().unwrap().to_string(), reject.code().to_string())
    };
    for flow in ["", "FX0 x", "FX0/../x", HANDSHAKE, "FS02zfeuv3tcnkq2mond2"] {
        assert_eq!(refused(&|r| r.flow_id = flow.into()), pair("request.flow_id", "flow_id_invalid"), "{flow}");
    }
    assert_eq!(refused(&|r| r.snapshot = Some(String::new())), pair("request.snapshot", "snapshot_invalid"));
    assert_eq!(refused(&|r| r.tag = " ".into()), pair("request.tag", "tag_invalid"));
    assert_eq!(refused(&|r| r.locale = Some("english".into())), pair("request.locale", "locale_malformed"));
    assert_eq!(
        refused(&|r| drop(r.variables.insert(String::new(), "x".into()))),
        pair("request.variables", "variable_unnamed")
    );
    assert_eq!(refused(&|r| drop(r.extra.insert("tag".into(), json!("x")))), pair("request.extra", "extra_reserved"));
    let year = 365 * 86_400_000;
    // Past, now, seconds, the sample of 2023, and beyond a year.
    for expiry in
        [0, START.0 - 1, START.0, START.0 / 1000 + 60, 1_675_397_411_000, START.0 + year + 1, i64::MAX, i64::MIN]
    {
        assert_eq!(refused(&|r| r.expiry = Some(expiry)), pair("request.expiry", "expiry_invalid"), "{expiry}");
    }
    for expiry in [START.0 + 1, START.0 + year] {
        assert!(Attestr::open(&account, Request { expiry: Some(expiry), ..request() }, seed(), START).is_ok());
    }
    let reject = Attestr::open(&account, request(), seed(), UnixMillis(START.0 / 1000)).unwrap_err();
    assert_eq!(reject.code(), "now_out_of_range");
}

#[test]
fn plain_json_is_a_request() {
    let parsed: Request =
        serde_json::from_value(json!({ "flow_id": FLOW, "tag": TAG, "variables": { "pan": "x" } })).unwrap();
    assert!(Attestr::open(&Run::new().account, parsed, seed(), START).is_ok());
    assert!(serde_json::from_value::<Request>(json!({ "flow_id": FLOW, "tag": TAG, "expires": 1 })).is_err());
    let config: Config =
        serde_json::from_value(json!({ "auth_token": "t", "client_key": "ab", "client_secrets": ["s"] })).unwrap();
    assert!(Account::new(config).is_ok());
}

#[test]
fn snapshots_follow_the_name_of_the_account() {
    let named = |key: &str, id: Option<&str>| {
        let options = Options { account_id: id.map(String::from), ..Options::default() };
        std::sync::Arc::new(Account::new(Config { client_key: key.into(), options, ..config() }).unwrap())
    };
    let stored =
        |account: &std::sync::Arc<Account>| Attestr::open(account, request(), seed(), START).unwrap().snapshot();
    let text = stored(&named("aa", None));
    assert_eq!(Attestr::restore(&named("bb", None), &text).unwrap_err().code(), "snapshot_of_other_account");
    let text = stored(&named("aa", Some("shop")));
    assert!(Attestr::restore(&named("bb", Some("shop")), &text).is_ok());
}
