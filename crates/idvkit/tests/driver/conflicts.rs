//! Several workers, slow stores and broken connections.

use idvkit::{
    Decision, Input, Next, Outcome, UnixMillis, Why,
    driver::{Ask, Driver, Told},
};

use super::host::{self, Host, JUMIO, T0, answer, back, initiated, request};

/// The driver, at the first ask of that kind.
fn stopped_at(host: &mut Host, id: &str, stop: fn(&Ask) -> bool) -> Driver {
    let mut driver = Driver::advance(&host.accounts, id);
    while !stop(driver.ask()) {
        let told = host.perform(&driver.ask().clone()).unwrap();
        driver.told(told, host.now).unwrap();
    }
    driver
}

fn exchanges(ask: &Ask) -> bool {
    matches!(ask, Ask::Exchange { .. })
}

fn stores(ask: &Ask) -> bool {
    matches!(ask, Ask::Store { .. })
}

#[test]
fn a_creation_is_claimed_and_stored_before_it_is_sent() {
    let mut host = Host::new();
    let id = host.begin(request(JUMIO), "order-7");
    let mut first = stopped_at(&mut host, &id, exchanges);
    assert_eq!(host.row().revision, 1, "the claim is stored");
    let Next::Wait { until, why: Why::InFlight } = host.advance(&id) else { panic!("another worker has it") };
    assert_eq!((host.row().due, host.sent.len()), (Some(until), 0));
    first.told(Told::Exchanged { answer: Some(answer(200, &initiated(1))) }, T0).unwrap();
    assert!(matches!(host.run(first), Ok(Ask::Rest { next: Next::Present { .. } })));
}

#[test]
fn two_that_claim_at_once_send_once() {
    let mut host = Host::new();
    let id = host.begin(request(JUMIO), "order-7");
    let one = stopped_at(&mut host, &id, stores);
    let other = stopped_at(&mut host, &id, stores);
    assert!(matches!(host.run(one), Ok(Ask::Rest { next: Next::Present { .. } })));
    assert!(matches!(host.run(other), Ok(Ask::Rest { next: Next::Present { .. } })));
    assert_eq!(host.sent, ["jumio.initiate"]);
}

#[test]
fn a_claim_that_ran_out_while_it_was_stored_is_not_acted_on() {
    let mut host = Host::new();
    let id = host.begin(request(JUMIO), "order-7");
    let mut slow = stopped_at(&mut host, &id, stores);
    let told = host.perform(&slow.ask().clone()).unwrap();
    let Next::Wait { until, why: Why::InFlight } = host.verification().next(T0) else { panic!() };
    host.now = until;
    slow.told(told, host.now).unwrap();
    assert!(stores(slow.ask()), "it claims anew: by now another worker may be sending, {:?}", slow.ask());
    assert!(matches!(host.advance(&id), Next::Present { .. }), "which this one does");
    assert!(matches!(host.run(slow), Ok(Ask::Rest { next: Next::Present { .. } })));
    assert_eq!(host.sent, ["jumio.initiate"]);
}

#[test]
fn an_answer_that_meets_other_news_is_told_again() {
    let mut host = Host::new();
    let id = host.begin(request(JUMIO), "order-7");
    host.advance(&id);
    host.tell(&id, back()).unwrap();
    host.now = host.row().due.unwrap().max(host.now);
    let mut looking = stopped_at(&mut host, &id, exchanges);
    let Ask::Exchange { request: look, .. } = looking.ask().clone() else { panic!() };
    // Meanwhile the user comes back once more, which the store holds before the answer.
    let before = host.row().revision;
    host.tell(&id, back()).unwrap();
    assert!(host.row().revision > before);
    let verdict = host::APPROVING(&look).map(|(status, body)| answer(status, &body));
    looking.told(Told::Exchanged { answer: verdict }, host.now).unwrap();
    let approved = Outcome::Decided { decision: Decision::Approved };
    assert_eq!(host.run(looking).unwrap(), Ask::Rest { next: Next::Done { outcome: approved, erasure: None } });
    assert_eq!(host.count("jumio.retrieve"), 0, "no second look was needed");
}

#[test]
fn a_late_answer_is_left_where_another_worker_went_on() {
    let mut host = Host::new();
    let id = host.begin(request(JUMIO), "order-7");
    let mut late = stopped_at(&mut host, &id, exchanges);
    host.now = host.row().due.unwrap();
    assert!(matches!(host.advance(&id), Next::Present { .. }), "the claim ran out, another worker made a transaction");
    let stored = host.row().clone();
    late.told(Told::Exchanged { answer: Some(answer(200, &initiated(2))) }, host.now).unwrap();
    assert!(matches!(host.run(late), Ok(Ask::Rest { next: Next::Present { .. } })));
    assert_eq!(host.row().references, stored.references, "the link in the user's hand stays alive");
}

#[test]
fn a_hundred_lost_swaps_are_a_conflict() {
    let mut host = Host::new();
    let id = host.begin(request(JUMIO), "order-7");
    let mut driver = Driver::tell(&host.accounts, &id, Input::Erase { at_provider: false });
    for _ in 0..99 {
        driver.told(host.shelf.load(&idvkit::driver::By::Id { id: id.clone() }, &[]), T0).unwrap();
        driver.told(Told::Stored { stored: false }, T0).unwrap();
    }
    driver.told(host.shelf.load(&idvkit::driver::By::Id { id: id.clone() }, &[]), T0).unwrap();
    let reject = driver.told(Told::Stored { stored: false }, T0).unwrap_err();
    assert_eq!(reject.code(), "conflict");
    // It may still be told otherwise.
    let ask = driver.ask().clone();
    driver.told(host.perform(&ask).unwrap(), T0).unwrap();
    assert!(matches!(driver.ask(), Ask::Heard { .. }));
}

#[test]
fn a_broken_connection_is_waited_out() {
    let mut host = Host::new();
    host.answers = |_| None;
    let id = host.begin(request(JUMIO), "order-7");
    let Next::Wait { until, why: Why::Backoff { .. } } = host.advance(&id) else { panic!() };
    assert_eq!(host.row().due, Some(until));
    assert!(until > UnixMillis(T0.0 + 999));
    host.answers = host::APPROVING;
    assert!(matches!(host.work(&id), Next::Done { outcome: Outcome::Decided { .. }, .. }));
}

#[test]
fn what_was_heard_is_news_once_the_store_has_it() {
    let mut host = Host::new();
    let id = host.begin(request(JUMIO), "order-7");
    let mut driver = Driver::advance(&host.accounts, &id);
    let mut heard = Vec::new();
    while let Some(told) = host.perform(&driver.ask().clone()) {
        driver.told(told, host.now).unwrap();
        assert!(!stores(driver.ask()) || driver.news().is_empty());
        heard.extend(
            driver.news().iter().map(|news| format!("{:?}", news.input).split(' ').next().unwrap().to_string()),
        );
    }
    assert_eq!(heard, ["Sending", "HttpResponse"]);
}
