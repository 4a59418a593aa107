//! Whole Jumio flows, fed with the provider's bytes; every step is taken after a restore from the snapshot.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use std::sync::Arc;

use idvkit_core::{
    AtProvider, Basis, Decision, FaultCode, Header, HttpRequest, Input, Journey, Method, Next, Outcome, Provider,
    Reject, Seed, Seen, UnixMillis, Way, Why, read,
};
use idvkit_jumio::{Account, CallbackTarget, Config, Jumio, Options, Region, Request, Session, image_request};
use serde_json::{Value, json};

const T0: UnixMillis = UnixMillis(1_767_225_600_000);
const R1: &str = "11111111-1111-4111-8111-111111111111";
const R2: &str = "33333333-3333-4333-8333-333333333333";
const E1: &str = "22222222-2222-4222-8222-222222222222";
const MINUTE: i64 = 60_000;

#[test]
fn sends_what_the_seed_asks_for() {
    for (region, host) in
        [(Region::Us, "netverify.com"), (Region::Eu, "lon.netverify.com"), (Region::Sgp, "core-sgp.jumio.com")]
    {
        let account = Arc::new(Account::new(Config { region, ..config() }).unwrap());
        let request = sent(&Jumio::open(&account, order(), seed(), T0).unwrap().next(T0));
        assert_eq!(request.method, Method::Post);
        assert_eq!(request.url, format!("https://{host}/api/authentication/v1/web/initiate"));
        let header = |name| Header::find(&request.headers, name).unwrap();
        assert_eq!(header("Accept"), "application/json");
        assert_eq!(header("Content-Type"), "application/json");
        assert_eq!(header("Authorization"), "Basic dG9rZW4tMTpzZWNyZXQtMQ==");
        assert_eq!(header("User-Agent"), "Example Corp SampleApp/1.0.1");
        assert!(!request.idempotent);
    }
}

#[test]
fn passes_from_open_to_approved() {
    let mut run = Run::open();
    let journey = run.present();
    assert_eq!(journey.expires, Some(T0.plus(30 * MINUTE)));
    run.hint(&journey, &message("success"));
    let Next::Wait { until, why: Why::Verdict } = run.next() else { panic!("a success claim waits for the verdict") };
    assert_eq!(until.since(run.now), 160_000, "with a callback, polling is only a safety net");
    run.now = until;
    run.answer("jumio.retrieve", &retrieved("PASSED"));
    let Next::Done { outcome, .. } = run.next() else { panic!() };
    assert_eq!(outcome, Outcome::Decided { decision: Decision::Approved });
    let evidence = run.session.evidence().unwrap();
    assert_eq!(evidence.basis, Basis::Fetched);
    assert_eq!(evidence.raw, retrieved("PASSED").to_string().into_bytes());
    assert!(evidence.source.production && evidence.source.host == "netverify.com");
}

#[test]
fn maps_every_result_and_no_other() {
    for (result, outcome) in [
        ("PASSED", Outcome::Decided { decision: Decision::Approved }),
        ("FAILED", Outcome::Decided { decision: Decision::Declined }),
        ("INVALID", Outcome::Decided { decision: Decision::Inconclusive }),
        ("EXPIRED", Outcome::Expired),
    ] {
        let mut run = Run::open();
        run.callback(R1, "PASSED").unwrap();
        run.answer("jumio.retrieve", &retrieved(result));
        assert_eq!(run.next(), Next::Done { outcome, erasure: None }, "{result}");
    }
    for result in ["CREATED", "STARTED", "PENDING", "passed", "APPROVED", "", "MAYBE"] {
        let mut run = Run::open();
        run.callback(R1, "PASSED").unwrap();
        run.answer("jumio.retrieve", &retrieved(result));
        assert!(matches!(run.next(), Next::Present { .. }), "{result} is not final");
    }
}

#[test]
fn answers_about_others_are_never_a_pass() {
    for foreign in [
        json!({"transactionReference": R2, "enrollmentTransactionReference": E1, "transactionResult": "PASSED"}),
        json!({"transactionReference": R1, "enrollmentTransactionReference": R2, "transactionResult": "PASSED"}),
        json!({"transactionReference": R1, "transactionResult": "PASSED"}),
        json!({"transactionResult": "PASSED"}),
        json!([]),
    ] {
        let mut run = Run::open();
        run.callback(R1, "PASSED").unwrap();
        run.answer("jumio.retrieve", &foreign);
        assert!(matches!(run.next(), Next::Present { .. }), "{foreign}");
        assert!(run.session.evidence().is_none());
    }
}

#[test]
fn hints_and_callbacks_decide_nothing() {
    let mut run = Run::open();
    let journey = run.present();
    run.tell(Input::Redirect {
        url: format!("https://merchant.example/ok?transactionStatus=SUCCESS&transactionReference={R1}"),
    })
    .unwrap();
    run.hint(&journey, &message("success"));
    run.callback(R1, "PASSED").unwrap();
    for _ in 0..3 {
        assert!(matches!(run.next(), Next::Send { .. } | Next::Wait { .. }));
    }
    run.answer("jumio.retrieve", &retrieved("FAILED"));
    run.callback(R1, "PASSED").unwrap();
    assert_eq!(run.next(), Next::Done { outcome: Outcome::Decided { decision: Decision::Declined }, erasure: None });
}

#[test]
fn callbacks_need_the_secret_path() {
    let mut run = Run::open();
    let before = run.session.snapshot();
    let wrong = callback_input("https://merchant.example/cb/0123456789abcdef0123456789abcdef", R1, "PASSED");
    assert_eq!(run.tell(wrong).unwrap_err().code(), "callback_secret_wrong");
    let bare = callback_input("https://merchant.example/cb", R1, "PASSED");
    assert_eq!(run.tell(bare).unwrap_err().code(), "callback_secret_wrong");
    let other = callback_input(&run.callback_url.clone(), R2, "PASSED");
    assert_eq!(run.tell(other).unwrap_err().code(), "callback_of_other_session");
    assert_eq!(run.session.snapshot(), before, "a reject changes nothing");
    // Frameworks hand over the path alone, with or without a slash at the end.
    let path = run.callback_url.strip_prefix("https://merchant.example").unwrap().to_string();
    run.tell(callback_input(&format!("{path}/?x=1"), R1, "PASSED")).unwrap();
    assert!(matches!(run.next(), Next::Send { .. }));
}

#[test]
fn closing_and_errors_leave_the_page() {
    let mut run = Run::open();
    let journey = run.present();
    run.hint(&journey, &Seen::Closed);
    assert_eq!(run.present(), journey);
    run.hint(&journey, &message_with(&json!({"value": "error", "metainfo": {"code": 9820}})));
    run.answer("jumio.retrieve", &retrieved("STARTED"));
    assert_eq!(run.present().id, journey.id, "after an error the same link may be opened again");
}

#[test]
fn a_claim_about_a_page_never_opened_is_taken_back() {
    let mut run = Run::open();
    let journey = run.present();
    run.hint(&journey, &message("success"));
    run.wait();
    run.answer("jumio.retrieve", &retrieved("CREATED"));
    assert_eq!(run.present().id, journey.id);
}

#[test]
fn polls_as_documented_without_a_callback() {
    let account = Arc::new(Account::new(Config { callback: Some(CallbackTarget::Portal), ..config() }).unwrap());
    let session = Jumio::open(&account, Request { callback: None, ..order() }, seed(), T0).unwrap();
    let mut run = Run { account, session, now: T0, callback_url: String::new() };
    run.answer("jumio.initiate", &initiated(R1));
    let journey = run.present();
    let done = run.now;
    run.hint(&journey, &message("success"));
    let mut offsets = Vec::new();
    for _ in 0..11 {
        let Next::Wait { until, .. } = run.next() else { panic!("{:?}", run.next()) };
        run.now = until;
        offsets.push(until.since(done) / 1000);
        if offsets.len() <= 10 {
            run.answer("jumio.retrieve", &retrieved("STARTED"));
        }
    }
    assert_eq!(
        offsets,
        [40, 60, 100, 160, 240, 340, 460, 600, 760, 940, 86_400],
        "J-V15, and then the last look of the day"
    );
}

#[test]
fn a_deadline_is_one_last_look() {
    let mut run = Run::open();
    run.now = T0.plus(2 * 60 * MINUTE);
    assert!(matches!(run.next(), Next::Send { .. }), "nothing is done before the snapshot says so");
    // That look was planned long before; whenever it was sent, one more follows, and it is the last.
    run.answer("jumio.retrieve", &retrieved("STARTED"));
    run.now = run.now.plus(20_000);
    let snapshot = run.session.snapshot();
    run.answer("jumio.retrieve", &retrieved("STARTED"));
    assert_eq!(run.next(), Next::Done { outcome: Outcome::Expired, erasure: None });

    let mut late = Run { session: Session::restore(run.account.clone(), &snapshot).unwrap(), ..run };
    late.answer("jumio.retrieve", &retrieved("PASSED"));
    assert!(matches!(late.next(), Next::Done { outcome: Outcome::Decided { decision: Decision::Approved }, .. }));
}

#[test]
fn a_maintenance_page_is_a_counted_failure() {
    let mut run = Run::open();
    run.callback(R1, "PASSED").unwrap();
    for _ in 0..5 {
        let Next::Send { request } = run.next() else { panic!("{:?}", run.next()) };
        let html =
            Input::HttpResponse { id: request.id, status: 200, headers: vec![], body: b"<html>maintenance".to_vec() };
        run.tell(html).unwrap();
        let Next::Present { until, .. } = run.next() else { panic!() };
        assert_eq!(until.since(run.now), 20_000, "each failure is followed by a pause, here the plan's gap");
        run.now = until;
    }
    run.answer("jumio.retrieve", &retrieved("PASSED"));
    assert!(matches!(run.next(), Next::Done { outcome: Outcome::Decided { decision: Decision::Approved }, .. }));
}

#[test]
fn credentials_refused_at_the_start_end_it_and_retry_resumes() {
    let account = Arc::new(Account::new(config()).unwrap());
    let mut run = Run::start(account);
    run.respond("jumio.initiate", 403, r#"{"httpStatus":"403","message":"Forbidden","requestURI":"x"}"#);
    let Next::Done { outcome: Outcome::Failed { fault }, .. } = run.next() else { panic!() };
    assert_eq!((fault.status, fault.provider_code.as_deref(), fault.retryable), (Some(403), Some("403"), false));
    run.tell(Input::Retry).unwrap();
    run.answer("jumio.initiate", &initiated(R1));
    assert!(matches!(run.next(), Next::Present { .. }));
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused");
}

#[test]
fn retry_after_expiry_makes_a_new_transaction() {
    let mut run = Run::open();
    let first = run.present();
    run.callback(R1, "EXPIRED").unwrap();
    run.answer("jumio.retrieve", &retrieved("EXPIRED"));
    run.tell(Input::Retry).unwrap();
    run.answer("jumio.initiate", &initiated(R2));
    let second = run.present();
    assert_ne!(first.id, second.id);
    assert_eq!(run.session.references(), [R2, R1]);
    let stale = read(&first, &message("success")).unwrap();
    assert_eq!(run.tell(Input::Hint { text: stale }).unwrap_err().code(), "hint_stale");
    let late = callback_input(&run.callback_url.clone(), R1, "PASSED");
    run.tell(late).unwrap();
    assert!(matches!(run.next(), Next::Present { .. }), "a late callback about the old transaction means nothing");
}

#[test]
fn a_lost_send_is_repeated_under_a_new_id() {
    let account = Arc::new(Account::new(config()).unwrap());
    let mut run = Run::start(account);
    let first = sent(&run.next());
    run.tell(Input::Sending { id: first.id.clone() }).unwrap();
    assert_eq!(run.tell(Input::Sending { id: first.id.clone() }).unwrap_err().code(), "claimed");
    let Next::Wait { until, why: Why::InFlight } = run.next() else { panic!() };
    assert_eq!(until.since(run.now), 2 * i64::from(first.timeout_ms));
    run.now = until;
    let second = sent(&run.next());
    assert_ne!(first.id, second.id);
    assert_eq!(first.body, second.body);
    let late = Input::HttpResponse {
        id: first.id,
        status: 200,
        headers: vec![],
        body: initiated(R1).to_string().into_bytes(),
    };
    assert_eq!(run.tell(late).unwrap_err().code(), "stale");
    run.answer("jumio.initiate", &initiated(R2));
    assert_eq!(run.session.references(), [R2]);
}

#[test]
fn erase_deletes_every_attempt_and_forgets() {
    let mut run = Run::open();
    run.callback(R1, "EXPIRED").unwrap();
    run.answer("jumio.retrieve", &retrieved("EXPIRED"));
    run.tell(Input::Retry).unwrap();
    run.answer("jumio.initiate", &initiated(R2));
    run.tell(Input::Erase { at_provider: true }).unwrap();
    for reference in [R2, R1] {
        let request = sent(&run.next());
        assert_eq!((request.method, request.operation.as_str()), (Method::Delete, "jumio.delete"));
        assert!(request.url.ends_with(reference));
        run.respond("jumio.delete", if reference == R2 { 200 } else { 404 }, "");
    }
    let Next::Done { outcome, erasure } = run.next() else { panic!() };
    assert_eq!(outcome, Outcome::Abandoned { stage: None });
    assert_eq!(erasure.unwrap().at_provider, AtProvider::Deleted { count: 2 });
    let snapshot = run.session.snapshot();
    assert!(!snapshot.contains("authorizationToken") && !snapshot.contains("user-7"), "{snapshot}");
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused");
}

#[test]
fn an_early_claim_does_not_cost_the_user_the_verdict() {
    let mut run = Run::open();
    let journey = run.present();
    run.hint(&journey, &message("success"));
    run.wait();
    run.answer("jumio.retrieve", &retrieved("CREATED"));
    run.now = run.now.plus(20 * MINUTE);
    while let Next::Send { .. } = run.next() {
        run.answer("jumio.retrieve", &retrieved("STARTED"));
    }
    run.hint(&journey, &message("success"));
    let Next::Wait { until, .. } = run.next() else { panic!("{:?}", run.next()) };
    assert!(until.since(run.now) <= 160_000, "the plan begins anew with the real claim: {until}");
}

#[test]
fn a_late_callback_about_the_old_transaction_does_not_touch_the_new_one() {
    let mut run = Run::open();
    run.callback(R1, "EXPIRED").unwrap();
    run.answer("jumio.retrieve", &retrieved("EXPIRED"));
    run.tell(Input::Retry).unwrap();
    run.callback(R1, "EXPIRED").unwrap();
    run.answer("jumio.initiate", &initiated(R2));
    run.present();
}

#[test]
fn a_look_planned_before_the_deadline_is_not_the_last_one() {
    let mut run = Run::open();
    let Next::Present { until, .. } = run.next() else { panic!() };
    run.now = until;
    let early = sent(&run.next());
    run.now = T0.plus(2 * 60 * MINUTE);
    let answer = |id: String, result: &str| Input::HttpResponse {
        id,
        status: 200,
        headers: vec![],
        body: retrieved(result).to_string().into_bytes(),
    };
    run.tell(answer(early.id, "STARTED")).unwrap();
    run.now = run.now.plus(20_000);
    run.answer("jumio.retrieve", &retrieved("PASSED"));
    assert!(matches!(run.next(), Next::Done { outcome: Outcome::Decided { decision: Decision::Approved }, .. }));
}

#[test]
fn a_claimed_look_leaves_the_page_alone() {
    let mut run = Run::open();
    let journey = run.present();
    run.hint(&journey, &message_with(&json!({"value": "error", "metainfo": {"code": 9810}})));
    let request = sent(&run.next());
    run.tell(Input::Sending { id: request.id }).unwrap();
    assert_eq!(run.present().id, journey.id);
}

#[test]
fn wrong_credentials_for_a_while_do_not_end_a_session() {
    let mut run = Run::open();
    run.callback(R1, "PASSED").unwrap();
    for _ in 0..4 {
        run.respond("jumio.retrieve", 401, "{}");
        let Next::Present { until, .. } = run.next() else { panic!("{:?}", run.next()) };
        run.now = until;
    }
    run.answer("jumio.retrieve", &retrieved("PASSED"));
    assert!(matches!(run.next(), Next::Done { outcome: Outcome::Decided { .. }, .. }));
}

#[test]
fn what_is_gone_ends_a_session() {
    let mut run = Run::open();
    run.callback(R1, "PASSED").unwrap();
    for _ in 0..3 {
        let Next::Send { request } = run.next() else { panic!("{:?}", run.next()) };
        let headers = vec![Header::new("X-Trackingid", "85c66edb-be2e-4e21-93f4-84c1f19bb0f5")];
        run.tell(Input::HttpResponse { id: request.id, status: 404, headers, body: vec![] }).unwrap();
        if let Next::Present { until, .. } = run.next() {
            run.now = until;
        }
    }
    let Next::Done { outcome: Outcome::Failed { fault }, .. } = run.next() else { panic!("{:?}", run.next()) };
    assert_eq!(fault.trace_id.as_deref(), Some("85c66edb-be2e-4e21-93f4-84c1f19bb0f5"), "J-D4: kept for support");
}

#[test]
fn a_retry_keeps_the_pause_that_the_provider_asked_for() {
    let mut run = Run::start(Arc::new(Account::new(config()).unwrap()));
    while let Next::Send { request } = run.next() {
        let headers = vec![Header::new("Retry-After", "3600")];
        run.tell(Input::HttpResponse { id: request.id, status: 429, headers, body: vec![] }).unwrap();
        if let Next::Wait { until, why: Why::Throttled { .. } } = run.next() {
            run.now = until;
        }
    }
    let Next::Done { outcome: Outcome::Failed { .. }, .. } = run.next() else { panic!("{:?}", run.next()) };
    run.tell(Input::Retry).unwrap();
    let Next::Wait { until, why: Why::Throttled { .. } } = run.next() else { panic!("{:?}", run.next()) };
    assert_eq!(until.since(run.now), 3_600_000);
}

#[test]
fn an_erasure_says_what_it_cannot_reach() {
    let mut run = Run::start(Arc::new(Account::new(config()).unwrap()));
    let request = sent(&run.next());
    run.tell(Input::Sending { id: request.id.clone() }).unwrap();
    run.tell(Input::Erase { at_provider: true }).unwrap();
    let Next::Done { erasure: Some(erasure), .. } = run.next() else { panic!("{:?}", run.next()) };
    let AtProvider::Failed { fault } = erasure.at_provider else { panic!("{erasure:?}") };
    assert_eq!((fault.code.as_str(), fault.operation.as_str()), ("answer_lost", "jumio.initiate"));
}

#[test]
fn a_creation_that_was_answered_is_never_sent_again() {
    let mut run = Run::start(Arc::new(Account::new(config()).unwrap()));
    run.respond("jumio.initiate", 200, "<html>maintenance");
    let Next::Done { outcome: Outcome::Failed { fault }, .. } = run.next() else { panic!("{:?}", run.next()) };
    assert_eq!((fault.code, fault.status, fault.retryable), (FaultCode::CreationUnclear, Some(200), false));
    assert_eq!(fault.operation, "jumio.initiate");

    let (account, callback_url) = (run.account.clone(), run.callback_url.clone());
    let mut erased = Run { account, session: run.session.clone(), now: run.now, callback_url };
    erased.tell(Input::Erase { at_provider: true }).unwrap();
    let Next::Done { erasure: Some(erasure), .. } = erased.next() else { panic!("{:?}", erased.next()) };
    let AtProvider::Failed { fault } = erasure.at_provider else { panic!("{erasure:?}") };
    assert_eq!(fault.code, FaultCode::AnswerLost, "a transaction may be there that nobody can name");

    run.tell(Input::Retry).unwrap();
    run.answer("jumio.initiate", &initiated(R1));
    assert!(matches!(run.next(), Next::Present { .. }), "another attempt is another transaction");
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let mut run = Run::start(Arc::new(Account::new(config()).unwrap()));
    run.respond("jumio.initiate", 200, &format!("\u{feff}{}", initiated(R1)));
    assert!(matches!(run.next(), Next::Present { .. }), "{:?}", run.next());
}

#[test]
fn snapshots_with_impossible_numbers_are_refused() {
    let run = Run::open();
    let snapshot: Value = serde_json::from_str(&run.session.snapshot()).unwrap();
    for (pointer, value) in [
        ("/session/revision", json!(i64::MAX)),
        ("/session/revision", json!(-1)),
        ("/session/attempt", json!(u32::MAX)),
        ("/session/clock", json!(0)),
        ("/session/call/serial", json!(u32::MAX)),
        ("/session/call/claimed_until", json!(i64::MAX)),
        ("/session/call/hold_until", json!(i64::MAX)),
        ("/session/phase/watch/settle", json!(i64::MAX)),
        ("/session/phase/watch/base", json!(i64::MIN)),
        ("/session/phase", json!({"type": "erasing", "outcome": {"type": "expired"}, "index": 7})),
    ] {
        let mut spoiled = snapshot.clone();
        *spoiled.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is in {snapshot}")) = value;
        let refused = Session::restore(run.account.clone(), &spoiled.to_string());
        assert_eq!(refused.unwrap_err().code(), "snapshot_malformed", "{pointer}");
    }
}

#[test]
fn web_views_are_refused_with_the_reason() {
    let journey = Run::open().present();
    assert_eq!(journey.refused[0].way, "web_view");
    let names: Vec<_> = journey.ways.iter().map(Way::name).collect();
    assert_eq!(names, ["frame", "redirect"]);
    let Way::Frame { allow, allow_fullscreen, sizes, origins, .. } = &journey.ways[0] else { panic!() };
    assert_eq!((allow.as_str(), allow_fullscreen, sizes.len()), ("camera;fullscreen", &true, 4));
    assert_eq!(origins, &["https://netverify.com"]);
    let Way::Redirect { shareable: true, .. } = &journey.ways[1] else { panic!() };
    assert_eq!(Journey::from_json(&journey.to_json()).unwrap(), journey);
}

#[test]
fn credentials_go_to_documented_image_paths_only() {
    let account = Account::new(config()).unwrap();
    let base = format!("https://netverify.com/api/netverify/v2/authentications/{R1}/images");
    for url in [format!("{base}/face"), format!("{base}/liveness/7")] {
        assert!(image_request(&account, &url, "i".into()).is_ok(), "{url}");
    }
    for url in [
        format!("{base}/face/../../x").replace("face/", "liveness/"),
        format!("{base}/face?x=1"),
        base.replace("https://netverify.com", "https://netverify.com.evil.example"),
        base.replace("https://", "https://evil@"),
        base.replace("https:", "http:"),
        base.replace("netverify.com", "netverify.com:8443"),
        "https://evil.example/face".to_string(),
        String::new(),
    ] {
        let reject = image_request(&account, &format!("{url}/face"), "i".into()).unwrap_err();
        assert_eq!(reject.code(), "image_url_foreign", "{url}");
    }
}

#[test]
fn restores_only_its_own_snapshots() {
    let run = Run::open();
    let snapshot = run.session.snapshot();
    let restore = |account: &Arc<Account>, text: &str| Session::restore(account.clone(), text).unwrap_err().code();
    let other = Arc::new(Account::new(Config { api_token: "token-2".into(), ..config() }).unwrap());
    assert_eq!(restore(&other, &snapshot), "snapshot_of_other_account");
    assert_eq!(restore(&run.account, &snapshot.replace("\"format\":1", "\"format\":2")), "snapshot_newer");
    assert_eq!(restore(&run.account, &snapshot.replace("\"jumio\"", "\"attestr\"")), "snapshot_of_other_provider");
    assert_eq!(restore(&run.account, &snapshot.replace(R1, "../../admin")), "snapshot_malformed");
    assert_eq!(restore(&run.account, "{}"), "snapshot_malformed");
    assert_eq!(restore(&run.account, ""), "snapshot_malformed");
    assert!(!snapshot.contains("token-1") && !snapshot.contains("secret-1"), "no credential is in a snapshot");
}

#[test]
fn bad_accounts_get_one_clear_error() {
    let reject = |config| Account::new(config).unwrap_err();
    let options = |options| Config { options, ..config() };
    for (config, field) in [
        (Config { api_token: String::new(), ..config() }, "api_token"),
        (Config { api_token: "a:b".into(), ..config() }, "api_token"),
        (Config { api_secret: "secret\n".into(), ..config() }, "api_secret"),
        (Config { user_agent: "curl".into(), ..config() }, "user_agent"),
        (Config { administration_token: Some("t".into()), ..config() }, "administration_secret"),
        (Config { domain_prefix: Some("-a".into()), ..config() }, "domain_prefix"),
        (Config { domain_prefix: Some("a".into()), region: Region::Eu, ..config() }, "domain_prefix"),
        (Config { success_url: Some("http://merchant.example".into()), ..config() }, "success_url"),
        (Config { portal_token_lifetime_minutes: Some(4), ..config() }, "portal_token_lifetime_minutes"),
        (options(Options { api_base: Some("http://localhost:1".into()), ..Options::default() }), "options.api_base"),
        (
            options(Options {
                api_base: Some("http://localhost.evil.example".into()),
                development: true,
                ..Options::default()
            }),
            "options.api_base",
        ),
        (
            options(Options { client_origins: vec!["https://a.example/".into()], ..Options::default() }),
            "options.client_origins",
        ),
        (
            options(Options { poll_offsets_seconds: Some(vec![2, 1]), ..Options::default() }),
            "options.poll_offsets_seconds",
        ),
        (options(Options { account_id: Some(" ".into()), ..Options::default() }), "options.account_id"),
        (
            options(Options {
                api_base: Some("http://localhost:80@evil.example".into()),
                development: true,
                ..Options::default()
            }),
            "options.api_base",
        ),
        (options(Options { timeout_ms: Some(1), ..Options::default() }), "options.timeout_ms"),
    ] {
        let reject = reject(config);
        assert_eq!(reject.field(), Some(field), "{reject}");
        assert!(!reject.to_string().contains("merchant.example"), "values are not echoed: {reject}");
    }
}

/// One session, restored from its snapshot before each step.
struct Run {
    account: Arc<Account>,
    session: Session,
    now: UnixMillis,
    callback_url: String,
}

impl Run {
    fn start(account: Arc<Account>) -> Self {
        let session = Jumio::open(&account, order(), seed(), T0).unwrap();
        let body: Value = serde_json::from_slice(&sent(&session.next(T0)).body.unwrap()).unwrap();
        Self { account, session, now: T0, callback_url: body["callbackUrl"].as_str().unwrap().into() }
    }

    fn open() -> Self {
        let mut run = Self::start(Arc::new(Account::new(config()).unwrap()));
        run.answer("jumio.initiate", &initiated(R1));
        run
    }

    fn next(&self) -> Next {
        self.session.next(self.now)
    }

    fn present(&self) -> Journey {
        match self.next() {
            Next::Present { journey, .. } => journey,
            other => panic!("{other:?}"),
        }
    }

    fn wait(&mut self) {
        match self.next() {
            Next::Wait { until, .. } => self.now = until,
            other => panic!("{other:?}"),
        }
    }

    fn tell(&mut self, input: Input) -> Result<(), Reject> {
        self.session = Session::restore(self.account.clone(), &self.session.snapshot()).unwrap();
        self.session.handle(input, self.now)
    }

    fn hint(&mut self, journey: &Journey, seen: &Seen) {
        let text = read(journey, seen).unwrap();
        self.tell(Input::Hint { text }).unwrap();
    }

    fn callback(&mut self, reference: &str, result: &str) -> Result<(), Reject> {
        self.tell(callback_input(&self.callback_url.clone(), reference, result))
    }

    fn answer(&mut self, operation: &str, body: &Value) {
        self.respond(operation, 200, &body.to_string());
    }

    fn respond(&mut self, operation: &str, status: u16, body: &str) {
        let request = sent(&self.next());
        assert_eq!(request.operation, operation);
        let input = Input::HttpResponse { id: request.id, status, headers: vec![], body: body.as_bytes().to_vec() };
        self.tell(input).unwrap();
    }
}

fn config() -> Config {
    Config {
        region: Region::Us,
        api_token: "token-1".into(),
        api_secret: "secret-1".into(),
        administration_token: None,
        administration_secret: None,
        user_agent: "Example Corp SampleApp/1.0.1".into(),
        domain_prefix: None,
        callback: None,
        success_url: None,
        error_url: None,
        portal_token_lifetime_minutes: None,
        options: Options::default(),
    }
}

fn order() -> Request {
    Request {
        enrollment_transaction_reference: E1.into(),
        callback: Some(CallbackTarget::Url("https://merchant.example/cb".into())),
        success_url: Some("https://merchant.example/ok".into()),
        user_reference: Some("user-7".into()),
        ..Request::default()
    }
}

fn seed() -> Seed {
    Seed::new(&(0..32).collect::<Vec<u8>>()).unwrap()
}

fn sent(next: &Next) -> HttpRequest {
    match next {
        Next::Send { request } => request.clone(),
        other => panic!("{other:?}"),
    }
}

fn initiated(reference: &str) -> Value {
    json!({
        "timestamp": "2026-01-01T00:00:00.000Z",
        "transactionReference": reference,
        "redirectUrl": format!("https://netverify.com/web/v4/app?authorizationToken={}&locale=en-US", "x".repeat(313)),
    })
}

fn retrieved(result: &str) -> Value {
    json!({"transactionReference": R1, "enrollmentTransactionReference": E1, "transactionResult": result})
}

fn message(value: &str) -> Seen {
    message_with(&json!({"value": value}))
}

fn message_with(payload: &Value) -> Seen {
    let data = json!({"authorizationToken": "t", "transactionReference": R1, "eventType": 510, "payload": payload});
    Seen::Message { origin: "https://netverify.com".into(), data: data.to_string() }
}

fn callback_input(url: &str, reference: &str, result: &str) -> Input {
    let body = format!(
        "callBackType=NETVERIFY_AUTHENTICATION&transactionReference={reference}&enrollmentTransactionReference={E1}\
         &transactionResult={result}&scanSource=WEB&transactionDate=2026-01-01T00%3A00%3A00Z\
         &callbackDate=2026-01-01T00%3A00%3A05Z"
    );
    let headers = vec![Header::new("content-type", "application/x-www-form-urlencoded")];
    Input::Callback { url: url.into(), headers, body: body.into_bytes() }
}
