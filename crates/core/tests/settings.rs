//! What all accounts have is read alike (`core::settings` and `BaseUrl`).

use idvkit_core::{BaseUrl, Reject, settings};

fn base(url: &str, development: bool) -> Result<BaseUrl, Reject> {
    BaseUrl::parse("options.api_base", url, development)
}

#[test]
fn plain_http_reaches_private_hosts_only() {
    for url in ["http://localhost:1", "http://127.0.0.1:80/x", "http://localhost", "https://api.example/x/"] {
        assert!(base(url, true).is_ok(), "{url}");
    }
    for url in [
        "http://host.docker.internal:8088/jumio/us",
        "http://10.0.2.2:8088",
        "http://172.17.0.1:8088",
        "http://192.168.1.7",
        "http://[::1]:1",
        "http://[fd00::7]:1",
        "http://sandbox:8088",
        "http://phone.local:1",
        "http://shop.test",
    ] {
        assert!(settings::is_link(url, true), "{url}");
        assert!(base(url, true).is_ok(), "{url}");
    }
    for url in [
        "http://localhost.evil.example",
        "http://localhost:1@evil.example",
        "http://evil.example/localhost",
        "http://127.0.0.1.evil.example",
        "http://192.0.2.1",
        "http://172.32.0.1",
        "http://169.254.169.254",
        "http://[2001:db8::1]:1",
        "http://[fe80::1]:1",
        "http://2130706433",
        "http://0x7f.1",
        "http://internal.evil.example",
        "ftp://localhost",
    ] {
        assert_eq!(base(url, true).unwrap_err().code(), "base_url_invalid", "{url}");
        assert!(!settings::is_link(url, true), "{url}");
    }
    assert!(base("http://localhost:1", false).is_err());
    assert!(!settings::is_link("http://localhost:1", false));
}

#[test]
fn a_base_url_that_is_none_is_refused_by_its_part() {
    for (url, part) in [
        ("https://:443", "the host"),
        ("https://...", "the host"),
        ("https://%zz", "the host"),
        ("https://a..example", "the host"),
        ("https://-a.example", "the host"),
        ("https://a_b.example", "the host"),
        ("https://[::1", "the host"),
        ("https://[::1%25eth0]", "the host"),
        ("https://0x7f.1", "the host"),
        ("https://1.2.3", "the host"),
        ("https://xn--pokxncvks.example", "the host"),
        ("https://a.b.c.xn--pokxncvks/", "the host"),
        ("https://XN--a.example", "the host"),
        ("https://xn--.example", "the host"),
        ("https://xn--abc-.example", "the host"),
        ("https://evil.example\\@api.example", "the host"),
        ("https://a:b:c", "the port"),
        ("https://api.example:99999", "the port"),
        ("https://api.example:0", "the port"),
        ("https://api.example:", "the port"),
        ("https://api.example:8443x/y", "the port"),
        ("https://[::1]:x", "the port"),
        ("https://api.example/%zz", "the path"),
        ("https://api.example/a b", "the path"),
        ("https://api.example/a'b", "the path"),
        ("https://api.example/a\"b", "the path"),
        ("https://api.example/?x", "no query"),
        ("https://api.example/#x", "no query"),
        ("https://user@api.example", "user name"),
        ("http://api.example", "the scheme"),
        ("HTTP://api.example", "the scheme"),
        ("javascript:alert(1)", "a scheme and a host"),
        ("https:api.example", "a scheme and a host"),
        ("https://", "a scheme and a host"),
        ("api.example", "a scheme and a host"),
        ("", "a scheme and a host"),
        ("https://bücher.example", "ASCII"),
    ] {
        let reject = base(url, false).unwrap_err();
        assert_eq!((reject.code().as_str(), reject.field()), ("base_url_invalid", Some("options.api_base")), "{url}");
        assert!(reject.message().contains(part), "{url}: {reject}");
    }
    assert!(base(&format!("https://api.example/{}", "x".repeat(2048)), false).is_err());
}

#[test]
fn a_base_url_is_kept_in_one_form() {
    for (url, kept, host) in [
        ("https://api.example/x/", "https://api.example/x", "api.example"),
        ("HTTPS://API.Example:8443/Path//", "https://api.example:8443/Path", "api.example:8443"),
        ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("https://XN--MNCHEN-3YA.example", "https://xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("https://xn--ls8h.example/pkg@1.2.3", "https://xn--ls8h.example/pkg@1.2.3", "xn--ls8h.example"),
        ("https://idp", "https://idp", "idp"),
        ("https://192.0.2.1:8443", "https://192.0.2.1:8443", "192.0.2.1:8443"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x", "[2001:db8::1]:8443"),
    ] {
        let parsed = base(url, false).unwrap();
        assert_eq!((parsed.as_str(), parsed.host()), (kept, host), "{url}");
        assert_eq!(parsed.origin(), format!("https://{host}"));
        assert_eq!(base(parsed.as_str(), false).unwrap().to_string(), kept);
    }
}

#[test]
fn a_link_has_the_host_of_a_base_url_and_is_opaque_behind_it() {
    for url in [
        "https://client.example",
        "https://client.example/web?token={a|b}\"'<>^`#x@y",
        "https://client.example?x",
        "https://xn--mnchen-3ya.example/#/",
    ] {
        assert!(settings::is_link(url, false), "{url}");
    }
    for url in [
        "",
        "https://",
        "https://:443/",
        "https://client.example:99999/",
        "https://a:b:c/",
        "https://user@client.example/",
        "https://client.example\\@evil.example/",
        "https://xn--pokxncvks.example/",
        "https://client.example/a b",
        "https://client.example/é",
        "javascript:alert(1)//https://client.example/",
    ] {
        assert!(!settings::is_link(url, true), "{url}");
    }
    assert!(settings::is_link(&format!("https://a.example/{}", "x".repeat(8192 - 18)), false));
    assert!(!settings::is_link(&format!("https://a.example/{}", "x".repeat(8193 - 18)), false));
}

#[test]
fn parts_of_a_url() {
    assert_eq!(settings::origin_of("https://a.example:8443/x?y"), "https://a.example:8443");
    assert_eq!(settings::host_of("https://a.example:8443/x?y"), "a.example:8443");
    assert_eq!((settings::origin_of(""), settings::host_of("nonsense")), ("", "nonsense"));
}

#[test]
fn an_account_is_named_or_not() {
    assert_eq!(settings::account_id(None).unwrap(), None);
    assert_eq!(settings::account_id(Some("shop, Köln")).unwrap(), Some("shop, Köln"));
    assert_eq!(settings::account_id(Some(&"ü".repeat(128))).unwrap().map(str::len), Some(256));
    for id in ["", "   ", " shop", "shop\n", "a\tb", &"x".repeat(129)] {
        let reject = settings::account_id(Some(id)).unwrap_err();
        assert_eq!(
            (reject.code().as_str(), reject.field()),
            ("account_id_invalid", Some("options.account_id")),
            "{id:?}"
        );
    }
}

#[test]
fn a_credential_is_missing_or_malformed_and_nothing_else() {
    let said = |result: Result<idvkit_core::Secret, Reject>| {
        result.map_or_else(|reject| reject.code().as_str(), |secret| if secret.is_empty() { "empty" } else { "ok" })
    };
    for (value, credential, token, user_name) in [
        ("", "credential_missing", "credential_missing", "credential_missing"),
        (" \n", "credential_missing", "credential_missing", "credential_missing"),
        ("key", "ok", "ok", "ok"),
        ("Bearer key", "ok", "credential_malformed", "ok"),
        ("name:key", "ok", "ok", "credential_malformed"),
        (" key", "credential_malformed", "credential_malformed", "credential_malformed"),
        ("key\n", "credential_malformed", "credential_malformed", "credential_malformed"),
        ("k\tey", "credential_malformed", "credential_malformed", "credential_malformed"),
        ("kéy", "credential_malformed", "credential_malformed", "credential_malformed"),
    ] {
        assert_eq!(said(settings::credential("key", value)), credential, "{value:?}");
        assert_eq!(said(settings::token("key", value)), token, "{value:?}");
        assert_eq!(said(settings::user_name("key", value)), user_name, "{value:?}");
    }
    let reject = settings::credential("key", "SECRET\n").unwrap_err();
    assert!(reject.field() == Some("key") && !reject.to_string().contains("SECRET"));
}

#[test]
fn secrets_are_a_list() {
    let one = ["secret".to_owned()];
    assert_eq!(settings::secrets("s", &one).unwrap()[0].expose(), b"secret");
    assert!(settings::secrets("s", &[]).unwrap().is_empty());
    assert_eq!(settings::needed_secrets("s", &one).unwrap().len(), 1);
    assert_eq!(settings::needed_secrets("s", &[]).unwrap_err().code(), "credential_missing");
    let second_empty = ["secret".to_owned(), String::new()];
    assert_eq!(settings::secrets("s", &second_empty).unwrap_err().code(), "credential_missing");
}

#[test]
fn ranges() {
    let timeout = |given| settings::timeout_ms(given).map_err(|reject| reject.code().as_str());
    assert_eq!(timeout(None), Ok(30_000));
    assert_eq!((timeout(Some(1000)), timeout(Some(300_000))), (Ok(1000), Ok(300_000)));
    assert_eq!(
        (timeout(Some(999)), timeout(Some(300_001))),
        (Err("timeout_out_of_range"), Err("timeout_out_of_range"))
    );
    let duration = |given| settings::duration_ms("x", Some(given)).map_err(|reject| reject.code().as_str());
    let longest = 400 * 86_400_000;
    assert_eq!((duration(1000), duration(longest)), (Ok(Some(1000)), Ok(Some(longest))));
    let refused = Err("duration_out_of_range");
    assert_eq!((duration(999), duration(longest + 1), duration(i64::MIN)), (refused, refused, refused));
    assert_eq!(settings::duration_ms("x", None).unwrap(), None);
}
