//! One look at what there is: which requests it takes, which process of a capture flow counts, and whether what is known
//! is enough.

use alloc::vec::Vec;

use idvkit_core::{Evidence, Operation as _, Outcome};
use serde::{Deserialize, Serialize};

use super::{MAX_CANDIDATES, Operation, SignicatFlow, Slot, State};
use crate::{
    account::Account,
    request::{Plan, Required},
    values::{Id, Place},
    verdict::{self, FinalAnswer, Worth},
};

/// So often one look lists the dossier: once, and again after final answers.
const MAX_LISTS: u8 = 3;

/// After so many failures in a row a look does without the list, where it knows a process (S-D20).
const MAX_FAILED_LISTS: u8 = 5;

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
    /// How often in a row the list could not be had.
    #[serde(default, skip_serializing_if = "is_zero")]
    failed: u8,
}

impl Search {
    /// A list came. It is `full` if it shows every process there is, and whose it is.
    pub(super) fn list_came(&mut self, full: bool) {
        self.listed = true;
        self.lists = self.lists.saturating_add(1).min(MAX_LISTS);
        self.silent = !full;
        self.failed = 0;
    }

    /// No list came.
    pub(super) fn list_failed(&mut self) {
        self.failed = self.failed.saturating_add(1).min(MAX_FAILED_LISTS);
    }

    /// Whether this look's list shows every process there is, and whose it is.
    pub(super) fn is_full(&self) -> bool {
        self.listed && !self.silent
    }

    /// Whether restored counts are among those that can be.
    pub(super) fn is_sane(&self) -> bool {
        self.lists <= MAX_LISTS && self.failed <= MAX_FAILED_LISTS && self.candidates.len() <= MAX_CANDIDATES
    }

    /// The next look lists the dossier anew.
    pub(super) fn restart(&mut self) {
        let candidates = core::mem::take(&mut self.candidates);
        *self = Self { candidates, failed: self.failed, ..Self::default() };
    }
}

impl SignicatFlow {
    /// The next request of a look, or `None` once the look has seen all there is.
    ///
    /// In a capture flow the list says which process counts: the newest of each provider, whatever a client named. It
    /// is asked again after a final answer, as the user may have begun anew on the page.
    pub(super) fn look(&self) -> Option<Operation> {
        let dossier = self.dossier.clone()?;
        // Without a list, what is final is fetched once more, so that this look has something to end with.
        let wanted = |slot: &Slot| slot.result.is_none() || self.does_without_list();
        let unseen = |slot: &&Slot| slot.process.is_some() && !slot.seen && wanted(slot);
        let unseen = self.slots.iter().find(unseen).and_then(|slot| slot.process.clone());
        let search = &self.search;
        let lists = self.is_capture() && !search.listed && search.lists < MAX_LISTS && !self.does_without_list();
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
        let without = self.does_without_list();
        (self.search.listed || without) && (open || self.search.silent || without) && !self.search.candidates.is_empty()
    }

    /// The list has failed so often that what is known has to do: an outage of that one route is no verdict.
    fn does_without_list(&self) -> bool {
        let known = self.slots.iter().any(|slot| slot.process.is_some()) || !self.search.candidates.is_empty();
        self.search.failed == MAX_FAILED_LISTS && known
    }

    /// Whether nothing that this look could still ask for changes which processes count.
    pub(super) fn is_confirmed(&self) -> bool {
        let silent = self.search.silent || self.does_without_list();
        let listed = self.search.listed || self.does_without_list();
        !self.is_capture() || (listed && !(silent && self.has_candidates()))
    }

    /// A look has ended without a verdict: the list gets another chance.
    pub(super) fn look_again(&mut self) {
        self.begin_look();
        self.search.failed = self.search.failed.saturating_sub(1);
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls with this signature")]
fn is_zero(count: &u8) -> bool {
    *count == 0
}
