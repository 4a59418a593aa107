//! The samples of the Flow Widget and Flow WebView guides (B-WIDGET, B-WEBVIEW) against the sandbox, with nothing but the
//! hosts and placeholders changed. Where a sample is defective, the test says how.
#![allow(clippy::unwrap_used)]

mod common;

use common::{data_scripts, hint, http};
use idvkit_sandbox::Sandbox;
use reqwest::Response;
use serde_json::{Value, json};

const CREATE: &str = "https://kyc.biometric.kz/api/v1/flows/session/create/";
const RESULT: &str = "https://kyc.biometric.kz/api/v1/flows/session/result/";
const EVERYONE: &str = "TTpme201NiUMBA";
const INDIVIDUALS: &str = "Efy202XKbVAWRu";

/// The one change to a published URL.
fn here(sandbox: &Sandbox, url: &str) -> String {
    let base = format!("{}/biometric_kz", sandbox.base_url());
    url.replace("https://kyc.biometric.kz", &format!("{base}/kyc"))
        .replace("https://remote.biometric.kz", &format!("{base}/remote"))
}

/// The full key behind one of the abbreviated keys of the guide's table.
fn key(sandbox: &Sandbox, start: &str) -> String {
    let flows = sandbox.control().settings().biometric_kz.flows;
    flows.into_iter().map(|flow| flow.api_key).find(|key| key.starts_with(start)).unwrap()
}

/// `curl --header 'Content-Type: application/json' --data-raw`.
async fn curl(sandbox: &Sandbox, data_raw: &str) -> Response {
    let request = http().post(here(sandbox, CREATE)).header("content-type", "application/json");
    request.body(data_raw.to_owned()).send().await.unwrap()
}

/// `fetch(url, {method: 'POST', body: JSON.stringify(...)})`: without headers a browser calls the text plain.
async fn fetch_without_headers(sandbox: &Sandbox, body: &Value) -> Response {
    let request = http().post(here(sandbox, CREATE)).header("content-type", "text/plain;charset=UTF-8");
    request.body(body.to_string()).send().await.unwrap()
}

async fn id(response: Response) -> String {
    assert_eq!(response.status(), 200, "{}", hint(&response));
    response.json::<Value>().await.unwrap()["session_id"].as_str().unwrap().to_owned()
}

/// The user presses a button; the address where the browser then is.
async fn press(page: &str, action: &str) -> (String, String) {
    let response = http().post(page).form(&[("action", action)]).send().await.unwrap();
    let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    (location.unwrap_or_else(|| page.to_owned()), response.text().await.unwrap())
}

#[tokio::test]
async fn session_creation_in_all_four_languages() {
    let sandbox = Sandbox::start().await.unwrap();
    let key = key(&sandbox, EVERYONE);
    let response = curl(&sandbox, &"{\n\"api_key\": \"YOUR_FLOW_API_KEY\"\n}".replace("YOUR_FLOW_API_KEY", &key)).await;
    assert_eq!((response.status().as_u16(), hint(&response)), (200, String::new()));
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["technologies"], json!(["LDHP", "F2F"]), "as in the published response");
    assert_eq!(answer.as_object().unwrap().len(), 2);
    // Python: json.dumps puts a space after the colon.
    assert_eq!(curl(&sandbox, &format!("{{\"api_key\": \"{key}\"}}")).await.status(), 200);
    // JavaScript and TypeScript forget the Content-Type, which works, and is said.
    let response = fetch_without_headers(&sandbox, &json!({ "api_key": key })).await;
    assert_eq!(response.status(), 200);
    assert!(hint(&response).contains("Content-Type"));
}

#[tokio::test]
async fn the_placeholder_photo_is_not_base64_but_a_file_is() {
    let sandbox = Sandbox::start().await.unwrap();
    let key = key(&sandbox, EVERYONE);
    let sample = "{\n    \"api_key\": \"YOUR_FLOW_API_KEY\",\n    \"metadata\": {\n        \"face2face\": {\n            \
                  \"photo1\": \"base64\"\n        }\n    }\n}";
    let sample = sample.replace("YOUR_FLOW_API_KEY", &key);
    // Defect: the word stands for the value; its six letters are no base64.
    let response = curl(&sandbox, &sample).await;
    assert_eq!((response.status().as_u16(), hint(&response).contains("base64")), (400, true));
    let page = format!(
        "https://remote.biometric.kz/flow/{}",
        id(curl(&sandbox, &sample.replace("\"base64\"", "\"/9j/4A==\"")).await).await
    );
    let (_, html) = press(&here(&sandbox, &page), "submit").await;
    assert!(!html.contains("data-step"), "with a photo there is no further step");
}

/// The bodies of the three cases as curl sends them.
fn case(number: u8) -> &'static str {
    match number {
        1 => {
            r#"{ "api_key": "YOUR_FLOW_API_KEY", "metadata": { "edocument": {
                "iin": { "value": "<subjects_iin>", "changeable": false, },
                "phone": { "value": "<subjects_phone>", "changeable": false, },
                "skip_input": true } } }"#
        }
        2 => {
            r#"{ "api_key": "YOUR_FLOW_API_KEY", "metadata": { "edocument": {
                "iin": { "value": "<subjects_iin>", "changeable": false, },
                "phone": { "value": "<subjects_phone>", } } } }"#
        }
        _ => {
            r#"{ "api_key": "YOUR_FLOW_API_KEY", "metadata": { "edocument": {
                "iin": { "value": "<subjects_iin>", },
                "phone": { "value": "<subjects_phone>", } } } }"#
        }
    }
}

#[tokio::test]
async fn the_edocument_cases_lead_where_the_guide_says() {
    let sandbox = Sandbox::start().await.unwrap();
    let key = key(&sandbox, INDIVIDUALS);
    for (number, step, fixed) in [(1, "code", 0), (2, "entry", 1), (3, "entry", 0)] {
        let sample = case(number).replace("YOUR_FLOW_API_KEY", &key);
        let sample = sample.replace("<subjects_iin>", "000101500001").replace("<subjects_phone>", "77011234567");
        // Defect: a comma before a closing brace.
        let response = curl(&sandbox, &sample).await;
        assert_eq!((response.status().as_u16(), hint(&response).contains("trailing comma")), (400, true), "{number}");
        let response = curl(&sandbox, &sample.replace(", }", " }")).await;
        assert_eq!(hint(&response), "", "{number}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["technologies"], json!(["LDHP", "ED", "F2F"]));
        let page = format!("https://remote.biometric.kz/flow/{}", answer["session_id"].as_str().unwrap());
        let (_, html) = press(&here(&sandbox, &page), "submit").await;
        assert!(html.contains(&format!("data-step=\"{step}\"")), "{number}");
        assert_eq!(html.matches("readonly").count(), fixed, "{number}");
    }
    // Defect: Python's False inside what curl would send.
    let python = case(1).replace(", }", " }").replace("false", "False").replace("YOUR_FLOW_API_KEY", &key);
    assert!(hint(&curl(&sandbox, &python).await).contains("Python"));
}

#[tokio::test]
async fn the_sample_citizen_gets_nowhere() {
    let sandbox = Sandbox::start().await.unwrap();
    let key = key(&sandbox, INDIVIDUALS);
    for phone in ["+1234567890", "77*********"] {
        let sample = case(1).replace(", }", " }").replace("YOUR_FLOW_API_KEY", &key);
        let sample = sample.replace("<subjects_iin>", "123456789012").replace("<subjects_phone>", phone);
        let response = curl(&sandbox, &sample).await;
        // Defects: month 34 and a wrong check digit; a foreign number, or stars.
        let remark = hint(&response);
        assert!(remark.contains("no IIN") && remark.contains("no Kazakh mobile number"), "{remark}");
        let session = id(response).await;
        press(&here(&sandbox, &format!("https://remote.biometric.kz/flow/{session}")), "submit").await;
        sandbox.control().advance(3_000).await;
        let params = [("session_id", session.as_str()), ("flow_api_key", key.as_str())];
        let result: Value =
            http().get(here(&sandbox, RESULT)).query(&params).send().await.unwrap().json().await.unwrap();
        assert_eq!(result["edocument_result"]["failure_reason"]["detail"], "Invalid IIN");
    }
}

#[tokio::test]
async fn the_final_page_shows_the_flow_and_the_result_has_its_members() {
    let sandbox = Sandbox::start().await.unwrap();
    let flows = sandbox.control().settings().biometric_kz.flows;
    sandbox.control().configure(|config| config.biometric_kz.flows[0].technologies = vec!["DR".into()]);
    let session = id(curl(&sandbox, &json!({ "api_key": flows[0].api_key }).to_string()).await).await;
    let sample = "<div id=\"flow-widget\"></div>\n\
        <script type=\"module\" src=\"https://remote.biometric.kz/widget/flow-widget.umd.js\"></script>\n\
        <script type=\"module\">\n    FlowWidget.startSession({\n        id: '2569aadc-9ff2-4da3-a1c8-44057520e1d6',\n\
        selector: '#flow-widget',\n        locale: 'ru'\n    })\n\
        window.addEventListener('finish', (data) => {\n        console.dir(data.detail)\n    })\n</script>";
    let page = here(&sandbox, &sample.replace("2569aadc-9ff2-4da3-a1c8-44057520e1d6", &session));
    let source = page.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    // The prose names the other file; both are there.
    for source in [source.to_owned(), source.replace(".umd", "")] {
        let script = http().get(&source).send().await.unwrap();
        assert_eq!(script.status(), 200);
        let script = script.text().await.unwrap();
        for part in ["window.FlowWidget = { startSession", "options.id || options.session_id", "CustomEvent(\"finish\""]
        {
            assert!(script.contains(part), "{part}");
        }
    }
    // What the widget loads into its frame.
    let frame = here(&sandbox, &format!("https://remote.biometric.kz/flow/{session}?widget=true&locale=ru"));
    let opened = http().get(&frame).send().await.unwrap();
    assert!(!opened.headers().contains_key("x-frame-options"));
    assert!(opened.text().await.unwrap().contains("locale ru"));
    let (_, html) = press(&frame, "submit").await;
    assert_eq!(data_scripts(&html, "data-finish"), ["{}"]);

    sandbox.control().advance(3_000).await;
    let url = format!("{RESULT}?session_id={session}&flow_api_key={}", flows[0].api_key);
    let result: Value = http().get(here(&sandbox, &url)).send().await.unwrap().json().await.unwrap();
    assert_eq!(result["id"], session.as_str());
    let technology = &result["technologies"][0];
    assert_eq!(
        (&technology["name"], &technology["description"]),
        (&json!("Document Recognition"), &json!("Parse document data from image"))
    );
    let fields =
        ["first_name", "last_name", "patronymic", "personal_number", "date_of_birth", "document_number", "authority"];
    for field in fields {
        assert!(result["document_recognition_result"][field].is_string(), "{field}");
    }
    assert_eq!(result["document_recognition_result"]["date_of_birth"], "01.01.2000", "the published form");
    assert!(result.get("liveness_result").is_none(), "only what was passed");
}

/// What the Flutter sample does in `onPageStarted`: it compares for equality.
fn is_finished(sandbox: &Sandbox, started: &str) -> bool {
    started == here(sandbox, "https://remote.biometric.kz/finished")
}

#[tokio::test]
async fn the_flutter_sample_finishes_only_with_its_parameter() {
    let sandbox = Sandbox::start().await.unwrap();
    let key = key(&sandbox, EVERYONE);
    for (initial, finishes) in [
        // Defect: the sample's own URL lacks the parameter that the text above it asks for.
        ("https://remote.biometric.kz/flow/session_id", false),
        ("https://remote.biometric.kz/flow/session_id?web_view=true", true),
    ] {
        let session = id(curl(&sandbox, &json!({ "api_key": key }).to_string()).await).await;
        let page = here(&sandbox, &initial.replace("session_id", &session));
        let opened = http().get(&page).send().await.unwrap();
        assert_eq!(hint(&opened).contains("web_view=true"), !finishes);
        let mut started = vec![page.clone()];
        for _ in 0..2 {
            started.push(press(&page, "submit").await.0);
        }
        assert_eq!(started.iter().any(|url| is_finished(&sandbox, url)), finishes, "{initial}");
        if finishes {
            assert_eq!(http().get(started.last().unwrap()).send().await.unwrap().status(), 200);
        }
    }
}
