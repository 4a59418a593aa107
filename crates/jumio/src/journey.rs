//! How Jumio's page is shown: in a frame, as a link, as a link sent privately; not in a web view.

use alloc::{
    string::{String, ToString},
    vec,
    vec::Vec,
};

use idvkit_core::{Carry, Condition, HintKind, Journey, Refused, Signal, Trigger, UnixMillis, Way, machine::Own};

use crate::{
    account::Account,
    catalog::sizes,
    request::ParsedRequest,
    values::{ID, Reference},
};

/// The `allow` attribute that every nested frame needs (J-F5).
const FRAME_ALLOW: &str = "camera;fullscreen";

/// The member of hints that has the page's error code.
pub(crate) const CODE: &str = "code";

/// What a live transaction is presented with.
pub(crate) struct Link<'a> {
    pub(crate) reference: &'a Reference,
    pub(crate) url: &'a str,
    pub(crate) expires: UnixMillis,
}

/// The journey of one transaction.
pub(crate) fn of(account: &Account, request: &ParsedRequest, link: &Link<'_>, own: &Own<'_>) -> Journey {
    let ways = vec![frame(account, link), redirect(request, link)];
    Journey { expires: Some(link.expires), ways, ..none(own) }
}

/// A journey without a way: there is no transaction yet.
pub(crate) fn none(own: &Own<'_>) -> Journey {
    Journey {
        id: own.journey_id(),
        provider: ID.into(),
        expires: None,
        ways: Vec::new(),
        refused: vec![Refused {
            way: "web_view".into(),
            reason: "Jumio Authentication does not support web views: open the link in the system's browser".into(),
        }],
    }
}

fn frame(account: &Account, link: &Link<'_>) -> Way {
    let message = |value: &str, means, carry| Signal {
        on: Trigger::Message { origins: account.origins.clone() },
        when: vec![
            is("transactionReference", link.reference.as_str()),
            is("eventType", "510"),
            is("payload.value", value),
        ],
        means,
        carry,
    };
    let code = Carry { name: CODE.into(), path: "payload.metainfo.code".into(), max: 8 };
    Way::Frame {
        url: link.url.to_string(),
        allow: FRAME_ALLOW.into(),
        allow_fullscreen: true,
        origins: account.origins.clone(),
        sizes: sizes(),
        listen: vec![
            message("loaded", HintKind::Loaded, vec![]),
            message("success", HintKind::Success, vec![]),
            message("error", HintKind::Error, vec![code]),
        ],
    }
}

fn redirect(request: &ParsedRequest, link: &Link<'_>) -> Way {
    let returned = |url: &Option<String>, status: &str, means, carry: Vec<Carry>| {
        url.as_deref().map(|url| Signal {
            on: Trigger::Navigation { url: without_query(url) },
            when: vec![is("transactionReference", link.reference.as_str()), is("transactionStatus", status)],
            means,
            carry,
        })
    };
    let code = Carry { name: CODE.into(), path: "errorCode".into(), max: 8 };
    let success = returned(&request.success_url, "SUCCESS", HintKind::Success, vec![]);
    let error = returned(&request.error_url, "ERROR", HintKind::Error, vec![code]);
    Way::Redirect { url: link.url.to_string(), shareable: true, finish: success.into_iter().chain(error).collect() }
}

fn is(path: &str, value: &str) -> Condition {
    Condition { path: path.into(), is: vec![value.into()] }
}

fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or(url).to_string()
}
