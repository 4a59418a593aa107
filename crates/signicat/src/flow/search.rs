//! One look at what there is: which requests it takes, and which process of a capture flow counts.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{Operation, SignicatFlow, Slot};
use crate::order::Plan;

/// So often one look lists the dossier: once, and again after final answers.
pub(super) const MAX_LISTS: u8 = 3;

/// The search for processes that nobody named with authority.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Search {
    /// Named by a redirect, a callback or a list: to be fetched, and counted only if they fit.
    pub(super) candidates: Vec<String>,
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
        let unseen = |slot: &Slot| slot.process.is_some() && slot.result.is_none() && !slot.seen;
        let unseen = self.slots.iter().position(unseen);
        let search = &self.search;
        let lists = self.is_capture() && !search.listed && search.lists < MAX_LISTS;
        let confirms = self.slots.iter().any(|slot| slot.result.is_some());
        match unseen {
            _ if lists && (confirms || unseen.is_none()) => Some(Operation::ListProcesses),
            Some(index) => u8::try_from(index).ok().map(Operation::GetProcess),
            None if self.has_candidates() => Some(Operation::IdentifyProcess),
            None => None,
        }
    }

    /// What others named counts only where the list leaves something open.
    pub(super) fn has_candidates(&self) -> bool {
        let open = self.slots.iter().any(|slot| slot.process.is_none());
        self.search.listed && (open || self.search.silent) && !self.search.candidates.is_empty()
    }

    pub(super) fn is_capture(&self) -> bool {
        matches!(self.order.plan, Plan::Capture { .. })
    }

    pub(super) fn begin_look(&mut self) {
        self.search.restart();
        for slot in &mut self.slots {
            slot.seen = false;
        }
    }
}
