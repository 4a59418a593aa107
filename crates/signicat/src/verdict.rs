//! From the final answers about one or two processes to one outcome, and what it rests on.

use alloc::{
    borrow::Cow,
    string::{String, ToString},
    vec::Vec,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use idvkit_core::{Basis, Decision, Evidence, Fault, FaultCode, Outcome, Part, Source, UnixMillis};
use serde::{Deserialize, Serialize, Serializer};

use crate::answers::{Process, ProcessStatus};

/// What a final status is worth. The order is ours (inferred): a worse one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Worth {
    Approved,
    Inconclusive,
    Abandoned,
    Failed,
    Declined,
}

impl Worth {
    pub(crate) fn of(status: &ProcessStatus) -> Option<Self> {
        match status {
            ProcessStatus::Accepted => Some(Self::Approved),
            ProcessStatus::Rejected | ProcessStatus::NotMatched => Some(Self::Declined),
            ProcessStatus::Inconclusive => Some(Self::Inconclusive),
            ProcessStatus::Canceled => Some(Self::Abandoned),
            ProcessStatus::Failed => Some(Self::Failed),
            ProcessStatus::Pending | ProcessStatus::Processing | ProcessStatus::Other(_) => None,
        }
    }

    /// The outcome; `operation` gave the answer, and `reason` is the provider's for a failure of its own.
    pub(crate) fn outcome(self, operation: &str, reason: Option<String>) -> Outcome {
        let decided = |decision| Outcome::Decided { decision };
        match self {
            Self::Approved => decided(Decision::Approved),
            Self::Inconclusive => decided(Decision::Inconclusive),
            Self::Declined => decided(Decision::Declined),
            Self::Abandoned => Outcome::Abandoned { stage: None },
            Self::Failed => {
                let fault = Fault::new(FaultCode::ProcessFailed, operation, false);
                Outcome::Failed { fault: fault.with_provider_code(reason) }
            }
        }
    }
}

/// A final answer: its bytes, which are the evidence, and what they say.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(try_from = "Stored<'_>")]
pub(crate) struct FinalAnswer {
    body: Vec<u8>,
    at: UnixMillis,
    pub(crate) process: Process,
}

impl FinalAnswer {
    /// `None` unless the process is at its end.
    pub(crate) fn new(process: Process, body: &[u8], at: UnixMillis) -> Option<Self> {
        process.status.is_final().then(|| Self { body: body.to_vec(), at, process })
    }

    pub(crate) fn worth(&self) -> Option<Worth> {
        Worth::of(&self.process.status)
    }
}

/// As snapshots have it: the bytes, which are read again, for they are untrusted.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    #[serde(borrow)]
    body: Cow<'a, str>,
    /// The body is in Base64, as it is no text.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    base64: bool,
    at: UnixMillis,
}

impl Serialize for FinalAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = core::str::from_utf8(&self.body);
        let body = text.map_or_else(|_| Cow::Owned(STANDARD.encode(&self.body)), Cow::Borrowed);
        Stored { body, base64: text.is_err(), at: self.at }.serialize(serializer)
    }
}

impl TryFrom<Stored<'_>> for FinalAnswer {
    type Error = &'static str;

    fn try_from(stored: Stored<'_>) -> Result<Self, Self::Error> {
        let wrong = "final answer";
        let body = if stored.base64 {
            STANDARD.decode(stored.body.as_bytes()).map_err(|_| wrong)?
        } else {
            stored.body.into_owned().into_bytes()
        };
        let process = Process::parse(&body).map_err(|_| wrong)?;
        Self::new(process, &body, stored.at).ok_or(wrong)
    }
}

/// What a verdict rests on: `None` without any answer.
pub(crate) fn evidence(source: Source, answers: &[&FinalAnswer]) -> Option<Evidence> {
    let processes = || answers.iter().map(|answer| &answer.process);
    Some(Evidence {
        basis: Basis::Fetched,
        at: answers.iter().map(|answer| answer.at).max()?,
        raw: raw(answers),
        person: processes().find_map(|process| process.person.clone()),
        parts: processes().map(part).collect(),
        reasons: processes().flat_map(|process| process.fail_reasons.clone()).collect(),
        sealed: processes().find_map(|process| process.sealed.clone()).map(String::into_bytes),
        source,
    })
}

/// The answer as it came; two of them as a JSON list.
fn raw(answers: &[&FinalAnswer]) -> Vec<u8> {
    match answers {
        [only] => only.body.clone(),
        many => {
            let bodies: Vec<&[u8]> = many.iter().map(|answer| answer.body.as_slice()).collect();
            [b"[".as_slice(), &bodies.join(b",".as_slice()), b"]"].concat()
        }
    }
}

fn part(process: &Process) -> Part {
    Part {
        name: process.provider.clone(),
        passed: Worth::of(&process.status).map(|worth| worth == Worth::Approved),
        status: Some(process.status.as_str().to_string()),
        score: None,
    }
}
