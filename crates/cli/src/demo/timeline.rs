//! What happened, as data: printed as text or as JSON. It never holds a URL, token, body or personal value.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use idvkit::{AtProvider, Basis, Erasure, Evidence, HintKind, Input, Next, Outcome, SignedForm, UnixMillis, Way, Why};
use idvkit_http::Observed;
use serde::Serialize;
use serde_json::Value;

/// A shared list of what happened, in order.
#[derive(Clone, Default)]
pub struct Timeline(Arc<Mutex<Vec<Entry>>>);

impl Timeline {
    /// Adds an entry.
    pub fn push(&self, at: UnixMillis, from: Party, to: Party, what: What) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Entry { at, from, to, what });
    }

    /// All entries so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One line of a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The virtual time.
    pub at: UnixMillis,
    /// Who acts.
    pub from: Party,
    /// On whom; the same party for what it notes for itself.
    pub to: Party,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// Who takes part. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The integrator's server.
    Merchant,
    /// The provider, here the sandbox.
    Provider,
    /// The user with browser or phone.
    User,
    /// Somebody who has no business here.
    Stranger,
}

/// What happens. Deliberately exhaustive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum What {
    /// A session was opened.
    Opened {
        /// The merchant's own name for it.
        order: String,
    },
    /// A request to the provider.
    Request {
        /// `provider.operation`.
        operation: String,
    },
    /// The provider's answer.
    Answer {
        /// The HTTP status; none if no answer came.
        status: Option<u16>,
    },
    /// The user gets a journey.
    Present {
        /// Its id.
        journey: String,
        /// The ways in which it may be presented.
        ways: Vec<String>,
        /// The ways that the provider forbids.
        refused: Vec<String>,
    },
    /// A page of the provider or the merchant is shown.
    Page {
        /// Its title.
        title: String,
    },
    /// A button is pressed.
    Press {
        /// Its value.
        button: String,
    },
    /// Something was told to the session.
    Told {
        /// What kind of input.
        input: &'static str,
        /// What a hint claims.
        claims: Option<String>,
        /// Why it was refused, if it was.
        refused: Option<String>,
    },
    /// Nothing to do for a while.
    Wait {
        /// How long, in virtual milliseconds.
        ms: i64,
        /// For what.
        why: String,
    },
    /// A decision, or an end without one.
    Done {
        /// How it ended.
        outcome: String,
        /// What became of the data.
        erased: Option<String>,
    },
    /// On what the decision rests.
    Evidence {
        /// How it was made sure.
        basis: &'static str,
        /// The operation whose answer it is.
        operation: String,
        /// Whether it came from the provider's production system.
        production: bool,
        /// The steps of the flow that it speaks of.
        parts: usize,
    },
    /// A remark of the scenario.
    Note {
        /// The remark.
        text: String,
    },
    /// Something the scenario makes sure of.
    Check {
        /// What.
        what: String,
        /// Whether it held.
        passed: bool,
        /// What was expected.
        expected: String,
        /// What was found.
        actual: String,
    },
}

impl What {
    /// What a session asks for, in words; `None` for requests, which are told when they are sent.
    pub fn next(next: &Next, now: UnixMillis) -> Option<Self> {
        Some(match next {
            Next::Send { .. } => return None,
            Next::Present { journey, .. } => Self::Present {
                journey: journey.id.clone(),
                ways: names_of(&journey.ways),
                refused: journey.refused.iter().map(|refused| refused.way.clone()).collect(),
            },
            Next::Wait { until, why } => Self::Wait { ms: until.since(now), why: why_text(why) },
            Next::Done { outcome, erasure } => {
                Self::Done { outcome: outcome_text(outcome), erased: erasure.as_ref().map(erasure_text) }
            }
        })
    }

    /// What a client did or told a session, and between whom.
    pub fn observed(observed: Observed<'_>) -> Option<(Party, Party, Self)> {
        let (input, refused) = match observed {
            Observed::Sending { request, .. } => {
                let what = Self::Request { operation: request.operation.clone() };
                return Some((Party::Merchant, Party::Provider, what));
            }
            Observed::Heard { news, .. } => (&news.input, news.refused.as_ref()),
            Observed::Refused { input, reject, .. } => (input, Some(reject)),
            _ => return None,
        };
        let (from, what) = Self::told(input, refused.map(|reject| reject.code().to_string()));
        Some((from, Party::Merchant, what))
    }

    fn told(input: &Input, refused: Option<String>) -> (Party, Self) {
        let (from, name) = match input {
            Input::HttpResponse { status, .. } if refused.is_none() => {
                return (Party::Provider, Self::Answer { status: Some(*status) });
            }
            Input::HttpFailed { .. } => return (Party::Provider, Self::Answer { status: None }),
            Input::HttpResponse { .. } => (Party::Provider, "answer"),
            Input::Sending { .. } => (Party::Merchant, "claims the request"),
            Input::Hint { .. } => (Party::User, "hint"),
            Input::Redirect { .. } => (Party::User, "redirect"),
            Input::Callback { .. } => (Party::Provider, "callback"),
            Input::Images { .. } => (Party::User, "images"),
            Input::Retry => (Party::Merchant, "Retry"),
            Input::Erase { .. } => (Party::Merchant, "Erase"),
        };
        let claims = match input {
            Input::Hint { text } => hint_kind(text).map(|kind| format!("{kind:?}").to_lowercase()),
            _ => None,
        };
        (from, Self::Told { input: name, claims, refused })
    }

    /// What a decision rests on.
    pub fn evidence(evidence: &Evidence) -> Self {
        Self::Evidence {
            basis: basis_text(evidence.basis),
            operation: evidence.source.operation.clone(),
            production: evidence.source.production,
            parts: evidence.parts.len(),
        }
    }
}

/// An outcome as one word, with the fault's code where there is one.
pub fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Decided { decision } => format!("{decision:?}").to_lowercase(),
        Outcome::Abandoned { .. } => "abandoned".into(),
        Outcome::Expired => "expired".into(),
        Outcome::Failed { fault } => format!("failed ({})", fault.code),
    }
}

/// The name of what a session asks for.
pub fn next_name(next: &Next) -> &'static str {
    match next {
        Next::Send { .. } => "send",
        Next::Present { .. } => "present",
        Next::Wait { .. } => "wait",
        Next::Done { .. } => "done",
    }
}

/// A basis in words.
pub fn basis_text(basis: Basis) -> &'static str {
    match basis {
        Basis::Fetched => "fetched",
        Basis::Signed { form: SignedForm::AsSent } => "signed as sent",
        Basis::Signed { form: SignedForm::Ecmascript } => "signed in its ECMAScript form",
    }
}

/// An erasure in words.
pub fn erasure_text(erasure: &Erasure) -> String {
    match &erasure.at_provider {
        AtProvider::NotAsked => "here; not asked for at the provider".into(),
        AtProvider::NotOffered => "here; the provider documents no way to delete".into(),
        AtProvider::Deleted { count } => format!("here and at the provider ({count})"),
        AtProvider::Failed { fault } => format!("here; at the provider it failed ({})", fault.code),
    }
}

fn hint_kind(text: &str) -> Option<HintKind> {
    let hint: Value = serde_json::from_str(text).ok()?;
    serde_json::from_value(hint.get("kind")?.clone()).ok()
}

fn why_text(why: &Why) -> String {
    match why {
        Why::InFlight => "another worker is sending".into(),
        Why::Verdict => "the provider's verdict".into(),
        Why::Backoff { fault } => format!("back-off after {}", fault.code),
        Why::Throttled { .. } => "the provider asked for a pause".into(),
        Why::Blobs { .. } => "images from the store".into(),
    }
}

/// Each kind of way once: an SDK for Android and one for iOS are both `native`.
fn names_of(ways: &[Way]) -> Vec<String> {
    let mut names: Vec<String> = ways.iter().map(|way| way.name().to_owned()).collect();
    names.dedup();
    names
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened { order } => write!(f, "opens a session for {order}"),
            Self::Request { operation } => write!(f, "{operation}"),
            Self::Answer { status: Some(status) } => write!(f, "answers {status}"),
            Self::Answer { status: None } => f.write_str("no answer"),
            Self::Present { journey, ways, refused } => {
                write!(f, "presents journey {}: {}", &journey[..journey.len().min(8)], ways.join(", "))?;
                if refused.is_empty() { Ok(()) } else { write!(f, " (refused: {})", refused.join(", ")) }
            }
            Self::Page { title } => write!(f, "page “{title}”"),
            Self::Press { button } => write!(f, "presses “{button}”"),
            Self::Told { input, claims, refused } => {
                f.write_str(input)?;
                claims.iter().try_for_each(|claims| write!(f, ": {claims}"))?;
                refused.iter().try_for_each(|code| write!(f, " – refused [{code}]"))
            }
            Self::Wait { ms, why } => write!(f, "waits {}: {why}", span(*ms)),
            Self::Done { outcome, erased } => {
                write!(f, "decision: {outcome}")?;
                erased.iter().try_for_each(|erased| write!(f, "; erased {erased}"))
            }
            Self::Evidence { basis, operation, production, parts } => {
                let system = if *production { "production" } else { "not production" };
                write!(f, "evidence: {basis}, from {operation} ({system}), parts: {parts}")
            }
            Self::Note { text } => f.write_str(text),
            Self::Check { what, passed: true, actual, .. } => write!(f, "✓ {what}: {actual}"),
            Self::Check { what, expected, actual, .. } => write!(f, "✗ {what}: expected {expected}, got {actual}"),
        }
    }
}

/// A stretch of time as a person writes it.
pub fn span(ms: i64) -> String {
    let (seconds, rest) = (ms / 1000, ms % 1000);
    match seconds {
        0 => format!("{rest} ms"),
        1..60 => format!("{seconds}.{:01} s", rest / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}
