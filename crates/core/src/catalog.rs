//! The tables of a provider's documentation as data, for settings pages, help texts and checks.

use alloc::{string::String, vec::Vec};

use serde::Serialize;

use crate::{LocaleName, SizeClass};

/// The tables of one provider's documentation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Catalog {
    /// The provider whose tables these are.
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::provider"))]
    #[cfg_attr(feature = "schema", schemars(extend("x-named" = "ProviderId")))]
    pub provider: String,
    /// Error codes, each with its operation: the same number has another meaning at another operation.
    pub errors: Vec<ErrorCode>,
    /// The lists of languages that the provider takes.
    pub locales: Vec<LocaleList>,
    /// The browsers that the provider names.
    pub browsers: Vec<Browser>,
    /// The recommended frame sizes, largest first.
    pub sizes: Vec<SizeClass>,
    /// The hosts and addresses that callbacks come from. The addresses can change: resolve the host name for the
    /// current ones.
    pub callback_sources: Vec<CallbackSource>,
}

/// One error code of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ErrorCode {
    /// The operation that returns the code, such as `attestr.create_handshake`, or `redirect`.
    pub operation: String,
    /// The code as a text.
    pub code: String,
    /// The HTTP status that comes with the code, if any.
    pub status: Option<u16>,
    /// What the code means.
    pub meaning: String,
    /// What to do when the code occurs. This advice is written by idvkit, not by the provider.
    pub advice: String,
    /// The fact that documents the code: ids in `PROTOCOL.md` of the provider's crate.
    pub source: String,
}

/// A list of languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct LocaleList {
    /// What the list is for, such as `api` or `portal`.
    pub name: String,
    /// The default language, if there is one.
    pub default: Option<String>,
    /// Whether the provider takes other tags too.
    pub open: bool,
    /// The languages in the list.
    pub locales: Vec<LocaleEntry>,
}

/// One language of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct LocaleEntry {
    /// The language tag as the provider spells it.
    pub tag: String,
    /// The language's English name.
    pub name: String,
}

impl From<&LocaleName> for LocaleEntry {
    fn from(locale: &LocaleName) -> Self {
        Self { tag: locale.tag.into(), name: locale.name.into() }
    }
}

/// One browser that a provider names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Browser {
    /// The browser's name.
    pub name: String,
    /// The operating systems that the entry applies to.
    pub systems: Vec<String>,
    /// The major versions that the entry applies to.
    pub versions: VersionWindow,
    /// Whether the flow works in this browser.
    pub support: Support,
    /// The provider's footnote, if any.
    pub note: Option<String>,
}

/// The major versions of a browser that a catalogue entry applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum VersionWindow {
    /// The current version.
    Current,
    /// The current version and the one before.
    CurrentAndPrevious,
    /// The versions with long-term support.
    LongTermSupport,
}

/// Whether a flow works in a browser. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Support {
    /// The flow works.
    Full,
    /// The flow works with the restriction that the note describes.
    Partial,
    /// The flow does not work, although the provider lists the browser.
    None,
}

/// A source of callbacks: one host with its addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct CallbackSource {
    /// The region that the host serves.
    pub region: String,
    /// The host name. Resolve it for the current addresses.
    pub host: String,
    /// The addresses that were documented when this version was written.
    pub addresses: Vec<String>,
}
