//! biometric.kz Flow.

mod checks;
mod forged;
mod input;
mod scenarios;
mod site;

use idvkit::ProviderId;

use super::Provider;

pub(super) static PROVIDER: Provider = Provider {
    id: ProviderId::BiometricKz,
    scenarios: scenarios::SCENARIOS,
    casts: &[&scenarios::CAST],
    offer: site::OFFER,
    checks: checks::CHECKS,
};
