//! How the provider's pages are shown: the widget in a page, a web view in an app, or the link in a browser (B-F6, B-F7).

use alloc::{format, string::String, vec, vec::Vec};

use idvkit_core::{
    HintKind, Journey, Param, ParamValue, Permission, Refused, Signal, Trigger, UnixMillis, Way, machine::Own,
};

use crate::{
    account::Account,
    values::{ID, SessionId},
};

/// The event that the widget fires on the window at its end. Its detail is not documented and is never read (B-Q13).
const FINISH_EVENT: &str = "finish";

/// What a live session is presented with.
pub(crate) struct Link<'a> {
    pub(crate) session: &'a SessionId,
    pub(crate) locale: &'a str,
    pub(crate) expires: UnixMillis,
}

/// The journey of one session.
pub(crate) fn of(account: &Account, link: &Link<'_>, own: &Own<'_>) -> Journey {
    let ways = vec![script(account, link), web_view(account, link), remote(account, link)];
    Journey { expires: Some(link.expires), ways, ..none(own) }
}

/// A journey without a way: there is no session yet.
pub(crate) fn none(own: &Own<'_>) -> Journey {
    Journey {
        id: own.journey_id(),
        provider: ID.into(),
        expires: None,
        ways: Vec::new(),
        refused: vec![Refused {
            way: "frame".into(),
            reason: "no document speaks of frames, and a framed page cannot tell its end: use the script or the link"
                .into(),
        }],
    }
}

/// `id` and not `session_id`, as every example and integration has it (B-1).
fn script(account: &Account, link: &Link<'_>) -> Way {
    let option = |name: &str, value: &str| Param { name: name.into(), value: ParamValue::Text { value: value.into() } };
    Way::Script {
        src: account.widget_src.clone(),
        module: true,
        global: "FlowWidget".into(),
        construct: false,
        method: "startSession".into(),
        options: vec![
            option("id", link.session.as_str()),
            option("selector", &account.container),
            option("locale", link.locale),
        ],
        container: Some(account.container.clone()),
        // Inferred from what an app must grant to the same pages (B-F7).
        permissions: vec![Permission::Camera],
        listen: vec![finished(Trigger::Event { name: FINISH_EVENT.into() })],
    }
}

/// Without `web_view=true`, as in the guide's own sample, nothing is said of a redirect to the end page (B-13).
fn web_view(account: &Account, link: &Link<'_>) -> Way {
    let locale = locale(account, link).map_or(String::new(), |locale| format!("&{locale}"));
    Way::WebView {
        url: format!("{}/flow/{}?web_view=true{locale}", account.front_base, link.session.as_str()),
        permissions: vec![Permission::Camera, Permission::Microphone, Permission::Javascript, Permission::DomStorage],
        finish: vec![finished(Trigger::Navigation { url: end_page(account) })],
    }
}

fn remote(account: &Account, link: &Link<'_>) -> Way {
    let locale = locale(account, link).map_or(String::new(), |locale| format!("?{locale}"));
    let url = format!("{}/flow/{}{locale}", account.front_base, link.session.as_str());
    Way::Redirect { url, shareable: true, finish: Vec::new() }
}

fn locale(account: &Account, link: &Link<'_>) -> Option<String> {
    account.page_locale.then(|| format!("locale={}", link.locale))
}

fn end_page(account: &Account) -> String {
    format!("{}/finished", account.front_base)
}

/// The end of the journey, with nothing said of how it ended (B-F6, B-F7).
fn finished(on: Trigger) -> Signal {
    Signal { on, when: Vec::new(), means: HintKind::Finished, carry: Vec::new() }
}
