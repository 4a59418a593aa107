//! A host as somebody would write it, with a clock of its own and providers that answer as they are told.

use std::collections::BTreeMap;

use idvkit::{
    Account, Config, Header, HttpRequest, Input, Next, Reject, Request, Seed, UnixMillis,
    driver::{Accounts, Answer, Ask, Blob, By, Driver, Plan, Row, Told, Verification},
};
use serde_json::json;

pub(crate) const T0: UnixMillis = UnixMillis(1_767_225_600_000);
pub(crate) const ENROLLMENT: &str = "22222222-2222-4222-8222-222222222222";
pub(crate) const SESSION: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
pub(crate) const JUMIO: &str =
    r#"{"flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222"}"#;
pub(crate) const KZ: &str = r#"{"flow": "biometric_kz_flow", "locale": "kk"}"#;

/// Rows as a database keeps them.
#[derive(Clone, Default)]
pub(crate) struct Shelf {
    rows: BTreeMap<String, Row>,
    /// By digest; the rows of a test share none.
    pub(crate) blobs: BTreeMap<String, Blob>,
}

impl Shelf {
    pub(crate) fn load(&self, by: &By, blobs: &[String]) -> Told {
        let row = match by {
            By::Id { id } => self.rows.get(id),
            By::Key { key } => self.rows.values().find(|row| row.key == *key),
            By::References { references } => {
                self.rows.values().find(|row| row.references.iter().any(|known| references.contains(known)))
            }
        };
        let blobs = blobs.iter().filter_map(|digest| self.blobs.get(digest).cloned()).collect();
        Told::Loaded { snapshot: row.map(|row| row.snapshot.clone()), blobs }
    }

    /// Compare and swap.
    pub(crate) fn store(&mut self, row: &Row, expected: Option<i64>, blobs: &[Blob]) -> bool {
        let known = self.rows.get(&row.id).map(|row| row.revision);
        let taken = expected.is_none() && self.rows.values().any(|other| other.key == row.key);
        let first = known == expected && !taken;
        if first {
            let before = self.rows.insert(row.id.clone(), row.clone());
            let dropped =
                before.into_iter().flat_map(|before| before.blobs).filter(|digest| !row.blobs.contains(digest));
            dropped.for_each(|digest| drop(self.blobs.remove(&digest)));
            self.blobs.extend(blobs.iter().map(|blob| (blob.digest.clone(), blob.clone())));
        }
        first
    }

    /// The only row.
    pub(crate) fn row(&self) -> &Row {
        assert_eq!(self.rows.len(), 1);
        self.rows.values().next().unwrap()
    }

    /// As somebody with access to the database may change it.
    pub(crate) fn spoil(&mut self, snapshot: &str) {
        self.rows.values_mut().for_each(|row| row.snapshot = snapshot.into());
    }
}

/// One process of a host.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) accounts: Accounts,
    pub(crate) shelf: Shelf,
    pub(crate) now: UnixMillis,
    pub(crate) answers: Answers,
    /// Whether the host's own act works.
    pub(crate) acts: bool,
    /// The operations that were sent.
    pub(crate) sent: Vec<String>,
    /// The digests of the blobs that came with each row to be stored.
    pub(crate) stored: Vec<Vec<String>>,
    /// The deliveries that came.
    pub(crate) acted: Vec<Ask>,
}

impl Host {
    pub(crate) fn new() -> Self {
        let accounts = Accounts::default().with("jumio-eu", account("jumio")).with("kz", account("biometric_kz"));
        let (shelf, sent, stored, acted) = (Shelf::default(), Vec::new(), Vec::new(), Vec::new());
        Self { accounts, shelf, now: T0, answers: APPROVING, acts: true, sent, stored, acted }
    }

    /// The loop, until there is nothing more to do.
    pub(crate) fn run(&mut self, mut driver: Driver) -> Result<Ask, Reject> {
        loop {
            let ask = driver.ask().clone();
            assert_eq!(driver.ask(), &ask);
            match self.perform(&ask) {
                Some(told) => driver.told(told, self.now)?,
                None => return Ok(ask),
            }
        }
    }

    pub(crate) fn perform(&mut self, ask: &Ask) -> Option<Told> {
        Some(match ask {
            Ask::Load { by, blobs } => self.shelf.load(by, blobs),
            Ask::Store { row, expected, blobs } => {
                self.stored.push(blobs.iter().map(|blob| blob.digest.clone()).collect());
                Told::Stored { stored: self.shelf.store(row, *expected, blobs) }
            }
            Ask::Exchange { request, .. } => {
                self.sent.push(request.operation.clone());
                Told::Exchanged { answer: (self.answers)(request).map(|(status, body)| answer(status, &body)) }
            }
            Ask::Deliver { .. } => {
                self.acted.push(ask.clone());
                Told::Delivered { delivered: self.acts }
            }
            Ask::Rest { .. } | Ask::Heard { .. } => return None,
        })
    }

    /// Begins a verification; its id.
    pub(crate) fn begin(&mut self, plan: impl Into<Plan>, key: &str) -> String {
        let driver = Driver::begin(&self.accounts, plan, seed(1), key, self.now).unwrap();
        match self.run(driver).unwrap() {
            Ask::Heard { id: Some(id) } => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn advance(&mut self, id: &str) -> Next {
        match self.run(Driver::advance(&self.accounts, id)).unwrap() {
            Ask::Rest { next } => next,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn tell(&mut self, id: &str, input: Input) -> Result<(), Reject> {
        match self.run(Driver::tell(&self.accounts, id, input))? {
            Ask::Heard { id: Some(told) } => assert_eq!(told, id),
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    /// Goes on whenever the row is due, as a worker does.
    pub(crate) fn work(&mut self, id: &str) -> Next {
        for _ in 0..200 {
            let next = self.advance(id);
            match self.row().due {
                Some(due) => self.now = due.max(self.now),
                None => return next,
            }
        }
        panic!("it never ends");
    }

    pub(crate) fn row(&self) -> &Row {
        self.shelf.row()
    }

    pub(crate) fn verification(&self) -> Verification {
        Verification::restore(&self.accounts, &self.row().snapshot).unwrap()
    }

    pub(crate) fn count(&self, operation: &str) -> usize {
        self.sent.iter().filter(|sent| *sent == operation).count()
    }
}

pub(crate) fn account(provider: &str) -> Account {
    let config = match provider {
        "jumio" => json!({
            "provider": "jumio", "region": "eu", "api_token": "planted-token", "api_secret": "planted-secret",
            "user_agent": "Example Corp SampleApp/1.0.1", "success_url": "https://merchant.example/back",
            "callback": {"url": "https://merchant.example/callback"},
        }),
        _ => json!({
            "provider": "biometric_kz", "api_key": "planted-flow-key-planted-flow-key-planted-flow-key",
            "webhook_secrets": ["planted-path-segment"],
        }),
    };
    Account::new(Config::from_json(&config.to_string()).unwrap()).unwrap()
}

pub(crate) fn seed(first: u8) -> Seed {
    Seed::new(&std::array::from_fn::<u8, 32, _>(|at| first.wrapping_add(u8::try_from(at).unwrap()))).unwrap()
}

pub(crate) fn request(text: &str) -> Request {
    Request::from_json(text).unwrap()
}

pub(crate) fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: vec![Header::new("Content-Type", "application/json")], body: body.as_bytes().to_vec() }
}

/// What the providers answer: status and body. Nothing: the connection breaks.
pub(crate) type Answers = fn(&HttpRequest) -> Option<(u16, String)>;

pub(crate) const APPROVING: Answers = |request| Some((200, body_for(request, "PASSED")));
pub(crate) const PENDING: Answers = |request| Some((200, body_for(request, "STARTED")));
pub(crate) const DECLINING: Answers = |request| Some((200, body_for(request, "FAILED")));
/// The first provider cannot say, the others approve.
pub(crate) const INCONCLUSIVE: Answers = |request| Some((200, body_for(request, "INVALID")));
/// The first provider refuses the request for good.
pub(crate) const FORBIDDEN: Answers =
    |request| if request.operation.starts_with("jumio.") { Some((403, "{}".into())) } else { APPROVING(request) };

pub(crate) fn reference(number: u32) -> String {
    format!("11111111-1111-4111-8111-{number:012}")
}

/// What the two providers answer: Jumio with this result, biometric.kz with a pass.
pub(crate) fn body_for(request: &HttpRequest, result: &str) -> String {
    let named = request.url.rsplit('/').next().unwrap_or_default();
    match request.operation.as_str() {
        "jumio.initiate" => initiated(1),
        "jumio.retrieve" => json!({
            "transactionReference": named, "enrollmentTransactionReference": ENROLLMENT, "transactionResult": result,
        })
        .to_string(),
        "biometric_kz.create_session" => json!({"session_id": SESSION, "technologies": ["LDHP"]}).to_string(),
        "biometric_kz.fetch_result" => json!({
            "id": SESSION, "status": "FINISHED", "flow_session_result": true,
            "technologies": [{"name": "Liveness", "code": "LDHP"}], "liveness_result": {"result": true, "prediction": "0.9"},
        })
        .to_string(),
        _ => "{}".into(),
    }
}

pub(crate) fn initiated(number: u32) -> String {
    json!({
        "timestamp": "2026-01-01T00:00:00.000Z", "transactionReference": reference(number),
        "redirectUrl": "https://lon.netverify.com/web/v4/app?authorizationToken=planted-bearer&locale=de",
    })
    .to_string()
}

/// The user comes back.
pub(crate) fn back() -> Input {
    let query = format!("transactionStatus=SUCCESS&transactionReference={}", reference(1));
    Input::Redirect { url: format!("https://merchant.example/back?{query}") }
}

/// Jumio calls back at the URL that the creation named.
pub(crate) fn callback(url: &str, number: u32) -> Input {
    let body = format!(
        "callBackType=NETVERIFY_AUTHENTICATION&transactionReference={}&enrollmentTransactionReference={ENROLLMENT}\
         &transactionResult=PASSED&scanSource=WEB&transactionDate=2026-01-01T00%3A00%3A00Z&callbackDate=2026-01-01T00%3A00%3A05Z",
        reference(number)
    );
    Input::Callback { url: url.into(), headers: Vec::new(), body: body.into_bytes() }
}
