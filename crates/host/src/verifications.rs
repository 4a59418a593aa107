//! The kit: what a host calls.

use std::{error, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use idvkit::{
    Input, Journey, Next, Outcome, Reject, Seed, UnixMillis,
    driver::{Accounts, Driver, Plan, Verification},
};
use idvkit_http::{Client, Ended};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::{Notify, broadcast};

use crate::{
    drive::Rows,
    event::{Event, What},
    store::{Database, Filter, StoreError, Summary},
};

/// Why `on_outcome` could not act. idvkit does not log its text.
pub type ActError = Box<dyn error::Error + Send + Sync>;

/// How many changes somebody who watches verifications may be behind.
const MAX_BEHIND: usize = 1024;

pub(crate) type Act = Arc<dyn Fn(Ended) -> Pin<Box<dyn Future<Output = Result<(), ActError>> + Send>> + Send + Sync>;
pub(crate) type Observer = Arc<dyn Fn(&Event) + Send + Sync>;
pub(crate) type PagePath = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// Hosts verifications: begins them, advances them, and calls you with their outcomes. Clone it freely.
#[derive(Clone)]
pub struct Verifications {
    pub(crate) client: Client<Rows>,
    pub(crate) database: Database,
    pub(crate) act: Option<Act>,
    pub(crate) observer: Observer,
    pub(crate) page: Option<PagePath>,
    pub(crate) origins: Arc<[String]>,
    /// How long after the end it is erased, in milliseconds.
    pub(crate) retention: Option<i64>,
    /// The ids of verifications that this process has changed.
    pub(crate) changed: broadcast::Sender<String>,
    /// Wakes a worker of this process: something may be due.
    pub(crate) wake: Arc<Notify>,
}

/// What the user of a verification has to see. Its JSON is what the route `state` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct State {
    /// The verification's id.
    pub id: String,
    /// What to show.
    #[serde(flatten)]
    pub shown: Shown,
}

/// What the user has to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Shown {
    /// The journey.
    Journey {
        /// What `<idv-journey>` shows.
        journey: Journey,
        /// When the server looks again at the latest.
        until: UnixMillis,
    },
    /// That the provider decides.
    Waiting {
        /// When the server looks again at the latest.
        until: UnixMillis,
    },
    /// The end.
    Done {
        /// How it ended, without evidence.
        outcome: Outcome,
    },
}

impl Verifications {
    /// Hosts the verifications of these accounts in this database.
    ///
    /// `on_outcome` gets the outcome of every verification. It is called again, after growing pauses of up to an hour,
    /// until it returns `Ok`, also after a crash: so act once for each `delivery.id`. If a verdict comes after an end
    /// without one, it is called with a new delivery, which says which one it replaces.
    ///
    /// # Errors
    /// A [`reqwest::Error`] if the TLS roots of the system cannot be loaded.
    pub fn new<F: Future<Output = Result<(), ActError>> + Send + 'static>(
        accounts: impl Into<Accounts>,
        database: Database,
        on_outcome: impl Fn(Ended) -> F + Send + Sync + 'static,
    ) -> Result<Self, reqwest::Error> {
        let act: Act = Arc::new(move |ended| Box::pin(on_outcome(ended)));
        Ok(Self { act: Some(act), ..Self::without_act(accounts, database)? })
    }

    /// The same without `on_outcome`: the outcomes wait until another process on this database acts on them. For programs that
    /// only advance, list, retry or erase verifications.
    ///
    /// # Errors
    /// A [`reqwest::Error`] if the TLS roots of the system cannot be loaded.
    pub fn without_act(accounts: impl Into<Accounts>, database: Database) -> Result<Self, reqwest::Error> {
        let (changed, wake) = (broadcast::channel(MAX_BEHIND).0, Arc::<Notify>::default());
        let observer: Observer = Arc::new(|_: &Event| {});
        let rows = Rows::new(&database, &changed, &wake);
        let client = Client::new(accounts, rows)?;
        let (act, page, origins, retention) = (None, None, Arc::default(), None);
        Ok(Self { client, database, act, observer, page, origins, retention, changed, wake })
    }

    /// The same, with `path` as the page that shows a verification, for its id: that is where a user goes who comes back
    /// from a provider's page. By default it is the kit's own plain page.
    #[must_use]
    pub fn with_page(self, path: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self { page: Some(Arc::new(path)), ..self }
    }

    /// The same, which accepts browsers' posts from these origins, such as `https://www.shop.example`, besides its own.
    #[must_use]
    pub fn with_origins<O: Into<String>>(self, origins: impl IntoIterator<Item = O>) -> Self {
        Self { origins: origins.into_iter().map(Into::into).collect(), ..self }
    }

    /// The same, whose worker erases evidence and personal data, here and at the provider, so long after the end.
    #[must_use]
    pub fn with_retention(self, after: Duration) -> Self {
        Self { retention: Some(i64::try_from(after.as_millis()).unwrap_or(i64::MAX)), ..self }
    }

    /// The same, which calls `observer` with every event. It must return at once.
    #[must_use]
    pub fn with_observer(self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self { observer: Arc::new(observer), ..self }
    }

    /// The same over your own HTTP client. Build that from [`idvkit_http::builder`].
    #[must_use]
    pub fn with_http(self, http: reqwest::Client) -> Self {
        Self { client: self.client.with_http(http), ..self }
    }

    /// The same with another clock, for tests with virtual time.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> UnixMillis + Send + Sync + 'static) -> Self {
        Self { client: self.client.with_clock(clock), ..self }
    }

    /// Begins a verification for a user and returns its id. If one with this key exists, returns the id of that.
    ///
    /// `key` is your own name of the verification, such as an order number; `subject` your own name of the user, who
    /// alone may see it. Nothing is sent yet: that happens when the user's page asks for the state, or a worker looks.
    ///
    /// # Errors
    /// If the plan is refused, or the database fails.
    pub async fn begin(&self, plan: impl Into<Plan>, key: &str, subject: &str) -> Result<String, Error> {
        let seed = Seed::new(&crate::drive::random()?)?;
        let plan = Plan { deliver: true, ..plan.into() };
        let driver = Driver::begin(self.accounts(), plan, seed, key, self.now())?;
        let driver = self.drive(driver, Some(subject)).await?;
        Ok(driver.verification().expect("what is begun is there").id().into())
    }

    /// Does everything for a verification that can be done now, and returns what its user has to see.
    ///
    /// # Errors
    /// `verification_unknown`; `conflict` if other workers keep winning; if the database fails.
    pub async fn state(&self, id: &str) -> Result<State, Error> {
        let next = self.advance(id).await?.0;
        let shown = match next {
            Next::Present { journey, until } => Shown::Journey { journey, until },
            Next::Wait { until, .. } => Shown::Waiting { until },
            Next::Done { outcome, .. } => Shown::Done { outcome },
            Next::Send { .. } => Shown::Waiting { until: self.now() },
        };
        Ok(State { id: id.into(), shown })
    }

    /// Hands an input to a verification, such as a hint or images. What follows from it is done when its state is asked for, or
    /// by a worker.
    ///
    /// # Errors
    /// If the input is refused, or the database fails.
    pub async fn tell(&self, id: &str, input: Input) -> Result<(), Error> {
        let driver = Driver::tell(self.accounts(), id, input.clone());
        self.told(driver, &input).await.1.map(drop)
    }

    /// Begins another attempt, or the failed request again.
    ///
    /// # Errors
    /// `retry_refused` if the provider's rules do not allow it; `verification_unknown`; if the database fails.
    pub async fn retry(&self, id: &str) -> Result<(), Error> {
        self.tell(id, Input::Retry).await
    }

    /// Erases a verification's evidence and personal data here, and at the provider if it can delete them. The outcome
    /// stays.
    ///
    /// # Errors
    /// `verification_unknown`; if the database fails.
    pub async fn erase(&self, id: &str, at_provider: bool) -> Result<(), Error> {
        self.erased(id, at_provider, "host").await
    }

    /// The verification with its evidence, which must stay on the server; `None` if there is no such verification.
    ///
    /// # Errors
    /// If its stored text cannot be used, or the database fails.
    pub async fn verification(&self, id: &str) -> Result<Option<Verification>, Error> {
        let driver = self.drive(Driver::inspect(self.accounts(), id), None).await?;
        Ok(driver.verification().cloned())
    }

    /// Lists verifications, the newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Summary>, StoreError> {
        self.database.list(filter).await
    }

    /// The events of a verification, oldest first: see [`Database::timeline`].
    ///
    /// # Errors
    /// If the database fails.
    pub async fn timeline(&self, id: &str) -> Result<Option<Vec<Value>>, StoreError> {
        self.database.timeline(id).await
    }

    /// The verifications whose outcome waits for `on_outcome` to return: see [`Database::undelivered`].
    ///
    /// # Errors
    /// If the database fails.
    pub async fn undelivered(&self) -> Result<Vec<Summary>, StoreError> {
        self.database.undelivered().await
    }

    /// The accounts.
    pub fn accounts(&self) -> &Accounts {
        self.client.accounts()
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The time on the kit's clock.
    pub fn now(&self) -> UnixMillis {
        self.client.now()
    }

    pub(crate) async fn erased(&self, id: &str, at_provider: bool, by: &'static str) -> Result<(), Error> {
        self.tell(id, Input::Erase { at_provider }).await?;
        if self.database.mark_erased(id, self.now()).await? {
            self.happened(id, What::Erased { by }).await?;
        }
        Ok(())
    }

    async fn happened(&self, id: &str, what: What) -> Result<(), Error> {
        let event = Event { verification: id.into(), at: self.now(), what };
        event.publish(&self.observer);
        Ok(self.database.record(&[event]).await?)
    }
}

impl fmt::Debug for Verifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifications").field("accounts", self.accounts()).finish_non_exhaustive()
    }
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// The input, the plan or the stored text was refused.
    #[error("{0}")]
    Reject(Reject),
}

impl From<Reject> for Error {
    fn from(reject: Reject) -> Self {
        Self::Reject(reject)
    }
}

impl From<idvkit_http::Error<StoreError>> for Error {
    fn from(error: idvkit_http::Error<StoreError>) -> Self {
        match error {
            idvkit_http::Error::Store(error) => Self::Store(error),
            idvkit_http::Error::Reject(reject) => Self::Reject(reject),
        }
    }
}
