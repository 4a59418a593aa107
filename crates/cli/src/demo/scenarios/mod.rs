//! The scenarios: the same names for every provider. Each provider plays one, or says why it has none.

pub mod attestr;
pub mod biometric_kz;
mod common;
pub mod jumio;
pub mod signicat;

use std::{future::Future, pin::Pin};

use anyhow::Result;
use idvkit::Outcome;
use idvkit_sandbox::{Config as SandboxConfig, Control};
use serde_json::Value;

use super::{
    browser::User,
    stage::{Places, Stage},
};

/// One provider's side of all scenarios.
pub struct Cast {
    /// The provider's stable name.
    pub provider: &'static str,
    /// Which of its flows, if it has several.
    pub flow: Option<&'static str>,
    /// The account's configuration.
    pub config: fn(&Places<'_>) -> Value,
    /// The usual request.
    pub request: fn() -> Value,
    /// What the provider's dashboard has to be set to.
    pub prepare: fn(&mut SandboxConfig, &Places<'_>),
    /// What it does in each scenario.
    pub play: fn(&str) -> Play,
    /// A user who takes the usual way and does everything right, from the merchant's page to the end of the provider's.
    pub walk: fn(User) -> Walking,
    /// The sandbox's name for the request that begins a flow.
    pub begin: &'static str,
    /// The sandbox's name for the request that looks at the result.
    pub look: &'static str,
    /// How many flows were begun at the provider.
    pub begun: fn(&Control) -> usize,
    /// Callbacks that a usual run brings.
    pub callbacks: usize,
    /// Looks at the result that a usual run takes.
    pub looks: usize,
}

impl Cast {
    /// The provider's name, with the flow's where it has several: `signicat eid`.
    pub fn name(&self) -> String {
        self.flow.map_or_else(|| self.provider.to_owned(), |flow| format!("{} {flow}", self.provider))
    }
}

/// A scenario on its way.
pub type Acting = Pin<Box<dyn Future<Output = Result<Outcome>> + Send>>;

/// A user on the way.
pub type Walking = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// What a provider does in a scenario. Deliberately exhaustive.
pub enum Play {
    /// Plays it.
    Run {
        /// The outcome that it has to come to.
        expected: &'static str,
        /// How.
        act: fn(Stage) -> Acting,
    },
    /// There is nothing to play, and this is why.
    NotApplicable(&'static str),
}

/// All providers, in the order in which they are played.
pub static CASTS: &[Cast] = &[
    jumio::CAST,
    attestr::CAST,
    biometric_kz::CAST,
    signicat::document::CAST,
    signicat::capture::CAST,
    signicat::eid::CAST,
];

/// All scenarios: name, and what it shows.
pub const SCENARIOS: &[(&str, &str)] = &[
    ("approved", "the provider says yes"),
    ("completed", "an authentic result without a verdict"),
    ("declined", "the provider says no"),
    ("inconclusive", "the provider cannot say"),
    ("expired", "the user never comes"),
    ("abandoned", "the user gives up"),
    ("superseded", "a newer session for the same person ends the older one"),
    ("three-failed-attempts", "the user fails three times in a row"),
    ("camera-denied", "the browser gives no camera"),
    ("error-9100", "failure on the provider's server"),
    ("error-9200", "the link's token is not valid any more"),
    ("error-9210", "the session ran out on the way"),
    ("error-9300", "the upload of an image failed"),
    ("error-9400", "failure during the verification"),
    ("error-9800", "the user is offline"),
    ("error-9801", "unexpected failure in the page"),
    ("error-9810", "the page could not reach the server"),
    ("error-9821", "capturing failed three times"),
    ("error-9836", "three submissions, none acceptable"),
    ("error-then-retry", "an error ends the session, Retry mends it"),
    ("retry-skips-finished", "a retry goes on where the user left"),
    ("retry-all-done", "a retry of a finished flow"),
    ("forged-redirect", "a return URL that the user typed"),
    ("forged-message", "messages from elsewhere, hints of another journey"),
    ("forged-signature", "a client that claims success with a signature of its own"),
    ("forged-callback", "a callback from a stranger"),
    ("late-callback", "the callback comes long after the verdict"),
    ("lost-callback", "the callback never comes"),
    ("duplicate-callback", "the callback comes twice"),
    ("html-instead-of-json", "a maintenance page instead of an answer"),
    ("connection-lost", "the connection breaks while the result is fetched"),
    ("rate-limited", "the provider asks for a pause"),
    ("crash-after-send", "a worker dies between request and answer"),
    ("double-click", "two workers start the same session at once"),
    ("two-workers", "two workers drive the same session to its end"),
    ("erase", "the person is forgotten after the decision"),
    ("pretty-body", "the answer is spaced differently from what was signed"),
    ("tampered-result", "the result was changed after it was signed"),
    ("archived", "the result is gone before it was fetched"),
    ("settle-race", "a success proof overtakes a claimed skip"),
    ("web-view", "an app's web view is closed at the end page"),
    ("remote-link", "the link is opened elsewhere, and nothing tells of its end"),
    ("slow-result", "the result is still empty when it is announced"),
    ("skip-input", "IIN and phone are known and fixed: straight to the code"),
    ("input-locked", "the IIN is filled in and cannot be changed"),
    ("input-editable", "IIN and phone are filled in and can be changed"),
    ("skip-input-unmet", "a condition for skipping the data entry is not met"),
    ("reference-photo", "a photo from the server saves the user from taking one"),
    ("iin-changed", "the user enters another IIN"),
    ("not-in-database", "the person is not in the citizens' database"),
    ("service-down", "the government's service does not answer"),
    ("wrong-code", "the first code is mistyped"),
    ("late-code", "the first code comes too late"),
    ("mask-attack", "a mask in front of the camera"),
    ("closed-eyes", "closed eyes in front of the camera"),
    ("another-flows-key", "the key of another flow"),
    ("replaced-images", "the user hands in another image before the verification starts"),
    ("upload-after-start", "the user hands in another image after it has started"),
    ("native-sdk", "the provider's own SDK takes the images"),
    ("own-dossier", "the caller's own dossier stays when a session is erased"),
    ("two-providers", "two providers, both accept"),
    ("one-of-two-rejects", "two providers, and all have to accept"),
    ("one-of-two-is-enough", "two providers, and one is enough"),
    ("one-of-two-is-named", "two providers, of which the redirect names one"),
    ("sealed-result", "the result is encrypted"),
    ("process-failed", "a technical failure at the provider, and another attempt"),
    ("unknown-status", "a status that no document names"),
    ("token-refused", "the access token is refused on the way"),
    ("token-refused-twice", "the new access token is refused as well"),
    ("callback-first", "the callback comes before the answer or the user"),
    ("polling-limited", "the provider limits how often it is asked"),
];

/// The cast with this name.
pub fn cast(name: &str) -> Option<&'static Cast> {
    CASTS.iter().find(|cast| cast.name() == name)
}
