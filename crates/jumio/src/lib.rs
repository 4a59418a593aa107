//! Jumio Authentication for Web as an I/O-free state machine (J-GUIDE; all such ids stand in `PROTOCOL.md`).
//!
//! An enrolled user takes a selfie, and Jumio says whether it is the same live person. [`open`] makes a session,
//! [`idvkit_core::machine::Machine`] runs it. The parts are useful alone: [`EnrollmentCheck`] before a session,
//! [`Callback`] and [`ReturnParameters`] for what comes back, [`catalog`] for Jumio's tables.
//!
//! Jumio signs nothing. A redirect, a frame message and a callback are hints; the verdict is what your own server
//! retrieves. Of several transactions for one enrollment within 15 minutes only the newest works: keep one session per
//! enrollment, and use its `Retry` rather than opening another.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod callback;
mod catalog;
mod flow;
mod journey;
mod operations;
mod types;
mod validate;

use alloc::{string::String, sync::Arc};

pub use operations::Operation;

pub use callback::{Callback, reference_of};
pub use catalog::{API_LOCALES, ColourSource, catalog, colours_for};
pub use flow::{JumioFlow, image_request};
use idvkit_core::{Catalog, Input, Provider, Reject, Seed, UnixMillis, machine::Machine};
pub use types::{
    CallbackTarget, Config, DomainPrefix, EnrollmentCheck, FACEMAP_LIFETIME_MS, Initiated, Options, Region, Request,
    ReturnError, ReturnParameters, ReturnStatus, Transaction, TransactionResult,
};
pub use validate::{Account, account, lifetime_minutes};

/// The tag of its configurations, and the first part of every operation's name.
pub(crate) const ID: &str = "jumio";

/// A Jumio session.
pub type Session = Machine<JumioFlow>;

/// Opens a session: nothing is sent before the first `next`.
///
/// # Errors
/// A [`Reject`] that names the field, the rule and the fix.
pub fn open(account: &Arc<Account>, request: Request, seed: Seed, now: UnixMillis) -> Result<Session, Reject> {
    let order = account.order(request).map_err(|reject| reject.within("request"))?;
    Machine::open(account.clone(), JumioFlow::new(order), seed, now)
}

/// Jumio Authentication for Web, for the list of providers.
#[derive(Clone, Copy, Debug)]
pub struct Jumio;

impl Provider for Jumio {
    const TITLE: &'static str = "Jumio Authentication for Web";

    type Config = Config;
    type Request = Request;
    type Account = Account;
    type Operation = Operation;
    type Flow = JumioFlow;

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
