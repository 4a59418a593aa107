//! Steering the sandbox from a test in the same process; the control API offers the same over HTTP.

mod guard;
pub(crate) mod http;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attestr::{AttestrScript, HandshakeView};
use crate::biometric_kz::{BiometricKzScript, SessionView};
use crate::config::Config;
use crate::deliveries::{CallbackRule, DeliveryEntry};
use crate::faults::Fault;
use crate::jumio::{JumioScript, TransactionView};
use crate::log::LogEntry;
use crate::signicat::{ProcessView, SignicatScript};
use crate::world::Handle;

/// A script for one provider, tagged by `provider`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum Script {
    /// For Jumio.
    Jumio(JumioScript),
    /// For Attestr.
    Attestr(AttestrScript),
    /// For biometric.kz.
    BiometricKz(BiometricKzScript),
    /// For Signicat.
    Signicat(SignicatScript),
}

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

    /// The virtual clock, Unix milliseconds.
    pub fn now(&self) -> i64 {
        self.shared.world().clock.now()
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
        self.shared.world().log.clone()
    }

    /// All attempts to deliver callbacks so far, oldest first.
    pub fn deliveries(&self) -> Vec<DeliveryEntry> {
        self.shared.world().deliveries.log().to_vec()
    }

    /// Says how something shall turn out. `false`: what it names does not exist.
    pub fn script(&self, script: Script) -> bool {
        let mut world = self.shared.world();
        match script {
            Script::Jumio(script) => world.jumio.script(script),
            Script::Attestr(script) => world.attestr.script(script),
            Script::BiometricKz(script) => world.biometric_kz.script(script),
            Script::Signicat(script) => world.signicat.script(script),
        }
    }

    /// Makes the next calls of an operation go wrong.
    pub fn fault(&self, fault: Fault) {
        self.shared.world().faults.add(fault);
    }

    /// Makes something happen to the next callbacks of a provider.
    pub fn callbacks(&self, rule: CallbackRule) {
        self.shared.world().deliveries.rule(rule);
    }

    /// The settings in force.
    pub fn settings(&self) -> Config {
        self.shared.world().config.clone()
    }

    /// Changes settings; what exists already keeps what it was made with.
    pub fn configure(&self, change: impl FnOnce(&mut Config)) {
        change(&mut self.shared.world().config);
    }

    /// Changes settings by a JSON merge patch (RFC 7396).
    ///
    /// # Errors
    /// One sentence when the result would not be valid; nothing has changed then.
    pub fn patch(&self, patch: &Value) -> Result<(), String> {
        let mut world = self.shared.world();
        world.config = world.config.patched(patch)?;
        Ok(())
    }

    /// Jumio's transactions, oldest first.
    pub fn transactions(&self) -> Vec<TransactionView> {
        self.shared.world().jumio.views()
    }

    /// Attestr's handshakes, oldest first.
    pub fn handshakes(&self) -> Vec<HandshakeView> {
        self.shared.world().attestr.views()
    }

    /// biometric.kz's sessions, oldest first.
    pub fn sessions(&self) -> Vec<SessionView> {
        self.shared.world().biometric_kz.views()
    }

    /// Signicat's processes, by dossier, oldest first.
    pub fn processes(&self) -> Vec<ProcessView> {
        self.shared.world().signicat.views()
    }

    /// Makes every Signicat access token that was issued so far invalid.
    pub fn revoke_tokens(&self) {
        self.shared.world().signicat.tokens.clear();
    }

    /// The provider's own SDK has taken its pictures for this Signicat process, in an app that nobody here has seen.
    /// `false`: no process that waits for pictures has this id.
    pub fn sdk_done(&self, process: &str) -> bool {
        self.shared.world().signicat.sdk_done(process)
    }

    /// Archives an Attestr handshake: its result and signature are gone. `false`: there is no such handshake.
    pub fn archive(&self, handshake: &str) -> bool {
        let mut world = self.shared.world();
        let now = world.clock.now();
        world.attestr.archive(handshake, now)
    }

    /// All that [`Sandbox::resume`](crate::Sandbox::resume) needs to go on from here, as text. It holds the test data
    /// that was entered, pictures included.
    ///
    /// # Panics
    /// Never: all of the state has a JSON form.
    pub fn saved(&self) -> String {
        serde_json::to_string(&*self.shared.world()).expect("the state holds only text, numbers and flags")
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
