//! Texts that come from elsewhere: configurations, requests, snapshots, journeys, bodies.

use idvkit::{
    Account, Config, Input, Journey, Next, Request, Seen, Session, UnixMillis,
    driver::{Accounts, Ask, Driver, Plan, Told, Verification},
};
use idvkit_core::{Hint, MAX_HINT_BYTES};
use idvkit_testkit::seed;
use serde_json::Value;

use crate::cases::{Case, cases};

const NOW: UnixMillis = UnixMillis(1_767_225_600_000);

pub(crate) fn config(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Err(reject) = Config::from_json(text).and_then(Account::new) {
        let told = reject.to_string();
        assert!(credentials(text).iter().all(|credential| !told.contains(credential.as_str())), "{}", reject.code());
    }
}

pub(crate) fn request(data: &[u8]) {
    let Some((case, request)) = requested(data) else { return };
    let Ok(session) = Session::open(&case.account, request, seed(), NOW) else { return };
    let restored = Session::restore(&case.account, &session.snapshot()).expect("what is stored is restored");
    assert_eq!(restored.next(NOW), session.next(NOW));
}

pub(crate) fn plan(data: &[u8]) {
    let Some((case, request)) = requested(data) else { return };
    let accounts = Accounts::from(case.account.clone());
    let Ok(mut driver) = Driver::begin(&accounts, Plan::from(request), seed(), "key", NOW) else { return };
    driver.told(Told::Loaded { snapshot: None, blobs: Vec::new() }, NOW).expect("a new key");
    let Ask::Store { row, .. } = driver.ask() else { panic!("what is begun is stored") };
    let restored = Verification::restore(&accounts, &row.snapshot).expect("what is stored is restored");
    assert_eq!((restored.id(), restored.key()), (row.id.as_str(), "key"));
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
    cases().iter().flat_map(|case| &case.steps).map(|step| step.before.clone().into_bytes()).collect()
}

pub(crate) fn bodies() -> Vec<Vec<u8>> {
    cases().iter().flat_map(Case::bodies).map(<[u8]>::to_vec).collect()
}

/// The journeys of the recordings, each with something that a page may have seen.
pub(crate) fn journeys() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for case in cases() {
        for step in &case.steps {
            let Ok(session) = Session::restore(&case.account, &step.before) else { continue };
            if let Next::Present { journey, .. } = session.next(step.at) {
                let data = r#"{"status":"completed"}"#;
                seeds.push(
                    format!("{}\nhttps://merchant.example/back?status=ok\n{data}", journey.to_json()).into_bytes(),
                );
            }
        }
    }
    seeds
}

/// A request, and a recording with an account for it.
fn requested(data: &[u8]) -> Option<(&'static Case, Request)> {
    let request = Request::from_json(text(data)?).ok()?;
    let case = cases().iter().find(|case| case.account.provider() == request.provider())?;
    Some((case, request))
}

/// The values of a configuration that no text may repeat, as far as they are long enough not to stand in one by chance.
fn credentials(config: &str) -> Vec<String> {
    const NAMES: [&str; 8] = [
        "api_key",
        "api_secret",
        "api_token",
        "auth_token",
        "client_secret",
        "client_secrets",
        "webhook_secrets",
        "webhook_tokens",
    ];
    let Ok(Value::Object(config)) = serde_json::from_str(config) else { return Vec::new() };
    let values = NAMES.iter().filter_map(|name| config.get(*name)).flat_map(|value| match value {
        Value::Array(several) => several.clone(),
        one => vec![one.clone()],
    });
    values.filter_map(|value| value.as_str().filter(|text| text.len() >= 12).map(str::to_owned)).collect()
}

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}
