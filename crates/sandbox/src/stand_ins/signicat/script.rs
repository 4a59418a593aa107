//! How a verification turns out.

use serde::{Deserialize, Serialize};

use super::settings::UserInfoForm;
use crate::html::PageScript;
use crate::world::World;

/// How a verification ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignicatOutcome {
    /// The verification passed, and there is a `finalResult`.
    Accepted,
    /// The verification did not pass.
    Rejected,
    /// The provider cannot decide.
    Inconclusive,
    /// The user gave up.
    Canceled,
    /// A technical failure.
    Failed,
    /// A status that is known from one client only (S-9).
    NotMatched,
    /// A status that no document has: `archived` (S-V13).
    Unknown,
}

impl SignicatOutcome {
    /// The status as the API writes it.
    pub fn status(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Inconclusive => "inconclusive",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
            Self::NotMatched => "not_matched",
            Self::Unknown => "archived",
        }
    }

    /// From the wire.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let all = [
            Self::Accepted,
            Self::Rejected,
            Self::Inconclusive,
            Self::Canceled,
            Self::Failed,
            Self::NotMatched,
            Self::Unknown,
        ];
        all.into_iter().find(|outcome| outcome.status() == text)
    }
}

/// A script for the next process, the next one of a provider, or one that exists.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignicatScript {
    /// The process to change. Without it, the script applies to the next process that is created.
    pub process: Option<String>,
    /// The provider, such as `readid`, whose next process the script applies to.
    pub for_provider: Option<String>,
    /// How the verification ends.
    pub outcome: Option<SignicatOutcome>,
    /// The time from the start of the verification to its end, in virtual milliseconds.
    pub verdict_delay_ms: Option<i64>,
    /// Whether the callback arrives before the answer to the call or page that started the verification. Use it without
    /// a delay.
    pub callback_first: bool,
    /// The text for `failReason`.
    pub fail_reason: Option<String>,
    /// For eID methods: the form in which the user's data are returned.
    pub userinfo: Option<UserInfoForm>,
    /// For `ReadID`, unless `outcome` is given: the result of the chip's verification.
    pub chip_verification: Option<Check>,
    /// For `ReadID`, unless `outcome` is given: the result of the clone detection.
    pub clone_detection: Option<Check>,
    /// For Signicat Paper, unless `outcome` is given: whether the machine-readable zone can be read.
    pub machine_readable_zone: Option<Zone>,
    /// How the user's browser behaves on the hosted page.
    pub page: Option<PageScript>,
}

impl SignicatScript {
    /// What the providers' own rules make of their checks (S-F5).
    pub(crate) fn ruled(&self) -> Option<SignicatOutcome> {
        if self.chip_verification == Some(Check::Failed) {
            return Some(SignicatOutcome::Rejected);
        }
        if self.clone_detection == Some(Check::Failed) || self.machine_readable_zone == Some(Zone::Missing) {
            return Some(SignicatOutcome::Inconclusive);
        }
        let checked = self.chip_verification.is_some() || self.machine_readable_zone.is_some();
        checked.then_some(SignicatOutcome::Accepted)
    }
}

/// The state of a `ReadID` check.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The check passed.
    Ok,
    /// The check did not pass.
    Failed,
    /// The check is not possible with this document.
    Unavailable,
}

/// The machine-readable zone of a document, for Signicat Paper.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// The zone can be read.
    Ok,
    /// The zone is missing or cannot be read.
    Missing,
}

/// `false`: there is no such process.
pub(crate) fn play(world: &mut World, script: SignicatScript) -> bool {
    let state = &mut world.states.signicat;
    let Some(id) = &script.process else {
        state.scripts.push(script);
        return true;
    };
    let Some(process) = state.processes.get_mut(id) else { return false };
    process.outcome = script.outcome.or(script.ruled()).unwrap_or(process.outcome);
    process.verdict_delay_ms = script.verdict_delay_ms.unwrap_or(process.verdict_delay_ms);
    process.callback_first |= script.callback_first;
    process.userinfo = script.userinfo.unwrap_or(process.userinfo);
    process.fail_reason = script.fail_reason.or(process.fail_reason.take());
    process.page = script.page.unwrap_or(process.page.clone());
    true
}

/// For the process of this provider that is being created.
pub(crate) fn next(world: &mut World, provider: &str) -> SignicatScript {
    let scripts = &mut world.states.signicat.scripts;
    let fits = |script: &SignicatScript| script.for_provider.as_deref().is_none_or(|own| own == provider);
    let found = scripts.iter().position(fits);
    found.map(|index| scripts.remove(index)).unwrap_or_default()
}
