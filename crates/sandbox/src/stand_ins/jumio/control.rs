//! Jumio's own calls of the control API.

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::colours;
use super::settings::Enrollment;
use super::state::{Transaction, TransactionStatus};
use crate::control::Control;
use crate::control::http::apply;
use crate::world::Handle;

pub(crate) fn router() -> Router<Handle> {
    Router::new()
        .route("/enrollments", get(enrollments).post(add_enrollment))
        .route("/transactions", get(transactions))
        .route("/colours", get(show_colours))
}

pub(crate) const HELP: [(&str, &str); 4] = [
    ("POST /_sandbox/script", "{\"provider\":\"jumio\",\"outcome\":\"FAILED\",\"verdict_delay_ms\":0}"),
    ("GET, POST /_sandbox/jumio/enrollments", "ID verifications that can be referred to; POST adds or replaces one"),
    ("GET /_sandbox/jumio/transactions", "transactions and their states"),
    ("GET /_sandbox/jumio/colours?locale=en-GB", "the colours that a locale gets"),
];

/// A transaction as the control API shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TransactionView {
    /// The transaction's reference.
    pub reference: String,
    /// The reference of the ID verification that it authenticates against.
    pub enrollment: String,
    /// The state of the transaction.
    pub status: TransactionStatus,
    /// How many submissions were unacceptable so far.
    pub failed_attempts: u8,
    /// When it was initiated, in Unix milliseconds.
    pub created: i64,
    /// When it expires if nothing else happens, in Unix milliseconds.
    pub expires: Option<i64>,
}

impl Control {
    /// Jumio's transactions, oldest first.
    pub fn transactions(&self) -> Vec<TransactionView> {
        let world = self.world();
        let state = &world.states.jumio;
        state.order.iter().filter_map(|reference| state.transactions.get(reference)).map(view).collect()
    }
}

fn view(transaction: &Transaction) -> TransactionView {
    TransactionView {
        reference: transaction.reference.clone(),
        enrollment: transaction.order.enrollment.clone(),
        status: transaction.status,
        failed_attempts: transaction.failed_attempts,
        created: transaction.created,
        expires: (!transaction.status.is_final()).then_some(transaction.deadline),
    }
}

async fn enrollments(State(shared): State<Handle>) -> Response {
    Json(&shared.world().config.jumio.enrollments).into_response()
}

async fn add_enrollment(State(shared): State<Handle>, body: Bytes) -> Response {
    apply(&body, |enrollment: Enrollment| {
        let list = &mut shared.world().config.jumio.enrollments;
        list.retain(|other| other.reference != enrollment.reference);
        list.push(enrollment);
    })
}

async fn transactions(State(shared): State<Handle>) -> Response {
    Json(Control::new(shared).transactions()).into_response()
}

#[derive(Deserialize)]
struct Locale {
    locale: String,
}

async fn show_colours(State(shared): State<Handle>, Query(query): Query<Locale>) -> Response {
    Json(colours::resolve(&shared.world().config.jumio.portal, &query.locale)).into_response()
}
