//! The providers' own commands on the command line, made from the list of providers.

use clap::{Arg, ArgMatches, Error, FromArgMatches, Subcommand, error::ErrorKind};

use super::{Command, Takes};
use crate::providers::PROVIDERS;

/// A provider's own command, and what it was given.
pub struct Own {
    /// Which.
    pub command: &'static Command,
    /// A value, or where it is.
    pub given: String,
}

const GIVEN: &str = "given";

fn commands() -> impl Iterator<Item = &'static Command> {
    PROVIDERS.iter().flat_map(|provider| provider.checks.commands)
}

impl Subcommand for Own {
    fn augment_subcommands(parent: clap::Command) -> clap::Command {
        commands().fold(parent, |parent, own| {
            let given = Arg::new(GIVEN).required(true);
            let given = match own.takes {
                Takes::Value => given.value_name("VALUE").help("The value"),
                Takes::Number => given
                    .value_name("NUMBER")
                    .help("The number")
                    .allow_negative_numbers(true)
                    .value_parser(|text: &str| text.parse::<i64>().map(|number| number.to_string())),
                Takes::Personal => given.value_name("VALUE").help("The value; `-` for standard input"),
                Takes::File => given.value_name("FILE").help("The file; `-` for standard input"),
            };
            parent.subcommand(clap::Command::new(own.name).about(own.about).arg(given))
        })
    }

    fn augment_subcommands_for_update(parent: clap::Command) -> clap::Command {
        Self::augment_subcommands(parent)
    }

    fn has_subcommand(name: &str) -> bool {
        commands().any(|own| own.name == name)
    }
}

impl FromArgMatches for Own {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let missing = || Error::new(ErrorKind::MissingSubcommand);
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        let command = commands().find(|own| own.name == name).ok_or_else(missing)?;
        let given = matches.get_one::<String>(GIVEN).cloned().ok_or_else(missing)?;
        Ok(Self { command, given })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
