//! The `idvkit` program.
#![forbid(unsafe_code)]

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail};
use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use idvkit::{ProviderId, Reject, UnixMillis};
use idvkit_cli::{
    check::{self, Call, Finding, Own, Takes, UrlUse},
    demo::{self, Report, Selection, Told, cast::scenarios, print, report},
    doctor,
    hosted::{SessionsArgs, WorkerArgs},
    replay,
    site::{self, Site},
};
use idvkit_core::Secret;
use idvkit_sandbox::program::{self, stop_signal, text};
use serde_json::{Value, json};

/// Identity-verification flows: a demo, a local sandbox, checks, and the verifications of a host.
#[derive(Parser)]
#[command(
    name = "idvkit",
    version,
    after_help = "Examples:\n  \
        idvkit                                      play every provider through every scenario\n  \
        idvkit demo --all                           the same, with the timeline of each\n  \
        idvkit demo --provider jumio --scenario forged-callback\n  \
        idvkit demo --web                           walk through all flows by hand, in a browser\n  \
        idvkit sandbox --listen 127.0.0.1:8090      the providers' stand-in, for any language\n  \
        idvkit check url https://shop.example/idv --for callback\n  \
        idvkit check initiate request.json          what would be sent to Jumio\n  \
        idvkit check metadata - < metadata.json     what a biometric.kz user will see\n  \
        idvkit check signicat process body=p.json   any call on a provider's values\n  \
        idvkit doctor --secret-env CLIENT_SECRET body.json\n  \
        idvkit sessions --database sqlite:idv.sqlite list\n  \
        idvkit worker --database sqlite:idv.sqlite --accounts accounts.json\n\n\
        Exit codes: 0 as expected, 1 an unexpected outcome or a failed check, 2 wrong usage."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Play every provider through every scenario against the sandbox, over real HTTP (the default).
    Demo(DemoArgs),
    /// Run the sandbox until Ctrl-C.
    Sandbox(program::Args),
    /// Check a value or a request as the SDK does, without sending anything.
    Check {
        #[command(subcommand)]
        what: Check,
        /// Answer in JSON.
        #[arg(long, global = true)]
        json: bool,
    },
    /// Explain why a signed answer does not verify. It never accepts anything.
    #[command(after_help = "Example:\n  idvkit doctor --secret-env CLIENT_SECRET --tag 5f…e1 stored-body.json")]
    Doctor(DoctorArgs),
    /// Replay a recorded session, restored before every step, and report the first difference.
    #[command(
        after_help = "Example:\n  idvkit demo --record transcripts && idvkit replay transcripts/jumio-approved.json"
    )]
    Replay {
        /// The transcript.
        transcript: PathBuf,
        /// Another account configuration than the recorded one.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Look at the verifications of a hosting kit, retry and erase them.
    Sessions(SessionsArgs),
    /// Advance the verifications of a hosting kit until Ctrl-C.
    Worker(WorkerArgs),
}

#[derive(Args, Default)]
#[command(after_help = "Examples:\n  idvkit demo --scenario double-click --scenario crash-after-send\n  \
    idvkit demo --json --provider attestr > result.json\n  \
    idvkit demo --provider signicat --provider biometric_kz --quiet\n  \
    idvkit demo --provider \"signicat eid\" --scenario sealed-result\n  idvkit demo --list\n\n\
    By hand, in a browser:\n  idvkit demo --web\n  idvkit demo --web --port 0 --data :memory: --open no --json\n\n\
    Two sites start: the merchant's on http://localhost:4100, the providers' stand-in on http://127.0.0.1:4101. Choose\n\
    a provider, a flow and what shall happen, go through it, turn the clock, forge a message, and watch what the server\n\
    does. Sessions and the stand-in's state are kept in one SQLite file: stop it in the middle of a journey, start it\n\
    again, and the journey goes on. With --sandbox only the merchant stops and starts.")]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
struct DemoArgs {
    /// Only this provider, with all its flows, or one flow as in "signicat eid" (may be repeated).
    #[arg(long)]
    provider: Vec<String>,
    /// Only this scenario (may be repeated).
    #[arg(long)]
    scenario: Vec<String>,
    /// Print the timeline of each scenario, not only of one for each provider.
    #[arg(long)]
    all: bool,
    /// List the scenarios and stop.
    #[arg(long)]
    list: bool,
    /// Print the result with all timelines as JSON; with --web one line that says where both sites are.
    #[arg(long)]
    json: bool,
    /// Print the matrix only.
    #[arg(long)]
    quiet: bool,
    /// Every id and token follows from it; 1 by default, random with --web.
    #[arg(long)]
    seed: Option<u64>,
    /// Write a transcript of each session into this folder.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Open a site instead, to walk through all flows by hand.
    #[arg(long, conflicts_with_all = ["provider", "scenario", "all", "list", "quiet", "record"])]
    web: bool,
    #[command(flatten)]
    site: SiteArgs,
}

#[derive(Args, Default)]
#[command(next_help_heading = "With --web")]
struct SiteArgs {
    /// The merchant's port on localhost, 0 for any. [default: the one of the last time, or 4100]
    #[arg(long, requires = "web")]
    port: Option<u16>,
    /// The sandbox's port on 127.0.0.1. [default: the one of the last time, or the one after the merchant's]
    #[arg(long, requires = "web", conflicts_with = "sandbox")]
    sandbox_port: Option<u16>,
    /// A sandbox that runs already (`idvkit sandbox --real-time`), instead of one of our own.
    #[arg(long, requires = "web", value_name = "URL")]
    sandbox: Option<String>,
    /// The file that keeps sessions, and the sandbox's state; `:memory:` keeps nothing. [default: in your data folder]
    #[arg(long, requires = "web", value_name = "FILE")]
    data: Option<PathBuf>,
    /// Whether to show the page in your browser; only from a terminal.
    #[arg(long, requires = "web", value_enum, default_value_t = Open::Yes)]
    open: Open,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Open {
    #[default]
    Yes,
    No,
}

#[derive(Subcommand)]
enum Check {
    /// A language: `idvkit check locale kk-KZ --provider biometric_kz`
    Locale {
        /// The tag.
        value: String,
        /// The provider whose list of languages counts.
        #[arg(long, value_parser = providers(), default_value = "jumio")]
        provider: ProviderId,
    },
    /// A URL: `idvkit check url https://shop.example/done --for success`
    Url {
        /// The URL.
        value: String,
        /// What it is for.
        #[arg(long = "for", value_enum, default_value = "callback")]
        purpose: UrlUse,
        /// The provider whose rules count; Jumio's are the strictest.
        #[arg(long, value_parser = providers(), default_value = "jumio")]
        provider: ProviderId,
        /// Allow `http://HOST:PORT` of a private host.
        #[arg(long)]
        development: bool,
    },
    #[command(flatten)]
    Own(Own),
    #[command(flatten)]
    Call(Call),
}

/// A provider's name.
fn providers() -> impl TypedValueParser<Value = ProviderId> {
    let names = ProviderId::ALL.iter().map(|id| id.as_str());
    PossibleValuesParser::new(names).try_map(|name| ProviderId::named(&name))
}

#[derive(Args)]
struct DoctorArgs {
    /// The environment variable that holds the secret.
    #[arg(long, value_name = "VAR", required_unless_present = "secret_file", conflicts_with = "secret_file")]
    secret_env: Option<String>,
    /// The file that holds the secret; the end of its last line does not count.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The member that is signed.
    #[arg(long, default_value = "result")]
    member: String,
    /// The tag in hex, if it is not in the body.
    #[arg(long, value_name = "HEX")]
    tag: Option<String>,
    /// The body, byte for byte as it came.
    body: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Cli::parse().command.unwrap_or_else(|| Command::Demo(DemoArgs::default()));
    let done = match command {
        Command::Demo(args) if args.web => walk(args).await,
        Command::Demo(args) => play(args).await,
        Command::Sandbox(args) => program::run(args).await.map(|()| true),
        Command::Check { what, json } => check(what, json),
        Command::Doctor(args) => examine(&args),
        Command::Replay { transcript, config } => replay_file(&transcript, config.as_deref()),
        Command::Sessions(args) => args.run(&mut anstream::stdout()).await,
        Command::Worker(args) => args.run(async { drop(stop_signal().await) }).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            anstream::eprintln!("idvkit: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether every outcome was the expected one.
async fn play(args: DemoArgs) -> Result<bool> {
    let mut out = anstream::stdout();
    if args.list {
        scenarios().try_for_each(|(name, about)| writeln!(out, "{name:<22} {about}"))?;
        return Ok(true);
    }
    let selection = Selection { providers: args.provider, scenarios: args.scenario };
    if let Some(unknown) = selection.unknown() {
        bail!(unknown);
    }
    let (seed, overview) = (args.seed.unwrap_or(1), selection.is_all() && !args.all);
    let is_shown = |report: &Report| !args.json && !args.quiet && (!overview || demo::is_example(report));
    let mut progress = Progress::default();
    let mut written = Ok(());
    let told = |told: Told<'_>| match told {
        Told::Begins { number, of, cast, scenario } if overview => {
            progress.show(&format!("{number} of {of}  {} · {scenario}", cast.name()));
        }
        Told::Ended(report) if is_shown(report) && written.is_ok() => {
            progress.clear();
            written = print::write_timeline(&mut out, report);
        }
        _ => {}
    };
    let reports = demo::play_all(&selection, seed, args.record.as_deref(), told).await;
    progress.clear();
    written?;
    let count = report::Count::of(&reports);
    if args.json {
        let result = json!({ "seed": seed, "count": count, "reports": reports });
        writeln!(out, "{}", serde_json::to_string_pretty(&result)?)?;
    } else {
        print::write_matrix(&mut out, &reports)?;
        if overview && !args.quiet {
            write!(out, "{SEE_MORE}")?;
        }
    }
    Ok(count.failed == 0)
}

/// After the matrix of everything.
const SEE_MORE: &str = "\nAny of them:  idvkit demo --provider \"signicat eid\" --scenario expired\n\
    Every one:    idvkit demo --all       As data: idvkit demo --json\n\
    By hand:      idvkit demo --web\n";

/// A line on a terminal that says how far the demo is, and leaves no trace. Nothing anywhere else.
#[derive(Default)]
struct Progress {
    shown: bool,
}

impl Progress {
    fn show(&mut self, text: &str) {
        if io::stderr().is_terminal() {
            self.shown = true;
            anstream::eprint!("\r\x1b[K{text}");
        }
    }

    fn clear(&mut self) {
        if self.shown {
            self.shown = false;
            anstream::eprint!("\r\x1b[K");
        }
    }
}

/// Runs the two sites of the demo by hand until Ctrl-C.
async fn walk(args: DemoArgs) -> Result<bool> {
    let SiteArgs { port, sandbox_port, sandbox, data, open } = args.site;
    let data = data.map_or_else(site::usual_file, Ok)?;
    let data = Some(data).filter(|data| data.as_os_str() != ":memory:");
    let running = Site::start(&site::Options { port, sandbox_port, sandbox, data, seed: args.seed }).await?;
    let mut out = anstream::stdout();
    if args.json {
        writeln!(out, "{}", json!({ "merchant": running.merchant(), "sandbox": running.sandbox() }))?;
    } else {
        write!(out, "{}", running.welcome())?;
        if open == Open::Yes && io::stdout().is_terminal() {
            // Without a browser the address that was just printed will do.
            let _ = open::that_detached(running.merchant());
        }
    }
    out.flush()?;
    running.serve_until(stop_signal()).await?;
    Ok(true)
}

fn check(what: Check, json: bool) -> Result<bool> {
    let found = match what {
        Check::Locale { value, provider } => check::locale(&value, provider),
        Check::Url { value, purpose, provider, development } => check::url(&value, purpose, provider, development),
        Check::Own(Own { command, given }) => {
            let text = match command.takes {
                Takes::Value | Takes::Number => given,
                Takes::Personal => read_value(given)?,
                Takes::File => text::read(Path::new(&given))?,
            };
            (command.run)(&text, now())
        }
        Check::Call(given) => check::call(&given, now())?,
    };
    let mut out = anstream::stdout();
    match &found {
        Ok(Finding { json: value, .. }) if json => writeln!(out, "{}", json!({ "ok": true, "found": value }))?,
        Ok(Finding { text, .. }) => writeln!(out, "{text}")?,
        Err(reject) if json => writeln!(out, "{}", json!({ "ok": false, "error": error_json(reject) }))?,
        Err(reject) => anstream::eprintln!("{reject}"),
    }
    Ok(found.is_ok())
}

fn error_json(reject: &Reject) -> Value {
    json!({
        "code": reject.code().as_str(), "field": reject.field(), "message": reject.message(), "blame": reject.blame().as_str(),
    })
}

/// Whether the signature is right as it stands.
fn examine(args: &DoctorArgs) -> Result<bool> {
    let secret = match (&args.secret_env, &args.secret_file) {
        (Some(name), _) => std::env::var(name).with_context(|| format!("the variable {name} holds no text"))?,
        (None, Some(file)) => text::read(file)?.trim_end_matches(['\r', '\n']).to_owned(),
        (None, None) => bail!("give --secret-env or --secret-file"),
    };
    let body = fs::read(&args.body).with_context(|| format!("{} cannot be read", args.body.display()))?;
    let patient =
        doctor::Patient { body: &body, member: &args.member, tag: args.tag.as_deref(), secret: Secret::from(secret) };
    let diagnosis = doctor::examine(&patient)?;
    writeln!(anstream::stdout(), "{diagnosis}")?;
    Ok(diagnosis.verdict == idvkit_signature::Verdict::Verifies)
}

fn replay_file(transcript: &Path, config: Option<&Path>) -> Result<bool> {
    let replayed = replay::replay(transcript, config)?;
    let mut out = anstream::stdout();
    match &replayed {
        Ok(steps) => writeln!(out, "{steps} steps, no difference")?,
        Err(difference) => writeln!(out, "first difference: {difference}")?,
    }
    Ok(replayed.is_ok())
}

/// A value of its own, or the one line of standard input: there it stands in no history.
fn read_value(value: String) -> Result<String> {
    if value != "-" {
        return Ok(value);
    }
    Ok(text::read(Path::new("-"))?.trim_end_matches(['\r', '\n']).to_owned())
}

fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
