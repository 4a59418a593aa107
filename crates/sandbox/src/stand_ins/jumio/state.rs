//! Transactions: CREATED, STARTED, and one of four ends.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::callbacks;
use super::script::{self, Scripts};
use super::settings::{AfterThreeFailures, Verdict};
use crate::address::Address;
use crate::html::PageScript;
use crate::world::World;

/// The six states of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TransactionStatus {
    /// The transaction is initiated.
    Created,
    /// The user has opened the client.
    Started,
    /// The user is live and has the same face.
    Passed,
    /// The user is not live, or has another face.
    Failed,
    /// There is no verdict.
    Invalid,
    /// The user did not finish in time, or a newer transaction replaced this one.
    Expired,
}

impl TransactionStatus {
    pub(crate) fn is_final(self) -> bool {
        !matches!(self, Self::Created | Self::Started)
    }

    /// The status as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Started => "STARTED",
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
            Self::Invalid => "INVALID",
            Self::Expired => "EXPIRED",
        }
    }
}

impl From<Verdict> for TransactionStatus {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Passed,
            Verdict::Failed => Self::Failed,
            Verdict::Invalid => Self::Invalid,
        }
    }
}

/// A validated initiate.
#[derive(Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) region: String,
    pub(crate) account: usize,
    pub(crate) enrollment: String,
    pub(crate) callback_url: Option<String>,
    pub(crate) success_url: Option<String>,
    pub(crate) error_url: Option<String>,
    pub(crate) user_reference: Option<String>,
    pub(crate) locale: String,
    pub(crate) lifetime_minutes: u32,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Transaction {
    pub(crate) order: Order,
    pub(crate) reference: String,
    pub(crate) token: String,
    pub(crate) redirect_url: String,
    pub(crate) created: i64,
    pub(crate) status: TransactionStatus,
    pub(crate) opened: bool,
    pub(crate) submitted: bool,
    pub(crate) superseded: bool,
    pub(crate) failed_attempts: u8,
    /// How many liveness images were taken.
    pub(crate) images: u32,
    pub(crate) page: PageScript,
    /// As whoever initiated it sees the sandbox.
    pub(crate) address: Address,
    pub(crate) deadline: i64,
    pub(crate) outcome: Verdict,
    pub(crate) verdict_delay_ms: i64,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) transactions: HashMap<String, Transaction>,
    by_token: HashMap<String, String>,
    /// The newest transaction of each enrollment; it has superseded all earlier ones.
    newest: HashMap<String, String>,
    pub(crate) order: Vec<String>,
    pub(crate) scripts: Scripts,
}

/// What is due for a transaction.
#[derive(Serialize, Deserialize)]
pub(crate) enum Event {
    /// Counts only if the deadline has not moved since.
    Expire {
        reference: String,
        deadline: i64,
    },
    Verdict {
        reference: String,
    },
}

impl State {
    pub(crate) fn by_token(&self, token: &str) -> Option<&str> {
        self.by_token.get(token).map(String::as_str)
    }

    /// Forgets a transaction for good; its link and later callbacks go with it.
    pub(crate) fn delete(&mut self, reference: &str) {
        if let Some(transaction) = self.transactions.remove(reference) {
            self.by_token.remove(&transaction.token);
            if self.newest.get(&transaction.order.enrollment).is_some_and(|newest| newest == reference) {
                self.newest.remove(&transaction.order.enrollment);
            }
        }
        self.order.retain(|other| other != reference);
    }

    /// Forgets what was initiated before this moment.
    pub(crate) fn forget(&mut self, before: i64) {
        self.transactions.retain(|_, transaction| transaction.created >= before);
        let kept = |reference: &String| self.transactions.contains_key(reference);
        self.by_token.retain(|_, reference| kept(reference));
        self.newest.retain(|_, reference| kept(reference));
        self.order.retain(kept);
    }
}

/// Creates a transaction and supersedes earlier ones of the same enrollment.
pub(crate) fn initiate(world: &mut World, order: Order) -> &Transaction {
    supersede(world, &order.enrollment);
    let (outcome, verdict_delay_ms, page) = script::next(world, &order.enrollment);
    let created = world.clock.now();
    let reference = world.ids.uuid();
    let token = token(world);
    let redirect_url = redirect_url(world, &order, &token);
    let (address, settings) = (world.address(), &world.config.jumio);
    let link_until = created + i64::from(order.lifetime_minutes) * 60_000;
    let deadline =
        if settings.session_starts_at_opening { link_until } else { link_until.min(created + settings.session_ms) };
    let event = Event::Expire { reference: reference.clone(), deadline };
    world.clock.at(deadline, event);
    world.states.jumio.by_token.insert(token.clone(), reference.clone());
    world.states.jumio.newest.insert(order.enrollment.clone(), reference.clone());
    world.states.jumio.order.push(reference.clone());
    world.states.jumio.transactions.entry(reference.clone()).or_insert(Transaction {
        order,
        reference,
        token,
        redirect_url,
        created,
        status: TransactionStatus::Created,
        opened: false,
        submitted: false,
        superseded: false,
        failed_attempts: 0,
        images: 0,
        page,
        address,
        deadline,
        outcome,
        verdict_delay_ms,
    })
}

/// The client was opened or used: the transaction runs, and its 15 minutes start again.
pub(crate) fn touch(world: &mut World, reference: &str) {
    let deadline = world.clock.now() + world.config.jumio.session_ms;
    let Some(transaction) = world.states.jumio.transactions.get_mut(reference) else { return };
    if transaction.status.is_final() {
        return;
    }
    transaction.status = TransactionStatus::Started;
    transaction.opened = true;
    transaction.deadline = deadline;
    let event = Event::Expire { reference: reference.to_owned(), deadline };
    world.clock.at(deadline, event);
}

/// An acceptable submission: the verdict follows later.
pub(crate) fn accept(world: &mut World, reference: &str, chosen: Option<Verdict>) {
    let images = world.config.jumio.liveness_images;
    let now = world.clock.now();
    let Some(transaction) = world.states.jumio.transactions.get_mut(reference) else { return };
    transaction.submitted = true;
    transaction.images = images;
    transaction.outcome = chosen.unwrap_or(transaction.outcome);
    let when = now.saturating_add(transaction.verdict_delay_ms.max(0));
    world.clock.at(when, Event::Verdict { reference: reference.to_owned() });
}

/// An unacceptable submission; returns how many there have been.
pub(crate) fn reject(world: &mut World, reference: &str) -> u8 {
    let after = world.config.jumio.after_three_failures;
    let Some(transaction) = world.states.jumio.transactions.get_mut(reference) else { return 0 };
    transaction.failed_attempts = transaction.failed_attempts.saturating_add(1);
    let attempts = transaction.failed_attempts;
    if attempts >= 3 {
        match after {
            AfterThreeFailures::Expire => {}
            AfterThreeFailures::Failed => finish(world, reference, TransactionStatus::Failed),
            AfterThreeFailures::Invalid => finish(world, reference, TransactionStatus::Invalid),
        }
    }
    attempts
}

pub(crate) fn on_event(world: &mut World, event: Event) {
    match event {
        Event::Expire { reference, deadline } => {
            if world
                .states
                .jumio
                .transactions
                .get(&reference)
                .is_some_and(|transaction| transaction.deadline == deadline)
            {
                finish(world, &reference, TransactionStatus::Expired);
            }
        }
        Event::Verdict { reference } => {
            if let Some(status) = world.states.jumio.transactions.get(&reference).map(|it| it.outcome.into()) {
                finish(world, &reference, status);
            }
        }
    }
}

/// The only way into a final state, and there is none out of it.
fn finish(world: &mut World, reference: &str, status: TransactionStatus) {
    let Some(transaction) = world.states.jumio.transactions.get_mut(reference) else { return };
    if transaction.status.is_final() {
        return;
    }
    transaction.status = status;
    callbacks::send(world, reference);
}

/// Of several transactions for one enrollment within 15 minutes only the last works (J-F1). One that still waits for its
/// verdict is not final, so it is superseded too (inferred).
fn supersede(world: &mut World, enrollment: &str) {
    let since = world.clock.now() - world.config.jumio.session_ms;
    let Some(reference) = world.states.jumio.newest.remove(enrollment) else { return };
    let Some(transaction) = world.states.jumio.transactions.get_mut(&reference) else { return };
    if transaction.status.is_final() || transaction.created < since {
        return;
    }
    transaction.superseded = true;
    if world.config.jumio.supersede_at_once {
        finish(world, &reference, TransactionStatus::Expired);
    }
}

fn token(world: &mut World) -> String {
    if world.config.jumio.long_redirect_url {
        // As observed: three parts, 313 characters.
        return [world.ids.token(60), world.ids.token(165), world.ids.token(86)].join(".");
    }
    world.ids.token(64)
}

fn redirect_url(world: &World, order: &Order, token: &str) -> String {
    // A prefix for EU and SGP is documented nowhere (J-D18).
    let prefix = world.config.jumio.portal.domain_prefix.as_deref().filter(|_| order.region == "us");
    let prefix = prefix.map(|prefix| format!("/{prefix}")).unwrap_or_default();
    let (region, locale) = (&order.region, &order.locale);
    world.link(&format!("/jumio/{region}{prefix}/web/v4/app?authorizationToken={token}&locale={locale}"))
}

#[cfg(test)]
mod tests {
    use super::{Order, initiate};
    use crate::Config;
    use crate::world::World;
    use std::time::{Duration, Instant};

    fn time(enrollment: impl Fn(u32) -> String) -> Duration {
        let mut world = World::new(Config::default(), "http://127.0.0.1:1".into());
        let begun = Instant::now();
        for number in 0..6_000 {
            let order = Order {
                region: "us".into(),
                account: 0,
                enrollment: enrollment(number),
                callback_url: None,
                success_url: None,
                error_url: None,
                user_reference: None,
                locale: "en".into(),
                lifetime_minutes: 30,
            };
            initiate(&mut world, order);
        }
        begun.elapsed()
    }

    #[test]
    fn many_transactions_of_one_enrollment_cost_as_much_as_of_many() {
        let (one, many) = (time(|_| "one".into()), time(|number| number.to_string()));
        assert!(one < many * 4, "{one:?} for one enrollment, {many:?} for many");
    }
}
