//! How a session turns out.

use serde::{Deserialize, Serialize};

use crate::html::PageScript;
use crate::world::World;

/// What happens to the user. It happens when the user continues in the step that it belongs to.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// The user passes every step.
    #[default]
    Approved,
    /// Comparison of faces: the user is another person.
    FaceMismatch,
    /// Liveness: there is a mask in front of the camera.
    MaskAttack,
    /// Liveness: the user's eyes are closed.
    ClosedEyes,
    /// E-Document: the person or the phone is not in the Mobile Citizens Database.
    NotInDatabase,
    /// E-Document: every code counts as wrong.
    WrongCode,
    /// E-Document: the code has expired when it is entered.
    LateCode,
    /// E-Document: the government's service does not answer.
    ServiceDown,
    /// The user gives up.
    Aborted,
    /// There is no camera, or it was denied.
    NoCamera,
    /// E-Document: the user enters another IIN than the prefilled one, if it is changeable.
    IinChanged,
}

/// A script for the next session, or for one that exists.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BiometricKzScript {
    /// The session to change. Without it, the script applies to the next session that is created.
    pub session: Option<String>,
    /// What happens to the user.
    pub scenario: Option<Scenario>,
    /// The time from the end of the session to its results, in virtual milliseconds.
    pub pending_ms: Option<i64>,
    /// How the user's browser behaves on the hosted page.
    pub page: Option<PageScript>,
}

/// `false`: there is no such session.
pub(crate) fn play(world: &mut World, script: BiometricKzScript) -> bool {
    let state = &mut world.states.biometric_kz;
    let Some(id) = &script.session else {
        state.scripts.push_back(script);
        return true;
    };
    let Some(session) = state.sessions.get_mut(id) else { return false };
    session.scenario = script.scenario.unwrap_or(session.scenario);
    session.pending_ms = script.pending_ms.unwrap_or(session.pending_ms);
    session.page = script.page.unwrap_or(session.page.clone());
    true
}

/// For the session that is being created.
pub(crate) fn next(world: &mut World) -> BiometricKzScript {
    world.states.biometric_kz.scripts.pop_front().unwrap_or_default()
}
