//! What a person can choose: providers and their flows, with the request that each stands for.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    ledger::Choice,
    scenes::{self, Scene},
};
use crate::demo::scenarios::{Cast, attestr, biometric_kz, jumio, signicat};

/// One flow of one provider.
pub(super) struct Flow {
    /// Its stable name.
    pub(super) name: &'static str,
    /// Its name for people.
    pub(super) title: &'static str,
    /// What the user will see.
    pub(super) about: &'static str,
    /// Account, usual request, and how the provider is set up.
    pub(super) cast: &'static Cast,
    /// Languages that the provider takes, the usual one first; none if the flow has no language.
    pub(super) locales: &'static [&'static str],
    request: fn(&Opening<'_>) -> Value,
}

/// What a request is made of, besides what all of a flow have in common.
pub(super) struct Opening<'a> {
    /// The language, one of the flow's.
    pub(super) locale: &'a str,
    /// To where the user comes back.
    pub(super) return_url: &'a str,
    /// Jumio: the earlier verification that it refers to.
    pub(super) enrollment: &'a str,
}

/// The languages of the page and the element.
pub(super) const LANGUAGES: &[(&str, &str)] =
    &[("en", "English"), ("ru", "Русский"), ("kk", "Қазақша"), ("de", "Deutsch"), ("hi", "हिन्दी")];

/// All flows.
pub(super) static FLOWS: &[Flow] = &[
    Flow {
        name: "authentication",
        title: "Jumio · Authentication for Web",
        about: "a selfie in the provider's page: in a frame, by link, or on another device",
        cast: &jumio::CAST,
        locales: &["en", "de", "ru", "en-GB"],
        request: |it| {
            json!({
                "enrollment_transaction_reference": it.enrollment, "locale": it.locale,
                "success_url": it.return_url, "error_url": it.return_url,
            })
        },
    },
    Flow {
        name: "flowx",
        title: "Attestr · Flowx",
        about: "PAN, a code by SMS and a picture, in the provider's browser library",
        cast: &attestr::CAST,
        locales: &["en", "hi"],
        request: |it| json!({ "locale": it.locale }),
    },
    Flow {
        name: "flow",
        title: "biometric.kz · Flow",
        about: "liveness, a document by IIN and a code from 1414, comparison of faces; in the provider's widget",
        cast: &biometric_kz::CAST,
        locales: &["ru", "kz", "en"],
        request: |it| json!({ "locale": it.locale }),
    },
    Flow {
        name: "document",
        title: "Signicat · document verification",
        about: "two pictures by way of the merchant's own server",
        cast: &signicat::document::CAST,
        locales: &[],
        request: |_| json!({}),
    },
    Flow {
        name: "sdk",
        title: "Signicat · document verification by SDK",
        about: "the provider's SDK in an app takes the pictures; here a button plays it",
        cast: &signicat::document::CAST,
        locales: &[],
        request: |_| json!({ "provider": "readid", "process_type": "sdk", "images": "sdk" }),
    },
    Flow {
        name: "capture",
        title: "Signicat · capture flow",
        about: "the provider's page takes the pictures and sends the user back",
        cast: &signicat::capture::CAST,
        locales: &["en", "de", "ru"],
        request: |it| json!({ "redirect_url": it.return_url, "capture_parameters": { "ui_language": it.locale } }),
    },
    Flow {
        name: "eid",
        title: "Signicat · electronic identity",
        about: "the user logs in with an eID method and is sent back",
        cast: &signicat::eid::CAST,
        locales: &[],
        request: |it| json!({ "redirect_url": it.return_url }),
    },
];

impl Flow {
    /// The whole request as JSON.
    pub(super) fn request(&self, opening: &Opening<'_>) -> Value {
        let mut request = (self.cast.request)();
        if let (Value::Object(request), Value::Object(own)) = (&mut request, (self.request)(opening)) {
            request.extend(own);
        }
        request
    }
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
        let of_provider: Vec<&Flow> = FLOWS.iter().filter(|flow| flow.cast.provider == self.provider).collect();
        if of_provider.is_empty() {
            let known: Vec<&str> = FLOWS.iter().map(|flow| flow.cast.provider).collect();
            return Err(unknown("provider", &self.provider, &known));
        }
        let flow = match &self.flow {
            None => of_provider[0],
            Some(name) => FLOWS
                .iter()
                .find(|flow| flow.cast.provider == self.provider && flow.name == name)
                .ok_or_else(|| unknown("flow", name, &of_provider.iter().map(|flow| flow.name).collect::<Vec<_>>()))?,
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
    json!({ "languages": languages, "flows": FLOWS.iter().map(FlowEntry::of).collect::<Vec<_>>() })
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
    fn of(flow: &Flow) -> Self {
        let (provider, name) = (flow.cast.provider, flow.name);
        let scenarios = scenes::of(flow).map(|scene| scene.entry(flow)).collect();
        let Flow { title, about, locales, .. } = flow;
        Self { provider, flow: name, title, about, locales, scenarios }
    }
}
