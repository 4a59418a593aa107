//! The one reader of a provider's JSON: strict for members that decide, lenient for the others (rule 25).

mod text;

use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use serde_json::Value;

use crate::{Flaw, FlawKind};

/// A parsed JSON text.
///
/// Flaws that real servers send in members that decide nothing do not cost a verdict: a byte order mark is skipped;
/// bytes that are no UTF-8, halves of surrogate pairs and control characters in a text become U+FFFD; `NaN`, `Infinity`
/// and numbers beyond a double become `null`. The strict readers of a [`Node`] refuse a text that was repaired in this
/// way, and a member that occurs twice.
///
/// ```
/// use idvkit_core::{FlawKind, Json};
///
/// let json = Json::read(br#"{"id": "7", "score": NaN, "owner": {"name": "\ud83d"}}"#).unwrap();
/// let root = json.root();
/// assert_eq!(root.text("id").unwrap(), "7");
/// assert_eq!(root.loose_text("owner.name").unwrap(), "\u{fffd}");
/// assert_eq!(root.text("owner.name").unwrap_err().kind(), FlawKind::NotUtf8);
/// assert_eq!(root.text("owner.id").unwrap_err().place(), "owner.id");
/// ```
pub struct Json {
    root: Value,
    /// The text with what had to be mended in it, if it is not as it was sent.
    mended: Option<String>,
    /// The places of members that stand there twice.
    twice: Vec<String>,
}

impl Json {
    /// Parses a text. Its arrays and objects may be nested at most 128 deep.
    ///
    /// # Errors
    /// A [`Flaw`] of kind `empty`, `html` or `json_syntax`.
    pub fn read(body: &[u8]) -> Result<Self, Flaw> {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        match body.trim_ascii_start() {
            [] => return Err(Flaw::new(FlawKind::Empty, "")),
            [b'<', ..] => return Err(Flaw::new(FlawKind::Html, "")),
            _ => {}
        }
        let mut text = core::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed);
        let root = match serde_json::from_str(&text) {
            Ok(root) => root,
            Err(error) => {
                let whole = text::mend(&text);
                let root = serde_json::from_str(&whole).map_err(|_| syntax(&text, &error))?;
                text = Cow::Owned(whole);
                root
            }
        };
        // Only then are there fewer members than the text names.
        let twice = if text::names(&text) > members(&root) { text::twice(&text) } else { Vec::new() };
        let mended = match text {
            Cow::Owned(whole) => Some(whole),
            Cow::Borrowed(_) => None,
        };
        Ok(Self { root, mended, twice })
    }

    /// The text as it was read, if something in it had to be mended.
    pub fn mended(&self) -> Option<&str> {
        self.mended.as_deref()
    }

    /// The root of the document, from which members are read.
    pub fn root(&self) -> Node<'_> {
        Node { json: self, value: Some(&self.root), place: String::new() }
    }
}

/// A place in a [`Json`], with or without a value.
///
/// A path names members inside each other, joined by dots. Absent and `null` are the same. The readers whose names
/// begin with `loose` are for members that decide nothing; all others are strict.
#[derive(Clone)]
pub struct Node<'a> {
    json: &'a Json,
    value: Option<&'a Value>,
    place: String,
}

/// A value that was read before: what was mended in it is no longer known.
impl From<Value> for Json {
    fn from(root: Value) -> Self {
        Self { root, mended: None, twice: Vec::new() }
    }
}

impl<'a> Node<'a> {
    /// The place at a path from here; the empty path is this place itself.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        if path.is_empty() {
            return self.clone();
        }
        path.split('.').fold(self.clone(), |node, name| node.member(name))
    }

    /// The path from the root, safe to print: a name that is no plain word shows as `*`, because it may be a value.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// A text.
    ///
    /// # Errors
    /// `member_missing`, `member_twice`, `member_type`, or `not_utf8` if it had to be repaired.
    pub fn text(&self, path: &str) -> Result<&'a str, Flaw> {
        self.needed_plain(path, Self::as_text)
    }

    /// A text that may be missing.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn maybe_text(&self, path: &str) -> Result<Option<&'a str>, Flaw> {
        self.plain(path, Self::as_text)
    }

    /// A flag.
    ///
    /// # Errors
    /// `member_missing`, `member_twice` or `member_type`.
    pub fn flag(&self, path: &str) -> Result<bool, Flaw> {
        self.needed_plain(path, Self::as_flag)
    }

    /// A flag that may be missing.
    ///
    /// # Errors
    /// `member_twice` or `member_type`.
    pub fn maybe_flag(&self, path: &str) -> Result<Option<bool>, Flaw> {
        self.plain(path, Self::as_flag)
    }

    /// A whole number.
    ///
    /// # Errors
    /// `member_missing`, `member_twice` or `member_type`.
    pub fn integer(&self, path: &str) -> Result<i64, Flaw> {
        self.needed_plain(path, Self::as_integer)
    }

    /// A whole number that may be missing.
    ///
    /// # Errors
    /// `member_twice` or `member_type`.
    pub fn maybe_integer(&self, path: &str) -> Result<Option<i64>, Flaw> {
        self.plain(path, Self::as_integer)
    }

    /// An object.
    ///
    /// # Errors
    /// `member_missing`, `member_twice` or `member_type`.
    pub fn object(&self, path: &str) -> Result<Self, Flaw> {
        self.needed(path, Self::as_object)
    }

    /// An object that may be missing.
    ///
    /// # Errors
    /// `member_twice` or `member_type`.
    pub fn maybe_object(&self, path: &str) -> Result<Option<Self>, Flaw> {
        self.maybe(path, Self::as_object)
    }

    /// The items of a list.
    ///
    /// # Errors
    /// `member_missing`, `member_twice` or `member_type`.
    pub fn list(&self, path: &str) -> Result<Vec<Self>, Flaw> {
        self.needed(path, Self::as_list)
    }

    /// The items of a list that may be missing.
    ///
    /// # Errors
    /// `member_twice` or `member_type`.
    pub fn maybe_list(&self, path: &str) -> Result<Option<Vec<Self>>, Flaw> {
        self.maybe(path, Self::as_list)
    }

    /// A value of any type that may be missing.
    ///
    /// # Errors
    /// `member_twice`.
    pub fn maybe_value(&self, path: &str) -> Result<Option<&'a Value>, Flaw> {
        self.plain(path, |node| node.value().ok_or(FlawKind::MemberMissing))
    }

    /// The members of an object with their names, in the order of the names; none of anything else.
    pub fn members(&self) -> impl Iterator<Item = (&'a str, Self)> {
        let object = self.value.and_then(Value::as_object).into_iter().flatten();
        object.map(|(name, _)| (name.as_str(), self.member(name)))
    }

    /// A text, number or flag as text; nothing where there is anything else.
    pub fn loose_text(&self, path: &str) -> Option<String> {
        match self.find(path)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// A whole number, also where it is written as a text or with a fraction, which is cut off.
    pub fn loose_integer(&self, path: &str) -> Option<i64> {
        let text = self.loose_text(path)?;
        let text = text.trim();
        let whole =
            text.split_once('.').filter(|(_, digits)| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
        whole.map_or(text, |(whole, _)| whole).parse().ok()
    }

    /// The items of a list, or a single value where a list would be; empty if there is no value.
    pub fn loose_list(&self, path: &str) -> Vec<Self> {
        let node = self.at(path);
        match node.value {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => node.items(items),
            Some(_) => [node].into(),
        }
    }

    /// The texts at a path of each item of a list, or of a single value where a list would be. Items without one are left
    /// out.
    pub fn loose_texts(&self, list: &str, path: &str) -> Vec<String> {
        // No place is told of any of them.
        let text = |value| Self { json: self.json, value: Some(value), place: String::new() }.loose_text(path);
        match self.find(list) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.iter().filter_map(text).collect(),
            Some(one) => text(one).into_iter().collect(),
        }
    }

    /// The value as it was read, for what is passed on; `None` if there is none.
    pub fn value(&self) -> Option<&'a Value> {
        self.value.filter(|value| !value.is_null())
    }

    /// That something is wrong at a path from here, which only the caller can know.
    pub fn flaw(&self, kind: FlawKind, path: &str) -> Flaw {
        Flaw::new(kind, self.at(path).place)
    }

    fn needed_plain<T>(&self, path: &str, read: impl Fn(&Self) -> Result<T, FlawKind>) -> Result<T, Flaw> {
        self.plain(path, read)?.ok_or_else(|| self.flaw(FlawKind::MemberMissing, path))
    }

    /// [`maybe`](Self::maybe) for what needs no place: that is only made for a flaw.
    fn plain<T>(&self, path: &str, read: impl Fn(&Self) -> Result<T, FlawKind>) -> Result<Option<T>, Flaw> {
        if !self.json.twice.is_empty() {
            return self.maybe(path, read);
        }
        let node = Self { json: self.json, value: self.find(path), place: String::new() };
        match node.value() {
            None => Ok(None),
            Some(_) => read(&node).map(Some).map_err(|kind| self.flaw(kind, path)),
        }
    }

    /// The value at a path from here.
    fn find(&self, path: &str) -> Option<&'a Value> {
        if path.is_empty() {
            return self.value;
        }
        path.split('.').try_fold(self.value?, |value, name| value.get(name))
    }

    fn needed<T>(&self, path: &str, read: impl Fn(&Self) -> Result<T, FlawKind>) -> Result<T, Flaw> {
        self.maybe(path, read)?.ok_or_else(|| self.flaw(FlawKind::MemberMissing, path))
    }

    fn maybe<T>(&self, path: &str, read: impl Fn(&Self) -> Result<T, FlawKind>) -> Result<Option<T>, Flaw> {
        let node = self.at(path);
        if node.stands_twice() {
            return Err(Flaw::new(FlawKind::MemberTwice, node.place));
        }
        match node.value() {
            None => Ok(None),
            Some(_) => read(&node).map(Some).map_err(|kind| Flaw::new(kind, node.place)),
        }
    }

    fn as_text(&self) -> Result<&'a str, FlawKind> {
        let text = self.value.and_then(Value::as_str).ok_or(FlawKind::MemberType)?;
        let spoiled = self.json.mended.is_some() && text.contains(char::REPLACEMENT_CHARACTER);
        if spoiled { Err(FlawKind::NotUtf8) } else { Ok(text) }
    }

    fn as_flag(&self) -> Result<bool, FlawKind> {
        self.value.and_then(Value::as_bool).ok_or(FlawKind::MemberType)
    }

    fn as_integer(&self) -> Result<i64, FlawKind> {
        self.value.and_then(Value::as_i64).ok_or(FlawKind::MemberType)
    }

    fn as_object(&self) -> Result<Self, FlawKind> {
        if self.value.is_some_and(Value::is_object) { Ok(self.clone()) } else { Err(FlawKind::MemberType) }
    }

    fn as_list(&self) -> Result<Vec<Self>, FlawKind> {
        self.value.and_then(Value::as_array).map(|items| self.items(items)).ok_or(FlawKind::MemberType)
    }

    fn items(&self, items: &'a [Value]) -> Vec<Self> {
        let item = |(index, value)| {
            let place = format!("{}[{index}]", self.place);
            Self { json: self.json, value: Some(value), place }
        };
        items.iter().enumerate().map(item).collect()
    }

    fn member(&self, name: &str) -> Self {
        let value = self.value.and_then(|value| value.get(name));
        Self { json: self.json, value, place: text::join(&self.place, name) }
    }

    /// Whether it, or what it is in, stands there twice.
    fn stands_twice(&self) -> bool {
        let within = |outer: &String| {
            self.place.strip_prefix(outer.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.json.twice.iter().any(within)
    }
}

/// Prints nothing that it holds.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(..)")
    }
}

/// Prints the place, and not what stands there.
impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node(at {:?})", self.place)
    }
}

/// The number of members of all objects in a value.
fn members(value: &Value) -> usize {
    match value {
        Value::Object(object) => object.len() + object.values().map(members).sum::<usize>(),
        Value::Array(items) => items.iter().map(members).sum(),
        _ => 0,
    }
}

/// Where a text stops being JSON, counted in characters, as editors do.
fn syntax(text: &str, error: &serde_json::Error) -> Flaw {
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let starts_character = |byte: &u8| byte & 0b1100_0000 != 0b1000_0000;
    let column = line.bytes().take(error.column()).filter(starts_character).count();
    Flaw::new(FlawKind::JsonSyntax, format!("line {} column {column}", error.line()))
}
