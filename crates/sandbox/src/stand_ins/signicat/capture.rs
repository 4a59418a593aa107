//! Start capture flow and what belongs to its look (S-F4).

use serde_json::{Map, Value, json};

use super::api::{Call, Reply};
use super::errors::Problem;
use super::processes;
use super::providers;
use super::state::{self, Capture, Kept, ProcessOrder};

/// Members that belong inside `captureParameters`.
const PARAMETERS: [&str; 5] = ["uiProfile", "uiLanguage", "smsSender", "smsMessage", "defaultCountry"];

pub(crate) fn start(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let fields = call.fields()?;
    let dossier = call.dossier()?.id.clone();
    for name in PARAMETERS {
        if fields.contains_key(name) {
            return Err(Problem::parameter(name, format!("{name} must stand inside captureParameters.")));
        }
    }
    let Some(redirect_url) = processes::redirect_url(&fields)? else {
        return Err(Problem::parameter("redirectUrl", "redirectUrl is required; it must tolerate added parameters."));
    };
    let orders = orders(call, &fields)?;
    let hint = parameters(call, &fields)?;
    let page = call.world.ids.token(32);
    let ids: Vec<String> =
        orders.into_iter().map(|order| state::create(call.world, &dossier, call.client, order)).collect();
    for id in &ids {
        if let Some(process) = call.world.states.signicat.processes.get_mut(id) {
            process.capture = Some(page.clone());
        }
    }
    let mut answer = json!({ "url": call.world.link(&format!("/signicat/capture/{page}")) });
    if let ([id], true) = (ids.as_slice(), call.world.config.signicat.capture_returns_process_id) {
        answer["processId"] = json!(id);
    }
    let language = fields.get("captureParameters").and_then(|own| own["uiLanguage"].as_str()).map(str::to_owned);
    call.world.states.signicat.captures.insert(page, Capture { dossier, processes: ids, redirect_url, language });
    Ok(Reply::json(200, answer).hint(hint))
}

// A row of the table: others like it can fail.
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn configurations(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let all = call.world.states.signicat.configurations.iter();
    Ok(Reply::json(200, all.map(|(id, kept)| shown(id, kept)).collect()))
}

/// `POST` creates and `PUT` replaces; mixing them up is a known mistake.
pub(crate) fn configuration(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let id = call.ids.first().cloned().unwrap_or_default();
    let earlier = call.world.states.signicat.configurations.get(&id).cloned();
    let exists = earlier.is_some();
    match (call.method.as_str(), exists) {
        ("POST", true) => {
            return Err(Problem::conflict("POST creates; replace a configuration with PUT."));
        }
        ("GET" | "PUT", false) => {
            return Err(Problem::not_found("There is no configuration with this id; create it with POST."));
        }
        ("GET", true) => {}
        _ => {
            let kept = Kept::put(call.fields()?, earlier.as_ref(), call.world.clock.now());
            call.world.states.signicat.configurations.insert(id.clone(), kept);
        }
    }
    let status = if exists { 200 } else { 201 };
    let kept = call.world.states.signicat.configurations.get(&id).map(|kept| shown(&id, kept));
    Ok(Reply::json(status, kept.unwrap_or_default()))
}

/// A short list: enough to see the shape.
pub(crate) fn document_types(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let name = call.ids.first().cloned().unwrap_or_default();
    if providers::find(&name).is_none() {
        return Err(Problem::not_found(format!("There is no such provider; there are {}.", providers::names())));
    }
    let rows = [
        ("NLD", "Netherlands", "passport"),
        ("NLD", "Netherlands", "identityCard"),
        ("NLD", "Netherlands", "driversLicense"),
        ("NOR", "Norway", "passport"),
    ];
    // Ids are numbers (S-F2.11); which, is ours.
    let numbered = (1..)
        .zip(rows)
        .map(|(id, (country, name, kind))| json!({ "id": id, "country": country, "countryName": name, "type": kind }));
    Ok(Reply::json(200, numbered.collect()))
}

fn shown(id: &str, kept: &Kept) -> Value {
    let mut value = kept.dated(Value::Object(kept.members.clone()));
    value["id"] = json!(id);
    value
}

/// `providers[]`, or the single `provider` of the guide's text (S-3).
fn orders(call: &Call<'_>, fields: &Map<String, Value>) -> Result<Vec<ProcessOrder>, Problem> {
    let rows: Vec<Map<String, Value>> = match (fields.get("providers"), fields.get("provider")) {
        (Some(Value::Array(rows)), None) => rows.iter().filter_map(Value::as_object).cloned().collect(),
        (None, Some(Value::String(_))) => {
            let own = ["provider", "processType", "redact"];
            vec![own.iter().filter_map(|name| Some(((*name).to_owned(), fields.get(*name)?.clone()))).collect()]
        }
        _ => return Err(Problem::parameter("providers", "Give providers, an array of one or two objects.")),
    };
    if !(1..=2).contains(&rows.len()) {
        return Err(Problem::parameter("providers", "providers must be an array of one or two objects."));
    }
    rows.into_iter().map(|row| order(call, fields, row)).collect()
}

fn order(call: &Call<'_>, fields: &Map<String, Value>, mut row: Map<String, Value>) -> Result<ProcessOrder, Problem> {
    let name = row.get("provider").and_then(Value::as_str).unwrap_or_default().to_owned();
    let provider = processes::provider(&name)?;
    if !provider.capture {
        return Err(Problem::parameter("providers", "The capture page cannot run this provider; use Create process."));
    }
    if name == "signicatvideoid" && fields.get("sdk").and_then(Value::as_str) == Some("capture") {
        return Err(Problem::parameter("sdk", "signicatvideoid takes sdk native only."));
    }
    for shared in ["notificationUrl", "authorizationHeader"] {
        if let Some(value) = fields.get(shared) {
            row.insert(shared.into(), value.clone());
        }
    }
    processes::order(call, &row, &name, provider)
}

fn parameters(call: &Call<'_>, fields: &Map<String, Value>) -> Result<&'static str, Problem> {
    if fields.get("sdk").is_some_and(|sdk| !["native", "capture"].iter().any(|known| sdk == known)) {
        return Err(Problem::parameter("sdk", "sdk must be native or capture."));
    }
    let parameters = match fields.get("captureParameters") {
        None | Some(Value::Null) => return Ok(""),
        Some(Value::Object(parameters)) => parameters,
        Some(_) => return Err(Problem::parameter("captureParameters", "captureParameters must be an object.")),
    };
    let profile = parameters.get("uiProfile").and_then(Value::as_str);
    let known = profile.is_none_or(|profile| call.world.states.signicat.configurations.contains_key(profile));
    Ok(if known { "" } else { "No capture configuration has the id in uiProfile; the default look is used." })
}
