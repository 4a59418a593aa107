//! `Accounts`, `Driver`, `Verification` and `Tokens`: the host's half of the protocol.

use idvkit::{
    Cache, HttpRequest, Method, Seed, UnixMillis,
    driver::{self, Plan},
};
use napi::bindgen_prelude::{Result, Uint8Array};
use napi_derive::napi;

use crate::{
    Account,
    input::Given,
    reject::{json, thrown},
    session::{Proof, Step},
    told::{Answer, Asked, Told},
};

/// The accounts of a host, by its own names.
#[napi]
#[derive(Default)]
pub struct Accounts(driver::Accounts);

#[napi]
impl Accounts {
    /// None yet.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    #[napi]
    pub fn add(&mut self, name: String, account: &Account) {
        self.0 = core::mem::take(&mut self.0).with(name, account.0.clone());
    }
}

/// What a verification is begun with.
#[napi(object, object_to_js = false)]
pub struct Beginning {
    /// The plan as JSON.
    pub plan: String,
    /// Whether the outcome is handed over by the driver.
    pub deliver: bool,
    /// 32 random bytes.
    pub seed: Uint8Array,
    /// The host's own name for it.
    pub key: String,
}

/// One errand for one verification.
#[napi]
pub struct Driver(driver::Driver);

#[napi]
impl Driver {
    /// To store a new verification.
    #[napi(factory)]
    pub fn begin(accounts: &Accounts, with: Beginning, now: i64) -> Result<Self> {
        let begin = || {
            let plan = Plan { deliver: with.deliver, ..Plan::from_json(&with.plan)? };
            driver::Driver::begin(&accounts.0, plan, Seed::new(&with.seed)?, &with.key, UnixMillis(now))
        };
        begin().map(Self).map_err(thrown)
    }

    /// To do what can be done now.
    #[napi(factory)]
    pub fn advance(accounts: &Accounts, id: String) -> Self {
        Self(driver::Driver::advance(&accounts.0, &id))
    }

    /// To look at a verification.
    #[napi(factory)]
    pub fn inspect(accounts: &Accounts, id: String) -> Self {
        Self(driver::Driver::inspect(&accounts.0, &id))
    }

    /// To tell a verification something.
    #[napi(factory)]
    pub fn tell(accounts: &Accounts, id: String, input: Given) -> Result<Self> {
        Ok(Self(driver::Driver::tell(&accounts.0, &id, input.into_input()?)))
    }

    /// To tell a redirect or callback to the verification that it is about.
    #[napi(factory)]
    pub fn hear(accounts: &Accounts, from: Option<String>, input: Given, now: i64) -> Result<Self> {
        let input = input.into_input()?;
        driver::Driver::hear(&accounts.0, from.as_deref(), input, UnixMillis(now)).map(Self).map_err(thrown)
    }

    /// What to do now.
    #[napi]
    pub fn ask(&self) -> Result<Asked> {
        Asked::of(self.0.ask().clone())
    }

    /// Takes in what came of it.
    #[napi]
    pub fn told(&mut self, told: Told, now: i64) -> Result<()> {
        self.0.told(told.into_told()?, UnixMillis(now)).map_err(thrown)
    }

    /// The verification as the driver knows it.
    #[napi]
    pub fn verification(&self) -> Option<Verification> {
        self.0.verification().cloned().map(Verification)
    }
}

/// One user's verification, to look at.
#[napi]
pub struct Verification(driver::Verification);

#[napi]
impl Verification {
    /// Reads the text of a row.
    #[napi(factory)]
    pub fn restore(accounts: &Accounts, snapshot: String) -> Result<Self> {
        driver::Verification::restore(&accounts.0, &snapshot).map(Self).map_err(thrown)
    }

    /// What it waits for, or how it ended.
    #[napi]
    pub fn next(&self, now: i64) -> Result<Step> {
        Step::of(self.0.next(UnixMillis(now)))
    }

    /// Its name.
    #[napi]
    pub fn id(&self) -> String {
        self.0.id().into()
    }

    /// The host's own name for it.
    #[napi]
    pub fn key(&self) -> String {
        self.0.key().into()
    }

    /// Rises with every change.
    #[napi]
    pub fn revision(&self) -> i64 {
        self.0.revision()
    }

    /// How it ended, as JSON.
    #[napi]
    pub fn outcome(&self) -> Result<String> {
        json(&self.0.outcome())
    }

    /// What each session came to, as JSON.
    #[napi]
    pub fn attempts(&self) -> Result<String> {
        json(&self.0.attempts())
    }

    /// What the provider announced that the user goes through.
    #[napi]
    pub fn technologies(&self) -> Vec<String> {
        self.0.technologies()
    }

    /// The providers' ids, as JSON.
    #[napi]
    pub fn references(&self) -> Result<String> {
        json(&self.0.references())
    }

    /// The outcome on its way to the host, as JSON.
    #[napi]
    pub fn delivery(&self) -> Result<String> {
        json(&self.0.delivery())
    }

    /// What the decision rests on.
    #[napi]
    pub fn evidence(&self) -> Result<Option<Proof>> {
        self.0.evidence().map(Proof::of).transpose()
    }
}

/// The access tokens of a process.
#[napi]
#[derive(Default)]
pub struct Tokens(driver::Tokens);

/// The part of a request that says what may be kept of its answer.
#[napi(object, object_to_js = false)]
pub struct Keeping {
    /// Where to keep it.
    pub key: String,
    /// The longest that it may be kept, in milliseconds.
    pub max_age_ms: i64,
    /// The mark of a token that was refused.
    pub refused: Option<String>,
}

#[napi]
impl Tokens {
    /// None yet.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// The answer that is kept, if it will do.
    #[napi]
    pub fn kept(&self, keeping: Keeping, now: i64) -> Option<Answer> {
        self.0.kept(&keeping.into(), UnixMillis(now)).map(Answer::from)
    }

    /// Keeps an answer.
    #[napi]
    pub fn keep(&mut self, keeping: Keeping, answer: Answer, now: i64) {
        self.0.keep(&keeping.into(), &answer.into(), UnixMillis(now));
    }
}

/// All of a request that tokens look at.
impl From<Keeping> for HttpRequest {
    fn from(Keeping { key, max_age_ms, refused }: Keeping) -> Self {
        Self {
            id: String::new(),
            operation: String::new(),
            method: Method::Post,
            url: String::new(),
            headers: Vec::new(),
            body: None,
            timeout_ms: 0,
            idempotent: true,
            cache: Some(Cache { key, max_age_ms, refused }),
        }
    }
}
