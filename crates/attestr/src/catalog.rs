//! Tables of the provider: error codes by operation, languages, browsers.

use alloc::{string::String, vec, vec::Vec};

use idvkit_core::{Browser, Catalog, ErrorCode, LocaleEntry, LocaleList, Support, VersionWindow};

use crate::values::ID;

/// What Attestr documents in tables. A code means something only together with its operation.
pub(crate) fn catalog(operations: &[&str]) -> Catalog {
    Catalog {
        provider: ID.into(),
        errors: operations.iter().zip(ERRORS).flat_map(|(op, rows)| rows.iter().map(|row| row.of(op))).collect(),
        locales: vec![languages()],
        browsers: browsers(),
        sizes: Vec::new(),
        callback_sources: Vec::new(),
    }
}

/// Only these two are named anywhere; the full list is not public (A-Q10).
fn languages() -> LocaleList {
    let entry = |tag: &str, name: &str| LocaleEntry { tag: tag.into(), name: name.into() };
    LocaleList {
        name: "launch".into(),
        default: None,
        open: true,
        locales: vec![entry("en", "English"), entry("hi", "Hindi")],
    }
}

/// A-F7.7: validated on most versions, supported are those with long-term support.
fn browsers() -> Vec<Browser> {
    let browser = |name: &str, systems: &[&str], note: Option<&str>| Browser {
        name: name.into(),
        systems: systems.iter().map(|system| String::from(*system)).collect(),
        versions: VersionWindow::LongTermSupport,
        support: Support::Full,
        note: note.map(String::from),
    };
    let web_view = "The page that loads the script may be shown in an app's WebView; grant it the camera. There is no \
                    hosted page to open instead.";
    vec![
        browser("Chrome", &["desktop", "Android", "iOS"], None),
        browser("Firefox", &["desktop", "Android", "iOS"], None),
        browser("Safari", &["macOS", "iOS"], None),
        browser("Android WebView", &["Android"], Some(web_view)),
        browser("Edge", &["desktop"], None),
        browser("Samsung Internet", &["Android"], None),
    ]
}

/// What a code of the run on the user's device means, and what to do about it.
pub(crate) fn launch_error(code: i64) -> Option<(&'static str, &'static str)> {
    LAUNCH.iter().find(|row| row.0.parse() == Ok(code)).map(|row| (row.2, row.3))
}

/// Code, status, meaning, advice and source of one error.
struct Row(&'static str, Option<u16>, &'static str, &'static str, &'static str);

impl Row {
    fn of(&self, operation: &str) -> ErrorCode {
        let Self(code, status, meaning, advice, source) = *self;
        ErrorCode {
            operation: operation.into(),
            code: code.into(),
            status,
            meaning: meaning.into(),
            advice: advice.into(),
            source: source.into(),
        }
    }
}

/// The errors of each operation, in the order in which operations are declared.
const ERRORS: [&[Row]; 4] = [&CREATION, &RESULT, &LAUNCH, &UPLOAD];

const FIX_REQUEST: &str = "Fix the request; sending it again as it is will not help.";
const FIX_ACCOUNT: &str = "Solve it with Attestr, then try again.";
const CONSENT: &str = "Get a valid consent for this purpose, then open a new session with it.";
const LATER: &str = "Wait, then try again.";
const USER: &str = "Tell the user what to allow, then offer a retry.";
const AGAIN: &str = "Offer a retry on the same handshake.";

/// Of the creation of a handshake.
const CREATION: [Row; 16] = [
    Row("4001", Some(400), "Malformed data, or a required parameter is missing", FIX_REQUEST, "A-F4"),
    Row("4002", Some(400), "The flow does not exist", "Copy the id from the flow's page.", "A-F4"),
    Row("4003", Some(400), "The consent is no longer valid", CONSENT, "A-F4"),
    Row("4005", Some(400), "The credit balance is low", "Add credit, then try again.", "A-F4"),
    Row("40015", Some(400), "Data categories that the service needs are missing", CONSENT, "A-F4"),
    Row("40034", Some(400), "The flow is inactive", "Activate the flow, then try again.", "A-F4"),
    Row("40051", Some(400), "The endpoint does not support this version", "Set another API version.", "A-F4"),
    Row("4016", Some(401), "The authorization is invalid", "Check the auth token of the app.", "A-F4"),
    Row("4031", Some(403), "Unauthorized access", FIX_ACCOUNT, "A-F4"),
    Row("4035", Some(403), "The service is not provisioned for the account", FIX_ACCOUNT, "A-F4"),
    Row("4039", Some(403), "The address is not on the app's allow-list", "Add your server's address.", "A-F4"),
    Row("40398", Some(403), "The consent is invalid or missing", CONSENT, "A-F4"),
    Row("40399", Some(403), "The consent is insufficient or does not allow this", CONSENT, "A-F4"),
    Row("4291", Some(429), "The account's rate limit is exceeded", LATER, "A-F4"),
    Row("4292", Some(429), "The API's rate limit is exceeded", LATER, "A-F4"),
    Row("4293", Some(429), "The account's daily limit is exceeded", LATER, "A-F4"),
];

/// Of the result. No table of it is published: these rows are inferred from the general one.
const RESULT: [Row; 7] = [
    Row("4001", Some(400), "Malformed data, or a required parameter is missing", FIX_REQUEST, "A-F5, inferred"),
    Row("4016", Some(401), "The authorization is invalid", "Check the auth token of the app.", "A-F5, inferred"),
    Row("4031", Some(403), "Unauthorized access", FIX_ACCOUNT, "A-F5, inferred"),
    Row(
        "4039",
        Some(403),
        "The address is not on the app's allow-list",
        "Add your server's address.",
        "A-F5, inferred",
    ),
    Row("4291", Some(429), "The account's rate limit is exceeded", LATER, "A-F5, inferred"),
    Row("4292", Some(429), "The API's rate limit is exceeded", LATER, "A-F5, inferred"),
    Row("4293", Some(429), "The account's daily limit is exceeded", LATER, "A-F5, inferred"),
];

/// Of the run on the user's device.
const LAUNCH: [Row; 12] = [
    Row("5001", Some(500), "An internal error; the cause behind it says more", AGAIN, "A-F7, A-F10"),
    Row("4035", Some(403), "The service is not provisioned for the account (as a cause)", FIX_ACCOUNT, "A-F7"),
    Row("4005", Some(400), "The credit balance is low (as a cause)", "Add credit, then offer a retry.", "A-F7, A-F4"),
    Row("40050", Some(400), "A launch parameter is missing or invalid", "Use the journey as it is.", "A-F10"),
    Row("40012", Some(400), "The one-time password expired; a new one is needed", AGAIN, "A-F10, inferred"),
    Row("4041", None, "The e-Aadhaar data could not be fetched", AGAIN, "A-F10"),
    Row("4081", Some(408), "The user was inactive for too long", AGAIN, "A-F10"),
    Row("4121", Some(412), "The camera is unavailable or was denied", USER, "A-F10"),
    Row("4122", Some(412), "The storage is unavailable or was denied", USER, "A-F10"),
    Row("4123", Some(412), "The location is unavailable or was denied", USER, "A-F10"),
    Row(
        "12029",
        Some(500),
        "There is no connection; the phone SDKs swap this code with its status",
        AGAIN,
        "A-F10, A-7",
    ),
    Row("1001", None, "The user left the flow", AGAIN, "A-F10"),
];

/// Of media upload there.
const UPLOAD: [Row; 2] = [
    Row("4005", Some(400), "The image is too large", "Ask the user to take another one.", "A-F4, A-F10"),
    Row("4008", Some(400), "The XML file is too large", "Ask the user to choose another one.", "A-F10"),
];
