//! biometric.kz from session to result over real HTTP.
#![allow(clippy::unwrap_used)]

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::biometric_kz::{EVERYONE, create, create_raw, key, result, result_with, script, session};
use common::{Receiver, hint, http};
use idvkit_sandbox::biometric_kz::Scenario;
use idvkit_sandbox::{Config, Fault, FaultKind, Sandbox};
use serde_json::{Value, json};

const INDIVIDUALS: usize = 1;
const ENTITIES: usize = 2;
const IIN: &str = "000101500001";
const OTHER_IIN: &str = "000101600018";

#[tokio::test]
async fn the_plain_flow_from_create_to_result() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer: Value = create(&sandbox, EVERYONE, Value::Null).await.json().await.unwrap();
    assert_eq!(answer["technologies"], json!(["LDHP", "F2F"]));
    assert_eq!(answer["session_id"].as_str().unwrap().len(), 36);
    let user = session(&sandbox, EVERYONE, json!({})).await;
    assert_eq!(result(&sandbox, EVERYONE, &user.id).await["status"], "PROGRESS");
    assert_eq!(user.open().await.step(), "liveness");
    assert_eq!(user.press("submit", &[]).await.step(), "photo");
    assert!(user.press("submit", &[]).await.is_over());

    let early = result(&sandbox, EVERYONE, &user.id).await;
    assert_eq!(
        (&early["status"], &early["liveness_result"], &early["face2face_result"]),
        (&json!("PROGRESS"), &json!({}), &json!({}))
    );
    assert!(early.get("flow_session_result").is_none());
    sandbox.control().advance(2_999).await;
    assert_eq!(result(&sandbox, EVERYONE, &user.id).await["status"], "PROGRESS");
    sandbox.control().advance(1).await;
    let late = result(&sandbox, EVERYONE, &user.id).await;
    assert_eq!((&late["id"], &late["status"]), (&json!(user.id), &json!("FINISHED")));
    assert_eq!(late["flow_session_result"], true);
    assert_eq!(late["liveness_result"]["prediction"], "0.9980");
    assert_eq!(late["technologies"][0]["name"], "Liveness Head Position");
    assert_eq!(late["face2face_result"]["result"], true);
    assert!(late.get("edocument_result").is_none() && late.get("document_recognition_result").is_none());
    assert_eq!(result(&sandbox, EVERYONE, &user.id).await, late, "a result can be read again");
}

#[tokio::test]
async fn a_key_opens_its_own_flow_only() {
    let sandbox = Sandbox::start().await.unwrap();
    let user = session(&sandbox, EVERYONE, json!({})).await;
    let (own, other) = (key(&sandbox, EVERYONE), key(&sandbox, INDIVIDUALS));
    let cases = [
        (vec![("session_id", user.id.as_str()), ("flow_api_key", other.as_str())], 403, "created with"),
        (vec![("session_id", user.id.as_str()), ("flow_api_key", "short")], 403, "No flow has"),
        (vec![("session_id", user.id.as_str()), ("api_key", own.as_str())], 400, "called flow_api_key"),
        (vec![("flow_api_key", other.as_str())], 400, "session_id is required"),
        (vec![("session_id", "none"), ("flow_api_key", other.as_str())], 404, "no session"),
    ];
    for (query, status, rule) in cases {
        let response = result_with(&sandbox, &query).await;
        assert_eq!(response.status(), status, "{rule}");
        assert!(hint(&response).contains(rule), "{}", hint(&response));
        assert!(response.json::<Value>().await.unwrap()["detail"].is_string());
    }
    let log = serde_json::to_string(&sandbox.control().log()).unwrap();
    assert!(!log.contains(&other), "keys never reach the log");
    assert!(sandbox.control().settings().biometric_kz.flows.iter().all(|flow| flow.api_key.len() >= 47));
}

#[tokio::test]
async fn malformed_bodies_are_refused_with_their_rule() {
    let sandbox = Sandbox::start().await.unwrap();
    let key = key(&sandbox, INDIVIDUALS);
    let with = |metadata: &str| format!("{{\"api_key\":\"{key}\",\"metadata\":{metadata}}}");
    let cases = [
        (format!("{{\"api_key\": \"{key}\",\n}}"), 400, "trailing comma"),
        (with("{\"edocument\":{\"skip_input\":True}}"), 400, "Python"),
        (String::new(), 400, "empty"),
        ("[]".into(), 400, "one JSON object"),
        ("{}".into(), 400, "api_key is required"),
        (format!("{{\"flow_api_key\":\"{key}\"}}"), 400, "called api_key"),
        ("{\"api_key\":\"YOUR_FLOW_API_KEY\"}".into(), 403, "No flow has"),
        (with("7"), 400, "metadata must be an object"),
        (with("{\"edocument\":{\"iin\":\"000101500001\"}}"), 400, "with value and changeable"),
        (with("{\"edocument\":{\"iin\":{\"value\":101500001}}}"), 400, "leading zeros"),
        (with("{\"edocument\":{\"iin\":{\"changeable\":\"no\"}}}"), 400, "true or false"),
        (with("{\"face2face\":{\"photo1\":\"base64\"}}"), 400, "standard base64"),
        (with("{\"face2face\":{\"photo1\":\"data:image/png;base64,AAAA\"}}"), 400, "prefix"),
        (with("{\"general\":{\"interchangeable_tech\":\"ED\"}}"), 400, "array"),
    ];
    for (body, status, rule) in cases {
        let response = create_raw(&sandbox, body.clone()).await;
        assert_eq!(response.status(), status, "{rule}");
        assert!(hint(&response).contains(rule), "{rule}: {}", hint(&response));
    }
    let url = format!("{}/biometric_kz/kyc/api/v1/flows/session/create", sandbox.base_url());
    let response = http().post(url).json(&json!({ "api_key": key })).send().await.unwrap();
    assert_eq!((response.status().as_u16(), hint(&response).contains("slash")), (404, true));
}

#[tokio::test]
async fn a_photo_removes_the_photo_step_where_it_counts() {
    let sandbox = Sandbox::start().await.unwrap();
    let photo = json!({ "face2face": { "photo1": STANDARD.encode([0xff, 0xd8, 0xff, 0xe0, 0]) } });
    let user = session(&sandbox, EVERYONE, photo.clone()).await;
    user.open().await;
    assert!(user.press("submit", &[]).await.is_over(), "no photo is asked for");
    let response = create(&sandbox, INDIVIDUALS, photo).await;
    assert!(hint(&response).contains("no effect"), "three technologies: {}", hint(&response));
    let text = json!({ "face2face": { "photo1": STANDARD.encode("not a picture") } });
    assert!(hint(&create(&sandbox, EVERYONE, text).await).contains("neither a JPEG nor a PNG"));
    sandbox.control().configure(|config| config.biometric_kz.photo_limit_bytes = 4);
    let large = json!({ "face2face": { "photo1": STANDARD.encode([0xff, 0xd8, 0xff, 0xe0, 0]) } });
    assert_eq!(create(&sandbox, EVERYONE, large).await.status(), 400);
}

#[tokio::test]
async fn data_entry_is_prefilled_fixed_or_skipped() {
    let sandbox = Sandbox::start().await.unwrap();
    let field = |value: &str, changeable: Value| json!({ "value": value, "changeable": changeable });
    let both =
        |changeable: Value| json!({ "iin": field(IIN, changeable.clone()), "phone": field("77011234567", changeable) });
    // Case 3: both may be changed.
    let mut case = both(Value::Null);
    let user = session(&sandbox, INDIVIDUALS, json!({ "edocument": case })).await;
    user.open().await;
    let seen = user.press("submit", &[]).await;
    assert_eq!(seen.step(), "entry");
    assert!(seen.html.contains(&format!("value=\"{IIN}\"")) && seen.html.contains("value=\"77011234567\""));
    assert!(!seen.html.contains("readonly"));
    assert!(user.identify(OTHER_IIN).await.is_over());
    sandbox.control().advance(3_000).await;
    let passed = result(&sandbox, INDIVIDUALS, &user.id).await;
    assert_eq!(
        passed["edocument_result"]["result_json"]["common"]["docOwner"]["iin"], OTHER_IIN,
        "what was left in the field"
    );
    assert_eq!(passed["edocument_result"]["phone"], "77011234567");
    // Case 2: the IIN is fixed, whatever a form says.
    case["iin"]["changeable"] = json!(false);
    let user = session(&sandbox, INDIVIDUALS, json!({ "edocument": case })).await;
    user.open().await;
    assert_eq!(user.press("submit", &[]).await.html.matches("readonly").count(), 1);
    user.identify(OTHER_IIN).await;
    sandbox.control().advance(3_000).await;
    let passed = result(&sandbox, INDIVIDUALS, &user.id).await;
    assert_eq!(passed["edocument_result"]["result_json"]["common"]["docOwner"]["iin"], IIN);
    // Case 1: straight to the code.
    case = both(json!(false));
    case["skip_input"] = json!(true);
    let user = session(&sandbox, INDIVIDUALS, json!({ "edocument": case })).await;
    user.open().await;
    let seen = user.press("submit", &[]).await;
    assert_eq!((seen.step(), seen.code().len()), ("code", 6));
    assert!(user.press("submit", &[("otp", &seen.code())]).await.is_over());
}

#[tokio::test]
async fn skip_input_needs_every_condition() {
    let sandbox = Sandbox::start().await.unwrap();
    let case = |iin: Value, phone: Value| json!({ "edocument": { "iin": iin, "phone": phone, "skip_input": true } });
    let fixed = |value: &str| json!({ "value": value, "changeable": false });
    let cases = [
        (case(json!({ "value": IIN }), fixed("77011234567")), "iin.changeable is false"),
        (case(json!({ "changeable": false }), fixed("77011234567")), "iin.value is given"),
        (case(fixed(""), fixed("77011234567")), "iin.value is given"),
        (case(fixed(IIN), json!({ "value": "77011234567" })), "phone.changeable is false"),
        (case(fixed(IIN), Value::Null), "phone.value is given"),
    ];
    for (metadata, rule) in &cases {
        let response = create(&sandbox, INDIVIDUALS, metadata.clone()).await;
        assert!(hint(&response).contains(rule), "{}", hint(&response));
        let user = session(&sandbox, INDIVIDUALS, metadata.clone()).await;
        user.open().await;
        assert_eq!(user.press("submit", &[]).await.step(), "entry", "{rule}");
    }
    sandbox.control().configure(|config| config.biometric_kz.strict_skip_input = true);
    for (metadata, rule) in &cases {
        let response = create(&sandbox, INDIVIDUALS, metadata.clone()).await;
        assert_eq!((response.status().as_u16(), hint(&response).contains(rule)), (400, true), "{rule}");
    }
}

#[tokio::test]
async fn every_scenario_ends_with_its_reason() {
    let cases = [
        (INDIVIDUALS, Scenario::FaceMismatch, "face2face_result", "CALC_RESULT", "Low overall prediction"),
        (EVERYONE, Scenario::FaceMismatch, "face2face_result", "CALC_RESULT", "Low overall prediction"),
        (ENTITIES, Scenario::MaskAttack, "liveness_result", "CALC_RESULT", "Mask Attack"),
        (EVERYONE, Scenario::ClosedEyes, "liveness_result", "CALC_RESULT", "Closed eyes"),
        (EVERYONE, Scenario::Aborted, "liveness_result", "CLIENT", "Operation aborted by user"),
        (INDIVIDUALS, Scenario::NotInDatabase, "edocument_result", "REQUEST_ERROR", "Subject not found in MCDB"),
        (INDIVIDUALS, Scenario::ServiceDown, "edocument_result", "SERVICE_ERROR", "Government service error"),
    ];
    for (flow, scenario, part, kind, detail) in cases {
        let sandbox = Sandbox::start().await.unwrap();
        script(&sandbox, scenario);
        let user = session(&sandbox, flow, json!({})).await;
        let mut seen = user.open().await;
        for _ in 0..4 {
            if seen.is_over() {
                break;
            }
            let code = seen.code();
            let (action, fields) = match seen.step() {
                "entry" => ("send_code", vec![("iin", IIN), ("phone", "77011234567")]),
                "code" => ("submit", vec![("otp", code.as_str())]),
                _ => ("submit", vec![]),
            };
            seen = user.press(action, &fields).await;
        }
        assert!(seen.is_over(), "{scenario:?}");
        sandbox.control().advance(3_000).await;
        let failed = result(&sandbox, flow, &user.id).await;
        assert_eq!(
            (&failed["status"], &failed["flow_session_result"]),
            (&json!("FINISHED"), &json!(false)),
            "{scenario:?}"
        );
        assert_eq!(failed[part], json!({ "result": false, "failure_reason": { "type": kind, "detail": detail } }));
        assert_eq!(failed["flow_session_failure_reasons"][0]["type"], kind);
    }
}

#[tokio::test]
async fn codes_can_be_wrong_late_and_sent_again() {
    let sandbox = Sandbox::start().await.unwrap();
    let user = session(&sandbox, INDIVIDUALS, json!({})).await;
    user.open().await;
    user.press("submit", &[]).await;
    assert!(
        user.press("send_code", &[("iin", "123456789012"), ("phone", "77011234567")]).await.html.contains("no IIN")
    );
    assert!(user.press("send_code", &[("iin", IIN), ("phone", "+1234567890")]).await.html.contains("no mobile number"));
    let first = user.press("send_code", &[("iin", IIN), ("phone", "77011234567")]).await.code();
    sandbox.control().advance(2 * 60_000 + 1).await;
    assert!(user.press("submit", &[("otp", &first)]).await.html.contains("has run out"));
    let second = user.press("send_code", &[]).await.code();
    assert_ne!(first, second);
    assert!(user.press("submit", &[("otp", "wrong")]).await.html.contains("code is wrong"));
    assert_eq!(user.press("submit", &[("otp", &second)]).await.step(), "", "the code is the last step of this flow");

    script(&sandbox, Scenario::WrongCode);
    let user = session(&sandbox, INDIVIDUALS, json!({})).await;
    user.open().await;
    user.press("submit", &[]).await;
    let code = user.press("send_code", &[("iin", IIN), ("phone", "77011234567")]).await.code();
    for _ in 0..2 {
        assert_eq!(user.press("submit", &[("otp", &code)]).await.step(), "code");
    }
    assert!(user.press("submit", &[("otp", &code)]).await.is_over());
    script(&sandbox, Scenario::LateCode);
    let user = session(&sandbox, INDIVIDUALS, json!({})).await;
    user.open().await;
    user.press("submit", &[]).await;
    let code = user.press("send_code", &[("iin", IIN), ("phone", "77011234567")]).await.code();
    assert!(user.press("submit", &[("otp", &code)]).await.html.contains("has run out"));
    let code = user.press("send_code", &[]).await.code();
    assert!(user.press("submit", &[("otp", &code)]).await.is_over());
    script(&sandbox, Scenario::IinChanged);
    let user = session(&sandbox, INDIVIDUALS, json!({})).await;
    user.open().await;
    user.press("submit", &[]).await;
    user.identify(IIN).await;
    sandbox.control().advance(3_000).await;
    let passed = result(&sandbox, INDIVIDUALS, &user.id).await;
    assert_eq!(passed["edocument_result"]["result_json"]["common"]["docOwner"]["iin"], OTHER_IIN);
}

#[tokio::test]
async fn the_end_redirects_only_web_views_and_a_session_works_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let photo = json!({ "face2face": { "photo1": STANDARD.encode([0xff, 0xd8, 0xff, 0xe0]) } });
    let mut user = session(&sandbox, EVERYONE, photo.clone()).await;
    user.page = user.page.replace("web_view=true&", "");
    let response = http().get(&user.page).send().await.unwrap();
    assert!(hint(&response).contains("web_view=true"));
    let seen = user.press("submit", &[]).await;
    assert!(seen.location.is_none() && seen.html.contains("The flow is over"));
    assert!(user.open().await.html.contains("has been used"));
    sandbox.control().configure(|config| config.biometric_kz.finished_needs_web_view = false);
    let mut user = session(&sandbox, EVERYONE, photo.clone()).await;
    user.page = user.page.replace("web_view=true&", "");
    assert!(user.press("submit", &[]).await.is_over());

    let user = session(&sandbox, EVERYONE, photo).await;
    user.open().await;
    sandbox.control().advance(30 * 60_000).await;
    assert!(user.open().await.html.contains("has expired"));
    sandbox.control().advance(3_000).await;
    let expired = result(&sandbox, EVERYONE, &user.id).await;
    assert_eq!(
        (&expired["status"], &expired["flow_session_failure_reasons"]),
        (&json!("FINISHED"), &json!([{ "type": "TIMEOUT" }]))
    );
    let unknown = http().get(format!("{}/biometric_kz/remote/flow/none", sandbox.base_url())).send().await.unwrap();
    assert!(hint(&unknown).contains("no such session"));
}

#[tokio::test]
async fn webhooks_follow_the_user_in_order() {
    let receiver = Receiver::answering(&[500]).await;
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.control().configure(|config| config.biometric_kz.flows[EVERYONE].webhooks = vec![receiver.url.clone()]);
    let user = session(&sandbox, EVERYONE, json!({})).await;
    user.open().await;
    user.press("submit", &[]).await;
    user.press("submit", &[("face", "mismatch")]).await;
    sandbox.control().advance(60_000).await;
    let bodies: Vec<Value> = receiver.heard().iter().map(|heard| serde_json::from_str(&heard.body).unwrap()).collect();
    let mut events: Vec<&str> = bodies.iter().map(|body| body["event"].as_str().unwrap()).collect();
    assert_eq!(events.pop(), Some("flow.start"), "refused at first, delivered again");
    let order = ["flow.start", "technology.start", "technology.end", "technology.start", "technology.end", "flow.end"];
    assert_eq!(events, order);
    assert_eq!(bodies[0]["id"], bodies[6]["id"], "the same event keeps its id");
    assert_eq!(bodies[0]["data"]["technologies"], json!(["LDHP", "F2F"]));
    assert_eq!(bodies[1]["data"]["technology_code"], "LDHP");
    let end = &bodies[5];
    assert_eq!((&end["success"], &end["data"]["session_result"]["status"]), (&json!(false), &json!("FAILED")));
    assert_eq!((&end["data"]["session_result"]["session_id"], &end["metadata"]), (&json!(user.id), &json!({})));
    assert_eq!(end["created"], (sandbox.control().now() - 60_000 + 3_000) / 1000);
    let six = json!({ "biometric_kz": { "flows": [{ "name": "n", "api_key": "k".repeat(47), "technologies": ["ED"],
        "webhooks": ["a", "b", "c", "d", "e", "f"] }] } });
    assert!(Config::default().patched(&six).is_err());
}

#[tokio::test]
async fn forms_of_failure_faults_and_browsers() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.control().configure(|config| {
        config.biometric_kz.pending_ms = 0;
        config.biometric_kz.create_status = 201;
    });
    assert_eq!(create(&sandbox, EVERYONE, json!({})).await.status(), 201);
    sandbox.control().configure(|config| config.biometric_kz.create_status = 200);
    let user = session(&sandbox, EVERYONE, json!({})).await;
    user.open().await;
    user.press("deny_camera", &[]).await;
    let failed = result(&sandbox, EVERYONE, &user.id).await;
    assert_eq!((&failed["status"], &failed["flow_session_result"]), (&json!("FINISHED"), &json!(false)));
    assert_eq!(failed["liveness_result"]["failure_reason"], json!({ "type": "NO_CAM" }));
    sandbox.control().fault(Fault { status: Some(503), ..Fault::once("biometric_kz.fetch_result", FaultKind::Status) });
    let response = result_with(&sandbox, &[]).await;
    assert_eq!(response.status(), 503);
    assert!(response.json::<Value>().await.unwrap()["detail"].is_string());
    let url = format!("{}/biometric_kz/kyc/api/v1/flows/session/create/", sandbox.base_url());
    let from_browser = http().post(url).header("origin", "https://shop.example").body("{}").send().await.unwrap();
    assert!(hint(&from_browser).contains("Never call this from a browser"));
    let widget = format!("{}/biometric_kz/remote/widget/flow-widget.umd.js", sandbox.base_url());
    let widget = http().get(widget).send().await.unwrap();
    assert!(widget.headers()["content-type"].to_str().unwrap().starts_with("text/javascript"));
    assert_eq!(sandbox.control().sessions().len(), 2);
}
