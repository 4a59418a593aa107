//! The native part of idvkit for an app: it reads a journey, and turns what a web view or an SDK showed into a hint for the
//! app's own server. There is no type in it that could hold a key, a request or a person.
#![forbid(unsafe_code)]

use std::fmt;

use idvkit_core::{Journey, Seen};

uniffi::setup_scaffolding!("idvkit_client");

/// Reads the journey that your server sent. A way that this version does not know is dropped, the rest is kept.
///
/// Refuses with `journey_malformed` what is not a journey.
#[uniffi::export]
pub fn journey_from_json(text: &str) -> Result<Journey, Reject> {
    Journey::from_json(text).map_err(|reject| Reject::Caller {
        code: reject.code().as_str().to_owned(),
        field: reject.field().map(str::to_owned),
        explanation: reject.message().to_owned(),
    })
}

/// Turns what was seen into the text of a hint, or nothing if it has nothing to do with this journey.
///
/// It needs no credentials and decides nothing. Post the text to your own server, which handles it as `Input.Hint`.
#[uniffi::export]
pub fn read(journey: Journey, seen: Seen) -> Option<String> {
    idvkit_core::read(&journey, &seen)
}

/// Why a call was refused.
#[derive(Debug, uniffi::Error)]
#[uniffi::export(Display)]
pub enum Reject {
    /// The calling program passed something wrong; fix the call.
    Caller {
        /// The stable `snake_case` code, the same text in every language.
        code: String,
        /// The field it is about.
        field: Option<String>,
        /// The rule and the fix, for a developer.
        explanation: String,
    },
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Caller { code, explanation, .. } = self;
        write!(f, "{explanation} [{code}]")
    }
}

impl std::error::Error for Reject {}
