//! Walks: a recorded session whose inputs come changed, again, too late, from another session, or not at all.

use arbitrary::{Result, Unstructured};
use idvkit::{Input, Next, UnixMillis};
use idvkit_testkit::{Subject, tell};

use crate::cases::{Case, Facade, cases};

/// The longest snapshot that is not refused by a test: evidence up to 16 KiB stands in it as Base64, the rest is small.
const MAX_SNAPSHOT: usize = 96 * 1024;
/// More requests than any session makes until it ends, if no answer ever comes.
const MAX_REQUESTS: usize = 1_000;
const MAX_STEPS: usize = 64;

pub(crate) fn run(data: &[u8]) {
    // Bytes that run out end the walk.
    let _ = walk(&mut Unstructured::new(data));
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    // The first bytes choose the recording; zeros play it as it was.
    (0..cases().len()).filter_map(|which| Some(vec![u8::try_from(which).ok()?, 0, 0, 0, 0, 0, 0, 0])).collect()
}

fn walk(bytes: &mut Unstructured<'_>) -> Result<()> {
    let case = bytes.choose(cases())?;
    let mut walk = Walk { case, session: case.open(), now: case.opened, at: 0 };
    for _ in 0..MAX_STEPS {
        if bytes.is_empty() {
            break;
        }
        walk.step(bytes)?;
    }
    if bytes.ratio(1, 16)? {
        walk.ends();
    }
    Ok(())
}

struct Walk {
    case: &'static Case,
    session: Facade,
    now: UnixMillis,
    /// The next step of the recording.
    at: usize,
}

impl Walk {
    fn step(&mut self, bytes: &mut Unstructured<'_>) -> Result<()> {
        let input = match bytes.int_in_range(0..=11)? {
            0..=4 => self.recorded(),
            5 => self.recorded().map(|input| changed(input, bytes)).transpose()?,
            6 => self.foreign(bytes)?,
            7 => self.sent().map(|id| Input::HttpFailed { id }),
            8 => {
                self.now = self.now.plus(i64::from(bytes.arbitrary::<u32>()?) % 100_000_000);
                None
            }
            9 => Some(Input::Retry),
            10 => Some(Input::Erase { at_provider: bytes.arbitrary()? }),
            _ => self.sent().map(|id| Input::Sending { id }),
        };
        if let Some(input) = input {
            self.tell(input);
        }
        Ok(())
    }

    /// The recording's next input, as an answer to what is asked now.
    fn recorded(&mut self) -> Option<Input> {
        let step = self.case.steps.get(self.at)?;
        self.at += 1;
        self.now = self.now.max(step.at);
        Some(self.for_now(step.input.clone()))
    }

    /// Any input of any recording.
    fn foreign(&self, bytes: &mut Unstructured<'_>) -> Result<Option<Input>> {
        let case = bytes.choose(cases())?;
        let step = bytes.choose(&case.steps)?;
        Ok(Some(self.for_now(step.input.clone())))
    }

    fn for_now(&self, mut input: Input) -> Input {
        if let (Some(asked), Input::HttpResponse { id, .. } | Input::HttpFailed { id } | Input::Sending { id }) =
            (self.sent(), &mut input)
        {
            *id = asked;
        }
        input
    }

    fn sent(&self) -> Option<String> {
        match self.session.next(self.now) {
            Next::Send { request } => Some(request.id),
            _ => None,
        }
    }

    fn tell(&mut self, input: Input) {
        let (decided, answers) = (self.session.decided(), matches!(input, Input::HttpResponse { .. }));
        let _ = tell(&mut self.session, &self.case.account, input, self.now);
        assert!(decided || answers || !self.session.decided(), "only an answer decides");
        assert!(self.session.snapshot().len() <= MAX_SNAPSHOT, "a snapshot has its bounds");
    }

    /// From here on no answer comes: the session ends by itself, after a bounded number of requests.
    fn ends(mut self) {
        for _ in 0..MAX_REQUESTS {
            match self.session.next(self.now) {
                Next::Send { request } => self.tell(Input::HttpFailed { id: request.id }),
                Next::Present { until, .. } | Next::Wait { until, .. } => {
                    assert!(until > self.now, "what is waited for lies ahead");
                    self.now = until;
                }
                Next::Done { .. } => return,
            }
        }
        panic!("without answers, a session ends");
    }
}

/// The same input with other bytes.
fn changed(mut input: Input, bytes: &mut Unstructured<'_>) -> Result<Input> {
    let spoil = |text: &mut Vec<u8>, bytes: &mut Unstructured<'_>| -> Result<()> {
        for _ in 0..bytes.int_in_range(1..=4)? {
            if text.is_empty() {
                break;
            }
            let at = bytes.choose_index(text.len())?;
            match bytes.int_in_range(0..=3)? {
                0 => text[at] = bytes.arbitrary()?,
                1 => drop(text.drain(at..(at + 8).min(text.len()))),
                2 => text.truncate(at),
                _ => text.insert(at, *bytes.choose(b"\"{}[],:0 x\\\xff")?),
            }
        }
        Ok(())
    };
    match &mut input {
        Input::HttpResponse { status, body, .. } => {
            if bytes.ratio(1, 4)? {
                *status = bytes.int_in_range(100..=599)?;
            }
            spoil(body, bytes)?;
        }
        Input::Callback { body, .. } => spoil(body, bytes)?,
        Input::Hint { text } | Input::Redirect { url: text } => {
            let mut changed = std::mem::take(text).into_bytes();
            spoil(&mut changed, bytes)?;
            *text = String::from_utf8_lossy(&changed).into_owned();
        }
        _ => {}
    }
    Ok(input)
}
