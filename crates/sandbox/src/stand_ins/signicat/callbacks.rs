//! The callback: which process has come to which status, and no more.

use serde_json::json;

use super::Signicat;
use crate::deliveries::{Outgoing, Payload};
use crate::world::World;

/// Tells where the order wants it about the final status.
pub(crate) fn send(world: &mut World, id: &str) {
    let Some(process) = world.states.signicat.processes.get(id) else { return };
    let Some(url) = process.order.notification_url.clone() else { return };
    let body = json!({ "dossierId": process.dossier, "processId": id, "status": process.status() });
    let outgoing = Outgoing {
        provider: &Signicat,
        event: process.status().to_owned(),
        reference: id.to_owned(),
        url,
        authorization: process.order.authorization_header.clone(),
        payload: Payload::Json(body.to_string()),
        policy: world.config.signicat.callbacks.clone(),
    };
    world.deliver(outgoing);
}
