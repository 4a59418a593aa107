//! Attestr Flowx.

use idvkit_sandbox::Control;
use serde_json::{Value, json};

use super::{Cast, Play};
use crate::demo::stage::Places;

/// Attestr on stage.
pub const CAST: Cast = Cast { provider: "attestr", config, request, prepare, play };

fn config(_places: &Places<'_>) -> Value {
    json!({})
}

fn request() -> Value {
    json!({})
}

fn prepare(_control: &Control, _places: &Places<'_>) {}

fn play(_scenario: &str) -> Play {
    Play::NotApplicable("not yet")
}
