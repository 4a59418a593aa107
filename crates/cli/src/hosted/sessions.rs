//! `idvkit sessions`.

use std::io::Write;

use anyhow::Result;
use clap::{ArgAction, Args, Subcommand};
use idvkit::UnixMillis;
use idvkit_host::{Error, Filter, Summary};
use serde_json::{Value, json};

use super::{Place, Secrets, bare, line, time, without_act};

/// The command line.
#[derive(Args)]
#[command(after_help = "Examples:\n  idvkit sessions --database sqlite:idv.sqlite list\n  \
    idvkit sessions --database-env IDV_DATABASE list --undelivered --json\n  \
    idvkit sessions --database sqlite:idv.sqlite timeline 0123456789abcdef0123456789abcdef\n  \
    idvkit sessions --database sqlite:idv.sqlite retry 0123456789abcdef0123456789abcdef --accounts accounts.json\n  \
    idvkit sessions --database sqlite:idv.sqlite erase 0123456789abcdef0123456789abcdef --accounts accounts.json\n\n\
    Exit codes: 0 done, 1 there is no such verification or it was refused, 2 wrong usage or no database.")]
pub struct SessionsArgs {
    #[command(flatten)]
    place: Place,
    /// Answer in JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// List verifications, the newest first.
    List {
        /// Only those of this user.
        #[arg(long)]
        subject: Option<String>,
        /// Only those that were begun before this time, in milliseconds since 1970: the last one's `created` for the next page.
        #[arg(long, value_name = "MS", conflicts_with = "undelivered")]
        before: Option<i64>,
        /// At most so many, 1 to 1000.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Only those whose outcome waits to be delivered, by when that is due.
        #[arg(long, conflicts_with_all = ["subject", "limit"])]
        undelivered: bool,
    },
    /// Show what happened to a verification.
    Timeline {
        /// The verification's id.
        id: String,
    },
    /// Begin another attempt, where the provider allows one. A worker goes on with it.
    Retry {
        /// The verification's id.
        id: String,
        #[command(flatten)]
        secrets: Secrets,
    },
    /// Erase evidence and personal data. The outcome stays. A worker deletes at the provider.
    Erase {
        /// The verification's id.
        id: String,
        /// Whether the provider is asked to delete, too.
        #[arg(long, default_value_t = true, action = ArgAction::Set)]
        at_provider: bool,
        #[command(flatten)]
        secrets: Secrets,
    },
}

impl SessionsArgs {
    /// Does it. `false`: there is no such verification, or it was refused.
    ///
    /// # Errors
    /// If the database or a file cannot be used.
    pub async fn run(self, out: &mut dyn Write) -> Result<bool> {
        let database = self.place.open().await?;
        match self.what {
            What::List { undelivered: true, .. } => list(out, &database.undelivered().await?, self.json),
            What::List { subject, before, limit, .. } => {
                let filter = Filter { subject, before: before.map(UnixMillis), limit: Some(limit) };
                list(out, &database.list(&filter).await?, self.json)
            }
            What::Timeline { id } => match database.timeline(&id).await? {
                Some(events) if self.json => Ok(writeln!(out, "{}", json!(events)).map(|()| true)?),
                Some(events) => {
                    events.iter().try_for_each(|event| writeln!(out, "{}", line(event)))?;
                    Ok(true)
                }
                None => refused(out, self.json, "verification_unknown", "there is no verification with this id"),
            },
            What::Retry { id, secrets } => {
                let kit = without_act(secrets.accounts()?, database.with_keys(secrets.keys()?))?;
                told(out, self.json, kit.retry(&id).await)
            }
            What::Erase { id, at_provider, secrets } => {
                let kit = without_act(secrets.accounts()?, database.with_keys(secrets.keys()?))?;
                told(out, self.json, kit.erase(&id, at_provider).await)
            }
        }
    }
}

fn list(out: &mut dyn Write, all: &[Summary], json: bool) -> Result<bool> {
    if json {
        writeln!(out, "{}", serde_json::to_string(all)?)?;
        return Ok(true);
    }
    for one in all {
        let outcome = one.outcome.as_ref().and_then(|text| serde_json::from_str::<Value>(text.get()).ok());
        let outcome = outcome
            .map_or_else(|| "running".to_owned(), |outcome| bare(outcome.get("decision").unwrap_or(&outcome["type"])));
        let waits = if one.undelivered.is_some() { "  undelivered" } else { "" };
        let erased = if one.erased.is_some() { "  erased" } else { "" };
        let (id, created, provider) = (&one.id, time(one.created), &one.provider);
        writeln!(out, "{id}  {created:<24}  {provider:<13} {outcome:<12}  {}{waits}{erased}", one.key)?;
    }
    Ok(true)
}

fn told(out: &mut dyn Write, json: bool, told: Result<(), Error>) -> Result<bool> {
    match told {
        Ok(()) if json => writeln!(out, "{}", json!({ "ok": true }))?,
        Ok(()) => writeln!(out, "stored; a worker goes on with it")?,
        Err(Error::Reject(reject)) => return refused(out, json, reject.code().as_str(), reject.message()),
        Err(error @ Error::Store(_)) => return Err(error.into()),
    }
    Ok(true)
}

fn refused(out: &mut dyn Write, json: bool, code: &str, message: &str) -> Result<bool> {
    if json {
        writeln!(out, "{}", json!({ "ok": false, "error": { "code": code, "message": message } }))?;
    } else {
        anstream::eprintln!("{message} [{code}]");
    }
    Ok(false)
}
