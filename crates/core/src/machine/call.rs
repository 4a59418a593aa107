//! The one request that may be on its way: its id, its claim, its failures.

use serde::{Deserialize, Serialize};

use super::retry_after::{LONGEST_MS, retry_after};
use crate::{Fault, FaultClass, Header, Seed, UnixMillis, Why};

/// The longest pause between failures, in milliseconds.
const MAX_BACKOFF_MS: i64 = 60_000;
/// The longest claim, in milliseconds: twice the longest time-out.
const MAX_CLAIM_MS: i64 = 600_000;
/// So many requests back an answer that comes late is still known. Forgetting failures skips a number.
const LATE_REQUESTS: u32 = 4;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Call {
    /// Rises with every request that was answered, failed or given up: no session comes to the end of it, so ids never
    /// restart.
    serial: u32,
    /// A worker is sending it until then.
    claimed_until: Option<UnixMillis>,
    /// Not to be sent before.
    hold_until: Option<UnixMillis>,
    /// The provider asked for that pause.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    asked: bool,
    /// Failures in a row.
    failures: u32,
    /// How many of them said that the thing asked about is gone.
    gone: u32,
    /// The last failure.
    fault: Option<Fault>,
}

impl Call {
    /// The id under which the request may be sent now. A claim that ran out gives way to a new id, so that an answer
    /// to the lost send is stale.
    pub(super) fn id(&self, seed: &Seed, now: UnixMillis) -> alloc::string::String {
        seed.token("request", self.current_serial(now), 12)
    }

    pub(super) fn is_current(&self, id: &str, seed: &Seed, now: UnixMillis) -> bool {
        self.id(seed, now) == id
    }

    /// Whether one of the last requests before this one went out under that id.
    pub(super) fn was_sent(&self, id: &str, seed: &Seed) -> bool {
        (1..=LATE_REQUESTS).any(|back| seed.token("request", self.serial.wrapping_sub(back), 12) == id)
    }

    /// Whether another worker has it.
    pub(super) fn in_flight(&self, now: UnixMillis) -> Option<UnixMillis> {
        self.claimed_until.filter(|until| now < *until)
    }

    /// Whether it may have reached the provider already: it was claimed, or went wrong before.
    pub(super) fn may_be_sent(&self) -> bool {
        self.claimed_until.is_some() || self.failures > 0
    }

    /// Until when to hold it back, and why.
    pub(super) fn held(&self) -> Option<(UnixMillis, Why)> {
        let fault = self.fault.clone()?;
        let why = if self.is_asked() { Why::Throttled { fault } } else { Why::Backoff { fault } };
        Some((self.hold_until?, why))
    }

    /// A worker takes it. The caller has made sure that the id is current and nobody else has it.
    pub(super) fn claim(&mut self, now: UnixMillis, timeout_ms: u32) {
        self.serial = self.current_serial(now);
        self.claimed_until = Some(now.plus(2 * i64::from(timeout_ms)));
    }

    /// An answer was taken in.
    pub(super) fn answered(&mut self, now: UnixMillis) {
        *self = Self { serial: self.current_serial(now).wrapping_add(1), ..Self::default() };
    }

    /// An answer was taken in that only prepares what is really wanted: failures in a row go on.
    pub(super) fn prepared(&mut self, now: UnixMillis) {
        self.serial = self.current_serial(now).wrapping_add(1);
        self.claimed_until = None;
        self.hold_until = None;
    }

    /// It went wrong: count, and hold back with growing pauses or as long as the provider asks.
    pub(super) fn failed(&mut self, fault: Fault, headers: &[Header], seed: &Seed, now: UnixMillis) {
        self.serial = self.current_serial(now).wrapping_add(1);
        self.claimed_until = None;
        self.failures = self.failures.saturating_add(1);
        self.gone = if matches!(fault.status, Some(404 | 410)) { self.gone.saturating_add(1) } else { 0 };
        let asked = retry_after(headers, MAX_BACKOFF_MS, now);
        self.asked = asked.is_some();
        self.hold_until = Some(now.plus(asked.unwrap_or_else(|| self.backoff(seed))));
        self.fault = Some(fault);
    }

    /// Forgets failures and claims; whatever is on its way becomes stale. A pause that the provider asked for stays.
    pub(super) fn renew(&mut self) {
        let (serial, asked) = (self.serial.wrapping_add(2), self.asked);
        let fault = self.is_asked().then(|| self.fault.take()).flatten();
        let hold_until = self.hold_until.filter(|_| fault.is_some());
        *self = Self { serial, hold_until, asked, fault, ..Self::default() };
    }

    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn gone(&self) -> u32 {
        self.gone
    }

    /// Restored input is untrusted: refuses holds and claims that nothing here sets.
    pub(super) fn is_plausible(&self, clock: UnixMillis) -> bool {
        let within = |until: Option<UnixMillis>, most: i64| until.is_none_or(|until| until.since(clock) <= most);
        within(self.claimed_until, MAX_CLAIM_MS) && within(self.hold_until, LONGEST_MS)
    }

    /// Whether the provider asked for the pause, by `Retry-After` or by saying that it is asked too often.
    fn is_asked(&self) -> bool {
        self.asked || self.fault.as_ref().is_some_and(|fault| fault.class == FaultClass::Throttled)
    }

    fn current_serial(&self, now: UnixMillis) -> u32 {
        let lost = self.claimed_until.is_some_and(|until| until <= now);
        self.serial.wrapping_add(u32::from(lost))
    }

    /// One second, doubled each time up to a minute, plus up to a quarter so that sessions do not move in step.
    fn backoff(&self, seed: &Seed) -> i64 {
        let doublings = self.failures.saturating_sub(1).min(6);
        let pause = (1_000_i64 << doublings).min(MAX_BACKOFF_MS);
        let jitter = i64::from(seed.derive("jitter", self.serial)[0]);
        pause + pause * jitter / (4 * 256)
    }
}
