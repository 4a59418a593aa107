//! What a user's browser does to a page, on demand.

use std::time::Duration;

use axum::response::Response;
use serde::{Deserialize, Serialize};

/// How the user's browser behaves on the hosted page: the `page` of a script.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PageScript {
    /// What becomes of the page's wish for a camera.
    pub camera: Camera,
    /// Whether the page has storage inside a frame.
    pub storage: Storage,
    /// A slow network: real milliseconds before every answer, at most a minute.
    pub delay_ms: u64,
}

/// What becomes of the page's wish for a camera.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Camera {
    /// As in the real browser; a synthetic picture is there for whoever has no camera.
    #[default]
    Real,
    /// The user or the browser refuses it.
    Denied,
    /// There is none.
    None,
    /// Another program has it.
    InUse,
}

/// Whether a framed page has storage.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// The page does without: what the providers' pages keep, and whether they can do without, no document says.
    #[default]
    Ignored,
    /// The page needs it, and looks whether the browser grants it: private windows take it away from third parties.
    Needed,
    /// The page needs it and finds none, so that inside a frame it does not get as far as its content.
    Blocked,
}

/// Found by the outermost layer, which waits that long.
#[derive(Clone, Copy)]
pub(crate) struct Delay(pub(crate) Duration);

impl PageScript {
    /// A capture that no camera was there for is what the page reports when the camera is denied.
    pub(crate) fn action<'a>(&self, action: &'a str, captures: &[&str]) -> &'a str {
        if self.camera != Camera::Real && captures.contains(&action) { "deny_camera" } else { action }
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.min(60_000))
    }

    pub(crate) fn slow(&self, mut response: Response) -> Response {
        if self.delay_ms > 0 {
            response.extensions_mut().insert(Delay(self.delay()));
        }
        response
    }
}

impl Camera {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Denied => "denied",
            Self::None => "none",
            Self::InUse => "in_use",
        }
    }
}

impl Storage {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::Needed => "needed",
            Self::Blocked => "blocked",
        }
    }
}
