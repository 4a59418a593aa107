//! Webhooks: `flowx.completed`, `flowx.skipped`, `flowx.errored`.

use super::Attestr;
use super::result::{object, text};
use super::state::End;
use crate::deliveries::{Outgoing, Payload};
use crate::world::World;

/// Tells the account about the end of a run, if the handshake asked for it and the account has a webhook.
pub(crate) fn send(world: &mut World, id: &str) {
    let request_id = world.ids.uuid();
    let Some(handshake) = world.states.attestr.handshakes.get(id).filter(|handshake| handshake.webhook) else { return };
    let Some(account) = world.config.attestr.accounts.get(handshake.account) else { return };
    let (Some(webhook), Some(end)) = (&account.webhook, handshake.end()) else { return };
    let (event, own) = match end {
        End::Completed { .. } => {
            let signature = text(&handshake.api_signature(&account.client_secret));
            ("flowx.completed", vec![("result", handshake.result()), ("resultSignature", signature)])
        }
        // What these two hold is not visible in any document (A-Q8).
        End::Skipped { stage } => {
            ("flowx.skipped", vec![("stage", stage.as_deref().map_or_else(|| "null".to_owned(), text))])
        }
        End::Errored(error) => ("flowx.errored", vec![("error", error.json())]),
    };
    if !webhook.events.is_empty() && !webhook.events.iter().any(|wanted| wanted == event) {
        return;
    }
    let mut payload = vec![
        ("_id", text(&handshake.id)),
        ("tag", text(&handshake.tag)),
        ("number", text(&handshake.number)),
        ("requestId", text(&request_id)),
    ];
    payload.extend(own);
    payload.push(("flowId", text(&handshake.flow.id)));
    payload.push(("snapshot", handshake.snapshot.as_deref().map_or_else(|| "null".to_owned(), text)));
    payload.push(("updated", handshake.updated.to_string()));
    let body = object([("event", text(event)), ("payload", object(payload))]);
    let outgoing = Outgoing {
        provider: &Attestr,
        event: event.to_owned(),
        reference: id.to_owned(),
        url: webhook.url.clone(),
        authorization: Some(format!("Basic {}", webhook.token)),
        payload: Payload::Json(body),
        policy: world.config.attestr.webhooks.clone(),
    };
    world.deliver(outgoing);
}
