//! `idvkit sandbox`: the providers' stand-in, for use by hand or from any other language.

use std::{fmt::Write, fs, net::SocketAddr, path::Path};

use anyhow::{Context, Result, anyhow};
use idvkit_sandbox::Config;
use serde_json::Value;

/// The settings from a file and the command line; what the latter says counts.
///
/// # Errors
/// If the file cannot be read, or a setting is refused.
pub fn settings(file: Option<&Path>, listen: Option<SocketAddr>, seed: Option<u64>, real_time: bool) -> Result<Config> {
    let mut config = Config::default();
    if let Some(file) = file {
        let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let patch: Value = serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()))?;
        config = config.patched(&patch).map_err(|why| anyhow!("{}: {why}", file.display()))?;
    }
    config.listen = listen.unwrap_or(config.listen);
    config.seed = seed.unwrap_or(config.seed);
    config.real_time |= real_time;
    Ok(config)
}

/// What somebody needs to begin: addresses, test keys, and how to steer it.
pub fn welcome(base: &str, config: &Config) -> String {
    let mut text = format!(
        "The sandbox listens on {base}\n\n\
         Providers (put these in place of the real hosts)\n\
         \x20 Jumio    {base}/jumio/us   (also /jumio/eu, /jumio/sgp)\n\
         \x20 Attestr  {base}/attestr/api, browser library {base}/attestr/cdn/flowx.js\n\
         \x20 Bio.kz   {base}/biometric_kz/kyc, pages {base}/biometric_kz/remote\n\
         \x20 Signicat {base}/signicat/assure, tokens {base}/signicat/auth/open/connect/token\n\n\
         Test keys (worth nothing elsewhere)\n"
    );
    write_keys(&mut text, config);
    let _ = write!(
        text,
        "\nControl (more at {base}/_sandbox/)\n\
         \x20 curl {base}/_sandbox/log\n\
         \x20 curl -X POST {base}/_sandbox/clock -d '{{\"advance_ms\": 900000}}'\n\
         \x20 curl -X POST {base}/_sandbox/script -d '{{\"provider\": \"jumio\", \"outcome\": \"FAILED\"}}'\n\
         \x20 curl -X POST {base}/_sandbox/faults -d '{{\"operation\": \"attestr.fetch_result\", \"kind\": \"html\"}}'\n\n\
         Stop it with Ctrl-C.\n"
    );
    text
}

fn write_keys(text: &mut String, config: &Config) {
    for account in &config.jumio.accounts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  Jumio    token {}, secret {}", account.api.token, account.api.secret);
    }
    for enrollment in config.jumio.enrollments.iter().take(1) {
        let _ = writeln!(text, "           enrollment {}", enrollment.reference);
    }
    for account in &config.attestr.accounts {
        let (token, key, secret) = (&account.auth_token, &account.client_key, &account.client_secret);
        let _ = writeln!(text, "  Attestr  auth token {token}\n           client key {key}, client secret {secret}");
    }
    for flow in config.attestr.flows.iter().take(1) {
        let _ = writeln!(text, "           flow {}", flow.id);
    }
    for flow in &config.biometric_kz.flows {
        let _ = writeln!(text, "  Bio.kz   {}, key {}", flow.technologies.join("+"), flow.api_key);
    }
    for client in &config.signicat.clients {
        let _ = writeln!(text, "  Signicat client {}, secret {}", client.client_id, client.client_secret);
    }
}
