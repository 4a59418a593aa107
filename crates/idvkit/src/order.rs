//! What a caller configures and orders: one variant per provider and flow, with a JSON form.

use alloc::string::{String, ToString};

use idvkit_core::{Provider, Reject};
use serde::{Deserialize, de::DeserializeOwned};

/// One provider account. In JSON the member `provider` says which.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Config {
    /// Attestr Studio.
    Attestr(idvkit_attestr::Config),
    /// biometric.kz Flow.
    BiometricKz(idvkit_biometric_kz::Config),
    /// Jumio Authentication for Web.
    Jumio(idvkit_jumio::Config),
    /// Signicat Assure.
    Signicat(idvkit_signicat::Config),
}

impl Config {
    /// Reads a configuration from JSON, for example from a secret store.
    ///
    /// # Errors
    /// `config_malformed`, naming the member where one is missing or unknown; never a value.
    pub fn from_json(text: &str) -> Result<Self, Reject> {
        parse(text, "config_malformed", "config")
    }

    /// Whose account.
    pub fn provider(&self) -> Provider {
        match self {
            Self::Attestr(_) => Provider::Attestr,
            Self::BiometricKz(_) => Provider::BiometricKz,
            Self::Jumio(_) => Provider::Jumio,
            Self::Signicat(_) => Provider::Signicat,
        }
    }
}

/// One verification. In JSON the member `flow` says which flow.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "flow", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Request {
    /// A flow of Attestr Studio.
    AttestrFlowx(idvkit_attestr::Request),
    /// A flow of biometric.kz.
    BiometricKzFlow(idvkit_biometric_kz::Request),
    /// Jumio Authentication for Web.
    JumioAuthentication(idvkit_jumio::Request),
    /// Signicat Assure: images of a document and its holder.
    SignicatDocumentVerification(idvkit_signicat::DocumentVerification),
    /// Signicat Assure: the provider's page takes the images.
    SignicatCaptureFlow(idvkit_signicat::CaptureFlow),
    /// Signicat Assure: an electronic identity.
    SignicatEid(idvkit_signicat::Eid),
}

impl Request {
    /// Reads a request from JSON.
    ///
    /// # Errors
    /// `request_malformed`, naming the member where one is missing or unknown; never a value.
    pub fn from_json(text: &str) -> Result<Self, Reject> {
        parse(text, "request_malformed", "request")
    }

    /// Whose flow.
    pub fn provider(&self) -> Provider {
        match self {
            Self::AttestrFlowx(_) => Provider::Attestr,
            Self::BiometricKzFlow(_) => Provider::BiometricKz,
            Self::JumioAuthentication(_) => Provider::Jumio,
            Self::SignicatDocumentVerification(_) | Self::SignicatCaptureFlow(_) | Self::SignicatEid(_) => {
                Provider::Signicat
            }
        }
    }
}

fn parse<T: DeserializeOwned>(text: &str, code: &'static str, field: &str) -> Result<T, Reject> {
    serde_json::from_str(text).map_err(|error| Reject::caller(code, field, explain(&error)))
}

/// serde's texts about members name the member; all others may echo a value and are replaced.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let about_members =
        ["missing field", "unknown field", "duplicate field"].iter().any(|start| text.starts_with(start));
    let place = alloc::format!("line {}, column {}", error.line(), error.column());
    match text.split(" at line ").next() {
        Some(first) if about_members => alloc::format!("{first} ({place})"),
        _ if error.is_data() => alloc::format!("a member before {place} has the wrong type or an unknown value"),
        _ => alloc::format!("this is not valid JSON ({place})"),
    }
}
