//! Inputs, from the package's class `Input` only.

use idvkit::{Header, Image, Input};
use napi::bindgen_prelude::{Error, Result, Uint8Array};
use napi_derive::napi;

/// An input as the class `Input` hands it over: `kind` says which of the others are there.
#[napi(object, object_to_js = false)]
pub struct Given {
    /// Which input.
    pub kind: String,
    /// Its id, text or URL.
    pub text: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// Names and values of header lines in turn.
    pub headers: Option<Vec<String>>,
    /// The body, byte for byte.
    pub body: Option<Uint8Array>,
    /// The images.
    pub images: Option<Vec<Picture>>,
    /// Whether to erase at the provider too.
    pub at_provider: Option<bool>,
}

/// An image.
#[napi(object, object_to_js = false)]
pub struct Picture {
    /// The name of its slot.
    pub slot: String,
    /// The file.
    pub bytes: Uint8Array,
}

impl Given {
    /// The input of the facade. The only copy of a body is made here.
    pub(crate) fn into_input(self) -> Result<Input> {
        let Self { kind, text, status, headers, body, images, at_provider } = self;
        let text = || text.ok_or_else(|| missing("a text"));
        let body = || body.map(|body| body.to_vec()).ok_or_else(|| missing("a body"));
        Ok(match kind.as_str() {
            "http_response" => Input::HttpResponse {
                id: text()?,
                status: status.ok_or_else(|| missing("a status"))?,
                headers: lines(headers),
                body: body()?,
            },
            "http_failed" => Input::HttpFailed { id: text()? },
            "sending" => Input::Sending { id: text()? },
            "hint" => Input::Hint { text: text()? },
            "redirect" => Input::Redirect { url: text()? },
            "callback" => Input::Callback { url: text()?, headers: lines(headers), body: body()? },
            "images" => Input::Images { images: images.unwrap_or_default().into_iter().map(image).collect() },
            "retry" => Input::Retry,
            "erase" => Input::Erase { at_provider: at_provider.ok_or_else(|| missing("at_provider"))? },
            _ => return Err(Error::from_reason("this is no input that this version knows")),
        })
    }
}

pub(crate) fn lines(flat: Option<Vec<String>>) -> Vec<Header> {
    let mut flat = flat.unwrap_or_default().into_iter();
    let mut lines = Vec::with_capacity(flat.len() / 2);
    while let (Some(name), Some(value)) = (flat.next(), flat.next()) {
        lines.push(Header::new(name, value));
    }
    lines
}

fn image(picture: Picture) -> Image {
    Image { slot: picture.slot, bytes: picture.bytes.to_vec() }
}

pub(crate) fn missing(what: &str) -> Error {
    Error::from_reason(format!("it lacks {what}"))
}
