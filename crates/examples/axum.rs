//! A web shop that verifies its users, with any of the four providers: axum, `SQLite`, and idvkit.
//!
//! Which provider it is stands in two JSON texts, and nowhere in the code:
//!
//! ```text
//! IDV_CONFIG='{"provider": "jumio", ...}' IDV_REQUEST='{"flow": "jumio_authentication", ...}' cargo run --example axum
//! ```

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Multipart, Path, State, multipart::MultipartError},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header::CONTENT_TYPE},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use idvkit::{
    Account, Blame, Config, Header, Image, Input, Next, Reject, RejectCode, Request,
    biometric_kz::MAX_WEBHOOK_BYTES,
    driver::{Blob, By, Row},
};
use idvkit_http::{Client, Store};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS verification (
        id TEXT PRIMARY KEY, key TEXT UNIQUE, revision INTEGER, snapshot TEXT, due INTEGER, outcome TEXT);
    CREATE INDEX IF NOT EXISTS verification_due ON verification (due);
    CREATE TABLE IF NOT EXISTS reference (
        account TEXT, reference TEXT, verification TEXT, PRIMARY KEY (account, reference));
    CREATE TABLE IF NOT EXISTS blob (
        verification TEXT, digest TEXT, bytes BLOB, PRIMARY KEY (verification, digest));";

/// `<idv-journey>` shows any journey. What it tells goes to the server, which says what is next.
const PAGE: &str = r#"<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Verify</title>
<link rel="icon" href="data:,">
<p>One moment, please.</p>
<idv-journey></idv-journey>
<script type="module">
  import "/idv/idv-journey.js";
  const text = document.querySelector("p"), check = document.querySelector("idv-journey");
  const post = (what, body) => fetch(location.pathname + "/" + what, { method: "POST", body });
  check.addEventListener("idv-hint", ({ detail }) => post("hint", detail.text));
  check.addEventListener("idv-images", async ({ detail }) => {
    const form = new FormData();
    for (const { slot, blob } of detail.images) form.append(slot, blob);
    if (!(await post("images", form)).ok) alert("Please try other pictures.");
  });
  // A provider's page in a frame comes back to this page: then it is the one around it that goes on.
  while (self === top) {
    const next = await (await fetch(location.pathname + "/next")).json();
    text.hidden = !!next.journey;
    if (next.done) break;
    if (next.journey) check.journey = next.journey; // the same one again leaves everything as it is
    await new Promise((wake) => setTimeout(wake, 1000));
  }
  check.remove();
  text.textContent = "Thank you.";
</script>"#;

/// The shop: what drives its verifications, and one verification as everybody has it.
pub(crate) struct Shop {
    pub(crate) client: Client<Database>,
    pub(crate) request: Request,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let account = Account::new(Config::from_json(&std::env::var("IDV_CONFIG")?)?)?;
    let request = Request::from_json(&std::env::var("IDV_REQUEST")?)?;
    let database = Database::new(Connection::open("idv.sqlite")?)?;
    // Called again until it says that it has acted: for one delivery, act once.
    let client = Client::new(account, database)?.on_outcome(async |ended| {
        println!("{}: {:?}", ended.verification.key(), ended.outcome);
        true
    });
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".into());
    let listener = tokio::net::TcpListener::bind(format!("localhost:{port}")).await?;
    Ok(axum::serve(listener, app(Arc::new(Shop { client, request }))).await?)
}

/// The routes, and the worker that goes on when `until` comes.
pub(crate) fn app(shop: Arc<Shop>) -> Router {
    tokio::spawn(work(shop.clone()));
    Router::new()
        .route("/verifications", post(begin))
        .route("/verifications/{id}", get(async || Html(PAGE)))
        .route("/verifications/{id}/next", get(next))
        .route("/verifications/{id}/hint", post(hint))
        .route("/verifications/{id}/images", post(images))
        .route("/idv/{*file}", get(element))
        .route("/back", get(back))
        .route("/callbacks/{*rest}", post(callback))
        // axum alone takes 2 MiB; nobody sends more than biometric.kz.
        .layer(DefaultBodyLimit::max(MAX_WEBHOOK_BYTES))
        .with_state(shop)
}

async fn begin(State(shop): State<Arc<Shop>>) -> Result<Redirect, Failure> {
    // A real shop has a name for it, such as the order's number: the same one begins it only once.
    let key = format!("{:032x}", rand::random::<u128>());
    let id = shop.client.begin(shop.request.clone(), &key).await?;
    Ok(Redirect::to(&format!("/verifications/{id}")))
}

async fn next(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Result<Json<Value>, Failure> {
    Ok(Json(match shop.client.advance(&id).await? {
        Next::Present { journey, .. } => json!({ "journey": journey }),
        next => json!({ "done": matches!(next, Next::Done { .. }) }),
    }))
}

/// What the page saw, as the element tells it.
async fn hint(State(shop): State<Arc<Shop>>, Path(id): Path<String>, text: String) -> Result<StatusCode, Failure> {
    shop.client.tell(&id, Input::Hint { text }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the user chose, where a journey asks for images.
async fn images(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
    mut form: Multipart,
) -> Result<StatusCode, Failure> {
    let mut images = Vec::new();
    while let Some(field) = form.next_field().await? {
        let slot = field.name().unwrap_or_default().to_string();
        images.push(Image { slot, bytes: field.bytes().await?.into() });
    }
    shop.client.tell(&id, Input::Images { images }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn element(Path(path): Path<String>) -> Response {
    match idvkit_web::file(&path) {
        Some(file) => ([(CONTENT_TYPE, file.media_type)], file.text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn back(State(shop): State<Arc<Shop>>, uri: Uri) -> Result<Response, Failure> {
    Ok(match shop.client.hear(None, Input::Redirect { url: uri.to_string() }).await? {
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
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = headers.iter().map(|(name, value)| Header::new(name.as_str(), text(value))).collect();
    shop.client.hear(None, Input::Callback { url: uri.to_string(), headers, body: body.into() }).await?;
    Ok(StatusCode::OK)
}

async fn work(shop: Arc<Shop>) {
    loop {
        // One failure must not end the worker: what is due stays due, and is tried again in the next round.
        let due = shop.client.store().due(shop.client.now().0);
        for id in due.inspect_err(|error| eprintln!("what is due: {error}")).unwrap_or_default() {
            let _ = shop.client.advance(&id).await.inspect_err(|error| eprintln!("{id}: {error}"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What idvkit needs of a database. Each call is short, on a local file.
#[derive(Clone)]
pub(crate) struct Database(Arc<Mutex<Connection>>);

impl Database {
    pub(crate) fn new(connection: Connection) -> rusqlite::Result<Self> {
        connection.execute_batch(TABLES)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    fn due(&self, now: i64) -> rusqlite::Result<Vec<String>> {
        let connection = self.lock();
        let mut due = connection.prepare("SELECT id FROM verification WHERE due <= ? ORDER BY due LIMIT 100")?;
        due.query_map([now], |row| row.get(0))?.collect()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Database {
    type Error = rusqlite::Error;

    async fn load(&self, by: &By, blobs: &[String]) -> rusqlite::Result<(Option<String>, Vec<Blob>)> {
        let connection = self.lock();
        let text = |sql, values: &[&str]| {
            connection.query_row(sql, rusqlite::params_from_iter(values), |row| row.get(0)).optional()
        };
        let snapshot = match by {
            By::Id { id } => text("SELECT snapshot FROM verification WHERE id = ?", &[id])?,
            By::Key { key } => text("SELECT snapshot FROM verification WHERE key = ?", &[key])?,
            By::References { references } => {
                let sql = "SELECT snapshot FROM verification JOIN reference ON verification = id
                           WHERE account = ? AND reference = ?";
                let found = references
                    .iter()
                    .map(|one| text(sql, &[&one.account, &one.reference]))
                    .collect::<Result<Vec<_>, _>>()?;
                found.into_iter().flatten().next()
            }
        };
        let mut statement = connection.prepare("SELECT bytes FROM blob WHERE digest = ?")?;
        let read = |digest: &String| {
            let bytes = statement.query_row([digest], |row| row.get(0)).optional()?;
            Ok(bytes.map(|bytes| Blob { digest: digest.clone(), bytes }))
        };
        let found = blobs.iter().map(read).collect::<rusqlite::Result<Vec<_>>>()?;
        Ok((snapshot, found.into_iter().flatten().collect()))
    }

    async fn store(&self, row: &Row, expected: Option<i64>, blobs: &[Blob]) -> rusqlite::Result<bool> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let (due, outcome) = (row.due.map(|due| due.0), row.outcome.as_ref().map(|outcome| json!(outcome).to_string()));
        let stored = match expected {
            None => {
                let sql = "INSERT OR IGNORE INTO verification VALUES (?, ?, ?, ?, ?, ?)";
                transaction.execute(sql, params![row.id, row.key, row.revision, row.snapshot, due, outcome])?
            }
            Some(expected) => {
                let sql = "UPDATE verification SET revision = ?, snapshot = ?, due = ?, outcome = ?
                           WHERE id = ? AND revision = ?";
                transaction.execute(sql, params![row.revision, row.snapshot, due, outcome, row.id, expected])?
            }
        };
        if stored == 1 {
            let sql = "INSERT OR REPLACE INTO reference VALUES (?, ?, ?)";
            for one in &row.references {
                transaction.execute(sql, [&one.account, &one.reference, &row.id])?;
            }
            for Blob { digest, bytes } in blobs {
                transaction.execute("INSERT OR REPLACE INTO blob VALUES (?, ?, ?)", params![row.id, digest, bytes])?;
            }
            let sql = "DELETE FROM blob WHERE verification = ? AND instr(?, digest) = 0";
            transaction.execute(sql, [&row.id, &row.blobs.join(" ")])?;
        }
        transaction.commit()?;
        Ok(stored == 1)
    }
}

/// Any error, answered with a status and, if it is a refusal, its code.
struct Failure(anyhow::Error);

impl From<idvkit_http::Error<rusqlite::Error>> for Failure {
    fn from(error: idvkit_http::Error<rusqlite::Error>) -> Self {
        Self(match error {
            idvkit_http::Error::Store(error) => error.into(),
            idvkit_http::Error::Reject(reject) => reject.into(),
        })
    }
}

impl From<MultipartError> for Failure {
    fn from(error: MultipartError) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let reject = self.0.downcast_ref::<Reject>();
        let status = match reject.map(|reject| (reject.code(), reject.blame())) {
            Some((RejectCode::VerificationUnknown, _)) => StatusCode::NOT_FOUND,
            Some((_, Blame::Signature)) => StatusCode::UNAUTHORIZED,
            Some((_, Blame::Caller | Blame::Provider)) => StatusCode::BAD_REQUEST,
            None if self.0.is::<MultipartError>() => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, reject.map_or("", |reject| reject.code().as_str())).into_response()
    }
}
