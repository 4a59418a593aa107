//! Steering the sandbox from a test in the same process; the control API offers the same over HTTP.

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

/// A handle to a running sandbox. Clones steer the same one.
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

    /// The virtual clock, Unix milliseconds.
    pub fn now(&self) -> i64 {
        self.world().clock.now()
    }

    /// Lets so many milliseconds pass. All that falls due on the way (expiries, verdicts, callbacks and their retries)
    /// happens in order of time, deliveries included, before this returns.
    pub async fn advance(&self, ms: i64) {
        self.shared.advance(ms).await;
    }

    /// Jumps to a reading, also backwards. What fell due in between happens at the new reading.
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

    /// Says how something shall turn out. `false`: what it names does not exist.
    pub fn script(&self, script: Script) -> bool {
        script.play(&mut self.world())
    }

    /// Makes the next calls of an operation go wrong. `false`: no operation has this name.
    pub fn fault(&self, fault: Fault) -> bool {
        let known = fault.names_an_operation();
        if known {
            self.world().faults.add(fault);
        }
        known
    }

    /// Makes something happen to the next callbacks of a provider. `false`: there is no such provider.
    pub fn callbacks(&self, rule: CallbackRule) -> bool {
        let known = stand_ins::find(&rule.provider).is_some();
        if known {
            self.world().deliveries.rule(rule);
        }
        known
    }

    /// The settings in force.
    pub fn settings(&self) -> Config {
        self.world().config.clone()
    }

    /// Changes settings; what exists already keeps what it was made with.
    pub fn configure(&self, change: impl FnOnce(&mut Config)) {
        change(&mut self.world().config);
    }

    /// Changes settings by a JSON merge patch (RFC 7396).
    ///
    /// # Errors
    /// One sentence when the result would not be valid; nothing has changed then.
    pub fn patch(&self, patch: &Value) -> Result<(), String> {
        let mut world = self.world();
        world.config = world.config.patched(patch)?;
        Ok(())
    }

    /// All that [`Sandbox::resume`](crate::Sandbox::resume) needs to go on from here, as text. It holds the test data
    /// that was entered, pictures included.
    ///
    /// # Panics
    /// Never: all of the state has a JSON form.
    pub fn saved(&self) -> String {
        serde_json::to_string(&*self.world()).expect("the state holds only text, numbers and flags")
    }

    /// Tells when a request, the clock or something that was due may have changed the state: the time to save it.
    pub fn changes(&self) -> tokio::sync::watch::Receiver<()> {
        self.shared.changes()
    }

    /// Back to the start: settings, clock, seed, logs, everything.
    pub async fn reset(&self) {
        self.shared.reset().await;
    }
}
