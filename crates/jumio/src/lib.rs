//! Jumio Authentication for Web as an I/O-free state machine (J-GUIDE; all such ids stand in `PROTOCOL.md`).
//!
//! An enrolled user takes a selfie, and Jumio says whether it is the same live person. [`Jumio`] opens and restores a
//! [`Session`], which [`Machine`] runs. Some parts are useful without a session: [`EnrollmentCheck`] before one,
//! [`Callback`] and [`ReturnParameters`] to read what Jumio sends back, [`image_request`] after a decision,
//! [`API_LOCALES`] and [`colours_for`] for settings pages.
//!
//! [`VALUES`] names the calls that every language has on Jumio's values and documents, such as [`url()`].
//!
//! Jumio signs nothing. A redirect, a frame message and a callback are hints; only the result that your own server
//! retrieves is a verdict. Of several transactions for one enrollment within 15 minutes, only the newest works. So keep
//! one session per enrollment, and use its `Retry` instead of opening another session.
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

use idvkit_core::{Catalog, Input, LocaleSet, Operation as _, Provider, Reject, Seed, UnixMillis, machine::Machine};

pub use account::{Account, CallbackTarget, Config, Options};
pub use answers::{EnrollmentCheck, Initiated, Transaction, TransactionResult};
pub use callback::{Callback, ReturnError, ReturnParameters, ReturnStatus};
pub use calls::*;
pub use catalog::{API_LOCALES, ColourSource, colours_for};
pub use flow::JumioFlow;
pub use operations::{Operation, Outside, image_request};
pub use request::Request;
pub use values::{DomainPrefix, FACEMAP_LIFETIME_MS, JumioUrlPurpose, Reference, Region, TokenLifetime};

#[cfg(feature = "uniffi")]
uniffi::setup_scaffolding!();

/// A Jumio session.
pub type Session = Machine<JumioFlow>;

/// Jumio Authentication for Web.
#[derive(Clone, Copy, Debug)]
pub struct Jumio;

impl Provider for Jumio {
    const TITLE: &'static str = "Jumio Authentication for Web";
    const LOCALES: Option<&'static LocaleSet> = Some(&catalog::API_LOCALES);

    type Config = Config;
    type Request = Request;
    type Account = Account;
    type Operation = Operation;
    type Flow = JumioFlow;

    fn account(config: Config) -> Result<Account, Reject> {
        Account::new(config)
    }

    fn open(account: &Arc<Account>, request: Request, seed: Seed, now: UnixMillis) -> Result<Session, Reject> {
        let request = request::ParsedRequest::parse(account, request).map_err(|reject| reject.within("request"))?;
        Machine::open(account.clone(), JumioFlow::new(request), seed, now)
    }

    /// A callback carries no secret of the account. The reference only finds the session, which then checks the secret
    /// in the path.
    fn reference_of(_account: &Account, input: &Input, _now: UnixMillis) -> Result<Option<String>, Reject> {
        Ok(callback::reference_of(input)?.map(String::from))
    }

    fn catalog() -> Catalog {
        catalog::catalog(Outside::Journey.name())
    }
}
