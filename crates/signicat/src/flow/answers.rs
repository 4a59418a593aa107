//! What comes back, and where it leads.

use alloc::vec::Vec;

use idvkit_core::{
    Fault, FaultClass, FaultCode, Flaw, FlawKind, Operation as _, Outcome, Response,
    machine::{Flow, Need, Step, UserStage},
    settings,
};

use super::{MAX_CANDIDATES, MadeHere, SignicatFlow, Slot, State};
use crate::{
    account::Account,
    answers::{
        CaptureStarted, DossierCreated, List, Listed, Process, ProcessStatus, fault_of, is_refusal, listed, moment,
    },
    operations::Operation,
    request::{ImageSource, ParsedRequest, Plan},
    values::{Id, Place, same_provider},
    verdict::FinalAnswer,
};

impl SignicatFlow {
    pub(super) fn answered(
        &mut self,
        account: &Account,
        op: &Operation,
        response: &Response<'_>,
    ) -> Result<Step, Fault> {
        if *op == Operation::Token {
            return self.token.answered(response, account.token_skew_ms).map(|()| Step::Prepared);
        }
        if is_refusal(response) && self.token.refused() {
            return Ok(Step::Prepared);
        }
        let step = match op {
            Operation::Token => Step::Prepared,
            Operation::CreateDossier => self.dossier_created(op, response)?,
            Operation::CreateProcess(_) => self.process_created(account, op, response)?,
            Operation::StartCapture(_) => self.capture_started(account, op, response)?,
            Operation::SetImages(_) => self.images_set(op, response)?,
            Operation::Start(_) => self.started(op, response)?,
            Operation::DiscardProcess(_) => self.discarded(op, response)?,
            Operation::ListProcesses(_) => self.processes_listed(account, op, response)?,
            Operation::GetProcess(place) => match self.index_of(&place.process) {
                Some(index) => self.process_seen(account, op, index, response)?,
                None => self.process_identified(account, op, place, response)?,
            },
            // What is gone already is deleted as well (S-D13).
            Operation::Delete(_) if response.is_success() || response.status == 404 => Step::Deleted,
            Operation::Delete(_) => return Err(fault_of(op, response)),
        };
        self.token.taken(response.at);
        // Until the next request a long time may pass: the host's cache then knows which token is good.
        if matches!(step, Step::NotYet { .. }) || matches!(self.need(account), Need::User(_)) {
            self.token.forget();
        }
        Ok(step)
    }

    fn dossier_created(&mut self, op: &Operation, response: &Response<'_>) -> Result<Step, Fault> {
        success(op, response)?;
        let unreadable = |flaw| Fault::unreadable(op.name(), response.status, flaw);
        let created = DossierCreated::read(response.body).map_err(unreadable)?;
        self.made.insert(0, MadeHere::Dossier(created.dossier_id.clone()));
        self.learn_dossier(created.dossier_id);
        self.state = State::Creating;
        Ok(Step::Go)
    }

    fn process_created(&mut self, account: &Account, op: &Operation, response: &Response<'_>) -> Result<Step, Fault> {
        success(op, response)?;
        let process =
            Process::read(response.body).map_err(|flaw| Fault::unreadable(op.name(), response.status, flaw))?;
        if !self.is_ours(0, &process) {
            return Err(Fault::foreign(op.name(), Flaw::new(FlawKind::OtherReference, "dossierId")));
        }
        // It is there, whatever else the answer says: an erasure has to know it.
        if let Some(dossier) = self.request.dossier.clone() {
            self.learn_dossier(dossier);
            self.made.insert(0, MadeHere::Process(process.process_id.clone()));
        }
        self.learn_process(&process.process_id);
        if let Some(slot) = self.slots.first_mut() {
            slot.process = Some(process.process_id.clone());
        }
        match self.state_after_creation(account, process) {
            Ok(state) => {
                self.state = state;
                Ok(Step::Go)
            }
            Err(code) => {
                let fault = Fault::new(code, op.name(), false);
                let fault = Fault { status: Some(response.status), ..fault };
                Ok(Step::End { outcome: Outcome::Failed { fault }, evidence: None })
            }
        }
    }

    fn state_after_creation(&self, account: &Account, process: Process) -> Result<State, FaultCode> {
        Ok(match &self.request.plan {
            Plan::Document { source: ImageSource::Upload, .. } => State::Collecting { images: Vec::new() },
            Plan::Document { source: ImageSource::DossierFiles, .. } => State::START,
            Plan::Document { source: ImageSource::Sdk, .. } => {
                State::Sdk { authorization: process.authorization.ok_or(FaultCode::NoSdkAuthorization)? }
            }
            Plan::Eid { .. } | Plan::Capture { .. } => {
                let url = process.redirect_url.filter(|url| is_user_link(account, &self.request, url));
                State::Away { url: url.ok_or(FaultCode::NoUserLink)?, returned: false }
            }
        })
    }

    fn capture_started(&mut self, account: &Account, op: &Operation, response: &Response<'_>) -> Result<Step, Fault> {
        success(op, response)?;
        let unreadable = |flaw| Fault::unreadable(op.name(), response.status, flaw);
        let started = CaptureStarted::read(response.body).map_err(unreadable)?;
        if !is_user_link(account, &self.request, &started.url) {
            return Err(unreadable(Flaw::new(FlawKind::MemberValue, "url")));
        }
        match (started.process_id, self.slots.as_mut_slice()) {
            (Some(process), [only]) => {
                only.process = Some(process.clone());
                self.learn_process(&process);
            }
            // Of two, the answer cannot say which one it means.
            (Some(process), _) => self.consider(&process),
            (None, _) => {}
        }
        self.state = State::Away { url: started.url, returned: false };
        Ok(Step::Go)
    }

    fn images_set(&mut self, op: &Operation, response: &Response<'_>) -> Result<Step, Fault> {
        success(op, response)?;
        self.state = State::START;
        Ok(Step::Go)
    }

    fn started(&mut self, op: &Operation, response: &Response<'_>) -> Result<Step, Fault> {
        // 409: it was started already, and the answer to that was lost (S-D6, inferred).
        if response.status != 409 {
            success(op, response)?;
        }
        self.state = State::Waiting;
        Ok(Step::Go)
    }

    /// A process that cannot be deleted is simply left behind: it goes with the dossier.
    fn discarded(&mut self, op: &Operation, response: &Response<'_>) -> Result<Step, Fault> {
        let fault = fault_of(op, response);
        if !response.is_success() && (fault.retryable || fault.class == FaultClass::Authorization) {
            return Err(fault);
        }
        self.state = State::Creating;
        Ok(Step::Go)
    }

    fn processes_listed(&mut self, account: &Account, op: &Operation, response: &Response<'_>) -> Result<Step, Fault> {
        let fault = fault_of(op, response);
        // The route is inferred: where it does not exist, redirects and callbacks still name processes.
        let absent = matches!(response.status, 400 | 403 | 404 | 405 | 501) && !is_refusal(response);
        if !response.is_success() && !absent {
            return Err(fault);
        }
        let list = if absent { Ok(List::default()) } else { listed(response.body) };
        let List { mut rows, full } = list.map_err(|flaw| Fault::unreadable(op.name(), response.status, flaw))?;
        // The newest of several with one provider counts (inferred); without dates the last one.
        rows.sort_by_key(|row| moment(row.created.as_deref()));
        self.search.list_came(full);
        self.take_in(&rows);
        Ok(self.look_done(account))
    }

    fn process_seen(
        &mut self,
        account: &Account,
        op: &Operation,
        index: usize,
        response: &Response<'_>,
    ) -> Result<Step, Fault> {
        // Signicat makes the processes of a capture flow by itself, perhaps not before the page is opened (inferred).
        let not_made_yet = response.status == 404 && self.is_capture();
        if not_made_yet {
            if let Some(slot) = self.slots.get_mut(index) {
                slot.seen = true;
            }
            return Ok(self.look_done(account));
        }
        success(op, response)?;
        let process =
            Process::read(response.body).map_err(|flaw| Fault::unreadable(op.name(), response.status, flaw))?;
        if self.index_of(&process.process_id) != Some(index) || !self.is_ours(index, &process) {
            return Err(Fault::foreign(op.name(), Flaw::new(FlawKind::OtherReference, "processId")));
        }
        if let State::Starting { unanswered, .. } = &mut self.state {
            *unanswered = false;
            // Nothing of the request that was not answered shows: it is sent once more.
            if process.status != ProcessStatus::Processing && !process.status.is_final() {
                return Ok(Step::Prepared);
            }
            self.state = State::Waiting;
        }
        self.record(index, process, response);
        Ok(self.look_done(account))
    }

    /// A process that somebody named: it counts only if it is in our dossier and of a provider that was ordered and has
    /// none yet, or an older one (rule 2).
    fn process_identified(
        &mut self,
        account: &Account,
        op: &Operation,
        place: &Place,
        response: &Response<'_>,
    ) -> Result<Step, Fault> {
        let fault = fault_of(op, response);
        if !response.is_success() && (fault.retryable || is_refusal(response)) {
            return Err(fault);
        }
        self.search.candidates.retain(|one| *one != place.process);
        let process = Process::parse(response.body).ok().filter(|process| process.process_id == place.process);
        if let Some(process) = process.filter(|_| response.is_success()) {
            let created = moment(process.created_at.as_deref());
            let newer = |slot: &Slot| created.is_some() && created > moment(slot.created.as_deref());
            let free = |slot: &Slot| slot.process.is_none() || newer(slot);
            let fits = |at: &usize| free(&self.slots[*at]) && self.is_ours(*at, &process);
            if let Some(index) = (0..self.slots.len()).find(fits) {
                self.slots[index] = Slot::new(place.process.clone());
                self.learn_process(&place.process);
                self.record(index, process, response);
            }
        }
        Ok(self.look_done(account))
    }

    /// Keeps what a look brought. A final answer is kept whole: it is the evidence.
    fn record(&mut self, index: usize, process: Process, response: &Response<'_>) {
        // Only the newest process of a provider counts: is this still it?
        self.search.listed &= !process.status.is_final() || self.search.silent;
        if let Some(slot) = self.slots.get_mut(index) {
            slot.seen = true;
            slot.status = Some(process.status.clone());
            slot.created.clone_from(&process.created_at);
            slot.result = FinalAnswer::new(process, response.body, response.at);
        }
    }

    /// Goes on with the look, or ends it: with a verdict, or with what is known so far.
    fn look_done(&mut self, account: &Account) -> Step {
        if let Some((outcome, evidence)) = self.verdict(account).filter(|_| self.is_confirmed()) {
            return Step::End { outcome, evidence };
        }
        if self.look().is_some() {
            // A look is one whole: failures in it are counted on until it is through.
            return Step::Prepared;
        }
        let absent = self.search.is_full() && self.slots.iter().any(|slot| slot.process.is_none());
        self.look_again();
        let is_at = |status: &ProcessStatus| self.slots.iter().any(|slot| slot.status.as_ref() == Some(status));
        let (processing, pending) = (is_at(&ProcessStatus::Processing), is_at(&ProcessStatus::Pending));
        let complete = self.slots.iter().all(|slot| slot.process.is_some());
        if let State::Away { returned, .. } = &mut self.state {
            // A claim to have finished that the process does not bear out was not true: show the page again.
            *returned = (*returned && !pending && !absent) || (processing && !pending && complete);
        }
        // Where our own start put an end to what the user has to do, nothing of that comes back.
        let away = (pending || absent) && matches!(self.state, State::Away { .. });
        let user = match (processing && complete, away) {
            (_, true) => UserStage::Away,
            (true, false) => UserStage::Done,
            (false, false) => UserStage::Unknown,
        };
        Step::NotYet { user }
    }

    /// Puts the newest listed process of each provider where it belongs, and those that do not say whose they are among
    /// those to be looked at.
    fn take_in(&mut self, rows: &[Listed]) {
        for index in 0..self.slots.len() {
            let ordered = &self.request.targets[index].provider;
            let is_of = |row: &&Listed| row.provider.as_deref().is_some_and(|name| same_provider(name, ordered));
            let Some(newest) = rows.iter().rev().find(is_of) else { continue };
            if self.slots[index].process.as_ref() != Some(&newest.id) {
                self.slots[index] = Slot::new(newest.id.clone());
                self.learn_process(&newest.id);
            }
        }
        for row in rows.iter().rev().filter(|row| row.provider.is_none()) {
            self.consider(&row.id);
        }
        let open = self.slots.iter().any(|slot| slot.process.is_none());
        if !open && !self.search.silent {
            self.search.candidates.clear();
        }
    }

    /// Remembers a process that somebody named, if it is new.
    pub(super) fn consider(&mut self, process: &Id) {
        let known = self.index_of(process).is_some() || self.search.candidates.contains(process);
        if self.is_capture() && !known && self.search.candidates.len() < MAX_CANDIDATES {
            self.search.candidates.push(process.clone());
        }
    }

    /// The same for one that the provider named: it goes before what clients named.
    pub(super) fn consider_first(&mut self, process: &Id) {
        let others = core::mem::take(&mut self.search.candidates);
        self.consider(process);
        for other in others {
            self.consider(&other);
        }
    }

    /// Which provider's process this is, as far as known.
    pub(super) fn index_of(&self, process: &Id) -> Option<usize> {
        self.slots.iter().position(|slot| slot.process.as_ref() == Some(process))
    }

    /// Whether an answer is about our dossier, as far as it says, and about the provider in this place.
    fn is_ours(&self, index: usize, process: &Process) -> bool {
        let dossier = process.dossier_id.is_none() || process.dossier_id == self.dossier;
        let Some(target) = self.request.targets.get(index) else { return false };
        let types = target.process_type.as_ref().zip(process.process_type.as_ref());
        dossier && same_provider(&target.provider, &process.provider) && types.is_none_or(|(one, other)| one == other)
    }
}

fn success(op: &Operation, response: &Response<'_>) -> Result<(), Fault> {
    if response.is_success() { Ok(()) } else { Err(fault_of(op, response)) }
}

/// Whether a browser may be sent there, and it is not simply our own return URL handed back.
fn is_user_link(account: &Account, request: &ParsedRequest, url: &str) -> bool {
    settings::is_link(url, account.urls.development) && request.plan.redirect_url() != Some(url)
}
