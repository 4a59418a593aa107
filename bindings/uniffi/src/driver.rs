//! `Driver`: the host's half of the protocol.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use idvkit::{
    Input, Seed, UnixMillis,
    driver::{self, Ask, Plan, Told},
};

use crate::{Accounts, Reject, Verification};

/// One errand for one verification: it asks for I/O, one thing after the other, until it rests. It does none itself.
///
/// Make it with `begin`, `advance`, `tell` or `hear`; then do what `ask` says and tell `told` what came of it, until it asks
/// for nothing more. It has no lock and nothing of the store's: drop it at any time. What an accident leaves undone is due
/// again. `now` is always in milliseconds since 1970.
#[derive(uniffi::Object)]
#[uniffi::export(Debug)]
pub struct Driver(Mutex<driver::Driver>);

#[uniffi::export]
impl Driver {
    /// Stores a new verification, unless there is one of this key: comes to `Ask.Heard` with the id of the one or the other.
    ///
    /// `plan` is JSON: a request, or a list of steps of which each has one. `seed` holds 32 bytes from the operating system's
    /// random source; `key` is your own name for it, such as an order's number. With `deliver`, its outcome comes by
    /// `Ask.Deliver`. Nothing is sent yet: the row is due at once.
    ///
    /// Refuses whatever is wrong with the plan, as `Session.open` does; `key_invalid`, `plan_malformed`, `account_unknown`.
    #[uniffi::constructor]
    pub fn begin(
        accounts: &Accounts,
        plan: &str,
        seed: Vec<u8>,
        key: &str,
        deliver: bool,
        now: UnixMillis,
    ) -> Result<Self, Reject> {
        let plan = Plan { deliver, ..Plan::from_json(plan)? };
        Ok(Self::of(driver::Driver::begin(&accounts.0, plan, Seed::new(&seed)?, key, now)?))
    }

    /// Does what can be done now: comes to `Ask.Rest` with what is waited for, or how it ended.
    #[uniffi::constructor]
    pub fn advance(accounts: &Accounts, id: &str) -> Self {
        Self::of(driver::Driver::advance(&accounts.0, id))
    }

    /// Loads a verification to look at it, with the bytes that its evidence needs: comes to `Ask.Heard`, without an id if there is no
    /// such verification; `verification()` then has it. Nothing is changed or sent.
    #[uniffi::constructor]
    pub fn inspect(accounts: &Accounts, id: &str) -> Self {
        Self::of(driver::Driver::inspect(&accounts.0, id))
    }

    /// Tells a verification something: comes to `Ask.Heard` once that is stored. `told` refuses what its session refuses.
    #[uniffi::constructor]
    pub fn tell(accounts: &Accounts, id: &str, input: Input) -> Self {
        Self::of(driver::Driver::tell(&accounts.0, id, input))
    }

    /// Tells a redirect or callback to the verification that it is about: comes to `Ask.Heard` with its id, or with none if
    /// it is genuine and belongs to no session.
    ///
    /// `account` names the one that it can be from, if the URL at which it came says so; otherwise all are tried.
    ///
    /// Refuses as `Account.reference_of` does; `account_unknown`.
    #[uniffi::constructor]
    pub fn hear(accounts: &Accounts, account: Option<String>, input: Input, now: UnixMillis) -> Result<Self, Reject> {
        Ok(Self::of(driver::Driver::hear(&accounts.0, account.as_deref(), input, now)?))
    }

    /// What to do now. It stays the same until `told` what came of it.
    pub fn ask(&self) -> Ask {
        self.lock().ask().clone()
    }

    /// Takes in what came of it. A refusal changed nothing.
    ///
    /// Refuses whatever a session refuses; with the blame `snapshot` a text that cannot be used; `verification_unknown`;
    /// `conflict` if other workers kept winning; `told_unexpected` for an answer to something else.
    pub fn told(&self, told: Told, now: UnixMillis) -> Result<(), Reject> {
        Ok(self.lock().told(told, now)?)
    }

    /// The verification as the driver knows it: what is stored, or about to be; nothing before it is loaded.
    pub fn verification(&self) -> Option<Arc<Verification>> {
        self.lock().verification().cloned().map(|found| Arc::new(Verification(found)))
    }
}

impl Driver {
    fn of(driver: driver::Driver) -> Self {
        Self(Mutex::new(driver))
    }

    /// A refusal changes nothing and a panic is a bug, so what a poisoned lock holds is as good as before.
    fn lock(&self) -> MutexGuard<'_, driver::Driver> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().fmt(f)
    }
}
