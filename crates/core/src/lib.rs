//! The types that all of idvkit shares, and the state machine that runs every flow.
//!
//! * **For a host**: [`Next`] (send, present, wait, done) and [`Input`]; HTTP as data in [`HttpRequest`].
//! * **For a page or phone**: [`Journey`] and its [`Way`]s; [`read`] turns what was [`Seen`] into a hint.
//! * **For a host that uses the driver**: [`Ask`], [`Told`] and the [`Row`] of a verification.
//! * **Results**: [`Outcome`], [`Evidence`], and [`Reject`] for a refused call.
//! * **Values of requests and accounts**: [`LocaleTag`], [`RestrictedUrl`], [`BaseUrl`], [`Base64Image`], [`PollPlan`],
//!   [`Secret`].
//! * **Settings of every account**: [`settings`].
//! * **Answers**: [`Json`] reads one, and [`Flaw`] says what is wrong with one.
//! * **State machine**: [`machine`], which keeps the rules that all providers have in common.
//!
//! Four features exist for the bindings and are off by default: `wire` gives requests and evidence a serialised form;
//! `schema` describes all types for the generated declarations; `uniffi-client` declares for Kotlin and Swift the types
//! of an app, and `uniffi` all types.
//!
//! There are no sockets, no clock and no random source: time and a [`Seed`] are parameters.
// What uniffi's macros write needs std.
#![cfg_attr(not(feature = "uniffi-client"), no_std)]
#![forbid(unsafe_code)]
extern crate alloc;

mod ask;
mod base_url;
mod catalog;
mod codes;
mod diagnosis;
mod flaw;
mod host;
mod http;
mod id;
mod image;
mod journey;
mod json;
mod locale;
pub mod machine;
mod next;
mod operation;
mod outcome;
mod poll;
mod provider;
mod read;
mod reject;
mod restricted_url;
mod secret;
mod seed;
pub mod settings;
mod spoiled;
mod time;
mod token;
pub mod values;
#[cfg(feature = "wire")]
mod wire;

#[cfg(feature = "uniffi-client")]
uniffi::setup_scaffolding!();

pub use ask::{Answer, Ask, Blob, By, Delivery, Reference, Row, Told};
pub use base_url::BaseUrl;
pub use catalog::{Browser, CallbackSource, Catalog, ErrorCode, LocaleEntry, LocaleList, Support, VersionWindow};
pub use codes::{FaultCode, RejectCode};
pub use diagnosis::{Diagnosis, Difference, Finding, Verdict};
pub use flaw::{Flaw, FlawKind};
pub use http::{Cache, Header, HttpRequest, Method, Response};
pub use id::one_form;
pub use image::{Base64Image, ImageKind, ImageRules, Inspected};
pub use journey::{
    Bound, Carry, Condition, HintKind, ImageSlot, Journey, NativeCall, Param, ParamValue, Permission, Refused, Signal,
    SizeClass, TextEntry, Trigger, Way,
};
pub use json::{Json, Node};
pub use locale::{LocaleChoice, LocaleName, LocaleSet, LocaleTag};
pub use next::{AtProvider, Erasure, Image, Input, Next, Why};
pub use operation::Operation;
pub use outcome::{
    Basis, Cause, Decision, Document, Evidence, Fault, FaultClass, Outcome, Part, Person, Reason, SignedForm, Source,
};
pub use poll::PollPlan;
pub use provider::Provider;
pub use read::{Hint, MAX_HINT_BYTES, Seen, read};
pub use reject::{Blame, Reject};
pub use restricted_url::{Development, QueryRule, RestrictedUrl, UrlRules, looks_like_email, push_segment};
pub use secret::Secret;
pub use seed::{Seed, fingerprint};
pub use time::UnixMillis;
pub use token::TokenAnswer;
pub use values::Body;
