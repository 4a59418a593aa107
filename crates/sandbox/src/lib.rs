//! A local stand-in for identity-verification providers: their real paths over real HTTP, hosted pages as plain forms,
//! callbacks with retries, a virtual clock, and a control API to script what happens.
//!
//! It implements the providers' documents a second time and shares no code with the idvkit SDK but the definition
//! of a private host, so that one misreading cannot make both sides agree. Every behaviour that no document states is a field of [`Config`], marked "invention".
//!
//! ```
//! # #[tokio::main] async fn main() -> std::io::Result<()> {
//! let sandbox = idvkit_sandbox::Sandbox::start().await?;
//! println!("Jumio's US API is at {}/jumio/us", sandbox.base_url());
//! sandbox.control().advance(15 * 60_000).await; // everything due in the next quarter of an hour happens now
//! # Ok(()) }
//! ```

#![forbid(unsafe_code)]

mod address;
mod body;
mod clock;
mod config;
mod control;
mod deliveries;
mod faults;
mod html;
mod ids;
mod index;
mod log;
#[cfg(feature = "program")]
pub mod program;
mod receivers;
mod saved;
mod server;
mod stand_in;
mod stand_ins;
mod time;
mod tls;
mod world;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

pub use address::Links;
pub use config::{Config, DeliveryPolicy};
pub use control::{Control, Script};
pub use deliveries::{CallbackMode, CallbackRule, DeliveryEntry};
pub use faults::{Fault, FaultKind, When};
pub use html::{Camera, PageScript, Storage};
pub use log::LogEntry;
use log::Observed;
use server::Doors;
pub use stand_ins::*;
use world::{Handle, Shared, World};

/// The header of everything that a sandbox says, whether it answers or calls back.
pub(crate) const MARK: &str = "x-sandbox";

/// What is under way when it stops has so long to be answered.
const GRACE: Duration = Duration::from_secs(1);

/// The sandbox's replacement for each address of the providers: a label, and the path below [`Sandbox::base_url`].
pub fn places() -> impl Iterator<Item = (&'static str, &'static str)> {
    stand_ins::ALL.iter().flat_map(|stand_in| stand_in.places()).copied()
}

/// A running sandbox; it stops when dropped.
pub struct Sandbox {
    base_url: String,
    tls: Option<(SocketAddr, PathBuf)>,
    control: Control,
    shutdown: Option<oneshot::Sender<()>>,
    server: JoinHandle<io::Result<()>>,
}

impl Sandbox {
    /// Starts with the default settings on a free port.
    ///
    /// # Errors
    /// An error if no port is free.
    pub async fn start() -> io::Result<Self> {
        Self::with(Config::default()).await
    }

    /// Starts with these settings.
    ///
    /// # Errors
    /// `InvalidInput` if [`Config::check`] refuses the settings; another error if the address is not available.
    pub async fn with(config: Config) -> io::Result<Self> {
        Self::launch(config, None).await
    }

    /// Starts from a state that [`Control::saved`] returned: settings, ids, transactions, the clock and all due events.
    /// In real time, the clock has gone on meanwhile. The logs are empty. Use the address that the saved sandbox had,
    /// because the users' links contain it.
    ///
    /// # Errors
    /// As [`with`](Self::with), and `InvalidData` if this version cannot read the text.
    pub async fn resume(config: Config, saved: &str) -> io::Result<Self> {
        Self::launch(config, Some(saved)).await
    }

    async fn launch(config: Config, saved: Option<&str>) -> io::Result<Self> {
        config.check().map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))?;
        let plain = TcpListener::bind(config.listen).await?;
        let base_url = format!("http://{}", reachable(plain.local_addr()?));
        let (doors, tls) = doors(plain, &config).await?;
        let (real_time, head) = (config.real_time, Duration::from_millis(config.request_timeout_ms));
        let world = match saved {
            None => World::new(config, base_url.clone()),
            Some(saved) => World::restored(saved, config, base_url.clone())
                .map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))?,
        };
        let shared = Shared::new(world).map_err(io::Error::other)?;
        if real_time {
            tokio::spawn(tick(Arc::downgrade(&shared)));
        }
        let (shutdown, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(server::serve(doors, router(&shared), head, stopped));
        Ok(Self { base_url, tls, control: Control::new(shared), shutdown: Some(shutdown), server })
    }

    /// The URL of the sandbox, such as `http://127.0.0.1:41234`. The providers are in folders below it: `/jumio/us`,
    /// `/attestr/api`, `/biometric_kz/kyc` and `/biometric_kz/remote`, `/signicat`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where it speaks TLS, if it does, such as `https://127.0.0.1:41235`.
    pub fn tls_url(&self) -> Option<String> {
        self.tls.as_ref().map(|(at, _)| format!("https://{}", reachable(*at)))
    }

    /// The file with the certificate that clients of [`tls_url`](Self::tls_url) have to trust.
    pub fn certificate(&self) -> Option<&Path> {
        self.tls.as_ref().map(|(_, file)| file.as_path())
    }

    /// The controls of the sandbox: the same functions as the control API, without HTTP.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Stops the sandbox. It answers the current requests for at most a second, and then no others. After that the port
    /// is free, and [`Control::saved`] has everything that any client was told. Dropping the sandbox only begins to
    /// stop it.
    pub async fn stop(mut self) {
        self.shut();
        // A script may want an answer never to come.
        if timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
            // What an aborted task ends with is that it was aborted.
            let _ = (&mut self.server).await;
        }
        self.control.stop();
    }

    /// Serves until the process ends or the listener fails.
    ///
    /// # Errors
    /// An error if the listener fails.
    pub async fn serve_forever(mut self) -> io::Result<()> {
        (&mut self.server).await.map_err(io::Error::other)?
    }

    /// Lets nobody in any more.
    fn shut(&mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            // An error only means that the server has stopped already.
            let _ = shutdown.send(());
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shut();
    }
}

/// Opens the door of TLS beside the plain one if the settings want it: where it is, and the file of its certificate.
async fn doors(plain: TcpListener, config: &Config) -> io::Result<(Doors, Option<(SocketAddr, PathBuf)>)> {
    let Some(at) = config.tls else { return Ok((Doors { plain, tls: None }, None)) };
    let listener = TcpListener::bind(at).await?;
    let at = listener.local_addr()?;
    let (acceptor, file) = tls::acceptor(config, at)?;
    Ok((Doors { plain, tls: Some((listener, acceptor)) }, Some((at, file))))
}

/// How this machine itself reaches what listens on all its addresses.
fn reachable(at: SocketAddr) -> SocketAddr {
    match at {
        SocketAddr::V4(at) if at.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, at.port()).into(),
        SocketAddr::V6(at) if at.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, at.port()).into(),
        at => at,
    }
}

/// Everything, behind what turns a provider's host into its folder.
fn router(shared: &Handle) -> Router {
    let arrive = middleware::from_fn_with_state(Arc::clone(shared), address::arrive);
    Router::new().fallback_service(folders(shared)).layer(arrive)
}

fn folders(shared: &Handle) -> Router {
    Router::new()
        .route("/", get(index::index))
        .route("/_sandbox/", get(control::http::help))
        .nest("/_sandbox", control::http::router())
        .layer(middleware::from_fn_with_state(Arc::clone(shared), body::short))
        .merge(providers(shared))
        .layer(middleware::from_fn_with_state(Arc::clone(shared), note_change))
        // How long a body may be was known before it was read.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(one_host))
        .layer(middleware::map_response(mark))
        .with_state(Arc::clone(shared))
}

/// All paths of all providers, each observed under the name of its operation.
fn providers(shared: &Handle) -> Router<Handle> {
    let mut router = Router::new();
    for &stand_in in stand_ins::ALL {
        for route in stand_in.routes() {
            let at = Observed { shared: Arc::clone(shared), stand_in, named: route.operation };
            let methods = route.methods.layer(middleware::from_fn_with_state(at, log::observe));
            router = router.route(&format!("/{}{}", stand_in.name(), route.path), methods);
        }
    }
    let unknown = middleware::from_fn_with_state(Arc::clone(shared), log::observe_nothing);
    router.fallback_service(any(nothing_here).layer(unknown).with_state::<()>(Arc::clone(shared)))
}

/// Every request may have changed something, also those that steer.
async fn note_change(State(shared): State<Handle>, request: Request, next: middleware::Next) -> Response {
    let reads = request.method().is_safe() && request.uri().path().starts_with("/_sandbox");
    let response = next.run(request).await;
    if !reads {
        shared.changed();
    }
    response
}

/// Whoever gives two hosts would be understood by one server so and by another so (RFC 9112, 3.2).
async fn one_host(request: Request, next: middleware::Next) -> Response {
    if request.headers().get_all(header::HOST).iter().count() > 1 {
        return (StatusCode::BAD_REQUEST, "A request has one Host.\n").into_response();
    }
    next.run(request).await
}

/// Nobody may take an answer of the sandbox for one of a provider.
async fn mark(mut response: Response) -> Response {
    response.headers_mut().insert(MARK, HeaderValue::from_static("idvkit"));
    response
}

async fn nothing_here(uri: Uri) -> Response {
    let hint = format!("No provider has the path {}; open / for what is here.", uri.path());
    log::hinted((StatusCode::NOT_FOUND, "not found\n").into_response(), hint)
}

/// In real time nobody advances the clock, so somebody has to look at it.
async fn tick(shared: std::sync::Weak<Shared>) {
    loop {
        sleep(Duration::from_millis(50)).await;
        let Some(shared) = shared.upgrade() else { return };
        shared.settle().await;
    }
}
