//! Rules that hold for every flow and plan, whatever two workers, clients and providers do, in whatever order.

use std::collections::BTreeMap;

use idvkit::{
    HintKind, Input, Next, Outcome, UnixMillis, Why,
    driver::{Accounts, Answer, Ask, Blob, Delivery, Driver, Plan, Row, Step, Told, Verification, When},
};
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};

use super::{
    host::{Shelf, seed},
    support::{self, FLOWS, Flow, T0},
};

/// Something that may happen.
#[derive(Clone, Debug)]
enum Act {
    /// A worker takes the next step of its errand, or begins one; the number picks the provider's answer.
    Work(usize, usize),
    /// The answer that it waits for does not come.
    Fail(usize),
    /// It crashes; with `true` after the store did what was asked.
    Crash(usize, bool),
    Tell(Word),
    Sleep(i64),
}

/// What a client, a provider or the host may say.
#[derive(Clone, Debug)]
enum Word {
    Hint(HintKind),
    Redirect(usize),
    Callback(usize, usize),
    Images,
    Retry,
    Erase(bool),
}

fn act() -> impl Strategy<Value = Act> {
    let kind =
        prop_oneof![Just(HintKind::Success), Just(HintKind::Finished), Just(HintKind::Error), Just(HintKind::Skipped)];
    let word = prop_oneof![
        4 => kind.prop_map(Word::Hint),
        3 => (0..16_usize).prop_map(Word::Redirect),
        3 => (0..3_usize, 0..16_usize).prop_map(|(step, index)| Word::Callback(step, index)),
        3 => Just(Word::Images),
        1 => Just(Word::Retry),
        1 => any::<bool>().prop_map(Word::Erase),
    ];
    prop_oneof![
        40 => (0..2_usize, any::<prop::sample::Index>()).prop_map(|(at, index)| Act::Work(at, index.index(1 << 16))),
        1 => (0..2_usize).prop_map(Act::Fail),
        2 => (0..2_usize, any::<bool>()).prop_map(|(at, stored)| Act::Crash(at, stored)),
        5 => word.prop_map(Act::Tell),
        6 => (0..4_000_000_i64).prop_map(Act::Sleep),
    ]
}

fn flows() -> impl Strategy<Value = Vec<usize>> {
    vec(0..FLOWS.len(), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_hold(flows in flows(), deliver in any::<bool>(), acts in vec(act(), 1..120)) {
        let mut run = Run::new(&flows, deliver);
        for act in acts {
            run.take(&act)?;
        }
    }
}

/// The walks are worth something only if they get somewhere.
#[test]
fn the_walks_reach_outcomes_deliveries_and_later_steps() {
    let mut runner = TestRunner::deterministic();
    let (walks, flows) = (vec(act(), 120..200), flows());
    let (mut ended, mut delivered, mut later, mut lost, mut replaced) = (0, 0, 0, 0, 0);
    for _ in 0..150 {
        let mut run = Run::new(&flows.new_tree(&mut runner).unwrap().current(), true);
        for act in walks.new_tree(&mut runner).unwrap().current() {
            run.take(&act).unwrap();
        }
        ended += usize::from(run.row().outcome.is_some());
        delivered += usize::from(!run.acted.is_empty());
        replaced += usize::from(run.acted.len() > 1);
        later += usize::from(run.verification().attempts().len() > 1);
        lost += run.lost;
    }
    let reached = [ended, delivered, later, lost, replaced];
    assert!(reached.iter().zip([50, 40, 20, 50, 3]).all(|(is, least)| *is >= least), "{reached:?}");
}

struct Run {
    flows: Vec<Flow>,
    accounts: Accounts,
    shelf: Shelf,
    workers: [Option<Driver>; 2],
    now: UnixMillis,
    /// What the host acted on, by the delivery's id.
    acted: BTreeMap<String, Outcome>,
    /// How often another worker was first.
    lost: usize,
    /// The host asked for another attempt.
    retried: bool,
}

impl Run {
    fn new(flows: &[usize], deliver: bool) -> Self {
        let flows: Vec<Flow> = flows.iter().map(|at| FLOWS[*at]).collect();
        let name = |at: usize| format!("account {at}");
        let all = flows.iter().enumerate();
        let accounts = all.clone().fold(Accounts::default(), |all, (at, flow)| all.with(name(at), flow.account()));
        let when = |at| if at == 0 { Vec::new() } else { vec![When::Failed, When::Expired, When::Inconclusive] };
        let step =
            |(at, flow): (usize, &Flow)| Step { account: Some(name(at)), request: flow.request(), when: when(at) };
        let plan = Plan { steps: all.map(step).collect(), deliver };
        let begin = Driver::begin(&accounts, plan, seed(0), "order-7", T0).unwrap();
        let (shelf, workers, acted) = (Shelf::default(), [None, None], BTreeMap::new());
        let mut run = Self { flows, accounts, shelf, workers, now: T0, acted, lost: 0, retried: false };
        run.workers[0] = Some(begin);
        run.step(0, 0).unwrap();
        run.step(0, 0).unwrap();
        run
    }

    fn take(&mut self, act: &Act) -> Result<(), TestCaseError> {
        match act {
            Act::Work(at, answer) => self.step(*at, *answer)?,
            Act::Fail(at) => self.tell(*at, Told::Exchanged { answer: None })?,
            Act::Crash(at, after) => {
                if let Some(Ask::Store { row, expected, blobs }) = self.ask(*at).filter(|_| *after) {
                    self.store(&row, expected, &blobs)?;
                }
                self.workers[*at] = None;
            }
            Act::Tell(word) => {
                let Some(input) = self.input(word) else { return Ok(()) };
                let id = self.row().id.clone();
                self.retried |= matches!(input, Input::Retry);
                let driver = match &input {
                    Input::Redirect { .. } | Input::Callback { .. } => {
                        let Ok(driver) = Driver::hear(&self.accounts, None, input, self.now) else { return Ok(()) };
                        driver
                    }
                    _ => Driver::tell(&self.accounts, &id, input),
                };
                self.workers[1] = Some(driver);
            }
            Act::Sleep(millis) => self.now = self.now.plus(*millis),
        }
        Ok(())
    }

    fn input(&self, word: &Word) -> Option<Input> {
        Some(match word {
            Word::Hint(kind) => {
                let Next::Present { journey, .. } = self.verification().next(self.now) else { return None };
                let flow = self.flows[self.verification().attempts().len() - 1];
                Input::Hint { text: flow.hint(&journey, *kind) }
            }
            Word::Redirect(index) => Input::Redirect { url: Flow::redirect(*index) },
            Word::Callback(step, index) => {
                let flow = self.flows[step % self.flows.len()];
                flow.callback(&flow.open(), *index)
            }
            Word::Images => support::images(),
            Word::Retry => Input::Retry,
            Word::Erase(at_provider) => Input::Erase { at_provider: *at_provider },
        })
    }

    fn step(&mut self, at: usize, answer: usize) -> Result<(), TestCaseError> {
        let Some(ask) = self.ask(at) else {
            self.workers[at] = Some(Driver::advance(&self.accounts, &self.row().id));
            return Ok(());
        };
        let told = match ask {
            Ask::Load { by, blobs } => self.shelf.load(&by, &blobs),
            Ask::Store { row, expected, blobs } => Told::Stored { stored: self.store(&row, expected, &blobs)? },
            Ask::Exchange { request, exclusive } => {
                prop_assert_eq!(exclusive, request.cache.as_ref().map(|cache| cache.key.clone()));
                prop_assert!(request.idempotent || self.is_claimed(at), "sent without a claim in the store");
                match Flow::answer(&request, answer) {
                    Input::HttpResponse { status, headers, body, .. } => {
                        Told::Exchanged { answer: Some(Answer { status, headers, body }) }
                    }
                    other => panic!("{other:?}"),
                }
            }
            Ask::Deliver { delivery, outcome, .. } => {
                let before = self.acted.insert(delivery.id, outcome.clone());
                prop_assert!(before.is_none_or(|before| before == outcome), "one id, two outcomes");
                Told::Delivered { delivered: answer % 4 != 0 }
            }
            Ask::Rest { .. } | Ask::Heard { .. } => {
                self.workers[at] = None;
                return Ok(());
            }
        };
        self.tell(at, told)
    }

    fn tell(&mut self, at: usize, told: Told) -> Result<(), TestCaseError> {
        let now = self.now;
        let Some(driver) = &mut self.workers[at] else { return Ok(()) };
        let before = driver.ask().clone();
        if driver.told(told, now).is_err() {
            prop_assert_eq!(driver.ask(), &before, "a refusal changes nothing");
            if matches!(before, Ask::Load { .. }) {
                self.workers[at] = None;
            }
            return Ok(());
        }
        match self.ask(at) {
            Some(Ask::Store { row, expected, .. }) => self.check(&row, expected),
            _ => Ok(()),
        }
    }

    /// Whether what this worker is about to do is its own by the row that is stored now, or was until just now.
    fn is_claimed(&self, at: usize) -> bool {
        let known = self.workers[at].as_ref().and_then(Driver::verification).map(Verification::revision);
        known.is_some_and(|known| known <= self.row().revision)
    }

    fn store(&mut self, row: &Row, expected: Option<i64>, blobs: &[Blob]) -> Result<bool, TestCaseError> {
        let known = expected.map(|_| self.row().clone());
        let stored = self.shelf.store(row, expected, blobs);
        let kept: Vec<&String> = self.shelf.blobs.keys().collect();
        prop_assert_eq!(
            kept,
            self.row().blobs.iter().collect::<Vec<_>>(),
            "the store has what the row names, and no more"
        );
        self.lost += usize::from(!stored);
        if let Some(known) = known.filter(|_| stored) {
            prop_assert!(row.outcome.is_some() || known.outcome.is_none() || self.retried, "an outcome is lost");
            follows(&known, row)?;
        }
        Ok(stored)
    }

    /// The columns say what the text says.
    fn check(&self, row: &Row, expected: Option<i64>) -> Result<(), TestCaseError> {
        prop_assert!(expected.is_none_or(|expected| expected < row.revision));
        let read = Verification::restore(&self.accounts, &row.snapshot).expect("what is stored can be read");
        prop_assert_eq!((read.id(), read.key(), read.revision()), (row.id.as_str(), row.key.as_str(), row.revision));
        prop_assert_eq!((read.outcome(), read.references()), (row.outcome.as_ref(), row.references.clone()));
        prop_assert_eq!(&read.delivery(), &row.delivery);
        let decider = read.attempts().into_iter().find(|attempt| attempt.decides);
        prop_assert_eq!(decider.is_some(), row.outcome.is_some());
        if let Some(decider) = decider {
            prop_assert_eq!((&decider.account, decider.provider.as_str()), (&row.account, row.provider.as_str()));
        }
        let next = read.next(self.now);
        prop_assert_eq!(&read.next(self.now), &next);
        let due = match &next {
            Next::Send { .. } => Some(self.now),
            // At once, where the worker that stores it has the images at hand.
            Next::Wait { why: Why::Blobs { .. }, .. } if row.due == Some(self.now) => row.due,
            Next::Present { until, .. } | Next::Wait { until, .. } => Some(*until),
            Next::Done { .. } => None,
        };
        let delivery = row.delivery.as_ref().and_then(|delivery| delivery.due);
        prop_assert_eq!(due.into_iter().chain(delivery).min(), row.due);
        if let Next::Done { outcome, .. } = next {
            prop_assert_eq!(Some(outcome), row.outcome.clone(), "over, and the row does not say how");
        }
        Ok(())
    }

    fn ask(&self, at: usize) -> Option<Ask> {
        self.workers[at].as_ref().map(|driver| driver.ask().clone())
    }

    fn row(&self) -> &Row {
        self.shelf.row()
    }

    fn verification(&self) -> Verification {
        Verification::restore(&self.accounts, &self.row().snapshot).unwrap()
    }
}

/// What may become of a row.
fn follows(before: &Row, after: &Row) -> Result<(), TestCaseError> {
    prop_assert_eq!((&before.id, &before.key), (&after.id, &after.key));
    prop_assert!(before.references.iter().all(|known| after.references.contains(known)), "a reference is lost");
    if let (Some(Outcome::Decided { .. }), Some(now)) = (&before.outcome, &after.outcome) {
        prop_assert!(matches!(now, Outcome::Decided { .. }), "a verdict gave way to none");
    }
    let id = |delivery: &Delivery| delivery.id.clone();
    if let (Some(old), Some(new)) = (&before.delivery, &after.delivery) {
        let replaced = new.replaces.as_ref() == Some(&old.id);
        prop_assert!(id(old) == id(new) || replaced, "a delivery is lost");
        prop_assert!(old.due.is_some() || new.due.is_none() || replaced, "delivered, and due again");
    }
    Ok(())
}
