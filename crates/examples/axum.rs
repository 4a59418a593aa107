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
    Account, Blame, Config, Header, Image, Input, Next, Outcome, Reject, Request, Seed, Session,
    biometric_kz::MAX_WEBHOOK_BYTES,
};
use idvkit_http::{Client, Store};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, revision INTEGER, snapshot TEXT, due INTEGER, outcome TEXT);
    CREATE TABLE IF NOT EXISTS reference (reference TEXT PRIMARY KEY, session TEXT);";

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

/// The shop: an account, one verification as everybody has it, a database, and what to do at the end of each.
pub(crate) struct Shop {
    pub(crate) account: Account,
    pub(crate) request: Request,
    pub(crate) client: Client,
    pub(crate) database: Mutex<Connection>,
    /// Called once for each session that has ended.
    pub(crate) act: Act,
}

type Act = Box<dyn Fn(&str, &Outcome) + Send + Sync>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let account = Account::new(Config::from_json(&std::env::var("IDV_CONFIG")?)?)?;
    let request = Request::from_json(&std::env::var("IDV_REQUEST")?)?;
    let act = Box::new(|id: &str, outcome: &Outcome| println!("{id}: {outcome:?}"));
    let database = Mutex::new(Connection::open("idv.sqlite")?);
    let shop = Shop { account, request, client: Client::new()?, database, act };
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".into());
    let listener = tokio::net::TcpListener::bind(format!("localhost:{port}")).await?;
    Ok(axum::serve(listener, app(Arc::new(shop))?).await?)
}

/// The routes, and the worker that goes on when `until` comes.
pub(crate) fn app(shop: Arc<Shop>) -> anyhow::Result<Router> {
    shop.database().execute_batch(TABLES)?;
    tokio::spawn(work(shop.clone()));
    Ok(Router::new()
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

async fn next(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Result<Json<Value>, Failure> {
    Ok(Json(match shop.go_on(&id).await? {
        Next::Present { journey, .. } => json!({ "journey": journey }),
        next => json!({ "done": matches!(next, Next::Done { .. }) }),
    }))
}

/// What the page saw, as the element tells it.
async fn hint(State(shop): State<Arc<Shop>>, Path(id): Path<String>, text: String) -> Result<StatusCode, Failure> {
    shop.tell(&id, Input::Hint { text }).await?;
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
    shop.tell(&id, Input::Images { images }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn element(Path(path): Path<String>) -> Response {
    match idvkit_web::file(&path) {
        Some(file) => ([(CONTENT_TYPE, file.media_type)], file.text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
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
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = headers.iter().map(|(name, value)| Header::new(name.as_str(), text(value))).collect();
    shop.hear(Input::Callback { url: uri.to_string(), headers, body: body.into() }).await?;
    Ok(StatusCode::OK)
}

async fn work(shop: Arc<Shop>) {
    loop {
        // One failure must not end the worker: what is due stays due, and is tried again in the next round.
        let due = shop.due().inspect_err(|error| eprintln!("sessions that are due: {error}"));
        for id in due.unwrap_or_default() {
            let _ = shop.go_on(&id).await.inspect_err(|error| eprintln!("{id}: {error}"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

impl Shop {
    async fn go_on(&self, id: &str) -> anyhow::Result<Next> {
        let next = self.client.advance(&Row(self, id)).await.map_err(plain)?;
        if let Next::Done { outcome, .. } = &next {
            let sql = "UPDATE session SET outcome = ? WHERE id = ? AND outcome IS NULL";
            // Whoever writes the outcome acts on it.
            if self.database().execute(sql, params![serde_json::to_string(outcome)?, id])? == 1 {
                (self.act)(id, outcome);
            }
        }
        Ok(next)
    }

    async fn tell(&self, id: &str, input: Input) -> anyhow::Result<()> {
        self.client.tell(&Row(self, id), input).await.map_err(plain)
    }

    /// The session that a redirect or callback is about, told of it; nothing if it is nobody's.
    async fn hear(&self, input: Input) -> anyhow::Result<Option<String>> {
        let Some(reference) = self.account.reference_of(&input, self.client.now())? else { return Ok(None) };
        let sql = "SELECT session FROM reference WHERE reference = ?";
        let id: Option<String> = self.database().query_row(sql, [reference], |row| row.get(0)).optional()?;
        if let Some(id) = &id {
            self.tell(id, input).await?;
        }
        Ok(id)
    }

    fn due(&self) -> rusqlite::Result<Vec<String>> {
        let database = self.database();
        let mut due = database.prepare("SELECT id FROM session WHERE outcome IS NULL AND due <= ?")?;
        due.query_map([self.client.now().0], |row| row.get(0))?.collect()
    }

    fn database(&self) -> MutexGuard<'_, Connection> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What idvkit needs of a database: load, and compare-and-swap on the revision.
struct Row<'a>(&'a Shop, &'a str);

impl Store for Row<'_> {
    type Error = anyhow::Error;

    async fn load(&self) -> anyhow::Result<Session> {
        let sql = "SELECT snapshot FROM session WHERE id = ?";
        let snapshot: String = self.0.database().query_row(sql, [self.1], |row| row.get(0))?;
        Ok(Session::restore(&self.0.account, &snapshot)?)
    }

    async fn swap(&self, expected: i64, session: &Session) -> anyhow::Result<bool> {
        // When the worker is to go on.
        let due = match session.next(self.0.client.now()) {
            Next::Present { until, .. } | Next::Wait { until, .. } => until.0,
            Next::Send { .. } | Next::Done { .. } => 0,
        };
        let database = self.0.database();
        for reference in session.references() {
            database.execute("INSERT OR REPLACE INTO reference VALUES (?, ?)", params![reference, self.1])?;
        }
        let sql = "UPDATE session SET revision = ?, snapshot = ?, due = ? WHERE id = ? AND revision = ?";
        Ok(database.execute(sql, params![session.revision(), session.snapshot(), due, self.1, expected])? == 1)
    }
}

fn plain(error: idvkit_http::Error<anyhow::Error>) -> anyhow::Error {
    match error {
        idvkit_http::Error::Store(error) => error,
        idvkit_http::Error::Reject(reject) => reject.into(),
        idvkit_http::Error::Conflict => anyhow::anyhow!("other workers kept changing the session"),
    }
}

/// Any error, answered with a status and, if it is a refusal, its code.
struct Failure(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let reject = self.0.downcast_ref::<Reject>();
        let status = match (reject.map(Reject::blame), self.0.downcast_ref()) {
            (Some(Blame::Signature), _) => StatusCode::UNAUTHORIZED,
            (Some(Blame::Caller | Blame::Provider), _) => StatusCode::BAD_REQUEST,
            (None, Some(rusqlite::Error::QueryReturnedNoRows)) => StatusCode::NOT_FOUND,
            _ if self.0.is::<MultipartError>() => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, reject.map_or("", |reject| reject.code().as_str())).into_response()
    }
}
