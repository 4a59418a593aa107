//! The paths below `/signicat`. Both profiles have their API base at `assure`; only their token endpoints differ.

use axum::http::{Method, Uri};
use axum::routing::{any, get, post};

use super::{api, pages, table, token};
use crate::stand_in::{Named, Operation, Route};
use crate::world::World;

pub(crate) fn all() -> Vec<Route> {
    let token = Operation::call("signicat.token");
    let (page, submit) = (Operation::page("signicat.page"), Operation::page("signicat.submit"));
    vec![
        Route::new(token, "/oidc/token", post(token::legacy)),
        Route::new(token, "/auth/open/connect/token", post(token::current)),
        assure(),
        Route::new(page, "/capture/{page}", get(pages::capture)),
        Route::new(submit, "/capture/{page}", post(pages::act_on_capture)),
        Route::new(page, "/eid/{page}", get(pages::eid)),
        Route::new(submit, "/eid/{page}", post(pages::act_on_eid)),
    ]
}

fn assure() -> Route {
    Route {
        path: "/assure/{*path}",
        methods: any(api::assure),
        operation: Named::ByTable { all: table::operations, find: operation },
    }
}

fn operation(world: &World, method: &Method, uri: &Uri) -> Option<Operation> {
    let path = uri.path().strip_prefix("/signicat/assure/")?;
    table::operation(&world.config.signicat, method, path)
}
