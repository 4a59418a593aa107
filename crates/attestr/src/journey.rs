//! What a page or phone needs to run a handshake: the browser library, and the phone SDKs (A-F7, A-F8).

use alloc::{
    string::{String, ToString},
    vec,
    vec::Vec,
};

use idvkit_core::{
    Carry, Hint, HintKind, Journey, NativeCall, Param, ParamValue, Permission, Signal, TextEntry, Trigger, Way,
    machine::Own,
};
use serde_json::{Value, json};

use crate::{
    account::Account,
    answers::{LaunchError, MAX_CAUSE_MESSAGE, MAX_MESSAGE},
    request::ParsedRequest,
    values::ID,
    verdict::Live,
};

/// The members of hints.
pub(crate) const SIGNATURE: &str = "signature";
pub(crate) const STAGE: &str = "stage";
pub(crate) const CODE: &str = "code";
pub(crate) const HTTP_STATUS: &str = "http_status";
pub(crate) const MESSAGE: &str = "message";
pub(crate) const ORIGINAL_CODE: &str = "original_code";
pub(crate) const ORIGINAL_HTTP_STATUS: &str = "original_http_status";
pub(crate) const ORIGINAL_MESSAGE: &str = "original_message";

/// Every name of the success handler: the guide and iOS, the web sample, Android, the old web library, Flutter.
const SUCCESS: [&str; 5] = ["onFlowxSuccess", "onFlowxComplete", "onFlowXComplete", "onComplete", "FlowxSuccess"];
const ERROR: [&str; 4] = ["onFlowxError", "onFlowXError", "onError", "FlowxError"];
const SKIP: [&str; 4] = ["onFlowxSkip", "onFlowXSkip", "onSkip", "FlowxSkip"];

/// The journey of one run of a handshake.
pub(crate) fn of(account: &Account, request: &ParsedRequest, live: &Live, own: &Own<'_>) -> Journey {
    let launch = Launch { account, request, live };
    let ways = vec![launch.script(), launch.android(), launch.ios(), launch.flutter()];
    Journey { expires: Some(live.ends), ways, ..none(own) }
}

/// A journey without a way: there is no handshake yet.
pub(crate) fn none(own: &Own<'_>) -> Journey {
    Journey { id: own.journey_id(), provider: ID.into(), expires: None, ways: Vec::new(), refused: Vec::new() }
}

/// The object of the error handler again, as far as [`signals`] had it carried.
pub(crate) fn error_in(hint: &Hint) -> LaunchError {
    let text = |name: &str| hint.member(name).map_or(Value::Null, Value::from);
    let mut error = json!({
        "code": text(CODE),
        "httpStatusCode": text(HTTP_STATUS),
        "message": text(MESSAGE),
        "stage": text(STAGE),
    });
    let original = [text(ORIGINAL_CODE), text(ORIGINAL_HTTP_STATUS), text(ORIGINAL_MESSAGE)];
    if original.iter().any(|member| !member.is_null()) {
        let [code, status, message] = original;
        error["original"] = json!({ "code": code, "httpStatusCode": status, "message": message });
    }
    LaunchError::from_value(&error)
}

/// One launch, which each platform spells in its own way.
struct Launch<'a> {
    account: &'a Account,
    request: &'a ParsedRequest,
    live: &'a Live,
}

impl Launch<'_> {
    /// Older releases of the library define `AttestrFlowX`.
    fn script(&self) -> Way {
        Way::Script {
            src: self.account.library_src.clone(),
            module: false,
            global: "AttestrFlowx".into(),
            construct: true,
            method: "launch".into(),
            options: vec![self.client(), self.handshake(), self.language(), self.variables(), self.retry()],
            container: None,
            // Inferred from error 4121, "camera unavailable": some flows take pictures, and no call tells which do.
            permissions: vec![Permission::Camera],
            listen: signals(),
        }
    }

    fn android(&self) -> Way {
        native(
            "android",
            vec![
                call("init", vec![self.client(), self.handshake(), host("activity")]),
                call("launch", vec![self.language(), self.retry(), self.variables()]),
            ],
        )
    }

    fn ios(&self) -> Way {
        native(
            "ios",
            vec![
                call("initialize", vec![self.client(), self.handshake(), host("delegate")]),
                call("launch", vec![self.language(), self.retry(), self.variables()]),
            ],
        )
    }

    fn flutter(&self) -> Way {
        let params = vec![self.handshake(), self.client(), self.language(), self.retry(), self.variables()];
        native("flutter", vec![call("initiateSession", params)])
    }

    fn client(&self) -> Param {
        param("cl", ParamValue::Text { value: self.account.client_key.as_str().into() })
    }

    fn handshake(&self) -> Param {
        param("hs", ParamValue::Text { value: self.live.handshake.as_str().into() })
    }

    /// `null` lets the user choose on a phone (A-F8, A-12).
    fn language(&self) -> Param {
        let text = |locale: &idvkit_core::LocaleTag| ParamValue::Text { value: locale.as_str().into() };
        param("lc", self.request.locale.as_ref().map_or(ParamValue::Null, text))
    }

    fn variables(&self) -> Param {
        let entry = |(name, value): (&String, &String)| TextEntry { name: name.clone(), value: value.clone() };
        param("qr", ParamValue::Texts { value: self.request.variables.iter().map(entry).collect() })
    }

    fn retry(&self) -> Param {
        param("retry", ParamValue::Flag { value: self.live.retry })
    }
}

fn native(platform: &str, calls: Vec<NativeCall>) -> Way {
    Way::Native { platform: platform.into(), sdk: "AttestrFlowx".into(), calls, listen: signals() }
}

fn call(method: &str, params: Vec<Param>) -> NativeCall {
    NativeCall { method: method.into(), params }
}

fn host(what: &str) -> Param {
    param(what, ParamValue::Host { what: what.into() })
}

fn param(name: &str, value: ParamValue) -> Param {
    Param { name: name.into(), value }
}

/// What the handlers mean, on all platforms alike.
fn signals() -> Vec<Signal> {
    // Cut well below the size of a hint, also in scripts of three bytes a letter.
    let error = [
        (CODE, "code", 20),
        (HTTP_STATUS, "httpStatusCode", 20),
        (MESSAGE, "message", MAX_MESSAGE),
        (STAGE, "stage", 65),
        (ORIGINAL_CODE, "original.code", 20),
        (ORIGINAL_HTTP_STATUS, "original.httpStatusCode", 20),
        (ORIGINAL_MESSAGE, "original.message", MAX_CAUSE_MESSAGE),
    ];
    vec![
        signal(&SUCCESS, HintKind::Success, &[(SIGNATURE, "signature", 65)]),
        signal(&ERROR, HintKind::Error, &error),
        signal(&SKIP, HintKind::Skipped, &[(STAGE, "stage", 65)]),
    ]
}

fn signal(names: &[&str], means: HintKind, carry: &[(&str, &str, usize)]) -> Signal {
    let one = |(name, path, max): &(&str, &str, usize)| Carry {
        name: (*name).into(),
        path: (*path).into(),
        max: i32::try_from(*max).unwrap_or(i32::MAX),
    };
    Signal {
        on: Trigger::Handler { names: names.iter().map(ToString::to_string).collect() },
        when: Vec::new(),
        means,
        carry: carry.iter().map(one).collect(),
    }
}
