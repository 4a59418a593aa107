//! The paths below `/biometric_kz`: `kyc` and `remote` stand for the two hosts.

use axum::routing::{MethodRouter, any, get, post};

use super::{api, pages};
use crate::html::assets;
use crate::stand_in::{Operation, Route};
use crate::world::Handle;

pub(crate) fn all() -> Vec<Route> {
    // A reference photo may have 10 MB, in base64 a third more, and room to be refused in words.
    let created = Operation::call("biometric_kz.create_session").long(32);
    let fetched = Operation::call("biometric_kz.fetch_result");
    let widget = Operation::page("biometric_kz.widget");
    vec![
        Route::new(created, "/kyc/api/v1/flows/session/create/", post(api::create).options(api::preflight)),
        Route::new(created, "/kyc/api/v1/flows/session/create", any(api::no_slash)),
        Route::new(fetched, "/kyc/api/v1/flows/session/result/", get(api::result).options(api::preflight)),
        Route::new(fetched, "/kyc/api/v1/flows/session/result", any(api::no_slash)),
        Route::new(Operation::page("biometric_kz.page"), "/remote/flow/{session}", get(pages::open)),
        Route::new(Operation::page("biometric_kz.submit"), "/remote/flow/{session}", post(pages::act)),
        Route::new(Operation::page("biometric_kz.finished"), "/remote/finished", get(pages::finished)),
        // The prose and the examples name different files (B-2).
        Route::new(widget, "/remote/widget/flow-widget.umd.js", script()),
        Route::new(widget, "/remote/widget/flow-widget.js", script()),
    ]
}

fn script() -> MethodRouter<Handle> {
    get(async || assets::javascript(include_str!("flow-widget.js")))
}
