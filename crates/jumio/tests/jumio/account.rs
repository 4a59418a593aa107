//! What an account and a stored session must be, and where credentials go.

use std::sync::Arc;

use idvkit_jumio::{Account, Config, Options, Region, Session, image_request};
use serde_json::{Value, json};

use crate::run::{R1, Run, config};

#[test]
fn snapshots_with_impossible_numbers_are_refused() {
    let run = Run::open();
    let snapshot: Value = serde_json::from_str(&run.session.snapshot()).unwrap();
    for (pointer, value) in [
        ("/session/revision", json!(i64::MAX)),
        ("/session/revision", json!(-1)),
        ("/session/attempt", json!(u32::MAX)),
        ("/session/clock", json!(0)),
        ("/session/call/claimed_until", json!(i64::MAX)),
        ("/session/call/hold_until", json!(i64::MAX)),
        ("/session/phase/watch/settle", json!(i64::MAX)),
        ("/session/phase/watch/base", json!(i64::MIN)),
        ("/session/phase", json!({"type": "erasing", "outcome": {"type": "expired"}, "index": 7})),
    ] {
        let mut spoiled = snapshot.clone();
        *spoiled.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is in {snapshot}")) = value;
        let refused = Session::restore(run.account.clone(), &spoiled.to_string());
        assert_eq!(refused.unwrap_err().code(), "snapshot_malformed", "{pointer}");
    }
}

#[test]
fn credentials_go_to_documented_image_paths_only() {
    let account = Account::new(config()).unwrap();
    let base = format!("https://netverify.com/api/netverify/v2/authentications/{R1}/images");
    for url in [format!("{base}/face"), format!("{base}/liveness/7")] {
        assert!(image_request(&account, &url, "i".into()).is_ok(), "{url}");
    }
    for url in [
        format!("{base}/face/../../x").replace("face/", "liveness/"),
        format!("{base}/face?x=1"),
        base.replace("https://netverify.com", "https://netverify.com.evil.example"),
        base.replace("https://", "https://evil@"),
        base.replace("https:", "http:"),
        base.replace("netverify.com", "netverify.com:8443"),
        "https://evil.example/face".to_string(),
        String::new(),
    ] {
        let reject = image_request(&account, &format!("{url}/face"), "i".into()).unwrap_err();
        assert_eq!(reject.code(), "image_url_foreign", "{url}");
    }
}

#[test]
fn restores_only_its_own_snapshots() {
    let run = Run::open();
    let snapshot = run.session.snapshot();
    let restore = |account: &Arc<Account>, text: &str| Session::restore(account.clone(), text).unwrap_err().code();
    let other = Arc::new(Account::new(Config { api_token: "token-2".into(), ..config() }).unwrap());
    assert_eq!(restore(&other, &snapshot), "snapshot_of_other_account");
    assert_eq!(restore(&run.account, &snapshot.replace("\"format\":1", "\"format\":2")), "snapshot_newer");
    assert_eq!(restore(&run.account, &snapshot.replace("\"jumio\"", "\"attestr\"")), "snapshot_of_other_provider");
    assert_eq!(restore(&run.account, &snapshot.replace(R1, "../../admin")), "snapshot_malformed");
    assert_eq!(restore(&run.account, "{}"), "snapshot_malformed");
    assert_eq!(restore(&run.account, ""), "snapshot_malformed");
    assert!(!snapshot.contains("token-1") && !snapshot.contains("secret-1"), "no credential is in a snapshot");
}

#[test]
fn bad_accounts_get_one_clear_error() {
    let reject = |config| Account::new(config).unwrap_err();
    let options = |options| Config { options, ..config() };
    for (config, field) in [
        (Config { api_token: String::new(), ..config() }, "api_token"),
        (Config { api_token: "a:b".into(), ..config() }, "api_token"),
        (Config { api_secret: "secret\n".into(), ..config() }, "api_secret"),
        (Config { user_agent: "curl".into(), ..config() }, "user_agent"),
        (Config { administration_token: Some("t".into()), ..config() }, "administration_secret"),
        (Config { administration_secret: Some("s".into()), ..config() }, "administration_token"),
        (Config { domain_prefix: Some("-a".into()), ..config() }, "domain_prefix"),
        (Config { domain_prefix: Some("a".into()), region: Region::Eu, ..config() }, "domain_prefix"),
        (Config { success_url: Some("http://merchant.example".into()), ..config() }, "success_url"),
        (Config { portal_token_lifetime_minutes: Some(4), ..config() }, "portal_token_lifetime_minutes"),
        (options(Options { api_base: Some("http://localhost:1".into()), ..Options::default() }), "options.api_base"),
        (
            options(Options {
                api_base: Some("http://localhost.evil.example".into()),
                development: true,
                ..Options::default()
            }),
            "options.api_base",
        ),
        (
            options(Options { client_origins: vec!["https://a.example/".into()], ..Options::default() }),
            "options.client_origins",
        ),
        (
            options(Options { poll_offsets_seconds: Some(vec![2, 1]), ..Options::default() }),
            "options.poll_offsets_seconds",
        ),
        (options(Options { account_id: Some(" ".into()), ..Options::default() }), "options.account_id"),
        (
            options(Options {
                api_base: Some("http://localhost:80@evil.example".into()),
                development: true,
                ..Options::default()
            }),
            "options.api_base",
        ),
        (options(Options { timeout_ms: Some(1), ..Options::default() }), "options.timeout_ms"),
    ] {
        let reject = reject(config);
        assert_eq!(reject.field(), Some(field), "{reject}");
        assert!(!reject.to_string().contains("merchant.example"), "values are not echoed: {reject}");
    }
}
