//! From Python to Rust: what a program tells, from its classes only. Everything else goes by way of JSON text.

use std::borrow::Cow;

use idvkit::{
    Cache, Header, HttpRequest, Image, Input,
    driver::{Answer, Blob, Told},
};
use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyByteArray, PyBytes, PyDict, PyList, PyMapping, PyMemoryView, PyString, PyTuple},
};

use crate::{json, to_python::classes};

/// An input, from one of its classes: a dictionary could have been posted by a client.
pub(crate) fn input(object: &Bound<'_, PyAny>) -> PyResult<Input> {
    let wanted = "an input is one of HttpResponse, HttpFailed, Sending, Hint, Redirect, Callback, Images, Retry, Erase";
    let advice = ": what a client posted goes into Hint(text)";
    let (tag, fields) = Fields::of_choice(object, "Input", wanted, advice)?;
    Ok(match tag.as_str() {
        "http_response" => Input::HttpResponse {
            id: fields.text("id")?,
            status: fields.plain("status")?,
            headers: headers(&fields.any("headers")?)?,
            body: fields.bytes("body")?,
        },
        "http_failed" => Input::HttpFailed { id: fields.text("id")? },
        "sending" => Input::Sending { id: fields.text("id")? },
        "hint" => Input::Hint { text: fields.text("text")? },
        "redirect" => Input::Redirect { url: fields.text("url")? },
        "callback" => Input::Callback {
            url: fields.text("url")?,
            headers: headers(&fields.any("headers")?)?,
            body: fields.bytes("body")?,
        },
        "images" => Input::Images { images: list(&fields.any("images")?, image)? },
        "retry" => Input::Retry,
        "erase" => Input::Erase { at_provider: fields.plain("at_provider")? },
        _ => return Err(fields.unknown()),
    })
}

/// What came of what a driver asked, from one of its classes for the same reason.
pub(crate) fn told(object: &Bound<'_, PyAny>) -> PyResult<Told> {
    let wanted = "what is told is one of ToldLoaded, ToldStored, ToldExchanged, ToldDelivered";
    let (tag, fields) = Fields::of_choice(object, "Told", wanted, "")?;
    Ok(match tag.as_str() {
        "loaded" => {
            Told::Loaded { snapshot: fields.maybe_text("snapshot")?, blobs: list(&fields.any("blobs")?, blob)? }
        }
        "stored" => Told::Stored { stored: fields.plain("stored")? },
        "exchanged" => Told::Exchanged { answer: fields.maybe("answer")?.as_ref().map(answer).transpose()? },
        "delivered" => Told::Delivered { delivered: fields.plain("delivered")? },
        _ => return Err(fields.unknown()),
    })
}

/// A provider's answer.
pub(crate) fn answer(object: &Bound<'_, PyAny>) -> PyResult<Answer> {
    let fields = Fields::of(object, "Answer")?;
    let headers = headers(&fields.any("headers")?)?;
    Ok(Answer { status: fields.plain("status")?, headers, body: fields.bytes("body")? })
}

/// A request, as it was given out.
pub(crate) fn request(object: &Bound<'_, PyAny>) -> PyResult<HttpRequest> {
    let fields = Fields::of(object, "HttpRequest")?;
    Ok(HttpRequest {
        id: fields.text("id")?,
        operation: fields.text("operation")?,
        method: json::word(&fields.text("method")?, "HttpRequest.method is one of the words of Method")?,
        url: fields.text("url")?,
        headers: headers(&fields.any("headers")?)?,
        body: fields.maybe("body")?.map(|body| bytes(&body, "HttpRequest.body")).transpose()?,
        timeout_ms: fields.plain("timeout_ms")?,
        idempotent: fields.plain("idempotent")?,
        cache: fields.maybe("cache")?.as_ref().map(cache).transpose()?,
    })
}

/// Bytes, kept exactly. Text is refused: encoding it anew would not give the bytes that were signed.
pub(crate) fn bytes(object: &Bound<'_, PyAny>, field: &str) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if let Ok(bytes) = object.cast::<PyByteArray>() {
        return Ok(bytes.to_vec());
    }
    if object.is_instance_of::<PyMemoryView>() {
        return Ok(object.call_method0("tobytes")?.cast::<PyBytes>()?.as_bytes().to_vec());
    }
    if object.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err(format!(
            "{field} takes bytes, not str: signatures cover the bytes as they arrived, and text that was decoded may not \
             encode to them again; pass the raw body (response.content, await request.body())"
        )));
    }
    Err(PyTypeError::new_err(format!(
        "{field} takes bytes, bytearray or memoryview, not {}",
        object.get_type().name()?
    )))
}

/// The same, read where they are if they cannot change.
pub(crate) fn borrowed<'a>(object: &'a Bound<'_, PyAny>, field: &str) -> PyResult<Cow<'a, [u8]>> {
    match object.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes().into()),
        Err(_) => bytes(object, field).map(Cow::Owned),
    }
}

struct Fields<'a, 'py> {
    object: &'a Bound<'py, PyAny>,
    class: String,
}

impl<'a, 'py> Fields<'a, 'py> {
    /// Those of an instance of this class.
    fn of(object: &'a Bound<'py, PyAny>, class: &str) -> PyResult<Self> {
        let known = classes(object.py())?.get_item(class)?;
        if known.is_some_and(|known| known.is(object.get_type())) {
            return Ok(Self { object, class: class.into() });
        }
        let name = object.get_type().name()?;
        Err(PyTypeError::new_err(format!("this takes an instance of {class}, not {name}")))
    }

    /// The tag of a choice and the fields of that variant; nothing for any other class, derived ones included.
    fn of_choice(object: &'a Bound<'py, PyAny>, choice: &str, wanted: &str, advice: &str) -> PyResult<(String, Self)> {
        let class = object.get_type();
        let name = class.name()?.to_string();
        if let Some(variants) = classes(object.py())?.get_item(choice)? {
            for (tag, known) in variants.cast::<PyDict>()?.iter() {
                if known.is(&class) {
                    return Ok((tag.extract()?, Self { object, class: name }));
                }
            }
        }
        Err(PyTypeError::new_err(format!("{wanted}, not {name}{advice}")))
    }

    fn unknown(&self) -> PyErr {
        PyTypeError::new_err(format!("this version does not know {}", self.class))
    }

    fn any(&self, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.object.getattr(name)
    }

    fn maybe(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(Some(self.any(name)?).filter(|value| !value.is_none()))
    }

    /// A number or a flag.
    fn plain<T: for<'b> FromPyObject<'b, 'py, Error = PyErr>>(&self, name: &str) -> PyResult<T> {
        self.any(name)?.extract()
    }

    fn text(&self, name: &str) -> PyResult<String> {
        self.as_text(&self.any(name)?, name)
    }

    fn maybe_text(&self, name: &str) -> PyResult<Option<String>> {
        self.maybe(name)?.map(|value| self.as_text(&value, name)).transpose()
    }

    fn bytes(&self, name: &str) -> PyResult<Vec<u8>> {
        bytes(&self.any(name)?, &format!("{}.{name}", self.class))
    }

    fn as_text(&self, value: &Bound<'py, PyAny>, name: &str) -> PyResult<String> {
        let text = value.cast::<PyString>().map_err(|_| {
            let kind = value.get_type().name().map(|name| name.to_string()).unwrap_or_default();
            PyTypeError::new_err(format!("{}.{name} takes str, not {kind}", self.class))
        })?;
        Ok(text.to_cow()?.into_owned())
    }
}

/// Header objects, pairs, or a mapping, all of which unpack into a name and its values; `None`, as gateways write it, for none.
fn headers(object: &Bound<'_, PyAny>) -> PyResult<Vec<Header>> {
    if object.is_none() {
        return Ok(Vec::new());
    }
    let lines = match object.cast::<PyMapping>() {
        Ok(mapping) => mapping.items()?.into_any(),
        Err(_) => object.clone(),
    };
    let wrong = || {
        PyTypeError::new_err(
            "headers are Header objects, pairs, or a mapping: from str to str, to a list of str for several lines, or to None",
        )
    };
    let mut all = Vec::new();
    for line in lines.try_iter()? {
        let (name, values) = header(&line?).ok_or_else(wrong)?;
        all.extend(values.into_iter().map(|value| Header { name: name.clone(), value }));
    }
    Ok(all)
}

/// A name and its values: a list of them stands for several lines, `None` for no line.
fn header(line: &Bound<'_, PyAny>) -> Option<(String, Vec<String>)> {
    let mut parts = line.try_iter().ok()?;
    let (name, value) = (parts.next()?.ok()?, parts.next()?.ok()?);
    if parts.next().is_some() || line.is_instance_of::<PyString>() {
        return None;
    }
    let values = if value.is_none() {
        Vec::new()
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        value.extract().ok()?
    } else {
        vec![value.extract().ok()?]
    };
    Some((name.extract().ok()?, values))
}

fn list<'py, T>(object: &Bound<'py, PyAny>, item: impl Fn(&Bound<'py, PyAny>) -> PyResult<T>) -> PyResult<Vec<T>> {
    object.try_iter()?.map(|one| item(&one?)).collect()
}

fn image(object: &Bound<'_, PyAny>) -> PyResult<Image> {
    let fields = Fields::of(object, "Image")?;
    Ok(Image { slot: fields.text("slot")?, bytes: fields.bytes("bytes")? })
}

fn blob(object: &Bound<'_, PyAny>) -> PyResult<Blob> {
    let fields = Fields::of(object, "Blob")?;
    Ok(Blob { digest: fields.text("digest")?, bytes: fields.bytes("bytes")? })
}

fn cache(object: &Bound<'_, PyAny>) -> PyResult<Cache> {
    let fields = Fields::of(object, "Cache")?;
    Ok(Cache {
        key: fields.text("key")?,
        max_age_ms: fields.plain("max_age_ms")?,
        refused: fields.maybe_text("refused")?,
    })
}
