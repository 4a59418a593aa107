//! Every vector of Jumio: what a caller may order, and how the provider's texts are read.

use std::{fs, sync::Arc};

use idvkit_core::{AtProvider, Header, Input, Next, Outcome, Provider, Seed, Seen, UnixMillis, read};
use idvkit_jumio::{Account, Callback, Config, DomainPrefix, Jumio, Request, ReturnParameters, ReturnStatus, Session};
use serde_json::Value;

const NOW: UnixMillis = UnixMillis(1_704_164_645_678);
const REFERENCE: &str = "11111111-1111-4111-8111-111111111111";
const ENROLLMENT: &str = "22222222-2222-4222-8222-222222222222";

#[test]
fn initiate() {
    let file = load("initiate");
    let account = account(&file["config"]);
    for case in cases(&file) {
        let id = text(case, "id");
        let mut request = case["request"].clone();
        request.as_object_mut().unwrap().remove("flow");
        let request: Request = serde_json::from_value(request).unwrap();
        let seed = Seed::new(&(0..32).collect::<Vec<u8>>()).unwrap();
        match Jumio::open(&account, request, seed, NOW) {
            Err(reject) => {
                assert_eq!(Some(reject.code().as_str()), case["code"].as_str(), "{id}: {reject}");
                assert_eq!(reject.field(), case["field"].as_str(), "{id}");
            }
            Ok(session) => {
                assert!(case["code"].is_null(), "{id} was accepted");
                let Next::Send { request } = session.next(NOW) else { panic!("{id}: nothing to send") };
                let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
                if !case["body"].is_null() {
                    assert_eq!(without_secret(&body), case["body"], "{id}");
                }
                let sent = body["callbackUrl"].as_str().map_or(0, str::len);
                assert!(sent <= 255, "{id}: the callback URL has {sent} characters on the wire");
            }
        }
    }
}

#[test]
fn callback() {
    for case in cases(&load("callback")) {
        let id = text(case, "id");
        let mut body = text(case, "body").as_bytes().to_vec();
        if let Some(length) = case["pad_to"].as_u64() {
            body.resize(usize::try_from(length).unwrap(), b'a');
        }
        let media_type = case["content_type"].as_str().unwrap_or("application/x-www-form-urlencoded");
        match Callback::parse(&[Header::new("Content-Type", media_type)], &body) {
            Err(reject) => assert_eq!(Some(reject.code().as_str()), case["code"].as_str(), "{id}: {reject}"),
            Ok(callback) => check_callback(&callback, case),
        }
    }
}

fn check_callback(callback: &Callback, case: &Value) {
    let id = text(case, "id");
    assert!(case["code"].is_null(), "{id} was accepted");
    assert_eq!(callback.reference.as_str(), text(case, "reference"), "{id}");
    assert_eq!(callback.enrollment_reference, text(case, "enrollment_reference"), "{id}");
    assert_eq!(callback.result.as_str(), text(case, "result"), "{id}");
    assert_eq!(Some(callback.face_images.len() as u64), case["face_images"].as_u64(), "{id}");
    assert_eq!(Some(callback.liveness_images.len() as u64), case["liveness_images"].as_u64(), "{id}");
    if let Some(first) = case["first_liveness"].as_str() {
        assert_eq!(callback.liveness_images[0], first, "{id}");
    }
    if let Some(user) = case["user_reference"].as_str() {
        assert_eq!(callback.user_reference.as_deref(), Some(user), "{id}");
    }
    for (date, member) in [(callback.transaction_date, "transaction_date"), (callback.callback_date, "callback_date")] {
        if let Some(expected) = case[member].as_i64() {
            assert_eq!(date, Some(UnixMillis(expected)), "{id} {member}");
        }
    }
}

#[test]
fn return_parameters() {
    for case in cases(&load("return")) {
        let id = text(case, "id");
        match ReturnParameters::parse(text(case, "url")) {
            Err(reject) => assert_eq!(Some(reject.code().as_str()), case["code"].as_str(), "{id}"),
            Ok(back) => {
                let status = match &back.status {
                    ReturnStatus::Success => "SUCCESS",
                    ReturnStatus::Error => "ERROR",
                    ReturnStatus::Other(other) => other,
                    other => panic!("{id}: {other:?}"),
                };
                assert_eq!(status, text(case, "status"), "{id}");
                assert_eq!(back.reference.as_str(), text(case, "reference"), "{id}");
                assert_eq!(back.error.as_ref().map(|error| error.code.as_str()), case["error"].as_str(), "{id}");
                if let Some(error) = back.error {
                    assert_eq!(Some(error.meaning.is_some()), case["known"].as_bool(), "{id}");
                    assert_eq!(Some(error.ends_transaction()), case["ends"].as_bool(), "{id}");
                }
            }
        }
    }
}

#[test]
fn prefix() {
    for case in cases(&load("prefix")) {
        let parsed = DomainPrefix::parse("domain_prefix", text(case, "prefix"));
        assert_eq!(parsed.is_ok(), case["accept"].as_bool().unwrap(), "{}", text(case, "id"));
    }
}

fn account(config: &Value) -> Arc<Account> {
    let mut config = config.clone();
    config.as_object_mut().unwrap().remove("provider");
    let config: Config = serde_json::from_value(config).unwrap();
    Arc::new(Account::new(config).unwrap())
}

/// The secret segment differs from session to session.
fn without_secret(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(url) = body["callbackUrl"].as_str() {
        let (base, secret) = url.rsplit_once('/').unwrap();
        assert!(secret.len() == 32 && secret.bytes().all(|b| b.is_ascii_hexdigit()), "{url}");
        body["callbackUrl"] = format!("{base}/<secret>").into();
    }
    body
}

fn load(name: &str) -> Value {
    let path = format!("{}/../vectors/data/jumio/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))).unwrap()
}

fn cases(file: &Value) -> &[Value] {
    let cases = file["cases"].as_array().unwrap();
    assert!(!cases.is_empty(), "a file of vectors has cases");
    cases
}

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap_or_else(|| panic!("{member} in {case}"))
}

/// The session of a vector, and its clock.
struct Run {
    session: Session,
    now: UnixMillis,
}

impl Run {
    fn open(config: &Value, callback: &Value) -> Self {
        let request = serde_json::json!({"enrollment_transaction_reference": ENROLLMENT, "callback": callback});
        let request: Request = serde_json::from_value(request).unwrap();
        let seed = Seed::new(&(0..32).collect::<Vec<u8>>()).unwrap();
        Self { session: Jumio::open(&account(config), request, seed, NOW).unwrap(), now: NOW }
    }

    fn live(config: &Value, callback: &Value) -> Self {
        let mut run = Self::open(config, callback);
        let url = "https://netverify.com/web/v4/app?authorizationToken=t&locale=de";
        let body = serde_json::json!({"timestamp": "2024-01-02T03:04:05.678Z", "transactionReference": REFERENCE, "redirectUrl": url});
        run.respond("jumio.initiate", 200, vec![], &body.to_string());
        run
    }

    /// Answers the request that is due, now or later.
    fn respond(&mut self, operation: &str, status: u16, headers: Vec<Header>, body: &str) {
        let request = loop {
            match self.session.next(self.now) {
                Next::Send { request } => break request,
                Next::Wait { until, .. } | Next::Present { until, .. } => self.now = until,
                Next::Done { .. } => panic!("{operation} was expected"),
            }
        };
        assert_eq!(request.operation, operation);
        let input = Input::HttpResponse { id: request.id, status, headers, body: body.into() };
        self.session.handle(input, self.now).unwrap();
    }

    /// The page says that it went through.
    fn succeed(&mut self) {
        let Next::Present { journey, .. } = self.session.next(self.now) else { panic!("no page") };
        let data = serde_json::json!({"authorizationToken": "t", "transactionReference": REFERENCE, "eventType": 510, "payload": {"value": "success"}});
        let seen = Seen::Message { origin: "https://netverify.com".into(), data: data.to_string() };
        self.session.handle(Input::Hint { text: read(&journey, &seen).unwrap() }, self.now).unwrap();
    }
}

#[test]
fn error() {
    let file = load("error");
    for case in cases(&file) {
        let (id, at) = (text(case, "id"), text(case, "at"));
        let portal = Value::from("portal");
        let mut run = match at {
            "jumio.initiate" => Run::open(&file["config"], &portal),
            _ => Run::live(&file["config"], &portal),
        };
        let header = |pair: &Value| Header::new(pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        let headers: Vec<Header> = case["headers"].as_array().unwrap().iter().map(header).collect();
        let trace = headers.first().map(|header| header.value.clone());
        run.respond(at, u16::try_from(case["status"].as_u64().unwrap()).unwrap(), headers, text(case, "body"));
        let ended = run.session.next(run.now);
        let fault = match &ended {
            Next::Done { outcome: Outcome::Failed { fault }, .. } => serde_json::to_value(fault).unwrap(),
            _ => serde_json::from_str::<Value>(&run.session.snapshot()).unwrap()["session"]["call"]["fault"].clone(),
        };
        assert_eq!(matches!(ended, Next::Done { .. }), case["ends"].as_bool().unwrap(), "{id}: {ended:?}");
        for (name, value) in case["fault"].as_object().unwrap() {
            assert_eq!(fault[name], *value, "{id}: {name}");
        }
        assert_eq!(fault["trace_id"].as_str(), trace.as_deref(), "{id}");
    }
}

#[test]
fn poll() {
    let file = load("poll");
    for case in cases(&file) {
        let mut config = file["config"].clone();
        config["callback"] = case["callback"].clone();
        config["options"] = case.get("options").cloned().unwrap_or_else(|| serde_json::json!({}));
        let mut run = Run::live(&config, &case["callback"]);
        run.succeed();
        let base = run.now;
        let body = serde_json::json!({"transactionReference": REFERENCE, "enrollmentTransactionReference": ENROLLMENT, "transactionResult": "STARTED"});
        let offsets: Vec<i64> = case["offsets"].as_array().unwrap().iter().map(|at| at.as_i64().unwrap()).collect();
        let mut looks = Vec::new();
        while looks.len() < offsets.len() {
            run.respond("jumio.retrieve", 200, vec![], &body.to_string());
            looks.push(run.now.since(base) / 1000);
        }
        assert_eq!(looks, offsets, "{}", text(case, "id"));
    }
}

#[test]
fn delete() {
    let file = load("delete");
    for case in cases(&file) {
        let id = text(case, "id");
        let mut run = Run::live(&file["config"], &Value::from("portal"));
        run.session.handle(Input::Erase { at_provider: true }, run.now).unwrap();
        for status in case["statuses"].as_array().unwrap() {
            run.respond("jumio.delete", u16::try_from(status.as_u64().unwrap()).unwrap(), vec![], "");
        }
        let Next::Done { erasure: Some(erasure), .. } = run.session.next(run.now) else { panic!("{id} goes on") };
        match erasure.at_provider {
            AtProvider::Deleted { count } => assert_eq!(case["deleted"].as_u64(), Some(count.into()), "{id}"),
            AtProvider::Failed { fault } => {
                assert_eq!(
                    (case["failed"].as_u64(), fault.code.as_str()),
                    (fault.status.map(u64::from), "http_status"),
                    "{id}"
                );
            }
            other => panic!("{id}: {other:?}"),
        }
    }
}
