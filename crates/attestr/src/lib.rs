//! Attestr Studio (Flowx) as an I/O-free state machine (A-GUIDE; all such ids stand in `PROTOCOL.md`).
//!
//! A handshake is created on the server; the user runs it with the browser library or a phone SDK; the server fetches
//! the result. It counts as completed only if its signature verifies under the client secret **and** is one that the
//! user's device or an authenticated webhook claimed, as the documents demand (A-F6). Attestr gives no verdict: a
//! completed session says that the result is authentic; what it says about the person stands in the evidence.
//!
//! * [`Account`] is made once of a [`Config`], [`open`] begins a [`Session`] from a [`Request`], [`restore`] continues one.
//! * [`reference_of`] says whose a webhook is, [`webhook_key`] tells deliveries apart.
//! * [`catalog`] holds the tables, [`diagnose`] explains signatures.
//!
//! ```
//! use idvkit_attestr::{Account, Config, Request, open};
//! use idvkit_core::{Next, Seed, UnixMillis};
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), idvkit_core::Reject> {
//! let account = Arc::new(Account::new(Config {
//!     auth_token: "T1gwLi4u".into(),
//!     client_key: "0123456789abcdef0123456789abcdef".into(),
//!     client_secrets: vec!["the-secret-of-the-app".into()],
//!     webhook_tokens: vec![],
//!     options: Default::default(),
//! })?);
//! let request = Request { flow_id: "FX02zfeuvcj36knhn06us".into(), tag: "TAG567822".into(), ..Default::default() };
//! let seed = Seed::new(b"32 bytes from the system, random")?; // never a constant
//! let now = UnixMillis(1_750_000_000_000);
//! let session = open(&account, request, seed, now)?;
//! assert!(matches!(session.next(now), Next::Send { .. }));
//! # Ok(())
//! # }
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod callback;
mod catalog;
mod flow;
mod journey;
mod live;
mod operations;
mod types;
mod validate;

use alloc::{string::String, sync::Arc};

pub use operations::Operation;

pub use callback::{MAX_WEBHOOK_BYTES, WebhookKey, reference_of, webhook_key};
pub use catalog::catalog;
pub use flow::{AttestrFlow, CREATE_HANDSHAKE, FETCH_RESULT, LAUNCH};
use idvkit_core::{Catalog, Diagnosis, Input, Provider, Reject, Seed, UnixMillis, machine::Machine};
use idvkit_signature::diagnose_member;
pub use live::HANDSHAKE_PART;
pub use types::{
    ApiError, ClaimedSignature, ClientKey, Config, ExecutionResult, FlowId, HandshakeId, LaunchCause, LaunchError,
    Options, Request, SnapshotId, StageId,
};
pub use validate::{Account, DEFAULT_LIFETIME_MS, MAX_LIFETIME_MS};

/// The tag of its configurations, and the first part of every operation's name.
pub(crate) const ID: &str = "attestr";

/// One session of one flow.
pub type Session = Machine<AttestrFlow>;

/// Opens a session. Nothing is sent yet: ask [`Session::next`](Machine::next).
///
/// # Errors
/// About the field below `request`, with the rule and the fix: `flow_id_invalid`, `snapshot_invalid`, `tag_invalid`, `expiry_invalid`,
/// `locale_malformed`, `variable_unnamed`, `extra_reserved`, `now_out_of_range`.
pub fn open(account: &Arc<Account>, request: Request, seed: Seed, now: UnixMillis) -> Result<Session, Reject> {
    let order = validate::Order::parse(request, now.plausible()?).map_err(|reject| reject.within("request"))?;
    Machine::open(account.clone(), AttestrFlow::new(order), seed, now)
}

/// Continues a stored session, on any machine.
///
/// # Errors
/// As [`Machine::restore`].
pub fn restore(account: &Arc<Account>, snapshot: &str) -> Result<Session, Reject> {
    Machine::restore(account.clone(), snapshot)
}

/// Explains why the signature of a result answer or webhook payload does not verify: `body` is the object that has the
/// member `result`, `tag` its `resultSignature`. For a developer; it never accepts anything.
pub fn diagnose(account: &Account, body: &[u8], tag: &str) -> Diagnosis {
    diagnose_member(&account.scheme, &account.client_secrets, body, "result", tag)
}

/// Attestr Studio (Flowx), for the list of providers.
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

    fn open(account: &Arc<Account>, request: Request, seed: Seed, now: UnixMillis) -> Result<Session, Reject> {
        open(account, request, seed, now)
    }

    fn reference_of(account: &Account, input: &Input, now: UnixMillis) -> Result<Option<String>, Reject> {
        callback::reference_of(account, input, now)
    }

    fn catalog() -> Catalog {
        catalog::catalog()
    }

    fn diagnose(account: &Account, body: &[u8], tag: &str) -> Result<Diagnosis, Reject> {
        Ok(diagnose(account, body, tag))
    }
}
