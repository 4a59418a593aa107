//! What the pages say: the texts that several providers have, and each stand-in's own, by language.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::stand_ins;

type Table = BTreeMap<String, String>;

/// The languages; the first one has every text.
const SHARED: [(&str, &str); 5] = [
    ("en", include_str!("../../locales/en.json")),
    ("ru", include_str!("../../locales/ru.json")),
    ("kk", include_str!("../../locales/kk.json")),
    ("de", include_str!("../../locales/de.json")),
    ("hi", include_str!("../../locales/hi.json")),
];

static TABLES: LazyLock<[(&str, Table); 5]> = LazyLock::new(|| {
    let mut own: Vec<BTreeMap<String, Table>> =
        stand_ins::ALL.iter().map(|stand_in| serde_json::from_str(stand_in.texts()).unwrap_or_default()).collect();
    SHARED.map(|(language, shared)| {
        let mut table: Table = serde_json::from_str(shared).unwrap_or_default();
        table.extend(own.iter_mut().filter_map(|texts| texts.remove(language)).flatten());
        (language, table)
    })
});

/// The texts of one language; English where it has none.
#[derive(Clone, Copy)]
pub(crate) struct Texts {
    language: &'static str,
    own: &'static Table,
}

impl Texts {
    /// For a locale as providers write them: `de`, `en-GB`, `en_GB`, and `kz` for Kazakh (B-9).
    pub(crate) fn of(locale: &str) -> Self {
        let language = locale.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let language = if language == "kz" { "kk" } else { &language };
        let (language, own) = TABLES.iter().find(|(own, _)| *own == language).unwrap_or(&TABLES[0]);
        Self { language, own }
    }

    pub(crate) fn english() -> Self {
        Self::of("en")
    }

    /// Of these texts, for `lang`.
    pub(crate) fn language(self) -> &'static str {
        self.language
    }

    /// The text with this key.
    pub(crate) fn say(self, key: &str) -> &'static str {
        self.find(key).or_else(|| Self::english().find(key)).unwrap_or("…")
    }

    /// The text with this key and its `{placeholders}` filled in.
    pub(crate) fn with(self, key: &str, values: &[(&str, &str)]) -> String {
        let fill = |text: String, (name, value): &(&str, &str)| text.replace(&format!("{{{name}}}"), value);
        values.iter().fold(self.say(key).to_owned(), fill)
    }

    fn find(self, key: &str) -> Option<&'static str> {
        self.own.get(key).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::{SHARED, TABLES, Table, Texts};
    use crate::stand_ins;
    use regex_lite::Regex;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    /// One table: the texts that are shared, or one stand-in's.
    type Languages = BTreeMap<String, Table>;

    fn tables() -> Vec<Languages> {
        let table = |(language, file): (&str, &str)| (language.to_owned(), serde_json::from_str(file).unwrap());
        let own = stand_ins::ALL.iter().map(|stand_in| serde_json::from_str(stand_in.texts()).unwrap());
        std::iter::once(SHARED.into_iter().map(table).collect()).chain(own).collect()
    }

    fn placeholders(text: &str) -> BTreeSet<String> {
        Regex::new(r"\{[a-z]+\}").unwrap().find_iter(text).map(|found| found.as_str().to_owned()).collect()
    }

    #[test]
    fn every_language_has_every_key_with_the_same_placeholders() {
        for table in tables() {
            let languages: BTreeSet<&str> = table.keys().map(String::as_str).collect();
            assert_eq!(languages, SHARED.map(|(language, _)| language).into());
            let english = &table["en"];
            for (language, own) in &table {
                let keys = |table: &Table| table.keys().cloned().collect::<Vec<_>>();
                assert_eq!(keys(own), keys(english), "{language}");
                for (key, text) in own {
                    assert_eq!(placeholders(text), placeholders(&english[key]), "{language}: {key}");
                    assert!(!text.trim().is_empty(), "{language}: {key}");
                }
            }
        }
    }

    /// All tables are one for the pages, so none may hide a text of another.
    #[test]
    fn every_key_stands_in_one_table() {
        let all = tables();
        assert_eq!(all.iter().map(|table| table["en"].len()).sum::<usize>(), TABLES[0].1.len());
    }

    /// All keys that the sources name, literally or by a prefix.
    #[test]
    fn every_key_is_said_and_every_said_key_is_there() {
        let sources = sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
        let found = |pattern: &str| -> BTreeSet<String> {
            let found = Regex::new(pattern).unwrap();
            found.captures_iter(&sources).map(|found| found[1].to_owned()).collect()
        };
        let quoted = found("\"([a-z0-9_]+)\"");
        let prefixes = found(r#"format!\("([a-z0-9_]+_)\{"#);
        let english = &TABLES[0].1;
        for key in english.keys() {
            let known = quoted.contains(key) || prefixes.iter().any(|prefix| key.starts_with(prefix));
            assert!(known, "{key} is never said");
        }
        for said in found(r#"\.(?:say|with)\(\s*"([a-z0-9_]+)""#) {
            assert!(english.contains_key(&said), "{said} is said and not there");
        }
    }

    fn sources(folder: &Path) -> String {
        let read = |entry: std::fs::DirEntry| match entry.path() {
            path if path.is_dir() => sources(&path),
            path if path.extension().is_some_and(|kind| kind == "rs") => std::fs::read_to_string(path).unwrap(),
            _ => String::new(),
        };
        std::fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap())).collect()
    }

    #[test]
    fn locales_in_the_providers_spellings() {
        for (locale, language) in
            [("en-GB", "en"), ("de", "de"), ("kz", "kk"), ("RU", "ru"), ("hi_IN", "hi"), ("fr", "en"), ("", "en")]
        {
            assert_eq!(Texts::of(locale).language(), language, "{locale}");
        }
        assert_eq!(Texts::of("en").with("step_of", &[("n", "1"), ("all", "2")]), "Step 1 of 2");
    }
}
