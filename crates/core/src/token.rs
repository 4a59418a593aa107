//! The answer of an OAuth 2.0 token endpoint (RFC 6749, section 5.1), for sessions and for a host's token cache.

use alloc::string::String;
use core::fmt;

use crate::{Json, fingerprint};

/// The longest life of a token, ten years in seconds. A larger number is ignored.
const MAX_LIFE_S: i64 = 10 * 366 * 86_400;

/// An access token and its lifetime. `Debug` prints no part of the token.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenAnswer {
    /// The access token, which is a bearer value.
    pub access_token: String,
    /// The lifetime in whole seconds; `None` if the answer has none that can be read.
    pub expires_in_s: Option<i64>,
}

impl TokenAnswer {
    /// Reads an answer. The lifetime decides nothing, so it is read leniently: `3600`, `3600.5` and `"3600"` give the
    /// same.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let json = Json::read(body).ok()?;
        let access_token = json.root().text("access_token").ok()?.into();
        let expires_in_s = json.root().loose_integer("expires_in").filter(|life| (0..=MAX_LIFE_S).contains(life));
        Some(Self { access_token, expires_in_s })
    }

    /// A short name of the token that tells it from others and reveals no part of it.
    pub fn mark(&self) -> String {
        Self::mark_of(&self.access_token)
    }

    /// The same short name, from the token alone.
    pub fn mark_of(access_token: &str) -> String {
        fingerprint(&["access token", access_token])
    }
}

impl fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAnswer").field("expires_in_s", &self.expires_in_s).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn reads_a_life_in_whatever_form() {
        for (given, expected) in [
            ("3600", Some(3600)),
            ("\"3600\"", Some(3600)),
            ("\" 3600.9 \"", Some(3600)),
            ("3600.5", Some(3600)),
            ("0", Some(0)),
            ("-1", None),
            ("1e300", None),
            ("99999999999999999999", None),
            ("\"soon\"", None),
            ("\".5\"", None),
            ("\"1.\"", None),
            ("true", None),
            ("null", None),
        ] {
            let answer = TokenAnswer::parse(format!(r#"{{"access_token": "t", "expires_in": {given}}}"#).as_bytes());
            assert_eq!(answer.unwrap().expires_in_s, expected, "{given}");
        }
        assert_eq!(TokenAnswer::parse(br#"{"access_token": "t"}"#).unwrap().expires_in_s, None);
        assert_eq!(TokenAnswer::parse(b"<html>"), None);
    }

    #[test]
    fn marks_tell_tokens_apart_and_give_nothing_away() {
        let answer = TokenAnswer::parse(br#"{"access_token": "planted-token"}"#).unwrap();
        assert_eq!(answer.mark(), TokenAnswer::mark_of("planted-token"));
        assert_ne!(answer.mark(), TokenAnswer::mark_of("planted-tokens"));
        assert!(!answer.mark().contains("planted") && !format!("{answer:?}").contains("planted"));
    }
}
