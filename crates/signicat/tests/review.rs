//! What an adversarial review found, one test each. The session is stored and restored at every step.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod common;

use std::sync::Arc;

use common::{D1, D2, Host, P1, P2, RETURN, capture, eid, image, notification, paper, process};
use idvkit_core::{AtProvider, Decision, FaultClass, Input, Next, Outcome, Provider, Seen};
use idvkit_signicat::Signicat;
use serde_json::{Value, json};

const LINK: &str = "https://capture.signicat.example/c?t=LINKSECRET";
const P3: &str = "77777777-7777-4777-8777-777777777777";

fn away(extra: &Value, flow: &Value) -> Host {
    let mut host = Host::open(extra, flow);
    host.answer("create_dossier", 201, &json!({ "dossierId": D1 }));
    host.answer("start_capture", 200, &json!({ "url": LINK }));
    host
}

fn at(mut process: Value, minute: u32) -> Value {
    process["createdAt"] = json!(format!("2024-01-02T03:{minute:02}:05Z"));
    process
}

fn starting() -> Host {
    let mut host = Host::open(&json!({}), &paper());
    host.prepare(&process(P1, "signicatpaper", "pending"));
    host.tell(Input::Images { images: vec![image("front", 10)] }).unwrap();
    let sent = host.answer("set_images", 204, &json!(null));
    assert!(!sent.idempotent, "two workers could send different images");
    host
}

fn opening_error(flow: &Value, options: &Value) -> Option<&'static str> {
    let account = Signicat::account(common::config(&json!({ "options": options }))).unwrap();
    let seed = idvkit_core::Seed::new(&(0..32).collect::<Vec<u8>>()).unwrap();
    let opened =
        Signicat::open(&Arc::new(account), common::request(flow), seed, idvkit_core::UnixMillis(common::START));
    opened.err().map(|reject| reject.code().as_str())
}

#[test]
fn an_sdks_claim_cannot_stand_on_the_files_of_an_old_dossier() {
    let flow = |provider: &str, dossier: &Value| {
        json!({ "document_verification": {
            "provider": provider, "images": "sdk", "dossier": dossier,
        }})
    };
    let (none, old) = (json!({}), json!(D1));
    assert_eq!(opening_error(&flow("signicatpaper", &old), &none), Some("sdk_in_existing_dossier"));
    assert_eq!(opening_error(&flow("signicatpaper", &json!(null)), &none), None);
    assert_eq!(opening_error(&flow("facetec", &old), &none), None);
    let switch = json!({ "allow_sdk_in_existing_dossier": true });
    assert_eq!(opening_error(&flow("signicatpaper", &old), &switch), None);
}

#[test]
fn the_client_cannot_choose_which_process_counts() {
    let mut host = away(&json!({}), &capture(&["readid"], "all"));
    host.redirect(&format!("dossierId={D1}&processId={P1}")).unwrap();
    let rows = [at(process(P2, "readid", "rejected"), 9), at(process(P1, "readid", "accepted"), 3)];
    host.serve(200, &json!(rows));
    host.decided(Decision::Declined);
}

#[test]
fn a_retry_inside_the_page_is_waited_for() {
    let mut host = away(&json!({}), &capture(&["readid"], "all"));
    host.redirect(&format!("dossierId={D1}")).unwrap();
    host.answer("list_processes", 200, &json!([at(process(P1, "readid", "processing"), 3)]));
    host.answer("get_process", 200, &at(process(P1, "readid", "canceled"), 3));
    let rows = [at(process(P1, "readid", "canceled"), 3), at(process(P2, "readid", "processing"), 4)];
    assert!(matches!(host.serve(200, &json!(rows)), Next::Wait { .. }), "the newer one runs");
    let rows = [rows[0].clone(), at(process(P2, "readid", "accepted"), 4)];
    host.serve_later(&json!(rows));
    host.decided(Decision::Approved);
}

#[test]
fn without_a_list_the_newer_of_two_named_processes_counts() {
    let mut host = away(&notification(), &capture(&["readid"], "all"));
    host.redirect(&format!("dossierId={D1}&processId={P1}")).unwrap();
    let body = json!({ "dossierId": D1, "processId": P2, "status": "rejected" });
    host.callback("Bearer abc", &body).unwrap();
    let rows = [at(process(P2, "readid", "rejected"), 9), at(process(P1, "readid", "accepted"), 3)];
    host.serve(404, &json!(rows));
    host.decided(Decision::Declined);
}

#[test]
fn a_list_that_cannot_be_read_hides_no_newer_process() {
    let rows = [at(process(P2, "readid", "rejected"), 9), at(process(P1, "readid", "accepted"), 3)];
    let shapes = [json!({}), json!({ "content": rows }), json!([rows[1], { "id": 7, "provider": "readid" }])];
    for listed in shapes {
        let mut host = Host::open(&notification(), &capture(&["readid"], "all"));
        host.answer("create_dossier", 201, &json!({ "dossierId": D1 }));
        host.answer("start_capture", 200, &json!({ "url": LINK, "processId": P1 }));
        let body = json!({ "dossierId": D1, "processId": P2, "status": "rejected" });
        host.callback("Bearer abc", &body).unwrap();
        host.serve_listed((200, &listed), &json!(rows));
        host.decided(Decision::Declined);
    }
}

#[test]
fn only_an_absent_process_never_began() {
    // need, the first, the second if there is one
    let cases = [("any", "rejected", Some("pending")), ("any", "rejected", None), ("all", "canceled", Some("pending"))];
    for (need, one, other) in cases {
        let mut host = away(&json!({}), &capture(&["readid", "onfido"], need));
        host.redirect(&format!("dossierId={D1}")).unwrap();
        let mut rows = vec![process(P1, "readid", one)];
        rows.extend(other.map(|other| process(P2, "onfido", other)));
        let next = host.serve(200, &json!(rows));
        assert!(!matches!(next, Next::Done { .. }), "{need} {one} {other:?}: {next:?}");
    }
}

#[test]
fn at_the_deadline_nothing_is_decided_without_evidence() {
    for (need, one) in [("any", "rejected"), ("any", "canceled"), ("all", "inconclusive")] {
        let mut host = away(&json!({}), &capture(&["readid", "onfido"], need));
        host.redirect(&format!("dossierId={D1}")).unwrap();
        let rows = json!([process(P1, "readid", one), process(P2, "onfido", "processing")]);
        let outcome = (0..400).find_map(|_| match host.serve_later(&rows) {
            Next::Done { outcome, .. } => Some(outcome),
            _ => None,
        });
        assert_eq!(outcome, Some(Outcome::Expired), "{need} {one}");
    }
}

#[test]
fn another_process_has_another_journey() {
    let flow = json!({ "document_verification": { "provider": "facetec", "images": "sdk" }});
    let mut host = Host::open(&json!({}), &flow);
    let sdk = |id: &str, token: &str| {
        let mut created = process(id, "facetec", "pending");
        created["authorization"] = json!(token);
        created
    };
    host.prepare(&sdk(P1, "SDK1"));
    let first = host.journey();
    let old = idvkit_core::read(&first, &Seen::Event { name: "success".into(), data: String::new() }).unwrap();
    host.tell(Input::Hint { text: old.clone() }).unwrap();
    host.answer("start", 422, &json!(null));
    assert!(matches!(host.outcome(), Outcome::Failed { .. }));
    host.tell(Input::Retry).unwrap();
    host.answer("discard_process", 204, &json!(null));
    host.answer("create_process", 201, &sdk(P2, "SDK2"));
    host.serve(200, &json!([process(P2, "facetec", "pending")]));
    assert_ne!(host.journey().id, first.id);
    assert!(host.tell(Input::Hint { text: old }).is_err());
    host.journey();
}

#[test]
fn a_process_that_is_gone_is_replaced_on_retry() {
    let mut host = starting();
    host.answer("start", 200, &json!(null));
    for _ in 0..3 {
        host.look("get_process", 404, &json!(null));
    }
    assert!(matches!(host.outcome(), Outcome::Failed { .. }));
    host.tell(Input::Retry).unwrap();
    host.answer("discard_process", 404, &json!(null));
    host.answer("create_process", 201, &process(P2, "signicatpaper", "pending"));
    host.journey();
}

#[test]
fn a_twice_refused_token_is_not_held_and_the_host_is_asked_before_every_look() {
    let mut host = starting();
    host.answer("start", 200, &json!(null));
    let token = |host: &mut Host| loop {
        match host.next() {
            Next::Send { request } => {
                assert_eq!(request.operation, "signicat.token");
                host.give_token(&request);
                return request.cache.unwrap().refused.is_some();
            }
            Next::Wait { until, .. } => host.now = until.0,
            other => panic!("{other:?}"),
        }
    };
    host.look("get_process", 401, &json!(null));
    assert!(token(&mut host), "a refused token must not come from the cache");
    host.answer("get_process", 401, &json!(null));
    assert!(matches!(host.next(), Next::Wait { .. }), "held back");
    assert!(token(&mut host), "the second one was refused too");
    host.answer("get_process", 200, &process(P1, "signicatpaper", "processing"));
    assert!(!host.session.snapshot().contains("tok-"));
    assert!(!token(&mut host), "the cache will do again");
}

#[test]
fn a_pending_process_after_our_start_does_not_put_the_user_back() {
    let mut host = starting();
    host.answer("start", 200, &json!(null));
    let mut looks = 0;
    let begun = host.now;
    while host.now - begun < 20 * 60_000 {
        looks += 1;
        host.look("get_process", 200, &process(P1, "signicatpaper", "pending"));
        if let Next::Wait { until, .. } = host.next() {
            host.now = until.0;
        }
    }
    let mut other = starting();
    other.answer("start", 200, &json!(null));
    let mut same = 0;
    while other.now - begun < 20 * 60_000 {
        same += 1;
        other.look("get_process", 200, &process(P1, "signicatpaper", "nonsense"));
        if let Next::Wait { until, .. } = other.next() {
            other.now = until.0;
        }
    }
    assert_eq!(looks, same, "`pending` says no more of the user than an unknown word");
}

#[test]
fn a_false_return_is_undone_where_nothing_began() {
    for rows in [json!([]), json!([process(P1, "readid", "accepted")])] {
        let mut host = away(&json!({}), &capture(&["readid", "onfido"], "all"));
        let shown = host.journey().id;
        host.redirect(&format!("dossierId={D1}")).unwrap();
        match host.serve(200, &rows) {
            Next::Present { journey, .. } => assert_eq!(journey.id, shown),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_bad_candidate_is_dropped_and_the_list_route_may_be_absent() {
    for absent in [400, 403, 404, 405, 501] {
        let mut host = away(&json!({}), &capture(&["readid"], "all"));
        host.redirect(&format!("dossierId={D1}&processId={P2}")).unwrap();
        host.redirect(&format!("dossierId={D1}&processId={P1}")).unwrap();
        host.answer("list_processes", absent, &json!({}));
        host.answer("get_process", 403, &json!(null));
        host.answer("get_process", 200, &process(P1, "readid", "accepted"));
        host.decided(Decision::Approved);
    }
}

#[test]
fn junk_named_by_clients_makes_room_for_a_callback() {
    let mut host = away(&notification(), &capture(&["readid"], "all"));
    for junk in 0..6 {
        host.redirect(&format!("dossierId={D1}&processId=junk-{junk}")).unwrap();
    }
    host.callback("Bearer abc", &json!({ "dossierId": D1, "processId": P1, "status": "accepted" })).unwrap();
    host.answer("list_processes", 404, &json!(null));
    let look = host.answer("get_process", 200, &process(P1, "readid", "accepted"));
    assert!(look.url.ends_with(P1));
}

#[test]
fn after_a_failed_list_what_was_seen_is_looked_at_again() {
    let mut host = away(&json!({}), &capture(&["readid", "onfido"], "any"));
    host.redirect(&format!("dossierId={D1}")).unwrap();
    host.serve(200, &json!([process(P1, "readid", "processing")]));
    let mut failures = 0;
    for _ in 0..20 {
        let request = host.until_sent();
        if request.operation == "signicat.list_processes" {
            failures += 1;
            host.respond(&request.id, 500, &json!(null));
        } else {
            host.respond(&request.id, 200, &process(P1, "readid", "processing"));
        }
    }
    assert!(failures >= 8 && host.now - common::START > 5 * 60_000, "pauses grow");
    host.serve_later(&json!([process(P1, "readid", "accepted")]));
    host.decided(Decision::Approved);
}

#[test]
fn images_follow_until_the_start_may_have_arrived() {
    let more = || Input::Images { images: vec![image("front", 44)] };
    // Only the token failed: nothing was started.
    let mut host = starting();
    host.answer("start", 401, &json!(null));
    let Next::Send { request } = host.next() else { panic!() };
    host.respond(&request.id, 500, &json!(null));
    host.tell(more()).unwrap();
    host.look("set_images", 200, &json!(null));
    // The start was sent, and no answer came: not even a retry makes it undone.
    for lost in 1..=5 {
        let request = host.until_sent();
        assert_eq!(request.operation, "signicat.start");
        host.tell(Input::Sending { id: request.id.clone() }).unwrap();
        host.tell(Input::HttpFailed { id: request.id }).unwrap();
        if lost < 5 {
            host.look("get_process", 200, &process(P1, "signicatpaper", "pending"));
        }
    }
    assert!(matches!(host.outcome(), Outcome::Failed { .. }));
    host.tell(Input::Retry).unwrap();
    assert_eq!(host.tell(more()).unwrap_err().code(), "images_too_late");
}

#[test]
fn nothing_private_outlives_the_decision() {
    let flow = json!({ "document_verification": {
        "provider": "signicatpaper", "external_reference": "REFPRIVATE",
        "process_parameters": { "name": "PARAMPRIVATE" },
    }});
    let mut host = Host::open(&json!({}), &flow);
    host.prepare(&process(P1, "signicatpaper", "pending"));
    host.tell(Input::Images { images: vec![image("front", 10)] }).unwrap();
    host.answer("set_images", 204, &json!(null));
    host.answer("start", 200, &json!(null));
    host.look("get_process", 200, &process(P1, "signicatpaper", "accepted"));
    host.decided(Decision::Approved);
    let mut page = away(
        &json!({}),
        &json!({ "capture_flow": {
            "providers": [{ "provider": "readid" }], "capture_parameters": { "sms_message": "SMSPRIVATE" },
        }}),
    );
    page.redirect(&format!("dossierId={D1}")).unwrap();
    page.serve(200, &json!([process(P1, "readid", "accepted")]));
    page.decided(Decision::Approved);
    let stored = host.session.snapshot() + &page.session.snapshot();
    for private in ["tok-", "LINKSECRET", "PRIVATE"] {
        assert!(!stored.contains(private), "{private} is still there");
    }
    let parameters =
        idvkit_signicat::CaptureParameters { sms_message: Some("SMSPRIVATE".into()), ..Default::default() };
    assert!(!format!("{parameters:?}").contains("PRIVATE"));
    // A page that ended without a decision is not needed either, and a retry still works.
    let mut page = away(&json!({}), &capture(&["readid"], "all"));
    page.redirect(&format!("dossierId={D1}")).unwrap();
    page.serve(200, &json!([process(P1, "readid", "canceled")]));
    assert_eq!(page.outcome(), Outcome::Abandoned { stage: None });
    assert!(!page.session.snapshot().contains("LINKSECRET"));
    page.tell(Input::Retry).unwrap();
    page.answer("create_dossier", 201, &json!({ "dossierId": D2 }));
}

#[test]
fn free_text_of_the_provider_is_no_code() {
    let mut host = starting();
    host.answer("start", 422, &json!({ "title": "ANNA TESTPERSON is too young" }));
    assert!(matches!(host.outcome(), Outcome::Failed { fault }
        if fault.provider_code.as_deref() == Some("other") && fault.class != FaultClass::Authorization));
    let mut body = process(P1, "x", "rejected");
    body["failReason"] = json!(["ANNA TESTPERSON", "documentExpired", ""]);
    let read = idvkit_signicat::Process::parse(body.to_string().as_bytes()).unwrap();
    let codes: Vec<&str> = read.fail_reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!(codes, ["other", "documentExpired", "other"]);
    body["finalResult"] = json!({ "firstName": "A", "dateOfBirth": "2024-99-99", "dateOfExpiry": "2030-02-28" });
    let person = idvkit_signicat::Process::parse(body.to_string().as_bytes()).unwrap().person.unwrap();
    assert_eq!(person.birthdate, None);
    assert_eq!(person.document.unwrap().date_of_expiry.as_deref(), Some("2030-02-28"));
}

#[test]
fn what_was_made_is_deleted_even_if_its_answer_was_of_no_use() {
    let flow = json!({ "document_verification": { "provider": "facetec", "images": "sdk", "dossier": D1 }});
    let mut host = Host::open(&json!({}), &flow);
    host.answer("create_process", 201, &process(P1, "facetec", "pending"));
    assert!(matches!(host.outcome(), Outcome::Failed { fault } if fault.code == "no_sdk_authorization"));
    host.tell(Input::Erase { at_provider: true }).unwrap();
    let sent = host.answer("delete", 204, &json!(null));
    assert!(sent.url.ends_with(P1));
    assert!(matches!(host.next(), Next::Done { erasure: Some(erasure), .. }
        if erasure.at_provider == AtProvider::Deleted { count: 1 }));
}

#[test]
fn an_eid_return_needs_no_ids() {
    let mut host = Host::open(&json!({}), &eid());
    let mut created = process(P1, "connect:idin", "pending");
    created["redirectUrl"] = json!(LINK);
    host.prepare(&created);
    let elsewhere = Input::Redirect { url: "https://merchant.example/other".into() };
    assert!(host.tell(elsewhere).is_err());
    host.tell(Input::Redirect { url: RETURN.into() }).unwrap();
    host.answer("get_process", 200, &process(P1, "connect:idin", "accepted"));
    host.decided(Decision::Approved);
}

#[test]
fn another_process_type_is_another_process() {
    let mut host = Host::open(
        &json!({}),
        &json!({ "capture_flow": {
            "providers": [{ "provider": "onfido", "process_type": "documentSelfie" }],
        }}),
    );
    host.answer("create_dossier", 201, &json!({ "dossierId": D1 }));
    host.answer("start_capture", 200, &json!({ "url": LINK }));
    host.redirect(&format!("dossierId={D1}&processId={P3}")).unwrap();
    let mut weaker = process(P3, "onfido", "accepted");
    weaker["processType"] = json!("document");
    assert!(!matches!(host.serve(404, &json!([weaker])), Next::Done { .. }));
}

#[test]
fn a_restored_link_has_to_be_one() {
    let mut host = away(&json!({}), &capture(&["readid"], "all"));
    host.journey();
    let forged = host.session.snapshot().replace("https://capture.signicat.example", "javascript://x");
    let restored = idvkit_signicat::Session::restore(host.account.clone(), &forged);
    assert_eq!(restored.err().map(|reject| reject.code().as_str()), Some("snapshot_malformed"));
}

/// One look after the other, each answered by `answer`, until nothing is asked for any more; and how often the list was.
fn looked(host: &mut Host, mut answer: impl FnMut(&str) -> (u16, Value)) -> (Outcome, usize) {
    let mut lists = 0;
    for _ in 0..1_000 {
        match host.next() {
            Next::Send { request } if request.operation == "signicat.token" => host.give_token(&request),
            Next::Send { request } => {
                lists += usize::from(request.operation == "signicat.list_processes");
                let (status, body) = answer(&request.operation);
                host.respond(&request.id, status, &body);
            }
            Next::Wait { until, .. } | Next::Present { until, .. } => host.now = until.0,
            Next::Done { outcome, .. } => return (outcome, lists),
        }
    }
    panic!("it never ends")
}

#[test]
fn a_list_that_fails_takes_no_verdict_from_a_process_that_is_known() {
    let broken = [(500, json!(null)), (200, json!("<html>no list</html>"))];
    for (how, (code, body)) in broken.iter().enumerate() {
        for (word, decision) in [("accepted", Decision::Approved), ("rejected", Decision::Declined)] {
            let mut host = Host::open(&json!({}), &capture(&["readid"], "all"));
            host.answer("create_dossier", 201, &json!({ "dossierId": D1 }));
            // Known by the answer that began it, or by the user's return.
            let started = if how == 0 { json!({ "url": LINK, "processId": P1 }) } else { json!({ "url": LINK }) };
            host.answer("start_capture", 200, &started);
            host.redirect(&format!("dossierId={D1}&processId={P1}")).unwrap();
            let begun = host.now;
            let (outcome, lists) = looked(&mut host, |operation| match operation {
                "signicat.list_processes" => (*code, body.clone()),
                _ => (200, process(P1, "readid", word)),
            });
            assert_eq!(outcome, Outcome::Decided { decision });
            assert!(lists == 5 && host.now - begun < 60_000, "{lists} lists in {} ms", host.now - begun);
            assert!(host.session.evidence().is_some());
        }
    }
}

#[test]
fn a_list_that_comes_back_counts_again() {
    let mut host = away(&json!({}), &capture(&["readid"], "all"));
    host.redirect(&format!("dossierId={D1}&processId={P1}")).unwrap();
    let mut asked = 0;
    let (outcome, lists) = looked(&mut host, |operation| match operation {
        "signicat.list_processes" => {
            asked += 1;
            let rows = [at(process(P1, "readid", "canceled"), 3), at(process(P2, "readid", "accepted"), 9)];
            if asked < 5 { (503, json!(null)) } else { (200, json!(rows)) }
        }
        _ => (
            200,
            at(process(if asked < 5 { P1 } else { P2 }, "readid", if asked < 5 { "canceled" } else { "accepted" }), 9),
        ),
    });
    assert_eq!(outcome, Outcome::Decided { decision: Decision::Approved }, "the newer process counts");
    assert!(lists >= 5);
}

#[test]
fn without_list_and_process_nothing_is_decided() {
    let mut host = away(&json!({}), &capture(&["readid"], "all"));
    host.redirect(&format!("dossierId={D1}")).unwrap();
    let (outcome, lists) = looked(&mut host, |operation| {
        assert_eq!(operation, "signicat.list_processes");
        (500, json!(null))
    });
    assert!(matches!(outcome, Outcome::Failed { fault } if fault.status == Some(500)) && lists > 5);
}

#[test]
fn a_retry_while_it_runs_discards_the_process_and_makes_another() {
    let more = || Input::Images { images: vec![image("front", 44)] };
    // The user waits for the verdict, and sees that a picture was blurred.
    let mut host = starting();
    host.answer("start", 200, &json!(null));
    assert_eq!(host.tell(more()).unwrap_err().code(), "images_too_late");
    host.tell(Input::Retry).unwrap();
    let discarded = host.answer("discard_process", 204, &json!(null));
    assert!(discarded.url.ends_with(P1));
    host.answer("create_process", 201, &process(P2, "signicatpaper", "pending"));
    host.journey();
    host.tell(more()).unwrap();
    host.answer("set_images", 204, &json!(null));
    host.answer("start", 200, &json!(null));
    host.look("get_process", 200, &process(P2, "signicatpaper", "accepted"));
    host.decided(Decision::Approved);
    assert_eq!(host.session.references(), [D1, P2, P1]);
    assert_eq!(host.tell(Input::Retry).unwrap_err().code(), "retry_refused", "it is decided");
}

#[test]
fn a_retry_while_a_page_is_shown_makes_another_page() {
    let mut host = away(&notification(), &capture(&["readid"], "all"));
    let first = host.journey();
    host.tell(Input::Retry).unwrap();
    assert_eq!(host.tell(Input::Retry).unwrap_err().code(), "retry_refused", "the new one is on its way");
    host.answer("create_dossier", 201, &json!({ "dossierId": D2 }));
    host.answer("start_capture", 200, &json!({ "url": LINK }));
    assert_ne!(host.journey().id, first.id);
    // What the page before still says is of no interest.
    host.callback("Bearer abc", &json!({ "dossierId": D1, "processId": P1, "status": "accepted" })).unwrap();
    host.redirect(&format!("dossierId={D1}&processId={P1}")).unwrap();
    host.journey();
    host.tell(Input::Erase { at_provider: true }).unwrap();
    for dossier in [D2, D1] {
        assert!(host.answer("delete", 204, &json!(null)).url.ends_with(dossier));
    }
}
