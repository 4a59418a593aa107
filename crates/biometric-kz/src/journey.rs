//! How the provider's pages are shown: the widget in a page, a web view in an app, or the link in a browser (B6, B7).

use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

use idvkit_core::{
    HintKind, Journey, Param, ParamValue, Permission, Provider, Refused, Signal, Trigger, UnixMillis, Way, machine::Own,
};
use serde_json::Value;

use crate::Account;

/// The event that the widget fires on the window at its end. Its detail is not documented and is never read (B-Q13).
const FINISH_EVENT: &str = "finish";

/// What a live session is presented with.
pub(crate) struct Link<'a> {
    pub(crate) session_id: &'a str,
    pub(crate) locale: &'a str,
    pub(crate) expires: UnixMillis,
}

pub(crate) fn journey(account: &Account, link: &Link<'_>, own: &Own<'_>) -> Journey {
    Journey {
        id: own.journey_id(),
        provider: Provider::BiometricKz,
        expires: Some(link.expires),
        ways: vec![script(account, link), web_view(account, link), remote(account, link)],
        refused: vec![Refused {
            way: "frame".into(),
            reason: "no document speaks of frames, and a framed page cannot tell its end: use the script or the link"
                .into(),
        }],
    }
}

/// The journey's script way as HTML to paste into a page: the element, the widget, its start, and what it fires at its
/// end as an `idvkit:seen` event on the window. Its `detail` is the JSON form of [`Seen`](idvkit_core::Seen): pass it
/// to [`read`](idvkit_core::read()) and post the hint to your server.
///
/// The widget wants the whole viewport, and no global CSS that reaches into it (B6). `None` if the journey has no
/// script way of this kind.
pub fn snippet(journey: &Journey) -> Option<String> {
    journey.ways.iter().find_map(|way| match way {
        Way::Script {
            src,
            module: true,
            global,
            construct: false,
            method,
            options,
            container: Some(container),
            ..
        } if is_identifier(global) && is_identifier(method) => {
            html(src, &format!("{global}.{method}"), options, container)
        }
        _ => None,
    })
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
            option("id", link.session_id),
            option("selector", &account.container),
            option("locale", link.locale),
        ],
        container: Some(account.container.clone()),
        listen: vec![finished(Trigger::Event { name: FINISH_EVENT.into() })],
    }
}

/// Without `web_view=true`, as in S2's own sample, nothing is said of a redirect to the end page (B-13).
fn web_view(account: &Account, link: &Link<'_>) -> Way {
    let locale = locale(account, link).map_or(String::new(), |locale| format!("&{locale}"));
    Way::WebView {
        url: format!("{}/flow/{}?web_view=true{locale}", account.front_base, link.session_id),
        permissions: vec![Permission::Camera, Permission::Microphone, Permission::Javascript, Permission::DomStorage],
        finish: vec![finished(Trigger::Navigation { url: end_page(account) })],
    }
}

fn remote(account: &Account, link: &Link<'_>) -> Way {
    let locale = locale(account, link).map_or(String::new(), |locale| format!("?{locale}"));
    let url = format!("{}/flow/{}{locale}", account.front_base, link.session_id);
    Way::Redirect { url, shareable: true, finish: Vec::new() }
}

fn locale(account: &Account, link: &Link<'_>) -> Option<String> {
    account.page_locale.then(|| format!("locale={}", link.locale))
}

fn end_page(account: &Account) -> String {
    format!("{}/finished", account.front_base)
}

/// The end of the journey, with nothing said of how it ended (S1, S2).
fn finished(on: Trigger) -> Signal {
    Signal { on, when: Vec::new(), means: HintKind::Finished, carry: Vec::new() }
}

fn html(src: &str, call: &str, options: &[Param], container: &str) -> Option<String> {
    let member = |option: &Param| match &option.value {
        ParamValue::Text { value } => Some(format!("    {}: {}", script_text(&option.name), script_text(value))),
        _ => None,
    };
    let members: Option<Vec<String>> = options.iter().map(member).collect();
    Some(format!(
        r#"<div id="{id}" style="position: relative; width: 100vw; height: 100vh; overflow: auto"></div>
<script type="module" src="{src}"></script>
<script type="module">
  window.addEventListener("{FINISH_EVENT}", function () {{
    var detail = {{ type: "event", name: "{FINISH_EVENT}", data: "" }};
    window.dispatchEvent(new CustomEvent("idvkit:seen", {{ detail: detail }}));
  }});
  {call}({{
{members}
  }});
</script>
"#,
        id = attribute(container.strip_prefix('#')?),
        src = attribute(src),
        members = members?.join(",\n"),
    ))
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$')
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// A JSON string is a JavaScript string; `<` must not end the script element.
fn script_text(text: &str) -> String {
    Value::String(text.to_string()).to_string().replace('<', "\\u003c")
}
