//! The frame around every page, and data for scripted users inside it.

use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// How a page looks: which provider it stands in for, and that account's two colours if it has any.
pub(crate) struct Look<'a> {
    pub(crate) provider: &'a str,
    pub(crate) primary: Option<&'a str>,
    pub(crate) secondary: Option<&'a str>,
}

impl<'a> Look<'a> {
    pub(crate) fn plain(provider: &'a str) -> Self {
        Self { provider, primary: None, secondary: None }
    }
}

/// A whole page. The banner is on every one of them: nobody may take the sandbox for the provider.
pub(crate) fn page(look: &Look<'_>, title: &str, body: &Markup) -> Response {
    let primary = look.primary.unwrap_or("#1f4e79");
    let secondary = look.secondary.unwrap_or("#f3f6f9");
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) " - local sandbox" }
                style { (PreEscaped(STYLE)) (PreEscaped(format!(":root{{--primary:{primary};--secondary:{secondary}}}"))) }
            }
            body {
                header role="banner" { p { strong { "Local sandbox – not " (look.provider) } } }
                main { h1 { (title) } (body) }
            }
        }
    };
    Html(markup.into_string()).into_response()
}

/// `<script type="application/json" data-…>`: what a real page would hand to JavaScript, readable without running any.
pub(crate) fn data_script(attribute: &str, value: &str, json: &str) -> Markup {
    // Inside <script> only `<` can end the element; JSON may always spell it as an escape.
    let json = json.replace('<', "\\u003c");
    let value = value.replace(['"', '&', '<', '>'], "");
    PreEscaped(format!("<script type=\"application/json\" {attribute}=\"{value}\">{json}</script>"))
}

/// Six hexadecimal digits after `#`: nothing else goes into a style sheet.
pub(crate) fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

const STYLE: &str = "body{margin:0;font:1rem/1.5 system-ui,sans-serif;background:var(--secondary)}\
header{background:#ffe08a;color:#222;padding:.25rem 1rem}header p{margin:0}\
main{max-width:40rem;margin:0 auto;padding:1rem}\
h1,h2{color:var(--primary)}form p{margin:.75rem 0}\
button{font:inherit;padding:.5rem .75rem;margin:.25rem .25rem .25rem 0}\
input,select{font:inherit;padding:.4rem}label{display:block}\
[role=alert]{border-left:.3rem solid #b00020;padding:.25rem .75rem;background:#fff}\
table{border-collapse:collapse}td,th{text-align:left;padding:.2rem .6rem;vertical-align:top}";

#[cfg(test)]
mod tests {
    use super::{data_script, is_colour};

    #[test]
    fn data_cannot_leave_its_element() {
        let markup = data_script("data-x", "y", r#"{"a":"</script><b>"}"#).into_string();
        assert_eq!(markup.matches("</script>").count(), 1);
    }

    #[test]
    fn colours_are_hexadecimal_only() {
        assert!(is_colour("#00aAff"));
        assert!(!is_colour("red;}"));
        assert!(!is_colour("#00aaf"));
    }
}
