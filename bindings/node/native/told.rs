//! What a driver asks and is told, and answers with their bytes beside the text.

use idvkit::driver::{self, Ask, Blob};
use napi::bindgen_prelude::{Buffer, Error, Result, Uint8Array};
use napi_derive::napi;

use crate::{
    input::{lines, missing},
    reject::json,
};

/// What a driver asks. What is large or no text stands beside the text.
#[napi(object, object_from_js = false)]
pub struct Asked {
    /// `Ask` as JSON, without what follows.
    pub json: String,
    /// The body of a request.
    pub body: Option<Buffer>,
    /// The text of a row.
    pub snapshot: Option<String>,
    /// The blobs to store.
    pub blobs: Option<Vec<Piece>>,
}

/// What came of it, as the class `Told` hands it over: `kind` says which of the others are there.
#[napi(object, object_to_js = false)]
pub struct Told {
    /// What it is the answer to.
    pub kind: String,
    /// The text of the row, if there is one.
    pub snapshot: Option<String>,
    /// The blobs that were asked for.
    pub blobs: Option<Vec<Piece>>,
    /// The provider's answer, if one came.
    pub answer: Option<Answer>,
    /// Whether it was stored or delivered.
    pub done: Option<bool>,
}

/// A provider's answer.
#[napi(object)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names and values of header lines in turn.
    pub headers: Vec<String>,
    /// The body, byte for byte.
    pub body: Uint8Array,
}

/// Bytes that are kept beside a row.
#[napi(object)]
pub struct Piece {
    /// Their name.
    pub digest: String,
    /// The bytes.
    pub bytes: Uint8Array,
}

impl Asked {
    pub(crate) fn of(mut ask: Ask) -> Result<Self> {
        let (mut body, mut snapshot, mut blobs) = (None, None, None);
        match &mut ask {
            Ask::Exchange { request, .. } => body = request.body.take().map(Buffer::from),
            Ask::Store { row, blobs: new, .. } => {
                snapshot = Some(core::mem::take(&mut row.snapshot));
                blobs = Some(core::mem::take(new).into_iter().map(Piece::from).collect());
            }
            Ask::Load { .. } | Ask::Deliver { .. } | Ask::Rest { .. } | Ask::Heard { .. } => {}
        }
        Ok(Self { json: json(&ask)?, body, snapshot, blobs })
    }
}

impl Told {
    pub(crate) fn into_told(self) -> Result<driver::Told> {
        let Self { kind, snapshot, blobs, answer, done } = self;
        let done = || done.ok_or_else(|| missing("a yes or no"));
        Ok(match kind.as_str() {
            "loaded" => {
                let blobs = blobs.unwrap_or_default().into_iter().map(Blob::from).collect();
                driver::Told::Loaded { snapshot, blobs }
            }
            "stored" => driver::Told::Stored { stored: done()? },
            "exchanged" => driver::Told::Exchanged { answer: answer.map(driver::Answer::from) },
            "delivered" => driver::Told::Delivered { delivered: done()? },
            _ => return Err(Error::from_reason("this is nothing that this version can be told")),
        })
    }
}

impl From<Answer> for driver::Answer {
    fn from(Answer { status, headers, body }: Answer) -> Self {
        Self { status, headers: lines(Some(headers)), body: body.to_vec() }
    }
}

impl From<driver::Answer> for Answer {
    fn from(driver::Answer { status, headers, body }: driver::Answer) -> Self {
        let headers = headers.into_iter().flat_map(|header| [header.name, header.value]).collect();
        Self { status, headers, body: body.into() }
    }
}

impl From<Piece> for Blob {
    fn from(Piece { digest, bytes }: Piece) -> Self {
        Self { digest, bytes: bytes.to_vec() }
    }
}

impl From<Blob> for Piece {
    fn from(Blob { digest, bytes }: Blob) -> Self {
        Self { digest, bytes: bytes.into() }
    }
}
