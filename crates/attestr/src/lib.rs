//! Attestr Studio (Flowx) as an I/O-free state machine (A-GUIDE; all such ids stand in `PROTOCOL.md`).
//!
//! A handshake is created on the server; the user runs it with the browser library or a phone SDK; the server fetches
//! the result. The session is completed only if the result's signature verifies with the client secret **and** the
//! user's device or an authenticated webhook claimed the same signature, as the documents demand (A-F6). Attestr gives
//! no verdict: a completed session says that the result is authentic, and the evidence holds what the result says about
//! the person.
//!
//! [`Attestr`] makes an [`Account`] of a [`Config`], opens a [`Session`] from a [`Request`], restores one, finds the
//! session of a webhook, has the provider's tables, and explains signatures. [`webhook_key`] tells repeated deliveries
//! from new events. [`VALUES`] names the calls that every language has on the provider's values and documents, such as
//! [`result()`].
//!
//! ```
//! use idvkit_attestr::{Attestr, Config, Request};
//! use idvkit_core::{Next, Provider, Seed, UnixMillis};
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), idvkit_core::Reject> {
//! let account = Arc::new(Attestr::account(Config {
//!     auth_token: "T1gwLi4u".into(),
//!     client_key: "0123456789abcdef0123456789abcdef".into(),
//!     client_secrets: vec!["the-secret-of-the-app".into()],
//!     webhook_tokens: vec![],
//!     options: Default::default(),
//! })?);
//! let request = Request { flow_id: "FX02zfeuvcj36knhn06us".into(), tag: "TAG567822".into(), ..Default::default() };
//! let seed = Seed::new(b"32 bytes from the system, random")?; // never a constant
//! let now = UnixMillis(1_750_000_000_000);
//! let session = Attestr::open(&account, request, seed, now)?;
//! assert!(matches!(session.next(now), Next::Send { .. }));
//! # Ok(())
//! # }
//! ```
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

use idvkit_core::{Catalog, Diagnosis, Input, Operation as _, Provider, Reject, Seed, UnixMillis, machine::Machine};
use idvkit_signature::diagnose_member;

pub use account::{Account, Config, Options};
pub use answers::{ApiError, ExecutionResult, LaunchCause, LaunchError};
pub use callback::{MAX_WEBHOOK_BYTES, WebhookKey, webhook_key};
pub use calls::*;
pub use flow::AttestrFlow;
pub use operations::{Operation, Outside};
pub use request::Request;
pub use values::{
    ClaimedSignature, ClientKey, DEFAULT_LIFETIME_MS, FlowId, HandshakeId, MAX_LIFETIME_MS, SnapshotId, StageId,
};
pub use verdict::HANDSHAKE_PART;

#[cfg(feature = "uniffi")]
uniffi::setup_scaffolding!();

/// An Attestr session.
pub type Session = Machine<AttestrFlow>;

/// Attestr Studio (Flowx).
#[derive(Clone, Copy, Debug)]
pub struct Attestr;

impl Provider for Attestr {
    const TITLE: &'static str = "Attestr Studio (Flowx)";

    type Config = Config;
    type Request = Request;
    type Account = Account;
    type Operation = Operation;
    type Flow = AttestrFlow;

    fn account(config: Config) -> Result<Account, Reject> {
        Account::new(config)
    }

    /// # Errors
    /// A [`Reject`] that names the field below `request`, the rule and the fix: `flow_id_invalid`, `snapshot_invalid`,
    /// `tag_invalid`, `expiry_invalid`, `locale_malformed`, `variable_unnamed`, `extra_reserved`; and
    /// `now_out_of_range`.
    fn open(account: &Arc<Account>, request: Request, seed: Seed, now: UnixMillis) -> Result<Session, Reject> {
        let request = request::ParsedRequest::parse(request, now.plausible()?);
        let request = request.map_err(|reject| reject.within("request"))?;
        Machine::open(account.clone(), AttestrFlow::new(request), seed, now)
    }

    /// # Errors
    /// As [`webhook_key`].
    fn reference_of(account: &Account, input: &Input, now: UnixMillis) -> Result<Option<String>, Reject> {
        Ok(webhook_key(account, input, now)?.map(|key| key.handshake.into()))
    }

    fn catalog() -> Catalog {
        catalog::catalog(Operation::NAMES)
    }

    /// `body` is the object with the member `result`: a result answer, or a webhook's payload. `tag` is its
    /// `resultSignature`.
    fn diagnose(account: &Account, body: &[u8], tag: &str) -> Result<Diagnosis, Reject> {
        Ok(diagnose_member(&account.scheme, &account.client_secrets, body, "result", tag))
    }
}
