//! `idvkit worker`.

use std::{future::Future, io::Write, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use anyhow::Result;
use clap::Args;
use idvkit_host::{ActError, Ended, Verifications};
use serde_json::json;
use tokio::{io::AsyncWriteExt, process::Command};

use super::{Place, Secrets, json_of, line, without_act};

/// The command line.
#[derive(Args)]
#[command(after_help = "Examples:\n  idvkit worker --database-env IDV_DATABASE --accounts accounts.json\n  \
    idvkit worker --database sqlite:idv.sqlite --accounts accounts.json --on-outcome ./act --retention-days 90\n\n\
    The program of --on-outcome gets one JSON object on standard input, with the members `id`, `key`, `outcome` and\n\
    `delivery`. It has acted if it ends with exit code 0; otherwise it is run again later, with the same `delivery.id`.\n\
    Without it, outcomes wait for the host's own workers.")]
pub struct WorkerArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    secrets: Secrets,
    /// The program that acts on an outcome.
    #[arg(long, value_name = "PROGRAM")]
    on_outcome: Option<PathBuf>,
    /// Erase evidence and personal data, here and at the provider, so many days after the end.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    retention_days: Option<u32>,
    /// Say what happens as JSON, one object per line.
    #[arg(long)]
    json: bool,
}

impl WorkerArgs {
    /// Works until `stop` is ready, and finishes what it has begun.
    ///
    /// # Errors
    /// If the database or a file cannot be used.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<bool> {
        let (accounts, keys) = (self.secrets.accounts()?, self.secrets.keys()?);
        let database = self.place.open().await?.with_keys(keys);
        let kit = match self.on_outcome {
            Some(program) => {
                let program: Arc<PathBuf> = program.into();
                Verifications::new(accounts, database, move |ended| act(program.clone(), ended))?
            }
            None => without_act(accounts, database)?,
        };
        let days = self.retention_days.map(|days| Duration::from_hours(24 * u64::from(days)));
        let kit = days.into_iter().fold(kit, Verifications::with_retention);
        let as_json = self.json;
        let kit = kit.with_observer(move |event| {
            let event = json_of(event);
            let text = if as_json {
                event.to_string()
            } else {
                format!("{}  {}", event["verification"].as_str().unwrap_or_default(), line(&event))
            };
            // Whoever reads it may be gone; the work goes on.
            let _ = writeln!(anstream::stdout(), "{text}");
        });
        if !as_json {
            writeln!(anstream::stdout(), "The worker looks for what is due. Stop it with Ctrl-C.")?;
        }
        kit.work_until(stop).await;
        Ok(true)
    }
}

async fn act(program: Arc<PathBuf>, ended: Ended) -> Result<(), ActError> {
    let delivery = &ended.delivery;
    let input = json!({
        "id": ended.verification.id(), "key": ended.verification.key(), "outcome": ended.outcome,
        "delivery": { "id": delivery.id, "replaces": delivery.replaces, "failures": delivery.failures },
    });
    let mut child = Command::new(program.as_os_str()).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read it may have acted all the same: its exit code says so.
        let _ = stdin.write_all(format!("{input}\n").as_bytes()).await;
    }
    let ended = child.wait().await?;
    if ended.success() { Ok(()) } else { Err(format!("the program ended with {ended}").into()) }
}
