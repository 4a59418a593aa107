//! The providers by name.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The four providers. Deliberately exhaustive: a host that switches on it wants to be told of a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum))]
pub enum Provider {
    /// Attestr Studio, Flowx.
    Attestr,
    /// biometric.kz Flow.
    BiometricKz,
    /// Jumio Authentication for Web.
    Jumio,
    /// Signicat Assure.
    Signicat,
}

impl Provider {
    /// The stable name: `attestr`, `biometric_kz`, `jumio`, `signicat`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attestr => "attestr",
            Self::BiometricKz => "biometric_kz",
            Self::Jumio => "jumio",
            Self::Signicat => "signicat",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
