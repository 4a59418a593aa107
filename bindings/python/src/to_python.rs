//! From Rust to Python: a serde serializer that makes instances of the generated classes.
//!
//! The classes take their fields in the order of their declaration, which is the order in which serde hands them over.

use std::fmt;

use pyo3::{
    IntoPyObjectExt,
    exceptions::PyTypeError,
    ffi, intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyBytes, PyDict, PyString, PyTuple},
};
use serde::ser::{self, Impossible, Serialize, Serializer};

/// A value as instances of the generated classes.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    value.serialize(Walk::new(classes(py)?)).map_err(|failure| failure.0)
}

/// The classes by the names of the Rust types: a class for a record, a dictionary from tag or word for a choice.
pub(crate) fn classes(py: Python<'_>) -> PyResult<&Bound<'_, PyDict>> {
    static CLASSES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let all = CLASSES.get_or_try_init(py, || -> PyResult<_> {
        Ok(py.import("idvkit._types")?.getattr("CLASSES")?.cast_into::<PyDict>()?.unbind())
    })?;
    Ok(all.bind(py))
}

/// The serializer. It makes instances of these classes.
#[derive(Clone, Copy)]
pub(crate) struct Walk<'a, 'py> {
    classes: &'a Bound<'py, PyDict>,
}

impl<'a, 'py> Walk<'a, 'py> {
    pub(crate) fn new(classes: &'a Bound<'py, PyDict>) -> Self {
        Self { classes }
    }

    fn py(self) -> Python<'py> {
        self.classes.py()
    }

    fn class(self, name: &'static str) -> Result<Bound<'py, PyAny>, Failure> {
        let class = self.classes.get_item(PyString::intern(self.py(), name))?;
        class.ok_or_else(|| ser::Error::custom(format!("there is no class for {name}; run `cargo xtask types`")))
    }

    fn plain<T: IntoPyObject<'py>>(self, value: T) -> Result<Bound<'py, PyAny>, Failure> {
        Ok(value.into_bound_py_any(self.py())?)
    }
}

/// The types that no declaration uses are refused, rather than guessed at.
macro_rules! refused {
    ($($method:ident($($argument:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$result, Failure> {
            Err(ser::Error::custom(concat!("no declaration uses ", stringify!($method))))
        })*
    };
}

macro_rules! plain {
    ($($method:ident($value:ty);)*) => {
        $(fn $method(self, value: $value) -> Result<Self::Ok, Failure> {
            self.plain(value)
        })*
    };
}

impl<'a, 'py> Serializer for Walk<'a, 'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failure;
    type SerializeSeq = List<'a, 'py>;
    type SerializeTuple = Impossible<Self::Ok, Failure>;
    type SerializeTupleStruct = Impossible<Self::Ok, Failure>;
    type SerializeTupleVariant = Impossible<Self::Ok, Failure>;
    type SerializeMap = Impossible<Self::Ok, Failure>;
    type SerializeStruct = Record<'a, 'py>;
    type SerializeStructVariant = Impossible<Self::Ok, Failure>;

    plain! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_str(&str);
    }

    refused! {
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
        serialize_unit_struct(&'static str) -> Self::Ok;
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Self::Ok, Failure> {
        Ok(PyBytes::new(self.py(), bytes).into_any())
    }

    fn serialize_none(self) -> Result<Self::Ok, Failure> {
        Ok(self.py().None().into_bound(self.py()))
    }

    fn serialize_unit(self) -> Result<Self::Ok, Failure> {
        self.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, Failure> {
        value.serialize(self)
    }

    /// A word whose list stands in another crate, or another name for a plain type.
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Failure> {
        let value = value.serialize(self)?;
        match self.classes.get_item(PyString::intern(self.py(), name))? {
            Some(words) => Ok(words.get_item(value)?),
            None => Ok(value),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Self::Ok, Failure> {
        Err(ser::Error::custom("no declaration uses serialize_newtype_variant"))
    }

    fn serialize_unit_variant(self, name: &'static str, _: u32, word: &'static str) -> Result<Self::Ok, Failure> {
        Ok(self.class(name)?.get_item(PyString::intern(self.py(), word))?)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<List<'a, 'py>, Failure> {
        Ok(List { walk: self, items: Vec::with_capacity(length.unwrap_or(0)) })
    }

    fn serialize_struct(self, name: &'static str, fields: usize) -> Result<Record<'a, 'py>, Failure> {
        Ok(Record { walk: self, class: self.class(name)?, fields: Vec::with_capacity(fields) })
    }
}

pub(crate) struct List<'a, 'py> {
    walk: Walk<'a, 'py>,
    items: Vec<Bound<'py, PyAny>>,
}

impl<'py> ser::SerializeSeq for List<'_, 'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failure;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.items.push(value.serialize(self.walk)?);
        Ok(())
    }

    fn end(self) -> Result<Self::Ok, Failure> {
        Ok(PyTuple::new(self.walk.py(), self.items)?.into_any())
    }
}

pub(crate) struct Record<'a, 'py> {
    walk: Walk<'a, 'py>,
    /// The class, or for a choice the dictionary of its classes until the tag has come, which is the first field.
    class: Bound<'py, PyAny>,
    fields: Vec<Bound<'py, PyAny>>,
}

impl<'py> ser::SerializeStruct for Record<'_, 'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failure;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Failure> {
        let value = value.serialize(self.walk)?;
        if name == "type" && self.fields.is_empty() && self.class.is_instance_of::<PyDict>() {
            self.class = self.class.get_item(value)?;
        } else {
            self.fields.push(value);
        }
        Ok(())
    }

    fn end(self) -> Result<Self::Ok, Failure> {
        Ok(instance(&self.class, &self.fields)?)
    }
}

/// An instance made without its `__init__`, which would be called for nothing but to set the same slots, in Python.
fn instance<'py>(class: &Bound<'py, PyAny>, fields: &[Bound<'py, PyAny>]) -> PyResult<Bound<'py, PyAny>> {
    static NEW: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = class.py();
    let new = NEW.get_or_try_init(py, || -> PyResult<_> {
        Ok(py.import("builtins")?.getattr("object")?.getattr("__new__")?.unbind())
    })?;
    let made = new.bind(py).call1((class,))?;
    let slots = class.getattr(intern!(py, "__slots__"))?.cast_into::<PyTuple>()?;
    if slots.len() != fields.len() {
        return Err(PyTypeError::new_err("a class has other fields than its Rust type; run `cargo xtask types`"));
    }
    for (name, value) in slots.iter_borrowed().zip(fields) {
        set(&made, &name, value)?;
    }
    Ok(made)
}

/// What `object.__setattr__` does: the classes themselves are frozen.
#[expect(unsafe_code, reason = "pyo3 has no safe name for this function of the stable ABI")]
fn set(object: &Bound<'_, PyAny>, name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: all three are live objects during the call, and `Bound` proves that this thread is attached. The function
    // borrows them, checks `name` itself, and reports failure by -1 with an exception set.
    let failed = unsafe { ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), value.as_ptr()) } != 0;
    if failed { Err(PyErr::fetch(object.py())) } else { Ok(()) }
}

/// A Python exception in the form that serde wants.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) PyErr);

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(PyTypeError::new_err(message.to_string()))
    }
}
