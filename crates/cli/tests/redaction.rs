//! Whole flows of every provider: nothing that is printed, logged or debugged holds a secret or a personal value, and no
//! snapshot holds a credential of the account.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use idvkit::{Config, Request, Session};
use idvkit_cli::demo::{self, Report, Selection, print};
use idvkit_vectors::Transcript;
use serde_json::Value;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt};

/// The credentials of the accounts, as configured and as they go over the wire.
const CREDENTIALS: &[&str] = &[
    "sandbox-jumio-token",
    "sandbox-jumio-secret",
    // base64 of the two, without the end that depends on what follows
    "c2FuZGJveC1qdW1pby10b2tlbj",
    "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=",
    "c2FuZGJveC1hdHRlc3RyOndlYmhvb2stdG9rZW4=",
    "0123456789abcdef0123456789abcdef0123456789abcdef",
    // The keys of two flows: one of them travels in a query.
    "Efy202XKbVAWRu-sandbox-flow-key-for-individuals-02",
    "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001",
    "kz-webhook-segment-0123456789",
    "sandbox-signicat-secret",
    "c2FuZGJveC1xdWlldC1sYWtlLTEyMzpzYW5kYm94LXNpZ25pY2F0LXNlY3JldA==",
    "demo-notification-header-0001",
];

/// What the scenarios know about the person.
const PERSONAL: &[&str] = &[
    "customer-4711",
    "Asha Rao",
    "ABCPE1234F",
    "9876543210",
    // IINs, phone, and what the citizens' database says.
    "000101500001",
    "000101600018",
    "77011234567",
    "АДАМОВ",
    "ПЕСОЧНИЦАҰЛЫ",
    // The person of a document and of an eID.
    "ANNA",
    "SPECI2014",
    "999999990",
    "1990-01-02",
    // Every picture, in base64.
    "iVBORw0KGgo",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_is_printed_and_no_snapshot_holds_a_credential() {
    let log = Log::default();
    let written = log.clone();
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(move || written.clone())
        .with_filter(Targets::new().with_target("idvkit_http", tracing::Level::TRACE));
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();

    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("redaction");
    let reports = demo::play_all(&Selection::default(), 1, Some(&folder), |_| {}).await;
    assert!(reports.iter().all(|report| !report.is_failed()));
    let transcripts = transcripts(&folder);
    assert!(transcripts.len() > 150, "only {} sessions", transcripts.len());

    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for operation in ["jumio.initiate", "attestr.fetch_result", "biometric_kz.fetch_result", "signicat.token"] {
        assert!(logged.contains(operation), "the log was not captured");
    }
    let shown = printed(&reports) + &logged;
    assert!(!shown.contains("://"), "a URL was printed");
    let printed = shown + &debugged(&transcripts);

    let bearers = bearers(&transcripts);
    assert!(bearers.len() > transcripts.len() + 10, "only {} bearer values were found", bearers.len());
    let planted = CREDENTIALS.iter().chain(PERSONAL).map(ToString::to_string).chain(bearers);
    for value in planted {
        assert!(!printed.contains(&value), "printed: a value that begins with {value:.4}");
    }

    let snapshots: String = transcripts.iter().flat_map(|it| &it.steps).map(|step| step.snapshot.as_str()).collect();
    for credential in CREDENTIALS {
        assert!(!snapshots.contains(credential), "in a snapshot: {credential:.12}");
    }
    // The search itself works: this is what snapshots do hold, and their docs say so.
    for held in ["customer-4711", "authorizationToken=", "000101500001", "77011234567", "iVBORw0KGgo", "ANNA"] {
        assert!(snapshots.contains(held), "no snapshot holds {held}");
    }
    let sent: String = transcripts.iter().flat_map(|it| &it.steps).map(|step| step.next.to_string()).collect();
    assert!(sent.contains(&format!("flow_api_key={}", CREDENTIALS[6])), "the key never was in a query");
}

/// Timelines and table as text, and everything as JSON.
fn printed(reports: &[Report]) -> String {
    let mut text = Vec::new();
    for report in reports {
        print::write_timeline(&mut text, report).unwrap();
    }
    print::write_matrix(&mut text, reports).unwrap();
    let json = serde_json::to_string(reports).unwrap();
    String::from_utf8(text).unwrap() + &json + &format!("{reports:?}")
}

/// `Debug` of everything at every step of every session.
fn debugged(transcripts: &[Transcript]) -> String {
    let mut text = String::new();
    for transcript in transcripts {
        let config = Config::from_json(&transcript.config.to_string()).unwrap();
        let request = Request::from_json(&transcript.request.to_string()).unwrap();
        let account = transcript.account().unwrap();
        // The request's own words are the caller's; those of the person must not be among them.
        writeln!(text, "{config:?} {request:?} {account:?}").unwrap();
        for step in &transcript.steps {
            let mut session = Session::restore(&account, &step.snapshot).unwrap();
            let (next, evidence) = (session.next(step.at), session.evidence());
            let input = step.input().unwrap();
            let told = input.clone().map(|input| session.handle(input, step.at));
            writeln!(text, "{session:?} {next:?} {evidence:?} {input:?} {told:?}").unwrap();
        }
    }
    text
}

/// Values that whoever holds them can use: link tokens, signatures, callback secrets, one-time ids, access tokens, seeds.
fn bearers(transcripts: &[Transcript]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for transcript in transcripts {
        found.insert(serde_json::to_value(&transcript.seed).unwrap().as_str().unwrap().to_owned());
        for step in &transcript.steps {
            let text = step.input["body"]["text"].as_str().unwrap_or_default();
            found.extend(after(text, "authorizationToken="));
            for mark in ["resultSignature", "session_id", "access_token", "authorization"] {
                found.extend(after(text, &format!("\"{mark}\":\"")));
            }
            for page in ["/signicat/capture/", "/signicat/eid/"] {
                found.extend(after(text, page));
            }
            let url = step.input["url"].as_str().unwrap_or_default();
            let segment = url.split('?').next().and_then(|path| path.strip_prefix("/idv/callbacks/"));
            found.extend(segment.map(str::to_owned));
        }
    }
    found.retain(|value| value.len() >= 16);
    found
}

fn after(text: &str, mark: &str) -> Vec<String> {
    let end = |rest: &str| rest.find(['"', '&', '\\']).map_or(rest.len(), |end| end);
    text.split(mark).skip(1).map(|rest| rest[..end(rest)].to_owned()).collect()
}

fn transcripts(folder: &Path) -> Vec<Transcript> {
    let entries = std::fs::read_dir(folder).unwrap();
    let load = |entry: io::Result<std::fs::DirEntry>| {
        let value: Value = idvkit_vectors::load(&entry.unwrap().path()).unwrap();
        serde_json::from_value(value).unwrap()
    };
    entries.map(load).collect()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
