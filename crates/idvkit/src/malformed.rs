//! Why a configuration or request in JSON was not understood: the member, the rule and the fix, and never a value.

use alloc::{format, string::String};

use idvkit_core::{Reject, RejectCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Path;

/// No documented path comes near this, in characters.
const MAX_PATH: usize = 256;
/// No documented name comes near this, in characters.
const MAX_NAME: usize = 64;

/// What was to be read.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    /// `config` or `request`.
    pub(crate) name: &'static str,
    /// The code of its refusals.
    pub(crate) code: RejectCode,
    /// The member that says which of the forms it is, and its words.
    pub(crate) tag: (&'static str, &'static [&'static str]),
}

/// A member that is not as it must be: its path below the whole, and the rule.
pub(crate) struct Wrong {
    path: String,
    rule: String,
}

impl Wrong {
    pub(crate) fn reject(self, code: RejectCode) -> Reject {
        Reject::at(code, self.path, self.rule)
    }
}

impl Form {
    /// Explains the error of reading `text`. `walk` reads the members once more by the form that the tag names.
    pub(crate) fn explain(
        self,
        text: &str,
        error: &serde_json::Error,
        walk: fn(&str, Value) -> Option<Wrong>,
    ) -> Reject {
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            let (line, column) = (error.line(), error.column());
            return self.reject("", &format!("this is not valid JSON (line {line}, column {column})"));
        };
        let (tag, words) = self.tag;
        let Value::Object(mut members) = value else {
            return self.reject("", &format!("must be an object with the member `{tag}`"));
        };
        let known = |given: &Value| words.iter().find(|word| given.as_str() == Some(word)).copied();
        let Some(word) = members.remove(tag).as_ref().and_then(known) else {
            return self.reject(tag, &format!("is required, and must be one of {}", words.join(", ")));
        };
        match walk(word, members.into()) {
            Some(wrong) => self.reject(&wrong.path, &wrong.rule),
            // Reading into a value keeps the last of two members of one name, and finds nothing wrong with it.
            None => self.reject("", "a member occurs twice; give it once"),
        }
    }

    fn reject(self, path: &str, rule: &str) -> Reject {
        let reject = Reject::at(self.code, path, rule);
        reject.within(self.name)
    }
}

/// Reads a value as `T`, and says what is wrong with it if anything is.
pub(crate) fn walk<T: DeserializeOwned>(value: Value) -> Option<Wrong> {
    let error = serde_path_to_error::deserialize::<_, T>(value).err()?;
    Some(wrong(&path_of(error.path()), &format!("{}", error.inner())))
}

/// A path as text; empty for the whole.
pub(crate) fn path_of(path: &Path) -> String {
    match path.iter().next() {
        // The names of some members are the caller's own.
        Some(_) => format!("{path}").chars().take(MAX_PATH).collect(),
        None => String::new(),
    }
}

/// What is wrong at a place, out of what serde says about it.
pub(crate) fn wrong(path: &str, text: &str) -> Wrong {
    let below = |name: &str| match path {
        "" => name.into(),
        // An unknown member is in the path already, a missing one is not.
        path if path.rsplit('.').next() == Some(name) || name.len() >= MAX_NAME => path.into(),
        path => format!("{path}.{name}"),
    };
    match quoted(text) {
        Some(("missing field", name)) => Wrong { path: below(name), rule: "is required; give it".into() },
        Some(("unknown field", name)) => Wrong { path: below(name), rule: unknown_member(text) },
        _ => Wrong { path: path.into(), rule: must_be(text) },
    }
}

/// `missing field` and the name in what serde says, if it is about a member. A long name is cut.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let (start, rest) = text.split_once(" `")?;
    let (name, _) = rest.split_once('`')?;
    let end = name.char_indices().nth(MAX_NAME).map_or(name.len(), |(at, _)| at);
    Some((start, &name[..end]))
}

fn unknown_member(text: &str) -> String {
    match text.rsplit_once(", expected ") {
        Some((_, known)) => format!("this member does not exist; expected {known}"),
        None => "this member does not exist; leave it out".into(),
    }
}

/// What serde expected is ours to repeat; what it found is not.
fn must_be(text: &str) -> String {
    match text.rsplit_once(", expected ") {
        Some((_, "i64" | "u32" | "u64" | "u16")) => "must be an integer in range".into(),
        Some((_, expected)) if expected.starts_with("struct ") || expected == "a map" => "must be an object".into(),
        Some((_, "a sequence")) => "must be a list".into(),
        Some((_, expected)) if expected.contains('`') => format!("must be {expected}"),
        Some((_, expected)) if expected.starts_with("a ") => format!("must be {expected}"),
        _ => "does not have the documented form".into(),
    }
}
