//! Signing schemes as data, raw JSON slices, constant-time comparison, and the signature doctor.
//!
//! This crate is the only place of idvkit that compares a MAC or a shared secret. It has four parts:
//!
//! * [`Scheme`] signs and verifies: only [`Scheme::verify`] accepts a signature.
//! * [`member`] cuts the signed bytes out of the raw body, exactly as sent. [`ecmascript`] gives the one other form
//!   that may be checked, only for a provider whose documents do not say which bytes it signs (Attestr, A-F6 and A-Q1,
//!   inferred).
//! * [`same`], [`any_same`] and [`same_tag`] compare shared secrets and claimed signatures in constant time.
//! * [`diagnose`] and [`diagnose_member`] explain a mismatch to a developer. They never accept anything.
//!
//! ```
//! use idvkit_core::Secret;
//! use idvkit_signature::{Scheme, member};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let scheme = Scheme::HMAC_SHA256_HEX;
//! let secrets = [Secret::from("a secret of the account")];
//! let body = br#"{ "result": {"valid": true}, "resultSignature": "..." }"#;
//!
//! let signed = member(body, "result")?.ok_or("there is no result yet")?;
//! assert_eq!(signed, br#"{"valid": true}"#);
//!
//! let tag = scheme.sign(&secrets[0], signed)?;
//! scheme.verify(&secrets, signed, &tag)?;
//! assert!(scheme.verify(&secrets, body, &tag).is_err());
//! # Ok(())
//! # }
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod compare;
mod doctor;
mod ecmascript;
mod forms;
mod json;
mod scheme;
mod slice;

pub use compare::{any_same, same, same_tag};
pub use doctor::{diagnose, diagnose_member};
pub use ecmascript::ecmascript;
pub use idvkit_core::{Diagnosis, Difference, Finding, Verdict};
pub use scheme::{Algorithm, KeyForm, Mismatch, Scheme, TagEncoding};
pub use slice::{SliceError, member};
