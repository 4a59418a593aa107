//! Rules that hold whatever arrives in whatever order, on the toy: the host checks the rest at every step.

use idvkit_core::{Input, Next, Outcome, Seen};
use proptest::{collection::vec, prelude::*};

use crate::{LINK, RETURN, Run, TOKEN, body, open};

#[derive(Clone, Debug)]
enum Act {
    Answer(usize),
    Lose,
    Claim,
    Stale(usize),
    Visit(usize),
    Return,
    News(usize, bool),
    Retry,
    Erase(bool),
    Sleep(i64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => (0..STATUSES.len() + 4).prop_map(Act::Answer),
        2 => Just(Act::Lose),
        1 => Just(Act::Claim),
        1 => (0..8_usize).prop_map(Act::Stale),
        4 => (0..3_usize).prop_map(Act::Visit),
        2 => Just(Act::Return),
        5 => (0..12_usize, prop::bool::weighted(0.8)).prop_map(|(piece, genuine)| Act::News(piece, genuine)),
        2 => Just(Act::Retry),
        1 => any::<bool>().prop_map(Act::Erase),
        6 => (0..400_000_i64).prop_map(Act::Sleep),
    ]
}

const STATUSES: [&str; 8] = ["open", "done", "away", "passed", "failed", "cancelled", "odd", "open"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_a_fetched_answer_changes_an_outcome(acts in vec(act(), 1..80)) {
        let mut run = open();
        let mut asked: Vec<String> = vec![];
        for act in acts {
            let before = run.session.outcome().cloned();
            let was_erased = matches!(run.ask(), Next::Done { erasure: Some(_), .. });
            let answered = take(&mut run, &act, &mut asked);
            let after = run.session.outcome().cloned();
            if let (Some(before), Some(after)) = (&before, &after) {
                prop_assert!(before == after || answered, "{act:?}: {before:?} became {after:?}");
            }
            if let Some(decided @ Outcome::Decided { .. }) = &before {
                prop_assert_eq!(Some(decided), after.as_ref(), "a decision was left");
            }
            if was_erased {
                prop_assert_eq!(&before, &after, "an erased session stays as it is");
            }
        }
    }
}

/// Does it, as far as it can be done; whether that was an answer to a request.
fn take(run: &mut Run, act: &Act, asked: &mut Vec<String>) -> bool {
    let request = match run.ask() {
        Next::Send { request } => Some(request),
        _ => None,
    };
    let id = request.as_ref().map(|request| request.id.clone());
    asked.extend(id.filter(|id| asked.last() != Some(id)));
    let newest = run.session.references().first().cloned().unwrap_or_default();
    match (act, request) {
        (Act::Answer(kind), Some(request)) => {
            let text = match (request.operation.as_str(), STATUSES.get(*kind)) {
                ("toy.create", Some(_)) => format!(r#"{{"id":"t-{}","link":"{LINK}"}}"#, asked.len()),
                (_, Some(status)) => body(&newest, status),
                (_, None) => "<html>".into(),
            };
            let status = [200, 404, 500, 503].get(kind.saturating_sub(STATUSES.len())).copied().unwrap_or(200);
            run.respond(&request.id, status, &[], text).expect("an answer with the current id is consumed");
            return true;
        }
        (Act::Lose, Some(request)) => run.tell(Input::HttpFailed { id: request.id }).expect("so is a failure"),
        (Act::Claim, Some(request)) => run.tell(Input::Sending { id: request.id }).expect("nobody else has it"),
        (Act::Stale(back), _) => {
            let id = asked.iter().rev().nth(back + 1).cloned().unwrap_or_default();
            let _ = run.respond(&id, 200, &[], body(&newest, "passed"));
        }
        (Act::Visit(which), _) if run.journey.is_some() => {
            let url = format!("{RETURN}?status={}", ["done", "error", "skipped"][*which]);
            let _ = run.see(&Seen::Navigation { url });
        }
        (Act::Return, _) => drop(run.redirect(&format!("{RETURN}?id={newest}"))),
        (Act::News(piece, genuine), _) => {
            let token = if *genuine { TOKEN } else { "wrong" };
            let text = format!(r#"{{"id":"{newest}","piece":{piece}}}"#);
            let _ = run.callback("/", &[("Authorization", token)], text);
        }
        (Act::Retry, _) => drop(run.tell(Input::Retry)),
        (Act::Erase(at_provider), _) => run.tell(Input::Erase { at_provider: *at_provider }).expect("at any time"),
        (Act::Sleep(millis), _) => run.later(*millis),
        (Act::Answer(_) | Act::Lose | Act::Claim | Act::Visit(_), _) => {}
    }
    false
}
