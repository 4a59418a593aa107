//! Signicat Assure over real HTTP: tokens, dossiers, document verification, capture, eID.
#![allow(clippy::unwrap_used)]

mod common;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use common::{Receiver, hint, http};
use idvkit_sandbox::signicat::{
    Check, RateLimit, SignicatOutcome, SignicatScript, TwoProviderRedirect, UserInfoForm, Zone,
};
use idvkit_sandbox::{CallbackMode, CallbackRule, Fault, FaultKind, Sandbox, Script};
use reqwest::{Method, Response};
use serde_json::{Value, json};

const CLIENT: &str = "sandbox-quiet-lake-123";
const SECRET: &str = "sandbox-signicat-secret";
const BACK: &str = "https://merchant.example/r?x=1";
const PNG: &[u8] = include_bytes!("../src/jumio/liveness.png");

/// A server of a merchant with a token.
struct Merchant {
    base: String,
    token: String,
}

impl Merchant {
    async fn new(sandbox: &Sandbox) -> Self {
        let form = [("grant_type", "client_credentials"), ("scope", "signicat-api")];
        let answer: Value = token(sandbox, "auth/open/connect/token", &form, true).await.json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Self { base: format!("{}/signicat/assure", sandbox.base_url()), token }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = http().request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        self.send(Method::POST, path, Some(body)).await
    }

    async fn read(&self, path: &str) -> Value {
        let response = self.send(Method::GET, path, None).await;
        assert_eq!(response.status(), 200, "{path}: {}", hint(&response));
        response.json().await.unwrap()
    }

    async fn made(&self, path: &str, body: Value) -> Value {
        let response = self.post(path, body).await;
        assert!(response.status().is_success(), "{path}: {}", hint(&response));
        response.json().await.unwrap()
    }

    async fn dossier(&self) -> String {
        self.made("/dossiers", json!({})).await["dossierId"].as_str().unwrap().to_owned()
    }

    /// A process of Signicat Paper with an image, and its path.
    async fn paper(&self, more: Value) -> String {
        let dossier = self.dossier().await;
        let path = self.process(&dossier, merged(json!({ "provider": "signicatpaper" }), more)).await;
        let upload = self.send(Method::PUT, &format!("{path}/images"), Some(json!({ "front": url(PNG) }))).await;
        assert_eq!(upload.status(), 204);
        path
    }

    async fn process(&self, dossier: &str, body: Value) -> String {
        let process = self.made(&format!("/dossiers/{dossier}/processes"), body).await;
        format!("/dossiers/{dossier}/processes/{}", process["processId"].as_str().unwrap())
    }

    async fn start(&self, path: &str) -> Response {
        self.send(Method::POST, path, None).await
    }
}

async fn token(sandbox: &Sandbox, path: &str, form: &[(&str, &str)], basic: bool) -> Response {
    let mut request = http().post(format!("{}/signicat/{path}", sandbox.base_url())).form(form);
    if basic {
        request = request.basic_auth(CLIENT, Some(SECRET));
    }
    request.send().await.unwrap()
}

fn merged(mut body: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn url(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(bytes))
}

fn script(sandbox: &Sandbox, script: SignicatScript) {
    assert!(sandbox.control().script(Script::Signicat(script)));
}

/// The user presses a button on a page; the answer is where the browser goes, or the page.
async fn press(page: &str, form: &[(&str, &str)]) -> Result<String, String> {
    let response = http().post(page).form(form).send().await.unwrap();
    match response.headers().get("location") {
        Some(location) => Ok(location.to_str().unwrap().to_owned()),
        None => Err(response.text().await.unwrap()),
    }
}

#[tokio::test]
async fn tokens_in_both_profiles() {
    let sandbox = Sandbox::start().await.unwrap();
    let grant = ("grant_type", "client_credentials");
    let own = [("client_id", CLIENT), ("client_secret", SECRET)];
    let legacy = ("scope", "client.assure.api client.capture.api");
    let cases: [(&str, Vec<(&str, &str)>, bool, u16, &str); 9] = [
        ("auth/open/connect/token", vec![grant, ("scope", "signicat-api")], true, 200, ""),
        ("auth/open/connect/token", vec![grant, ("scope", "signicat-api"), own[0], own[1]], false, 200, ""),
        ("oidc/token", vec![grant, legacy], true, 200, ""),
        ("oidc/token", vec![grant, ("scope", "signicat-api")], true, 400, "invalid_scope"),
        ("auth/open/connect/token", vec![grant, legacy], true, 400, "invalid_scope"),
        ("oidc/token", vec![grant], true, 400, "invalid_scope"),
        ("oidc/token", vec![grant, legacy], false, 401, "invalid_client"),
        ("oidc/token", vec![grant, legacy, own[0], ("client_secret", "x")], false, 401, "invalid_client"),
        ("oidc/token", vec![("grant_type", "password"), legacy], true, 400, "unsupported_grant_type"),
    ];
    for (path, form, basic, status, error) in cases {
        let response = token(&sandbox, path, &form, basic).await;
        assert_eq!(response.status(), status, "{path} {form:?}");
        let answer: Value = response.json().await.unwrap();
        if status == 200 {
            assert_eq!((&answer["expires_in"], &answer["token_type"]), (&json!(600), &json!("Bearer")));
        } else {
            assert_eq!(answer["error"], error);
        }
    }
    // A token for Assure alone does not start a capture.
    let form = [grant, ("scope", "client.assure.api")];
    let answer: Value = token(&sandbox, "oidc/token", &form, true).await.json().await.unwrap();
    let mut merchant = Merchant::new(&sandbox).await;
    merchant.token = answer["access_token"].as_str().unwrap().to_owned();
    let dossier = merchant.dossier().await;
    let capture = merchant.post(&format!("/dossiers/{dossier}/capture"), json!({})).await;
    assert_eq!(capture.status(), 403);
    let log = serde_json::to_string(&sandbox.control().log()).unwrap();
    assert!(!log.contains(SECRET) && !log.contains(&merchant.token));
}

#[tokio::test]
async fn a_token_ends_and_a_malformed_header_is_no_401() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    for header in [None, Some("Bearer"), Some("Basic abc")] {
        let mut request = http().get(format!("{}/dossiers", merchant.base));
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 400, "{header:?}");
        let error: Value = response.json().await.unwrap();
        assert_eq!((&error["type"], &error["status"]), (&json!("base:client-problem"), &json!(400)));
        assert_eq!((&error["instance"], &error["method"]), (&json!("/assure/dossiers"), &json!("GET")));
    }
    sandbox.control().advance(599_999).await;
    assert_eq!(merchant.send(Method::GET, "/dossiers", None).await.status(), 200);
    sandbox.control().advance(1).await;
    let response = merchant.send(Method::GET, "/dossiers", None).await;
    assert_eq!((response.status().as_u16(), hint(&response).contains("expired")), (401, true));
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "invalid_token");
    let merchant = Merchant::new(&sandbox).await;
    let revoke = format!("{}/_sandbox/signicat/revoke", sandbox.base_url());
    http().post(revoke).send().await.unwrap();
    assert_eq!(merchant.send(Method::GET, "/dossiers", None).await.status(), 401);
}

#[tokio::test]
async fn document_verification_by_upload() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::answering(&[500]).await);
    let merchant = Merchant::new(&sandbox).await;
    let order =
        json!({ "provider": "signicatpaper", "notificationUrl": receiver.url, "authorizationHeader": "Bearer abc" });
    let dossier = merchant.dossier().await;
    let response = merchant.post(&format!("/dossiers/{dossier}/processes"), order).await;
    assert_eq!(response.status(), 201);
    let process: Value = response.json().await.unwrap();
    assert_eq!((&process["status"], &process["provider"]), (&json!("pending"), &json!("signicatpaper")));
    assert!(process["authorization"].is_string() && process["createdAt"].as_str().unwrap().ends_with('Z'));
    let path = format!("/dossiers/{dossier}/processes/{}", process["processId"].as_str().unwrap());
    let early = merchant.start(&path).await;
    assert_eq!((early.status().as_u16(), hint(&early).contains("no image")), (400, true));

    let images = format!("{path}/images");
    let other = [PNG, b"more"].concat();
    assert_eq!(merchant.send(Method::PUT, &images, Some(json!({ "front": url(PNG) }))).await.status(), 204);
    assert_eq!(merchant.post(&images, json!({ "front": url(&other) })).await.status(), 204);
    let kept = merchant.send(Method::GET, &format!("{images}/front"), None).await;
    assert_eq!(kept.headers()["content-type"], "image/png");
    assert_eq!(kept.bytes().await.unwrap(), other, "the later upload replaces the earlier one");

    let download = format!("{path}/download");
    assert_eq!(merchant.send(Method::GET, &download, None).await.status(), 409);
    let started: Value = merchant.start(&path).await.json().await.unwrap();
    assert_eq!(started["status"], "processing");
    assert_eq!(merchant.read(&path).await["status"], "processing");
    let again = merchant.start(&path).await;
    assert_eq!((again.status().as_u16(), hint(&again).contains("already")), (409, true));
    let late = merchant.send(Method::PUT, &images, Some(json!({ "front": url(PNG) }))).await;
    assert_eq!((late.status().as_u16(), hint(&late).contains("create another")), (409, true));

    sandbox.control().advance(5_000).await;
    let done = merchant.read(&path).await;
    assert_eq!((&done["status"], &done["finalResult"]["documentType"]), (&json!("accepted"), &json!("passport")));
    assert_eq!(done["finalResult"]["dateOfBirth"], "1990-01-02");
    sandbox.control().advance(10_000).await;
    let heard = receiver.heard();
    assert_eq!(heard.len(), 2, "500, then 200");
    let body: Value = serde_json::from_str(&heard[1].body).unwrap();
    assert_eq!(body, json!({ "dossierId": dossier, "processId": process["processId"], "status": "accepted" }));
    assert_eq!(heard[1].authorization.as_deref(), Some("Bearer abc"));

    let zip = merchant.send(Method::GET, &download, None).await;
    assert_eq!(zip.headers()["content-type"], "application/zip");
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip.bytes().await.unwrap())).unwrap();
    let own: Value = serde_json::from_reader(zip.by_name("process.json").unwrap()).unwrap();
    assert_eq!(own["finalResult"], done["finalResult"]);
    assert!(zip.by_name("front.png").is_ok());
}

#[tokio::test]
async fn images_are_judged_by_their_bytes() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let path = format!("{}/images", merchant.paper(json!({})).await);
    let wide = [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &[0, 0, 0x13, 0x89, 0, 0, 0, 1]].concat();
    let limit = 4 * 1024 * 1024;
    let large = |size: usize| [PNG, &vec![0; size - PNG.len()]].concat();
    let cases = [
        (json!({ "front": url(&large(limit)) }), 204, ""),
        (json!({ "front": url(&large(limit + 1)) }), 400, "larger than"),
        (json!({ "back": url(&wide) }), 400, "5000 pixels"),
        (json!({ "front": url(b"GIF89a") }), 400, "PNG or JPEG"),
        (json!({ "front": STANDARD.encode(PNG) }), 400, "data URL"),
        (json!({ "front": "data:image/png;base64,%%" }), 400, "standard base64"),
        (json!({ "front": 7 }), 400, "a string"),
        (json!({}), 400, "at least one"),
        (json!({ "selfie": url(&[0xff, 0xd8, 0xff, 0xe0]) }), 204, "but is image/jpeg"),
    ];
    for (body, status, rule) in cases {
        let response = merchant.send(Method::PUT, &path, Some(body)).await;
        assert_eq!(response.status(), status, "{rule}: {}", hint(&response));
        assert!(hint(&response).contains(rule), "{}", hint(&response));
    }
}

#[tokio::test]
async fn dossier_files_stand_in_only_for_direct_uploads() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let dossier = merchant.dossier().await;
    let files = format!("/dossiers/{dossier}/files");
    assert_eq!(merchant.post(&files, json!({ "front": url(PNG), "portrait": url(PNG) })).await.status(), 400);
    assert_eq!(merchant.post(&files, json!({ "front": url(PNG) })).await.status(), 201);
    assert_eq!(merchant.read(&files).await, json!({ "front": url(PNG) }));
    let paper = merchant.process(&dossier, json!({ "provider": "signicatpaper" })).await;
    let response = merchant.start(&paper).await;
    assert_eq!((response.status().as_u16(), hint(&response).contains("of the dossier")), (200, true));
    let video = merchant.process(&dossier, json!({ "provider": "signicatvideoid", "processType": "high" })).await;
    assert_eq!(merchant.start(&video).await.status(), 400);
    let upload = merchant.send(Method::PUT, &format!("{video}/images"), Some(json!({ "front": url(PNG) }))).await;
    assert_eq!((upload.status().as_u16(), hint(&upload).contains("no uploads")), (400, true));
    let selfie = merchant.process(&dossier, json!({ "provider": "onfido", "processType": "documentSelfie" })).await;
    assert!(hint(&merchant.start(&selfie).await).contains("selfie"));
    // The provider's own SDK takes its pictures elsewhere.
    let id = video.rsplit('/').next().unwrap();
    assert!(sandbox.control().sdk_done(id) && !sandbox.control().sdk_done("none"));
    assert_eq!(merchant.start(&video).await.status(), 200);
    assert_eq!(merchant.send(Method::DELETE, &files, None).await.status(), 204);
    assert_eq!(merchant.read(&files).await, json!({}));
}

#[tokio::test]
async fn every_verdict_can_be_scripted() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    for outcome in [
        SignicatOutcome::Accepted,
        SignicatOutcome::Rejected,
        SignicatOutcome::Inconclusive,
        SignicatOutcome::Canceled,
        SignicatOutcome::Failed,
        SignicatOutcome::NotMatched,
        SignicatOutcome::Unknown,
    ] {
        let own = SignicatScript { outcome: Some(outcome), verdict_delay_ms: Some(0), ..SignicatScript::default() };
        script(&sandbox, own);
        let path = merchant.paper(json!({})).await;
        merchant.start(&path).await;
        let process = merchant.read(&path).await;
        assert_eq!(process["status"], outcome.status());
        assert_eq!(process.get("finalResult").is_some(), outcome == SignicatOutcome::Accepted);
        assert_eq!(process.get("failReason").is_some(), outcome == SignicatOutcome::Failed);
    }
    let rules = [
        (Some(Check::Ok), Some(Check::Ok), None, "accepted"),
        (Some(Check::Ok), Some(Check::Unavailable), None, "accepted"),
        (Some(Check::Ok), Some(Check::Failed), None, "inconclusive"),
        (Some(Check::Failed), Some(Check::Ok), None, "rejected"),
        (None, None, Some(Zone::Ok), "accepted"),
        (None, None, Some(Zone::Missing), "inconclusive"),
    ];
    for (chip_verification, clone_detection, machine_readable_zone, status) in rules {
        let own =
            SignicatScript { chip_verification, clone_detection, machine_readable_zone, ..SignicatScript::default() };
        script(&sandbox, own);
        let path = merchant.paper(json!({})).await;
        merchant.start(&path).await;
        sandbox.control().advance(5_000).await;
        assert_eq!(merchant.read(&path).await["status"], status);
    }
    let path = merchant.paper(json!({ "redact": ["documentNumber"] })).await;
    merchant.start(&path).await;
    sandbox.control().advance(5_000).await;
    let redacted = merchant.read(&path).await;
    assert_eq!(redacted["redactionRequested"], true);
    assert!(redacted["finalResult"].get("documentNumber").is_none());
}

#[tokio::test]
async fn a_capture_creates_starts_and_comes_back() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let merchant = Merchant::new(&sandbox).await;
    let dossier = merchant.dossier().await;
    let capture = format!("/dossiers/{dossier}/capture");
    let body = json!({
        "providers": [{ "provider": "signicatvideoid", "processType": "substantialFullyAuto" }], "sdk": "native",
        "redirectUrl": BACK, "captureParameters": { "uiProfile": "demo" }, "notificationUrl": receiver.url,
        "authorizationHeader": "secret",
    });
    let answer = merchant.made(&capture, body).await;
    let process = answer["processId"].as_str().unwrap();
    let path = format!("/dossiers/{dossier}/processes/{process}");
    assert_eq!(merchant.start(&path).await.status(), 409, "the page starts it");
    let page = answer["url"].as_str().unwrap();
    assert!(http().get(page).send().await.unwrap().text().await.unwrap().contains("Provider 1 of 1"));
    let back = press(page, &[("action", "submit")]).await.unwrap();
    assert_eq!(back, format!("{BACK}&dossierId={dossier}&processId={process}&status=processing"));
    assert_eq!(http().get(page).send().await.unwrap().headers()["location"], back.as_str(), "again: the same way back");
    sandbox.control().advance(5_000).await;
    assert_eq!(receiver.heard()[0].authorization.as_deref(), Some("secret"));
    assert_eq!(merchant.read(&path).await["status"], "accepted");

    // The guide's own form: one provider. The user refuses the camera, or leaves.
    for (action, status) in [("deny_camera", "failed"), ("cancel", "canceled"), ("fail", "failed")] {
        let answer = merchant.made(&capture, json!({ "provider": "signicatpaper", "redirectUrl": BACK })).await;
        let back = press(answer["url"].as_str().unwrap(), &[("action", action)]).await.unwrap();
        assert!(back.ends_with(&format!("&status={status}")), "{back}");
    }
    let answer = merchant.made(&capture, json!({ "provider": "readid", "redirectUrl": BACK })).await;
    press(answer["url"].as_str().unwrap(), &[("action", "submit"), ("outcome", "inconclusive")]).await.unwrap();
    sandbox.control().advance(5_000).await;
    let path = format!("/dossiers/{dossier}/processes/{}", answer["processId"].as_str().unwrap());
    assert_eq!(merchant.read(&path).await["status"], "inconclusive");
    sandbox.control().configure(|config| config.signicat.capture_returns_process_id = false);
    let answer = merchant.made(&capture, json!({ "provider": "readid", "redirectUrl": BACK })).await;
    assert!(answer.get("processId").is_none());
}

#[tokio::test]
async fn two_providers_come_back_with_the_dossier_only() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let dossier = merchant.dossier().await;
    let body = json!({ "providers": [{ "provider": "signicatpaper" }, { "provider": "readid" }], "redirectUrl": BACK });
    let rejected = SignicatScript {
        for_provider: Some("readid".into()),
        outcome: Some(SignicatOutcome::Rejected),
        ..SignicatScript::default()
    };
    script(&sandbox, rejected);
    let answer = merchant.made(&format!("/dossiers/{dossier}/capture"), body.clone()).await;
    assert!(answer.get("processId").is_none());
    let page = answer["url"].as_str().unwrap();
    assert!(press(page, &[("action", "submit")]).await.unwrap_err().contains("Provider 2 of 2"));
    assert_eq!(press(page, &[("action", "submit")]).await.unwrap(), format!("{BACK}&dossierId={dossier}"));
    sandbox.control().advance(5_000).await;
    let processes = merchant.read(&format!("/dossiers/{dossier}/processes")).await;
    let found: Vec<_> = processes.as_array().unwrap().iter().map(|it| (&it["provider"], &it["status"])).collect();
    assert_eq!(found, [(&json!("signicatpaper"), &json!("accepted")), (&json!("readid"), &json!("rejected"))]);

    sandbox.control().configure(|config| config.signicat.two_provider_redirect = TwoProviderRedirect::LastProcess);
    let answer = merchant.made(&format!("/dossiers/{dossier}/capture"), body).await;
    let back = press(answer["url"].as_str().unwrap(), &[("action", "cancel")]).await.unwrap();
    assert!(back.contains("&processId=") && back.ends_with("&status=canceled"));
    assert_eq!(sandbox.control().processes().iter().filter(|it| it.status == "canceled").count(), 2);
}

async fn eid(merchant: &Merchant, more: Value) -> (String, String) {
    let dossier = merchant.dossier().await;
    let body = merged(json!({ "provider": "connect:idin", "redirectUrl": BACK }), more);
    let process = merchant.made(&format!("/dossiers/{dossier}/processes"), body).await;
    let path = format!("/dossiers/{dossier}/processes/{}", process["processId"].as_str().unwrap());
    (path, process["redirectUrl"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_eid_is_final_at_the_redirect() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let merchant = Merchant::new(&sandbox).await;
    let (path, page) = eid(&merchant, json!({ "notificationUrl": receiver.url })).await;
    assert!(http().get(&page).send().await.unwrap().text().await.unwrap().contains("idin"));
    assert_eq!(merchant.start(&path).await.status(), 409);
    let back = press(&page, &[("action", "authenticate")]).await.unwrap();
    assert!(back.starts_with(&format!("{BACK}&dossierId=")) && back.ends_with("&status=accepted"), "{back}");
    let process = merchant.read(&path).await;
    assert_eq!(process["providerSpecific"]["userInfo"]["given_name"], "ANNA");
    assert_eq!(process["finalResult"]["birthdate"], "19900102", "not normalised");
    sandbox.control().settle().await;
    assert_eq!(receiver.heard().len(), 1, "the same fact a second time");
    for (action, status) in [("cancel", "canceled"), ("fail", "failed")] {
        let (path, page) = eid(&merchant, json!({})).await;
        assert!(press(&page, &[("action", action)]).await.unwrap().ends_with(&format!("&status={status}")));
        assert!(merchant.read(&path).await.get("providerSpecific").is_none());
    }
    let dossier = merchant.dossier().await;
    let missing = merchant.post(&format!("/dossiers/{dossier}/processes"), json!({ "provider": "connect:idin" })).await;
    assert!(hint(&missing).contains("redirectUrl is required"));
}

#[tokio::test]
async fn user_data_come_in_three_forms() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    for (form, parts) in [(UserInfoForm::SignedJwt, 3), (UserInfoForm::EncryptedJwt, 5)] {
        script(&sandbox, SignicatScript { userinfo: Some(form), ..SignicatScript::default() });
        let (path, page) = eid(&merchant, json!({})).await;
        press(&page, &[("action", "authenticate")]).await.unwrap();
        let process = merchant.read(&path).await;
        assert_eq!(process["status"], "accepted");
        let token = process["providerSpecific"]["userInfo"].as_str().unwrap();
        assert_eq!(token.split('.').count(), parts);
        assert_eq!(process.get("finalResult").is_some(), form == UserInfoForm::SignedJwt);
        let header: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap();
        assert_eq!(header.get("enc").is_some(), form == UserInfoForm::EncryptedJwt);
    }
}

#[tokio::test]
async fn a_callback_can_overtake_the_answer_and_is_resent_five_times() {
    let receiver = Receiver::answering(&[200, 500, 500, 500, 500, 500, 500, 500]).await;
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let first = || script(&sandbox, SignicatScript { callback_first: true, ..SignicatScript::default() });
    first();
    let path = merchant.paper(json!({ "notificationUrl": receiver.url })).await;
    let response = merchant.start(&path).await;
    assert_eq!(receiver.heard().len(), 1, "before the answer is read");
    assert_eq!(response.json::<Value>().await.unwrap()["status"], "processing");
    first();
    let (_, page) = eid(&merchant, json!({ "notificationUrl": receiver.url })).await;
    press(&page, &[("action", "authenticate")]).await.unwrap();
    assert_eq!(receiver.heard().len(), 2);
    sandbox.control().advance(24 * 60 * 60_000).await;
    assert_eq!(receiver.heard().len(), 2 + 5);
    sandbox.control().callbacks(CallbackRule::next("signicat", CallbackMode::Duplicate));
    let merchant = Merchant::new(&sandbox).await;
    let path = merchant.paper(json!({ "notificationUrl": receiver.url })).await;
    merchant.start(&path).await;
    sandbox.control().advance(60 * 60_000).await;
    assert_eq!(receiver.heard().len(), 2 + 5 + 2 + 1, "one 500 was left");
}

#[tokio::test]
async fn deleting_takes_everything_along() {
    let receiver = Receiver::answering(&[500]).await;
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let waiting = merchant.paper(json!({ "notificationUrl": receiver.url })).await;
    let resent = merchant.paper(json!({ "notificationUrl": receiver.url })).await;
    merchant.start(&waiting).await;
    merchant.start(&resent).await;
    let dossier = |path: &str| path.split("/processes").next().unwrap().to_owned();
    assert_eq!(merchant.send(Method::DELETE, &dossier(&waiting), None).await.status(), 204);
    sandbox.control().advance(5_000).await;
    assert_eq!(receiver.heard().len(), 1, "only the other one");
    assert_eq!(merchant.send(Method::DELETE, &resent, None).await.status(), 204);
    sandbox.control().advance(9 * 60_000).await;
    assert_eq!(receiver.heard().len(), 1, "the resend is dropped too");
    for path in [&waiting, &dossier(&waiting), &resent] {
        assert_eq!(merchant.send(Method::GET, path, None).await.status(), 404);
    }
    assert_eq!(merchant.read("/dossiers").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn known_mistakes_are_explained() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let dossier = merchant.dossier().await;
    let (capture, create) = (format!("/dossiers/{dossier}/capture"), format!("/dossiers/{dossier}/processes"));
    let video = json!([{ "provider": "signicatvideoid" }]);
    let three = json!([{ "provider": "readid" }, { "provider": "readid" }, { "provider": "readid" }]);
    let cases = [
        (&capture, json!({ "providers": video, "redirectUrl": BACK, "uiProfile": "demo" }), "inside captureParameters"),
        (&capture, json!({ "providers": video }), "redirectUrl is required"),
        (&capture, json!({ "providers": video, "redirectUrl": "/r" }), "absolute"),
        (&capture, json!({ "providers": video, "redirectUrl": BACK, "sdk": "capture" }), "native only"),
        (&capture, json!({ "providers": three, "redirectUrl": BACK }), "one or two"),
        (&capture, json!({ "redirectUrl": BACK }), "Give providers"),
        (&capture, json!({ "provider": "facetec", "redirectUrl": BACK }), "cannot run"),
        (&create, json!({ "processId": "x" }), "provider is required"),
        (&create, json!({ "provider": "nobody" }), "provider must be"),
        (&create, json!({ "provider": "onfido", "processType": "high" }), "processType of this provider"),
        (&create, json!({ "provider": "onfido", "redact": ["all"] }), "redact is a list"),
        (&create, json!({ "provider": "onfido", "notificationUrl": "merchant" }), "absolute URL"),
    ];
    for (path, body, rule) in cases {
        let response = merchant.post(path, body).await;
        assert_eq!(response.status(), 400, "{rule}");
        assert!(hint(&response).contains(rule), "{rule}: {}", hint(&response));
        assert!(response.json::<Value>().await.unwrap()["invalidParams"][0]["name"].is_string());
    }
    let configuration = "/capture/configurations/demo";
    let status = async |method: Method| {
        let response = merchant.send(method, configuration, Some(json!({ "pageTitle": "Demo" }))).await;
        (response.status().as_u16(), hint(&response))
    };
    assert_eq!(status(Method::PUT).await.0, 404);
    assert_eq!(status(Method::POST).await.0, 201);
    let wrong = status(Method::POST).await;
    assert!(wrong.0 == 405 && wrong.1.contains("PUT"), "{}", wrong.1);
    assert_eq!(status(Method::PUT).await.0, 200);
    assert_eq!(merchant.read("/capture/configurations").await[0]["id"], "demo");
    assert_eq!(merchant.read("/signicatpaper/document-types").await[0]["type"], "passport");
    let swapped = merchant.send(Method::GET, "/dossiers/x/processes/y", None).await;
    assert_eq!(swapped.status(), 404);
    assert_eq!(merchant.send(Method::PATCH, "/dossiers", None).await.status(), 405);
    let browser = http().get(format!("{}/dossiers", merchant.base)).header("origin", "https://shop.example");
    assert!(hint(&browser.send().await.unwrap()).contains("Never call this from a browser"));
    sandbox.control().configure(|config| config.signicat.allowed_callback_hosts = Some(vec!["ok.example".into()]));
    let body = json!({ "provider": "onfido", "notificationUrl": "https://merchant.example/n" });
    assert!(hint(&merchant.post(&create, body).await).contains("allow-list"));
}

#[tokio::test]
async fn limits_faults_user_data_and_routes() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let path = merchant.paper(json!({})).await;
    let limit = RateLimit { calls: 2, per_ms: 10_000, retry_after_s: 8 };
    sandbox.control().configure(|config| config.signicat.rate_limit = Some(limit));
    for _ in 0..2 {
        merchant.read(&path).await;
    }
    let limited = merchant.send(Method::GET, &path, None).await;
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"8".parse().unwrap()));
    sandbox.control().advance(10_000).await;
    merchant.read(&path).await;
    for operation in ["signicat.start", "signicat.token"] {
        let fault = Fault { status: Some(429), retry_after_s: Some(3), ..Fault::once(operation, FaultKind::Status) };
        sandbox.control().fault(fault);
    }
    let response = merchant.start(&path).await;
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"3".parse().unwrap()));
    assert_eq!(response.json::<Value>().await.unwrap()["status"], 429);
    let response = token(&sandbox, "oidc/token", &[], true).await;
    assert!(response.json::<Value>().await.unwrap()["error"].is_string());

    let data = format!("{}/userdata", path.split("/processes").next().unwrap());
    assert_eq!(merchant.send(Method::GET, &data, None).await.status(), 404);
    assert_eq!(merchant.send(Method::PUT, &data, Some(json!({ "firstName": "Anna" }))).await.status(), 204);
    assert_eq!(merchant.read(&data).await["firstName"], "Anna");
    let routes = json!({ "signicat": { "routes": { "signicat.start": "/dossiers/{d}/processes/{p}/start" } } });
    sandbox.control().patch(&routes).unwrap();
    assert_eq!(merchant.start(&path).await.status(), 405);
    assert_eq!(merchant.start(&format!("{path}/start")).await.status(), 200);
    assert!(sandbox.control().patch(&json!({ "signicat": { "token_life_s": 0 } })).is_err());
}
