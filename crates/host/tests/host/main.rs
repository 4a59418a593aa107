//! The kit over real HTTP to the sandbox, on real databases.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

mod outcome;
mod postgres;
mod routes;
mod store;
mod support;
