//! What a driver asks of its host, and what it is told: the words between the facade's `Driver` and any store and HTTP client.

use alloc::{string::String, vec::Vec};
use core::fmt;

use crate::{Header, HttpRequest, Next, Outcome, UnixMillis};

/// What a host is asked to do next. Asking twice gives the same; it is settled by telling what came of it.
///
/// Deliberately exhaustive: these six are the whole job of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "wire", serde(tag = "type", rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Ask {
    /// Load a row's text from the store, and tell `Told.Loaded`.
    Load {
        /// Which row.
        by: By,
        /// The digests of the blobs that are needed with it.
        blobs: Vec<String>,
    },
    /// Store the row if its revision there is still the expected one, and tell `Told.Stored`. Row, references and blobs go
    /// in one transaction.
    Store {
        /// The row, whole.
        row: Row,
        /// The revision that is to be replaced; nothing: the row is new, and no other has its id or its key.
        expected: Option<i64>,
        /// Blobs that the store does not have yet. It drops those of this row that `Row.blobs` no longer names.
        blobs: Vec<Blob>,
    },
    /// Send the request exactly as it stands, and tell `Told.Exchanged`.
    Exchange {
        /// The request.
        request: HttpRequest,
        /// What this process must not do twice at a time: wait for your turn with this key, then look whether `Tokens` has the
        /// answer by now.
        exclusive: Option<String>,
    },
    /// Act on the outcome, and tell `Told.Delivered`. It may come more than once: the delivery's id says that it is the same.
    Deliver {
        /// Whose outcome.
        id: String,
        /// The host's own key for it.
        key: String,
        /// Which delivery.
        delivery: Delivery,
        /// How it ended.
        outcome: Outcome,
    },
    /// Nothing: all that could be done now is done and stored.
    Rest {
        /// What the verification waits for, or how it ended; never a request to send.
        next: Next,
    },
    /// Nothing: what was to be stored or heard is stored. A worker sees to what follows from it, as `Row.due` says.
    Heard {
        /// Whose it was; nothing: it is genuine, but nobody's. Answer 200 and forget it.
        id: Option<String>,
    },
}

/// Which row to load. Deliberately exhaustive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "wire", serde(tag = "type", rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum By {
    /// The one with this id.
    Id {
        /// The id.
        id: String,
    },
    /// The one that was begun with this key.
    Key {
        /// The key.
        key: String,
    },
    /// The one that has any of these references; the newest, if several do.
    References {
        /// What to look for.
        references: Vec<Reference>,
    },
}

/// What came of what was asked. It has no serialised form: no client must be able to post one.
///
/// Deliberately exhaustive.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(tag = "type", rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["stored", "delivered"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum), uniffi::export(Debug))]
pub enum Told {
    /// What the store has.
    Loaded {
        /// `Row.snapshot` as it was stored; nothing: there is no such row.
        snapshot: Option<String>,
        /// The blobs that were asked for.
        blobs: Vec<Blob>,
    },
    /// Whether the row was stored; not if another worker was first.
    Stored {
        /// Whether it was.
        stored: bool,
    },
    /// The provider's answer; nothing if none came: refused, reset, timed out.
    Exchanged {
        /// The answer.
        answer: Option<Answer>,
    },
    /// Whether the host has acted on the outcome, for good. Otherwise it is asked again later.
    Delivered {
        /// Whether it has.
        delivered: bool,
    },
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loaded { snapshot, .. } => write!(f, "Loaded {{ found: {} }}", snapshot.is_some()),
            Self::Stored { stored } => write!(f, "Stored {{ stored: {stored} }}"),
            Self::Exchanged { answer } => write!(f, "Exchanged {{ answer: {answer:?} }}"),
            Self::Delivered { delivered } => write!(f, "Delivered {{ delivered: {delivered} }}"),
        }
    }
}

/// One verification as a store keeps it: typed columns to look things up by, and one opaque text that is all of it.
///
/// Only the text is ever read back. Store it like a session table: it holds short-lived bearer values, personal data still to
/// be sent, and evidence; never an account's credentials.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["id", "provider", "account", "revision", "due"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Row {
    /// Names the verification: 32 hex digits that cannot be guessed. The primary key.
    pub id: String,
    /// The host's own name for it, by which it was begun: such as an order's number, and no personal data. Unique.
    pub key: String,
    /// Whose flow it is now, or whose flow decided it.
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::provider"))]
    #[cfg_attr(feature = "schema", schemars(extend("x-named" = "ProviderId")))]
    pub provider: String,
    /// The host's name of the account that this is with.
    pub account: String,
    /// Rises with every change: compare-and-swap on it.
    pub revision: i64,
    /// Everything, as text.
    pub snapshot: String,
    /// When a worker has to look at it; nothing: never, unless something is heard. Index it.
    pub due: Option<UnixMillis>,
    /// The providers' ids, newest first: index them, callbacks and redirects name one.
    pub references: Vec<Reference>,
    /// How it ended, once it has.
    pub outcome: Option<Outcome>,
    /// What becomes of the outcome, if the host wants it delivered.
    pub delivery: Option<Delivery>,
    /// The digests of the blobs that belong to it.
    pub blobs: Vec<String>,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("id", &self.id)
            .field("provider", &self.provider)
            .field("account", &self.account)
            .field("revision", &self.revision)
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}

/// A provider's id for something that a verification made there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Reference {
    /// The host's name of the account.
    pub account: String,
    /// The id.
    pub reference: String,
}

/// One outcome on its way to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Delivery {
    /// The same for the same outcome, however often it comes: act once for each.
    pub id: String,
    /// The delivery of an earlier outcome that this one replaces: an end without a verdict that was retried, or after which the
    /// provider's verdict came late.
    pub replaces: Option<String>,
    /// How often it went wrong so far.
    pub failures: u32,
    /// When it is tried next; nothing: it is delivered.
    pub due: Option<UnixMillis>,
}

/// What a provider answered, as it came.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["status"])))]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header lines.
    pub headers: Vec<Header>,
    /// The body, byte for byte.
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::bytes"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::wire::Bytes"))]
    pub body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer {{ status: {}, body: {} bytes }}", self.status, self.body.len())
    }
}

/// Bytes that are kept beside a row, once: images, evidence. Printing it shows no part of them.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["digest"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Blob {
    /// Their SHA-256 as 64 hex digits: their name.
    pub digest: String,
    /// The bytes.
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::bytes"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::wire::Bytes"))]
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob {{ digest: {:?}, {} bytes }}", self.digest, self.bytes.len())
    }
}
