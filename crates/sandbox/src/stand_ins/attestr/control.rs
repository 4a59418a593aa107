//! Attestr's own calls of the control API.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::settings::Flow;
use super::state::{End, Handshake};
use crate::control::Control;
use crate::control::http::{answer_found, apply, read};
use crate::world::Handle;

pub(crate) fn router() -> Router<Handle> {
    Router::new()
        .route("/flows", get(flows).post(add_flow))
        .route("/handshakes", get(handshakes))
        .route("/archive", post(archive))
}

pub(crate) const HELP: [(&str, &str); 3] = [
    ("POST /_sandbox/script", "{\"provider\":\"attestr\",\"stage_error\":{...}}"),
    ("GET, POST /_sandbox/attestr/flows", "flows with stages and variables; POST adds or replaces one"),
    (
        "GET /_sandbox/attestr/handshakes; POST /_sandbox/attestr/archive",
        "handshakes; {\"handshake\": id} archives one",
    ),
];

/// A handshake as the control API shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HandshakeView {
    /// The handshake's id, `DS0…`.
    pub id: String,
    /// The id of the flow that it runs.
    pub flow: String,
    /// The caller's own reference.
    pub tag: String,
    /// The status: `created`, `running`, `completed`, `skipped` or `errored`.
    pub status: &'static str,
    /// Whether the handshake has been launched.
    pub consumed: bool,
    /// When the handshake was archived, in Unix milliseconds.
    pub archived: Option<i64>,
    /// The stages that are in the result so far.
    pub stages: Vec<String>,
}

impl Control {
    /// Attestr's handshakes, oldest first.
    pub fn handshakes(&self) -> Vec<HandshakeView> {
        let world = self.world();
        let state = &world.states.attestr;
        state.order.iter().filter_map(|id| state.handshakes.get(id)).map(view).collect()
    }

    /// Archives an Attestr handshake, which deletes its result and signature. Returns `false` if there is no such
    /// handshake.
    pub fn archive(&self, handshake: &str) -> bool {
        let mut world = self.world();
        let now = world.clock.now();
        world.states.attestr.archive(handshake, now)
    }
}

fn view(handshake: &Handshake) -> HandshakeView {
    let status = match (handshake.end(), &handshake.run) {
        (Some(End::Completed { .. }), _) => "completed",
        (Some(End::Skipped { .. }), _) => "skipped",
        (Some(End::Errored(_)), _) => "errored",
        (None, Some(_)) => "running",
        (None, None) => "created",
    };
    HandshakeView {
        id: handshake.id.clone(),
        flow: handshake.flow.id.clone(),
        tag: handshake.tag.clone(),
        status,
        consumed: handshake.consumed(),
        archived: handshake.archived,
        stages: handshake.passed.iter().map(|passed| passed.stage.clone()).collect(),
    }
}

async fn flows(State(shared): State<Handle>) -> Response {
    Json(&shared.world().config.attestr.flows).into_response()
}

async fn add_flow(State(shared): State<Handle>, body: Bytes) -> Response {
    apply(&body, |flow: Flow| {
        let list = &mut shared.world().config.attestr.flows;
        list.retain(|other| other.id != flow.id);
        list.push(flow);
    })
}

async fn handshakes(State(shared): State<Handle>) -> Response {
    Json(Control::new(shared).handshakes()).into_response()
}

#[derive(Deserialize)]
struct Archive {
    handshake: String,
}

async fn archive(State(shared): State<Handle>, body: Bytes) -> Response {
    let found = read::<Archive>(&body).map(|archive| Control::new(shared).archive(&archive.handshake));
    answer_found(found, "there is no handshake with this id")
}
