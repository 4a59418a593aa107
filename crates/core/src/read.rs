//! `read` turns what a page or phone saw into an opaque hint for its own server.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::{Carry, Condition, HintKind, Journey, Reject, RejectCode, Signal, Trigger, Way};

/// The longest hint text, in bytes.
pub const MAX_HINT_BYTES: usize = 4096;
/// What a page saw is ignored if it is larger than this, in bytes.
const MAX_SEEN_BYTES: usize = 256 * 1024;
/// The largest integer up to which every language has each integer: 2^53 - 1.
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Something that a page or phone saw. It has a JSON form, but never leaves the client: `read` turns it into a hint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-repr" = [])))]
#[cfg_attr(feature = "uniffi-client", derive(uniffi::Enum), uniffi::export(Debug))]
pub enum Seen {
    /// The page or web view navigated. Report every navigation event, also page-started.
    Navigation {
        /// The absolute URL of the navigation.
        url: String,
    },
    /// A message from the frame's own window.
    Message {
        /// The origin of the message event.
        origin: String,
        /// The data of the message event, if it is a string; anything else as its JSON text.
        data: String,
    },
    /// A handler was called, or an event fired on the window.
    Event {
        /// The name of the handler or event.
        name: String,
        /// The handler's argument or the event's detail as JSON text; empty if there is none.
        data: String,
    },
    /// The user closed the page, frame or view.
    Closed,
}

/// Prints the variant only: messages and URLs can hold tokens.
impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Navigation { .. } => "Navigation(..)",
            Self::Message { .. } => "Message(..)",
            Self::Event { .. } => "Event(..)",
            Self::Closed => "Closed",
        })
    }
}

/// Turns what was seen into the text of a hint, or returns `None` if it means nothing for this journey.
///
/// It needs no credentials and decides nothing. Foreign messages, other origins and navigations to other pages give
/// `None`, never an error (J-V9). So does a message with a number that no double can hold (`1e999`), or nested 128 deep
/// or more. A member that is a number counts if it is an integer within ±(2^53 - 1), as its digits (`1.0` and `1e0` are
/// `1`, `-0` is `0`); any other number counts as if it was absent, in every language alike.
///
/// Post the text to your own server, which handles `Input::Hint`.
pub fn read(journey: &Journey, seen: &Seen) -> Option<String> {
    if matches!(seen, Seen::Closed) {
        return Some(write_hint(&journey.id, HintKind::Closed, Vec::new()));
    }
    let members = Members::of(seen)?;
    let signals = journey.ways.iter().flat_map(Way::signals);
    let signal = signals.into_iter().find(|signal| fits(signal, seen, &members))?;
    Some(write_hint(&journey.id, signal.means, members.carried(&signal.carry)))
}

/// A hint as the server reads it: what a client claims.
#[derive(Clone, PartialEq, Eq)]
pub struct Hint {
    /// The meaning of what the client saw.
    pub kind: HintKind,
    /// The members that the journey's signal carries.
    pub members: Vec<(String, String)>,
}

impl Hint {
    /// Reads the text that [`read`] gave for that journey.
    ///
    /// # Errors
    /// `hint_too_long` over 4096 bytes, `hint_malformed` if `read` cannot have returned the text, `hint_stale` if it
    /// belongs to another journey.
    pub fn parse(text: &str, journey: &str) -> Result<Self, Reject> {
        if text.len() > MAX_HINT_BYTES {
            return Err(Reject::at(RejectCode::HintTooLong, "text", "a hint has at most 4096 bytes"));
        }
        let wire: Wire = serde_json::from_str(text).map_err(|_| {
            Reject::at(RejectCode::HintMalformed, "text", "pass the text that `read` returned, unchanged")
        })?;
        if wire.journey != journey {
            return Err(Reject::at(
                RejectCode::HintStale,
                "text",
                "the hint belongs to another journey; show the current one",
            ));
        }
        let text_of = |value: Value| match value {
            Value::String(text) => Some(text),
            _ => None,
        };
        let members = wire.data.into_iter().filter_map(|(name, value)| Some((name, text_of(value)?))).collect();
        Ok(Self { kind: wire.kind, members })
    }

    /// The carried member with this name.
    pub fn member(&self, name: &str) -> Option<&str> {
        self.members.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hint({:?})", self.kind)
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    journey: String,
    kind: HintKind,
    #[serde(default)]
    data: serde_json::Map<String, Value>,
}

fn write_hint(journey: &str, kind: HintKind, carried: Vec<(String, String)>) -> String {
    let data = carried.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    let mut wire = Wire { journey: journey.into(), kind, data };
    let text = to_json(&wire);
    if text.len() <= MAX_HINT_BYTES {
        return text;
    }
    // Only a hostile page fills every member; the kind alone still says what matters.
    wire.data = serde_json::Map::new();
    to_json(&wire)
}

fn to_json(wire: &Wire) -> String {
    serde_json::to_string(wire).expect("a hint holds only strings")
}

fn fits(signal: &Signal, seen: &Seen, members: &Members) -> bool {
    let triggered = match (&signal.on, seen) {
        (Trigger::Navigation { url }, Seen::Navigation { url: seen }) => same_place(url, seen),
        (Trigger::Message { origins }, Seen::Message { origin, .. }) => origins.contains(origin),
        (Trigger::Handler { names }, Seen::Event { name, .. }) => names.contains(name),
        (Trigger::Event { name }, Seen::Event { name: seen, .. }) => name == seen,
        _ => false,
    };
    triggered && signal.when.iter().all(|condition| members.satisfy(condition))
}

/// Scheme, host, port and path are equal; query, fragment and one trailing slash are ignored (B-Q12).
///
/// A spelling that only a browser would normalise (`HTTPS://Host`) does not count: navigations come normalised.
fn same_place(expected: &str, seen: &str) -> bool {
    let place = |url: &str| {
        let end = url.find(['?', '#']).unwrap_or(url.len());
        let path = &url[..end];
        path.strip_suffix('/').unwrap_or(path).to_string()
    };
    place(expected) == place(seen)
}

/// The members of a query or a JSON object, found by dotted path.
enum Members {
    Query(Vec<(String, String)>),
    Json(Value),
}

impl Members {
    fn of(seen: &Seen) -> Option<Self> {
        match seen {
            Seen::Navigation { url } if url.len() <= MAX_SEEN_BYTES => {
                let query = url.split_once('?').map_or("", |(_, rest)| rest.split('#').next().unwrap_or(""));
                let pairs = form_urlencoded::parse(query.as_bytes());
                Some(Self::Query(pairs.map(|(name, value)| (name.into(), value.into())).collect()))
            }
            Seen::Message { data, .. } if data.len() <= MAX_SEEN_BYTES => object(data).map(Self::Json),
            Seen::Event { data, .. } if data.len() <= MAX_SEEN_BYTES => {
                Some(Self::Json(object(data).unwrap_or(Value::Null)))
            }
            _ => None,
        }
    }

    fn text(&self, path: &str) -> Option<String> {
        match self {
            Self::Query(pairs) => pairs.iter().find(|(name, _)| name == path).map(|(_, value)| value.clone()),
            Self::Json(value) => match path.split('.').try_fold(value, |value, name| value.get(name))? {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => integer(number),
                Value::Bool(flag) => Some(flag.to_string()),
                Value::Null | Value::Array(_) | Value::Object(_) => None,
            },
        }
    }

    fn satisfy(&self, condition: &Condition) -> bool {
        self.text(&condition.path).is_some_and(|text| condition.is.contains(&text))
    }

    fn carried(&self, carry: &[Carry]) -> Vec<(String, String)> {
        let cut = |text: String, max: i32| text.chars().take(usize::try_from(max).unwrap_or(0)).collect();
        carry.iter().filter_map(|one| Some((one.name.clone(), cut(self.text(&one.path)?, one.max)))).collect()
    }
}

/// The digits of an integer that every language holds exactly, however it is spelt; any other number counts as nothing.
fn integer(number: &Number) -> Option<String> {
    // Printing a float never takes an exponent, and leaves out a fraction of zero.
    let value: i64 = number.as_f64()?.to_string().parse().ok()?;
    (value.unsigned_abs() <= MAX_INTEGER).then(|| value.to_string())
}

/// An object, or a JSON string that holds one (A-3: libraries hand over either).
fn object(text: &str) -> Option<Value> {
    match serde_json::from_str(text).ok()? {
        object @ Value::Object(_) => Some(object),
        Value::String(inner) => serde_json::from_str(&inner).ok().filter(Value::is_object),
        _ => None,
    }
}
