//! The paths below `/jumio`: a folder for each of the three hosts, and below it the host's own paths.

use axum::routing::{delete, get, post};

use super::{initiate, pages, retrieval};
use crate::stand_in::{Operation, Route};

const RETRIEVE: Operation = Operation::call("jumio.retrieve");
const DELETE: Operation = Operation::call("jumio.delete");
const IMAGE: Operation = Operation::call("jumio.image");

const TRANSACTION: &str = "/{region}/api/netverify/v2/authentications/{reference}";
// The delete guide's own sample ends in a slash (J-15).
const SLASHED: &str = "/{region}/api/netverify/v2/authentications/{reference}/";
const FACE: &str = "/{region}/api/netverify/v2/authentications/{reference}/images/face";
const LIVENESS: &str = "/{region}/api/netverify/v2/authentications/{reference}/images/liveness/{number}";

const CLIENT: &str = "/{region}/web/v4/app";
// A domain prefix is a host name at the provider; here it is a folder.
const PREFIXED: &str = "/{region}/{prefix}/web/v4/app";

pub(crate) fn all() -> Vec<Route> {
    let initiated = Operation::call("jumio.initiate");
    let mut routes =
        vec![Route::new(initiated, "/{region}/api/authentication/v1/web/initiate", post(initiate::initiate))];
    for path in [TRANSACTION, SLASHED] {
        routes.push(Route::new(RETRIEVE, path, get(retrieval::retrieve)));
        routes.push(Route::new(DELETE, path, delete(retrieval::delete)));
    }
    routes.push(Route::new(IMAGE, FACE, get(retrieval::face)));
    routes.push(Route::new(IMAGE, LIVENESS, get(retrieval::liveness)));
    for path in [CLIENT, PREFIXED] {
        routes.push(Route::new(Operation::page("jumio.page"), path, get(pages::open)));
        routes.push(Route::new(Operation::page("jumio.submit"), path, post(pages::act)));
    }
    routes
}
