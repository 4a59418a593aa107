//! biometric.kz Flow as an I/O-free state machine (B-WIDGET, B-WEBVIEW; all such ids stand in `PROTOCOL.md`).
//!
//! A session is made on the server with the flow's key and, if you know something of the user already, with
//! [`Metadata`]; the user goes through it in the widget, in an app's web view or by a link; the server fetches the
//! result. [`open`] makes a session, [`idvkit_core::machine::Machine`] runs it. The parts are useful alone: [`Iin`],
//! [`Phone`], [`Technology`], [`Metadata::check`], [`FlowResult`], [`Webhook`], [`catalog`].
//!
//! The provider signs nothing, and neither the widget's `finish`, the page `/finished` nor a webhook says how it went:
//! they are hints, and the verdict is what your own server fetches. Where you fixed the user's IIN, the document has to
//! be that person's. The flow's key opens every result: it never leaves the server.
//!
//! Sessions are one-time. A new attempt is a new session; after a reference photo was sent it takes a new request, as
//! the photo is not kept.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod callback;
mod catalog;
mod flow;
mod iin;
mod journey;
mod metadata;
mod operations;
mod order;
mod phone;
mod result;
mod technology;
mod types;
mod validate;

use alloc::{string::String, sync::Arc};

pub use operations::Operation;

pub use callback::{MAX_WEBHOOK_BYTES, Webhook, WebhookEvent, reference_of};
pub use catalog::{LOCALES, catalog};
pub use flow::{BiometricKzFlow, CREATE_SESSION, FETCH_RESULT, IIN_MISMATCH, IIN_UNCONFIRMED};
use idvkit_core::{Catalog, Input, Provider, Reject, Seed, UnixMillis, machine::Machine};
pub use iin::{Iin, Sex};
pub use metadata::{
    CheckedMetadata, DEFAULT_PHOTO_MAX_BYTES, EdocumentMetadata, Face2FaceMetadata, GeneralMetadata, InputStep,
    Metadata, MetadataRules, Prefilled, PrefilledField,
};
pub use phone::Phone;
pub use result::{FlowResult, Status, TechnologyInfo, TechnologyResult};
pub use technology::{Technology, supports_edocument_metadata, supports_face2face_metadata};
pub use types::{Config, Created, DEFAULT_LIFETIME_MS, MIN_API_KEY, Options, Request};
pub use validate::{Account, account};

/// The tag of its configurations, and the first part of every operation's name.
pub(crate) const ID: &str = "biometric_kz";

/// A biometric.kz session.
pub type Session = Machine<BiometricKzFlow>;

/// Opens a session: nothing is sent before the first `next`.
///
/// # Errors
/// A [`Reject`] that names the field, the rule and the fix.
#[expect(clippy::needless_pass_by_value, reason = "like the other providers: the request's personal data is given up")]
pub fn open(account: &Arc<Account>, request: Request, seed: Seed, now: UnixMillis) -> Result<Session, Reject> {
    let order = account.order(&request).map_err(|reject| reject.within("request"))?;
    Machine::open(account.clone(), BiometricKzFlow::new(order), seed, now)
}

/// biometric.kz Flow, for the list of providers.
#[derive(Clone, Copy, Debug)]
pub struct BiometricKz;

impl Provider for BiometricKz {
    const TITLE: &'static str = "biometric.kz Flow";

    type Config = Config;
    type Request = Request;
    type Account = Account;
    type Operation = Operation;
    type Flow = BiometricKzFlow;

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
