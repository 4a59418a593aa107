//! The tables that every language gives.

use idvkit::{ProviderId, catalog};
use idvkit_vectors::{data, load};
use serde_json::Value;

#[test]
fn every_catalog_is_the_one_of_the_vectors() {
    let file: Value = load(&data().join("core/catalog.json")).unwrap();
    let catalogs = file["catalogs"].as_object().unwrap();
    assert_eq!(catalogs.len(), ProviderId::ALL.len());
    for &provider in ProviderId::ALL {
        let found = serde_json::to_value(catalog(provider)).unwrap();
        assert_eq!(found, catalogs[&provider.to_string()], "{provider}");
    }
}
