//! What a host does next, and what a host can tell a session.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{Fault, Header, HttpRequest, Journey, Outcome, UnixMillis};

/// What the host has to do now. Asking twice gives the same value, with the same bytes and ids.
///
/// Deliberately exhaustive: these four are the whole job of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "wire", serde(tag = "type", rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Next {
    /// Send this request, then handle its answer as `Input::HttpResponse` or `Input::HttpFailed`.
    Send {
        /// The request to send.
        request: HttpRequest,
    },
    /// Show this journey to the user. If its id is the one already shown, leave the page as it is.
    Present {
        /// The journey to show. It is safe to give to this one user.
        journey: Journey,
        /// The latest time for the next call of `next`.
        until: UnixMillis,
    },
    /// There is nothing to do before this time, unless an input comes earlier.
    Wait {
        /// The time for the next call of `next`.
        until: UnixMillis,
        /// What the session waits for.
        why: Why,
    },
    /// The session is over, and its snapshot says so.
    Done {
        /// How the session ended.
        outcome: Outcome,
        /// What became of the data, if an erasure was asked for.
        erasure: Option<Erasure>,
    },
}

/// What a session waits for. Deliberately exhaustive.
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
    /// The next attempt of a request that failed; the pauses between attempts grow.
    Backoff {
        /// Why the request failed.
        fault: Fault,
    },
    /// The end of a pause that the provider asked for.
    Throttled {
        /// The provider's answer that asked for the pause.
        fault: Fault,
    },
    /// Bytes that are stored beside the snapshot and that the next request needs: hand them to `supply`. If they are
    /// lost, ask the user for the images again.
    Blobs {
        /// The digests of the needed bytes.
        digests: Vec<String>,
    },
}

/// What became of the data after `Input::Erase`. The snapshot holds no personal data and no bearer values any more,
/// whatever the provider did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Erasure {
    /// What became of the data at the provider.
    pub at_provider: AtProvider,
}

/// What became of the data at the provider. Deliberately exhaustive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum AtProvider {
    /// A deletion at the provider was not asked for.
    NotAsked,
    /// The provider documents no way to delete data.
    NotOffered,
    /// Every attempt is deleted at the provider, or did not exist there any more.
    Deleted {
        /// How many attempts are deleted.
        count: u32,
    },
    /// Not every attempt could be deleted. Handle `Input::Erase` again to try once more.
    Failed {
        /// Why a deletion failed.
        fault: Fault,
    },
}

/// What a host tells a session. It has no serialised form, so that no client can post one (rule 15); a page or phone
/// sends only the text for [`Input::Hint`].
///
/// Deliberately exhaustive.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(tag = "type", rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["id", "status", "at_provider"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum), uniffi::export(Debug))]
pub enum Input {
    /// The answer to a request came.
    HttpResponse {
        /// The id of the request that was answered.
        id: String,
        /// The HTTP status.
        status: u16,
        /// The header lines.
        headers: Vec<Header>,
        /// The body, byte for byte.
        #[cfg_attr(feature = "schema", schemars(with = "crate::wire::Bytes"))]
        body: Vec<u8>,
    },
    /// No answer to a request came: the connection was refused, was reset, or timed out.
    HttpFailed {
        /// The id of the request that failed.
        id: String,
    },
    /// This worker is about to send a request. Store the session after this input; only the worker that stored it first
    /// sends the request.
    Sending {
        /// The id of the request to be sent.
        id: String,
    },
    /// A page or phone sent a hint: the opaque text that `read` returned there.
    Hint {
        /// The hint's text, at most 4096 bytes.
        text: String,
    },
    /// The user came back to your return URL.
    Redirect {
        /// The full URL that was requested, with its query.
        url: String,
    },
    /// A callback or webhook arrived.
    Callback {
        /// The URL at which the callback arrived: in full, or its path and query.
        url: String,
        /// The header lines.
        headers: Vec<Header>,
        /// The body, byte for byte.
        #[cfg_attr(feature = "schema", schemars(with = "crate::wire::Bytes"))]
        body: Vec<u8>,
    },
    /// The user handed in the images that `Way::Upload` asked for.
    Images {
        /// The images, one for each slot.
        images: Vec<Image>,
    },
    /// Try again, if the outcome and the provider allow it.
    Retry,
    /// Remove the user's personal data from the session.
    Erase {
        /// Whether to delete the data at the provider as well.
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
    /// The name of the slot in `Way::Upload` that the image is for (`front`, `back`, `selfie`).
    pub slot: String,
    /// The bytes of the file, JPEG or PNG.
    #[cfg_attr(feature = "schema", schemars(with = "crate::wire::Bytes"))]
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image {{ slot: {:?}, {} bytes }}", self.slot, self.bytes.len())
    }
}
