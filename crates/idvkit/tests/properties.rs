//! Rules that hold for every flow whatever arrives, in whatever order (rules 1 to 11 of the architecture).

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

mod support;

use std::collections::BTreeSet;

use idvkit::{Decision, HintKind, Input, Journey, Next, Outcome, Session, UnixMillis};
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use support::{FLOWS, Flow, T0};

/// Something that a host, a client or the network may do.
#[derive(Clone, Debug)]
enum Act {
    /// Performs what `next` asks, with one of the provider's answers.
    Answer(usize),
    /// The network fails.
    Fail,
    /// A worker claims the request.
    Claim,
    /// An answer to some request of the past.
    Stale(usize, usize),
    /// The page reports what it saw.
    Hint(HintKind),
    /// A text that no `read` gave.
    Forged(String),
    /// The user comes back to a URL.
    Redirect(usize),
    /// A callback arrives.
    Callback(usize),
    Retry,
    Erase(bool),
    /// The user hands images over.
    Images,
    /// Time passes.
    Sleep(i64),
}

fn act() -> impl Strategy<Value = Act> {
    let kind = prop_oneof![
        Just(HintKind::Loaded),
        Just(HintKind::Success),
        Just(HintKind::Finished),
        Just(HintKind::Error),
        Just(HintKind::Skipped),
        Just(HintKind::Closed)
    ];
    prop_oneof![
        16 => any::<prop::sample::Index>().prop_map(|index| Act::Answer(index.index(1 << 16))),
        1 => Just(Act::Fail),
        1 => Just(Act::Claim),
        1 => (0..8_usize, 0..64_usize).prop_map(|(back, answer)| Act::Stale(back, answer)),
        8 => kind.prop_map(Act::Hint),
        1 => ".{0,60}".prop_map(Act::Forged),
        4 => (0..16_usize).prop_map(Act::Redirect),
        4 => (0..16_usize).prop_map(Act::Callback),
        2 => Just(Act::Retry),
        1 => any::<bool>().prop_map(Act::Erase),
        4 => Just(Act::Images),
        6 => (0..4_000_000_i64).prop_map(Act::Sleep),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_hold(which in 0..FLOWS.len(), acts in vec(act(), 1..60)) {
        let mut run = Walk::new(FLOWS[which]);
        for act in acts {
            run.take(&act)?;
        }
    }

    #[test]
    fn restored_text_cannot_break_anything(which in 0..FLOWS.len(), acts in vec(act(), 1..20), at in any::<prop::sample::Index>(), with in "[ -~]{0,4}") {
        let mut run = Walk::new(FLOWS[which]);
        for act in acts {
            run.take(&act)?;
        }
        let text = run.session.snapshot();
        let at = at.index(text.len());
        let mut spoiled = text.clone();
        spoiled.replace_range(at..=at, &with);
        if let Ok(mut session) = Session::restore(&run.flow.account(), &spoiled) {
            let _ = session.next(run.now);
            let _ = session.handle(Input::Retry, run.now);
            let _ = session.handle(Input::Erase { at_provider: true }, run.now);
            let _ = (session.next(run.now), session.snapshot(), session.references(), session.evidence());
        }
    }
}

/// The walks are worth something only if they get somewhere.
#[test]
fn the_walks_reach_passes_and_non_passes() {
    let mut runner = TestRunner::deterministic();
    let walk = vec(act(), 40..90);
    for flow in FLOWS {
        let mut passes = 0;
        let mut others = 0;
        for _ in 0..200 {
            let mut run = Walk::new(*flow);
            for act in walk.new_tree(&mut runner).unwrap().current() {
                run.take(&act).unwrap();
                match run.session.next(run.now) {
                    Next::Done { outcome: Outcome::Decided { decision }, .. } if is_pass(decision) => passes += 1,
                    Next::Done { .. } => others += 1,
                    _ => {}
                }
            }
        }
        assert!(passes > 5 && others > 5, "{flow:?}: {passes} steps in a pass, {others} in another end");
    }
}

fn is_pass(decision: Decision) -> bool {
    matches!(decision, Decision::Approved | Decision::Completed)
}

/// A walk through one session, with every rule checked after every step.
struct Walk {
    flow: Flow,
    session: Session,
    now: UnixMillis,
    asked: Vec<String>,
    /// The request that was asked for last, until it is answered; also once a worker has claimed it.
    open: Option<String>,
    journey: Option<Journey>,
    decided: Option<Outcome>,
    last: Option<Outcome>,
    /// A genuine pass was among the answers of this attempt.
    accepted: bool,
}

impl Walk {
    fn new(flow: Flow) -> Self {
        let session = flow.open();
        let (asked, open, journey) = (Vec::new(), None, None);
        Self { flow, session, now: T0, asked, open, journey, decided: None, last: None, accepted: false }
    }

    fn take(&mut self, act: &Act) -> Result<(), TestCaseError> {
        let next = self.session.next(self.now);
        if let Next::Present { journey, .. } = &next {
            self.journey = Some(journey.clone());
        }
        if let Next::Send { request } = &next {
            self.open = Some(request.id.clone());
        }
        let Some(input) = self.input_for(act, &next) else { return Ok(()) };
        let answers = match &input {
            Input::HttpResponse { id, .. } | Input::HttpFailed { id } => self.open.as_ref() == Some(id),
            _ => false,
        };
        let passes = answers && self.flow.is_pass(&self.session, &input);
        let retries = matches!(input, Input::Retry);
        self.accepted |= passes;
        if self.tell(input)? {
            self.open.take_if(|_| answers);
            // Another attempt.
            self.accepted &= !retries;
        }
        // Where the newest of several processes decides, the list is read once more before an acceptance counts.
        self.check_decision(passes || (self.accepted && self.flow.lists()))
    }

    fn input_for(&mut self, act: &Act, next: &Next) -> Option<Input> {
        let asked = match next {
            Next::Send { request } => Some(request.clone()),
            _ => None,
        };
        if let Some(request) = &asked {
            self.asked.push(request.id.clone());
        }
        match act {
            Act::Answer(index) => asked.map(|request| Flow::answer(&request, *index)),
            Act::Fail => asked.map(|request| Input::HttpFailed { id: request.id }),
            Act::Claim => asked.map(|request| Input::Sending { id: request.id }),
            Act::Stale(back, answer) => {
                let id = self.asked.iter().rev().nth(back + 1)?.clone();
                Some(self.flow.any_answer(id, *answer))
            }
            Act::Hint(kind) => {
                let journey = self.journey.as_ref()?;
                let text = self.flow.hint(journey, *kind);
                Some(Input::Hint { text })
            }
            Act::Forged(text) => Some(Input::Hint { text: text.clone() }),
            Act::Redirect(index) => Some(Input::Redirect { url: Flow::redirect(*index) }),
            Act::Callback(index) => Some(self.flow.callback(&self.session, *index)),
            Act::Images => Some(support::images()),
            Act::Retry => Some(Input::Retry),
            Act::Erase(at_provider) => Some(Input::Erase { at_provider: *at_provider }),
            Act::Sleep(millis) => {
                self.now = self.now.plus(*millis);
                None
            }
        }
    }

    /// Whether it was taken.
    fn tell(&mut self, input: Input) -> Result<bool, TestCaseError> {
        let (before, revision) = (self.session.snapshot(), self.session.revision());
        let refused = self.session.handle(input, self.now).is_err();
        let after = self.session.snapshot();
        prop_assert!(!refused || before == after, "a reject changes nothing");
        prop_assert_eq!(before == after, revision == self.session.revision(), "the revision moves with the text");
        prop_assert!(self.session.revision() >= revision);

        let mut restored = Session::restore(&self.flow.account(), &after).expect("what was stored is restored");
        let blobs = self.session.blobs();
        let at_hand: BTreeSet<String> = blobs.iter().map(|blob| blob.digest.clone()).collect();
        prop_assert_eq!(Vec::from_iter(at_hand), self.session.digests(), "all that the snapshot names is at hand");
        for blob in blobs {
            assert!(restored.supply(blob.bytes));
        }
        prop_assert_eq!(restored.snapshot(), after, "snapshot, restore, snapshot is the identity");
        let next = self.session.next(self.now);
        prop_assert_eq!(&restored.next(self.now), &next, "a restored session goes on alike");
        prop_assert_eq!(&self.session.next(self.now), &next, "asking twice gives the same answer");
        let far = self.session.next(self.now.plus(500 * 86_400_000));
        let done = |next: &Next| matches!(next, Next::Done { .. });
        prop_assert_eq!(done(&far), done(&next), "time alone never ends a session");
        Ok(!refused)
    }

    /// A decision comes only from a genuine answer to a request that was asked for, and then it stays.
    fn check_decision(&mut self, genuine: bool) -> Result<(), TestCaseError> {
        let before = self.last.take();
        let Next::Done { outcome, .. } = self.session.next(self.now) else {
            let erasing = self.decided.is_some() && self.session.evidence().is_none();
            prop_assert!(self.decided.is_none() || erasing, "a decision was left again");
            return Ok(());
        };
        self.last = Some(outcome.clone());
        let is_pass = matches!(outcome, Outcome::Decided { decision } if is_pass(decision));
        if let Some(decided) = &self.decided {
            prop_assert_eq!(decided, &outcome, "a decision was overwritten");
        } else if is_pass && before.as_ref() != Some(&outcome) {
            prop_assert!(genuine, "a pass without a genuine answer");
        }
        // Attestr's `Completed` may be retried: bad data is for the host to see.
        if matches!(&outcome, Outcome::Decided { decision } if *decision != Decision::Completed) {
            self.decided = Some(outcome);
        }
        Ok(())
    }
}

/// Whatever a client claims, and however often, the provider is not asked more often than the plan's gap allows.
#[test]
fn requests_are_bounded_whatever_the_hints() {
    for flow in FLOWS {
        let mut session = flow.open();
        let mut now = T0;
        let mut sent = Vec::new();
        while now.since(T0) < 10 * 60_000 {
            match session.next(now) {
                Next::Send { request } => {
                    sent.push(now);
                    session.handle(Flow::not_yet(&request), now).unwrap();
                }
                Next::Present { journey, .. } => {
                    for kind in [HintKind::Error, HintKind::Success, HintKind::Finished] {
                        let text = flow.hint(&journey, kind);
                        let _ = session.handle(Input::Hint { text }, now);
                    }
                }
                Next::Wait { .. } => {
                    let _ = session.handle(flow.callback(&session, 0), now);
                }
                Next::Done { .. } => break,
            }
            now = now.plus(500);
        }
        assert!(sent.len() > 2, "{flow:?}: the flow got under way");
        let busiest = sent.iter().map(|from| sent.iter().filter(|at| (0..60_000).contains(&at.since(*from))).count());
        let busiest = busiest.max().unwrap();
        let most = flow.most_per_minute();
        assert!(busiest <= most, "{flow:?}: {busiest} requests in a minute, at most {most} are planned");
    }
}
