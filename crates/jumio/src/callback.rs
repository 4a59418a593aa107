//! Jumio's callback: a form that proves little. It brings a look at the result forward and decides nothing (J-D10).

use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{Header, Input, Reject, RejectCode, Secret, UnixMillis, machine::Own};
use serde_json::Value;

use crate::{
    types::{ReturnParameters, TransactionResult},
    validate::{Account, is_reference},
};

/// The largest callback body that is read, in bytes. Seven liveness URLs take about 2 KiB.
const MAX_BODY_BYTES: usize = 64 * 1024;
const AUTHENTICATION: &str = "NETVERIFY_AUTHENTICATION";

/// An authentication callback, as sent (J-F7).
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    /// The transaction.
    pub reference: String,
    /// Its enrollment.
    pub enrollment_reference: String,
    /// The claimed result: a reason to look, never a verdict.
    pub result: TransactionResult,
    /// `SDK` or `WEB`.
    pub scan_source: String,
    /// When the transaction was made. `None` if the time stamp is unreadable.
    pub transaction_date: Option<UnixMillis>,
    /// When this callback was sent; it may change on a resend.
    pub callback_date: Option<UnixMillis>,
    /// Your own reference for the user.
    pub user_reference: Option<String>,
    /// URLs of the face image: one, sent as text, JSON list or JSON object (J-9).
    pub face_images: Vec<String>,
    /// URLs of the liveness images, in the provider's order, which is not that of time; empty if not readable.
    pub liveness_images: Vec<String>,
}

impl Callback {
    /// Reads a callback.
    ///
    /// # Errors
    /// `callback_malformed` if a required field is missing or repeated, the body is no form or over 64 KiB.
    /// `callback_of_other_product` if it is genuine but no authentication.
    pub fn parse(headers: &[Header], body: &[u8]) -> Result<Self, Reject> {
        let fields = form(headers, body)?;
        let optional = |name: &str| fields.get(name).cloned();
        let required = |name: &str| optional(name).ok_or_else(|| malformed(name, "the required field is missing"));
        if required("callBackType")? != AUTHENTICATION {
            let message = "this callback belongs to another Jumio product";
            return Err(Reject::new(RejectCode::CallbackOfOtherProduct, message).about("callBackType"));
        }
        let reference = required("transactionReference")?;
        if !is_reference(&reference) {
            return Err(malformed("transactionReference", "this is no transaction reference"));
        }
        Ok(Self {
            reference,
            enrollment_reference: required("enrollmentTransactionReference")?,
            result: TransactionResult::parse(&required("transactionResult")?),
            scan_source: required("scanSource")?,
            transaction_date: UnixMillis::parse(&required("transactionDate")?),
            callback_date: UnixMillis::parse(&required("callbackDate")?),
            user_reference: optional("userReference"),
            face_images: optional("idScanImageFace").map_or_else(Vec::new, |text| urls(&text)),
            liveness_images: optional("livenessImages").map_or_else(Vec::new, |text| urls(&text)),
        })
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("result", &self.result).finish_non_exhaustive()
    }
}

/// Whose callback or redirect this is. `None`: genuine, but nobody's.
///
/// A callback carries no secret of the account: this finds the row, and the session then checks the path's secret.
///
/// # Errors
/// `callback_malformed`, `redirect_without_reference`, or `no_reference` for inputs that have none.
pub fn reference_of(_account: &Account, input: &Input) -> Result<Option<String>, Reject> {
    match input {
        Input::Callback { headers, body, .. } => match Callback::parse(headers, body) {
            Ok(callback) => Ok(Some(callback.reference)),
            Err(reject) if reject.code() == "callback_of_other_product" => Ok(None),
            Err(reject) => Err(reject),
        },
        Input::Redirect { url } => ReturnParameters::parse(url).map(|back| Some(back.reference)),
        _ => Err(Reject::at(
            RejectCode::NoReference,
            "input",
            "only callbacks and redirects carry a provider's reference",
        )),
    }
}

/// The secret last path segment of an attempt's callback URL (J-D10).
pub(crate) fn secret_segment(own: &Own<'_>, attempt: u32) -> String {
    own.seed.token("jumio callback", attempt, 16)
}

/// Checks the secret path segment against every attempt so far: callbacks may be late.
pub(crate) fn check_segment(url: &str, own: &Own<'_>) -> Result<(), Reject> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let given = path.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    let secrets: Vec<Secret> = (0..=own.attempt).map(|attempt| secret_segment(own, attempt).into()).collect();
    if idvkit_signature::any_same(&secrets, given.as_bytes()) {
        return Ok(());
    }
    let message = "the callback's path does not end in this session's secret segment; pass the URL as it was requested";
    Err(Reject::new(RejectCode::CallbackSecretWrong, message).about("url"))
}

/// A form, each field once. `+` and lower-case escapes are as good as any (J-V21).
fn form(headers: &[Header], body: &[u8]) -> Result<BTreeMap<String, String>, Reject> {
    if body.len() > MAX_BODY_BYTES {
        return Err(malformed("body", "the body is over 64 KiB; no documented callback comes near that"));
    }
    let media_type = Header::find(headers, "content-type").unwrap_or("application/x-www-form-urlencoded");
    let media_type = media_type.split(';').next().unwrap_or("").trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(malformed("content-type", "a callback is application/x-www-form-urlencoded"));
    }
    let mut fields = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        if fields.insert(name.to_string(), value.to_string()).is_some() {
            return Err(malformed("body", "a field stands twice"));
        }
    }
    Ok(fields)
}

/// URLs in a form value: plain text, a JSON list of texts, or one or many JSON objects with an `href` (J-9, J-D15).
fn urls(text: &str) -> Vec<String> {
    if text.starts_with("http") {
        return alloc::vec![text.to_string()];
    }
    let value: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    let url = |one: &Value| one.as_str().or_else(|| one.get("href")?.as_str()).map(ToString::to_string);
    crate::types::one_or_many(Some(&value)).iter().filter_map(url).collect()
}

fn malformed(field: &str, why: &str) -> Reject {
    Reject::new(RejectCode::CallbackMalformed, why).about(field)
}
