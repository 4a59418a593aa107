//! `idvkit sessions` and `idvkit worker`: the verifications in the database of a hosting kit, of any language.

mod sessions;
mod worker;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;
use idvkit::{Account, Config, UnixMillis, driver::Accounts};
use idvkit_host::{Database, Event, Keys, Verifications};
use serde_json::{Map, Value, value::RawValue};

use idvkit_sandbox::program::text;
pub use sessions::SessionsArgs;
pub use worker::WorkerArgs;

/// Where the verifications are.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Place {
    /// The database: `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(long, value_name = "URL", global = true)]
    database: Option<String>,
    /// The environment variable that holds the database's URL, so that a password stands in no list of processes.
    #[arg(long, value_name = "VAR", global = true)]
    database_env: Option<String>,
}

/// What has to be known to change a verification.
#[derive(Args)]
pub(crate) struct Secrets {
    /// The accounts as JSON: one configuration, or several by the names that the host gave them. `-` is standard input.
    #[arg(long, value_name = "FILE")]
    accounts: PathBuf,
    /// The keys by which the database is encrypted, one `ID:BASE64` a line, 32 bytes each; the first one encrypts.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

impl Place {
    async fn open(&self) -> Result<Database> {
        let url = match (&self.database, &self.database_env) {
            (Some(url), _) => url.clone(),
            (None, Some(name)) => std::env::var(name).with_context(|| format!("the variable {name} holds no text"))?,
            (None, None) => bail!("give --database or --database-env"),
        };
        if let Some(file) = url.strip_prefix("sqlite:").map(|file| file.trim_start_matches("//"))
            && !file.contains(":memory:")
            && !Path::new(file.split('?').next().unwrap_or_default()).is_file()
        {
            bail!("there is no file {file}; name the database of a host");
        }
        Database::open(&url).await.context("the database cannot be opened")
    }
}

impl Secrets {
    fn accounts(&self) -> Result<Accounts> {
        let text = text::read(&self.accounts)?;
        let name = self.accounts.display();
        let whole: Map<String, Value> =
            serde_json::from_str(&text).with_context(|| format!("{name} is no JSON object"))?;
        if whole.contains_key("provider") {
            return Ok(account(&text).with_context(|| name.to_string())?.into());
        }
        let several: std::collections::BTreeMap<String, Box<RawValue>> = serde_json::from_str(&text)?;
        several.into_iter().try_fold(Accounts::default(), |accounts, (named, config)| {
            let made = account(config.get()).with_context(|| format!("{name}: {named}"))?;
            Ok(accounts.with(named, made))
        })
    }

    fn keys(&self) -> Result<Keys> {
        let Some(file) = &self.keys else { return Ok(Keys::default()) };
        // Nothing of a line is repeated: it is a secret.
        let wrong = || anyhow!("{}: each line is ID:BASE64, with 32 bytes in standard Base64", file.display());
        let mut keys = Vec::new();
        for line in text::read(file)?.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (id, bytes) = line.split_once(':').ok_or_else(wrong)?;
            let bytes = STANDARD.decode(bytes).map_err(|_| wrong())?;
            keys.push((id.to_owned(), <[u8; 32]>::try_from(bytes).map_err(|_| wrong())?));
        }
        Ok(Keys::new(keys)?)
    }
}

fn account(config: &str) -> Result<Account> {
    Ok(Account::new(Config::from_json(config)?)?)
}

/// One line of a timeline: a time, the kind, and what belongs to it.
fn line(event: &Value) -> String {
    let at = event["at"].as_i64().map_or_else(String::new, |at| time(UnixMillis(at)));
    let kind = event["kind"].as_str().unwrap_or_default();
    let rest = event
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !["at", "kind", "verification"].contains(&name.as_str()));
    let rest: Vec<String> = rest.map(|(name, value)| format!("{name}={}", bare(value))).collect();
    format!("{at}  {kind:<9} {}", rest.join(" ")).trim_end().to_owned()
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn time(at: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

fn without_act(accounts: Accounts, database: Database) -> Result<Verifications> {
    Ok(Verifications::without_act(accounts, database)?)
}

fn json_of(event: &Event) -> Value {
    serde_json::to_value(event).unwrap_or_default()
}
