//! The settings of a Signicat customer, and what the documents leave open.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::script::SignicatOutcome;
use crate::config::DeliveryPolicy;

/// The Signicat side of the sandbox.
// Switches that are set by name in a file: enums would only hide that each is a yes or a no.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignicatSettings {
    /// The API clients, with their credentials.
    pub clients: Vec<SignicatClient>,
    /// The person whose documents are read.
    pub person: SignicatPerson,
    /// The lifetime of an access token, in seconds: 600, or any from 1 to 3600.
    pub token_life_s: u32,
    /// Replacements of paths that no document gives, from the operation to a template, such as `{"signicat.start":
    /// "/dossiers/{d}/processes/{p}/start"}`. Placeholders in braces stand for ids, in the order of the default path
    /// (S-D7).
    pub routes: BTreeMap<String, String>,
    /// The largest decoded image, in bytes; known only from the watermark page (S-D12).
    pub image_limit_bytes: usize,
    /// The largest width and height of an image, in pixels; known only from the watermark page (S-D12).
    pub image_limit_px: u32,
    /// Invention: whether an upload discards all earlier images. If not, it replaces only the images that it names.
    pub upload_replaces_all: bool,
    /// The verdict if no script says otherwise.
    pub outcome: SignicatOutcome,
    /// Invention: the time from the start of a verification to its verdict, in virtual milliseconds.
    pub verdict_delay_ms: i64,
    /// Whether the answer of a capture flow has `processId`, which only some integrators have seen (S-6).
    pub capture_returns_process_id: bool,
    /// What the redirect names after two providers (S-4).
    pub two_provider_redirect: TwoProviderRedirect,
    /// The name of the member of a created eID process that holds the user's page (inferred).
    pub eid_url_member: String,
    /// The form in which an eID method returns the user's data.
    pub userinfo: UserInfoForm,
    /// User data come back as they are, and nothing on writing them, instead of in a member of its own with dates (S-F2.8).
    pub flat_user_data: bool,
    /// Invention: the hosts that callbacks are sent to, as allow-listed at the provider (S-D17). None: any host.
    pub allowed_callback_hosts: Option<Vec<String>>,
    /// The origins that may show the capture page in a frame, as listed by the provider's support. None: any origin.
    pub frame_ancestors: Option<Vec<String>>,
    /// Invention (S-D11): a limit on the calls of Get process. None: no limit.
    pub rate_limit: Option<RateLimit>,
    /// How callbacks are sent: 10 seconds for the answer and five further attempts. The pauses between them are an
    /// invention (S-D9).
    pub callbacks: DeliveryPolicy,
}

impl Default for SignicatSettings {
    fn default() -> Self {
        Self {
            clients: vec![SignicatClient::default()],
            person: SignicatPerson::default(),
            token_life_s: 600,
            routes: BTreeMap::new(),
            image_limit_bytes: 4 * 1024 * 1024,
            image_limit_px: 5_000,
            upload_replaces_all: false,
            outcome: SignicatOutcome::Accepted,
            verdict_delay_ms: 5_000,
            capture_returns_process_id: true,
            two_provider_redirect: TwoProviderRedirect::DossierOnly,
            eid_url_member: "redirectUrl".into(),
            userinfo: UserInfoForm::Json,
            flat_user_data: false,
            allowed_callback_hosts: None,
            frame_ancestors: None,
            rate_limit: None,
            callbacks: DeliveryPolicy {
                timeout_ms: 10_000,
                retry_after_ms: vec![10_000, 30_000, 60_000, 300_000, 900_000],
                delay_ms: 0,
            },
        }
    }
}

impl SignicatSettings {
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(1..=3_600).contains(&self.token_life_s) {
            return Err("signicat.token_life_s must be 1 to 3600 seconds".into());
        }
        if self.clients.is_empty() {
            return Err("signicat.clients needs at least one client".into());
        }
        let origin =
            |text: &String| text.starts_with("http") && !text.contains([' ', ';', ',', '\'', '"']) && text.is_ascii();
        if !self.frame_ancestors.iter().flatten().all(origin) {
            return Err("signicat.frame_ancestors: origins such as https://shop.example".into());
        }
        super::table::check(&self.routes)
    }
}

/// An API client. Its credentials are worth nothing outside the sandbox.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignicatClient {
    /// The client id, as in the dashboard.
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
}

impl Default for SignicatClient {
    fn default() -> Self {
        Self { client_id: "sandbox-quiet-lake-123".into(), client_secret: "sandbox-signicat-secret".into() }
    }
}

/// The data in the made-up person's document, in the normalised forms of Assure.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignicatPerson {
    /// The given names.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The date of birth, `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// The gender, as Assure writes it.
    pub gender: String,
    /// The nationality, as an ISO 3166 alpha-3 code.
    pub nationality: String,
    /// The document type, one of Assure's.
    pub document_type: String,
    /// The number of the document.
    pub document_number: String,
    /// The issuing country, as an ISO 3166 alpha-3 code.
    pub issuing_country: String,
    /// The date of expiry, `YYYY-MM-DD`.
    pub date_of_expiry: String,
    /// The national personal number.
    pub personal_identification_number: String,
}

impl Default for SignicatPerson {
    fn default() -> Self {
        Self {
            first_name: "ANNA".into(),
            last_name: "TEST".into(),
            date_of_birth: "1990-01-02".into(),
            gender: "F".into(),
            nationality: "NLD".into(),
            document_type: "passport".into(),
            document_number: "SPECI2014".into(),
            issuing_country: "NLD".into(),
            date_of_expiry: "2034-03-09".into(),
            personal_identification_number: "999999990".into(),
        }
    }
}

/// A limit on the calls of Get process, on the virtual clock.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// How many calls are answered in each window of `per_ms`.
    pub calls: u32,
    /// The length of the window, in virtual milliseconds.
    pub per_ms: i64,
    /// The value of `Retry-After`, in seconds.
    pub retry_after_s: u32,
}

/// What the redirect after two providers names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TwoProviderRedirect {
    /// The dossier, as documented.
    DossierOnly,
    /// The dossier and the last process with its status, as after one provider.
    LastProcess,
}

/// The form in which an eID method returns the user's data (S-V20).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserInfoForm {
    /// As plain JSON.
    Json,
    /// As a signed JWT (HS256 with the client's secret; the algorithm is an invention).
    SignedJwt,
    /// As an encrypted JWT: five parts that nobody can decrypt, and no `finalResult`.
    EncryptedJwt,
}
