//! Language tags, and the closed sets of them that providers take.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Reject, RejectCode};

/// A language tag of the two forms that all four providers use: `ll` or `ll-CC`.
///
/// `ll` is a language of 2 or 3 letters (ISO 639), `CC` a country of 2 letters (ISO 3166-1); the text is always in the
/// usual case, as in `pt-BR`. Whether a provider knows the tag is for its [`LocaleSet`] to say; where a provider
/// publishes no list (Attestr, A-Q10), this form is all that is checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LocaleTag(String);

impl LocaleTag {
    /// Reads a tag in any case, with `-` or `_` between its parts: `EN_gb` is `en-GB` (J-V17, J-D17).
    ///
    /// # Errors
    /// `locale_malformed`, field `locale` (change it with [`Reject::about`]), for every other form; scripts, variants
    /// and numeric regions are in no provider's documents.
    pub fn parse(value: &str) -> Result<Self, Reject> {
        let (language, region) = match value.split_once(['-', '_']) {
            Some((language, region)) => (language, Some(region)),
            None => (value, None),
        };
        if !is_letters(language, 2..=3) || !region.is_none_or(|region| is_letters(region, 2..=2)) {
            return Err(malformed());
        }
        let mut tag = language.to_ascii_lowercase();
        if let Some(region) = region {
            tag.push('-');
            tag.push_str(&region.to_ascii_uppercase());
        }
        Ok(Self(tag))
    }

    /// The tag, for example `en` or `en-GB`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language alone, in lower case. Look-ups use it if the exact tag has no entry (J-V17).
    pub fn language(&self) -> &str {
        language_of(&self.0)
    }

    /// The country in capitals, if the tag has one.
    pub fn region(&self) -> Option<&str> {
        self.0.split_once('-').map(|(_, region)| region)
    }
}

impl fmt::Display for LocaleTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LocaleTag {
    type Err = Reject;

    fn from_str(value: &str) -> Result<Self, Reject> {
        Self::parse(value)
    }
}

impl TryFrom<String> for LocaleTag {
    type Error = Reject;

    fn try_from(value: String) -> Result<Self, Reject> {
        Self::parse(&value)
    }
}

impl From<LocaleTag> for String {
    fn from(tag: LocaleTag) -> Self {
        tag.0
    }
}

/// One locale that a provider supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocaleName {
    /// The tag exactly as the provider writes it. It need not be a correct tag: biometric.kz calls Kazakh `kz` (B-9).
    pub tag: &'static str,
    /// Its English name.
    pub name: &'static str,
}

/// All locales that one field of one provider takes, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocaleSet {
    /// The provider's name for the field; errors name it.
    pub provider_field: &'static str,
    /// The supported locales, in the provider's order.
    pub entries: &'static [LocaleName],
    /// Other spellings and what they stand for, such as `("en-US", "en")` for Jumio (J-D17) or `("kk", "kz")` for
    /// biometric.kz (B-9). The second must be the tag of an entry; an alias of any other tag matches nothing.
    pub aliases: &'static [(&'static str, &'static str)],
    /// The nearest language for one that the provider does not have, such as `("nb", "no")`. Only [`best`](Self::best)
    /// uses it, and errors suggest it.
    pub nearest: &'static [(&'static str, &'static str)],
}

impl LocaleSet {
    /// Finds what `value` means to this provider: a tag or an alias, in any case, with `-` or `_`.
    ///
    /// # Errors
    /// `unknown_locale` about `field`; the text offers the tags of the same language, or else all of them.
    pub fn parse(&self, field: &str, value: &str) -> Result<&'static LocaleName, Reject> {
        self.find(value)
            .or_else(|| self.behind(self.aliases, value))
            .ok_or_else(|| Reject::at(RejectCode::UnknownLocale, field, self.advice(value)))
    }

    /// The first of these tags that the provider has, in the order of `navigator.languages` or an `Accept-Language`
    /// header. Each tag is looked up by RFC 4647, section 3.4: `fr-CA` finds `fr` if there is no `fr-CA`.
    pub fn best<'a>(&self, preferred: impl IntoIterator<Item = &'a str>) -> Option<&'static LocaleName> {
        preferred.into_iter().find_map(|range| self.lookup(range))
    }

    fn lookup(&self, mut range: &str) -> Option<&'static LocaleName> {
        loop {
            let found = self.find(range).or_else(|| self.behind(self.aliases, range));
            if let Some(found) = found.or_else(|| self.behind(self.nearest, range)) {
                return Some(found);
            }
            let (shorter, _) = range.rsplit_once(['-', '_'])?;
            // A single letter only introduces what follows it.
            range = match shorter.rsplit_once(['-', '_']) {
                Some((before, last)) if last.len() == 1 => before,
                _ => shorter,
            };
        }
    }

    fn behind(&self, others: &[(&str, &str)], value: &str) -> Option<&'static LocaleName> {
        others.iter().find(|(other, _)| same(other, value)).and_then(|(_, tag)| self.find(tag))
    }

    fn find(&self, tag: &str) -> Option<&'static LocaleName> {
        self.entries.iter().find(|entry| same(entry.tag, tag))
    }

    /// Lists tags of the set only, so that the text cannot repeat what was passed.
    fn advice(&self, value: &str) -> String {
        let related = self.related(language_of(value));
        let (lead, tags) = match related.as_slice() {
            [] => ("use one of: ", self.entries.iter().map(|entry| entry.tag).collect()),
            [_] => ("the nearest one is: ", related),
            _ => ("the nearest ones are: ", related),
        };
        let field = self.provider_field;
        format!("not one of the {} values that `{field}` takes; {lead}{}", self.entries.len(), tags.join(", "))
    }

    fn related(&self, language: &str) -> Vec<&'static str> {
        let own = self.entries.iter().map(|entry| (entry.tag, entry.tag));
        let mut tags = Vec::new();
        for (spelling, tag) in own.chain(self.aliases.iter().chain(self.nearest).copied()) {
            if same(language_of(spelling), language) && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }
}

/// The language of a request: one language that the provider takes, or the languages that the user prefers, best first.
///
/// A single language that the provider does not take is refused. Of several languages, the first one that the provider
/// takes is used, or its own default if it takes none of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a language such as `en`, or a list of them")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum LocaleChoice {
    /// This language.
    One(String),
    /// The first of these languages that the provider takes.
    Preferred(Vec<String>),
}

impl LocaleChoice {
    /// The provider's language for this choice; `None` for the provider's default.
    ///
    /// # Errors
    /// `unknown_locale` about `locale` for a single language that the provider does not take.
    pub fn of(&self, set: &LocaleSet) -> Result<Option<&'static LocaleName>, Reject> {
        match self {
            Self::One(tag) => set.parse("locale", tag).map(Some),
            Self::Preferred(tags) => Ok(set.best(tags.iter().map(String::as_str))),
        }
    }

    /// The tag to send to a provider that publishes no list of languages: of several texts, the first that is a
    /// language tag.
    ///
    /// # Errors
    /// `locale_malformed` about `locale` for a single text that is no language tag.
    pub fn tag(&self) -> Result<Option<LocaleTag>, Reject> {
        match self {
            Self::One(tag) => LocaleTag::parse(tag).map(Some),
            Self::Preferred(tags) => Ok(tags.iter().find_map(|tag| LocaleTag::parse(tag).ok())),
        }
    }
}

impl From<&str> for LocaleChoice {
    fn from(tag: &str) -> Self {
        Self::One(tag.into())
    }
}

impl From<String> for LocaleChoice {
    fn from(tag: String) -> Self {
        Self::One(tag)
    }
}

fn malformed() -> Reject {
    let rule = "must be a language of 2 or 3 letters, or that and a country of 2 letters, such as `en` or `en-GB`";
    Reject::at(RejectCode::LocaleMalformed, "locale".to_owned(), rule.to_string())
}

fn is_letters(text: &str, length: core::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn language_of(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

/// Equal but for case and for `_` in place of `-`.
fn same(one: &str, other: &str) -> bool {
    let plain = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    one.bytes().map(plain).eq(other.bytes().map(plain))
}
