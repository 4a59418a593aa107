//! Webhooks (B-F10): hints without a signature, to every URL of the flow.

use serde_json::{Value, json};

use super::BiometricKz;
use super::result;
use crate::deliveries::{Outgoing, Payload};
use crate::world::World;

pub(crate) fn flow_start(world: &mut World, id: &str) {
    let Some(session) = world.states.biometric_kz.sessions.get(id) else { return };
    let data = json!({ "technologies": session.flow.technologies });
    send(world, id, "flow.start", true, &data);
}

pub(crate) fn technology_start(world: &mut World, id: &str, code: &str) {
    let data = json!({ "technology_code": code, "technology_name": result::describe(code).0 });
    send(world, id, "technology.start", true, &data);
}

/// Tells of the technology that was finished last.
pub(crate) fn technology_end(world: &mut World, id: &str) {
    let Some(done) = world.states.biometric_kz.sessions.get(id).and_then(|session| session.done.last()) else { return };
    let success = done.failure.is_none();
    let part = result::part(done, &world.config.biometric_kz.person);
    let data = part.map_or_else(|| json!({}), |(name, value)| json!({ name: value }));
    send(world, id, "technology.end", success, &data);
}

pub(crate) fn flow_end(world: &mut World, id: &str) {
    let Some(session) = world.states.biometric_kz.sessions.get(id) else { return };
    let success = session.ended.is_some_and(|end| end.failure.is_none());
    let data = json!({ "session_result": result::for_webhook(session, &world.config.biometric_kz) });
    send(world, id, "flow.end", success, &data);
}

fn send(world: &mut World, id: &str, event: &str, success: bool, data: &Value) {
    let Some(session) = world.states.biometric_kz.sessions.get(id).filter(|it| !it.flow.webhooks.is_empty()) else {
        return;
    };
    let (urls, flow_name) = (session.flow.webhooks.clone(), session.flow.name.clone());
    let settings = &world.config.biometric_kz;
    let (policy, null) = (settings.webhooks.clone(), settings.null_metadata);
    let body = json!({
        "id": world.ids.uuid(),
        "event": event,
        "session_id": id,
        "created": world.clock.now() / 1000,
        "success": success,
        "flow_name": flow_name,
        // Never an echo of what the session was made with (B-15).
        "metadata": if null { Value::Null } else { json!({}) },
        "data": data,
    });
    for url in urls {
        world.deliver(Outgoing {
            provider: &BiometricKz,
            event: event.to_owned(),
            reference: id.to_owned(),
            url,
            authorization: None,
            payload: Payload::Json(body.to_string()),
            policy: policy.clone(),
        });
    }
}
