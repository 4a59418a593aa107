//! Outcomes reach the host at least once, also if it fails, panics or is killed in the middle.

use std::{
    env,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use idvkit::{
    Outcome, UnixMillis,
    driver::{Accounts, Plan},
};
use idvkit_host::{Database, Ended, Filter, Shown, Verifications, What};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::{Host, jumio, local, order, timed};

#[tokio::test]
async fn the_worker_brings_a_verification_to_its_end_and_stops_when_it_is_told() {
    let host = Host::start().await;
    let id = host.begin("order-7").await;
    host.take_selfie(&id).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let kit = host.kit.clone();
    let worker = tokio::spawn(async move { kit.work_until(async { drop(stopped.await) }).await });
    for _ in 0..100 {
        if !host.acted.lock().unwrap().is_empty() {
            break;
        }
        host.sandbox.control().advance(15_000).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), worker).await.unwrap().unwrap();
    let acted = host.acted.lock().unwrap();
    assert_eq!((acted.len(), acted[0].verification.id(), acted[0].verification.key()), (1, &*id, "order-7"));
    assert!(acted[0].outcome.is_approved() && acted[0].verification.evidence().is_some());
}

#[tokio::test]
async fn a_host_that_cannot_act_is_called_again_with_the_same_delivery() {
    let calls = Arc::new(AtomicU32::new(0));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (count, log) = (calls.clone(), seen.clone());
    let host = Host::start().await;
    let act = move |ended: Ended| {
        log.lock().unwrap().push((ended.delivery.id, ended.delivery.failures));
        let call = count.fetch_add(1, Ordering::Relaxed);
        async move {
            match call {
                0 => Err("no mail server".into()),
                1 => panic!("a bug of the host's"),
                _ => Ok(()),
            }
        }
    };
    let accounts = host.kit.accounts().clone();
    let kit = timed(Verifications::new(accounts, host.kit.database().clone(), act).unwrap(), &host.sandbox);
    let id = kit.begin(order(), "order-7", "user-7").await.unwrap();
    kit.erase(&id, false).await.unwrap();
    kit.state(&id).await.unwrap();
    let waiting = kit.undelivered().await.unwrap();
    assert_eq!((waiting.len(), &waiting[0].id), (1, &id), "it is kept visible");
    let delivery: Value = serde_json::from_str(waiting[0].delivery.as_ref().unwrap().get()).unwrap();
    assert_eq!((&delivery["failures"], delivery["replaces"].is_null()), (&json!(1), true));
    for _ in 0..5 {
        host.sandbox.control().advance(10_000).await;
        kit.state(&id).await.unwrap();
    }
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.iter().map(|(_, failures)| *failures).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(seen.iter().all(|(id, _)| *id == seen[0].0));
    assert!(kit.undelivered().await.unwrap().is_empty());
    let timeline = kit.timeline(&id).await.unwrap().unwrap();
    let done: Vec<&Value> = timeline.iter().filter(|one| one["kind"] == "delivered").map(|one| &one["done"]).collect();
    assert_eq!(done, [false, false, true]);
}

/// The child is killed after the outcome is stored and before the host has acted on it.
#[tokio::test]
async fn an_outcome_survives_a_kill_between_store_and_act() {
    let file = env::temp_dir().join(format!("idvkit-crash-{}.sqlite", std::process::id()));
    let database = Database::open(&format!("sqlite:{}", file.display())).await.unwrap();
    let host = Host::with(database, |kit| kit).await;
    let id = host.begin("order-7").await;
    host.take_selfie(&id).await;
    host.sandbox.control().advance(60_000).await;
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["outcome::child_that_is_killed", "--exact", "--ignored", "--nocapture"])
        .env("IDVKIT_TEST_DATABASE", &file)
        .env("IDVKIT_TEST_SANDBOX", host.sandbox.base_url())
        .env("IDVKIT_TEST_HOST", &host.url)
        .env("IDVKIT_TEST_NOW", host.kit.now().0.to_string())
        .env("IDVKIT_TEST_ID", &id)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = tokio::task::spawn_blocking(move || {
        lines.by_ref().find_map(|line| line.unwrap().split_once("acts on ").map(|(_, id)| id.to_owned()))
    });
    let delivery = tokio::time::timeout(Duration::from_secs(30), line).await.unwrap().unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(host.acted.lock().unwrap().is_empty());
    let stored = &host.kit.list(&Filter::default()).await.unwrap()[0];
    assert!(stored.outcome.is_some() && stored.undelivered.is_some());
    // The claim of the one that was killed runs out.
    host.kit.state(&id).await.unwrap();
    assert!(host.acted.lock().unwrap().is_empty());
    host.sandbox.control().advance(60_001).await;
    host.kit.state(&id).await.unwrap();
    let acted = host.acted.lock().unwrap();
    assert_eq!((acted.len(), &acted[0].delivery.id), (1, &delivery), "the same delivery, so that a host can act once");
    assert!(acted[0].outcome.is_approved());
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(PathBuf::from(format!("{}{ending}", file.display())));
    }
}

#[tokio::test]
#[ignore = "a part of the test above, which kills it"]
async fn child_that_is_killed() {
    let of = |name: &str| env::var(format!("IDVKIT_TEST_{name}")).unwrap();
    let database = Database::open(&format!("sqlite:{}", of("DATABASE"))).await.unwrap();
    let act = |ended: Ended| async move {
        println!("acts on {}", ended.delivery.id);
        std::future::pending().await
    };
    let now = UnixMillis(of("NOW").parse().unwrap());
    let kit = Verifications::new(jumio(&of("SANDBOX"), &of("HOST")), database, act).unwrap();
    let kit = kit.with_http(local()).with_clock(move || now);
    kit.state(&of("ID")).await.unwrap();
}

#[tokio::test]
async fn what_is_older_than_the_retention_is_erased() {
    let days = |count: u64| Duration::from_hours(24 * count);
    let database = Database::open("sqlite::memory:").await.unwrap();
    let host = Host::with(database, |kit| kit.with_retention(days(30))).await;
    let (id, running) = (host.begin("order-7").await, host.begin("order-8").await);
    host.take_selfie(&id).await;
    host.end(&id).await;
    assert!(host.kit.verification(&id).await.unwrap().unwrap().evidence().is_some());
    let kit = host.kit.clone();
    let worker = tokio::spawn(async move { kit.work().await });
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(host.kit.list(&Filter::default()).await.unwrap().iter().all(|one| one.erased.is_none()));
    host.sandbox.control().advance(30 * 86_400_000 + 1).await;
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if host.kit.list(&Filter::default()).await.unwrap().iter().any(|one| one.id == id && one.erased.is_some()) {
            break;
        }
    }
    worker.abort();
    let verification = host.kit.verification(&id).await.unwrap().unwrap();
    assert!(verification.evidence().is_none() && verification.outcome().is_some_and(Outcome::is_approved));
    let timeline = host.kit.timeline(&id).await.unwrap().unwrap();
    let erased: Vec<&Value> = timeline.iter().filter(|one| one["kind"] == "erased").collect();
    assert_eq!((erased.len(), &erased[0]["by"]), (1, &json!("retention")));
    let other = host.kit.list(&Filter::default()).await.unwrap().into_iter().find(|one| one.id == running).unwrap();
    assert!(other.erased.is_none(), "its time runs from its end");
}

#[tokio::test]
async fn the_timeline_and_the_observer_have_every_step_and_no_secret() {
    let host = Host::start().await;
    let id = host.begin("order-7").await;
    host.take_selfie(&id).await;
    host.end(&id).await;
    host.kit.erase(&id, true).await.unwrap();
    host.kit.state(&id).await.unwrap();
    let refused = host.kit.retry(&id).await;
    assert!(matches!(refused, Err(idvkit_host::Error::Reject(reject)) if reject.code() == "retry_refused"));
    let timeline = host.kit.timeline(&id).await.unwrap().unwrap();
    let kinds: Vec<String> = timeline
        .iter()
        .map(|one| {
            format!(
                "{}{}",
                one["kind"].as_str().unwrap(),
                one["input"].as_str().map_or(String::new(), |input| format!(" {input}"))
            )
        })
        .collect();
    let first = ["begun", "exchange", "told redirect"];
    assert_eq!(kinds[..3], first, "{timeline:#?}");
    for kind in ["told callback", "outcome", "delivered", "told erase", "erased", "told retry"] {
        assert!(kinds.iter().any(|one| one == kind), "{kind}: {kinds:?}");
    }
    let position = |kind: &str| kinds.iter().position(|one| one == kind).unwrap();
    assert!(position("outcome") < position("delivered"));
    let exchange = &timeline[1];
    assert_eq!(
        (&exchange["provider"], &exchange["operation"], &exchange["status"]),
        (&json!("jumio"), &json!("jumio.initiate"), &json!(200))
    );
    assert_eq!(timeline.last().unwrap()["reject"], "retry_refused");
    let seen = host.events.lock().unwrap();
    assert_eq!(seen.len(), timeline.len(), "the observer gets the same");
    assert!(seen.iter().all(|event| event.verification == id));
    assert!(seen.iter().any(|event| matches!(event.what, What::Outcome { outcome: "approved", .. })));
    let text = json!([*seen, timeline]).to_string();
    for secret in ["http", "sandbox-jumio", "authorizationToken", "22222222"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[tokio::test]
async fn another_step_of_the_plan_is_tried_where_the_first_has_no_verdict() {
    let host = Host::start().await;
    let account = host.kit.accounts().get("jumio").unwrap().clone();
    let accounts = Accounts::default().with("first", account.clone()).with("second", account);
    let kit = host.over(accounts);
    let request = r#"{"flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222"}"#;
    let plan = format!(
        r#"[{{"account": "first", "request": {request}}}, {{"account": "second", "request": {request}, "when": ["expired"]}}]"#
    );
    let id = kit.begin(Plan::from_json(&plan).unwrap(), "order-7", "user-7").await.unwrap();
    let Shown::Journey { journey, .. } = kit.state(&id).await.unwrap().shown else { panic!() };
    // The user never comes to the first.
    for _ in 0..500 {
        host.sandbox.control().advance(60_000).await;
        match kit.state(&id).await.unwrap().shown {
            Shown::Journey { journey: other, .. } if other.id != journey.id => break,
            Shown::Done { outcome } => panic!("{outcome:?}"),
            _ => {}
        }
    }
    let summary = kit.list(&Filter::default()).await.unwrap().remove(0);
    assert_eq!((&*summary.account, summary.outcome.is_none()), ("second", true));
    let verification = kit.verification(&id).await.unwrap().unwrap();
    let attempts = verification.attempts();
    assert_eq!(attempts.len(), 2);
    assert_eq!((&*attempts[0].account, &attempts[0].outcome), ("first", &Some(Outcome::Expired)));
    assert!(host.acted.lock().unwrap().is_empty(), "the verification has not ended");
}

#[tokio::test]
async fn a_verdict_that_comes_late_is_delivered_again_and_says_what_it_replaces() {
    let host = Host::start().await;
    host.sandbox.control().configure(|config| config.jumio.verdict_delay_ms = 800_000);
    let id = host.begin("order-7").await;
    host.take_selfie(&id).await;
    for _ in 0..100 {
        host.sandbox.control().advance(30_000).await;
        host.state(&id).await;
        if host.acted.lock().unwrap().len() > 1 {
            break;
        }
    }
    let acted = host.acted.lock().unwrap().clone();
    assert_eq!(acted.len(), 2, "{acted:?}");
    assert!(matches!(acted[0].outcome, Outcome::Expired) && acted[1].outcome.is_approved(), "{acted:?}");
    assert_ne!(acted[0].delivery.id, acted[1].delivery.id);
    assert_eq!(acted[1].delivery.replaces.as_ref(), Some(&acted[0].delivery.id));
    let timeline = host.kit.timeline(&id).await.unwrap().unwrap();
    let outcomes: Vec<&Value> = timeline.iter().filter(|one| one["kind"] == "outcome").collect();
    assert_eq!((&outcomes[0]["outcome"], &outcomes[1]["outcome"]), (&json!("expired"), &json!("approved")));
    assert_eq!((outcomes[0].get("replaces"), &outcomes[1]["replaces"]), (None, &json!(acted[0].delivery.id)));
}
