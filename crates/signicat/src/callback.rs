//! Signicat's callback, and the event of its successor API. Both bring a look at the process forward and decide
//! nothing.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{Flaw, FlawKind, Header, Input, Json, Node, Reject, RejectCode, Secret};

use crate::{
    account::Account,
    answers::ProcessStatus,
    values::{Id, cut},
};

/// The largest body that is read, in bytes; the documented one has three short members.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// A callback, as Signicat sent it (S-F7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The id of the dossier.
    pub dossier_id: Id,
    /// The id of the process.
    pub process_id: Id,
    /// The claimed status. It is a reason to look, never a verdict.
    pub status: Option<ProcessStatus>,
}

impl Callback {
    /// Reads a callback's body. It does not check the header: `Provider::reference_of` and the session do that, and
    /// refuse a wrong one.
    ///
    /// # Errors
    /// `callback_malformed`.
    pub fn parse(body: &[u8]) -> Result<Self, Reject> {
        let json = read(body)?;
        let read = |root: &Node<'_>| {
            Ok(Self {
                dossier_id: Id::at(root, "dossierId")?,
                process_id: Id::at(root, "processId")?,
                status: root.maybe_text("status")?.map(ProcessStatus::parse),
            })
        };
        read(&json.root()).map_err(|flaw| malformed(&flaw))
    }
}

/// Whether the `Authorization` header is, verbatim, a value that this account gave out. Compared in constant time
/// (S-D9).
///
/// # Errors
/// `callback_secret_missing` or `callback_secret_wrong`; `callback_unexpected` if the account has no notification.
pub(crate) fn check_authorization(account: &Account, headers: &[Header]) -> Result<(), Reject> {
    let Some(notification) = &account.notification else {
        let message = "this account has no `notification`, so no callback for it can be authenticated";
        return Err(Reject::new(RejectCode::CallbackUnexpected, message).about("headers"));
    };
    check_secret(&notification.secrets, Header::find(headers, "authorization"))
}

/// Whether the `Authorization` header is, verbatim, one of these values.
pub(crate) fn check_secret(secrets: &[Secret], header: Option<&str>) -> Result<(), Reject> {
    let Some(given) = header else {
        let message = "the callback has no Authorization header; does a proxy in front of you remove it?";
        return Err(Reject::new(RejectCode::CallbackSecretMissing, message).about("headers"));
    };
    if idvkit_signature::any_same(secrets, given.as_bytes()) {
        return Ok(());
    }
    let message = "the Authorization header is not the `authorization_header` of this account; pass it unchanged";
    Err(Reject::new(RejectCode::CallbackSecretWrong, message).about("headers"))
}

/// The reference of the session that a callback or redirect belongs to: the id of its dossier.
///
/// Several sessions may share a dossier of yours. Then hand the input to each of them: those that it does not belong to
/// refuse it.
///
/// # Errors
/// As [`check_authorization`], `callback_malformed`, `redirect_without_reference`, or `no_reference` for inputs that
/// have none.
pub(crate) fn reference_of(account: &Account, input: &Input) -> Result<Option<String>, Reject> {
    match input {
        Input::Callback { headers, body, .. } => {
            check_authorization(account, headers)?;
            Callback::parse(body).map(|callback| Some(callback.dossier_id.into()))
        }
        Input::Redirect { url } => ReturnParameters::parse(url).map(|back| Some(back.dossier_id.into())),
        _ => Err(Reject::at(
            RejectCode::NoReference,
            "input",
            "only callbacks and redirects carry a reference of the provider",
        )),
    }
}

/// The parameters that Signicat appends when it sends the user back (S-F4). They are never a result (S-D4).
///
/// With two providers, the URL names only the dossier (S-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnParameters {
    /// The id of the dossier.
    pub dossier_id: Id,
    /// The id of the process, if the URL names it.
    pub process_id: Option<Id>,
    /// The claimed status as a text: usually `processing`, which is not final (S-5).
    pub status: Option<String>,
}

impl ReturnParameters {
    /// Whether a return names nothing at all: for eIDs no document says that anything is appended.
    pub(crate) fn are_absent(url: &str) -> bool {
        let query = url.split_once('?').map_or("", |(_, rest)| rest.split('#').next().unwrap_or(""));
        !form_urlencoded::parse(query.as_bytes()).any(|(key, _)| key == "dossierId" || key == "processId")
    }

    /// Reads the parameters from the URL that the user came back to.
    ///
    /// # Errors
    /// `redirect_without_reference` if the URL has no parameters of Signicat, or has one of them twice.
    pub fn parse(url: &str) -> Result<Self, Reject> {
        let refuse = || {
            let fix = "pass the whole URL that was requested, with the query that Signicat appended";
            Reject::at(RejectCode::RedirectWithoutReference, "url", fix)
        };
        let query = url.split_once('?').map_or("", |(_, rest)| rest.split('#').next().unwrap_or(""));
        let find = |name: &str| {
            let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
            match (values.next(), values.next()) {
                (_, Some(_)) => Err(refuse()),
                (value, None) => Ok(value.map(|(_, value)| value.into_owned())),
            }
        };
        let id = |name: &str| match find(name)? {
            Some(id) => Id::read(&id).map(Some).ok_or_else(refuse),
            None => Ok(None),
        };
        Ok(Self {
            dossier_id: id("dossierId")?.ok_or_else(refuse)?,
            process_id: id("processId")?,
            status: find("status")?.map(|status| cut(&status)),
        })
    }
}

/// The envelope of an event of Signicat's Events API, which is set up in the dashboard and not for each process (S-2,
/// S-V22).
///
/// Nothing in it proves that it is genuine: no document says how its optional secret is applied (S-D10). Check the
/// sender yourself, and use the event only as a reason to look.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// The id of the event, which stays the same when it is sent again.
    pub id: String,
    /// When the event happened, as sent.
    pub timestamp: String,
    /// The sender of the event.
    pub sender: String,
    /// The name of the event.
    pub event_name: String,
    /// The event's data as JSON text.
    pub event_data: String,
    /// The id of the account.
    pub account_id: Option<String>,
    /// The id of the organisation.
    pub organization_id: Option<String>,
    /// The time after which the event is not sent again.
    pub expires_at: Option<String>,
    /// The event's tags.
    pub tags: Vec<String>,
}

impl Event {
    /// Reads an envelope.
    ///
    /// # Errors
    /// `callback_malformed`.
    pub fn parse(body: &[u8]) -> Result<Self, Reject> {
        let json = read(body)?;
        let root = json.root();
        let needed = |name: &str| root.text(name).map(cut).map_err(|flaw| malformed(&flaw));
        Ok(Self {
            id: needed("id")?,
            timestamp: needed("timestamp")?,
            sender: needed("sender")?,
            event_name: needed("eventName")?,
            event_data: root.at("eventData").value().map_or_else(|| "null".to_string(), ToString::to_string),
            account_id: root.loose_text("accountId"),
            organization_id: root.loose_text("organizationId"),
            expires_at: root.loose_text("expiresAt"),
            tags: root.loose_texts("tags", ""),
        })
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("id", &self.id).field("event_name", &self.event_name).finish_non_exhaustive()
    }
}

fn read(body: &[u8]) -> Result<Json, Reject> {
    if body.len() > MAX_BODY_BYTES {
        return Err(malformed(&Flaw::new(FlawKind::TooLarge, "")));
    }
    Json::read(body).map_err(|flaw| malformed(&flaw))
}

fn malformed(flaw: &Flaw) -> Reject {
    flaw.reject(RejectCode::CallbackMalformed)
}
