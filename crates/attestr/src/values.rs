//! Attestr's ids and values, which are checked when they are parsed.

use alloc::string::String;
use core::fmt;

use idvkit_core::one_form;
use serde::{Deserialize, Serialize};

/// The tag of Attestr's configurations, and the first part of every operation's name.
pub(crate) const ID: &str = "attestr";

/// How long a handshake stays valid unless the request says otherwise, in milliseconds: 24 hours (A-F4).
pub const DEFAULT_LIFETIME_MS: i64 = 24 * 3_600_000;
/// The longest validity of a handshake, in milliseconds: "1 year" (A-F4), read as 365 days.
pub const MAX_LIFETIME_MS: i64 = 365 * 24 * 3_600_000;

/// An id that the provider or its dashboard gave: 1 to 64 letters, digits, `-` and `_`. The letters of a UUID are in lower
/// case, however they came (A-Q16).
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $parse:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses an id; `None` if it does not have this form.
            pub fn parse(value: &str) -> Option<Self> {
                let fits: fn(&str) -> bool = $parse;
                fits(value).then(|| Self(one_form(value)))
            }

            /// The id as a text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(value: String) -> Result<Self, Self::Error> {
                Self::parse(&value).ok_or("id")
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// A handshake, also called device session: `DS0` and 6 to 30 letters, digits, `-` and `_` (A-F3).
    HandshakeId,
    |value| value.strip_prefix("DS0").is_some_and(|rest| (6..=30).contains(&rest.len()) && is_token(rest))
);
id!(
    /// A flow. Samples begin with `FX0` (A-F3); no rule is documented, so only what is plainly another id is refused.
    FlowId,
    |value| is_token(value) && !["DS0", "FS0", "MX1", "OX0"].iter().any(|other| value.starts_with(other))
);
id!(
    /// A published version of a flow. Samples are UUIDs (A-F3); no rule is documented.
    SnapshotId,
    is_token
);
id!(
    /// A stage of a flow. Samples begin with `FS0` (A-F3); no rule is documented.
    StageId,
    is_token
);
id!(
    /// A client key: hex digits, of any length (A-F2).
    ClientKey,
    |value| !value.is_empty() && value.bytes().all(|b| b.is_ascii_hexdigit())
);

fn is_token(value: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=64).contains(&value.len()) && value.bytes().all(allowed)
}

/// A claimed signature: exactly 64 hex digits, in lower case (A-F3).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClaimedSignature(String);

impl ClaimedSignature {
    /// Parses a signature in any letter case; `None` if it does not have this form.
    pub fn parse(value: &str) -> Option<Self> {
        let fits = value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| Self(value.to_ascii_lowercase()))
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClaimedSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimedSignature(..)")
    }
}

impl TryFrom<String> for ClaimedSignature {
    type Error = &'static str;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        Self::parse(&value).ok_or("signature")
    }
}

impl From<ClaimedSignature> for String {
    fn from(signature: ClaimedSignature) -> Self {
        signature.0
    }
}
