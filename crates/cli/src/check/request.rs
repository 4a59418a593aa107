//! Whole requests: what would be sent, with secrets masked.

use idvkit::{Account, HttpRequest, Input, Next, ProviderId, Reject, RejectCode, Request, Seed, Session, UnixMillis};
use serde_json::{Value, json};

use super::{Checks, Finding, parse_config};
use crate::providers::Provider;

/// Headers that hold credentials.
const SECRET_HEADERS: &[&str] = &["authorization", "cookie"];

/// Checks a whole request for a flow and shows what would be sent, secrets masked. `text` is `{"config": …, "request": …}`, or a
/// request alone, which is checked with made-up credentials.
///
/// # Errors
/// As the SDK refuses it.
pub(crate) fn whole(provider: ProviderId, flow: &str, text: &str, now: UnixMillis) -> Result<Finding, Reject> {
    let checks = &Provider::of(provider).checks;
    let what = "pass a request, or config and request";
    let not_object = || not_object(what);
    let value = json_of(text, what)?;
    let mut request = value.get("request").unwrap_or(&value).clone();
    let mut config = value.get("config").cloned().unwrap_or_else(|| (checks.config)());
    config.as_object_mut().ok_or_else(not_object)?.entry("provider").or_insert_with(|| json!(provider));
    // What stands alone need not say which flow it is: the command does.
    let given = request.as_object_mut().ok_or_else(not_object)?.entry("flow").or_insert_with(|| json!(flow));
    if given != flow {
        let fix = format!("this command checks `{flow}`; use the other flow's own check");
        return Err(Reject::at(RejectCode::RequestOfOtherFlow, "request.flow", fix));
    }
    let account = Account::new(parse_config(&config)?)?;
    if account.provider() != provider {
        let fix = format!("the configuration is for {}; use its own check", account.provider());
        return Err(Reject::at(RejectCode::ConfigOfOtherProvider, "config.provider", fix));
    }
    let request = Request::from_json(&request.to_string())?;
    // Nothing is sent: any seed will do.
    let seed: Vec<u8> = (0..32).collect();
    let mut session = Session::open(&account, request, Seed::new(&seed)?, now)?;
    loop {
        let Next::Send { request } = session.next(now) else {
            return Err(Reject::at(RejectCode::NothingToSend, "request", "this flow begins without a request"));
        };
        let Some(answer) = (checks.made_up)(&request.operation) else { return Ok(shown(&request, checks)) };
        let body = answer.to_string().into_bytes();
        session.handle(Input::HttpResponse { id: request.id, status: 200, headers: Vec::new(), body }, now)?;
    }
}

/// The JSON of an input. The error gives line, column and cause, and nothing of the input.
pub(crate) fn json_of(text: &str, what: &str) -> Result<Value, Reject> {
    serde_json::from_str(text)
        .map_err(|flaw| Reject::at(RejectCode::InputMalformed, "input", format!("this is no JSON: {flaw}; {what}")))
}

pub(crate) fn not_object(what: &str) -> Reject {
    Reject::at(RejectCode::InputMalformed, "input", format!("this is no JSON object; {what}"))
}

fn shown(request: &HttpRequest, checks: &Checks) -> Finding {
    let masked = |name: &str, value: &str| {
        if SECRET_HEADERS.iter().any(|it| name.eq_ignore_ascii_case(it)) {
            value.split(' ').next().map_or("***".into(), |scheme| format!("{scheme} ***"))
        } else {
            value.into()
        }
    };
    let headers: Vec<(String, String)> =
        request.headers.iter().map(|line| (line.name.clone(), masked(&line.name, &line.value))).collect();
    let body = request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
    let mut body: Value = body.unwrap_or(Value::Null);
    for &member in checks.secret_members {
        if let Some(secret) = body.get_mut(member) {
            *secret = json!("***");
        }
    }
    let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let pretty = serde_json::to_string_pretty(&body).unwrap_or_default();
    let method = request.method.as_str();
    Finding {
        text: format!("{method} {}\n{}\n\n{pretty}", request.url, lines.join("\n")),
        json: json!({
            "operation": request.operation, "method": method, "url": request.url, "headers": headers, "body": body,
            "idempotent": request.idempotent, "timeout_ms": request.timeout_ms,
        }),
    }
}
