//! `idvkit check`: values and requests as the SDK sees them, before anything is sent.

use idvkit::{Account, Config, HttpRequest, Next, Provider, Reject, Request, Seed, Session, UnixMillis, jumio};
use idvkit_core::{RestrictedUrl, UrlRules};
use serde_json::{Value, json};

/// A finding that is fine: what is right, as JSON and as text.
#[derive(Debug)]
pub struct Finding {
    /// For programs.
    pub json: Value,
    /// For people.
    pub text: String,
}

/// Checks a language tag against Jumio's list, the closed one of those known here.
///
/// # Errors
/// As the SDK refuses it.
pub fn locale(value: &str) -> Result<Finding, Reject> {
    let found = jumio::API_LOCALES.parse("locale", value)?;
    Ok(Finding {
        json: json!({ "locale": found.tag, "name": found.name }),
        text: format!("{} is {}; it is sent as `{}`", found.tag, found.name, found.tag),
    })
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

/// Checks a URL by Jumio's rules, which are the strictest.
///
/// # Errors
/// As the SDK refuses it.
pub fn url(value: &str, purpose: UrlUse, development: bool) -> Result<Finding, Reject> {
    // An account checks its own URLs: what it refuses is exactly what a session would be refused for.
    let field = match purpose {
        UrlUse::Callback => "callback",
        UrlUse::Success => "success_url",
        UrlUse::Error => "error_url",
    };
    let mut config = dummy_config(Provider::Jumio);
    config[field] = if purpose == UrlUse::Callback { json!({ "url": value }) } else { json!(value) };
    config["options"] = json!({ "development": development });
    Account::new(parse_config(&config)?)?;
    let host = RestrictedUrl::parse(field, value, &UrlRules::new(4096).with_development(development))
        .map(|url| url.host().to_owned())?;
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
    let minutes = jumio::lifetime_minutes("token_lifetime_minutes", minutes)?;
    let text = format!("the link lives for {} h {} min", minutes / 60, minutes % 60);
    Ok(Finding { json: json!({ "minutes": minutes }), text })
}

/// Checks a whole request and shows what would be sent, secrets masked. `text` is `{"config": …, "request": …}`, or a
/// request alone, which is checked with made-up credentials.
///
/// # Errors
/// As the SDK refuses it.
pub fn first_request(text: &str, provider: Provider, now: UnixMillis) -> Result<Finding, Reject> {
    let not_json =
        || Reject::caller("input_malformed", "input", "this is no JSON object; pass a request, or config and request");
    let value: Value = serde_json::from_str(text).map_err(|_| not_json())?;
    let mut request = value.get("request").unwrap_or(&value).clone();
    let mut config = value.get("config").cloned().unwrap_or_else(|| dummy_config(provider));
    config.as_object_mut().ok_or_else(not_json)?.entry("provider").or_insert_with(|| json!(provider));
    // What stands alone need not say which flow it is: the command does.
    request.as_object_mut().ok_or_else(not_json)?.entry("flow").or_insert_with(|| json!(flow(provider)));
    let account = Account::new(parse_config(&config)?)?;
    if account.provider() != provider {
        let fix = format!("the configuration is for {}; use its own check", account.provider());
        return Err(Reject::caller("config_of_other_provider", "config.provider", fix));
    }
    let request = Request::from_json(&request.to_string())?;
    // Nothing is sent: any seed will do.
    let seed: Vec<u8> = (0..32).collect();
    let session = Session::open(&account, request, Seed::new(&seed)?, now)?;
    match session.next(now) {
        Next::Send { request } => Ok(shown(&request)),
        _ => Err(Reject::caller("nothing_to_send", "request", "this flow begins without a request")),
    }
}

fn shown(request: &HttpRequest) -> Finding {
    let masked = |name: &str, value: &str| {
        let secret = ["authorization", "cookie"].iter().any(|it| name.eq_ignore_ascii_case(it));
        if secret {
            value.split(' ').next().map_or("***".into(), |scheme| format!("{scheme} ***"))
        } else {
            value.into()
        }
    };
    let headers: Vec<(String, String)> =
        request.headers.iter().map(|line| (line.name.clone(), masked(&line.name, &line.value))).collect();
    let body: Value = request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or(Value::Null);
    let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let pretty = serde_json::to_string_pretty(&body).unwrap_or_default();
    let method = request.method.as_str();
    Finding {
        text: format!("{method} {}\n{}\n\n{pretty}", request.url, lines.join("\n")),
        json: json!({
            "operation": request.operation, "method": method, "url": request.url, "headers": headers, "body": body,
            "repeatable": request.repeatable, "timeout_ms": request.timeout_ms,
        }),
    }
}

fn parse_config(config: &Value) -> Result<Config, Reject> {
    Config::from_json(&config.to_string())
}

fn flow(provider: Provider) -> &'static str {
    if provider == Provider::Attestr { "attestr_flowx" } else { "jumio_authentication" }
}

/// Credentials that are worth nothing, for checks of everything else.
fn dummy_config(provider: Provider) -> Value {
    match provider {
        Provider::Attestr => json!({
            "provider": "attestr", "auth_token": "dW1teQ==", "client_key": "00112233445566778899aabbccddeeff",
            "client_secrets": ["0123456789abcdef"], "webhook_tokens": ["dW1teQ=="],
        }),
        _ => json!({
            "provider": "jumio", "region": "us", "api_token": "dummy", "api_secret": "dummy",
            "user_agent": "YourCompany YourApp/v1.0", "callback": "portal",
        }),
    }
}
