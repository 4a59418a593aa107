//! The tables of a provider's documentation, as data for settings pages, help texts and checks.

use alloc::{string::String, vec::Vec};

use serde::Serialize;

use crate::{LocaleName, SizeClass};

/// What a provider documents in tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Catalog {
    /// Whose tables.
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::provider"))]
    #[cfg_attr(feature = "schema", schemars(extend("x-named" = "ProviderId")))]
    pub provider: String,
    /// Error codes, with the operation they belong to: the same number means other things elsewhere.
    pub errors: Vec<ErrorCode>,
    /// Lists of languages.
    pub locales: Vec<LocaleList>,
    /// Browsers.
    pub browsers: Vec<Browser>,
    /// Frame sizes, largest first.
    pub sizes: Vec<SizeClass>,
    /// Where callbacks come from. Replaceable: look the host name up for the current addresses.
    pub callback_sources: Vec<CallbackSource>,
}

/// One error code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ErrorCode {
    /// Where it occurs: an operation such as `attestr.create_handshake`, or `redirect`.
    pub operation: String,
    /// The code as text.
    pub code: String,
    /// The HTTP status it comes with, if any.
    pub status: Option<u16>,
    /// What it means.
    pub meaning: String,
    /// What to do about it. This advice is ours, not the provider's.
    pub advice: String,
    /// Where that is known from: ids of `PROTOCOL.md` in the provider's crate.
    pub source: String,
}

/// A list of languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct LocaleList {
    /// What it is for, such as `api` or `portal`.
    pub name: String,
    /// The default, if there is one.
    pub default: Option<String>,
    /// Whether other tags are taken too.
    pub open: bool,
    /// The languages.
    pub locales: Vec<LocaleEntry>,
}

/// One language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct LocaleEntry {
    /// The tag, as the provider spells it.
    pub tag: String,
    /// Its English name.
    pub name: String,
}

impl From<&LocaleName> for LocaleEntry {
    fn from(locale: &LocaleName) -> Self {
        Self { tag: locale.tag.into(), name: locale.name.into() }
    }
}

/// One browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Browser {
    /// Its name.
    pub name: String,
    /// The systems it is meant for.
    pub systems: Vec<String>,
    /// Which major versions.
    pub versions: VersionWindow,
    /// Whether the flow works there.
    pub support: Support,
    /// A footnote.
    pub note: Option<String>,
}

/// Which major versions of a browser are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum VersionWindow {
    /// The current one.
    Current,
    /// The current and the one before.
    CurrentAndPrevious,
    /// Those with long-term support.
    LongTermSupport,
}

/// Whether something works in a browser. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Support {
    /// It does.
    Full,
    /// With the restriction in the note.
    Partial,
    /// It does not, although it is listed.
    None,
}

/// Where callbacks come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct CallbackSource {
    /// The region.
    pub region: String,
    /// The host name whose addresses are meant.
    pub host: String,
    /// The addresses as documented at the time of writing.
    pub addresses: Vec<String>,
}
