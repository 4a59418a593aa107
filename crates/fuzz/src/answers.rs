//! Answers and callbacks for sessions that stand where recorded ones stood.

use idvkit::{Header, Input, Next, Session, UnixMillis};
use idvkit_testkit::{Subject, tell};

use crate::cases::{Case, Facade, cases};

/// The first byte chooses the recorded session, the second the step, the third the status; the rest is the body.
pub(crate) fn run(data: &[u8]) {
    let Some((case, at, [status, body @ ..])) = chosen(data) else { return };
    let Some((now, mut session)) = restored(case, at) else { return };
    let Next::Send { request } = session.next(now) else { return };
    let status = [200, 201, 204, 301, 400, 401, 403, 404, 409, 429, 500, 503][usize::from(*status) % 12];
    let headers = vec![Header::new("Content-Type", "application/json"), Header::new("Retry-After", "2")];
    let input = Input::HttpResponse { id: request.id, status, headers, body: body.to_vec() };
    let _ = tell(&mut session, &case.account, input, now);
}

/// The same for a callback and a redirect: a fact may come of it, a verdict never.
pub(crate) fn callback(data: &[u8]) {
    let Some((case, at, [kind, body @ ..])) = chosen(data) else { return };
    let Some((now, mut session)) = restored(case, at) else { return };
    let decided = session.decided();
    let text = || String::from_utf8_lossy(body).into_owned();
    let input = match kind % 4 {
        0 => Input::Redirect { url: text() },
        1 => Input::Hint { text: text() },
        2 => Input::Callback { url: text(), headers: Vec::new(), body: Vec::new() },
        _ => {
            let headers = vec![Header::new("Content-Type", "application/x-www-form-urlencoded")];
            Input::Callback { url: "/callback".into(), headers, body: body.to_vec() }
        }
    };
    let _ = case.account.reference_of(&input, now);
    let _ = tell(&mut session, &case.account, input, now);
    assert_eq!(session.decided(), decided, "only an answer decides");
}

/// Every recorded answer at its own step.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    recorded(|input| match input {
        Input::HttpResponse { body, .. } => Some([&[0], body.as_slice()].concat()),
        _ => None,
    })
}

/// Every recorded callback, redirect and hint at its own step.
pub(crate) fn callbacks() -> Vec<Vec<u8>> {
    recorded(|input| match input {
        Input::Redirect { url } => Some([&[0], url.as_bytes()].concat()),
        Input::Hint { text } => Some([&[1], text.as_bytes()].concat()),
        Input::Callback { body, .. } => Some([&[3], body.as_slice()].concat()),
        _ => None,
    })
}

fn recorded(tail: impl Fn(&Input) -> Option<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (which, case) in cases().iter().enumerate() {
        for (at, step) in case.steps.iter().enumerate() {
            let head = [u8::try_from(which), u8::try_from(at)].map(Result::unwrap_or_default);
            seeds.extend(tail(&step.input).map(|tail| [head.as_slice(), &tail].concat()));
        }
    }
    seeds
}

fn chosen(data: &[u8]) -> Option<(&'static Case, usize, &[u8])> {
    let (&[which, at], rest) = data.split_first_chunk()?;
    let case = &cases()[usize::from(which) % cases().len()];
    Some((case, usize::from(at) % case.steps.len(), rest))
}

/// The session as it stood before this step of the recording.
fn restored(case: &Case, at: usize) -> Option<(UnixMillis, Facade)> {
    let step = &case.steps[at];
    let session = Session::restore(&case.account, &step.before).ok()?;
    Some((step.at, Facade(session)))
}
