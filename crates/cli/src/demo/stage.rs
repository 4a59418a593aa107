//! The stage on which every scenario plays: a sandbox, a merchant, one account, a scripted user, and a virtual clock.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result, bail};
use futures_util::future::BoxFuture;
use idvkit::{
    Account, Config, HttpRequest, Input, Journey, Next, Outcome, Reject, Request, Seed, Session, UnixMillis,
    driver::{Answer, Ask, Driver, Verification},
};
use idvkit_http::{Client, Error, MemoryStore, Observed};
use idvkit_sandbox::{Control, Sandbox};
use serde_json::Value;

use super::{
    browser::{Browser, Host, User},
    cast::Cast,
    merchant::{Merchant, Order},
    record::Recording,
    timeline::{Party, Timeline, What},
};

/// A journey that takes more steps than this would never end.
const MAX_STEPS: usize = 2_000;

/// Everything that a scenario needs. Clones share it.
#[derive(Clone)]
pub struct Stage(Arc<Inner>);

struct Inner {
    sandbox: Sandbox,
    merchant: Merchant,
    cast: &'static Cast,
    config: Value,
    client: Client<MemoryStore>,
    browser: Browser,
    timeline: Timeline,
    seed: Seed,
    recordings: Recordings,
    cases: Mutex<Vec<Case>>,
}

/// What was told to each verification, by its id.
type Recordings = Arc<Mutex<HashMap<String, Recording>>>;

/// One verification on the stage. Clones are the same one.
#[derive(Clone)]
pub struct Case {
    stage: Stage,
    order: Order,
    client: Client<MemoryStore>,
    recording: Recording,
}

/// Where things are.
pub struct Places<'a> {
    /// The sandbox.
    pub sandbox: &'a str,
    /// Where the merchant takes callbacks.
    pub callbacks: &'a str,
    /// The merchant's page to which users come back.
    pub returns: &'a str,
}

impl Stage {
    /// Sets the stage for one scenario of one provider.
    ///
    /// # Errors
    /// If a server cannot be started, or the account is refused.
    pub async fn set(cast: &'static Cast, scenario: &str, seed: u64) -> Result<Self> {
        let settings = idvkit_sandbox::Config { seed, ..idvkit_sandbox::Config::default() };
        let sandbox = Sandbox::with(settings).await.context("the sandbox cannot start")?;
        let merchant = Merchant::start().await.context("the merchant's server cannot start")?;
        let (callbacks, returns) = (merchant.callbacks(), merchant.returns());
        let places = Places { sandbox: sandbox.base_url(), callbacks: &callbacks, returns: &returns };
        let config = (cast.config)(&places);
        sandbox.control().configure(|config| (cast.prepare)(config, &places));
        let account = Account::new(Config::from_json(&config.to_string())?)?;
        let clock = sandbox.control().clone();
        let (timeline, recordings) = (Timeline::default(), Recordings::default());
        let client = Client::over(idvkit_http::builder().no_proxy().build()?, account, MemoryStore::default())
            .with_clock(move || UnixMillis(clock.now()))
            .with_observer(observer(timeline.clone(), recordings.clone(), sandbox.control().clone()));
        merchant.use_client(client.clone());
        // Any 32 bytes that are not all the same will do: a demo repeats exactly.
        let mut own = [7_u8; 32];
        own[..8].copy_from_slice(&seed.to_be_bytes());
        let seed = Seed::new(&Seed::new(&own)?.derive(scenario, 0))?;
        let (browser, cases) = (Browser::new()?, Mutex::default());
        let inner = Inner { sandbox, merchant, cast, config, client, browser, timeline, seed, recordings, cases };
        Ok(Self(Arc::new(inner)))
    }

    /// Opens the usual session of this provider.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn open(&self) -> Result<Case> {
        self.open_with(&Value::Null).await
    }

    /// Opens the usual session, and its user comes to the merchant's page.
    ///
    /// # Errors
    /// If it is refused, or there is no journey to present.
    pub async fn begin(&self) -> Result<(Case, User)> {
        let case = self.open().await?;
        let user = case.present().await?;
        Ok((case, user))
    }

    /// Opens the usual session, and its user goes on to the provider's first page.
    ///
    /// # Errors
    /// If it is refused, or the user cannot get there.
    pub async fn enter(&self) -> Result<(Case, User)> {
        let (case, user) = self.begin().await?;
        Ok((case, (self.cast().enter)(user).await?))
    }

    /// Opens a session with some members of the usual request replaced.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn open_with(&self, changes: &Value) -> Result<Case> {
        let (callbacks, returns) = (self.merchant().callbacks(), self.merchant().returns());
        let places = Places { sandbox: self.sandbox_url(), callbacks: &callbacks, returns: &returns };
        let mut request = (self.0.cast.request)(&places);
        if let (Value::Object(request), Value::Object(changes)) = (&mut request, changes) {
            request.extend(changes.clone());
        }
        let number = u32::try_from(self.cases().len())?;
        let seed = Seed::new(&self.0.seed.derive("session", number))?;
        let now = self.now();
        let name = format!("order-{}", number + 1);
        let plan = Request::from_json(&request.to_string())?;
        let mut driver = Driver::begin(self.0.client.accounts(), plan, seed.clone(), &name, now)?;
        self.0.client.run(&mut driver).await?;
        let Ask::Heard { id: Some(id) } = driver.ask() else { bail!("nothing was begun") };
        let order = Order { name: name.clone(), id: id.clone() };
        self.log(Party::Merchant, Party::Merchant, What::Opened { order: name });
        let recording = Recording::new(self.0.config.clone(), request, seed, now);
        lock(&self.0.recordings).insert(order.id.clone(), recording.clone());
        self.0.merchant.add(order.clone());
        let case = Case { stage: self.clone(), order, client: self.0.client.clone(), recording };
        lock(&self.0.cases).push(case.clone());
        Ok(case)
    }

    /// The code with which a changed request is refused before anything is sent, and whether its text names all of
    /// these.
    ///
    /// # Errors
    /// If it is not refused.
    pub async fn refusal(&self, changes: &Value, names: &[&str]) -> Result<(String, bool)> {
        match self.open_with(changes).await {
            Ok(_) => bail!("the request was not refused"),
            Err(error) => {
                let reject = error.downcast::<Reject>()?;
                let text = reject.to_string();
                Ok((reject.code().to_string(), names.iter().all(|name| text.contains(name))))
            }
        }
    }

    /// The provider's side of the scenarios.
    pub fn cast(&self) -> &'static Cast {
        self.0.cast
    }

    /// The sandbox's controls.
    pub fn control(&self) -> &Control {
        self.0.sandbox.control()
    }

    /// The browser, for strangers.
    pub fn browser(&self) -> &Browser {
        &self.0.browser
    }

    /// The merchant's server.
    pub fn merchant(&self) -> &Merchant {
        &self.0.merchant
    }

    /// Where the sandbox is.
    pub fn sandbox_url(&self) -> &str {
        self.0.sandbox.base_url()
    }

    /// The sessions so far, oldest first.
    pub fn cases(&self) -> Vec<Case> {
        lock(&self.0.cases).clone()
    }

    /// What happened so far.
    pub fn timeline(&self) -> &Timeline {
        &self.0.timeline
    }

    /// The virtual time.
    pub fn now(&self) -> UnixMillis {
        UnixMillis(self.control().now())
    }

    /// Lets so much virtual time pass.
    pub async fn pass(&self, ms: i64) {
        self.control().advance(ms).await;
    }

    /// Lets callbacks that are due now arrive.
    pub async fn settle(&self) {
        self.control().settle().await;
    }

    /// How many requests for an operation the sandbox has seen.
    pub fn requests(&self, operation: &str) -> usize {
        self.control().log().iter().filter(|entry| entry.operation == operation).count()
    }

    /// Makes sure of something, and says so in the timeline.
    #[expect(clippy::needless_pass_by_value, reason = "a line of a scenario reads best with plain values")]
    pub fn check<T: PartialEq + ToString>(&self, what: &str, expected: T, actual: T) {
        let passed = expected == actual;
        let (expected, actual) = (expected.to_string(), actual.to_string());
        let check = What::Check { what: what.into(), passed, expected, actual };
        self.log(Party::Merchant, Party::Merchant, check);
    }

    /// Adds a remark to the timeline.
    pub fn note(&self, text: &str) {
        self.log(Party::Merchant, Party::Merchant, What::Note { text: text.into() });
    }

    /// Adds to the timeline.
    pub fn log(&self, from: Party, to: Party, what: What) {
        self.0.timeline.push(self.now(), from, to, what);
    }

    /// Somebody posts something to the merchant; the status of the answer.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn stranger_posts(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Result<u16> {
        let url = format!("{}{path}", self.0.merchant.base());
        self.log(Party::Stranger, Party::Merchant, What::Note { text: "posts something forged".into() });
        self.0.browser.post(&url, headers, body.as_bytes().to_vec()).await
    }
}

/// Writes requests, answers and refusals down as they happen.
fn observer(timeline: Timeline, recordings: Recordings, clock: Control) -> impl Fn(Observed<'_>) + Send + Sync {
    move |observed| {
        let now = UnixMillis(clock.now());
        let heard = match observed {
            Observed::Heard { verification, news } => Some((verification, &news.input)),
            Observed::Refused { verification: Some(verification), input, .. } => Some((verification, input)),
            _ => None,
        };
        if let Some((verification, input)) = heard
            && let Some(recording) = lock(&recordings).get(verification.id())
        {
            recording.heard(now, input);
        }
        if let Some((from, to, what)) = What::observed(observed) {
            timeline.push(now, from, to, what);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Case {
    /// The stage that it plays on.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// What was told to it.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// The session as it is stored.
    ///
    /// # Errors
    /// Only if the stored text was tampered with.
    pub fn session(&self) -> Result<Session> {
        let row = self.client.store().row(&self.order.id).context("the stored verification")?;
        let mut verification = Verification::restore(self.client.accounts(), &row.snapshot)?;
        verification.supply(&self.client.store().blobs(&row));
        Ok(verification.session().clone())
    }

    /// Performs a request as it stands; what it comes to is not told yet.
    pub async fn send(&self, request: &HttpRequest) -> Input {
        let id = request.id.clone();
        let exclusive = request.cache.as_ref().map(|cache| cache.key.as_str());
        self.log(Party::Merchant, Party::Provider, What::Request { operation: request.operation.clone() });
        match self.client.exchange(request, exclusive).await {
            Some(Answer { status, headers, body }) => Input::HttpResponse { id, status, headers, body },
            None => Input::HttpFailed { id },
        }
    }

    /// The provider's newest id.
    ///
    /// # Errors
    /// If there is none yet.
    pub fn reference(&self) -> Result<String> {
        self.session()?.references().into_iter().next().context("no reference yet")
    }

    /// Does what the session asks for until the user, a wait or the end.
    ///
    /// # Errors
    /// If the session cannot be driven on.
    pub async fn advance(&self) -> Result<Next> {
        let next = self.client.advance(&self.order.id).await.map_err(explain)?;
        if let Some(what) = What::next(&next, self.stage.now()) {
            let to = if matches!(next, Next::Present { .. }) { Party::User } else { Party::Merchant };
            self.log(Party::Merchant, to, what);
        }
        Ok(next)
    }

    /// The user comes to the merchant's page, which presents the journey.
    ///
    /// # Errors
    /// If there is no journey to present.
    pub async fn present(&self) -> Result<User> {
        let next = self.advance().await?;
        if !matches!(next, Next::Present { .. }) {
            bail!("there is no journey to present now");
        }
        let browser = self.stage.0.browser.clone();
        let page = browser.open(&self.page_url(), false).await?;
        let journey = page.data("data-journey").into_iter().next();
        let (_, journey) = journey.with_context(|| format!("no journey on the merchant's page “{}”", page.title()))?;
        Ok(User::new(Arc::new(self.clone()), browser, Journey::from_json(&journey)?))
    }

    /// The user comes, takes the usual way, and does everything right.
    ///
    /// # Errors
    /// If the user cannot get through.
    pub async fn walk(&self) -> Result<()> {
        let user = self.present().await?;
        (self.stage.0.cast.walk)(user).await
    }

    /// Tells the session something: `heard`, or the code of its refusal.
    ///
    /// # Errors
    /// If the session cannot be stored.
    pub async fn tell(&self, input: Input) -> Result<&'static str> {
        match self.client.tell(&self.order.id, input).await {
            Ok(()) => Ok("heard"),
            Err(Error::Reject(reject)) => Ok(reject.code().as_str()),
            Err(other) => Err(explain(other)),
        }
    }

    /// Asks for another attempt, which has to be granted.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn retry(&self) -> Result<()> {
        match self.tell(Input::Retry).await? {
            "heard" => Ok(()),
            code => bail!("Retry was refused: {code}"),
        }
    }

    /// Waits on the virtual clock, as a worker does, until the session is over.
    ///
    /// # Errors
    /// If it never is.
    pub async fn wait_for_outcome(&self) -> Result<Outcome> {
        for _ in 0..MAX_STEPS {
            match self.advance().await? {
                Next::Done { outcome, .. } => {
                    if let Some(evidence) = self.session()?.evidence() {
                        self.log(Party::Merchant, Party::Merchant, What::evidence(&evidence));
                    }
                    return Ok(outcome);
                }
                Next::Present { until, .. } | Next::Wait { until, .. } => self.sleep_until(until).await?,
                Next::Send { .. } => bail!("advance never stops at a request"),
            }
        }
        bail!("the session did not end within {MAX_STEPS} steps")
    }

    /// Waits on the virtual clock until the session may be asked again, or heard something.
    ///
    /// # Errors
    /// If the moment is not in the future.
    pub async fn sleep_until(&self, until: UnixMillis) -> Result<()> {
        let before = self.session()?.revision();
        if until <= self.stage.now() {
            bail!("the session asks to wait for a moment that has passed");
        }
        while self.stage.now() < until && self.session()?.revision() == before {
            let left = until.since(self.stage.now());
            self.stage.pass((left / 300).clamp(1_000, 60_000).min(left)).await;
        }
        Ok(())
    }

    /// Where the user starts.
    pub fn page_url(&self) -> String {
        format!("{}/verify/{}", self.stage.0.merchant.base(), self.order.name)
    }

    /// Adds to the timeline.
    pub fn log(&self, from: Party, to: Party, what: What) {
        self.stage.log(from, to, what);
    }
}

impl Host for Case {
    fn log(&self, from: Party, to: Party, what: What) {
        self.stage.log(from, to, what);
    }

    fn hint_url(&self) -> String {
        format!("{}/idv/hints/{}", self.stage.0.merchant.base(), self.order.name)
    }

    fn is_own_page(&self, url: &str) -> bool {
        url.starts_with(self.stage.0.merchant.base())
    }

    /// This merchant's return page is made by its server, which has read the URL.
    fn returned<'a>(&'a self, _url: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn hand_in<'a>(&'a self, slot: &'a str, image: &'a [u8]) -> BoxFuture<'a, Result<u16>> {
        let url = format!("{}/idv/images/{}/{slot}", self.stage.0.merchant.base(), self.order.name);
        Box::pin(async move { self.stage.0.browser.post(&url, &[], image.to_vec()).await })
    }

    fn go_on(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { self.advance().await.map(drop) })
    }

    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.stage.settle())
    }
}

fn explain<E: std::fmt::Debug + std::fmt::Display + Send + Sync + 'static>(error: Error<E>) -> anyhow::Error {
    anyhow::Error::from(error)
}

/// What workers do that scenarios play by hand.
impl Case {
    /// Loads the session, as a worker does that has not yet stored anything, and says which request it asks for.
    ///
    /// # Errors
    /// If it asks for none.
    pub fn wanted_request(&self) -> Result<HttpRequest> {
        match self.session()?.next(self.stage.now()) {
            Next::Send { request } => Ok(request),
            _ => bail!("the session asks for no request now"),
        }
    }

    /// The request that begins the flow at the provider. What all sessions share, an access token, is fetched before.
    ///
    /// # Errors
    /// As [`wanted_request`](Self::wanted_request).
    pub async fn first_request(&self) -> Result<HttpRequest> {
        loop {
            let request = self.wanted_request()?;
            if request.cache.is_none() {
                return Ok(request);
            }
            self.tell(self.send(&request).await).await?;
        }
    }

    /// The same session on an account whose configuration has some members replaced: as if it had been so all along.
    ///
    /// # Errors
    /// If the configuration is refused, or belongs to another account.
    pub fn under(&self, changes: &Value) -> Result<Self> {
        let config = self.recording.reconfigure(changes);
        let account = Account::new(Config::from_json(&config.to_string())?)?;
        let client = self.client.clone().with_accounts(account);
        self.stage.0.merchant.use_client(client.clone());
        let case = Self { client, ..self.clone() };
        case.session()?;
        let mut cases = lock(&self.stage.0.cases);
        cases.iter_mut().filter(|other| other.order.id == case.order.id).for_each(|other| *other = case.clone());
        Ok(case)
    }
}
