//! The names of operations are one vocabulary: what a request calls itself is what the sandbox logs, and what its faults
//! take.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use std::{cell::RefCell, collections::BTreeSet};

use idvkit::{
    Account, Config, HttpRequest, Image, Input, Journey, Method, Next, ProviderId, Request, Secret, Seed, Session,
    UnixMillis, Way,
    driver::{Accounts, Answer},
};
use idvkit_http::{Client, MemoryStore};
use idvkit_sandbox::{
    Fault, FaultKind, Sandbox, Script,
    signicat::{SignicatOutcome, SignicatScript},
};
use serde_json::{Value, json};

/// What is asked beside sessions.
const DIRECT: [&str; 3] = ["jumio.image", "signicat.download", "signicat.raw"];
/// What happens on the user's device, for which there is no request.
const ON_DEVICE: [&str; 3] = ["attestr.launch", "attestr.upload_media", "jumio.journey"];

#[tokio::test]
async fn a_request_is_struck_by_its_own_name() {
    let bench = Bench::start().await;
    let base = bench.sandbox.base_url();
    let (signicat, dossier) =
        (signicat(base), json!({ "flow": "signicat_document_verification", "provider": "signicatpaper" }));
    let flows = [
        (jumio(base), json!({ "flow": "jumio_authentication", "enrollment_transaction_reference": ENROLLMENT })),
        (attestr(base), json!({ "flow": "attestr_flowx", "flow_id": "FX02zfeuvcj36knhn06us", "tag": "customer-4711" })),
        (biometric_kz(base), json!({ "flow": "biometric_kz_flow" })),
        (signicat.clone(), json!({ "flow": "signicat_eid", "provider": "connect:idin" })),
        (signicat.clone(), json!({ "flow": "signicat_capture_flow", "providers": [{ "provider": "signicatpaper" }] })),
    ];
    for (account, order) in flows {
        Play::open(&bench, &account, &order).play_out().await;
    }
    let mut first = Play::open(&bench, &signicat, &dossier);
    first.run().await;
    let dossier = &bench.sandbox.control().processes()[0].dossier_id;
    let own = json!({ "flow": "signicat_document_verification", "provider": "signicatpaper", "dossier": dossier });
    Play::open(&bench, &signicat, &own).play_out().await;
    bench.ask_directly().await;
    let all = ProviderId::ALL.iter().flat_map(|provider| provider.operations()).chain(&DIRECT);
    let asked = all.filter(|name| !ON_DEVICE.contains(name));
    assert_eq!(bench.seen.into_inner(), asked.map(|&name| name.to_owned()).collect());
}

/// A sandbox, and which operations it was asked for.
struct Bench {
    sandbox: Sandbox,
    client: Client<MemoryStore>,
    /// Goes nowhere by itself.
    browser: reqwest::Client,
    seen: RefCell<BTreeSet<String>>,
}

impl Bench {
    async fn start() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        // Nothing tells of a process, so that the SDK has to look for it; and the first one fails, so that it is discarded.
        sandbox.control().configure(|config| config.signicat.capture_returns_process_id = false);
        let outcome = Some(SignicatOutcome::Failed);
        sandbox.control().script(Script::Signicat(SignicatScript { outcome, ..SignicatScript::default() }));
        let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = Client::new(Accounts::default(), MemoryStore::default()).unwrap();
        Self { sandbox, client, browser: browser.build().unwrap(), seen: RefCell::default() }
    }

    /// Sends it twice: a fault by its own name strikes the first time, and no other request.
    async fn send(&self, request: &HttpRequest) -> Input {
        let fault = Fault { status: Some(418), ..Fault::once(&request.operation, FaultKind::Status) };
        assert!(self.sandbox.control().fault(fault), "{}", request.operation);
        let struck = self.client.exchange(request, None).await.map(|answer| answer.status);
        assert_eq!(struck, Some(418), "{}", request.operation);
        let Answer { status, headers, body } = self.client.exchange(request, None).await.unwrap();
        assert!((200..300).contains(&status), "{}: {status}", request.operation);
        self.seen.borrow_mut().insert(request.operation.clone());
        Input::HttpResponse { id: request.id.clone(), status, headers, body }
    }

    fn now(&self) -> UnixMillis {
        UnixMillis(self.sandbox.control().now())
    }

    async fn wait(&self, until: UnixMillis) {
        self.sandbox.control().advance((until.0 - self.now().0).max(1)).await;
    }

    /// The requests that no session makes.
    async fn ask_directly(&self) {
        let base = self.sandbox.base_url();
        let image = format!("{base}/jumio/us/api/netverify/v2/authentications/{}/images/face", self.passed().await);
        let Config::Jumio(own) = config(&jumio(base)) else { unreachable!() };
        let account = idvkit::jumio::Account::new(own).unwrap();
        self.send(&idvkit::jumio::image_request(&account, &image, "1".into()).unwrap()).await;
        let Config::Signicat(own) = config(&signicat(base)) else { unreachable!() };
        let account = idvkit::signicat::Account::new(own).unwrap();
        let token = self.send(&idvkit::signicat::token_request(&account, None, "2".into())).await;
        let Input::HttpResponse { body, .. } = token else { panic!("{token:?}") };
        let token: Value = serde_json::from_slice(&body).unwrap();
        let token = Secret::new(token["access_token"].as_str().unwrap());
        let process = self.sandbox.control().processes().into_iter().find(|one| one.status == "accepted").unwrap();
        let (dossier, process) = (&process.dossier_id, &process.process_id);
        self.send(&idvkit::signicat::download_request(&account, dossier, process, &token, "3".into()).unwrap()).await;
        let route = idvkit::signicat::RawRoute::parse(Method::Get, "/dossiers").unwrap();
        self.send(&idvkit::signicat::raw_request(&account, &route, None, &token, "4".into()).unwrap()).await;
    }

    /// A Jumio transaction whose user has passed.
    async fn passed(&self) -> String {
        let base = self.sandbox.base_url();
        let order = json!({ "flow": "jumio_authentication", "enrollment_transaction_reference": ENROLLMENT });
        let mut play = Play::open(self, &jumio(base), &order);
        play.action = "acceptable";
        play.run().await;
        play.session.references().remove(0)
    }
}

/// A session on the bench.
struct Play<'a> {
    bench: &'a Bench,
    session: Session,
    /// What the user does on the provider's page.
    action: &'static str,
}

impl<'a> Play<'a> {
    fn open(bench: &'a Bench, account: &Value, order: &Value) -> Self {
        let account = Account::new(config(account)).unwrap();
        let request = Request::from_json(&order.to_string()).unwrap();
        let seed: Vec<u8> = (0..32).collect();
        let session = Session::open(&account, request, Seed::new(&seed).unwrap(), bench.now()).unwrap();
        Self { bench, session, action: if order["flow"] == "signicat_eid" { "authenticate" } else { "submit" } }
    }

    /// Through a second attempt, where there is one, to the erasure.
    async fn play_out(mut self) {
        self.run().await;
        if self.session.handle(Input::Retry, self.bench.now()).is_ok() {
            self.run().await;
        }
        self.session.handle(Input::Erase { at_provider: true }, self.bench.now()).unwrap();
        self.run().await;
    }

    async fn run(&mut self) {
        for _ in 0..500 {
            match self.session.next(self.bench.now()) {
                Next::Send { request } => {
                    if !request.idempotent {
                        self.session.handle(Input::Sending { id: request.id.clone() }, self.bench.now()).unwrap();
                    }
                    let answer = self.bench.send(&request).await;
                    self.session.handle(answer, self.bench.now()).unwrap();
                }
                Next::Present { journey, until } => {
                    self.act(&journey).await;
                    self.bench.wait(until).await;
                }
                Next::Wait { until, .. } => self.bench.wait(until).await,
                Next::Done { .. } => return,
            }
        }
        panic!("a session without an end");
    }

    /// What the user does; a page is only a form.
    async fn act(&mut self, journey: &Journey) {
        for way in &journey.ways {
            match way {
                Way::Redirect { url, .. } => {
                    let (page, query) = url.split_once('?').unwrap_or((url, ""));
                    let body = format!("{query}&action={}", self.action);
                    let form = ("content-type", "application/x-www-form-urlencoded");
                    self.bench.browser.post(page).header(form.0, form.1).body(body).send().await.unwrap();
                }
                Way::Upload { .. } => {
                    let image = Image { slot: "front".into(), bytes: PICTURE.to_vec() };
                    self.session.handle(Input::Images { images: vec![image] }, self.bench.now()).unwrap();
                }
                _ => {}
            }
        }
    }
}

const ENROLLMENT: &str = "22222222-2222-4222-8222-222222222222";

/// The beginning of a PNG file, all that anybody looks at.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR\0\0\0\x0a\0\0\0\x0a\x08\x02\0\0\0";

fn config(json: &Value) -> Config {
    Config::from_json(&json.to_string()).unwrap()
}

fn jumio(base: &str) -> Value {
    json!({
        "provider": "jumio", "region": "us",
        "api_token": "sandbox-jumio-token", "api_secret": "sandbox-jumio-secret", "user_agent": "ExampleShop Test/1.0",
        "callback": { "url": "https://shop.example/callbacks" },
        "success_url": "https://shop.example/back", "error_url": "https://shop.example/back",
        "options": { "api_base": format!("{base}/jumio/us"), "development": true },
    })
}

fn attestr(base: &str) -> Value {
    json!({
        "provider": "attestr",
        "auth_token": "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=",
        "client_key": "00112233445566778899aabbccddeeff",
        "client_secrets": ["0123456789abcdef0123456789abcdef0123456789abcdef"],
        "options": { "api_base": format!("{base}/attestr/api"), "development": true },
    })
}

fn biometric_kz(base: &str) -> Value {
    json!({
        "provider": "biometric_kz", "api_key": "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001", "locale": "en",
        "options": {
            "api_base": format!("{base}/biometric_kz/kyc"), "front_base": format!("{base}/biometric_kz/remote"),
            "development": true,
        },
    })
}

fn signicat(base: &str) -> Value {
    json!({
        "provider": "signicat", "client_id": "sandbox-quiet-lake-123", "client_secret": "sandbox-signicat-secret",
        "profile": { "custom": {
            "token_url": format!("{base}/signicat/auth/open/connect/token"), "scope": "signicat-api",
            "api_base": format!("{base}/signicat/assure"),
        } },
        "notification": { "url": "https://shop.example/callbacks", "authorization_header": "Bearer notification-0001" },
        "redirect_url": "https://shop.example/back",
        "options": { "development": true },
    })
}
