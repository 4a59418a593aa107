//! Jumio's values, which are checked when they are parsed.

use alloc::{
    format,
    string::{String, ToString},
};
use core::fmt;

use idvkit_core::{Reject, RejectCode, one_form, words};
use serde::{Deserialize, Serialize};

/// The tag of Jumio's configurations, and the first part of every operation's name.
pub(crate) const ID: &str = "jumio";

/// How long Jumio holds a facemap for a transaction without a final state, in milliseconds (J-F1: "max. 15 minutes").
/// In that time only the newest transaction of an enrollment works; earlier ones end as expired.
pub const FACEMAP_LIFETIME_MS: i64 = 15 * 60 * 1000;

/// A data centre of Jumio (J-F1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "JumioRegion"))]
pub enum Region {
    /// `netverify.com`
    Us,
    /// `lon.netverify.com`
    Eu,
    /// `core-sgp.jumio.com`
    Sgp,
}

impl Region {
    /// The host name of the API and the client pages.
    pub fn host(self) -> &'static str {
        match self {
            Self::Us => "netverify.com",
            Self::Eu => "lon.netverify.com",
            Self::Sgp => "core-sgp.jumio.com",
        }
    }

    /// The region's stable name: `us`, `eu` or `sgp`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
            Self::Sgp => "sgp",
        }
    }
}

words! {
    /// What a URL that is handed to Jumio is for (J-F3). Deliberately exhaustive.
    pub enum JumioUrlPurpose {
        /// `callbackUrl`: where Jumio reports a result.
        Callback,
        /// `successUrl`: where the user returns after the images were taken.
        Success,
        /// `errorUrl`: where the user returns after an error.
        Error,
    }
}

/// The reference of a transaction: 1 to 36 letters, digits and hyphens (J-F1 gives the length; every sample has these
/// characters). A UUID is converted to lower case (J-D22).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference(String);

impl Reference {
    /// Parses a reference.
    ///
    /// # Errors
    /// `reference_invalid`.
    pub fn parse(field: &str, value: &str) -> Result<Self, Reject> {
        Self::read(value).ok_or_else(|| {
            let rule =
                "a transaction reference has 1 to 36 letters, digits and hyphens; pass it exactly as Jumio gave it";
            Reject::at(RejectCode::ReferenceInvalid, field, rule)
        })
    }

    /// Reads one, or `None` if it has another form.
    pub(crate) fn read(value: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        ((1..=36).contains(&value.len()) && value.bytes().all(allowed)).then(|| Self(one_form(value)))
    }

    /// The reference as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reference {
    type Error = &'static str;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        Self::read(&value).ok_or("reference")
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How long a link stays valid: 5 to 86400 minutes (J-F1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct TokenLifetime(i64);

impl TokenLifetime {
    /// The lifetime unless the portal says otherwise: 30 minutes (J-F1).
    pub const DEFAULT: Self = Self(30);

    /// Parses a lifetime in minutes.
    ///
    /// # Errors
    /// `lifetime_out_of_range`.
    pub fn parse(field: &str, minutes: i64) -> Result<Self, Reject> {
        Self::try_from(minutes).map_err(|rule| Reject::at(RejectCode::LifetimeOutOfRange, field, rule))
    }

    /// The lifetime in minutes.
    pub fn minutes(self) -> i64 {
        self.0
    }

    /// The lifetime in milliseconds.
    pub fn millis(self) -> i64 {
        self.0 * 60_000
    }
}

impl TryFrom<i64> for TokenLifetime {
    type Error = &'static str;

    fn try_from(minutes: i64) -> Result<Self, Self::Error> {
        let rule = "the token lifetime is 5 to 86400 minutes (60 days); 30 is usual";
        (5..=86_400).contains(&minutes).then_some(Self(minutes)).ok_or(rule)
    }
}

impl From<TokenLifetime> for i64 {
    fn from(lifetime: TokenLifetime) -> Self {
        lifetime.0
    }
}

/// A domain name prefix: `a` to `z`, digits and inner hyphens, at most 63 characters (J-F6, J-V18).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainPrefix(String);

impl DomainPrefix {
    /// Parses a prefix.
    ///
    /// # Errors
    /// `domain_prefix_invalid`.
    pub fn parse(field: &str, value: &str) -> Result<Self, Reject> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let edges = value.starts_with('-') || value.ends_with('-');
        if value.is_empty() || value.len() > 63 || edges || !value.bytes().all(allowed) {
            let rule = "a domain prefix is 1 to 63 of a-z, 0-9 and '-', with no '-' at either end; use lower case";
            return Err(Reject::at(RejectCode::DomainPrefixInvalid, field, rule));
        }
        Ok(Self(value.to_string()))
    }

    /// The prefix as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The origin of the pages with this prefix.
    pub fn origin(&self) -> String {
        format!("https://{}.netverify.com", self.0)
    }
}
