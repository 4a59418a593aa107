//! A host for tests of sessions.
//!
//! [`Host`] drives one session without I/O, with a clock that only the test turns. It stores and restores the session
//! at every step, and checks what every session promises: a refused input changes nothing, the revision changes with
//! the text, a restored session behaves the same, asking twice gives the same value, and time alone ends nothing. It
//! keeps everything that was printed.
#![forbid(unsafe_code)]
#![allow(clippy::missing_panics_doc, reason = "a helper of tests panics where the test has failed")]

use std::fmt::{Debug, Write as _};

use idvkit_core::{
    Blob, Evidence, Fault, Header, HttpRequest, Input, Journey, Next, Outcome, Reject, Seed, Seen, UnixMillis, Why,
    machine::{Flow, Machine},
    read,
};

/// The time at which tests begin.
pub const NOW: UnixMillis = UnixMillis(1_750_000_000_000);

/// The seed 0, 1, 2 … 31.
pub fn seed() -> Seed {
    Seed::new(&std::array::from_fn::<u8, 32, _>(|at| u8::try_from(at).unwrap_or(0))).expect("32 different bytes")
}

/// A session that can be tested: one of a provider's crate, or one of the facade.
pub trait Subject: Debug + Sized {
    /// The account that a session is restored with.
    type Account;
    /// As [`Machine::next`].
    fn next(&self, now: UnixMillis) -> Next;
    /// As [`Machine::handle`].
    ///
    /// # Errors
    /// As there.
    fn handle(&mut self, input: Input, now: UnixMillis) -> Result<(), Reject>;
    /// As [`Machine::snapshot`].
    fn snapshot(&self) -> String;
    /// As [`Machine::revision`].
    fn revision(&self) -> i64;
    /// As [`Machine::evidence`].
    fn evidence(&self) -> Option<Evidence>;
    /// As [`Machine::blobs`].
    fn blobs(&self) -> Vec<Blob>;
    /// As [`Machine::supply`].
    fn supply(&mut self, bytes: Vec<u8>) -> bool;
    /// As [`Machine::restore`].
    ///
    /// # Errors
    /// As there.
    fn restore(account: &Self::Account, snapshot: &str) -> Result<Self, Reject>;
}

impl<F: Flow> Subject for Machine<F> {
    type Account = std::sync::Arc<F::Account>;

    fn next(&self, now: UnixMillis) -> Next {
        Self::next(self, now)
    }

    fn handle(&mut self, input: Input, now: UnixMillis) -> Result<(), Reject> {
        Self::handle(self, input, now)
    }

    fn snapshot(&self) -> String {
        Self::snapshot(self)
    }

    fn revision(&self) -> i64 {
        Self::revision(self)
    }

    fn evidence(&self) -> Option<Evidence> {
        Self::evidence(self)
    }

    fn blobs(&self) -> Vec<Blob> {
        Self::blobs(self)
    }

    fn supply(&mut self, bytes: Vec<u8>) -> bool {
        Self::supply(self, bytes)
    }

    fn restore(account: &Self::Account, snapshot: &str) -> Result<Self, Reject> {
        Self::restore(account.clone(), snapshot)
    }
}

/// Hands an input to a session, and checks what every session promises about that.
///
/// # Errors
/// The session's reject.
pub fn tell<S: Subject>(session: &mut S, account: &S::Account, input: Input, now: UnixMillis) -> Result<(), Reject> {
    let (before, revision) = (session.snapshot(), session.revision());
    let told = session.handle(input, now);
    let after = session.snapshot();
    assert!(told.is_ok() || before == after, "a refusal changes nothing");
    assert_eq!(before == after, revision == session.revision(), "the revision moves with the text");
    assert!(session.revision() >= revision, "the revision rises");

    let mut restored =
        S::restore(account, &after).unwrap_or_else(|reject| panic!("what was stored is restored: {reject}"));
    for blob in session.blobs() {
        assert!(restored.supply(blob.bytes), "what is stored beside it belongs to it");
    }
    assert_eq!(restored.snapshot(), after, "a restored session is the same");
    let next = session.next(now);
    assert_eq!(next, session.next(now), "asking twice gives the same");
    assert_eq!(next, restored.next(now), "a restored session goes on alike");
    let much_later = session.next(now.plus(500 * 86_400_000));
    let is_done = |next: &Next| matches!(next, Next::Done { .. });
    assert_eq!(is_done(&much_later), is_done(&next), "time alone ends nothing");
    *session = restored;
    told
}

/// A host that drives one session.
pub struct Host<S: Subject> {
    /// The account that the session is restored with.
    pub account: S::Account,
    /// The session, restored since the last step.
    pub session: S,
    /// The time on the clock.
    pub now: UnixMillis,
    /// The journey that was shown last.
    pub journey: Option<Journey>,
    /// Everything that a host might print.
    pub printed: String,
    /// Everything that was stored.
    pub stored: String,
    credentials: Vec<String>,
}

impl<S: Subject> Host<S> {
    /// A host of this session, with the clock at [`NOW`].
    pub fn new(account: S::Account, session: S) -> Self {
        let (printed, stored) = (String::new(), String::new());
        Self { account, session, now: NOW, journey: None, printed, stored, credentials: Vec::new() }
    }

    /// The same host, which checks that none of these credentials is ever printed or stored.
    #[must_use]
    pub fn with_credentials(mut self, credentials: &[&str]) -> Self {
        self.credentials.extend(credentials.iter().map(ToString::to_string));
        self
    }

    /// What the host has to do now.
    pub fn ask(&mut self) -> Next {
        let next = self.session.next(self.now);
        assert_eq!(next, self.session.next(self.now), "asking twice gives the same");
        self.print(&(&next, self.session.evidence()));
        if let Next::Present { journey, .. } = &next {
            assert_eq!(Journey::from_json(&journey.to_json()).as_ref(), Ok(journey), "a journey crosses as JSON");
            self.journey = Some(journey.clone());
        }
        next
    }

    /// Hands an input to the session.
    ///
    /// # Errors
    /// The session's reject.
    pub fn tell(&mut self, input: Input) -> Result<(), Reject> {
        self.print(&input);
        let told = tell(&mut self.session, &self.account, input, self.now);
        if let Err(reject) = &told {
            self.print(&(reject, reject.to_string()));
        }
        self.print(&format!("{:?}", self.session));
        let snapshot = self.session.snapshot();
        for credential in &self.credentials {
            assert!(!snapshot.contains(credential), "an account's credential is in the snapshot");
        }
        self.stored.push_str(&snapshot);
        told
    }

    /// The request that is due.
    pub fn request(&mut self) -> HttpRequest {
        match self.ask() {
            Next::Send { request } => request,
            other => panic!("no request is due, but {other:?}"),
        }
    }

    /// The journey to show.
    pub fn show(&mut self) -> Journey {
        match self.ask() {
            Next::Present { journey, .. } => journey,
            other => panic!("there is nothing to show, but {other:?}"),
        }
    }

    /// How the session ended.
    pub fn outcome(&mut self) -> Outcome {
        match self.ask() {
            Next::Done { outcome, .. } => outcome,
            other => panic!("it is not over, but {other:?}"),
        }
    }

    /// What the session waits for.
    pub fn why(&mut self) -> Why {
        match self.ask() {
            Next::Wait { why, .. } => why,
            other => panic!("nothing is waited for, but {other:?}"),
        }
    }

    /// The fault that holds the session back, or ended it.
    pub fn fault(&mut self) -> Fault {
        match self.ask() {
            Next::Wait { why: Why::Backoff { fault } | Why::Throttled { fault }, .. }
            | Next::Done { outcome: Outcome::Failed { fault }, .. } => fault,
            other => panic!("there is no fault, but {other:?}"),
        }
    }

    /// The time of the next call of `next`.
    pub fn until(&mut self) -> UnixMillis {
        match self.ask() {
            Next::Wait { until, .. } | Next::Present { until, .. } => until,
            other => panic!("there is no waiting, but {other:?}"),
        }
    }

    /// Turns the clock to the time when something is due; returns by how many milliseconds.
    pub fn sleep(&mut self) -> i64 {
        let until = self.until();
        assert!(until > self.now, "what is due now is no reason to sleep");
        let slept = until.since(self.now);
        self.now = until;
        slept
    }

    /// Turns the clock by so many milliseconds.
    pub fn later(&mut self, millis: i64) {
        self.now = self.now.plus(millis);
    }

    /// Sends the request that is due, which must be of this operation, and hands in this answer. A request that is not
    /// idempotent is claimed first.
    pub fn answer(&mut self, operation: &str, status: u16, body: impl AsRef<[u8]>) -> HttpRequest {
        let request = self.request();
        assert_eq!(request.operation, operation);
        if !request.idempotent {
            self.tell(Input::Sending { id: request.id.clone() }).expect("nobody else has it");
        }
        self.respond(&request.id, status, &[], body).expect("an answer with the current id is consumed");
        request
    }

    /// Hands in an answer to a request with this id.
    ///
    /// # Errors
    /// The session's reject.
    pub fn respond(
        &mut self,
        id: &str,
        status: u16,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Result<(), Reject> {
        self.tell(Input::HttpResponse {
            id: id.into(),
            status,
            headers: headers.iter().map(|(name, value)| Header::new(*name, *value)).collect(),
            body: body.as_ref().to_vec(),
        })
    }

    /// Sends the request that is due, and gets no answer.
    pub fn lose(&mut self) {
        let id = self.request().id;
        self.tell(Input::HttpFailed { id }).expect("a failure of the current request is consumed");
    }

    /// The page of the journey that was shown last reports what it saw.
    ///
    /// # Errors
    /// The session's reject.
    pub fn see(&mut self, seen: &Seen) -> Result<(), Reject> {
        let journey = self.journey.as_ref().expect("a journey was shown");
        let text = read(journey, seen).expect("the journey knows what was seen");
        self.tell(Input::Hint { text })
    }

    /// The user comes back to a URL of ours.
    ///
    /// # Errors
    /// The session's reject.
    pub fn redirect(&mut self, url: &str) -> Result<(), Reject> {
        self.tell(Input::Redirect { url: url.into() })
    }

    /// A callback arrives.
    ///
    /// # Errors
    /// The session's reject.
    pub fn callback(&mut self, url: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Result<(), Reject> {
        self.tell(Input::Callback {
            url: url.into(),
            headers: headers.iter().map(|(name, value)| Header::new(*name, *value)).collect(),
            body: body.as_ref().to_vec(),
        })
    }

    /// Keeps what a host might print, which holds no credential.
    pub fn print(&mut self, value: &dyn Debug) {
        let text = format!("{value:?}\n");
        for credential in &self.credentials {
            assert!(!text.contains(credential), "an account's credential was printed");
        }
        write!(self.printed, "{text}").expect("writing to a string cannot fail");
    }
}
