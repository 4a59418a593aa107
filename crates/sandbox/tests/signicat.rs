//! Signicat Assure over real HTTP: tokens, dossiers, document verification.
#![allow(clippy::unwrap_used)]

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::signicat::{BACK, CLIENT, Merchant, PNG, SECRET, script, token, url};
use common::{Receiver, hint, http};
use idvkit_sandbox::signicat::{Check, RateLimit, SignicatOutcome, SignicatScript, Zone};
use idvkit_sandbox::{Fault, FaultKind, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn tokens_in_both_profiles() {
    let sandbox = Sandbox::start().await.unwrap();
    let grant = ("grant_type", "client_credentials");
    let own = [("client_id", CLIENT), ("client_secret", SECRET)];
    let legacy = ("scope", "client.assure.api client.capture.api");
    let cases = [
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
    assert!(wrong.0 == 409 && wrong.1.contains("PUT"), "{}", wrong.1);
    assert_eq!(status(Method::PUT).await.0, 200);
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
    assert_eq!(merchant.send(Method::PUT, &data, Some(json!({ "firstName": "Anna" }))).await.status(), 200);
    assert_eq!(merchant.read(&data).await["userData"], json!({ "firstName": "Anna" }));
    let routes = json!({ "signicat": { "routes": { "signicat.start": "/dossiers/{d}/processes/{p}/start" } } });
    sandbox.control().patch(&routes).unwrap();
    assert_eq!(merchant.start(&path).await.status(), 405);
    assert_eq!(merchant.start(&format!("{path}/start")).await.status(), 200);
    assert!(sandbox.control().patch(&json!({ "signicat": { "token_life_s": 0 } })).is_err());
}
