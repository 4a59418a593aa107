//! Dossiers: one end-user each, with user data and files.

use serde_json::{Value, json};

use super::api::{Call, Reply};
use super::errors::Problem;
use super::images::{self, Images};
use super::state::{self, Dossier, Kept};
use crate::time::iso;

const USER_DATA: [&str; 10] = [
    "firstName",
    "lastName",
    "gender",
    "nationality",
    "dateOfBirth",
    "personalIdentificationNumber",
    "placeOfBirth",
    "mobile",
    "email",
    "address",
];

pub(crate) fn create(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let fields = call.fields()?;
    let external_reference = match fields.get("externalReference") {
        None | Some(Value::Null) => None,
        Some(Value::String(reference)) => Some(reference.clone()),
        Some(_) => return Err(Problem::parameter("externalReference", "externalReference must be a string.")),
    };
    let (id, now) = (call.world.ids.uuid(), call.world.clock.now());
    let dossier = Dossier {
        id: id.clone(),
        client: call.client,
        external_reference,
        created: now,
        updated: now,
        user_data: None,
        files: Images::new(),
        processes: Vec::new(),
    };
    let answer = json(&dossier);
    call.world.states.signicat.order.push(id.clone());
    call.world.states.signicat.dossiers.insert(id, dossier);
    Ok(Reply::json(201, answer))
}

// A row of the table: others like it can fail.
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let state = &call.world.states.signicat;
    let own = state.order.iter().filter_map(|id| state.dossiers.get(id)).filter(|it| it.client == call.client);
    Ok(Reply::json(200, own.map(json).collect()))
}

pub(crate) fn show(call: &mut Call<'_>) -> Result<Reply, Problem> {
    Ok(Reply::json(200, json(call.dossier()?)))
}

/// Takes everything in it along.
pub(crate) fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let (id, processes) = {
        let dossier = call.dossier()?;
        (dossier.id.clone(), dossier.processes.clone())
    };
    for process in processes {
        state::forget(call.world, &process);
    }
    let state = &mut call.world.states.signicat;
    state.captures.retain(|_, capture| capture.dossier != id);
    state.order.retain(|other| *other != id);
    state.dossiers.remove(&id);
    Ok(Reply::empty())
}

/// In a member of its own, as a public client sends and reads it (S-F2.8); what stands beside one counts as the data.
pub(crate) fn user_data(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let (flat, now) = (call.world.config.signicat.flat_user_data, call.world.clock.now());
    if call.method == "GET" {
        let dossier = call.dossier()?;
        let none = || Problem::not_found("This dossier has no user data yet.");
        return shown(dossier, flat).map(|data| Reply::json(200, data)).ok_or_else(none);
    }
    let mut fields = call.fields()?;
    let data = match fields.remove("userData") {
        None => fields,
        Some(Value::Object(data)) => data,
        Some(_) => return Err(Problem::parameter("userData", "userData must be an object.")),
    };
    let unknown = data.keys().any(|name| !USER_DATA.contains(&name.as_str()));
    let hint = if unknown { format!("User data are {}.", USER_DATA.join(", ")) } else { String::new() };
    let dossier = call.dossier()?;
    dossier.user_data = Some(Kept::put(data, dossier.user_data.as_ref(), now));
    dossier.updated = now;
    let answer = if flat { None } else { shown(dossier, flat) };
    Ok(answer.map_or_else(Reply::empty, |data| Reply::json(200, data)).hint(hint))
}

fn shown(dossier: &Dossier, flat: bool) -> Option<Value> {
    let kept = dossier.user_data.as_ref()?;
    let nested = || kept.dated(json!({ "dossierId": dossier.id, "userData": kept.members }));
    Some(if flat { Value::Object(kept.members.clone()) } else { nested() })
}

/// Pictures that processes may fall back on.
pub(crate) fn files(call: &mut Call<'_>) -> Result<Reply, Problem> {
    match call.method.as_str() {
        "GET" => {
            let files = &call.dossier()?.files;
            let named = files.iter().map(|(side, image)| (side.name().to_owned(), json!(images::data_url(image))));
            Ok(Reply::json(200, Value::Object(named.collect())))
        }
        "DELETE" => {
            call.dossier()?.files.clear();
            Ok(Reply::empty())
        }
        _ => {
            let fields = call.fields()?;
            if fields.contains_key("portrait") {
                return Err(Problem::parameter("portrait", "portrait can only be copied from a process."));
            }
            let (read, hint) = images::read(&fields, &call.world.config.signicat)?;
            call.dossier()?.files.extend(read);
            Ok(Reply::json(201, json!({})).hint(hint))
        }
    }
}

fn json(dossier: &Dossier) -> Value {
    let mut value = json!({
        "dossierId": dossier.id, "createdAt": iso(dossier.created, 0), "updatedAt": iso(dossier.updated, 0),
    });
    if let Some(reference) = &dossier.external_reference {
        value["externalReference"] = json!(reference);
    }
    value
}
