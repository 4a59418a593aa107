//! A way as HTML to paste into a page. It presents and reports; it decides nothing.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use serde_json::Value;

use crate::{Param, ParamValue, Signal, SizeClass, TextEntry, Trigger, Way};

impl Way {
    /// The way as HTML to paste, for a redirect, a frame or a script; `None` for the others.
    ///
    /// Everything is function-scoped. What the page sees is dispatched on the window as an `idvkit:seen` event whose
    /// `detail` is the JSON form of [`Seen`](crate::Seen): pass it to [`read`](crate::read()) and post the hint to your
    /// own server.
    pub fn html(&self) -> Option<String> {
        match self {
            Self::Redirect { url, .. } => {
                Some(format!("<a href=\"{}\" rel=\"noreferrer\">Verify your identity</a>\n", attribute(url)))
            }
            Self::Frame { url, allow, allow_fullscreen, origins, sizes, .. } => {
                let fullscreen = if *allow_fullscreen { " allowfullscreen" } else { "" };
                Some(frame(&Frame { url, allow, fullscreen, origins, sizes }))
            }
            Self::Script { src, module, global, construct, method, options, container, listen, .. }
                if is_identifier(global) && is_identifier(method) =>
            {
                let made = format!("new {global}(options).{method}();");
                let call = if *construct { made } else { format!("{global}.{method}(options);") };
                let kind = if *module { " type=\"module\"" } else { "" };
                Some(script(&Script { src, kind, call: &call, options, container: container.as_deref(), listen }))
            }
            _ => None,
        }
    }
}

struct Frame<'a> {
    url: &'a str,
    allow: &'a str,
    fullscreen: &'a str,
    origins: &'a [String],
    sizes: &'a [SizeClass],
}

/// Messages count only from the listed origins and from the frame's own window.
fn frame(frame: &Frame<'_>) -> String {
    let (width, height) = frame.sizes.first().map_or((900, 710), |size| (size.width, size.height));
    let origins: Vec<String> = frame.origins.iter().map(|origin| text(origin)).collect();
    format!(
        r#"<iframe id="idv-frame" src="{url}" width="{width}" height="{height}" allow="{allow}"{fullscreen}></iframe>
<script>
(function () {{
  var frame = document.getElementById("idv-frame");
  var origins = [{origins}];
  window.addEventListener("message", function (event) {{
    if (event.source !== frame.contentWindow || origins.indexOf(event.origin) < 0) return;
    var data = typeof event.data === "string" ? event.data : JSON.stringify(event.data);
    var detail = {{ type: "message", origin: event.origin, data: data }};
    window.dispatchEvent(new CustomEvent("idvkit:seen", {{ detail: detail }}));
  }});
}})();
</script>
"#,
        url = attribute(frame.url),
        allow = attribute(frame.allow),
        fullscreen = frame.fullscreen,
        origins = origins.join(", "),
    )
}

const VIEWPORT: &str = "position: relative; width: 100vw; height: 100vh; overflow: auto";

struct Script<'a> {
    src: &'a str,
    kind: &'a str,
    call: &'a str,
    options: &'a [Param],
    container: Option<&'a str>,
    listen: &'a [Signal],
}

/// A container gets the whole viewport, which the one widget that needs a container asks for (B-F6). The detail of a window
/// event is not reported: the one that is documented holds the user's data, and nothing reads it (B-Q13).
fn script(script: &Script<'_>) -> String {
    let container = script.container.and_then(|selector| selector.strip_prefix('#'));
    let container =
        container.map(|id| format!("<div id=\"{}\" style=\"{VIEWPORT}\"></div>\n", attribute(id))).unwrap_or_default();
    let members =
        script.options.iter().filter_map(|one| Some(format!("    {}: {}", text(&one.name), value(&one.value)?)));
    let handlers: Vec<String> = handlers(script.listen).map(text).collect();
    let events: Vec<String> = events(script.listen).map(text).collect();
    format!(
        r#"{container}<script{kind} src="{src}"></script>
<script{kind}>
(function () {{
  var options = {{
{members}
  }};
  function report(name, data) {{
    var text = data === undefined ? "" : typeof data === "string" ? data : JSON.stringify(data);
    var detail = {{ type: "event", name: name, data: text }};
    window.dispatchEvent(new CustomEvent("idvkit:seen", {{ detail: detail }}));
  }}
  [{handlers}].forEach(function (name) {{ options[name] = function (data) {{ report(name, data); }}; }});
  [{events}].forEach(function (name) {{ window.addEventListener(name, function () {{ report(name); }}); }});
  {call}
}})();
</script>
"#,
        kind = script.kind,
        src = attribute(script.src),
        members = members.collect::<Vec<_>>().join(",\n"),
        handlers = handlers.join(", "),
        events = events.join(", "),
        call = script.call,
    )
}

fn handlers(listen: &[Signal]) -> impl Iterator<Item = &str> {
    let names = listen.iter().filter_map(|signal| match &signal.on {
        Trigger::Handler { names } => Some(names),
        _ => None,
    });
    names.flatten().map(String::as_str)
}

fn events(listen: &[Signal]) -> impl Iterator<Item = &str> {
    listen.iter().filter_map(|signal| match &signal.on {
        Trigger::Event { name } => Some(name.as_str()),
        _ => None,
    })
}

fn value(value: &ParamValue) -> Option<String> {
    Some(match value {
        ParamValue::Text { value } => text(value),
        ParamValue::Flag { value } => value.to_string(),
        ParamValue::Texts { value } => {
            let member = |entry: &TextEntry| format!("{}: {}", text(&entry.name), text(&entry.value));
            format!("{{{}}}", value.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        ParamValue::Null => "null".into(),
        ParamValue::Host { .. } => return None,
    })
}

/// A string literal that can end neither itself nor the script element around it.
fn text(text: &str) -> String {
    let json = Value::from(text).to_string();
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            c => safe.push(c),
        }
    }
    safe
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

fn is_identifier(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphabetic() || b == b'_' || b == b'$';
    text.bytes().next().is_some_and(letter) && text.bytes().all(|b| letter(b) || b.is_ascii_digit())
}
