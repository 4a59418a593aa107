//! The request for one authentication, and its parsed form.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{LocaleChoice, Reject, RejectCode, looks_like_email, machine::Own, push_segment};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    account::{Account, CallbackTarget},
    catalog::API_LOCALES,
    values::{Reference, TokenLifetime},
};

/// A request to authenticate one enrolled user. Values given here override the account's settings (J-F1).
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "JumioRequest"))]
pub struct Request {
    /// The transaction reference of the user's ID verification at onboarding, at most 36 characters. Its result must be
    /// approved, similar and valid (J-F1).
    pub enrollment_transaction_reference: String,
    /// Where Jumio sends the callback.
    #[serde(default)]
    pub callback: Option<CallbackTarget>,
    /// Where Jumio sends the user after a successful submission, at most 2047 characters.
    #[serde(default)]
    pub success_url: Option<String>,
    /// Where Jumio sends the user after an error, at most 255 characters. It may equal `success_url`.
    #[serde(default)]
    pub error_url: Option<String>,
    /// Your own reference for the user, at most 100 characters, without personal data.
    #[serde(default)]
    pub user_reference: Option<String>,
    /// The language of Jumio's page: one of the 32 of the API's list, or a list of the languages that the user prefers,
    /// best first; `en` by default.
    #[serde(default)]
    pub locale: Option<LocaleChoice>,
    /// How long the link stays valid, in minutes, 5 to 86400; by default as set in the portal.
    #[serde(default)]
    pub token_lifetime_minutes: Option<i64>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("locale", &self.locale).finish_non_exhaustive()
    }
}

/// A parsed request: what a session stores of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ParsedRequest {
    pub(crate) enrollment_reference: Reference,
    /// Without the secret segment; `None` leaves it to the portal.
    callback_url: Option<String>,
    pub(crate) success_url: Option<String>,
    pub(crate) error_url: Option<String>,
    user_reference: Option<String>,
    locale: Option<String>,
    /// Whether the lifetime goes into the request; otherwise it is the portal's setting.
    lifetime_given: bool,
    #[serde(rename = "lifetime_minutes")]
    pub(crate) lifetime: TokenLifetime,
}

impl ParsedRequest {
    pub(crate) fn parse(account: &Account, request: Request) -> Result<Self, Reject> {
        let (urls, defaults) = (&account.urls, &account.defaults);
        let callback = request.callback.map(|target| urls.callback(target)).transpose()?;
        let success_url = request.success_url.map(|url| urls.success(&url)).transpose()?;
        let error_url = request.error_url.map(|url| urls.error(&url)).transpose()?;
        let lifetime = request.token_lifetime_minutes;
        let lifetime = lifetime.map(|minutes| TokenLifetime::parse("token_lifetime_minutes", minutes)).transpose()?;
        let locale = request.locale.as_ref().map(|locale| locale.of(&API_LOCALES)).transpose()?.flatten();
        Ok(Self {
            enrollment_reference: Reference::parse(
                "enrollment_transaction_reference",
                &request.enrollment_transaction_reference,
            )?,
            callback_url: callback.or_else(|| defaults.callback.clone()).ok_or_else(no_callback)?.into_url(),
            success_url: success_url.or_else(|| defaults.success_url.clone()),
            error_url: error_url.or_else(|| defaults.error_url.clone()),
            user_reference: request.user_reference.map(user_reference).transpose()?,
            locale: locale.map(|locale| locale.tag.to_string()),
            lifetime_given: lifetime.is_some(),
            lifetime: lifetime.unwrap_or(defaults.lifetime),
        })
    }

    /// The body of an initiation.
    pub(crate) fn body(&self, account: &Account, own: &Own<'_>) -> Vec<u8> {
        let secret = self.has_secret(account).then(|| secret_segment(own, own.attempt));
        let callback_url = self.callback_url.as_ref().map(|url| match &secret {
            Some(segment) => push_segment(url, segment),
            None => url.clone(),
        });
        let members = [
            ("enrollmentTransactionReference", Some(self.enrollment_reference.as_str())),
            ("callbackUrl", callback_url.as_deref()),
            ("successUrl", self.success_url.as_deref()),
            ("errorUrl", self.error_url.as_deref()),
            ("userReference", self.user_reference.as_deref()),
            ("locale", self.locale.as_deref()),
        ];
        let given = members.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?.into())));
        let mut body: Map<String, Value> = given.collect();
        if self.lifetime_given {
            body.insert("tokenLifetimeInMinutes".into(), self.lifetime.minutes().into());
        }
        Value::Object(body).to_string().into_bytes()
    }

    /// Whether callbacks go to a URL of the caller's.
    pub(crate) fn has_callback(&self) -> bool {
        self.callback_url.is_some()
    }

    /// Whether callbacks carry a secret of ours.
    pub(crate) fn has_secret(&self, account: &Account) -> bool {
        account.urls.secret_callback && self.has_callback()
    }

    /// Forgets what is about the person, or holds a secret.
    pub(crate) fn wipe(&mut self) {
        (self.user_reference, self.callback_url, self.success_url, self.error_url) = (None, None, None, None);
    }
}

/// The secret last path segment of an attempt's callback URL (J-D10).
pub(crate) fn secret_segment(own: &Own<'_>, attempt: u32) -> String {
    own.seed.token("jumio callback", attempt, 16)
}

fn no_callback() -> Reject {
    let fix = "give where callbacks go: a URL of yours, or `portal` for the URL set in the Customer Portal";
    Reject::at(RejectCode::Missing, "callback", fix)
}

/// The longest reference for a user, in characters (J-F1).
pub(crate) const MAX_USER_REFERENCE: usize = 100;

pub(crate) fn user_reference(value: String) -> Result<String, Reject> {
    let length = value.chars().count();
    if length == 0 || length > MAX_USER_REFERENCE {
        let rule = "your reference for the user has 1 to 100 characters; leave it out if there is none";
        return Err(Reject::at(RejectCode::UserReferenceLength, "user_reference", rule));
    }
    if looks_like_email(&value) {
        let rule = "Jumio forbids personal data here and this looks like an e-mail address; use an internal id";
        return Err(Reject::at(RejectCode::PersonalData, "user_reference", rule));
    }
    Ok(value)
}
