//! From Python to Rust by way of JSON text: configurations, requests, journeys.

use std::fmt::{self, Display, Formatter};

use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyBool, PyByteArray, PyBytes, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple, PyType},
};
use serde::{
    de::DeserializeOwned,
    ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer},
};

/// How deep a value may be nested. The forms themselves are a handful of levels deep.
const DEPTH: u32 = 32;

/// A mapping or an instance of a generated class as JSON text. `name` is what errors call it.
pub(crate) fn text(object: &Bound<'_, PyAny>, name: &str) -> PyResult<String> {
    serde_json::to_string(&Json { object, depth: DEPTH, place: Place::Whole(name) })
        .map_err(|error| PyTypeError::new_err(error.to_string()))
}

/// JSON text as it is, or an instance as JSON text.
pub(crate) fn text_or_value(object: &Bound<'_, PyAny>, name: &str) -> PyResult<String> {
    match object.cast::<PyString>() {
        Ok(text) => Ok(text.to_cow()?.into_owned()),
        Err(_) => self::text(object, name),
    }
}

/// JSON text as the Rust type. The error must not hold serde's text, which echoes values.
pub(crate) fn parsed<T: DeserializeOwned>(json: &str, wrong: &'static str) -> PyResult<T> {
    serde_json::from_str(json).map_err(|_| PyTypeError::new_err(wrong))
}

/// One of a closed set of words.
pub(crate) fn word<T: DeserializeOwned>(word: &str, wrong: &'static str) -> PyResult<T> {
    serde_json::from_value(word.into()).map_err(|_| PyValueError::new_err(wrong))
}

/// A Python value with a JSON form.
struct Json<'a, 'py> {
    object: &'a Bound<'py, PyAny>,
    /// How many levels may still follow: a list can hold itself.
    depth: u32,
    /// Where it stands, for what is said of it.
    place: Place<'a>,
}

/// A value by its name, or by what holds it.
enum Place<'a> {
    Whole(&'a str),
    Member(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(name) => f.write_str(name),
            Self::Member(above, name) => write!(f, "{above}.{name}"),
            Self::Item(above, index) => write!(f, "{above}[{index}]"),
        }
    }
}

impl Serialize for Json<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = self.object;
        if self.depth == 0 {
            return Err(self.wrong("is nested too deeply"));
        }
        if object.is_none() {
            serializer.serialize_none()
        } else if let Ok(text) = object.cast::<PyString>() {
            let text = text.to_cow().map_err(|_| self.wrong("holds half a character, which is no text"))?;
            serializer.serialize_str(&text)
        } else if object.is_instance_of::<PyBool>() {
            serializer.serialize_bool(object.is_truthy().map_err(S::Error::custom)?)
        } else if object.is_instance_of::<PyInt>() {
            let whole = object.extract::<i64>().map_err(|_| self.wrong("is an integer out of range"))?;
            serializer.serialize_i64(whole)
        } else if let Ok(float) = object.cast::<PyFloat>() {
            // JSON has no word for the others; `null` would mean "not set".
            let value = Some(float.value()).filter(|value| value.is_finite());
            let finite = "must be a finite number, not NaN or infinite; leave it out if it is not set";
            serializer.serialize_f64(value.ok_or_else(|| self.wrong(finite))?)
        } else if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
            self.list(serializer)
        } else if let Ok(mapping) = object.cast::<PyMapping>() {
            self.mapping(mapping, serializer)
        } else if is_value(object) && !is_sealed(object) {
            self.record(serializer)
        } else {
            Err(self.wrong(&advice(object)))
        }
    }
}

impl Json<'_, '_> {
    fn list<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (index, item) in self.object.try_iter().map_err(S::Error::custom)?.enumerate() {
            let object = &item.map_err(S::Error::custom)?;
            list.serialize_element(&Json { object, depth: self.depth - 1, place: Place::Item(&self.place, index) })?;
        }
        list.end()
    }

    fn mapping<S: Serializer>(&self, mapping: &Bound<'_, PyMapping>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for item in mapping.items().map_err(S::Error::custom)? {
            let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract().map_err(S::Error::custom)?;
            let name = name.cast::<PyString>().map_err(|_| self.wrong("has a member whose name is not a str"))?;
            let member = name.to_cow().map_err(S::Error::custom)?;
            map.serialize_entry(&member, &self.member(&member, &value))?;
        }
        map.end()
    }

    /// What a record leaves out is `None`, and what is left out has its default in Rust.
    fn record<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let slots = self.object.get_type().getattr(intern!(self.object.py(), "__slots__"));
        let names: Vec<String> = slots.and_then(|slots| slots.extract()).map_err(S::Error::custom)?;
        let mut map = serializer.serialize_map(None)?;
        if let Ok(tag) = self.object.getattr("type") {
            map.serialize_entry("type", &self.member("type", &tag))?;
        }
        for name in &names {
            let value = self.object.getattr(name.as_str()).map_err(S::Error::custom)?;
            if !value.is_none() {
                // Names that are Python's own, such as `is`, have an underscore behind them there.
                let member = name.trim_end_matches('_');
                map.serialize_entry(member, &self.member(member, &value))?;
            }
        }
        map.end()
    }

    fn member<'b, 'py>(&'b self, name: &'b str, object: &'b Bound<'py, PyAny>) -> Json<'b, 'py> {
        Json { object, depth: self.depth - 1, place: Place::Member(&self.place, name) }
    }

    fn wrong<E: serde::ser::Error>(&self, what: &str) -> E {
        E::custom(format!("{} {what}", self.place))
    }
}

/// What the value is, and how to write it instead.
fn advice(object: &Bound<'_, PyAny>) -> String {
    let has = |name: &str| object.hasattr(name).unwrap_or(false);
    let instead = if object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>() {
        "value.decode()"
    } else if has("get_secret_value") {
        "value.get_secret_value()"
    } else if has("model_dump") {
        "value.model_dump()"
    } else if has("__dataclass_fields__") {
        "dataclasses.asdict(value)"
    } else if has("isoformat") {
        "value.isoformat()"
    } else if has("_value_") {
        "value.value"
    } else if has("__iter__") {
        "list(value)"
    } else {
        "str(value)"
    };
    let kind = object.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    if is_sealed(object) {
        return format!("is a {kind}, which has no JSON form, as it may hold credentials or personal data");
    }
    format!("is a {kind}, and takes text, a number, a bool, None, a list or a mapping; pass {instead}")
}

fn is_value(object: &Bound<'_, PyAny>) -> bool {
    static VALUE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    is(object, &VALUE, "Value")
}

fn is_sealed(object: &Bound<'_, PyAny>) -> bool {
    static SEALED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    is(object, &SEALED, "Sealed")
}

fn is(object: &Bound<'_, PyAny>, class: &'static PyOnceLock<Py<PyType>>, name: &str) -> bool {
    let class = class.import(object.py(), "idvkit._base", name);
    class.is_ok_and(|class| object.is_instance(class).unwrap_or(false))
}
