//! One flow of a provider on stage, and what it does in each scenario. The names are the same for all.

use std::{future::Future, pin::Pin};

use anyhow::Result;
use idvkit::{Outcome, ProviderId};
use idvkit_sandbox::{Config as SandboxConfig, Control};
use serde_json::Value;

use super::{
    browser::User,
    stage::{Places, Stage},
};
use crate::providers::{PROVIDERS, Provider};

/// One flow's side of all scenarios.
pub struct Cast {
    /// The provider of the flow.
    pub provider: ProviderId,
    /// Which of the provider's flows, if it has several.
    pub flow: Option<&'static str>,
    /// The account's configuration.
    pub config: fn(&Places<'_>) -> Value,
    /// The usual request.
    pub request: fn(&Places<'_>) -> Value,
    /// What the provider's dashboard has to be set to.
    pub prepare: fn(&mut SandboxConfig, &Places<'_>),
    /// What it does in the scenarios that all have, and in its provider's own.
    pub play: fn(&str) -> Play,
    /// A user who goes from the merchant's page to the provider's first one, in the usual way.
    pub enter: fn(User) -> Entering,
    /// A user who takes the usual way and does everything right, from the merchant's page to the end of the provider's.
    pub walk: fn(User) -> Walking,
    /// What the provider says to that user.
    pub passes: &'static str,
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
        self.flow.map_or_else(|| self.provider.to_string(), |flow| format!("{} {flow}", self.provider))
    }

    /// What it does in a scenario.
    pub fn play(&self, scenario: &str) -> Play {
        match owner_of(scenario) {
            Some(owner) if owner.id != self.provider => Play::NotApplicable("another provider's own"),
            _ => (self.play)(scenario),
        }
    }
}

/// A scenario on its way.
pub type Acting = Pin<Box<dyn Future<Output = Result<Outcome>> + Send>>;

/// A user on the way to the provider.
pub type Entering = Pin<Box<dyn Future<Output = Result<User>> + Send>>;

/// A user on the whole way.
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

/// The scenarios that every provider is asked for: name, and what it shows.
pub const COMMON: &[Scenario] = &[
    ("approved", "the provider says yes"),
    ("completed", "an authentic result without a verdict"),
    ("declined", "the provider says no"),
    ("inconclusive", "the provider cannot say"),
    ("expired", "the user never comes"),
    ("abandoned", "the user gives up"),
    ("three-failed-attempts", "the user fails three times in a row"),
    ("camera-denied", "the browser gives no camera"),
    ("error-then-retry", "an error ends the session, Retry mends it"),
    ("forged-redirect", "a return URL that the user typed"),
    ("forged-message", "messages from elsewhere, hints of another journey"),
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
    ("web-view", "an app's web view is closed at the end page"),
    ("slow-result", "the result is still empty when it is announced"),
];

/// A scenario's name, and what it shows.
pub type Scenario = (&'static str, &'static str);

/// All scenarios: those that every provider is asked for, and then each provider's own.
pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    COMMON.iter().chain(PROVIDERS.iter().flat_map(|provider| provider.scenarios))
}

/// All flows, in the order in which they are played.
pub fn casts() -> impl Iterator<Item = &'static Cast> {
    PROVIDERS.iter().flat_map(|provider| provider.casts).copied()
}

/// The cast with this name.
pub fn cast(name: &str) -> Option<&'static Cast> {
    casts().find(|cast| cast.name() == name)
}

/// The one provider that has this scenario; none if all are asked for it.
fn owner_of(scenario: &str) -> Option<&'static Provider> {
    let owns = |provider: &&&Provider| provider.scenarios.iter().any(|(name, _)| *name == scenario);
    PROVIDERS.iter().find(owns).copied()
}
