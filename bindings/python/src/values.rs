//! The calls on providers' values: arguments are read as Rust wants them, without a detour over text.

use std::fmt;

use idvkit::{Failed, ProviderId, argument_reject};
use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyBool, PyDict, PyInt, PyList, PyString, PyTuple, list::BoundListIterator},
};
use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{BorrowedStrDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};

use crate::{
    from_python, json,
    reject::raised,
    to_python::{Failure, Walk},
};

/// Makes a call on a provider's values. `classes` are those of the answer, `args` all arguments in their order.
#[pyfunction]
pub(crate) fn value<'py>(
    classes: &Bound<'py, PyDict>,
    provider: &str,
    name: &str,
    args: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = args.py();
    let unknown = || PyTypeError::new_err("there is no such call; run `cargo xtask types`");
    let provider = ProviderId::parse(provider).ok_or_else(unknown)?;
    let made = |plain| idvkit::value(provider, name, Args { given: args, plain }, Walk::new(classes));
    // What has members goes by way of JSON text only where that has to say what is wrong with it.
    let made = match made(true) {
        Err(Failed::Args(Wrong::Inside)) => made(false),
        made => made,
    };
    match made {
        Ok(answer) => Ok(answer),
        Err(Failed::Refused(reject)) => Err(raised(py)(reject)),
        Err(Failed::Args(wrong)) => Err(wrong.into_error("the arguments")),
        Err(Failed::Answer(Failure(error))) => Err(error),
        Err(Failed::Unknown) => Err(unknown()),
    }
}

/// The arguments of a call. What is `None` is left out.
struct Args<'a, 'py> {
    given: &'a Bound<'py, PyTuple>,
    /// Whether dictionaries are read as they stand.
    plain: bool,
}

impl<'de> Deserializer<'de> for Args<'_, '_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Wrong> {
        Err(Wrong::Rule("are a record".into()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_map(Members { args: self, fields, at: 0 })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Members<'a, 'py> {
    args: Args<'a, 'py>,
    fields: &'static [&'static str],
    at: usize,
}

impl<'de> MapAccess<'de> for Members<'_, '_> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        while let Some(field) = self.fields.get(self.at) {
            if !self.args.given.get_borrowed_item(self.at)?.is_none() {
                return seed.deserialize(BorrowedStrDeserializer::new(field)).map(Some);
            }
            self.at += 1;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let (field, object) = (self.fields[self.at], self.args.given.get_borrowed_item(self.at)?);
        self.at += 1;
        let plain = self.args.plain && object.is_instance_of::<PyDict>();
        let given = seed.deserialize(Given { object: &object, field, plain });
        given.map_err(|wrong| match wrong {
            _ if plain => Wrong::Inside,
            Wrong::Member(error) => Wrong::Python(raised(object.py())(argument_reject(field, "", &error))),
            wrong => Wrong::Python(wrong.into_error(field)),
        })
    }
}

/// One argument, or an item of one.
struct Given<'a, 'py> {
    object: &'a Bound<'py, PyAny>,
    field: &'static str,
    /// Whether it is a dictionary that is read as it stands, or a part of one.
    plain: bool,
}

impl Given<'_, '_> {
    fn not(&self, wanted: &str) -> Wrong {
        let kind = self.object.get_type().name().map(|name| name.to_string()).unwrap_or_default();
        Wrong::Python(PyTypeError::new_err(format!("{} takes {wanted}, not {kind}", self.field)))
    }

    fn text(&self) -> Result<&Bound<'_, PyString>, Wrong> {
        self.object.cast::<PyString>().map_err(|_| self.not("str"))
    }
}

impl<'de> Deserializer<'de> for Given<'_, '_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let object = self.object;
        if !self.plain || object.is_instance_of::<PyString>() {
            self.deserialize_str(visitor)
        } else if object.is_none() {
            visitor.visit_unit()
        } else if object.is_instance_of::<PyBool>() {
            self.deserialize_bool(visitor)
        } else if object.is_instance_of::<PyInt>() {
            self.deserialize_i64(visitor)
        } else if object.is_instance_of::<PyDict>() {
            self.deserialize_map(visitor)
        } else if object.is_instance_of::<PyList>() {
            self.deserialize_seq(visitor)
        } else {
            Err(Wrong::Inside)
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_str(&self.text()?.to_cow()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let flag = self.object.cast::<PyBool>().map_err(|_| self.not("bool"))?;
        visitor.visit_bool(flag.is_true())
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.object.is_instance_of::<PyBool>() {
            return Err(self.not("int"));
        }
        visitor.visit_i64(self.object.extract().map_err(|_| self.not("an int of 64 bits"))?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.object.is_none() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let word = self.text()?.to_cow()?;
        let word: StrDeserializer<'_, Wrong> = (&*word).into_deserializer();
        visitor.visit_enum(word)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let is_list = self.object.is_instance_of::<PyList>() || self.object.is_instance_of::<PyTuple>();
        // A text alone would be read as a list of letters.
        if !is_list && (self.object.is_instance_of::<PyString>() || self.object.try_iter().is_err()) {
            return Err(self.not("a list of str"));
        }
        visitor.visit_seq(Items { rest: self.object.try_iter()?, field: self.field, plain: self.plain })
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_bytes(&from_python::borrowed(self.object, self.field)?)
    }

    /// What has members goes by way of text, as configurations and requests do.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.members() {
            Some(members) => visitor.visit_map(members),
            None => self.in_json(|json| json.deserialize_struct(name, fields, visitor)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.members() {
            Some(members) => visitor.visit_map(members),
            None => self.in_json(|json| json.deserialize_map(visitor)),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char bytes unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

impl<'py> Given<'_, 'py> {
    /// The members of a dictionary that is read as it stands.
    fn members(&self) -> Option<Entries<'py>> {
        let dict = self.object.cast::<PyDict>().ok().filter(|_| self.plain)?;
        Some(Entries { rest: dict.items().iter(), value: None, field: self.field })
    }

    fn in_json<T>(self, read: impl FnOnce(Tracked<'_>) -> Result<T, serde_json::Error>) -> Result<T, Wrong> {
        let text = json::text(self.object, self.field)?;
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|_| Wrong::Rule("holds no JSON".into()))?;
        let mut track = serde_path_to_error::Track::new();
        read(serde_path_to_error::Deserializer::new(value, &mut track)).map_err(|error| {
            let path = track.path();
            let path = if path.iter().next().is_some() { path.to_string() } else { String::new() };
            let reject = argument_reject(self.field, &path, &error.to_string());
            Wrong::Python(raised(self.object.py())(reject))
        })
    }
}

/// A value that tells where in it something is wrong.
type Tracked<'a> = serde_path_to_error::Deserializer<'a, 'a, serde_json::Value>;

/// The members of a dictionary, as they stood at the beginning: another thread may change it meanwhile.
struct Entries<'py> {
    rest: BoundListIterator<'py>,
    value: Option<Bound<'py, PyAny>>,
    field: &'static str,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let Some(entry) = self.rest.next() else { return Ok(None) };
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = entry.extract()?;
        self.value = Some(value);
        let name = name.cast::<PyString>().map_err(|_| Wrong::Inside)?.to_cow()?;
        let name: StrDeserializer<'_, Wrong> = (&*name).into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let value = self.value.take().ok_or(Wrong::Inside)?;
        seed.deserialize(Given { object: &value, field: self.field, plain: true })
    }
}

struct Items<'py> {
    rest: Bound<'py, pyo3::types::PyIterator>,
    field: &'static str,
    plain: bool,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let Some(item) = self.rest.next().transpose()? else { return Ok(None) };
        seed.deserialize(Given { object: &item, field: self.field, plain: self.plain }).map(Some)
    }
}

/// What is wrong with an argument: an exception, or a rule that is yet to name it. It never holds a value.
#[derive(Debug)]
enum Wrong {
    Python(PyErr),
    Rule(String),
    /// What serde says of something within an argument.
    Member(String),
    /// Something within a dictionary that was read as it stands.
    Inside,
}

impl Wrong {
    fn into_error(self, field: &str) -> PyErr {
        match self {
            Self::Python(error) => error,
            Self::Rule(rule) | Self::Member(rule) => PyValueError::new_err(format!("{field} {rule}")),
            Self::Inside => PyValueError::new_err(format!("{field} does not have its form")),
        }
    }
}

impl From<PyErr> for Wrong {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Python(error) => error.fmt(f),
            Self::Rule(rule) | Self::Member(rule) => f.write_str(rule),
            Self::Inside => f.write_str("does not have its form"),
        }
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Member(message.to_string())
    }

    fn unknown_variant(_: &str, words: &'static [&'static str]) -> Self {
        Self::Rule(format!("is one of {}", words.join(", ")))
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::Rule(format!("takes {expected}"))
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::Rule(format!("takes {expected}"))
    }
}
