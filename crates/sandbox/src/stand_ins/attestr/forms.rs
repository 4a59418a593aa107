//! The markup of the flow's steps, for the hosted pages and for the page behind the browser library.

use maud::{Markup, html};

use super::settings::StageKind;
use crate::html::capture::{self, Subject};
use crate::html::{Look, Texts, button, code_field, code_hint, endings, main_button};

/// What a stage's form shows.
pub(crate) struct View<'a> {
    pub(crate) kind: StageKind,
    pub(crate) stage: &'a str,
    /// Where a code was sent, and the code.
    pub(crate) code: Option<(&'a str, &'a str)>,
}

/// The user is told what comes, before the first stage is looked for.
pub(crate) fn introduction(texts: Texts) -> Markup {
    html! {
        p { (texts.say("attestr_lead")) }
        form method="post" {
            (main_button("begin", texts.say("begin")))
            (endings(texts, &html! { p.row { (button("leave", texts.say("leave"))) } }))
        }
    }
}

/// The form of a stage; `prefilled` are the flow's variables.
pub(crate) fn stage<'a>(look: &Look<'_>, view: &View<'_>, prefilled: impl Fn(&str) -> &'a str) -> Markup {
    let (texts, kind) = (look.texts, view.kind);
    let photo = kind.fields().is_empty();
    let others = html! {
        @if !kind.has_code() || view.code.is_some() {
            p { (button("submit_and_leave", texts.say("submit_and_leave"))) }
        }
        p.row {
            @if photo {
                (button("mismatch", texts.say("face_mismatch")))
                (button("deny_camera", texts.say("deny_camera")))
            }
            (button("leave", texts.say("leave")))
        }
    };
    html! {
        p.step { (texts.with("stage_line", &[("type", kind.name())])) }
        form method="post" data-stage=(view.stage) data-type=(kind.name()) {
            @match view.code {
                Some(sent) => (code_step(texts, sent)),
                None if photo => {
                    (capture::step(look, Subject::Face))
                    (main_button("submit", texts.say("face_take")))
                }
                None => {
                    (fields(texts, kind, prefilled))
                    @if kind.has_code() { (main_button("send_code", texts.say("send_code"))) }
                    @else { (main_button("submit", texts.say("submit"))) }
                }
            }
            (endings(texts, &others))
        }
    }
}

/// The heading over a stage.
pub(crate) fn title(texts: Texts, kind: StageKind) -> &'static str {
    texts.say(&format!("stage_{}", kind.name().to_ascii_lowercase()))
}

fn code_step(texts: Texts, (target, code): (&str, &str)) -> Markup {
    html! {
        p { (texts.say("code_sent")) " " strong data-target { (target) } }
        (code_hint(texts, code))
        (code_field(texts))
        (main_button("submit", texts.say("code_verify")))
    }
}

fn fields<'a>(texts: Texts, kind: StageKind, prefilled: impl Fn(&str) -> &'a str) -> Markup {
    html! { @for field in kind.fields() {
        p.field {
            label for=(field.name) { (texts.say(&format!("field_{}", field.name))) }
            input id=(field.name) name=(field.name) value=(prefilled(field.name)) autocomplete="off"
                inputmode=(field.keyboard) aria-describedby=(format!("{}-example", field.name));
            small id=(format!("{}-example", field.name)) { (texts.with("example", &[("example", field.example)])) }
        }
    } }
}
