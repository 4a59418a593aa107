//! The vocabulary of idvkit. Placeholder docs.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

mod reject;
mod secret;

pub use reject::{Blame, Reject};
pub use secret::Secret;
