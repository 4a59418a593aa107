//! What comes back, and where it leads.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use idvkit_core::{
    Fault, FaultClass, Response,
    machine::{Step, UserStage},
};

use super::{
    FinalAnswer, MAX_CANDIDATES, Made, Op, SignicatFlow, State, is_user_link,
    requests::{CREATE_DOSSIER, CREATE_PROCESS, DELETE, DISCARD, GET_PROCESS, LIST, SET_IMAGES, START, START_CAPTURE},
};
use crate::{
    order::Plan,
    problem::fault_of,
    process::{CaptureStarted, DossierCreated, Listed, Process, ProcessStatus, listed, same_provider},
    token::is_refusal,
    types::{ImageSource, is_id},
    validate::Account,
};

impl SignicatFlow {
    pub(super) fn answered(&mut self, account: &Account, op: Op, response: &Response<'_>) -> Result<Step, Fault> {
        if op == Op::Token {
            return self.token.answered(response).map(|()| Step::Prepared);
        }
        if is_refusal(response) && self.token.refused() {
            return Ok(Step::Prepared);
        }
        let step = match op {
            Op::Token => Step::Go,
            Op::CreateDossier => self.dossier_created(response)?,
            Op::CreateProcess => self.process_created(account, response)?,
            Op::StartCapture => self.capture_started(account, response)?,
            Op::SetImages => self.images_set(response)?,
            Op::Start => self.started(response)?,
            Op::DiscardProcess => self.discarded(response)?,
            Op::ListProcesses => self.processes_listed(account, response)?,
            Op::GetProcess(index) => self.process_seen(account, usize::from(index), response)?,
            Op::IdentifyProcess => self.process_identified(account, response)?,
            // What is gone already is deleted as well (S-D13).
            Op::Delete(_) if response.is_success() || response.status == 404 => Step::Deleted,
            Op::Delete(_) => return Err(fault_of(DELETE, response)),
        };
        self.token.taken();
        Ok(step)
    }

    fn dossier_created(&mut self, response: &Response<'_>) -> Result<Step, Fault> {
        success(CREATE_DOSSIER, response)?;
        let unreadable = || Fault::unreadable(CREATE_DOSSIER, response.status);
        let created: DossierCreated = serde_json::from_slice(response.body).map_err(|_| unreadable())?;
        if !is_id(&created.dossier_id) {
            return Err(unreadable());
        }
        self.made.insert(0, Made::Dossier(created.dossier_id.clone()));
        self.learn_dossier(created.dossier_id);
        self.state = State::Creating;
        Ok(Step::Go)
    }

    fn process_created(&mut self, account: &Account, response: &Response<'_>) -> Result<Step, Fault> {
        success(CREATE_PROCESS, response)?;
        let process = Process::parse(response.body).map_err(|_| Fault::unreadable(CREATE_PROCESS, response.status))?;
        if !self.is_ours(0, &process) {
            return Err(Fault::foreign(CREATE_PROCESS));
        }
        let missing = |code: &str| Fault {
            status: Some(response.status),
            ..Fault::new(code, FaultClass::Answer, CREATE_PROCESS, false)
        };
        self.state = match &self.order.plan {
            Plan::Document { source: ImageSource::Upload, .. } => State::Collecting { images: Vec::new() },
            Plan::Document { source: ImageSource::DossierFiles, .. } => State::Starting,
            Plan::Document { source: ImageSource::Sdk, .. } => {
                let authorization = process.authorization.ok_or_else(|| missing("no_sdk_authorization"))?;
                State::Sdk { authorization }
            }
            Plan::Eid { .. } | Plan::Capture { .. } => {
                let url = process.redirect_url.filter(|url| is_user_link(account, &self.order, url));
                State::Away { url: url.ok_or_else(|| missing("no_user_link"))?, returned: false }
            }
        };
        if let Some(dossier) = self.order.dossier.clone() {
            self.learn_dossier(dossier);
            self.made.insert(0, Made::Process(process.process_id.clone()));
        }
        self.learn_process(&process.process_id);
        if let Some(slot) = self.slots.first_mut() {
            slot.process = Some(process.process_id);
        }
        Ok(Step::Go)
    }

    fn capture_started(&mut self, account: &Account, response: &Response<'_>) -> Result<Step, Fault> {
        success(START_CAPTURE, response)?;
        let unreadable = || Fault::unreadable(START_CAPTURE, response.status);
        let started: CaptureStarted = serde_json::from_slice(response.body).map_err(|_| unreadable())?;
        if !is_user_link(account, &self.order, &started.url) || !started.process_id.as_deref().is_none_or(is_id) {
            return Err(unreadable());
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
        self.state = State::Starting;
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
        if !response.is_success() && (fault.again || fault.class == FaultClass::Authorization) {
            return Err(fault);
        }
        self.state = State::Creating;
        Ok(Step::Go)
    }

    fn processes_listed(&mut self, account: &Account, response: &Response<'_>) -> Result<Step, Fault> {
        let fault = fault_of(LIST, response);
        // The route is inferred: where it does not exist, redirects and callbacks still name processes.
        let absent = matches!(response.status, 404 | 405 | 501);
        if !response.is_success() && !absent {
            return Err(fault);
        }
        let rows = if absent { Some(Vec::new()) } else { listed(response.body) };
        let mut rows = rows.ok_or_else(|| Fault::unreadable(LIST, response.status))?;
        // The newest of several with one provider counts (inferred); without dates the last one.
        rows.sort_by(|one, other| one.created.cmp(&other.created));
        for row in rows.iter().rev() {
            self.place(row);
        }
        self.search.listed = true;
        Ok(self.look_done(account))
    }

    fn process_seen(&mut self, account: &Account, index: usize, response: &Response<'_>) -> Result<Step, Fault> {
        // Signicat makes the processes of a capture flow by itself, perhaps not before the page is opened (inferred).
        let not_made_yet = response.status == 404 && matches!(self.order.plan, Plan::Capture { .. });
        if not_made_yet {
            if let Some(slot) = self.slots.get_mut(index) {
                slot.seen = true;
            }
            return Ok(self.look_done(account));
        }
        success(GET_PROCESS, response)?;
        let process = Process::parse(response.body).map_err(|_| Fault::unreadable(GET_PROCESS, response.status))?;
        let expected = self.slots.get(index).and_then(|slot| slot.process.as_deref());
        if expected != Some(process.process_id.as_str()) || !self.is_ours(index, &process) {
            return Err(Fault::foreign(GET_PROCESS));
        }
        self.record(index, &process, response)?;
        Ok(self.look_done(account))
    }

    /// A process that somebody named: it counts only if it is in our dossier and of a provider that was ordered and has
    /// none yet (rule 2).
    fn process_identified(&mut self, account: &Account, response: &Response<'_>) -> Result<Step, Fault> {
        let fault = fault_of(GET_PROCESS, response);
        if !response.is_success() && (fault.again || fault.class == FaultClass::Authorization) {
            return Err(fault);
        }
        let candidate = self.search.candidates.first().cloned().unwrap_or_default();
        self.search.candidates.retain(|one| *one != candidate);
        let process = Process::parse(response.body).ok().filter(|process| process.process_id == candidate);
        if let Some(process) = process.filter(|_| response.is_success()) {
            let free = |at: &usize| self.slots[*at].process.is_none() && self.is_ours(*at, &process);
            if let Some(index) = (0..self.slots.len()).find(free) {
                self.slots[index].process = Some(process.process_id.clone());
                self.learn_process(&process.process_id);
                self.record(index, &process, response)?;
            }
        }
        Ok(self.look_done(account))
    }

    /// Keeps what a look brought. A final answer is kept whole: it is the evidence.
    fn record(&mut self, index: usize, process: &Process, response: &Response<'_>) -> Result<(), Fault> {
        let body = String::from_utf8(response.body.to_vec());
        let body = body.map_err(|_| Fault::unreadable(GET_PROCESS, response.status))?;
        if let Some(slot) = self.slots.get_mut(index) {
            slot.seen = true;
            slot.status = Some(process.status.clone());
            slot.result = process.status.is_final().then_some(FinalAnswer { body, at: response.at });
        }
        Ok(())
    }

    /// Goes on with the look, or ends it: with a verdict, or with what is known so far.
    fn look_done(&mut self, account: &Account) -> Step {
        if let Some((outcome, evidence)) = self.verdict(account) {
            return Step::End { outcome, evidence };
        }
        if self.look().is_some() {
            return Step::Go;
        }
        self.search.listed = false;
        for slot in &mut self.slots {
            slot.seen = false;
        }
        let is_at = |status: &ProcessStatus| self.slots.iter().any(|slot| slot.status.as_ref() == Some(status));
        let (processing, pending) = (is_at(&ProcessStatus::Processing), is_at(&ProcessStatus::Pending));
        let complete = self.slots.iter().all(|slot| slot.process.is_some());
        if let State::Away { returned, .. } = &mut self.state {
            // A claim to have finished that the process does not bear out was not true: show the page again.
            *returned = (*returned && !pending) || (processing && !pending && complete);
        }
        let user = match (processing && complete, pending) {
            (_, true) => UserStage::Away,
            (true, false) => UserStage::Done,
            (false, false) => UserStage::Unknown,
        };
        Step::NotYet { user }
    }

    /// Puts a listed process where it belongs, or among those to be looked at.
    fn place(&mut self, row: &Listed) {
        let Some(provider) = &row.provider else {
            self.consider(&row.id);
            return;
        };
        let free = |at: &usize| {
            self.slots[*at].process.is_none() && same_provider(&self.order.targets[*at].provider, provider)
        };
        if let Some(index) = (0..self.slots.len()).find(free) {
            self.slots[index].process = Some(row.id.clone());
            self.learn_process(&row.id);
        }
    }

    /// Remembers a process that somebody named, if it is new and one is still missing.
    pub(super) fn consider(&mut self, process: &str) {
        let known = self.slots.iter().any(|slot| slot.process.as_deref() == Some(process));
        let missing = self.slots.iter().any(|slot| slot.process.is_none());
        let candidates = &mut self.search.candidates;
        let room = candidates.len() < MAX_CANDIDATES && !candidates.iter().any(|one| one == process);
        if is_id(process) && missing && !known && room {
            candidates.push(process.to_string());
        }
    }

    /// Whether an answer is about our dossier, as far as it says, and about the provider in this place.
    fn is_ours(&self, index: usize, process: &Process) -> bool {
        let dossier = process.dossier_id.as_deref().is_none_or(|id| Some(id) == self.dossier.as_deref());
        let target = self.order.targets.get(index);
        dossier && target.is_some_and(|target| same_provider(&target.provider, &process.provider))
    }
}

fn success(operation: &str, response: &Response<'_>) -> Result<(), Fault> {
    if response.is_success() { Ok(()) } else { Err(fault_of(operation, response)) }
}
