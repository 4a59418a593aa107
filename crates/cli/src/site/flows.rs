//! What a person can choose, and what a page asks for.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    ledger::Choice,
    offer::{Flow, Scene},
    scenes,
};
use crate::providers::PROVIDERS;

/// The languages of the page and the element.
pub(super) const LANGUAGES: &[(&str, &str)] =
    &[("en", "English"), ("ru", "Русский"), ("kk", "Қазақша"), ("de", "Deutsch"), ("hi", "हिन्दी")];

/// All flows.
pub(super) fn flows() -> impl Iterator<Item = &'static Flow> {
    PROVIDERS.iter().flat_map(|provider| provider.offer.flows)
}

/// The flow that was chosen.
pub(super) fn flow_of(choice: &Choice) -> Option<&'static Flow> {
    flows().find(|flow| flow.cast.provider.as_str() == choice.provider && flow.name == choice.flow)
}

/// What a page asks for; what is left out is the usual.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    provider: String,
    flow: Option<String>,
    locale: Option<String>,
    scenario: Option<String>,
}

/// A wish that names something that there is not.
#[derive(Debug)]
pub(super) struct NoSuch {
    /// Such as `unknown_provider`.
    pub(super) code: &'static str,
    /// Which member of the wish.
    pub(super) field: &'static str,
    /// What there is.
    pub(super) message: String,
}

impl Wish {
    /// The flow, the scene and the whole choice.
    ///
    /// # Errors
    /// `unknown_provider`, `unknown_flow`, `unknown_locale` or `unknown_scenario`, with the names that there are.
    pub(super) fn resolve(self) -> Result<(&'static Flow, &'static Scene, Choice), NoSuch> {
        let of_provider: Vec<&Flow> = flows().filter(|flow| flow.cast.provider.as_str() == self.provider).collect();
        if of_provider.is_empty() {
            let known: Vec<&str> = flows().map(|flow| flow.cast.provider.as_str()).collect();
            return Err(unknown("provider", &self.provider, &known));
        }
        let names = || of_provider.iter().map(|flow| flow.name).collect::<Vec<_>>();
        let flow = match &self.flow {
            None => of_provider[0],
            Some(wanted) => {
                let found = of_provider.iter().find(|flow| flow.name == wanted);
                *found.ok_or_else(|| unknown("flow", wanted, &names()))?
            }
        };
        let usual = flow.locales.first().copied().unwrap_or("en");
        let locale = self.locale.unwrap_or_else(|| usual.into());
        let takes = if flow.locales.is_empty() { &["en"][..] } else { flow.locales };
        if !takes.contains(&locale.as_str()) {
            return Err(unknown("locale", &locale, takes));
        }
        let scenes: Vec<&Scene> = scenes::of(flow).collect();
        let wanted = self.scenario.unwrap_or_else(|| scenes[0].name.into());
        let names = || scenes.iter().map(|scene| scene.name).collect::<Vec<_>>();
        let scene = scenes.iter().find(|scene| scene.name == wanted);
        let scene = *scene.ok_or_else(|| unknown("scenario", &wanted, &names()))?;
        let choice = Choice { provider: self.provider, flow: flow.name.into(), locale, scenario: scene.name.into() };
        Ok((flow, scene, choice))
    }
}

fn unknown(field: &'static str, given: &str, known: &[&str]) -> NoSuch {
    let code = match field {
        "provider" => "unknown_provider",
        "flow" => "unknown_flow",
        "locale" => "unknown_locale",
        _ => "unknown_scenario",
    };
    let mut known = known.to_vec();
    known.dedup();
    let given: String = given.chars().filter(|c| !c.is_control()).take(40).collect();
    let message = format!("there is no {field} {given:?}; choose one of: {}", known.join(", "));
    NoSuch { code, field, message }
}

/// What `GET /api/catalog` gives: everything that can be chosen.
pub(super) fn catalog() -> Value {
    let languages: Vec<Value> = LANGUAGES.iter().map(|(tag, name)| json!({ "tag": tag, "name": name })).collect();
    json!({ "languages": languages, "flows": flows().map(FlowEntry::of).collect::<Vec<_>>() })
}

#[derive(Serialize)]
struct FlowEntry {
    provider: &'static str,
    flow: &'static str,
    title: &'static str,
    about: &'static str,
    locales: &'static [&'static str],
    scenarios: Vec<Value>,
}

impl FlowEntry {
    fn of(flow: &'static Flow) -> Self {
        let (provider, name) = (flow.cast.provider.as_str(), flow.name);
        let scenarios = scenes::of(flow).map(|scene| scene.entry(flow)).collect();
        let Flow { title, about, locales, .. } = flow;
        Self { provider, flow: name, title, about, locales, scenarios }
    }
}
