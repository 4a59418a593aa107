//! Each provider's flow, fed with its own bytes: what a test needs to walk any of them.

use hmac::{Hmac, KeyInit, Mac};
use idvkit::{
    Account, Config, Header, HintKind, HttpRequest, Image, Input, Journey, Request, Seed, Session, UnixMillis,
};
use serde_json::{Value, json};
use sha2::Sha256;

pub(crate) const T0: UnixMillis = UnixMillis(1_767_225_600_000);
pub(crate) const FLOWS: &[Flow] =
    &[Flow::Attestr, Flow::BiometricKz, Flow::Jumio, Flow::SignicatEid, Flow::SignicatCapture, Flow::SignicatDocument];

const REFERENCE: &str = "11111111-1111-4111-8111-111111111111";
const ENROLLMENT: &str = "22222222-2222-4222-8222-222222222222";
const HANDSHAKE: &str = "DS02zfeuv6n4gkq51hvw6";
const SESSION: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";
const RESULT: &str = r#"{"FS02zfeuv3tcnkq2mond2":{"input":{"pan":"ABCPE1234F"},"output":{"valid":true}}}"#;

/// A provider's flow.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flow {
    Attestr,
    BiometricKz,
    Jumio,
    SignicatEid,
    SignicatCapture,
    SignicatDocument,
}

impl Flow {
    pub(crate) fn account(self) -> Account {
        let config = match self {
            Self::Jumio => json!({
                "provider": "jumio", "region": "eu", "api_token": "planted-token", "api_secret": "planted-secret",
                "user_agent": "Example Corp SampleApp/1.0.1",
                "callback": {"url": "https://merchant.example/callback"}, "success_url": "https://merchant.example/back",
            }),
            Self::BiometricKz => json!({
                "provider": "biometric_kz", "api_key": "planted-flow-key-planted-flow-key-planted-flow-key",
                "webhook_secrets": ["planted-path-segment"],
            }),
            Self::SignicatEid | Self::SignicatCapture | Self::SignicatDocument => json!({
                "provider": "signicat", "client_id": "planted-client", "client_secret": "planted-client-secret",
                "redirect_url": "https://merchant.example/back",
                "notification": {"url": "https://merchant.example/n", "authorization_header": "Bearer planted-header"},
            }),
            Self::Attestr => json!({
                "provider": "attestr", "auth_token": "planted-auth", "client_key": "0123456789abcdef0123456789abcdef",
                "client_secrets": [SECRET], "webhook_tokens": ["planted-webhook"],
            }),
        };
        Account::new(Config::from_json(&config.to_string()).unwrap()).unwrap()
    }

    pub(crate) fn open(self) -> Session {
        let seed: Vec<u8> = (0..32).collect();
        Session::open(&self.account(), self.request(), Seed::new(&seed).unwrap(), T0).unwrap()
    }

    pub(crate) fn request(self) -> Request {
        let request = match self {
            Self::Jumio => json!({"flow": "jumio_authentication", "enrollment_transaction_reference": ENROLLMENT}),
            Self::BiometricKz => json!({"flow": "biometric_kz_flow", "locale": "kk", "metadata": {"edocument": {
                "iin": {"value": "000101500001", "changeable": false}, "phone": {"value": "77011234567"}}}}),
            Self::SignicatEid => json!({"flow": "signicat_eid", "provider": "connect:idin"}),
            Self::SignicatCapture => {
                json!({"flow": "signicat_capture_flow", "providers": [{"provider": "signicatpaper"}]})
            }
            Self::SignicatDocument => {
                json!({"flow": "signicat_document_verification", "provider": "signicatpaper"})
            }
            Self::Attestr => {
                json!({"flow": "attestr_flowx", "flow_id": "FX02zfeuvcj36knhn06us", "tag": "user-7", "webhook": true})
            }
        };
        Request::from_json(&request.to_string()).unwrap()
    }

    /// One of the answers that the provider, or something between, may give to this request.
    pub(crate) fn answer(request: &HttpRequest, index: usize) -> Input {
        let answers = Self::answers(&request.operation);
        let (status, body) = answers[index % answers.len()].clone();
        respond(request.id.clone(), status, body)
    }

    /// Some answer to any request.
    pub(crate) fn any_answer(self, id: String, index: usize) -> Input {
        let all: Vec<_> = self.operations().iter().flat_map(|operation| Self::answers(operation)).collect();
        let (status, body) = all[index % all.len()].clone();
        respond(id, status, body)
    }

    /// An authentic answer that decides nothing, as far as the operation has one.
    pub(crate) fn not_yet(request: &HttpRequest) -> Input {
        let body = match request.operation.as_str() {
            "jumio.initiate" => initiated(),
            "attestr.create_handshake" => created(),
            "jumio.retrieve" => retrieved("STARTED"),
            operation if operation.starts_with("signicat.") => signicat_answers(operation)[0].1.clone(),
            "biometric_kz.create_session" => kz_created(),
            "biometric_kz.fetch_result" => {
                json!({"id": SESSION, "technologies": [], "liveness_result": {}}).to_string()
            }
            _ => json!({"_id": HANDSHAKE, "tag": "user-7", "result": null, "resultSignature": null}).to_string(),
        };
        respond(request.id.clone(), 200, body)
    }

    /// Whether this input is a genuine answer that can pass.
    pub(crate) fn is_pass(self, session: &Session, input: &Input) -> bool {
        let Input::HttpResponse { status: 200, body, .. } = input else { return false };
        match self {
            Self::BiometricKz => body == kz_result("FINISHED", true, "000101500001").as_bytes(),
            Self::SignicatEid | Self::SignicatCapture | Self::SignicatDocument => {
                String::from_utf8_lossy(body).contains("\"accepted\"")
            }
            Self::Jumio => body == retrieved("PASSED").as_bytes(),
            // Any answer with an id, to the request that creates the handshake, names it.
            Self::Attestr => session
                .references()
                .first()
                .is_some_and(|own| body == attestr_result(&sign(RESULT)).replace(HANDSHAKE, own).as_bytes()),
        }
    }

    /// What the journey's page would post.
    pub(crate) fn hint(self, journey: &Journey, kind: HintKind) -> String {
        let data = match (self, kind) {
            (Self::Attestr, HintKind::Success) => json!({"signature": sign(RESULT)}),
            (Self::Attestr, HintKind::Error) => json!({"code": "5001", "http_status": "500"}),
            _ => json!({}),
        };
        json!({"journey": journey.id, "kind": kind, "data": data}).to_string()
    }

    pub(crate) fn redirect(index: usize) -> String {
        let urls = [
            format!("https://merchant.example/back?transactionStatus=SUCCESS&transactionReference={REFERENCE}"),
            format!(
                "https://merchant.example/back?transactionStatus=ERROR&transactionReference={REFERENCE}&errorCode=9820"
            ),
            format!("https://merchant.example/back?transactionStatus=SUCCESS&transactionReference={ENROLLMENT}"),
            format!("https://merchant.example/back?dossierId={ENROLLMENT}&processId={REFERENCE}&status=accepted"),
            "https://merchant.example/back?status=Approved".into(),
            String::new(),
        ];
        urls[index % urls.len()].clone()
    }

    /// A callback: genuine with index 0, spoiled otherwise.
    pub(crate) fn callback(self, session: &Session, index: usize) -> Input {
        match self {
            Self::BiometricKz => kz_webhook(index),
            Self::SignicatEid | Self::SignicatCapture | Self::SignicatDocument => signicat_callback(index),
            Self::Jumio => jumio_callback(session, index),
            Self::Attestr => attestr_webhook(index),
        }
    }

    /// Whether a list of processes is read once more before a decision.
    pub(crate) fn lists(self) -> bool {
        matches!(self, Self::SignicatCapture)
    }

    pub(crate) fn most_per_minute(self) -> usize {
        match self {
            // A gap of 20 seconds, and the initiate call.
            Self::Jumio => 3 + 1,
            // A gap of 2 seconds, and the create call.
            Self::Attestr | Self::BiometricKz => 30 + 2,
            // The same gap. A look asks for the token (the host's cache answers), lists, gets and lists again; before that
            // token, dossier, process, images and start.
            Self::SignicatEid | Self::SignicatCapture | Self::SignicatDocument => 30 * 4 + 6,
        }
    }

    fn operations(self) -> &'static [&'static str] {
        match self {
            Self::Jumio => &["jumio.initiate", "jumio.retrieve", "jumio.delete"],
            Self::SignicatEid | Self::SignicatCapture | Self::SignicatDocument => &["signicat.get_process"],
            Self::BiometricKz => &["biometric_kz.create_session", "biometric_kz.fetch_result"],
            Self::Attestr => &["attestr.create_handshake", "attestr.fetch_result"],
        }
    }

    fn answers(operation: &str) -> Vec<(u16, String)> {
        // Mostly what the provider says, sometimes what stands between.
        let mut answers = vec![
            (200, "<html>maintenance</html>".to_string()),
            (500, String::new()),
            (429, "{}".into()),
            (401, "{}".into()),
            (404, "{}".into()),
            (200, "{}".into()),
            (302, String::new()),
        ];
        match operation {
            operation if operation.starts_with("signicat.") => answers.extend(signicat_answers(operation)),
            "jumio.initiate" => answers.extend([(200, initiated()), (200, initiated()), (201, initiated())]),
            "biometric_kz.create_session" => {
                answers.extend([(200, kz_created()), (200, kz_created()), (201, kz_created())]);
            }
            "biometric_kz.fetch_result" => answers.extend([
                (200, kz_result("FINISHED", true, "000101500001")),
                (200, kz_result("FINISHED", true, "000101600018")),
                (200, kz_result("FINISHED", false, "000101500001")),
                (200, kz_result("FAILED", false, "000101500001")),
                (200, kz_result("PROGRESS", true, "000101500001")),
                (500, kz_result("FINISHED", true, "000101500001")),
                (200, kz_result("FINISHED", true, "000101500001").replace(SESSION, REFERENCE)),
                (200, json!({"id": SESSION, "liveness_result": {}}).to_string()),
            ]),
            "attestr.create_handshake" => answers.extend([(200, created()), (200, created()), (200, created())]),
            "jumio.retrieve" => {
                let results = ["CREATED", "STARTED", "PASSED", "FAILED", "INVALID", "EXPIRED", "MAYBE"];
                answers.extend(results.map(|result| (200, retrieved(result))));
                answers.push((200, retrieved("PASSED").replace(REFERENCE, ENROLLMENT)));
                answers.push((500, retrieved("PASSED")));
            }
            "attestr.fetch_result" => {
                answers.extend([
                    (200, attestr_result(&sign(RESULT))),
                    (200, attestr_result(&sign("{}"))),
                    (200, attestr_result("")),
                    (200, attestr_result(&sign(RESULT)).replace(HANDSHAKE, "DS0another12345")),
                    (403, attestr_result(&sign(RESULT))),
                    (200, json!({"_id": HANDSHAKE, "result": null, "resultSignature": null}).to_string()),
                    (200, json!({"_id": HANDSHAKE, "archived": 1_767_225_600_000_i64, "result": null}).to_string()),
                ]);
            }
            _ => answers.push((204, String::new())),
        }
        let genuine = answers.split_off(7);
        answers.extend(genuine.iter().cycle().take(28).cloned());
        answers
    }
}

/// Two small pictures.
pub(crate) fn images() -> Input {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR".to_vec();
    bytes.extend([0, 0, 0, 10, 0, 0, 0, 10, 8, 2, 0, 0, 0]);
    let image = |slot: &str| Image { slot: slot.into(), bytes: bytes.clone() };
    Input::Images { images: vec![image("front"), image("back")] }
}

fn respond(id: String, status: u16, body: String) -> Input {
    let headers = vec![Header::new("Content-Type", "application/json"), Header::new("Retry-After", "7")];
    Input::HttpResponse { id, status, headers, body: body.into_bytes() }
}

fn initiated() -> String {
    json!({
        "timestamp": "2026-01-01T00:00:00.000Z",
        "transactionReference": REFERENCE,
        "redirectUrl": "https://lon.netverify.com/web/v4/app?authorizationToken=planted-bearer&locale=de",
    })
    .to_string()
}

fn retrieved(result: &str) -> String {
    json!({"transactionReference": REFERENCE, "enrollmentTransactionReference": ENROLLMENT, "transactionResult": result})
        .to_string()
}

fn created() -> String {
    json!({"_id": HANDSHAKE, "number": "3804-324489-8469", "digest": "d"}).to_string()
}

fn attestr_result(signature: &str) -> String {
    format!(
        r#"{{"_id":"{HANDSHAKE}","tag":"user-7","consumed":true,"result":{RESULT},"resultSignature":"{signature}"}}"#
    )
}

/// Attestr's signature, computed without idvkit.
fn sign(message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    let hex = |byte: u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap());
    mac.finalize().into_bytes().iter().flat_map(|byte| hex(*byte)).collect()
}

fn jumio_callback(session: &Session, index: usize) -> Input {
    // The secret path segment is what the initiate call carried.
    let fresh = match session.next(T0) {
        idvkit::Next::Send { request } if request.operation == "jumio.initiate" => Some(request),
        _ => None,
    };
    let first = match Flow::Jumio.open().next(T0) {
        idvkit::Next::Send { request } => request,
        other => panic!("{other:?}"),
    };
    let sent: Value = serde_json::from_slice(&fresh.unwrap_or(first).body.unwrap()).unwrap();
    let genuine = sent["callbackUrl"].as_str().unwrap().to_string();
    let (url, result) = match index % 4 {
        0 => (genuine, "PASSED"),
        1 => (genuine, "FAILED"),
        2 => ("https://merchant.example/callback/00000000000000000000000000000000".into(), "PASSED"),
        _ => (genuine, ""),
    };
    let body = format!(
        "callBackType=NETVERIFY_AUTHENTICATION&transactionReference={REFERENCE}&enrollmentTransactionReference={ENROLLMENT}\
         &transactionResult={result}&scanSource=WEB&transactionDate=2026-01-01T00%3A00%3A00Z&callbackDate=2026-01-01T00%3A00%3A05Z"
    );
    Input::Callback { url, headers: vec![], body: body.into_bytes() }
}

fn kz_created() -> String {
    json!({"session_id": SESSION, "technologies": ["LDHP", "ED", "F2F"]}).to_string()
}

fn kz_result(status: &str, verdict: bool, iin: &str) -> String {
    json!({
        "id": SESSION, "status": status, "flow_session_result": verdict,
        "technologies": [{"name": "Liveness", "code": "LDHP"}, {"name": "E-Document", "code": "ED"}],
        "liveness_result": {"result": true, "prediction": "0.9980"},
        "edocument_result": {"result": true, "result_json": {"common": {"docOwner": {"iin": iin, "firstName": "ANNA"}}}},
    })
    .to_string()
}

fn kz_webhook(index: usize) -> Input {
    let segment = if index % 4 == 3 { "wrong" } else { "planted-path-segment" };
    let event = ["flow.end", "flow.start", "technology.end"][index % 3];
    let body = json!({
        "id": REFERENCE, "event": event, "session_id": SESSION, "created": 1_734_597_331, "success": true,
        "flow_name": "x", "metadata": {}, "data": {"session_result": {"status": "FINISHED", "flow_session_result": true}},
    });
    Input::Callback { url: format!("/hook/{segment}"), headers: vec![], body: body.to_string().into_bytes() }
}

/// The first of them decides nothing.
fn signicat_answers(operation: &str) -> Vec<(u16, String)> {
    let process = |status: &str| {
        json!({
            "processId": REFERENCE, "dossierId": ENROLLMENT, "provider": "signicatpaper", "status": status,
            "redirectUrl": "https://api.signicat.com/eid", "finalResult": {"firstName": "ANNA", "dateOfBirth": "1990-01-02"},
        })
    };
    let eid = |status: &str| {
        let mut eid = process(status);
        eid["provider"] = "connect:idin".into();
        eid.to_string()
    };
    match operation {
        "signicat.token" => {
            let token =
                json!({"access_token": "planted-access", "expires_in": 600, "token_type": "Bearer"}).to_string();
            vec![(200, token.clone()), (200, token.clone()), (200, token)]
        }
        "signicat.create_dossier" => vec![(201, json!({"dossierId": ENROLLMENT}).to_string())],
        "signicat.start_capture" => {
            vec![(200, json!({"url": "https://api.signicat.com/capture", "processId": REFERENCE}).to_string())]
        }
        "signicat.list_processes" => vec![(200, json!([process("processing")]).to_string())],
        _ => ["pending", "processing", "accepted", "rejected", "inconclusive", "canceled", "failed", "archived"]
            .into_iter()
            .flat_map(|status| [(200, process(status).to_string()), (200, eid(status))])
            .chain([(500, process("accepted").to_string())])
            .collect(),
    }
}

fn signicat_callback(index: usize) -> Input {
    let authorization = if index % 3 == 2 { "Bearer wrong" } else { "Bearer planted-header" };
    let headers = vec![Header::new("Authorization", authorization)];
    let status = ["accepted", "rejected"][index % 2];
    let body = json!({"dossierId": ENROLLMENT, "processId": REFERENCE, "status": status}).to_string();
    Input::Callback { url: "/n".into(), headers, body: body.into_bytes() }
}

fn attestr_webhook(index: usize) -> Input {
    let token = if index % 4 == 3 { "wrong" } else { "planted-webhook" };
    let event = ["flowx.completed", "flowx.skipped", "flowx.errored"][index % 3];
    let result: Value = serde_json::from_str(RESULT).unwrap();
    let payload = json!({"_id": HANDSHAKE, "tag": "user-7", "result": result, "resultSignature": sign(RESULT)});
    let headers = vec![Header::new("Authorization", format!("Basic {token}"))];
    let body = json!({"event": event, "payload": payload}).to_string().into_bytes();
    Input::Callback { url: "/webhook".into(), headers, body }
}
