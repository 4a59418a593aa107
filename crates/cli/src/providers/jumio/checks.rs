//! What can be checked of Jumio.

use idvkit::{ProviderId, Reject, UnixMillis, jumio};
use serde_json::json;

use crate::check::{Checks, Command, Finding, Takes, UrlUse, json_of, whole};

pub(super) const CHECKS: Checks = Checks {
    config: || {
        json!({
            "provider": "jumio", "region": "us", "api_token": "dummy", "api_secret": "dummy",
            "user_agent": "YourCompany YourApp/v1.0", "callback": "portal", "options": {},
        })
    },
    url: |purpose, url, config| {
        let (field, value) = match purpose {
            UrlUse::Callback => ("callback", json!({ "url": url })),
            UrlUse::Success => ("success_url", json!(url)),
            UrlUse::Error => ("error_url", json!(url)),
        };
        config[field] = value;
        Some(field)
    },
    own_url_rules: true,
    secret_members: &[],
    made_up: |_| None,
    commands: &[
        Command {
            name: "prefix",
            about: "Jumio: a domain prefix: `idvkit check prefix my-shop`",
            takes: Takes::Value,
            run: |value, _| prefix(value),
        },
        Command {
            name: "lifetime",
            about: "Jumio: a token lifetime in minutes: `idvkit check lifetime 30`",
            takes: Takes::Number,
            run: |minutes, _| lifetime(minutes),
        },
        Command {
            name: "initiate",
            about: "Jumio: a request, alone or as {\"config\": …, \"request\": …}, or the body that Jumio's API takes: \
                    `idvkit check initiate request.json`",
            takes: Takes::File,
            run: initiate,
        },
    ],
};

/// A body for Jumio's API has the names of the API, and its callback is the whole URL that Jumio calls.
fn initiate(text: &str, now: UnixMillis) -> Result<Finding, Reject> {
    let given = json_of(text, "pass a request, or config and request")?;
    if given.get("enrollmentTransactionReference").is_none() {
        return whole(ProviderId::Jumio, "jumio_authentication", text, now);
    }
    let mut request = json!({});
    for (name, value) in given.as_object().into_iter().flatten() {
        match name.as_str() {
            "callbackUrl" => request["callback"] = json!({ "url": value }),
            "tokenLifetimeInMinutes" => request["token_lifetime_minutes"] = value.clone(),
            _ => request[snake_case(name)] = value.clone(),
        }
    }
    let mut config = (CHECKS.config)();
    config["options"]["plain_callback_url"] = json!(true);
    let both = json!({ "config": config, "request": request });
    whole(ProviderId::Jumio, "jumio_authentication", &both.to_string(), now)
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn prefix(value: &str) -> Result<Finding, Reject> {
    let origin = jumio::domain_prefix(jumio::DomainPrefixArgs { text: value.into() })?.origin;
    Ok(Finding { json: json!({ "origin": origin }), text: format!("stands for {origin}") })
}

fn lifetime(minutes: &str) -> Result<Finding, Reject> {
    // The command line takes whole numbers only; what is too long for one is out of range as well.
    let minutes = minutes.parse().unwrap_or(i64::MAX);
    let minutes = jumio::token_lifetime(jumio::TokenLifetimeArgs { minutes })?.minutes;
    let text = format!("the link lives for {} h {} min", minutes / 60, minutes % 60);
    Ok(Finding { json: json!({ "minutes": minutes }), text })
}
