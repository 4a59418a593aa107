//! One run of a driver: with the store, the events, and the host's act.

use std::{
    mem, panic,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use idvkit::{
    Input, Next, Reject, RejectCode, UnixMillis,
    driver::{Ask, Blob, By, Driver, Row},
};
use idvkit_http::{Client, Ended, Observed, Store};
use tokio::sync::{Notify, broadcast};

use crate::{
    event::{Event, What},
    store::{Change, Database, StoreError},
    verifications::{Act, Error, Observer, Verifications},
};

impl Verifications {
    /// Runs a driver to its end, also if the caller stops waiting: a browser that is closed must not leave a claim behind, for
    /// which everybody else would wait. `subject` is for a new row.
    pub(crate) async fn drive(&self, driver: Driver, subject: Option<&str>) -> Result<Driver, Error> {
        let (driver, ran) = self.run(driver, subject, None).await;
        ran.map(|()| driver)
    }

    /// Runs a driver that hands over an input, and returns what the driver then knows, also after a reject.
    pub(crate) async fn told(&self, driver: Driver, input: &Input) -> (Driver, Result<(), Error>) {
        self.run(driver, None, Some(input.clone())).await
    }

    /// Does everything that can be done now. Returns what comes next, and the revision that was seen last.
    pub(crate) async fn advance(&self, id: &str) -> Result<(Next, i64), Error> {
        let driver = self.drive(Driver::advance(self.accounts(), id), None).await?;
        let revision = driver.verification().map_or(0, idvkit::driver::Verification::revision);
        match driver.ask() {
            Ask::Rest { next } => Ok((next.clone(), revision)),
            _ => unreachable!("an advance comes to rest"),
        }
    }

    async fn run(&self, driver: Driver, subject: Option<&str>, input: Option<Input>) -> (Driver, Result<(), Error>) {
        let (kit, subject) = (self.clone(), subject.map(Arc::from));
        let running = tokio::spawn(async move { kit.run_here(driver, subject, input).await });
        match running.await {
            Ok(ran) => ran,
            Err(broken) => match broken.try_into_panic() {
                Ok(panic) => panic::resume_unwind(panic),
                // The runtime shuts down: nobody waits any more.
                Err(_) => std::future::pending().await,
            },
        }
    }

    async fn run_here(
        &self,
        mut driver: Driver,
        subject: Option<Arc<str>>,
        input: Option<Input>,
    ) -> (Driver, Result<(), Error>) {
        let (client, notes) = self.client_for(subject);
        let ran = client.run(&mut driver).await.map_err(Error::from);
        let reject = match &ran {
            Err(Error::Reject(reject)) => Some(reject),
            _ => None,
        };
        if let (Some(input), Some(verification), true) = (input, driver.verification(), ran.is_ok() || reject.is_some())
        {
            notes.add(verification.id(), self.now(), What::told(&input, reject));
        }
        let left = notes.take();
        if let Err(error) = self.database.record(&left).await {
            tracing::warn!(%error, "events were not stored");
        }
        (driver, ran)
    }

    fn client_for(&self, subject: Option<Arc<str>>) -> (Client<Rows>, Notes) {
        let notes = Notes { observer: Some(self.observer.clone()), waiting: Arc::default() };
        let clock = self.client.clone();
        let rows = Rows {
            notes: notes.clone(),
            subject,
            now: Some(Arc::new(move || clock.now())),
            ..self.client.store().clone()
        };
        let (seen, clock) = (notes.clone(), self.client.clone());
        let observing = move |observed: Observed<'_>| {
            if let Observed::Exchanged { verification, request, status, duration } = observed {
                let operation = request.operation.as_str();
                let provider = operation.split('.').next().unwrap_or_default().to_owned();
                let duration = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
                let what = What::Exchange { provider, operation: operation.to_owned(), status, duration };
                seen.add(verification.id(), clock.now(), Some(what));
            }
        };
        let client = self.client.clone().with_store(rows).with_observer(observing);
        let client = match &self.act {
            Some(act) => {
                let (act, notes, clock) = (act.clone(), notes.clone(), self.client.clone());
                client.on_outcome(move |ended| {
                    let (act, notes, clock) = (act.clone(), notes.clone(), clock.clone());
                    async move { act_on(&act, ended, &notes, || clock.now()).await }
                })
            }
            None => client,
        };
        (client, notes)
    }
}

/// Calls the host. A panic of the host's counts as an attempt that failed.
async fn act_on(act: &Act, ended: Ended, notes: &Notes, now: impl Fn() -> UnixMillis) -> bool {
    let (id, delivery) = (ended.verification.id().to_owned(), ended.delivery.clone());
    let done = matches!(tokio::spawn(act(ended)).await, Ok(Ok(())));
    if !done {
        tracing::warn!(verification = id, delivery = delivery.id, "on_outcome failed; it is called again");
    }
    let what = What::Delivered { delivery: delivery.id, failures: delivery.failures, done };
    notes.add(&id, now(), Some(what));
    done
}

/// The events of one run that are not stored yet. The observer has them already.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    observer: Option<Observer>,
    waiting: Arc<Mutex<Vec<Event>>>,
}

impl Notes {
    fn add(&self, id: &str, at: UnixMillis, what: Option<What>) {
        let Some(what) = what else { return };
        let event = Event { verification: id.into(), at, what };
        self.tell(&event);
        self.waiting().push(event);
    }

    fn tell(&self, event: &Event) {
        if let Some(observer) = &self.observer {
            event.publish(observer);
        }
    }

    fn take(&self) -> Vec<Event> {
        mem::take(&mut self.waiting())
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Event>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The database as one run of a driver sees it.
#[derive(Clone)]
pub(crate) struct Rows {
    database: Database,
    changed: broadcast::Sender<String>,
    wake: Arc<Notify>,
    notes: Notes,
    subject: Option<Arc<str>>,
    now: Option<Arc<dyn Fn() -> UnixMillis + Send + Sync>>,
}

impl Rows {
    pub(crate) fn new(database: &Database, changed: &broadcast::Sender<String>, wake: &Arc<Notify>) -> Self {
        let (database, changed, wake) = (database.clone(), changed.clone(), wake.clone());
        Self { database, changed, wake, notes: Notes::default(), subject: None, now: None }
    }
}

impl Store for Rows {
    type Error = StoreError;

    async fn load(&self, by: &By, blobs: &[String]) -> Result<(Option<String>, Vec<Blob>), StoreError> {
        self.database.load(by, blobs).await
    }

    async fn store(&self, row: &Row, expected: Option<i64>, blobs: &[Blob]) -> Result<bool, StoreError> {
        let now = self.now.as_ref().map_or(UnixMillis(0), |now| now());
        let events = self.notes.take();
        let subject = self.subject.as_deref().unwrap_or_default();
        let change = Change { row, expected, blobs, subject, now, events: &events };
        let stored = self.database.store(&change).await;
        let Ok(Some(happened)) = stored else {
            // They are stored with the next change, or at the end.
            self.notes.waiting().splice(0..0, events);
            return stored.map(|_| false);
        };
        for what in happened {
            self.notes.tell(&Event { verification: row.id.clone(), at: now, what });
        }
        // Nobody may be watching.
        let _ = self.changed.send(row.id.clone());
        if row.due.is_some_and(|due| due <= now) {
            self.wake.notify_one();
        }
        Ok(true)
    }
}

/// 32 bytes of the system's random source.
pub(crate) fn random() -> Result<[u8; 32], Reject> {
    let mut bytes = [0; 32];
    let filled = aws_lc_rs::rand::fill(&mut bytes);
    filled.map_err(|_| Reject::new(RejectCode::SeedInvalid, "the system's random source failed; try again"))?;
    Ok(bytes)
}
