//! Access tokens: OAuth 2.0 client credentials (S-F1, S-V1 to S-V3, S-V23).

use alloc::{format, string::String, vec};
use core::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use idvkit_core::{
    Cache, Fault, Flaw, FlawKind, Header, HttpRequest, Json, Method, Reject, RejectCode, Response, Secret, TokenAnswer,
    UnixMillis,
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    problem::{Problem, fault_of},
    types::ClientAuth,
    validate::Account,
};

pub(crate) const TOKEN: &str = "signicat.token";
/// No observed token comes near this, in bytes.
const MAX_TOKEN: usize = 16 * 1024;
/// S-TOKENS: "600 s by default".
const DEFAULT_LIFETIME_S: i64 = 600;

/// The answer of the token endpoint.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The bearer value.
    pub value: Secret,
    /// How long it lives, in seconds; 600 if the answer does not say.
    pub expires_in_s: i64,
}

impl AccessToken {
    /// Reads an answer.
    ///
    /// # Errors
    /// `token_malformed`.
    pub fn parse(body: &[u8]) -> Result<Self, Reject> {
        Self::read(body).map_err(|flaw| flaw.reject(RejectCode::TokenMalformed))
    }

    fn read(body: &[u8]) -> Result<Self, Flaw> {
        let json = Json::read(body)?;
        let root = json.root();
        let value = root.text("access_token")?;
        if !is_bearer(value) {
            return Err(root.flaw(FlawKind::MemberValue, "access_token"));
        }
        let lifetime = TokenAnswer::parse(body).and_then(|answer| answer.expires_in_s);
        let expires_in_s = lifetime.unwrap_or(DEFAULT_LIFETIME_S);
        Ok(Self { value: Secret::from(value), expires_in_s })
    }

    /// Until when it may be used again, if it was received at `received`: `skew_ms` before its end.
    pub fn usable_until(&self, received: UnixMillis, skew_ms: i64) -> UnixMillis {
        received.plus((self.expires_in_s.saturating_mul(1000)).saturating_sub(skew_ms).max(0))
    }
}

/// The request for an access token. The host may answer it from what it keeps for all sessions of the account, but not with
/// the token that was `refused`, which is named by its mark.
pub fn token_request(account: &Account, refused: Option<&str>, id: String) -> HttpRequest {
    let endpoint = &account.endpoint;
    let secret = account.client_secret.expose_str().unwrap_or("");
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials").append_pair("scope", &endpoint.scope);
    let mut headers = vec![
        Header::new("Accept", "application/json"),
        Header::new("Content-Type", "application/x-www-form-urlencoded"),
    ];
    match endpoint.client_auth {
        // Without form encoding of the two parts, as the observed clients do (S-PHP, S-JAVA).
        ClientAuth::Basic => {
            let credentials = STANDARD.encode(format!("{}:{secret}", account.client_id));
            headers.push(Header::new("Authorization", format!("Basic {credentials}")));
        }
        ClientAuth::Form => {
            form.append_pair("client_id", &account.client_id).append_pair("client_secret", secret);
        }
    }
    HttpRequest {
        id,
        operation: TOKEN.into(),
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

/// The token that a session holds.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Held {
    /// A bearer value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// The mark of the token that was refused, while none has been taken since.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "mark_or_flag")]
    refused: Option<String>,
    /// From then on it is not used any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<UnixMillis>,
}

impl Held {
    pub(crate) fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// The mark of the token that will not do, should the host still keep it.
    pub(crate) fn refused_mark(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    pub(crate) fn answered(&mut self, response: &Response<'_>, skew_ms: i64) -> Result<(), Fault> {
        if !response.is_success() {
            return Err(fault_of(TOKEN, response));
        }
        let token = AccessToken::read(response.body).map_err(|flaw| Fault::unreadable(TOKEN, response.status, flaw))?;
        self.value = token.value.expose_str().map(Into::into);
        self.until = Some(token.usable_until(response.at, skew_ms));
        Ok(())
    }

    /// The API refused it: once a new one is asked for, the second time in a row it is a fault (S-V23).
    pub(crate) fn refused(&mut self) -> bool {
        let first = self.refused.is_none();
        let mark = TokenAnswer::mark_of(self.value().unwrap_or(""));
        *self = Self { refused: Some(mark), ..Self::default() };
        first
    }

    /// The API took it. One that is old by now goes: the host's cache knows whether there is a newer one.
    pub(crate) fn taken(&mut self, at: UnixMillis) {
        self.refused = None;
        if self.until.is_some_and(|until| until <= at) {
            self.forget();
        }
    }

    /// Something went wrong: the next request begins with a token from the host, and with a fresh one if this one was
    /// refused.
    pub(crate) fn put_down(&mut self) {
        *self = Self { refused: self.refused.take(), ..Self::default() };
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn is_sane(&self) -> bool {
        self.value.as_deref().is_none_or(is_bearer)
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held(..)")
    }
}

/// The first snapshots only say that one was refused, and not which.
fn mark_or_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Mark(String),
        Flag(bool),
    }
    Ok(match Option::<Form>::deserialize(deserializer)? {
        Some(Form::Mark(mark)) => Some(mark),
        Some(Form::Flag(true)) => Some(String::new()),
        Some(Form::Flag(false)) | None => None,
    })
}

/// Whether the answer complains about the authorization: 401, or a 400 that says so (S-10).
pub(crate) fn is_refusal(response: &Response<'_>) -> bool {
    match response.status {
        401 => true,
        400 => Problem::parse(response.body).is_some_and(|problem| problem.is_about_authorization()),
        _ => false,
    }
}

fn is_bearer(value: &str) -> bool {
    (1..=MAX_TOKEN).contains(&value.len()) && value.bytes().all(|b| (0x21..0x7f).contains(&b))
}
