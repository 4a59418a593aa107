//! Whatever comes, in whatever order: no panic, no flood, no pass without an `accepted` that was fetched.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod common;

use common::{D1, D2, Host, P1, P2, capture, eid, image, notification, paper, process};
use idvkit_core::{Input, Next};
use idvkit_signicat::{AccessToken, Callback, Event, Problem, Process, ReturnParameters};
use proptest::prelude::*;
use serde_json::{Value, json};

#[derive(Clone, Debug)]
enum Act {
    Answer(u16, usize),
    Fail,
    Claim,
    Wait(i64),
    Redirect(usize, usize),
    Callback(bool, usize, usize),
    Images,
    Retry,
    Erase(bool),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let status = prop_oneof![5 => Just(200_u16), 1 => Just(401), 1 => Just(404), 1 => Just(409), 1 => Just(500)];
    let act = prop_oneof![
        8 => (status, 0..12_usize).prop_map(|(status, body)| Act::Answer(status, body)),
        1 => Just(Act::Fail),
        1 => Just(Act::Claim),
        2 => (0..4000_i64).prop_map(Act::Wait),
        1 => (0..3_usize, 0..3_usize).prop_map(|(d, p)| Act::Redirect(d, p)),
        1 => (any::<bool>(), 0..3_usize, 0..3_usize).prop_map(|(ok, d, p)| Act::Callback(ok, d, p)),
        1 => Just(Act::Images),
        1 => Just(Act::Retry),
        1 => any::<bool>().prop_map(Act::Erase),
    ];
    proptest::collection::vec(act, 1..60)
}

/// Answers of every kind, fitting and not; none says `accepted`.
fn body(index: usize) -> Value {
    let link = |mut body: Value| {
        body["redirectUrl"] = json!("https://page.example/x");
        body["url"] = json!("https://page.example/x");
        body
    };
    match index {
        0 => json!({ "access_token": "tok-x", "expires_in": 5 }),
        1 => json!({ "dossierId": D1 }),
        2 => link(process(P1, "signicatpaper", "pending")),
        3 => link(process(P1, "connect:idin", "processing")),
        4 => link(process(P1, "readid", "pending")),
        5 => process(P2, "onfido", "processing"),
        6 => process(P1, "readid", "canceled"),
        7 => process(P1, "signicatpaper", "ACCEPTED"),
        8 => json!([process(P1, "readid", "accepted"), process(P2, "onfido", "accepted")]),
        9 => json!("<html>accepted</html>"),
        10 => process(P1, "connect:idin", "inconclusive"),
        _ => json!({ "url": "https://page.example/x", "processId": P2 }),
    }
}

fn fitting(operation: &str) -> Option<Value> {
    match operation {
        "signicat.token" => Some(body(0)),
        "signicat.create_dossier" => Some(body(1)),
        _ => None,
    }
}

fn id(index: usize) -> &'static str {
    [D1, P1, D2][index]
}

fn play(host: &mut Host, act: &Act) {
    match (act, host.next()) {
        (Act::Answer(status, index), Next::Send { request }) => {
            let fits = fitting(&request.operation).filter(|_| *status == 200);
            host.respond(&request.id, *status, &fits.unwrap_or_else(|| body(*index)));
        }
        (Act::Fail, Next::Send { request }) => host.tell(Input::HttpFailed { id: request.id }).unwrap(),
        (Act::Claim, Next::Send { request }) => host.tell(Input::Sending { id: request.id }).unwrap(),
        (Act::Wait(seconds), _) => host.later(*seconds),
        (Act::Redirect(dossier, process), _) => {
            let _ = host.redirect(&format!("dossierId={}&processId={}&status=accepted", id(*dossier), id(*process)));
        }
        (Act::Callback(genuine, dossier, process), _) => {
            let body = json!({ "dossierId": id(*dossier), "processId": id(*process), "status": "accepted" });
            let _ = host.callback(if *genuine { "Bearer abc" } else { "x" }, &body);
        }
        (Act::Images, _) => {
            let _ = host.tell(Input::Images { images: vec![image("front", 7)] });
        }
        (Act::Retry, _) => {
            let _ = host.tell(Input::Retry);
        }
        (Act::Erase(at_provider), _) => host.tell(Input::Erase { at_provider: *at_provider }).unwrap(),
        _ => {}
    }
}

fn flow(index: usize) -> Value {
    match index {
        0 => paper(),
        1 => eid(),
        2 => capture(&["readid"], "all"),
        _ => capture(&["readid", "onfido"], "any"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_but_a_fetched_acceptance_is_a_pass(index in 0..4_usize, acts in acts()) {
        let mut host = Host::open(&notification(), &flow(index));
        for act in &acts {
            play(&mut host, act);
            if let Next::Done { outcome, .. } = host.next() {
                prop_assert!(!outcome.is_approved());
            }
        }
    }

    #[test]
    fn requests_without_time_passing_are_few(index in 0..4_usize, acts in acts(), status in 200..600_u16, which in 0..12_usize) {
        let mut host = Host::open(&notification(), &flow(index));
        for act in &acts {
            play(&mut host, act);
        }
        let mut sends = 0;
        while let Next::Send { request } = host.next() {
            host.respond(&request.id, status, &fitting(&request.operation).unwrap_or_else(|| body(which)));
            sends += 1;
            prop_assert!(sends < 16, "the same moment brings ever more requests");
        }
    }

    #[test]
    fn parsers_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,80}") {
        let _ = (Process::parse(&bytes), Problem::parse(&bytes), Callback::parse(&bytes), Event::parse(&bytes));
        let _ = (AccessToken::parse(&bytes), ReturnParameters::parse(&text));
    }

    #[test]
    fn processes_of_any_shape_never_panic(status in "[a-z]{0,9}", result in json_value()) {
        let body = json!({ "processId": P1, "provider": "x", "status": status, "finalResult": result, "failReason": result });
        prop_assert!(Process::parse(body.to_string().as_bytes()).is_ok());
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-zA-Z]{1,9}", inner, 0..4)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}
