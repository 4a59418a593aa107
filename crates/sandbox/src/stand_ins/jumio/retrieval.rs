//! Retrieval and delete, below `/api/netverify/v2/authentications/`.

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::api::{self, Access};
use super::callbacks;
use super::errors::Refusal;
use super::state::Transaction;
use crate::time::iso;
use crate::world::{Handle, World};

const FACE: &[u8] = include_bytes!("face.jpg");
const LIVENESS: &[u8] = include_bytes!("../../../assets/picture.png");

pub(crate) async fn retrieve(
    State(shared): State<Handle>,
    Path((region, reference)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let mut world = shared.world();
    let found = find(&world, &region, &reference, &headers, &["application/json"]);
    match found.map(|transaction| Details::of(&world, transaction)) {
        Ok(details) => Json(details).into_response(),
        Err(refusal) => refusal.response(&mut world, &uri),
    }
}

pub(crate) async fn delete(
    State(shared): State<Handle>,
    Path((region, reference)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let mut world = shared.world();
    match find(&world, &region, &reference, &headers, &["application/json", "*/*"]).map(|_| ()) {
        Ok(()) => {
            world.states.jumio.delete(&reference);
            StatusCode::OK.into_response()
        }
        Err(refusal) => refusal.response(&mut world, &uri),
    }
}

pub(crate) async fn face(
    State(shared): State<Handle>,
    Path((region, reference)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let mut world = shared.world();
    match image(&world, &region, &reference, &headers, 1) {
        Ok(()) => ([(header::CONTENT_TYPE, "image/jpeg")], FACE).into_response(),
        Err(refusal) => refusal.response(&mut world, &uri),
    }
}

pub(crate) async fn liveness(
    State(shared): State<Handle>,
    Path((region, reference, number)): Path<(String, String, String)>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let mut world = shared.world();
    match image(&world, &region, &reference, &headers, number.parse().unwrap_or(0)) {
        Ok(()) => ([(header::CONTENT_TYPE, "image/png")], LIVENESS).into_response(),
        Err(refusal) => refusal.response(&mut world, &uri),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    transaction_reference: String,
    enrollment_transaction_reference: String,
    transaction_result: &'static str,
    transaction_date: String,
    scan_source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    liveness_images: Option<Vec<String>>,
}

impl Details {
    fn of(world: &World, transaction: &Transaction) -> Self {
        let settings = &world.config.jumio;
        let mut transaction_date = iso(transaction.created, 3);
        if settings.transaction_date_without_zone {
            transaction_date.truncate(transaction_date.len() - 1);
        }
        let has_images = callbacks::has_images(transaction);
        let resource = world.link(&callbacks::path(transaction));
        let face = json!({ "classifier": "face", "href": callbacks::face_url(&resource) });
        let images = if settings.images_as_object { face } else { json!([face]) };
        Self {
            transaction_reference: transaction.reference.clone(),
            enrollment_transaction_reference: transaction.order.enrollment.clone(),
            transaction_result: transaction.status.name(),
            transaction_date,
            scan_source: "WEB",
            user_reference: transaction.order.user_reference.clone(),
            images: has_images.then_some(images),
            liveness_images: has_images.then(|| callbacks::liveness_urls(&resource, transaction)),
        }
    }
}

fn find<'a>(
    world: &'a World,
    region: &str,
    reference: &str,
    headers: &HeaderMap,
    accept: &[&str],
) -> Result<&'a Transaction, Refusal> {
    api::check_headers(&world.config.jumio, headers, accept)?;
    let account = api::account(world, region, headers, Access::Administration)?;
    let found = world.states.jumio.transactions.get(reference);
    // Another account's or region's transaction looks like one that does not exist.
    found.filter(|it| it.order.account == account && it.order.region == region).ok_or_else(|| {
        Refusal::not_found(
            format!("transaction {reference}"),
            "No transaction of this account and region has this reference, or it was deleted.",
        )
    })
}

fn image(world: &World, region: &str, reference: &str, headers: &HeaderMap, number: u32) -> Result<(), Refusal> {
    let transaction = find(world, region, reference, headers, &["image/jpeg", "image/png", "image/*"])?;
    if callbacks::has_images(transaction) && (1..=transaction.images.max(1)).contains(&number) {
        return Ok(());
    }
    Err(Refusal::not_found("image", "There is no such image: images exist after a verdict, numbered from 1."))
}
