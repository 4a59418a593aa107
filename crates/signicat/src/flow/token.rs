//! The access token that a session holds.

use alloc::string::String;
use core::fmt;

use idvkit_core::{Fault, Operation as _, Response, TokenAnswer, UnixMillis};
use serde::{Deserialize, Deserializer, Serialize};

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
            return Err(fault_of(&Operation::Token, response));
        }
        let token = AccessToken::read(response.body)
            .map_err(|flaw| Fault::unreadable(Operation::Token.name(), response.status, flaw))?;
        self.value = token.value.expose_str().map(Into::into);
        self.until = Some(token.usable_until(response.at, skew_ms));
        Ok(())
    }

    /// The API refused it: once a new one is asked for, the second time in a row it is a fault (S-V23).
    pub(crate) fn refused(&mut self) -> bool {
        let first = self.refused.is_none();
        *self = Self { refused: self.value().map(TokenAnswer::mark_of), ..Self::default() };
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
