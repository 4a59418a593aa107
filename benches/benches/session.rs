//! What a session costs: opening, each step of one whole flow, and the snapshot.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use idvkit::{Account, Config, Input, Next, Request, Seed, Seen, Session, UnixMillis, read};

const NOW: UnixMillis = UnixMillis(1_767_225_600_000);
const REFERENCE: &str = "11111111-1111-4111-8111-111111111111";
const ENROLLMENT: &str = "22222222-2222-4222-8222-222222222222";

fn opening(criterion: &mut Criterion) {
    let account = account();
    let order = order();
    let seed = seed();
    criterion.bench_function("open: validate a request", |bencher| {
        bencher.iter_batched(
            || (order.clone(), seed.clone()),
            |(order, seed)| Session::open(&account, order, seed, NOW),
            BatchSize::SmallInput,
        );
    });
}

fn steps(criterion: &mut Criterion) {
    let account = account();
    let states = walk(&account);
    let mut group = criterion.benchmark_group("step");
    for state in &states {
        group.bench_function(format!("next: {}", state.name), |bencher| {
            bencher.iter(|| black_box(&state.session).next(black_box(state.now)));
        });
        let Some(input) = &state.input else { continue };
        group.bench_function(format!("handle: {}", state.name), |bencher| {
            bencher.iter_batched(
                || (state.session.clone(), input.clone()),
                |(mut session, input)| {
                    let heard = session.handle(input, state.now);
                    (session, heard)
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();

    let live = &states[1].session;
    let text = live.snapshot();
    criterion.bench_function("snapshot", |bencher| bencher.iter(|| black_box(live).snapshot()));
    criterion.bench_function("restore", |bencher| bencher.iter(|| Session::restore(&account, black_box(&text))));
    criterion.bench_function("whole flow of next and handle", |bencher| bencher.iter(|| walk(black_box(&account))));
}

/// A session in each state of one approved flow, with the input that comes next.
struct State {
    name: &'static str,
    session: Session,
    now: UnixMillis,
    input: Option<Input>,
}

fn walk(account: &Account) -> Vec<State> {
    let mut session = Session::open(account, order(), seed(), NOW).expect("the request is valid");
    let initiated = answer(&session, NOW, INITIATED);
    let mut states =
        vec![State { name: "initiate", session: session.clone(), now: NOW, input: Some(initiated.clone()) }];
    session.handle(initiated, NOW).expect("the answer is current");

    let Next::Present { journey, .. } = session.next(NOW) else { unreachable!("the user comes next") };
    let data = format!(r#"{{"transactionReference":"{REFERENCE}","eventType":510,"payload":{{"value":"success"}}}}"#);
    let seen = Seen::Message { origin: "https://netverify.com".into(), data };
    let hint = Input::Hint { text: read(&journey, &seen).expect("the message is the journey's") };
    states.push(State { name: "present", session: session.clone(), now: NOW, input: Some(hint.clone()) });
    session.handle(hint, NOW).expect("the hint is current");

    let Next::Wait { until, .. } = session.next(NOW) else { unreachable!("the verdict comes next") };
    states.push(State { name: "wait", session: session.clone(), now: NOW, input: None });
    let retrieved = answer(&session, until, RETRIEVED);
    states.push(State { name: "retrieve", session: session.clone(), now: until, input: Some(retrieved.clone()) });
    session.handle(retrieved, until).expect("the answer is current");
    states.push(State { name: "done", session, now: until, input: None });
    states
}

fn answer(session: &Session, now: UnixMillis, body: &str) -> Input {
    let Next::Send { request } = session.next(now) else { unreachable!("a request comes next") };
    Input::HttpResponse { id: request.id, status: 200, headers: vec![], body: body.as_bytes().to_vec() }
}

const INITIATED: &str = r#"{"timestamp":"2026-01-01T00:00:00.000Z","transactionReference":"11111111-1111-4111-8111-111111111111","redirectUrl":"https://netverify.com/web/v4/app?authorizationToken=x&locale=de"}"#;
const RETRIEVED: &str = r#"{"transactionReference":"11111111-1111-4111-8111-111111111111","enrollmentTransactionReference":"22222222-2222-4222-8222-222222222222","transactionResult":"PASSED"}"#;

fn account() -> Account {
    let config = r#"{"provider":"jumio","region":"us","api_token":"t","api_secret":"s","user_agent":"YourCompany YourApp/v1.0","callback":"portal"}"#;
    Account::new(Config::from_json(config).expect("the configuration is JSON")).expect("it is valid")
}

fn order() -> Request {
    let order = format!(
        r#"{{"flow":"jumio_authentication","enrollment_transaction_reference":"{ENROLLMENT}","success_url":"https://merchant.example/ok?ref=7","error_url":"https://merchant.example/no","user_reference":"transaction_1234","locale":"de","token_lifetime_minutes":30}}"#
    );
    Request::from_json(&order).expect("the request is JSON")
}

fn seed() -> Seed {
    Seed::new(&(0..32).collect::<Vec<u8>>()).expect("32 different bytes")
}

criterion_group!(benches, opening, steps);
criterion_main!(benches);
