//! Signicat Assure as an I/O-free state machine (S-FLOWS; all such ids stand in `PROTOCOL.md`).
//!
//! There are three flows: a document is verified from images ([`DocumentVerification`]), a document is verified on
//! Signicat's page ([`CaptureFlow`]), and the user authenticates with an electronic identity ([`Eid`]). [`Signicat`]
//! opens and restores a [`Session`], which [`Machine`] runs. Some parts are useful without a session: [`Callback`],
//! [`Event`] and [`ReturnParameters`] to read what Signicat sends back, [`Process`] for an answer, [`Problem`] for an
//! error, [`download_request`] after a decision, [`PROVIDERS`] and [`ROUTES`] for the tables. [`VALUES`] names the calls
//! that every language has on the provider's values and documents, such as [`images()`].
//!
//! A redirect and a callback are hints; only the result that your own server fetches is a verdict. Only the status
//! `accepted` approves. [`ROUTES`] marks the paths that no document states, and an account can replace them.
//!
//! # What is deleted
//! An erasure at the provider deletes each dossier that the session made, with all that is in it. In a dossier that was
//! yours before, it deletes the processes that the session made, and leaves the rest to you.
// What uniffi's macros write needs std.
#![cfg_attr(not(feature = "uniffi"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod account;
mod answers;
mod callback;
mod calls;
mod catalog;
mod flow;
mod journey;
mod operations;
mod request;
mod values;
mod verdict;

use alloc::{string::String, sync::Arc};

use idvkit_core::{Catalog, Input, Provider, Reject, Seed, UnixMillis, machine::Machine};

pub use account::{Account, ClientAuth, Config, Notification, Options, Profile};
pub use answers::{AccessToken, CaptureStarted, DossierCreated, Problem, ProblemShape, Process, ProcessStatus};
pub use callback::{Callback, Event, ReturnParameters};
pub use calls::*;
pub use catalog::{DOCUMENT_TYPES, PROVIDERS, ProviderEntry, REDACT_FIELDS};
pub use flow::SignicatFlow;
pub use operations::{Operation, Outside, download_request, raw_request, token_request};
pub use request::{
    CaptureFlow, CaptureParameters, CaptureProvider, CaptureSdk, DocumentVerification, Eid, ImageSource,
    NotificationTarget, Request, Required,
};
pub use values::{Id, Made, Place, ROUTES, RawRoute, RouteEntry, SignicatUrlPurpose};

#[cfg(feature = "uniffi")]
uniffi::setup_scaffolding!();

/// A Signicat session.
pub type Session = Machine<SignicatFlow>;

/// Signicat Assure.
#[derive(Clone, Copy, Debug)]
pub struct Signicat;

impl Provider for Signicat {
    const TITLE: &'static str = "Signicat Assure";

    type Config = Config;
    type Request = Request;
    type Account = Account;
    type Operation = Operation;
    type Flow = SignicatFlow;

    fn account(config: Config) -> Result<Account, Reject> {
        Account::new(config)
    }

    fn open(account: &Arc<Account>, request: Request, seed: Seed, now: UnixMillis) -> Result<Session, Reject> {
        let request = request::ParsedRequest::parse(account, request).map_err(|reject| reject.within("request"))?;
        Machine::open(account.clone(), SignicatFlow::new(request), seed, now)
    }

    /// The id of the dossier. Several sessions may share a dossier of yours. Then hand the input to each of them: those
    /// that it does not belong to refuse it.
    fn reference_of(account: &Account, input: &Input, _now: UnixMillis) -> Result<Option<String>, Reject> {
        callback::reference_of(account, input)
    }

    fn catalog() -> Catalog {
        catalog::catalog()
    }
}
