//! What a page or an app needs to present a flow, as data: no provider logic is needed to follow it.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::{Reject, RejectCode, UnixMillis};

/// How this one user gets through the flow. Safe to give to that user's page or phone, and to nobody else: its links
/// are bearer values.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Journey {
    /// Names this attempt. Hints are bound to it.
    pub id: String,
    /// Whose flow it is.
    #[cfg_attr(feature = "wire", serde(serialize_with = "crate::wire::provider"))]
    #[cfg_attr(feature = "schema", schemars(extend("x-named" = "ProviderId")))]
    pub provider: String,
    /// When the way in closes, if that is known.
    pub expires: Option<UnixMillis>,
    /// Every way in which it may be presented, best first.
    #[serde(deserialize_with = "known_only")]
    pub ways: Vec<Way>,
    /// Ways that the provider forbids, with the reason.
    #[serde(default)]
    pub refused: Vec<Refused>,
}

impl Journey {
    /// The journey as JSON, for a page or an app.
    ///
    /// # Panics
    /// Never: every member has a JSON form.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a journey holds only strings, numbers and flags")
    }

    /// Reads a journey. A way that this version does not know is dropped, the rest is kept (rule 20).
    ///
    /// # Errors
    /// `journey_malformed` if it is not a journey.
    pub fn from_json(text: &str) -> Result<Self, Reject> {
        serde_json::from_str(text).map_err(|_| {
            Reject::at(
                RejectCode::JourneyMalformed,
                "journey",
                "this is not the JSON that a server's `Present` step gave",
            )
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

/// One way to present a flow. Rich enough that a page or an app can follow it without knowing the provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = [])))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum), uniffi::export(Debug))]
pub enum Way {
    /// Send the user's browser to a URL; it comes back to a return URL of yours.
    Redirect {
        /// Where to.
        url: String,
        /// Whether the link may also be sent to the user privately (mail, message).
        shareable: bool,
        /// How the end of the journey shows in a navigation.
        finish: Vec<Signal>,
    },
    /// Put the URL into an iframe.
    Frame {
        /// The frame's `src`.
        url: String,
        /// The frame's `allow` attribute, needed on every nested frame.
        allow: String,
        /// Whether `allowfullscreen` is needed.
        allow_fullscreen: bool,
        /// The only origins whose messages count, and only from the frame's own window.
        origins: Vec<String>,
        /// Size classes that the provider recommends, largest first.
        sizes: Vec<SizeClass>,
        /// What the frame tells the page.
        listen: Vec<Signal>,
    },
    /// Load the URL in an app's web view.
    WebView {
        /// Where to.
        url: String,
        /// What the app must grant to the page.
        permissions: Vec<Permission>,
        /// How the end shows in a navigation, on any navigation event.
        finish: Vec<Signal>,
    },
    /// Load a script into the page and call it.
    Script {
        /// The script's URL; may be replaced by a local copy.
        src: String,
        /// Whether the tag is `type="module"`.
        module: bool,
        /// The global object that the script defines.
        global: String,
        /// Whether the global is a constructor that takes the options; otherwise the method takes them.
        construct: bool,
        /// The method to call.
        method: String,
        /// The options, in order.
        options: Vec<Param>,
        /// A CSS selector of the element to create for it, if it needs one.
        container: Option<String>,
        /// What the script may ask the browser for.
        #[serde(default)]
        permissions: Vec<Permission>,
        /// Handlers to pass among the options, and events on the window.
        listen: Vec<Signal>,
    },
    /// Hand over to the provider's own SDK on a phone.
    Native {
        /// The platform: `android`, `ios`, `flutter`.
        platform: String,
        /// The SDK's class.
        sdk: String,
        /// The calls to make, in order.
        calls: Vec<NativeCall>,
        /// The SDK's handlers.
        listen: Vec<Signal>,
    },
    /// Ask the user for images and post them to your server, which tells the session of them.
    Upload {
        /// The images wanted.
        images: Vec<ImageSlot>,
        /// Media types that the provider takes.
        types: Vec<String>,
        /// Largest file, in bytes.
        max_bytes: i64,
        /// Longest side, in pixels.
        max_pixels: i32,
    },
}

impl Way {
    /// The variant's stable name.
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

    /// What can be seen along this way.
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
    /// Which: the name of a [`Way`].
    pub way: String,
    /// Why, and what to do instead.
    pub reason: String,
}

/// A size class of a frame, in CSS pixels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record))]
pub struct SizeClass {
    /// Its name.
    pub name: String,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
    /// Whether the two are least, exact or greatest values.
    pub bound: Bound,
}

/// How a size is meant. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum))]
pub enum Bound {
    /// At least this size.
    AtLeast,
    /// This size.
    Exactly,
    /// At most this size.
    AtMost,
}

/// What an app must grant to a page in a web view, or what a script asks the browser for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum))]
pub enum Permission {
    /// The camera.
    Camera,
    /// The microphone (iOS asks for both at once).
    Microphone,
    /// JavaScript.
    Javascript,
    /// Local storage of the page.
    DomStorage,
}

/// One option of a script or an SDK call.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = ["name"])))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record), uniffi::export(Debug))]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its value.
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
    /// A string.
    Text {
        /// The text.
        value: String,
    },
    /// A boolean.
    Flag {
        /// The flag.
        value: bool,
    },
    /// An object of strings.
    Texts {
        /// Its members, in order.
        value: Vec<TextEntry>,
    },
    /// `null`.
    Null,
    /// The activity, view controller or delegate that only the app has.
    Host {
        /// What is meant.
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

/// One member of an object of strings.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = [])))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record), uniffi::export(Debug))]
pub struct TextEntry {
    /// Its name.
    pub name: String,
    /// Its value.
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
    /// The method.
    pub method: String,
    /// Its parameters, in order.
    pub params: Vec<Param>,
}

impl fmt::Debug for NativeCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NativeCall({})", self.method)
    }
}

/// One image that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record))]
pub struct ImageSlot {
    /// Its name: `front`, `back`, `selfie`.
    pub slot: String,
    /// Whether it must be there.
    pub required: bool,
}

/// Something to be seen on the way, and what it means. `read` follows these rules; no client has rules of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record))]
pub struct Signal {
    /// Where it is seen.
    pub on: Trigger,
    /// Each of these must hold.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// What it means.
    pub means: HintKind,
    /// What to tell the server of it.
    #[serde(default)]
    pub carry: Vec<Carry>,
}

/// Where a signal is seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum))]
pub enum Trigger {
    /// A navigation to this URL: scheme, host, port and path equal; query, fragment and one trailing slash ignored.
    /// Conditions and carried members are query parameters.
    Navigation {
        /// The URL, without query.
        url: String,
    },
    /// A message from the frame's window, from one of these origins. Members are those of its JSON object.
    Message {
        /// The origins.
        origins: Vec<String>,
    },
    /// A handler passed among the options, under all of these names. Members are those of the handler's argument.
    Handler {
        /// The names.
        names: Vec<String>,
    },
    /// An event on the window.
    Event {
        /// Its name.
        name: String,
    },
}

/// A member that must have one of these values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record))]
pub struct Condition {
    /// The member, as a dotted path.
    pub path: String,
    /// The texts that will do; a flag counts as `true` or `false`, an integer as its digits, as [`read`](crate::read()) says.
    pub is: Vec<String>,
}

/// A member to carry into the hint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Record))]
pub struct Carry {
    /// Its name in the hint.
    pub name: String,
    /// The member, as a dotted path.
    pub path: String,
    /// It is cut after so many characters.
    pub max: i32,
}

/// What a signal means. A claim by a client in any case: it never decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum))]
pub enum HintKind {
    /// The provider's page has loaded.
    Loaded,
    /// The user says the journey went through.
    Success,
    /// The journey ended, and nothing says how.
    Finished,
    /// An error ended it.
    Error,
    /// The user gave up.
    Skipped,
    /// The page or app was closed.
    Closed,
}
