//! The delivery of callbacks and webhooks: attempts, retries, and failures on demand.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use idvkit_core::settings::is_private_host;

use crate::MARK;
use crate::config::DeliveryPolicy;
use crate::saved;
use crate::stand_in::StandIn;
use crate::time::iso;
use crate::world::{Event, World};

/// A rule for the next callbacks of a provider.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackRule {
    /// The provider's folder in URLs, such as `jumio`.
    pub provider: String,
    /// What happens to the callback.
    pub mode: CallbackMode,
    /// For `late`: the delay in virtual milliseconds. For `duplicate`: the time between the copies in virtual
    /// milliseconds.
    #[serde(default)]
    pub ms: i64,
    /// For `duplicate`: how many copies are sent in all; 2 by default.
    #[serde(default = "two")]
    pub copies: u32,
    /// How many callbacks the rule applies to; 1 by default.
    #[serde(default = "one")]
    pub times: u32,
}

impl CallbackRule {
    /// A rule that applies `mode` to the next callback of `provider`.
    pub fn next(provider: &str, mode: CallbackMode) -> Self {
        Self { provider: provider.into(), mode, ms: 0, copies: 2, times: 1 }
    }
}

/// What can happen to a callback.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackMode {
    /// The callback is never sent.
    Lost,
    /// The callback is sent more than once, although the receiver answered.
    Duplicate,
    /// The callback is sent later.
    Late,
    /// The callback is sent only after the provider's next one, so that the two arrive in the wrong order.
    Held,
}

/// One attempt to deliver a callback, or the reason why none was made.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryEntry {
    /// The number of the delivery, the same for all its attempts.
    pub delivery: u64,
    /// When the attempt was made, on the virtual clock, in Unix milliseconds.
    pub at: i64,
    /// The provider's folder in URLs, such as `jumio`.
    pub provider: &'static str,
    /// The result or event that the callback reports.
    pub event: String,
    /// The provider's id of the transaction or handshake.
    pub reference: String,
    /// The URL that the callback is sent to.
    pub url: String,
    /// The number of the attempt, counted from 1; 0 if nothing was sent.
    pub attempt: u32,
    /// The body as sent. Credentials travel in headers, which are not kept.
    pub body: String,
    /// The status that the receiver answered with, if it answered.
    pub status: Option<u16>,
    /// Why there was no answer: `lost`, `held`, `reserved_name`, `foreign_host`, `timeout` or `unreachable`.
    pub error: Option<&'static str>,
    /// When the next attempt is due, if there is one.
    pub retry_at: Option<i64>,
}

fn one() -> u32 {
    1
}

fn two() -> u32 {
    2
}

/// A callback and all that is needed to send it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Outgoing {
    #[serde(with = "saved::stand_in")]
    pub(crate) provider: &'static dyn StandIn,
    pub(crate) event: String,
    pub(crate) reference: String,
    pub(crate) url: String,
    pub(crate) authorization: Option<String>,
    pub(crate) payload: Payload,
    pub(crate) policy: DeliveryPolicy,
}

/// A body, finished only at the moment of sending because it may hold that moment.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Payload {
    /// `{now}` as a value is replaced by the time of the attempt, with so many fraction digits.
    Form {
        fields: Vec<(Cow<'static, str>, String)>,
        digits: u8,
    },
    Json(String),
}

/// The value in a form that stands for the time of the attempt.
pub(crate) const NOW: &str = "{now}";

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Deliveries {
    next: u64,
    /// Everything that is not delivered for good, with the number of its next attempt, or of the one that is being made.
    waiting: BTreeMap<u64, (Outgoing, u32)>,
    held: Vec<u64>,
    rules: Vec<CallbackRule>,
    #[serde(skip)]
    log: Vec<DeliveryEntry>,
}

impl Deliveries {
    pub(crate) fn rule(&mut self, rule: CallbackRule) {
        self.rules.push(rule);
    }

    pub(crate) fn log(&self) -> &[DeliveryEntry] {
        &self.log
    }

    /// Drops what is still on its way about something that was deleted.
    pub(crate) fn forget(&mut self, provider: &dyn StandIn, reference: &str) {
        let about =
            |outgoing: &Outgoing| outgoing.provider.name() == provider.name() && outgoing.reference == reference;
        self.waiting.retain(|_, (outgoing, _)| !about(outgoing));
    }

    fn take_rule(&mut self, provider: &str) -> Option<CallbackRule> {
        let index = self.rules.iter().position(|rule| rule.provider == provider)?;
        let rule = self.rules[index].clone();
        self.rules[index].times = rule.times.saturating_sub(1);
        self.rules.retain(|rule| rule.times > 0);
        Some(rule)
    }

    fn store(&mut self, outgoing: Outgoing) -> u64 {
        self.next += 1;
        self.waiting.insert(self.next, (outgoing, 1));
        self.next
    }
}

/// An attempt that is due: what to send, and the request made of it.
pub(crate) struct Attempt {
    id: u64,
    number: u32,
    outgoing: Outgoing,
    url: String,
    /// Why it is not sent.
    kept: Option<&'static str>,
    body: String,
    /// How often the world had been reset.
    resets: u64,
}

/// What became of an attempt.
#[derive(Clone, Copy)]
pub(crate) enum Delivered {
    Answered(u16),
    Not(&'static str),
}

impl World {
    /// Puts a callback on its way, or lets happen to it what a rule says.
    pub(crate) fn deliver(&mut self, outgoing: Outgoing) {
        let first = self.clock.now().saturating_add(outgoing.policy.delay_ms);
        let rule = self.deliveries.take_rule(outgoing.provider.name());
        match rule.as_ref().map(|rule| rule.mode) {
            Some(CallbackMode::Lost) => return self.note_unsent(&outgoing, "lost"),
            Some(CallbackMode::Held) => {
                self.note_unsent(&outgoing, "held");
                let id = self.deliveries.store(outgoing);
                self.deliveries.held.push(id);
                return;
            }
            _ => {}
        }
        let (copies, gap, late) = match &rule {
            Some(rule) if rule.mode == CallbackMode::Duplicate => (rule.copies.clamp(1, 100), rule.ms, 0),
            Some(rule) => (1, 0, rule.ms),
            None => (1, 0, 0),
        };
        let mut when = first.saturating_add(late);
        for _ in 0..copies {
            let id = self.deliveries.store(outgoing.clone());
            self.clock.at(when, Event::Deliver(id));
            when = when.saturating_add(gap);
        }
        for id in std::mem::take(&mut self.deliveries.held) {
            self.clock.at(when, Event::Deliver(id));
        }
    }

    /// The attempt for a delivery event; `None` when a reset has removed it.
    pub(crate) fn attempt(&mut self, id: u64) -> Option<Attempt> {
        let (outgoing, number) = self.deliveries.waiting.get(&id).cloned()?;
        let body = match &outgoing.payload {
            Payload::Json(text) => text.clone(),
            Payload::Form { fields, digits } => {
                let now = iso(self.clock.now(), *digits);
                let value = |value: &String| if value == NOW { now.clone() } else { value.clone() };
                let pairs = fields.iter().map(|(name, text)| (name, value(text)));
                form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
            }
        };
        let url = self.rerouted(&outgoing.url);
        let kept = self.kept(&url);
        Some(Attempt { id, number, outgoing, url, kept, body, resets: self.resets })
    }

    /// Writes down what became of an attempt, and plans the next one.
    pub(crate) fn delivered(&mut self, attempt: Attempt, delivered: Delivered) {
        if attempt.resets != self.resets {
            return;
        }
        let now = self.clock.now();
        let (status, error) = match delivered {
            Delivered::Answered(status) => (Some(status), None),
            Delivered::Not(why) => (None, Some(why)),
        };
        let again = !status.is_some_and(|status| (200..300).contains(&status)) && attempt.kept.is_none();
        let wait = attempt.outgoing.policy.retry_after_ms.get(attempt.number as usize - 1).copied();
        // What was forgotten meanwhile is not tried again.
        let wanted = self.deliveries.waiting.remove(&attempt.id).is_some();
        let retry_at = wait.filter(|_| again && wanted).map(|wait| now.saturating_add(wait));
        self.push_delivery(DeliveryEntry {
            delivery: attempt.id,
            at: now,
            provider: attempt.outgoing.provider.name(),
            event: attempt.outgoing.event.clone(),
            reference: attempt.outgoing.reference.clone(),
            url: attempt.outgoing.url.clone(),
            attempt: attempt.number,
            body: attempt.body,
            status,
            error,
            retry_at,
        });
        if let Some(when) = retry_at {
            self.deliveries.waiting.insert(attempt.id, (attempt.outgoing, attempt.number + 1));
            self.clock.at(when, Event::Deliver(attempt.id));
        }
    }

    /// An attempt that was being made when the state was saved: nobody knows whether it arrived, so it is made again.
    pub(crate) fn repeat_interrupted(&mut self) {
        let planned = |id: &u64| self.clock.coming().any(|event| matches!(event, Event::Deliver(other) if other == id));
        let held = &self.deliveries.held;
        let lost: Vec<u64> =
            self.deliveries.waiting.keys().filter(|id| !held.contains(id) && !planned(id)).copied().collect();
        for id in lost {
            self.clock.at(self.clock.now(), Event::Deliver(id));
        }
    }

    fn note_unsent(&mut self, outgoing: &Outgoing, why: &'static str) {
        self.push_delivery(DeliveryEntry {
            delivery: 0,
            at: self.clock.now(),
            provider: outgoing.provider.name(),
            event: outgoing.event.clone(),
            reference: outgoing.reference.clone(),
            url: outgoing.url.clone(),
            attempt: 0,
            body: String::new(),
            status: None,
            error: Some(why),
            retry_at: None,
        });
    }

    fn push_delivery(&mut self, entry: DeliveryEntry) {
        let DeliveryEntry { provider, event, url, attempt, status, error, .. } = &entry;
        if *error == Some("foreign_host") {
            tracing::warn!(provider, %event, %url, "callback held back: {HELD}");
        }
        tracing::debug!(provider, %event, %url, attempt, status, error, "callback");
        let limit = self.config.log_limit.max(1);
        let log = &mut self.deliveries.log;
        if log.len() >= limit {
            log.drain(..=log.len() - limit);
        }
        log.push(entry);
    }

    /// For whoever gives this address: a callback to it will be held back.
    pub(crate) fn held_remark(&self, url: &str) -> &'static str {
        if self.kept(&self.rerouted(url)) == Some("foreign_host") { HELD } else { "" }
    }

    /// Why nothing is sent to this address.
    fn kept(&self, url: &str) -> Option<&'static str> {
        let host = host(url);
        let allowed = |own: &String| own == "*" || own.eq_ignore_ascii_case(&host);
        if is_reserved(&host) {
            return Some("reserved_name");
        }
        let foreign = !is_private_host(&host) && !self.config.callback_hosts.iter().any(allowed);
        foreign.then_some("foreign_host")
    }

    fn rerouted(&self, url: &str) -> String {
        let found = self.config.reroute.iter().find_map(|(from, to)| Some((url.strip_prefix(from.as_str())?, to)));
        found.map_or_else(|| url.to_owned(), |(rest, to)| format!("{to}{rest}"))
    }
}

impl Attempt {
    /// Who receives it: scheme, host and port.
    pub(crate) fn receiver(&self) -> &str {
        let start = self.url.find("://").map_or(0, |at| at + 3);
        let end = self.url[start..].find(['/', '?', '#']).map_or(self.url.len(), |at| start + at);
        &self.url[..end]
    }

    /// One HTTP request, without redirects. Must not run while the world is locked.
    pub(crate) async fn send(&self, http: &reqwest::Client) -> Delivered {
        if let Some(why) = self.kept {
            return Delivered::Not(why);
        }
        let content_type = match self.outgoing.payload {
            Payload::Form { .. } => "application/x-www-form-urlencoded",
            Payload::Json(_) => "application/json",
        };
        let mut request = http
            .post(&self.url)
            .timeout(Duration::from_millis(self.outgoing.policy.timeout_ms))
            .header("content-type", content_type)
            .header(MARK, "idvkit")
            .body(self.body.clone());
        if let Some(authorization) = &self.outgoing.authorization {
            request = request.header("authorization", authorization);
        }
        match request.send().await {
            Ok(response) => Delivered::Answered(response.status().as_u16()),
            Err(error) if error.is_timeout() => Delivered::Not("timeout"),
            Err(_) => Delivered::Not("unreachable"),
        }
    }
}

const HELD: &str = "Its host is public and not in callback_hosts, so callbacks are recorded and not sent.";

/// The host of a URL in lower case; an IPv6 address in its brackets.
fn host(url: &str) -> String {
    let authority = url.split("://").nth(1).unwrap_or_default().split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let end = authority.find(']').map_or_else(|| authority.find(':').unwrap_or(authority.len()), |at| at + 1);
    authority[..end].to_ascii_lowercase()
}

/// Names that can never belong to anybody (RFC 6761) are not even looked up, so that examples work without a network.
fn is_reserved(host: &str) -> bool {
    ["example", "test", "invalid"].iter().any(|name| host == *name || host.ends_with(&format!(".{name}")))
}
