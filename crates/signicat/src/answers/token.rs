//! Access tokens: OAuth 2.0 client credentials (S-F1, S-V1 to S-V3, S-V23).

use idvkit_core::{Reject, RejectCode, Secret, TokenAnswer, UnixMillis};

use crate::values::is_bearer;

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
        let refuse = |why: &str| Reject::new(RejectCode::TokenMalformed, why).about("access_token");
        let answer = TokenAnswer::parse(body).ok_or_else(|| refuse("the answer is no token answer"))?;
        if !is_bearer(&answer.access_token) {
            return Err(refuse("an access token is visible ASCII without spaces"));
        }
        let expires_in_s = answer.expires_in_s.unwrap_or(DEFAULT_LIFETIME_S);
        Ok(Self { value: Secret::from(answer.access_token), expires_in_s })
    }

    /// Until when it may be used again, if it was received at `received`: `skew_ms` before its end.
    pub fn usable_until(&self, received: UnixMillis, skew_ms: i64) -> UnixMillis {
        received.plus((self.expires_in_s.saturating_mul(1000)).saturating_sub(skew_ms).max(0))
    }
}
