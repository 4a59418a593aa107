//! Jumio: whole sessions, restored from the snapshot before each step, and every vector.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

mod account;
mod ends;
mod flow;
mod page;
mod run;
mod vectors;
