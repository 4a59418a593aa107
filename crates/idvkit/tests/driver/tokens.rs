//! Access tokens that a process keeps.

use idvkit::{
    Cache, HttpRequest, Method, UnixMillis,
    driver::{Answer, Tokens},
};

use super::host::{T0, answer};

const MINUTE: i64 = 60_000;

fn ask(refused: Option<&str>) -> HttpRequest {
    HttpRequest {
        id: "id-1".into(),
        operation: "test.token".into(),
        method: Method::Post,
        url: "https://idp.example/token".into(),
        headers: Vec::new(),
        body: None,
        timeout_ms: 10_000,
        idempotent: true,
        cache: Some(Cache { key: "k".into(), max_age_ms: 10 * MINUTE, refused: refused.map(Into::into) }),
    }
}

fn token(value: &str, expires_in: &str) -> Answer {
    answer(200, &format!(r#"{{"access_token": "{value}", "expires_in": {expires_in}}}"#))
}

fn kept(expires_in: &str) -> Tokens {
    let mut tokens = Tokens::default();
    tokens.keep(&ask(None), &token("planted-1", expires_in), T0);
    tokens
}

/// How long it is kept, in milliseconds.
fn life(tokens: &Tokens) -> i64 {
    (0..=20 * MINUTE).step_by(500).find(|age| tokens.kept(&ask(None), T0.plus(*age)).is_none()).unwrap()
}

#[test]
fn a_token_is_kept_until_it_runs_out() {
    for (expires_in, expected) in [
        ("60", MINUTE),
        ("\"60\"", MINUTE),
        ("60.7", MINUTE),
        ("\"60.0\"", MINUTE),
        ("3600", 10 * MINUTE),
        ("\"soon\"", 10 * MINUTE),
        ("null", 10 * MINUTE),
        ("-5", 10 * MINUTE),
        ("0", 0),
    ] {
        assert_eq!(life(&kept(expires_in)), expected, "{expires_in}");
    }
}

#[test]
fn the_token_that_was_refused_is_not_given_again_and_any_other_is() {
    let mut tokens = kept("600");
    let refused = idvkit::signicat::AccessToken::parse(&token("planted-1", "600").body).unwrap();
    let mark = idvkit_core::TokenAnswer::mark_of(refused.value.expose_str().unwrap());
    // However new it is: it was revoked in the second in which it was fetched.
    assert_eq!(tokens.kept(&ask(Some(&mark)), T0), None);
    assert!(tokens.kept(&ask(Some("another")), T0).is_some());
    // The first that asks anew fetches it, the others take what that one brought, at whatever age.
    tokens.keep(&ask(Some(&mark)), &token("planted-2", "600"), T0);
    for age in [0, 1, 9 * MINUTE] {
        assert_eq!(tokens.kept(&ask(Some(&mark)), T0.plus(age)), Some(token("planted-2", "600")));
    }
}

#[test]
fn a_clock_that_went_back_fetches_anew() {
    let tokens = kept("600");
    assert_eq!(tokens.kept(&ask(None), UnixMillis(T0.0 - 1)), None, "nobody knows how old it is");
    let mut tokens = tokens;
    tokens.keep(&ask(None), &token("planted-2", "600"), UnixMillis(T0.0 - MINUTE));
    assert_eq!(tokens.kept(&ask(None), UnixMillis(T0.0 - MINUTE)), Some(token("planted-2", "600")));
}

#[test]
fn only_tokens_are_kept_and_only_where_that_is_allowed() {
    let mut tokens = Tokens::default();
    for bad in [answer(400, r#"{"access_token": "t"}"#), answer(200, "<html>"), answer(200, "{}")] {
        tokens.keep(&ask(None), &bad, T0);
        assert_eq!(tokens.kept(&ask(None), T0), None);
    }
    let plain = HttpRequest { cache: None, ..ask(None) };
    tokens.keep(&plain, &token("planted-1", "600"), T0);
    assert_eq!(tokens.kept(&plain, T0), None);
    let marked = answer(200, "\u{feff}{\"access_token\": \"planted-1\", \"expires_in\": 600}");
    tokens.keep(&ask(None), &marked, T0);
    assert_eq!(tokens.kept(&ask(None), T0), Some(marked));
    assert!(!format!("{tokens:?}").contains("planted"));
}
