//! Jumio from initiate to verdict over real HTTP.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Receiver, authentications, begin, data_scripts, result_of};
use idvkit_sandbox::jumio::{AfterThreeFailures, JumioScript, Verdict};
use idvkit_sandbox::{CallbackMode, CallbackRule, Sandbox, Script};
use serde_json::{Value, json};

#[tokio::test]
async fn the_whole_journey_of_an_accepted_user() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let more = json!({ "callbackUrl": receiver.url, "successUrl": "https://merchant.example/ok?ref=7", "userReference": "u_1" });
    let transaction = begin(&sandbox, more).await;
    assert_eq!(result_of(&sandbox, &transaction.reference).await["transactionResult"], "CREATED");

    assert_eq!(transaction.open().await.status(), 200);
    assert_eq!(result_of(&sandbox, &transaction.reference).await["transactionResult"], "STARTED");

    let redirect = transaction.press("acceptable", &[]).await;
    assert_eq!(redirect.status(), 303);
    // J-V5: nothing but an appended query.
    let expected = format!(
        "https://merchant.example/ok?ref=7&transactionStatus=SUCCESS&transactionReference={}",
        transaction.reference
    );
    assert_eq!(redirect.headers()["location"], expected.as_str());

    sandbox.control().advance(4_999).await;
    assert_eq!(result_of(&sandbox, &transaction.reference).await["transactionResult"], "STARTED");
    assert!(receiver.heard().is_empty());
    sandbox.control().advance(1).await;
    let details = result_of(&sandbox, &transaction.reference).await;
    assert_eq!(details["transactionResult"], "PASSED");
    assert_eq!(details["transactionDate"], "2026-01-01T00:00:00.000Z");
    assert_eq!(details["images"][0]["classifier"], "face");
    assert_eq!(receiver.heard().len(), 1);
}

#[tokio::test]
async fn a_passed_callback_is_the_documented_form() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let transaction = begin(&sandbox, json!({ "callbackUrl": receiver.url, "userReference": "u_1" })).await;
    transaction.press("acceptable", &[]).await;
    sandbox.control().advance(5_000).await;
    let heard = receiver.heard().remove(0);
    assert_eq!(heard.content_type, "application/x-www-form-urlencoded");
    let base = sandbox.base_url().replace(':', "%3A").replace('/', "%2F");
    let reference = &transaction.reference;
    let images = format!("{base}%2Fjumio%2Fus%2Fapi%2Fnetverify%2Fv2%2Fauthentications%2F{reference}%2Fimages");
    let expected = format!(
        "callBackType=NETVERIFY_AUTHENTICATION&transactionReference={reference}\
         &enrollmentTransactionReference={}&transactionResult=PASSED&scanSource=WEB\
         &transactionDate=2026-01-01T00%3A00%3A00.000Z&callbackDate=2026-01-01T00%3A00%3A05.000Z&userReference=u_1\
         &idScanImageFace={images}%2Fface\
         &livenessImages=%5B%22{images}%2Fliveness%2F2%22%2C%22{images}%2Fliveness%2F1%22%5D",
        common::ENROLLMENT
    );
    assert_eq!(heard.body, expected);
}

#[tokio::test]
async fn an_expired_callback_has_no_images() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let transaction = begin(&sandbox, json!({ "callbackUrl": receiver.url })).await;
    sandbox.control().advance(15 * 60_000).await;
    let expected = format!(
        "callBackType=NETVERIFY_AUTHENTICATION&transactionReference={}&enrollmentTransactionReference={}\
         &transactionResult=EXPIRED&scanSource=WEB&transactionDate=2026-01-01T00%3A00%3A00.000Z\
         &callbackDate=2026-01-01T00%3A15%3A00.000Z",
        transaction.reference,
        common::ENROLLMENT
    );
    assert_eq!(receiver.heard()[0].body, expected);
}

#[tokio::test]
async fn images_are_real_images_and_only_there_after_the_verdict() {
    let sandbox = Sandbox::start().await.unwrap();
    let transaction = begin(&sandbox, json!({})).await;
    let face = format!("{}/images/face", transaction.reference);
    transaction.press("acceptable", &[]).await;
    assert_eq!(authentications(&sandbox, "GET", &face, "image/jpeg").send().await.unwrap().status(), 404);
    sandbox.control().advance(5_000).await;
    let response = authentications(&sandbox, "GET", &face, "image/jpeg, image/png").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()), (200, "image/jpeg"));
    assert!(response.bytes().await.unwrap().starts_with(&[0xff, 0xd8, 0xff]));
    for (number, status) in [("1", 200), ("2", 200), ("3", 404), ("0", 404), ("x", 404)] {
        let path = format!("{}/images/liveness/{number}", transaction.reference);
        let response = authentications(&sandbox, "GET", &path, "image/png").send().await.unwrap();
        assert_eq!(response.status(), status, "{number}");
        if status == 200 {
            assert!(response.bytes().await.unwrap().starts_with(b"\x89PNG"));
        }
    }
    assert_eq!(authentications(&sandbox, "GET", &face, "application/json").send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn vector_16_a_deleted_transaction_is_gone() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let transaction = begin(&sandbox, json!({ "callbackUrl": receiver.url })).await;
    transaction.press("acceptable", &[]).await;
    let reference = transaction.reference.clone();
    let call = |method: &'static str, path: String| {
        let request = authentications(&sandbox, method, &path, "application/json");
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(call("DELETE", format!("{reference}/")).await, 200);
    assert_eq!(call("GET", reference.clone()).await, 404);
    assert_eq!(call("DELETE", reference.clone()).await, 404);
    let image =
        authentications(&sandbox, "GET", &format!("{reference}/images/face"), "image/png").send().await.unwrap();
    assert_eq!(image.status(), 404);
    assert_eq!(transaction.open().await.status(), 200); // the default error page
    sandbox.control().advance(60 * 60_000).await;
    assert!(receiver.heard().is_empty());
}

#[tokio::test]
async fn vectors_10_and_11_only_an_unfinished_transaction_is_superseded() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let first =
        begin(&sandbox, json!({ "callbackUrl": receiver.url, "errorUrl": "https://merchant.example/no" })).await;
    sandbox.control().advance(60_000).await;
    let second = begin(&sandbox, json!({ "callbackUrl": receiver.url })).await;
    sandbox.control().settle().await;
    assert_eq!(receiver.field("transactionResult"), ["EXPIRED"]);
    assert_eq!(receiver.field("transactionReference"), [first.reference.as_str()]);
    let location = first.open().await.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.ends_with("&errorCode=9200"), "{location}");

    second.press("acceptable", &[]).await;
    sandbox.control().advance(5_000).await;
    sandbox.control().advance(55_000).await;
    begin(&sandbox, json!({})).await;
    sandbox.control().settle().await;
    assert_eq!(result_of(&sandbox, &second.reference).await["transactionResult"], "PASSED");
    assert_eq!(receiver.field("transactionResult"), ["EXPIRED", "PASSED"]);
}

#[tokio::test]
async fn vector_12_fifteen_minutes_unopened_and_again_after_each_activity() {
    let sandbox = Sandbox::start().await.unwrap();
    let long = json!({ "tokenLifetimeInMinutes": 86_400 });
    let unopened = begin(&sandbox, long.clone()).await;
    sandbox.control().advance(15 * 60_000 - 1).await;
    assert_eq!(result_of(&sandbox, &unopened.reference).await["transactionResult"], "CREATED");
    sandbox.control().advance(1).await;
    assert_eq!(result_of(&sandbox, &unopened.reference).await["transactionResult"], "EXPIRED");

    let opened = begin(&sandbox, long.clone()).await;
    sandbox.control().advance(10 * 60_000).await;
    opened.open().await;
    sandbox.control().advance(15 * 60_000 - 1).await;
    assert_eq!(result_of(&sandbox, &opened.reference).await["transactionResult"], "STARTED");
    sandbox.control().advance(1).await;
    assert_eq!(result_of(&sandbox, &opened.reference).await["transactionResult"], "EXPIRED");

    sandbox.control().configure(|config| config.jumio.session_starts_at_opening = true);
    let patient = begin(&sandbox, long).await;
    sandbox.control().advance(24 * 60 * 60_000).await;
    assert_eq!(result_of(&sandbox, &patient.reference).await["transactionResult"], "CREATED");
}

#[tokio::test]
async fn a_short_token_lifetime_ends_the_transaction_earlier() {
    let sandbox = Sandbox::start().await.unwrap();
    let transaction = begin(&sandbox, json!({ "tokenLifetimeInMinutes": 5 })).await;
    sandbox.control().advance(5 * 60_000).await;
    assert_eq!(result_of(&sandbox, &transaction.reference).await["transactionResult"], "EXPIRED");
}

#[tokio::test]
async fn three_unacceptable_submissions_end_with_9836_and_later_expire() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let more = json!({ "callbackUrl": receiver.url, "errorUrl": "https://merchant.example/no" });
    let transaction = begin(&sandbox, more).await;
    for attempt in 1..=2 {
        let page = transaction.press("unacceptable", &[]).await;
        assert_eq!(page.status(), 200);
        assert!(page.text().await.unwrap().contains(&format!("Submission {} of 3", attempt + 1)));
    }
    let redirect = transaction.press("unacceptable", &[]).await;
    let location = redirect.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.ends_with("&errorCode=9836"), "{location}");
    let again = transaction.press("acceptable", &[]).await;
    assert!(again.headers()["location"].to_str().unwrap().ends_with("&errorCode=9836"));
    assert!(receiver.heard().is_empty());
    sandbox.control().advance(15 * 60_000).await;
    assert_eq!(receiver.field("transactionResult"), ["EXPIRED"]);
}

#[tokio::test]
async fn vector_6_an_error_redirect_carries_its_code_last() {
    let sandbox = Sandbox::start().await.unwrap();
    let transaction = begin(&sandbox, json!({ "errorUrl": "https://merchant.example/no" })).await;
    let expected = |code: &str| {
        format!(
            "https://merchant.example/no?transactionStatus=ERROR&transactionReference={}&errorCode={code}",
            transaction.reference
        )
    };
    let denied = transaction.press("deny_camera", &[]).await;
    assert_eq!(denied.headers()["location"], expected("9820").as_str());
    for code in ["9100", "9200", "9210", "9300", "9400", "9800", "9801", "9810", "9821", "9836"] {
        let redirect = transaction.press("error", &[("code", code)]).await;
        assert_eq!(redirect.headers()["location"], expected(code).as_str());
    }
    assert_eq!(transaction.press("error", &[("code", "1234")]).await.status(), 200);
}

#[tokio::test]
async fn messages_only_when_framed_and_default_pages_without_urls() {
    let sandbox = Sandbox::start().await.unwrap();
    let transaction = begin(&sandbox, json!({ "successUrl": "https://merchant.example/ok" })).await;
    let html = transaction.open().await.text().await.unwrap();
    assert!(html.contains("idvkit’s sandbox, not Jumio"));
    let loaded: Value = serde_json::from_str(&data_scripts(&html, "data-post-message")[0]).unwrap();
    let expected = json!({
        "authorizationToken": transaction.token(), "transactionReference": transaction.reference, "eventType": 510,
        "dateTime": "2026-01-01T00:00:00.000Z", "payload": { "value": "loaded" },
    });
    assert_eq!(loaded, expected);
    let framed = transaction.press("acceptable", &[("framed", "true")]).await;
    assert_eq!(framed.status(), 200);
    let html = framed.text().await.unwrap();
    let success: Value = serde_json::from_str(&data_scripts(&html, "data-post-message")[0]).unwrap();
    assert_eq!(success["payload"], json!({ "value": "success" }));
    assert!(html.contains("https://merchant.example/ok?transactionStatus=SUCCESS&amp;transactionReference="));

    let other = begin(&sandbox, json!({})).await;
    let html = other.press("deny_camera", &[]).await.text().await.unwrap();
    let error: Value = serde_json::from_str(&data_scripts(&html, "data-post-message")[0]).unwrap();
    assert_eq!(error["payload"], json!({ "value": "error", "metainfo": { "code": 9820 } }));
}

#[tokio::test]
async fn verdicts_follow_scripts_enrollments_and_the_page() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let control = sandbox.control();
    let next = JumioScript { outcome: Some(Verdict::Failed), verdict_delay_ms: Some(0), ..JumioScript::default() };
    assert!(control.script(Script::Jumio(next)));
    let more = json!({ "callbackUrl": receiver.url });
    let scripted = begin(&sandbox, more.clone()).await;
    scripted.press("acceptable", &[]).await;
    // Without a delay the very next request sees the verdict.
    assert_eq!(result_of(&sandbox, &scripted.reference).await["transactionResult"], "FAILED");
    control.settle().await;
    let usual = begin(&sandbox, more.clone()).await;
    usual.press("acceptable", &[]).await;
    control.advance(5_000).await;
    let chosen = begin(&sandbox, more.clone()).await;
    chosen.press("acceptable", &[("outcome", "INVALID")]).await;
    control.advance(5_000).await;
    let mut person = more;
    person["enrollmentTransactionReference"] = json!("22222222-2222-4222-8222-2222222222f0");
    let failing = begin(&sandbox, person).await;
    failing.press("acceptable", &[]).await;
    control.advance(5_000).await;
    assert_eq!(receiver.field("transactionResult"), ["FAILED", "PASSED", "INVALID", "FAILED"]);
    let unknown = JumioScript { transaction: Some("none".into()), ..JumioScript::default() };
    assert!(!control.script(Script::Jumio(unknown)));
}

#[tokio::test]
async fn callbacks_are_retried_until_one_is_answered() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::answering(&[500, 302]).await);
    begin(&sandbox, json!({ "callbackUrl": receiver.url })).await;
    sandbox.control().advance(15 * 60_000).await;
    assert_eq!(receiver.heard().len(), 1);
    sandbox.control().advance(59_999).await;
    assert_eq!(receiver.heard().len(), 1);
    sandbox.control().advance(60 * 60_000).await;
    // The date of a callback is that of its own attempt.
    let dates = ["2026-01-01T00:15:00.000Z", "2026-01-01T00:16:00.000Z", "2026-01-01T00:21:00.000Z"];
    assert_eq!(receiver.field("callbackDate"), dates);
    let statuses: Vec<_> = sandbox.control().deliveries().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(500), Some(302), Some(200)]);
}

#[tokio::test]
async fn retries_end_and_can_be_switched_off() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::answering(&[500; 9]).await);
    begin(&sandbox, json!({ "callbackUrl": receiver.url })).await;
    sandbox.control().advance(24 * 60 * 60_000).await;
    assert_eq!(receiver.heard().len(), 4);
    sandbox.control().configure(|config| config.jumio.callbacks.retry_after_ms.clear());
    begin(&sandbox, json!({ "callbackUrl": receiver.url })).await;
    sandbox.control().advance(24 * 60 * 60_000).await;
    assert_eq!(receiver.heard().len(), 5);
}

#[tokio::test]
async fn callbacks_can_be_lost_doubled_late_and_out_of_order() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let control = sandbox.control();
    let more = json!({ "callbackUrl": receiver.url });
    let expire = async |rule: Option<CallbackRule>| {
        if let Some(rule) = rule {
            control.callbacks(rule);
        }
        let transaction = begin(&sandbox, more.clone()).await;
        control.advance(15 * 60_000).await;
        transaction.reference
    };
    expire(Some(CallbackRule::next("jumio", CallbackMode::Lost))).await;
    assert_eq!(receiver.heard().len(), 0);
    expire(Some(CallbackRule::next("jumio", CallbackMode::Duplicate))).await;
    assert_eq!(receiver.heard().len(), 2);
    expire(Some(CallbackRule { ms: 1_000, ..CallbackRule::next("jumio", CallbackMode::Late) })).await;
    assert_eq!(receiver.heard().len(), 2);
    control.advance(1_000).await;
    assert_eq!(receiver.heard().len(), 3);
    let held = expire(Some(CallbackRule::next("jumio", CallbackMode::Held))).await;
    assert_eq!(receiver.heard().len(), 3);
    let next = expire(None).await;
    assert_eq!(receiver.field("transactionReference")[3..], [next, held]);
}

#[tokio::test]
async fn the_other_readings_are_switches() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    sandbox.control().configure(|config| {
        config.jumio.supersede_at_once = false;
        config.jumio.after_three_failures = AfterThreeFailures::Invalid;
    });
    let more = json!({ "callbackUrl": receiver.url, "errorUrl": "https://merchant.example/no" });
    let first = begin(&sandbox, more.clone()).await;
    let second = begin(&sandbox, more).await;
    sandbox.control().settle().await;
    assert!(receiver.heard().is_empty());
    let refused = first.press("acceptable", &[]).await;
    assert!(refused.headers()["location"].to_str().unwrap().ends_with("&errorCode=9200"));
    for _ in 0..3 {
        second.press("unacceptable", &[]).await;
    }
    sandbox.control().advance(15 * 60_000).await;
    assert_eq!(receiver.field("transactionResult"), ["INVALID", "EXPIRED"]);
}
