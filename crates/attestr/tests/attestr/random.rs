//! Whatever is said and answered in whatever order: only the proof decides, and the end absorbs.

use idvkit_attestr::Operation;
use idvkit_core::{Header, Input, Next, Operation as _, Outcome};
use proptest::prelude::*;

use crate::run::{HANDSHAKE, OTHER_SIGNATURE, RESULT, Run, SIGNATURE, TAG, WEBHOOK_TOKEN, result};

#[derive(Clone, Debug)]
enum Event {
    /// A handler is called.
    Seen(&'static str, String),
    /// A genuine webhook.
    Webhook(String),
    /// The request that is due is answered.
    Answer(u16, String),
    Wait,
    Retry,
}

/// Everything but the claim that belongs to the one verified result.
fn event() -> impl Strategy<Value = Event> {
    let error = r#"{"code":5001,"httpStatusCode":500,"stage":"FS02zfeuv3tcnkq2mond2"}"#;
    let seen = prop_oneof![
        Just(Event::Seen("onFlowxSkip", r#"{"stage":null}"#.into())),
        Just(Event::Seen("onFlowxError", error.into())),
        "[0-9a-f]{64}".prop_map(|claim| Event::Seen("onFlowxSuccess", format!(r#"{{"signature":"{claim}"}}"#))),
        Just(Event::Seen("onFlowxSuccess", format!(r#"{{"signature":"{OTHER_SIGNATURE}"}}"#))),
        any::<String>().prop_map(|text| Event::Seen("onFlowxSuccess", text)),
    ];
    let payload = format!(r#"{{"_id":"{HANDSHAKE}","tag":"{TAG}","resultSignature":"{OTHER_SIGNATURE}"}}"#);
    let webhook = prop_oneof![Just("completed"), Just("skipped"), Just("errored"), Just("started")]
        .prop_map(move |name| Event::Webhook(format!(r#"{{"event":"flowx.{name}","payload":{payload}}}"#)));
    let answer = prop_oneof![
        Just((200, result(RESULT, SIGNATURE))),
        Just((200, result(RESULT, OTHER_SIGNATURE))),
        Just((200, result("null", OTHER_SIGNATURE))),
        Just((503, String::new())),
        Just((404, r#"{"code":4001}"#.to_string())),
        any::<String>().prop_map(|text| (200, text)),
    ]
    .prop_map(|(status, body)| Event::Answer(status, body));
    prop_oneof![3 => seen, 1 => webhook, 3 => answer, 2 => Just(Event::Wait), 1 => Just(Event::Retry)]
}

fn apply(run: &mut Run, event: Event) {
    match event {
        Event::Seen(name, data) => {
            if matches!(run.next(), Next::Present { .. }) {
                run.journey();
            }
            let text = run.hint(name, &data);
            let _ = run.handle(Input::Hint { text });
        }
        Event::Webhook(body) => {
            let headers = vec![Header::new("Authorization", format!("Basic {WEBHOOK_TOKEN}"))];
            let ended = matches!(run.next(), Next::Done { .. });
            let told = run.handle(Input::Callback { url: "/".into(), headers, body: body.into() });
            assert!(told.is_ok() || ended, "a webhook is heard while the session runs");
        }
        Event::Answer(status, body) => {
            if matches!(run.next(), Next::Send { .. }) {
                run.answer(status, &body);
            }
        }
        Event::Wait => {
            if matches!(run.next(), Next::Wait { .. } | Next::Present { .. }) {
                run.wait();
            }
        }
        Event::Retry => {
            let _ = run.handle(Input::Retry);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn without_the_right_claim_nothing_completes(events in prop::collection::vec(event(), 1..40)) {
        let mut run = Run::live();
        for event in events {
            let before = run.next();
            let ends = matches!(before, Next::Done { .. });
            let may_go_on = matches!(event, Event::Retry | Event::Webhook(_));
            apply(&mut run, event);
            let after = run.next();
            let decided = matches!(&after, Next::Done { outcome: Outcome::Decided { .. }, .. });
            prop_assert!(!decided);
            prop_assert!(run.session.evidence().is_none());
            // Authentic news after an end earns a look (rule 24).
            let looks = may_go_on && !matches!(after, Next::Done { .. });
            prop_assert!(!ends || looks || before == after, "the end absorbs");
        }
    }

    #[test]
    fn the_proof_wins_whatever_was_said_before(events in prop::collection::vec(event(), 0..6)) {
        let mut run = Run::live();
        for event in events {
            apply(&mut run, event);
        }
        if matches!(run.next(), Next::Done { .. }) {
            return Ok(());
        }
        let payload = format!(r#"{{"_id":"{HANDSHAKE}","tag":"{TAG}","resultSignature":"{SIGNATURE}"}}"#);
        apply(&mut run, Event::Webhook(format!(r#"{{"event":"flowx.completed","payload":{payload}}}"#)));
        while !matches!(run.next(), Next::Send { .. }) {
            run.wait();
        }
        // Beginning again with another handshake, perhaps after a pause: then this proof is about nothing that runs.
        if matches!(run.next(), Next::Send { request } if request.operation == Operation::CreateHandshake.name()) {
            return Ok(());
        }
        run.answer(200, &result(RESULT, SIGNATURE));
        let decided = matches!(run.outcome(), Outcome::Decided { .. });
        prop_assert!(decided);
    }
}
