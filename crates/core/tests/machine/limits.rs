//! Every limit of the machine, met exactly: neither one more nor one less passes.

use idvkit_core::{FaultCode, Input, Outcome, PollPlan, Why};
use idvkit_testkit::NOW;

use crate::{Run, TOKEN, Toys, account, body, live, open, open_with};

/// The provider may take back that the user is done five times; after that the plan is not begun anew.
#[test]
fn five_flips() {
    let mut run = live();
    for _ in 0..6 {
        run.visit("done");
        assert_eq!(run.sleep(), 5_000, "the verdict's plan begins anew");
        run.look("away");
        run.show();
    }
    run.visit("done");
    assert_ne!(run.until(), run.now.plus(5_000), "it begins anew no more");
}

/// A client's word brings twenty looks forward, and then only the provider's does.
#[test]
fn twenty_looks_brought_forward() {
    let mut run = live();
    for _ in 0..20 {
        run.visit("error");
        run.look("open");
        run.later(2_000);
    }
    run.visit("error");
    assert!(run.until() > run.now);
    run.call_back("t-1");
    run.look("passed");
}

/// What is heard while a look is due already costs nothing of the budget.
#[test]
fn what_is_heard_while_a_look_is_due_costs_nothing() {
    let mut run = live();
    for _ in 0..30 {
        run.visit("error");
    }
    for _ in 0..20 {
        run.look("open");
        run.later(2_000);
        run.show();
        run.visit("error");
    }
    assert!(run.until() > run.now);
}

/// A failed look stays due five times in a row, held back by the back-off only; then it waits for its turn in the plan.
#[test]
fn five_prompt_repeats() {
    let mut run = open_with(account(|account| {
        account.schedule.verdict = PollPlan::seconds(&[1, 5_000], 5_000, 2);
        account.schedule.result_timeout_ms = 86_400_000;
    }));
    run.create("t-1");
    run.show();
    run.visit("done");
    run.sleep();
    for _ in 0..5 {
        run.lose();
        assert!(run.sleep() <= 20_000);
    }
    run.lose();
    assert_eq!(run.until(), NOW.plus(5_000_000));
}

/// One second, doubled each time up to a minute, plus up to a quarter.
#[test]
fn the_back_off_doubles_up_to_a_minute() {
    let mut run = open_with(account(|account| account.schedule.max_failures = 20));
    for expected in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000] {
        run.lose();
        let slept = run.sleep();
        assert!((expected..=expected * 5 / 4).contains(&slept), "{slept} where {expected} was expected");
    }
}

/// So that sessions do not move in step, pauses differ.
#[test]
fn the_back_off_has_jitter() {
    let mut run = open_with(account(|account| account.schedule.max_failures = 100));
    let mut pauses: Vec<i64> = (0..40)
        .map(|_| {
            run.lose();
            run.sleep()
        })
        .collect();
    let longest = pauses.split_off(8);
    let spread = longest.iter().max().unwrap() - longest.iter().min().unwrap();
    assert!(spread > 5_000, "{longest:?}");
}

/// The start of a flow fails for good after as many failures as the schedule says, and at once where repeating is pointless.
#[test]
fn the_start_gives_up_after_its_failures() {
    let mut run = open();
    for _ in 0..4 {
        run.answer("toy.create", 503, "");
        assert!(matches!(run.why(), Why::Backoff { .. }));
        run.sleep();
    }
    run.answer("toy.create", 503, "");
    assert_eq!(run.fault().status, Some(503));
    run.outcome();
    let mut run = open();
    run.answer("toy.create", 400, "");
    run.outcome();
}

/// "Gone" three times in a row ends the session; any other failure in between begins the count anew.
#[test]
fn gone_three_times_in_a_row() {
    let mut run = done();
    for status in [404, 410, 500, 404, 410] {
        run.answer("toy.look", status, "");
        run.sleep();
    }
    run.answer("toy.look", 404, "");
    assert_eq!(run.outcome(), Outcome::Failed { fault: run.fault() });
    assert_eq!(run.fault().status, Some(404));
    // It can be tried again, and the count begins anew.
    run.tell(Input::Retry).unwrap();
    run.sleep();
    run.answer("toy.look", 404, "");
    run.sleep();
    run.look("passed");
}

/// A refusal of any other kind only backs off until patience ends: what is put right meanwhile costs no user.
#[test]
fn a_refused_look_waits_for_patience() {
    let mut run = done();
    while run.now.since(NOW) < 250_000 {
        run.answer("toy.look", 401, "");
        run.sleep();
    }
    run.look("passed");
    run.outcome();
}

/// A claimed non-pass stands after its grace, unless something better comes; what failed then does not hide it.
#[test]
fn a_claimed_non_pass_stands_after_its_grace() {
    let skipped = Outcome::Abandoned { stage: Some("page".into()) };
    for lost in [false, true] {
        let mut run = live();
        run.visit("skipped");
        run.later(10_000);
        run.visit("skipped");
        assert_eq!(run.sleep(), 20_000, "it counts from the first claim");
        if lost {
            run.lose();
        } else {
            run.look("open");
        }
        assert_eq!(run.outcome(), skipped);
    }
    let mut run = live();
    run.visit("skipped");
    run.sleep();
    run.look("passed");
    assert!(run.outcome().is_approved());
}

/// A pause that the provider asked for survives what the host or the user does.
#[test]
fn a_pause_that_was_asked_for_stays() {
    let mut run = open();
    for _ in 0..5 {
        let id = run.request().id;
        run.tell(Input::Sending { id: id.clone() }).unwrap();
        run.respond(&id, 429, &[("retry-after", "600")], "").unwrap();
        if !matches!(run.ask(), idvkit_core::Next::Done { .. }) {
            assert_eq!(run.sleep(), 600_000);
        }
    }
    run.tell(Input::Retry).unwrap();
    assert_eq!(run.until(), run.now.plus(600_000));
    assert!(matches!(run.why(), Why::Throttled { .. }));
    // So it is where the server itself is down, and a back-off of ours does not stay.
    let mut run = done();
    let id = run.request().id;
    run.respond(&id, 503, &[("Retry-After", "120")], "").unwrap();
    assert_eq!(run.sleep(), 120_000);
    let mut run = open();
    run.answer("toy.create", 403, "");
    run.tell(Input::Retry).unwrap();
    run.request();
}

/// An answer takes the failures before it away.
#[test]
fn an_answer_ends_the_failures() {
    let mut run = done();
    for _ in 0..3 {
        run.lose();
        run.sleep();
    }
    run.look("open");
    assert_eq!(run.why(), Why::Verdict);
    run.sleep();
    run.lose();
    assert!(run.until().since(run.now) <= 2_000);
    assert_eq!(run.fault().code, FaultCode::NoAnswer);
}

/// The provider's name for an exchange is kept with the fault.
#[test]
fn a_fault_keeps_the_trace() {
    let mut run = done();
    let id = run.request().id;
    run.respond(&id, 500, &[("X-Toy-Trace", "abc-1")], "").unwrap();
    assert_eq!(run.fault().trace_id.as_deref(), Some("abc-1"));
    run.sleep();
    let id = run.request().id;
    run.respond(&id, 500, &[("X-Toy-Trace", "a b")], "").unwrap();
    assert_eq!(run.fault().trace_id, None);
}

/// A session is begun anew a thousand times at most, and whatever it accepted can be restored.
#[test]
fn a_thousand_attempts() {
    let mut run = live();
    run.session = restored(&run, r#""attempt":0"#, r#""attempt":998"#);
    for _ in 0..2 {
        run.tell(Input::Retry).unwrap();
        let refs = r#""references":["t-1"]"#;
        run.create("t-1");
        run.session = restored(&run, r#""references":["t-1","t-1"]"#, refs);
        run.show();
    }
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused");
    // The session itself goes on.
    run.call_back("t-1");
    run.look("cancelled");
    assert_eq!(run.tell(Input::Retry).unwrap_err().code(), "retry_refused");
    run.tell(Input::Erase { at_provider: true }).unwrap();
    run.answer("toy.delete", 204, "");
}

/// A session changes 2^53 times at most: the number is exact in every language.
#[test]
fn revisions_are_exact_in_every_language() {
    let mut run = live();
    run.session = restored(&run, r#""revision":2"#, r#""revision":9007199254740991"#);
    run.visit("done");
    assert_eq!(run.session.revision(), 1 << 53);
    let told = run.redirect("https://shop.example/back?id=t-1");
    assert_eq!(told.unwrap_err().code(), "session_over");
}

/// Ids go on past the end of their numbers.
#[test]
fn ids_go_on() {
    let mut run = done();
    let stored = run.session.snapshot();
    let at = stored.find(r#""serial":"#).unwrap();
    let serial = &stored[at..at + stored[at..].find(',').unwrap()];
    run.session = restored(&run, serial, r#""serial":4294967295"#);
    let last = run.request().id;
    run.look("open");
    run.sleep();
    assert_ne!(run.request().id, last);
    run.look("passed");
}

/// Near the end of the times that are believed, nothing is stored that is not.
#[test]
fn times_stay_within_what_is_believed() {
    let mut run = live();
    run.now = idvkit_core::UnixMillis(idvkit_core::UnixMillis::LATEST.0 - 10);
    run.look("open");
    run.visit("skipped");
    run.visit("done");
    let mut run = open();
    run.now = idvkit_core::UnixMillis(idvkit_core::UnixMillis::LATEST.0 - 10);
    let id = run.request().id;
    run.tell(Input::Sending { id: id.clone() }).unwrap();
    run.respond(&id, 503, &[("Retry-After", "60")], "").unwrap();
}

/// The same session with one thing changed in its snapshot.
fn restored(run: &Run, from: &str, to: &str) -> idvkit_core::machine::Machine<crate::toy::ToyFlow> {
    let text = run.session.snapshot();
    assert!(text.contains(from), "{from} in {text}");
    idvkit_core::machine::Machine::restore(run.account.clone(), &text.replacen(from, to, 1)).unwrap()
}

/// One whose user is done, and whose first look is due.
fn done() -> Run {
    let mut run = live();
    run.callback("/", &[("Authorization", TOKEN)], body("t-1", "open")).unwrap();
    run
}
