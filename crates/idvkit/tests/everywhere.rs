//! What every provider has besides its line of the list. What is missing is named.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use idvkit::ProviderId;
use serde_json::{Value, json};

fn crates() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A crate that says what is known of a protocol is a provider's, and every provider's crate says it.
#[test]
fn every_protocol_on_disk_is_in_the_list() {
    let folders = fs::read_dir(crates()).unwrap().map(|entry| entry.unwrap().path());
    let protocols = folders.filter(|folder| folder.join("PROTOCOL.md").exists());
    let named: BTreeSet<String> =
        protocols.map(|folder| folder.file_name().unwrap().to_str().unwrap().replace('-', "_")).collect();
    for name in &named {
        assert!(ProviderId::parse(name).is_some(), "crates/idvkit/src/providers.rs has no entry for `{name}`");
    }
    for provider in ProviderId::ALL {
        assert!(named.contains(provider.as_str()), "{provider}: its crate has no PROTOCOL.md");
    }
}

#[test]
fn every_provider_has_vectors_that_every_language_runs() {
    let data = crates().join("vectors/data");
    let read = |name: &str| -> Value {
        let path = data.join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap()
    };
    let (catalogs, snapshots, rejects) =
        (read("core/catalog.json"), read("snapshots/format-1.json"), read("core/rejects.json"));
    for provider in ProviderId::ALL {
        let own = fs::read_dir(data.join(provider.as_str()));
        assert!(own.is_ok_and(|mut own| own.next().is_some()), "crates/vectors/data/{provider} has no vectors");
        assert_ne!(read(&format!("read/{provider}.json"))["cases"], json!([]), "{provider}");
        assert!(catalogs["catalogs"][provider.as_str()].is_object(), "core/catalog.json lacks {provider}");
        let accounts = snapshots["accounts"].as_object().unwrap();
        let kept = accounts.values().any(|config| config["provider"] == provider.as_str());
        assert!(kept, "snapshots/format-1.json has no account of {provider}");
        assert!(rejects["configs"][provider.as_str()].is_object(), "core/rejects.json has no account of {provider}");
    }
    let transcripts = fs::read_dir(data.join("transcripts")).unwrap().map(|entry| entry.unwrap().file_name());
    let transcripts: Vec<String> = transcripts.map(|name| name.into_string().unwrap()).collect();
    for provider in ProviderId::ALL {
        let has_one = transcripts.iter().any(|name| name.starts_with(provider.as_str()));
        assert!(has_one, "{provider} has no transcript: `idvkit demo --provider {provider} --record DIR`");
    }
}
