//! One look at what there is: which requests it takes, which process of a capture flow counts, and whether what is known
//! is enough.

use alloc::vec::Vec;

use idvkit_core::{Evidence, Operation as _, Outcome};
use serde::{Deserialize, Serialize};

use super::{Operation, SignicatFlow, Slot, State};
use crate::{
    account::Account,
    request::{Plan, Required},
    values::{Id, Place},
    verdict::{self, FinalAnswer, Worth},
};

/// So often one look lists the dossier: once, and again after final answers.
pub(super) const MAX_LISTS: u8 = 3;

/// The search for processes that nobody named with authority.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Search {
    /// Named by a redirect, a callback or a list: to be fetched, and counted only if they fit.
    pub(super) candidates: Vec<Id>,
    /// Whether this look has listed the dossier since the last final answer.
    pub(super) listed: bool,
    /// How often this look has listed it.
    #[serde(default)]
    pub(super) lists: u8,
    /// The list does not say which process is whose, or there is none.
    #[serde(default)]
    pub(super) silent: bool,
}

impl Search {
    /// Whether this look's list shows every process there is, and whose it is.
    pub(super) fn is_full(&self) -> bool {
        self.listed && !self.silent
    }

    /// The next look lists the dossier anew.
    pub(super) fn restart(&mut self) {
        *self = Self { candidates: core::mem::take(&mut self.candidates), ..Self::default() };
    }
}

impl SignicatFlow {
    /// The next request of a look, or `None` once the look has seen all there is.
    ///
    /// In a capture flow the list says which process counts: the newest of each provider, whatever a client named. It
    /// is asked again after a final answer, as the user may have begun anew on the page.
    pub(super) fn look(&self) -> Option<Operation> {
        let dossier = self.dossier.clone()?;
        let unseen = |slot: &&Slot| slot.process.is_some() && slot.result.is_none() && !slot.seen;
        let unseen = self.slots.iter().find(unseen).and_then(|slot| slot.process.clone());
        let search = &self.search;
        let lists = self.is_capture() && !search.listed && search.lists < MAX_LISTS;
        let confirms = self.slots.iter().any(|slot| slot.result.is_some());
        if lists && (confirms || unseen.is_none()) {
            return Some(Operation::ListProcesses(dossier));
        }
        let candidate = || search.candidates.first().filter(|_| self.has_candidates()).cloned();
        unseen.or_else(candidate).map(|process| Operation::GetProcess(Place { dossier, process }))
    }

    /// What others named counts only where the list leaves something open.
    pub(super) fn has_candidates(&self) -> bool {
        let open = self.slots.iter().any(|slot| slot.process.is_none());
        self.search.listed && (open || self.search.silent) && !self.search.candidates.is_empty()
    }

    pub(super) fn begin_look(&mut self) {
        self.search.restart();
        for slot in &mut self.slots {
            slot.seen = false;
        }
    }

    /// The outcome, once nothing that may still come can change it.
    pub(super) fn verdict(&self, account: &Account) -> Option<(Outcome, Option<Evidence>)> {
        let worths: Vec<Option<Worth>> = self.slots.iter().map(Slot::worth).collect();
        let known = worths.iter().flatten().copied();
        let decided = match self.required() {
            // Nothing is worse than a rejection, nothing better than an acceptance: the others need not be waited for.
            Required::All => {
                known.max().filter(|worst| *worst == Worth::Declined || self.nothing_comes(&worths, *worst))
            }
            Required::Any => known.min().filter(|best| *best == Worth::Approved || self.nothing_comes(&worths, *best)),
        }?;
        let answers: Vec<&FinalAnswer> = self.slots.iter().filter_map(|slot| slot.result.as_ref()).collect();
        let deciding = answers.iter().find(|answer| answer.worth() == Some(decided));
        let reason = deciding.and_then(|answer| answer.process.fail_reasons.first()).map(|reason| reason.code.clone());
        let operation = self.looked_by()?;
        Some((decided.outcome(operation, reason), verdict::evidence(account.source(operation), &answers)))
    }

    /// How one of several ended, if that stands when time runs out before the rest is known. A decision never does:
    /// it would be one without evidence.
    pub(super) fn known_end(&self) -> Option<Outcome> {
        let known = self.slots.iter().filter_map(Slot::worth).max();
        let ended = known.filter(|worth| matches!(worth, Worth::Abandoned | Worth::Failed));
        let ended = ended.filter(|_| self.required() == Required::All)?;
        Some(ended.outcome(self.looked_by()?, None))
    }

    /// Every process is final (an acceptance by all needs no less); or the user is back, one ended without a pass, and
    /// a full list shows that the others never began. Where any will do, that decides nothing.
    fn nothing_comes(&self, worths: &[Option<Worth>], decided: Worth) -> bool {
        if worths.iter().all(Option::is_some) {
            return true;
        }
        let back = matches!(self.state, State::Away { returned: true, .. });
        let is_decision = !matches!(decided, Worth::Abandoned | Worth::Failed);
        let idle = |slot: &Slot| slot.result.is_some() || slot.process.is_none();
        back && decided != Worth::Approved
            && !(is_decision && self.required() == Required::Any)
            && self.search.is_full()
            && self.look().is_none()
            && self.slots.iter().all(idle)
    }

    fn required(&self) -> Required {
        match &self.request.plan {
            Plan::Capture { need, .. } => *need,
            _ => Required::All,
        }
    }

    /// The name of the operation that gives final answers; `None` while no process is known.
    fn looked_by(&self) -> Option<&'static str> {
        let known = (0..self.slots.len()).find_map(|index| self.place(index));
        known.map(|place| Operation::GetProcess(place).name())
    }
}

impl Slot {
    fn worth(&self) -> Option<Worth> {
        self.result.as_ref().and_then(FinalAnswer::worth)
    }
}
