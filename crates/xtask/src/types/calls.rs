//! The calls on each provider's values, from the one list of its crate.

use anyhow::{Context, Result};
use idvkit::ProviderId;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::{
    incoming::{self, Form, Kind},
    model::{self, Type, capitalised, read},
};
use crate::facts::in_words;

/// A provider's calls, and the types that only they answer with.
pub(super) struct Values {
    pub(super) provider: ProviderId,
    pub(super) calls: Vec<Call>,
    pub(super) types: Vec<Type>,
}

pub(super) struct Call {
    pub(super) name: String,
    pub(super) doc: String,
    /// The codes of its refusals, as its documentation tells them.
    pub(super) errors: String,
    /// The Rust type of its arguments.
    pub(super) rust: &'static str,
    pub(super) args: Vec<Arg>,
    pub(super) gives: model::Shape,
}

pub(super) struct Arg {
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) required: bool,
    pub(super) takes: Takes,
}

/// What an argument takes.
pub(super) enum Takes {
    Plain(incoming::Shape),
    Bytes,
    /// A moment in milliseconds.
    Moment,
    /// One of these words, of the Rust type of this name.
    Word(String, Vec<String>),
    /// A dictionary or object of the form of this name.
    Form(String),
}

/// What a provider's module has besides: requests that no session makes, by their names in Node.
const OUTSIDE: [(&str, &[&str]); 2] =
    [("jumio", &["imageRequest"]), ("signicat", &["downloadRequest", "tokenRequest"])];

impl Values {
    /// What the provider's module has besides.
    pub(super) fn outside(&self) -> &'static [&'static str] {
        OUTSIDE.iter().find(|(name, _)| *name == self.provider.as_str()).map_or(&[], |(_, names)| names)
    }

    /// Whether there is anything besides.
    pub(super) fn has_more(&self) -> bool {
        !self.outside().is_empty()
    }

    /// The provider's name as a type has it: `BiometricKz`.
    pub(super) fn title(&self) -> String {
        self.provider.as_str().split('_').map(capitalised).collect()
    }
}

/// The calls of all providers. `types` cross anyway.
pub(super) fn all(types: &[Type], forms: &[Form]) -> Result<Vec<Values>> {
    ProviderId::ALL.iter().map(|provider| of(*provider, types, forms)).collect()
}

fn of(provider: ProviderId, types: &[Type], forms: &[Form]) -> Result<Values> {
    let mut takes = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let mut gives = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schemas = idvkit::value_schemas(provider, &mut takes, &mut gives);
    let (read_types, written) = (takes.take_definitions(true), gives.take_definitions(true));
    let known = |name: &str| types.iter().any(|one| one.name == name);
    let own = written.iter().filter(|(name, _)| !known(name)).map(|(name, schema)| read(name, schema));
    let mut own = own.collect::<Result<Vec<Type>>>()?;
    let mut calls = Vec::new();
    for (schema, declared) in schemas.iter().zip(idvkit::values(provider)) {
        let place = || format!("the call {provider}.{}", schema.name);
        let (doc, errors) = documentation(schema.doc);
        let args = declared.args.iter().map(|name| argument(name, schema.takes.as_value(), &read_types, forms));
        let gives = model::shape(schema.gives.as_value()).with_context(place)?;
        let args = args.collect::<Result<Vec<Arg>>>().with_context(place)?;
        // The words of arguments are a type of every language too.
        for arg in &args {
            if let Takes::Word(name, _) = &arg.takes
                && !own.iter().any(|one| one.name == *name)
            {
                own.push(read(name, &read_types[name])?);
            }
        }
        calls.push(Call { name: schema.name.into(), doc, errors, rust: schema.args, args, gives });
    }
    Ok(Values { provider, calls, types: own })
}

fn argument(name: &str, schema: &Value, types: &Map<String, Value>, forms: &[Form]) -> Result<Arg> {
    let member = &schema["properties"][name];
    let required = schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
    let takes = what(member, types, forms).with_context(|| format!("the argument {name}"))?;
    Ok(Arg { name: name.into(), doc: model::doc(member), required, takes })
}

fn what(schema: &Value, types: &Map<String, Value>, forms: &[Form]) -> Result<Takes> {
    if schema["x-bytes"] == true || schema["anyOf"][0]["x-bytes"] == true {
        return Ok(Takes::Bytes);
    }
    let Some(target) = schema["$ref"].as_str() else { return incoming::shape(schema).map(Takes::Plain) };
    let name = target.rsplit('/').next().unwrap_or(target);
    let found = types.get(name).context("a type without a schema")?;
    match read(name, found).map(|one| one.kind) {
        Ok(model::Kind::Words(words)) => {
            Ok(Takes::Word(name.into(), words.into_iter().map(|(word, _)| word).collect()))
        }
        Ok(model::Kind::Alias(_)) => Ok(Takes::Moment),
        _ => form(name, forms).map(Takes::Form),
    }
}

/// The form of this name, or the request of a provider's only flow.
fn form(name: &str, forms: &[Form]) -> Result<String> {
    let named = forms.iter().find(|form| form.name == name);
    let prefix = name.strip_suffix("Request").unwrap_or(name);
    let is_request = |form: &&Form| form.name.starts_with(prefix) && form.name.ends_with("Request");
    let found = named.or_else(|| forms.iter().filter(|form| matches!(form.kind, Kind::Record(_))).find(is_request));
    Ok(found.with_context(|| format!("no form is called {name}"))?.name.clone())
}

/// The documentation without its example, and what it says of errors.
fn documentation(lines: &[&str]) -> (String, String) {
    let mut kept = Vec::new();
    let mut inside = false;
    for line in lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)) {
        match line.starts_with("```") {
            true => inside = !inside,
            false if !inside => kept.push(line),
            false => {}
        }
    }
    let text = kept.join("\n");
    let (doc, errors) = text.split_once("# Errors").unwrap_or((&text, ""));
    let mut doc = doc.trim().to_string();
    while doc.contains("\n\n\n") {
        doc = doc.replace("\n\n\n", "\n\n");
    }
    let errors = in_words(errors.trim());
    (in_words(&doc), if errors == "None." { String::new() } else { errors })
}
