//! The recorded sessions of the vectors, read once.

use std::sync::OnceLock;

use idvkit::{Account, Blob, Evidence, Input, Next, Outcome, Reject, Request, Seed, Session, UnixMillis};
use idvkit_testkit::Subject;
use idvkit_vectors::{Transcript, files, load};

/// A recorded session.
pub(crate) struct Case {
    pub(crate) account: Account,
    pub(crate) request: String,
    seed: Seed,
    pub(crate) opened: UnixMillis,
    pub(crate) steps: Vec<Step>,
    pub(crate) config: String,
}

/// An input, and where the session stood before it.
pub(crate) struct Step {
    pub(crate) at: UnixMillis,
    pub(crate) before: String,
    pub(crate) input: Input,
}

impl Case {
    pub(crate) fn open(&self) -> Facade {
        let request = Request::from_json(&self.request).expect("it is recorded");
        Facade(Session::open(&self.account, request, self.seed.clone(), self.opened).expect("it was opened"))
    }

    /// The bodies of the recorded answers.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = &[u8]> {
        self.steps.iter().filter_map(|step| match &step.input {
            Input::HttpResponse { body, .. } => Some(body.as_slice()),
            _ => None,
        })
    }
}

/// All recorded sessions.
pub(crate) fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let paths = files("transcripts").expect("the vectors are in the tree");
        paths.iter().map(|path| case(&load(path).expect("a transcript"))).collect()
    })
}

fn case(transcript: &Transcript) -> Case {
    let step = |pair: &[idvkit_vectors::Step]| {
        let input = pair[1].input().expect("a recorded input")?;
        Some(Step { at: pair[1].at, before: pair[0].snapshot.clone(), input })
    };
    Case {
        account: transcript.account().expect("a recorded account"),
        request: transcript.request.to_string(),
        seed: transcript.seed.clone(),
        opened: transcript.steps[0].at,
        steps: transcript.steps.windows(2).filter_map(step).collect(),
        config: transcript.config.to_string(),
    }
}

/// A session of the facade, for the checks of the testkit.
#[derive(Debug)]
pub(crate) struct Facade(pub(crate) Session);

impl Facade {
    pub(crate) fn decided(&self) -> bool {
        matches!(self.0.outcome(), Some(Outcome::Decided { .. }))
    }
}

impl Subject for Facade {
    type Account = Account;

    fn next(&self, now: UnixMillis) -> Next {
        self.0.next(now)
    }

    fn handle(&mut self, input: Input, now: UnixMillis) -> Result<(), Reject> {
        self.0.handle(input, now)
    }

    fn snapshot(&self) -> String {
        self.0.snapshot()
    }

    fn revision(&self) -> i64 {
        self.0.revision()
    }

    fn evidence(&self) -> Option<Evidence> {
        self.0.evidence()
    }

    fn blobs(&self) -> Vec<Blob> {
        self.0.blobs()
    }

    fn supply(&mut self, bytes: Vec<u8>) -> bool {
        self.0.supply(bytes)
    }

    fn restore(account: &Account, snapshot: &str) -> Result<Self, Reject> {
        Session::restore(account, snapshot).map(Self)
    }
}
