//! Controls the sandbox from a test in the same process. The control API offers the same over HTTP.

mod guard;
pub(crate) mod http;
mod script;

use std::sync::MutexGuard;

use serde_json::Value;

use crate::config::Config;
use crate::deliveries::{CallbackRule, DeliveryEntry};
use crate::faults::Fault;
use crate::log::LogEntry;
use crate::stand_ins;
use crate::world::{Handle, World};
pub use script::Script;

/// A handle to a running sandbox. Clones control the same one.
#[derive(Clone)]
pub struct Control {
    shared: Handle,
}

impl Control {
    pub(crate) fn new(shared: Handle) -> Self {
        Self { shared }
    }

    pub(crate) fn stop(&self) {
        self.shared.stop();
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }

    /// The time on the virtual clock, in Unix milliseconds.
    pub fn now(&self) -> i64 {
        self.world().clock.now()
    }

    /// Advances the clock by so many milliseconds. Everything that is due on the way (expiries, verdicts, callbacks and
    /// their retries) happens in order of time, deliveries included, before this returns.
    pub async fn advance(&self, ms: i64) {
        self.shared.advance(ms).await;
    }

    /// Sets the clock to a time, which may lie in the past. What was due in between happens at the new time.
    pub async fn set(&self, now: i64) {
        self.shared.set(now).await;
    }

    /// Waits until everything due now has happened, deliveries included.
    pub async fn settle(&self) {
        self.shared.settle().await;
    }

    /// All requests to providers so far, oldest first.
    pub fn log(&self) -> Vec<LogEntry> {
        self.world().log.clone()
    }

    /// All attempts to deliver callbacks so far, oldest first.
    pub fn deliveries(&self) -> Vec<DeliveryEntry> {
        self.world().deliveries.log().to_vec()
    }

    /// Sets how the next verification, or one that exists, turns out. Returns `false` if the script names something
    /// that does not exist.
    pub fn script(&self, script: Script) -> bool {
        script.play(&mut self.world())
    }

    /// Makes the next calls of an operation fail. Returns `false` if no operation has this name.
    pub fn fault(&self, fault: Fault) -> bool {
        let known = fault.names_an_operation();
        if known {
            self.world().faults.add(fault);
        }
        known
    }

    /// Applies a rule to the next callbacks of a provider. Returns `false` if there is no such provider.
    pub fn callbacks(&self, rule: CallbackRule) -> bool {
        let known = stand_ins::find(&rule.provider).is_some();
        if known {
            self.world().deliveries.rule(rule);
        }
        known
    }

    /// The current settings.
    pub fn settings(&self) -> Config {
        self.world().config.clone()
    }

    /// Changes the settings. What exists already keeps the settings that it was created with.
    pub fn configure(&self, change: impl FnOnce(&mut Config)) {
        change(&mut self.world().config);
    }

    /// Changes settings by a JSON merge patch (RFC 7396).
    ///
    /// # Errors
    /// One sentence if the result would not be valid. Then nothing has changed.
    pub fn patch(&self, patch: &Value) -> Result<(), String> {
        let mut world = self.world();
        world.config = world.config.patched(patch)?;
        Ok(())
    }

    /// The state of the sandbox as a text, from which [`Sandbox::resume`](crate::Sandbox::resume) goes on. It holds the
    /// test data that was entered, pictures included.
    ///
    /// # Panics
    /// Never: all of the state has a JSON form.
    pub fn saved(&self) -> String {
        serde_json::to_string(&*self.world()).expect("the state holds only text, numbers and flags")
    }

    /// A receiver that is notified whenever a request, the clock or a due event may have changed the state: save it
    /// then.
    pub fn changes(&self) -> tokio::sync::watch::Receiver<()> {
        self.shared.changes()
    }

    /// Resets the sandbox to its start: settings, clock, seed, logs and all data.
    pub async fn reset(&self) {
        self.shared.reset().await;
    }
}
