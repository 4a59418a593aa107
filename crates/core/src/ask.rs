//! What a driver asks its host to do, and what the host tells it in return. The facade's `Driver` speaks in these types
//! with any store and any HTTP client.

use alloc::{string::String, vec::Vec};
use core::fmt;

use crate::{Header, HttpRequest, Next, Outcome, UnixMillis};

/// What a host has to do next. Asking twice returns the same value; it changes when the host tells the driver the
/// result.
///
/// Deliberately exhaustive: a host handles these six cases and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "wire", serde(tag = "type", rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Ask {
    /// Load a row's text from the store, then tell the driver `Told.Loaded`.
    Load {
        /// Which row to load.
        by: By,
        /// The digests of the blobs to load together with the row.
        blobs: Vec<String>,
    },
    /// Store the row if its stored revision is still the expected one, then tell the driver `Told.Stored`. Write the
    /// row, its references and its blobs in one transaction.
    Store {
        /// The whole row.
        row: Row,
        /// The revision that the stored row must still have. If absent, the row is new: no other row may have its id or
        /// its key.
        expected: Option<i64>,
        /// Blobs that the store does not have yet. Delete the row's other blobs that `Row.blobs` no longer names.
        blobs: Vec<Blob>,
    },
    /// Send the request exactly as it stands, then tell the driver `Told.Exchanged`.
    Exchange {
        /// The request to send.
        request: HttpRequest,
        /// A key under which only one request of this process may run at a time. If present, wait until no other
        /// request with this key is running, then look whether `Tokens` has the answer by now.
        exclusive: Option<String>,
    },
    /// Act on the outcome, then tell the driver `Told.Delivered`. The same delivery may come more than once, with the
    /// same delivery id.
    Deliver {
        /// The id of the verification whose outcome this is.
        id: String,
        /// Your own key of the verification.
        key: String,
        /// The delivery: its id and how often it failed.
        delivery: Delivery,
        /// How the verification ended.
        outcome: Outcome,
    },
    /// There is nothing to do now: everything that can be done at this time is done and stored.
    Rest {
        /// What the verification waits for, or how it ended; never a request to send.
        next: Next,
    },
    /// There is nothing to do now: the input is heard and stored. A worker continues the verification at `Row.due`.
    Heard {
        /// The id of the verification that the input belongs to. If absent, the input is genuine and belongs to no
        /// verification: answer HTTP 200 and forget it.
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
    /// The row with this id.
    Id {
        /// The id.
        id: String,
    },
    /// The row that was begun with this key.
    Key {
        /// The key.
        key: String,
    },
    /// The row that has any of these references; the newest row, if several do.
    References {
        /// The references to look for.
        references: Vec<Reference>,
    },
}

/// What a host tells the driver after it did what an `Ask` said. It has no serialised form, so that no client can post
/// one.
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
        /// `Row.snapshot` as it was stored; absent if there is no such row.
        snapshot: Option<String>,
        /// The blobs that were asked for.
        blobs: Vec<Blob>,
    },
    /// Whether the row was stored. It is not if another worker stored a change first.
    Stored {
        /// `true` if the row was stored.
        stored: bool,
    },
    /// The provider's answer to the request. Absent if no answer came: connection refused, reset or timed out.
    Exchanged {
        /// The provider's answer, if one came.
        answer: Option<Answer>,
    },
    /// Whether you have acted on the outcome for good. If not, the driver asks again later.
    Delivered {
        /// `true` if you acted on it.
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

/// One verification as a store keeps it: typed columns to search by, and one opaque text that holds the whole
/// verification.
///
/// The driver reads only the text back. Protect the row like a session table: it holds short-lived bearer values,
/// personal data that is still to be sent, and evidence. It never holds an account's credentials.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["id", "provider", "account", "revision", "due"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Row {
    /// The verification's id: 32 hex digits that cannot be guessed. The primary key.
    pub id: String,
    /// Your own key of the verification, given when it began, such as an order number. Unique, and without personal
    /// data.
    pub key: String,
    /// The provider whose flow is running, or whose flow decided.
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::provider"))]
    #[cfg_attr(feature = "schema", schemars(extend("x-named" = "ProviderId")))]
    pub provider: String,
    /// The name of the account that the running flow uses, as you named it.
    pub account: String,
    /// The revision. It rises with every change: update the row only where the stored revision is the expected one
    /// (compare and swap).
    pub revision: i64,
    /// The whole verification as an opaque text.
    pub snapshot: String,
    /// When a worker has to continue the verification. Absent if there is nothing to do until an input comes. Index
    /// this column.
    pub due: Option<UnixMillis>,
    /// The providers' ids of this verification, newest first. Index them: callbacks and redirects name one.
    pub references: Vec<Reference>,
    /// How the verification ended. Absent while it runs.
    pub outcome: Option<Outcome>,
    /// The delivery of the outcome. Absent if you did not ask for deliveries, or before an outcome.
    pub delivery: Option<Delivery>,
    /// The digests of the blobs that belong to the row.
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

/// A provider's id for something that a verification created at the provider, such as a transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Reference {
    /// The name of the account it was created with, as you named it.
    pub account: String,
    /// The provider's id.
    pub reference: String,
}

/// The delivery of one outcome to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Delivery {
    /// The delivery's id. It stays the same for the same outcome, however often it is delivered: act once for each id.
    pub id: String,
    /// The id of an earlier delivery whose outcome this one replaces: an end without a verdict that was retried, or after
    /// which the provider's verdict came late.
    pub replaces: Option<String>,
    /// How many attempts to deliver failed so far.
    pub failures: u32,
    /// When the next attempt is due; absent if the outcome is delivered.
    pub due: Option<UnixMillis>,
}

/// A provider's HTTP answer, exactly as it came.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["status"])))]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header lines.
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

/// Bytes that are stored beside a row, once: images or evidence. Printing a blob shows none of them.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = ["digest"])))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Blob {
    /// The SHA-256 of the bytes as 64 lowercase hex digits, which is the blob's name.
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
