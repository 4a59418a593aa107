//! Turns a scenario's sessions into transcripts that anybody can replay, without the ports of the day.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, ensure};
use idvkit::{Header, Input, Seed, Session, UnixMillis};
use idvkit_vectors::Transcript;
use serde_json::Value;

/// Stand for the servers in a transcript: addresses on this machine that nobody serves.
const SANDBOX: &str = "http://127.0.0.1:1";
const MERCHANT: &str = "http://localhost:2";

/// What a session was told so far. Clones are the same one.
#[derive(Clone)]
pub struct Recording(Arc<Inner>);

struct Inner {
    config: Mutex<Value>,
    request: Value,
    seed: Seed,
    inputs: Mutex<Vec<(UnixMillis, Option<Input>)>>,
}

impl Recording {
    pub(super) fn new(config: Value, request: Value, seed: Seed, opened: UnixMillis) -> Self {
        Self(Arc::new(Inner { config: Mutex::new(config), request, seed, inputs: Mutex::new(vec![(opened, None)]) }))
    }

    pub(super) fn heard(&self, at: UnixMillis, input: &Input) {
        self.0.inputs.lock().unwrap_or_else(PoisonError::into_inner).push((at, Some(input.clone())));
    }

    /// Replaces some members of the account's configuration; gives all of it.
    pub(super) fn reconfigure(&self, changes: &Value) -> Value {
        let mut config = self.0.config.lock().unwrap_or_else(PoisonError::into_inner);
        merge(&mut config, changes);
        config.clone()
    }

    /// The transcript with both servers' addresses replaced by fixed ones. It is played anew from the inputs, so that
    /// every snapshot in it is the library's own.
    ///
    /// # Errors
    /// If the session does not end as it did live.
    pub fn transcript(&self, about: &str, live: &Session, sandbox: &str, merchant: &str) -> Result<Transcript> {
        let addresses = Addresses::new(&[(sandbox, SANDBOX), (merchant, MERCHANT)]);
        let json = |value: &Value| serde_json::from_str(&addresses.replaced(&value.to_string()));
        let inputs = self.0.inputs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let inputs: Vec<_> =
            inputs.into_iter().map(|(at, input)| (at, input.map(|it| addresses.of_input(it)))).collect();
        let settings = (json(&self.reconfigure(&Value::Null))?, json(&self.0.request)?);
        let transcript = Transcript::record(about, settings, &self.0.seed, &inputs)?;
        let revision = transcript.steps.last().map(|step| step.revision);
        ensure!(revision == Some(live.revision()), "the recording does not end where the session did");
        Ok(transcript)
    }
}

/// Objects merge, all else replaces; `null` changes nothing.
fn merge(target: &mut Value, changes: &Value) {
    match (target, changes) {
        (_, Value::Null) => {}
        (Value::Object(target), Value::Object(changes)) => {
            for (name, value) in changes {
                merge(target.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (target, changes) => *target = changes.clone(),
    }
}

/// What to replace by what, plain and as it stands inside a form.
struct Addresses(Vec<(String, String)>);

impl Addresses {
    fn new(pairs: &[(&str, &str)]) -> Self {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let both = |(from, to): &(&str, &str)| [((*from).to_owned(), (*to).to_owned()), (encoded(from), encoded(to))];
        Self(pairs.iter().flat_map(both).collect())
    }

    fn replaced(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        match String::from_utf8(bytes) {
            Ok(text) => self.replaced(&text).into_bytes(),
            Err(binary) => binary.into_bytes(),
        }
    }

    /// Of an answer's headers only those are kept that a session reads: the others hold the time of the day.
    fn of_input(&self, input: Input) -> Input {
        match input {
            Input::HttpResponse { id, status, headers, body } => {
                let read = |header: &Header| ["content-type", "retry-after"].contains(&header.name.as_str());
                let headers = headers.into_iter().filter(read).collect();
                Input::HttpResponse { id, status, headers, body: self.bytes(body) }
            }
            Input::Callback { url, headers, body } => Input::Callback { url, headers, body: self.bytes(body) },
            Input::Redirect { url } => Input::Redirect { url: self.replaced(&url) },
            other => other,
        }
    }
}
