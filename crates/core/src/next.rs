//! What a host is to do now, and what it may tell the session.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{Fault, Header, HttpRequest, Journey, Outcome, UnixMillis};

/// What the host must do now. Asking twice gives the same answer, bytes and ids.
///
/// Deliberately exhaustive: these four are the whole job of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "wire", serde(tag = "type", rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Next {
    /// Send this request and handle its answer.
    Send {
        /// The request.
        request: HttpRequest,
    },
    /// Show this journey to the user. The same journey id means: leave the page as it is.
    Present {
        /// What to show; safe for this one user.
        journey: Journey,
        /// Call `next` again then at the latest.
        until: UnixMillis,
    },
    /// Nothing to do before this moment, unless something is heard earlier.
    Wait {
        /// Call `next` again then.
        until: UnixMillis,
        /// What is waited for.
        why: Why,
    },
    /// It is over, and the snapshot says so.
    Done {
        /// How it ended.
        outcome: Outcome,
        /// What became of the data, if it was asked to be erased.
        erasure: Option<Erasure>,
    },
}

/// What is waited for. Deliberately exhaustive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "wire", serde(tag = "type", rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Why {
    /// Another worker has claimed the request and is sending it.
    InFlight,
    /// The provider's verdict.
    Verdict,
    /// The last request went wrong; it is repeated with growing pauses.
    Backoff {
        /// What went wrong.
        fault: Fault,
    },
    /// The provider asked for a pause.
    Throttled {
        /// Its answer.
        fault: Fault,
    },
    /// Bytes that were stored beside the snapshot, and go into the next request: hand them to `supply`. If they are lost,
    /// the user can hand in the images anew.
    Blobs {
        /// Their digests.
        digests: Vec<String>,
    },
}

/// What became of the data after `Input::Erase`. Personal data and bearer values are out of the snapshot in any case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Erasure {
    /// What became of it at the provider.
    pub at_provider: AtProvider,
}

/// What became of the data at the provider. Deliberately exhaustive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum AtProvider {
    /// It was not asked for.
    NotAsked,
    /// The provider documents no way to delete.
    NotOffered,
    /// Every attempt was deleted, or was gone already.
    Deleted {
        /// How many attempts.
        count: u32,
    },
    /// Not all could be deleted; handle `Input::Erase` again to try once more.
    Failed {
        /// What went wrong.
        fault: Fault,
    },
}

/// What a host tells a session. It has no serialised form: a client must never be able to post one (rule 15); what
/// pages and phones send is the text in [`Input::Hint`].
///
/// Deliberately exhaustive.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(tag = "type", rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["id", "status", "at_provider"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum), uniffi::export(Debug))]
pub enum Input {
    /// The answer to a request.
    HttpResponse {
        /// The request's id.
        id: String,
        /// The HTTP status.
        status: u16,
        /// Header lines.
        headers: Vec<Header>,
        /// The body, byte for byte.
        #[cfg_attr(feature = "schema", schemars(with = "crate::wire::Bytes"))]
        body: Vec<u8>,
    },
    /// No answer came: refused, reset, timed out.
    HttpFailed {
        /// The request's id.
        id: String,
    },
    /// This worker is about to send that request: store, and only whoever stored first sends.
    Sending {
        /// The request's id.
        id: String,
    },
    /// The opaque text that `read` gave a page or phone.
    Hint {
        /// The text, at most 4096 bytes.
        text: String,
    },
    /// The user came back to a return URL of yours.
    Redirect {
        /// The full URL that was requested, query included.
        url: String,
    },
    /// A callback or webhook arrived.
    Callback {
        /// The full URL or the path and query at which it arrived.
        url: String,
        /// Header lines.
        headers: Vec<Header>,
        /// The body, byte for byte.
        #[cfg_attr(feature = "schema", schemars(with = "crate::wire::Bytes"))]
        body: Vec<u8>,
    },
    /// The images that `Way::Upload` asked for.
    Images {
        /// One per slot.
        images: Vec<Image>,
    },
    /// Try again, as far as the outcome and the provider allow.
    Retry,
    /// Forget the person.
    Erase {
        /// Delete at the provider as well.
        at_provider: bool,
    },
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HttpResponse { id, status, body, .. } => {
                write!(f, "HttpResponse {{ id: {id:?}, status: {status}, body: {} bytes }}", body.len())
            }
            Self::HttpFailed { id } => write!(f, "HttpFailed {{ id: {id:?} }}"),
            Self::Sending { id } => write!(f, "Sending {{ id: {id:?} }}"),
            Self::Hint { text } => write!(f, "Hint({} bytes)", text.len()),
            Self::Redirect { url } => write!(f, "Redirect({} bytes)", url.len()),
            Self::Callback { body, .. } => write!(f, "Callback {{ body: {} bytes }}", body.len()),
            Self::Images { images } => write!(f, "Images({})", images.len()),
            Self::Retry => f.write_str("Retry"),
            Self::Erase { at_provider } => write!(f, "Erase {{ at_provider: {at_provider} }}"),
        }
    }
}

/// An image that the user took or chose. Printing it shows no part of it.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["slot"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Image {
    /// Which one: the name of the slot in `Way::Upload` (`front`, `back`, `selfie`).
    pub slot: String,
    /// The file, JPEG or PNG.
    #[cfg_attr(feature = "schema", schemars(with = "crate::wire::Bytes"))]
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image {{ slot: {:?}, {} bytes }}", self.slot, self.bytes.len())
    }
}
