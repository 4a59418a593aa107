//! What a verification stores besides its sessions, and the text that holds all of it.

use alloc::{boxed::Box, string::String, vec::Vec};

use idvkit_core::{AtProvider, Erasure, Outcome, Reject, RejectCode, Seed, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::plan::{MAX_STEPS, When};

/// The newest form of the text that this version writes and reads.
pub(super) const FORMAT: u32 = 1;

/// No verification comes near so many changes; the number is exact in every language.
const MAX_REVISION: i64 = 1 << 53;
/// The longest key of a host, in bytes.
const MAX_KEY: usize = 256;
/// How long one delivery may take before another worker tries it, in milliseconds.
const DELIVERY_MS: i64 = 60_000;
/// The longest pause between two deliveries, in milliseconds.
const MAX_PAUSE_MS: i64 = 3_600_000;

/// Everything about a verification but what its sessions hold.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) seed: Seed,
    pub(super) revision: i64,
    /// The time of the last change: `now` never runs back behind it.
    pub(super) clock: UnixMillis,
    /// The plan, one entry for each session.
    pub(super) steps: Vec<Planned>,
    /// The step that is tried now, or was last.
    pub(super) current: usize,
    /// The person is to be forgotten: no further step is begun.
    pub(super) erased: bool,
    pub(super) end: Option<End>,
    /// The outcomes on their way to the host, if it wants them.
    pub(super) outbox: Option<Outbox>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Planned {
    /// The host's name of the account.
    pub(super) account: String,
    pub(super) when: Vec<When>,
}

/// How the verification ended.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) outcome: Outcome,
    /// The step whose session says so.
    pub(super) step: usize,
}

/// The deliveries of outcomes: at most one is under way, that of the newest.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Outbox {
    /// How many outcomes there were.
    pub(super) count: u32,
    /// The newest has not been delivered yet.
    pub(super) pending: Option<Pending>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Pending {
    /// How often it went wrong.
    pub(super) failures: u32,
    /// Not to be tried before; while a worker tries it, the moment when another may.
    pub(super) due: UnixMillis,
}

#[derive(Serialize)]
struct Envelope<'a> {
    format: u32,
    verification: &'a Record,
    sessions: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Stored {
    verification: Record,
    sessions: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Head {
    format: u32,
}

impl Record {
    /// The text of a verification and its sessions' snapshots.
    pub(super) fn to_text(&self, snapshots: impl Iterator<Item = String>) -> String {
        let raw = |snapshot| RawValue::from_string(snapshot).expect("a snapshot is JSON");
        let envelope = Envelope { format: FORMAT, verification: self, sessions: snapshots.map(raw).collect() };
        serde_json::to_string(&envelope).expect("it holds only strings, numbers, flags, lists of them, and JSON")
    }

    /// Reads it back. It is untrusted: what no verification can have stored is refused.
    pub(super) fn from_text(text: &str) -> Result<(Self, Vec<Box<RawValue>>), Reject> {
        let unknown = |_| malformed("this is not the text of a verification's row");
        let head: Head = serde_json::from_str(text).map_err(unknown)?;
        if head.format > FORMAT {
            let message = "a newer version of idvkit wrote this; update every worker before rows are shared";
            return Err(Reject::new(RejectCode::SnapshotNewer, message).about("format"));
        }
        let Stored { verification, sessions } = serde_json::from_str(text).map_err(unknown)?;
        verification.check(sessions.len())?;
        Ok((verification, sessions))
    }

    /// The name of the newest outcome's delivery, and of the one before it.
    pub(super) fn delivery_ids(&self) -> Option<(String, Option<String>)> {
        let count = self.outbox.as_ref()?.count;
        let id = |number| self.seed.token("delivery", number, 16);
        let newest = (count > 0).then(|| id(count))?;
        Some((newest, (count > 1).then(|| id(count - 1))))
    }

    fn check(&self, sessions: usize) -> Result<(), Reject> {
        let names = self.id.len() == 32 && self.id.bytes().all(|b| b.is_ascii_hexdigit()) && is_key(&self.key);
        let plan = self.steps.len() == sessions && sessions <= MAX_STEPS && self.current < sessions;
        let ended = self.end.as_ref().is_none_or(|end| end.step <= self.current);
        let counts = (0..=MAX_REVISION).contains(&self.revision) && self.clock.is_plausible();
        if names && plan && ended && counts && self.outbox.as_ref().is_none_or(|outbox| outbox.is_plausible(self)) {
            return Ok(());
        }
        Err(malformed("a name, time or number in the row's text is out of range"))
    }
}

impl Outbox {
    /// A new outcome takes the place of the one before.
    pub(super) fn put(&mut self, now: UnixMillis) {
        *self = Self { count: self.count.saturating_add(1), pending: Some(Pending { failures: 0, due: now }) };
    }

    /// A worker takes it, so that others leave it for a while. `false`: there is nothing to deliver now.
    pub(super) fn claim(&mut self, now: UnixMillis) -> bool {
        let due = self.pending.as_mut().filter(|pending| pending.due <= now);
        due.map(|pending| pending.due = now.plus(DELIVERY_MS)).is_some()
    }

    /// The host says what came of that delivery. News of an outcome that has been replaced changes nothing.
    pub(super) fn told(&mut self, number: u32, delivered: bool, seed: &Seed, now: UnixMillis) {
        let Some(pending) = self.pending.as_mut().filter(|_| self.count == number) else { return };
        if delivered {
            self.pending = None;
            return;
        }
        pending.failures = pending.failures.saturating_add(1);
        // One second, doubled each time up to an hour, plus up to a quarter so that rows do not move in step.
        let pause = (1_000_i64 << pending.failures.saturating_sub(1).min(12)).min(MAX_PAUSE_MS);
        let jitter = i64::from(seed.derive("delivery pause", pending.failures)[0]);
        pending.due = now.plus(pause + pause * jitter / (4 * 256));
    }

    fn is_plausible(&self, record: &Record) -> bool {
        let in_range =
            |pending: &Pending| pending.due.is_plausible() && pending.due.since(record.clock) <= 2 * MAX_PAUSE_MS;
        self.pending.as_ref().is_none_or(|pending| in_range(pending) && self.count > 0 && record.end.is_some())
    }
}

/// Whether a host may call a verification so.
pub(super) fn is_key(key: &str) -> bool {
    !key.trim().is_empty() && key.len() <= MAX_KEY
}

pub(super) fn malformed(why: &str) -> Reject {
    Reject::new(RejectCode::SnapshotMalformed, why)
}

/// An outcome without what an erasure drops.
pub(super) fn forgotten(outcome: &Outcome) -> Outcome {
    let mut outcome = outcome.clone();
    outcome.forget_messages();
    outcome
}

/// What became of the data of two sessions: the worse of it.
pub(super) fn both(one: Erasure, other: Erasure) -> Erasure {
    let at_provider = match (one.at_provider, other.at_provider) {
        (failed @ AtProvider::Failed { .. }, _) | (_, failed @ AtProvider::Failed { .. }) => failed,
        (AtProvider::Deleted { count }, AtProvider::Deleted { count: more }) => {
            AtProvider::Deleted { count: count.saturating_add(more) }
        }
        (AtProvider::NotOffered, _) | (_, AtProvider::NotOffered) => AtProvider::NotOffered,
        (AtProvider::Deleted { count }, AtProvider::NotAsked)
        | (AtProvider::NotAsked, AtProvider::Deleted { count }) => AtProvider::Deleted { count },
        (AtProvider::NotAsked, AtProvider::NotAsked) => AtProvider::NotAsked,
    };
    Erasure { at_provider }
}
