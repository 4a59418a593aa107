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
    Account, Cache, Config, Header, HttpRequest, Input, Method, Next, Request, Seed, Session, UnixMillis, Why,
};
use idvkit_http::{Client, Error, MAX_ANSWER_BYTES, MemoryStore, Store};

const NOW: i64 = 1_767_225_600_000;

#[tokio::test]
async fn hands_over_status_headers_and_bytes() {
    let base = serve(
        Router::new().route("/", get(|| async { (StatusCode::IM_A_TEAPOT, [("x-one", "1")], vec![0, 255, 10]) })),
    )
    .await;
    let answer = Client::new().unwrap().send(&request(&base, "/")).await;
    let Input::HttpResponse { id, status, headers, body } = answer else { panic!("{answer:?}") };
    assert_eq!((id.as_str(), status, body.as_slice()), ("id-1", 418, [0, 255, 10].as_slice()));
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
    let answer = Client::new().unwrap().send(&request(&base, "/")).await;
    assert!(matches!(answer, Input::HttpResponse { status: 302, .. }), "{answer:?}");
    assert_eq!(elsewhere.load(Ordering::Relaxed), 0, "credentials must not travel on");
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
    Client::new().unwrap().send(&request(&base, "/")).await;
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn gives_up_on_time_outs_and_floods() {
    let app = Router::new()
        .route("/slow", get(|| async { tokio::time::sleep(std::time::Duration::from_secs(30)).await }))
        .route("/limit", get(|| async { Body::from(vec![b'x'; MAX_ANSWER_BYTES]) }))
        .route("/flood", get(|| async { Body::from(vec![b'x'; MAX_ANSWER_BYTES + 1]) }));
    let base = serve(app).await;
    let client = Client::new().unwrap();
    let slow = HttpRequest { timeout_ms: 200, ..request(&base, "/slow") };
    assert!(matches!(client.send(&slow).await, Input::HttpFailed { .. }));
    assert!(matches!(client.send(&request(&base, "/flood")).await, Input::HttpFailed { .. }));
    assert!(matches!(client.send(&request(&base, "/limit")).await, Input::HttpResponse { status: 200, .. }));
    assert!(matches!(client.send(&request("http://127.0.0.1:1", "/")).await, Input::HttpFailed { .. }));
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
    let client = Client::new().unwrap().with_clock(move || UnixMillis(clock.load(Ordering::Relaxed)));
    let ask = |refresh: bool| HttpRequest {
        cache: Some(Cache { key: "k".into(), max_age_ms: 600_000, refused: refresh.then(|| "m".into()) }),
        ..request(&base, "/")
    };

    let (plain, other) = (ask(false), ask(false));
    let (first, second) = tokio::join!(client.send(&plain), client.send(&other));
    assert_eq!((body(first), calls.load(Ordering::Relaxed)), (body(second), 1), "two at once fetch it once");
    time.store(NOW + 59_999, Ordering::Relaxed);
    client.send(&plain).await;
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    time.store(NOW + 60_000, Ordering::Relaxed);
    client.send(&plain).await;
    assert_eq!(calls.load(Ordering::Relaxed), 2, "the answer's own `expires_in` is shorter than the leave to keep it");
    client.send(&ask(true)).await;
    assert_eq!(calls.load(Ordering::Relaxed), 2, "it is new enough: others had it refused as well");
    time.store(NOW + 66_000, Ordering::Relaxed);
    client.send(&ask(true)).await;
    assert_eq!(calls.load(Ordering::Relaxed), 3, "a refused one is fetched anew");
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = calls.clone();
    let app = Router::new().route(
        "/",
        get(move || {
            seen.fetch_add(1, Ordering::Relaxed);
            async { StatusCode::BAD_REQUEST }
        }),
    );
    let base = serve(app).await;
    let client = Client::new().unwrap();
    let ask = HttpRequest {
        cache: Some(Cache { key: "k".into(), max_age_ms: 600_000, refused: None }),
        ..request(&base, "/")
    };
    client.send(&ask).await;
    client.send(&ask).await;
    assert_eq!(calls.load(Ordering::Relaxed), 2);
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
    let client = Client::new().unwrap();
    client.send(&planted).await;
    client.send(&HttpRequest { url: "http://127.0.0.1:1/planted".into(), ..planted }).await;
    let text = String::from_utf8(written.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap();
    let ours: Vec<&str> = text.lines().filter(|line| line.contains("idvkit_http")).collect();
    assert!(ours.iter().any(|line| line.contains("test.operation")), "{text}");
    assert!(ours.iter().all(|line| !line.contains("planted")), "{ours:#?}");
}

#[tokio::test]
async fn one_of_two_workers_sends_what_must_not_be_sent_twice() {
    let sandbox = idvkit_sandbox::Sandbox::start().await.unwrap();
    let store = Arc::new(opened(sandbox.base_url()));
    let clock = sandbox.control().clone();
    let client = Client::new().unwrap().with_clock(move || UnixMillis(clock.now()));
    let workers = (0..8).map(|_| {
        let (client, store) = (client.clone(), store.clone());
        tokio::spawn(async move { client.advance(&*store).await.unwrap() })
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
async fn a_lost_swap_is_handled_again() {
    let store = Contested { inner: opened("http://127.0.0.1:1"), losses: AtomicUsize::new(3) };
    let client = Client::new().unwrap().with_clock(|| UnixMillis(NOW));
    client.tell(&store, Input::Erase { at_provider: false }).await.unwrap();
    assert!(matches!(store.load().await.unwrap().next(UnixMillis(NOW)), Next::Done { .. }));

    let hopeless = Contested { inner: opened("http://127.0.0.1:1"), losses: AtomicUsize::new(usize::MAX) };
    let lost = client.tell(&hopeless, Input::Erase { at_provider: false }).await;
    assert!(matches!(lost, Err(Error::Conflict)), "{lost:?}");
}

/// A store in which another worker is first so many times.
struct Contested {
    inner: MemoryStore,
    losses: AtomicUsize,
}

impl Store for Contested {
    type Error = std::convert::Infallible;

    async fn load(&self) -> Result<Session, Self::Error> {
        self.inner.load().await
    }

    async fn swap(&self, expected: i64, session: &Session) -> Result<bool, Self::Error> {
        let left = self.losses.load(Ordering::Relaxed);
        if left > 0 {
            self.losses.store(left - 1, Ordering::Relaxed);
            return Ok(false);
        }
        self.inner.swap(expected, session).await
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

fn opened(base: &str) -> MemoryStore {
    let config = format!(
        r#"{{"provider": "jumio", "region": "us", "api_token": "sandbox-jumio-token", "api_secret": "sandbox-jumio-secret",
            "user_agent": "YourCompany YourApp/v1.0", "callback": {{"url": "https://merchant.example/callback"}},
            "options": {{"development": true, "api_base": "{base}/jumio/us"}}}}"#
    );
    let account = Account::new(Config::from_json(&config).unwrap()).unwrap();
    let order = r#"{"flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222"}"#;
    let seed = Seed::new(&(0..32).collect::<Vec<u8>>()).unwrap();
    let session = Session::open(&account, Request::from_json(order).unwrap(), seed, UnixMillis(NOW)).unwrap();
    MemoryStore::new(account, &session)
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

fn body(input: Input) -> Vec<u8> {
    match input {
        Input::HttpResponse { body, .. } => body,
        other => panic!("{other:?}"),
    }
}

async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}
