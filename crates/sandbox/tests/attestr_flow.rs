//! Attestr from handshake to result over real HTTP.
#![allow(clippy::unwrap_used)]

mod common;

use common::attestr::{FACE, FLOW, KEY, OTP, PAN, SECRET, SNAPSHOT, TOKEN, create, handshake, result, result_text};
use common::{Receiver, data_scripts, hint, http};
use hmac::{Hmac, KeyInit, Mac};
use idvkit_sandbox::attestr::{AttestrAccount, AttestrScript, Flow, Original, Position, StageError, Tamper, Webhook};
use idvkit_sandbox::{Config, Sandbox, Script};
use reqwest::Response;
use serde_json::{Value, json, value::RawValue};
use sha2::Sha256;

/// The `result` member exactly as it stands in the body.
fn raw_result(body: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Body {
        result: Box<RawValue>,
    }
    serde_json::from_str::<Body>(body).unwrap().result.get().to_owned()
}

fn hmac(message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// A user in front of the hosted page.
struct User {
    page: String,
}

impl User {
    async fn launch(sandbox: &Sandbox, id: &str, more: &str) -> (Self, Response) {
        let url = format!("{}/attestr/flow/{id}?cl={KEY}&lc=en{more}", sandbox.base_url());
        let response = http().get(url).send().await.unwrap();
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        (Self { page: format!("{}{}", sandbox.base_url(), location.unwrap_or_default()) }, response)
    }

    async fn press(&self, action: &str, fields: &[(&str, &str)]) -> String {
        let mut form = vec![("action", action)];
        form.extend(fields);
        http().post(&self.page).form(&form).send().await.unwrap().text().await.unwrap()
    }

    async fn look(&self) -> String {
        http().get(&self.page).send().await.unwrap().text().await.unwrap()
    }

    async fn pass_pan(&self) -> String {
        self.press("submit", &[("pan", "ABCPE1234F")]).await
    }

    async fn pass_otp(&self) -> String {
        let html = self.press("send_code", &[("mobile", "9876543210")]).await;
        self.press("submit", &[("otp", code(&html))]).await
    }

    async fn pass_all(&self) -> String {
        self.press("begin", &[]).await;
        self.pass_pan().await;
        self.pass_otp().await;
        self.press("submit", &[]).await
    }
}

fn code(html: &str) -> &str {
    let start = html.find("data-otp=\"").unwrap() + "data-otp=\"".len();
    &html[start..start + 6]
}

/// The handler and what it gets.
fn heard(html: &str) -> (String, Value) {
    let name = html.split("data-handler=\"").nth(1).expect("the page has not ended").split('"').next().unwrap();
    (name.to_owned(), serde_json::from_str(&data_scripts(html, "data-handler")[0]).unwrap())
}

fn script(sandbox: &Sandbox, script: AttestrScript) {
    assert!(sandbox.control().script(Script::Attestr(script)));
}

#[tokio::test]
async fn examples_of_the_create_call() {
    let sandbox = Sandbox::start().await.unwrap();
    let minimal = create(&sandbox, &json!({ "flow": FLOW, "tag": "TAG567822", "snapshot": SNAPSHOT })).await;
    assert_eq!(minimal.status(), 200);
    assert_eq!(minimal.headers()["xattestrid"].len(), 36);
    let answer: Value = minimal.json().await.unwrap();
    assert!(answer["_id"].as_str().unwrap().starts_with("DS0"));
    let number: Vec<usize> = answer["number"].as_str().unwrap().split('-').map(str::len).collect();
    assert_eq!(number, [4, 6, 4]);
    assert!(answer["digest"].is_string());
    assert_eq!(create(&sandbox, &json!({ "flow": FLOW, "tag": "t", "snapshot": null })).await.status(), 200);

    // The published expiry lies in February 2023.
    let published =
        json!({ "flow": FLOW, "tag": "t", "snapshot": SNAPSHOT, "webhook": true, "expiry": 1_675_397_411_000_i64 });
    assert_eq!(create(&sandbox, &published).await.status(), 400);
    let earlier = Sandbox::with(Config { start_at: 1_675_000_000_000, ..Config::default() }).await.unwrap();
    assert_eq!(create(&earlier, &published).await.status(), 200);
}

#[tokio::test]
async fn refusals_name_their_rule() {
    let sandbox = Sandbox::start().await.unwrap();
    let now = sandbox.control().now();
    let year = 365 * 24 * 60 * 60_000_i64;
    let with = |name: &str, value: Value| {
        let mut body = json!({ "flow": FLOW, "snapshot": null, "tag": "t" });
        body[name] = value;
        body
    };
    let cases = [
        (json!({ "flow": FLOW, "tag": "t" }), 400, 4001, "snapshot must be present"),
        (with("expiry", json!(now / 1000 + 3600)), 400, 4001, "looks like seconds"),
        (with("expiry", json!(now)), 400, 4001, "in the past"),
        (with("expiry", json!(now + year + 1)), 400, 4001, "one year"),
        (with("expiry", json!("tomorrow")), 400, 4001, "whole number"),
        (with("flow", json!("FX0nothing")), 400, 4002, "No flow has this id"),
        (with("snapshot", json!("other")), 400, 4001, "no such published version"),
        (with("tag", json!(7)), 400, 4001, "tag is required"),
        (with("webhook", json!("yes")), 400, 4001, "true or false"),
        (json!([]), 400, 4001, "one JSON object"),
    ];
    for (body, status, code, rule) in cases {
        let response = create(&sandbox, &body).await;
        assert_eq!(response.status(), status, "{body}");
        assert!(hint(&response).contains(rule), "{body}: {}", hint(&response));
        let error: Value = response.json().await.unwrap();
        assert_eq!((&error["code"], error["message"].is_string()), (&json!(code), true));
    }
    assert_eq!(create(&sandbox, &with("expiry", json!(now + year))).await.status(), 200);
    sandbox.control().configure(|config| config.attestr.flows[0].active = false);
    let error: Value = create(&sandbox, &with("tag", json!("t"))).await.json().await.unwrap();
    assert_eq!(error["code"], 40034);
}

#[tokio::test]
async fn the_token_is_needed_and_ready_made() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = format!("{}/attestr/api/v1/public/flowx/handshake", sandbox.base_url());
    let body = json!({ "flow": FLOW, "snapshot": null, "tag": "t" });
    for authorization in [None, Some("Bearer x"), Some("Basic eDp5"), Some("Basic")] {
        let mut request = http().post(&url).json(&body);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401, "{authorization:?}");
        assert!(!hint(&response).is_empty());
        assert_eq!(response.json::<Value>().await.unwrap()["code"], 4016);
    }
    let other = url.replace("/v1/", "/v9/");
    let response =
        http().post(other).header("authorization", format!("Basic {TOKEN}")).json(&body).send().await.unwrap();
    assert_eq!(response.json::<Value>().await.unwrap()["code"], 40051);
}

#[tokio::test]
async fn a_completed_flow_is_signed_over_the_raw_slice() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = handshake(&sandbox, false).await;
    let before = result(&sandbox, &id).await;
    assert_eq!((&before["consumed"], &before["result"]), (&json!(false), &json!({})));
    let (user, response) = User::launch(&sandbox, &id, "&qr[name]=%E0%A4%9C%C3%B1%2F&qr[height]=1").await;
    assert!(hint(&response).contains("height"), "{}", hint(&response));
    let html = user.pass_all().await;
    let (handler, data) = heard(&html);
    assert_eq!(handler, "onFlowxSuccess");
    let body = result_text(&sandbox, &id, "").await;
    let raw = raw_result(&body);
    assert!(
        raw.starts_with(&format!(
            r#"{{"{PAN}":{{"input":{{"pan":"ABCPE1234F"}},"output":{{"valid":true,"name":"जñ/"}}}}"#
        )),
        "{raw}"
    );
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(answer["resultSignature"], hmac(&raw));
    assert_eq!(answer["resultSignature"], data["signature"]);
    assert_eq!(
        (&answer["consumed"], &answer["archived"], &answer["tag"]),
        (&json!(true), &Value::Null, &json!("TAG567822"))
    );
    assert_eq!(answer["result"][OTP]["input"], json!({ "mobile": "9876543210" }));
    assert_eq!(answer["result"][FACE]["output"], json!({ "valid": true, "match": true }));
    let debug: Value = serde_json::from_str(&result_text(&sandbox, &id, "?mode=debug").await).unwrap();
    assert_eq!(debug["clientKey"], KEY);
}

#[tokio::test]
async fn one_pan_stage_gives_the_signature_of_the_notes() {
    let mut config = Config::default();
    config.attestr.flows[0].stages.truncate(1);
    let sandbox = Sandbox::with(config).await.unwrap();
    let id = handshake(&sandbox, false).await;
    let (user, _) = User::launch(&sandbox, &id, "").await;
    user.press("begin", &[]).await;
    let (_, data) = heard(&user.pass_pan().await);
    assert_eq!(data["signature"], "bf28662c9af57b01a1041dab828a4ffaae0686af93da6e5c638a164eddb80731");
}

#[tokio::test]
async fn pretty_bodies_keep_the_compact_signature_and_archived_ones_have_none() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = handshake(&sandbox, false).await;
    let (user, _) = User::launch(&sandbox, &id, "").await;
    user.pass_all().await;
    let raw = raw_result(&result_text(&sandbox, &id, "").await);
    sandbox.control().configure(|config| config.attestr.pretty = true);
    let body = result_text(&sandbox, &id, "").await;
    assert_ne!(raw_result(&body), raw);
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(answer["resultSignature"], hmac(&raw));
    assert!(sandbox.control().archive(&id));
    let archived = result(&sandbox, &id).await;
    assert_eq!((&archived["result"], &archived["resultSignature"]), (&Value::Null, &Value::Null));
    assert_eq!(archived["archived"], sandbox.control().now());
}

#[tokio::test]
async fn tampering_shows_in_exactly_one_place() {
    let sandbox = Sandbox::start().await.unwrap();
    for tamper in [Tamper::Signature, Tamper::ApiSignature, Tamper::ClientSignature, Tamper::Result] {
        script(&sandbox, AttestrScript { tamper: Some(tamper), ..AttestrScript::default() });
        let id = handshake(&sandbox, false).await;
        let (user, _) = User::launch(&sandbox, &id, "").await;
        let (_, data) = heard(&user.pass_all().await);
        let body = result_text(&sandbox, &id, "").await;
        let answer: Value = serde_json::from_str(&body).unwrap();
        let api_fits = answer["resultSignature"] == hmac(&raw_result(&body));
        let agree = answer["resultSignature"] == data["signature"];
        let expected = match tamper {
            Tamper::Signature | Tamper::Result => (false, true),
            Tamper::ApiSignature => (false, false),
            Tamper::ClientSignature => (true, false),
        };
        assert_eq!((api_fits, agree), expected);
    }
}

#[tokio::test]
async fn mistakes_stay_in_the_page_until_the_attempts_run_out() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = handshake(&sandbox, false).await;
    let (user, _) = User::launch(&sandbox, &id, "").await;
    user.press("begin", &[]).await;
    for _ in 0..2 {
        let html = user.press("submit", &[("pan", "abc")]).await;
        assert!(html.contains("role=\"alert\"") && html.contains("Stage PAN"));
    }
    let (handler, data) = heard(&user.press("submit", &[("pan", "abc")]).await);
    assert_eq!(handler, "onFlowxError");
    assert_eq!((&data["code"], &data["stage"], &data["retry"]), (&json!(4001), &json!(PAN), &json!(false)));
    assert_eq!(sandbox.control().handshakes()[0].status, "errored");
    // The end stays the end.
    assert_eq!(heard(&user.pass_pan().await).0, "onFlowxError");
}

#[tokio::test]
async fn a_skip_names_the_stage_in_three_ways() {
    let sandbox = Sandbox::start().await.unwrap();
    let skipped = async |steps: u8, action: &str| {
        let id = handshake(&sandbox, false).await;
        let (user, _) = User::launch(&sandbox, &id, "").await;
        if steps > 0 {
            user.press("begin", &[]).await;
        }
        if steps > 1 {
            user.pass_pan().await;
        }
        let (handler, data) = heard(&user.press(action, &[("pan", "ABCPE1234F")]).await);
        assert_eq!(handler, "onFlowxSkip");
        (data["stage"].clone(), result(&sandbox, &id).await["result"].as_object().unwrap().len())
    };
    assert_eq!(skipped(0, "leave").await, (Value::Null, 0));
    assert_eq!(skipped(1, "leave").await, (json!(PAN), 0));
    assert_eq!(skipped(1, "submit_and_leave").await, (json!(PAN), 1));
    assert_eq!(skipped(2, "leave").await, (json!(OTP), 1));
}

#[tokio::test]
async fn an_error_strikes_in_three_places_with_its_cause_in_the_users_language() {
    let sandbox = Sandbox::start().await.unwrap();
    let original = Original { code: 4035, http_status_code: 403, message: None };
    let error = |position, at: Option<&str>| StageError {
        position,
        at: at.map(str::to_owned),
        original: Some(original.clone()),
        ..StageError::default()
    };
    let cases = [
        (error(Position::First, None), Value::Null),
        (error(Position::Halted, Some("PAN")), json!(PAN)),
        (error(Position::Next, Some(PAN)), json!(PAN)),
        (error(Position::Halted, Some("MOBILE_OTP")), json!(OTP)),
    ];
    for (error, stage) in cases {
        script(&sandbox, AttestrScript { stage_error: Some(error), ..AttestrScript::default() });
        let id = handshake(&sandbox, false).await;
        let url = format!("{}/attestr/flow/{id}?cl={KEY}&lc=hi", sandbox.base_url());
        let response = http().get(url).send().await.unwrap();
        let user = User { page: format!("{}{}", sandbox.base_url(), response.headers()["location"].to_str().unwrap()) };
        let mut html = user.press("begin", &[]).await;
        if !html.contains("data-handler") {
            html = user.pass_pan().await;
        }
        if !html.contains("data-handler") {
            html = user.pass_otp().await;
        }
        let (handler, data) = heard(&html);
        assert_eq!((handler.as_str(), &data["stage"]), ("onFlowxError", &stage));
        assert_eq!((&data["code"], &data["httpStatusCode"]), (&json!(5001), &json!(500)));
        assert_eq!((&data["original"]["code"], &data["original"]["httpStatusCode"]), (&json!(4035), &json!(403)));
        assert!(!data["message"].as_str().unwrap().is_ascii());
    }
}

#[tokio::test]
async fn a_retry_skips_what_succeeded_and_runs_the_rest_again() {
    let sandbox = Sandbox::start().await.unwrap();
    let error = StageError { at: Some("FACE_MATCH".into()), ..StageError::default() };
    script(
        &sandbox,
        AttestrScript { stage_error: Some(error), stage_invalid: Some("PAN".into()), ..AttestrScript::default() },
    );
    let id = handshake(&sandbox, false).await;
    let (user, _) = User::launch(&sandbox, &id, "").await;
    assert_eq!(heard(&user.pass_all().await).0, "onFlowxError");
    assert_eq!(result(&sandbox, &id).await["result"][PAN]["output"]["valid"], false);

    // Without retry the consumed handshake is refused (A-Q5).
    let (_, refused) = User::launch(&sandbox, &id, "").await;
    assert!(hint(&refused).contains("retry: true"));
    assert_eq!(heard(&refused.text().await.unwrap()).1["httpStatusCode"], 400);

    let (again, _) = User::launch(&sandbox, &id, "&retry=true").await;
    assert!(user.look().await.contains("data-handler"), "the first run is over");
    assert!(again.press("begin", &[]).await.contains("Stage PAN"));
    assert!(again.pass_pan().await.contains("Stage FACE_MATCH"), "the code was verified before");
    let (handler, data) = heard(&again.press("submit", &[]).await);
    assert_eq!(handler, "onFlowxSuccess");
    let (all, _) = User::launch(&sandbox, &id, "&retry=true").await;
    assert_eq!(heard(&all.look().await), ("onFlowxSuccess".to_owned(), data), "all finished: success at once");
}

#[tokio::test]
async fn the_page_refuses_wrong_keys_strangers_and_late_comers() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = handshake(&sandbox, false).await;
    let open = async |id: &str, key: &str| {
        let url = format!("{}/attestr/flow/{id}?cl={key}", sandbox.base_url());
        heard(&http().get(url).send().await.unwrap().text().await.unwrap()).0
    };
    assert_eq!(open(&id, "abc").await, "onFlowxError");
    assert_eq!(open("DS0unknown", KEY).await, "onFlowxError");
    sandbox.control().advance(24 * 60 * 60_000).await;
    assert_eq!(open(&id, KEY).await, "onFlowxError");
    assert_eq!(result(&sandbox, &id).await["consumed"], false);
}

#[tokio::test]
async fn denied_camera_and_one_time_codes() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = handshake(&sandbox, false).await;
    let (user, _) = User::launch(&sandbox, &id, "&qr[mobile]=9876543210").await;
    user.press("begin", &[]).await;
    assert!(user.pass_pan().await.contains("value=\"9876543210\""), "variables prefill");
    let sent = user.press("send_code", &[("mobile", "9876543210")]).await;
    let wrong = if code(&sent) == "000000" { "000001" } else { "000000" };
    assert!(user.press("submit", &[("otp", wrong)]).await.contains("The code is wrong"));
    user.press("submit", &[("otp", code(&sent))]).await;
    let (_, data) = heard(&user.press("deny_camera", &[]).await);
    assert_eq!((&data["code"], &data["httpStatusCode"], &data["stage"]), (&json!(4121), &json!(412), &json!(FACE)));
}

#[tokio::test]
async fn handler_data_can_be_a_string() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.control().configure(|config| config.attestr.handler_data_as_string = true);
    let id = handshake(&sandbox, false).await;
    let (user, _) = User::launch(&sandbox, &id, "").await;
    let (_, data) = heard(&user.press("leave", &[]).await);
    assert_eq!(data, json!("{\"stage\":null}"));
}

#[tokio::test]
async fn webhooks_carry_token_and_signature_and_are_tried_three_times() {
    let receiver = Receiver::answering(&[500, 503]).await;
    let webhook = Webhook { url: receiver.url.clone(), token: "hook-token".into(), events: vec![] };
    let mut config = Config::default();
    config.attestr.accounts = vec![AttestrAccount { webhook: Some(webhook), ..AttestrAccount::default() }];
    let sandbox = Sandbox::with(config).await.unwrap();
    let id = handshake(&sandbox, true).await;
    let (user, _) = User::launch(&sandbox, &id, "").await;
    user.pass_all().await;
    sandbox.control().settle().await;
    assert_eq!(receiver.heard().len(), 1);
    sandbox.control().advance(10_000).await;
    assert_eq!(receiver.heard().len(), 2);
    sandbox.control().advance(24 * 60 * 60_000).await;
    let all = receiver.heard();
    assert_eq!(all.len(), 3);
    assert_eq!(all[0].authorization.as_deref(), Some("Basic hook-token"));
    assert_eq!((all[0].body == all[1].body, all[1].body == all[2].body), (true, true));
    let event: Value = serde_json::from_str(&all[0].body).unwrap();
    assert_eq!(event["event"], "flowx.completed");
    let payload = &event["payload"];
    assert_eq!(
        (&payload["_id"], &payload["flowId"], &payload["snapshot"]),
        (&json!(id), &json!(FLOW), &json!(SNAPSHOT))
    );
    let start = all[0].body.find("\"result\":").unwrap() + "\"result\":".len();
    let end = all[0].body.find(",\"resultSignature\"").unwrap();
    assert_eq!(payload["resultSignature"], hmac(&all[0].body[start..end]));

    let silent = handshake(&sandbox, false).await;
    User::launch(&sandbox, &silent, "").await.0.press("leave", &[]).await;
    let skipped = handshake(&sandbox, true).await;
    User::launch(&sandbox, &skipped, "").await.0.press("leave", &[]).await;
    sandbox.control().settle().await;
    assert_eq!(receiver.heard().len(), 4);
    let event: Value = serde_json::from_str(&receiver.heard()[3].body).unwrap();
    assert_eq!((&event["event"], &event["payload"]["stage"]), (&json!("flowx.skipped"), &Value::Null));
}

#[tokio::test]
async fn a_handshake_that_expires_while_running_ends_with_an_error() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = handshake(&sandbox, false).await;
    let (user, _) = User::launch(&sandbox, &id, "").await;
    user.press("begin", &[]).await;
    sandbox.control().advance(24 * 60 * 60_000).await;
    assert_eq!(heard(&user.look().await).1["stage"], PAN);
}

#[tokio::test]
async fn partial_results_can_be_withheld_and_flows_added() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.control().configure(|config| config.attestr.partial_result = false);
    let flow = Flow { id: "FX0other".into(), ..Flow::default() };
    let url = format!("{}/_sandbox/attestr/flows", sandbox.base_url());
    assert_eq!(http().post(url).json(&flow).send().await.unwrap().status(), 200);
    let answer = create(&sandbox, &json!({ "flow": "FX0other", "snapshot": null, "tag": "t" })).await;
    let id = answer.json::<Value>().await.unwrap()["_id"].as_str().unwrap().to_owned();
    assert_eq!(result(&sandbox, &id).await["result"], Value::Null);
}
