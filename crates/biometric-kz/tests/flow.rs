//! Whole flows, from open to outcome, fed with answers written by hand. Every step goes through a snapshot.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod common;

use common::{Host, KEY, NOW, SESSION, config};
use idvkit_biometric_kz::{BiometricKz, Config, Options, Request};
use idvkit_core::{
    AtProvider, Decision, FaultCode, Input, Journey, Method, Next, Outcome, ParamValue, Provider, Seen, Way, read,
};
use serde_json::{Value, json};

const PASSED: &str = r#"{"id":"3fa85f64-5717-4562-b3fc-2c963f66afa6","status":"FINISHED","flow_session_result":true,
    "liveness_result":{"result":true,"prediction":"0.9980"},"face2face_result":{"result":true}}"#;
const EMPTY: &str = r#"{"id":"3fa85f64-5717-4562-b3fc-2c963f66afa6","status":"PROGRESS","liveness_result":{}}"#;
const EXPIRED_AFTER_MS: i64 = 30 * 60 * 1000;

fn approved() -> Outcome {
    Outcome::Decided { decision: Decision::Approved }
}

fn with_metadata(metadata: Value) -> Request {
    Request { metadata: Some(serde_json::from_value(metadata).unwrap()), ..Request::default() }
}

fn finish() -> Seen {
    Seen::Event { name: "finish".into(), data: r#"{"anything":"personal"}"#.into() }
}

fn navigation(url: &str) -> Seen {
    Seen::Navigation { url: url.into() }
}

fn web_view(journey: &Journey) -> String {
    let url = journey.ways.iter().find_map(|way| match way {
        Way::WebView { url, .. } => Some(url.clone()),
        _ => None,
    });
    url.unwrap()
}

#[test]
fn the_widget_from_open_to_approved() {
    let mut host = Host::open(config(), Request::default());
    let create = host.request();
    assert_eq!((create.method, create.idempotent), (Method::Post, false));
    assert_eq!(create.url, "https://kyc.biometric.kz/api/v1/flows/session/create/");
    assert_eq!(create.body.as_deref(), Some(json!({ "api_key": KEY }).to_string().as_bytes()));
    assert!(create.headers.iter().any(|header| header.name == "Content-Type" && header.value == "application/json"));
    host.handle(Input::Sending { id: create.id }).unwrap();
    assert!(host.is_waiting(), "another worker is told to wait");
    host.now = host.now.plus(60_001);
    assert!(host.session.technologies().is_empty());
    host.created(r#"["LDHP","F2F"]"#);
    assert_eq!(host.session.technologies(), ["LDHP", "F2F"], "the host can say what comes");

    let journey = host.journey();
    host.hint(&journey, &finish());
    assert!(host.is_waiting(), "the end of the page turns presenting into waiting");
    host.sleep();
    let fetch = host.request();
    assert_eq!((fetch.method, fetch.idempotent), (Method::Get, true));
    let query = format!("session_id={SESSION}&flow_api_key={KEY}");
    assert_eq!(fetch.url, format!("https://kyc.biometric.kz/api/v1/flows/session/result/?{query}"));
    host.answer(200, EMPTY.as_bytes());
    assert!(host.is_waiting(), "results that are still being filled in are no error");
    host.sleep();
    host.answer(200, PASSED.as_bytes());
    assert_eq!(host.outcome(), approved());
    let evidence = host.session.evidence().unwrap();
    assert_eq!(evidence.raw, PASSED.as_bytes());
    assert!(evidence.source.production);
    assert_eq!(host.session.references(), [SESSION]);
}

#[test]
fn the_looks_after_the_end_follow_the_plan() {
    let mut host = Host::live(config(), Request::default(), r#"["LD","F2F"]"#);
    let journey = host.journey();
    host.hint(&journey, &finish());
    let done = host.now;
    let mut offsets = vec![];
    for _ in 0..16 {
        host.sleep();
        offsets.push(host.now.since(done) / 1000);
        host.answer(200, EMPTY.as_bytes());
    }
    assert_eq!(offsets, [2, 5, 8, 11, 14, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600, 900]);
    host.hint(&journey, &finish());
    while !matches!(host.next(), Next::Done { .. }) {
        host.sleep();
        if matches!(host.next(), Next::Send { .. }) {
            host.answer(200, EMPTY.as_bytes());
        }
    }
    assert_eq!(host.outcome(), Outcome::Expired);
    assert!(host.now.since(NOW) >= EXPIRED_AFTER_MS, "a claimed end can only put the deadline off");
}

#[test]
fn a_remote_link_needs_no_signal() {
    let mut host = Host::live(config(), Request::default(), r#"["LD","F2F"]"#);
    let journey = host.journey();
    let remote = journey.ways.iter().find_map(|way| match way {
        Way::Redirect { url, shareable: true, finish } if finish.is_empty() => Some(url.clone()),
        _ => None,
    });
    assert_eq!(remote.as_deref(), Some(format!("https://remote.biometric.kz/flow/{SESSION}?locale=ru").as_str()));
    host.sleep();
    assert_eq!(host.now.since(NOW), 30_000);
    host.answer(200, PASSED.as_bytes());
    assert_eq!(host.outcome(), approved());
}

#[test]
fn the_journey_has_what_the_documents_ask_for() {
    let request = Request { locale: Some("kk-KZ".into()), ..Request::default() };
    let mut host = Host::live(config(), request, r#"["LDHP","F2F"]"#);
    let journey = host.journey();
    let names: Vec<_> = journey.ways.iter().map(Way::name).collect();
    assert_eq!(names, ["script", "web_view", "redirect"]);
    assert_eq!(journey.refused[0].way, "frame");
    assert_eq!(journey.expires, Some(NOW.plus(EXPIRED_AFTER_MS)));
    assert_eq!(web_view(&journey), format!("https://remote.biometric.kz/flow/{SESSION}?web_view=true&locale=kz"));
    let Way::Script { src, module, global, construct, method, options, container, .. } = &journey.ways[0] else {
        panic!()
    };
    assert_eq!(src, "https://remote.biometric.kz/widget/flow-widget.umd.js");
    assert_eq!((*module, global.as_str(), *construct, method.as_str()), (true, "FlowWidget", false, "startSession"));
    assert_eq!(container.as_deref(), Some("#idv-flow"));
    let texts: Vec<_> = options
        .iter()
        .map(|option| match &option.value {
            ParamValue::Text { value } => (option.name.as_str(), value.as_str()),
            _ => panic!("only texts"),
        })
        .collect();
    assert_eq!(texts, [("id", SESSION), ("selector", "#idv-flow"), ("locale", "kz")]);
    assert_eq!(Journey::from_json(&journey.to_json()).unwrap(), journey);
}

#[test]
fn only_the_end_page_itself_ends_a_web_view() {
    let mut host = Host::live(config(), Request::default(), r#"["LD","F2F"]"#);
    let journey = host.journey();
    // The first is what the guide's Flutter sample (B-F7) compares with, by equality.
    for end in [
        "https://remote.biometric.kz/finished",
        "https://remote.biometric.kz/finished/",
        "https://remote.biometric.kz/finished?x=1#y",
    ] {
        assert!(read(&journey, &navigation(end)).is_some_and(|hint| hint.contains("finished")), "{end}");
    }
    for other in [
        "http://remote.biometric.kz/finished",
        "https://remote.biometric.kz:8443/finished",
        "https://user@remote.biometric.kz/finished",
        "https://remote.biometric.kz@evil.example/finished",
        "https://remote.biometric.kz.evil.example/finished",
        "https://evil.example/?https://remote.biometric.kz/finished",
        "https://kyc.biometric.kz/finished",
        "https://remote.biometric.kz/finished/more",
        "https://remote.biometric.kz/finishedly",
        "https://remote.biometric.kz/flow/finished",
        "https://remote.biometric.kz/finished//",
        &web_view(&journey),
        "",
    ] {
        assert_eq!(read(&journey, &navigation(other)), None, "{other}");
    }
    let hint = read(&journey, &finish()).unwrap();
    assert!(!hint.contains("personal"), "nothing of the event's detail is carried");
    host.hint(&journey, &navigation("https://remote.biometric.kz/finished"));
    assert!(host.is_waiting());
}

#[test]
fn closing_the_page_or_a_foreign_hint_does_not_end_it() {
    let mut host = Host::live(config(), Request::default(), r#"["LD","F2F"]"#);
    let journey = host.journey();
    host.hint(&journey, &Seen::Closed);
    host.sleep();
    host.answer(200, EMPTY.as_bytes());
    assert_eq!(host.journey().id, journey.id);
    let forged = r#"{"journey":"of-somebody-else","kind":"finished"}"#;
    assert_eq!(host.handle(Input::Hint { text: forged.into() }).unwrap_err().code(), "hint_stale");
    assert_eq!(
        host.handle(Input::Redirect { url: "https://x.example/".into() }).unwrap_err().code(),
        "redirect_unexpected"
    );
}

#[test]
fn a_claim_never_decides() {
    let mut host = Host::live(config(), Request::default(), r#"["LD","F2F"]"#);
    let journey = host.journey();
    host.hint(&journey, &finish());
    let end = format!(
        r#"{{"id":"d1","event":"flow.end","session_id":"{SESSION}","success":true,"data":{{"session_result":{PASSED}}}}}"#
    );
    host.webhook("/idv", &end).unwrap();
    host.webhook("/idv", &end).unwrap();
    assert!(matches!(host.next(), Next::Send { .. }), "it brings a look forward, and that is all");
    host.answer(200, br#"{"id":"3fa85f64-5717-4562-b3fc-2c963f66afa6","status":"FAILED","flow_session_result":false}"#);
    assert_eq!(host.outcome(), Outcome::Decided { decision: Decision::Declined });
    host.webhook("/idv", &end).unwrap();
    host.hint(&journey, &finish());
    assert_eq!(host.outcome(), Outcome::Decided { decision: Decision::Declined }, "an end absorbs");
    assert_eq!(host.handle(Input::Retry).unwrap_err().code(), "retry_refused");
}

#[test]
fn webhooks_with_a_secret_are_believed_to_be_the_providers() {
    let secrets = vec!["new-secret-0123456789".to_owned(), "old-secret-0123456789".to_owned()];
    let mut host = Host::live(Config { webhook_secrets: secrets, ..config() }, Request::default(), r#"["LD","F2F"]"#);
    let event = |name: &str, session: &str| format!(r#"{{"id":"d1","event":"{name}","session_id":"{session}"}}"#);
    for wrong in
        ["/idv", "/idv/", "/idv/new-secret-012345678", "/new-secret-0123456789/idv", "/idv?new-secret-0123456789"]
    {
        let reject = host.webhook(wrong, &event("flow.end", SESSION)).unwrap_err();
        assert_eq!(reject.code(), "callback_secret_wrong", "{wrong}");
        let input =
            Input::Callback { url: wrong.into(), headers: vec![], body: event("flow.end", SESSION).into_bytes() };
        assert!(BiometricKz::reference_of(&host.account, &input, host.now).is_err());
    }
    let other = event("flow.end", "70f5e424-07a9-4393-ba31-7f3de8681a72");
    let right = "https://shop.example/idv/old-secret-0123456789?x=1";
    assert_eq!(host.webhook(right, &other).unwrap_err().code(), "callback_of_other_session");
    for early in ["flow.start", "technology.start", "technology.end", "flow.paused"] {
        host.webhook(right, &event(early, SESSION)).unwrap();
        assert!(matches!(host.next(), Next::Present { .. }), "{early}");
    }
    let input = Input::Callback { url: right.into(), headers: vec![], body: event("flow.end", SESSION).into_bytes() };
    assert_eq!(BiometricKz::reference_of(&host.account, &input, host.now).unwrap().as_deref(), Some(SESSION));
    host.handle(input).unwrap();
    host.answer(200, EMPTY.as_bytes());
    assert!(host.is_waiting(), "the provider itself says that the user is done");
}

#[test]
fn a_session_id_in_capitals_is_the_same_id() {
    let mut host = Host::open(config(), Request::default());
    let body = format!(r#"{{"session_id":"{}","technologies":["LD"]}}"#, SESSION.to_uppercase());
    host.answer(201, body.as_bytes());
    assert_eq!(host.session.references(), [SESSION]);
    host.webhook("/idv", &format!(r#"{{"event":"flow.end","session_id":"{}"}}"#, SESSION.to_uppercase())).unwrap();
    host.answer(200, PASSED.replace(SESSION, &SESSION.to_uppercase()).as_bytes());
    assert_eq!(host.outcome(), approved());
}

#[test]
fn an_unsigned_webhook_leaves_the_page_as_it_is() {
    let mut host = Host::live(config(), Request::default(), r#"["LD","F2F"]"#);
    host.journey();
    host.webhook("/idv", &format!(r#"{{"event":"flow.end","session_id":"{SESSION}"}}"#)).unwrap();
    host.answer(200, EMPTY.as_bytes());
    assert!(matches!(host.next(), Next::Present { .. }));
}

#[test]
fn metadata_that_the_flow_cannot_use_is_a_fault() {
    let photo = json!({ "face2face": { "photo1": "/9j/4AAQSkZJRgABAQ==" } });
    let iin = json!({ "edocument": { "iin": { "value": "000101500001" } } });
    for (metadata, technologies) in
        [(photo.clone(), r#"["LD","ED"]"#), (photo.clone(), r#"["LDHP","ED","F2F"]"#), (iin, r#"["LDHP","F2F"]"#)]
    {
        let mut host = Host::live(config(), with_metadata(metadata), technologies);
        let Outcome::Failed { fault } = host.outcome() else { panic!("not failed") };
        assert_eq!((fault.code.as_str(), fault.retryable), ("metadata_unsupported", false));
        assert!(host.session.references() == [SESSION] && !host.session.snapshot().contains("/9j/"), "it was made");
    }
    let options = Options { unsupported_metadata: true, ..Options::default() };
    let mut host = Host::live(Config { options, ..config() }, with_metadata(photo), r#"["LD","ED"]"#);
    assert!(matches!(host.next(), Next::Present { .. }), "the named switch sends it anyway");
}

#[test]
fn a_photo_that_the_result_does_not_confirm_stands_beside_no_pass_without_a_word() {
    let compared = PASSED.to_string();
    let not_compared = PASSED.replace(r#","face2face_result":{"result":true}"#, "");
    assert_ne!(compared, not_compared);
    for (technologies, result, reasons) in [
        (r#"["LDHP","F2F"]"#, &compared, vec![]),
        (r#"["F2F","LDHP"]"#, &not_compared, vec!["photo_unconfirmed"]),
        (r#"["LDHP","ED","F2F"]"#, &compared, vec!["photo_unconfirmed"]),
    ] {
        let options = Options { unsupported_metadata: true, ..Options::default() };
        let photo = with_metadata(json!({ "face2face": { "photo1": "/9j/4AAQSkZJRgABAQ==" } }));
        let mut host = Host::live(Config { options, ..config() }, photo, technologies);
        host.sleep();
        host.answer(200, result.as_bytes());
        assert_eq!(host.outcome(), approved());
        let evidence = host.session.evidence().unwrap();
        let codes: Vec<_> = evidence.reasons.iter().map(|reason| reason.code.as_str()).collect();
        assert_eq!(codes, reasons, "{technologies}");
    }
}

#[test]
fn a_photo_is_given_up_once_it_was_sent() {
    let photo = "/9j/4AAQSkZJRgABAQ==";
    let metadata = json!({
        "face2face": { "photo1": photo },
        "edocument": { "iin": { "value": "000101500001", "changeable": false }, "phone": { "value": "77011234567" } },
    });
    let mut host = Host::open(config(), with_metadata(metadata));
    assert!(host.session.snapshot().contains(photo), "still to be sent");
    host.created(r#"["ED","F2F"]"#);
    assert!(!host.session.snapshot().contains(photo));
    host.handle(Input::Erase { at_provider: true }).unwrap();
    let Next::Done { outcome, erasure } = host.next() else { panic!("not done") };
    assert_eq!(outcome, Outcome::Abandoned { stage: None });
    assert_eq!(erasure.unwrap().at_provider, AtProvider::NotOffered);
    for personal in ["000101500001", "77011234567", photo] {
        assert!(!host.session.snapshot().contains(personal));
    }
    assert_eq!(host.session.references(), [SESSION]);
}

#[test]
fn a_decision_gives_up_what_was_sent() {
    let metadata = json!({ "edocument": { "phone": { "value": "77011234567" } } });
    let mut host = Host::live(config(), with_metadata(metadata), r#"["LD","ED","F2F"]"#);
    assert!(host.session.snapshot().contains("77011234567"));
    host.sleep();
    host.answer(200, PASSED.as_bytes());
    assert_eq!(host.outcome(), approved());
    assert!(!host.session.snapshot().contains("77011234567"));
}

#[test]
fn another_attempt_is_another_session_with_the_same_metadata() {
    let metadata = json!({ "edocument": { "iin": { "value": "000101500001", "changeable": false } } });
    let mut host = Host::open(config(), with_metadata(metadata));
    let first = host.request();
    host.created(r#"["LD","ED","F2F"]"#);
    let journey = host.journey();
    host.expire();
    assert_eq!(host.outcome(), Outcome::Expired);
    host.handle(Input::Retry).unwrap();
    let second = host.request();
    assert_eq!(second.body, first.body);
    assert_ne!(second.id, first.id);
    host.answer(200, br#"{"session_id":"70f5e424-07a9-4393-ba31-7f3de8681a72","technologies":["LD","ED","F2F"]}"#);
    assert_eq!(host.session.references(), ["70f5e424-07a9-4393-ba31-7f3de8681a72", SESSION]);
    assert_ne!(host.journey().id, journey.id);
    // A late webhook of the first session changes nothing.
    host.webhook("/idv", &format!(r#"{{"event":"flow.end","session_id":"{SESSION}"}}"#)).unwrap();
    assert!(matches!(host.next(), Next::Present { .. }));
}

#[test]
fn a_retry_never_goes_on_without_the_photo() {
    let metadata = json!({ "face2face": { "photo1": "/9j/4AAQSkZJRgABAQ==" } });
    let mut host = Host::live(config(), with_metadata(metadata), r#"["LD","F2F"]"#);
    host.expire();
    assert_eq!(host.handle(Input::Retry).unwrap_err().code(), "retry_refused");
}

#[test]
fn faults_are_counted_named_and_resumed() {
    let mut host = Host::open(config(), Request::default());
    host.answer(502, b"<html>maintenance</html>");
    assert!(host.is_waiting());
    host.sleep();
    host.answer(400, br#"{"detail":"Client does not have access to E-Document technology"}"#);
    let Outcome::Failed { fault } = host.outcome() else { panic!("not failed") };
    assert_eq!(fault.provider_code.as_deref(), Some("technology_not_provisioned"));
    assert_eq!((fault.operation.as_str(), fault.status), ("biometric_kz.create_session", Some(400)));
    host.handle(Input::Retry).unwrap();
    host.created(r#"["LD","F2F"]"#);
    host.sleep();
    host.answer(503, br#"{"message":"Can`t connect to e-document service"}"#);
    host.sleep();
    host.answer(200, PASSED.replace(SESSION, "70f5e424-07a9-4393-ba31-7f3de8681a72").as_bytes());
    assert!(matches!(host.next(), Next::Present { .. }), "an answer about another session is no pass");
}

#[test]
fn a_creation_that_was_answered_is_never_sent_again() {
    for body in [&b"<html>maintenance</html>"[..], b"", b"{}", br#"{"session_id": 7}"#] {
        let mut host = Host::open(config(), Request::default());
        host.answer(201, body);
        let Outcome::Failed { fault } = host.outcome() else { panic!("not failed") };
        assert_eq!((fault.code, fault.status, fault.retryable), (FaultCode::CreationUnclear, Some(201), false));
        // What a user may still have is another attempt, not the same one.
        let journey = host.session.clone();
        host.handle(Input::Retry).unwrap();
        host.created(r#"["LD","F2F"]"#);
        assert_ne!(host.session.revision(), journey.revision());
        host.journey();
    }
    // A byte order mark is none of that.
    let mut host = Host::open(config(), Request::default());
    host.answer(200, format!("\u{feff}{{\"session_id\": \"{SESSION}\", \"technologies\": [\"LD\"]}}").as_bytes());
    host.journey();
}

#[test]
fn what_the_documents_leave_open_can_be_set() {
    let options = Options {
        front_base: Some("http://localhost:8081/".into()),
        api_base: Some("http://127.0.0.1:8080".into()),
        development: true,
        no_page_locale: true,
        lenient_iin: true,
        container: Some("#flow-widget".into()),
        lifetime_ms: Some(60_000),
        lookout_seconds: Some(7),
        poll_offsets_seconds: Some(vec![4, 9]),
        timeout_ms: Some(5_000),
        ..Options::default()
    };
    let metadata = json!({ "edocument": { "iin": { "value": "123456789012" } } });
    let mut host = Host::open(Config { options, locale: Some("en-GB".into()), ..config() }, with_metadata(metadata));
    let create = host.request();
    assert!(create.url.starts_with("http://127.0.0.1:8080/api/v1/"));
    assert_eq!(create.timeout_ms, 5_000);
    host.created(r#"["LD","ED","F2F"]"#);
    let journey = host.journey();
    assert_eq!(journey.expires, Some(NOW.plus(60_000)));
    assert_eq!(web_view(&journey), format!("http://localhost:8081/flow/{SESSION}?web_view=true"));
    let script =
        |way: &Way| matches!(way, Way::Script { src, .. } if src == "http://localhost:8081/widget/flow-widget.umd.js");
    assert!(journey.ways.iter().any(script));
    assert_eq!(read(&journey, &navigation("https://remote.biometric.kz/finished")), None);
    host.sleep();
    assert_eq!(host.now.since(NOW), 7_000);
    host.answer(200, EMPTY.as_bytes());
    host.hint(&journey, &navigation("http://localhost:8081/finished"));
    host.sleep();
    assert_eq!(host.now.since(NOW), 11_000);
    host.answer(200, PASSED.as_bytes());
    assert!(!host.session.evidence().unwrap().source.production, "a sandbox proves nothing");
}

#[test]
fn only_a_usable_session_is_presented() {
    for answer in [
        r#"{"session_id":"../../evil","technologies":["LD"]}"#,
        r#"{"session_id":"a?b","technologies":["LD"]}"#,
        r#"{"session_id":"","technologies":["LD"]}"#,
        r#"{"session_id":7,"technologies":["LD"]}"#,
        r#"{"session_id":"3fa85f64-5717-4562-b3fc-2c963f66afa6"}"#,
        r#"{"session_id":"3fa85f64-5717-4562-b3fc-2c963f66afa6","technologies":[{"code":"LD"}]}"#,
        r#"{"technologies":["LD"]}"#,
        "[]",
        "",
    ] {
        let mut host = Host::open(config(), Request::default());
        host.answer(200, answer.as_bytes());
        assert!(
            matches!(host.outcome(), Outcome::Failed { fault } if fault.code == FaultCode::CreationUnclear),
            "{answer}"
        );
        assert!(host.session.references().is_empty());
    }
}

#[test]
fn nothing_secret_or_personal_is_printed() {
    let secret = "a-webhook-secret-0123456789";
    let config = Config { webhook_secrets: vec![secret.into()], technologies: None, ..config() };
    let metadata = json!({
        "face2face": { "photo1": "/9j/4AAQSkZJRgABAQ==" },
        "edocument": { "iin": { "value": "000101500001", "changeable": false }, "phone": { "value": "77011234567" } },
    });
    let request = with_metadata(metadata);
    let mut printed = vec![format!("{config:?} {request:?} {:?}", request.metadata)];
    let checked =
        BiometricKz::account(config.clone()).unwrap().check_metadata(request.metadata.as_ref().unwrap()).unwrap();
    printed.push(format!("{checked:?} {:?} {:?} {:?}", checked.iin, checked.phone, checked.photo1));
    printed.push(format!("{:?}", checked.iin.as_ref().unwrap().value));
    let mut host = Host::live(config, request, r#"["ED","F2F"]"#);
    let journey = host.journey();
    host.hint(&journey, &finish());
    let end = format!(r#"{{"event":"flow.end","session_id":"{SESSION}"}}"#);
    let _ = host.webhook("/idv", &end);
    host.webhook(&format!("/idv/{secret}"), &end).unwrap();
    host.answer(500, b"{\"detail\":\"PERSONAL\"}");
    host.sleep();
    let result = r#"{"id":"3fa85f64-5717-4562-b3fc-2c963f66afa6","status":"FINISHED","flow_session_result":true,
        "edocument_result":{"phone":"77011234567",
        "result_json":{"common":{"docOwner":{"iin":"000101500001","firstName":"PERSONAL"}}}}}"#;
    let parsed = idvkit_biometric_kz::FlowResult::parse(result.as_bytes()).unwrap();
    printed.push(format!("{parsed:?} {:?}", parsed.person()));
    host.answer(200, result.as_bytes());
    assert_eq!(host.outcome(), approved());
    printed.append(&mut host.printed);
    for text in &printed {
        for hidden in [KEY, secret, "000101500001", "77011234567", "/9j/4AAQ", "PERSONAL", "flow_api_key="] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
    for stored in host.snapshots.iter().chain(&host.journeys) {
        assert!(
            !stored.contains(KEY) && !stored.contains(secret),
            "credentials of the account are never stored or shown"
        );
    }
    for shown in &host.journeys {
        assert!(!shown.contains("000101500001") && !shown.contains("77011234567"));
    }
}

#[test]
fn the_read_vectors_are_about_this_journey() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/data/read/biometric_kz.json");
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut host = Host::live(config(), Request::default(), r#"["LDHP"]"#);
    let Next::Present { journey, .. } = host.next() else { panic!() };
    assert_eq!(file["journey"], serde_json::from_str::<Value>(&journey.to_json()).unwrap());
}

/// The user was passed at the provider a minute after our time had run out (B-Q22).
#[test]
fn rule_24_a_webhook_after_the_end_brings_the_verdict() {
    let secret = "a-webhook-secret-0123456789";
    let config = Config { webhook_secrets: vec![secret.into()], ..config() };
    let mut host = Host::live(config, Request::default(), r#"["LDHP"]"#);
    host.expire();
    assert_eq!(host.outcome(), Outcome::Expired);
    host.now = host.now.plus(60_000);
    let end = format!(r#"{{"event":"flow.end","session_id":"{SESSION}"}}"#);
    let early = format!(r#"{{"event":"technology.end","session_id":"{SESSION}"}}"#);
    assert_eq!(host.webhook("/idv/wrong", &end).unwrap_err().code(), "callback_secret_wrong");
    host.webhook(&format!("/idv/{secret}"), &early).unwrap();
    assert_eq!(host.outcome(), Outcome::Expired, "not every event tells of an end");
    host.webhook(&format!("/idv/{secret}"), &end).unwrap();
    let result = format!(
        r#"{{"id":"{SESSION}","status":"FINISHED","flow_session_result":true,"liveness_result":{{"result":true}}}}"#
    );
    host.answer(200, result.as_bytes());
    assert_eq!(host.outcome(), approved());

    let mut open = Host::live(self::config(), Request::default(), r#"["LDHP"]"#);
    open.expire();
    assert_eq!(open.webhook("/idv", &end).unwrap_err().code(), "session_over", "anybody could have sent it");
}
