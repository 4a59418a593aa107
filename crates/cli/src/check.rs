//! `idvkit check`: values and requests as the SDK sees them, before anything is sent.

mod command;
mod request;
mod value;

use idvkit::{Account, Config, ProviderId, Reject, RejectCode, UnixMillis};
use idvkit_core::{LocaleTag, RestrictedUrl, UrlRules};
use serde_json::{Value, json};

use crate::providers::Provider;
pub use command::Own;
pub(crate) use request::{json_of, not_object, whole};
pub use value::{Call, call};

/// The longest URL that any provider documents, in characters.
const MAX_URL: usize = 4096;

/// A finding that is fine: what is right, as JSON and as text.
#[derive(Debug)]
pub struct Finding {
    /// For programs.
    pub json: Value,
    /// For people.
    pub text: String,
}

/// What can be checked of a provider.
pub struct Checks {
    /// A configuration whose credentials are worth nothing, for checks of everything else.
    pub config: fn() -> Value,
    /// Puts a URL where the configuration has it, and gives that member's name; none if the provider is not told of it.
    pub url: fn(UrlUse, &str, &mut Value) -> Option<&'static str>,
    /// Whether an account checks such a URL by the provider's own rules; otherwise those that all share are checked.
    pub own_url_rules: bool,
    /// Members of its requests' bodies that hold credentials.
    pub secret_members: &'static [&'static str],
    /// Answers to what is asked before the request that is checked, by operation.
    pub made_up: fn(&str) -> Option<Value>,
    /// Its own commands.
    pub commands: &'static [Command],
}

/// A command of one provider: `idvkit check iin …`.
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// What it checks, with an example.
    pub about: &'static str,
    /// What it is given.
    pub takes: Takes,
    /// Checks it.
    pub run: fn(&str, UnixMillis) -> Result<Finding, Reject>,
}

/// What a command is given. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A value.
    Value,
    /// A whole number.
    Number,
    /// A personal value, which may come from standard input so that it stands in no history.
    Personal,
    /// A file, or `-` for standard input.
    File,
}

/// Checks a language tag against the provider's list, or its form where the list is open or there is none.
///
/// # Errors
/// As the SDK refuses it.
pub fn locale(value: &str, provider: ProviderId) -> Result<Finding, Reject> {
    let Some(set) = idvkit::locales(provider) else { return open_locale(value, provider) };
    let found = set.parse("locale", value)?;
    Ok(Finding {
        json: json!({ "locale": found.tag, "name": found.name }),
        text: format!("{} is {}; it is sent as `{}`", found.tag, found.name, found.tag),
    })
}

fn open_locale(value: &str, provider: ProviderId) -> Result<Finding, Reject> {
    let tag = LocaleTag::parse(value).map_err(|reject| reject.about("locale"))?;
    let lists = idvkit::catalog(provider).locales;
    let known = lists.iter().flat_map(|list| &list.locales).find(|entry| entry.tag == tag.language());
    let name = known.map(|entry| entry.name.clone());
    let text = match &name {
        Some(name) => format!("{} is {name}", tag.as_str()),
        None => format!("{} is well-formed; {provider} documents no list that it would have to be on", tag.as_str()),
    };
    Ok(Finding { json: json!({ "locale": tag.as_str(), "name": name }), text })
}

/// What a URL is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum UrlUse {
    /// A callback: no query, room for the secret segment.
    Callback,
    /// A page to which the user returns after success.
    Success,
    /// A page to which the user returns after an error.
    Error,
}

/// Checks a URL by a provider's rules. A webhook that is entered in a dashboard is checked by the rules that all share,
/// and by what the account can tell of it, such as a secret last segment.
///
/// # Errors
/// As the SDK refuses it.
pub fn url(value: &str, purpose: UrlUse, provider: ProviderId, development: bool) -> Result<Finding, Reject> {
    let checks = &Provider::of(provider).checks;
    let mut config = (checks.config)();
    let field = (checks.url)(purpose, value, &mut config).ok_or_else(|| {
        let fix = "this provider knows no return URL: what a page or app sees goes through `read`";
        Reject::at(RejectCode::UrlUnused, "provider", fix)
    })?;
    config["options"]["development"] = json!(development);
    // An account checks its own URLs: what it refuses is exactly what a session would be refused for.
    Account::new(parse_config(&config)?)?;
    let rules = UrlRules::new(MAX_URL).with_development(development);
    let rules = if checks.own_url_rules { rules.with_ports().with_app_schemes() } else { rules };
    let url = RestrictedUrl::parse(field, value, &rules)?;
    let host = Some(url.host()).filter(|host| !host.is_empty());
    let place = host.map_or_else(|| "in the app with its scheme".into(), |host| format!("on host {host}"));
    Ok(Finding { json: json!({ "host": host }), text: format!("fit as {field}, {place}") })
}

fn parse_config(config: &Value) -> Result<Config, Reject> {
    Config::from_json(&config.to_string())
}
