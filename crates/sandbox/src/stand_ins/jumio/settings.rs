//! The settings that a Jumio customer has in the portal, and what the documents leave open.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::colours;
use super::urls::{self, Purpose};
use crate::config::DeliveryPolicy;

/// The Jumio side of the sandbox.
// Switches that are set by name in a file: enums would only hide that each is a yes or a no.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JumioSettings {
    /// The accounts, with their credentials.
    pub accounts: Vec<JumioAccount>,
    /// The ID verifications that an authentication may refer to.
    pub enrollments: Vec<Enrollment>,
    /// The customer portal's settings, the same for every account.
    pub portal: Portal,
    /// Invention (J-D3): the HTTP status for wrong credentials, 401 or 403.
    pub wrong_credentials_status: u16,
    /// Calls need the headers that the guides ask for: `User-Agent`, `Accept`, and for a body `Content-Type` and
    /// `Content-Length`. A production client has been seen without some of them.
    pub strict_headers: bool,
    /// Invention: whether `http://HOST:PORT` of a private host, such as localhost, is accepted although the URL rules
    /// refuse it.
    pub allow_localhost: bool,
    /// Invention (J-D9): whether a query in the callback URL is accepted.
    pub allow_callback_query: bool,
    /// Invention (J-D17): what happens with a locale outside the list of 32.
    pub unknown_locale: UnknownLocale,
    /// How long a transaction lives without activity, in virtual milliseconds. 15 minutes are documented, but not from
    /// when they count (J-D6).
    pub session_ms: i64,
    /// Invention (J-D6): whether the 15 minutes count from the opening of the link.
    pub session_starts_at_opening: bool,
    /// Invention (J-D7): whether a newer transaction makes earlier ones expire at once. If not, they expire when their
    /// time is over.
    pub supersede_at_once: bool,
    /// The verdict after an acceptable submission, if no script says otherwise.
    pub outcome: Verdict,
    /// Invention: the time between the acceptable submission and the verdict, in virtual milliseconds.
    pub verdict_delay_ms: i64,
    /// Invention: what happens to a transaction after three unacceptable submissions.
    pub after_three_failures: AfterThreeFailures,
    /// How callbacks are sent.
    pub callbacks: DeliveryPolicy,
    /// How many liveness images a transaction has; the number varies at the provider.
    pub liveness_images: u32,
    /// The number of fraction digits in the time stamps of callbacks, 0 to 3; all of them are documented.
    pub fraction_digits: u8,
    /// Whether redirect URLs are longer than the documented 255 characters, as has been observed (J-2).
    pub long_redirect_url: bool,
    /// Whether `images` is an object instead of an array of one (J-11).
    pub images_as_object: bool,
    /// Whether `transactionDate` of a retrieval has no zone, as in the documents' sample (J-10).
    pub transaction_date_without_zone: bool,
}

impl Default for JumioSettings {
    fn default() -> Self {
        Self {
            accounts: vec![JumioAccount::default()],
            enrollments: default_enrollments(),
            portal: Portal::default(),
            wrong_credentials_status: 401,
            strict_headers: true,
            allow_localhost: true,
            allow_callback_query: false,
            unknown_locale: UnknownLocale::Refuse,
            session_ms: 900_000,
            session_starts_at_opening: false,
            supersede_at_once: true,
            outcome: Verdict::Passed,
            verdict_delay_ms: 5_000,
            after_three_failures: AfterThreeFailures::Expire,
            callbacks: DeliveryPolicy::default(),
            liveness_images: 2,
            fraction_digits: 3,
            long_redirect_url: false,
            images_as_object: false,
            transaction_date_without_zone: false,
        }
    }
}

impl JumioSettings {
    pub(crate) fn check(&self) -> Result<(), String> {
        if !matches!(self.wrong_credentials_status, 401 | 403) {
            return Err("jumio.wrong_credentials_status must be 401 or 403".into());
        }
        if self.fraction_digits > 3 {
            return Err("jumio.fraction_digits must be 0 to 3".into());
        }
        self.check_portal_urls()?;
        self.portal.check()
    }

    fn check_portal_urls(&self) -> Result<(), String> {
        let portal = &self.portal;
        let urls = [
            ("callback_url", &portal.callback_url, Purpose::Callback),
            ("success_url", &portal.success_url, Purpose::Return),
            ("error_url", &portal.error_url, Purpose::Return),
        ];
        for (name, url, purpose) in urls {
            if let Some(url) = url {
                urls::check(url, purpose, self).map_err(|rule| format!("jumio.portal.{name}: {rule}"))?;
            }
        }
        Ok(())
    }
}

/// One customer account.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JumioAccount {
    /// The API token (user name) and API secret (password).
    pub api: Credentials,
    /// A separate pair of token and secret for retrieval and deletion, if the account has one. The API pair works for
    /// both too.
    #[serde(default)]
    pub administration: Option<Credentials>,
    /// The account's region: `us`, `eu` or `sgp`. None: all three, which no real account has.
    #[serde(default)]
    pub region: Option<String>,
}

impl Default for JumioAccount {
    fn default() -> Self {
        let api = Credentials { token: "sandbox-jumio-token".into(), secret: "sandbox-jumio-secret".into() };
        Self { api, administration: None, region: None }
    }
}

/// A user name and password for HTTP Basic authentication, without any value outside the sandbox.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The user name.
    pub token: String,
    /// The password.
    pub secret: String,
}

/// An earlier ID verification.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrollment {
    /// The transaction reference of the ID verification.
    pub reference: String,
    /// The status of the ID verification, which must be `APPROVED_VERIFIED`.
    #[serde(default = "approved")]
    pub verification_status: String,
    /// The similarity, which must be `MATCH`.
    #[serde(default = "matching")]
    pub similarity: String,
    /// The validity, which must be true in one of the three documented spellings: `"TRUE"`, `true` or `"true"` (J-12).
    #[serde(default = "valid")]
    pub validity: Value,
    /// The verdict for this person, if it differs from the account's.
    #[serde(default)]
    pub outcome: Option<Verdict>,
}

impl Enrollment {
    /// An enrollment that may be authenticated against.
    pub fn eligible(reference: &str) -> Self {
        Self {
            reference: reference.into(),
            verification_status: approved(),
            similarity: matching(),
            validity: valid(),
            outcome: None,
        }
    }

    /// Which of the three conditions it does not meet.
    pub(crate) fn unmet(&self) -> Option<&'static str> {
        if self.verification_status != "APPROVED_VERIFIED" {
            return Some("verificationStatus = APPROVED_VERIFIED");
        }
        if self.similarity != "MATCH" {
            return Some("similarity = MATCH");
        }
        let valid = self.validity == json!(true) || self.validity == json!("true") || self.validity == json!("TRUE");
        (!valid).then_some("validity = TRUE")
    }
}

fn approved() -> String {
    "APPROVED_VERIFIED".into()
}

fn matching() -> String {
    "MATCH".into()
}

fn valid() -> Value {
    json!("TRUE")
}

fn default_enrollments() -> Vec<Enrollment> {
    let numbered = |last: &str| Enrollment::eligible(&format!("22222222-2222-4222-8222-2222222222{last}"));
    vec![
        numbered("22"),
        Enrollment { validity: json!(true), ..numbered("23") },
        Enrollment { outcome: Some(Verdict::Failed), ..numbered("f0") },
        Enrollment { outcome: Some(Verdict::Invalid), ..numbered("f1") },
        Enrollment { verification_status: "DENIED_FRAUD".into(), ..numbered("e0") },
        Enrollment { similarity: "NO_MATCH".into(), ..numbered("e1") },
        Enrollment { validity: json!("FALSE"), ..numbered("e2") },
    ]
}

/// The customer portal's settings. A value in a request overrides the value here.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Portal {
    /// The URL that verdicts are posted to, at most 255 characters.
    pub callback_url: Option<String>,
    /// The URL of the user's return after an accepted submission, at most 2047 characters.
    pub success_url: Option<String>,
    /// The URL of the user's return after an error, at most 255 characters.
    pub error_url: Option<String>,
    /// The default locale, one of the portal's 30 (the API takes two more).
    pub default_locale: Option<String>,
    /// How long a link stays valid, in minutes, 5 to 86 400.
    pub token_lifetime_minutes: u32,
    /// The first label of the client's host name (US only). In the sandbox it is a folder in the path.
    pub domain_prefix: Option<String>,
    /// The colours of single locales.
    pub colours: BTreeMap<String, Colours>,
    /// The colours of all other locales. None: the provider's own. The portal's reset unsets both.
    pub default_colours: Option<Colours>,
    /// The custom images of single locales.
    pub images: BTreeMap<String, Images>,
}

impl Default for Portal {
    fn default() -> Self {
        Self {
            callback_url: None,
            success_url: None,
            error_url: None,
            default_locale: None,
            token_lifetime_minutes: 30,
            domain_prefix: None,
            colours: BTreeMap::new(),
            default_colours: None,
            images: BTreeMap::new(),
        }
    }
}

impl Portal {
    fn check(&self) -> Result<(), String> {
        if !(5..=86_400).contains(&self.token_lifetime_minutes) {
            return Err("jumio.portal.token_lifetime_minutes must be 5 to 86400".into());
        }
        if self.domain_prefix.as_deref().is_some_and(|prefix| !is_prefix(prefix)) {
            return Err("jumio.portal.domain_prefix takes 1 to 63 of a-z, 0-9 and '-', not first or last '-'".into());
        }
        if self.default_locale.as_deref().is_some_and(|locale| !is_portal_locale(locale)) {
            return Err("jumio.portal.default_locale must be one of the portal's 30 locales".into());
        }
        colours::check(self)
    }
}

/// Two colours, as `#rrggbb`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colours {
    /// The colour of headings and buttons.
    pub primary: String,
    /// The colour of the background.
    pub secondary: String,
}

/// Custom images as URLs or `data:` URLs.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Images {
    /// The image above every page.
    pub header: Option<String>,
    /// The image on the default success page.
    pub success: Option<String>,
    /// The image on the default error page.
    pub error: Option<String>,
}

/// A verdict that a script can set.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// The user is live and has the same face.
    Passed,
    /// The user is not live, or has another face.
    Failed,
    /// No verdict. It is defined nowhere, and the sandbox gives it only on request (J-D5).
    Invalid,
}

/// What happens with a locale outside the API's list.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownLocale {
    /// The request is refused with status 400.
    Refuse,
    /// The page uses the default locale, and the log has a hint.
    UseDefault,
}

/// What happens to a transaction after three unacceptable submissions.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterThreeFailures {
    /// Nothing at once: it expires when its 15 minutes are over.
    Expire,
    /// It becomes `FAILED` at once.
    Failed,
    /// It becomes `INVALID` at once.
    Invalid,
}

const LOCALES: [&str; 32] = [
    "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-MX", "et", "fi", "fr", "hu", "hy", "it", "ja", "ka", "ko",
    "lt", "nl", "no", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sv", "tr", "vi", "zh-CN", "zh-HK",
];

/// Whether the API takes this locale.
pub(crate) fn is_locale(text: &str) -> bool {
    LOCALES.contains(&text)
}

fn is_portal_locale(text: &str) -> bool {
    is_locale(text) && !matches!(text, "hy" | "ka")
}

fn is_prefix(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::{Enrollment, is_prefix};
    use serde_json::json;

    #[test]
    fn prefixes_of_vector_18() {
        for good in ["a", "a-b", &"a".repeat(63)] {
            assert!(is_prefix(good), "{good}");
        }
        for bad in ["-a", "a-", &"a".repeat(64), "A", "a_b", ""] {
            assert!(!is_prefix(bad), "{bad}");
        }
    }

    #[test]
    fn validity_has_three_spellings_and_no_more() {
        for (validity, eligible) in [
            (json!("TRUE"), true),
            (json!(true), true),
            (json!("true"), true),
            (json!("True"), false),
            (json!(1), false),
        ] {
            assert_eq!(Enrollment { validity, ..Enrollment::eligible("e") }.unmet().is_none(), eligible);
        }
    }
}
