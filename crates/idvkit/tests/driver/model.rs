//! A model check over the real code: two workers, a store, a provider and a host's act, in every order that the budgets allow,
//! with crashes between any two steps, lost and late answers, callbacks, an erasure, and time that passes when it likes; from the
//! beginning, and from an end without a verdict, after which the verdict comes late.
//!
//! The one thing taken for granted is an HTTP client that keeps its time-out: what was not sent when time passed is not sent
//! any more.

use std::{
    collections::{BTreeMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use idvkit::{
    Decision, HttpRequest, Input, Next, Outcome,
    driver::{Ask, Driver, Plan, Told},
};

use super::host::{self, Host, JUMIO, T0, answer, body_for, callback, initiated, request};

const APPROVED: Outcome = Outcome::Decided { decision: Decision::Approved };

/// How often each thing may go wrong on one path.
#[derive(Clone, Copy, Hash)]
struct Budget {
    errands: u8,
    callbacks: u8,
    crashes: u8,
    losses: u8,
    pauses: u8,
    refusals: u8,
    erasures: u8,
}

#[derive(Clone)]
struct World {
    host: Host,
    workers: [Option<Worker>; 2],
    left: Budget,
    /// The user has been through the provider's page.
    done: bool,
    /// Transactions that the provider made.
    creations: u32,
    /// It begins after an end without a verdict.
    late: bool,
    /// Genuine news came after that end, and is stored.
    heard: bool,
    /// The outcome as it was when it was erased.
    erased: Option<Outcome>,
    /// The deliveries that the host acted on.
    acted: BTreeMap<String, Outcome>,
    callback_url: String,
}

#[derive(Clone)]
struct Worker {
    driver: Driver,
    errand: Errand,
    /// Everything it was told, and when: that is all that a driver is.
    history: u64,
    /// The provider has the request; its answer is on the way.
    answer: Option<String>,
    /// Time has passed since it was to be sent.
    late: bool,
}

#[derive(Clone, Copy, PartialEq, Hash)]
enum Errand {
    Advance,
    Callback,
    Erase,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Begins(usize),
    CalledBack(usize),
    Erases(usize),
    /// The store does it, and says so.
    Stores(usize),
    /// The store does it, and nobody hears.
    StoresAndCrashes(usize),
    Sends(usize),
    Answered(usize),
    Unanswered(usize),
    Acts(usize),
    ActsAndCrashes(usize),
    CannotAct(usize),
    Crashes(usize),
    UserIsDone,
    TimePasses,
}

/// Each of them is searched whole; together they hold every pair of accidents.
const BUDGETS: &[Budget] = &[
    Budget { errands: 3, callbacks: 0, crashes: 1, losses: 1, pauses: 2, refusals: 0, erasures: 0 },
    Budget { errands: 3, callbacks: 1, crashes: 1, losses: 0, pauses: 1, refusals: 1, erasures: 0 },
    Budget { errands: 2, callbacks: 1, crashes: 0, losses: 1, pauses: 2, refusals: 1, erasures: 0 },
    Budget { errands: 3, callbacks: 2, crashes: 1, losses: 1, pauses: 0, refusals: 0, erasures: 0 },
];

/// The same, from an end without a verdict on.
const LATE: &[Budget] = &[
    Budget { errands: 2, callbacks: 2, crashes: 1, losses: 0, pauses: 0, refusals: 0, erasures: 0 },
    Budget { errands: 2, callbacks: 1, crashes: 0, losses: 1, pauses: 1, refusals: 1, erasures: 0 },
    Budget { errands: 1, callbacks: 1, crashes: 1, losses: 0, pauses: 1, refusals: 0, erasures: 1 },
];

#[test]
fn nothing_is_lost_repeated_or_wrong_in_any_order() {
    let mut reached = Reached::default();
    for budget in BUDGETS {
        search(World::new(*budget), &mut reached);
    }
    println!("{reached:?}");
    let Reached { states, approved, delivered, lost_swaps, .. } = reached;
    assert!(states > 20_000 && approved > 5_000 && delivered > 2_000 && lost_swaps > 5_000, "the model gets nowhere");
}

#[test]
fn rule_24_a_late_verdict_is_neither_lost_nor_taken_back_in_any_order() {
    let mut reached = Reached::default();
    for budget in LATE {
        for was_delivered in [true, false] {
            search(World::late(*budget, was_delivered), &mut reached);
        }
    }
    println!("{reached:?}");
    let Reached { states, approved, delivered, lost_swaps, erased } = reached;
    let least = [(states, 8_000), (approved, 4_000), (delivered, 5_000), (lost_swaps, 2_000), (erased, 500)];
    assert!(least.iter().all(|(is, least)| is > least), "the model gets nowhere: {least:?}");
}

#[derive(Debug, Default)]
struct Reached {
    states: usize,
    approved: usize,
    delivered: usize,
    lost_swaps: usize,
    erased: usize,
}

fn search(from: World, reached: &mut Reached) {
    let (mut seen, mut ends) = (HashSet::new(), HashSet::new());
    let mut open = vec![from];
    while let Some(world) = open.pop() {
        for event in world.events() {
            let mut next = world.clone();
            reached.lost_swaps += usize::from(next.take(event));
            next.check(event, world.host.row().outcome.as_ref());
            if !seen.insert(next.key()) {
                continue;
            }
            reached.states += 1;
            reached.approved += usize::from(next.host.row().outcome == Some(APPROVED));
            reached.erased += usize::from(next.erased.is_some());
            reached.delivered += usize::from(!next.acted.is_empty());
            if ends.insert(next.end_key()) {
                next.clone().ends_well();
            }
            open.push(next);
        }
    }
}

impl World {
    fn new(left: Budget) -> Self {
        let mut host = Host::new();
        host.begin(Plan::from(request(JUMIO)).delivered(), "order-7");
        let Next::Send { request } = host.verification().next(T0) else { panic!() };
        let sent: serde_json::Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
        let callback_url = sent["callbackUrl"].as_str().unwrap().into();
        Self {
            host,
            workers: [None, None],
            left,
            done: false,
            creations: 0,
            late: false,
            heard: false,
            erased: None,
            acted: BTreeMap::new(),
            callback_url,
        }
    }

    /// One that has expired; the host has acted on that, or could not.
    fn late(left: Budget, was_delivered: bool) -> Self {
        let mut world = Self { late: true, creations: 1, ..Self::new(left) };
        let host = &mut world.host;
        (host.answers, host.acts) = (host::PENDING, was_delivered);
        let id = host.row().id.clone();
        while host.row().outcome.is_none() {
            host.advance(&id);
            host.now = host.row().due.unwrap_or(host.now).max(host.now);
        }
        let delivery = host.row().delivery.clone().unwrap();
        world.acted.extend(was_delivered.then_some((delivery.id, Outcome::Expired)));
        world
    }

    /// What may happen next.
    fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for at in 0..2 {
            let Some(worker) = &self.workers[at] else {
                // Two that have nothing to do are alike.
                if at == 0 || self.workers[0].is_some() {
                    events.extend((self.left.errands > 0).then_some(Event::Begins(at)));
                    events.extend((self.left.callbacks > 0 && self.done).then_some(Event::CalledBack(at)));
                    events.extend((self.left.erasures > 0).then_some(Event::Erases(at)));
                }
                continue;
            };
            let (may_crash, may_lose) = (self.left.crashes > 0, self.left.losses > 0);
            match worker.driver.ask() {
                Ask::Store { .. } => {
                    events.push(Event::Stores(at));
                    events.extend(may_crash.then_some(Event::StoresAndCrashes(at)));
                }
                Ask::Exchange { .. } => {
                    events.extend(worker.answer.is_some().then_some(Event::Answered(at)));
                    events.extend((worker.answer.is_none() && !worker.late).then_some(Event::Sends(at)));
                    events.extend((may_lose || worker.late).then_some(Event::Unanswered(at)));
                }
                Ask::Deliver { .. } => {
                    events.push(Event::Acts(at));
                    events.extend(may_crash.then_some(Event::ActsAndCrashes(at)));
                    events.extend((self.left.refusals > 0).then_some(Event::CannotAct(at)));
                }
                other => panic!("{other:?}"),
            }
            events.extend(may_crash.then_some(Event::Crashes(at)));
        }
        let shown = !self.host.row().references.is_empty();
        events.extend((shown && !self.done).then_some(Event::UserIsDone));
        let later = self.host.row().due.is_some_and(|due| due > self.host.now);
        events.extend((self.left.pauses > 0 && later).then_some(Event::TimePasses));
        events
    }

    /// Whether another worker was first.
    fn take(&mut self, event: Event) -> bool {
        match event {
            Event::Begins(at) => {
                self.left.errands -= 1;
                let driver = Driver::advance(&self.host.accounts, &self.host.row().id);
                self.start(at, driver, Errand::Advance);
            }
            Event::Erases(at) => {
                self.left.erasures -= 1;
                let input = Input::Erase { at_provider: true };
                let driver = Driver::tell(&self.host.accounts, &self.host.row().id, input);
                self.start(at, driver, Errand::Erase);
            }
            Event::CalledBack(at) => {
                self.left.callbacks -= 1;
                let input = callback(&self.callback_url, self.stored_reference());
                let driver = Driver::hear(&self.host.accounts, None, input, self.host.now).unwrap();
                self.start(at, driver, Errand::Callback);
            }
            Event::Stores(at) => {
                let stored = self.store(at);
                self.tell(at, Told::Stored { stored });
                return !stored;
            }
            Event::StoresAndCrashes(at) => {
                self.store(at);
                self.crash(at);
            }
            Event::Sends(at) => {
                let answer = self.provider(at);
                self.worker(at).answer = Some(answer);
            }
            Event::Answered(at) => {
                let body = self.worker(at).answer.take().unwrap();
                self.tell(at, Told::Exchanged { answer: Some(answer(200, &body)) });
            }
            Event::Unanswered(at) => {
                self.left.losses = self.left.losses.saturating_sub(1);
                self.tell(at, Told::Exchanged { answer: None });
            }
            Event::Acts(at) => {
                self.act(at);
                self.tell(at, Told::Delivered { delivered: true });
            }
            Event::ActsAndCrashes(at) => {
                self.act(at);
                self.crash(at);
            }
            Event::CannotAct(at) => {
                self.left.refusals -= 1;
                self.tell(at, Told::Delivered { delivered: false });
            }
            Event::Crashes(at) => self.crash(at),
            Event::UserIsDone => self.done = true,
            Event::TimePasses => {
                self.left.pauses -= 1;
                self.host.now = self.host.row().due.unwrap();
                self.workers.iter_mut().flatten().for_each(|worker| worker.late = true);
            }
        }
        false
    }

    /// What must hold after every step.
    fn check(&self, event: Event, before: Option<&Outcome>) {
        let row = self.host.row();
        let expected = match &row.outcome {
            None => !self.late,
            Some(APPROVED) => self.done,
            Some(other) => self.late && *other == Outcome::Expired,
        };
        assert!(expected, "{event:?}: {:?}", row.outcome);
        assert!(before != Some(&APPROVED) || row.outcome == Some(APPROVED), "{event:?}: a verdict was taken back");
        assert!(self.erased.is_none() || row.outcome == self.erased, "{event:?}: an erased one has changed");
        if let Some(delivery) = &row.delivery {
            let acted = self.acted.contains_key(&delivery.id);
            assert_eq!(delivery.replaces.is_some(), self.late && row.outcome == Some(APPROVED), "{event:?}");
            assert!(delivery.due.is_some() || acted, "{event:?}: off the list, and nobody acted");
        }
        assert!(self.acted.len() <= 1 + usize::from(self.late), "{event:?}: one outcome has one id");
        assert!(self.acted.is_empty() || row.outcome.is_some(), "{event:?}: delivered before it was stored");
        assert!(row.due.is_some() || row.outcome.is_some(), "{event:?}: nobody looks at it any more");
    }

    /// Whatever happened so far: if all goes well from here on, it comes to the provider's verdict, and the host acts on it.
    fn ends_well(mut self) {
        self.done = true;
        self.workers = [None, None];
        let row = self.host.row();
        let (id, known) = (row.id.clone(), row.references.clone());
        let creations = self.creations;
        for _ in 0..20 {
            let Some(due) = self.host.row().due else { break };
            self.host.now = due.max(self.host.now);
            self.start(0, Driver::advance(&self.host.accounts, &id), Errand::Advance);
            while let Some(worker) = &self.workers[0] {
                self.take(match worker.driver.ask() {
                    Ask::Store { .. } => Event::Stores(0),
                    Ask::Exchange { .. } if worker.answer.is_some() => Event::Answered(0),
                    Ask::Exchange { .. } => Event::Sends(0),
                    _ => Event::Acts(0),
                });
            }
        }
        let row = self.host.row();
        let expected = match &self.erased {
            Some(outcome) => outcome,
            None if self.late && !self.heard && row.outcome != Some(APPROVED) => &Outcome::Expired,
            None => &APPROVED,
        };
        assert_eq!((row.due, row.outcome.as_ref()), (None, Some(expected)));
        assert_eq!(self.acted.get(&row.delivery.as_ref().unwrap().id), Some(expected), "nobody acted");
        assert!(known.is_empty() || self.creations == creations, "what was made is made again");
    }

    fn start(&mut self, at: usize, driver: Driver, errand: Errand) {
        self.workers[at] = Some(Worker { driver, errand, history: 0, answer: None, late: false });
        self.settle(at);
    }

    fn tell(&mut self, at: usize, told: Told) {
        let now = self.host.now;
        let worker = self.worker(at);
        let mut hasher = DefaultHasher::new();
        (worker.history, worker.errand, now, format!("{told:?}"), body_of(&told)).hash(&mut hasher);
        worker.history = hasher.finish();
        (worker.late, worker.answer) = (false, None);
        match worker.driver.told(told, now) {
            Ok(()) => self.settle(at),
            Err(reject) => {
                assert!(self.erased.is_some() && reject.code() == "session_over", "{reject}");
                self.workers[at] = None;
            }
        }
    }

    /// To load is to begin later: it is no step of its own.
    fn settle(&mut self, at: usize) {
        match self.worker(at).driver.ask().clone() {
            Ask::Load { by, blobs } => {
                let told = self.host.shelf.load(&by, &blobs);
                self.tell(at, told);
            }
            Ask::Rest { .. } | Ask::Heard { .. } => self.workers[at] = None,
            _ => {}
        }
    }

    fn store(&mut self, at: usize) -> bool {
        let Ask::Store { row, expected, blobs } = self.worker(at).driver.ask().clone() else { panic!() };
        let stored = self.host.shelf.store(&row, expected, &blobs);
        match self.worker(at).errand {
            Errand::Callback => self.heard |= stored,
            Errand::Erase if stored => self.erased.clone_from(&row.outcome),
            Errand::Advance | Errand::Erase => {}
        }
        stored
    }

    fn provider(&mut self, at: usize) -> String {
        let Ask::Exchange { request, .. } = self.worker(at).driver.ask().clone() else { panic!() };
        if request.operation == "jumio.initiate" {
            assert!(self.host.row().references.is_empty(), "a creation was sent again after its answer");
            self.creations += 1;
            return initiated(self.creations);
        }
        self.result(&request)
    }

    fn result(&self, request: &HttpRequest) -> String {
        body_for(request, if self.done { "PASSED" } else { "STARTED" })
    }

    fn act(&mut self, at: usize) {
        let Ask::Deliver { delivery, outcome, .. } = self.worker(at).driver.ask().clone() else { panic!() };
        let row = self.host.row();
        let newest = row.delivery.as_ref().unwrap();
        let is_replaced = newest.replaces.as_ref() == Some(&delivery.id);
        assert!(
            is_replaced || (newest.id == delivery.id && row.outcome.as_ref() == Some(&outcome)),
            "not what is stored"
        );
        let before = self.acted.insert(delivery.id, outcome.clone());
        assert!(before.is_none_or(|before| before == outcome), "one id, two outcomes");
    }

    fn crash(&mut self, at: usize) {
        self.left.crashes -= 1;
        self.workers[at] = None;
    }

    fn worker(&mut self, at: usize) -> &mut Worker {
        self.workers[at].as_mut().unwrap()
    }

    /// The number of the transaction that the row knows.
    fn stored_reference(&self) -> u32 {
        (1..=self.creations).find(|number| self.host.row().references[0].reference == host::reference(*number)).unwrap()
    }

    fn key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.end_key().hash(&mut hasher);
        self.left.hash(&mut hasher);
        // The two workers are alike.
        let mut workers = self
            .workers
            .each_ref()
            .map(|worker| worker.as_ref().map(|worker| (worker.history, worker.answer.clone(), worker.late)));
        workers.sort();
        workers.hash(&mut hasher);
        hasher.finish()
    }

    /// What is left if every worker is gone.
    fn end_key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let acted: Vec<&String> = self.acted.keys().collect();
        let flags = (self.done, self.heard, self.erased.is_some());
        (self.host.now, &self.host.row().snapshot, flags, self.creations, acted).hash(&mut hasher);
        hasher.finish()
    }
}

fn body_of(told: &Told) -> Option<Vec<u8>> {
    match told {
        Told::Loaded { snapshot, .. } => snapshot.clone().map(String::into_bytes),
        Told::Exchanged { answer } => answer.as_ref().map(|answer| answer.body.clone()),
        _ => None,
    }
}
