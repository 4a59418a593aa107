//! Signatures and documents without a session.

use idvkit::{Algorithm, Scheme, Secret};

use crate::Reject;

/// How a tag is written as text.
#[derive(uniffi::Enum)]
pub enum TagEncoding {
    /// 64 hex digits.
    Hex,
    /// Base64.
    Base64,
}

/// Which bytes of a secret are the key.
#[derive(uniffi::Enum)]
pub enum KeyForm {
    /// The bytes of its own text.
    Text,
    /// What its hex digits stand for.
    HexDecoded,
}

/// Accepts `tag` for `message` if any of the `secrets` gives it; the list is for rotation. Returns nothing if it does.
///
/// A session does this by itself. `message` is what was signed, byte for byte: `signed_member` cuts it out of a body. The
/// scheme is HMAC-SHA256.
///
/// Refuses with the blame `signature`: `signature_missing`, `signature_malformed` and `signature_wrong` are about the tag,
/// `secret_missing` and `secret_malformed` mean that no secret was usable.
#[uniffi::export]
pub fn verify(
    message: Vec<u8>,
    tag: &str,
    secrets: Vec<String>,
    encoding: TagEncoding,
    key: KeyForm,
) -> Result<(), Reject> {
    let scheme = Scheme {
        algorithm: Algorithm::HmacSha256,
        encoding: match encoding {
            TagEncoding::Hex => idvkit::TagEncoding::Hex,
            TagEncoding::Base64 => idvkit::TagEncoding::Base64,
        },
        key: match key {
            KeyForm::Text => idvkit::KeyForm::Text,
            KeyForm::HexDecoded => idvkit::KeyForm::HexDecoded,
        },
    };
    let secrets: Vec<Secret> = secrets.into_iter().map(Secret::from).collect();
    Ok(idvkit::verify(&message, tag, &secrets, scheme)?)
}

/// The value of a top-level member of a JSON object, exactly as it was sent; nothing if there is no such member.
///
/// Refuses with the blame `provider`: `json_malformed`, `json_not_object`, and `json_duplicate_member` if the member is there
/// twice.
#[uniffi::export]
pub fn signed_member(body: Vec<u8>, name: &str) -> Result<Option<Vec<u8>>, Reject> {
    Ok(idvkit::signed_member(&body, name)?)
}

/// What `examine` can read. Values are JSON objects with the named members; documents are the provider's own bytes.
#[derive(uniffi::Enum)]
#[non_exhaustive]
pub enum Subject {
    /// A time stamp, `{text}`. Gives `{millis}`: milliseconds since 1970, `null` if no provider writes times like that.
    Time,
    /// A language, `{text, provider}`. Gives `{tag, name}` as the provider takes it; without `provider` only the form counts.
    Locale,
    /// A JSON text. Gives `{text}` as ECMAScript's `JSON.stringify(JSON.parse(text))` writes it.
    Ecmascript,
    /// A personal number of Kazakhstan (IIN), `{text, lenient}`. Gives `{birth_date, sex}` as it says them; `lenient` takes any 12
    /// digits.
    BiometricKzIin,
    /// A phone of Kazakhstan, `{text}`. Gives `{phone}` as the provider takes it.
    BiometricKzPhone,
    /// A webhook of biometric.kz. Gives `{event, session_id, created, dedupe_key, technologies, technology}`; nothing in it says
    /// that it is genuine.
    BiometricKzWebhook,
    /// The result of a Jumio ID verification that is to serve as enrollment. Gives `{eligible, unmet}`.
    JumioEnrollment,
    /// The colours of Jumio's page, `{locale, configured, account_default}`. Gives `{source, locale}`.
    JumioColours,
    /// Where Jumio sent the user back to, `{url}`. Gives `{status, reference, error, meaning, advice}`, for display only.
    JumioReturn,
    /// A Jumio transaction as retrieved. Gives `{reference, enrollment_reference, result, date, images, liveness_images}`.
    JumioTransaction,
    /// One of Signicat's account-wide events. Gives its members; nothing in it says that it is genuine.
    SignicatEvent,
    /// An error body of Signicat. Gives `{shape, code, authorization, trace_id, fields}`.
    SignicatProblem,
    /// A Signicat process. Gives `{process_id, provider, status, final, sealed, reasons}`, and nothing about the person.
    SignicatProcess,
    /// An answer of Signicat's token endpoint. Gives `{expires_in_s}`, and nothing of the token.
    SignicatToken,
}

/// Reads one document or value with the very reader that sessions use, and gives what it says as JSON text.
///
/// For support, settings pages, checks before a session and tests of your own. It decides nothing: only a session's outcome
/// does.
///
/// Refuses with `document_malformed` a value without its members, and a document with what its reader says.
#[uniffi::export]
pub fn examine(subject: Subject, document: Vec<u8>) -> Result<String, Reject> {
    Ok(idvkit::examine(subject.into(), &document)?)
}

impl From<Subject> for idvkit::Subject {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Time => Self::Time,
            Subject::Locale => Self::Locale,
            Subject::Ecmascript => Self::Ecmascript,
            Subject::BiometricKzIin => Self::BiometricKzIin,
            Subject::BiometricKzPhone => Self::BiometricKzPhone,
            Subject::BiometricKzWebhook => Self::BiometricKzWebhook,
            Subject::JumioEnrollment => Self::JumioEnrollment,
            Subject::JumioColours => Self::JumioColours,
            Subject::JumioReturn => Self::JumioReturn,
            Subject::JumioTransaction => Self::JumioTransaction,
            Subject::SignicatEvent => Self::SignicatEvent,
            Subject::SignicatProblem => Self::SignicatProblem,
            Subject::SignicatProcess => Self::SignicatProcess,
            Subject::SignicatToken => Self::SignicatToken,
        }
    }
}
