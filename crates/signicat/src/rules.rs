//! Rules that single providers document for their status, as data and as functions (S-F5).

use crate::process::ProcessStatus;

/// One documented rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderRule {
    /// The provider.
    pub provider: &'static str,
    /// When it holds.
    pub condition: &'static str,
    /// What it leads to, in the provider's word.
    pub status: &'static str,
    /// What to do about it.
    pub advice: &'static str,
    /// Where it is documented.
    pub source: &'static str,
}

/// Every documented rule.
pub static PROVIDER_RULES: [ProviderRule; 8] = [
    rule("readid", "the chip is verified, clone detection is ok or unavailable", "accepted", "", "S-READID"),
    rule(
        "readid",
        "the chip is verified, clone detection failed",
        "inconclusive",
        "let the user try once or twice more",
        "S-READID",
    ),
    rule("readid", "the chip's verification failed", "rejected", "", "S-READID"),
    rule("signicatpaper", "the document is read, its machine-readable zone too", "accepted", "", "S-PAPER"),
    rule(
        "signicatpaper",
        "the machine-readable zone is missing or unreadable",
        "inconclusive",
        "ask for a document that has such a zone: others are never accepted",
        "S-PAPER",
    ),
    rule("signicatpaper", "the camera is blocked", "failed", "ask the user to allow the camera, then retry", "S-PAPER"),
    rule("signicatpaper", "the user leaves", "canceled", "", "S-PAPER"),
    rule(
        "signicatvideoid",
        "process type `high`",
        "processing",
        "a person approves it: be patient for longer",
        "S-VIDEOID",
    ),
];

const fn rule(
    provider: &'static str,
    condition: &'static str,
    status: &'static str,
    advice: &'static str,
    source: &'static str,
) -> ProviderRule {
    ProviderRule { provider, condition, status, advice, source }
}

/// What one of `ReadID`'s two checks said. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It passed.
    Ok,
    /// It did not pass.
    Failed,
    /// It could not be made.
    Unavailable,
}

/// The status that `ReadID`'s rules give (S-V18). A chip that could not be verified counts as not verified (inferred).
pub fn readid_status(chip: Check, clone_detection: Check) -> ProcessStatus {
    match (chip, clone_detection) {
        (Check::Ok, Check::Ok | Check::Unavailable) => ProcessStatus::Accepted,
        (Check::Ok, Check::Failed) => ProcessStatus::Inconclusive,
        (Check::Failed | Check::Unavailable, _) => ProcessStatus::Rejected,
    }
}

/// How a run of Signicat Paper went. Deliberately exhaustive: S-PAPER names these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperRun {
    /// Document and machine-readable zone were read.
    ZoneRead,
    /// The zone is missing or unreadable.
    ZoneMissing,
    /// The camera was blocked.
    CameraRefused,
    /// The user left.
    UserLeft,
}

/// The status that Signicat Paper's rules give (S-V19).
pub fn paper_status(run: PaperRun) -> ProcessStatus {
    match run {
        PaperRun::ZoneRead => ProcessStatus::Accepted,
        PaperRun::ZoneMissing => ProcessStatus::Inconclusive,
        PaperRun::CameraRefused => ProcessStatus::Failed,
        PaperRun::UserLeft => ProcessStatus::Canceled,
    }
}
