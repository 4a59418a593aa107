//! The virtual clock: what time it is, and what is due when.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::saved;

/// A clock with a queue of events. In virtual mode it stands still until somebody moves it.
#[derive(Serialize, Deserialize)]
#[serde(bound = "E: Serialize + serde::de::DeserializeOwned")]
pub(crate) struct Clock<E> {
    mode: Mode,
    #[serde(with = "saved::entries")]
    queue: BTreeMap<(i64, u64), E>,
    sequence: u64,
}

#[derive(Serialize, Deserialize)]
enum Mode {
    Virtual {
        now: i64,
    },
    /// Runs with the system clock, shifted by the time that it was advanced.
    Real {
        offset: i64,
    },
}

impl<E> Clock<E> {
    pub(crate) fn new(start_at: i64, real_time: bool) -> Self {
        let mode = if real_time { Mode::Real { offset: 0 } } else { Mode::Virtual { now: start_at } };
        Self { mode, queue: BTreeMap::new(), sequence: 0 }
    }

    /// Unix milliseconds.
    pub(crate) fn now(&self) -> i64 {
        match self.mode {
            Mode::Virtual { now } => now,
            Mode::Real { offset } => system_millis().saturating_add(offset),
        }
    }

    /// Jumps to `now`; events in between stay in the queue and are due at once.
    pub(crate) fn set(&mut self, now: i64) {
        self.mode = match self.mode {
            Mode::Virtual { .. } => Mode::Virtual { now },
            Mode::Real { .. } => Mode::Real { offset: now.saturating_sub(system_millis()) },
        };
    }

    /// Events with the same time come out in the order in which they went in.
    pub(crate) fn at(&mut self, when: i64, event: impl Into<E>) {
        self.sequence += 1;
        self.queue.insert((when, self.sequence), event.into());
    }

    /// The next event that is due by `until`; a virtual clock moves to its time.
    pub(crate) fn pop_due(&mut self, until: i64) -> Option<E> {
        let entry = self.queue.first_entry()?;
        let when = entry.key().0;
        if when > until {
            return None;
        }
        let event = entry.remove();
        if let Mode::Virtual { now } = &mut self.mode {
            *now = (*now).max(when);
        }
        Some(event)
    }

    /// All events that are due now and wanted, in order; the others stay.
    pub(crate) fn take_due(&mut self, wanted: impl Fn(&E) -> bool) -> Vec<E> {
        let until = (self.now(), u64::MAX);
        self.queue.extract_if(..=until, |_, event| wanted(event)).map(|(_, event)| event).collect()
    }

    /// All that is to come, in order.
    pub(crate) fn coming(&self) -> impl Iterator<Item = &E> {
        self.queue.values()
    }

    pub(crate) fn has_due(&self) -> bool {
        self.has_due_by(self.now())
    }

    pub(crate) fn has_due_by(&self, until: i64) -> bool {
        self.queue.first_key_value().is_some_and(|((when, _), _)| *when <= until)
    }

    pub(crate) fn is_real(&self) -> bool {
        matches!(self.mode, Mode::Real { .. })
    }
}

fn system_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn events_come_in_time_order_and_ties_in_order_of_arrival() {
        let mut clock = Clock::new(0, false);
        clock.at(20, "late");
        clock.at(10, "first");
        clock.at(10, "second");
        assert_eq!(clock.pop_due(10), Some("first"));
        assert_eq!(clock.now(), 10);
        assert_eq!(clock.pop_due(10), Some("second"));
        assert_eq!(clock.pop_due(10), None);
        clock.at(5, "past");
        assert_eq!(clock.take_due(|event| *event == "past"), ["past"]);
        assert_eq!(clock.take_due(|_| true), [""; 0]);
        assert_eq!(clock.pop_due(99), Some("late"));
        assert_eq!(clock.now(), 20);
    }
}
