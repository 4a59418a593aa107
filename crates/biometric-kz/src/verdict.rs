//! From a result to an outcome, and what it rests on.

use alloc::string::ToString;

use idvkit_core::{Basis, Decision, Evidence, Reason, Response, Source};

use crate::{
    answers::{FlowResult, Status},
    catalog::{IIN_MISMATCH, IIN_UNCONFIRMED},
    values::{Iin, Technology},
};

/// What a result comes to.
pub(crate) enum Judgement {
    /// Not over yet; the user may be done.
    Open { user_done: bool },
    /// The user gave up.
    Aborted,
    /// A verdict, and a reason of ours if there is one.
    Decided { decision: Decision, reason: Option<Reason> },
}

/// The one table from a result to an outcome (B-Q14, B-Q15). Whatever is missing, unknown or contradicts itself is no
/// pass.
pub(crate) fn judge(result: &FlowResult, fixed: Option<&Iin>) -> Judgement {
    let decided = |decision| Judgement::Decided { decision, reason: None };
    let because = |decision, code: &str| {
        let reason = Reason { code: code.into(), detail: None, part: Some(Technology::EDocument.to_string()) };
        Judgement::Decided { decision, reason: Some(reason) }
    };
    // Right after the end sub-objects are still empty; a plain no need not wait for them.
    let filled = !result.has_empty_parts() || result.verdict == Some(false);
    match result.status {
        Status::Other(_) => return Judgement::Open { user_done: false },
        Status::Finished | Status::Failed if !filled => return Judgement::Open { user_done: true },
        Status::Finished | Status::Failed => {}
    }
    match fixed.map(|iin| result.is_about(iin)) {
        Some(Some(false)) => because(Decision::Declined, IIN_MISMATCH),
        Some(None) if result.is_passed() => because(Decision::Inconclusive, IIN_UNCONFIRMED),
        _ if result.is_passed() => decided(Decision::Approved),
        _ if result.is_user_abort() => Judgement::Aborted,
        _ => match (&result.status, result.verdict) {
            // A true verdict beside a part that says no (inferred).
            (_, Some(false)) | (Status::Finished, Some(true)) => decided(Decision::Declined),
            // Without a verdict it stays open, until patience ends: a missing verdict is never a pass.
            (Status::Finished | Status::Other(_), None) => Judgement::Open { user_done: true },
            _ => decided(Decision::Inconclusive),
        },
    }
}

/// What a verdict rests on; `reason` is ours, and comes before the provider's.
pub(crate) fn evidence(
    source: Source,
    result: &FlowResult,
    technologies: &[Technology],
    reason: Option<Reason>,
    response: &Response<'_>,
) -> Evidence {
    Evidence {
        basis: Basis::Fetched,
        at: response.at,
        raw: response.body.to_vec(),
        person: result.person(),
        parts: result.evidence_parts(technologies),
        reasons: reason.into_iter().chain(result.evidence_reasons(technologies)).collect(),
        sealed: None,
        source,
    }
}
