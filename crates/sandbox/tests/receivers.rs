//! Receivers of callbacks that are slow, or never answer: they stop neither the others nor the clock.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use common::{Receiver, begin, http};
use idvkit_sandbox::{Config, Sandbox};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::sleep;

const WAIT: Duration = Duration::from_millis(400);

async fn sandbox() -> Sandbox {
    let receiver_wait_ms = u64::try_from(WAIT.as_millis()).unwrap();
    Sandbox::with(Config { receiver_wait_ms, ..Config::default() }).await.unwrap()
}

/// A transaction whose verdict is due in five seconds.
async fn decided(sandbox: &Sandbox, callback_url: &str) -> String {
    let transaction = begin(sandbox, json!({ "callbackUrl": callback_url })).await;
    transaction.press("acceptable", &[]).await;
    transaction.reference
}

/// Takes connections and never says anything.
async fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/callback", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn one_that_never_answers_stops_nobody() {
    let (sandbox, healthy, (_listener, silent)) = (sandbox().await, Receiver::start().await, silent().await);
    decided(&sandbox, &silent).await;
    decided(&sandbox, &healthy.url).await;
    let begun = Instant::now();
    sandbox.control().advance(5_000).await;
    assert!(begun.elapsed() < WAIT * 4, "{:?}", begun.elapsed());
    assert_eq!(healthy.heard().len(), 1);
    // From now on it is not waited for at all.
    for round in 2..5 {
        decided(&sandbox, &silent).await;
        decided(&sandbox, &healthy.url).await;
        let begun = Instant::now();
        sandbox.control().advance(5_000).await;
        assert!(begun.elapsed() < WAIT, "{:?}", begun.elapsed());
        assert_eq!(healthy.heard().len(), round);
    }
}

#[tokio::test]
async fn requests_leave_no_tasks_behind_while_one_is_waited_for() {
    let config = Config { receiver_wait_ms: 60_000, ..Config::default() };
    let (sandbox, (_listener, silent)) = (Sandbox::with(config).await.unwrap(), silent().await);
    decided(&sandbox, &silent).await;
    let control = sandbox.control().clone();
    let advance = tokio::spawn(async move { control.advance(5_000).await });
    while sandbox.control().transactions()[0].status.name() != "PASSED" {
        sleep(Duration::from_millis(1)).await;
    }
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    let client = http();
    for _ in 0..50 {
        // Each makes another callback due at once.
        let begun = begin(&sandbox, json!({ "callbackUrl": silent })).await;
        client.get(&begun.redirect_url).send().await.unwrap();
    }
    assert!(metrics.num_alive_tasks() < before + 25, "{} and then {}", before, metrics.num_alive_tasks());
    advance.abort();
}

/// Answers as often as it is allowed to.
struct Gated {
    url: String,
    heard: Arc<AtomicUsize>,
    answers: Arc<Semaphore>,
}

async fn gated() -> Gated {
    let (listener, url) = silent().await;
    let (heard, answers) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let (count, gate) = (Arc::clone(&heard), Arc::clone(&answers));
    let answer = move || {
        let (count, gate) = (Arc::clone(&count), Arc::clone(&gate));
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            gate.acquire().await.unwrap().forget();
        }
    };
    tokio::spawn(axum::serve(listener, Router::new().fallback(answer)).into_future());
    Gated { url, heard, answers }
}

#[tokio::test]
async fn what_is_for_a_slow_one_waits_in_order_until_it_answers() {
    let (sandbox, slow) = (sandbox().await, gated().await);
    let first = decided(&sandbox, &slow.url).await;
    sandbox.control().advance(5_000).await;
    let second = decided(&sandbox, &slow.url).await;
    sandbox.control().advance(5_000).await;
    assert_eq!(slow.heard.load(Ordering::SeqCst), 1, "the second waits behind the first");
    assert!(sandbox.control().deliveries().is_empty());

    slow.answers.add_permits(2);
    while sandbox.control().deliveries().len() < 2 {
        sleep(Duration::from_millis(1)).await;
    }
    let told = sandbox.control().deliveries();
    let told: Vec<_> = told.iter().map(|entry| (entry.reference.as_str(), entry.attempt, entry.status)).collect();
    assert_eq!(told, [(first.as_str(), 1, Some(200)), (second.as_str(), 1, Some(200))]);

    // It is like any other again: the clock waits for it.
    slow.answers.add_permits(1);
    decided(&sandbox, &slow.url).await;
    sandbox.control().advance(5_000).await;
    assert_eq!(sandbox.control().deliveries().len(), 3);
}

#[tokio::test]
async fn a_reset_forgets_what_was_for_a_slow_one() {
    let (sandbox, slow) = (sandbox().await, gated().await);
    for _ in 0..2 {
        decided(&sandbox, &slow.url).await;
        sandbox.control().advance(5_000).await;
    }
    sandbox.control().reset().await;
    slow.answers.add_permits(10);
    decided(&sandbox, &slow.url).await;
    sandbox.control().advance(5_000).await;
    assert_eq!(sandbox.control().deliveries().len(), 1);
    assert_eq!(slow.heard.load(Ordering::SeqCst), 2, "one before, one after");
}

#[tokio::test]
async fn what_a_slow_one_was_not_told_is_told_after_a_restart() {
    let (sandbox, slow) = (sandbox().await, gated().await);
    for _ in 0..2 {
        decided(&sandbox, &slow.url).await;
        sandbox.control().advance(5_000).await;
    }
    let control = sandbox.control().clone();
    sandbox.stop().await;
    slow.answers.add_permits(10);
    let sandbox = Sandbox::resume(Config::default(), &control.saved()).await.unwrap();
    sandbox.control().settle().await;
    let told = sandbox.control().deliveries();
    assert_eq!(told.iter().map(|entry| entry.status).collect::<Vec<_>>(), [Some(200), Some(200)]);
}
