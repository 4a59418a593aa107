//! What only some providers do, on a second flow: an access token that has to be fetched first, images that are handed in, and
//! a failure after which something else is shown.

use std::sync::Arc;

use idvkit_core::{
    Decision, Fault, Header, Hint, HttpRequest, Image, Input, Journey, Method, Next, Operation as _, Outcome, PollPlan,
    Reject, Response, Why,
    machine::{self, Digest, Flow, Heard, Machine, Need, Own, Schedule, Step, UserStage},
    operations,
};
use idvkit_testkit::{Host, NOW, seed};
use serde::{Deserialize, Serialize};

operations! {
    enum Operation {
        Token = "odd.token",
        Send = "odd.send",
        Look = "odd.look",
        Delete = "odd.delete",
    }
}

struct Account;

impl machine::Account for Account {
    const PROVIDER: &'static str = "odd";

    fn fingerprint(&self) -> &'static str {
        "odd"
    }
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
struct Odd {
    token: Option<String>,
    image: Option<Digest>,
    sent: bool,
    /// What it was told of its end.
    ended: bool,
}

impl Odd {
    fn with_token(&self, op: Operation) -> Operation {
        if self.token.is_some() { op } else { Operation::Token }
    }
}

impl Flow for Odd {
    type Account = Account;
    type Operation = Operation;
    const DELETES: bool = true;

    fn need(&self, _: &Account) -> Need<Operation> {
        match (&self.image, self.sent) {
            (None, _) => Need::User(self.with_token(Operation::Look)),
            (Some(_), false) => Need::Answer(self.with_token(Operation::Send)),
            (Some(_), true) => Need::Verdict(self.with_token(Operation::Look)),
        }
    }

    fn request(&self, _: &Account, op: &Operation, id: String, own: &Own<'_>) -> HttpRequest {
        let sent = self.image.as_ref().filter(|_| *op == Operation::Send);
        HttpRequest {
            id,
            operation: op.name().into(),
            method: Method::Post,
            url: "https://odd.example".into(),
            headers: vec![],
            body: sent.and_then(|digest| own.blobs.bytes(digest)).map(<[u8]>::to_vec),
            timeout_ms: 10_000,
            idempotent: true,
            cache: None,
        }
    }

    fn answer(&mut self, _: &Account, op: &Operation, answer: &Response<'_>, _: &Own<'_>) -> Result<Step, Fault> {
        if !answer.is_success() {
            return Err(Fault::status(op.name(), answer.status));
        }
        Ok(match op {
            Operation::Token => {
                self.token = Some("token".into());
                Step::Prepared
            }
            Operation::Send => {
                self.sent = true;
                Step::Go
            }
            Operation::Look if answer.body == b"yes" => {
                Step::End { outcome: Outcome::Decided { decision: Decision::Approved }, evidence: None }
            }
            Operation::Look => Step::NotYet { user: UserStage::Unknown },
            Operation::Delete => Step::Deleted,
        })
    }

    fn journey(&self, _: &Account, own: &Own<'_>) -> Journey {
        Journey { id: own.journey_id(), provider: "odd".into(), expires: None, ways: vec![], refused: vec![] }
    }

    fn hint(&mut self, _: &Account, _: &Hint) -> Heard {
        Heard::NOTHING
    }

    fn redirect(&mut self, _: &Account, _: &str) -> Result<Heard, Reject> {
        Ok(Heard::NOTHING)
    }

    fn callback(&mut self, _: &Account, _: &str, _: &[Header], _: &[u8], _: &Own<'_>) -> Result<Heard, Reject> {
        Ok(Heard::RESULT)
    }

    fn images(&mut self, _: &Account, images: &[Image], sent: bool) -> Result<Heard, Reject> {
        assert_eq!(sent, images.len() > 1, "the tests say by a second image whether it may have been sent");
        self.image = images.first().map(|image| Digest::of(&image.bytes));
        Ok(Heard::DONE)
    }

    fn digests(&self) -> Vec<Digest> {
        self.image.iter().filter(|_| !self.sent).cloned().collect()
    }

    fn sends(&self, op: &Operation) -> Vec<Digest> {
        if *op == Operation::Send { self.digests() } else { vec![] }
    }

    fn schedule(&self, _: &Account) -> Schedule {
        Schedule {
            lookout: PollPlan::never(2),
            verdict: PollPlan::every(100),
            user_timeout_ms: 1_000_000,
            result_timeout_ms: 1_000_000,
            grace_ms: 0,
            max_failures: 3,
        }
    }

    fn at_deadline(&self) -> Outcome {
        Outcome::Expired
    }

    fn retry(&mut self, _: &Outcome) -> bool {
        false
    }

    fn resumed(&mut self, fault: &Fault) -> bool {
        let anew = fault.status == Some(410);
        if anew {
            self.image = None;
        }
        anew
    }

    fn faulted(&mut self, _: &Operation, fault: &Fault) {
        if fault.status == Some(401) {
            self.token = None;
        }
    }

    fn ended(&mut self, _: &Outcome) {
        self.ended = true;
        self.token = None;
    }

    fn references(&self) -> Vec<String> {
        vec![]
    }

    fn erase(&self, index: u32) -> Option<Operation> {
        (index == 0).then(|| self.with_token(Operation::Delete))
    }

    fn wipe(&mut self) {
        self.token = None;
        self.image = None;
    }

    fn check(&self) -> Result<(), Reject> {
        Ok(())
    }
}

type Run = Host<Machine<Odd>>;

fn open() -> Run {
    let account = Arc::new(Account);
    Host::new(account.clone(), Machine::open(account, Odd::default(), seed(), NOW).unwrap())
}

fn image(bytes: &[u8]) -> Image {
    Image { slot: "front".into(), bytes: bytes.to_vec() }
}

fn collecting() -> Run {
    let mut run = open();
    run.answer("odd.token", 200, "");
    run
}

/// One whose image is at hand and goes out next.
fn sending() -> Run {
    let mut run = collecting();
    run.tell(Input::Images { images: vec![image(b"face")] }).unwrap();
    run
}

/// What only prepares the real request leaves the failures counted: a token that is refused each time must not make them
/// endless.
#[test]
fn a_fetched_token_does_not_end_the_failures() {
    let mut run = sending();
    run.answer("odd.send", 200, "");
    run.callback("/", &[], "").unwrap();
    for least in [1_000, 2_000, 4_000] {
        run.answer("odd.look", 401, "");
        let slept = run.sleep();
        assert!(slept >= least, "{slept}");
        run.answer("odd.token", 200, "");
        assert_eq!(run.request().operation, "odd.look", "what it prepares is due at once");
    }
    run.answer("odd.look", 200, "yes");
    assert!(run.outcome().is_approved());
}

/// The same at the start, where failures are limited.
#[test]
fn the_start_counts_failures_through_what_prepares_it() {
    let mut run = sending();
    for _ in 0..2 {
        run.answer("odd.send", 503, "");
        run.sleep();
    }
    run.answer("odd.send", 503, "");
    assert_eq!(run.fault().status, Some(503));
}

/// Images are stored beside the snapshot, once, and dropped when nothing needs them any more.
#[test]
fn images_are_stored_beside_the_snapshot() {
    let mut run = sending();
    let digest = Digest::of(b"face").as_str().to_owned();
    assert_eq!(run.session.digests(), std::slice::from_ref(&digest));
    assert_eq!(run.session.blobs()[0].bytes, b"face");
    assert!(!run.session.snapshot().contains("ZmFjZQ"));
    let mut elsewhere: Machine<Odd> = Machine::restore(run.account.clone(), &run.session.snapshot()).unwrap();
    assert_eq!(elsewhere.missing(), std::slice::from_ref(&digest));
    let waits = Next::Wait { until: NOW.plus(1_000), why: Why::Blobs { digests: vec![digest] } };
    assert_eq!(elsewhere.next(NOW), waits);
    assert!(!elsewhere.supply(b"another".to_vec()));
    assert_eq!(elsewhere.next(NOW), waits);
    assert!(elsewhere.supply(b"face".to_vec()));
    assert_eq!(elsewhere.next(NOW), run.ask());
    assert!(elsewhere.missing().is_empty());

    assert_eq!(run.request().body.as_deref(), Some(&b"face"[..]));
    run.answer("odd.send", 200, "");
    assert!(run.session.digests().is_empty() && run.session.blobs().is_empty());
}

/// New images make the answer to a request with the old ones stale.
#[test]
fn new_images_make_an_older_answer_stale() {
    let mut run = sending();
    let id = run.request().id;
    run.tell(Input::Sending { id: id.clone() }).unwrap();
    run.tell(Input::Images { images: vec![image(b"other"), image(b"face")] }).unwrap();
    assert_eq!(run.respond(&id, 200, &[], "").unwrap_err().code(), "stale");
    assert_eq!(run.request().body.as_deref(), Some(&b"other"[..]));
    assert_eq!(run.session.blobs().len(), 1);
}

/// A failed request may have been sent as well.
#[test]
fn a_failed_request_may_have_been_sent() {
    let mut run = sending();
    run.lose();
    run.tell(Input::Images { images: vec![image(b"other"), image(b"face")] }).unwrap();
    run.request();
}

/// A flow that asks for no images refuses them.
#[test]
fn images_that_nobody_asked_for_are_refused() {
    let mut run = crate::open();
    let told = run.tell(Input::Images { images: vec![image(b"face")] });
    assert_eq!(told.unwrap_err().code(), "images_unexpected");
}

/// After a failure something else may be shown: the journey has another id.
#[test]
fn something_else_may_be_shown_after_a_failure() {
    let mut run = collecting();
    let before = run.show().id;
    run.tell(Input::Images { images: vec![image(b"face")] }).unwrap();
    run.answer("odd.send", 403, "");
    run.tell(Input::Retry).unwrap();
    // Its token was forgotten at the end, as every session's is told of it.
    run.answer("odd.token", 200, "");
    run.answer("odd.send", 410, "");
    run.tell(Input::Retry).unwrap();
    run.answer("odd.token", 200, "");
    run.answer("odd.look", 200, "");
    assert_ne!(run.show().id, before);
}

/// A deletion may need a token first, and its token is forgotten with the rest.
#[test]
fn a_deletion_may_need_a_token_first() {
    let mut run = sending();
    run.answer("odd.send", 200, "");
    run.tell(Input::Erase { at_provider: true }).unwrap();
    run.answer("odd.token", 200, "");
    run.answer("odd.delete", 200, "");
    run.outcome();
    assert!(!run.session.snapshot().contains("\"token\":\"token\""));
}

/// The flow is told of its end once, also where an erasure made it.
#[test]
fn a_flow_is_told_of_its_end() {
    let mut run = sending();
    run.answer("odd.send", 200, "");
    run.callback("/", &[], "").unwrap();
    assert!(run.session.snapshot().contains("\"ended\":false"));
    run.answer("odd.look", 200, "yes");
    assert!(run.session.snapshot().contains("\"ended\":true"));
}
