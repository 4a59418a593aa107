//! The client against a real server: what it sends, what it refuses to do, and what it keeps.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use axum::{Router, body::Body, http::StatusCode, response::IntoResponse, routing::get};
use idvkit::{
    Account, Cache, Config, Header, HttpRequest, Input, Method, Next, Outcome, Request, UnixMillis, Why,
    driver::{Answer, Blob, By, Row},
};
use idvkit_http::{Client, Ended, Error, MAX_ANSWER_BYTES, MemoryStore, Observed, Store};
use idvkit_sandbox::Sandbox;

const NOW: i64 = 1_767_225_600_000;

#[tokio::test]
async fn hands_over_status_headers_and_bytes() {
    let base = serve(
        Router::new().route("/", get(|| async { (StatusCode::IM_A_TEAPOT, [("x-one", "1")], vec![0, 255, 10]) })),
    )
    .await;
    let Answer { status, headers, body } = plain().exchange(&request(&base, "/"), None).await.unwrap();
    assert_eq!((status, body.as_slice()), (418, [0, 255, 10].as_slice()));
    assert_eq!(Header::find(&headers, "X-One"), Some("1"));
}

#[tokio::test]
async fn follows_no_redirect() {
    let elsewhere = Arc::new(AtomicUsize::new(0));
    let seen = elsewhere.clone();
    let app = Router::new().route("/", get(|| async { (StatusCode::FOUND, [("location", "/elsewhere")]) })).route(
        "/elsewhere",
        get(move || {
            seen.fetch_add(1, Ordering::Relaxed);
            async { "no" }
        }),
    );
    let base = serve(app).await;
    assert_eq!(plain().exchange(&request(&base, "/"), None).await.unwrap().status, 302);
    assert_eq!(elsewhere.load(Ordering::Relaxed), 0, "credentials must not travel on");
    // A client of the caller's own that follows them gives an answer of somebody else.
    let careless = Client::over(reqwest::Client::new(), account("http://127.0.0.1:1"), MemoryStore::default());
    assert_eq!(careless.exchange(&request(&base, "/"), None).await, None);
}

#[tokio::test]
async fn repeats_nothing_by_itself() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = calls.clone();
    let app = Router::new().route(
        "/",
        get(move || {
            seen.fetch_add(1, Ordering::Relaxed);
            async { StatusCode::SERVICE_UNAVAILABLE }
        }),
    );
    let base = serve(app).await;
    plain().exchange(&request(&base, "/"), None).await;
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn gives_up_on_time_outs_and_floods() {
    let app = Router::new()
        .route("/slow", get(|| async { tokio::time::sleep(std::time::Duration::from_secs(30)).await }))
        .route("/limit", get(|| async { Body::from(vec![b'x'; MAX_ANSWER_BYTES]) }))
        .route("/flood", get(|| async { Body::from(vec![b'x'; MAX_ANSWER_BYTES + 1]) }));
    let base = serve(app).await;
    let client = plain();
    let slow = HttpRequest { timeout_ms: 200, ..request(&base, "/slow") };
    assert_eq!(client.exchange(&slow, None).await, None);
    assert_eq!(client.exchange(&request(&base, "/flood"), None).await, None);
    assert_eq!(client.exchange(&request(&base, "/limit"), None).await.unwrap().status, 200);
    assert_eq!(client.exchange(&request("http://127.0.0.1:1", "/"), None).await, None);
}

#[tokio::test]
async fn keeps_a_token_until_it_runs_out_and_fetches_it_once() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = calls.clone();
    let token = move || {
        let number = seen.fetch_add(1, Ordering::Relaxed);
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            format!(r#"{{"access_token": "t{number}", "expires_in": 60}}"#).into_response()
        }
    };
    let base = serve(Router::new().route("/", get(token))).await;
    let time = Arc::new(AtomicI64::new(NOW));
    let clock = time.clone();
    let client = plain().with_clock(move || UnixMillis(clock.load(Ordering::Relaxed)));
    let ask = HttpRequest {
        cache: Some(Cache { key: "k".into(), max_age_ms: 600_000, refused: None }),
        ..request(&base, "/")
    };
    let (first, second) = tokio::join!(client.exchange(&ask, Some("k")), client.exchange(&ask, Some("k")));
    assert_eq!(
        (first.unwrap().body, calls.load(Ordering::Relaxed)),
        (second.unwrap().body, 1),
        "two at once fetch it once"
    );
    time.store(NOW + 59_999, Ordering::Relaxed);
    client.exchange(&ask, Some("k")).await;
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    time.store(NOW + 60_000, Ordering::Relaxed);
    client.clone().exchange(&ask, Some("k")).await;
    assert_eq!(calls.load(Ordering::Relaxed), 2, "clones share what is kept");
}

#[tokio::test]
async fn logs_the_operation_and_nothing_else() {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || Sink(sink.clone()))
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let base = serve(Router::new().route("/{*rest}", get(|| async { "planted-body" }))).await;
    let mut planted = request(&base, "/planted-path?flow_api_key=planted-key");
    planted.headers.push(Header::new("Authorization", "Basic planted-credential"));
    planted.body = Some(b"planted-request-body".to_vec());
    let client = plain();
    client.exchange(&planted, None).await;
    client.exchange(&HttpRequest { url: "http://127.0.0.1:1/planted".into(), ..planted }, None).await;
    let text = String::from_utf8(written.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap();
    let ours: Vec<&str> = text.lines().filter(|line| line.contains("idvkit_http")).collect();
    assert!(ours.iter().any(|line| line.contains("test.operation")), "{text}");
    assert!(ours.iter().all(|line| !line.contains("planted")), "{ours:#?}");
}

#[tokio::test]
async fn one_of_eight_workers_sends_what_must_not_be_sent_twice() {
    let (sandbox, client) = in_sandbox(MemoryStore::default()).await;
    let id = client.begin(order(), "order-7").await.unwrap();
    let workers = (0..8).map(|_| {
        let (client, id) = (client.clone(), id.clone());
        tokio::spawn(async move { client.advance(&id).await.unwrap() })
    });
    let mut journeys = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        match worker.await.unwrap() {
            Next::Present { journey, .. } => journeys.push(journey),
            Next::Wait { why: Why::InFlight, .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(!journeys.is_empty() && journeys.windows(2).all(|pair| pair[0] == pair[1]));
    let sent = sandbox.control().log().iter().filter(|entry| entry.path.ends_with("/initiate")).count();
    assert_eq!(sent, 1, "eight workers at once make one transaction");
}

#[tokio::test]
async fn begin_is_idempotent_and_unknown_ids_are_refused() {
    let (_sandbox, client) = in_sandbox(MemoryStore::default()).await;
    let id = client.begin(order(), "order-7").await.unwrap();
    assert_eq!(client.begin(order(), "order-7").await.unwrap(), id);
    assert_ne!(client.begin(order(), "order-8").await.unwrap(), id);
    assert_eq!(client.store().due(client.now()).len(), 2, "a worker is to look at both");
    let Err(Error::Reject(reject)) = client.advance("nobody").await else { panic!() };
    assert_eq!(reject.code(), "verification_unknown");
    assert!(client.verification("nobody").await.unwrap().is_none());
}

#[tokio::test]
async fn an_outcome_is_delivered_until_the_host_has_acted() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let acts = seen.clone();
    let (sandbox, client) = in_sandbox(MemoryStore::default()).await;
    let client = client.on_outcome(move |Ended { outcome, delivery, verification }| {
        let mut acts = acts.lock().unwrap_or_else(PoisonError::into_inner);
        acts.push((outcome, delivery.id, verification.key().to_owned()));
        let acted = acts.len() > 2;
        async move { acted }
    });
    let id = client.begin(order(), "order-7").await.unwrap();
    client.tell(&id, Input::Erase { at_provider: false }).await.unwrap();
    while let Some(due) = client.store().row(&id).unwrap().due {
        sandbox.control().advance(due.since(client.now()).max(0)).await;
        client.advance(&id).await.unwrap();
    }
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(seen.len(), 3, "twice it could not act");
    assert!(seen.iter().all(|one| *one == seen[0]) && matches!(seen[0].0, Outcome::Abandoned { .. }), "{seen:?}");
    assert_eq!(seen[0].2, "order-7");
}

#[tokio::test]
async fn the_observer_is_told_of_each_exchange() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let (sandbox, client) = in_sandbox(MemoryStore::default()).await;
    let client = client.with_observer(move |observed| {
        if let Observed::Exchanged { verification, request, status, .. } = observed {
            let told = (verification.id().to_owned(), request.operation.clone(), status);
            log.lock().unwrap_or_else(PoisonError::into_inner).push(told);
        }
    });
    let id = client.begin(order(), "order-7").await.unwrap();
    client.advance(&id).await.unwrap();
    sandbox.stop().await;
    let unreachable = client.begin(order(), "order-8").await.unwrap();
    client.advance(&unreachable).await.unwrap();
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    let operation = || "jumio.initiate".to_owned();
    assert_eq!(*seen, [(id, operation(), Some(200)), (unreachable, operation(), None)]);
}

#[tokio::test]
async fn a_lost_swap_is_handled_again() {
    let contested = |losses| Contested { inner: MemoryStore::default(), losses: Arc::new(AtomicUsize::new(losses)) };
    let (_sandbox, client) = in_sandbox(contested(3)).await;
    let id = client.begin(order(), "order-7").await.unwrap();
    client.tell(&id, Input::Erase { at_provider: false }).await.unwrap();
    assert!(matches!(client.advance(&id).await.unwrap(), Next::Done { .. }));

    let (_sandbox, client) = in_sandbox(contested(0)).await;
    let id = client.begin(order(), "order-7").await.unwrap();
    client.store().losses.store(usize::MAX, Ordering::Relaxed);
    let lost = client.tell(&id, Input::Erase { at_provider: false }).await;
    assert!(matches!(&lost, Err(Error::Reject(reject)) if reject.code() == "conflict"), "{lost:?}");
}

/// A store in which another worker is first so many times.
#[derive(Clone)]
struct Contested {
    inner: MemoryStore,
    losses: Arc<AtomicUsize>,
}

impl Store for Contested {
    type Error = std::convert::Infallible;

    async fn load(&self, by: &By, blobs: &[String]) -> Result<(Option<String>, Vec<Blob>), Self::Error> {
        self.inner.load(by, blobs).await
    }

    async fn store(&self, row: &Row, expected: Option<i64>, blobs: &[Blob]) -> Result<bool, Self::Error> {
        let left = self.losses.load(Ordering::Relaxed);
        if left > 0 {
            self.losses.store(left - 1, Ordering::Relaxed);
            return Ok(false);
        }
        self.inner.store(row, expected, blobs).await
    }
}

struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn in_sandbox<S: Store + Clone>(store: S) -> (Sandbox, Client<S>) {
    let sandbox = Sandbox::start().await.unwrap();
    let clock = sandbox.control().clone();
    let client = Client::new(account(sandbox.base_url()), store).unwrap().with_clock(move || UnixMillis(clock.now()));
    (sandbox, client)
}

fn plain() -> Client<MemoryStore> {
    Client::new(account("http://127.0.0.1:1"), MemoryStore::default()).unwrap()
}

fn account(base: &str) -> Account {
    let config = format!(
        r#"{{"provider": "jumio", "region": "us", "api_token": "sandbox-jumio-token", "api_secret": "sandbox-jumio-secret",
            "user_agent": "YourCompany YourApp/v1.0", "callback": {{"url": "https://merchant.example/callback"}},
            "options": {{"development": true, "api_base": "{base}/jumio/us"}}}}"#
    );
    Account::new(Config::from_json(&config).unwrap()).unwrap()
}

fn order() -> Request {
    let order = r#"{"flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222"}"#;
    Request::from_json(order).unwrap()
}

fn request(base: &str, path: &str) -> HttpRequest {
    HttpRequest {
        id: "id-1".into(),
        operation: "test.operation".into(),
        method: Method::Get,
        url: format!("{base}{path}"),
        headers: vec![],
        body: None,
        timeout_ms: 10_000,
        idempotent: true,
        cache: None,
    }
}

async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}
