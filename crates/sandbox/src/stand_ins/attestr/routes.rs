//! The paths below `/attestr`: a folder for each of the provider's hosts.

use axum::routing::{any, get, post};

use super::{api, library, meta, pages, socket};
use crate::stand_in::{Operation, Route};

pub(crate) fn all() -> Vec<Route> {
    let (created, fetched) = (Operation::call("attestr.create_handshake"), Operation::call("attestr.fetch_result"));
    let library = Operation::page("attestr.library");
    vec![
        Route::new(created, "/api/{version}/public/flowx/handshake", post(api::create)),
        Route::new(fetched, "/api/{version}/public/flowx/handshake/{handshake}", get(api::fetch)),
        Route::new(Operation::page("attestr.languages"), "/api/{version}/public/languages", get(meta::languages)),
        Route::new(Operation::page("attestr.meta"), "/api/{version}/public/presigned/flowx/meta", get(meta::meta)),
        Route::new(library, "/cdn/flowx.js", get(library::script)),
        Route::new(library, "/cdn/flowx.html", get(library::page)),
        // The provider's is wss://flowx.attestr.com/v1.
        Route::new(Operation::page("attestr.socket"), "/flowx/v1", any(socket::connect)),
        Route::new(Operation::page("attestr.launch"), "/flow/{handshake}", get(pages::launch)),
        Route::new(Operation::page("attestr.page"), "/flow/{handshake}/{run}", get(pages::show)),
        Route::new(Operation::page("attestr.submit"), "/flow/{handshake}/{run}", post(pages::act)),
    ]
}
