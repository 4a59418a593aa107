//! The provider's tables: failure reasons, errors of the services behind it, languages (B-F5, B-F8).

use alloc::{string::String, vec, vec::Vec};

use idvkit_core::{Catalog, ErrorCode, Json, LocaleEntry, LocaleList, LocaleName, LocaleSet};

use crate::values::ID;

/// The code of the reason that the document belongs to another person than the fixed IIN (B-Q15).
pub const IIN_MISMATCH: &str = "iin_mismatch";
/// The code of the reason that an IIN was fixed, but the result does not name the document's owner (B-Q15).
pub const IIN_UNCONFIRMED: &str = "iin_unconfirmed";
/// The code of the reason that a part of the result did not come to an end, or has a status that this version does not
/// know (B-Q20).
pub const PART_UNCLEAR: &str = "part_unclear";
/// The code of the warning beside a pass that the result has an undocumented part, which says neither yes nor no
/// (B-Q20).
pub const PART_UNKNOWN: &str = "part_unknown";
/// The code of the warning beside a pass that a reference photo was sent, but the result does not say that it was
/// compared (B-Q21).
pub const PHOTO_UNCONFIRMED: &str = "photo_unconfirmed";
/// The detail of a failure that the user caused by giving up (B-F8).
pub(crate) const USER_ABORTED: &str = "Operation aborted by user";
/// The largest error body in which a text is looked for, in bytes.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// The languages of the widget and the hosted pages (B-F6). The provider calls Kazakh `kz`; its standard tag is `kk`
/// (B-9).
pub static LOCALES: LocaleSet = LocaleSet {
    provider_field: "locale",
    entries: &[
        LocaleName { tag: "ru", name: "Russian" },
        LocaleName { tag: "en", name: "English" },
        LocaleName { tag: "kz", name: "Kazakh" },
    ],
    aliases: &[
        ("kk", "kz"),
        ("kk-KZ", "kz"),
        ("kz-KZ", "kz"),
        ("ru-RU", "ru"),
        ("ru-KZ", "ru"),
        ("en-US", "en"),
        ("en-GB", "en"),
    ],
    nearest: &[],
};

/// All of the provider's tables. Its documents list the failure reasons of liveness only, and no errors of the flow
/// API; those of the e-document service are observed, and flows use the same service, whatever the operation (inferred,
/// B-F8).
pub(crate) fn catalog(operations: &[&str]) -> Catalog {
    let failures = FAILURES.iter().map(ErrorCode::from);
    let ours = OUR_REASONS.iter().map(ErrorCode::from);
    let http = operations.iter().flat_map(|op| HTTP_ERRORS.iter().map(|one| one.entry(op)));
    Catalog {
        provider: ID.into(),
        errors: failures.chain(ours).chain(http).collect(),
        locales: vec![LocaleList {
            name: "pages".into(),
            default: Some("ru".into()),
            open: false,
            locales: LOCALES.entries.iter().map(LocaleEntry::from).collect(),
        }],
        browsers: Vec::new(),
        sizes: Vec::new(),
        callback_sources: Vec::new(),
    }
}

/// Our stable code for an HTTP error whose text is known: the provider has sentences only (B-F8). It names the fault and
/// controls nothing (B-Q2).
pub(crate) fn http_error(status: u16, body: &[u8]) -> Option<String> {
    let body = (body.len() <= MAX_ERROR_BODY).then_some(body)?;
    let json = Json::read(body).ok()?;
    let text = ["detail", "message"].into_iter().find_map(|name| json.root().loose_text(name))?;
    let known = HTTP_ERRORS.iter().find(|one| one.status == status && text.contains(one.text));
    known.map(|one| one.code.into())
}

/// One reason for which a technology or a flow failed.
struct Failure {
    code: &'static str,
    meaning: &'static str,
    advice: &'static str,
    source: &'static str,
}

impl From<&Failure> for ErrorCode {
    fn from(failure: &Failure) -> Self {
        Self {
            operation: "result".into(),
            code: failure.code.into(),
            status: None,
            meaning: failure.meaning.into(),
            advice: failure.advice.into(),
            source: failure.source.into(),
        }
    }
}

const fn failure(code: &'static str, meaning: &'static str, advice: &'static str) -> Failure {
    Failure { code, meaning, advice, source: "B-F8" }
}

/// `type`, or `type: detail`, as the liveness table has them; it is cut off there. The advice is ours.
static FAILURES: [Failure; 22] = [
    failure("SERVICE_ERROR", "a service of the provider failed", "begin a new session; wait if the failure continues"),
    failure(
        "SERVICE_ERROR: Could not send image to liveness service",
        "the image did not reach the liveness service",
        "begin a new session; wait if the failure continues",
    ),
    failure("REQUEST_ERROR", "a request of the page failed", "check the connection and begin a new session"),
    failure("CALC_RESULT: Closed eyes", "the eyes were closed", "ask the user to keep both eyes open"),
    failure(
        "CALC_RESULT: Low prediction",
        "the score of one photo is too low",
        "ask for better light and a still face",
    ),
    failure(
        "CALC_RESULT: Low overall prediction",
        "the score of all photos is too low",
        "ask for better light and a still face",
    ),
    failure(
        "CALC_RESULT: Mask Attack",
        "a mask was shown instead of a face",
        "treat it as an attack, or review it by hand",
    ),
    failure(
        "CLIENT: Could not find face distance",
        "the distance of the face could not be measured",
        "ask the user to follow the frame on the screen",
    ),
    failure(
        "CLIENT: Liveness result for this session already exists",
        "the user completed the step twice",
        "a session can be used once: begin a new session",
    ),
    failure("CLIENT: Operation aborted by user", "the user gave up", "offer to begin again"),
    failure(
        "CLIENT: No active or future subscription for technology",
        "the account has no subscription for this technology",
        "ask the provider; until then no user can pass",
    ),
    failure(
        "CLIENT: Subscription does not have access to technology",
        "the subscription does not include this technology",
        "ask the provider; until then no user can pass",
    ),
    failure(
        "CLIENT: Could not send image to liveness service",
        "the image did not reach the liveness service",
        "check the connection and begin a new session",
    ),
    failure("CLIENT: Medical mask check failed", "the face is covered", "ask the user to take the mask off"),
    failure("CLIENT: Illumination check failed", "it is too dark or too bright", "ask for better light"),
    failure("CLIENT", "the page could not go on", "begin a new session"),
    failure("CALC_RESULT", "the photos are not good enough", "ask for better light and a still face"),
    failure(
        "OTHER: Incorrect image hash",
        "the image was changed on its way",
        "begin a new session without an injected camera",
    ),
    failure("OTHER: Operation aborted by user", "the user gave up", "offer to begin again"),
    failure("OTHER", "none of the other types", "begin a new session; ask the provider if the failure continues"),
    failure("NO_CAM", "no camera was found or allowed", "ask the user to allow the camera, or to use another device"),
    failure("TIMEOUT", "the step took too long", "begin a new session"),
];

/// Reasons that this library adds.
static OUR_REASONS: [Failure; 5] = [
    Failure {
        code: IIN_MISMATCH,
        meaning: "the document belongs to another person than the fixed IIN",
        advice: "never let this user in under that IIN",
        source: "B-Q15",
    },
    Failure {
        code: IIN_UNCONFIRMED,
        meaning: "an IIN was fixed, but the result does not name the document's owner",
        advice: "use a flow with E-Document, or review it by hand",
        source: "B-Q15",
    },
    Failure {
        code: PART_UNCLEAR,
        meaning: "a part of the result did not come to an end, or has an unknown status",
        advice: "begin a new session, or review it by hand",
        source: "B-Q20",
    },
    Failure {
        code: PART_UNKNOWN,
        meaning: "beside a pass: an undocumented part of the result says neither yes nor no",
        advice: "look at that part in the raw result",
        source: "B-Q20",
    },
    Failure {
        code: PHOTO_UNCONFIRMED,
        meaning: "beside a pass: the result does not say that the reference photo was compared",
        advice: "use a flow of face matching with one of liveness, E-Document and document recognition",
        source: "B-Q21",
    },
];

/// One error text of the e-document service, as observed.
struct HttpError {
    status: u16,
    text: &'static str,
    code: &'static str,
    meaning: &'static str,
    advice: &'static str,
}

impl HttpError {
    fn entry(&self, operation: &str) -> ErrorCode {
        ErrorCode {
            operation: operation.into(),
            code: self.code.into(),
            status: Some(self.status),
            meaning: self.meaning.into(),
            advice: self.advice.into(),
            source: "B-F8".into(),
        }
    }
}

const fn http(
    status: u16,
    text: &'static str,
    code: &'static str,
    meaning: &'static str,
    advice: &'static str,
) -> HttpError {
    HttpError { status, text, code, meaning, advice }
}

const ASK_PROVIDER: &str = "ask the provider; until then no user can pass";
const LATER: &str = "try again later";

static HTTP_ERRORS: [HttpError; 14] = [
    http(400, "Invalid IIN", "invalid_iin", "the IIN is not valid", "ask the user for the IIN again"),
    http(
        400,
        "You have already requested a document for this session",
        "document_already_requested",
        "a session asks for a document once",
        "begin a new session",
    ),
    http(
        400,
        "You have not sent a request for access to an e-document",
        "document_not_requested",
        "a code was sent before the document was asked for",
        "begin a new session",
    ),
    http(
        400,
        "EDocument for this session has already been received",
        "document_already_received",
        "the document was already received",
        "fetch the result",
    ),
    http(
        400,
        "Client does not have access to E-Document technology",
        "technology_not_provisioned",
        "the account may not use E-Document",
        ASK_PROVIDER,
    ),
    http(
        400,
        "Subscription has not started",
        "subscription_not_started",
        "the subscription begins later",
        ASK_PROVIDER,
    ),
    http(
        400,
        "No active or future subscription for technology",
        "no_subscription_for_technology",
        "there is no subscription for this technology",
        ASK_PROVIDER,
    ),
    http(400, "Client does not have subscription", "no_subscription", "the account has no subscription", ASK_PROVIDER),
    http(
        404,
        "Subject not found in MCDB",
        "subject_not_in_mcdb",
        "IIN and phone do not belong together in the Mobile Citizens Database",
        "ask the user to register the number there (1414), or to enter another one",
    ),
    http(
        404,
        "Profile is not found",
        "profile_not_found",
        "the citizen has no profile",
        "ask the user to check the IIN",
    ),
    http(
        424,
        "Government service error",
        "government_service_error",
        "the state's service answered unexpectedly",
        LATER,
    ),
    http(503, "connect to e-document service", "document_service_unreachable", "the state's service is down", LATER),
    http(
        503,
        "EDocument service is not available now",
        "document_service_unavailable",
        "the state's service is down",
        LATER,
    ),
    http(
        504,
        "Could not send request to e-document service",
        "document_service_timeout",
        "the state's service is slow",
        LATER,
    ),
];
