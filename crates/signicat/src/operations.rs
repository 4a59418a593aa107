//! The operations of Signicat's API, and their HTTP requests.

use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use idvkit_core::{Cache, Header, HttpRequest, Method, Operation as _, Reject, RejectCode, Secret};
use serde_json::Value;

use crate::{
    account::{Account, ClientAuth},
    values::{
        CREATE_DOSSIER, CREATE_PROCESS, DELETE_DOSSIER, DELETE_PROCESS, DOWNLOAD, GET_PROCESS, Id, LIST_PROCESSES,
        Made, Place, RawRoute, RouteEntry, SET_IMAGES, START, START_CAPTURE, is_bearer,
    },
};

const JSON: &str = "application/json";

idvkit_core::operations! {
    /// The operations of Signicat's API that a session asks for.
    pub enum Operation {
        /// Asks for an access token, which every other operation needs.
        Token = "signicat.token",
        /// Creates a dossier.
        CreateDossier = "signicat.create_dossier",
        /// Creates a process in this dossier.
        CreateProcess(Id) = "signicat.create_process",
        /// Starts a capture flow in this dossier.
        StartCapture(Id) = "signicat.start_capture",
        /// Sends the images of this process.
        SetImages(Place) = "signicat.set_images",
        /// Requests the verification in this process.
        Start(Place) = "signicat.start",
        /// Deletes this process, which is no longer wanted.
        DiscardProcess(Place) = "signicat.discard_process",
        /// Lists the processes of this dossier.
        ListProcesses(Id) = "signicat.list_processes",
        /// Fetches this process.
        GetProcess(Place) = "signicat.get_process",
        /// Deletes a dossier or process that the session created.
        Delete(Made) = "signicat.delete",
    }

    /// Operations that no session asks for.
    pub enum Outside {
        /// Fetches the full result of a process; see [`download_request`].
        Download = "signicat.download",
        /// Any other request; see [`raw_request`].
        Raw = "signicat.raw",
    }
}

/// The request for an access token. The host may answer it from its cache for all sessions of the account. `refused` is
/// the mark of a token that the API refused: that token must not be the answer.
pub fn token_request(account: &Account, refused: Option<&str>, id: String) -> HttpRequest {
    let endpoint = &account.endpoint;
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials").append_pair("scope", &endpoint.scope);
    let mut headers =
        vec![Header::new("Accept", JSON), Header::new("Content-Type", "application/x-www-form-urlencoded")];
    match endpoint.client_auth {
        // Without form encoding of the two parts, as the observed clients do (S-PHP, S-JAVA).
        ClientAuth::Basic => {
            let credentials = STANDARD.encode(format!("{}:{}", account.client_id, *account.client_secret));
            headers.push(Header::new("Authorization", format!("Basic {credentials}")));
        }
        ClientAuth::Form => {
            form.append_pair("client_id", &account.client_id).append_pair("client_secret", &account.client_secret);
        }
    }
    HttpRequest {
        id,
        operation: Operation::Token.name().into(),
        method: Method::Post,
        url: endpoint.token_url.clone(),
        headers,
        body: Some(form.finish().into_bytes()),
        timeout_ms: account.timeout_ms,
        idempotent: true,
        cache: Some(Cache {
            key: account.token_cache_key(),
            max_age_ms: account.token_max_age_ms,
            refused: refused.map(Into::into),
        }),
    }
}

/// The request for the full result of a finished process, a ZIP file with raw data and images. Send it before the
/// dossier is deleted (S-DOWNLOAD). `token` is the value of an [`AccessToken`](crate::AccessToken), which
/// [`token_request`] asks for.
///
/// # Errors
/// `reference_invalid` unless both ids have the form of an id, `credential_missing` or `credential_malformed` about the
/// token.
pub fn download_request(
    account: &Account,
    dossier: &str,
    process: &str,
    token: &Secret,
    id: String,
) -> Result<HttpRequest, Reject> {
    let place = Place { dossier: Id::parse("dossier", dossier)?, process: Id::parse("process", process)? };
    let bearer = bearer(token)?;
    let call = Call { operation: Outside::Download.name(), bearer, id };
    let request = call.request(account, at_place(account, &DOWNLOAD, &place), None);
    Ok(HttpRequest { headers: headers(bearer, "application/zip, application/octet-stream"), ..request })
}

/// Any other request below the API's base, with the same headers as a session's requests. Only a GET is treated as
/// idempotent.
///
/// # Errors
/// `credential_missing` or `credential_malformed` about the token.
pub fn raw_request(
    account: &Account,
    route: &RawRoute,
    body: Option<&Value>,
    token: &Secret,
    id: String,
) -> Result<HttpRequest, Reject> {
    let call = Call { operation: Outside::Raw.name(), bearer: bearer(token)?, id };
    let idempotent = route.method == Method::Get;
    let route = (route.method, format!("{}{}", account.routes.base(), route.path));
    let request = call.request(account, route, body.map(|body| body.to_string().into_bytes()));
    Ok(HttpRequest { idempotent, ..request })
}

impl Operation {
    /// The request for it, with this access token and what it sends as its body. A token itself is asked for without
    /// one.
    pub(crate) fn request(&self, account: &Account, bearer: &str, id: String, body: Option<Vec<u8>>) -> HttpRequest {
        let route = match self {
            Self::Token => return token_request(account, None, id),
            Self::CreateDossier => account.routes.url(&CREATE_DOSSIER, &[]),
            Self::CreateProcess(dossier) => in_dossier(account, &CREATE_PROCESS, dossier),
            Self::StartCapture(dossier) => in_dossier(account, &START_CAPTURE, dossier),
            Self::SetImages(place) => at_place(account, &SET_IMAGES, place),
            Self::Start(place) => at_place(account, &START, place),
            Self::ListProcesses(dossier) => in_dossier(account, &LIST_PROCESSES, dossier),
            Self::GetProcess(place) => at_place(account, &GET_PROCESS, place),
            Self::DiscardProcess(place) | Self::Delete(Made::Process(place)) => {
                at_place(account, &DELETE_PROCESS, place)
            }
            Self::Delete(Made::Dossier(dossier)) => in_dossier(account, &DELETE_DOSSIER, dossier),
        };
        let call = Call { operation: self.name(), bearer, id };
        HttpRequest { idempotent: self.is_idempotent(), ..call.request(account, route, body) }
    }

    /// What makes or starts something is not. A new upload replaces the one before (S-F3) and is not either: two workers
    /// could send different images. What stays: an older upload that the network held back may arrive after a newer one
    /// was answered.
    fn is_idempotent(&self) -> bool {
        !matches!(
            self,
            Self::CreateDossier | Self::CreateProcess(_) | Self::StartCapture(_) | Self::SetImages(_) | Self::Start(_)
        )
    }
}

/// What every call of the API has.
struct Call<'a> {
    operation: &'static str,
    bearer: &'a str,
    id: String,
}

impl Call<'_> {
    fn request(self, account: &Account, (method, url): (Method, String), body: Option<Vec<u8>>) -> HttpRequest {
        let mut headers = headers(self.bearer, JSON);
        if body.is_some() {
            headers.push(Header::new("Content-Type", JSON));
        }
        HttpRequest {
            id: self.id,
            operation: self.operation.into(),
            method,
            url,
            headers,
            body,
            timeout_ms: account.timeout_ms,
            idempotent: true,
            cache: None,
        }
    }
}

fn headers(bearer: &str, accept: &str) -> Vec<Header> {
    vec![Header::new("Accept", accept), Header::new("Authorization", format!("Bearer {bearer}"))]
}

fn in_dossier(account: &Account, entry: &RouteEntry, dossier: &Id) -> (Method, String) {
    account.routes.url(entry, &[("{dossier}", dossier.as_str())])
}

fn at_place(account: &Account, entry: &RouteEntry, place: &Place) -> (Method, String) {
    account.routes.url(entry, &[("{dossier}", place.dossier.as_str()), ("{process}", place.process.as_str())])
}

fn bearer(token: &Secret) -> Result<&str, Reject> {
    if token.is_empty() {
        let fix = "pass the value of an access token; ask for one with `token_request`";
        return Err(Reject::at(RejectCode::CredentialMissing, "token", fix));
    }
    token.expose_str().filter(|token| is_bearer(token)).ok_or_else(|| {
        let rule = "an access token is visible ASCII without spaces; pass it as the token endpoint gave it";
        Reject::at(RejectCode::CredentialMalformed, "token", rule)
    })
}
