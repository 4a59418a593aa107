//! The frame around every page: layout, languages, the camera step, headers, and data for scripted users.

pub(crate) mod assets;
pub(crate) mod capture;
mod headers;
mod script;
mod texts;

use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(crate) use headers::Framing;
pub(crate) use script::Delay;
pub use script::{Camera, PageScript, Storage};
pub(crate) use texts::Texts;

/// The two colours of an account.
#[derive(Clone, Copy)]
pub(crate) struct Brand<'a> {
    pub(crate) primary: &'a str,
    pub(crate) secondary: &'a str,
}

/// What is the same on all pages of a visit.
pub(crate) struct Look<'a> {
    /// Whom the page stands in for.
    pub(crate) provider: &'a str,
    pub(crate) texts: Texts,
    pub(crate) brand: Option<Brand<'a>>,
    pub(crate) framing: Framing,
    pub(crate) script: PageScript,
}

impl<'a> Look<'a> {
    pub(crate) fn new(provider: &'a str, texts: Texts) -> Self {
        Self { provider, texts, brand: None, framing: Framing::Anywhere, script: PageScript::default() }
    }

    /// A whole page. The notice is on every one of them: nobody may take the sandbox for the provider.
    pub(crate) fn page(&self, title: &str, body: &Markup) -> Response {
        self.page_with(title, body, "page.js")
    }

    /// A page with a script of its own, which includes what `page.js` does as far as it needs that.
    pub(crate) fn page_with(&self, title: &str, body: &Markup, script: &str) -> Response {
        let texts = &self.texts;
        let colours = self.brand.map(colours);
        let markup = html! {
            (DOCTYPE)
            html lang=(texts.language()) dir="ltr" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " – " (texts.say("local_sandbox")) }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href=(assets::path("page.css"));
                    @if let Some(colours) = &colours { style { (PreEscaped(colours)) } }
                    script type="module" src=(assets::path(script)) {}
                }
                body {
                    header { p { (texts.with("notice", &[("provider", self.provider)])) } }
                    main {
                        (self.storage_notice())
                        div data-content { h1 tabindex="-1" { (title) } (body) }
                    }
                }
            }
        };
        let response = Html(markup.into_string()).into_response();
        self.script.slow(headers::sealed(response, colours.as_deref(), &self.framing))
    }

    /// What a page shows in place of its content where a frame has no storage. Its script looks for itself, too.
    fn storage_notice(&self) -> Markup {
        html! { section data-storage=(self.script.storage.name()) hidden {
            h2 { (self.texts.say("storage_title")) }
            p { (self.texts.say("storage_text")) }
            p { a data-open-alone target="_blank" rel="noopener" href="" { (self.texts.say("storage_open")) } }
        } }
    }
}

/// The block of what else can happen: everything a user can cause that the page's main button does not.
pub(crate) fn endings(texts: Texts, inside: &Markup) -> Markup {
    html! { details.endings open { summary { (texts.say("endings")) } (inside) } }
}

/// A button that says what the user does.
pub(crate) fn button(action: &str, label: &str) -> Markup {
    html! { button name="action" value=(action) formnovalidate { (label) } }
}

/// The main button: the first of its form, so that Enter presses it.
pub(crate) fn main_button(action: &str, label: &str) -> Markup {
    html! { p.go { button.main name="action" value=(action) { (label) } } }
}

/// A field for a code that arrived on the phone, which browsers may fill in by themselves.
pub(crate) fn code_field(texts: Texts) -> Markup {
    html! { p.field {
        label for="otp" { (texts.say("otp_label")) }
        input.code id="otp" name="otp" inputmode="numeric" autocomplete="one-time-code" maxlength="8" spellcheck="false";
    } }
}

/// The code itself: no phone is behind the sandbox.
pub(crate) fn code_hint(texts: Texts, code: &str) -> Markup {
    html! { p.hint { (texts.say("sandbox_code")) " " output data-otp=(code) { (code) } } }
}

pub(crate) fn alert(text: &str) -> Markup {
    html! { div role="alert" { p { (text) } } }
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

/// The account's colours, and what is readable on them.
fn colours(brand: Brand<'_>) -> String {
    let Brand { primary, secondary } = brand;
    let text = if luminance(primary) > 0.35 { "#16181d" } else { "#ffffff" };
    format!(":root{{--primary:{primary};--on-primary:{text};--secondary:{secondary}}}")
}

/// Relative luminance, 0 to 1, by the usual weights on linear light.
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let byte = colour.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0);
        (f64::from(byte) / 255.0).powf(2.2)
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[cfg(test)]
mod tests {
    use super::{data_script, is_colour, luminance};

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

    #[test]
    fn bright_and_dark_are_told_apart() {
        assert!(luminance("#ffe08a") > 0.35 && luminance("#1f4e79") < 0.35);
    }
}
