//! What values can do that are data only on the other side.

use idvkit::{Journey, Outcome, Seen};

use crate::Reject;

/// Turns what was seen into the text of a hint, or nothing if it has nothing to do with this journey.
///
/// It needs no credentials and decides nothing. Handle the text as `Input.Hint`.
#[uniffi::export]
pub fn read(journey: Journey, seen: Seen) -> Option<String> {
    idvkit::read(&journey, &seen)
}

/// The journey as JSON, for a page or an app.
#[uniffi::export]
pub fn journey_to_json(journey: Journey) -> String {
    journey.to_json()
}

/// Reads a journey. A way that this version does not know is dropped, the rest is kept.
///
/// Refuses with `journey_malformed` what is not a journey.
#[uniffi::export]
pub fn journey_from_json(text: &str) -> Result<Journey, Reject> {
    Ok(Journey::from_json(text)?)
}

/// The outcome as JSON: it may leave the server.
#[uniffi::export]
pub fn outcome_to_json(outcome: Outcome) -> String {
    serde_json::to_string(&outcome).expect("an outcome holds only texts, numbers and flags")
}
