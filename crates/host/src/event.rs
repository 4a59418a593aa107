//! What happens to a verification, for its timeline and for an observer.

use idvkit::{Decision, Input, Outcome, Reject, UnixMillis, driver::Row};
use serde::Serialize;

use crate::verifications::Observer;

/// One event of a verification. As JSON it is what its timeline holds. It has no URL, no body and no secret in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// The verification's id.
    pub verification: String,
    /// When it happened.
    pub at: UnixMillis,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened to a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// It was begun.
    Begun {
        /// The provider of the plan's first step.
        provider: String,
        /// The account of the plan's first step.
        account: String,
    },
    /// It was told something.
    Told {
        /// What: `hint`, `images`, `callback`, `redirect`, `retry` or `erase`.
        input: &'static str,
        /// The code of the reject, if it was refused.
        #[serde(skip_serializing_if = "Option::is_none")]
        reject: Option<&'static str>,
    },
    /// A request was sent to the provider.
    Exchange {
        /// The provider.
        provider: String,
        /// The operation, such as `jumio.initiate`.
        operation: String,
        /// The status of the answer; absent if none came.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// How long it took, in milliseconds.
        duration: u64,
    },
    /// It has ended.
    Outcome {
        /// `approved`, `completed`, `declined`, `inconclusive`, `abandoned`, `expired` or `failed`.
        outcome: &'static str,
        /// The code of the fault, if it failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<&'static str>,
        /// The delivery of the outcome that this one replaces.
        #[serde(skip_serializing_if = "Option::is_none")]
        replaces: Option<String>,
    },
    /// The host was called with the outcome.
    Delivered {
        /// The delivery's id.
        delivery: String,
        /// How many attempts had failed before.
        failures: u32,
        /// Whether the host has acted on it.
        done: bool,
    },
    /// Its evidence and personal data were erased.
    Erased {
        /// Who wanted it: `retention` or `host`.
        by: &'static str,
    },
}

impl Event {
    /// Tells the host's observer, and OpenTelemetry where it is switched on.
    pub(crate) fn publish(&self, observer: &Observer) {
        #[cfg(feature = "otel")]
        crate::otel::measure(&self.what);
        observer(self);
    }
}

impl What {
    /// What is told, if it is told from outside.
    pub(crate) fn told(input: &Input, reject: Option<&Reject>) -> Option<Self> {
        let input = match input {
            Input::Hint { .. } => "hint",
            Input::Images { .. } => "images",
            Input::Callback { .. } => "callback",
            Input::Redirect { .. } => "redirect",
            Input::Retry => "retry",
            Input::Erase { .. } => "erase",
            Input::HttpResponse { .. } | Input::HttpFailed { .. } | Input::Sending { .. } => return None,
        };
        Some(Self::Told { input, reject: reject.map(|reject| reject.code().as_str()) })
    }

    /// The outcome of a row, if it has one to be delivered that is not the one with the id `before`.
    pub(crate) fn outcome(row: &Row, before: Option<&str>) -> Option<Self> {
        let (outcome, delivery) = (row.outcome.as_ref()?, row.delivery.as_ref()?);
        let (outcome, code) = match outcome {
            Outcome::Decided { decision } => (word(*decision), None),
            Outcome::Abandoned { .. } => ("abandoned", None),
            Outcome::Expired => ("expired", None),
            Outcome::Failed { fault } => ("failed", Some(fault.code.as_str())),
        };
        let is_new = before != Some(delivery.id.as_str());
        is_new.then(|| Self::Outcome { outcome, code, replaces: delivery.replaces.clone() })
    }
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Approved => "approved",
        Decision::Completed => "completed",
        Decision::Declined => "declined",
        Decision::Inconclusive => "inconclusive",
    }
}
