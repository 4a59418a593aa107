//! The page at `/`: what is here.

use axum::extract::State;
use axum::response::Response;
use maud::html;

use crate::control::http::help_lines;
use crate::html::{Look, Texts};
use crate::places;
use crate::world::Handle;

pub(crate) async fn index(State(shared): State<Handle>) -> Response {
    let base = shared.world().link("");
    let body = html! {
        p { "An independent local emulator for development and tests. Nothing here comes from, or reaches, a provider." }
        h2 { "Providers" }
        p { "Put these in place of the real hosts; the paths below them are the real ones." }
        div.table { table { @for (name, path) in places() { tr { th scope="row" { (name) } td { code { (base) (path) } } } } } }
        p { a href="/_sandbox/accounts" { "Test accounts and keys" } " · " a href="/_sandbox/log" { "Requests" } " · "
            a href="/_sandbox/deliveries" { "Deliveries" } }
        h2 { "Control API" }
        dl { @for (call, what) in help_lines() { dt { code { (call) } } dd { (what) } } }
    };
    Look::new("a provider", Texts::english()).page("idvkit sandbox", &body)
}
