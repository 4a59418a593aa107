//! The built program: help, exit codes, and what it prints.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";

fn idvkit(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_idvkit")).args(args).output().unwrap()
}

fn fed(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_idvkit"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// The program with both sites, killed when dropped.
struct Web {
    program: std::process::Child,
    merchant: String,
}

impl Web {
    fn start(data: &str) -> Self {
        let args = ["demo", "--web", "--port", "0", "--json", "--open", "no", "--data", data];
        let mut program = Command::new(env!("CARGO_BIN_EXE_idvkit")).args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let places: Value = serde_json::from_str(&line).unwrap();
        assert!(places["sandbox"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{line}");
        Self { program, merchant: places["merchant"].as_str().unwrap().to_owned() }
    }

    fn ask(&self, path: &str, body: Option<&str>) -> Value {
        let url = format!("{}{path}", self.merchant);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = match body {
            Some(body) => client.post(url).body(body.to_owned()),
            None => client.get(url),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let text = runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() });
        serde_json::from_str(&text).unwrap()
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn scratch(name: &str, content: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn help_has_examples_and_exit_codes() {
    let help = idvkit(&["--help"]);
    assert_eq!(code(&help), 0);
    for expected in ["demo", "sandbox", "check", "doctor", "replay", "Examples:", "Exit codes:"] {
        assert!(out(&help).contains(expected), "{expected}");
    }
    for command in ["demo", "sandbox", "doctor", "replay"] {
        assert!(out(&idvkit(&[command, "--help"])).contains("Example"), "{command}");
    }
}

#[test]
fn wrong_usage_is_2() {
    for args in [&["demo", "--provider", "nobody"][..], &["demo", "--scenario", "nothing"], &["frobnicate"]] {
        assert_eq!(code(&idvkit(args)), 2, "{args:?}");
    }
    let missing = idvkit(&["replay", "no-such-file.json"]);
    assert_eq!(code(&missing), 2);
    let no_secret = idvkit(&["doctor", "body.json"]);
    assert_eq!(code(&no_secret), 2);
}

#[test]
fn what_is_named_is_shown_in_full_with_a_matrix_and_counts() {
    let played = idvkit(&["demo", "--scenario", "approved", "--scenario", "completed"]);
    assert_eq!(code(&played), 0, "{}", out(&played));
    let text = out(&played);
    assert!(text.ends_with("\n6 passed, 0 failed\n"), "{text}");
    assert!(text.contains("attestr · approved\n  not applicable: Attestr gives no verdict"), "{text}");
    let row = |scenario: &str| -> Vec<&str> {
        let row = text.lines().find(|line| line.starts_with(&format!("{scenario}  "))).unwrap();
        row.split_whitespace().filter(|cell| ["✓", "·", "✗"].contains(cell)).collect()
    };
    assert_eq!(row("approved"), ["·", "✓", "✓", "✓", "✓", "✓"], "{text}");
    assert_eq!(row("completed"), ["✓", "·", "·", "·", "·", "·"], "{text}");
    assert!(!text.contains("\nexpired  "), "a row that was not asked for: {text}");
    assert!(text.contains("decision: approved") && text.contains("decision: completed"));
    assert!(!text.contains('\u{1b}'), "colours although it is no terminal");
}

#[test]
fn without_a_wish_one_flow_of_each_provider_is_shown_and_the_rest_is_a_matrix() {
    let played = idvkit(&["demo"]);
    assert_eq!(code(&played), 0, "{}", out(&played));
    let text = out(&played);
    let shown: Vec<&str> = text.lines().filter(|line| line.contains(" · ") && !line.contains('✓')).collect();
    let expected =
        ["attestr · completed", "biometric_kz · approved", "jumio · approved", "signicat document · approved"];
    assert_eq!(shown, expected, "{text}");
    for (scenario, _) in idvkit_cli::demo::cast::scenarios() {
        assert!(text.lines().any(|line| line.split(' ').next() == Some(scenario)), "{scenario}: {text}");
    }
    assert!(text.contains("idvkit demo --all") && text.lines().count() < 260, "{} lines", text.lines().count());
    // Its progress is for a terminal only.
    assert_eq!(error(&played), "");
}

#[test]
fn a_provider_is_named_with_all_its_flows_or_with_one() {
    let count = |providers: &[&str]| {
        let named = providers.iter().flat_map(|name| ["--provider", name]);
        let args: Vec<&str> = ["demo", "--json", "--scenario", "approved"].into_iter().chain(named).collect();
        let played: Value = serde_json::from_slice(&idvkit(&args).stdout).unwrap();
        let flow = |report: &Value| (report["provider"].clone(), report["flow"].clone());
        played["reports"].as_array().unwrap().iter().map(flow).collect::<Vec<_>>()
    };
    let signicat = |flow: &str| (json!("signicat"), json!(flow));
    assert_eq!(count(&["signicat"]), [signicat("document"), signicat("capture"), signicat("eid")]);
    assert_eq!(count(&["signicat eid"]), [signicat("eid")]);
    assert_eq!(
        count(&["biometric_kz", "signicat capture"]),
        [(json!("biometric_kz"), Value::Null), signicat("capture")]
    );
    let unknown = idvkit(&["demo", "--provider", "signicat nothing"]);
    assert!(code(&unknown) == 2 && error(&unknown).contains("signicat eid"), "{}", error(&unknown));
}

#[test]
fn the_demo_repeats_exactly() {
    let once = || out(&idvkit(&["demo", "--scenario", "lost-callback", "--json"]));
    assert_eq!(once(), once());
    assert_ne!(once(), out(&idvkit(&["demo", "--scenario", "lost-callback", "--json", "--seed", "2"])));
}

#[test]
fn json_holds_verdicts_and_timelines() {
    let played =
        idvkit(&["demo", "--provider", "jumio", "--scenario", "declined", "--scenario", "completed", "--json"]);
    let value: Value = serde_json::from_slice(&played.stdout).unwrap();
    assert_eq!(value["count"], json!({ "passed": 1, "failed": 0, "not_applicable": 1 }));
    let declined = value["reports"].as_array().unwrap().iter().find(|it| it["scenario"] == "declined").unwrap();
    assert_eq!((&declined["verdict"], &declined["actual"]), (&json!("passed"), &json!("declined")));
    let types: Vec<_> = declined["timeline"].as_array().unwrap().iter().map(|entry| entry["type"].clone()).collect();
    for expected in ["request", "answer", "present", "told", "wait", "done", "evidence", "check"] {
        assert!(types.contains(&json!(expected)), "{expected}");
    }
}

#[test]
fn the_list_names_every_scenario() {
    let list = out(&idvkit(&["demo", "--list"]));
    assert_eq!(list.lines().count(), idvkit_cli::demo::cast::scenarios().count());
}

#[test]
fn checks_name_the_field_and_never_echo() {
    let kz = ["--provider", "biometric_kz"];
    let signicat = ["--provider", "signicat"];
    let cases: [(&[&str], &str, &str); 14] = [
        (&["check", "iin", "000101500009"], "iin", "iin_checksum"),
        (&["check", "iin", "00010150000"], "iin", "iin_format"),
        (&["check", "iin", "leak"], "iin", "iin_format"),
        (&["check", "phone", "+1 555 leak"], "phone", "phone_invalid"),
        (&["check", "locale", "de", kz[0], kz[1]], "locale", "unknown_locale"),
        (&["check", "url", "https://leak.example/x", kz[0], kz[1]], "config.webhook_secrets", "webhook_secret_invalid"),
        (&["check", "url", "http://leak.example/x", signicat[0], signicat[1]], "config.notification.url", "url_scheme"),
        (&["check", "url", "https://leak.example/x", "--for", "error", kz[0], kz[1]], "provider", "url_unused"),
        (&["check", "locale", "xx"], "locale", "unknown_locale"),
        (&["check", "url", "http://203.0.113.7/leak"], "config.callback.url", "url_scheme"),
        (&["check", "url", "https://203.0.113.7/leak"], "config.callback.url", "url_ip_address"),
        (&["check", "url", "https://shop.example/x#leak", "--for", "success"], "config.success_url", "url_fragment"),
        (&["check", "lifetime", "3"], "token_lifetime_minutes", "lifetime_out_of_range"),
        (&["check", "prefix", "Leak"], "domain_prefix", "domain_prefix_invalid"),
    ];
    for (args, field, reject) in cases {
        let refused = idvkit(args);
        assert_eq!(code(&refused), 1, "{args:?}");
        let text = error(&refused);
        assert!(text.starts_with(&format!("{field}: ")) && text.contains(reject), "{text}");
        assert!(!text.to_lowercase().contains("leak"), "{text}");
        let mut with_json = args.to_vec();
        with_json.push("--json");
        let value: Value = serde_json::from_slice(&idvkit(&with_json).stdout).unwrap();
        assert_eq!((&value["ok"], &value["error"]["field"]), (&json!(false), &json!(field)));
    }
}

#[test]
fn checks_accept_what_the_sdk_accepts() {
    assert!(out(&idvkit(&["check", "locale", "PT_br"])).contains("pt-BR"));
    assert!(out(&idvkit(&["check", "locale", "kk-KZ", "--provider", "biometric_kz"])).contains("`kz`"));
    // Personal numbers are not printed, and need not stand on a command line.
    let iin = fed(&["check", "iin", "-"], "000101500001\n");
    assert!(code(&iin) == 0 && !out(&iin).contains("000101500001"), "{}", out(&iin));
    let phone = idvkit(&["check", "phone", "8 (701) 123-45-67", "--json"]);
    assert!(code(&phone) == 0 && !out(&phone).contains("701"), "{}", out(&phone));
    for args in [
        &["check", "url", "https://shop.example/idv"][..],
        &["check", "url", "http://localhost:8080/idv", "--development"],
        &["check", "url", "https://shop.example/idv/0123456789abcdef", "--provider", "biometric_kz"],
        &["check", "url", "https://shop.example/r?shop=1", "--for", "success", "--provider", "signicat"],
        &["check", "lifetime", "86400"],
        &["check", "prefix", "my-shop"],
    ] {
        assert_eq!(code(&idvkit(args)), 0, "{args:?}");
    }
}

#[test]
fn a_checked_request_is_shown_with_secrets_masked() {
    let request = json!({ "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222" });
    let alone = fed(&["check", "initiate", "-"], &request.to_string());
    assert_eq!(code(&alone), 0, "{}", error(&alone));
    assert!(out(&alone).contains("https://netverify.com/api/authentication/v1/web/initiate"));
    let config = json!({
        "region": "eu", "api_token": "planted-token", "api_secret": "planted-secret", "callback": "portal",
        "user_agent": "YourCompany YourApp/v1.0",
    });
    let both = json!({ "config": config, "request": request }).to_string();
    let shown = fed(&["check", "initiate", "-", "--json"], &both);
    let value: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(value["found"]["operation"], "jumio.initiate");
    // Neither the values nor their base64 form.
    for secret in ["planted", "cGxhbnRlZ"] {
        assert!(!out(&shown).contains(secret) && !out(&fed(&["check", "initiate", "-"], &both)).contains(secret));
    }
    let bad = fed(&["check", "handshake", "-"], r#"{"flow_id": "FX02zfeuvcj36knhn06us"}"#);
    assert_eq!(code(&bad), 1);
    assert!(error(&bad).contains("tag"), "{}", error(&bad));
}

#[test]
fn metadata_is_checked_and_what_the_user_will_see_is_told() {
    let fixed = |value: &str| json!({ "value": value, "changeable": false });
    let edocument = json!({ "iin": fixed("000101500001"), "phone": fixed("77011234567"), "skip_input": true });
    let mut metadata = json!({ "edocument": edocument });
    let checked = |value: &Value| fed(&["check", "metadata", "-", "--json"], &value.to_string());
    let found = |value: &Value| -> Value { serde_json::from_slice(&checked(value).stdout).unwrap() };
    assert_eq!(found(&metadata)["found"]["data_entry"], "skipped");
    assert_eq!(found(&json!({ "metadata": metadata, "technologies": ["ED"] }))["ok"], true);
    let unfit = found(&json!({ "metadata": metadata, "technologies": ["LDHP", "F2F"] }));
    assert_eq!(unfit["error"]["code"], "metadata_unsupported");
    metadata["edocument"]["phone"] = json!({ "value": "77011234567" });
    let refused = found(&metadata);
    assert_eq!(refused["error"]["field"], "metadata.edocument.skip_input");
    assert!(refused["error"]["message"].as_str().unwrap().contains("phone.changeable"), "{refused}");
    metadata["edocument"]["skip_input"] = json!(false);
    let shown = json!({ "iin_changeable": false, "phone_changeable": true });
    assert_eq!(found(&metadata)["found"]["data_entry"], shown);
    for text in ["[]x", "5", r#"{"edocument": 5}"#] {
        assert_eq!(code(&fed(&["check", "metadata", "-"], text)), 1, "{text}");
    }
}

/// Inputs as people's editors, shells and the providers' own samples write them.
#[test]
fn an_input_is_read_as_it_was_saved_or_its_fault_is_placed() {
    let metadata = r#"{"edocument": {"iin": {"value": "000101500001", "changeable": false}}}"#;
    assert_eq!(code(&fed(&["check", "metadata", "-"], &format!("\u{feff}{metadata}\r\n"))), 0);
    let comma = fed(&["check", "metadata", "-"], "{\n  \"edocument\": {\"iin\": {\"value\": \"leak\",}}\n}");
    assert_eq!(code(&comma), 1);
    assert!(error(&comma).contains("trailing comma at line 2 column 41"), "{}", error(&comma));
    assert!(!error(&comma).contains("leak"));
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(metadata.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let file = scratch("utf16.json", &utf16);
    let utf16 = idvkit(&["check", "metadata", file.to_str().unwrap()]);
    assert!(code(&utf16) > 0 && error(&utf16).contains("is UTF-16: save it as UTF-8"), "{}", error(&utf16));
}

/// What Jumio's API takes has other names, and its callback is the whole URL.
#[test]
fn a_body_for_jumios_api_is_checked_like_a_request() {
    let body = json!({
        "enrollmentTransactionReference": "22222222-2222-4222-8222-222222222222", "locale": "de",
        "callbackUrl": "https://shop.example/jumio", "successUrl": "https://shop.example/done",
        "userReference": "u-1", "tokenLifetimeInMinutes": 30,
    });
    let shown = fed(&["check", "initiate", "-", "--json"], &body.to_string());
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["found"]["body"], body);
    let refused = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        let refused = fed(&["check", "initiate", "-", "--json"], &body.to_string());
        let refused: Value = serde_json::from_slice(&refused.stdout).unwrap();
        refused["error"]["field"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused("successUrl", json!("http://shop.example/done")), "request.success_url");
    assert_eq!(refused("tokenLifetimeInMinutes", json!(1)), "request.token_lifetime_minutes");
    assert!(refused("nonsense", json!(1)).starts_with("request"), "an unknown member is named");
}

#[test]
fn a_capture_flow_is_shown_with_secrets_masked() {
    let config = json!({
        "client_id": "planted-id", "client_secret": "planted-secret", "redirect_url": "https://shop.example/r",
        "notification": { "url": "https://shop.example/n", "authorization_header": "Bearer planted-header" },
    });
    let request =
        json!({ "providers": [{ "provider": "signicatpaper" }], "capture_parameters": { "ui_profile": "p" } });
    let both = json!({ "config": config, "request": request }).to_string();
    let shown = fed(&["check", "capture", "-", "--json"], &both);
    let value: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(value["found"]["operation"], "signicat.start_capture");
    assert_eq!(value["found"]["body"]["captureParameters"], json!({ "uiProfile": "p" }));
    assert!(!out(&shown).contains("planted") && !out(&fed(&["check", "capture", "-"], &both)).contains("planted"));
    let none = fed(&["check", "capture", "-"], r#"{"providers": []}"#);
    assert!(code(&none) == 1 && error(&none).contains("providers_count"), "{}", error(&none));
    let other = fed(&["check", "capture", "-"], r#"{"flow": "signicat_eid", "provider": "connect:idin"}"#);
    assert!(code(&other) == 1 && error(&other).contains("request_of_other_flow"), "{}", error(&other));
}

#[test]
fn the_doctor_explains_and_prints_no_secret() {
    // The HMAC of `{}` under the secret of the protocol notes.
    let tag = "399ca4d8387065e0e340da1ad836cdffa359e054509cfc37a9ed55aa9b2e6cc2";
    let body = scratch("body.json", format!(r#"{{"result":{{}},"resultSignature":"{tag}"}}"#).as_bytes());
    let run = |secret: &str| {
        let file = scratch(&format!("secret-{}", secret.len()), secret.as_bytes());
        idvkit(&["doctor", "--secret-file", file.to_str().unwrap(), body.to_str().unwrap()])
    };
    assert_eq!(code(&run(&format!("{SECRET}\n"))), 0);
    let padded = run(&format!(" {SECRET}"));
    assert_eq!(code(&padded), 1);
    assert!(out(&padded).contains("secret_white_space"), "{}", out(&padded));
    assert!(!out(&padded).contains(SECRET) && !out(&padded).contains(tag));
    assert_eq!(code(&run("another secret")), 1);
}

#[test]
fn a_recorded_session_replays_until_it_is_changed() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("recorded");
    let folder_text = folder.to_str().unwrap();
    let record = ["demo", "--provider", "jumio", "--scenario", "approved", "--quiet", "--record", folder_text];
    assert_eq!(code(&idvkit(&record)), 0);
    let path = folder.join("jumio-approved.json");
    let first = fs::read(&path).unwrap();
    assert_eq!(code(&idvkit(&record)), 0);
    assert_eq!(first, fs::read(&path).unwrap(), "two recordings differ");
    let replayed = idvkit(&["replay", path.to_str().unwrap()]);
    assert_eq!(code(&replayed), 0, "{}", out(&replayed));

    let text = String::from_utf8(first).unwrap();
    let changed = scratch(
        "changed.json",
        text.replace(r#"\"transactionResult\":\"PASSED\""#, r#"\"transactionResult\":\"FAILED\""#).as_bytes(),
    );
    let replayed = idvkit(&["replay", changed.to_str().unwrap()]);
    assert_eq!(code(&replayed), 1);
    assert!(out(&replayed).contains("first difference: step"), "{}", out(&replayed));
    let mut transcript: Value = serde_json::from_str(&text).unwrap();
    transcript["config"]["options"]["account_id"] = json!("another");
    let config = scratch("other-config.json", transcript["config"].to_string().as_bytes());
    let other = idvkit(&["replay", path.to_str().unwrap(), "--config", config.to_str().unwrap()]);
    assert_eq!(code(&other), 1, "another account replays the snapshot");
}

#[cfg(unix)]
#[test]
fn both_sites_start_and_one_line_says_where() {
    let mut web = Web::start(":memory:");
    let catalog = web.ask("/api/catalog", None);
    assert_eq!(catalog["flows"].as_array().unwrap().len(), 7);
    // Ctrl-C ends it, and that is no failure.
    let pid = web.program.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(web.program.wait().unwrap().code(), Some(0));
}

#[test]
fn a_site_that_was_killed_goes_on() {
    let folder = std::env::temp_dir().join(format!("idvkit-killed-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let data = folder.join("demo.sqlite").display().to_string();
    let mut web = Web::start(&data);
    let before = web.ask("/api/sessions", Some(r#"{"provider":"jumio"}"#));
    let page = before["next"]["journey"]["ways"][0]["url"].as_str().unwrap().to_owned();
    std::thread::sleep(std::time::Duration::from_millis(300));
    web.program.kill().unwrap();
    web.program.wait().unwrap();

    let web = Web::start(&data);
    let after = web.ask(&format!("/api/sessions/{}", before["id"].as_str().unwrap()), None);
    assert_eq!(before["next"]["journey"], after["next"]["journey"]);
    // The provider remembers, too.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let shown = runtime.block_on(async { client.get(page).send().await.unwrap().text().await.unwrap() });
    assert!(shown.contains("value=\"acceptable\"") || shown.contains("name=\"action\""), "{shown}");
    drop(web);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_belongs_to_the_site_needs_the_site() {
    for args in [&["demo", "--port", "1"][..], &["demo", "--web", "--scenario", "approved"]] {
        assert_eq!(code(&idvkit(args)), 2, "{args:?}");
    }
    let help = out(&idvkit(&["demo", "--help"]));
    assert!(help.contains("--web") && help.contains("With --web:") && help.contains("goes on"), "{help}");
}
