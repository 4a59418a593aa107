//! Signicat Assure as an I/O-free state machine (S-FLOWS; all such ids stand in `PROTOCOL.md`).
//!
//! Three flows: a document is verified from images ([`DocumentVerification`]), on Signicat's page ([`CaptureFlow`]), or
//! the user proves who they are with an electronic identity ([`Eid`]). [`open`] makes a session,
//! [`idvkit_core::machine::Machine`] runs it. The parts are useful alone: [`Callback`], [`Event`] and
//! [`ReturnParameters`] for what comes back, [`Process`] for an answer, [`Problem`] for an error, [`match_text`] for the
//! comparison of two results, [`PROVIDERS`], [`PROVIDER_RULES`] and [`ROUTES`] for the tables.
//!
//! A redirect and a callback are hints; the verdict is what your own server fetches. Only `accepted` approves. Paths
//! that no document states stand in [`ROUTES`], marked, and can be replaced.
//!
//! # What is deleted
//! An erasure at the provider deletes each dossier that the session made, with all that is in it. In a dossier that was
//! yours before, it deletes the processes that the session made, and leaves the rest to you.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod callback;
mod catalog;
mod flow;
mod journey;
mod matching;
mod operations;
mod order;
mod problem;
mod process;
mod routes;
mod rules;
mod token;
mod types;
mod validate;

use alloc::{string::String, sync::Arc};

pub use operations::Operation;

pub use callback::{Callback, Event, check_authorization, reference_of};
pub use catalog::{DOCUMENT_TYPES, PROVIDERS, ProviderEntry, REDACT_FIELDS, catalog};
pub use flow::{SignicatFlow, download_request, raw_request};
use idvkit_core::{Catalog, Input, Provider, Reject, Seed, UnixMillis, machine::Machine};
pub use matching::{Match, PARTIAL_ABOVE_PERMILLE, match_date, match_text, normalised, similarity_permille};
pub use problem::{Problem, ProblemShape};
pub use process::{CaptureStarted, DossierCreated, Process, ProcessStatus};
pub use routes::{ROUTES, RouteEntry};
pub use rules::{Check, PROVIDER_RULES, PaperRun, ProviderRule, paper_status, readid_status};
pub use token::{AccessToken, token_request};
pub use types::{
    CaptureFlow, CaptureParameters, CaptureProvider, CaptureSdk, ClientAuth, Config, DocumentVerification, Eid,
    ImageSource, Notification, NotificationTarget, Options, Profile, Request, Required, ReturnParameters,
};
pub use validate::{Account, account};

/// The tag of its configurations, and the first part of every operation's name.
pub(crate) const ID: &str = "signicat";

/// A Signicat session.
pub type Session = Machine<SignicatFlow>;

/// Opens a session: nothing is sent before the first `next`.
///
/// # Errors
/// A [`Reject`] that names the field, the rule and the fix.
pub fn open(account: &Arc<Account>, request: Request, seed: Seed, now: UnixMillis) -> Result<Session, Reject> {
    let order = account.order(request).map_err(|reject| reject.within("request"))?;
    Machine::open(account.clone(), SignicatFlow::new(order), seed, now)
}

/// Signicat Assure, for the list of providers.
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
        open(account, request, seed, now)
    }

    fn reference_of(account: &Account, input: &Input, _now: UnixMillis) -> Result<Option<String>, Reject> {
        callback::reference_of(account, input)
    }

    fn catalog() -> Catalog {
        catalog::catalog()
    }
}
