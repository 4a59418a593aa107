//! Flows in which the user goes to a page: capture and eID. The session is stored and restored at every step.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod common;

use common::{D1, D2, Host, P1, P2, RETURN, capture, eid, notification, process};
use idvkit_core::{AtProvider, Decision, Header, Input, Next, Outcome, Seen, Way, Why};
use serde_json::{Value, json};

const LINK: &str = "https://capture.signicat.example/c?t=LINKSECRET";

fn accepted(id: &str, provider: &str) -> Value {
    let mut body = process(id, provider, "accepted");
    body["finalResult"] = json!({ "firstName": "ANNA", "lastName": "TESTPERSON", "dateOfBirth": "1990-01-02" });
    body
}

fn away(host: &mut Host, reply: &Value) {
    host.answer("create_dossier", 201, &json!({ "dossierId": D1 }));
    host.answer("start_capture", 200, reply);
}

fn callback_body() -> Value {
    json!({ "dossierId": D1, "processId": P1, "status": "accepted" })
}

#[test]
fn capture_with_one_provider() {
    for reply in [json!({ "url": LINK, "processId": P1 }), json!({ "url": LINK })] {
        let mut host = Host::open(&json!({}), &capture(&["readid"], "all"));
        away(&mut host, &reply);
        let journey = host.journey();
        let [Way::Redirect { url, shareable: false, .. }] = journey.ways.as_slice() else { panic!() };
        assert_eq!((url.as_str(), journey.refused[0].way.as_str()), (LINK, "frame"));
        let elsewhere = host.redirect(&format!("dossierId={D2}&processId={P1}")).unwrap_err();
        assert_eq!(elsewhere.code(), "redirect_of_other_session");
        host.redirect(&format!("dossierId={D1}&processId={P1}&status=processing")).unwrap();
        assert!(matches!(host.serve(200, &json!([process(P1, "readid", "processing")])), Next::Wait { .. }));
        assert!(host.printed.contains("signicat.list_processes"));
        host.serve_later(&json!([accepted(P1, "readid")]));
        host.decided(Decision::Approved);
        assert!(!host.printed.contains("LINKSECRET"));
    }
}

#[test]
fn a_frame_is_offered_only_where_it_was_allow_listed() {
    let mut host = Host::open(&json!({ "options": { "frame_allowed": true } }), &capture(&["readid"], "all"));
    away(&mut host, &json!({ "url": LINK }));
    let journey = host.journey();
    let frame = journey.ways.iter().find(|way| way.name() == "frame").unwrap();
    assert!(matches!(frame, Way::Frame { origins, .. } if origins == &["https://capture.signicat.example"]));
    assert!(journey.refused.is_empty());
}

#[test]
fn the_clients_hint_names_a_process_and_decides_nothing() {
    let mut host = Host::open(&json!({}), &capture(&["readid"], "all"));
    away(&mut host, &json!({ "url": LINK }));
    host.hint(&Seen::Navigation { url: format!("{RETURN}?dossierId={D1}&processId={P2}&status=accepted") });
    host.answer("list_processes", 404, &json!(null));
    // It is fetched below our dossier, and is of another provider: it does not count.
    let look = host.answer("get_process", 200, &accepted(P2, "onfido"));
    assert!(look.url.contains(D1));
    assert!(matches!(host.next(), Next::Wait { .. }));
    let rows = json!({ "processes": [{ "processId": P1, "provider": "readid" }] });
    host.look("list_processes", 200, &rows);
    host.look("get_process", 200, &accepted(P1, "readid"));
    host.look("list_processes", 200, &rows);
    host.decided(Decision::Approved);
}

#[test]
fn a_return_that_the_process_does_not_bear_out_shows_the_page_again() {
    let mut host = Host::open(&json!({}), &capture(&["readid"], "all"));
    away(&mut host, &json!({ "url": LINK, "processId": P1 }));
    let journey = host.journey();
    host.redirect(&format!("dossierId={D1}")).unwrap();
    host.serve(200, &json!([process(P1, "readid", "pending")]));
    assert_eq!(host.journey().id, journey.id);
}

#[test]
fn two_providers() {
    let cases = [
        ("all", "accepted", "accepted", Some(Decision::Approved)),
        ("all", "accepted", "rejected", Some(Decision::Declined)),
        ("all", "rejected", "processing", Some(Decision::Declined)),
        ("all", "accepted", "inconclusive", Some(Decision::Inconclusive)),
        ("all", "accepted", "processing", None),
        ("all", "inconclusive", "processing", None),
        ("any", "accepted", "processing", Some(Decision::Approved)),
        ("any", "rejected", "accepted", Some(Decision::Approved)),
        ("any", "rejected", "processing", None),
        ("any", "rejected", "inconclusive", Some(Decision::Inconclusive)),
        ("any", "rejected", "rejected", Some(Decision::Declined)),
        ("all", "accepted", "nonsense", None),
    ];
    for (need, one, other, decision) in cases {
        let mut host = Host::open(&json!({}), &capture(&["readid", "onfido"], need));
        away(&mut host, &json!({ "url": LINK }));
        host.redirect(&format!("dossierId={D1}")).unwrap();
        let next = host.serve(200, &json!([process(P2, "onfido", other), process(P1, "readid", one)]));
        match (next, decision) {
            (Next::Done { outcome, .. }, Some(decision)) => {
                assert_eq!(outcome, Outcome::Decided { decision }, "{need} {one} {other}");
                assert!(host.session.evidence().is_some(), "{need} {one} {other}");
            }
            (Next::Wait { .. }, None) => {}
            (next, _) => panic!("{need} {one} {other}: {next:?}"),
        }
    }
}

#[test]
fn two_providers_of_which_the_redirect_names_one() {
    let mut host = Host::open(&json!({}), &capture(&["readid", "onfido"], "all"));
    away(&mut host, &json!({ "url": LINK, "processId": P1 }));
    host.redirect(&format!("dossierId={D1}&processId={P2}&status=processing")).unwrap();
    host.answer("list_processes", 200, &json!([accepted(P1, "readid"), accepted(P2, "onfido")]));
    host.answer("get_process", 200, &accepted(P1, "readid"));
    // A stored result is believed only as far as its own body goes.
    let forged = host.session.snapshot().replacen("\"status\":\"accepted\"", "\"status\":\"rejected\"", 1);
    let restored = idvkit_signicat::Session::restore(host.account.clone(), &forged);
    assert_eq!(restored.err().map(|reject| reject.code().as_str()), Some("snapshot_malformed"));
    host.serve(200, &json!([accepted(P1, "readid"), accepted(P2, "onfido")]));
    let evidence = host.decided(Decision::Approved);
    let raw: Value = serde_json::from_slice(&evidence.raw).unwrap();
    assert_eq!(raw.as_array().unwrap().len(), 2);
    assert_eq!(evidence.parts.iter().map(|part| part.passed).collect::<Vec<_>>(), [Some(true), Some(true)]);
}

#[test]
fn leaving_after_the_first_of_two_ends_as_what_is_known() {
    let mut host = Host::open(&json!({}), &capture(&["readid", "onfido"], "all"));
    away(&mut host, &json!({ "url": LINK }));
    host.redirect(&format!("dossierId={D1}")).unwrap();
    host.serve(200, &json!([process(P1, "readid", "canceled")]));
    assert_eq!(host.outcome(), Outcome::Abandoned { stage: None });
    // A new attempt has a dossier of its own.
    host.tell(Input::Retry).unwrap();
    host.answer("create_dossier", 201, &json!({ "dossierId": D2 }));
    host.answer("start_capture", 200, &json!({ "url": LINK }));
    assert_eq!(host.session.references(), [D2, D1, P1]);
    // What belongs to the first attempt is heard and ignored.
    host.redirect(&format!("dossierId={D1}&processId={P1}")).unwrap();
    host.journey();
    host.tell(Input::Erase { at_provider: true }).unwrap();
    let first = host.answer("delete", 204, &json!(null));
    let second = host.answer("delete", 404, &json!(null));
    assert!(first.url.ends_with(D2) && second.url.ends_with(D1));
    assert!(matches!(host.next(), Next::Done { outcome: Outcome::Abandoned { .. }, erasure: Some(erasure) }
        if erasure.at_provider == AtProvider::Deleted { count: 2 }));
}

#[test]
fn eid_with_a_sealed_result() {
    let mut host = Host::open(&notification(), &eid());
    let mut created = process(P1, "connect:idin", "pending");
    created["redirectUrl"] = json!(LINK);
    host.prepare(&created);
    let names: Vec<_> = host.journey().ways.iter().map(Way::name).collect();
    assert_eq!(names, ["redirect", "web_view"]);
    host.redirect(&format!("dossierId={D1}&processId={P1}&status=accepted")).unwrap();
    let mut body = process(P1, "connect:idin", "accepted");
    let jwe = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a2V5.aXY.Y2lwaGVy.dGFn";
    body["finalResult"] = json!(jwe);
    host.answer("get_process", 200, &body);
    let evidence = host.decided(Decision::Approved);
    assert_eq!((evidence.person.is_none(), evidence.sealed.as_deref()), (true, Some(jwe.as_bytes())));
    host.callback("Bearer abc", &callback_body()).unwrap();
    host.decided(Decision::Approved);
}

#[test]
fn our_own_return_url_is_no_link_for_the_user() {
    let mut host = Host::open(&json!({}), &eid());
    let mut created = process(P1, "connect:idin", "pending");
    created["redirectUrl"] = json!(RETURN);
    host.prepare(&created);
    assert!(matches!(host.outcome(), Outcome::Failed { fault } if fault.code == "no_user_link"));
}

#[test]
fn throttling_is_obeyed() {
    let mut host = Host::open(&json!({}), &eid());
    let mut created = process(P1, "connect:idin", "pending");
    created["redirectUrl"] = json!(LINK);
    host.prepare(&created);
    host.redirect(&format!("dossierId={D1}")).unwrap();
    let look = host.wanted();
    let headers = vec![Header::new("Retry-After", "120")];
    host.tell(Input::HttpResponse { id: look.id, status: 429, headers, body: vec![] }).unwrap();
    let Next::Wait { until, why: Why::Throttled { .. } } = host.next() else { panic!() };
    assert_eq!(until.0, host.now + 120_000);
    host.redirect(&format!("dossierId={D1}")).unwrap();
    assert!(matches!(host.next(), Next::Wait { until: still, .. } if still == until), "a hint does not beat it");
}

#[test]
fn the_read_vectors_are_about_this_journey() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/data/read/signicat.json");
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut host = Host::open(&json!({ "options": { "frame_allowed": true } }), &capture(&["readid"], "all"));
    away(&mut host, &json!({ "url": LINK }));
    assert_eq!(file["journey"], serde_json::from_str::<Value>(&host.journey().to_json()).unwrap());
}
