#![doc = include_str!("../../guide/driver.md")]

mod accounts;
mod plan;
mod record;
mod tokens;
mod verification;

use alloc::{boxed::Box, string::String, vec::Vec};
use core::{fmt, mem};

pub use accounts::Accounts;
pub use idvkit_core::{Answer, Ask, Blob, By, Delivery, Reference, Row, Told};
use idvkit_core::{HttpRequest, Input, Reject, RejectCode, Seed, UnixMillis};
pub use plan::{Plan, Step, When};
pub use tokens::Tokens;
pub use verification::{Attempt, Verification};
use verification::{Duty, is_stale};

/// How often a store conflict is tried again. Each conflict means that another worker has made progress.
const MAX_CONFLICTS: u32 = 100;

/// One call for one verification, such as begin or advance, without I/O: it asks the host for one piece of I/O after
/// the other, until it rests.
///
/// It holds no lock and no resource of the store: drop it at any time. If a process dies in the middle, the
/// verification is due again.
#[derive(Clone)]
pub struct Driver {
    accounts: Accounts,
    errand: Errand,
    state: State,
    ask: Ask,
    /// What was loaded last.
    seen: Option<Verification>,
    conflicts: u32,
    /// The digests of the blobs at hand that the store has.
    kept: Vec<String>,
    /// What the store has was asked for, and is at hand.
    fetched: bool,
    news: Vec<News>,
}

/// An input that a driver handed to a session, for a log or a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// When the session got the input.
    pub at: UnixMillis,
    /// The input.
    pub input: Input,
    /// Why the input was dropped: another worker's change was stored first. `None`: the session heard it, and the store
    /// holds the result.
    pub refused: Option<Reject>,
}

impl Driver {
    /// Begins a verification: stores it as a new row, unless a row with this key exists. It ends in `Ask::Heard` with
    /// the id of the new or the existing verification.
    ///
    /// `seed` holds 32 bytes from the operating system's random source. `key` is your own key of the verification, such
    /// as an order number. Nothing is sent yet: the row is due at once.
    ///
    /// # Errors
    /// The errors of [`Session::open`](crate::Session::open) for each request of the plan; `key_invalid`,
    /// `plan_malformed`, `account_unknown`.
    pub fn begin(
        accounts: &Accounts,
        plan: impl Into<Plan>,
        seed: Seed,
        key: &str,
        now: UnixMillis,
    ) -> Result<Self, Reject> {
        let now = now.plausible()?;
        let opened = Verification::open(accounts, plan.into(), seed, key, now)?;
        Ok(Self::new(accounts, Errand::Begin(Box::new(opened)), By::Key { key: key.into() }, None))
    }

    /// Advances a verification: does everything that can be done now. It ends in `Ask::Rest` with what the verification
    /// waits for, or how it ended.
    pub fn advance(accounts: &Accounts, id: &str) -> Self {
        Self::new(accounts, Errand::Advance, By::Id { id: id.into() }, None)
    }

    /// Loads a verification to look at it, with the bytes that its evidence needs. It ends in `Ask::Heard`, without an id if
    /// there is no such verification; [`verification`](Self::verification) then has it. Nothing is changed or sent.
    pub fn inspect(accounts: &Accounts, id: &str) -> Self {
        Self::new(accounts, Errand::Inspect, By::Id { id: id.into() }, None)
    }

    /// Hands an input to a verification. It ends in `Ask::Heard` when the change is stored. If the session refuses the
    /// input, [`told`](Self::told) returns the reject.
    pub fn tell(accounts: &Accounts, id: &str, input: Input) -> Self {
        Self::new(accounts, Errand::Tell, By::Id { id: id.into() }, Some(Unstored::Input(input)))
    }

    /// Hands a redirect or callback to the verification that it belongs to. It ends in `Ask::Heard` with the
    /// verification's id, or without an id if the input is genuine and belongs to no verification.
    ///
    /// If each account has its own URL, pass the account's name as `from`; otherwise all accounts are tried.
    ///
    /// # Errors
    /// The errors of [`Account::reference_of`](crate::Account::reference_of); `account_unknown`.
    pub fn hear(accounts: &Accounts, from: Option<&str>, input: Input, now: UnixMillis) -> Result<Self, Reject> {
        let references = accounts.references_of(from, &input, now)?;
        let nobodys = references.is_empty();
        let mut driver = Self::new(accounts, Errand::Tell, By::References { references }, Some(Unstored::Input(input)));
        if nobodys {
            driver.enter(State::Over { held: None }, Ask::Heard { id: None });
        }
        Ok(driver)
    }

    /// What the host has to do now. It stays the same until the host calls [`told`](Self::told).
    pub fn ask(&self) -> &Ask {
        &self.ask
    }

    /// Tells the driver what came of the last ask. After an error, nothing has changed.
    ///
    /// # Errors
    /// The reject of a session; a reject with blame `snapshot` if the stored text cannot be used;
    /// `verification_unknown`; `conflict` if other workers stored a change first a hundred times in a row;
    /// `told_unexpected` if the driver had asked for something else.
    pub fn told(&mut self, told: Told, now: UnixMillis) -> Result<(), Reject> {
        let now = now.plausible()?;
        let mut next = Self { news: Vec::new(), ..self.clone() };
        let taken = next.take(told, now);
        if taken.is_ok() {
            *self = next;
        } else {
            (self.seen, self.news) = (next.seen, Vec::new());
        }
        taken
    }

    /// The verification as the driver knows it: as it is stored, or about to be stored; also after an error.
    pub fn verification(&self) -> Option<&Verification> {
        match &self.state {
            State::Loading { .. } => self.seen.as_ref(),
            State::Storing(storing) => Some(&storing.held),
            State::Sending { held, .. } | State::Delivering { held, .. } => Some(held),
            State::Over { held } => held.as_ref(),
        }
    }

    /// The inputs that the verification's sessions got by the last [`told`](Self::told).
    pub fn news(&self) -> &[News] {
        &self.news
    }

    fn take(&mut self, told: Told, now: UnixMillis) -> Result<(), Reject> {
        match (mem::replace(&mut self.state, State::Over { held: None }), told) {
            (State::Loading { by, unstored }, Told::Loaded { snapshot, blobs }) => {
                self.loaded((&by, unstored), snapshot.as_deref(), &blobs, now)
            }
            (State::Storing(storing), Told::Stored { stored: true }) => self.stored(*storing, now),
            (State::Storing(storing), Told::Stored { stored: false }) => self.lost(*storing),
            (State::Sending { held, id }, Told::Exchanged { answer }) => {
                let input = match answer {
                    Some(Answer { status, headers, body }) => Input::HttpResponse { id, status, headers, body },
                    None => Input::HttpFailed { id },
                };
                self.go_on(held, Some(Unstored::Input(input)), now)
            }
            (State::Delivering { held, number }, Told::Delivered { delivered }) => {
                self.go_on(held, Some(Unstored::Delivery { number, delivered }), now)
            }
            _ => {
                let message = "the driver had asked for something else; tell what came of the last `ask`";
                Err(Reject::at(RejectCode::ToldUnexpected, "told", message))
            }
        }
    }

    fn new(accounts: &Accounts, errand: Errand, by: By, unstored: Option<Unstored>) -> Self {
        let ask = Ask::Load { by: by.clone(), blobs: Vec::new() };
        let state = State::Loading { by, unstored };
        let (accounts, seen, kept, news) = (accounts.clone(), None, Vec::new(), Vec::new());
        Self { accounts, errand, state, ask, seen, conflicts: 0, kept, fetched: false, news }
    }

    fn enter(&mut self, state: State, ask: Ask) {
        (self.state, self.ask) = (state, ask);
    }

    fn loaded(
        &mut self,
        (by, unstored): (&By, Option<Unstored>),
        snapshot: Option<&str>,
        blobs: &[Blob],
        now: UnixMillis,
    ) -> Result<(), Reject> {
        let Some(snapshot) = snapshot else { return self.missing(by, now) };
        let mut held = Verification::restore(&self.accounts, snapshot)?;
        let asked = match by {
            By::Id { id } => held.id() == id,
            By::Key { key } => held.key() == key,
            By::References { references } => held.references().iter().any(|known| references.contains(known)),
        };
        if !asked {
            return Err(record::malformed("this is the text of another row than the driver asked for"));
        }
        held.supply(blobs);
        self.kept = blobs.iter().map(|blob| blob.digest.clone()).collect();
        self.seen = Some(held.clone());
        match &self.errand {
            Errand::Inspect if !self.fetched && !held.missing().is_empty() => {
                self.perform(Duty::Fetch(held.missing()), held, now)
            }
            Errand::Begin(_) | Errand::Inspect => self.perform(Duty::Hear, held, now),
            Errand::Advance | Errand::Tell => self.go_on(held, unstored, now),
        }
    }

    fn missing(&mut self, by: &By, now: UnixMillis) -> Result<(), Reject> {
        match (&self.errand, by) {
            (Errand::Begin(opened), _) => {
                let held = (**opened).clone();
                self.store(Storing { held, expected: None, unstored: None, then: Duty::Hear, news: Vec::new() }, now);
                Ok(())
            }
            (Errand::Inspect, _) | (_, By::References { .. }) => {
                self.enter(State::Over { held: None }, Ask::Heard { id: None });
                Ok(())
            }
            _ => {
                let message = "the store has no row with this id; pass the id that `begin` returned";
                Err(Reject::at(RejectCode::VerificationUnknown, "id", message))
            }
        }
    }

    /// Tells the verification what it has to hear, takes up what is to be done, and has both stored if anything changed.
    fn go_on(&mut self, mut held: Verification, unstored: Option<Unstored>, now: UnixMillis) -> Result<(), Reject> {
        let expected = held.revision();
        let mut news = Vec::new();
        match &unstored {
            Some(Unstored::Input(input)) => news.push(self.hand(&mut held, input, now)?),
            Some(Unstored::Delivery { number, delivered }) => held.delivered(*number, *delivered, now)?,
            None => {}
        }
        let then = match self.errand {
            Errand::Advance => held.take_up(self.fetched, now)?,
            Errand::Tell | Errand::Begin(_) | Errand::Inspect => Duty::Hear,
        };
        if let Duty::Send(HttpRequest { id, idempotent: false, .. }) = &then {
            news.push(News { at: now, input: Input::Sending { id: id.clone() }, refused: None });
        }
        if held.revision() == expected {
            self.news.append(&mut news);
            return self.perform(then, held, now);
        }
        self.store(Storing { held, expected: Some(expected), unstored, then, news }, now);
        Ok(())
    }

    /// An answer of this worker's that comes too late is left, everything else that is refused is the caller's to know.
    fn hand(&self, held: &mut Verification, input: &Input, now: UnixMillis) -> Result<News, Reject> {
        let refused = match (held.handle(input.clone(), now), &self.errand) {
            (Ok(()), _) => None,
            (Err(reject), Errand::Advance) if is_stale(&reject) => Some(reject),
            (Err(reject), _) => return Err(reject),
        };
        Ok(News { at: now, input: input.clone(), refused })
    }

    fn store(&mut self, storing: Storing, now: UnixMillis) {
        let mut blobs = storing.held.blobs();
        blobs.retain(|blob| !self.kept.contains(&blob.digest));
        let ask = Ask::Store { row: storing.held.row(now), expected: storing.expected, blobs };
        self.enter(State::Storing(Box::new(storing)), ask);
    }

    fn stored(&mut self, storing: Storing, now: UnixMillis) -> Result<(), Reject> {
        self.conflicts = 0;
        self.kept = storing.held.digests();
        self.news = storing.news;
        self.perform(storing.then, storing.held, now)
    }

    /// Another worker was first: what was told is told again to what that one stored.
    fn lost(&mut self, storing: Storing) -> Result<(), Reject> {
        self.conflicts += 1;
        if self.conflicts >= MAX_CONFLICTS {
            let message = "other workers kept changing the verification; try again";
            return Err(Reject::at(RejectCode::Conflict, "told", message));
        }
        let by = match &self.errand {
            Errand::Begin(opened) => By::Key { key: opened.key().into() },
            Errand::Advance | Errand::Tell | Errand::Inspect => By::Id { id: storing.held.id().into() },
        };
        self.load(by, storing.unstored, Vec::new());
        Ok(())
    }

    fn load(&mut self, by: By, unstored: Option<Unstored>, blobs: Vec<String>) {
        self.fetched = !blobs.is_empty();
        self.enter(State::Loading { by: by.clone(), unstored }, Ask::Load { by, blobs });
    }

    fn perform(&mut self, duty: Duty, held: Verification, now: UnixMillis) -> Result<(), Reject> {
        let id = String::from(held.id());
        match duty {
            Duty::Fetch(digests) => self.load(By::Id { id }, None, digests),
            Duty::Hear => self.enter(State::Over { held: Some(held) }, Ask::Heard { id: Some(id) }),
            Duty::Rest(next) => self.enter(State::Over { held: Some(held) }, Ask::Rest { next }),
            // A worker that was slow to store its claim has lost it.
            Duty::Send(request) if !request.idempotent && !held.holds(&request, now) => {
                return self.go_on(held, None, now);
            }
            Duty::Send(request) => {
                let state = State::Sending { held, id: request.id.clone() };
                let exclusive = request.cache.as_ref().map(|cache| cache.key.clone());
                self.enter(state, Ask::Exchange { request, exclusive });
            }
            Duty::Deliver => match held.delivery().zip(held.outcome().cloned()) {
                Some((delivery, outcome)) if held.holds_delivery(now) => {
                    let (key, number) = (held.key().into(), held.delivery_number());
                    self.enter(State::Delivering { held, number }, Ask::Deliver { id, key, delivery, outcome });
                }
                _ => return self.go_on(held, None, now),
            },
        }
        Ok(())
    }
}

/// The id of the verification that begins with this seed, in case a URL of the request has to contain it.
pub fn id_of(seed: &Seed) -> String {
    seed.token("verification", 0, 16)
}

/// What a driver is for.
#[derive(Clone)]
enum Errand {
    Begin(Box<Verification>),
    Tell,
    Advance,
    Inspect,
}

/// What a driver waits to be told.
#[derive(Clone)]
enum State {
    Loading { by: By, unstored: Option<Unstored> },
    Storing(Box<Storing>),
    Sending { held: Verification, id: String },
    Delivering { held: Verification, number: u32 },
    Over { held: Option<Verification> },
}

#[derive(Clone)]
struct Storing {
    held: Verification,
    expected: Option<i64>,
    unstored: Option<Unstored>,
    /// What comes once it is stored.
    then: Duty,
    news: Vec<News>,
}

/// What the store does not have yet.
#[derive(Clone)]
enum Unstored {
    Input(Input),
    Delivery { number: u32, delivered: bool },
}

/// Prints what is asked; that prints no secret.
impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("ask", &self.ask).finish_non_exhaustive()
    }
}
