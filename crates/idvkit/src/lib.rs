//! One SDK for identity-verification (IDV, eKYC) flows.
//!
//! Your code performs HTTP, keeps the database and shows the pages; idvkit says what to do next and which result can be
//! trusted. It has no sockets, no clock and no random source, so the same session runs in a test, a lambda or a server,
//! and continues on any machine from its snapshot.
//!
//! ```
//! use idvkit::{Account, Config, Input, Next, Outcome, Request, Seed, Session, UnixMillis};
//!
//! # fn main() -> Result<(), idvkit::Reject> {
//! let account = Account::new(Config::from_json(
//!     r#"{"provider": "jumio", "region": "us", "api_token": "t", "api_secret": "s",
//!         "user_agent": "YourCompany YourApp/v1.0", "callback": "portal"}"#,
//! )?)?;
//! let request = Request::from_json(
//!     r#"{"flow": "jumio_authentication",
//!         "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222"}"#,
//! )?;
//! # let random_bytes: Vec<u8> = (0..32).collect();
//! # let now = UnixMillis(1_767_225_600_000);
//! let mut session = Session::open(&account, request, Seed::new(&random_bytes)?, now)?;
//!
//! let Next::Send { request } = session.next(now) else { unreachable!() };
//! assert_eq!(request.operation, "jumio.initiate");
//! session.handle(Input::HttpFailed { id: request.id }, now)?;
//! assert!(matches!(session.next(now), Next::Wait { .. }));
//! # Ok(())
//! # }
//! ```
//!
//! * [`Session`]: `open`, `next`, `handle`, `snapshot`, `restore`.
//! * [`driver`]: everything that a host does around sessions, for any HTTP client and any store.
//! * [`Journey`] and [`read`]: what a page or phone receives, and what it sends back.
//! * [`catalog`], [`best_locale`] and [`diagnose`]: the providers' tables, the user's language out of them, and the signature
//!   doctor.
//! * [`verify`] and [`signed_member`]: signatures without a session.
//! * [`attestr`], [`biometric_kz`], [`jumio`], [`signicat`]: each provider's own types, and the calls on its values and
//!   documents, such as [`jumio::url`]. They are useful without a session too, and the same in every language.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod account;
pub mod driver;
mod list;
mod malformed;
mod outside;
mod providers;
mod session;
mod signed;
mod values;

pub use account::{Account, diagnose};
pub use idvkit_core::{
    AtProvider, Basis, Blame, Blob, Body, Bound, Browser, Cache, CallbackSource, Carry, Catalog, Cause, Condition,
    Decision, Diagnosis, Difference, Document, Erasure, ErrorCode, Evidence, Fault, FaultClass, FaultCode, Finding,
    Header, Hint, HintKind, HttpRequest, Image, ImageSlot, Input, Journey, LocaleChoice, LocaleEntry, LocaleList,
    LocaleSet, Method, NativeCall, Next, Outcome, Param, ParamValue, Part, Permission, Person, Provider, Reason,
    Refused, Reject, RejectCode, Secret, Seed, Seen, Signal, SignedForm, SizeClass, Source, Support, TextEntry,
    Trigger, UnixMillis, Verdict, VersionWindow, Way, Why, read,
};
pub use idvkit_signature::{Algorithm, KeyForm, Scheme, TagEncoding};
pub use outside::{jumio_image_request, signicat_download_request, signicat_token_request};
pub use providers::*;
pub use session::Session;
pub use signed::{signed_member, verify};
pub use values::value_from_json;
#[cfg(feature = "wire")]
pub use {
    idvkit_core::values::Failed,
    values::{argument_reject, value_in_json},
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
