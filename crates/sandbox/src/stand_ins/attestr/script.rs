//! How a handshake turns out.

use serde::{Deserialize, Serialize};

use super::errors::Original;
use super::settings::Stage;
use crate::html::PageScript;
use crate::world::World;

/// A script for the next handshake, or for one that exists. Everything in it but `page` happens once.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttestrScript {
    /// The handshake to change. Without it, the script applies to the next handshake that is created.
    pub handshake: Option<String>,
    /// An error that ends the session.
    pub stage_error: Option<StageError>,
    /// This stage (id or type) passes with `"valid":false` in its output, so that a retry runs it again.
    pub stage_invalid: Option<String>,
    /// What is wrong with the signature.
    pub tamper: Option<Tamper>,
    /// How the user's browser behaves on the hosted page.
    pub page: Option<PageScript>,
    /// The socket breaks off after the answer to this action, such as `PAN_SUBMIT`, was worked out and before it is sent.
    pub drop_socket_at: Option<String>,
}

/// An error that ends the session.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageError {
    /// The id or type of the stage with the error. None: the next stage.
    #[serde(default)]
    pub at: Option<String>,
    /// Which stage the error names.
    #[serde(default)]
    pub position: Position,
    /// The `code`; 5001 by default.
    #[serde(default = "unknown_code")]
    pub code: i64,
    /// The `httpStatusCode`; 500 by default.
    #[serde(default = "unknown_status")]
    pub http_status_code: u16,
    /// The root cause of the error.
    #[serde(default)]
    pub original: Option<Original>,
}

impl Default for StageError {
    fn default() -> Self {
        Self {
            at: None,
            position: Position::Halted,
            code: unknown_code(),
            http_status_code: unknown_status(),
            original: None,
        }
    }
}

fn unknown_code() -> i64 {
    5001
}

fn unknown_status() -> u16 {
    500
}

/// When an error happens, and so which stage it names (A-F7).
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// While a stage runs: `stage` is that stage.
    #[default]
    Halted,
    /// While the next stage is determined: `stage` is the last completed one.
    Next,
    /// While the first stage is determined: `stage` is null.
    First,
}

/// What is wrong with the signature.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tamper {
    /// The handler and the API give the same signature, which does not match the result.
    Signature,
    /// The API's signature is wrong; the handler's is right.
    ApiSignature,
    /// The handler's signature is wrong; the API's is right.
    ClientSignature,
    /// The result was changed after it was signed.
    Result,
}

/// `false`: there is no such handshake.
pub(crate) fn play(world: &mut World, script: AttestrScript) -> bool {
    let state = &mut world.states.attestr;
    let Some(id) = &script.handshake else {
        state.scripts.push_back(script);
        return true;
    };
    let Some(handshake) = state.handshakes.get_mut(id) else { return false };
    let own = &mut handshake.script;
    own.stage_error = script.stage_error.or(own.stage_error.take());
    own.stage_invalid = script.stage_invalid.or(own.stage_invalid.take());
    own.tamper = script.tamper.or(own.tamper);
    own.page = script.page.or(own.page.take());
    own.drop_socket_at = script.drop_socket_at.or(own.drop_socket_at.take());
    true
}

/// For the handshake that is being created.
pub(crate) fn next(world: &mut World) -> AttestrScript {
    world.states.attestr.scripts.pop_front().unwrap_or_default()
}

/// The error that strikes here, if there is one; it strikes once.
pub(crate) fn take_error(world: &mut World, id: &str, position: Position, stage: Option<&Stage>) -> Option<StageError> {
    let script = &mut world.states.attestr.handshakes.get_mut(id)?.script;
    let here = |at: &str| stage.is_some_and(|stage| stage.id == at || stage.kind.name() == at);
    let strikes = |error: &mut StageError| error.position == position && error.at.as_deref().is_none_or(here);
    script.stage_error.take_if(strikes)
}
