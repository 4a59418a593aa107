//! What a caller configures and orders: one variant per provider and flow, with a JSON form.

use idvkit_core::{Provider, Reject};
use serde::Deserialize;

use crate::malformed::{Form, walk};

/// One provider account. In JSON the member `provider` says which.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// `config_malformed`, with the member, the rule and the fix; never a value.
    pub fn from_json(text: &str) -> Result<Self, Reject> {
        let words: &[&str] = &["attestr", "biometric_kz", "jumio", "signicat"];
        let form = Form { name: "config", code: "config_malformed", tag: ("provider", words) };
        serde_json::from_str(text).map_err(|error| {
            form.explain(text, &error, |provider, members| match provider {
                "attestr" => walk::<idvkit_attestr::Config>(members),
                "biometric_kz" => walk::<idvkit_biometric_kz::Config>(members),
                "jumio" => walk::<idvkit_jumio::Config>(members),
                _ => walk::<idvkit_signicat::Config>(members),
            })
        })
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// `request_malformed`, with the member, the rule and the fix; never a value.
    pub fn from_json(text: &str) -> Result<Self, Reject> {
        let words: &[&str] = &[
            "attestr_flowx",
            "biometric_kz_flow",
            "jumio_authentication",
            "signicat_document_verification",
            "signicat_capture_flow",
            "signicat_eid",
        ];
        let form = Form { name: "request", code: "request_malformed", tag: ("flow", words) };
        serde_json::from_str(text).map_err(|error| {
            form.explain(text, &error, |flow, members| match flow {
                "attestr_flowx" => walk::<idvkit_attestr::Request>(members),
                "biometric_kz_flow" => walk::<idvkit_biometric_kz::Request>(members),
                "jumio_authentication" => walk::<idvkit_jumio::Request>(members),
                "signicat_document_verification" => walk::<idvkit_signicat::DocumentVerification>(members),
                "signicat_capture_flow" => walk::<idvkit_signicat::CaptureFlow>(members),
                _ => walk::<idvkit_signicat::Eid>(members),
            })
        })
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
