//! A web shop that verifies its users, with any of the four providers: axum and idvkit's hosting kit.
//!
//! Which provider it is stands in two JSON texts, and nowhere in the code:
//!
//! ```text
//! IDV_CONFIG='{"provider": "jumio", ...}' IDV_REQUEST='{"flow": "jumio_authentication", ...}' cargo run --example axum
//! ```

use std::env::var;

use anyhow::Result;
use axum::{Router, response::Redirect, routing::post};
use idvkit::{Account, Config, Request};
use idvkit_host::{Database, Verifications};
use tokio::net::TcpListener;

// [host it]
#[tokio::main]
async fn main() -> Result<()> {
    let account = Account::new(Config::from_json(&var("IDV_CONFIG")?)?)?;
    let request = Request::from_json(&var("IDV_REQUEST")?)?;
    let verifications = Verifications::new(account, Database::open("sqlite:idv.sqlite").await?, async |ended| {
        println!("{}: {:?}", ended.verification.key(), ended.outcome); // act once for each `ended.delivery.id`
        Ok(())
    })?;
    tokio::spawn(verifications.clone().work());
    let port = var("PORT").unwrap_or_else(|_| "3000".into());
    Ok(axum::serve(TcpListener::bind(format!("localhost:{port}")).await?, shop(verifications, request)).await?)
}

pub(crate) fn shop(verifications: Verifications, request: Request) -> Router {
    let routes = verifications.routes(async |_request| Some("visitor".into())); // a real shop has a session
    let begin = async move || match verifications.begin(request, &order(), "visitor").await {
        Ok(id) => Ok(Redirect::to(&format!("/idv/verifications/{id}/page"))),
        Err(error) => Err(error.to_string()),
    };
    Router::new().route("/verifications", post(begin)).nest("/idv", routes)
}
// [/host it]

/// A real shop has a name for it, such as the order's number: the same one begins it only once.
fn order() -> String {
    format!("{:032x}", rand::random::<u128>())
}
