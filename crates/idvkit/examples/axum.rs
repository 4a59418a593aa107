//! A web shop that verifies its users, with any of the four providers: axum, `SQLite`, and idvkit.
//!
//! Which provider it is stands in two JSON texts, and nowhere in the code:
//!
//! ```text
//! IDV_CONFIG='{"provider": "jumio", ...}' IDV_REQUEST='{"flow": "jumio_authentication", ...}' cargo run --example axum
//! ```

use std::{
    error::Error,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use idvkit::{Account, Blame, Config, Header, Input, Next, Outcome, Reject, Request, Seed, Seen, Session, read};
use idvkit_http::{Client, Store};
use rusqlite::{Connection, OptionalExtension, params};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, revision INTEGER, snapshot TEXT, due INTEGER, outcome TEXT);
    CREATE TABLE IF NOT EXISTS reference (reference TEXT PRIMARY KEY, session TEXT);";

const WAIT: &str = r#"<!doctype html><meta http-equiv="refresh" content="1">One moment, please."#;

/// The shop: an account, one verification as everybody has it, a database, and what to do at the end of each.
pub(crate) struct Shop {
    pub(crate) account: Account,
    pub(crate) request: Request,
    pub(crate) client: Client,
    pub(crate) database: Mutex<Connection>,
    /// Called exactly once for each session that has ended.
    pub(crate) act: Act,
}

type Act = Box<dyn Fn(&str, &Outcome) + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let account = Account::new(Config::from_json(&std::env::var("IDV_CONFIG")?)?)?;
    let request = Request::from_json(&std::env::var("IDV_REQUEST")?)?;
    let act = Box::new(|id: &str, outcome: &Outcome| println!("{id}: {outcome:?}"));
    let database = Mutex::new(Connection::open("idv.sqlite")?);
    let shop = Shop { account, request, client: Client::new()?, database, act };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app(Arc::new(shop))?).await?)
}

/// The routes, and the worker that goes on when `until` comes.
pub(crate) fn app(shop: Arc<Shop>) -> Result<Router, Failure> {
    shop.database().execute_batch(TABLES)?;
    tokio::spawn(work(shop.clone()));
    Ok(Router::new()
        .route("/verifications", post(begin))
        .route("/verifications/{id}", get(show))
        .route("/verifications/{id}/seen", post(seen))
        .route("/back", get(back))
        .route("/callbacks/{*rest}", post(callback))
        .with_state(shop))
}

async fn begin(State(shop): State<Arc<Shop>>) -> Result<Redirect, Failure> {
    let id = format!("{:032x}", rand::random::<u128>());
    let seed = Seed::new(&rand::random::<[u8; 32]>())?;
    let session = Session::open(&shop.account, shop.request.clone(), seed, shop.client.now())?;
    let sql = "INSERT INTO session VALUES (?, ?, ?, 0, NULL)";
    shop.database().execute(sql, params![id, session.revision(), session.snapshot()])?;
    Ok(Redirect::to(&format!("/verifications/{id}")))
}

async fn show(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Result<Html<String>, Failure> {
    Ok(Html(match shop.go_on(&id).await? {
        Next::Done { .. } => "Thank you.".into(),
        Next::Present { journey, .. } => format!(
            r#"<!doctype html><title>Verify</title>{}
<script>addEventListener("idvkit:seen", (event) =>
  fetch("/verifications/{id}/seen", {{ method: "POST", body: JSON.stringify(event.detail) }}))</script>"#,
            journey.ways.iter().find_map(idvkit::Way::html).unwrap_or_default()
        ),
        _ => WAIT.into(),
    }))
}

/// What the page saw, as JSON. `read` picks the hint out of it, if there is one for this journey.
async fn seen(State(shop): State<Arc<Shop>>, Path(id): Path<String>, body: Bytes) -> Result<StatusCode, Failure> {
    if let (Next::Present { journey, .. }, Ok(seen)) = (shop.go_on(&id).await?, serde_json::from_slice::<Seen>(&body))
        && let Some(text) = read(&journey, &seen)
    {
        shop.client.tell(&Row::new(&shop, &id), Input::Hint { text }).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn back(State(shop): State<Arc<Shop>>, uri: Uri) -> Result<Response, Failure> {
    Ok(match shop.hear(Input::Redirect { url: uri.to_string() }).await? {
        Some(id) => Redirect::to(&format!("/verifications/{id}")).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    })
}

/// The raw body: what a framework has parsed cannot be checked any more.
async fn callback(
    State(shop): State<Arc<Shop>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Failure> {
    let header = |(name, value): (_, &axum::http::HeaderValue)| {
        Header::new(axum::http::HeaderName::as_str(name), String::from_utf8_lossy(value.as_bytes()))
    };
    let headers = headers.iter().map(header).collect();
    shop.hear(Input::Callback { url: uri.to_string(), headers, body: body.into() }).await?;
    Ok(StatusCode::OK)
}

async fn work(shop: Arc<Shop>) {
    loop {
        // What fails now is due again in the next round.
        let due = shop.due().inspect_err(|error| eprintln!("sessions that are due: {error}"));
        for id in due.unwrap_or_default() {
            let _ = shop.go_on(&id).await.inspect_err(|error| eprintln!("{id}: {error}"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

impl Shop {
    async fn go_on(&self, id: &str) -> Result<Next, Failure> {
        let row = Row::new(self, id);
        let next = self.client.advance(&row).await?;
        match &next {
            Next::Done { outcome, .. } => {
                let sql = "UPDATE session SET due = NULL, outcome = ? WHERE id = ? AND outcome IS NULL";
                let text = serde_json::to_string(outcome).unwrap_or_default();
                // Whoever writes the outcome acts on it.
                if self.database().execute(sql, params![text, id])? == 1 {
                    (self.act)(id, outcome);
                }
            }
            Next::Wait { until, .. } | Next::Present { until, .. } => {
                // A hint that came since the last load has made it due at once, and that stays.
                let sql = "UPDATE session SET due = ? WHERE id = ? AND revision = ?";
                self.database().execute(sql, params![until.0, id, row.revision.load(Ordering::Relaxed)])?;
            }
            Next::Send { .. } => {}
        }
        Ok(next)
    }

    /// Tells the session that a redirect or callback is about, and says which; nothing if it is nobody's.
    async fn hear(&self, input: Input) -> Result<Option<String>, Failure> {
        let Some(reference) = self.account.reference_of(&input, self.client.now())? else { return Ok(None) };
        let sql = "SELECT session FROM reference WHERE reference = ?";
        let id: Option<String> = self.database().query_row(sql, [reference], |row| row.get(0)).optional()?;
        if let Some(id) = &id {
            self.client.tell(&Row::new(self, id), input).await?;
        }
        Ok(id)
    }

    fn due(&self) -> Result<Vec<String>, Failure> {
        let database = self.database();
        let mut due = database.prepare("SELECT id FROM session WHERE due <= ?")?;
        let ids = due.query_map([self.client.now().0], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    fn database(&self) -> MutexGuard<'_, Connection> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What idvkit needs of a database: load, and compare-and-swap on the revision.
struct Row<'a> {
    shop: &'a Shop,
    id: &'a str,
    /// Of what was loaded last.
    revision: AtomicI64,
}

impl<'a> Row<'a> {
    fn new(shop: &'a Shop, id: &'a str) -> Self {
        Self { shop, id, revision: AtomicI64::new(0) }
    }
}

impl Store for Row<'_> {
    type Error = Failure;

    async fn load(&self) -> Result<Session, Failure> {
        let sql = "SELECT snapshot FROM session WHERE id = ?";
        let snapshot: String = self.shop.database().query_row(sql, [self.id], |row| row.get(0))?;
        let session = Session::restore(&self.shop.account, &snapshot)?;
        self.revision.store(session.revision(), Ordering::Relaxed);
        Ok(session)
    }

    async fn swap(&self, expected: i64, session: &Session) -> Result<bool, Failure> {
        let database = self.shop.database();
        for reference in session.references() {
            database.execute("INSERT OR REPLACE INTO reference VALUES (?, ?)", params![reference, self.id])?;
        }
        let sql = "UPDATE session SET revision = ?, snapshot = ?, due = 0 WHERE id = ? AND revision = ?";
        Ok(database.execute(sql, params![session.revision(), session.snapshot(), self.id, expected])? == 1)
    }
}

/// What went wrong, as a status and a word.
#[derive(Debug)]
pub(crate) struct Failure(StatusCode, String);

impl From<Reject> for Failure {
    fn from(reject: Reject) -> Self {
        let status = match reject.blame() {
            Blame::Signature => StatusCode::UNAUTHORIZED,
            Blame::Snapshot => StatusCode::INTERNAL_SERVER_ERROR,
            Blame::Caller | Blame::Provider => StatusCode::BAD_REQUEST,
        };
        Self(status, reject.code().into())
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::QueryReturnedNoRows => Self(StatusCode::NOT_FOUND, "there is no such verification".into()),
            _ => Self(StatusCode::INTERNAL_SERVER_ERROR, "the database failed".into()),
        }
    }
}

impl From<idvkit_http::Error<Failure>> for Failure {
    fn from(error: idvkit_http::Error<Failure>) -> Self {
        match error {
            idvkit_http::Error::Store(failure) => failure,
            idvkit_http::Error::Reject(reject) => reject.into(),
            idvkit_http::Error::Conflict => Self(StatusCode::SERVICE_UNAVAILABLE, "try again".into()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

impl Error for Failure {}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}
