//! From a result to an outcome, and what it rests on.

use alloc::{
    string::{String, ToString},
    vec,
    vec::Vec,
};

use idvkit_core::{Basis, Decision, Evidence, Reason, Response, Source};

use crate::{
    answers::{FlowResult, Says, Status},
    catalog::{IIN_MISMATCH, IIN_UNCONFIRMED, PART_UNCLEAR, PART_UNKNOWN, PHOTO_UNCONFIRMED},
    values::{Iin, Technology, supports_face2face_metadata},
};

/// What the session was told in advance, and has to find in the result.
pub(crate) struct Expected<'a> {
    /// The IIN that the user could not change.
    pub(crate) iin: Option<&'a Iin>,
    /// A reference photo was sent.
    pub(crate) photo: bool,
    /// The flow's technologies.
    pub(crate) technologies: &'a [Technology],
}

/// What a result comes to.
pub(crate) enum Judgement {
    /// Not over yet; the user may be done.
    Open { user_done: bool },
    /// The user gave up.
    Aborted,
    /// A verdict, and reasons of ours if there are any.
    Decided { decision: Decision, reasons: Vec<Reason> },
}

/// The one table from a result to an outcome (B-Q14, B-Q15, B-Q20). Whatever is missing, unknown or contradicts itself is
/// no pass.
pub(crate) fn judge(result: &FlowResult, expected: &Expected<'_>) -> Judgement {
    let decided = |decision, reasons| Judgement::Decided { decision, reasons };
    let about_iin = |code| vec![reason(code, Technology::EDocument.to_string())];
    // Right after the end the parts are still being filled in; a plain no need not wait for them.
    let filled = !result.has_open_parts() || result.verdict == Some(false);
    match result.status {
        Status::Other(_) => return Judgement::Open { user_done: false },
        Status::Finished | Status::Failed if !filled => return Judgement::Open { user_done: true },
        Status::Finished | Status::Failed => {}
    }
    match expected.iin.map(|iin| result.is_about(iin)) {
        Some(Some(false)) => decided(Decision::Declined, about_iin(IIN_MISMATCH)),
        Some(None) if result.is_passed() => decided(Decision::Inconclusive, about_iin(IIN_UNCONFIRMED)),
        _ if result.is_passed() => decided(Decision::Approved, beside_a_pass(result, expected)),
        _ if result.is_user_abort() => Judgement::Aborted,
        _ => match (&result.status, result.verdict) {
            // A true verdict beside a part that says no, or has no end (inferred).
            (Status::Finished, Some(true)) if result.parts.iter().all(|part| part.says() != Says::NotPassed) => {
                decided(Decision::Inconclusive, of_parts(result, Says::Unclear, PART_UNCLEAR))
            }
            (_, Some(false)) | (Status::Finished, Some(true)) => decided(Decision::Declined, Vec::new()),
            // Without a verdict it stays open, until patience ends: a missing verdict is never a pass.
            (Status::Finished | Status::Other(_), None) => Judgement::Open { user_done: true },
            _ => decided(Decision::Inconclusive, Vec::new()),
        },
    }
}

/// What must not stand beside a pass without a word.
fn beside_a_pass(result: &FlowResult, expected: &Expected<'_>) -> Vec<Reason> {
    let mut reasons = of_parts(result, Says::Unknown, PART_UNKNOWN);
    let compared = result.part("face2face").is_some_and(|part| part.passed == Some(true));
    if expected.photo && !(compared && supports_face2face_metadata(expected.technologies)) {
        reasons.push(reason(PHOTO_UNCONFIRMED, Technology::Face2Face.to_string()));
    }
    reasons
}

fn of_parts(result: &FlowResult, says: Says, code: &str) -> Vec<Reason> {
    let parts = result.parts.iter().filter(|part| part.says() == says);
    parts.map(|part| reason(code, part.kind.clone())).collect()
}

fn reason(code: &str, part: String) -> Reason {
    Reason { code: code.into(), detail: None, part: Some(part) }
}

/// What a verdict rests on; `reasons` are ours, and come before the provider's.
pub(crate) fn evidence(
    source: Source,
    result: &FlowResult,
    technologies: &[Technology],
    mut reasons: Vec<Reason>,
    response: &Response<'_>,
) -> Evidence {
    reasons.extend(result.evidence_reasons(technologies));
    Evidence {
        basis: Basis::Fetched,
        at: response.at,
        raw: response.body.to_vec(),
        person: result.person(),
        parts: result.evidence_parts(technologies),
        reasons,
        sealed: None,
        source,
    }
}
