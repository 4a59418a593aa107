//! Language tags and closed sets, against `vectors/data/core/locales.json`.
#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

use idvkit_core::{Blame, LocaleName, LocaleSet, LocaleTag};
use proptest::prelude::*;
use serde_json::Value;

/// A provider crate declares its table like this.
const SMALL: LocaleSet = LocaleSet {
    provider_field: "locale",
    entries: &[
        LocaleName { tag: "en", name: "American English" },
        LocaleName { tag: "en-GB", name: "British English" },
        LocaleName { tag: "vi", name: "Vietnamese" },
    ],
    aliases: &[("en-US", "en"), ("vl", "nowhere")],
    nearest: &[("nb", "vi")],
};

#[test]
fn tags_are_read_as_the_vectors_say() {
    for case in vectors()["tags"].as_array().unwrap() {
        let read = LocaleTag::parse(text(&case["input"]));
        assert_eq!(read.as_ref().ok().map(LocaleTag::as_str), case["tag"].as_str(), "{case}");
        assert_eq!(read.err().map(|reject| reject.code().as_str()), case["code"].as_str(), "{case}");
    }
}

#[test]
fn lookups_find_what_the_vectors_say() {
    let vectors = vectors();
    for case in vectors["lookups"].as_array().unwrap() {
        let set = set(&vectors["sets"][text(&case["set"])]);
        let found = set.parse("request.locale", text(&case["input"]));
        assert_eq!(found.as_ref().ok().map(|entry| entry.tag), case["tag"].as_str(), "{case}");
        let Err(reject) = found else { continue };
        assert_eq!(Some(reject.code().as_str()), case["code"].as_str(), "{case}");
        assert_eq!((reject.blame(), reject.field()), (Blame::Caller, Some("request.locale")), "{case}");
        let offers: Vec<_> = match case["offers"].as_array() {
            Some(offers) => offers.iter().map(text).collect(),
            None => set.entries.iter().map(|entry| entry.tag).collect(),
        };
        assert!(reject.message().ends_with(&format!(": {}", offers.join(", "))), "{case} {reject}");
    }
}

#[test]
fn every_entry_of_a_set_is_found_with_its_name() {
    let set = set(&vectors()["sets"]["jumio_api"]);
    assert_eq!(set.entries.len(), 32);
    for entry in set.entries {
        assert_eq!(set.parse("locale", &entry.tag.to_uppercase().replace('-', "_")).unwrap(), entry);
    }
}

#[test]
fn the_error_names_the_field_of_the_provider_and_the_number_of_choices() {
    let reject = SMALL.parse("locale", "en-AU").unwrap_err();
    assert_eq!(reject.message(), "not one of the 3 values that `locale` takes; the nearest ones are: en, en-GB");
}

#[test]
fn an_alias_that_leads_nowhere_matches_nothing() {
    assert_eq!(SMALL.parse("locale", "vl").unwrap_err().code(), "unknown_locale");
}

#[test]
fn a_tag_has_a_language_and_perhaps_a_region() {
    let tag: LocaleTag = "ZH_hk".parse().unwrap();
    assert_eq!((tag.language(), tag.region(), tag.to_string()), ("zh", Some("HK"), "zh-HK".to_owned()));
    let tag: LocaleTag = "fil".parse().unwrap();
    assert_eq!((tag.language(), tag.region()), ("fil", None));
}

#[test]
fn a_tag_is_stored_as_its_text_and_checked_when_read_back() {
    let tag = LocaleTag::parse("en_gb").unwrap();
    assert_eq!(serde_json::to_string(&tag).unwrap(), r#""en-GB""#);
    assert_eq!(serde_json::from_str::<LocaleTag>(r#""EN_GB""#).unwrap(), tag);
    let error = serde_json::from_str::<LocaleTag>(r#""SECRETVALUE""#).unwrap_err().to_string();
    assert!(error.contains("locale_malformed") && !error.contains("SECRETVALUE"), "{error}");
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_accepted_is_stable(text in "\\PC{0,8}|[a-zA-Z]{1,4}[-_]?[a-zA-Z0-9]{0,3}") {
        let _ = SMALL.parse("locale", &text);
        if let Ok(tag) = LocaleTag::parse(&text) {
            prop_assert_eq!(&LocaleTag::parse(tag.as_str()).unwrap(), &tag);
            prop_assert!(tag.as_str().eq_ignore_ascii_case(&text.replace('_', "-")));
        }
    }

    #[test]
    fn an_error_never_repeats_what_was_passed(text in "[A-Z]{6,12}") {
        let error = SMALL.parse("locale", &text).unwrap_err().to_string();
        prop_assert!(!error.contains(&text));
        prop_assert!(!LocaleTag::parse(&text).unwrap_err().to_string().contains(&text));
    }
}

fn vectors() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/data/core/locales.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Sets are constants, so one that is read from a file has to live for ever.
fn set(data: &Value) -> LocaleSet {
    let keep = |value: &Value| -> &'static str { text(value).to_owned().leak() };
    let entry = |entry: &Value| LocaleName { tag: keep(&entry["tag"]), name: keep(&entry["name"]) };
    let entries: Vec<_> = data["entries"].as_array().unwrap().iter().map(entry).collect();
    let aliases = data["aliases"].as_object().unwrap().iter();
    let aliases: Vec<_> = aliases.map(|(alias, tag)| (&*alias.clone().leak(), keep(tag))).collect();
    LocaleSet { provider_field: keep(&data["field"]), entries: entries.leak(), aliases: aliases.leak(), nearest: &[] }
}
