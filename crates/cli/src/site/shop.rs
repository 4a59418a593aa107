//! The merchant: opens sessions, drives them with the SDK, and acts on their ends. It decides nothing by itself.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use idvkit::{
    Account, Config, Decision, Input, Next, Outcome, Reject, Request, Seed, Session, UnixMillis,
    driver::{Accounts, Driver, Plan, Verification, id_of},
};
use idvkit_http::{Client, Ended, Error, Observed};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

use super::{
    flows::{NoSuch, Wish},
    ledger::{Ledger, Row},
    offer::{Opening, Told},
    sandbox::{Providers, callbacks},
};
use crate::{
    demo::{
        cast::casts,
        stage::Places,
        timeline::{Party, What, outcome_text},
    },
    providers::Provider,
};

/// After an accident of our own, such as a full disk, a session is looked at again so much later.
const AFTER_ACCIDENT_MS: i64 = 5_000;
/// Whom all sessions of a scene are about that needs several of the same person.
const ONE_PERSON: &str = "22222222-2222-4222-8222-222222222222";

/// The merchant's server without its HTTP.
pub(super) struct Shop {
    base: String,
    ledger: Ledger,
    providers: Arc<Providers>,
    client: Client<Ledger>,
    seed: Option<Seed>,
    /// Whoever drives a session in this process; other processes are kept apart by the claim and the swap.
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// The sandbox is told about "the next session": that has to be the one that is meant.
    starting: tokio::sync::Mutex<()>,
    work: Notify,
    news: Arc<watch::Sender<()>>,
}

/// The right to drive one session.
type Turn = tokio::sync::OwnedMutexGuard<()>;

/// Why the merchant says no.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A wish that cannot be had here.
    Wish(NoSuch),
    /// The session, or the request for one, was refused.
    Reject(Reject),
    /// There is no such session.
    Unknown,
    /// Something of our own is broken.
    Broken(anyhow::Error),
}

impl From<NoSuch> for Refusal {
    fn from(wish: NoSuch) -> Self {
        Self::Wish(wish)
    }
}

impl From<Reject> for Refusal {
    fn from(reject: Reject) -> Self {
        Self::Reject(reject)
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Reject>() {
            Ok(reject) => Self::Reject(reject),
            Err(error) => Self::Broken(error),
        }
    }
}

impl Shop {
    /// Opens the shop with one account for each provider.
    ///
    /// # Errors
    /// If an account is refused.
    pub(super) fn open(base: &str, ledger: Ledger, providers: Arc<Providers>, seed: Option<u64>) -> Result<Self> {
        let mut accounts = Accounts::default();
        for cast in casts() {
            let callbacks = callbacks(base, cast.provider.as_str());
            let returns = format!("{base}/return/unknown");
            let places = Places { sandbox: providers.base(), callbacks: &callbacks, returns: &returns };
            let account = Account::new(Config::from_json(&(cast.config)(&places).to_string())?)?;
            accounts = accounts.with(cast.provider.as_str(), account);
        }
        let book = Book { ledger: ledger.clone(), news: Arc::new(watch::Sender::new(())), clock: providers.clone() };
        let client = Client::over(idvkit_http::builder().no_proxy().build()?, accounts, ledger.clone());
        let client = book.clone().kept_by(client);
        let seed = seed.map(|seed| Seed::new(&spread(seed))).transpose()?;
        let (turns, starting, work) = (Mutex::default(), tokio::sync::Mutex::default(), Notify::new());
        Ok(Self { base: base.into(), ledger, providers, client, seed, turns, starting, work, news: book.news })
    }

    /// Opens a session as wished, and goes as far as it goes without the user.
    ///
    /// # Errors
    /// If the wish, the sandbox, the SDK or the database says no.
    pub(super) async fn start(self: &Arc<Self>, wish: Wish) -> Result<String, Refusal> {
        let (flow, scene, choice) = wish.resolve()?;
        let _alone = self.starting.lock().await;
        let number = self.ledger.count()? + 1;
        let seed = Seed::new(&self.random("seed", number))?;
        let id = id_of(&seed);
        let somebody = uuid(&self.random("person", number));
        let person = if scene.same_person { ONE_PERSON } else { somebody.as_str() };
        let returns = format!("{}/return/{id}", self.base);
        let callbacks = callbacks(&self.base, flow.cast.provider.as_str());
        let places = Places { sandbox: self.providers.base(), callbacks: &callbacks, returns: &returns };
        let request = flow.request(&Opening { locale: &choice.locale, places, person });
        let plan = Plan::from(Request::from_json(&request.to_string())?).delivered();
        let mut driver = Driver::begin(self.client.accounts(), plan, seed, &id, self.now())?;
        let told = Told { flow, person };
        let before = (Provider::of(flow.cast.provider).offer.before)(&told);
        // Nothing is said about a next session that is refused.
        for (path, body) in before.into_iter().chain(scene.calls(&told)) {
            self.providers.steer(path, &body).await?;
        }
        self.ledger.choose(&id, &choice, self.now().0)?;
        self.client.run(&mut driver).await.map_err(broken)?;
        self.log(&id, Party::Merchant, Party::Merchant, &What::Opened { order: format!("order-{number}") });
        // It is open by now. What goes wrong on its way stands in its timeline, and a worker tries again.
        drop(self.drive(&id).await);
        Ok(id)
    }

    /// Tells a session something. The worker sees to what follows from it.
    ///
    /// # Errors
    /// If there is no such session, or it refuses.
    pub(super) async fn tell(self: &Arc<Self>, id: &str, input: Input) -> Result<(), Refusal> {
        self.row(id)?;
        let erases = matches!(input, Input::Erase { .. });
        let told = self.client.tell(id, input).await;
        if erases {
            self.ledger.forget_deleted()?;
        }
        self.work.notify_one();
        told.map_err(broken)
    }

    /// Finds whose callback it is, and tells that session. A genuine one that is nobody's is heard and forgotten.
    ///
    /// # Errors
    /// If the sender cannot be trusted, or the session refuses.
    pub(super) async fn call_back(self: &Arc<Self>, provider: &str, input: Input) -> Result<(), Refusal> {
        if self.client.accounts().get(provider).is_none() {
            return Err(Refusal::Unknown);
        }
        self.client.hear(Some(provider), input).await.map_err(broken)?;
        self.work.notify_one();
        Ok(())
    }

    /// Does what a session asks for until the user, a wait or the end; says so in its timeline; acts on its end. After
    /// an accident a worker tries again a little later.
    ///
    /// # Errors
    /// If it cannot be driven on.
    pub(super) async fn drive(self: &Arc<Self>, id: &str) -> Result<()> {
        let turn = self.turn(id).lock_owned().await;
        self.drive_or_postpone(&turn, id).await
    }

    /// Drives all sessions that are due by now, and waits for them.
    ///
    /// # Errors
    /// If the database fails.
    pub(super) async fn drive_all_due(self: &Arc<Self>) -> Result<()> {
        let mut driven = tokio::task::JoinSet::new();
        for id in self.ledger.due(self.now().0)? {
            let shop = self.clone();
            // What went wrong stands in the session's timeline.
            driven.spawn(async move { drop(shop.drive(&id).await) });
        }
        driven.join_all().await;
        Ok(())
    }

    /// Sets out to drive all sessions that are due by now and that nobody drives, each on its own: one that hangs must
    /// not keep the others.
    ///
    /// # Errors
    /// If the database fails.
    pub(super) fn begin_all_due(self: &Arc<Self>) -> Result<()> {
        for id in self.ledger.due(self.now().0)? {
            let Ok(turn) = self.turn(&id).try_lock_owned() else { continue };
            let shop = self.clone();
            tokio::spawn(async move { drop(shop.drive_or_postpone(&turn, &id).await) });
        }
        Ok(())
    }

    /// Whoever holds it drives the session.
    fn turn(&self, id: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = lock(&self.turns);
        // Those that nobody has or waits for.
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        turns.entry(id.to_owned()).or_default().clone()
    }

    async fn drive_in(self: &Arc<Self>, _turn: &Turn, id: &str) -> Result<()> {
        let next = self.client.advance(id).await?;
        let verification = self.client.verification(id).await?.context("there is no such session")?;
        let (shown, entries) = told_of(&verification, &next, self.now());
        self.ledger.show(id, &shown, &entries)?;
        self.news.send_replace(());
        Ok(())
    }

    /// Waits for something to do, at most so long.
    pub(super) async fn idle(&self, most: std::time::Duration) {
        // Running into the time-out is the usual case.
        let _ = tokio::time::timeout(most, self.work.notified()).await;
    }

    /// Wakes the worker.
    pub(super) fn wake(&self) {
        self.work.notify_one();
    }

    /// Adds to a session's timeline. An entry that cannot be written must not stop the session.
    pub(super) fn log(&self, id: &str, from: Party, to: Party, what: &What) {
        log_to(&self.ledger, &self.news, id, self.now(), (from, to, what));
    }

    /// Adds a remark to a session's timeline.
    pub(super) fn note(&self, id: &str, from: Party, text: &str) {
        self.log(id, from, Party::Merchant, &What::Note { text: text.into() });
    }

    /// Tells when any timeline has grown.
    pub(super) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// The virtual time.
    pub(super) fn now(&self) -> UnixMillis {
        self.providers.now()
    }

    /// The providers' side.
    pub(super) fn providers(&self) -> &Providers {
        &self.providers
    }

    /// The database.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Such as `http://localhost:4100`.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// A row by its name.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn row(&self, id: &str) -> Result<Row, Refusal> {
        self.ledger.row(id)?.ok_or(Refusal::Unknown)
    }

    /// The session of a row.
    ///
    /// # Errors
    /// If it cannot be restored.
    pub(super) fn session(&self, row: &Row) -> Result<Session> {
        Ok(Verification::restore(self.client.accounts(), &row.snapshot)?.session().clone())
    }

    async fn drive_or_postpone(self: &Arc<Self>, turn: &Turn, id: &str) -> Result<()> {
        let Err(error) = self.drive_in(turn, id).await else { return Ok(()) };
        self.note(id, Party::Merchant, &format!("cannot go on: {error:#}"));
        let later = self.now().plus(AFTER_ACCIDENT_MS).0;
        let postponed = self.ledger.row(id).and_then(|row| {
            let Some(row) = row else { return Ok(()) };
            // What cannot even be restored is left alone until somebody changes it.
            self.ledger.postpone(id, self.session(&row).is_ok().then_some(later))
        });
        if let Err(error) = postponed {
            eprintln!("idvkit: the database of the demo fails: {error:#}");
        }
        Err(error)
    }

    /// 32 bytes: from the system's random source, or from the seed that was asked for.
    fn random(&self, purpose: &str, number: u32) -> [u8; 32] {
        self.seed.as_ref().map_or_else(rand::random, |seed| seed.derive(purpose, number))
    }
}

/// Where everything that happens is written down.
#[derive(Clone)]
struct Book {
    ledger: Ledger,
    news: Arc<watch::Sender<()>>,
    clock: Arc<Providers>,
}

impl Book {
    /// The client, which writes down all that it does, and what the merchant does about each end.
    fn kept_by(self, client: Client<Ledger>) -> Client<Ledger> {
        let (clock, book) = (self.clock.clone(), self.clone());
        let observer = move |observed: Observed<'_>| {
            let whose = match observed {
                Observed::Sending { verification, .. } | Observed::Heard { verification, .. } => Some(verification),
                Observed::Refused { verification, .. } => verification,
                _ => None,
            };
            if let Some(((from, to, what), whose)) = What::observed(observed).zip(whose) {
                log_to(&book.ledger, &book.news, whose.id(), book.clock.now(), (from, to, &what));
            }
        };
        client.with_clock(move || clock.now()).with_observer(observer).on_outcome(move |ended| {
            let acted = self.act(&ended);
            async move { acted }
        })
    }

    /// What this merchant does about an end, once: with a decision, it sends a mail. `false`: that failed, and it is to be
    /// asked again.
    fn act(&self, Ended { outcome, verification, .. }: &Ended) -> bool {
        let (now, merchant) = (self.clock.now(), Party::Merchant);
        let next = Next::Done { outcome: outcome.clone(), erasure: None };
        let (shown, entries) = told_of(verification, &next, now);
        let act = act_on(outcome).map(|text| entry_of(now, merchant, merchant, &What::Note { text: text.into() }));
        let acted = self.ledger.act(verification.id(), (&shown, &entries), act.as_ref().map(|entry| (now.0, entry)));
        if let Err(error) = &acted {
            let note = What::Note { text: format!("cannot act: {error:#}") };
            log_to(&self.ledger, &self.news, verification.id(), now, (merchant, merchant, &note));
        }
        self.news.send_replace(());
        acted.is_ok()
    }
}

/// What a session asks for: a sign that tells it from anything else, and what the timeline says about it.
fn told_of(verification: &Verification, next: &Next, now: UnixMillis) -> (String, Vec<Value>) {
    let merchant = Party::Merchant;
    let to = if matches!(next, Next::Present { .. }) { Party::User } else { merchant };
    let mut entries: Vec<Value> = What::next(next, now).iter().map(|what| entry_of(now, merchant, to, what)).collect();
    if let (Next::Done { .. }, Some(evidence)) = (next, verification.evidence()) {
        entries.push(entry_of(now, merchant, merchant, &What::evidence(&evidence)));
    }
    (sign_of(next), entries)
}

fn broken(error: Error<anyhow::Error>) -> Refusal {
    match error {
        Error::Reject(reject) => Refusal::Reject(reject),
        Error::Store(error) => Refusal::Broken(error),
    }
}

/// What this merchant does about a decision, as a real one would send a mail.
fn act_on(outcome: &Outcome) -> Option<&'static str> {
    let Outcome::Decided { decision } = outcome else { return None };
    Some(match decision {
        Decision::Approved => "acts, once: the welcome mail is sent",
        Decision::Completed => "acts, once: the welcome mail is sent, after a look at the evidence",
        Decision::Declined | Decision::Inconclusive => "acts, once: the case goes to a colleague",
    })
}

/// What tells one thing that a session asks for from another.
fn sign_of(next: &Next) -> String {
    match next {
        Next::Send { .. } => "send".into(),
        Next::Present { journey, .. } => format!("present {}", journey.id),
        Next::Wait { until, why } => format!("wait {} {why:?}", until.0),
        Next::Done { outcome, erasure } => format!("done {} {erasure:?}", outcome_text(outcome)),
    }
}

fn log_to(ledger: &Ledger, news: &watch::Sender<()>, id: &str, at: UnixMillis, entry: (Party, Party, &What)) {
    let (from, to, what) = entry;
    if let Err(error) = ledger.log(id, &entry_of(at, from, to, what)) {
        eprintln!("idvkit: the database of the demo fails: {error:#}");
    }
    news.send_replace(());
}

fn entry_of(at: UnixMillis, from: Party, to: Party, what: &What) -> Value {
    json!({ "at": at, "from": from, "to": to, "what": what, "text": what.to_string() })
}

/// Any 32 bytes that are not all the same will do.
fn spread(seed: u64) -> [u8; 32] {
    let mut bytes = [7_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes
}

fn uuid(bytes: &[u8; 32]) -> String {
    let (half, _) = bytes.split_first_chunk::<16>().expect("32 bytes have 16");
    let text = format!("{:032x}", u128::from_be_bytes(*half));
    format!("{}-{}-4{}-8{}-{}", &text[..8], &text[8..12], &text[13..16], &text[17..20], &text[20..])
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
