//! What the pages say: one file of texts for each language, read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

type Table = BTreeMap<String, String>;

const FILES: [(&str, &str); 5] = [
    ("en", include_str!("../../locales/en.json")),
    ("ru", include_str!("../../locales/ru.json")),
    ("kk", include_str!("../../locales/kk.json")),
    ("de", include_str!("../../locales/de.json")),
    ("hi", include_str!("../../locales/hi.json")),
];

static TABLES: LazyLock<[(&str, Table); 5]> =
    LazyLock::new(|| FILES.map(|(language, file)| (language, serde_json::from_str(file).unwrap_or_default())));

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
    use super::{FILES, Table, Texts};
    use regex_lite::Regex;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn table(file: &str) -> Table {
        serde_json::from_str(file).unwrap()
    }

    fn placeholders(text: &str) -> BTreeSet<String> {
        Regex::new(r"\{[a-z]+\}").unwrap().find_iter(text).map(|found| found.as_str().to_owned()).collect()
    }

    #[test]
    fn every_language_has_every_key_with_the_same_placeholders() {
        let english = table(FILES[0].1);
        for (language, file) in FILES {
            let own = table(file);
            let keys = |table: &Table| table.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(&own), keys(&english), "{language}");
            for (key, text) in &own {
                assert_eq!(placeholders(text), placeholders(&english[key]), "{language}: {key}");
                assert!(!text.trim().is_empty(), "{language}: {key}");
            }
        }
    }

    /// All keys that the sources name, literally or by a prefix.
    #[test]
    fn every_key_is_said_and_every_said_key_is_there() {
        let sources = sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
        let quoted: BTreeSet<String> =
            Regex::new("\"([a-z0-9_]+)\"").unwrap().captures_iter(&sources).map(|found| found[1].to_owned()).collect();
        let prefixed = ["stage_", "field_", "jumio_9", "camera_", "error_", "capture_", "kz_step_", "kz_lead_"];
        let english = table(FILES[0].1);
        for key in english.keys() {
            let known = quoted.contains(key) || prefixed.iter().any(|prefix| key.starts_with(prefix));
            assert!(known, "{key} is never said");
        }
        for said in Regex::new(r#"\.(?:say|with)\(\s*"([a-z0-9_]+)""#).unwrap().captures_iter(&sources) {
            assert!(english.contains_key(&said[1]), "{} is said and not there", &said[1]);
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
