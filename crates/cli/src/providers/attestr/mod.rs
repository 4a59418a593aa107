//! Attestr Flowx.

mod checks;
mod scenarios;
mod site;

use idvkit::ProviderId;

use super::Provider;

pub(super) static PROVIDER: Provider = Provider {
    id: ProviderId::Attestr,
    scenarios: scenarios::SCENARIOS,
    casts: &[&scenarios::CAST],
    offer: site::OFFER,
    checks: checks::CHECKS,
};
