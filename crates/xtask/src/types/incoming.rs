//! What a caller writes: configurations and requests, as their readers take them.

use anyhow::{Context, Result, bail};
use idvkit::{Config, Request, driver::Step};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::model::{capitalised, doc};

/// One declared type.
pub(super) struct Form {
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Record(Vec<Member>),
    /// Any of these: words, records with one member, and what an untagged choice takes.
    Either(Vec<Shape>),
}

pub(super) struct Member {
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) required: bool,
    pub(super) shape: Shape,
}

pub(super) enum Shape {
    Text,
    Integer,
    Flag,
    /// Any JSON value.
    Anything,
    /// Exactly this text.
    Word(String),
    Named(String),
    List(Box<Shape>),
    Map(Box<Shape>),
    Maybe(Box<Shape>),
}

/// All forms, each before the ones that name it.
pub(super) fn forms() -> Result<Vec<Form>> {
    let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    generator.subschema_for::<Config>();
    generator.subschema_for::<Request>();
    generator.subschema_for::<Step>();
    let definitions = generator.take_definitions(true);
    let mut forms = Vec::new();
    let last = ["Config", "Request", "Step"];
    for (name, schema) in definitions.iter().filter(|(name, _)| !last.contains(&name.as_str())) {
        declare(&mut forms, name, schema).with_context(|| format!("the schema of {name}"))?;
    }
    for (name, tag) in [("Config", "provider"), ("Request", "flow")] {
        let schema = definitions.get(name).context("a root without a schema")?;
        tagged(&mut forms, name, tag, schema).with_context(|| format!("the schema of {name}"))?;
    }
    declare(&mut forms, "Step", definitions.get("Step").context("a step without a schema")?)?;
    forms.push(plan());
    Ok(forms)
}

/// `Plan::from_json` reads both, which serde could not say with one type.
fn plan() -> Form {
    let (request, steps) = (Shape::Named("Request".into()), Shape::List(Box::new(Shape::Named("Step".into()))));
    let doc = "What a verification tries: one request, or others after it.".into();
    Form { name: "Plan".into(), doc, kind: Kind::Either(vec![request, steps]) }
}

/// One record per variant, called by its tag, and the choice between them.
fn tagged(forms: &mut Vec<Form>, name: &str, tag: &str, schema: &Value) -> Result<()> {
    let mut names = Vec::new();
    for variant in schema["oneOf"].as_array().context("no choice")? {
        let word = variant["properties"][tag]["const"].as_str().context("a variant without its tag")?;
        let own = word.split('_').map(capitalised).collect::<String>() + name;
        forms.push(Form {
            name: own.clone(),
            doc: doc(variant),
            kind: Kind::Record(members(forms_of(variant)?, variant)?),
        });
        names.push(Shape::Named(own));
    }
    forms.push(Form { name: name.into(), doc: doc(schema), kind: Kind::Either(names) });
    Ok(())
}

fn declare(forms: &mut Vec<Form>, name: &str, schema: &Value) -> Result<()> {
    let kind = match (schema["oneOf"].as_array(), schema["anyOf"].as_array()) {
        (Some(variants), _) => {
            Kind::Either(variants.iter().map(|one| variant(forms, name, one)).collect::<Result<_>>()?)
        }
        (None, Some(untagged)) => Kind::Either(untagged.iter().map(shape).collect::<Result<_>>()?),
        (None, None) => Kind::Record(members(forms_of(schema)?, schema)?),
    };
    forms.push(Form { name: name.into(), doc: doc(schema), kind });
    Ok(())
}

/// A word, or a record with one member, which gets a name of its own.
fn variant(forms: &mut Vec<Form>, of: &str, schema: &Value) -> Result<Shape> {
    if let Some(word) = schema["const"].as_str() {
        return Ok(Shape::Word(word.into()));
    }
    let (tag, value) = forms_of(schema)?.iter().next().context("an empty variant")?;
    let name = format!("{of}{}", tag.split('_').map(capitalised).collect::<String>());
    let shape = if value["properties"].is_object() {
        let inner = format!("{name}Members");
        forms.push(Form {
            name: inner.clone(),
            doc: doc(schema),
            kind: Kind::Record(members(forms_of(value)?, value)?),
        });
        Shape::Named(inner)
    } else {
        shape(value)?
    };
    let member = Member { name: tag.clone(), doc: String::new(), required: true, shape };
    forms.push(Form { name: name.clone(), doc: doc(schema), kind: Kind::Record(vec![member]) });
    Ok(Shape::Named(name))
}

fn forms_of(schema: &Value) -> Result<&Map<String, Value>> {
    schema["properties"].as_object().context("no properties")
}

/// What is required first, in the order of declaration; the rest by name.
fn members(properties: &Map<String, Value>, schema: &Value) -> Result<Vec<Member>> {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let required: Vec<&str> = required.iter().filter_map(Value::as_str).collect();
    let rest = properties.keys().map(String::as_str).filter(|name| !required.contains(name));
    let names = required.iter().copied().chain(rest);
    names
        .map(|name| {
            let schema = &properties[name];
            let shape = shape(schema).with_context(|| name.to_string())?;
            Ok(Member { name: name.into(), doc: doc(schema), required: required.contains(&name), shape })
        })
        .collect()
}

pub(super) fn shape(schema: &Value) -> Result<Shape> {
    if let Some(name) = schema["$ref"].as_str() {
        return Ok(Shape::Named(name.rsplit('/').next().unwrap_or(name).into()));
    }
    if let Some(word) = schema["const"].as_str() {
        return Ok(Shape::Word(word.into()));
    }
    if let Some([one, null]) = schema["anyOf"].as_array().map(Vec::as_slice)
        && null["type"] == "null"
    {
        return Ok(Shape::Maybe(Box::new(shape(one)?)));
    }
    match &schema["type"] {
        Value::String(kind) => plain(kind, schema),
        Value::Array(kinds) => match kinds.as_slice() {
            [Value::String(kind), null] if null == "null" => Ok(Shape::Maybe(Box::new(plain(kind, schema)?))),
            _ => bail!("several types at once"),
        },
        _ => bail!("no form that the emitters know: {schema}"),
    }
}

fn plain(kind: &str, schema: &Value) -> Result<Shape> {
    Ok(match kind {
        "string" => Shape::Text,
        "integer" => Shape::Integer,
        "boolean" => Shape::Flag,
        "array" => Shape::List(Box::new(shape(&schema["items"])?)),
        "object" if schema["additionalProperties"].is_object() => {
            Shape::Map(Box::new(shape(&schema["additionalProperties"])?))
        }
        "object" if schema["additionalProperties"] == true => Shape::Map(Box::new(Shape::Anything)),
        _ => bail!("no emitter knows the type {kind}"),
    })
}
