//! Signicat's own calls of the control API.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::state::Process;
use crate::control::Control;
use crate::control::http::{answer_found, done, read};
use crate::world::Handle;

pub(crate) fn router() -> Router<Handle> {
    Router::new().route("/processes", get(processes)).route("/revoke", post(revoke)).route("/sdk", post(sdk))
}

pub(crate) const HELP: [(&str, &str); 4] = [
    ("POST /_sandbox/script", "{\"provider\":\"signicat\",\"for_provider\":\"readid\",\"outcome\":\"rejected\"}"),
    ("GET /_sandbox/signicat/processes", "processes and their statuses"),
    ("POST /_sandbox/signicat/revoke", "makes all access tokens invalid"),
    ("POST /_sandbox/signicat/sdk", "{\"process\": id}: the provider's own SDK has taken its pictures"),
];

/// A process as the control API shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProcessView {
    /// The id of the process's dossier.
    pub dossier_id: String,
    /// The id of the process.
    pub process_id: String,
    /// The verification provider.
    pub provider: String,
    /// The status as the API writes it.
    pub status: String,
}

impl Control {
    /// Signicat's processes, by dossier, oldest first.
    pub fn processes(&self) -> Vec<ProcessView> {
        let world = self.world();
        let state = &world.states.signicat;
        let dossiers = state.order.iter().filter_map(|id| state.dossiers.get(id));
        let processes = dossiers.flat_map(|dossier| &dossier.processes).filter_map(|id| state.processes.get(id));
        processes.map(view).collect()
    }

    /// Makes every Signicat access token that was issued so far invalid.
    pub fn revoke_tokens(&self) {
        self.world().states.signicat.tokens.clear();
    }

    /// Reports that the provider's own SDK has taken its pictures for this Signicat process in an app. Returns `false`
    /// if no process that waits for pictures has this id.
    pub fn sdk_done(&self, process: &str) -> bool {
        self.world().states.signicat.sdk_done(process)
    }
}

fn view(process: &Process) -> ProcessView {
    ProcessView {
        dossier_id: process.dossier.clone(),
        process_id: process.id.clone(),
        provider: process.order.provider.clone(),
        status: process.status().to_owned(),
    }
}

async fn processes(State(shared): State<Handle>) -> Response {
    Json(Control::new(shared).processes()).into_response()
}

async fn revoke(State(shared): State<Handle>) -> Json<Value> {
    Control::new(shared).revoke_tokens();
    done()
}

#[derive(Deserialize)]
struct SdkDone {
    process: String,
}

async fn sdk(State(shared): State<Handle>, body: Bytes) -> Response {
    let found = read::<SdkDone>(&body).map(|it| Control::new(shared).sdk_done(&it.process));
    answer_found(found, "no process that waits for pictures has this id")
}
