//! What a Jumio customer sets in the portal, and what the documents leave open.

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
    /// Accounts with their credentials.
    pub accounts: Vec<JumioAccount>,
    /// ID verifications that an authentication may refer to.
    pub enrollments: Vec<Enrollment>,
    /// The customer portal's settings, the same for every account.
    pub portal: Portal,
    /// Invention (J-D3): the status for wrong credentials, 401 or 403.
    pub wrong_credentials_status: u16,
    /// Calls need the headers that the guides ask for: `User-Agent`, `Accept`, and for a body `Content-Type` and
    /// `Content-Length`. A production client has been seen without some of them.
    pub strict_headers: bool,
    /// Invention: accept `http://HOST:PORT` of a private host, such as localhost, although the URL rules refuse them.
    pub allow_localhost: bool,
    /// Invention (J-D9): accept a query in the callback URL.
    pub allow_callback_query: bool,
    /// Invention (J-D17): what a locale outside the list of 32 does.
    pub unknown_locale: UnknownLocale,
    /// How long a transaction lives without activity, virtual milliseconds. 15 minutes are documented, how they count is not (J-D6).
    pub session_ms: i64,
    /// Invention (J-D6): the second reading, in which the 15 minutes count from the opening of the link only.
    pub session_starts_at_opening: bool,
    /// Invention (J-D7): a newer initiate expires earlier ones at once; otherwise they expire when their time is up.
    pub supersede_at_once: bool,
    /// The verdict after an acceptable submission when no script says otherwise.
    pub outcome: Verdict,
    /// Invention: virtual milliseconds between the acceptable submission and the verdict.
    pub verdict_delay_ms: i64,
    /// Invention: what becomes of a transaction after three unacceptable submissions.
    pub after_three_failures: AfterThreeFailures,
    /// How callbacks are sent.
    pub callbacks: DeliveryPolicy,
    /// How many liveness images there are; the count varies at the provider.
    pub liveness_images: u32,
    /// Fraction digits of callback timestamps, 0 to 3, all of them documented.
    pub fraction_digits: u8,
    /// Emits a redirect URL of more than the documented 255 characters, as has been observed (J-2).
    pub long_redirect_url: bool,
    /// Emits `images` as an object instead of an array of one (J-11).
    pub images_as_object: bool,
    /// Emits the retrieval's `transactionDate` without its zone, as the documents' sample does (J-10).
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
    /// The API token (user) and secret (password).
    pub api: Credentials,
    /// A separate pair for retrieval and delete, if the account has one; the API pair works for both as well.
    #[serde(default)]
    pub administration: Option<Credentials>,
    /// `us`, `eu` or `sgp`; none: all three, which no real account has.
    #[serde(default)]
    pub region: Option<String>,
}

impl Default for JumioAccount {
    fn default() -> Self {
        let api = Credentials { token: "sandbox-jumio-token".into(), secret: "sandbox-jumio-secret".into() };
        Self { api, administration: None, region: None }
    }
}

/// A pair for HTTP Basic authentication. Worth nothing outside the sandbox.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The user.
    pub token: String,
    /// The password.
    pub secret: String,
}

/// An earlier ID verification.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrollment {
    /// Its transaction reference.
    pub reference: String,
    /// Must be `APPROVED_VERIFIED`.
    #[serde(default = "approved")]
    pub verification_status: String,
    /// Must be `MATCH`.
    #[serde(default = "matching")]
    pub similarity: String,
    /// Must be true, in any of the three documented spellings: `"TRUE"`, `true`, `"true"` (J-12).
    #[serde(default = "valid")]
    pub validity: Value,
    /// The verdict for this person, if not the account's usual one.
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

/// The customer portal's settings. A value in a request beats the one here.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Portal {
    /// Where verdicts are posted; at most 255 characters.
    pub callback_url: Option<String>,
    /// Where the user goes after an accepted submission; at most 2047 characters.
    pub success_url: Option<String>,
    /// Where the user goes after an error; at most 255 characters.
    pub error_url: Option<String>,
    /// One of the portal's 30 locales (the API takes two more).
    pub default_locale: Option<String>,
    /// Minutes that a link stays valid, 5 to 86 400.
    pub token_lifetime_minutes: u32,
    /// The first label of the client's host name (US only); here a folder in the path.
    pub domain_prefix: Option<String>,
    /// Colours of single locales.
    pub colours: BTreeMap<String, Colours>,
    /// Colours of all other locales; none: the provider's own. Both unset is what the portal's reset does.
    pub default_colours: Option<Colours>,
    /// Custom images of single locales.
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
    /// Headings and buttons.
    pub primary: String,
    /// The background.
    pub secondary: String,
}

/// Custom images as URLs or `data:` URLs.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Images {
    /// Above every page.
    pub header: Option<String>,
    /// On the default success page.
    pub success: Option<String>,
    /// On the default error page.
    pub error: Option<String>,
}

/// A verdict that a script can ask for.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Live, and the same face.
    Passed,
    /// Not live, or another face.
    Failed,
    /// Defined nowhere; here it comes only when asked for (J-D5).
    Invalid,
}

/// What a locale outside the API's list does.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownLocale {
    /// Status 400.
    Refuse,
    /// The default locale is shown, with a hint.
    UseDefault,
}

/// What becomes of a transaction after three unacceptable submissions.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterThreeFailures {
    /// Nothing at once; it expires when its 15 minutes are over.
    Expire,
    /// FAILED at once.
    Failed,
    /// INVALID at once.
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
