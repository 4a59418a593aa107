//! biometric.kz Flow as an I/O-free state machine (B-WIDGET, B-WEBVIEW; all such ids stand in `PROTOCOL.md`).
//!
//! The server creates a session with the flow's key and, if you already know something about the user, with
//! [`Metadata`]. The user completes it in the widget, in an app's web view or by a link. The server fetches the result.
//! [`BiometricKz`] is the provider: it opens sessions and has the tables. Some parts are useful without a session:
//! [`Iin`], [`Phone`], [`Technology`], [`Metadata::check`], [`FlowResult`], [`Webhook`]. [`VALUES`] names the calls that
//! every language has on the provider's values and documents, such as [`plan()`].
//!
//! The provider signs nothing. The widget's event `finish`, the page `/finished` and webhooks are hints; only the
//! result that your own server fetches is a verdict. If you fixed the user's IIN, the document must belong to that
//! person. The flow's key opens every result, so it never leaves the server.
//!
//! A provider's session can be used once, so each new attempt creates a new one. After a reference photo was sent, a
//! new attempt needs a new request, because the photo is not kept.
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

pub use account::{Account, Config, DEFAULT_LIFETIME_MS, MIN_API_KEY, Options};
pub use answers::{Created, FlowResult, Status, TechnologyInfo, TechnologyResult};
pub use callback::{MAX_WEBHOOK_BYTES, Webhook, WebhookEvent};
pub use calls::*;
pub use catalog::{IIN_MISMATCH, IIN_UNCONFIRMED, LOCALES, PART_UNCLEAR, PART_UNKNOWN, PHOTO_UNCONFIRMED};
pub use flow::BiometricKzFlow;
pub use operations::Operation;
pub use request::Request;
pub use values::{
    BiometricKzPhoto, BiometricKzPhotoKind, BiometricKzSkipCondition, CheckedMetadata, DEFAULT_PHOTO_MAX_BYTES,
    EdocumentMetadata, Face2FaceMetadata, GeneralMetadata, Iin, InputStep, Metadata, MetadataRules, Phone, Prefilled,
    PrefilledField, SessionId, Sex, Technology, supports_edocument_metadata, supports_face2face_metadata,
};

#[cfg(feature = "uniffi")]
uniffi::setup_scaffolding!();

/// A biometric.kz session.
pub type Session = Machine<BiometricKzFlow>;

/// biometric.kz Flow.
#[derive(Clone, Copy, Debug)]
pub struct BiometricKz;

impl Provider for BiometricKz {
    const TITLE: &'static str = "biometric.kz Flow";
    const LOCALES: Option<&'static LocaleSet> = Some(&catalog::LOCALES);

    type Config = Config;
    type Request = Request;
    type Account = Account;
    type Operation = Operation;
    type Flow = BiometricKzFlow;

    fn account(config: Config) -> Result<Account, Reject> {
        Account::new(config)
    }

    fn open(account: &Arc<Account>, request: Request, seed: Seed, now: UnixMillis) -> Result<Session, Reject> {
        let request = request::ParsedRequest::parse(account, &request).map_err(|reject| reject.within("request"))?;
        Machine::open(account.clone(), BiometricKzFlow::new(request), seed, now)
    }

    fn reference_of(account: &Account, input: &Input, _now: UnixMillis) -> Result<Option<String>, Reject> {
        callback::reference_of(account, input)
    }

    fn catalog() -> Catalog {
        catalog::catalog(Operation::NAMES)
    }
}
