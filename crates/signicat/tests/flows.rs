//! Whole flows, by hand-written answers. The session is stored and restored at every step.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod common;

use common::{D1, D2, Host, P1, P2, eid, image, notification, paper, png, process};
use idvkit_core::{
    AtProvider, Decision, FaultClass, Header, Image, Input, Next, Outcome, Provider, Seen, TokenAnswer, Way, Why,
    machine::Account as _,
};
use idvkit_signicat::Signicat;
use serde_json::{Value, json};

const LINK: &str = "https://capture.signicat.example/c?t=LINKSECRET";

fn accepted(id: &str, provider: &str) -> Value {
    let mut body = process(id, provider, "accepted");
    body["finalResult"] = json!({ "firstName": "ANNA", "lastName": "TESTPERSON", "dateOfBirth": "1990-01-02" });
    body
}

fn callback_body() -> Value {
    json!({ "dossierId": D1, "processId": P1, "status": "accepted" })
}

fn upload(host: &mut Host) {
    host.prepare(&process(P1, "signicatpaper", "pending"));
    host.tell(Input::Images { images: vec![image("front", 10)] }).unwrap();
}

#[test]
fn document_verification_by_upload() {
    let mut host = Host::open(&json!({}), &paper());
    host.prepare(&process(P1, "signicatpaper", "pending"));
    let journey = host.journey();
    let [Way::Upload { images, types, max_bytes, max_pixels }] = journey.ways.as_slice() else { panic!() };
    assert_eq!((types.len(), *max_bytes, *max_pixels), (2, 4_000_000, 5000));
    assert_eq!(
        images.iter().map(|slot| (slot.slot.as_str(), slot.required)).collect::<Vec<_>>(),
        [("front", true), ("back", false)]
    );
    // Only the optional image: still asked for the rest.
    host.tell(Input::Images { images: vec![image("back", 20)] }).unwrap();
    assert_eq!(host.journey().id, journey.id);
    host.tell(Input::Images { images: vec![image("front", 10)] }).unwrap();
    let sent = host.answer("set_images", 204, &json!(null));
    assert_eq!(sent.url, format!("https://api.signicat.com/assure/dossiers/{D1}/processes/{P1}/images"));
    let body: Value = serde_json::from_slice(&sent.body.unwrap()).unwrap();
    assert!(body["front"].as_str().unwrap().starts_with("data:image/png;base64,"));
    assert!(body["back"].is_string() && body.as_object().unwrap().len() == 2);
    assert_eq!((host.session.blobs(), host.session.digests()), (vec![], vec![]), "images go once they are sent");
    host.answer("start", 202, &json!(null));
    assert!(matches!(host.next(), Next::Wait { why: Why::Verdict, .. }));
    host.look("get_process", 200, &process(P1, "signicatpaper", "processing"));
    host.look("get_process", 200, &process(P1, "signicatpaper", "whatever"));
    host.look("get_process", 200, &accepted(P1, "signicatpaper"));
    let evidence = host.decided(Decision::Approved);
    assert_eq!(evidence.raw, accepted(P1, "signicatpaper").to_string().into_bytes());
    assert_eq!(evidence.person.unwrap().family_name.as_deref(), Some("TESTPERSON"));
    assert!(evidence.source.production && evidence.source.host == "api.signicat.com");
    assert_eq!(host.session.references(), [D1, P1]);
}

#[test]
fn images_are_replaced_until_the_start_and_none_is_taken_after() {
    let mut host = Host::open(&json!({}), &paper());
    upload(&mut host);
    let first = host.wanted();
    host.tell(Input::Sending { id: first.id.clone() }).unwrap();
    // The upload of A is on its way when B comes: its answer must not stand for B.
    host.tell(Input::Images { images: vec![image("front", 33)] }).unwrap();
    let stale = Input::HttpResponse { id: first.id, status: 200, headers: vec![], body: vec![] };
    assert_eq!(host.tell(stale).unwrap_err().code(), "stale");
    let second = host.answer("set_images", 200, &json!(null));
    assert_ne!(first.body, second.body);
    // Uploaded, not started: still replaceable.
    host.tell(Input::Images { images: vec![image("front", 44)] }).unwrap();
    let third = host.answer("set_images", 200, &json!(null));
    assert_ne!(second.body, third.body);
    let start = host.wanted();
    host.tell(Input::Sending { id: start.id.clone() }).unwrap();
    let late = Input::Images { images: vec![image("front", 55)] };
    assert_eq!(host.tell(late.clone()).unwrap_err().code(), "images_too_late");
    host.respond(&start.id, 200, &json!(null));
    assert_eq!(host.tell(late).unwrap_err().code(), "images_too_late");
}

#[test]
fn unfit_images_are_refused_before_anything_is_sent() {
    let mut host = Host::open(&json!({}), &paper());
    host.prepare(&process(P1, "signicatpaper", "pending"));
    let give = |host: &mut Host, slot: &str, bytes: Vec<u8>| {
        host.tell(Input::Images { images: vec![Image { slot: slot.into(), bytes }] }).unwrap_err().code()
    };
    assert_eq!(give(&mut host, "front", b"GIF89a".to_vec()), "image_kind");
    assert_eq!(give(&mut host, "front", png(5001, 10)), "image_dimensions");
    assert_eq!(give(&mut host, "front", [png(10, 10), vec![0; 4_000_000]].concat()), "image_too_large");
    assert_eq!(give(&mut host, "portrait", png(10, 10)), "image_slot");
    assert_eq!(host.tell(Input::Images { images: vec![] }).unwrap_err().code(), "images_missing");
    assert!(host.printed.len() < 100_000, "no image is printed");
}

#[test]
fn a_refused_upload_asks_for_other_images() {
    let mut host = Host::open(&json!({}), &paper());
    upload(&mut host);
    host.answer("set_images", 422, &json!({ "title": "unreadable", "detail": "PRIVATE" }));
    let Outcome::Failed { fault } = host.outcome() else { panic!() };
    assert_eq!((fault.class, fault.provider_code.as_deref()), (FaultClass::Input, Some("unreadable")));
    host.tell(Input::Retry).unwrap();
    host.answer("get_process", 200, &process(P1, "signicatpaper", "pending"));
    assert!(matches!(host.journey().ways[0], Way::Upload { .. }));
    assert!(!host.printed.contains("PRIVATE"));
}

#[test]
fn a_lost_answer_to_the_start_is_found_out() {
    let mut host = Host::open(&json!({}), &paper());
    upload(&mut host);
    host.answer("set_images", 200, &json!(null));
    let start = host.wanted();
    assert!(!start.idempotent);
    host.tell(Input::Sending { id: start.id.clone() }).unwrap();
    host.tell(Input::HttpFailed { id: start.id }).unwrap();
    // What the process says comes before another start.
    host.look("get_process", 200, &process(P1, "signicatpaper", "pending"));
    host.answer("start", 409, &json!({ "title": "already started" }));
    host.look("get_process", 200, &accepted(P1, "signicatpaper"));
    host.decided(Decision::Approved);
}

#[test]
fn a_start_that_arrived_is_not_sent_again() {
    for (lost, status) in [(None, "processing"), (Some(502), "processing"), (None, "accepted"), (Some(504), "rejected")]
    {
        let mut host = Host::open(&json!({}), &paper());
        upload(&mut host);
        host.answer("set_images", 200, &json!(null));
        if let Some(code) = lost {
            drop(host.answer("start", code, &json!(null)));
        } else {
            let id = host.wanted().id;
            host.tell(Input::HttpFailed { id }).unwrap();
        }
        host.look("get_process", 200, &process(P1, "signicatpaper", status));
        if status == "processing" {
            assert!(matches!(host.next(), Next::Wait { why: Why::Verdict, .. }), "{lost:?}");
            host.look("get_process", 200, &accepted(P1, "signicatpaper"));
        }
        let decision = if status == "rejected" { Decision::Declined } else { Decision::Approved };
        host.decided(decision);
    }
}

#[test]
fn starts_that_never_arrive_end_in_a_failure_that_can_be_resumed() {
    let mut host = Host::open(&json!({}), &paper());
    upload(&mut host);
    host.answer("set_images", 200, &json!(null));
    let mut starts = 0;
    let outcome = loop {
        match host.next() {
            Next::Send { request } => match request.operation.as_str() {
                "signicat.token" => host.give_token(&request),
                "signicat.start" => {
                    starts += 1;
                    host.tell(Input::HttpFailed { id: request.id }).unwrap();
                }
                _ => host.respond(&request.id, 200, &process(P1, "signicatpaper", "pending")),
            },
            Next::Wait { until, .. } => host.now = until.0,
            Next::Done { outcome, .. } => break outcome,
            Next::Present { .. } => panic!("there is nothing to do for the user"),
        }
    };
    assert!(matches!(outcome, Outcome::Failed { fault } if fault.code == "no_answer"));
    assert_eq!(starts, 5);
    host.tell(Input::Retry).unwrap();
    host.look("get_process", 200, &accepted(P1, "signicatpaper"));
    host.decided(Decision::Approved);
}

/// All answers to the start were lost, and the process was accepted: its callback tells (rule 24, S-D19).
#[test]
fn rule_24_a_callback_finds_out_that_a_start_arrived() {
    for looks in [0, 1] {
        let mut host = Host::open(&notification(), &paper());
        upload(&mut host);
        host.answer("set_images", 200, &json!(null));
        let mut lost = 0;
        while !matches!(host.next(), Next::Done { .. }) {
            match host.next() {
                Next::Send { request } if request.operation == "signicat.token" => host.give_token(&request),
                Next::Send { request } if looks == 1 && request.operation == "signicat.get_process" => {
                    host.respond(&request.id, 200, &process(P1, "signicatpaper", "pending"));
                }
                Next::Send { request } => {
                    lost += 1;
                    host.tell(Input::HttpFailed { id: request.id }).unwrap();
                }
                other => host.now = until(&other),
            }
        }
        assert!(matches!(host.outcome(), Outcome::Failed { fault } if fault.code == "no_answer") && lost >= 5);
        host.callback("Bearer abc", &callback_body()).unwrap();
        host.look("get_process", 200, &accepted(P1, "signicatpaper"));
        host.decided(Decision::Approved);
    }
}

fn until(next: &Next) -> i64 {
    match next {
        Next::Wait { until, .. } | Next::Present { until, .. } => until.0,
        other => panic!("{other:?}"),
    }
}

#[test]
fn native_sdk() {
    let flow = json!({ "document_verification": {
        "provider": "signicatvideoid", "process_type": "high", "images": "sdk",
    }});
    let mut host = Host::open(&json!({}), &flow);
    let mut created = process(P1, "signicatvideoid", "pending");
    created["authorization"] = json!("SDKSECRET");
    host.prepare(&created);
    let journey = host.journey();
    assert!(journey.ways.iter().all(|way| matches!(way, Way::Native { sdk, .. } if sdk == "signicatvideoid")));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/data/read/signicat_sdk.json");
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let shown: Value = serde_json::from_str(&journey.to_json()).unwrap();
    assert_eq!(vectors["journey"], shown, "the vectors for `read` are about this journey");
    assert!(journey.to_json().contains("SDKSECRET") && !host.printed.contains("SDKSECRET"));
    assert_eq!(host.tell(Input::Images { images: vec![image("front", 1)] }).unwrap_err().code(), "images_unexpected");
    host.hint(&Seen::Event { name: "success".into(), data: String::new() });
    host.answer("start", 200, &json!(null));
    host.look("get_process", 200, &accepted(P1, "signicatvideoid"));
    host.decided(Decision::Approved);

    let mut without = Host::open(&json!({}), &flow);
    without.prepare(&process(P1, "signicatvideoid", "pending"));
    assert!(matches!(without.outcome(), Outcome::Failed { fault } if fault.code == "no_sdk_authorization"));
}

#[test]
fn dossier_files_and_a_callback_before_the_start_answer() {
    let flow = json!({ "document_verification": {
        "dossier": D1, "provider": "signicatpaper", "images": "dossier_files",
    }});
    let mut host = Host::open(&notification(), &flow);
    host.answer("create_process", 201, &process(P1, "signicatpaper", "pending"));
    let start = host.wanted();
    host.tell(Input::Sending { id: start.id.clone() }).unwrap();
    host.callback("Bearer abc", &callback_body()).unwrap();
    host.respond(&start.id, 200, &json!(null));
    // At once, although the safety net would look a minute later.
    host.answer("get_process", 200, &accepted(P1, "signicatpaper"));
    host.decided(Decision::Approved);
    // The dossier is the caller's: only the process is deleted.
    host.tell(Input::Erase { at_provider: true }).unwrap();
    let sent = host.answer("delete", 204, &json!(null));
    assert_eq!((sent.method.as_str(), sent.url.ends_with(P1)), ("DELETE", true));
    assert!(matches!(host.next(), Next::Done { erasure: Some(erasure), .. }
        if erasure.at_provider == AtProvider::Deleted { count: 1 }));
}

#[test]
fn callbacks_prove_themselves_and_decide_nothing() {
    let mut host = Host::open(&notification(), &paper());
    upload(&mut host);
    host.answer("set_images", 200, &json!(null));
    host.answer("start", 200, &json!(null));
    host.look("get_process", 200, &process(P1, "signicatpaper", "processing"));
    assert!(matches!(host.next(), Next::Wait { .. }));
    assert_eq!(host.callback("Bearer abd", &callback_body()).unwrap_err().code(), "callback_secret_wrong");
    let other = json!({ "dossierId": D2, "processId": P1, "status": "accepted" });
    assert_eq!(host.callback("Bearer abc", &other).unwrap_err().code(), "callback_of_other_session");
    host.later(3);
    host.callback("Bearer old", &callback_body()).unwrap();
    // It claims `accepted`; what counts is what is fetched.
    host.answer("get_process", 200, &process(P1, "signicatpaper", "rejected"));
    host.decided(Decision::Declined);
    host.callback("Bearer abc", &callback_body()).unwrap();
    host.callback("Bearer abc", &callback_body()).unwrap();
    host.decided(Decision::Declined);
}

#[test]
fn retry_discards_the_process_and_keeps_the_dossier() {
    let mut host = Host::open(&json!({}), &paper());
    upload(&mut host);
    host.answer("set_images", 200, &json!(null));
    host.answer("start", 200, &json!(null));
    let mut failed = process(P1, "signicatpaper", "failed");
    failed["failReason"] = json!(["cameraRefused"]);
    host.look("get_process", 200, &failed);
    let Outcome::Failed { fault } = host.outcome() else { panic!() };
    assert_eq!(fault.provider_code.as_deref(), Some("cameraRefused"));
    host.tell(Input::Retry).unwrap();
    let discard = host.answer("discard_process", 409, &json!(null));
    assert!(discard.url.ends_with(P1) && discard.method.as_str() == "DELETE");
    let create = host.answer("create_process", 201, &process(P2, "signicatpaper", "pending"));
    assert!(create.url.contains(D1));
    assert_eq!(host.session.references(), [D1, P2, P1]);
    host.tell(Input::Images { images: vec![image("front", 10)] }).unwrap();
    host.answer("set_images", 200, &json!(null));
    host.answer("start", 200, &json!(null));
    // An answer about the first process is not one about the second.
    host.look("get_process", 200, &accepted(P1, "signicatpaper"));
    assert!(matches!(host.next(), Next::Wait { why: Why::Backoff { .. }, .. }));
    host.look("get_process", 200, &accepted(P2, "onfido"));
    let mut foreign = accepted(P2, "signicatpaper");
    foreign["dossierId"] = json!(D2);
    host.look("get_process", 200, &foreign);
    host.look("get_process", 200, &accepted(P2, "signicatpaper"));
    host.decided(Decision::Approved);
    assert_eq!(host.tell(Input::Retry).unwrap_err().code(), "retry_refused");
}

#[test]
fn a_refused_token_is_refreshed_once() {
    let mut host = Host::open(&json!({}), &paper());
    let Next::Send { request: token } = host.next() else { panic!() };
    assert_eq!(token.cache.as_ref().unwrap().refused, None);
    host.give_token(&token);
    host.answer("create_dossier", 401, &json!({ "code": "invalid_token" }));
    let Next::Send { request: token } = host.next() else { panic!() };
    assert_eq!(token.operation, "signicat.token");
    assert_eq!(token.cache.as_ref().unwrap().refused, Some(TokenAnswer::mark_of("tok-1")), "it says which one it was");
    host.give_token(&token);
    let again = host.answer("create_dossier", 201, &json!({ "dossierId": D1 }));
    assert_eq!(Header::find(&again.headers, "authorization"), Some("Bearer tok-2"));
    // S-10: a 400 that complains about the header counts as well. The second in a row is a fault.
    let complaint = json!({ "type": "base:client-problem", "title": "Malformed Authorization header" });
    host.answer("create_process", 400, &complaint);
    host.answer("create_process", 400, &complaint);
    let Outcome::Failed { fault } = host.outcome() else { panic!() };
    assert_eq!((fault.class, fault.retryable), (FaultClass::Authorization, false));
    // Put right at Signicat's side: a retry begins with a token anew.
    host.tell(Input::Retry).unwrap();
    let Next::Send { request: token } = host.next() else { panic!() };
    assert_eq!(token.operation, "signicat.token");
    host.answer("create_process", 201, &process(P1, "signicatpaper", "pending"));
    host.journey();
}

#[test]
fn a_refused_token_while_looking_is_held_back_until_patience_ends() {
    let mut host = Host::open(&json!({}), &eid());
    let mut created = process(P1, "connect:idin", "pending");
    created["redirectUrl"] = json!(LINK);
    host.prepare(&created);
    host.redirect(&format!("dossierId={D1}&processId={P1}")).unwrap();
    let mut sends = 0;
    let outcome = loop {
        match host.next() {
            Next::Send { request } if request.operation == "signicat.token" => host.give_token(&request),
            Next::Send { request } => {
                sends += 1;
                assert!(sends < 700, "a refused token is asked for again and again");
                host.respond(&request.id, 401, &json!(null));
            }
            Next::Wait { until, .. } => host.now = until.0,
            Next::Done { outcome, .. } => break outcome,
            Next::Present { .. } => panic!("the user is done"),
        }
    };
    assert!(matches!(outcome, Outcome::Failed { fault } if fault.class == FaultClass::Authorization));
    assert!(
        host.now - crate::common::START >= 86_400_000,
        "credentials can be put right for as long as the verdict is waited for"
    );
    host.tell(Input::Retry).unwrap();
    host.look("get_process", 200, &accepted(P1, "connect:idin"));
    host.decided(Decision::Approved);
}

#[test]
fn time_runs_out() {
    let mut host = Host::open(&json!({}), &paper());
    host.prepare(&process(P1, "signicatpaper", "pending"));
    host.later(3600);
    host.look("get_process", 200, &process(P1, "signicatpaper", "pending"));
    assert_eq!(host.outcome(), Outcome::Expired);
}

#[test]
fn an_erasure_wipes_token_images_and_person() {
    let flow = json!({ "document_verification": {
        "provider": "signicatpaper", "external_reference": "REFPRIVATE",
        "process_parameters": { "name": "PARAMPRIVATE" },
    }});
    let mut host = Host::open(&json!({}), &flow);
    upload(&mut host);
    host.wanted();
    let stored = host.session.snapshot();
    assert!(stored.contains("tok-2") && stored.contains("REFPRIVATE") && host.session.blobs().len() == 1);
    host.tell(Input::Erase { at_provider: true }).unwrap();
    host.answer("delete", 204, &json!(null));
    let stored = host.session.snapshot();
    assert_eq!(host.session.blobs(), []);
    for private in ["tok-", "REFPRIVATE", "PARAMPRIVATE"] {
        assert!(!stored.contains(private), "{private} is still there");
    }
    assert_eq!(host.session.references(), [D1, P1]);
}

#[test]
fn nothing_private_is_printed() {
    let flow = json!({ "document_verification": {
        "provider": "signicatpaper", "external_reference": "REFPRIVATE",
        "process_parameters": { "name": "PARAMPRIVATE" },
    }});
    let mut host = Host::open(&notification(), &flow);
    upload(&mut host);
    host.answer("set_images", 500, &json!({ "title": "x", "detail": "ANNA TESTPERSON" }));
    host.look("set_images", 200, &json!(null));
    host.answer("start", 200, &json!(null));
    let _ = host.callback("Bearer nope", &json!({ "dossierId": "TESTPERSON!" }));
    let _ = host.callback("Bearer abc", &json!({ "dossierId": "TESTPERSON!" }));
    let _ = host.redirect("dossierId=TESTPERSON!");
    host.look("get_process", 200, &accepted(P1, "signicatpaper"));
    host.decided(Decision::Approved);
    let config = common::config(&notification());
    host.print(&format!("{config:?} {:?} {:?}", config.notification, common::request(&flow)));
    for private in ["tok-", "secret\"", "Y2xpZW50", "Bearer ", "PRIVATE", "TESTPERSON", "iVBOR", "1990"] {
        assert!(!host.printed.contains(private), "{private} was printed");
    }
    assert!(host.printed.contains("signicat.get_process") && !host.account.fingerprint().is_empty());
}

#[test]
fn another_account_and_changed_snapshots_are_refused() {
    let mut host = Host::open(&json!({}), &paper());
    host.prepare(&process(P1, "signicatpaper", "pending"));
    host.tell(Input::Images { images: vec![image("front", 10)] }).unwrap();
    host.wanted();
    let text = host.session.snapshot();
    let other = std::sync::Arc::new(Signicat::account(common::config(&json!({ "client_id": "other" }))).unwrap());
    let restore = |account: &std::sync::Arc<idvkit_signicat::Account>, text: &str| {
        idvkit_signicat::Session::restore(account.clone(), text).err().map(|reject| reject.code().as_str())
    };
    assert_eq!(restore(&other, &text), Some("snapshot_of_other_account"));
    for (from, to) in [(P1, "../../x"), ("\"uploading\"", "\"away\""), (D1, "a/b"), ("tok-2", "tok\\n2")] {
        assert!(text.contains(from));
        assert_eq!(restore(&host.account, &text.replace(from, to)), Some("snapshot_malformed"), "{from} to {to}");
    }
}

#[test]
fn routes_can_be_replaced() {
    let routes = json!({ "options": { "routes": {
        "set_images": "POST /v2/processes/{process}/images", "get_process": "GET /processes/{process}",
    }}});
    let mut host = Host::open(&routes, &paper());
    upload(&mut host);
    let sent = host.answer("set_images", 200, &json!(null));
    assert_eq!(sent.url, format!("https://api.signicat.com/assure/v2/processes/{P1}/images"));
    assert_eq!(sent.method.as_str(), "POST");
    for (name, route) in [
        ("nonsense", "GET /x"),
        ("start", "START /{process}"),
        ("start", "POST {process}"),
        ("start", "POST /start"),
        ("create_process", "POST /dossiers/{dossier}/{process}"),
        ("create_dossier", "POST /dossiers/{dossier}"),
        ("delete_dossier", "DELETE /dossiers"),
        ("start", "POST /{process}?x=1"),
    ] {
        let config = common::config(&json!({ "options": { "routes": { name: route } } }));
        let reject = Signicat::account(config).unwrap_err();
        assert_eq!(reject.code(), "route_invalid", "{name} {route}");
    }
}

#[test]
fn download_and_raw_requests_stay_below_the_base() {
    use idvkit_core::{Method, Secret};
    use idvkit_signicat::{RawRoute, download_request, raw_request};
    let host = Host::open(&json!({}), &paper());
    let token = Secret::from("tok");
    let download = download_request(&host.account, D1, P1, &token, "1".into()).unwrap();
    assert_eq!(download.url, format!("https://api.signicat.com/assure/dossiers/{D1}/processes/{P1}/download"));
    assert!(download_request(&host.account, D1, "../x", &token, "1".into()).is_err());
    for token in [Secret::from(""), Secret::from("tok\r\nX-Other: 1"), Secret::new([0xff])] {
        let refused = download_request(&host.account, D1, P1, &token, "1".into()).unwrap_err();
        assert_eq!(refused.field(), Some("token"), "no header goes without its credential");
    }
    let route = RawRoute::parse(Method::Get, "/dossiers?limit=2").unwrap();
    let raw = raw_request(&host.account, &route, None, &token, "2".into()).unwrap();
    assert_eq!(raw.url, "https://api.signicat.com/assure/dossiers?limit=2");
    for path in ["dossiers", "/../x", "/a/%2E%2E/x", "/a b", "/a\\..\\b", ""] {
        assert!(RawRoute::parse(Method::Get, path).is_err(), "{path}");
    }
}

#[test]
fn ids_in_capitals_are_the_same_ids() {
    const DOSSIER: &str = "C03E66C7-8230-4020-A084-5A34A925D5FE";
    const PROCESS: &str = "8A303665-C94A-47C1-BE8D-5DF65F64A0AD";
    let (dossier, id) = (DOSSIER.to_lowercase(), PROCESS.to_lowercase());
    let mut host = Host::open(&notification(), &paper());
    host.answer("create_dossier", 201, &json!({ "dossierId": DOSSIER }));
    let mut created = process(PROCESS, "signicatpaper", "pending");
    created["dossierId"] = json!(dossier);
    host.answer("create_process", 201, &created);
    assert_eq!(host.session.references(), [dossier.clone(), id.clone()]);
    host.tell(Input::Images { images: vec![image("front", 10)] }).unwrap();
    let sent = host.answer("set_images", 204, &json!(null));
    assert!(sent.url.ends_with(&format!("/dossiers/{dossier}/processes/{id}/images")));
    host.answer("start", 202, &json!(null));
    host.callback("Bearer abc", &json!({ "dossierId": DOSSIER, "processId": PROCESS })).unwrap();
    host.answer("get_process", 200, &accepted(PROCESS, "signicatpaper"));
    host.decided(Decision::Approved);
}
