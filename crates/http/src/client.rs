//! The client: a loop around the driver.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use idvkit::{
    HttpRequest, Input, Next, Outcome, Reject, Seed, UnixMillis,
    driver::{Accounts, Answer, Ask, Delivery, Driver, News, Plan, Tokens, Told, Verification},
};

use crate::{exchange, store::Store};

/// Drives verifications with reqwest and a store. Clone it freely: clones share connections, cached tokens and the
/// queue for them.
#[derive(Clone)]
pub struct Client<S> {
    accounts: Accounts,
    store: S,
    http: reqwest::Client,
    tokens: Arc<Mutex<Tokens>>,
    turns: Arc<Mutex<HashMap<String, Turn>>>,
    clock: Arc<dyn Fn() -> UnixMillis + Send + Sync>,
    observer: Arc<dyn Fn(Observed<'_>) + Send + Sync>,
    act: Option<Act>,
}

type Turn = Arc<tokio::sync::Mutex<()>>;
type Act = Arc<dyn Fn(Ended) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// A verification that has ended, which the host has to act on.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How the verification ended.
    pub outcome: Outcome,
    /// The delivery of the outcome: act once for each delivery id.
    pub delivery: Delivery,
    /// The verification, with its id, your key and the evidence.
    pub verification: Verification,
}

/// An event of a client, for a timeline, metrics or a recording. `Debug` prints no secret.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Observed<'a> {
    /// A request is about to be sent, or to be answered from the cache.
    Sending {
        /// The verification that sends it.
        verification: &'a Verification,
        /// The request.
        request: &'a HttpRequest,
    },
    /// A request was sent, and its answer came, or did not come. A request that was answered from the cache is not
    /// reported.
    Exchanged {
        /// The verification that sent it.
        verification: &'a Verification,
        /// The request.
        request: &'a HttpRequest,
        /// The status of the answer; `None` if no answer came.
        status: Option<u16>,
        /// The time from sending to the end of the answer.
        duration: Duration,
    },
    /// A session has heard an input, and the store holds the result; or the input was dropped, because another worker
    /// stored a change first.
    Heard {
        /// The verification after the input.
        verification: &'a Verification,
        /// The input, and whether it was dropped.
        news: &'a News,
    },
    /// A verification refused an input.
    Refused {
        /// The verification, if it is known.
        verification: Option<&'a Verification>,
        /// The input that was refused.
        input: &'a Input,
        /// Why it was refused.
        reject: &'a Reject,
    },
}

impl<S: Store> Client<S> {
    /// A client with TLS by rustls, on the system's clock.
    ///
    /// # Errors
    /// A [`reqwest::Error`] if the TLS roots of the system cannot be loaded.
    pub fn new(accounts: impl Into<Accounts>, store: S) -> Result<Self, reqwest::Error> {
        Ok(Self::over(exchange::builder().build()?, accounts, store))
    }

    /// A client over your own reqwest client. Build that from [`builder`](crate::builder), so that it follows no
    /// redirects.
    pub fn over(http: reqwest::Client, accounts: impl Into<Accounts>, store: S) -> Self {
        let (clock, observer) = (Arc::new(system_clock), Arc::new(|_: Observed<'_>| {}));
        let (tokens, turns, act) = (Arc::default(), Arc::default(), None);
        Self { accounts: accounts.into(), store, http, tokens, turns, clock, observer, act }
    }

    /// The same client with another clock, for tests with virtual time.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> UnixMillis + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// The same client, which reports every event to `observer`.
    #[must_use]
    pub fn with_observer(self, observer: impl Fn(Observed<'_>) + Send + Sync + 'static) -> Self {
        Self { observer: Arc::new(observer), ..self }
    }

    /// The same client, which delivers the outcome of every verification that it begins to `act`. A delivery is
    /// repeated until `act` returns `true`, so it may come more than once. Without this, [`advance`](Self::advance)
    /// returns the outcome.
    #[must_use]
    pub fn on_outcome<F: Future<Output = bool> + Send + 'static>(
        self,
        act: impl Fn(Ended) -> F + Send + Sync + 'static,
    ) -> Self {
        Self { act: Some(Arc::new(move |ended| Box::pin(act(ended)))), ..self }
    }

    /// Begins a verification and returns its id. If one with this key exists, returns the id of that. Nothing is sent
    /// yet.
    ///
    /// # Errors
    /// If the plan is refused, or the store fails.
    pub async fn begin(&self, plan: impl Into<Plan>, key: &str) -> Result<String, Error<S::Error>> {
        let plan = plan.into();
        let plan = Plan { deliver: plan.deliver || self.act.is_some(), ..plan };
        let seed = Seed::new(&rand::random::<[u8; 32]>())?;
        let mut driver = Driver::begin(&self.accounts, plan, seed, key, self.now())?;
        self.run(&mut driver).await?;
        Ok(heard(&driver).expect("what is begun has an id"))
    }

    /// Does everything that can be done now, and returns what the verification then needs: `Next::Present`,
    /// `Next::Wait` or `Next::Done`.
    ///
    /// # Errors
    /// If there is no such verification, the store fails, the clock is out of range, or other workers keep winning.
    pub async fn advance(&self, id: &str) -> Result<Next, Error<S::Error>> {
        let mut driver = Driver::advance(&self.accounts, id);
        self.run(&mut driver).await?;
        match driver.ask() {
            Ask::Rest { next } => Ok(next.clone()),
            _ => unreachable!("an advance comes to rest"),
        }
    }

    /// Hands an input to a verification. What follows from it is done by the next [`advance`](Self::advance), which a
    /// worker calls.
    ///
    /// # Errors
    /// [`Error::Reject`] if the input is refused.
    pub async fn tell(&self, id: &str, input: Input) -> Result<(), Error<S::Error>> {
        self.hand(Driver::tell(&self.accounts, id, input.clone()), &input).await.map(drop)
    }

    /// Hands a callback or redirect to the verification that it belongs to, and returns its id; `None` if the input is
    /// genuine and belongs to no verification. If each account has its own URL, pass the account's name as `from`.
    ///
    /// # Errors
    /// [`Error::Reject`] if the sender cannot be trusted, or the input is refused.
    pub async fn hear(&self, from: Option<&str>, input: Input) -> Result<Option<String>, Error<S::Error>> {
        self.hand(Driver::hear(&self.accounts, from, input.clone(), self.now())?, &input).await
    }

    /// Runs a driver: does what it asks until there is nothing more to do.
    ///
    /// # Errors
    /// If the store fails, or the driver refuses what it is told.
    pub async fn run(&self, driver: &mut Driver) -> Result<(), Error<S::Error>> {
        loop {
            let told = match driver.ask() {
                Ask::Load { by, blobs } => {
                    let (snapshot, blobs) = self.store.load(by, blobs).await.map_err(Error::Store)?;
                    Told::Loaded { snapshot, blobs }
                }
                Ask::Store { row, expected, blobs } => {
                    Told::Stored { stored: self.store.store(row, *expected, blobs).await.map_err(Error::Store)? }
                }
                Ask::Exchange { request, exclusive } => {
                    if let Some(verification) = driver.verification() {
                        (self.observer)(Observed::Sending { verification, request });
                    }
                    let (answer, duration) = self.timed(request, exclusive.as_deref()).await;
                    if let (Some(verification), Some(duration)) = (driver.verification(), duration) {
                        let status = answer.as_ref().map(|answer| answer.status);
                        (self.observer)(Observed::Exchanged { verification, request, status, duration });
                    }
                    Told::Exchanged { answer }
                }
                Ask::Deliver { delivery, outcome, .. } => match (&self.act, driver.verification().cloned()) {
                    (Some(act), Some(verification)) => {
                        let (outcome, delivery) = (outcome.clone(), delivery.clone());
                        Told::Delivered { delivered: act(Ended { outcome, delivery, verification }).await }
                    }
                    _ => Told::Delivered { delivered: false },
                },
                Ask::Rest { .. } | Ask::Heard { .. } => return Ok(()),
            };
            driver.told(told, self.now())?;
            if let Some(verification) = driver.verification() {
                driver.news().iter().for_each(|news| (self.observer)(Observed::Heard { verification, news }));
            }
        }
    }

    /// Performs one request once, or answers it from the cache. `None` if no answer came.
    pub async fn exchange(&self, request: &HttpRequest, exclusive: Option<&str>) -> Option<Answer> {
        self.timed(request, exclusive).await.0
    }

    /// The same, and how long it took if it was sent.
    async fn timed(&self, request: &HttpRequest, exclusive: Option<&str>) -> (Option<Answer>, Option<Duration>) {
        let turn = exclusive.map(|key| lock(&self.turns).entry(key.to_owned()).or_default().clone());
        let _turn = match &turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        let kept = exclusive.and_then(|_| lock(&self.tokens).kept(request, self.now()));
        if kept.is_some() {
            return (kept, None);
        }
        let begun = Instant::now();
        let answer = exchange::send(&self.http, request).await;
        let duration = begun.elapsed();
        if let (Some(_), Some(answer)) = (exclusive, &answer) {
            lock(&self.tokens).keep(request, answer, self.now());
        }
        (answer, Some(duration))
    }

    /// Loads a verification from the store with its evidence, to inspect it.
    ///
    /// # Errors
    /// If the store fails, or the stored text cannot be read.
    pub async fn verification(&self, id: &str) -> Result<Option<Verification>, Error<S::Error>> {
        let mut driver = Driver::inspect(&self.accounts, id);
        self.run(&mut driver).await?;
        Ok(driver.verification().cloned())
    }

    /// The same client with other accounts.
    #[must_use]
    pub fn with_accounts(self, accounts: impl Into<Accounts>) -> Self {
        Self { accounts: accounts.into(), ..self }
    }

    /// The same client over another store. Both share connections, cached tokens and the queue for them.
    #[must_use]
    pub fn with_store<T: Store>(self, store: T) -> Client<T> {
        let Self { accounts, store: _, http, tokens, turns, clock, observer, act } = self;
        Client { accounts, store, http, tokens, turns, clock, observer, act }
    }

    /// The same client over another reqwest client: see [`over`](Self::over).
    #[must_use]
    pub fn with_http(self, http: reqwest::Client) -> Self {
        Self { http, ..self }
    }

    /// The accounts of this client.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The store of this client.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The time on this client's clock.
    pub fn now(&self) -> UnixMillis {
        (self.clock)()
    }

    async fn hand(&self, mut driver: Driver, input: &Input) -> Result<Option<String>, Error<S::Error>> {
        let told = self.run(&mut driver).await;
        if let Err(Error::Reject(reject)) = &told {
            (self.observer)(Observed::Refused { verification: driver.verification(), input, reject });
        }
        told.map(|()| heard(&driver))
    }
}

impl<S> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("accounts", &self.accounts).finish_non_exhaustive()
    }
}

/// Why a call of the client failed.
#[derive(Debug)]
pub enum Error<E> {
    /// The store failed.
    Store(E),
    /// The input, the plan or the stored text was refused.
    Reject(Reject),
}

impl<E> From<Reject> for Error<E> {
    fn from(reject: Reject) -> Self {
        Self::Reject(reject)
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => write!(f, "the store failed: {error}"),
            Self::Reject(reject) => reject.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for Error<E> {}

fn heard(driver: &Driver) -> Option<String> {
    match driver.ask() {
        Ask::Heard { id } => id.clone(),
        _ => None,
    }
}

fn system_clock() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
