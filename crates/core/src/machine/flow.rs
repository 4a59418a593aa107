//! What one provider adds to the machine.

use alloc::vec::Vec;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Evidence, Fault, Header, Hint, HttpRequest, Image, Journey, Operation, Outcome, PollPlan, Reject, RejectCode,
    Response, Seed, UnixMillis,
    machine::{Blobs, Digest},
};

/// The state of one provider's flow, and how it moves. It is plain data that goes into the snapshot: no closures, no
/// trait objects, no credentials of the account.
///
/// The machine around it keeps the rules that all flows share (ids, claims, back-off, poll budget, deadlines, final
/// ends); a flow says only what its provider does.
pub trait Flow: Clone + PartialEq + Serialize + DeserializeOwned {
    /// The provider's parsed account, with its credentials.
    type Account: Account;
    /// The provider's operations.
    type Operation: Operation;
    /// Whether the provider documents a way to delete.
    const DELETES: bool;
    /// The header in which the provider names an exchange for its support, if it has one.
    const TRACE_HEADER: Option<&'static str> = None;

    /// What is needed now.
    fn need(&self, account: &Self::Account) -> Need<Self::Operation>;

    /// The request for an operation, under this id. The same state gives the same bytes: the time never enters.
    fn request(
        &self,
        account: &Self::Account,
        operation: &Self::Operation,
        id: alloc::string::String,
        own: &Own<'_>,
    ) -> HttpRequest;

    /// Takes in the answer to an operation.
    ///
    /// # Errors
    /// A [`Fault`] if the answer is an error, unreadable, or about something else; the machine counts it.
    fn answer(
        &mut self,
        account: &Self::Account,
        operation: &Self::Operation,
        response: &Response<'_>,
        own: &Own<'_>,
    ) -> Result<Step, Fault>;

    /// The journey to present.
    fn journey(&self, account: &Self::Account, own: &Own<'_>) -> Journey;

    /// Hears what a client claims.
    fn hint(&mut self, account: &Self::Account, hint: &Hint) -> Heard;

    /// Hears that the user came back to a return URL.
    ///
    /// # Errors
    /// A [`Reject`] if the URL belongs to another transaction.
    fn redirect(&mut self, account: &Self::Account, url: &str) -> Result<Heard, Reject>;

    /// Hears a callback.
    ///
    /// # Errors
    /// A [`Reject`] if the callback is not authentic, cannot be read, or belongs to another session.
    fn callback(
        &mut self,
        account: &Self::Account,
        url: &str,
        headers: &[Header],
        body: &[u8],
        own: &Own<'_>,
    ) -> Result<Heard, Reject>;

    /// Takes the images that `Way::Upload` asked for. `sent` says that the request now needed may have been sent
    /// already: a claim was made, or it went wrong before.
    ///
    /// # Errors
    /// `images_unexpected` unless the flow asked for some.
    fn images(&mut self, _account: &Self::Account, _images: &[Image], _sent: bool) -> Result<Heard, Reject> {
        Err(Reject::at(
            RejectCode::ImagesUnexpected,
            "images",
            "this flow asks for no images; only `Way::Upload` asks for them",
        ))
    }

    /// The digests of the images that the state holds: their bytes are stored beside the snapshot, and dropped with the
    /// digest.
    fn digests(&self) -> Vec<Digest> {
        Vec::new()
    }

    /// Those of them whose bytes go into the request for this operation: it is not asked for before they are at hand.
    fn sends(&self, _operation: &Self::Operation) -> Vec<Digest> {
        Vec::new()
    }

    /// Gives up the images that a snapshot of an earlier version holds whole, for their digests.
    fn take_embedded(&mut self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// When to look for results and when to give up.
    fn schedule(&self, account: &Self::Account) -> Schedule;

    /// How the session ends when time runs out.
    fn at_deadline(&self) -> Outcome;

    /// Begins a new attempt after this outcome, if the provider allows one.
    fn retry(&mut self, outcome: &Outcome) -> bool;

    /// Begins a new attempt in place of the one whose page is shown or whose verdict is awaited, where the provider's rules
    /// make that safe (rule 27).
    fn supersede(&mut self) -> bool {
        false
    }

    /// Hears that the session goes on at the request that failed with this fault: the place to forget what the fault
    /// makes doubtful. `true` if something else is shown from here on: the journey gets a new id, and hints of the old
    /// one are refused.
    fn resumed(&mut self, _fault: &Fault) -> bool {
        false
    }

    /// Hears that an operation failed with this fault: the place to forget a refused access token.
    fn faulted(&mut self, _operation: &Self::Operation, _fault: &Fault) {}

    /// Hears that the session ended so: the place to forget what nothing needs any more. After a failure, a retry may
    /// still need it.
    fn ended(&mut self, _outcome: &Outcome) {}

    /// Where in the flow the user is, as far as known.
    fn stage(&self) -> Option<alloc::string::String> {
        None
    }

    /// The provider's ids, newest first. They survive an erasure: your rows are indexed by them.
    fn references(&self) -> Vec<alloc::string::String>;

    /// The steps of the flow that the provider announced when it was asked for one, in its own codes, where it announces any.
    fn technologies(&self) -> Vec<alloc::string::String> {
        Vec::new()
    }

    /// The operation that deletes thing number `index` that this session made at the provider, or `None` where there is
    /// no more, or the provider documents no way. It may name a request that has to come first (an access token), as
    /// long as its answer is a [`Step::Go`].
    fn erase(&self, _index: u32) -> Option<Self::Operation> {
        None
    }

    /// Forgets personal data and bearer values, but not what [`erase`](Self::erase) needs to know.
    fn wipe(&mut self);

    /// Checks a restored state: it is untrusted.
    ///
    /// # Errors
    /// `snapshot_malformed` if it cannot have come from this flow.
    fn check(&self) -> Result<(), Reject>;
}

/// A parsed provider account.
pub trait Account {
    /// The provider's stable name.
    const PROVIDER: &'static str;

    /// The account's stable name, which is no secret: every snapshot is bound to it.
    fn fingerprint(&self) -> &str;
}

/// What a session has of its own: the source of its secrets and ids.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// The session's seed.
    pub seed: &'a Seed,
    /// Which attempt this is, from 0.
    pub attempt: u32,
    /// When the session was opened: the only time that may enter a request or a journey.
    pub opened: UnixMillis,
    /// The images that are at hand.
    pub blobs: &'a Blobs,
}

impl Own<'_> {
    /// The id of this attempt's journey.
    pub fn journey_id(&self) -> alloc::string::String {
        self.seed.token("journey", self.attempt, 12)
    }
}

/// What a flow needs next. Deliberately exhaustive.
#[derive(Clone, Debug, PartialEq)]
pub enum Need<Operation> {
    /// An answer to this operation; nothing else can happen before it.
    Answer(Operation),
    /// The user's part of the flow; meanwhile this operation looks for a result.
    User(Operation),
    /// The provider's verdict, which this operation asks for.
    Verdict(Operation),
}

/// What an answer led to. Deliberately exhaustive.
#[derive(Clone, Debug)]
pub enum Step {
    /// The state changed: look at once at what is needed now.
    Go,
    /// Nothing moved on, but what the operation needs is there or was asked for anew (an access token): see at once what
    /// is needed now, with all failures still counted.
    Prepared,
    /// An authentic answer without a verdict.
    NotYet {
        /// What the provider itself says of the user.
        user: UserStage,
    },
    /// An attempt was deleted.
    Deleted,
    /// The flow is over.
    End {
        /// How the flow ended.
        outcome: Outcome,
        /// The evidence that the outcome rests on.
        evidence: Option<Evidence>,
    },
}

/// Whether the user is done, according to the provider. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStage {
    /// The provider does not say.
    Unknown,
    /// The user is not done, whatever a client claimed.
    Away,
    /// The user is done.
    Done,
}

/// What follows from a hint, a return or a callback: never a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts; the constants below name the combinations")]
pub struct Heard {
    /// The user is done: sets the poll plan's base, once.
    pub done: bool,
    /// Look for a result as soon as the plan's gap allows.
    pub look: bool,
    /// It came from the provider, and its authenticity was checked: it may look even when the plan is used up.
    pub authentic: bool,
    /// A claim of a non-pass: it ends the session after the grace, unless a better result comes.
    pub settle: bool,
}

impl Heard {
    /// Nothing follows.
    pub const NOTHING: Self = Self { done: false, look: false, authentic: false, settle: false };
    /// A look for a result may be worth it.
    pub const LOOK: Self = Self { look: true, ..Self::NOTHING };
    /// The user is done.
    pub const DONE: Self = Self { done: true, ..Self::NOTHING };
    /// The user claims not to have passed.
    pub const SETTLE: Self = Self { settle: true, ..Self::NOTHING };
    /// The provider says there is a result.
    pub const RESULT: Self = Self { done: true, look: true, authentic: true, settle: false };
}

/// When to look for results and when to give up, all in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// When to look while the user is on the way.
    pub lookout: PollPlan,
    /// When to look after the user is done.
    pub verdict: PollPlan,
    /// How long the user may take.
    pub user_timeout_ms: i64,
    /// How long the verdict may take after the user is done.
    pub result_timeout_ms: i64,
    /// How long a claimed non-pass waits for a better result; zero ends the session with the next look.
    pub grace_ms: i64,
    /// How many failures in a row end the start of a flow.
    pub max_failures: u32,
}
