//! Jumio's tables.

use alloc::{
    string::{String, ToString},
    vec,
    vec::Vec,
};

use idvkit_core::{
    Bound, Browser, CallbackSource, Catalog, ErrorCode, LocaleEntry, LocaleList, LocaleName, LocaleSet, LocaleTag,
    SizeClass, Support, VersionWindow,
};

use crate::values::ID;

/// All of Jumio's tables; `journey` is the operation whose errors they list.
pub(crate) fn catalog(journey: &str) -> Catalog {
    Catalog {
        provider: ID.into(),
        errors: ERROR_CODES.iter().map(|known| known.of(journey)).collect(),
        locales: vec![
            LocaleList { name: "api".into(), ..list(API_LOCALES.entries.iter()) },
            LocaleList { name: "portal".into(), ..list(PORTAL_LOCALES.iter()) },
        ],
        browsers: browsers(),
        sizes: sizes(),
        callback_sources: CALLBACK_SOURCES.iter().map(CallbackSource::from).collect(),
    }
}

/// The 32 values that the API takes as `locale` (J-F6). `en-US` is an alias of `en` (J-D17); J-D25 has the nearest
/// languages for others.
pub static API_LOCALES: LocaleSet = LocaleSet {
    entries: &[
        LocaleName { tag: "bg", name: "Bulgarian" },
        LocaleName { tag: "cs", name: "Czech" },
        LocaleName { tag: "da", name: "Danish" },
        LocaleName { tag: "de", name: "German" },
        LocaleName { tag: "el", name: "Greek" },
        LocaleName { tag: "en", name: "American English" },
        LocaleName { tag: "en-GB", name: "British English" },
        LocaleName { tag: "es", name: "Spanish" },
        LocaleName { tag: "es-MX", name: "Mexican Spanish" },
        LocaleName { tag: "et", name: "Estonian" },
        LocaleName { tag: "fi", name: "Finnish" },
        LocaleName { tag: "fr", name: "French" },
        LocaleName { tag: "hu", name: "Hungarian" },
        LocaleName { tag: "hy", name: "Armenian" },
        LocaleName { tag: "it", name: "Italian" },
        LocaleName { tag: "ja", name: "Japanese" },
        LocaleName { tag: "ka", name: "Georgian" },
        LocaleName { tag: "ko", name: "Korean" },
        LocaleName { tag: "lt", name: "Lithuanian" },
        LocaleName { tag: "nl", name: "Dutch" },
        LocaleName { tag: "no", name: "Norwegian" },
        LocaleName { tag: "pl", name: "Polish" },
        LocaleName { tag: "pt", name: "Portuguese" },
        LocaleName { tag: "pt-BR", name: "Brazilian Portuguese" },
        LocaleName { tag: "ro", name: "Romanian" },
        LocaleName { tag: "ru", name: "Russian" },
        LocaleName { tag: "sk", name: "Slovak" },
        LocaleName { tag: "sv", name: "Swedish" },
        LocaleName { tag: "tr", name: "Turkish" },
        LocaleName { tag: "vi", name: "Vietnamese" },
        LocaleName { tag: "zh-CN", name: "Simplified Chinese" },
        LocaleName { tag: "zh-HK", name: "Traditional Chinese" },
    ],
    aliases: &[("en-US", "en")],
    nearest: &[
        ("nb", "no"),
        ("nn", "no"),
        ("zh", "zh-CN"),
        ("zh-Hant", "zh-HK"),
        ("zh-TW", "zh-HK"),
        ("zh-MO", "zh-HK"),
    ],
    provider_field: "locale",
};

/// What the portal offers as default locale, in its own words and order: 30, without Armenian and Georgian (J-F6).
static PORTAL_LOCALES: [LocaleName; 30] = [
    LocaleName { tag: "en", name: "English" },
    LocaleName { tag: "en-GB", name: "English (United Kingdom)" },
    LocaleName { tag: "de", name: "German" },
    LocaleName { tag: "tr", name: "Turkish" },
    LocaleName { tag: "fi", name: "Finnish" },
    LocaleName { tag: "no", name: "Norwegian" },
    LocaleName { tag: "pl", name: "Polish" },
    LocaleName { tag: "sv", name: "Swedish" },
    LocaleName { tag: "ru", name: "Russian" },
    LocaleName { tag: "pt", name: "Portuguese" },
    LocaleName { tag: "pt-BR", name: "Portuguese (Brazil)" },
    LocaleName { tag: "es", name: "Spanish" },
    LocaleName { tag: "es-MX", name: "Spanish (Mexico)" },
    LocaleName { tag: "it", name: "Italian" },
    LocaleName { tag: "fr", name: "French" },
    LocaleName { tag: "nl", name: "Dutch" },
    LocaleName { tag: "bg", name: "Bulgarian" },
    LocaleName { tag: "zh-CN", name: "Chinese (China)" },
    LocaleName { tag: "zh-HK", name: "Chinese (Hong Kong)" },
    LocaleName { tag: "cs", name: "Czech" },
    LocaleName { tag: "da", name: "Danish" },
    LocaleName { tag: "el", name: "Greek" },
    LocaleName { tag: "hu", name: "Hungarian" },
    LocaleName { tag: "ja", name: "Japanese" },
    LocaleName { tag: "ko", name: "Korean" },
    LocaleName { tag: "ro", name: "Romanian" },
    LocaleName { tag: "sk", name: "Slovak" },
    LocaleName { tag: "vi", name: "Vietnamese" },
    LocaleName { tag: "lt", name: "Lithuanian" },
    LocaleName { tag: "et", name: "Estonian" },
];

fn list<'a>(entries: impl Iterator<Item = &'a LocaleName>) -> LocaleList {
    LocaleList {
        name: String::new(),
        default: Some("en".into()),
        open: false,
        locales: entries.map(LocaleEntry::from).collect(),
    }
}

/// One of the eleven `errorCode` values of a redirect or message.
pub(crate) struct KnownError {
    pub(crate) code: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) advice: &'static str,
}

impl KnownError {
    pub(crate) fn find(code: &str) -> Option<&'static Self> {
        ERROR_CODES.iter().find(|known| known.code == code)
    }

    fn of(&self, operation: &str) -> ErrorCode {
        ErrorCode {
            operation: operation.into(),
            code: self.code.into(),
            status: None,
            meaning: self.meaning.into(),
            advice: self.advice.into(),
            source: "J-F4".into(),
        }
    }
}

/// The errors after which the same link leads nowhere: out of date, or all tries used (J-D21).
pub(crate) const LINK_IS_DEAD: [&str; 4] = ["9200", "9210", "9821", "9836"];

/// The error codes of J-F4. The advice is ours.
static ERROR_CODES: [KnownError; 11] = [
    KnownError {
        code: "9100",
        meaning: "failure on Jumio's server",
        advice: "open the same link again; if it still fails, begin again later",
    },
    KnownError {
        code: "9200",
        meaning: "authorization token missing, not valid or out of date",
        advice: "the link can no longer be used: retry the session for a new one",
    },
    KnownError {
        code: "9210",
        meaning: "the session expired after the journey had begun",
        advice: "retry the session for a new link, and ask the user to finish within 15 minutes",
    },
    KnownError { code: "9300", meaning: "image upload failed", advice: "open the same link again on a better network" },
    KnownError {
        code: "9400",
        meaning: "failure during the verification step",
        advice: "open the same link again; if it still fails, begin again later",
    },
    KnownError { code: "9800", meaning: "the user is offline", advice: "open the same link again once online" },
    KnownError {
        code: "9801",
        meaning: "unexpected client failure",
        advice: "reload, or try another supported browser",
    },
    KnownError {
        code: "9810",
        meaning: "the client could not talk to the server",
        advice: "open the same link again on a better network",
    },
    KnownError {
        code: "9820",
        meaning: "no usable camera",
        advice: "allow the camera, check `allow` on every nested frame, or send the link to a phone",
    },
    KnownError {
        code: "9821",
        meaning: "the capture failed three times",
        advice: "ask for better light and no glasses; then retry the session for a new link",
    },
    KnownError {
        code: "9836",
        meaning: "three submissions, none acceptable",
        advice: "ask for better light and no glasses; then retry the session for a new link",
    },
];

/// Frame sizes, largest first (J-F5).
pub(crate) fn sizes() -> Vec<SizeClass> {
    [
        ("large", 900, 710, Bound::AtLeast),
        ("medium", 640, 660, Bound::Exactly),
        ("small", 560, 600, Bound::Exactly),
        ("x-small", 480, 535, Bound::AtMost),
    ]
    .into_iter()
    .map(|(name, width, height, bound)| SizeClass { name: name.into(), width, height, bound })
    .collect()
}

fn browsers() -> Vec<Browser> {
    let overlay = "iPad only, not iPhone; shows an overlay button that cannot be switched off";
    let row = |name: &str, systems: &[&str], versions, support, note: Option<&str>| Browser {
        name: name.into(),
        systems: systems.iter().map(ToString::to_string).collect(),
        versions,
        support,
        note: note.map(Into::into),
    };
    vec![
        row("Google Chrome", &["Windows", "Mac"], VersionWindow::CurrentAndPrevious, Support::Full, None),
        row("Mozilla Firefox", &["Windows", "Mac"], VersionWindow::CurrentAndPrevious, Support::Full, None),
        row("Apple Safari", &["Mac"], VersionWindow::Current, Support::Full, None),
        row(
            "Microsoft Internet Explorer",
            &["Windows"],
            VersionWindow::Current,
            Support::None,
            Some("listed, but not supported"),
        ),
        row("Microsoft Edge", &["Windows"], VersionWindow::Current, Support::Full, None),
        row("Google Chrome", &["Android"], VersionWindow::Current, Support::Full, None),
        row("Samsung Internet", &["Android"], VersionWindow::Current, Support::Full, None),
        row("Apple Safari", &["iOS"], VersionWindow::Current, Support::Partial, Some(overlay)),
    ]
}

struct KnownSource {
    region: &'static str,
    host: &'static str,
    addresses: &'static [&'static str],
}

impl From<&KnownSource> for CallbackSource {
    fn from(known: &KnownSource) -> Self {
        Self {
            region: known.region.into(),
            host: known.host.into(),
            addresses: known.addresses.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Callback addresses of this product generation (J-F7). The documents say to look the host up for the current ones;
/// an address list alone is weak (J-D10).
static CALLBACK_SOURCES: [KnownSource; 3] = [
    KnownSource {
        region: "us",
        host: "callback.jumio.com",
        addresses: &[
            "34.202.241.227",
            "34.226.103.119",
            "34.226.254.127",
            "52.52.51.178",
            "52.53.95.123",
            "54.67.101.173",
        ],
    },
    KnownSource {
        region: "eu",
        host: "callback.lon.jumio.com",
        addresses: &["34.253.41.236", "35.157.27.193", "52.48.0.25", "52.57.194.92", "52.58.113.86", "52.209.180.134"],
    },
    KnownSource {
        region: "sgp",
        host: "callback.core-sgp.jumio.com",
        addresses: &["3.0.109.121", "52.76.184.73", "52.77.102.92"],
    },
];

/// Where the colours of a page come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColourSource {
    /// From the colours that are configured for this tag: the locale itself, or its language.
    Locale(String),
    /// From the account's default colours.
    AccountDefault,
    /// From Jumio's default colours.
    JumioDefault,
}

/// Which colours a page in this locale has: those of the exact locale, else of its language, else the account's
/// default, else Jumio's (J-F6, J-V17). `EN_GB` counts as `en-GB`.
pub fn colours_for(locale: &str, configured: &[&str], account_default: bool) -> ColourSource {
    let fallback = if account_default { ColourSource::AccountDefault } else { ColourSource::JumioDefault };
    let Ok(wanted) = LocaleTag::parse(locale) else { return fallback };
    let configured: Vec<LocaleTag> = configured.iter().filter_map(|tag| LocaleTag::parse(tag).ok()).collect();
    let has = |text: &str| configured.iter().any(|tag| tag.as_str() == text);
    match wanted {
        exact if has(exact.as_str()) => ColourSource::Locale(exact.as_str().into()),
        exact if has(exact.language()) => ColourSource::Locale(exact.language().into()),
        _ => fallback,
    }
}
