//! A session that is stored and restored after every step, with the published samples and computed vectors.

use std::{
    fmt::{Debug, Write as _},
    sync::Arc,
};

use idvkit_attestr::{Account, Attestr, Config, Options, Request, Session};
use idvkit_core::{
    Evidence, Fault, Header, HttpRequest, Input, Journey, Next, Outcome, Provider, Reject, Seed, Seen, UnixMillis, read,
};

/// The key of the vectors.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";
pub(crate) const AUTH_TOKEN: &str = "T1gwLi5hdXRoLXRva2Vu";
pub(crate) const WEBHOOK_TOKEN: &str = "d2ViaG9vay10b2tlbg==";
pub(crate) const CLIENT_KEY: &str = "0011223344556677889900aabbccddee";
pub(crate) const FLOW: &str = "FX02zfeuvcj36knhn06us";
pub(crate) const HANDSHAKE: &str = "DS02zfeuv6n4gkq51hvw6";
pub(crate) const STAGE: &str = "FS02zfeuv3tcnkq2mond2";
pub(crate) const TAG: &str = "TAG567822";
pub(crate) const VARIABLE: &str = "ABCPE1234F";

/// A result and its signature under [`SECRET`], both computed with other programs.
pub(crate) const RESULT: &str =
    r#"{"FS02zfeuv3tcnkq2mond2":{"input":{"pan":"ABCPE1234F"},"output":{"valid":true,"name":"TEST USER"}}}"#;
pub(crate) const SIGNATURE: &str = "bf28662c9af57b01a1041dab828a4ffaae0686af93da6e5c638a164eddb80731";
/// The sample of the documents, under an unknown secret.
pub(crate) const OTHER_SIGNATURE: &str = "2021cc7afd51885eab998765c3dc502177b74ae9f98ff622f05d65dc7d075efe";

pub(crate) const START: UnixMillis = UnixMillis(1_750_000_000_000);
pub(crate) const CREATED: &str = r#"{"_id":"DS02zfeuv6n4gkq51hvw6","number":"3804-324489-8469","digest":"x"}"#;

pub(crate) struct Run {
    pub(crate) account: Arc<Account>,
    pub(crate) session: Session,
    pub(crate) now: UnixMillis,
    /// The journey shown last.
    pub(crate) journey: Option<Journey>,
    /// Everything that a host might print.
    pub(crate) printed: String,
}

pub(crate) fn config() -> Config {
    Config {
        auth_token: AUTH_TOKEN.into(),
        client_key: CLIENT_KEY.into(),
        client_secrets: vec![SECRET.into()],
        webhook_tokens: vec![WEBHOOK_TOKEN.into()],
        options: Options::default(),
    }
}

pub(crate) fn request() -> Request {
    Request {
        flow_id: FLOW.into(),
        tag: TAG.into(),
        variables: [("pan".to_string(), VARIABLE.to_string())].into(),
        ..Request::default()
    }
}

pub(crate) fn seed() -> Seed {
    Seed::new(&core::array::from_fn::<u8, 32, _>(|at| at.to_le_bytes()[0])).unwrap()
}

/// The answer of the Execution Result API.
pub(crate) fn result(result: &str, signature: &str) -> String {
    format!(
        r#"{{ "_id": "{HANDSHAKE}", "number": "3804-324489-8469", "tag": "{TAG}", "requestId": "r",
            "consumed": true, "archived": null, "result": {result}, "resultSignature": "{signature}" }}"#
    )
}

impl Run {
    pub(crate) fn new() -> Self {
        Self::with(config(), request())
    }

    pub(crate) fn with(config: Config, request: Request) -> Self {
        let given = format!("{config:?}{request:?}");
        let account = Arc::new(Account::new(config).unwrap());
        let session = Attestr::open(&account, request, seed(), START).unwrap();
        let printed = format!("{given}{account:?}");
        Self { account, session, now: START, journey: None, printed }
    }

    /// A run whose handshake exists.
    pub(crate) fn live() -> Self {
        let mut run = Self::new();
        run.answer(200, CREATED);
        run.journey();
        run
    }

    pub(crate) fn next(&mut self) -> Next {
        let next = self.session.next(self.now);
        assert_eq!(next, self.session.next(self.now), "asking twice gives the same");
        let session = format!("{:?}", self.session);
        self.print(&(&next, session));
        next
    }

    pub(crate) fn send(&mut self) -> HttpRequest {
        match self.next() {
            Next::Send { request } => request,
            other => panic!("expected a request, not {other:?}"),
        }
    }

    pub(crate) fn journey(&mut self) -> Journey {
        match self.next() {
            Next::Present { journey, .. } => {
                self.journey = Some(journey.clone());
                journey
            }
            other => panic!("expected a journey, not {other:?}"),
        }
    }

    pub(crate) fn outcome(&mut self) -> Outcome {
        match self.next() {
            Next::Done { outcome, .. } => outcome,
            other => panic!("expected the end, not {other:?}"),
        }
    }

    pub(crate) fn evidence(&mut self) -> Evidence {
        let evidence = self.session.evidence().unwrap();
        self.print(&evidence);
        evidence
    }

    /// Answers the request that is due.
    pub(crate) fn answer(&mut self, status: u16, body: &str) {
        let id = self.send().id;
        let headers = vec![Header::new("xattestrid", "85c66edb-be2e-4e21-93f4-84c1f19bb0f5")];
        self.handle(Input::HttpResponse { id, status, headers, body: body.into() }).unwrap();
    }

    /// A handler of the library is called in the journey shown last.
    pub(crate) fn see(&mut self, name: &str, data: &str) {
        let hint = self.hint(name, data);
        self.handle(Input::Hint { text: hint }).unwrap();
    }

    pub(crate) fn hint(&mut self, name: &str, data: &str) -> String {
        let seen = Seen::Event { name: name.into(), data: data.into() };
        read(self.journey.as_ref().unwrap(), &seen).unwrap()
    }

    pub(crate) fn success(&mut self, signature: &str) {
        self.see("onFlowxSuccess", &format!(r#"{{"signature": "{signature}"}}"#));
    }

    /// The failure that the last answer counted as. A short back-off may hide behind the plan's gap, so that `next` does
    /// not always show it.
    pub(crate) fn fault(&self) -> Fault {
        let stored: serde_json::Value = serde_json::from_str(&self.session.snapshot()).unwrap();
        serde_json::from_value(stored["session"]["call"]["fault"].clone()).unwrap()
    }

    /// Time passes until something is due, at least so long.
    pub(crate) fn wait(&mut self) {
        let until = match self.next() {
            Next::Wait { until, .. } | Next::Present { until, .. } => until,
            other => panic!("expected to wait, not {other:?}"),
        };
        assert!(until > self.now);
        self.now = until;
    }

    fn print(&mut self, value: &dyn Debug) {
        write!(self.printed, "{value:?}").unwrap();
    }

    /// Stores and restores after every step.
    pub(crate) fn handle(&mut self, input: Input) -> Result<(), Reject> {
        let before = self.session.snapshot();
        self.print(&input);
        let heard = self.session.handle(input, self.now);
        let stored = self.session.snapshot();
        if let Err(reject) = &heard {
            assert_eq!(before, stored, "a refusal changes nothing");
            self.print(&(reject, reject.to_string()));
        }
        for credential in [SECRET, AUTH_TOKEN, WEBHOOK_TOKEN] {
            assert!(!stored.contains(credential), "a snapshot holds no credential of the account");
        }
        self.session = Attestr::restore(&self.account, &stored).unwrap();
        assert_eq!(self.session.snapshot(), stored);
        heard
    }
}
