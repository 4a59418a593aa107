//! Texts that come from elsewhere: configurations, requests, snapshots, journeys, bodies.

use idvkit::{
    Account, Config, Input, Journey, Next, Request, Seed, Seen, Session, UnixMillis,
    driver::{Accounts, Ask, Driver, Plan, Told, Verification},
};
use idvkit_core::{Hint, MAX_HINT_BYTES};
use idvkit_testkit::Subject;

use crate::cases::{Case, cases};

const NOW: UnixMillis = UnixMillis(1_767_225_600_000);

pub(crate) fn config(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Config::from_json(text).and_then(Account::new) {
        Ok(account) => {
            let _ = account.provider();
        }
        // A refusal has words of idvkit's only.
        Err(reject) => assert!(reject.to_string().len() < 1024, "{}", reject.code()),
    }
}

pub(crate) fn request(data: &[u8]) {
    let Some(request) = text(data).and_then(|text| Request::from_json(text).ok()) else { return };
    for case in cases().iter().filter(|case| case.account.provider() == request.provider()).take(1) {
        let Ok(session) = Session::open(&case.account, request.clone(), seed(), NOW) else { return };
        let restored = Session::restore(&case.account, &session.snapshot()).expect("what is stored is restored");
        assert_eq!(restored.next(NOW), session.next(NOW));
    }
}

pub(crate) fn plan(data: &[u8]) {
    let Some(request) = text(data).and_then(|text| Request::from_json(text).ok()) else { return };
    for case in cases().iter().filter(|case| case.account.provider() == request.provider()).take(1) {
        let accounts = Accounts::from(case.account.clone());
        let Ok(mut driver) = Driver::begin(&accounts, Plan::from(request.clone()), seed(), "key", NOW) else { return };
        driver.told(Told::Loaded { snapshot: None, blobs: Vec::new() }, NOW).expect("a new key");
        let Ask::Store { row, .. } = driver.ask() else { panic!("what is begun is stored") };
        let restored = Verification::restore(&accounts, &row.snapshot).expect("what is stored is restored");
        assert_eq!((restored.id(), restored.key()), (row.id.as_str(), "key"));
    }
}

pub(crate) fn restore(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for case in cases() {
        let Ok(mut session) = Session::restore(&case.account, text) else { continue };
        let _ = session.next(NOW);
        for input in [Input::Retry, Input::Erase { at_provider: true }] {
            let _ = session.handle(input, NOW);
            let _ = (session.next(NOW), session.evidence(), session.references());
        }
        assert!(Session::restore(&case.account, &session.snapshot()).is_ok(), "what is stored is restored");
    }
}

/// The journey, the place and the data stand on lines of their own.
pub(crate) fn read(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (journey, place, data) = (line(), line(), line());
    let Ok(journey) = Journey::from_json(journey) else { return };
    let _ = Hint::parse(data, &journey.id);
    for seen in [
        Seen::Navigation { url: place.into() },
        Seen::Message { origin: place.into(), data: data.into() },
        Seen::Event { name: place.into(), data: data.into() },
        Seen::Closed,
    ] {
        let hint = idvkit::read(&journey, &seen);
        assert!(hint.is_none_or(|text| text.len() <= MAX_HINT_BYTES || journey.id.len() > 1024));
    }
}

pub(crate) fn signed_member(data: &[u8]) {
    if let Ok(Some(slice)) = idvkit_signature::member(data, "result") {
        assert!(slice.is_empty() || data.windows(slice.len()).any(|window| window == slice));
    }
}

pub(crate) fn ecmascript(data: &[u8]) {
    if let Ok(form) = idvkit_signature::ecmascript(data) {
        assert_eq!(idvkit_signature::ecmascript(&form).as_deref(), Ok(form.as_slice()));
    }
}

pub(crate) fn configs() -> Vec<Vec<u8>> {
    cases().iter().map(|case| case.config.clone().into_bytes()).collect()
}

pub(crate) fn requests() -> Vec<Vec<u8>> {
    cases().iter().map(|case| case.request.clone().into_bytes()).collect()
}

pub(crate) fn snapshots() -> Vec<Vec<u8>> {
    cases().iter().flat_map(|case| &case.snapshots).map(|text| text.clone().into_bytes()).collect()
}

pub(crate) fn bodies() -> Vec<Vec<u8>> {
    cases().iter().flat_map(Case::bodies).map(<[u8]>::to_vec).collect()
}

/// The journeys of the recordings, each with something that a page may have seen.
pub(crate) fn journeys() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for case in cases() {
        for (snapshot, (now, _)) in case.snapshots.iter().zip(&case.steps) {
            let Ok(session) = Session::restore(&case.account, snapshot) else { continue };
            if let Next::Present { journey, .. } = crate::cases::Facade(session).next(*now) {
                let data = r#"{"status":"completed"}"#;
                seeds.push(
                    format!("{}\nhttps://merchant.example/back?status=ok\n{data}", journey.to_json()).into_bytes(),
                );
            }
        }
    }
    seeds
}

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

fn seed() -> Seed {
    idvkit_testkit::seed()
}
