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
mod types;
mod validate;

use alloc::sync::Arc;

pub use callback::{Callback, reference_of};
pub use catalog::{API_LOCALES, ColourSource, catalog, colours_for};
pub use flow::{JumioFlow, Op, image_request};
use idvkit_core::{Reject, Seed, UnixMillis, machine::Machine};
pub use types::{
    CallbackTarget, Config, DomainPrefix, EnrollmentCheck, FACEMAP_LIFETIME_MS, Initiated, Options, Region, Request,
    ReturnError, ReturnParameters, ReturnStatus, Transaction, TransactionResult,
};
pub use validate::{Account, account, lifetime_minutes};

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
