//! Attestr's socket (A-Q12) with another client than the browser library: frames, close codes, reconnect, pings.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::attestr::{FACE, KEY, OTP, PAN, handshake, result};
use common::http;
use futures_util::{SinkExt, StreamExt};
use idvkit_sandbox::attestr::{AttestrScript, Position, SocketSettings, StageError};
use idvkit_sandbox::{Camera, PageScript, Sandbox, Script};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A device with a flow to run.
struct Device {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    handshake: String,
    url: String,
}

impl Device {
    async fn new(sandbox: &Sandbox) -> Self {
        let url = format!("{}/attestr/flowx/v1", sandbox.base_url().replace("http", "ws"));
        Self { socket: connect_async(&url).await.unwrap().0, handshake: handshake(sandbox, false).await, url }
    }

    /// Another connection for the same flow.
    async fn again(&mut self) {
        self.socket = connect_async(&self.url).await.unwrap().0;
    }

    async fn tell(&mut self, action: &str, data: Value) {
        let mut members = json!({ "cl": KEY, "hs": self.handshake, "lc": "en" });
        members.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        self.say(&json!({ "action": action, "data": members }).to_string()).await;
    }

    async fn say(&mut self, frame: &str) {
        self.socket.send(Message::text(frame)).await.unwrap();
    }

    /// A frame and its answer: the status and the data.
    async fn ask(&mut self, action: &str, data: Value) -> (String, Value) {
        self.tell(action, data).await;
        self.hear().await
    }

    async fn hear(&mut self) -> (String, Value) {
        let mut frame = self.frame().await;
        (frame["status"].as_str().unwrap().to_owned(), frame["data"].take())
    }

    /// A frame as it is.
    async fn frame(&mut self) -> Value {
        loop {
            match timeout(Duration::from_secs(10), self.socket.next()).await.unwrap().unwrap().unwrap() {
                Message::Text(frame) => return serde_json::from_str(&frame).unwrap(),
                Message::Close(close) => panic!("closed: {close:?}"),
                _ => {}
            }
        }
    }

    /// The code with which the other side hangs up; 1006 when it does so without one.
    async fn closed(&mut self) -> u16 {
        loop {
            match timeout(Duration::from_secs(10), self.socket.next()).await.unwrap() {
                Some(Ok(Message::Close(close))) => return close.map_or(1005, |close| close.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return 1006,
            }
        }
    }

    async fn init(&mut self, more: Value) -> (String, Value) {
        let mut data = json!({ "retry": false, "qr": null });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ask("INIT", data).await
    }

    /// The next stage, initialised.
    async fn next(&mut self, current: Value) -> Value {
        let (status, data) = self.ask("STAGE_NEXT", json!({ "cur": current })).await;
        assert_eq!(status, "STAGE_NEXT_READY", "{data}");
        if data["stage"].is_null() {
            return Value::Null;
        }
        let (status, ready) = self.ask("STAGE_INIT", json!({ "stage": data["stage"] })).await;
        assert_eq!((status.as_str(), &ready["id"]), ("STAGE_READY", &data["stage"]));
        ready
    }

    async fn pass_pan(&mut self) {
        let (status, data) =
            self.ask("PAN_SUBMIT", json!({ "stage": PAN, "pan": "ABCPE1234F", "extended": false })).await;
        assert_eq!((status.as_str(), &data["stage"]), ("DATA_READY", &json!(PAN)));
    }
}

#[tokio::test]
async fn a_whole_flow_ends_with_1000_and_the_signature_of_the_api() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut device = Device::new(&sandbox).await;
    let (status, ready) = device.init(json!({ "qr": { "name": "ANNA", "unknown": "x" } })).await;
    assert_eq!(status, "HANDSHAKE_READY");
    for name in ["cid", "digest", "signature"] {
        assert!(ready[name].as_str().is_some_and(|text| !text.is_empty()), "{name}");
    }
    let pan = device.next(Value::Null).await;
    assert_eq!((&pan["type"], &pan["first"]), (&json!("PAN"), &json!(true)));
    assert_eq!(pan["state"], json!({ "name": "ANNA" }), "declared variables only");
    let (status, error) = device.ask("PAN_SUBMIT", json!({ "stage": PAN, "pan": "wrong" })).await;
    assert_eq!((status.as_str(), &error["error"]["retry"]), ("DATA_ERROR", &json!(true)));
    device.pass_pan().await;

    let otp = device.next(json!(PAN)).await;
    assert_eq!((&otp["type"], &otp["first"]), (&json!("MOBILE_OTP"), &json!(false)));
    let (status, sent) = device.ask("MOBILE_OTP_GEN", json!({ "stage": OTP, "mobile": "9876543210" })).await;
    assert_eq!((status.as_str(), &sent["valid"]), ("MOBILE_OTP_GEN_READY", &json!(true)));
    let (status, again) = device.ask("MOBILE_OTP_RESEND", json!({ "stage": OTP, "req": sent["_id"] })).await;
    assert_eq!(status, "MOBILE_OTP_RESEND_READY");
    assert_ne!(sent["_sandbox"]["code"], again["_sandbox"]["code"]);
    let verify = json!({ "stage": OTP, "req": sent["_id"], "otp": again["_sandbox"]["code"] });
    assert_eq!(device.ask("MOBILE_OTP_VERIFY", verify).await.0, "DATA_READY");

    assert_eq!(device.next(json!(OTP)).await["type"], "FACE_MATCH");
    let (status, error) = device.ask("FACE_MATCH_SUBMIT", json!({ "stage": FACE, "_sandbox": "mismatch" })).await;
    assert_eq!((status.as_str(), error["error"]["message"].is_string()), ("DATA_ERROR", true));
    assert_eq!(device.ask("FACE_MATCH_SUBMIT", json!({ "stage": FACE })).await.0, "DATA_READY");
    assert_eq!(device.next(json!(FACE)).await, Value::Null);
    assert_eq!(sandbox.control().handshakes()[0].status, "running", "the end comes when the device asks for it");
    let (status, end) = device.ask("DESTROY", json!({})).await;
    assert_eq!(status, "HANDSHAKE_END");
    device.tell("NOTIFY", json!({ "event": "COMPLETED" })).await;
    assert_eq!(device.closed().await, 1000);

    let result = result(&sandbox, &device.handshake).await;
    assert_eq!(result["resultSignature"], end["signature"]);
    assert_eq!(result["result"][PAN]["output"]["name"], "ANNA");
    assert_eq!(sandbox.control().handshakes()[0].status, "completed");
}

/// As the published mobile client runs: what it asks for over HTTP, what it reads of a stage, and how it hears of errors.
#[tokio::test]
async fn the_published_client_starts_hears_errors_and_ends() {
    let sandbox = Sandbox::start().await.unwrap();
    let api = format!("{}/attestr/api/v1/public", sandbox.base_url());
    let languages: Value = http().get(format!("{api}/languages")).send().await.unwrap().json().await.unwrap();
    assert_eq!(languages[1], json!({ "key": "hi", "value": "हिन्दी" }));

    let mut device = Device::new(&sandbox).await;
    let (_, ready) = device.init(json!({})).await;
    let meta = |key: &str, signature: &str| {
        http().get(format!("{api}/presigned/flowx/meta?lc=hi")).basic_auth(key, Some(signature)).send()
    };
    let signature = ready["signature"].as_str().unwrap();
    let shown: Value = meta(KEY, signature).await.unwrap().json().await.unwrap();
    assert_eq!(shown["digest"], ready["digest"]);
    assert_eq!(
        (&shown["config"]["mime"], &shown["locale"]["STAGE_PAN"]["FIELD_PAN_PLACEHOLDER"]),
        (&json!("image/png"), &json!("ABCPE1234F"))
    );
    for (key, signature) in [(KEY, "other"), ("ff", signature), (KEY, "")] {
        assert_eq!(meta(key, signature).await.unwrap().status(), 401, "{key}");
    }

    device.tell("STAGE_NEXT", json!({ "cur": null })).await;
    let next = device.frame().await;
    assert!(next.as_object().unwrap().contains_key("type") && next["type"].is_null(), "{next}");
    let (_, pan) = device.ask("STAGE_INIT", json!({ "stage": PAN })).await;
    assert_eq!(pan["metadata"], json!({ "extended": false, "retryAttempts": 2 }));
    device.tell("PAN_SUBMIT", json!({ "stage": PAN, "pan": "wrong" })).await;
    let mended = device.frame().await;
    assert_eq!((&mended["status"], &mended["type"]), (&json!("DATA_ERROR"), &json!("PAN")));
    device.pass_pan().await;
    assert_eq!(device.next(json!(PAN)).await["metadata"]["allowUpdate"], true);
    let code = json!({ "stage": OTP, "otp": "000000" });
    device.tell("MOBILE_OTP_GEN", json!({ "stage": OTP, "mobile": "9876543210" })).await;
    device.frame().await;
    let mut last = Value::Null;
    for _ in 0..3 {
        device.tell("MOBILE_OTP_VERIFY", code.clone()).await;
        last = device.frame().await;
    }
    assert_eq!((&last["status"], &last["type"]), (&json!("SESSION_ERROR"), &json!("MOBILE_OTP")));
    device.tell("NOTIFY", json!({ "event": "ERRORED", "payload": last["data"] })).await;
    assert_eq!(device.closed().await, 1000);
    assert_eq!(sandbox.control().handshakes()[0].status, "errored");

    // A launch that is refused has no stage.
    let mut again = Device { handshake: device.handshake.clone(), ..Device::new(&sandbox).await };
    again.tell("INIT", json!({ "retry": false, "qr": null })).await;
    let refused = again.frame().await;
    assert_eq!((&refused["status"], refused.get("type")), (&json!("SESSION_ERROR"), Some(&Value::Null)));
}

#[tokio::test]
async fn a_skip_names_where_the_user_was() {
    let sandbox = Sandbox::start().await.unwrap();
    let skip = async |device: &mut Device, stage: Value| {
        assert_eq!(
            device.ask("SKIP", json!({ "stage": stage })).await,
            ("SKIP_END".to_owned(), json!({ "stage": stage }))
        );
        device.tell("NOTIFY", json!({ "event": "SKIPPED" })).await;
        assert_eq!(device.closed().await, 1000);
        assert_eq!(sandbox.control().handshakes().last().unwrap().status, "skipped");
    };
    let mut before = Device::new(&sandbox).await;
    before.init(json!({})).await;
    skip(&mut before, Value::Null).await;
    let mut inside = Device::new(&sandbox).await;
    inside.init(json!({})).await;
    inside.next(Value::Null).await;
    skip(&mut inside, json!(PAN)).await;
    // Passed, and the next stage not asked for: the last completed one (A-F7).
    let mut between = Device::new(&sandbox).await;
    between.init(json!({})).await;
    between.next(Value::Null).await;
    between.pass_pan().await;
    skip(&mut between, json!(PAN)).await;
}

#[tokio::test]
async fn errors_of_the_flow_and_of_the_device_end_the_session() {
    let sandbox = Sandbox::start().await.unwrap();
    for (position, stage) in [(Position::First, Value::Null), (Position::Halted, json!(PAN))] {
        let error = StageError { position, ..StageError::default() };
        sandbox
            .control()
            .script(Script::Attestr(AttestrScript { stage_error: Some(error), ..AttestrScript::default() }));
        let mut device = Device::new(&sandbox).await;
        device.init(json!({})).await;
        let mut heard = device.ask("STAGE_NEXT", json!({ "cur": null })).await;
        if position == Position::Halted {
            heard = device.ask("PAN_SUBMIT", json!({ "stage": PAN, "pan": "ABCPE1234F" })).await;
        }
        let (status, error) = heard;
        assert_eq!((status.as_str(), &error["code"], &error["stage"]), ("SESSION_ERROR", &json!(5001), &stage));
        assert_eq!(error["retry"], false);
        device.tell("NOTIFY", json!({ "event": "ERRORED", "payload": error })).await;
        assert_eq!(device.closed().await, 1000);
    }
    // The camera is the device's own: its codes may be texts (A-6).
    let mut device = Device::new(&sandbox).await;
    device.init(json!({})).await;
    device.next(Value::Null).await;
    let payload = json!({ "code": "4121", "httpStatusCode": "412" });
    device.tell("NOTIFY", json!({ "event": "ERRORED", "payload": payload })).await;
    assert_eq!(device.closed().await, 1000);
    assert_eq!(sandbox.control().handshakes().last().unwrap().status, "errored");

    // Three mistakes: two may be mended.
    let mut device = Device::new(&sandbox).await;
    device.init(json!({})).await;
    device.next(Value::Null).await;
    let wrong = json!({ "stage": PAN, "pan": "x" });
    for status in ["DATA_ERROR", "DATA_ERROR", "SESSION_ERROR", "SESSION_ERROR"] {
        assert_eq!(device.ask("PAN_SUBMIT", wrong.clone()).await.0, status);
    }
}

#[tokio::test]
async fn a_launch_that_is_not_possible_is_a_session_error() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut device = Device::new(&sandbox).await;
    let (status, error) = device.init(json!({ "cl": "ff" })).await;
    assert_eq!((status.as_str(), &error["code"], &error["stage"]), ("SESSION_ERROR", &json!(4001), &Value::Null));
    device.tell("NOTIFY", json!({ "event": "ERRORED", "payload": error })).await;
    assert_eq!(device.closed().await, 1000);
    // Consumed: again only with retry, which skips what was passed.
    device.again().await;
    device.init(json!({})).await;
    device.next(Value::Null).await;
    device.pass_pan().await;
    device.again().await;
    assert_eq!(device.init(json!({})).await.0, "SESSION_ERROR");
    device.again().await;
    assert_eq!(device.init(json!({ "retry": true })).await.0, "HANDSHAKE_READY");
    assert_eq!(device.next(Value::Null).await["id"], OTP);
}

#[tokio::test]
async fn a_lost_connection_is_taken_up_and_the_last_frame_counts_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let drop = AttestrScript { drop_socket_at: Some("PAN_SUBMIT".into()), ..AttestrScript::default() };
    sandbox.control().script(Script::Attestr(drop));
    let mut device = Device::new(&sandbox).await;
    let cid = device.init(json!({})).await.1["cid"].clone();
    device.next(Value::Null).await;
    let submission = json!({ "stage": PAN, "pan": "ABCPE1234F" });
    device.tell("PAN_SUBMIT", submission.clone()).await;
    assert_eq!(device.closed().await, 1006, "no close frame");
    assert_eq!(sandbox.control().handshakes()[0].stages, [PAN], "the answer was lost, not the submission");
    device.again().await;
    let (status, data) = device.ask("RECONNECT", json!({ "cid": cid })).await;
    assert_eq!(status, "RECONNECT_READY");
    assert_ne!(data["cid"], cid, "a new id");
    assert_eq!(device.ask("PAN_SUBMIT", submission).await.0, "DATA_READY", "the same answer again");
    assert_eq!(device.next(json!(PAN)).await["id"], OTP);
    // The old id is worth nothing any more.
    device.again().await;
    device.tell("RECONNECT", json!({ "cid": cid })).await;
    assert_eq!(device.closed().await, 1008);
}

#[tokio::test]
async fn a_stopped_sandbox_hears_nobody_who_is_connected() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut device = Device::new(&sandbox).await;
    device.init(json!({})).await;
    let control = sandbox.control().clone();
    sandbox.stop().await;
    let saved = control.saved();
    device.tell("NEXT", json!({ "current": null })).await;
    assert_eq!(device.closed().await, 1006);
    assert_eq!(control.saved(), saved);
}

#[tokio::test]
async fn silence_ends_with_1001_and_frames_and_keep_alive_prevent_it() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.control().configure(|config| config.attestr.socket = SocketSettings { idle_ms: 600, ping_ms: 50 });
    let mut device = Device::new(&sandbox).await;
    let cid = device.init(json!({})).await.1["cid"].clone();
    for _ in 0..4 {
        sleep(Duration::from_millis(300)).await;
        device.tell("KEEP_ALIVE", json!({})).await;
    }
    device.next(Value::Null).await;
    let pings = async {
        loop {
            if let Message::Ping(_) = device.socket.next().await.unwrap().unwrap() {
                break;
            }
        }
    };
    timeout(Duration::from_millis(500), pings).await.expect("pings come in between");
    assert_eq!(device.closed().await, 1001);
    device.again().await;
    assert_eq!(device.ask("RECONNECT", json!({ "cid": cid })).await.0, "RECONNECT_READY");
    device.pass_pan().await;
}

#[tokio::test]
async fn what_is_no_frame_of_the_protocol_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    for frame in ["hello", "[]", r#"{"action":"STAGE_NEXT"}"#, r#"{"action":"NOTIFY","data":{"event":"COMPLETED"}}"#] {
        let mut device = Device::new(&sandbox).await;
        device.say(frame).await;
        assert_eq!(device.closed().await, 1008, "{frame}");
    }
    let launched = [
        ("DESTROY", json!({})),
        ("VPA_SUBMIT", json!({ "stage": PAN, "vpa": "a@b" })),
        ("PAN_SUBMIT", json!({ "stage": OTP, "pan": "ABCPE1234F" })),
        ("NOTIFY", json!({ "event": "COMPLETED" })),
        ("DANCE", json!({ "stage": PAN })),
    ];
    for (action, data) in launched {
        let mut device = Device::new(&sandbox).await;
        device.init(json!({})).await;
        device.next(Value::Null).await;
        device.tell(action, data).await;
        assert_eq!(device.closed().await, 1008, "{action}");
    }
    let mut device = Device::new(&sandbox).await;
    device.socket.send(Message::binary(vec![1, 2])).await.unwrap();
    assert_eq!(device.closed().await, 1008);
    let plain = http().get(format!("{}/attestr/flowx/v1", sandbox.base_url())).send().await.unwrap();
    assert!(plain.status().is_client_error(), "a socket and nothing else");
}

#[tokio::test]
async fn the_library_and_its_page_are_there_in_every_language() {
    let sandbox = Sandbox::start().await.unwrap();
    let base = format!("{}/attestr/cdn", sandbox.base_url());
    let script = http().get(format!("{base}/flowx.js")).send().await.unwrap();
    assert!(script.headers()["content-type"].to_str().unwrap().starts_with("text/javascript"));
    let script = script.text().await.unwrap();
    for part in ["AttestrFlowx = window.AttestrFlowX", "onFlowxSuccess", "onFlowxComplete", "onComplete", "launch()"] {
        assert!(script.contains(part), "{part}");
    }
    for language in ["en", "ru", "kk", "de", "hi"] {
        let html = http().get(format!("{base}/flowx.html?lc={language}")).send().await.unwrap().text().await.unwrap();
        assert!(html.contains(&format!("<html lang=\"{language}\"")));
        assert_eq!(html.matches("data-part=\"form\"").count(), 10, "a form for every stage type");
        assert_eq!(html.matches("data-part=\"code\"").count(), 2);
        assert!(html.contains("not Attestr") || language != "en");
    }
    // What the script does to the user's browser reaches the page with the first answer.
    let page = Some(PageScript { camera: Camera::Denied, ..PageScript::default() });
    sandbox.control().script(Script::Attestr(AttestrScript { page, ..AttestrScript::default() }));
    let mut device = Device::new(&sandbox).await;
    assert_eq!(device.init(json!({})).await.1["_sandbox"]["camera"], "denied");
}
