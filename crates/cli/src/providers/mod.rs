//! What each provider brings to this program: one folder and one line of the list. Nothing else here knows a provider.
//!
//! # Adding a provider
//! A folder of its name, with these files:
//! * `mod.rs`: its [`Provider`], which the compiler wants complete: account, usual request, scenarios of its own.
//! * `scenarios.rs`, one more for each further flow: its [`Cast`]s, and what they do in each scenario.
//! * `site.rs`: what the site offers of it, `idvkit demo --web`.
//! * `checks.rs`: what `idvkit check` can check.

mod attestr;
mod biometric_kz;
mod jumio;
mod signicat;

use idvkit::ProviderId;

use crate::{
    check::Checks,
    demo::cast::{Cast, Scenario},
    site::offer::Offer,
};

/// All of them, in the order in which they are played and shown.
pub static PROVIDERS: &[&Provider] = &[
    &jumio::PROVIDER, // the usual one
    &attestr::PROVIDER,
    &biometric_kz::PROVIDER,
    &signicat::PROVIDER,
];

/// All that this program knows of one provider.
pub struct Provider {
    /// Which.
    pub id: ProviderId,
    /// The scenarios that only this one has.
    pub scenarios: &'static [Scenario],
    /// Its flows on stage.
    pub casts: &'static [&'static Cast],
    /// What the site offers.
    pub offer: Offer,
    /// What can be checked without sending anything.
    pub checks: Checks,
}

impl Provider {
    /// The provider of this id.
    ///
    /// # Panics
    /// If the list lacks one, which a test of this file finds.
    pub fn of(id: ProviderId) -> &'static Self {
        PROVIDERS.iter().find(|provider| provider.id == id).expect("every provider has its line of the list")
    }
}

#[cfg(test)]
mod tests {
    use super::PROVIDERS;
    use idvkit::ProviderId;

    #[test]
    fn every_provider_of_the_sdk_has_its_line_and_plays_each_of_its_flows() {
        for id in ProviderId::ALL {
            let provider = PROVIDERS.iter().find(|provider| provider.id == *id);
            let provider = provider.unwrap_or_else(|| panic!("{id} lacks its line in crates/cli/src/providers/mod.rs"));
            let played: Vec<_> = provider.casts.iter().map(|cast| (cast.request)()["flow"].clone()).collect();
            for flow in id.flows() {
                assert!(played.iter().any(|one| one == flow), "{id}: no cast plays {flow}");
            }
            assert!(provider.casts.iter().all(|cast| cast.provider == *id), "{id}");
            assert!(provider.offer.flows.iter().all(|flow| flow.cast.provider == *id), "{id}");
        }
        assert_eq!(PROVIDERS.len(), ProviderId::ALL.len(), "a provider stands twice in the list");
    }
}
