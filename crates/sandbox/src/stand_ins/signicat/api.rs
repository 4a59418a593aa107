//! The entrance of the Assure API: the token, the row of the table, the answer.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::errors::Problem;
use super::state::{Dossier, Process};
use super::{table, token};
use crate::log::hinted;
use crate::world::{Handle, World};

/// A call on its way through a handler.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) client: usize,
    pub(crate) method: &'a Method,
    pub(crate) ids: Vec<String>,
    pub(crate) body: &'a [u8],
}

/// An answer in the making.
pub(crate) struct Reply {
    status: u16,
    body: Body,
    hint: String,
    /// Callbacks that are due go out before this answer.
    callbacks_first: bool,
}

enum Body {
    Empty,
    Json(Value),
    File { content_type: &'static str, bytes: Vec<u8> },
}

impl Reply {
    pub(crate) fn json(status: u16, value: Value) -> Self {
        Self { status, body: Body::Json(value), hint: String::new(), callbacks_first: false }
    }

    pub(crate) fn empty() -> Self {
        Self { status: 204, body: Body::Empty, hint: String::new(), callbacks_first: false }
    }

    pub(crate) fn file(content_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { status: 200, body: Body::File { content_type, bytes }, hint: String::new(), callbacks_first: false }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    pub(crate) fn after_callbacks(mut self, first: bool) -> Self {
        self.callbacks_first = first;
        self
    }

    fn response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let response = match self.body {
            Body::Empty => status.into_response(),
            Body::Json(value) => (status, Json(value)).into_response(),
            Body::File { content_type, bytes } => {
                (status, [(header::CONTENT_TYPE, content_type)], bytes).into_response()
            }
        };
        hinted(response, self.hint)
    }
}

impl Call<'_> {
    /// The body as one JSON object; an empty one and null count as `{}`, and a member that is null
    /// as none (S-F2.10).
    pub(crate) fn fields(&self) -> Result<Map<String, Value>, Problem> {
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(self.body).map(without_nulls) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(Value::Null) => Ok(Map::new()),
            _ => Err(Problem::bad_request("The body must be one JSON object.")),
        }
    }

    /// The dossier in the path. Unknown and foreign look the same.
    pub(crate) fn dossier(&mut self) -> Result<&mut Dossier, Problem> {
        let client = self.client;
        let found = self.ids.first().and_then(|id| self.world.states.signicat.dossiers.get_mut(id));
        found
            .filter(|dossier| dossier.client == client)
            .ok_or_else(|| Problem::not_found("No dossier of this client has this id; it may have been deleted."))
    }

    /// The process in the path, which must be in the dossier in the path.
    pub(crate) fn process(&mut self) -> Result<&mut Process, Problem> {
        let dossier = self.dossier()?.id.clone();
        let found = self.ids.get(1).and_then(|id| self.world.states.signicat.processes.get_mut(id));
        found.filter(|process| process.dossier == dossier).ok_or_else(|| {
            Problem::not_found("No process in this dossier has this id; mind the order: dossier first, then process.")
        })
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let given = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(given.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

pub(crate) async fn assure(
    State(shared): State<Handle>,
    Path(path): Path<String>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = {
        let mut world = shared.world();
        answer(&mut world, &path, &method, &headers, &body)
            .map_err(|problem| problem.response(&mut world, &method, &format!("/assure/{path}")))
    };
    match answer {
        Ok(reply) => {
            if reply.callbacks_first {
                shared.settle().await;
            }
            reply.response()
        }
        Err(response) => response,
    }
}

fn answer(world: &mut World, path: &str, method: &Method, headers: &HeaderMap, body: &[u8]) -> Result<Reply, Problem> {
    let (row, ids) = match table::find(&world.config.signicat, method, path) {
        Ok(found) => found,
        Err(others) if others.is_empty() => {
            return Err(Problem::not_found(
                "Assure has no such path here; uncertain paths can be set in signicat.routes.",
            ));
        }
        Err(others) => {
            let hint = format!("This path takes {}.", others.join(", "));
            return Err(Problem::new(405, "The method is not allowed.", hint));
        }
    };
    let client = token::authorised(world, headers, row.scope)?;
    let mut call = Call { world, client, method, ids, body };
    (row.run)(&mut call)
}
