//! A host for tests: it stores and restores the session at every step, and keeps all that was printed.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses a part of it; helpers of tests may fail the test"
)]

use std::sync::Arc;

use idvkit_core::{
    Decision, Evidence, Header, HttpRequest, Image, Input, Journey, Next, Outcome, Provider, Reject, Seed, Seen,
    UnixMillis, read,
};
use idvkit_signicat::{Account, Config, Request, Session, Signicat};
use serde_json::{Value, json};

pub(crate) const D1: &str = "33333333-3333-4333-8333-333333333333";
pub(crate) const D2: &str = "66666666-6666-4666-8666-666666666666";
pub(crate) const P1: &str = "44444444-4444-4444-8444-444444444444";
pub(crate) const P2: &str = "55555555-5555-4555-8555-555555555555";
pub(crate) const START: i64 = 1_704_164_645_000;
pub(crate) const RETURN: &str = "https://merchant.example/r";

pub(crate) fn config(extra: &Value) -> Config {
    let mut config = json!({ "client_id": "client", "client_secret": "secret", "redirect_url": RETURN });
    for (name, value) in extra.as_object().unwrap() {
        config[name] = value.clone();
    }
    serde_json::from_value(config).unwrap()
}

pub(crate) fn notification() -> Value {
    json!({ "notification": {
        "url": "https://merchant.example/n",
        "authorization_header": "Bearer abc",
        "previous_authorization_headers": ["Bearer old"],
    }})
}

pub(crate) fn request(flow: &Value) -> Request {
    serde_json::from_value(flow.clone()).unwrap()
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0]);
    bytes
}

pub(crate) fn image(slot: &str, width: u32) -> Image {
    Image { slot: slot.into(), bytes: png(width, 10) }
}

pub(crate) fn process(id: &str, provider: &str, status: &str) -> Value {
    json!({
        "processId": id, "provider": provider, "status": status,
        "createdAt": "2024-01-02T03:04:05Z", "updatedAt": "2024-01-02T03:04:05Z",
    })
}

pub(crate) struct Host {
    pub(crate) account: Arc<Account>,
    pub(crate) session: Session,
    pub(crate) now: i64,
    pub(crate) printed: String,
    tokens: u32,
}

impl Host {
    pub(crate) fn open(extra: &Value, flow: &Value) -> Self {
        Self::with(Arc::new(Signicat::account(config(extra)).unwrap()), flow)
    }

    pub(crate) fn with(account: Arc<Account>, flow: &Value) -> Self {
        let seed = Seed::new(&core::array::from_fn::<u8, 32, _>(|at| u8::try_from(at).unwrap())).unwrap();
        let session = Signicat::open(&account, request(flow), seed, UnixMillis(START)).unwrap();
        Self { account, session, now: START, printed: String::new(), tokens: 0 }
    }

    pub(crate) fn next(&mut self) -> Next {
        self.restart();
        let next = self.session.next(UnixMillis(self.now));
        assert_eq!(next, self.session.next(UnixMillis(self.now)), "asking twice gives the same");
        self.print(&format!("{next:?} {:?} {:?}\n", self.session, self.account));
        next
    }

    pub(crate) fn print(&mut self, text: &str) {
        self.printed.push_str(text);
    }

    /// Stores and restores.
    pub(crate) fn restart(&mut self) {
        let text = self.session.snapshot();
        for secret in ["secret", "Bearer abc", "Y2xpZW50OnNlY3JldA"] {
            assert!(!text.contains(secret), "an account credential is in the snapshot");
        }
        let blobs = self.session.blobs();
        self.session =
            Session::restore(self.account.clone(), &text).unwrap_or_else(|reject| panic!("{reject}: {text}"));
        assert_eq!(self.session.snapshot(), text);
        for blob in blobs {
            assert!(self.session.supply(blob.bytes), "what is stored beside the snapshot belongs to it");
        }
    }

    /// The request that is wanted now; tokens are fetched on the way, as a host with a cache would.
    pub(crate) fn wanted(&mut self) -> HttpRequest {
        loop {
            match self.next() {
                Next::Send { request } if request.operation == "signicat.token" => self.give_token(&request),
                Next::Send { request } => return request,
                other => panic!("no request, but {other:?}"),
            }
        }
    }

    pub(crate) fn give_token(&mut self, request: &HttpRequest) {
        self.tokens += 1;
        let body = json!({ "access_token": format!("tok-{}", self.tokens), "expires_in": 600, "token_type": "Bearer" });
        self.respond(&request.id, 200, &body);
    }

    /// Answers the wanted request, whose operation is checked, with this.
    pub(crate) fn answer(&mut self, operation: &str, status: u16, body: &Value) -> HttpRequest {
        let request = self.wanted();
        assert_eq!(request.operation, format!("signicat.{operation}"));
        if !request.idempotent {
            self.tell(Input::Sending { id: request.id.clone() }).unwrap();
        }
        self.respond(&request.id, status, body);
        request
    }

    pub(crate) fn respond(&mut self, id: &str, status: u16, body: &Value) {
        let body = match body {
            Value::String(text) => text.clone().into_bytes(),
            Value::Null => Vec::new(),
            json => json.to_string().into_bytes(),
        };
        self.tell(Input::HttpResponse { id: id.into(), status, headers: vec![], body }).unwrap();
    }

    pub(crate) fn tell(&mut self, input: Input) -> Result<(), Reject> {
        self.print(&format!("{input:?}\n"));
        let before = self.session.snapshot();
        let told = self.session.handle(input, UnixMillis(self.now));
        if let Err(reject) = &told {
            assert_eq!(before, self.session.snapshot(), "a refusal changes nothing");
            self.print(&format!("{reject:?} {reject}\n"));
        }
        self.restart();
        told
    }

    pub(crate) fn later(&mut self, seconds: i64) {
        self.now += seconds * 1000;
    }

    /// Lets time pass until something is to be sent.
    pub(crate) fn until_sent(&mut self) -> HttpRequest {
        for _ in 0..50 {
            match self.next() {
                Next::Send { request } if request.operation == "signicat.token" => self.give_token(&request),
                Next::Send { request } => return request,
                Next::Wait { until, .. } | Next::Present { until, .. } => self.now = until.0,
                Next::Done { outcome, .. } => panic!("over: {outcome:?}"),
            }
        }
        panic!("nothing is ever sent")
    }

    /// The same for one look, answered with this.
    pub(crate) fn look(&mut self, operation: &str, status: u16, body: &Value) -> HttpRequest {
        let request = self.until_sent();
        assert_eq!(request.operation, format!("signicat.{operation}"));
        self.respond(&request.id, status, body);
        request
    }

    /// Answers all that is wanted at this moment as a dossier with these processes does; gives what comes after.
    pub(crate) fn serve(&mut self, list: u16, rows: &Value) -> Next {
        self.serve_listed((list, rows), rows)
    }

    /// The same with another answer to the list.
    pub(crate) fn serve_listed(&mut self, list: (u16, &Value), rows: &Value) -> Next {
        for _ in 0..16 {
            match self.next() {
                Next::Send { request } => match request.operation.as_str() {
                    "signicat.token" => self.give_token(&request),
                    "signicat.list_processes" => self.respond(&request.id, list.0, list.1),
                    "signicat.get_process" => {
                        let mut all = rows.as_array().unwrap().iter();
                        let row = all.find(|row| request.url.ends_with(row["processId"].as_str().unwrap()));
                        self.respond(&request.id, if row.is_some() { 200 } else { 404 }, row.unwrap_or(&Value::Null));
                    }
                    other => panic!("{other} is no look"),
                },
                next => return next,
            }
        }
        panic!("one look has no end")
    }

    /// The same once time has passed.
    pub(crate) fn serve_later(&mut self, rows: &Value) -> Next {
        if let Next::Wait { until, .. } | Next::Present { until, .. } = self.next() {
            self.now = until.0;
        }
        self.serve(200, rows)
    }

    pub(crate) fn journey(&mut self) -> Journey {
        match self.next() {
            Next::Present { journey, .. } => {
                self.print(&format!("{journey:?}\n"));
                assert_eq!(Journey::from_json(&journey.to_json()).unwrap(), journey);
                journey
            }
            other => panic!("no journey, but {other:?}"),
        }
    }

    pub(crate) fn hint(&mut self, seen: &Seen) {
        let journey = self.journey();
        let text = read(&journey, seen).expect("this belongs to the journey");
        self.tell(Input::Hint { text }).unwrap();
    }

    pub(crate) fn redirect(&mut self, query: &str) -> Result<(), Reject> {
        self.tell(Input::Redirect { url: format!("{RETURN}?{query}") })
    }

    pub(crate) fn callback(&mut self, header: &str, body: &Value) -> Result<(), Reject> {
        let headers = vec![Header::new("authorization", header)];
        self.tell(Input::Callback { url: "/n".into(), headers, body: body.to_string().into_bytes() })
    }

    pub(crate) fn outcome(&mut self) -> Outcome {
        match self.next() {
            Next::Done { outcome, .. } => outcome,
            other => panic!("not over, but {other:?}"),
        }
    }

    pub(crate) fn decided(&mut self, decision: Decision) -> Evidence {
        assert_eq!(self.outcome(), Outcome::Decided { decision });
        let evidence = self.session.evidence().unwrap();
        self.print(&format!("{evidence:?} {:?}\n", evidence.person));
        evidence
    }

    /// Dossier and process, up to what the user has to do.
    pub(crate) fn prepare(&mut self, process: &Value) {
        self.answer("create_dossier", 201, &json!({ "dossierId": D1 }));
        self.answer("create_process", 201, process);
    }
}

pub(crate) fn paper() -> Value {
    json!({ "document_verification": { "provider": "signicatpaper" } })
}

pub(crate) fn capture(providers: &[&str], need: &str) -> Value {
    let providers: Vec<Value> = providers.iter().map(|name| json!({ "provider": name })).collect();
    json!({ "capture_flow": { "providers": providers, "need": need } })
}

pub(crate) fn eid() -> Value {
    json!({ "eid": { "provider": "connect:idin" } })
}
