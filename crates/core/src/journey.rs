//! What a page or an app needs to present a flow, as data. Following it takes no knowledge of the provider.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::{Reject, RejectCode, UnixMillis};

/// What one user's page or app shows so that the user can complete the flow. Give it only to that user: its links are
/// bearer values.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Journey {
    /// The journey's id. Hints are bound to it.
    pub id: String,
    /// The provider whose flow this is.
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::provider"))]
    #[cfg_attr(feature = "schema", schemars(extend("x-named" = "ProviderId")))]
    pub provider: String,
    /// When the journey can no longer be entered, if that is known.
    pub expires: Option<UnixMillis>,
    /// The ways to present the flow, best first.
    #[serde(deserialize_with = "known_only")]
    pub ways: Vec<Way>,
    /// Ways that the provider forbids, each with the reason.
    #[serde(default)]
    pub refused: Vec<Refused>,
}

impl Journey {
    /// The journey as JSON text, for a page or an app.
    ///
    /// # Panics
    /// Never: every member has a JSON form.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a journey holds only strings, numbers and flags")
    }

    /// Reads a journey from JSON text. A way that this version does not know is dropped; the rest is kept (rule 20).
    ///
    /// # Errors
    /// `journey_malformed` if the text is not a journey.
    pub fn from_json(text: &str) -> Result<Self, Reject> {
        serde_json::from_str(text).map_err(|_| {
            Reject::at(RejectCode::JourneyMalformed, "journey", "this is not the JSON of a server's `Present` step")
        })
    }
}

impl fmt::Debug for Journey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journey")
            .field("id", &self.id)
            .field("provider", &self.provider)
            .field("expires", &self.expires)
            .field("ways", &self.ways)
            .field("refused", &self.refused)
            .finish()
    }
}

fn known_only<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let all: Vec<alloc::boxed::Box<RawValue>> = Vec::deserialize(deserializer)?;
    Ok(all.iter().filter_map(|one| serde_json::from_str(one.get()).ok()).collect())
}

/// One way to present a flow. It is data: a page or an app follows it without knowing the provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = [])))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum), uniffi::export(Debug))]
pub enum Way {
    /// Redirect: send the user's browser to a URL. The provider sends it back to your return URL.
    Redirect {
        /// The URL to send the browser to.
        url: String,
        /// Whether the link may also be sent to the user privately, by mail or message.
        shareable: bool,
        /// The navigations that show that the journey ended.
        finish: Vec<Signal>,
    },
    /// Frame: show the URL in an iframe.
    Frame {
        /// The frame's `src`.
        url: String,
        /// The frame's `allow` attribute. Set it on every nested frame.
        allow: String,
        /// Whether the frame needs `allowfullscreen`.
        allow_fullscreen: bool,
        /// The origins whose messages count. Accept messages only from the frame's own window.
        origins: Vec<String>,
        /// The frame sizes that the provider recommends, largest first.
        sizes: Vec<SizeClass>,
        /// The messages and events of the frame that have a meaning.
        listen: Vec<Signal>,
    },
    /// Web view: load the URL in an app's web view.
    WebView {
        /// The URL to load.
        url: String,
        /// The permissions that the app must grant to the page.
        permissions: Vec<Permission>,
        /// The navigations that show that the journey ended. Check every navigation event.
        finish: Vec<Signal>,
    },
    /// Script: load the provider's script into the page and call it.
    Script {
        /// The script's URL. You may serve a local copy instead.
        src: String,
        /// Whether the script tag needs `type="module"`.
        module: bool,
        /// The name of the global object that the script defines.
        global: String,
        /// Whether the global is a constructor that takes the options. If not, the method takes them.
        construct: bool,
        /// The name of the method to call.
        method: String,
        /// The options to pass, in order.
        options: Vec<Param>,
        /// A CSS selector of the element that the script draws into. Create the element first.
        container: Option<String>,
        /// The browser permissions that the script may ask for.
        #[serde(default)]
        permissions: Vec<Permission>,
        /// The handlers to pass among the options, and the events on the window.
        listen: Vec<Signal>,
    },
    /// Native: start the provider's own SDK in a phone app.
    Native {
        /// The platform: `android`, `ios`, `flutter`.
        platform: String,
        /// The SDK's class.
        sdk: String,
        /// The calls to make in the SDK, in order.
        calls: Vec<NativeCall>,
        /// The SDK's handlers and what each means.
        listen: Vec<Signal>,
    },
    /// Upload: ask the user for images and post them to your server, which hands them to the session.
    Upload {
        /// The images to ask for.
        images: Vec<ImageSlot>,
        /// The media types that the provider takes.
        types: Vec<String>,
        /// The largest file, in bytes.
        max_bytes: i64,
        /// The longest side of an image, in pixels.
        max_pixels: i32,
    },
}

impl Way {
    /// The way's stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Redirect { .. } => "redirect",
            Self::Frame { .. } => "frame",
            Self::WebView { .. } => "web_view",
            Self::Script { .. } => "script",
            Self::Native { .. } => "native",
            Self::Upload { .. } => "upload",
        }
    }

    /// The signals of this way.
    pub fn signals(&self) -> &[Signal] {
        match self {
            Self::Redirect { finish, .. } | Self::WebView { finish, .. } => finish,
            Self::Frame { listen, .. } | Self::Script { listen, .. } | Self::Native { listen, .. } => listen,
            Self::Upload { .. } => &[],
        }
    }
}

/// Prints the name only: the rest holds bearer values.
impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Way({})", self.name())
    }
}

/// A way that the provider forbids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record))]
pub struct Refused {
    /// The name of the forbidden [`Way`].
    pub way: String,
    /// Why the provider forbids it, and what to do instead.
    pub reason: String,
}

/// A size class of a frame, in CSS pixels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record))]
pub struct SizeClass {
    /// The size class's name.
    pub name: String,
    /// The width in CSS pixels.
    pub width: i32,
    /// The height in CSS pixels.
    pub height: i32,
    /// Whether width and height are minimum, exact or maximum values.
    pub bound: Bound,
}

/// How a frame size is meant. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum))]
pub enum Bound {
    /// The frame has at least this size.
    AtLeast,
    /// The frame has exactly this size.
    Exactly,
    /// The frame has at most this size.
    AtMost,
}

/// A permission that an app must grant to a page in a web view, or that a script asks the browser for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum))]
pub enum Permission {
    /// Use of the camera.
    Camera,
    /// Use of the microphone. iOS asks for camera and microphone at once.
    Microphone,
    /// Execution of JavaScript.
    Javascript,
    /// Use of the page's local storage.
    DomStorage,
}

/// One option of a script or an SDK call.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = ["name"])))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Param {
    /// The option's name.
    pub name: String,
    /// The option's value.
    pub value: ParamValue,
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Param({})", self.name)
    }
}

/// The value of an option.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = [])))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum), uniffi::export(Debug))]
pub enum ParamValue {
    /// A text.
    Text {
        /// The text.
        value: String,
    },
    /// A boolean value.
    Flag {
        /// The boolean.
        value: bool,
    },
    /// An object whose members are texts.
    Texts {
        /// The object's members, in order.
        value: Vec<TextEntry>,
    },
    /// The value `null`.
    Null,
    /// An object that only the app has: an activity, a view controller or a delegate.
    Host {
        /// Which object of the app is meant.
        what: String,
    },
}

/// Prints the kind only: handshakes and tokens are among the values.
impl fmt::Debug for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text { .. } => "Text(..)",
            Self::Flag { .. } => "Flag(..)",
            Self::Texts { .. } => "Texts(..)",
            Self::Null => "Null",
            Self::Host { .. } => "Host(..)",
        })
    }
}

/// One member of an object whose members are texts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = [])))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record), uniffi::export(Debug))]
pub struct TextEntry {
    /// The member's name.
    pub name: String,
    /// The member's value.
    pub value: String,
}

impl fmt::Debug for TextEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TextEntry(..)")
    }
}

/// One call into a provider's SDK.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = [])))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record), uniffi::export(Debug))]
pub struct NativeCall {
    /// The method's name.
    pub method: String,
    /// The method's parameters, in order.
    pub params: Vec<Param>,
}

impl fmt::Debug for NativeCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NativeCall({})", self.method)
    }
}

/// One image that the user is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record))]
pub struct ImageSlot {
    /// The slot's name: `front`, `back` or `selfie`.
    pub slot: String,
    /// Whether the image is required.
    pub required: bool,
}

/// Something that a page or app can observe, and what it means. `read` follows these rules, so a client needs no rules
/// of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record))]
pub struct Signal {
    /// What to observe.
    pub on: Trigger,
    /// The conditions; all of them must hold.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// What the observation means.
    pub means: HintKind,
    /// The members to carry into the hint for the server.
    #[serde(default)]
    pub carry: Vec<Carry>,
}

/// An event that a page or app can observe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum))]
pub enum Trigger {
    /// A navigation to this URL: scheme, host, port and path equal; query, fragment and one trailing slash ignored.
    /// Conditions and carried members refer to query parameters.
    Navigation {
        /// The URL, without query.
        url: String,
    },
    /// A message from the frame's window and from one of these origins. Conditions and carried members refer to its
    /// JSON object.
    Message {
        /// The accepted origins.
        origins: Vec<String>,
    },
    /// A call of a handler that was passed among the options under each of these names. Conditions and carried members
    /// refer to the handler's argument.
    Handler {
        /// The option names of the handler.
        names: Vec<String>,
    },
    /// An event on the window.
    Event {
        /// The event's name.
        name: String,
    },
}

/// A condition: a member must have one of these values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record))]
pub struct Condition {
    /// The member's path, with dots between names.
    pub path: String,
    /// The accepted values as texts. A boolean counts as `true` or `false`, an integer as its digits; see
    /// [`read`](crate::read()).
    pub is: Vec<String>,
}

/// A member that is copied into the hint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record))]
pub struct Carry {
    /// The member's name in the hint.
    pub name: String,
    /// The member's path, with dots between names.
    pub path: String,
    /// The longest value, in characters; a longer one is cut.
    pub max: i32,
}

/// What a signal means. It is a claim by a client and never decides a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum))]
pub enum HintKind {
    /// The provider's page has loaded.
    Loaded,
    /// The page reports that the user completed the journey.
    Success,
    /// The journey ended, but nothing says how.
    Finished,
    /// An error ended the journey.
    Error,
    /// The user gave up.
    Skipped,
    /// The page or app was closed.
    Closed,
}
