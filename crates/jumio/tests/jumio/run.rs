//! A session that is restored from its snapshot before each step, and what the provider sends to it.

use std::sync::Arc;

use idvkit_core::{Header, HttpRequest, Input, Journey, Next, Provider, Reject, Seed, Seen, UnixMillis, read};
use idvkit_jumio::{Account, CallbackTarget, Config, Jumio, Options, Region, Request, Session};
use serde_json::{Value, json};

pub(crate) const T0: UnixMillis = UnixMillis(1_767_225_600_000);
pub(crate) const R1: &str = "11111111-1111-4111-8111-111111111111";
pub(crate) const R2: &str = "33333333-3333-4333-8333-333333333333";
pub(crate) const E1: &str = "22222222-2222-4222-8222-222222222222";
pub(crate) const MINUTE: i64 = 60_000;

/// One session, restored from its snapshot before each step.
pub(crate) struct Run {
    pub(crate) account: Arc<Account>,
    pub(crate) session: Session,
    pub(crate) now: UnixMillis,
    pub(crate) callback_url: String,
}

impl Run {
    pub(crate) fn start(account: Arc<Account>) -> Self {
        let session = Jumio::open(&account, order(), seed(), T0).unwrap();
        let body: Value = serde_json::from_slice(&sent(&session.next(T0)).body.unwrap()).unwrap();
        Self { account, session, now: T0, callback_url: body["callbackUrl"].as_str().unwrap().into() }
    }

    pub(crate) fn open() -> Self {
        let mut run = Self::start(Arc::new(Account::new(config()).unwrap()));
        run.answer("jumio.initiate", &initiated(R1));
        run
    }

    pub(crate) fn next(&self) -> Next {
        self.session.next(self.now)
    }

    pub(crate) fn present(&self) -> Journey {
        match self.next() {
            Next::Present { journey, .. } => journey,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn wait(&mut self) {
        match self.next() {
            Next::Wait { until, .. } => self.now = until,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn tell(&mut self, input: Input) -> Result<(), Reject> {
        self.session = Session::restore(self.account.clone(), &self.session.snapshot()).unwrap();
        self.session.handle(input, self.now)
    }

    pub(crate) fn hint(&mut self, journey: &Journey, seen: &Seen) {
        let text = read(journey, seen).unwrap();
        self.tell(Input::Hint { text }).unwrap();
    }

    pub(crate) fn callback(&mut self, reference: &str, result: &str) -> Result<(), Reject> {
        self.tell(callback_input(&self.callback_url.clone(), reference, result))
    }

    pub(crate) fn answer(&mut self, operation: &str, body: &Value) {
        self.respond(operation, 200, &body.to_string());
    }

    pub(crate) fn respond(&mut self, operation: &str, status: u16, body: &str) {
        let request = sent(&self.next());
        assert_eq!(request.operation, operation);
        let input = Input::HttpResponse { id: request.id, status, headers: vec![], body: body.as_bytes().to_vec() };
        self.tell(input).unwrap();
    }
}

pub(crate) fn config() -> Config {
    Config {
        region: Region::Us,
        api_token: "token-1".into(),
        api_secret: "secret-1".into(),
        administration_token: None,
        administration_secret: None,
        user_agent: "Example Corp SampleApp/1.0.1".into(),
        domain_prefix: None,
        callback: None,
        success_url: None,
        error_url: None,
        portal_token_lifetime_minutes: None,
        options: Options::default(),
    }
}

pub(crate) fn order() -> Request {
    Request {
        enrollment_transaction_reference: E1.into(),
        callback: Some(CallbackTarget::Url("https://merchant.example/cb".into())),
        success_url: Some("https://merchant.example/ok".into()),
        user_reference: Some("user-7".into()),
        ..Request::default()
    }
}

pub(crate) fn seed() -> Seed {
    Seed::new(&(0..32).collect::<Vec<u8>>()).unwrap()
}

pub(crate) fn sent(next: &Next) -> HttpRequest {
    match next {
        Next::Send { request } => request.clone(),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn initiated(reference: &str) -> Value {
    json!({
        "timestamp": "2026-01-01T00:00:00.000Z",
        "transactionReference": reference,
        "redirectUrl": format!("https://netverify.com/web/v4/app?authorizationToken={}&locale=en-US", "x".repeat(313)),
    })
}

pub(crate) fn retrieved(result: &str) -> Value {
    json!({"transactionReference": R1, "enrollmentTransactionReference": E1, "transactionResult": result})
}

pub(crate) fn message(value: &str) -> Seen {
    message_with(&json!({"value": value}))
}

pub(crate) fn message_with(payload: &Value) -> Seen {
    let data = json!({"authorizationToken": "t", "transactionReference": R1, "eventType": 510, "payload": payload});
    Seen::Message { origin: "https://netverify.com".into(), data: data.to_string() }
}

pub(crate) fn callback_input(url: &str, reference: &str, result: &str) -> Input {
    let body = format!(
        "callBackType=NETVERIFY_AUTHENTICATION&transactionReference={reference}&enrollmentTransactionReference={E1}\
         &transactionResult={result}&scanSource=WEB&transactionDate=2026-01-01T00%3A00%3A00Z\
         &callbackDate=2026-01-01T00%3A00%3A05Z"
    );
    let headers = vec![Header::new("content-type", "application/x-www-form-urlencoded")];
    Input::Callback { url: url.into(), headers, body: body.into_bytes() }
}
