//! Drives verifications over a real HTTP client. This crate only does I/O.
//!
//! [`Client`] is the loop around `idvkit::driver`: it does what a [`Driver`](idvkit::driver::Driver) asks, with reqwest
//! and a [`Store`] of yours. Several workers on several machines may drive the same verification. The client follows no
//! redirects, repeats no request by itself, reads at most 32 MiB of an answer, and logs the operation, never a URL.

mod client;
mod exchange;
mod store;

pub use client::{Client, Ended, Error, Observed};
pub use exchange::{MAX_ANSWER_BYTES, builder};
/// The version whose client [`Client::over`] takes.
pub use reqwest;
pub use store::{MemoryStore, Store};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
