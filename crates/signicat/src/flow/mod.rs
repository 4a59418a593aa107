//! Dossier, process or capture, images, start, result: one state for the three flows.

mod answers;
mod heard;
mod requests;
mod search;
mod verdict;

use crate::operations::Operation;
use alloc::{string::String, vec::Vec};

use idvkit_core::{
    Fault, FaultClass, FaultCode, Header, Hint, HttpRequest, Image, Journey, Outcome, Reject, Response, UnixMillis,
    machine::{self, Flow, Heard, Need, Own, Schedule, Step},
    settings,
};
pub use requests::{download_request, raw_request};
use search::{MAX_LISTS, Search};
use serde::{Deserialize, Serialize};

use crate::{
    journey::{self, Shown},
    order::{Order, Plan, Target},
    process::ProcessStatus,
    token::Held,
    types::{CaptureParameters, ImageSource, is_id},
    validate::{Account, Looking},
};

/// A session that was begun anew so often gets no further attempt.
const MAX_ATTEMPTS: usize = 32;
/// Processes named by clients and lists that are still to be looked at.
const MAX_CANDIDATES: usize = 4;

/// A Signicat session's own state.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SignicatFlow {
    order: Order,
    token: Held,
    /// The dossier in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dossier: Option<String>,
    state: State,
    /// One per ordered provider, in that order.
    slots: Vec<Slot>,
    search: Search,
    /// What this session made, newest first: what an erasure deletes.
    made: Vec<Made>,
    /// Dossiers, newest first, then processes, newest first.
    references: Vec<String>,
    /// How many of them are dossiers.
    dossiers: usize,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum State {
    /// A dossier is to be made.
    Opening,
    /// A process that is no longer wanted is to be deleted.
    Discarding { process: String },
    /// A process or capture is to be made.
    Creating,
    /// The user is to hand in images; those that came so far.
    Collecting { images: Vec<StoredImage> },
    /// They are to be sent.
    Uploading { images: Vec<StoredImage> },
    /// The provider's SDK is to take them. A bearer value.
    Sdk { authorization: String },
    /// The verification is to be requested.
    Starting {
        /// It was requested, and the request may have arrived.
        #[serde(default)]
        sent: bool,
    },
    /// The user is on Signicat's page: a bearer value.
    Away { url: String, returned: bool },
    /// The verification runs.
    Waiting,
}

/// An image until it is sent.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct StoredImage {
    slot: String,
    data_url: String,
}

/// What came of one ordered provider.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
struct Slot {
    /// Its process, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    process: Option<String>,
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

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct FinalAnswer {
    body: String,
    at: UnixMillis,
}

/// Something that this session made at the provider.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Made {
    /// With all that is in it.
    Dossier(String),
    /// In a dossier that is the caller's.
    Process(String),
}

impl SignicatFlow {
    pub(crate) fn new(order: Order) -> Self {
        let dossier = order.dossier.clone();
        Self {
            slots: fresh_slots(&order.targets),
            state: if dossier.is_some() { State::Creating } else { State::Opening },
            order,
            token: Held::default(),
            dossier,
            search: Search::default(),
            made: Vec::new(),
            references: Vec::new(),
            dossiers: 0,
        }
    }

    /// Nothing goes without an access token.
    fn with_token(&self, op: Operation) -> Operation {
        if self.token.value().is_some() { op } else { Operation::Token }
    }

    fn dossier(&self) -> &str {
        self.dossier.as_deref().unwrap_or("")
    }

    fn learn_dossier(&mut self, dossier: String) {
        if !self.references.contains(&dossier) {
            self.references.insert(0, dossier.clone());
            self.dossiers += 1;
        }
        self.dossier = Some(dossier);
    }

    fn learn_process(&mut self, process: &str) {
        if !self.references.iter().any(|reference| reference == process) {
            let place = self.dossiers.min(self.references.len());
            self.references.insert(place, process.into());
        }
    }

    fn begin_anew(&mut self) {
        self.slots = fresh_slots(&self.order.targets);
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
}

impl Flow for SignicatFlow {
    type Account = Account;
    type Operation = Operation;
    const DELETES: bool = true;

    fn need(&self, _account: &Account) -> Need<Operation> {
        let look = || self.with_token(self.look().unwrap_or(Operation::GetProcess(0)));
        let answer = |op| Need::Answer(self.with_token(op));
        match &self.state {
            State::Opening => answer(Operation::CreateDossier),
            State::Discarding { .. } => answer(Operation::DiscardProcess),
            State::Creating if self.is_capture() => answer(Operation::StartCapture),
            State::Creating => answer(Operation::CreateProcess),
            State::Uploading { .. } => answer(Operation::SetImages),
            State::Starting { .. } => answer(Operation::Start),
            State::Collecting { .. } | State::Sdk { .. } | State::Away { returned: false, .. } => Need::User(look()),
            State::Away { returned: true, .. } | State::Waiting => Need::Verdict(look()),
        }
    }

    fn request(&self, account: &Account, op: &Operation, id: String, _own: &Own<'_>) -> HttpRequest {
        self.request_for(account, op, id)
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
        let shown = match &self.state {
            State::Sdk { authorization } => Shown::Sdk(authorization),
            State::Away { url, .. } => Shown::Page(url),
            _ => match &self.order.plan {
                Plan::Document { slots, .. } => Shown::Images(slots),
                _ => Shown::Images(&[]),
            },
        };
        journey::journey(account, &self.order, &shown, own)
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

    fn schedule(&self, account: &Account) -> Schedule {
        let looking = match &self.state {
            State::Away { returned: false, .. } => Looking::UserAway,
            State::Away { returned: true, .. } | State::Waiting | State::Starting { .. } => Looking::Verdict,
            _ => Looking::Pointless,
        };
        account.schedule(self.order.notification_url.is_some(), looking)
    }

    fn at_deadline(&self) -> Outcome {
        self.known_end().unwrap_or(Outcome::Expired)
    }

    /// A new process in the same dossier; a capture flow gets a dossier of its own per attempt.
    fn retry(&mut self, outcome: &Outcome) -> bool {
        if matches!(outcome, Outcome::Decided { .. }) || self.references.len() >= 2 * MAX_ATTEMPTS {
            return false;
        }
        self.token.forget();
        match self.order.plan {
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
        let gone = missing && self.order.dossier.is_none();
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

    fn faulted(&mut self, fault: &Fault) {
        self.token.put_down();
        self.begin_look();
        if let State::Starting { sent } = &mut self.state {
            *sent |= fault.operation == requests::START && fault.status.is_none_or(|status| status >= 500);
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
        self.references.clone()
    }

    fn erase(&self, index: u32) -> Option<Operation> {
        let known = usize::try_from(index).is_ok_and(|index| index < self.made.len());
        known.then(|| self.with_token(Operation::Delete(index)))
    }

    fn wipe(&mut self) {
        self.token.forget();
        self.order.external_reference = None;
        match &mut self.order.plan {
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
        let ids = self.references.iter().chain(self.dossier.iter()).chain(self.search.candidates.iter());
        let ids = ids.chain(self.slots.iter().filter_map(|slot| slot.process.as_ref())).chain(match &self.state {
            State::Discarding { process } => Some(process),
            _ => None,
        });
        let ids = ids.chain(self.made.iter().map(|made| match made {
            Made::Dossier(id) | Made::Process(id) => id,
        }));
        let sane = ids.into_iter().all(|id| is_id(id))
            && (1..=2).contains(&self.order.targets.len())
            && self.slots.len() == self.order.targets.len()
            && self.dossiers <= self.references.len()
            && self.search.candidates.len() <= MAX_CANDIDATES
            && (self.dossier.is_some() || matches!(self.state, State::Opening))
            && self.token.is_sane()
            && self.slots.iter().all(Slot::is_sane)
            && self.search.lists <= MAX_LISTS
            && self.state_fits();
        if sane { Ok(()) } else { Err(machine::malformed("a Signicat id or state in it cannot be")) }
    }
}

impl SignicatFlow {
    /// Whether the state is one that this order can come to, with what it needs.
    fn state_fits(&self) -> bool {
        let has_process = self.slots.first().is_some_and(|slot| slot.process.is_some());
        // An empty link is a forgotten one. Whether this account is one for development is not known here.
        if matches!(&self.state, State::Away { url, .. } if !url.is_empty() && !settings::is_link(url, true)) {
            return false;
        }
        match (&self.state, &self.order.plan) {
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

fn fresh_slots(targets: &[Target]) -> Vec<Slot> {
    targets.iter().map(|_| Slot::default()).collect()
}

/// Whether a browser may be sent there, and it is not simply our own return URL handed back.
fn is_user_link(account: &Account, order: &Order, url: &str) -> bool {
    settings::is_link(url, account.options.development) && order.plan.redirect_url() != Some(url)
}
