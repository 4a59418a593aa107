//! What the site offers of a provider: its flows with the request that each stands for, and what may happen in them.

use idvkit_sandbox::{PageScript, Script, Storage};
use serde::Serialize;
use serde_json::{Value, json};

use crate::demo::{
    cast::{Cast, scenarios},
    stage::Places,
};

/// All that the site knows of a provider.
pub struct Offer {
    /// Its flows, the usual one first.
    pub flows: &'static [Flow],
    /// What may happen in them besides what may happen in all, the usual first.
    pub scenes: &'static [Scene],
    /// What the sandbox is told before every session.
    pub before: fn(&Told<'_>) -> Vec<Call>,
    /// The query of a return that claims success, with the session's ids.
    pub forged_query: fn(&[String]) -> String,
}

/// One flow of one provider.
pub struct Flow {
    /// Its stable name.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What the user will see.
    pub about: &'static str,
    /// What the user does who does everything right; [`PAGES`] where the provider has pages.
    pub does: &'static str,
    /// Account, usual request, and how the provider is set up.
    pub cast: &'static Cast,
    /// Languages that the provider takes, the usual one first; none if the flow has no language.
    pub locales: &'static [&'static str],
    /// The members of the usual request that are other ones.
    pub request: fn(&Opening<'_>) -> Value,
    /// Plays the provider's SDK in an app, where it takes the pictures, with the session's ids.
    pub sdk: Option<PlaySdk>,
}

/// The call that lets an SDK take its pictures, by the session's ids; none while there are too few of them.
pub type PlaySdk = fn(&[String]) -> Option<Call>;

/// What most users do.
pub const PAGES: &str = "Go through the pages and do everything right";

impl Flow {
    /// The whole request as JSON.
    pub fn request(&self, opening: &Opening<'_>) -> Value {
        let mut request = (self.cast.request)(&opening.places);
        if let (Value::Object(request), Value::Object(own)) = (&mut request, (self.request)(opening)) {
            request.extend(own);
        }
        request
    }
}

/// What a request is made of, besides what all of a flow have in common.
pub struct Opening<'a> {
    /// The language, one of the flow's.
    pub locale: &'a str,
    /// Where things are; the user comes back to a page of this session's own.
    pub places: Places<'a>,
    /// A UUID for whoever the session is about: another one each time, or one that several sessions share.
    pub person: &'a str,
}

/// What a scene may need to know.
pub struct Told<'a> {
    /// The flow.
    pub flow: &'a Flow,
    /// Whom the session is about, as [`Opening::person`].
    pub person: &'a str,
}

/// One call of the sandbox's control API: its name and body.
pub type Call = (&'static str, Value);

/// Something that may happen: what the sandbox will do, what the person has to do, and what it comes to.
#[derive(Clone, Copy)]
pub struct Scene {
    /// Its name, the same as in the played demo. A name may stand several times, for flows that differ in it.
    pub name: &'static str,
    user: &'static str,
    outcome: &'static str,
    /// The flows that have it; all if empty.
    flows: &'static [&'static str],
    /// Whether all its sessions are about the same person.
    pub same_person: bool,
    tell: fn(&Told<'_>) -> Vec<Call>,
}

/// What most people do in a scene.
pub const YES: &str = "{does}.";
/// The same, where it takes its time.
pub const LATER: &str = "{does}, then advance the clock by some minutes.";
/// The usual outcome.
pub const PASS: &str = "{passes}";

impl Scene {
    /// A scene of which the sandbox need not be told.
    pub const fn new(name: &'static str, user: &'static str, outcome: &'static str) -> Self {
        Self { name, user, outcome, flows: &[], same_person: false, tell: |_| Vec::new() }
    }

    /// What the sandbox is told before the session begins.
    #[must_use]
    pub const fn told(self, tell: fn(&Told<'_>) -> Vec<Call>) -> Self {
        Self { tell, ..self }
    }

    /// Only these flows have it.
    #[must_use]
    pub const fn only(self, flows: &'static [&'static str]) -> Self {
        Self { flows, ..self }
    }

    /// All its sessions are about the same person.
    #[must_use]
    pub const fn of_one_person(self) -> Self {
        Self { same_person: true, ..self }
    }

    /// Whether a flow has it.
    pub fn fits(&self, flow: &Flow) -> bool {
        self.flows.is_empty() || self.flows.contains(&flow.name)
    }

    /// What the sandbox has to be told before the session begins.
    pub fn calls(&self, told: &Told<'_>) -> Vec<Call> {
        (self.tell)(told)
    }

    /// What the page shows of it.
    pub fn entry(&self, flow: &Flow) -> Value {
        let about = scenarios().chain(IN_BROWSERS).find(|(name, _)| *name == self.name).map_or("", |(_, about)| *about);
        let user = self.user.replace("{does}", flow.does);
        let outcome = self.outcome.replace("{passes}", flow.cast.passes);
        json!({ "scenario": self.name, "about": about, "user": user, "outcome": outcome })
    }
}

/// Scenes that only a real browser can show: name, and what it shows.
const IN_BROWSERS: &[(&str, &str)] = &[
    ("slow-network", "the provider’s pages take their time"),
    ("storage-blocked", "the browser gives framed pages no storage, as private windows do"),
];

/// A scene of every flow with pages of the provider's.
pub const SLOW_NETWORK: Scene =
    Scene::new("slow-network", "Go through the pages: each answer takes 3 seconds, and some steps need several.", PASS)
        .told(|told| page(told, &PageScript { delay_ms: 3_000, ..PageScript::default() }));

/// How the browser behaves that gives no storage to frames.
pub fn without_storage(told: &Told<'_>) -> Vec<Call> {
    page(told, &PageScript { storage: Storage::Blocked, ..PageScript::default() })
}

/// How something shall turn out in the next session.
pub fn script(script: &Script) -> Vec<Call> {
    vec![("script", body(script))]
}

/// A call of the control API.
pub(super) fn body<T: Serialize>(call: &T) -> Value {
    serde_json::to_value(call).expect("the control API's types have string keys only")
}

fn page(told: &Told<'_>, page: &PageScript) -> Vec<Call> {
    vec![("script", json!({ "provider": told.flow.cast.provider, "page": page }))]
}
