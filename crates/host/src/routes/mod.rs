//! The routes, for axum.

mod answers;
mod page;
mod problem;
mod stream;

use std::{future::Future, pin::Pin, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Uri, header, request::Parts, uri::Authority},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};

use crate::verifications::Verifications;
use problem::Problem;

type Who = Arc<dyn Fn(Parts) -> Pin<Box<dyn Future<Output = Option<String>> + Send>> + Send + Sync>;

/// What every route has.
#[derive(Clone)]
struct Host {
    kit: Verifications,
    who: Who,
}

impl Verifications {
    /// The routes, to be nested where you like: `Router::new().nest("/idv", verifications.routes(who))`. `OPENAPI`
    /// describes them.
    ///
    /// `who` says which user sends a request, by the same name that `begin` got as the subject; `None` if nobody is logged
    /// in. It is only asked for routes of browsers, not for callbacks and returns.
    pub fn routes<F: Future<Output = Option<String>> + Send + 'static>(
        &self,
        who: impl Fn(Parts) -> F + Send + Sync + 'static,
    ) -> Router {
        let who: Who = Arc::new(move |request| Box::pin(who(request)));
        let host = Host { kit: self.clone(), who };
        Router::new()
            .route("/verifications/{id}", get(answers::state))
            .route("/verifications/{id}/events", get(stream::events))
            .route("/verifications/{id}/page", get(page::page))
            .route("/verifications/{id}/hint", post(answers::hint))
            .route("/verifications/{id}/images", post(answers::images))
            .route("/verifications/{id}/retry", post(answers::retry))
            .layer(middleware::from_fn_with_state(host.clone(), own_pages_only))
            .route("/return", get(answers::returned))
            .route("/callbacks/{account}", post(answers::callback))
            .route("/callbacks/{account}/{*rest}", post(answers::callback))
            .route("/element/{*file}", get(page::element))
            .route("/openapi.json", get(page::openapi))
            .fallback(async || Problem::not_found("there is nothing here; `openapi.json` lists the routes"))
            .method_not_allowed_fallback(async || Problem::method_not_allowed())
            .layer(middleware::map_response(problem::in_one_form))
            .layer(middleware::map_response(page::harden))
            .with_state(host)
    }
}

impl Host {
    /// Lets a request through if it is from the user whose verification this is.
    async fn admit(&self, id: &str, request: Parts) -> Result<(), Problem> {
        let Some(user) = (self.who)(request).await else { return Err(Problem::nobody()) };
        match self.kit.database().subject(id).await? {
            None => Err(Problem::not_found("there is no such verification; pass the id that `begin` returned")),
            Some(subject) if subject == user => Ok(()),
            Some(_) => Err(Problem::not_yours()),
        }
    }
}

/// Refuses what another site's page has its visitor post.
async fn own_pages_only(State(host): State<Host>, request: Request, rest: Next) -> Result<Response, Problem> {
    if !request.method().is_safe() && is_foreign(request.headers(), request.uri(), &host.kit.origins) {
        return Err(Problem::foreign_origin());
    }
    Ok(rest.run(request).await)
}

fn is_foreign(headers: &HeaderMap, uri: &Uri, origins: &[String]) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let Some(origin) = text(header::ORIGIN) else {
        return text(header::HeaderName::from_static("sec-fetch-site"))
            .is_some_and(|site| !matches!(site, "same-origin" | "none"));
    };
    // HTTP/2 has the host in the URI.
    let host = text(header::HOST).or_else(|| uri.authority().map(Authority::as_str)).unwrap_or_default();
    let own = origin.split_once("://").is_some_and(|(_, named)| named.eq_ignore_ascii_case(host));
    !own && !origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_post_is_from_the_hosts_own_pages_or_from_an_origin_that_is_listed() {
        let origins = ["https://www.shop.example".to_owned()];
        for (given, foreign) in [
            (vec![("host", "shop.example"), ("origin", "https://shop.example")], false),
            (vec![("host", "shop.example"), ("origin", "https://WWW.shop.example")], false),
            (vec![("host", "shop.example"), ("origin", "https://evil.example")], true),
            (vec![("host", "shop.example"), ("origin", "https://shop.example:8443")], true),
            (vec![("host", "shop.example"), ("origin", "null")], true),
            (vec![("origin", "https://")], false),
            (vec![("host", "shop.example")], false),
            (vec![("host", "shop.example"), ("sec-fetch-site", "same-origin")], false),
            (vec![("host", "shop.example"), ("sec-fetch-site", "none")], false),
            (vec![("host", "shop.example"), ("sec-fetch-site", "same-site")], true),
            (vec![("host", "shop.example"), ("sec-fetch-site", "cross-site")], true),
        ] {
            let headers = given
                .iter()
                .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
            assert_eq!(is_foreign(&headers.collect(), &Uri::from_static("/"), &origins), foreign, "{given:?}");
        }
    }
}
