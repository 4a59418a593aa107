//! Accounts, languages and stored sessions: what is refused before anything is sent.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod common;

use std::sync::Arc;

use common::{Host, KEY, SESSION, config};
use idvkit_biometric_kz::{BiometricKz, Config, Metadata, Options, Request};
use idvkit_core::{Provider, Seed, UnixMillis};
use serde_json::json;

#[test]
fn accounts_are_checked_at_start_up() {
    let short = Config { api_key: "TTpme201NiUMBA...".into(), ..config() };
    let reject = BiometricKz::account(short).unwrap_err();
    assert_eq!((reject.code().as_str(), reject.field()), ("credential_malformed", Some("api_key")));
    assert!(!reject.to_string().contains("TTpme"));
    let refused = |config: Config| BiometricKz::account(config).unwrap_err().code();
    assert_eq!(refused(Config { api_key: format!("{KEY}\n"), ..config() }), "credential_malformed");
    assert_eq!(refused(Config { api_key: String::new(), ..config() }), "credential_missing");
    assert_eq!(refused(Config { webhook_secrets: vec!["short".into()], ..config() }), "webhook_secret_invalid");
    assert_eq!(refused(Config { locale: Some("de".into()), ..config() }), "unknown_locale");
    let options = |options| Config { options, ..config() };
    let base =
        |base: &str, development| options(Options { api_base: Some(base.into()), development, ..Options::default() });
    for (url, development) in [
        ("http://localhost:8080", false),
        ("http://localhost.evil.example", true),
        ("http://localhost@evil.example", true),
        ("https://a@b.example", false),
        ("https://b.example/?q", false),
        ("ftp://b.example", true),
        ("https://", false),
    ] {
        assert_eq!(refused(base(url, development)), "base_url_invalid", "{url}");
    }
    assert!(BiometricKz::account(base("http://localhost:8080/", true)).is_ok());
    let container = Options { container: Some("#x\" onload=".into()), ..Options::default() };
    assert_eq!(refused(options(container)), "container_invalid");
    let patience = Options { result_timeout_ms: Some(15), ..Options::default() };
    assert_eq!(refused(options(patience)), "duration_out_of_range");
    assert!(serde_json::from_value::<Options>(json!({ "developement": true })).is_err(), "typing errors are found");
    assert!(serde_json::from_value::<Metadata>(json!({ "face2face": { "photo": "" } })).is_err());
}

#[test]
fn languages_have_usual_spellings() {
    let spellings = [("kk", "kz"), ("KK_kz", "kz"), ("kz", "kz"), ("kz-KZ", "kz"), ("ru-RU", "ru"), ("en-us", "en")];
    for (given, sent) in spellings {
        assert_eq!(idvkit_biometric_kz::LOCALES.parse("locale", given).unwrap().tag, sent, "{given}");
    }
    assert!(idvkit_biometric_kz::LOCALES.parse("locale", "uz").is_err());
    assert_eq!(BiometricKz::catalog().locales[0].locales.len(), 3);
}

#[test]
fn a_snapshot_belongs_to_one_account() {
    let host = Host::live(config(), Request::default(), r#"["LD","F2F"]"#);
    let snapshot = host.session.snapshot();
    let other = BiometricKz::account(Config { api_key: format!("{KEY}x"), ..config() }).unwrap();
    let restored = BiometricKz::restore(&Arc::new(other), &snapshot);
    assert_eq!(restored.unwrap_err().code(), "snapshot_of_other_account");
    for broken in [snapshot.replace(SESSION, "../../x"), snapshot.replace(r#""locale":"ru""#, r#""locale":"xx""#)] {
        let restored = BiometricKz::restore(&host.account, &broken);
        assert_eq!(restored.unwrap_err().code(), "snapshot_malformed");
    }
    let metadata = json!({ "edocument": { "iin": { "value": "000101500001", "changeable": false } } });
    let fixed = Host::live(
        config(),
        Request { metadata: Some(serde_json::from_value(metadata).unwrap()), ..Request::default() },
        r#"["ED","F2F"]"#,
    )
    .session
    .snapshot();
    let restored = BiometricKz::restore(&host.account, &fixed.replace("000101500001", "x"));
    assert_eq!(restored.unwrap_err().code(), "snapshot_malformed", "the comparison cannot be dropped");
    let seed = Seed::new(b"32 bytes from the system, random").unwrap();
    assert_eq!(
        BiometricKz::open(&host.account, Request::default(), seed, UnixMillis(0)).unwrap_err().code(),
        "now_out_of_range"
    );
}
