#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "axum"), allow(dead_code, reason = "some parts are for the routes only"))]

mod drive;
mod event;
#[cfg(feature = "otel")]
mod otel;
mod store;
mod verifications;
mod worker;

#[cfg(feature = "axum")]
mod routes;

pub use event::{Event, What};
pub use idvkit_http::Ended;
pub use store::{Database, Filter, Keys, StoreError, Summary};
pub use verifications::{ActError, Error, Shown, State, Verifications};

/// The tables: the SQL of each version of the schema, in order, for `SQLite` and `PostgreSQL` alike.
pub const SCHEMA: &[&str] = &[include_str!("../schema/1.sql")];

/// The routes, as an `OpenAPI` 3.1 document in JSON.
pub const OPENAPI: &str = include_str!("../openapi.json");
