//! A configuration or request that is not understood: the error names the member, the rule and the fix, and no value.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use idvkit::{Config, Request};
use serde_json::{Value, json};

fn config(provider: &str, more: &Value) -> String {
    let mut config = match provider {
        "jumio" => json!({ "region": "us", "api_token": "t", "api_secret": "s", "user_agent": "A B/1" }),
        _ => json!({ "client_id": "c", "client_secret": "s" }),
    };
    config["provider"] = provider.into();
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    config.to_string()
}

#[test]
fn a_configuration() {
    for (text, field, rule) in [
        (config("jumio", &json!({ "region": "planted" })), "config.region", "must be one of `us`, `eu`, `sgp`"),
        (config("jumio", &json!({ "region": 7 })), "config.region", "does not have the documented form"),
        (config("jumio", &json!({ "api_token": 7_777 })), "config.api_token", "must be a string"),
        (
            config("jumio", &json!({ "options": { "development": "planted" } })),
            "config.options.development",
            "must be a boolean",
        ),
        (
            config("jumio", &json!({ "options": { "timeout_ms": -7_777 } })),
            "config.options.timeout_ms",
            "must be an integer in range",
        ),
        (
            config("jumio", &json!({ "options": { "client_origins": "planted" } })),
            "config.options.client_origins",
            "must be a list",
        ),
        (config("jumio", &json!({ "options": "planted" })), "config.options", "must be an object"),
        (config("jumio", &json!({ "callback": "planted" })), "config.callback", "must be `portal` or `url`"),
        (
            config("jumio", &json!({ "api_tokn": "planted" })),
            "config.api_tokn",
            "this member does not exist; expected one of `region`",
        ),
        (
            config("signicat", &json!({ "profile": { "custom": { "scope": "planted" } } })),
            "config.profile.custom.token_url",
            "is required",
        ),
        (
            config("signicat", &json!({ "profile": { "custom": { "client_atuh": "planted" } } })),
            "config.profile.custom.client_atuh",
            "this member does not exist; expected one of `token_url`",
        ),
        (config("signicat", &json!({ "profile": "planted" })), "config.profile", "must be one of `current`"),
        (r#"{"provider": "jumio", "region": "us"}"#.into(), "config.api_token", "is required; give it"),
        (r#"{"provider": "planted"}"#.into(), "config.provider", "one of attestr, biometric_kz, jumio, signicat"),
        ("{}".into(), "config.provider", "is required, and must be one of"),
        ("[]".into(), "config", "must be an object with the member `provider`"),
        ("{".into(), "config", "this is not valid JSON (line 1, column 1)"),
        (config("jumio", &json!({})).replace(r#""region""#, r#""region":"us","region""#), "config", "occurs twice"),
    ] {
        let reject = Config::from_json(&text).expect_err(&text);
        assert_eq!((reject.code().as_str(), reject.field()), ("config_malformed", Some(field)), "{reject}");
        assert!(reject.message().contains(rule), "{reject}");
        assert!(!reject.to_string().contains("planted") && !reject.to_string().contains("7777"), "{reject}");
    }
}

#[test]
fn a_name_without_end_is_cut() {
    let reject = Config::from_json(&config("jumio", &json!({ "x".repeat(100_000): 1 }))).unwrap_err();
    assert!(reject.field().is_some_and(|field| field.starts_with("config.xxx")), "{reject}");
    assert!(reject.to_string().len() < 1_000 && reject.message().starts_with("this member does not exist"));
    let variables = json!({ "flow": "attestr_flowx", "variables": { "y".repeat(100_000): 1 } });
    let reject = Request::from_json(&variables.to_string()).unwrap_err();
    assert!(reject.to_string().len() < 1_000 && reject.message() == "must be a string");
}

#[test]
fn a_request() {
    for (text, field, rule) in [
        (json!({ "flow": "signicat_capture_flow", "need": "planted" }), "request.need", "must be `all` or `any`"),
        (
            json!({ "flow": "signicat_capture_flow", "providers": [{ "provider": "signicatpaper" }, { "provider": 7_777 }] }),
            "request.providers[1].provider",
            "must be a string",
        ),
        (json!({ "flow": "planted" }), "request.flow", "one of attestr_flowx"),
        (json!({ "flow": "signicat_capture_flow" }), "request.providers", "is required; give it"),
        (json!({ "flow": "signicat_capture_flow", "providers": [{}] }), "request.providers[0].provider", "is required"),
        (json!({ "flow": "signicat_document_verification" }), "request.provider", "is required"),
        (json!({ "flow": "signicat_eid" }), "request.provider", "is required"),
        (json!({ "flow": "jumio_authentication" }), "request.enrollment_transaction_reference", "is required"),
        (
            json!({ "flow": "biometric_kz_flow", "metadata": { "edocument": { "iin": { "vlue": "planted" } } } }),
            "request.metadata.edocument.iin.vlue",
            "this member does not exist",
        ),
        (json!({ "flow": "attestr_flowx", "variables": { "a": 7_777 } }), "request.variables.a", "must be a string"),
    ] {
        let reject = Request::from_json(&text.to_string()).unwrap_err();
        assert_eq!((reject.code().as_str(), reject.field()), ("request_malformed", Some(field)), "{reject}");
        assert!(reject.message().contains(rule), "{reject}");
        assert!(!reject.to_string().contains("planted") && !reject.to_string().contains("7777"), "{reject}");
    }
}
