//! Access tokens: OAuth 2.0 client credentials (S-F1, S-V1 to S-V3, S-V23).

use idvkit_core::{Flaw, FlawKind, Json, Reject, RejectCode, Secret, TokenAnswer, UnixMillis};

use crate::values::is_bearer;

/// S-TOKENS: "600 s by default".
const DEFAULT_LIFETIME_S: i64 = 600;

/// The answer of the token endpoint.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The bearer value.
    pub value: Secret,
    /// The token's lifetime in seconds; 600 if the answer does not say.
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

    pub(crate) fn read(body: &[u8]) -> Result<Self, Flaw> {
        let json = Json::read(body)?;
        let root = json.root();
        let value = root.text("access_token")?;
        if !is_bearer(value) {
            return Err(root.flaw(FlawKind::MemberValue, "access_token"));
        }
        // As whoever keeps tokens for all sessions reads it.
        let expires_in_s = TokenAnswer::parse(body).and_then(|answer| answer.expires_in_s);
        Ok(Self { value: Secret::from(value), expires_in_s: expires_in_s.unwrap_or(DEFAULT_LIFETIME_S) })
    }

    /// Until when the token may be used again if it was received at `received`: `skew_ms` before its end.
    pub fn usable_until(&self, received: UnixMillis, skew_ms: i64) -> UnixMillis {
        received.plus((self.expires_in_s.saturating_mul(1000)).saturating_sub(skew_ms).max(0))
    }
}
