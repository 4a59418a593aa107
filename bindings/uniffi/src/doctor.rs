//! The signature doctor.

use crate::{Account, Reject};

/// What the doctor found about a signature. It holds no part of the content, the secrets or the tag, and may be logged.
///
/// It is never an acceptance, not even with `Verdict.VERIFIES`: it exists to be read by a person.
#[derive(uniffi::Record)]
pub struct Diagnosis {
    /// The result in one word.
    pub verdict: Verdict,
    /// For `Verdict.EXPLAINED`: the differences that together give the tag at hand, as few as possible. Otherwise: what was
    /// noticed.
    pub findings: Vec<Finding>,
}

/// The result of a diagnosis in one word. New ones may be added.
#[derive(uniffi::Enum)]
#[non_exhaustive]
pub enum Verdict {
    /// There is nothing to explain: the content, a secret and the tag belong together as they are.
    Verifies,
    /// The tag belongs to a changed form of what was checked; the findings say which.
    Explained,
    /// No known mistake gives this tag: another secret, other content, or a forgery.
    Unexplained,
    /// There is no readable tag or no usable secret, so nothing could be tried.
    Untestable,
}

/// One difference, with what to do about it.
#[derive(uniffi::Record)]
pub struct Finding {
    /// Which difference, as a stable `snake_case` code.
    pub cause: String,
    /// What it is, in one sentence.
    pub explanation: String,
    /// What to do, in one sentence.
    pub fix: String,
}

/// The signature doctor: why a signed answer does not verify. It explains, and never accepts.
///
/// `body` is the whole answer, `tag` the signature that came with it. The work grows with the size of the body times several
/// hundred. Refuses with `nothing_signed` for a provider that signs nothing.
#[uniffi::export]
pub fn diagnose(account: &Account, body: Vec<u8>, tag: &str) -> Result<Diagnosis, Reject> {
    Ok(idvkit::diagnose(&account.0, &body, tag)?.into())
}

impl From<idvkit::Diagnosis> for Diagnosis {
    fn from(found: idvkit::Diagnosis) -> Self {
        let finding = |one: &idvkit_signature::Finding| Finding {
            cause: one.cause.code().to_owned(),
            explanation: one.explanation.to_owned(),
            fix: one.fix.to_owned(),
        };
        Self { verdict: found.verdict.into(), findings: found.findings.iter().map(finding).collect() }
    }
}

impl From<idvkit_signature::Verdict> for Verdict {
    fn from(verdict: idvkit_signature::Verdict) -> Self {
        match verdict {
            idvkit_signature::Verdict::Verifies => Self::Verifies,
            idvkit_signature::Verdict::Explained => Self::Explained,
            idvkit_signature::Verdict::Unexplained => Self::Unexplained,
            // What is not known here was not tried here.
            _ => Self::Untestable,
        }
    }
}
