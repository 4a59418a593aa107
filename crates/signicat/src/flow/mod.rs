//! Dossier, process or capture, images, start, result: one state for the three flows.

mod answers;
mod heard;
mod images;
mod look;
mod token;

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use idvkit_core::{
    Fault, FaultClass, FaultCode, Header, Hint, HttpRequest, Image, Journey, Outcome, Reject, Response,
    machine::{self, Digest, Flow, Heard, Need, Own, Schedule, Step},
    settings,
};
use images::TakenImage;
use look::Search;
use serde::{Deserialize, Serialize};
use token::Held;

use crate::{
    account::{Account, Looking},
    answers::ProcessStatus,
    journey,
    operations::{Operation, token_request},
    request::{CaptureParameters, ImageSource, ParsedRequest, Plan, Target},
    values::{Id, Made, Place},
    verdict::FinalAnswer,
};

/// A session that was begun anew so often gets no further attempt.
const MAX_ATTEMPTS: usize = 32;
/// Processes named by clients and lists that are still to be looked at.
const MAX_CANDIDATES: usize = 4;

/// The state of one Signicat flow. Its members are private: the session's methods show what a host needs.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SignicatFlow {
    #[serde(rename = "order")] // as snapshots have it
    request: ParsedRequest,
    token: Held,
    /// The dossier in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dossier: Option<Id>,
    state: State,
    /// One per provider that was asked for, in that order.
    slots: Vec<Slot>,
    search: Search,
    /// What this session made, newest first: what an erasure deletes.
    made: Vec<MadeHere>,
    /// Dossiers, newest first, then processes, newest first.
    references: Vec<Id>,
    /// How many of them are dossiers.
    dossiers: usize,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum State {
    /// A dossier is to be made.
    Opening,
    /// A process that is no longer wanted is to be deleted.
    Discarding { process: Id },
    /// A process or capture is to be made.
    Creating,
    /// The user is to hand in images; those that came so far.
    Collecting { images: Vec<TakenImage> },
    /// They are to be sent.
    Uploading { images: Vec<TakenImage> },
    /// The provider's SDK is to take them. A bearer value.
    Sdk { authorization: String },
    /// The verification is to be requested.
    Starting {
        /// It was requested, and the request may have arrived.
        #[serde(default)]
        sent: bool,
        /// The last request was not answered: before another, the process says whether it arrived (S-D19).
        #[serde(default)]
        unanswered: bool,
    },
    /// The user is on Signicat's page: a bearer value.
    Away { url: String, returned: bool },
    /// The verification runs.
    Waiting,
}

/// What came of one provider that was asked for.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
struct Slot {
    /// Its process, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    process: Option<Id>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<ProcessStatus>,
    /// When it was made, as far as an answer said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    /// Whether this look has seen it.
    #[serde(default)]
    seen: bool,
    /// The final answer: evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result: Option<FinalAnswer>,
}

/// Something that this session made at the provider.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MadeHere {
    /// With all that is in it.
    Dossier(Id),
    /// In the dossier that is the caller's.
    Process(Id),
}

impl State {
    /// The verification is to be requested for the first time.
    const START: Self = Self::Starting { sent: false, unanswered: false };
}

impl SignicatFlow {
    pub(crate) fn new(request: ParsedRequest) -> Self {
        let dossier = request.dossier.clone();
        Self {
            slots: fresh_slots(&request.targets),
            state: if dossier.is_some() { State::Creating } else { State::Opening },
            request,
            token: Held::default(),
            dossier,
            search: Search::default(),
            made: Vec::new(),
            references: Vec::new(),
            dossiers: 0,
        }
    }

    /// What the state calls for, an access token left aside. Without a dossier or process that is to make one.
    fn wanted(&self) -> Need<Operation> {
        let Some(dossier) = self.dossier.clone() else { return Need::Answer(Operation::CreateDossier) };
        let look = || self.look().unwrap_or_else(|| Operation::ListProcesses(dossier.clone()));
        match (&self.state, self.place(0)) {
            (State::Opening, _) => Need::Answer(Operation::CreateDossier),
            (State::Discarding { process }, _) => {
                Need::Answer(Operation::DiscardProcess(Place { process: process.clone(), dossier }))
            }
            (State::Uploading { .. }, Some(place)) => Need::Answer(Operation::SetImages(place)),
            (State::Starting { unanswered: true, .. }, Some(place)) => Need::Answer(Operation::GetProcess(place)),
            (State::Starting { .. }, Some(place)) => Need::Answer(Operation::Start(place)),
            (State::Collecting { .. } | State::Sdk { .. } | State::Away { returned: false, .. }, _) => {
                Need::User(look())
            }
            (State::Away { returned: true, .. } | State::Waiting, _) => Need::Verdict(look()),
            _ if self.is_capture() => Need::Answer(Operation::StartCapture(dossier)),
            _ => Need::Answer(Operation::CreateProcess(dossier)),
        }
    }

    /// Nothing goes without an access token.
    fn with_token(&self, op: Operation) -> Operation {
        if self.token.value().is_some() { op } else { Operation::Token }
    }

    /// The process in this place, once it is known.
    fn place(&self, index: usize) -> Option<Place> {
        let process = self.slots.get(index)?.process.clone()?;
        Some(Place { dossier: self.dossier.clone()?, process })
    }

    fn is_capture(&self) -> bool {
        matches!(self.request.plan, Plan::Capture { .. })
    }

    fn learn_dossier(&mut self, dossier: Id) {
        if !self.references.contains(&dossier) {
            self.references.insert(0, dossier.clone());
            self.dossiers += 1;
        }
        self.dossier = Some(dossier);
    }

    fn learn_process(&mut self, process: &Id) {
        if !self.references.contains(process) {
            let place = self.dossiers.min(self.references.len());
            self.references.insert(place, process.clone());
        }
    }

    fn begin_anew(&mut self) {
        self.slots = fresh_slots(&self.request.targets);
        self.search = Search::default();
    }

    /// Images and bearer values of what is over.
    fn forget_bearers(&mut self) {
        match &mut self.state {
            State::Collecting { images } | State::Uploading { images } => images.clear(),
            State::Sdk { authorization: bearer } | State::Away { url: bearer, .. } => bearer.clear(),
            _ => {}
        }
    }

    /// Discards the process, if there is one, and makes another in the same dossier (S-F3).
    fn replace_process(&mut self) {
        let process = self.slots.first().and_then(|slot| slot.process.clone());
        self.begin_anew();
        self.state = match process {
            Some(process) => State::Discarding { process },
            None if self.dossier.is_some() => State::Creating,
            None => State::Opening,
        };
    }

    fn body(&self, account: &Account, op: &Operation, own: &Own<'_>) -> Option<Vec<u8>> {
        match op {
            Operation::SetImages(_) => Some(images::body(self.images(), own.blobs)),
            _ => self.request.body(account, op),
        }
    }

    /// The images that came so far and are still to be sent.
    fn images(&self) -> &[TakenImage] {
        match &self.state {
            State::Collecting { images } | State::Uploading { images } => images,
            _ => &[],
        }
    }
}

impl Flow for SignicatFlow {
    type Account = Account;
    type Operation = Operation;
    const DELETES: bool = true;

    fn need(&self, _account: &Account) -> Need<Operation> {
        match self.wanted() {
            Need::Answer(op) => Need::Answer(self.with_token(op)),
            Need::User(op) => Need::User(self.with_token(op)),
            Need::Verdict(op) => Need::Verdict(self.with_token(op)),
        }
    }

    fn request(&self, account: &Account, op: &Operation, id: String, own: &Own<'_>) -> HttpRequest {
        match self.token.value() {
            Some(bearer) if *op != Operation::Token => op.request(account, bearer, id, self.body(account, op, own)),
            _ => token_request(account, self.token.refused_mark(), id),
        }
    }

    fn answer(
        &mut self,
        account: &Account,
        op: &Operation,
        response: &Response<'_>,
        _own: &Own<'_>,
    ) -> Result<Step, Fault> {
        self.answered(account, op, response)
    }

    fn journey(&self, account: &Account, own: &Own<'_>) -> Journey {
        match (&self.state, &self.request.plan) {
            (State::Sdk { authorization }, _) => journey::sdk(&self.request, authorization, own),
            (State::Away { url, .. }, _) => journey::page(account, &self.request, url, own),
            (State::Collecting { .. }, Plan::Document { slots, .. }) => journey::images(account, slots, own),
            _ => journey::none(own),
        }
    }

    fn hint(&mut self, _account: &Account, hint: &Hint) -> Heard {
        self.hinted(hint)
    }

    fn redirect(&mut self, _account: &Account, url: &str) -> Result<Heard, Reject> {
        self.redirected(url)
    }

    fn callback(
        &mut self,
        account: &Account,
        _url: &str,
        headers: &[Header],
        body: &[u8],
        _own: &Own<'_>,
    ) -> Result<Heard, Reject> {
        self.called_back(account, headers, body)
    }

    fn images(&mut self, account: &Account, images: &[Image], sent: bool) -> Result<Heard, Reject> {
        self.take_images(account, images, sent)
    }

    fn digests(&self) -> Vec<Digest> {
        self.images().iter().map(|image| image.digest.clone()).collect()
    }

    fn sends(&self, op: &Operation) -> Vec<Digest> {
        if matches!(op, Operation::SetImages(_)) { self.digests() } else { Vec::new() }
    }

    fn take_embedded(&mut self) -> Vec<Vec<u8>> {
        match &mut self.state {
            State::Collecting { images } | State::Uploading { images } => {
                images.iter_mut().filter_map(TakenImage::take_bytes).collect()
            }
            _ => Vec::new(),
        }
    }

    fn schedule(&self, account: &Account) -> Schedule {
        let looking = match &self.state {
            State::Away { returned: false, .. } => Looking::UserAway,
            State::Away { returned: true, .. } | State::Waiting | State::Starting { .. } => Looking::Verdict,
            _ => Looking::Pointless,
        };
        account.schedule(self.request.notification_url.is_some(), looking)
    }

    fn at_deadline(&self) -> Outcome {
        self.known_end().unwrap_or(Outcome::Expired)
    }

    /// A new process in the same dossier; a capture flow gets a dossier of its own per attempt.
    fn retry(&mut self, outcome: &Outcome) -> bool {
        if matches!(outcome, Outcome::Decided { .. }) || !self.supersede() {
            return false;
        }
        self.token.forget();
        true
    }

    /// The same while it runs: the current process is discarded and another one made (S-F3). A process is made for an
    /// attempt, so nothing of the old one counts any more.
    fn supersede(&mut self) -> bool {
        if self.references.len() >= 2 * MAX_ATTEMPTS {
            return false;
        }
        match self.request.plan {
            Plan::Capture { .. } => {
                self.begin_anew();
                self.dossier = None;
                self.state = State::Opening;
            }
            Plan::Document { .. } | Plan::Eid { .. } => self.replace_process(),
        }
        true
    }

    fn resumed(&mut self, fault: &Fault) -> bool {
        if fault.class == FaultClass::Authorization {
            // What was wrong with the client may have been put right since.
            self.token.forget();
            return false;
        }
        let missing = matches!(fault.status, Some(404 | 410));
        let gone = missing && self.request.dossier.is_none();
        match &self.state {
            // Data is kept for the session only (S-PRIVACY): the dossier may be gone.
            State::Creating if gone => {
                self.dossier = None;
                self.state = State::Opening;
                true
            }
            // The provider did not like these images.
            State::Uploading { .. } if fault.class == FaultClass::Input => {
                self.state = State::Collecting { images: Vec::new() };
                true
            }
            // Nothing of a process may be changed any more: another one is made (S-F3).
            State::Starting { .. } if !fault.retryable => {
                self.replace_process();
                true
            }
            // The process is gone; a capture flow's are found by the list.
            State::Collecting { .. }
            | State::Uploading { .. }
            | State::Sdk { .. }
            | State::Away { .. }
            | State::Waiting
                if missing && !self.is_capture() =>
            {
                self.replace_process();
                true
            }
            _ => false,
        }
    }

    fn faulted(&mut self, op: &Operation, fault: &Fault) {
        self.token.put_down();
        self.begin_look();
        match (op, &mut self.state) {
            (Operation::ListProcesses(_), _) => self.search.list_failed(),
            (Operation::Start(_), State::Starting { sent, unanswered })
                if fault.status.is_none_or(|status| status >= 500) =>
            {
                (*sent, *unanswered) = (true, true);
            }
            _ => {}
        }
    }

    fn ended(&mut self, outcome: &Outcome) {
        self.token.forget();
        match outcome {
            Outcome::Decided { .. } => self.wipe(),
            // What failed on our way may be resumed where it stands; what ended at the provider may not.
            Outcome::Failed { fault } if fault.code != FaultCode::ProcessFailed => {}
            _ => self.forget_bearers(),
        }
    }

    fn references(&self) -> Vec<String> {
        self.references.iter().map(ToString::to_string).collect()
    }

    fn erase(&self, index: u32) -> Option<Operation> {
        let made = match self.made.get(usize::try_from(index).ok()?)? {
            MadeHere::Dossier(dossier) => Made::Dossier(dossier.clone()),
            MadeHere::Process(process) => {
                Made::Process(Place { dossier: self.request.dossier.clone()?, process: process.clone() })
            }
        };
        Some(self.with_token(Operation::Delete(made)))
    }

    fn wipe(&mut self) {
        self.token.forget();
        self.request.external_reference = None;
        match &mut self.request.plan {
            Plan::Document { parameters, .. } | Plan::Eid { parameters, .. } => *parameters = None,
            Plan::Capture { parameters, .. } => *parameters = CaptureParameters::default(),
        }
        self.forget_bearers();
        for slot in &mut self.slots {
            slot.result = None;
        }
        self.search = Search::default();
    }

    fn check(&self) -> Result<(), Reject> {
        let deletable = |made: &MadeHere| matches!(made, MadeHere::Dossier(_)) || self.request.dossier.is_some();
        let sane = (1..=2).contains(&self.request.targets.len())
            && self.slots.len() == self.request.targets.len()
            && self.dossiers <= self.references.len()
            && self.search.is_sane()
            && (self.dossier.is_some() || matches!(self.state, State::Opening))
            && self.token.is_sane()
            && self.slots.iter().all(Slot::is_sane)
            && self.made.iter().all(deletable)
            && self.state_fits();
        if sane { Ok(()) } else { Err(machine::malformed("a Signicat id or state in the snapshot is not possible")) }
    }
}

impl SignicatFlow {
    /// Whether the state is one that this request can come to, with what it needs.
    fn state_fits(&self) -> bool {
        let has_process = self.slots.first().is_some_and(|slot| slot.process.is_some());
        // An empty link is a forgotten one. Whether this account is one for development is not known here.
        if matches!(&self.state, State::Away { url, .. } if !url.is_empty() && !settings::is_link(url, true)) {
            return false;
        }
        match (&self.state, &self.request.plan) {
            (State::Opening | State::Creating, _) | (State::Away { .. }, Plan::Capture { .. }) => true,
            (State::Discarding { .. }, plan) => !matches!(plan, Plan::Capture { .. }),
            (State::Collecting { .. } | State::Uploading { .. }, Plan::Document { source, .. }) => {
                *source == ImageSource::Upload && has_process
            }
            (State::Sdk { .. }, Plan::Document { source, .. }) => *source == ImageSource::Sdk && has_process,
            (State::Starting { .. } | State::Waiting, Plan::Document { .. })
            | (State::Away { .. }, Plan::Eid { .. }) => has_process,
            _ => false,
        }
    }
}

impl Slot {
    fn new(process: Id) -> Self {
        Self { process: Some(process), ..Self::default() }
    }

    /// Whether a restored result is what its own body says.
    fn is_sane(&self) -> bool {
        let Some(FinalAnswer { process, .. }) = &self.result else { return true };
        self.status.as_ref() == Some(&process.status) && self.process.as_ref() == Some(&process.process_id)
    }
}

fn fresh_slots(targets: &[Target]) -> Vec<Slot> {
    targets.iter().map(|_| Slot::default()).collect()
}
