//! How a session shall turn out.

use serde::{Deserialize, Serialize};

use crate::html::PageScript;
use crate::world::World;

/// What happens to the user. It strikes when the user goes on in the step that it belongs to.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// Everything is passed.
    #[default]
    Approved,
    /// Comparison of faces: another person.
    FaceMismatch,
    /// Liveness: a mask in front of the camera.
    MaskAttack,
    /// Liveness: closed eyes.
    ClosedEyes,
    /// E-Document: the person or the phone is not in the Mobile Citizens Database.
    NotInDatabase,
    /// E-Document: every code counts as wrong.
    WrongCode,
    /// E-Document: the code comes too late and has run out when it is entered.
    LateCode,
    /// E-Document: the government's service does not answer.
    ServiceDown,
    /// The user gives up.
    Aborted,
    /// No camera, or it was refused.
    NoCamera,
    /// E-Document: the user enters another IIN than the prefilled one, where it may be changed.
    IinChanged,
}

/// A script for the next session, or for one that exists.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BiometricKzScript {
    /// Changes a session that exists; otherwise the next create uses the script up.
    pub session: Option<String>,
    /// What happens to the user.
    pub scenario: Option<Scenario>,
    /// Virtual milliseconds from the end to the results.
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
