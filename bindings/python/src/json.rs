//! From Python to Rust by way of JSON text: configurations, requests, journeys.

use std::fmt::{self, Display, Formatter};

use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    sync::PyOnceLock,
    types::{PyBool, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple, PyType},
};
use serde::{
    de::DeserializeOwned,
    ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer},
};

/// How deep a value may be nested. The forms themselves are a handful of levels deep.
const DEPTH: u32 = 32;

/// A mapping or an instance of a generated class as JSON text.
pub(crate) fn text(object: &Bound<'_, PyAny>) -> PyResult<String> {
    serde_json::to_string(&Json { object, depth: DEPTH, place: None })
        .map_err(|error| PyTypeError::new_err(error.to_string()))
}

/// JSON text as it is, or an instance as JSON text.
pub(crate) fn text_or_value(object: &Bound<'_, PyAny>) -> PyResult<String> {
    match object.cast::<PyString>() {
        Ok(text) => Ok(text.to_cow()?.into_owned()),
        Err(_) => self::text(object),
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
    /// Where it stands, for what is said of it; nothing for the whole.
    place: Option<&'a Place<'a>>,
}

/// A member, and what holds it.
struct Place<'a> {
    above: Option<&'a Place<'a>>,
    member: &'a str,
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.above.map_or(Ok(()), |above| write!(f, "{above}."))?;
        f.write_str(self.member)
    }
}

impl Serialize for Json<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = self.object;
        if self.depth == 0 {
            return Err(S::Error::custom("this is nested too deeply"));
        }
        if object.is_none() {
            serializer.serialize_none()
        } else if let Ok(text) = object.cast::<PyString>() {
            serializer.serialize_str(&text.to_cow().map_err(|_| S::Error::custom("a text holds half a character"))?)
        } else if object.is_instance_of::<PyBool>() {
            serializer.serialize_bool(object.is_truthy().map_err(S::Error::custom)?)
        } else if object.is_instance_of::<PyInt>() {
            let whole = object.extract::<i64>().map_err(|_| S::Error::custom("an integer is out of range"))?;
            serializer.serialize_i64(whole)
        } else if let Ok(float) = object.cast::<PyFloat>() {
            // JSON has no word for the others; `null` would mean "not set".
            let value = Some(float.value()).filter(|value| value.is_finite());
            serializer.serialize_f64(value.ok_or_else(|| S::Error::custom(self.not_finite()))?)
        } else if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
            self.list(serializer)
        } else if let Ok(mapping) = object.cast::<PyMapping>() {
            self.mapping(mapping, serializer)
        } else {
            self.record(serializer)
        }
    }
}

impl Json<'_, '_> {
    fn list<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for item in self.object.try_iter().map_err(S::Error::custom)? {
            list.serialize_element(&self.below(&item.map_err(S::Error::custom)?, self.place))?;
        }
        list.end()
    }

    fn mapping<S: Serializer>(&self, mapping: &Bound<'_, PyMapping>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for item in mapping.items().map_err(S::Error::custom)? {
            let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract().map_err(S::Error::custom)?;
            let name = name.cast::<PyString>().map_err(|_| S::Error::custom("a member's name is not a str"))?;
            let member = name.to_cow().map_err(S::Error::custom)?;
            let place = Place { above: self.place, member: &member };
            map.serialize_entry(&member, &self.below(&value, Some(&place)))?;
        }
        map.end()
    }

    /// What a record leaves out is `None`, and what is left out has its default in Rust.
    fn record<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = slots(self.object).map_err(|_| {
            let kind = self.object.get_type().name().map(|name| name.to_string()).unwrap_or_default();
            S::Error::custom(format!(
                "{kind} has no JSON form here; pass a dict, or a class of idvkit that is not sealed"
            ))
        })?;
        let mut map = serializer.serialize_map(None)?;
        if let Ok(tag) = self.object.getattr("type") {
            map.serialize_entry("type", &self.below(&tag, self.place))?;
        }
        for name in names {
            let value = self.object.getattr(name.as_str()).map_err(S::Error::custom)?;
            if !value.is_none() {
                // Names that are Python's own, such as `is`, have an underscore behind them there.
                let member = name.trim_end_matches('_');
                let place = Place { above: self.place, member };
                map.serialize_entry(member, &self.below(&value, Some(&place)))?;
            }
        }
        map.end()
    }

    fn below<'b, 'py>(&self, object: &'b Bound<'py, PyAny>, place: Option<&'b Place<'b>>) -> Json<'b, 'py> {
        Json { object, depth: self.depth - 1, place }
    }

    fn not_finite(&self) -> String {
        let place = self.place.map_or_else(|| "the number".into(), ToString::to_string);
        format!("{place} must be a finite number, not NaN or infinite; leave it out if it is not set")
    }
}

fn slots(object: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    static VALUE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static SEALED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = object.py();
    let is = |class: &Bound<'_, PyType>| object.is_instance(class);
    if !is(VALUE.import(py, "idvkit._base", "Value")?)? || is(SEALED.import(py, "idvkit._base", "Sealed")?)? {
        return Err(PyValueError::new_err("no record"));
    }
    object.get_type().getattr("__slots__")?.extract()
}
