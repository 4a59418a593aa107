//! Late news (rule 24): a verdict takes the place of an end without one, as an outcome of its own.

use idvkit::{
    Decision, Input, Next, Outcome, Reject,
    driver::{Ask, Delivery, Driver, Plan},
};

use super::host::{self, Host, JUMIO, KZ, callback, request};

const APPROVED: Outcome = Outcome::Decided { decision: Decision::Approved };

/// Where Jumio calls back for the verification that was just begun.
fn callback_url(host: &Host) -> String {
    let Next::Send { request } = host.verification().next(host.now) else { panic!() };
    let body: serde_json::Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
    body["callbackUrl"].as_str().unwrap().into()
}

/// One whose user never came, as far as was known.
fn expired(plan: Plan, acts: bool) -> (Host, String, String) {
    let mut host = Host::new();
    (host.answers, host.acts) = (host::PENDING, acts);
    let id = host.begin(plan, "order-7");
    let url = callback_url(&host);
    while host.row().outcome.is_none() {
        host.advance(&id);
        host.now = host.row().due.unwrap_or(host.now).max(host.now);
    }
    assert_eq!(host.row().outcome, Some(Outcome::Expired));
    (host, id, url)
}

fn hear(host: &mut Host, url: &str) -> Result<Ask, Reject> {
    let driver = Driver::hear(&host.accounts, None, callback(url, 1), host.now).unwrap();
    host.run(driver)
}

fn delivered(host: &Host) -> Vec<(Delivery, Outcome)> {
    let one = |ask: &Ask| match ask {
        Ask::Deliver { delivery, outcome, .. } => (delivery.clone(), outcome.clone()),
        other => panic!("{other:?}"),
    };
    host.acted.iter().map(one).collect()
}

#[test]
fn rule_24_a_late_verdict_is_delivered_as_another_outcome_that_says_what_it_replaces() {
    let (mut host, id, url) = expired(Plan::from(request(JUMIO)).delivered(), true);
    assert_eq!(host.row().due, None);
    assert_eq!(hear(&mut host, &url).unwrap(), Ask::Heard { id: Some(id.clone()) });
    let row = host.row();
    assert_eq!((row.due, row.outcome.as_ref()), (Some(host.now), Some(&Outcome::Expired)), "it stands until then");
    host.answers = host::APPROVING;
    assert_eq!(host.work(&id), Next::Done { outcome: APPROVED, erasure: None });
    let [(first, Outcome::Expired), (second, outcome)] = &delivered(&host)[..] else { panic!("{:?}", host.acted) };
    assert_eq!((outcome, second.replaces.as_ref()), (&APPROVED, Some(&first.id)));
    assert_ne!(first.id, second.id);
    assert!(host.verification().evidence().is_some());
    // Nothing takes its place any more.
    let row = host.row().clone();
    host.answers = host::DECLINING;
    hear(&mut host, &url).unwrap();
    assert_eq!((host.row(), host.count("jumio.initiate")), (&row, 1));
}

#[test]
fn an_end_that_was_replaced_before_it_was_delivered_is_not_delivered() {
    let (mut host, id, url) = expired(Plan::from(request(JUMIO)).delivered(), false);
    let first = host.row().delivery.clone().unwrap();
    assert!(first.due.is_some());
    host.acted.clear();
    (host.answers, host.acts) = (host::APPROVING, true);
    hear(&mut host, &url).unwrap();
    // The look is due before the next attempt to deliver.
    host.now = host.row().due.unwrap();
    host.work(&id);
    let last = delivered(&host).pop().unwrap();
    assert_eq!((last.1, last.0.replaces), (APPROVED, Some(first.id)));
    assert_eq!(host.row().due, None);
}

#[test]
fn rule_24_news_that_brings_no_verdict_delivers_nothing_anew() {
    let (mut host, id, url) = expired(Plan::from(request(JUMIO)).delivered(), true);
    hear(&mut host, &url).unwrap();
    assert_eq!(host.work(&id), Next::Done { outcome: Outcome::Expired, erasure: None });
    assert_eq!(host.acted.len(), 1);
}

#[test]
fn rule_24_an_erased_verification_stays_erased() {
    let (mut host, id, url) = expired(Plan::from(request(JUMIO)).delivered(), true);
    host.answers = host::APPROVING;
    host.tell(&id, Input::Erase { at_provider: false }).unwrap();
    let row = host.row().clone();
    assert_eq!(hear(&mut host, &url).unwrap_err().code(), "session_over");
    assert_eq!(host.row(), &row);
    assert!(matches!(host.work(&id), Next::Done { outcome: Outcome::Expired, erasure: Some(_) }));
    // One that has followed news, and is erased before it looked.
    let (mut host, id, url) = expired(Plan::from(request(JUMIO)).delivered(), true);
    host.answers = host::APPROVING;
    hear(&mut host, &url).unwrap();
    host.tell(&id, Input::Erase { at_provider: true }).unwrap();
    assert!(matches!(host.work(&id), Next::Done { outcome: Outcome::Expired, erasure: Some(_) }));
    assert_eq!((host.acted.len(), host.count("jumio.delete")), (1, 1));
}

fn plan(when: &str) -> Plan {
    Plan::from_json(&format!(r#"[{{"request": {JUMIO}}}, {{"account": "kz", "request": {KZ}, "when": {when}}}]"#))
        .unwrap()
        .delivered()
}

/// The first step has expired, and the page of the second is shown.
fn fallen_back() -> (Host, String, String) {
    let mut host = Host::new();
    host.answers = |request| match request.operation.as_str() {
        "biometric_kz.fetch_result" => Some((404, String::new())),
        _ => host::PENDING(request),
    };
    let id = host.begin(plan(r#"["expired"]"#), "order-7");
    let url = callback_url(&host);
    while host.count("biometric_kz.create_session") == 0 {
        host.advance(&id);
        host.now = host.row().due.unwrap().max(host.now);
    }
    (host, id, url)
}

#[test]
fn a_late_verdict_decides_also_while_another_provider_is_tried() {
    let (mut host, id, url) = fallen_back();
    host.answers = host::APPROVING;
    hear(&mut host, &url).unwrap();
    let sent = host.sent.len();
    assert_eq!(host.work(&id), Next::Done { outcome: APPROVED, erasure: None });
    assert_eq!(host.sent[sent..], ["jumio.retrieve"], "nothing is asked of the other one any more");
    assert_eq!((host.row().account.as_str(), host.acted.len()), ("jumio-eu", 1));
    // What the other one made is deleted, or said to be left, as ever.
    host.tell(&id, Input::Erase { at_provider: true }).unwrap();
    assert!(matches!(host.work(&id), Next::Done { erasure: Some(_), .. }));
}

#[test]
fn a_late_end_without_a_verdict_leaves_the_step_that_is_tried() {
    let (mut host, id, url) = fallen_back();
    hear(&mut host, &url).unwrap();
    assert!(matches!(host.advance(&id), Next::Present { .. }), "its page stays");
    assert_eq!(host.row().outcome, None);
}

#[test]
fn what_has_decided_stays_whatever_a_step_before_it_hears() {
    let (mut host, id, url) = fallen_back();
    host.answers = host::APPROVING;
    assert_eq!(host.work(&id), Next::Done { outcome: APPROVED, erasure: None });
    assert_eq!(host.row().account, "kz");
    let row = host.row().clone();
    hear(&mut host, &url).unwrap();
    assert_eq!(host.row(), &row, "it was genuine, and that is all");
}

#[test]
fn late_news_begins_no_further_step() {
    let (mut host, id, url) = expired(plan(r#"["inconclusive"]"#), true);
    host.answers = host::INCONCLUSIVE;
    hear(&mut host, &url).unwrap();
    let inconclusive = Outcome::Decided { decision: Decision::Inconclusive };
    assert_eq!(host.work(&id), Next::Done { outcome: inconclusive, erasure: None }, "the user is gone");
    assert_eq!((host.acted.len(), host.count("biometric_kz.create_session")), (2, 0));
}

/// Another worker's answer to the same look was first, and said less.
#[test]
fn rule_24_an_answer_that_is_late_is_followed() {
    let mut host = Host::new();
    host.answers = host::PENDING;
    let id = host.begin(Plan::from(request(JUMIO)).delivered(), "order-7");
    host.advance(&id);
    let mut slow = None;
    while host.row().outcome.is_none() {
        let mut driver = Driver::advance(&host.accounts, &id);
        while let Some(told) =
            (!matches!(driver.ask(), Ask::Exchange { .. })).then(|| host.perform(&driver.ask().clone())).flatten()
        {
            driver.told(told, host.now).unwrap();
        }
        slow = matches!(driver.ask(), Ask::Exchange { .. }).then_some(driver).or(slow);
        host.advance(&id);
        host.now = host.row().due.unwrap_or(host.now).max(host.now);
    }
    assert_eq!(host.row().outcome, Some(Outcome::Expired));
    host.answers = host::APPROVING;
    host.run(slow.unwrap()).unwrap();
    assert_eq!(host.row().outcome, Some(APPROVED));
    host.work(&id);
    assert_eq!(delivered(&host).pop().unwrap().1, APPROVED);
}
