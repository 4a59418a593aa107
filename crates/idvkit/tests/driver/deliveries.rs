//! An outcome is stored, then delivered: at least once, under one id.

use idvkit::{
    Input, Next, Outcome,
    driver::{Ask, Delivery, Driver, Plan, Told},
};

use super::host::{self, Host, JUMIO, KZ, request};

fn begun(host: &mut Host, flow: &str) -> String {
    host.begin(Plan::from(request(flow)).delivered(), "order-7")
}

fn delivery(ask: &Ask) -> &Delivery {
    match ask {
        Ask::Deliver { delivery, .. } => delivery,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_is_stored_before_it_is_delivered_and_then_it_is_over() {
    let mut host = Host::new();
    let id = begun(&mut host, KZ);
    assert!(matches!(host.work(&id), Next::Done { .. }));
    let [Ask::Deliver { id: whose, key, outcome, delivery }] = host.acted.as_slice() else {
        panic!("{:?}", host.acted)
    };
    assert_eq!((whose, key.as_str(), Some(outcome)), (&id, "order-7", host.row().outcome.as_ref()));
    assert_eq!((delivery.replaces.as_ref(), delivery.failures), (None, 0));
    let row = host.row().clone();
    assert_eq!((row.due, row.delivery.unwrap().due), (None, None));
    host.advance(&id);
    assert_eq!(host.acted.len(), 1);
}

#[test]
fn a_host_that_cannot_act_is_asked_again_with_growing_pauses() {
    let mut host = Host::new();
    host.acts = false;
    let id = begun(&mut host, KZ);
    while host.row().outcome.is_none() {
        host.advance(&id);
        host.now = host.row().due.unwrap().max(host.now);
    }
    let mut pauses = Vec::new();
    while host.acted.len() < 15 {
        let before = host.now;
        host.advance(&id);
        host.now = host.row().due.unwrap();
        pauses.push(host.now.since(before));
        assert_eq!(host.row().delivery.as_ref().unwrap().failures as usize, host.acted.len());
    }
    assert!(pauses.iter().zip(&pauses[1..]).take(10).all(|(one, next)| next > one), "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause <= 3_600_000 * 5 / 4), "{pauses:?}");
    assert!(host.acted.iter().all(|ask| delivery(ask).id == delivery(&host.acted[0]).id));
    host.acts = true;
    host.work(&id);
    assert_eq!(host.row().delivery.as_ref().unwrap().due, None);
}

#[test]
fn after_a_crash_another_worker_delivers_it_again() {
    let mut host = Host::new();
    let id = begun(&mut host, KZ);
    let mut driver = Driver::advance(&host.accounts, &id);
    loop {
        let ask = driver.ask().clone();
        if matches!(ask, Ask::Deliver { .. }) {
            assert!(host.row().outcome.is_some(), "it is stored by now");
            break;
        }
        if let Some(told) = host.perform(&ask) {
            driver.told(told, host.now).unwrap();
        } else {
            host.now = host.row().due.unwrap().max(host.now);
            driver = Driver::advance(&host.accounts, &id);
        }
    }
    let lost = delivery(driver.ask()).id.clone();
    host.advance(&id);
    assert_eq!(host.acted, [], "for a while it is that worker's");
    assert!(host.row().due.unwrap() > host.now);
    host.work(&id);
    assert_eq!(delivery(&host.acted[0]).id, lost);
    // The first was only slow: what it says changes nothing any more.
    let done = host.row().clone();
    driver.told(Told::Delivered { delivered: false }, host.now).unwrap();
    host.run(driver).unwrap();
    assert_eq!(host.row(), &done);
}

#[test]
fn an_outcome_that_replaces_another_has_an_id_of_its_own() {
    let mut host = Host::new();
    host.answers = host::FORBIDDEN;
    let id = begun(&mut host, JUMIO);
    assert!(matches!(host.work(&id), Next::Done { outcome: Outcome::Failed { .. }, .. }));
    host.answers = host::APPROVING;
    host.tell(&id, Input::Retry).unwrap();
    assert_eq!((host.row().outcome.as_ref(), host.row().delivery.as_ref()), (None, None), "it is withdrawn");
    assert!(matches!(host.work(&id), Next::Done { outcome: Outcome::Decided { .. }, .. }));
    let [first, second] = host.acted.as_slice() else { panic!("{:?}", host.acted) };
    assert_eq!(delivery(second).replaces.as_ref(), Some(&delivery(first).id));
    assert_ne!(delivery(second).id, delivery(first).id);
}

#[test]
fn what_was_withdrawn_is_not_delivered() {
    let mut host = Host::new();
    (host.answers, host.acts) = (host::FORBIDDEN, false);
    let id = begun(&mut host, JUMIO);
    host.advance(&id);
    assert_eq!(host.acted.len(), 1);
    host.answers = host::PENDING;
    host.tell(&id, Input::Retry).unwrap();
    host.now = host.now.plus(3_600_000);
    host.advance(&id);
    assert_eq!(host.acted.len(), 1);
}
