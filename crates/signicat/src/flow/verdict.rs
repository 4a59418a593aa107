//! From the status of one or two processes to one outcome.

use crate::ID;
use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use idvkit_core::{Basis, Decision, Evidence, Fault, FaultCode, Outcome, Part, Person, Source, UnixMillis};

use super::{FinalAnswer, SignicatFlow, State, requests::GET_PROCESS};
use crate::{
    order::Plan,
    process::{Process, ProcessStatus},
    types::Required,
    validate::Account,
};

/// What a final status is worth. The order is ours (inferred): a worse one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    Approved,
    Inconclusive,
    Abandoned,
    Failed,
    Declined,
}

impl Worth {
    fn of(status: &ProcessStatus) -> Option<Self> {
        match status {
            ProcessStatus::Accepted => Some(Self::Approved),
            ProcessStatus::Rejected | ProcessStatus::NotMatched => Some(Self::Declined),
            ProcessStatus::Inconclusive => Some(Self::Inconclusive),
            ProcessStatus::Canceled => Some(Self::Abandoned),
            ProcessStatus::Failed => Some(Self::Failed),
            ProcessStatus::Pending | ProcessStatus::Processing | ProcessStatus::Other(_) => None,
        }
    }

    fn outcome(self, reason: Option<String>) -> Outcome {
        let decided = |decision| Outcome::Decided { decision };
        match self {
            Self::Approved => decided(Decision::Approved),
            Self::Inconclusive => decided(Decision::Inconclusive),
            Self::Declined => decided(Decision::Declined),
            Self::Abandoned => Outcome::Abandoned { stage: None },
            Self::Failed => {
                let fault = Fault::new(FaultCode::ProcessFailed, GET_PROCESS, false);
                Outcome::Failed { fault: fault.with_provider_code(reason) }
            }
        }
    }
}

impl SignicatFlow {
    /// The outcome, once nothing that may still come can change it.
    pub(super) fn verdict(&self, account: &Account) -> Option<(Outcome, Option<Evidence>)> {
        let worths: Vec<Option<Worth>> = self.slots.iter().map(super::Slot::worth).collect();
        let known = worths.iter().flatten().copied();
        let decided = match self.need_of() {
            // Nothing is worse than a rejection, nothing better than an acceptance: the others need not be waited for.
            Required::All => {
                known.max().filter(|worst| *worst == Worth::Declined || self.nothing_comes(&worths, *worst))
            }
            Required::Any => known.min().filter(|best| *best == Worth::Approved || self.nothing_comes(&worths, *best)),
        }?;
        let answers: Vec<(&FinalAnswer, Process)> = self.final_answers();
        let reason = answers.iter().find(|(_, process)| Worth::of(&process.status) == Some(decided));
        let reason = reason.and_then(|(_, process)| process.fail_reasons.first()).map(|reason| reason.code.clone());
        Some((decided.outcome(reason), evidence(account, &answers)))
    }

    /// How one of several ended, if that stands when time runs out before the rest is known. A decision never does:
    /// it would be one without evidence.
    pub(super) fn known_end(&self) -> Option<Outcome> {
        let known = self.slots.iter().filter_map(super::Slot::worth).max();
        let ended = known.filter(|worth| matches!(worth, Worth::Abandoned | Worth::Failed));
        ended.filter(|_| self.need_of() == Required::All).map(|worth| worth.outcome(None))
    }

    /// Every process is final (an acceptance by all needs no less); or the user is back, one ended without a pass, and
    /// a full list shows that the others never began. Where any will do, that decides nothing.
    fn nothing_comes(&self, worths: &[Option<Worth>], decided: Worth) -> bool {
        if worths.iter().all(Option::is_some) {
            return true;
        }
        let back = matches!(self.state, State::Away { returned: true, .. });
        let is_decision = !matches!(decided, Worth::Abandoned | Worth::Failed);
        let idle = |slot: &super::Slot| slot.result.is_some() || slot.process.is_none();
        back && decided != Worth::Approved
            && !(is_decision && self.need_of() == Required::Any)
            && self.search.is_full()
            && self.look().is_none()
            && self.slots.iter().all(idle)
    }

    fn need_of(&self) -> Required {
        match &self.order.plan {
            Plan::Capture { need, .. } => *need,
            _ => Required::All,
        }
    }

    fn final_answers(&self) -> Vec<(&FinalAnswer, Process)> {
        let read = |answer: &FinalAnswer| Process::parse(answer.body.as_bytes()).ok();
        self.slots.iter().filter_map(|slot| slot.result.as_ref()).filter_map(|one| Some((one, read(one)?))).collect()
    }
}

impl super::Slot {
    fn worth(&self) -> Option<Worth> {
        self.result.as_ref().and(self.status.as_ref()).and_then(Worth::of)
    }

    /// Whether a restored result is what its own body says.
    pub(super) fn is_sane(&self) -> bool {
        let Some(result) = &self.result else { return true };
        Process::parse(result.body.as_bytes()).is_ok_and(|process| {
            process.status.is_final()
                && self.status.as_ref() == Some(&process.status)
                && self.process.as_deref() == Some(process.process_id.as_str())
        })
    }
}

fn evidence(account: &Account, answers: &[(&FinalAnswer, Process)]) -> Option<Evidence> {
    let at = answers.iter().map(|(answer, _)| answer.at).max().unwrap_or(UnixMillis(0));
    let person = |(_, process): &(&FinalAnswer, Process)| process.person.clone();
    let persons: Vec<Person> = answers.iter().filter_map(person).collect();
    let sealed = answers.iter().find_map(|(_, process)| process.sealed.clone());
    (!answers.is_empty()).then(|| Evidence {
        basis: Basis::Fetched,
        at,
        raw: raw(answers),
        person: persons.into_iter().next(),
        parts: answers.iter().map(|(_, process)| part(process)).collect(),
        reasons: answers.iter().flat_map(|(_, process)| process.fail_reasons.clone()).collect(),
        sealed: sealed.map(String::into_bytes),
        source: Source {
            provider: ID.into(),
            operation: GET_PROCESS.into(),
            host: account.host().to_string(),
            production: account.is_production(),
        },
    })
}

/// The answer as it came; two of them as a JSON list.
fn raw(answers: &[(&FinalAnswer, Process)]) -> Vec<u8> {
    match answers {
        [(only, _)] => only.body.clone().into_bytes(),
        many => {
            let bodies: Vec<&str> = many.iter().map(|(answer, _)| answer.body.as_str()).collect();
            alloc::format!("[{}]", bodies.join(",")).into_bytes()
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
