//! Spoiled snapshots: refused or harmless.
#![no_main]

use idvkit::{Account, Config, Input, Session, UnixMillis};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let now = UnixMillis(1_767_225_600_000);
    let config = r#"{"provider":"jumio","region":"us","api_token":"t","api_secret":"s","user_agent":"C A/1","callback":"portal"}"#;
    let account = Account::new(Config::from_json(config).unwrap()).unwrap();
    let Ok(mut session) = Session::restore(&account, text) else { return };
    let _ = session.next(now);
    for input in [Input::Retry, Input::Erase { at_provider: true }] {
        let _ = session.handle(input, now);
        let _ = (session.next(now), session.evidence(), session.references());
    }
    assert!(Session::restore(&account, &session.snapshot()).is_ok());
});
