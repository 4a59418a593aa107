//! `idvkit demo --web`: a merchant's site on `localhost` and the providers' stand-in on `127.0.0.1`.
//!
//! They are two sites to a browser, so frames, origins, third-party storage and redirects are as they will be in real
//! life. The merchant is what an integrator would write: a page with the element `<idv-journey>`, endpoints for hints,
//! returns, images and callbacks, a table with snapshots, and a worker. It decides nothing: it does what the session
//! asks for, and acts once on its end.

mod events;
mod flows;
mod http;
mod ledger;
pub mod offer;
mod pages;
mod private;
mod sandbox;
mod scenes;
mod shop;
mod view;

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use idvkit_sandbox::{Control, Sandbox};
use tokio::{net::TcpListener, task::JoinHandle};

use ledger::Ledger;
use sandbox::Providers;
use shop::Shop;

/// The merchant's usual port; the sandbox takes the next one.
const PORT: u16 = 4100;
/// Under these names the database keeps where both sites were, and the sandbox's state.
const MERCHANT_PORT: &str = "merchant_port";
const SANDBOX_PORT: &str = "sandbox_port";
const SANDBOX_STATE: &str = "sandbox_state";
/// A worker looks for sessions that are due at least so often.
const WORK_EVERY: Duration = Duration::from_millis(100);
/// Others may turn the sandbox's clock, so it is looked at now and then.
const CLOCK_EVERY: Duration = Duration::from_secs(1);

/// How to run the two sites.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The merchant's port; none: that of the last time or 4100; 0: that of the last time or any.
    pub port: Option<u16>,
    /// The sandbox's port; none: that of the last time, or the one after the merchant's, or any if that is any.
    pub sandbox_port: Option<u16>,
    /// A sandbox that runs already, in real time, instead of one of our own.
    pub sandbox: Option<String>,
    /// The database; none keeps everything in memory.
    pub data: Option<PathBuf>,
    /// Every id and token follows from it; random without.
    pub seed: Option<u64>,
}

/// The two running sites; they stop when dropped.
pub struct Site {
    merchant: String,
    providers: Arc<Providers>,
    shop: Arc<Shop>,
    data: Option<PathBuf>,
    tasks: Vec<JoinHandle<()>>,
    sandbox: Option<Sandbox>,
}

impl Site {
    /// Starts both sites.
    ///
    /// # Errors
    /// If a port is taken, the database cannot be opened, or there is no sandbox where it should be.
    pub async fn start(options: &Options) -> Result<Self> {
        let ledger = Ledger::open(options.data.as_deref().unwrap_or_else(|| ":memory:".as_ref()))?;
        let listeners = listen(options.port, &ledger).await?;
        let port = listeners[0].local_addr()?.port();
        ledger.keep(MERCHANT_PORT, &port.to_string())?;
        let sandbox = match &options.sandbox {
            Some(_) => None,
            None => Some(start_sandbox(options, port, &ledger).await?),
        };
        let base = options.sandbox.as_deref().or(sandbox.as_ref().map(Sandbox::base_url)).unwrap_or_default();
        let providers = Arc::new(Providers::at(base).await?);
        // The one host name that the providers' URL rules allow for development.
        let merchant = if port == 80 { "http://localhost".into() } else { format!("http://localhost:{port}") };
        providers.prepare(&merchant).await?;
        let shop = Arc::new(Shop::open(&merchant, ledger, providers.clone(), options.seed)?);
        let app = http::router(shop.clone());
        let mut tasks: Vec<JoinHandle<()>> =
            listeners.into_iter().map(|listener| tokio::spawn(serve(listener, app.clone()))).collect();
        tasks.push(tokio::spawn(work(shop.clone())));
        tasks.push(tokio::spawn(follow_clock(shop.clone())));
        tasks.extend(sandbox.as_ref().map(|sandbox| tokio::spawn(save(sandbox.control().clone(), shop.clone()))));
        Ok(Self { merchant, providers, shop, data: options.data.clone(), tasks, sandbox })
    }

    /// Such as `http://localhost:4100`.
    pub fn merchant(&self) -> &str {
        &self.merchant
    }

    /// Such as `http://127.0.0.1:4101`.
    pub fn sandbox(&self) -> &str {
        self.providers.base()
    }

    /// Serves until `stop` is there.
    ///
    /// # Errors
    /// If `stop` fails.
    pub async fn serve_until(mut self, stop: impl Future<Output = io::Result<()>>) -> Result<()> {
        stop.await?;
        for task in self.tasks.drain(..) {
            task.abort();
            // What an aborted task ends with is that it was aborted.
            let _ = task.await;
        }
        if let Some(sandbox) = self.sandbox.take() {
            let control = sandbox.control().clone();
            sandbox.stop().await;
            self.shop.ledger().keep(SANDBOX_STATE, &control.saved())?;
        }
        Ok(())
    }

    /// What somebody needs to know who starts it by hand.
    pub fn welcome(&self) -> String {
        let kept = self.data.as_ref().map_or_else(
            || "Nothing is kept: it is all in memory.".to_owned(),
            |file| format!("Sessions are kept in {}: start it again, and they go on.", file.display()),
        );
        format!(
            "The merchant's site  {}\nThe providers' side  {}   (a local stand-in, not the providers)\n\n{kept}\n\
             Stop it with Ctrl-C.\n",
            self.merchant(),
            self.sandbox()
        )
    }
}

/// The file that keeps sessions unless another one is named: in the user's folder for programs' data.
///
/// # Errors
/// If this system has no such folder.
pub fn usual_file() -> Result<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "idvkit");
    let folders = folders.context("there is no home folder; name a file with --data, or --data :memory:")?;
    Ok(folders.data_local_dir().join("demo.sqlite"))
}

impl Drop for Site {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.shop.wake();
    }
}

/// Both addresses of this machine that `localhost` can mean, so that nobody else answers on one of them.
async fn listen(wish: Option<u16>, ledger: &Ledger) -> Result<Vec<TcpListener>> {
    let not_to_be_had = |port, error: &io::Error| {
        let taken = error.kind() == io::ErrorKind::AddrInUse;
        let why = if taken { "is taken".into() } else { format!("cannot be had ({error})") };
        anyhow!("port {port} {why}; choose another one with --port, or 0 for any")
    };
    let earlier = kept_port(ledger, MERCHANT_PORT)?;
    let port = wish.filter(|port| *port != 0).or(earlier).unwrap_or(if wish.is_some() { 0 } else { PORT });
    let bind = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let first = match bind(port).await {
        Err(_) if wish == Some(0) => bind(0).await,
        other => other,
    };
    let first = first.map_err(|error| not_to_be_had(port, &error))?;
    let port = first.local_addr()?.port();
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
        Ok(second) => Ok(vec![first, second]),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(not_to_be_had(port, &error)),
        // A machine without IPv6.
        Err(_) => Ok(vec![first]),
    }
}

/// Starts the sandbox where it was the last time, in both senses: links that users hold lead there.
async fn start_sandbox(options: &Options, merchant_port: u16, ledger: &Ledger) -> Result<Sandbox> {
    let next = if options.port == Some(0) { 0 } else { merchant_port.wrapping_add(1) };
    let port = options.sandbox_port.or(kept_port(ledger, SANDBOX_PORT)?).unwrap_or(next);
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let seed = options.seed.unwrap_or_else(rand::random);
    let config = idvkit_sandbox::Config { seed, listen, real_time: true, ..idvkit_sandbox::Config::default() };
    let started = match ledger.kept(SANDBOX_STATE)? {
        Some(state) => Sandbox::resume(config, &state).await,
        None => Sandbox::with(config).await,
    };
    let sandbox = started.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => {
            anyhow!("--data: the sandbox's state was written by another version; name another file or delete it")
        }
        _ => anyhow!("the sandbox cannot have port {port} ({error}); choose another one with --sandbox-port"),
    })?;
    let port = sandbox.base_url().rsplit(':').next().unwrap_or_default();
    ledger.keep(SANDBOX_PORT, port)?;
    Ok(sandbox)
}

fn kept_port(ledger: &Ledger, name: &str) -> Result<Option<u16>> {
    Ok(ledger.kept(name)?.and_then(|port| port.parse().ok()))
}

async fn serve(listener: TcpListener, app: axum::Router) {
    if let Err(error) = axum::serve(listener, app).await {
        eprintln!("idvkit: the merchant's server stopped: {error}");
    }
}

/// Goes on with every session whose time has come, or that was told something.
async fn work(shop: Arc<Shop>) {
    loop {
        if let Err(error) = shop.begin_all_due() {
            eprintln!("idvkit: the database of the demo fails: {error:#}");
            tokio::time::sleep(CLOCK_EVERY).await;
        }
        shop.idle(WORK_EVERY).await;
    }
}

/// Writes the sandbox's state down whenever it may have changed: what a provider answered, it has to remember.
async fn save(control: Control, shop: Arc<Shop>) {
    let mut changes = control.changes();
    let mut last = String::new();
    while changes.changed().await.is_ok() {
        let state = control.saved();
        if state == last {
            continue;
        }
        if let Err(error) = shop.ledger().keep(SANDBOX_STATE, &state) {
            eprintln!("idvkit: the database of the demo fails: {error:#}");
        }
        last = state;
    }
}

async fn follow_clock(shop: Arc<Shop>) {
    loop {
        tokio::time::sleep(CLOCK_EVERY).await;
        // A sandbox that is gone shows in the sessions' own requests.
        let _ = shop.providers().read_clock().await;
    }
}
