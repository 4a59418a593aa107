//! The language to ask a provider for, by the vectors and in requests.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use idvkit::{Account, Config, Next, ProviderId, Request, Seed, Session, UnixMillis, best_locale};
use serde_json::{Value, json};

#[test]
fn every_vector() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/data/core/best_locale.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let provider: ProviderId = serde_json::from_value(case["provider"].clone()).unwrap();
        let preferred: Vec<_> = case["preferred"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
        assert_eq!(best_locale(provider, &preferred).as_deref(), case["locale"].as_str(), "{case}");
    }
}

/// A list is what the user prefers, so it is never refused; one tag is what the host wants, so it is.
#[test]
fn a_request_takes_one_or_a_list() {
    for (locale, sent) in [
        (json!("de"), json!("de")),
        (json!(["nb-NO", "de"]), json!("no")),
        (json!(["cy"]), Value::Null),
        (json!([]), Value::Null),
    ] {
        assert_eq!(sent_locale(&locale).unwrap(), sent, "{locale}");
    }
    let refused = sent_locale(&json!("nb-NO")).unwrap_err();
    assert_eq!((refused.code().as_str(), refused.field()), ("unknown_locale", Some("request.locale")));
    assert!(refused.message().ends_with("the nearest one is: no"), "{refused}");
    assert_eq!(sent_locale(&json!(7)).unwrap_err().field(), Some("request.locale"));
}

fn sent_locale(locale: &Value) -> Result<Value, idvkit::Reject> {
    let config = json!({
        "provider": "jumio", "region": "us", "api_token": "t", "api_secret": "s", "callback": "portal",
        "user_agent": "Example Corp SampleApp/1.0.1",
    });
    let request = json!({
        "flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222",
        "locale": locale,
    });
    let account = Account::new(Config::from_json(&config.to_string())?)?;
    let seed = Seed::new(&core::array::from_fn::<u8, 32, _>(|at| at.to_le_bytes()[0]))?;
    let now = UnixMillis(1_767_225_600_000);
    let session = Session::open(&account, Request::from_json(&request.to_string())?, seed, now)?;
    let Next::Send { request } = session.next(now) else { panic!("it begins with a request") };
    let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
    Ok(body["locale"].clone())
}
