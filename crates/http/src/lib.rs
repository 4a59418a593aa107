//! Drives an idvkit session over a real HTTP client: I/O, and nothing else.
//!
//! [`Client::advance`] performs what `next` asks until the user, a wait or the end is reached, and stores every change
//! with compare-and-swap, so that several workers may drive the same session. It follows no redirects, repeats nothing
//! by itself, reads at most 32 MiB of an answer, and logs the operation, never a URL.

mod cache;
mod client;
mod store;

pub use client::{Client, Error, MAX_ANSWER_BYTES, Observed};
pub use store::{MemoryStore, Store};
