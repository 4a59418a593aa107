//! Jumio's callback, and the user's return. Either brings a look at the result forward and decides nothing (J-D10).

use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{Header, Input, Json, Reject, RejectCode, Secret, UnixMillis, machine::Own};

use crate::{
    answers::TransactionResult,
    catalog::{KnownError, LINK_IS_DEAD},
    request::secret_segment,
    values::Reference,
};

/// The largest callback body that is read, in bytes. Seven liveness URLs take about 2 KiB.
const MAX_BODY_BYTES: usize = 64 * 1024;
const AUTHENTICATION: &str = "NETVERIFY_AUTHENTICATION";

/// An authentication callback, as Jumio sent it (J-F7).
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    /// The reference of the transaction.
    pub reference: Reference,
    /// The reference of its enrollment.
    pub enrollment_reference: String,
    /// The claimed result. It is a reason to look, never a verdict.
    pub result: TransactionResult,
    /// Where the user took the selfie: `SDK` or `WEB`.
    pub scan_source: String,
    /// When the transaction was created. `None` if the time stamp cannot be read.
    pub transaction_date: Option<UnixMillis>,
    /// When this callback was sent. It may differ when Jumio sends the callback again.
    pub callback_date: Option<UnixMillis>,
    /// Your own reference for the user.
    pub user_reference: Option<String>,
    /// The URLs of the face image: one, sent as a text, a JSON list or a JSON object (J-9).
    pub face_images: Vec<String>,
    /// The URLs of the liveness images, in the provider's order, which is not the order of time; empty if they cannot
    /// be read.
    pub liveness_images: Vec<String>,
}

impl Callback {
    /// Reads a callback.
    ///
    /// # Errors
    /// `callback_malformed` if a required field is missing or repeated, or the body is not a form or larger than 64
    /// KiB. `callback_of_other_product` if the callback is not about an authentication.
    pub fn parse(headers: &[Header], body: &[u8]) -> Result<Self, Reject> {
        let fields = form(headers, body)?;
        let optional = |name: &str| fields.get(name).cloned();
        let required = |name: &str| optional(name).ok_or_else(|| malformed(name, "the required field is missing"));
        if required("callBackType")? != AUTHENTICATION {
            let message = "this callback belongs to another Jumio product";
            return Err(Reject::new(RejectCode::CallbackOfOtherProduct, message).about("callBackType"));
        }
        let reference = Reference::read(&required("transactionReference")?);
        Ok(Self {
            reference: reference
                .ok_or_else(|| malformed("transactionReference", "this is no transaction reference"))?,
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

/// The parameters that Jumio appends when it sends the user back. Use them only for display: a user can forge them
/// (J-F4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnParameters {
    /// What the URL claims: `SUCCESS` if the images were taken for processing, which is no verdict; `ERROR` otherwise.
    pub status: ReturnStatus,
    /// The reference of the transaction.
    pub reference: Reference,
    /// The error, only with the status `ERROR`.
    pub error: Option<ReturnError>,
}

/// The status that a return URL claims.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReturnStatus {
    /// `SUCCESS`: the images were taken for processing.
    Success,
    /// `ERROR`: the user was sent back because of an error.
    Error,
    /// Any other value.
    Other(String),
}

impl ReturnParameters {
    /// Reads the parameters from the URL that the user came back to. The same URL may serve for success and error.
    ///
    /// # Errors
    /// `redirect_without_reference` if the URL has no parameters of Jumio.
    pub fn parse(url: &str) -> Result<Self, Reject> {
        let query = url.split_once('?').map_or("", |(_, rest)| rest.split('#').next().unwrap_or(""));
        let find = |name: &str| {
            form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let reference = find("transactionReference").as_deref().and_then(Reference::read).ok_or_else(|| {
            let fix = "pass the whole URL that was requested, with the query that Jumio appended";
            Reject::at(RejectCode::RedirectWithoutReference, "url", fix)
        })?;
        let status = match find("transactionStatus").as_deref() {
            Some("SUCCESS") => ReturnStatus::Success,
            Some("ERROR") => ReturnStatus::Error,
            other => ReturnStatus::Other(other.unwrap_or("").chars().take(64).collect()),
        };
        Ok(Self { status, reference, error: find("errorCode").map(|code| ReturnError::new(&code)) })
    }
}

/// An `errorCode` with its meaning, if it is one of the eleven documented codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnError {
    /// The code as a text.
    pub code: String,
    /// What the code means; `None` for an undocumented code.
    pub meaning: Option<&'static str>,
    /// What to do about the error. This advice is written by idvkit.
    pub advice: Option<&'static str>,
}

impl ReturnError {
    /// Looks up an error code.
    pub fn new(code: &str) -> Self {
        let known = KnownError::find(code);
        Self {
            code: code.chars().take(64).collect(),
            meaning: known.map(|known| known.meaning),
            advice: known.map(|known| known.advice),
        }
    }

    /// Whether the link can no longer be used: `Retry` gives a new one (J-D21).
    pub fn ends_transaction(&self) -> bool {
        LINK_IS_DEAD.contains(&self.code.as_str())
    }
}

/// The reference of the session that a callback or redirect belongs to. `None`: the input belongs to no session.
///
/// A callback carries no secret of the account. The reference only finds the session, which then checks the secret in
/// the path.
pub(crate) fn reference_of(input: &Input) -> Result<Option<Reference>, Reject> {
    match input {
        Input::Callback { headers, body, .. } => match Callback::parse(headers, body) {
            Ok(callback) => Ok(Some(callback.reference)),
            Err(reject) if reject.code() == RejectCode::CallbackOfOtherProduct => Ok(None),
            Err(reject) => Err(reject),
        },
        Input::Redirect { url } => ReturnParameters::parse(url).map(|back| Some(back.reference)),
        _ => Err(Reject::at(
            RejectCode::NoReference,
            "input",
            "only callbacks and redirects carry a reference of the provider",
        )),
    }
}

/// Checks the secret path segment against every attempt so far: callbacks may be late.
pub(crate) fn check_segment(url: &str, own: &Own<'_>) -> Result<(), Reject> {
    let path = url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/');
    let given = path.rsplit_once('/').map_or(path, |(_, last)| last);
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
        return Err(malformed("body", "the body is larger than 64 KiB, which no documented callback is"));
    }
    let media_type = Header::find(headers, "content-type").unwrap_or("application/x-www-form-urlencoded");
    let media_type = media_type.split(';').next().unwrap_or("").trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(malformed("content-type", "a callback is application/x-www-form-urlencoded"));
    }
    let mut fields = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        if fields.insert(name.to_string(), value.to_string()).is_some() {
            return Err(malformed("body", "a field occurs twice"));
        }
    }
    Ok(fields)
}

/// URLs in a form value: plain text, a JSON list of texts, or one or many JSON objects with an `href` (J-9, J-D15).
fn urls(text: &str) -> Vec<String> {
    if text.starts_with("http") {
        return alloc::vec![text.to_string()];
    }
    let Ok(json) = Json::read(text.as_bytes()) else { return Vec::new() };
    let items = json.root().loose_list("");
    items.iter().filter_map(|item| item.loose_text("").or_else(|| item.loose_text("href"))).collect()
}

fn malformed(field: &str, why: &str) -> Reject {
    Reject::new(RejectCode::CallbackMalformed, why).about(field)
}
