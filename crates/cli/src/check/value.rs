//! Every call on a provider's values and documents by its name: `idvkit check jumio url https://… purpose=callback`.

use std::fmt::Display;

use anyhow::{Result, anyhow};
use clap::{Arg, ArgMatches, Error, FromArgMatches, Subcommand, error::ErrorKind};
use idvkit::{Failed, ProviderId, Reject, UnixMillis};
use serde::{
    Deserializer,
    de::{
        self, IntoDeserializer, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Value, json};

use super::Finding;
use idvkit_sandbox::program::text;

/// A call, and what it was given.
pub struct Call {
    provider: ProviderId,
    name: String,
    given: Vec<String>,
}

const GIVEN: &str = "given";

/// Makes the call, exactly as the SDK does in every language. Members of the answer that hold personal data or bearer
/// values are masked.
///
/// # Errors
/// If an argument is missing or does not have its form; inside, the reject of the call.
pub fn call(call: &Call, now: UnixMillis) -> Result<Result<Finding, Reject>> {
    let Call { provider, name, given } = call;
    let known = idvkit::values(*provider).iter().find(|known| known.name == name);
    let known = known.ok_or_else(|| anyhow!("{provider} has no call {name}"))?;
    let mut args: Vec<(&str, Given<'_>)> = Vec::new();
    for (index, text) in given.iter().enumerate() {
        let named = text
            .split_once('=')
            .and_then(|(name, value)| Some((*known.args.iter().find(|known| **known == name)?, value)));
        let named = named.or_else(|| Some((*known.args.first().filter(|_| index == 0)?, text.as_str())));
        let (name, value) = named.ok_or_else(|| anyhow!("write NAME=VALUE, of {}", known.args.join(", ")))?;
        args.push((name, Given(value)));
    }
    let at = now.0.to_string();
    if known.args.contains(&"now") && !args.iter().any(|(name, _)| *name == "now") {
        args.push(("now", Given(&at)));
    }
    let args = MapDeserializer::<_, de::value::Error>::new(args.into_iter());
    match idvkit::value(*provider, name, args, serde_json::value::Serializer) {
        Ok(answer) => Ok(Ok(shown(answer, known.shown))),
        Err(Failed::Refused(reject)) => Ok(Err(reject)),
        Err(Failed::Args(error)) => Err(anyhow!("{}", without_values(&error.to_string()))),
        Err(Failed::Unknown) => Err(anyhow!("{provider} has no call {name}")),
        Err(Failed::Answer(error)) => Err(error.into()),
    }
}

fn shown(mut answer: Value, may_be_shown: Option<&[&str]>) -> Finding {
    if let (Some(shown), Some(members)) = (may_be_shown, answer.as_object_mut()) {
        let hidden = members.iter_mut().filter(|(name, value)| !shown.contains(&name.as_str()) && !value.is_null());
        hidden.for_each(|(_, value)| *value = json!("***"));
    }
    Finding { text: serde_json::to_string_pretty(&answer).unwrap_or_default(), json: answer }
}

/// What was expected is ours to repeat; what was given is not.
fn without_values(error: &str) -> String {
    match error.split_once(", expected ") {
        Some((_, expected)) => format!("an argument must be {expected}"),
        None => error.into(),
    }
}

/// The text of an argument, which is read as what the call wants there: a file where that is bytes or an object.
struct Given<'a>(&'a str);

impl<'de> IntoDeserializer<'de, de::value::Error> for Given<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Given<'de> {
    type Error = de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_bool(self.0.parse().map_err(custom)?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_i64(self.0.parse().map_err(custom)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_seq(SeqDeserializer::new(self.0.split(',').filter(|one| !one.is_empty()).map(Given)))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_byte_buf(text::bytes(self.0.as_ref()).map_err(custom)?)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let json: Value = serde_json::from_str(&text::read(self.0.as_ref()).map_err(custom)?).map_err(custom)?;
        json.deserialize_map(visitor).map_err(custom)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes unit unit_struct tuple tuple_struct
        identifier ignored_any
    }
}

fn custom(error: impl Display) -> de::value::Error {
    de::Error::custom(format!("{error:#}"))
}

impl Subcommand for Call {
    fn augment_subcommands(parent: clap::Command) -> clap::Command {
        ProviderId::ALL.iter().fold(parent, |parent, provider| {
            let own = clap::Command::new(provider.as_str())
                .about(format!("A call on {}'s values and documents, as every language has it", provider.title()))
                .subcommand_required(true);
            parent.subcommand(idvkit::values(*provider).iter().fold(own, |own, call| {
                let given = Arg::new(GIVEN).num_args(0..).value_name("NAME=VALUE");
                let names = call.args.join(", ");
                let given = given.help(format!("{names}; a body and metadata are files, `-` is standard input"));
                own.subcommand(clap::Command::new(call.name).arg(given))
            }))
        })
    }

    fn augment_subcommands_for_update(parent: clap::Command) -> clap::Command {
        Self::augment_subcommands(parent)
    }

    fn has_subcommand(name: &str) -> bool {
        ProviderId::parse(name).is_some()
    }
}

impl FromArgMatches for Call {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let missing = || Error::new(ErrorKind::MissingSubcommand);
        let (provider, matches) = matches.subcommand().ok_or_else(missing)?;
        let provider = ProviderId::parse(provider).ok_or_else(missing)?;
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        let given = matches.get_many::<String>(GIVEN).into_iter().flatten().cloned().collect();
        Ok(Self { provider, name: name.into(), given })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
