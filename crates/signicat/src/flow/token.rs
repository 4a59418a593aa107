//! The access token that a session holds.

use alloc::string::String;
use core::fmt;

use idvkit_core::{Fault, Operation as _, Response, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::{
    answers::{AccessToken, fault_of},
    operations::Operation,
    values::is_bearer,
};

/// The token that a session holds.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Held {
    /// A bearer value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// The token before this one was refused, and none has been taken since.
    #[serde(default)]
    refused: bool,
    /// From then on it is not used any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<UnixMillis>,
}

impl Held {
    pub(crate) fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Whether a token from the host's cache will not do.
    pub(crate) fn refresh(&self) -> bool {
        self.refused
    }

    pub(crate) fn answered(&mut self, response: &Response<'_>, skew_ms: i64) -> Result<(), Fault> {
        if !response.is_success() {
            return Err(fault_of(&Operation::Token, response));
        }
        let token = AccessToken::parse(response.body)
            .map_err(|_| Fault::unreadable(Operation::Token.name(), response.status))?;
        self.value = token.value.expose_str().map(Into::into);
        self.until = Some(token.usable_until(response.at, skew_ms));
        Ok(())
    }

    /// The API refused it: once a new one is asked for, the second time in a row it is a fault (S-V23).
    pub(crate) fn refused(&mut self) -> bool {
        let first = !self.refused;
        *self = Self { refused: true, ..Self::default() };
        first
    }

    /// The API took it. One that is old by now goes: the host's cache knows whether there is a newer one.
    pub(crate) fn taken(&mut self, at: UnixMillis) {
        self.refused = false;
        if self.until.is_some_and(|until| until <= at) {
            self.forget();
        }
    }

    /// Something went wrong: the next request begins with a token from the host, and with a fresh one if this one was
    /// refused.
    pub(crate) fn put_down(&mut self) {
        *self = Self { refused: self.refused, ..Self::default() };
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
