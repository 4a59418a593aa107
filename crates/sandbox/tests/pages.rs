//! The hosted pages over real HTTP: who they say they are, their languages, headers, camera step and scripted browsers.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::attestr::{KEY, handshake};
use common::signicat::{BACK, Merchant, eid, press};
use common::{Transaction, begin, http};
use idvkit_sandbox::biometric_kz::BiometricKzScript;
use idvkit_sandbox::jumio::JumioScript;
use idvkit_sandbox::signicat::SignicatScript;
use idvkit_sandbox::{Camera, PageScript, Sandbox, Script, Storage};
use reqwest::Response;
use serde_json::{Value, json};

async fn get(url: &str) -> Response {
    http().get(url).send().await.unwrap()
}

/// The URL of a hosted page of each provider, ready for a language.
async fn pages(sandbox: &Sandbox, language: &str) -> [(&'static str, String); 4] {
    let base = sandbox.base_url();
    let jumio = begin(sandbox, json!({ "locale": if language == "kk" || language == "hi" { "en" } else { language } }));
    let jumio = jumio.await.redirect_url;
    let jumio = jumio.split("&locale=").next().unwrap().to_owned() + "&locale=" + language;
    let attestr = handshake(sandbox, false).await;
    let launched = get(&format!("{base}/attestr/flow/{attestr}?cl={KEY}&lc={language}")).await;
    let attestr = format!("{base}{}", launched.headers()["location"].to_str().unwrap());
    let locale = if language == "kk" { "kz" } else { language };
    let session = session(sandbox).await;
    let kz = format!("{base}/biometric_kz/remote/flow/{session}?web_view=true&locale={locale}");
    let signicat = capture(sandbox, json!({ "uiLanguage": language })).await;
    [("Jumio", jumio), ("Attestr", attestr), ("biometric.kz", kz), ("Signicat", signicat)]
}

async fn session(sandbox: &Sandbox) -> String {
    let key = sandbox.control().settings().biometric_kz.flows[0].api_key.clone();
    let url = format!("{}/biometric_kz/kyc/api/v1/flows/session/create/", sandbox.base_url());
    let answer: Value = http().post(url).json(&json!({ "api_key": key })).send().await.unwrap().json().await.unwrap();
    answer["session_id"].as_str().unwrap().to_owned()
}

async fn capture(sandbox: &Sandbox, parameters: Value) -> String {
    let merchant = Merchant::new(sandbox).await;
    let dossier = merchant.dossier().await;
    let body = json!({ "provider": "signicatpaper", "redirectUrl": BACK, "captureParameters": parameters });
    let answer = merchant.made(&format!("/dossiers/{dossier}/capture"), body).await;
    answer["url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_page_says_whose_it_is_in_the_users_language() {
    let sandbox = Sandbox::start().await.unwrap();
    // One word of each file that no other language has.
    let notices = [
        ("en", "Local sandbox: this is idvkit’s sandbox, not "),
        ("ru", "это песочница idvkit, а не "),
        ("kk", "idvkit құмсалғышы"),
        ("de", "Dies ist die Sandbox von idvkit, nicht "),
        ("hi", "यह idvkit का सैंडबॉक्स है"),
    ];
    for (language, notice) in notices {
        for (provider, url) in pages(&sandbox, language).await {
            let html = get(&url).await.text().await.unwrap();
            assert!(html.contains(&format!("<html lang=\"{language}\" dir=\"ltr\">")), "{provider} {language}: {html}");
            assert!(html.contains(notice) && html.contains(provider), "{provider} {language}");
            let shown = html.split("<script type=\"application/json\"").next().unwrap();
            assert!(
                !shown.contains('…') && !shown.contains('{'),
                "{provider} {language}: a text is missing or unfilled"
            );
        }
    }
}

#[tokio::test]
async fn a_language_that_is_not_there_gets_english() {
    let sandbox = Sandbox::start().await.unwrap();
    for (provider, url) in pages(&sandbox, "fr").await {
        let html = get(&url).await.text().await.unwrap();
        assert!(html.contains("<html lang=\"en\"") && html.contains("play another ending"), "{provider}");
    }
    // Signicat's pages take `lang` in their URL, too; biometric.kz speaks Russian when nobody says anything.
    let page = capture(&sandbox, json!({})).await;
    assert!(get(&format!("{page}?lang=de")).await.text().await.unwrap().contains("lang=\"de\""));
    let flow = format!("{}/biometric_kz/remote/flow/{}", sandbox.base_url(), session(&sandbox).await);
    assert!(get(&flow).await.text().await.unwrap().contains("lang=\"ru\""));
    let finished = format!("{}/biometric_kz/remote/finished", sandbox.base_url());
    let request = http().get(&finished).header("accept-language", "kk-KZ,ru;q=0.8");
    assert!(request.send().await.unwrap().text().await.unwrap().contains("lang=\"kk\""));
}

#[tokio::test]
async fn headers_let_in_nothing_that_is_not_needed() {
    let sandbox = Sandbox::start().await.unwrap();
    for (provider, url) in pages(&sandbox, "en").await {
        let response = get(&url).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{provider}: {policy}");
        assert!(policy.ends_with("frame-ancestors *") && !policy.contains("unsafe"), "{provider}: {policy}");
        assert!(!response.headers().contains_key("x-frame-options"), "{provider}");
        assert_eq!((header("cache-control"), header("referrer-policy")), ("no-store".into(), "no-referrer".into()));
        assert!(header("permissions-policy").contains("camera=(self)"), "{provider}");
        let html = response.text().await.unwrap();
        // Nothing inline: with this policy it would not run.
        assert!(!html.contains(" style=") && !html.contains(" onclick") && !html.contains("<style"), "{provider}");
        let loaded: Vec<&str> =
            html.split("/_sandbox/assets/").skip(1).map(|it| it.split('"').next().unwrap()).collect();
        assert_eq!(loaded, ["page.css", "page.js"], "{provider}");
    }
    for (name, kind) in [("page.css", "text/css"), ("page.js", "text/javascript"), ("capture.js", "text/javascript")] {
        let file = get(&format!("{}/_sandbox/assets/{name}", sandbox.base_url())).await;
        assert!(file.headers()["content-type"].to_str().unwrap().starts_with(kind), "{name}");
        assert!(!file.text().await.unwrap().is_empty());
    }
    assert_eq!(get(&format!("{}/_sandbox/assets/other.js", sandbox.base_url())).await.status(), 404);
}

#[tokio::test]
async fn an_accounts_colours_pass_by_their_digest() {
    let sandbox = Sandbox::start().await.unwrap();
    let colours =
        json!({ "jumio": { "portal": { "default_colours": { "primary": "#ffe08a", "secondary": "#eeeeee" } } } });
    sandbox.control().patch(&colours).unwrap();
    let response = begin(&sandbox, json!({})).await.open().await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let html = response.text().await.unwrap();
    let style = html.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    assert_eq!(
        style, ":root{--primary:#ffe08a;--on-primary:#16181d;--secondary:#eeeeee}",
        "dark text on a bright colour"
    );
    let digest = {
        use base64::Engine;
        use sha2::Digest;
        base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style))
    };
    assert!(policy.contains(&format!("style-src 'self' 'sha256-{digest}';")), "{policy}");
}

#[tokio::test]
async fn frames_are_refused_where_the_provider_refuses_them() {
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = Merchant::new(&sandbox).await;
    let (_, page) = eid(&merchant, json!({})).await;
    let refused = get(&page).await;
    let policy = |response: &Response| response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy(&refused).ends_with("frame-ancestors 'none'"));
    assert_eq!(refused.headers()["x-frame-options"], "DENY");
    // The capture page: only on origins that the provider's support has listed.
    for (listed, ancestors, denied) in [
        (json!(["https://shop.example"]), "frame-ancestors https://shop.example", false),
        (json!([]), "frame-ancestors 'none'", true),
    ] {
        sandbox.control().patch(&json!({ "signicat": { "frame_ancestors": listed } })).unwrap();
        let response = get(&capture(&sandbox, json!({})).await).await;
        assert!(policy(&response).ends_with(ancestors), "{}", policy(&response));
        assert_eq!(response.headers().contains_key("x-frame-options"), denied);
    }
    let bad = json!({ "signicat": { "frame_ancestors": ["https://a.example; script-src *"] } });
    assert!(sandbox.control().patch(&bad).unwrap_err().contains("origins"));
}

#[tokio::test]
async fn a_scripted_camera_ends_every_capture_as_denied() {
    for camera in [Camera::Denied, Camera::None, Camera::InUse] {
        let sandbox = Sandbox::start().await.unwrap();
        let page = Some(PageScript { camera, ..PageScript::default() });
        let control = sandbox.control();
        control.script(Script::Jumio(JumioScript { page: page.clone(), ..JumioScript::default() }));
        control.script(Script::BiometricKz(BiometricKzScript { page: page.clone(), ..BiometricKzScript::default() }));
        control.script(Script::Signicat(SignicatScript { page, ..SignicatScript::default() }));

        let jumio = begin(&sandbox, json!({ "errorUrl": "https://merchant.example/no" })).await;
        let name = serde_json::to_value(camera).unwrap();
        let attribute = format!("data-camera=\"{}\"", name.as_str().unwrap());
        assert!(jumio.open().await.text().await.unwrap().contains(&attribute));
        let end = jumio.press("acceptable", &[]).await;
        assert!(end.headers()["location"].to_str().unwrap().ends_with("&errorCode=9820"));

        let id = session(&sandbox).await;
        let flow = format!("{}/biometric_kz/remote/flow/{id}?web_view=true", sandbox.base_url());
        assert!(press(&flow, &[("action", "submit")]).await.unwrap().ends_with("/finished"));
        assert_eq!(control.sessions()[0].passed, Some(false));

        let back = press(&capture(&sandbox, json!({})).await, &[("action", "submit")]).await.unwrap();
        assert!(back.ends_with("&status=failed"), "{back}");
    }
}

#[tokio::test]
async fn the_control_api_scripts_the_users_browser() {
    let sandbox = Sandbox::start().await.unwrap();
    let script = async |body: Value| {
        let url = format!("{}/_sandbox/script", sandbox.base_url());
        http().post(url).json(&body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(script(json!({ "provider": "attestr", "page": { "camera": "denied" } })).await, 200);
    assert_eq!(script(json!({ "provider": "jumio", "page": { "camera": "broken" } })).await, 400);
    assert_eq!(script(json!({ "provider": "jumio", "page": { "storage": "blocked", "delay_ms": 300 } })).await, 200);
    let transaction: Transaction = begin(&sandbox, json!({})).await;
    let before = Instant::now();
    let html = transaction.open().await.text().await.unwrap();
    assert!(before.elapsed() >= Duration::from_millis(300), "a slow network");
    assert!(html.contains("data-storage=\"blocked\""));
    let normal = PageScript { storage: Storage::Needed, ..PageScript::default() };
    let reference = Some(transaction.reference.clone());
    let back = JumioScript { transaction: reference, page: Some(normal), ..JumioScript::default() };
    assert!(sandbox.control().script(Script::Jumio(back)));
    assert!(transaction.open().await.text().await.unwrap().contains("data-storage=\"needed\""));
}

#[tokio::test]
async fn code_steps_help_phones_and_show_the_code() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.control().configure(|config| config.biometric_kz.flows[0].technologies = vec!["ED".into()]);
    let flow = format!("{}/biometric_kz/remote/flow/{}?locale=en", sandbox.base_url(), session(&sandbox).await);
    let html = get(&flow).await.text().await.unwrap();
    assert!(html.contains("inputmode=\"numeric\"") && html.contains("maxlength=\"12\""));
    let data = [("action", "send_code"), ("iin", "000101500001"), ("phone", "77011234567")];
    let kz = press(&flow, &data).await.unwrap_err();
    assert!(kz.contains("1414 has sent a code to 77011234567"));

    let [_, (_, attestr), ..] = pages(&sandbox, "en").await;
    press(&attestr, &[("action", "begin")]).await.unwrap_err();
    press(&attestr, &[("action", "submit"), ("pan", "ABCPE1234F")]).await.unwrap_err();
    let otp = press(&attestr, &[("action", "send_code"), ("mobile", "9876543210")]).await.unwrap_err();
    for html in [kz, otp] {
        assert!(html.contains("autocomplete=\"one-time-code\"") && html.contains("inputmode=\"numeric\""));
        let code = html.split("data-otp=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(html.contains(&format!(">{code}</output>")), "readable for people, too");
    }
}

/// Around a widget is a page that goes on; from a tab of its own only the user can.
#[tokio::test]
async fn an_end_that_leads_nowhere_says_so() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.control().configure(|config| config.biometric_kz.flows[0].technologies = vec!["LDHP".into()]);
    for (widget, leads_nowhere) in [(false, true), (true, false)] {
        let session = session(&sandbox).await;
        let flow = format!("{}/biometric_kz/remote/flow/{session}?locale=en&widget={widget}", sandbox.base_url());
        get(&flow).await;
        let end = press(&flow, &[("action", "submit")]).await.unwrap_err();
        assert!(end.contains("Finished"), "{end}");
        assert_eq!(end.contains("go back to where you came from"), leads_nowhere, "widget={widget}");
    }
}

/// The scripted user's contract: the first form, its buttons by name and value, the fields.
#[tokio::test]
async fn the_main_button_comes_first_and_the_other_endings_follow() {
    let sandbox = Sandbox::start().await.unwrap();
    let expected: [&[&str]; 4] = [
        &["acceptable", "unacceptable", "deny_camera", "leave", "error"],
        &["begin", "leave"],
        &["submit", "closed_eyes", "mask_attack", "deny_camera", "leave"],
        &["submit", "deny_camera", "fail", "cancel"],
    ];
    for ((provider, url), expected) in pages(&sandbox, "en").await.into_iter().zip(expected) {
        let html = get(&url).await.text().await.unwrap();
        let form = html.split("<form method=\"post\"").nth(1).unwrap().split("</form>").next().unwrap();
        let pressed = form.split("name=\"action\" value=\"").skip(1).map(|it| it.split('"').next().unwrap());
        assert_eq!(pressed.collect::<Vec<_>>(), expected, "{provider}");
        assert!(form.contains("<details class=\"endings\" open>"), "{provider}");
    }
}
