//! `idvkit sandbox`: the providers' stand-in, for use by hand or from any other language.

use std::{
    env,
    fmt::Write,
    io::{self, IsTerminal},
    net::SocketAddr,
    path::Path,
};

use anyhow::{Context, Result, anyhow};
use clap::ValueEnum;
use idvkit_sandbox::{Config, Sandbox};
use serde_json::Value;
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::text;

/// The settings from a file and the command line; what the latter says counts.
///
/// # Errors
/// If the file cannot be read, or a setting is refused.
pub fn settings(file: Option<&Path>, listen: Option<SocketAddr>, seed: Option<u64>, real_time: bool) -> Result<Config> {
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
pub fn welcome(running: &Sandbox, config: &Config) -> String {
    let base = running.base_url();
    // Programs that start it read this line.
    let mut text = format!("The sandbox listens on {base}\n");
    // Writing to a string cannot fail.
    if let Some(public) = &config.public_url {
        let _ = writeln!(text, "Others reach it at {public}");
    }
    text.push_str("\nProviders (put these in place of the real hosts)\n");
    for (label, path) in idvkit_sandbox::places() {
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

impl From<Links> for idvkit_sandbox::Links {
    fn from(links: Links) -> Self {
        match links {
            Links::Host => Self::Host,
            Links::Forwarded => Self::Forwarded,
        }
    }
}

/// What is said of what happens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// Nothing.
    None,
    /// One line per request of a provider: status, time, and which rule was broken.
    Requests,
    /// Callbacks as well.
    All,
}

/// Says on standard error what happens, as text or as one JSON object per line. `RUST_LOG` counts instead of `lines`,
/// where it is set.
///
/// # Errors
/// If `RUST_LOG` cannot be read.
pub fn narrate(lines: Lines, json: bool) -> Result<()> {
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
