//! `idvkit sandbox`: what it says of the requests that come.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// The program, killed when dropped.
struct Sandbox {
    program: Child,
    base: String,
}

impl Sandbox {
    fn start(more: &[&str], log: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_idvkit"));
        command.args(["sandbox", "--listen", "127.0.0.1:0"]).args(more).env_remove("RUST_LOG");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(log) = log {
            command.env("RUST_LOG", log);
        }
        let mut program = command.spawn().unwrap();
        let mut greeting = String::new();
        BufReader::new(program.stdout.as_mut().unwrap()).read_line(&mut greeting).unwrap();
        let base = greeting.trim().rsplit(' ').next().unwrap().to_owned();
        Self { program, base }
    }

    async fn get(&self, path: &str) -> u16 {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        http.get(format!("{}/{path}", self.base)).send().await.unwrap().status().as_u16()
    }

    async fn callback(&self) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/jumio/us/api/authentication/v1/web/initiate", self.base);
        let body = r#"{"enrollmentTransactionReference":"22222222-2222-4222-8222-222222222222","callbackUrl":"https://shop.example/cb"}"#;
        let request =
            http.post(url).header("user-agent", "Example Corp SampleApp/1.0.1").header("accept", "application/json");
        let request = request.basic_auth("sandbox-jumio-token", Some("sandbox-jumio-secret"));
        let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let clock = http.post(format!("{}/_sandbox/clock", self.base)).body(r#"{"advance_ms":3600000}"#);
        assert_eq!(clock.send().await.unwrap().status(), 200);
    }

    /// All that it said until it was killed.
    fn said(mut self) -> String {
        self.program.kill().unwrap();
        let mut text = String::new();
        self.program.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[tokio::test]
async fn one_line_per_request_with_status_time_and_hint() {
    let sandbox = Sandbox::start(&[], None);
    assert_eq!(sandbox.get("jumio/us/web/v4/app?authorizationToken=secret-token").await, 200);
    assert_eq!(sandbox.get("attestr/api/v1/public/flowx/handshake/x").await, 401);
    assert_eq!(sandbox.get("_sandbox/clock").await, 200);
    sandbox.callback().await;
    let said = sandbox.said();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[0].contains("jumio.page") && lines[0].contains("status=200") && lines[0].contains("ms="), "{said}");
    let hint = "The Authorization header is missing";
    assert!(
        lines[1].contains("attestr.fetch_result") && lines[1].contains("status=401") && lines[1].contains(hint),
        "{said}"
    );
    assert!(!said.contains("secret") && !said.contains('\u{1b}'), "{said}");
}

#[tokio::test]
async fn quiet_verbose_json_and_the_environment() {
    let quiet = Sandbox::start(&["--quiet"], None);
    quiet.get("jumio/us/web/v4/app").await;
    assert_eq!(quiet.said(), "");

    let verbose = Sandbox::start(&["--verbose", "--json"], None);
    verbose.callback().await;
    let said = verbose.said();
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(told, ["request", "callback"], "{said}");
    assert_eq!((&lines[0]["operation"], &lines[0]["status"]), (&"jumio.initiate".into(), &200.into()));
    assert!(lines[0]["ms"].is_u64());
    assert_eq!((&lines[1]["provider"], &lines[1]["error"]), (&"jumio".into(), &"reserved_name".into()));

    let told = Sandbox::start(&["--quiet"], Some("idvkit_sandbox=info"));
    told.get("jumio/us/web/v4/app").await;
    assert_eq!(told.said().lines().count(), 1);
}

#[test]
fn the_greeting_says_how_others_reach_it_and_what_to_trust() {
    let file = std::env::temp_dir().join(format!("idvkit-cli-test-{}.pem", std::process::id()));
    let mut program = Command::new(env!("CARGO_BIN_EXE_idvkit"));
    program.args(["sandbox", "--listen", "0.0.0.0:0", "--public-url", "https://sandbox.tunnel.example"]);
    program.args(["--links", "forwarded", "--tls", "127.0.0.1:0", "--certificate"]).arg(&file);
    let mut program = program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
    let greeting: Vec<String> = lines.take_while(|line| !line.starts_with("Test keys")).collect();
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(greeting[0].starts_with("The sandbox listens on http://127.0.0.1:"), "{}", greeting[0]);
    assert_eq!(greeting[1], "Others reach it at https://sandbox.tunnel.example");
    assert!(greeting.iter().any(|line| line.starts_with("TLS at https://127.0.0.1:")), "{greeting:?}");
    assert!(greeting.iter().any(|line| line.trim() == file.display().to_string()), "{greeting:?}");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    std::fs::remove_file(file).unwrap();
}
