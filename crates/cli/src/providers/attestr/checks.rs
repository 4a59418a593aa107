//! What can be checked of Attestr.

use idvkit::ProviderId;
use serde_json::json;

use crate::check::{Checks, Command, Takes, UrlUse, whole};

pub(super) const CHECKS: Checks = Checks {
    config: || {
        json!({
            "provider": "attestr", "auth_token": "dW1teQ==", "client_key": "00112233445566778899aabbccddeeff",
            "client_secrets": ["0123456789abcdef"], "webhook_tokens": ["dW1teQ=="], "options": {},
        })
    },
    // A webhook is entered in the dashboard: the account knows nothing of it.
    url: |purpose, _, _| (purpose == UrlUse::Callback).then_some("webhook"),
    own_url_rules: false,
    secret_members: &[],
    made_up: |_| None,
    commands: &[Command {
        name: "handshake",
        about: "Attestr: a request, alone or as {\"config\": …, \"request\": …}: `idvkit check handshake -`",
        takes: Takes::File,
        run: |text, now| whole(ProviderId::Attestr, "attestr_flowx", text, now),
    }],
};
