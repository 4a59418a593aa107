//! Reads the answers of Jumio's API.

use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{Flaw, FlawKind, Json, Node, Reject, RejectCode, UnixMillis};
use serde_json::Value;

use crate::values::Reference;

/// The answer to an initiate request (J-F1). The link's form is not checked: the documented limit of 255 characters
/// does not hold (J-D2).
pub struct Initiated {
    /// When Jumio answered, in UTC, `YYYY-MM-DDThh:mm:ss.SSSZ`.
    pub timestamp: Option<UnixMillis>,
    /// The reference of the new transaction.
    pub reference: Reference,
    /// The link for the user, which is a bearer value.
    pub redirect_url: String,
}

impl Initiated {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        let json = Json::read(body)?;
        let root = json.root();
        Ok(Self {
            timestamp: date(&root, "timestamp"),
            reference: reference(&root, "transactionReference")?,
            redirect_url: root.text("redirectUrl")?.to_string(),
        })
    }
}

/// A transaction, as Jumio's retrieval returns it (J-F8).
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The transaction's reference.
    pub reference: Reference,
    /// The reference of the enrollment.
    pub enrollment_reference: Reference,
    /// The transaction's result.
    pub result: TransactionResult,
    /// When the transaction was created, read as UTC if it has no zone (J-V13). `None` if the time stamp cannot be
    /// read.
    pub date: Option<UnixMillis>,
    /// The URLs of the face image. Fetch them only by [`image_request`](crate::image_request).
    pub images: Vec<String>,
    /// The URLs of the liveness images, in the provider's order, which is not the order of time.
    pub liveness_images: Vec<String>,
}

impl Transaction {
    /// Reads the answer of a retrieval. A single image may be an object instead of a list (J-D15).
    ///
    /// # Errors
    /// `retrieval_malformed` if a required member is missing, or a reference does not have its form.
    pub fn parse(body: &[u8]) -> Result<Self, Reject> {
        Self::read(body).map_err(|flaw| flaw.reject(RejectCode::RetrievalMalformed))
    }

    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        let json = Json::read(body)?;
        let root = json.root();
        Ok(Self {
            reference: reference(&root, "transactionReference")?,
            enrollment_reference: reference(&root, "enrollmentTransactionReference")?,
            result: TransactionResult::parse(root.text("transactionResult")?),
            date: date(&root, "transactionDate"),
            // One image may be an object, and many a list (J-11).
            images: root.loose_texts("images", "href"),
            liveness_images: root.loose_texts("livenessImages", ""),
        })
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("result", &self.result).finish_non_exhaustive()
    }
}

/// The result of a transaction. An unknown value is kept and is never a pass (J-D14).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionResult {
    /// The user has not opened the page yet.
    Created,
    /// The user is on the page.
    Started,
    /// The user is live and has the same face.
    Passed,
    /// The user is not live, or does not have the same face.
    Failed,
    /// Jumio gives no verdict. The value is defined nowhere and read as an unusable submission (J-D5).
    Invalid,
    /// A newer transaction replaced this one, or time ran out.
    Expired,
    /// Any other value.
    Other(String),
}

impl TransactionResult {
    /// Reads the provider's word, in exactly the provider's spelling.
    pub fn parse(text: &str) -> Self {
        match text {
            "CREATED" => Self::Created,
            "STARTED" => Self::Started,
            "PASSED" => Self::Passed,
            "FAILED" => Self::Failed,
            "INVALID" => Self::Invalid,
            "EXPIRED" => Self::Expired,
            other => Self::Other(other.chars().take(64).collect()),
        }
    }

    /// Whether the documents define this result.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// The provider's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Created => "CREATED",
            Self::Started => "STARTED",
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
            Self::Invalid => "INVALID",
            Self::Expired => "EXPIRED",
            Self::Other(text) => text,
        }
    }
}

/// Checks whether an ID verification can serve as an enrollment: the three values that J-F1 asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnrollmentCheck {
    /// `verificationStatus` is `APPROVED_VERIFIED`.
    pub verified: bool,
    /// `similarity` is `MATCH`.
    pub similar: bool,
    /// `validity` is `TRUE`, `true` or `"true"` (J-12).
    pub valid: bool,
}

impl EnrollmentCheck {
    /// Checks three values as texts, in the spelling in which they came.
    pub fn new(verification_status: &str, similarity: &str, validity: &str) -> Self {
        Self {
            verified: verification_status == "APPROVED_VERIFIED",
            similar: similarity == "MATCH",
            valid: matches!(validity, "TRUE" | "true"),
        }
    }

    /// Checks an ID verification as it arrives: the form of its callback, or its result as JSON. Missing parts count as
    /// conditions that are not met.
    ///
    /// # Errors
    /// `enrollment_malformed` if the body is neither a form nor a JSON object.
    pub fn from_body(body: &[u8]) -> Result<Self, Reject> {
        let text = body.trim_ascii_start();
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        if !text.contains(&b'=') || matches!(text.first(), Some(b'{' | b'[' | b'"' | b'<')) {
            return Self::from_json(body);
        }
        let fields = form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into_owned()));
        Ok(Self::from_callback(&fields.collect()))
    }

    /// Checks the fields of a verification callback, decoded into a map, in which `identityVerification` is a JSON
    /// text.
    pub fn from_callback(fields: &BTreeMap<String, String>) -> Self {
        let status = fields.get("verificationStatus").map(String::as_str);
        let identity = fields.get("identityVerification").and_then(|text| Json::read(text.as_bytes()).ok());
        Self::of(status, &identity.unwrap_or_else(|| Json::from(Value::Null)).root())
    }

    /// Checks a verification result as JSON, an object with `verificationStatus` and `identityVerification` (an object,
    /// or a JSON text that holds one).
    ///
    /// # Errors
    /// `enrollment_malformed` if the body is not a JSON object.
    pub fn from_json(body: &[u8]) -> Result<Self, Reject> {
        let refuse = |flaw: Flaw| flaw.reject(RejectCode::EnrollmentMalformed);
        let json = Json::read(body).map_err(refuse)?;
        let root = json.root().object("").map_err(refuse)?;
        let status = root.text("verificationStatus").ok();
        let inner = root.text("identityVerification").ok().and_then(|text| Json::read(text.as_bytes()).ok());
        let identity = inner.as_ref().map_or_else(|| root.at("identityVerification"), Json::root);
        Ok(Self::of(status, &identity))
    }

    /// Whether all three values are as required.
    pub fn is_eligible(&self) -> bool {
        self.unmet().is_empty()
    }

    /// Each value that is not as required, as a sentence.
    pub fn unmet(&self) -> Vec<&'static str> {
        let conditions = [
            (self.verified, "verificationStatus must be APPROVED_VERIFIED"),
            (self.similar, "similarity must be MATCH"),
            (self.valid, "validity must be TRUE"),
        ];
        conditions.into_iter().filter(|(met, _)| !met).map(|(_, rule)| rule).collect()
    }

    fn of(status: Option<&str>, identity: &Node<'_>) -> Self {
        let text = |name| identity.loose_text(name).unwrap_or_default();
        Self::new(status.unwrap_or_default(), &text("similarity"), &text("validity"))
    }
}

/// The observed error body names the status as text (J-D4); anything else is left alone.
pub(crate) fn error_status(body: &[u8]) -> Option<String> {
    let status = Json::read(body).ok()?.root().text("httpStatus").ok()?.chars().take(16).collect();
    Some(status)
}

fn reference(node: &Node<'_>, name: &str) -> Result<Reference, Flaw> {
    Reference::read(node.text(name)?).ok_or_else(|| node.flaw(FlawKind::MemberValue, name))
}

fn date(node: &Node<'_>, name: &str) -> Option<UnixMillis> {
    node.loose_text(name).as_deref().and_then(UnixMillis::parse)
}
