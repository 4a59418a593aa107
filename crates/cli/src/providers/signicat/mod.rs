//! Signicat Assure.

mod capture;
mod checks;
mod document;
mod eid;
mod scenarios;
mod site;

use idvkit::ProviderId;

use super::Provider;

pub(super) static PROVIDER: Provider = Provider {
    id: ProviderId::Signicat,
    scenarios: scenarios::SCENARIOS,
    casts: &[&document::CAST, &capture::CAST, &eid::CAST],
    offer: site::OFFER,
    checks: checks::CHECKS,
};
