//! How a user's browser behaves, on demand.

use std::time::Duration;

use axum::response::Response;
use serde::{Deserialize, Serialize};

/// How the user's browser behaves on the hosted page: the `page` of a script.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PageScript {
    /// What happens when the page asks for a camera.
    pub camera: Camera,
    /// Whether the page has storage inside a frame.
    pub storage: Storage,
    /// The delay before every answer, as on a slow network, in real milliseconds, at most 60 000.
    pub delay_ms: u64,
}

/// What happens when the page asks for a camera.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Camera {
    /// The real browser decides. Without a camera, the user can take a synthetic picture.
    #[default]
    Real,
    /// The user or the browser denies the camera.
    Denied,
    /// The device has no camera.
    None,
    /// Another program uses the camera.
    InUse,
}

/// Whether a page inside a frame has storage.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// The page needs no storage. No document says whether the providers' pages do.
    #[default]
    Ignored,
    /// The page needs storage, and checks whether the browser grants it: private windows refuse it to third parties.
    Needed,
    /// The page needs storage and has none, so that inside a frame it does not show its content.
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
