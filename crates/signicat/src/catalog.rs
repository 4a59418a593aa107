//! Signicat's tables.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use idvkit_core::{Catalog, ErrorCode, ImageSlot};

use crate::values::ID;

/// All of Signicat's tables that the common form has a place for. The others: [`PROVIDERS`], [`REDACT_FIELDS`],
/// [`DOCUMENT_TYPES`], [`ROUTES`](crate::ROUTES).
///
/// No document lists languages, browsers, frame sizes or the addresses of callbacks.
pub(crate) fn catalog() -> Catalog {
    Catalog {
        provider: ID.into(),
        errors: ERROR_CODES.iter().map(ErrorCode::from).collect(),
        locales: Vec::new(),
        browsers: Vec::new(),
        sizes: Vec::new(),
        callback_sources: Vec::new(),
    }
}

/// A verification provider behind Assure (S-F6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderEntry {
    /// The provider's name in the API.
    pub name: &'static str,
    /// The provider's process types; empty if it takes none.
    pub process_types: &'static [&'static str],
    /// The process types whose images can be uploaded through the API (S-13). An empty text stands for a process
    /// without a type.
    pub direct_upload: &'static [&'static str],
    /// The fact that documents the provider.
    pub source: &'static str,
}

/// The providers of S-F6. For eIDs there is also `connect:<method>`.
pub static PROVIDERS: [ProviderEntry; 8] = [
    entry(
        "onfido",
        &["document", "documentSelfie", "documentVideo"],
        &["document", "documentSelfie"],
        "S-IMAGES, S-PHP",
    ),
    entry("signicatpaper", &[], &[""], "S-PAPER, S-PHP"),
    entry("signicatpictureid", &["document", "documentSelfie"], &["document", "documentSelfie"], "S-PICTUREID"),
    entry("signicatvideoid", &["substantial", "substantialFullyAuto", "high", "hybrid"], &[], "S-VIDEOID, S-TOOL"),
    entry("eid", &["attended", "unattended", "substantial"], &[], "S-EID, S-PHP"),
    entry("readid", &["ready", "sdk"], &[], "S-READID, S-PHP"),
    entry("webid", &["accountid", "videoid"], &[], "S-API"),
    entry("facetec", &[], &[], "S-JAVA"),
];

/// The field names that `redact` takes (S-PHP). Redaction works on Dutch documents: number and photo (S-REDACT).
pub static REDACT_FIELDS: [&str; 18] = [
    "firstName",
    "lastName",
    "fullName",
    "gender",
    "address",
    "personalIdentificationNumber",
    "documentNumber",
    "date",
    "dateOfBirth",
    "dateOfIssue",
    "dateOfExpiry",
    "photo",
    "signature",
    "accessNumber",
    "drivingPermits",
    "issuingAuthority",
    "mrz",
    "barcode",
];

/// The values of `documentType` in a result (S-PHP).
pub static DOCUMENT_TYPES: [&str; 17] = [
    "driversLicense",
    "passport",
    "identityCard",
    "residencePermit",
    "workPermit",
    "voterId",
    "postalIdCard",
    "professionalQualificationCard",
    "socialSecurity",
    "panCard",
    "passportCard",
    "stateId",
    "visa",
    "asylumRegistrationCard",
    "nationalHealthInsuranceCard",
    "aadharCard",
    "invalid",
];

/// The images that Signicat takes (S-IMAGES). A fourth, `portrait`, is only ever copied from a process (S-FILES).
pub(crate) const SLOTS: [&str; 3] = ["front", "back", "selfie"];

pub(crate) fn provider(name: &str) -> Option<&'static ProviderEntry> {
    PROVIDERS.iter().find(|provider| provider.name == name)
}

/// The images to ask for. That the back is optional is inferred: passports have none.
pub(crate) fn slots_for(process_type: Option<&str>) -> Vec<ImageSlot> {
    let slot = |name: &str, required| ImageSlot { slot: name.to_string(), required };
    let mut slots = alloc::vec![slot("front", true), slot("back", false)];
    if process_type == Some("documentSelfie") {
        slots.push(slot("selfie", true));
    }
    slots
}

const fn entry(
    name: &'static str,
    process_types: &'static [&'static str],
    direct_upload: &'static [&'static str],
    source: &'static str,
) -> ProviderEntry {
    ProviderEntry { name, process_types, direct_upload, source }
}

struct KnownError {
    operation: &'static str,
    code: &'static str,
    status: Option<u16>,
    meaning: &'static str,
    advice: &'static str,
    source: &'static str,
}

impl From<&KnownError> for ErrorCode {
    fn from(known: &KnownError) -> Self {
        Self {
            operation: String::from(known.operation),
            code: String::from(known.code),
            status: known.status,
            meaning: String::from(known.meaning),
            advice: String::from(known.advice),
            source: String::from(known.source),
        }
    }
}

/// The codes that S-F9 knows. The advice is ours.
static ERROR_CODES: [KnownError; 5] = [
    KnownError {
        operation: "signicat.token",
        code: "invalid_client",
        status: Some(401),
        meaning: "the client id or secret is wrong",
        advice: "compare both with the dashboard, and check that the profile is that of the client",
        source: "S-ERRORS, OAuth 2.0",
    },
    KnownError {
        operation: "signicat.token",
        code: "invalid_scope",
        status: Some(400),
        meaning: "the client may not ask for this scope",
        advice: "check the profile: the two generations have different scopes",
        source: "OAuth 2.0",
    },
    KnownError {
        operation: "signicat.*",
        code: "invalid_token",
        status: Some(401),
        meaning: "the access token is not valid, or no longer",
        advice: "a session asks for a new one by itself; if the error continues, check the host's token cache",
        source: "S-ERRORS",
    },
    KnownError {
        operation: "signicat.*",
        code: "base:client-problem",
        status: Some(400),
        meaning: "the request is wrong, or its Authorization header is malformed",
        advice: "check the request's fields; Signicat's support finds the request by the trace id",
        source: "S-API, S-ERRORS, S-10",
    },
    KnownError {
        operation: "signicat.*",
        code: "invalid_request",
        status: Some(400),
        meaning: "a field of the request is missing or wrong; `invalidParams` names it",
        advice: "fix the named field",
        source: "S-ERRORS, S-DOTNET",
    },
];
