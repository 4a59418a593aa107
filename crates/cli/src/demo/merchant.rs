//! A small merchant's server, as an integrator would write it: a page, a return page, and endpoints for callbacks and
//! hints. All of them only tell the session; none decides.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::{
    Router,
    body::Bytes,
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use idvkit::{Blame, Header, Image, Input, Next};
use idvkit_http::{Client, Error, MemoryStore};
use tokio::{net::TcpListener, task::JoinHandle};

use super::timeline::outcome_text;

/// The merchant's server; it stops when dropped.
pub struct Merchant {
    base: String,
    shop: Arc<Shop>,
    server: JoinHandle<()>,
}

/// One verification, by the merchant's own name for it.
#[derive(Clone)]
pub struct Order {
    /// That name.
    pub name: String,
    /// The verification's id.
    pub id: String,
}

/// A callback as it arrived: kept before anything is done with it.
#[derive(Clone)]
pub struct Arrived {
    /// Path and query.
    pub url: String,
    /// Header lines that matter.
    pub headers: Vec<Header>,
    /// The bytes.
    pub body: Vec<u8>,
}

#[derive(Default)]
struct Shop {
    client: Mutex<Option<Client<MemoryStore>>>,
    orders: Mutex<Vec<Order>>,
    inbox: Mutex<Vec<Arrived>>,
}

impl Merchant {
    /// Starts on a free port.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        // The one host name that the providers' URL rules allow for development.
        let base = format!("http://localhost:{}", listener.local_addr()?.port());
        let shop = Arc::<Shop>::default();
        let app = router().with_state(shop.clone());
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                eprintln!("the merchant's server stopped: {error}");
            }
        });
        Ok(Self { base, shop, server })
    }

    /// Such as `http://localhost:41234`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Where it takes callbacks.
    pub fn callbacks(&self) -> String {
        format!("{}/idv/callbacks", self.base)
    }

    /// The page to which users come back.
    pub fn returns(&self) -> String {
        format!("{}/idv/return", self.base)
    }

    /// Sets what drives verifications, once it is known where the merchant's own URLs are.
    pub fn use_client(&self, client: Client<MemoryStore>) {
        *lock(&self.shop.client) = Some(client);
    }

    /// Takes a new verification in.
    pub fn add(&self, order: Order) {
        lock(&self.shop.orders).push(order);
    }

    /// All callbacks so far.
    pub fn inbox(&self) -> Vec<Arrived> {
        lock(&self.shop.inbox).clone()
    }
}

impl Drop for Merchant {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn router() -> Router<Arc<Shop>> {
    Router::new()
        .route("/verify/{order}", get(verify))
        .route("/idv/return", get(returned))
        .route("/idv/hints/{order}", post(hinted))
        .route("/idv/images/{order}/{slot}", post(pictured))
        .route("/idv/callbacks", post(called_back))
        .route("/idv/callbacks/{*rest}", post(called_back))
}

/// The page on which the user starts: it gets the journey as JSON and nothing else.
async fn verify(State(shop): State<Arc<Shop>>, Path(order): Path<String>) -> Response {
    let Some((client, id)) = shop.find(&order) else { return StatusCode::NOT_FOUND.into_response() };
    match client.advance(&id).await {
        Ok(Next::Present { journey, .. }) => page("Verify yourself", &journey.to_json()),
        Ok(Next::Done { outcome, .. }) => page(&format!("It is over: {}", outcome_text(&outcome)), "null"),
        Ok(_) => page("One moment", "null"),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The return page for success and error alike. Whatever its query says is only passed on.
async fn returned(State(shop): State<Arc<Shop>>, headers: HeaderMap, OriginalUri(uri): OriginalUri) -> Response {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let input = Input::Redirect { url: format!("http://{host}{uri}") };
    match shop.hear(input).await {
        StatusCode::OK => page("Thank you, we are looking at it", "null"),
        status => status.into_response(),
    }
}

/// What the user's page reports: an opaque text.
async fn hinted(State(shop): State<Arc<Shop>>, Path(order): Path<String>, text: String) -> StatusCode {
    let Some((client, id)) = shop.find(&order) else { return StatusCode::NOT_FOUND };
    status_of(client.tell(&id, Input::Hint { text }).await)
}

/// An image that the user took.
async fn pictured(
    State(shop): State<Arc<Shop>>,
    Path((order, slot)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let Some((client, id)) = shop.find(&order) else { return StatusCode::NOT_FOUND };
    let images = vec![Image { slot, bytes: body.to_vec() }];
    status_of(client.tell(&id, Input::Images { images }).await)
}

/// Callbacks: kept as bytes first, then told to whosever they are.
async fn called_back(
    State(shop): State<Arc<Shop>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let line = |name: &str| Some(Header::new(name, headers.get(name)?.to_str().ok()?));
    let headers = ["content-type", "authorization"].into_iter().filter_map(line).collect();
    let arrived = Arrived { url: uri.to_string(), headers, body: body.to_vec() };
    lock(&shop.inbox).push(arrived.clone());
    shop.hear(Input::Callback { url: arrived.url, headers: arrived.headers, body: arrived.body }).await
}

impl Shop {
    fn find(&self, order: &str) -> Option<(Client<MemoryStore>, String)> {
        let id = lock(&self.orders).iter().find(|known| known.name == order)?.id.clone();
        Some((lock(&self.client).clone()?, id))
    }

    /// Tells an input that arrived without its verification.
    async fn hear(&self, input: Input) -> StatusCode {
        let client = lock(&self.client).clone();
        let Some(client) = client else { return StatusCode::SERVICE_UNAVAILABLE };
        let called_back = matches!(input, Input::Callback { .. });
        match client.hear(None, input).await {
            // Genuine, but nobody's: answer and forget. A redirect to nobody is a user who is lost.
            Ok(None) if !called_back => StatusCode::NOT_FOUND,
            told => status_of(told),
        }
    }
}

fn status_of<T, E>(told: Result<T, Error<E>>) -> StatusCode {
    match told {
        Ok(_) => StatusCode::OK,
        Err(Error::Reject(reject)) if reject.blame() == Blame::Signature => StatusCode::FORBIDDEN,
        Err(Error::Reject(_)) => StatusCode::BAD_REQUEST,
        Err(Error::Store(_)) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn page(title: &str, journey: &str) -> Response {
    // In a script element only `<` can end it, and JSON may always spell it as an escape.
    let journey = journey.replace('<', "\\u003c");
    let html = format!(
        "<!doctype html><html lang=\"en\"><title>{title}</title><h1>{title}</h1>\
         <script type=\"application/json\" data-journey=\"\">{journey}</script></html>"
    );
    Html(html).into_response()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
