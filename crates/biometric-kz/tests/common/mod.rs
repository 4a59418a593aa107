//! A host for tests: stores and restores the session around every single step.
#![allow(dead_code, reason = "each test file uses its part of it")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::{fs, path::Path, sync::Arc};

use idvkit_biometric_kz::{Account, BiometricKz, Config, Options, Request, Session};
use idvkit_core::{HttpRequest, Input, Journey, Next, Outcome, Provider, Reject, Seed, UnixMillis};
use serde_json::Value;

pub(crate) const KEY: &str = "TTpme201NiUMBA-a_key_for_tests_0123456789abcdefghijk";
pub(crate) const SESSION: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
pub(crate) const NOW: UnixMillis = UnixMillis(1_750_000_000_000);

pub(crate) fn config() -> Config {
    Config {
        api_key: KEY.into(),
        locale: None,
        technologies: None,
        webhook_secrets: vec![],
        options: Options::default(),
    }
}

pub(crate) fn vectors(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/data/biometric_kz").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!rows.is_empty(), "{file} has no vectors");
    println!("{file}: {} vectors", rows.len());
    rows
}

/// A session whose every change goes through a snapshot, and a clock that only this test turns.
pub(crate) struct Host {
    pub(crate) account: Arc<Account>,
    pub(crate) session: Session,
    pub(crate) now: UnixMillis,
    /// Everything that was ever printed or stored or shown.
    pub(crate) printed: Vec<String>,
    pub(crate) snapshots: Vec<String>,
    pub(crate) journeys: Vec<String>,
}

impl Host {
    pub(crate) fn open(config: Config, request: Request) -> Self {
        let account = Arc::new(BiometricKz::account(config).unwrap());
        let seed = Seed::new(&std::array::from_fn::<u8, 32, _>(|at| at.to_le_bytes()[0])).unwrap();
        let session = BiometricKz::open(&account, request, seed, NOW).unwrap();
        Self { account, session, now: NOW, printed: vec![], snapshots: vec![], journeys: vec![] }
    }

    /// A session that was made, with these technologies.
    pub(crate) fn live(config: Config, request: Request, technologies: &str) -> Self {
        let mut host = Self::open(config, request);
        host.created(technologies);
        host
    }

    pub(crate) fn created(&mut self, technologies: &str) {
        let body = format!(r#"{{"session_id":"{SESSION}","technologies":{technologies}}}"#);
        self.answer(201, body.as_bytes());
    }

    pub(crate) fn next(&mut self) -> Next {
        let next = self.session.next(self.now);
        assert_eq!(next, self.session.next(self.now), "asking twice gives the same");
        self.printed.push(format!("{next:?} {:?} {:?} {:?}", self.session, self.account, self.session.evidence()));
        if let Next::Present { journey, .. } = &next {
            self.journeys.push(journey.to_json());
        }
        next
    }

    pub(crate) fn request(&mut self) -> HttpRequest {
        match self.next() {
            Next::Send { request } => request,
            other => panic!("no request is due: {other:?}"),
        }
    }

    pub(crate) fn journey(&mut self) -> Journey {
        match self.next() {
            Next::Present { journey, .. } => journey,
            other => panic!("nothing to present: {other:?}"),
        }
    }

    pub(crate) fn outcome(&mut self) -> Outcome {
        match self.next() {
            Next::Done { outcome, .. } => outcome,
            other => panic!("not done: {other:?}"),
        }
    }

    /// Lets the session's time run out: a look that was planned before, and the last one.
    pub(crate) fn expire(&mut self) {
        let empty = format!(r#"{{"id":"{SESSION}","status":"PROGRESS","liveness_result":{{}}}}"#);
        for millis in [30 * 60 * 1000, 2_000] {
            self.now = self.now.plus(millis);
            self.answer(200, empty.as_bytes());
        }
    }

    pub(crate) fn is_waiting(&mut self) -> bool {
        matches!(self.next(), Next::Wait { .. })
    }

    /// Turns the clock to the next due moment.
    pub(crate) fn sleep(&mut self) {
        match self.next() {
            Next::Present { until, .. } | Next::Wait { until, .. } => self.now = until.max(self.now),
            _ => {}
        }
    }

    pub(crate) fn handle(&mut self, input: Input) -> Result<(), Reject> {
        let text = format!("{input:?}");
        let handled = self.session.handle(input, self.now);
        self.printed
            .push(format!("{text} {handled:?} {}", handled.as_ref().err().map_or(String::new(), ToString::to_string)));
        let snapshot = self.session.snapshot();
        let restored = BiometricKz::restore(&self.account, &snapshot).unwrap();
        assert_eq!(restored.snapshot(), snapshot, "a restored session is the same");
        assert_eq!(restored.next(self.now), self.session.next(self.now));
        self.session = restored;
        self.snapshots.push(snapshot);
        handled
    }

    pub(crate) fn answer(&mut self, status: u16, body: &[u8]) {
        let id = self.request().id;
        self.handle(Input::HttpResponse { id, status, headers: vec![], body: body.to_vec() }).unwrap();
    }

    pub(crate) fn hint(&mut self, journey: &Journey, seen: &idvkit_core::Seen) {
        let text = idvkit_core::read(journey, seen).expect("the journey knows what was seen");
        self.handle(Input::Hint { text }).unwrap();
    }

    pub(crate) fn webhook(&mut self, url: &str, body: &str) -> Result<(), Reject> {
        self.handle(Input::Callback { url: url.into(), headers: vec![], body: body.as_bytes().to_vec() })
    }
}
