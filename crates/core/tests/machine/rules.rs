//! Rules 1 to 8, by their numbers.

use idvkit_core::{Decision, FaultCode, FlawKind, Input, Next, Outcome, Seen, Why, machine::Machine};
use idvkit_testkit::NOW;

use crate::{APPROVED, LINK, NAME, RETURN, TOKEN, Toys, account, body, live, open, open_with};

/// Rule 1: the state is plain data, stored as it stands.
#[test]
fn rule_1_the_state_is_stored_as_it_stands() {
    let run = live();
    let stored: serde_json::Value = serde_json::from_str(&run.session.snapshot()).unwrap();
    let expected = serde_json::json!({
        "request": {"name": NAME, "return_url": RETURN},
        "state": {"type": "live", "link": LINK, "done": false, "skipped": false},
        "references": ["t-1"],
    });
    assert_eq!(stored["session"]["flow"], expected);
}

/// Rule 2: only an answer that was fetched decides; claims, callbacks, other references, error statuses and unknown words do
/// not.
#[test]
fn rule_2_only_a_fetched_answer_decides() {
    let mut run = live();
    run.visit("done");
    run.redirect(&format!("{RETURN}?status=passed&id=t-1")).unwrap();
    run.callback("/", &[("Authorization", TOKEN)], body("t-1", "passed")).unwrap();
    assert!(matches!(run.ask(), Next::Send { .. }), "all of it brings a look, and nothing more");
    for (status, answer, code) in [
        (500, body("t-1", "passed"), FaultCode::HttpStatus),
        (200, body("t-2", "passed"), FaultCode::ForeignAnswer),
        (200, r#"{"id":"t-1","status":true}"#.into(), FaultCode::Unreadable),
        (200, r#"{"id":"t-1","status":"passed","status":"failed"}"#.into(), FaultCode::Unreadable),
    ] {
        run.answer("toy.look", status, answer);
        assert_eq!(run.fault().code, code);
        run.sleep();
    }
    run.look("PASSED");
    assert_eq!(run.why(), Why::Verdict);
    assert!(run.session.evidence().is_none());
    run.sleep();
    run.look("passed");
    assert_eq!(run.outcome(), APPROVED);
    assert_eq!(run.session.evidence().unwrap().raw, body("t-1", "passed").into_bytes());
}

/// Rule 3: a decision stands whatever comes late, twice or in another order, and `Ok` means heard.
#[test]
fn rule_3_a_decision_stands() {
    let mut run = live();
    let journey = run.journey.clone().unwrap();
    run.call_back("t-1");
    let id = run.request().id;
    run.look("failed");
    let snapshot = run.session.snapshot();

    run.journey = Some(journey);
    run.visit("done");
    run.see(&Seen::Closed).unwrap();
    run.call_back("t-1");
    run.redirect(&format!("{RETURN}?id=t-1")).unwrap();
    assert_eq!(run.respond(&id, 200, &[], body("t-1", "passed")).unwrap_err().code(), "stale");
    assert_eq!(run.tell(Input::HttpFailed { id: id.clone() }).unwrap_err().code(), "stale");
    assert_eq!(run.tell(Input::Sending { id }).unwrap_err().code(), "stale");
    assert_eq!(run.tell(Input::Images { images: vec![] }).unwrap_err().code(), "session_over");
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused");
    assert_eq!(run.session.snapshot(), snapshot);
    assert_eq!(run.outcome(), Outcome::Decided { decision: Decision::Declined });
}

/// Rule 3: what is refused has changed nothing; the host checks that at every step, here with a callback that nearly fits.
#[test]
fn rule_3_a_refusal_changes_nothing() {
    let mut run = live();
    let revision = run.session.revision();
    let told = run.callback("/", &[("Authorization", "wrong")], body("t-1", "passed"));
    assert_eq!(told.unwrap_err().code(), "webhook_token_wrong");
    let told = run.callback("/", &[("Authorization", TOKEN)], body("t-9", "passed"));
    assert_eq!(told.unwrap_err().code(), "callback_of_other_session");
    assert_eq!(run.redirect(&format!("{RETURN}?id=t-9")).unwrap_err().code(), "redirect_of_other_session");
    assert_eq!(run.session.revision(), revision);
}

/// Rule 4: an answer with the current id is consumed, and a failure is counted and held back; another id is stale.
#[test]
fn rule_4_an_answer_with_the_current_id_is_consumed() {
    let mut run = live();
    run.call_back("t-1");
    let mut ids = vec![];
    for (answer, kind) in [("<html>", FlawKind::Html), ("", FlawKind::Empty), ("{", FlawKind::JsonSyntax)] {
        let request = run.answer("toy.look", 200, answer);
        let fault = run.fault();
        assert_eq!((fault.code, fault.cause.unwrap().kind), (FaultCode::Unreadable, Some(kind)));
        assert!(run.until() > run.now, "it is not sent again at once");
        assert_eq!(run.respond(&request.id, 200, &[], body("t-1", "passed")).unwrap_err().code(), "stale");
        ids.push(request.id);
        run.sleep();
    }
    assert!(!ids.contains(&run.request().id), "ids never restart");
    run.look("passed");
    assert_eq!(run.outcome(), APPROVED);
}

/// Rule 5: a deadline is one last look, whose answer or failure ends the session; `next` shows no end before.
#[test]
fn rule_5_a_deadline_is_one_last_look() {
    for fails in [false, true] {
        let mut run = live();
        run.later(600_000);
        // Planned long before, so this is not the last one.
        run.look("open");
        run.sleep();
        assert!(run.now.since(NOW) < 610_000);
        if fails {
            run.lose();
            assert_eq!(run.fault().code, FaultCode::NoAnswer);
        } else {
            run.look("open");
            assert_eq!(run.outcome(), Outcome::Expired);
        }
    }
}

/// Rule 5: the last look still decides, however late its answer comes.
#[test]
fn rule_5_the_last_look_may_decide() {
    let mut run = live();
    run.later(100 * 86_400_000);
    run.look("open");
    run.sleep();
    run.later(86_400_000);
    run.look("passed");
    assert_eq!(run.outcome(), APPROVED);
}

/// Rule 5: the time never enters a request.
#[test]
fn rule_5_a_request_is_the_same_at_any_time() {
    let mut run = open();
    let before = run.request();
    run.later(86_400_000);
    assert_eq!(run.request(), before);
}

/// Rule 6: a request that is not idempotent is claimed; until twice its time-out others wait, then it goes out under a new
/// id.
#[test]
fn rule_6_a_claim_keeps_others_out_until_twice_the_time_out() {
    let mut run = open();
    let request = run.request();
    assert!(!request.idempotent);
    let claim = Input::Sending { id: request.id.clone() };
    run.tell(claim.clone()).unwrap();
    assert_eq!(run.tell(claim).unwrap_err().code(), "claimed");
    assert_eq!((run.why(), run.until()), (Why::InFlight, run.now.plus(60_000)));
    run.later(59_999);
    assert_eq!(run.why(), Why::InFlight);
    run.later(1);
    let again = run.request();
    assert_ne!(again.id, request.id);
    assert_eq!((again.body, again.url), (request.body, request.url));
    assert_eq!(run.respond(&request.id, 201, &[], "{}").unwrap_err().code(), "stale");
    run.create("t-1");
    run.show();
}

/// Rule 6: whoever loses the swap reloads, and finds the request claimed or answered.
#[test]
fn rule_6_of_two_workers_one_sends() {
    let mut first = open();
    let mut second = open();
    let id = first.request().id;
    first.tell(Input::Sending { id: id.clone() }).unwrap();
    second.tell(Input::Sending { id: id.clone() }).unwrap();
    assert_eq!(first.session.revision(), second.session.revision(), "one of the two swaps fails");
    second.session = Machine::restore(second.account.clone(), &first.session.snapshot()).unwrap();
    assert_eq!(second.tell(Input::Sending { id }).unwrap_err().code(), "claimed");
}

/// Rule 7: "done" sets the plan's base once.
#[test]
fn rule_7_done_sets_the_base_once() {
    let mut run = live();
    run.later(10_000);
    run.visit("done");
    assert_eq!(run.until(), NOW.plus(15_000));
    run.later(3_000);
    run.redirect(&format!("{RETURN}?id=t-1")).unwrap();
    // Once more is a reason to look, and none to begin the plan anew.
    run.look("open");
    assert_eq!(run.until(), NOW.plus(30_000));
}

/// Rule 7: "a result exists" makes a look due now, but never within the plan's gap or what the provider asked for.
#[test]
fn rule_7_no_look_goes_below_the_gap_or_a_retry_after() {
    let mut run = live();
    run.call_back("t-1");
    run.look("open");
    run.call_back("t-1");
    assert_eq!(run.until(), run.now.plus(2_000));
    run.sleep();
    let id = run.request().id;
    run.respond(&id, 429, &[("Retry-After", "30")], "").unwrap();
    run.call_back("t-1");
    assert_eq!(run.until(), run.now.plus(30_000));
    assert!(matches!(run.why(), Why::Throttled { .. }));
}

/// Rule 7: a callback may come before the answer that names what it is about.
#[test]
fn rule_7_a_callback_may_come_first() {
    let mut run = open();
    let told = run.callback("/", &[("Authorization", TOKEN)], body("t-1", "passed"));
    assert_eq!(told.unwrap_err().code(), "callback_of_other_session");
    run.create("t-1");
    run.call_back("t-1");
    run.look("passed");
    assert_eq!(run.outcome(), APPROVED);
}

/// Rule 8: only a claim of success takes the page away.
#[test]
fn rule_8_only_success_takes_the_page_away() {
    let mut run = live();
    let id = run.journey_id();
    run.see(&Seen::Closed).unwrap();
    assert_eq!(run.journey_id(), id);
    run.visit("error");
    // The error is worth a look; while it is on its way the page stays.
    let look = run.request().id;
    run.tell(Input::Sending { id: look }).unwrap();
    assert_eq!(run.journey_id(), id);
    run.later(60_000);
    run.look("open");
    assert_eq!(run.journey_id(), id, "the same id: the page is left as it is");
    run.visit("done");
    assert_eq!(run.why(), Why::Verdict);
}

/// Rule 8: how long to keep trying is set per account, for the user and for the verdict.
#[test]
fn rule_8_patience_is_set_per_account() {
    let patient = account(|account| {
        account.schedule.user_timeout_ms = 7_000;
        account.schedule.result_timeout_ms = 4_000;
    });
    let mut run = open_with(patient.clone());
    run.create("t-1");
    run.show();
    assert_eq!(run.sleep(), 7_000);
    run.look("open");
    assert_eq!(run.outcome(), Outcome::Expired);

    let mut run = open_with(patient);
    run.create("t-1");
    run.show();
    run.later(6_000);
    run.visit("done");
    assert_eq!(run.until(), NOW.plus(10_000), "the verdict has its own time");
}
