//! Rule 24: only a verdict is final. After an end without one, authentic news earns one more look, once per piece of news.

use idvkit_core::{AtProvider, Decision, Erasure, Input, Next, Outcome, Why};

use crate::{APPROVED, RETURN, Run, TOKEN, Toys, body, live};

/// One that has expired.
fn expired() -> Run {
    let mut run = live();
    run.later(600_000);
    run.look("open");
    run.sleep();
    run.look("open");
    assert_eq!(run.outcome(), Outcome::Expired);
    run
}

fn news(run: &mut Run, text: &str) -> Result<(), &'static str> {
    let body = format!(r#"{{"id":"t-1","text":"{text}"}}"#);
    run.callback("/", &[("Authorization", TOKEN)], body).map_err(|reject| reject.code().as_str())
}

#[test]
fn rule_24_authentic_news_after_an_end_without_a_verdict_earns_one_look() {
    let mut run = expired();
    news(&mut run, "a").unwrap();
    assert_eq!(run.session.outcome(), Some(&Outcome::Expired), "it stands until the provider says more");
    run.look("passed");
    assert_eq!(run.outcome(), APPROVED);
    assert_eq!(run.session.evidence().unwrap().raw, body("t-1", "passed").into_bytes());
    // Now it is decided, and stays so.
    let snapshot = run.session.snapshot();
    news(&mut run, "b").unwrap();
    assert_eq!(run.session.snapshot(), snapshot);
}

#[test]
fn rule_24_a_look_that_shows_no_verdict_leaves_the_end() {
    for status in ["open", "done", "away", "PASSED"] {
        let mut run = expired();
        news(&mut run, "a").unwrap();
        run.look(status);
        assert_eq!(run.outcome(), Outcome::Expired, "{status}");
        // The same news again is known; other news earns a look of its own.
        news(&mut run, "a").unwrap();
        assert_eq!(run.outcome(), Outcome::Expired);
        news(&mut run, "b").unwrap();
        run.look("failed");
        assert_eq!(run.outcome(), Outcome::Decided { decision: Decision::Declined });
    }
}

#[test]
fn rule_24_the_providers_word_is_taken_that_is_no_verdict_and_news_goes_on() {
    let mut run = expired();
    news(&mut run, "a").unwrap();
    run.look("cancelled");
    assert_eq!(run.outcome(), Outcome::Abandoned { stage: None });
    news(&mut run, "b").unwrap();
    run.look("passed");
    assert_eq!(run.outcome(), APPROVED);
}

#[test]
fn rule_24_a_failed_session_hears_news_and_can_still_be_retried() {
    let mut run = live();
    run.call_back("t-1");
    for _ in 0..2 {
        run.answer("toy.look", 404, "");
        run.sleep();
    }
    run.answer("toy.look", 404, "");
    let fault = run.fault();
    news(&mut run, "a").unwrap();
    run.look("open");
    assert_eq!(run.fault(), fault);
    news(&mut run, "b").unwrap();
    run.tell(Input::Retry).unwrap();
    run.sleep();
    run.look("passed");
    assert_eq!(run.outcome(), APPROVED);
}

/// The look that news earned is not lost to a network that fails; after five repeats it is given up, until the news comes again.
#[test]
fn rule_24_the_look_is_repeated_five_times() {
    for (failures, is_over) in [(5, false), (6, true)] {
        let mut run = expired();
        news(&mut run, "a").unwrap();
        for failure in 0..failures {
            run.lose();
            if failure < 5 {
                run.sleep();
            }
        }
        assert_eq!(matches!(run.ask(), Next::Done { .. }), is_over);
        if is_over {
            news(&mut run, "a").unwrap();
        }
        run.look("passed");
        assert_eq!(run.outcome(), APPROVED);
    }
}

#[test]
fn rule_24_what_is_not_followed_is_refused() {
    let mut run = expired();
    let refused = Err("session_over");
    for piece in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        news(&mut run, piece).unwrap();
        run.look("open");
    }
    assert_eq!(news(&mut run, "i"), refused, "a session follows so much news, and no more");
    news(&mut run, "a").unwrap();
    assert_eq!(run.outcome(), Outcome::Expired);
    // Clients' words are no news.
    run.redirect(&format!("{RETURN}?id=t-1")).unwrap();
    assert_eq!(run.outcome(), Outcome::Expired);
    assert_eq!(run.callback("/", &[("Authorization", "wrong")], "{}").unwrap_err().code(), "webhook_token_wrong");
}

#[test]
fn rule_24_an_erased_session_stays_erased() {
    let mut run = expired();
    news(&mut run, "a").unwrap();
    run.tell(Input::Erase { at_provider: true }).unwrap();
    assert_eq!(news(&mut run, "b"), Err("session_over"));
    run.answer("toy.delete", 204, "");
    assert_eq!(news(&mut run, "c"), Err("session_over"));
    let erasure = Some(Erasure { at_provider: AtProvider::Deleted { count: 1 } });
    assert_eq!(run.ask(), Next::Done { outcome: Outcome::Expired, erasure });
}

/// A session whose creation failed has nothing to look at.
#[test]
fn rule_24_news_needs_something_to_look_at() {
    let mut run = live();
    run.call_back("t-1");
    run.look("cancelled");
    run.tell(Input::Retry).unwrap();
    run.answer("toy.create", 400, "");
    let fault = run.fault();
    assert_eq!(news(&mut run, "a"), Err("session_over"));
    assert_eq!(run.fault(), fault);
}

/// A look that was claimed by another worker, or is held back, is waited for as ever.
#[test]
fn rule_24_the_look_is_claimed_and_held_back_as_any() {
    let mut run = expired();
    news(&mut run, "a").unwrap();
    let id = run.request().id;
    run.tell(Input::Sending { id: id.clone() }).unwrap();
    assert_eq!(run.until(), run.now.plus(60_000));
    run.respond(&id, 429, &[("Retry-After", "30")], "").unwrap();
    assert_eq!(run.sleep(), 30_000);
    run.look("passed");
    assert_eq!(run.outcome(), APPROVED);
}

/// Two workers look at once, and the one that hears less is first: what the other one fetched is no less genuine.
#[test]
fn rule_24_an_answer_that_came_after_the_end_earns_a_look() {
    let mut run = live();
    run.later(600_000);
    run.look("open");
    run.sleep();
    let (id, now) = (run.request().id, run.now);
    run.look("open");
    assert_eq!(run.outcome(), Outcome::Expired);
    for (status, body) in [(500, body("t-1", "passed")), (404, String::new())] {
        assert_eq!(run.respond(&id, status, &[], body).unwrap_err().code(), "stale", "no answer of the provider's");
    }
    run.respond(&id, 200, &[], body("t-1", "passed")).unwrap();
    assert_eq!(run.session.outcome(), Some(&Outcome::Expired), "the answer itself decides nothing");
    run.look("passed");
    assert_eq!((run.outcome(), run.now), (APPROVED, now));
    // Once it is decided, such an answer is stale as ever.
    assert_eq!(run.respond(&id, 200, &[], body("t-1", "failed")).unwrap_err().code(), "stale");
}

#[test]
fn rule_24_answers_to_strange_requests_or_an_erased_session_stay_stale() {
    let mut run = live();
    let mut asked = vec![];
    while !matches!(run.ask(), Next::Done { .. }) {
        run.sleep();
        asked.push(run.request().id);
        run.look("open");
    }
    let [oldest, .., latest] = asked.as_slice() else { panic!("{asked:?}") };
    let passed = || body("t-1", "passed");
    for id in [oldest, "", "0"] {
        assert_eq!(run.respond(id, 200, &[], passed()).unwrap_err().code(), "stale");
    }
    run.tell(Input::Erase { at_provider: false }).unwrap();
    assert_eq!(run.respond(latest, 200, &[], passed()).unwrap_err().code(), "stale");
}

/// Whatever forgets failures keeps a pause that the provider asked for, and says whose pause it is.
#[test]
fn news_keeps_a_pause_that_was_asked_for() {
    let mut run = expired();
    news(&mut run, "a").unwrap();
    let id = run.request().id;
    run.respond(&id, 503, &[("Retry-After", "30")], "").unwrap();
    news(&mut run, "b").unwrap();
    assert!(matches!(run.why(), Why::Throttled { .. }));
    assert_eq!(run.sleep(), 30_000);
    run.look("passed");
    assert_eq!(run.outcome(), APPROVED);
}

/// An answer that only prepares the look (an access token) leaves it due, at once and under another id, in whatever phase.
#[test]
fn what_only_prepares_leaves_the_look_due() {
    let mut ended = expired();
    news(&mut ended, "a").unwrap();
    let mut running = live();
    running.call_back("t-1");
    for mut run in [ended, running] {
        run.lose();
        run.sleep();
        let id = run.request().id;
        run.tell(Input::Sending { id: id.clone() }).unwrap();
        run.respond(&id, 200, &[], body("t-1", "renewed")).unwrap();
        assert_ne!(run.request().id, id);
        // The failure before still counts: the second pause is longer than the first can be.
        run.lose();
        assert!(run.sleep() >= 2_000);
        run.look("passed");
        assert_eq!(run.outcome(), APPROVED);
    }
}

#[test]
fn rule_24_only_news_of_a_result_whose_sender_is_certain_is_followed() {
    let mut run = expired();
    let snapshot = run.session.snapshot();
    news(&mut run, "noted").unwrap();
    assert_eq!(news(&mut run, "rumour"), Err("session_over"));
    assert_eq!(run.session.snapshot(), snapshot);
    // What is known already leaves no trace either, and what is new is taken in.
    news(&mut run, "a").unwrap();
    let (followed, revision) = (run.session.snapshot(), run.session.revision());
    assert_ne!(followed, snapshot);
    assert!(followed.contains(r#""done":true"#), "the flow has heard it");
    run.look("away");
    let left = run.session.snapshot();
    assert!(left.contains(r#""done":false"#) && run.session.revision() > revision);
    news(&mut run, "a").unwrap();
    assert_eq!(run.session.snapshot(), left);
}
