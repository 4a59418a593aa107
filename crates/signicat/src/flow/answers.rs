//! What comes back, and where it leads.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use idvkit_core::{
    Fault, FaultClass, FaultCode, Flaw, FlawKind, Outcome, Response,
    machine::{Flow, Need, Step, UserStage},
};

use super::{
    FinalAnswer, MAX_CANDIDATES, Made, Operation, SignicatFlow, Slot, State, is_user_link,
    requests::{CREATE_DOSSIER, CREATE_PROCESS, DELETE, DISCARD, GET_PROCESS, LIST, SET_IMAGES, START, START_CAPTURE},
    search::MAX_LISTS,
};
use crate::{
    order::Plan,
    problem::fault_of,
    process::{CaptureStarted, DossierCreated, List, Listed, Process, ProcessStatus, listed, moment, same_provider},
    token::is_refusal,
    types::{ImageSource, is_id},
    validate::Account,
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
            Operation::CreateDossier => self.dossier_created(response)?,
            Operation::CreateProcess => self.process_created(account, response)?,
            Operation::StartCapture => self.capture_started(account, response)?,
            Operation::SetImages => self.images_set(response)?,
            Operation::Start => self.started(response)?,
            Operation::DiscardProcess => self.discarded(response)?,
            Operation::ListProcesses => self.processes_listed(account, response)?,
            Operation::GetProcess(index) => self.process_seen(account, usize::from(*index), response)?,
            Operation::IdentifyProcess => self.process_identified(account, response)?,
            // What is gone already is deleted as well (S-D13).
            Operation::Delete(_) if response.is_success() || response.status == 404 => Step::Deleted,
            Operation::Delete(_) => return Err(fault_of(DELETE, response)),
        };
        self.token.taken(response.at);
        // Until the next request a long time may pass: the host's cache then knows which token is good.
        if matches!(step, Step::NotYet { .. }) || matches!(self.need(account), Need::User(_)) {
            self.token.forget();
        }
        Ok(step)
    }

    fn dossier_created(&mut self, response: &Response<'_>) -> Result<Step, Fault> {
        success(CREATE_DOSSIER, response)?;
        let unreadable = |flaw| Fault::unreadable(CREATE_DOSSIER, response.status, flaw);
        let created = DossierCreated::read(response.body).map_err(unreadable)?;
        self.made.insert(0, Made::Dossier(created.dossier_id.clone()));
        self.learn_dossier(created.dossier_id);
        self.state = State::Creating;
        Ok(Step::Go)
    }

    fn process_created(&mut self, account: &Account, response: &Response<'_>) -> Result<Step, Fault> {
        success(CREATE_PROCESS, response)?;
        let unreadable = |flaw| Fault::unreadable(CREATE_PROCESS, response.status, flaw);
        let process = Process::read(response.body).map_err(unreadable)?;
        if !self.is_ours(0, &process) {
            return Err(Fault::foreign(CREATE_PROCESS, Flaw::new(FlawKind::OtherReference, "dossierId")));
        }
        // It is there, whatever else the answer says: an erasure has to know it.
        if let Some(dossier) = self.order.dossier.clone() {
            self.learn_dossier(dossier);
            self.made.insert(0, Made::Process(process.process_id.clone()));
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
                let fault = Fault::new(code, CREATE_PROCESS, false);
                let fault = Fault { status: Some(response.status), ..fault };
                Ok(Step::End { outcome: Outcome::Failed { fault }, evidence: None })
            }
        }
    }

    fn state_after_creation(&self, account: &Account, process: Process) -> Result<State, FaultCode> {
        Ok(match &self.order.plan {
            Plan::Document { source: ImageSource::Upload, .. } => State::Collecting { images: Vec::new() },
            Plan::Document { source: ImageSource::DossierFiles, .. } => State::Starting { sent: false },
            Plan::Document { source: ImageSource::Sdk, .. } => {
                State::Sdk { authorization: process.authorization.ok_or(FaultCode::NoSdkAuthorization)? }
            }
            Plan::Eid { .. } | Plan::Capture { .. } => {
                let url = process.redirect_url.filter(|url| is_user_link(account, &self.order, url));
                State::Away { url: url.ok_or(FaultCode::NoUserLink)?, returned: false }
            }
        })
    }

    fn capture_started(&mut self, account: &Account, response: &Response<'_>) -> Result<Step, Fault> {
        success(START_CAPTURE, response)?;
        let unreadable = |flaw| Fault::unreadable(START_CAPTURE, response.status, flaw);
        let started = CaptureStarted::read(response.body).map_err(unreadable)?;
        if !is_user_link(account, &self.order, &started.url) {
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

    fn images_set(&mut self, response: &Response<'_>) -> Result<Step, Fault> {
        success(SET_IMAGES, response)?;
        self.state = State::Starting { sent: false };
        Ok(Step::Go)
    }

    fn started(&mut self, response: &Response<'_>) -> Result<Step, Fault> {
        // 409: it was started already, and the answer to that was lost (S-D6, inferred).
        if response.status != 409 {
            success(START, response)?;
        }
        self.state = State::Waiting;
        Ok(Step::Go)
    }

    /// A process that cannot be deleted is simply left behind: it goes with the dossier.
    fn discarded(&mut self, response: &Response<'_>) -> Result<Step, Fault> {
        let fault = fault_of(DISCARD, response);
        if !response.is_success() && (fault.retryable || fault.class == FaultClass::Authorization) {
            return Err(fault);
        }
        self.state = State::Creating;
        Ok(Step::Go)
    }

    fn processes_listed(&mut self, account: &Account, response: &Response<'_>) -> Result<Step, Fault> {
        let fault = fault_of(LIST, response);
        // The route is inferred: where it does not exist, redirects and callbacks still name processes.
        let absent = matches!(response.status, 400 | 403 | 404 | 405 | 501) && !is_refusal(response);
        if !response.is_success() && !absent {
            return Err(fault);
        }
        let list = if absent { Ok(List::default()) } else { listed(response.body) };
        let List { mut rows, full } = list.map_err(|flaw| Fault::unreadable(LIST, response.status, flaw))?;
        // The newest of several with one provider counts (inferred); without dates the last one.
        rows.sort_by_key(|row| moment(row.created.as_deref()));
        self.search.listed = true;
        self.search.lists = self.search.lists.saturating_add(1).min(MAX_LISTS);
        self.search.silent = !full;
        self.place(&rows);
        Ok(self.look_done(account))
    }

    fn process_seen(&mut self, account: &Account, index: usize, response: &Response<'_>) -> Result<Step, Fault> {
        // Signicat makes the processes of a capture flow by itself, perhaps not before the page is opened (inferred).
        let not_made_yet = response.status == 404 && self.is_capture();
        if not_made_yet {
            if let Some(slot) = self.slots.get_mut(index) {
                slot.seen = true;
            }
            return Ok(self.look_done(account));
        }
        success(GET_PROCESS, response)?;
        let unreadable = |flaw| Fault::unreadable(GET_PROCESS, response.status, flaw);
        let process = Process::read(response.body).map_err(unreadable)?;
        let expected = self.slots.get(index).and_then(|slot| slot.process.as_deref());
        if expected != Some(process.process_id.as_str()) || !self.is_ours(index, &process) {
            return Err(Fault::foreign(GET_PROCESS, Flaw::new(FlawKind::OtherReference, "processId")));
        }
        self.record(index, &process, response)?;
        Ok(self.look_done(account))
    }

    /// A process that somebody named: it counts only if it is in our dossier and of a provider that was ordered and has
    /// none yet, or an older one (rule 2).
    fn process_identified(&mut self, account: &Account, response: &Response<'_>) -> Result<Step, Fault> {
        let fault = fault_of(GET_PROCESS, response);
        if !response.is_success() && (fault.retryable || is_refusal(response)) {
            return Err(fault);
        }
        let candidate = self.search.candidates.first().cloned().unwrap_or_default();
        self.search.candidates.retain(|one| *one != candidate);
        let process = Process::parse(response.body).ok().filter(|process| process.process_id == candidate);
        if let Some(process) = process.filter(|_| response.is_success()) {
            let created = moment(process.created_at.as_deref());
            let newer = |slot: &Slot| created.is_some() && created > moment(slot.created.as_deref());
            let free = |slot: &Slot| slot.process.is_none() || newer(slot);
            let fits = |at: &usize| free(&self.slots[*at]) && self.is_ours(*at, &process);
            if let Some(index) = (0..self.slots.len()).find(fits) {
                self.slots[index] = Slot { process: Some(process.process_id.clone()), ..Slot::default() };
                self.learn_process(&process.process_id);
                self.record(index, &process, response)?;
            }
        }
        Ok(self.look_done(account))
    }

    /// Keeps what a look brought. A final answer is kept whole: it is the evidence.
    fn record(&mut self, index: usize, process: &Process, response: &Response<'_>) -> Result<(), Fault> {
        let body = String::from_utf8(response.body.to_vec());
        let not_utf8 = |_| Fault::unreadable(GET_PROCESS, response.status, Flaw::new(FlawKind::NotUtf8, ""));
        let body = body.map_err(not_utf8)?;
        if let Some(slot) = self.slots.get_mut(index) {
            slot.seen = true;
            slot.status = Some(process.status.clone());
            slot.created.clone_from(&process.created_at);
            slot.result = process.status.is_final().then_some(FinalAnswer { body, at: response.at });
        }
        // Only the newest process of a provider counts: is this still it?
        self.search.listed &= !process.status.is_final() || self.search.silent;
        Ok(())
    }

    /// Goes on with the look, or ends it: with a verdict, or with what is known so far.
    fn look_done(&mut self, account: &Account) -> Step {
        let confirmed = !self.is_capture() || (self.search.listed && !(self.search.silent && self.has_candidates()));
        if let Some((outcome, evidence)) = self.verdict(account).filter(|_| confirmed) {
            return Step::End { outcome, evidence };
        }
        if self.look().is_some() {
            // A look is one whole: failures in it are counted on until it is through.
            return Step::Prepared;
        }
        let absent = self.search.is_full() && self.slots.iter().any(|slot| slot.process.is_none());
        self.begin_look();
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
    fn place(&mut self, rows: &[Listed]) {
        for index in 0..self.slots.len() {
            let ordered = &self.order.targets[index].provider;
            let is_of = |row: &&Listed| row.provider.as_deref().is_some_and(|name| same_provider(name, ordered));
            let Some(newest) = rows.iter().rev().find(is_of) else { continue };
            if self.slots[index].process.as_deref() != Some(newest.id.as_str()) {
                self.slots[index] = Slot { process: Some(newest.id.clone()), ..Slot::default() };
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
    pub(super) fn consider(&mut self, process: &str) {
        let known = self.slots.iter().any(|slot| slot.process.as_deref() == Some(process));
        let candidates = &mut self.search.candidates;
        let room = candidates.len() < MAX_CANDIDATES && !candidates.iter().any(|one| one == process);
        if is_id(process) && matches!(self.order.plan, Plan::Capture { .. }) && !known && room {
            candidates.push(process.to_string());
        }
    }

    /// The same for one that the provider named: it goes before what clients named.
    pub(super) fn consider_first(&mut self, process: &str) {
        let others = core::mem::take(&mut self.search.candidates);
        self.consider(process);
        for other in others {
            self.consider(&other);
        }
    }

    /// Whether an answer is about our dossier, as far as it says, and about the provider in this place.
    fn is_ours(&self, index: usize, process: &Process) -> bool {
        let dossier = process.dossier_id.as_deref().is_none_or(|id| Some(id) == self.dossier.as_deref());
        let Some(target) = self.order.targets.get(index) else { return false };
        let types = target.process_type.as_ref().zip(process.process_type.as_ref());
        dossier && same_provider(&target.provider, &process.provider) && types.is_none_or(|(one, other)| one == other)
    }
}

fn success(operation: &str, response: &Response<'_>) -> Result<(), Fault> {
    if response.is_success() { Ok(()) } else { Err(fault_of(operation, response)) }
}
