//! The list of providers, and the types that are made from it.

use alloc::{string::String, sync::Arc};
use core::fmt;

#[cfg(feature = "wire")]
use idvkit_core::values::Failed;
use idvkit_core::{
    Catalog, Diagnosis, Input, LocaleSet, Provider, Reject, RejectCode, Seed, UnixMillis, machine::Machine,
};
use serde::{Deserialize, Serialize};
#[cfg(feature = "wire")]
use serde::{Deserializer, Serializer};

use crate::{
    Account,
    list::providers,
    malformed::{Form, walk},
};

providers! {
    attestr = idvkit_attestr, Attestr = "attestr", "Attestr Studio (Flowx)." {
        AttestrFlowx(Request) = "attestr_flowx", "A flow of Attestr Studio, built in its dashboard.",
    }
    biometric_kz = idvkit_biometric_kz, BiometricKz = "biometric_kz", "biometric.kz Flow." {
        BiometricKzFlow(Request) = "biometric_kz_flow", "A flow of biometric.kz.",
    }
    jumio = idvkit_jumio, Jumio = "jumio", "Jumio Authentication for Web." {
        JumioAuthentication(Request) = "jumio_authentication", "Jumio Authentication for Web.",
    }
    signicat = idvkit_signicat, Signicat = "signicat", "Signicat Assure." {
        SignicatDocumentVerification(DocumentVerification) = "signicat_document_verification",
            "Signicat Assure, document verification: the user's app or your server takes the images.",
        SignicatCaptureFlow(CaptureFlow) = "signicat_capture_flow",
            "Signicat Assure, capture flow: the provider's page takes the images.",
        SignicatEid(Eid) = "signicat_eid",
            "Signicat Assure, eID flow: the user authenticates with an electronic identity.",
    }
}

/// Whether two texts are the same, for the compiler.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
