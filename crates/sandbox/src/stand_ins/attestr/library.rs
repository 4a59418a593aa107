//! The browser library's stand-in, and the page that it shows in a frame.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::response::Response;
use maud::html;

use super::forms::{self, View};
use super::pages::{PROVIDER, language};
use super::settings::StageKind;
use crate::html::{Look, Texts, assets};
use crate::log::hinted;
use crate::world::Handle;

pub(crate) async fn script() -> Response {
    assets::javascript(include_str!("flowx.js"))
}

/// The frame's page: every form that a flow can need, for its script to show; it knows no handshake.
pub(crate) async fn page(State(shared): State<Handle>, Query(query): Query<HashMap<String, String>>) -> Response {
    let (language, remark) = language(&shared.world(), query.get("lc").map(String::as_str));
    let look = Look::new(PROVIDER, Texts::of(&language));
    let texts = look.texts;
    let body = html! {
        div data-own-script="flow.js" {
            p data-progress role="status" data-again=(texts.say("reconnecting")) { (texts.say("connecting")) }
            div role="alert" data-alert hidden { p {} }
            div data-stage-slot {}
        }
        template data-type="introduction" data-title=(texts.say("attestr_title")) { (forms::introduction(texts)) }
        @for kind in StageKind::ALL {
            (template(&look, kind, None))
            @if kind.has_code() { (template(&look, kind, Some(("", "")))) }
        }
        @for (name, key) in [("camera", "error_camera"), ("later", "error_later"), ("storage", "storage_text")] {
            template data-message=(name) { (texts.say(key)) }
        }
    };
    hinted(look.page_with(texts.say("attestr_title"), &body, "flow.js"), remark)
}

fn template(look: &Look<'_>, kind: StageKind, code: Option<(&str, &str)>) -> maud::Markup {
    let part = if code.is_some() { "code" } else { "form" };
    let view = View { kind, stage: "", code };
    html! {
        template data-type=(kind.name()) data-part=(part) data-title=(forms::title(look.texts, kind)) {
            (forms::stage(look, &view, |_| ""))
        }
    }
}
