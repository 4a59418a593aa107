//! `idvkit sessions` and `idvkit worker`, on the database of a real host.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Output, Stdio},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use idvkit::{Account, Config, Request};
use idvkit_host::{Database, Keys, Verifications};
use idvkit_sandbox::Sandbox;
use serde_json::{Value, json};

const KEY: [u8; 32] = [7; 32];

/// A host's database with one verification that has begun, and what the program needs to change it.
struct Host {
    folder: PathBuf,
    kit: Verifications,
    id: String,
    _sandbox: Sandbox,
}

impl Host {
    async fn start(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("idvkit-sessions-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        let settings = idvkit_sandbox::Config { real_time: true, ..idvkit_sandbox::Config::default() };
        let sandbox = Sandbox::with(settings).await.unwrap();
        let config = json!({
            "provider": "jumio", "region": "us", "user_agent": "ExampleShop Demo/1.0",
            "api_token": "sandbox-jumio-token", "api_secret": "sandbox-jumio-secret",
            "callback": { "url": "https://merchant.example/callback" },
            "options": { "development": true, "api_base": format!("{}/jumio/us", sandbox.base_url()) },
        });
        fs::write(folder.join("accounts.json"), json!({ "us": config }).to_string()).unwrap();
        fs::write(folder.join("keys"), format!("a:{}\n", STANDARD.encode(KEY))).unwrap();
        let account = Account::new(Config::from_json(&config.to_string()).unwrap()).unwrap();
        let accounts = idvkit::driver::Accounts::default().with("us", account);
        let database = Database::open(&format!("sqlite:{}", folder.join("idv.sqlite").display())).await.unwrap();
        let database = database.with_keys(Keys::new([("a", KEY)]).unwrap());
        let kit = Verifications::without_act(accounts, database).unwrap();
        let kit = kit.with_http(idvkit_http::builder().no_proxy().build().unwrap());
        let order = r#"{"flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222"}"#;
        let id = kit.begin(Request::from_json(order).unwrap(), "order-7", "user-7").await.unwrap();
        kit.state(&id).await.unwrap();
        Self { folder, kit, id, _sandbox: sandbox }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_idvkit"));
        command.args(args).current_dir(&self.folder).env("IDV_DATABASE", "sqlite:idv.sqlite").env("NO_PROXY", "*");
        command
    }

    fn sessions(&self, args: &[&str]) -> Output {
        self.command(&["sessions", "--database-env", "IDV_DATABASE"]).args(args).output().unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        let said = self.sessions(&[args, &["--json"]].concat());
        serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{said:?}"))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn verifications_are_listed_and_their_timelines_shown() {
    let host = Host::start("lists").await;
    let listed = host.json(&["list"]);
    assert_eq!(
        (&listed[0]["id"], &listed[0]["key"], &listed[0]["subject"]),
        (&json!(host.id), &json!("order-7"), &json!("user-7"))
    );
    assert_eq!((&listed[0]["account"], listed[0]["outcome"].is_null()), (&json!("us"), true));
    assert_eq!(host.json(&["list", "--subject", "user-8"]), json!([]));
    assert_eq!(host.json(&["list", "--before", &listed[0]["created"].to_string()]), json!([]));
    let text = String::from_utf8(host.sessions(&["list"]).stdout).unwrap();
    assert!(text.contains(&host.id) && text.contains("running") && text.contains("order-7"), "{text}");
    let timeline = host.json(&["timeline", &host.id]);
    assert_eq!((&timeline[0]["kind"], &timeline[1]["kind"]), (&json!("begun"), &json!("exchange")));
    let text = String::from_utf8(host.sessions(&["timeline", &host.id]).stdout).unwrap();
    assert!(
        text.contains("exchange") && text.contains("operation=jumio.initiate") && text.contains("status=200"),
        "{text}"
    );
    assert_eq!(host.sessions(&["timeline", "nobody"]).status.code(), Some(1));
    assert_eq!(host.json(&["timeline", "nobody"])["error"]["code"], "verification_unknown");
}

#[tokio::test]
async fn verifications_are_retried_and_erased() {
    let host = Host::start("erases").await;
    let with_secrets = ["--accounts", "accounts.json", "--keys", "keys"];
    let erased = host.sessions(&[&["erase", &host.id, "--at-provider", "false"], &with_secrets[..]].concat());
    assert!(erased.status.success(), "{erased:?}");
    assert!(host.json(&["list"])[0]["erased"].is_i64());
    let refused = host.sessions(&[&["retry", &host.id], &with_secrets[..]].concat());
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(String::from_utf8(refused.stderr).unwrap().contains("[retry_refused]"));
    let timeline = host.json(&["timeline", &host.id]);
    let kinds: Vec<&str> = timeline.as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert!(kinds.ends_with(&["told", "outcome", "erased", "told"]) || kinds.contains(&"erased"), "{kinds:?}");
    // Without the key nothing can be changed, and nothing of a row is said.
    let locked = host.sessions(&["retry", &host.id, "--accounts", "accounts.json"]);
    assert_eq!(locked.status.code(), Some(2), "{locked:?}");
    let said = String::from_utf8(locked.stderr).unwrap();
    assert!(said.contains("encrypted with a key that is not among the keys"), "{said}");
}

#[tokio::test]
async fn a_worker_runs_a_program_until_it_has_acted() {
    let host = Host::start("works").await;
    let (act, acted) = (host.folder.join("act"), host.folder.join("acted"));
    // The first time it cannot act.
    let script = "#!/bin/sh\ntest -e tried || { touch tried; exit 1; }\ncat > acted.part && mv acted.part acted\n";
    fs::write(&act, script).unwrap();
    fs::set_permissions(&act, fs::Permissions::from_mode(0o755)).unwrap();
    host.kit.erase(&host.id, false).await.unwrap();
    let waiting = host.json(&["list", "--undelivered"]);
    assert_eq!(waiting[0]["id"], host.id);
    let mut worker = host
        .command(&[
            "worker",
            "--database-env",
            "IDV_DATABASE",
            "--accounts",
            "accounts.json",
            "--keys",
            "keys",
            "--json",
        ])
        .arg("--on-outcome")
        .arg(&act)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..200 {
        if acted.exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(Command::new("kill").arg(worker.id().to_string()).status().unwrap().success());
    assert!(worker.wait().unwrap().success(), "it stops when it is told to");
    let given: Value = serde_json::from_str(&fs::read_to_string(&acted).unwrap()).unwrap();
    assert_eq!(
        (&given["id"], &given["key"], &given["outcome"]["type"]),
        (&json!(host.id), &json!("order-7"), &json!("abandoned"))
    );
    assert_eq!(given["delivery"]["failures"], 1);
    assert_eq!(host.json(&["list", "--undelivered"]), json!([]));
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let host = Host::start("wrong").await;
    let fails = |args: &[&str], about: &str| {
        let said = host.command(args).output().unwrap();
        let text = String::from_utf8(said.stderr).unwrap();
        assert_eq!(said.status.code(), Some(2), "{text}");
        assert!(text.contains(about), "{text}");
    };
    fails(&["sessions", "list"], "--database");
    fails(&["sessions", "--database", "sqlite:missing.sqlite", "list"], "there is no file missing.sqlite");
    fails(&["sessions", "--database", "mysql://x/y", "list"], "sqlite: or postgres:");
    fails(
        &["sessions", "--database", "postgres://planted:planted@127.0.0.1:1/x", "list"],
        "the database cannot be opened",
    );
    fs::write(host.folder.join("spoiled"), "a:planted").unwrap();
    let place = ["worker", "--database", "sqlite:idv.sqlite"];
    fails(&[&place[..], &["--accounts", "accounts.json", "--keys", "spoiled"]].concat(), "each line is ID:BASE64");
    fs::write(host.folder.join("odd.json"), r#"{"us": {"provider": "jumio"}}"#).unwrap();
    fails(&[&place[..], &["--accounts", "odd.json"]].concat(), "us: ");
    let help = host.command(&["worker", "--help"]).output().unwrap();
    assert!(String::from_utf8(help.stdout).unwrap().contains("--on-outcome"));
}
