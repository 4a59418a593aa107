//! biometric.kz's own calls of the control API.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::settings::BiometricKzFlow;
use super::state::Session;
use crate::control::Control;
use crate::control::http::apply;
use crate::world::Handle;

pub(crate) fn router() -> Router<Handle> {
    Router::new().route("/flows", get(flows).post(add_flow)).route("/sessions", get(sessions))
}

pub(crate) const HELP: [(&str, &str); 3] = [
    ("POST /_sandbox/script", "{\"provider\":\"biometric_kz\",\"scenario\":\"face_mismatch\",\"pending_ms\":0}"),
    ("GET, POST /_sandbox/biometric_kz/flows", "flows with keys and technologies; POST adds or replaces one"),
    ("GET /_sandbox/biometric_kz/sessions", "sessions and where their users are"),
];

/// A session as the control API shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SessionView {
    /// The session's id, as its creation returned it.
    pub session_id: String,
    /// The flow's name.
    pub flow: String,
    /// The step that the user is at: `not_opened`, `liveness`, `photo`, `document`, `entry`, `code`, `other` or
    /// `ended`.
    pub step: &'static str,
    /// Whether the user passed everything; none before the end.
    pub passed: Option<bool>,
    /// Whether the results are available.
    pub ready: bool,
}

impl Control {
    /// biometric.kz's sessions, oldest first.
    pub fn sessions(&self) -> Vec<SessionView> {
        let world = self.world();
        let state = &world.states.biometric_kz;
        state.order.iter().filter_map(|id| state.sessions.get(id)).map(view).collect()
    }
}

fn view(session: &Session) -> SessionView {
    SessionView {
        session_id: session.id.clone(),
        flow: session.flow.name.clone(),
        step: match (session.ended, session.opened) {
            (Some(_), _) => "ended",
            (None, false) => "not_opened",
            (None, true) => session.step.name(),
        },
        passed: session.ended.map(|end| end.failure.is_none()),
        ready: session.ready,
    }
}

async fn flows(State(shared): State<Handle>) -> Response {
    Json(&shared.world().config.biometric_kz.flows).into_response()
}

async fn add_flow(State(shared): State<Handle>, body: Bytes) -> Response {
    apply(&body, |flow: BiometricKzFlow| {
        let list = &mut shared.world().config.biometric_kz.flows;
        list.retain(|other| other.api_key != flow.api_key);
        list.push(flow);
    })
}

async fn sessions(State(shared): State<Handle>) -> Response {
    Json(Control::new(shared).sessions()).into_response()
}
