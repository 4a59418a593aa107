//! A session from open to outcome, step by step, so that any implementation can be compared with it.
//!
//! A transcript holds credentials and short-lived bearer values of the account it was made with. Those in `data/`
//! belong to the sandbox.

use std::fmt;

use idvkit::{Account, Config, Image, Input, Reject, RejectCode, Request, Seed, Session, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire;

/// A recorded session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// What the recording shows.
    pub about: String,
    /// The account, in the JSON form of `Config`.
    pub config: Value,
    /// The request, in the JSON form of `Request`.
    pub request: Value,
    /// The session's seed, 64 hex digits.
    pub seed: Seed,
    /// The steps: each with the input and what the session then asked for. The first step is the opening and has no
    /// input.
    pub steps: Vec<Step>,
}

/// One step: an input, and where the session stands after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// When the input came, in Unix milliseconds.
    pub at: UnixMillis,
    /// The input; `null` if only time has passed.
    pub input: Value,
    /// What the session then asks for.
    pub next: Value,
    /// The code of the reject, if the input was refused.
    pub reject: Option<String>,
    /// The session's revision after the step.
    pub revision: i64,
    /// The session's snapshot after the step. It is restored before the next step.
    pub snapshot: String,
}

/// The first difference of a replay. It prints names only: the values may be secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The number of the step, counted from 0.
    pub step: usize,
    /// The member of the step that differs.
    pub member: String,
    /// How it differs.
    pub why: String,
}

impl Transcript {
    /// Plays inputs through a new session, which is restored before each step, and records what it asks for.
    ///
    /// # Errors
    /// If the session cannot be opened, or its own snapshot cannot be restored.
    pub fn record(
        about: &str,
        (config, request): (Value, Value),
        seed: &Seed,
        inputs: &[(UnixMillis, Option<Input>)],
    ) -> Result<Self, Reject> {
        let seed = seed.clone();
        let mut transcript = Self { about: about.into(), config, request, seed, steps: Vec::new() };
        let account = transcript.account()?;
        for (at, input) in inputs {
            let mut session = transcript.session_before(&account, transcript.steps.len(), *at)?;
            let reject = input.clone().and_then(|input| session.handle(input, *at).err());
            let input = input.as_ref().map_or(Value::Null, wire::input_to_json);
            transcript.steps.push(Step::of(&session, *at, input, reject.as_ref()));
        }
        Ok(transcript)
    }

    /// Plays the recorded inputs again, with a restore before every step, and compares everything.
    ///
    /// # Errors
    /// The first [`Difference`].
    pub fn replay(&self) -> Result<(), Difference> {
        let refused = |step, member: &'static str| {
            move |reject: Reject| Difference { step, member: member.into(), why: reject.to_string() }
        };
        let account = self.account().map_err(refused(0, "config"))?;
        if self.steps.is_empty() {
            return Err(Difference { step: 0, member: "steps".into(), why: "there are none".into() });
        }
        for (index, expected) in self.steps.iter().enumerate() {
            let mut session = self.session_before(&account, index, expected.at).map_err(refused(index, "snapshot"))?;
            let reject = expected
                .input()
                .map_err(refused(index, "input"))?
                .and_then(|input| session.handle(input, expected.at).err());
            let actual = Step::of(&session, expected.at, expected.input.clone(), reject.as_ref());
            if let Some((member, why)) = expected.differs(&actual) {
                return Err(Difference { step: index, member, why });
            }
        }
        Ok(())
    }

    /// The account that the session was recorded with.
    ///
    /// # Errors
    /// The errors of `Account::new`.
    pub fn account(&self) -> Result<Account, Reject> {
        Account::new(Config::from_json(&self.config.to_string())?)
    }

    /// The session as it stood before a step: newly opened before the first.
    fn session_before(&self, account: &Account, step: usize, at: UnixMillis) -> Result<Session, Reject> {
        let heard = self.steps.get(..step).unwrap_or_default();
        if let Some(before) = heard.last() {
            let mut session = Session::restore(account, &before.snapshot)?;
            for image in heard.iter().flat_map(Step::images) {
                session.supply(image.bytes);
            }
            return Ok(session);
        }
        let request = Request::from_json(&self.request.to_string())?;
        Session::open(account, request, self.seed.clone(), at)
    }
}

impl Step {
    fn of(session: &Session, at: UnixMillis, input: Value, reject: Option<&Reject>) -> Self {
        Self {
            at,
            input,
            next: wire::next_to_json(&session.next(at)),
            reject: reject.map(|reject| reject.code().to_string()),
            revision: session.revision(),
            snapshot: session.snapshot(),
        }
    }

    /// The input of the step, if it has one.
    ///
    /// # Errors
    /// `input_malformed` if it does not have the form of an input.
    pub fn input(&self) -> Result<Option<Input>, Reject> {
        if self.input.is_null() {
            return Ok(None);
        }
        let malformed =
            || Reject::at(RejectCode::InputMalformed, "input", "this is no input in the form of a transcript");
        wire::input_from_json(&self.input).map(Some).ok_or_else(malformed)
    }

    /// The images that it was told: a store has them beside the snapshots that follow.
    fn images(&self) -> Vec<Image> {
        match self.input() {
            Ok(Some(Input::Images { images })) => images,
            _ => Vec::new(),
        }
    }

    /// The first member that differs. Snapshots are compared as JSON too, so that the place can be named.
    fn differs(&self, actual: &Self) -> Option<(String, String)> {
        let text = |code: &Option<String>| code.clone().unwrap_or_else(|| "none".into());
        if self.reject != actual.reject {
            let why = format!("expected {}, got {}", text(&self.reject), text(&actual.reject));
            return Some(("reject".into(), why));
        }
        if self.revision != actual.revision {
            return Some(("revision".into(), format!("expected {}, got {}", self.revision, actual.revision)));
        }
        let another = "has another value".to_owned();
        if let Some(place) = first_difference("next", &self.next, &actual.next) {
            return Some((place, another));
        }
        if self.snapshot != actual.snapshot {
            let json = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
            let place = first_difference("snapshot", &json(&self.snapshot), &json(&actual.snapshot));
            return Some((place.unwrap_or_else(|| "snapshot".into()), another));
        }
        None
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}, {}: {}", self.step, self.member, self.why)
    }
}

impl std::error::Error for Difference {}

/// The dotted path of the first place where two values differ.
fn first_difference(path: &str, expected: &Value, actual: &Value) -> Option<String> {
    if expected == actual {
        return None;
    }
    let (Value::Object(expected), Value::Object(actual)) = (expected, actual) else { return Some(path.into()) };
    let names = expected.keys().chain(actual.keys());
    let mut inner = names.filter_map(|name| {
        let (a, b) = (expected.get(name), actual.get(name));
        first_difference(&format!("{path}.{name}"), a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null))
    });
    inner.next().or_else(|| Some(path.into()))
}
