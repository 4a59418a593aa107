//! The callback: one form, in the documented order of fields (J-V19, J-V20).

use std::borrow::Cow;

use super::Jumio;
use super::state::{Transaction, TransactionStatus};
use crate::deliveries::{NOW, Outgoing, Payload};
use crate::time::iso;
use crate::world::World;

/// Tells the account about a final state.
pub(crate) fn send(world: &mut World, reference: &str) {
    let digits = world.config.jumio.fraction_digits;
    let Some(transaction) = world.states.jumio.transactions.get(reference) else { return };
    let Some(url) = transaction.order.callback_url.clone() else { return };
    let outgoing = Outgoing {
        provider: &Jumio,
        event: transaction.status.name().to_owned(),
        reference: reference.to_owned(),
        url,
        authorization: None,
        payload: Payload::Form { fields: fields(world, transaction, digits), digits },
        policy: world.config.jumio.callbacks.clone(),
    };
    world.deliver(outgoing);
}

/// Where the face image is.
pub(crate) fn face_url(resource: &str) -> String {
    format!("{resource}/images/face")
}

/// Where the liveness images are: newest first, because "not chronological" is documented.
pub(crate) fn liveness_urls(resource: &str, transaction: &Transaction) -> Vec<String> {
    (1..=transaction.images).rev().map(|number| format!("{resource}/images/liveness/{number}")).collect()
}

/// Images exist once a submission was accepted and judged.
pub(crate) fn has_images(transaction: &Transaction) -> bool {
    transaction.submitted && transaction.status.is_final() && transaction.status != TransactionStatus::Expired
}

/// Where a transaction is, in the sandbox.
pub(crate) fn path(transaction: &Transaction) -> String {
    let (region, reference) = (&transaction.order.region, &transaction.reference);
    format!("/jumio/{region}/api/netverify/v2/authentications/{reference}")
}

fn fields(world: &World, transaction: &Transaction, digits: u8) -> Vec<(Cow<'static, str>, String)> {
    let mut fields = vec![
        ("callBackType", "NETVERIFY_AUTHENTICATION".to_owned()),
        ("transactionReference", transaction.reference.clone()),
        ("enrollmentTransactionReference", transaction.order.enrollment.clone()),
        ("transactionResult", transaction.status.name().to_owned()),
        ("scanSource", "WEB".to_owned()),
        ("transactionDate", iso(transaction.created, digits)),
        ("callbackDate", NOW.to_owned()),
    ];
    if let Some(reference) = &transaction.order.user_reference {
        fields.push(("userReference", reference.clone()));
    }
    if has_images(transaction) {
        // The one who is told later sees the sandbox as the one who asked.
        let resource = world.link_at(&transaction.address, &path(transaction));
        fields.push(("idScanImageFace", face_url(&resource)));
        // A JSON array, serialised as one form value.
        fields.push(("livenessImages", serde_json::Value::from(liveness_urls(&resource, transaction)).to_string()));
    }
    fields.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect()
}
