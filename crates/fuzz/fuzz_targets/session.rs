//! A session fed with arbitrary answers, hints, redirects and callbacks: no panic, and no pass out of nothing.
#![no_main]

use idvkit::{Account, Config, Decision, Header, Input, Next, Outcome, Request, Seed, Session, UnixMillis};
use libfuzzer_sys::fuzz_target;

const ACCOUNTS: [(&str, &str); 4] = [
    (
        r#"{"provider":"attestr","auth_token":"t","client_key":"0a","client_secrets":["0123456789abcdef"],"webhook_tokens":["w"]}"#,
        r#"{"flow":"attestr_flowx","flow_id":"FX02zfeuvcj36knhn06us","tag":"t"}"#,
    ),
    (
        r#"{"provider":"biometric_kz","api_key":"01234567890123456789012345678901234567890123456789"}"#,
        r#"{"flow":"biometric_kz_flow"}"#,
    ),
    (
        r#"{"provider":"jumio","region":"us","api_token":"t","api_secret":"s","user_agent":"C A/1","callback":"portal"}"#,
        r#"{"flow":"jumio_authentication","enrollment_transaction_reference":"r"}"#,
    ),
    (
        r#"{"provider":"signicat","client_id":"c","client_secret":"s","redirect_url":"https://a.example/"}"#,
        r#"{"flow":"signicat_eid","provider":"connect:idin"}"#,
    ),
];

fuzz_target!(|data: (u8, Vec<(u8, u16, String)>)| {
    let (which, steps) = data;
    let (config, request) = ACCOUNTS[usize::from(which) % ACCOUNTS.len()];
    let account = Account::new(Config::from_json(config).unwrap()).unwrap();
    let mut now = UnixMillis(1_767_225_600_000);
    let seed = Seed::new(&(0..32).collect::<Vec<u8>>()).unwrap();
    let mut session = Session::open(&account, Request::from_json(request).unwrap(), seed, now).unwrap();
    for (kind, status, text) in steps {
        let id = match session.next(now) {
            Next::Send { request } => request.id,
            _ => String::new(),
        };
        let headers = vec![Header::new("Authorization", "Basic w"), Header::new("Retry-After", text.as_str())];
        let input = match kind % 8 {
            0..=2 => Input::HttpResponse { id, status: 200, headers, body: text.into_bytes() },
            3 => Input::HttpResponse { id, status, headers, body: text.into_bytes() },
            4 => Input::Hint { text },
            5 => Input::Redirect { url: text },
            6 => Input::Callback { url: "/x".into(), headers, body: text.into_bytes() },
            _ => Input::HttpFailed { id },
        };
        let _ = session.handle(input, now);
        now = UnixMillis(now.0 + i64::from(status) * 100);
        let restored = Session::restore(&account, &session.snapshot()).unwrap();
        assert_eq!(restored.next(now), session.next(now));
    }
    // Completed needs the client secret, which no input holds.
    let pass = matches!(session.next(now), Next::Done { outcome: Outcome::Decided { decision: Decision::Completed }, .. });
    assert!(!pass);
});
