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
mod order;
mod phone;
mod result;
mod technology;
mod types;
mod validate;

use alloc::sync::Arc;

pub use callback::{MAX_WEBHOOK_BYTES, Webhook, WebhookEvent, reference_of};
pub use catalog::{LOCALES, catalog};
pub use flow::{BiometricKzFlow, CREATE_SESSION, FETCH_RESULT, IIN_MISMATCH, IIN_UNCONFIRMED, Op};
use idvkit_core::{Reject, Seed, UnixMillis, machine::Machine};
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
