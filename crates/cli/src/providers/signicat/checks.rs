//! What can be checked of Signicat.

use idvkit::ProviderId;
use serde_json::json;

use crate::check::{Checks, Command, Takes, UrlUse, whole};

pub(super) const CHECKS: Checks = Checks {
    config: || {
        json!({
            "provider": "signicat", "client_id": "dummy", "client_secret": "dummy",
            "redirect_url": "https://merchant.example/return", "options": {},
        })
    },
    url: |purpose, url, config| {
        let (field, value) = match purpose {
            UrlUse::Callback => ("notification", json!({ "url": url, "authorization_header": "Bearer dummy" })),
            UrlUse::Success | UrlUse::Error => ("redirect_url", json!(url)),
        };
        config[field] = value;
        Some(field)
    },
    own_url_rules: true,
    secret_members: &["authorizationHeader"],
    made_up: |operation| match operation {
        "signicat.token" => Some(json!({ "access_token": "dummy", "expires_in": 600 })),
        "signicat.create_dossier" => Some(json!({ "dossierId": "00000000-0000-4000-8000-000000000000" })),
        _ => None,
    },
    commands: &[Command {
        name: "capture",
        about: "Signicat: a capture flow, alone or as {\"config\": …, \"request\": …}: `idvkit check capture request.json`",
        takes: Takes::File,
        run: |text, now| whole(ProviderId::Signicat, "signicat_capture_flow", text, now),
    }],
};
