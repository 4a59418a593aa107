//! The driver: what it asks of a host, and what becomes of what it is told.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

mod blobs;
mod conflicts;
mod deliveries;
mod host;
mod late;
mod model;
mod plain;
mod plans;
mod properties;
mod spoiled;
#[allow(dead_code, reason = "the rest of it is for the properties of sessions")]
#[path = "../support/mod.rs"]
mod support;
mod tokens;
