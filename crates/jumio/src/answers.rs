//! What Jumio's API answers, read.

use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{Reject, RejectCode, UnixMillis};
use serde::Deserialize;
use serde_json::Value;

use crate::values::Reference;

/// The answer to an initiate request (J-F1). Token and URL are opaque: the documented limit of 255 does not hold (J-D2).
#[derive(Deserialize)]
pub struct Initiated {
    /// UTC, `YYYY-MM-DDThh:mm:ss.SSSZ`.
    pub timestamp: String,
    /// The reference of the new transaction.
    #[serde(rename = "transactionReference")]
    pub transaction_reference: Reference,
    /// The link for the user: a bearer value.
    #[serde(rename = "redirectUrl")]
    pub redirect_url: String,
}

/// A transaction as retrieved (J-F8).
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Its reference.
    pub reference: Reference,
    /// The enrollment's reference.
    pub enrollment_reference: Reference,
    /// Its result.
    pub result: TransactionResult,
    /// When it was made; read as UTC without a zone (J-V13). `None` if the time stamp is unreadable.
    pub date: Option<UnixMillis>,
    /// URLs of the face image. Fetch them with [`image_request`](crate::image_request) only.
    pub images: Vec<String>,
    /// URLs of the liveness images, in the provider's order, which is not that of time.
    pub liveness_images: Vec<String>,
}

impl Transaction {
    /// Reads the retrieval answer. One image may stand as an object instead of a list (J-D15).
    ///
    /// # Errors
    /// `retrieval_malformed` if a required member is missing, or a reference has another form.
    pub fn parse(body: &[u8]) -> Result<Self, Reject> {
        let malformed = |field: &str| {
            Reject::new(RejectCode::RetrievalMalformed, "the member is missing or malformed").about(field)
        };
        let value: Value = serde_json::from_slice(body).map_err(|_| malformed("body"))?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).ok_or_else(|| malformed(name));
        let reference = |name: &str| Reference::read(text(name)?).ok_or_else(|| malformed(name));
        let hrefs = one_or_many(value.get("images")).iter().filter_map(|image| image.get("href")?.as_str());
        let liveness = one_or_many(value.get("livenessImages")).iter().filter_map(Value::as_str);
        Ok(Self {
            reference: reference("transactionReference")?,
            enrollment_reference: reference("enrollmentTransactionReference")?,
            result: TransactionResult::parse(text("transactionResult")?),
            date: value.get("transactionDate").and_then(Value::as_str).and_then(UnixMillis::parse),
            images: hrefs.map(ToString::to_string).collect(),
            liveness_images: liveness.map(ToString::to_string).collect(),
        })
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("result", &self.result).finish_non_exhaustive()
    }
}

/// The result of a transaction. Unknown values are kept and are never a pass (J-D14).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionResult {
    /// Not opened yet.
    Created,
    /// Under way.
    Started,
    /// Live and the same face.
    Passed,
    /// Not live, or not the same face.
    Failed,
    /// No verdict: defined nowhere, read as an unusable submission (J-D5).
    Invalid,
    /// Superseded, or out of time.
    Expired,
    /// Anything else.
    Other(String),
}

impl TransactionResult {
    /// Reads the provider's word, exactly as it is spelled there.
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

/// Whether an ID verification can serve as enrollment: the three values that J-F1 asks for.
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

    /// Checks the fields of a verification callback, decoded into a map: `identityVerification` there is JSON text.
    pub fn from_callback(fields: &BTreeMap<String, String>) -> Self {
        let status = fields.get("verificationStatus").map_or("", String::as_str);
        let identity = fields.get("identityVerification").and_then(|text| serde_json::from_str(text).ok());
        Self::of(status, identity.as_ref().unwrap_or(&Value::Null))
    }

    /// Checks a verification result as JSON: `verificationStatus` and `identityVerification` (an object, or JSON text
    /// that holds one) beside each other.
    ///
    /// # Errors
    /// `enrollment_malformed` if it is not a JSON object.
    pub fn from_json(body: &[u8]) -> Result<Self, Reject> {
        let value: Value = serde_json::from_slice(body).ok().filter(Value::is_object).ok_or_else(|| {
            Reject::new(RejectCode::EnrollmentMalformed, "the verification result is not a JSON object").about("body")
        })?;
        let identity = match value.get("identityVerification") {
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
            Some(object) => object.clone(),
            None => Value::Null,
        };
        Ok(Self::of(value.get("verificationStatus").and_then(Value::as_str).unwrap_or(""), &identity))
    }

    /// Whether all three hold.
    pub fn is_eligible(&self) -> bool {
        self.unmet().is_empty()
    }

    /// Each condition that does not hold, as a sentence.
    pub fn unmet(&self) -> Vec<&'static str> {
        let conditions = [
            (self.verified, "verificationStatus has to be APPROVED_VERIFIED"),
            (self.similar, "similarity has to be MATCH"),
            (self.valid, "validity has to be TRUE"),
        ];
        conditions.into_iter().filter(|(met, _)| !met).map(|(_, rule)| rule).collect()
    }

    fn of(status: &str, identity: &Value) -> Self {
        let text = |name| match identity.get(name) {
            Some(Value::Bool(flag)) => flag.to_string(),
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        };
        Self::new(status, &text("similarity"), &text("validity"))
    }
}

/// The observed error body names the status as text (J-D4); anything else is left alone.
pub(crate) fn error_status(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let status = value.get("httpStatus")?.as_str()?;
    Some(status.chars().take(16).collect())
}

/// A list, or the one thing that stands where a list of one would (J-11).
pub(crate) fn one_or_many(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(many)) => many,
        Some(Value::Null) | None => &[],
        Some(one) => core::slice::from_ref(one),
    }
}
