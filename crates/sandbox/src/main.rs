//! The program `idvkit-sandbox`: `idvkit sandbox` alone, as the packages for Python and Node.js carry it.
#![forbid(unsafe_code)]

use std::{env, process::ExitCode};

use clap::Parser;
use idvkit_sandbox::program::{Args, run};

/// A local stand-in for identity-verification providers.
#[derive(Parser)]
#[command(
    name = "idvkit-sandbox",
    version,
    after_help = "Examples:\n  idvkit-sandbox --listen 127.0.0.1:8090 --real-time\n  \
        idvkit-sandbox --listen 0.0.0.0:8090      for containers, emulators and phones in the network"
)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

#[tokio::main]
async fn main() -> ExitCode {
    // The word that `idvkit` wants here may stand here, too: so one command line starts either program.
    let word = env::args_os().nth(1).is_some_and(|first| first == "sandbox");
    let arguments =
        env::args_os().enumerate().filter(|(place, _)| !(word && *place == 1)).map(|(_, argument)| argument);
    match run(Cli::parse_from(arguments).args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("idvkit-sandbox: {error:#}");
            ExitCode::from(2)
        }
    }
}
