//! What Jumio's API refuses, with the vectors J-V1 to J-V4.
#![allow(clippy::unwrap_used)]

mod common;

use common::{ENROLLMENT, USER_AGENT, authentications, begin, body, hint, http, initiate};
use idvkit_sandbox::jumio::{Credentials, JumioAccount, UnknownLocale};
use idvkit_sandbox::{Config, Sandbox};
use serde_json::{Value, json};

async fn status_and_hint(sandbox: &Sandbox, more: Value) -> (u16, String) {
    let response = initiate(sandbox, &body(more)).send().await.unwrap();
    (response.status().as_u16(), hint(&response))
}

#[tokio::test]
async fn vector_1_the_answer() {
    let sandbox = Sandbox::start().await.unwrap();
    let request = json!({ "enrollmentTransactionReference": ENROLLMENT, "callbackUrl": "https://merchant.example/cb", "locale": "de", "tokenLifetimeInMinutes": 5 });
    let response = initiate(&sandbox, &request).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-sandbox"], "idvkit");
    assert_eq!(hint(&response), "");
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["timestamp"], "2026-01-01T00:00:00.000Z");
    assert_eq!(answer["transactionReference"].as_str().unwrap().len(), 36);
    let url = answer["redirectUrl"].as_str().unwrap();
    let start = format!("{}/jumio/us/web/v4/app?authorizationToken=", sandbox.base_url());
    assert!(url.starts_with(&start) && url.ends_with("&locale=de") && url.len() <= 255, "{url}");
}

#[tokio::test]
async fn required_headers() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = format!("{}/jumio/eu/api/authentication/v1/web/initiate", sandbox.base_url());
    let authorization = "Basic c2FuZGJveC1qdW1pby10b2tlbjpzYW5kYm94LWp1bWlvLXNlY3JldA==";
    let good = [
        ("user-agent", USER_AGENT),
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("authorization", authorization),
    ];
    let send = async |changed: &str, value: Option<&str>| {
        let mut request = http().post(&url).body(body(json!({})).to_string());
        for (name, usual) in good {
            match if name == changed { value } else { Some(usual) } {
                Some(value) => request = request.header(name, value),
                // reqwest would fill in a type of its own.
                None if name == "accept" => request = request.header(name, ""),
                None => {}
            }
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), hint(&response))
    };
    assert_eq!(send("none", None).await, (200, String::new()));
    for (name, value, word) in [
        ("user-agent", None, "User-Agent"),
        ("user-agent", Some(" "), "User-Agent"),
        ("accept", None, "Accept"),
        ("accept", Some("text/html"), "Accept"),
        ("content-type", None, "Content-Type"),
        ("content-type", Some("text/plain"), "Content-Type"),
        ("authorization", None, "Authorization"),
        ("authorization", Some("Bearer abc"), "Basic"),
        ("authorization", Some("Basic !!"), "base64"),
        ("authorization", Some("Basic YWJj"), "token:secret"),
    ] {
        let (status, hint) = send(name, value).await;
        assert_eq!(status, 403, "{name} {value:?}");
        assert!(hint.contains(word), "{name}: {hint}");
    }
    assert_eq!(send("authorization", Some("Basic eDp5")).await.0, 401);
    assert_eq!(send("content-type", Some("application/json; charset=utf-8")).await.0, 200);
    let (status, hint) = send("user-agent", Some("curl/8.5.0")).await;
    assert_eq!(status, 200);
    assert!(hint.contains("names a tool"), "{hint}");
    sandbox.control().patch(&json!({ "jumio": { "wrong_credentials_status": 403 } })).unwrap();
    assert_eq!(send("authorization", Some("Basic eDp5")).await.0, 403);
}

#[tokio::test]
async fn vector_2_lifetimes() {
    let sandbox = Sandbox::start().await.unwrap();
    let cases = [(json!(4), 400), (json!(5), 200), (json!(86_400), 200), (json!(86_401), 400)];
    let more = [(json!(5.5), 400), (json!("30"), 400), (json!(-5), 400), (Value::Null, 200)];
    for (lifetime, expected) in cases.into_iter().chain(more) {
        let (status, _) = status_and_hint(&sandbox, json!({ "tokenLifetimeInMinutes": lifetime })).await;
        assert_eq!(status, expected, "{lifetime}");
    }
}

#[tokio::test]
async fn vector_3_lengths() {
    let sandbox = Sandbox::start().await.unwrap();
    let start = "https://merchant.example/";
    let url = |length: usize| json!(format!("{start}{}", "a".repeat(length - start.len())));
    let cases = [
        ("successUrl", url(2047), 200),
        ("successUrl", url(2048), 400),
        ("callbackUrl", url(255), 200),
        ("callbackUrl", url(256), 400),
        ("errorUrl", url(255), 200),
        ("errorUrl", url(256), 400),
        ("userReference", json!("r".repeat(100)), 200),
        ("userReference", json!("r".repeat(101)), 400),
    ];
    for (name, value, expected) in cases {
        let (status, hint) = status_and_hint(&sandbox, json!({ name: value })).await;
        assert_eq!(status, expected, "{name}: {hint}");
        assert_eq!(hint.contains(name), expected == 400, "{hint}");
    }
}

#[tokio::test]
async fn vector_4_unknown_references() {
    let sandbox = Sandbox::start().await.unwrap();
    let reference = "11111111-1111-4111-8111-111111111111";
    let response = authentications(&sandbox, "GET", reference, "application/json").send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["x-trackingid"].len(), 36);
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["httpStatus"], "404");
    assert!(error["message"].as_str().unwrap().starts_with("Not Found: "));
    let uri = format!("{}/jumio/us/api/netverify/v2/authentications/{reference}", sandbox.base_url());
    assert_eq!(error["requestURI"], uri);
    let (status, _) = status_and_hint(&sandbox, json!({ "enrollmentTransactionReference": reference })).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn the_enrollment_must_meet_three_conditions() {
    let sandbox = Sandbox::start().await.unwrap();
    for (last, word) in [("e0", "verificationStatus"), ("e1", "similarity"), ("e2", "validity")] {
        let reference = format!("22222222-2222-4222-8222-2222222222{last}");
        let (status, hint) = status_and_hint(&sandbox, json!({ "enrollmentTransactionReference": reference })).await;
        assert_eq!(status, 400);
        assert!(hint.contains(word), "{hint}");
    }
    let url = format!("{}/_sandbox/jumio/enrollments", sandbox.base_url());
    let added = http().post(url).json(&json!({ "reference": "mine", "validity": "true" })).send().await.unwrap();
    assert_eq!(added.status(), 200);
    begin(&sandbox, json!({ "enrollmentTransactionReference": "mine" })).await;
}

#[tokio::test]
async fn careless_values_get_a_hint() {
    let sandbox = Sandbox::start().await.unwrap();
    let cases = [
        (json!({ "userReference": "anna@mail.example" }), 400, "e-mail"),
        (json!({ "callbackUrl": "http://merchant.example/cb" }), 400, "https"),
        (json!({ "callbackUrl": "https://merchant.example/cb?x=1" }), 400, "query"),
        (json!({ "successUrl": "https://merchant.example/?transactionStatus=x" }), 400, "appends itself"),
        (json!({ "callbackUrl": null }), 400, "callbackUrl is required"),
        (json!({ "locale": "en_GB" }), 400, "locale"),
        (json!({ "locale": "en-US" }), 200, ""),
        (json!({ "customerInternalReference": "x" }), 200, "ignored: customerInternalReference"),
        (json!({ "userReference": 7 }), 400, "must be a string"),
    ];
    for (more, status, word) in cases {
        let (got, hint) = status_and_hint(&sandbox, more.clone()).await;
        assert_eq!(got, status, "{more}: {hint}");
        assert!(hint.contains(word), "{more}: {hint}");
    }
    let response = initiate(&sandbox, &body(json!({}))).header("origin", "https://shop.example").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(hint(&response).contains("browser"));
    let broken = initiate(&sandbox, &json!([1])).send().await.unwrap();
    assert_eq!(broken.status(), 400);
    sandbox.control().configure(|config| config.jumio.unknown_locale = UnknownLocale::UseDefault);
    assert_eq!(status_and_hint(&sandbox, json!({ "locale": "xx" })).await.0, 200);
}

#[tokio::test]
async fn the_request_beats_the_portal_which_beats_the_default() {
    let mut config = Config::default();
    let portal = &mut config.jumio.portal;
    portal.callback_url = Some("https://portal.example/cb".into());
    portal.success_url = Some("https://portal.example/ok".into());
    portal.default_locale = Some("fr".into());
    portal.token_lifetime_minutes = 5;
    portal.domain_prefix = Some("shop".into());
    let sandbox = Sandbox::with(config).await.unwrap();
    let own = begin(&sandbox, json!({ "callbackUrl": null })).await;
    assert!(own.redirect_url.contains("/jumio/us/shop/web/v4/app?") && own.redirect_url.ends_with("&locale=fr"));
    let location = own.press("acceptable", &[]).await.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with("https://portal.example/ok?"), "{location}");
    let more = json!({ "successUrl": "https://request.example/ok", "locale": "it", "tokenLifetimeInMinutes": 10 });
    let other = begin(&sandbox, more).await;
    assert!(other.redirect_url.ends_with("&locale=it"));
    assert_eq!(sandbox.control().transactions()[1].expires, Some(sandbox.control().now() + 10 * 60_000));
    let location = other.press("acceptable", &[]).await.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with("https://request.example/ok?"), "{location}");
}

#[tokio::test]
async fn accounts_and_regions_do_not_see_each_other() {
    let mut config = Config::default();
    config.jumio.accounts.push(JumioAccount {
        api: Credentials { token: "other".into(), secret: "secret".into() },
        administration: Some(Credentials { token: "admin".into(), secret: "secret".into() }),
        region: Some("us".into()),
    });
    let sandbox = Sandbox::with(config).await.unwrap();
    let transaction = begin(&sandbox, json!({})).await;
    let get = async |region: &str, user: &str, secret: &str, reference: &str| {
        let url = format!("{}/jumio/{region}/api/netverify/v2/authentications/{reference}", sandbox.base_url());
        let request = http().get(url).header("user-agent", USER_AGENT).header("accept", "application/json");
        request.basic_auth(user, Some(secret)).send().await.unwrap().status().as_u16()
    };
    let reference = transaction.reference.as_str();
    assert_eq!(get("us", "sandbox-jumio-token", "sandbox-jumio-secret", reference).await, 200);
    assert_eq!(get("eu", "sandbox-jumio-token", "sandbox-jumio-secret", reference).await, 404);
    assert_eq!(get("us", "other", "secret", reference).await, 404);
    assert_eq!(get("eu", "other", "secret", reference).await, 401);
    assert_eq!(get("us", "admin", "secret", reference).await, 404);
    assert_eq!(get("mars", "other", "secret", reference).await, 404);
    let url = format!("{}/jumio/us/api/authentication/v1/web/initiate", sandbox.base_url());
    let request = http().post(url).header("user-agent", USER_AGENT).header("accept", "application/json");
    let response = request.basic_auth("admin", Some("secret")).json(&body(json!({}))).send().await.unwrap();
    assert_eq!(response.status(), 401, "the administration pair does not initiate");
}

#[tokio::test]
async fn quirks_on_request() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.control().configure(|config| {
        config.jumio.long_redirect_url = true;
        config.jumio.images_as_object = true;
        config.jumio.transaction_date_without_zone = true;
        config.jumio.liveness_images = 7;
    });
    let transaction = begin(&sandbox, json!({})).await;
    assert!(transaction.redirect_url.len() > 255);
    transaction.press("acceptable", &[]).await;
    sandbox.control().advance(5_000).await;
    let details = common::result_of(&sandbox, &transaction.reference).await;
    assert_eq!(details["images"]["classifier"], "face");
    assert_eq!(details["transactionDate"], "2026-01-01T00:00:00.000");
    assert_eq!(details["livenessImages"].as_array().unwrap().len(), 7);
}
