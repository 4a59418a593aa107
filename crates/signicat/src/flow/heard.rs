//! Hints, redirects and callbacks.

use alloc::string::String;

use idvkit_core::{Header, Hint, HintKind, Reject, RejectCode, machine::Heard};

use super::{SignicatFlow, State};
use crate::{
    account::Account,
    callback::{Callback, ReturnParameters, check_authorization},
    request::Plan,
    values::Id,
};

/// The user is done, and a look is worth it at once.
const RETURNED: Heard = Heard { done: true, look: true, authentic: false, settle: false };

impl SignicatFlow {
    pub(super) fn hinted(&mut self, hint: &Hint) -> Heard {
        let finished = matches!(hint.kind, HintKind::Success | HintKind::Finished);
        match (&mut self.state, hint.kind) {
            // The SDK has taken and uploaded the images.
            (State::Sdk { .. }, HintKind::Success) => {
                self.state = State::START;
                Heard::DONE
            }
            (State::Away { returned, .. }, _) if finished => {
                *returned = true;
                let id = |name: &str| hint.member(name).map(Id::read);
                let ours = id("dossierId").is_none_or(|id| id == self.dossier);
                if let Some(process) = id("processId").flatten().filter(|_| ours) {
                    self.consider(&process);
                }
                RETURNED
            }
            (State::Away { .. }, HintKind::Error | HintKind::Skipped) => Heard::LOOK,
            _ => Heard::NOTHING,
        }
    }

    /// The ids are compared with the stored ones before anything is done with them (S-D4).
    pub(super) fn redirected(&mut self, url: &str) -> Result<Heard, Reject> {
        if self.is_bare_return(url) {
            return Ok(self.returned());
        }
        let back = ReturnParameters::parse(url)?;
        let place = self.whose(&back.dossier_id, back.process_id.as_ref());
        match place {
            Whose::Current => {}
            Whose::Earlier => return Ok(Heard::NOTHING),
            Whose::Foreign => {
                let fix = "find the session by `reference_of` and hand the input to that session";
                return Err(Reject::at(RejectCode::RedirectOfOtherSession, "url", fix));
            }
        }
        if let Some(process) = &back.process_id {
            self.consider(process);
        }
        Ok(self.returned())
    }

    /// An eID's return without any id: inferred, as no document says that Signicat appends them there too.
    fn is_bare_return(&self, url: &str) -> bool {
        let path = |url: &str| String::from(url.split(['?', '#']).next().unwrap_or(""));
        let Plan::Eid { redirect_url, .. } = &self.request.plan else { return false };
        path(url) == path(redirect_url) && ReturnParameters::are_absent(url)
    }

    fn returned(&mut self) -> Heard {
        let State::Away { returned, .. } = &mut self.state else { return Heard::NOTHING };
        *returned = true;
        RETURNED
    }

    pub(super) fn called_back(&mut self, account: &Account, headers: &[Header], body: &[u8]) -> Result<Heard, Reject> {
        check_authorization(account, headers)?;
        let callback = Callback::parse(body)?;
        match self.whose(&callback.dossier_id, Some(&callback.process_id)) {
            Whose::Current => {
                self.consider_first(&callback.process_id);
                // The start that nobody answered has arrived after all.
                if let State::Starting { sent: true, .. } = self.state {
                    self.state = State::Waiting;
                }
                Ok(Heard::RESULT)
            }
            Whose::Earlier => Ok(Heard::NOTHING),
            Whose::Foreign => {
                let fix = "find the session by `reference_of` and hand the input to that session";
                Err(Reject::at(RejectCode::CallbackOfOtherSession, "body", fix))
            }
        }
    }

    fn whose(&self, dossier: &Id, process: Option<&Id>) -> Whose {
        if self.dossier.as_ref() != Some(dossier) {
            let earlier = self.references.iter().take(self.dossiers).any(|known| known == dossier);
            return if earlier { Whose::Earlier } else { Whose::Foreign };
        }
        let Some(process) = process else { return Whose::Current };
        let current = self.index_of(process).is_some();
        let earlier = self.references.iter().skip(self.dossiers).any(|known| known == process);
        // A capture flow's processes are named by others first; and a callback may come before our own answer.
        let unknown_yet = self.slots.iter().any(|slot| slot.process.is_none())
            && (self.is_capture() || matches!(self.state, State::Creating));
        match () {
            () if current => Whose::Current,
            () if earlier => Whose::Earlier,
            () if unknown_yet || self.request.dossier.is_none() => Whose::Current,
            () => Whose::Foreign,
        }
    }
}

/// How an id relates to this session.
enum Whose {
    Current,
    Earlier,
    Foreign,
}
