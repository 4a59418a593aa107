//! What each provider brings to this program: one folder, and its `mod` here. Nothing else in this crate knows a provider.
//!
//! # Adding a provider
//! Its `mod` below, and a folder of its name with these files:
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

macro_rules! list {
    ($($module:ident)+) => {
        /// All of them, in the order in which they are played and shown.
        pub static PROVIDERS: &[&Provider] = &[$(&$module::PROVIDER,)+];
    };
}
// The SDK's own list: a provider that this program knows nothing of does not compile.
idvkit::for_each_provider!(list);

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
    /// If one says that it is another, which a test of this file finds.
    pub fn of(id: ProviderId) -> &'static Self {
        PROVIDERS.iter().find(|provider| provider.id == id).expect("the list is the one of the SDK")
    }
}

#[cfg(test)]
mod tests {
    use super::{PROVIDERS, Provider};
    use crate::demo::stage::Places;
    use idvkit::ProviderId;
    use std::collections::BTreeSet;

    #[test]
    fn every_provider_plays_each_of_its_flows() {
        for (provider, id) in PROVIDERS.iter().zip(ProviderId::ALL) {
            assert_eq!(provider.id, *id, "crates/cli/src/providers/{id} says that it is another provider");
            let places = Places { sandbox: "", callbacks: "", returns: "" };
            let played: Vec<_> = provider.casts.iter().map(|cast| (cast.request)(&places)["flow"].clone()).collect();
            for flow in id.flows() {
                assert!(played.iter().any(|one| one == flow), "{id}: no cast plays {flow}");
            }
            assert!(provider.casts.iter().all(|cast| cast.provider == *id), "{id}");
            assert!(provider.offer.flows.iter().all(|flow| flow.cast.provider == *id), "{id}");
        }
    }

    #[test]
    fn every_provider_has_a_stand_in_that_knows_what_is_asked_of_it() {
        let settings = serde_json::to_value(idvkit_sandbox::Config::default()).unwrap();
        for id in ProviderId::ALL {
            let known = settings[id.as_str()].is_object();
            assert!(known, "crates/sandbox/src/stand_ins/mod.rs: the list has no stand-in of the name {id}");
            for cast in Provider::of(*id).casts {
                let own = id.operations();
                assert!(own.contains(&cast.begin) && own.contains(&cast.look), "{}", cast.name());
            }
        }
    }

    #[test]
    fn a_scenario_has_one_name_and_one_owner() {
        let mut names = BTreeSet::new();
        for (name, _) in crate::demo::cast::scenarios() {
            assert!(names.insert(name), "the scenario {name} stands in two lists");
        }
    }
}
