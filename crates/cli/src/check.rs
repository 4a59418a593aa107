//! `idvkit check`: values and requests as the SDK sees them, before anything is sent.

mod request;

use idvkit::{Account, Config, ProviderId, Reject, RejectCode, Request, biometric_kz, jumio};
use idvkit_core::{LocaleTag, RestrictedUrl, UrlRules};
pub use request::{Whole, whole};
use serde_json::{Value, json};

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

/// Whose rules count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Whose {
    /// Attestr.
    Attestr,
    /// biometric.kz.
    BiometricKz,
    /// Jumio.
    Jumio,
    /// Signicat.
    Signicat,
}

impl From<Whose> for ProviderId {
    fn from(whose: Whose) -> Self {
        match whose {
            Whose::Attestr => Self::Attestr,
            Whose::BiometricKz => Self::BiometricKz,
            Whose::Jumio => Self::Jumio,
            Whose::Signicat => Self::Signicat,
        }
    }
}

/// Checks a language tag against the provider's list, or its form where the list is open or there is none.
///
/// # Errors
/// As the SDK refuses it.
pub fn locale(value: &str, provider: ProviderId) -> Result<Finding, Reject> {
    let set = match provider {
        ProviderId::Jumio => &jumio::API_LOCALES,
        ProviderId::BiometricKz => &biometric_kz::LOCALES,
        _ => return open_locale(value, provider),
    };
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

impl UrlUse {
    /// The member of the provider's configuration that holds it, if the provider is told of it at all.
    fn field(self, provider: ProviderId) -> Result<&'static str, Reject> {
        match (provider, self) {
            (ProviderId::Jumio, Self::Callback) => Ok("callback"),
            (ProviderId::Jumio, Self::Success) => Ok("success_url"),
            (ProviderId::Jumio, Self::Error) => Ok("error_url"),
            (ProviderId::Signicat, Self::Callback) => Ok("notification"),
            (ProviderId::Signicat, Self::Success | Self::Error) => Ok("redirect_url"),
            (_, Self::Callback) => Ok("webhook"),
            (_, Self::Success | Self::Error) => {
                let fix = "this provider knows no return URL: what a page or app sees goes through `read`";
                Err(Reject::at(RejectCode::UrlUnused, "provider", fix))
            }
        }
    }
}

/// Checks a URL by a provider's rules. A webhook that is entered in a dashboard is checked by the rules that all share,
/// and for biometric.kz by its secret last segment.
///
/// # Errors
/// As the SDK refuses it.
pub fn url(value: &str, purpose: UrlUse, provider: ProviderId, development: bool) -> Result<Finding, Reject> {
    let field = purpose.field(provider)?;
    let mut config = dummy_config(provider);
    // An account checks its own URLs: what it refuses is exactly what a session would be refused for.
    match (provider, field) {
        (ProviderId::Jumio, "callback") => config[field] = json!({ "url": value }),
        (ProviderId::Signicat, "notification") => {
            config[field] = json!({ "url": value, "authorization_header": "Bearer dummy" });
        }
        (ProviderId::Jumio | ProviderId::Signicat, _) => config[field] = json!(value),
        (ProviderId::BiometricKz, _) => {
            let path = value.split(['?', '#']).next().unwrap_or(value);
            config["webhook_secrets"] = json!([path.trim_end_matches('/').rsplit('/').next()]);
        }
        _ => {}
    }
    let host = RestrictedUrl::parse(field, value, &UrlRules::new(MAX_URL).with_development(development))
        .map(|url| url.host().to_owned());
    config["options"]["development"] = json!(development);
    let account = Account::new(parse_config(&config)?);
    let host = match provider {
        ProviderId::Attestr | ProviderId::BiometricKz => host.and_then(|host| account.map(|_| host))?,
        _ => account.and(host)?,
    };
    Ok(Finding { json: json!({ "host": host }), text: format!("fit as {field}, on host {host}") })
}

/// Checks a domain prefix.
///
/// # Errors
/// As the SDK refuses it.
pub fn prefix(value: &str) -> Result<Finding, Reject> {
    let origin = jumio::DomainPrefix::parse("domain_prefix", value)?.origin();
    Ok(Finding { json: json!({ "origin": origin }), text: format!("stands for {origin}") })
}

/// Checks a token lifetime in minutes.
///
/// # Errors
/// As the SDK refuses it.
pub fn lifetime(minutes: i64) -> Result<Finding, Reject> {
    let minutes = jumio::TokenLifetime::parse("token_lifetime_minutes", minutes)?.minutes();
    let text = format!("the link lives for {} h {} min", minutes / 60, minutes % 60);
    Ok(Finding { json: json!({ "minutes": minutes }), text })
}

/// Checks a Kazakh personal number, without printing it.
///
/// # Errors
/// As the SDK refuses it.
pub fn iin(value: &str) -> Result<Finding, Reject> {
    let iin = biometric_kz::Iin::parse("iin", value.trim())?;
    let sex = iin.sex().map(|sex| if sex == biometric_kz::Sex::Female { "female" } else { "male" });
    let born = iin.birth_date();
    let hints: Vec<String> = born.iter().map(|born| format!("born {born}")).chain(sex.map(Into::into)).collect();
    let hints = if hints.is_empty() { "nothing".to_owned() } else { hints.join(", ") };
    let text = format!("12 digits, and the check digit fits; it hints at: {hints} (hints only, never rules)");
    Ok(Finding { json: json!({ "birth_date_hint": born, "sex_hint": sex }), text })
}

/// Checks a Kazakh mobile number, without printing it.
///
/// # Errors
/// As the SDK refuses it.
pub fn phone(value: &str) -> Result<Finding, Reject> {
    let phone = biometric_kz::Phone::parse("phone", value.trim())?;
    let as_given = phone.as_str() == value.trim();
    let how = if as_given { "as it is" } else { "as 77 and 9 digits, without plus, spaces and brackets" };
    Ok(Finding { json: json!({ "sent_as_given": as_given }), text: format!("fit; it is sent {how}") })
}

/// Checks session metadata, alone or as `{"metadata": …, "technologies": ["LDHP", …]}`, and says what the user will see
/// of the data-entry step.
///
/// # Errors
/// As the SDK refuses it.
pub fn metadata(text: &str) -> Result<Finding, Reject> {
    let value: Value = serde_json::from_str(text).map_err(|_| request::not_json("pass the metadata"))?;
    let given = value.get("metadata").unwrap_or(&value);
    let wrapped = json!({ "flow": "biometric_kz_flow", "metadata": given });
    let Request::BiometricKzFlow(parsed) = Request::from_json(&wrapped.to_string())? else {
        return Err(request::not_json("pass the metadata"));
    };
    let technologies = value
        .get("technologies")
        .and_then(Value::as_array)
        .map(|codes| codes.iter().filter_map(Value::as_str).map(biometric_kz::Technology::parse).collect::<Vec<_>>());
    let rules = biometric_kz::MetadataRules { technologies, ..biometric_kz::MetadataRules::default() };
    let checked = parsed.metadata.unwrap_or_default().check(&rules).map_err(|reject| reject.within("metadata"))?;
    Ok(shown_metadata(&checked))
}

fn shown_metadata(checked: &biometric_kz::CheckedMetadata) -> Finding {
    let can = |changeable: bool| if changeable { "can be changed" } else { "cannot be changed" };
    let (input, step) = match checked.input_step() {
        biometric_kz::InputStep::Skipped => (json!("skipped"), "skipped: the code from 1414 comes at once".to_owned()),
        biometric_kz::InputStep::Shown { iin_changeable, phone_changeable } => (
            json!({ "iin_changeable": iin_changeable, "phone_changeable": phone_changeable }),
            format!("shown; the IIN {}, the phone {}", can(iin_changeable), can(phone_changeable)),
        ),
    };
    let photo = match (&checked.photo1, checked.photo_kind()) {
        (None, _) => "none",
        (Some(_), Some(kind)) => kind.mime(),
        (Some(_), None) => "neither JPEG nor PNG: the provider may not take it",
    };
    Finding {
        text: format!("fit; data entry (with E-Document): {step}; reference photo: {photo}"),
        json: json!({ "data_entry": input, "photo": photo, "sends_metadata": !checked.is_empty() }),
    }
}

fn parse_config(config: &Value) -> Result<Config, Reject> {
    Config::from_json(&config.to_string())
}

/// Credentials that are worth nothing, for checks of everything else.
fn dummy_config(provider: ProviderId) -> Value {
    match provider {
        ProviderId::Attestr => json!({
            "provider": "attestr", "auth_token": "dW1teQ==", "client_key": "00112233445566778899aabbccddeeff",
            "client_secrets": ["0123456789abcdef"], "webhook_tokens": ["dW1teQ=="], "options": {},
        }),
        ProviderId::BiometricKz => json!({
            "provider": "biometric_kz", "api_key": "x".repeat(biometric_kz::MIN_API_KEY), "options": {},
        }),
        ProviderId::Signicat => json!({
            "provider": "signicat", "client_id": "dummy", "client_secret": "dummy",
            "redirect_url": "https://merchant.example/return", "options": {},
        }),
        ProviderId::Jumio => json!({
            "provider": "jumio", "region": "us", "api_token": "dummy", "api_secret": "dummy",
            "user_agent": "YourCompany YourApp/v1.0", "callback": "portal", "options": {},
        }),
    }
}
