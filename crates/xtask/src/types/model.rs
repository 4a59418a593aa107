//! The types as the emitters see them, read from JSON Schema.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use crate::facts::in_words;

/// One declared type.
pub(super) struct Type {
    pub(super) name: String,
    pub(super) doc: String,
    /// It holds credentials or personal data, and must not be serialised by accident.
    pub(super) sealed: bool,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Record(Fields),
    /// A choice between texts: each with its documentation.
    Words(Vec<(String, String)>),
    /// A choice between records, told apart by the member `type`.
    Choice(Vec<Variant>),
    /// Another name for a plain type.
    Alias(Shape),
    /// A text that is one of these.
    Codes(Vec<String>),
}

pub(super) struct Variant {
    /// The value of the member `type`.
    pub(super) tag: String,
    pub(super) doc: String,
    pub(super) fields: Fields,
}

pub(super) struct Fields {
    pub(super) all: Vec<Field>,
    /// The fields that may be printed; `None`: all.
    pub(super) shown: Option<Vec<String>>,
}

pub(super) struct Field {
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) shape: Shape,
}

#[derive(Clone)]
pub(super) enum Shape {
    Text,
    Integer,
    Flag,
    Bytes,
    Named(String),
    List(Box<Shape>),
    Maybe(Box<Shape>),
}

/// Reads one definition.
pub(super) fn read(name: &str, schema: &Value) -> Result<Type> {
    let kind = kind(schema).with_context(|| format!("the schema of {name}"))?;
    Ok(Type { name: name.into(), doc: doc(schema), sealed: schema["x-sealed"] == true, kind })
}

fn kind(schema: &Value) -> Result<Kind> {
    if let Some(words) = words(schema) {
        return Ok(Kind::Words(words));
    }
    if let Some(variants) = schema["oneOf"].as_array() {
        let inherited = shown(schema);
        return variants.iter().map(|one| variant(one, inherited.as_ref())).collect::<Result<_>>().map(Kind::Choice);
    }
    if schema["properties"].is_object() {
        return Ok(Kind::Record(fields(schema, shown(schema))?));
    }
    shape(schema).map(Kind::Alias)
}

/// schemars writes documented words as one `const` each, and undocumented ones as a list.
fn words(schema: &Value) -> Option<Vec<(String, String)>> {
    if let Some(list) = schema["enum"].as_array() {
        return list.iter().map(|word| Some((word.as_str()?.into(), String::new()))).collect();
    }
    let list = schema["oneOf"].as_array()?;
    list.iter().map(|one| Some((one["const"].as_str()?.into(), doc(one)))).collect()
}

fn variant(schema: &Value, inherited: Option<&Vec<String>>) -> Result<Variant> {
    let tag = schema["properties"]["type"]["const"].as_str().context("a variant without a `type`")?;
    let fields = fields(schema, shown(schema).or_else(|| inherited.cloned()))?;
    Ok(Variant { tag: tag.into(), doc: doc(schema), fields })
}

/// In the order of `required`, which is the order of declaration; properties are sorted by name.
fn fields(schema: &Value, shown: Option<Vec<String>>) -> Result<Fields> {
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names: Vec<&str> = required.iter().filter_map(Value::as_str).collect();
    if let Some(optional) = properties.keys().find(|name| !names.contains(&name.as_str())) {
        bail!("{optional} may be left out: its place among the others is not known");
    }
    let all = names.iter().filter(|name| **name != "type").map(|name| {
        let schema = &properties[*name];
        Ok(Field { name: (*name).into(), doc: doc(schema), shape: shape(schema).with_context(|| (*name).to_string())? })
    });
    Ok(Fields { all: all.collect::<Result<_>>()?, shown })
}

pub(super) fn shape(schema: &Value) -> Result<Shape> {
    if let Some(name) = schema["$ref"].as_str() {
        return Ok(Shape::Named(name.rsplit('/').next().unwrap_or(name).into()));
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
        "string" if schema["x-bytes"] == true => Shape::Bytes,
        // A word that only a crate above core has the list of.
        "string" if schema["x-named"].is_string() => {
            Shape::Named(schema["x-named"].as_str().unwrap_or_default().into())
        }
        "string" => Shape::Text,
        "integer" => Shape::Integer,
        "boolean" => Shape::Flag,
        "array" => Shape::List(Box::new(shape(&schema["items"])?)),
        _ => bail!("no emitter knows the type {kind}"),
    })
}

fn shown(schema: &Value) -> Option<Vec<String>> {
    let names = schema["x-repr"].as_array()?;
    Some(names.iter().filter_map(|name| name.as_str().map(Into::into)).collect())
}

/// The documentation as another language can have it.
pub(super) fn doc(schema: &Value) -> String {
    in_words(schema["description"].as_str().unwrap_or_default())
}

pub(super) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
