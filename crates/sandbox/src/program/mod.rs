//! The sandbox as a program, for use by hand or from any other language: its command line, and what it says. `idvkit sandbox`
//! and `idvkit-sandbox` are this.

pub mod text;

use std::{
    env,
    fmt::Write as _,
    io::{self, IsTerminal, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use clap::ValueEnum;
use serde_json::Value;
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{Config, Sandbox};

/// What the sandbox is started with.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  idvkit sandbox --listen 127.0.0.1:8090 --real-time\n  \
    idvkit sandbox --listen 0.0.0.0:8090              for containers, emulators and phones in the network\n  \
    idvkit sandbox --listen 127.0.0.1:80 --tls 127.0.0.1:443   for clients with the providers' hosts in them, by a hosts entry")]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct Args {
    /// Where to listen; a free port of this machine by default.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Under which URL others reach it; links begin with it.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Begin links with what the client called, or with what a proxy says that it called.
    #[arg(long, value_enum)]
    links: Option<Links>,
    /// Listen for TLS here as well, with a certificate that is made at the start.
    #[arg(long, value_name = "ADDRESS")]
    tls: Option<SocketAddr>,
    /// Where to write this certificate, for clients to trust; in the folder for temporary files by default.
    #[arg(long, value_name = "FILE", requires = "tls")]
    certificate: Option<PathBuf>,
    /// Every id and token follows from it.
    #[arg(long)]
    seed: Option<u64>,
    /// Settings as JSON, merged over the defaults.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Follow the system's clock instead of standing still until told to advance.
    #[arg(long)]
    real_time: bool,
    /// Say nothing of the requests that come.
    #[arg(long, conflicts_with = "verbose")]
    quiet: bool,
    /// Say what became of callbacks, too.
    #[arg(long)]
    verbose: bool,
    /// Say what happens as JSON, one object per line on standard error.
    #[arg(long)]
    json: bool,
}

/// Runs a sandbox until Ctrl-C, or until the process is asked to end.
///
/// # Errors
/// If a setting is refused, or the sandbox cannot start.
pub async fn run(args: Args) -> Result<()> {
    let lines = match (args.quiet, args.verbose) {
        (true, _) => Lines::None,
        (false, false) => Lines::Requests,
        (false, true) => Lines::All,
    };
    narrate(lines, args.json)?;
    let mut settings = settings(args.config.as_deref(), args.listen, args.seed, args.real_time)?;
    settings.public_url = args.public_url.or(settings.public_url);
    settings.links = args.links.map(Into::into).or(settings.links);
    settings.tls = args.tls.or(settings.tls);
    settings.certificate = args.certificate.or(settings.certificate);
    let running = Sandbox::with(settings.clone()).await.context("the sandbox cannot start")?;
    write!(anstream::stdout(), "{}", welcome(&running, &settings))?;
    tokio::select! {
        stopped = running.serve_forever() => stopped.context("the sandbox stopped"),
        signal = stop_signal() => signal.context("the end cannot be waited for"),
    }
}

/// Ctrl-C, or what service managers and tests send.
///
/// # Errors
/// If the system takes no handler.
pub async fn stop_signal() -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// The settings from a file and the command line; what the latter says counts.
fn settings(file: Option<&Path>, listen: Option<SocketAddr>, seed: Option<u64>, real_time: bool) -> Result<Config> {
    let mut config = Config::default();
    if let Some(file) = file {
        let patch: Value =
            serde_json::from_str(&text::read(file)?).with_context(|| format!("{} is no JSON", file.display()))?;
        config = config.patched(&patch).map_err(|why| anyhow!("{}: {why}", file.display()))?;
    }
    config.listen = listen.unwrap_or(config.listen);
    config.seed = seed.unwrap_or(config.seed);
    config.real_time |= real_time;
    Ok(config)
}

/// What somebody needs to begin: addresses, test keys, and how to steer it.
fn welcome(running: &Sandbox, config: &Config) -> String {
    let base = running.base_url();
    // Programs that start it read this line.
    let mut text = format!("The sandbox listens on {base}\n");
    // Writing to a string cannot fail.
    if let Some(public) = &config.public_url {
        let _ = writeln!(text, "Others reach it at {public}");
    }
    text.push_str("\nProviders (put these in place of the real hosts)\n");
    for (label, path) in crate::places() {
        let _ = writeln!(text, "  {label}\n    {base}{path}");
    }
    if let (Some(url), Some(file)) = (running.tls_url(), running.certificate()) {
        let _ = writeln!(text, "\nTLS at {url}, with the certificate\n  {}", file.display());
    }
    text.push_str("\nTest keys (worth nothing elsewhere)\n");
    for (whose, key) in config.keys() {
        let _ = writeln!(text, "  {whose:<12} {key}");
    }
    let _ = write!(
        text,
        "\nControl (more at {base}/_sandbox/)\n\
         \x20 curl {base}/_sandbox/log\n\
         \x20 curl -X POST {base}/_sandbox/clock -d '{{\"advance_ms\": 900000}}'\n\
         \x20 curl {base}/_sandbox/faults   (names of operations; POST makes one of them go wrong)\n\n\
         Stop it with Ctrl-C.\n"
    );
    text
}

/// What links begin with, if not with a fixed address.
#[derive(Clone, Copy, ValueEnum)]
pub enum Links {
    /// What the client called: its `Host`.
    Host,
    /// What a proxy says in `Forwarded`, or `X-Forwarded-Host` and `X-Forwarded-Proto`.
    Forwarded,
}

impl From<Links> for crate::Links {
    fn from(links: Links) -> Self {
        match links {
            Links::Host => Self::Host,
            Links::Forwarded => Self::Forwarded,
        }
    }
}

/// What is said of what happens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// Nothing.
    None,
    /// One line per request of a provider: status, time, and which rule was broken.
    Requests,
    /// Callbacks as well.
    All,
}

/// Says on standard error what happens, as text or as one JSON object per line. `RUST_LOG` counts instead of `lines`,
/// where it is set.
fn narrate(lines: Lines, json: bool) -> Result<()> {
    let own = match lines {
        Lines::None => "off",
        Lines::Requests => "idvkit_sandbox=info",
        Lines::All => "idvkit_sandbox=debug",
    };
    let wanted = env::var("RUST_LOG").unwrap_or_else(|_| own.to_owned());
    let targets: Targets = wanted.parse().with_context(|| format!("RUST_LOG: {wanted}"))?;
    let text = fmt::layer().with_target(false).with_writer(io::stderr);
    let registry = tracing_subscriber::registry().with(targets);
    if json {
        registry.with(text.json().flatten_event(true)).init();
    } else {
        registry.with(text.with_ansi(io::stderr().is_terminal())).init();
    }
    Ok(())
}
