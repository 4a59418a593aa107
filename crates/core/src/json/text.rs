//! What a general reader of JSON does not do: mending what is almost JSON, and finding members that stand twice.

use alloc::{
    borrow::Cow,
    collections::BTreeSet,
    format,
    string::{String, ToString},
    vec::Vec,
};

/// The text with its flawed parts replaced: in strings by U+FFFD, elsewhere numbers that are none by `null`.
pub(super) fn mend(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    for piece in Pieces(text) {
        if piece.starts_with('"') { mend_string(piece, &mut mended) } else { mend_numbers(piece, &mut mended) }
    }
    mended
}

/// The number of members that the text names. The text is JSON.
pub(super) fn names(text: &str) -> usize {
    let between = Pieces(text).filter(|piece| !piece.starts_with('"'));
    between.map(|piece| piece.bytes().filter(|byte| *byte == b':').count()).sum()
}

/// The places of members that stand in their object twice, once their escapes are read. The text is JSON.
pub(super) fn twice(text: &str) -> Vec<String> {
    let mut twice = Vec::new();
    let mut levels: Vec<Level<'_>> = Vec::new();
    for piece in Pieces(text) {
        if !piece.starts_with('"') {
            piece.bytes().for_each(|byte| step(byte, &mut levels));
        } else if levels.last_mut().is_some_and(|level| level.is_named_again(piece)) {
            twice.push(place(&levels));
        }
    }
    twice
}

/// The path of a member. A name that is no plain word may be a value, and is not shown.
pub(super) fn join(outer: &str, name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
    let is_word = name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let shown = if is_word && name.bytes().all(plain) { name } else { "*" };
    if outer.is_empty() { shown.to_string() } else { format!("{outer}.{shown}") }
}

/// A text cut into its strings, which begin with a quote, and what stands between them.
struct Pieces<'a>(&'a str);

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let end = if self.0.starts_with('"') { string_end(self.0) } else { self.0.find('"').unwrap_or(self.0.len()) };
        let (piece, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        (!piece.is_empty()).then_some(piece)
    }
}

/// Where the string ends with which the text begins.
fn string_end(text: &str) -> usize {
    let mut at = 1;
    loop {
        match text.as_bytes().get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return text.len(),
        }
    }
}

fn mend_string(string: &str, mended: &mut String) {
    let mut chars = string.chars();
    while let Some(next) = chars.next() {
        match next {
            '\\' => match escape(chars.as_str()) {
                Escape::Lone => {
                    mended.push(char::REPLACEMENT_CHARACTER);
                    chars = chars.as_str().get(5..).unwrap_or_default().chars();
                }
                Escape::Whole(len) => {
                    let (escape, rest) = chars.as_str().split_at_checked(len).unwrap_or((chars.as_str(), ""));
                    mended.push('\\');
                    mended.push_str(escape);
                    chars = rest.chars();
                }
            },
            control if control < ' ' => mended.push(char::REPLACEMENT_CHARACTER),
            plain => mended.push(plain),
        }
    }
}

/// What follows a backslash.
enum Escape {
    /// So many bytes that stay as they are.
    Whole(usize),
    /// Half of a surrogate pair.
    Lone,
}

fn escape(rest: &str) -> Escape {
    let unit = |text: &str| text.strip_prefix('u')?.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    let Some(first) = unit(rest) else { return Escape::Whole(rest.chars().next().map_or(0, char::len_utf8)) };
    let second = rest.get(5..).and_then(|rest| unit(rest.strip_prefix('\\')?));
    match char::decode_utf16([first].into_iter().chain(second)).next() {
        Some(Err(_)) => Escape::Lone,
        _ if (0xD800..0xDC00).contains(&first) => Escape::Whole(11),
        _ => Escape::Whole(5),
    }
}

/// `NaN`, `Infinity` and what exceeds a double.
fn mend_numbers(between: &str, mended: &mut String) {
    let is_delimiter = |c: char| c.is_ascii_whitespace() || matches!(c, '{' | '}' | '[' | ']' | ':' | ',');
    for word in between.split_inclusive(is_delimiter) {
        let number = word.trim_end_matches(is_delimiter);
        if number.parse::<f64>().is_ok_and(|number| !number.is_finite()) {
            mended.push_str("null");
            mended.push_str(&word[number.len()..]);
        } else {
            mended.push_str(word);
        }
    }
}

/// An array or object that is open, and where in it the reader is.
enum Level<'a> {
    List { index: usize },
    Object { names: BTreeSet<Cow<'a, str>>, name: Cow<'a, str>, awaits_name: bool },
}

impl<'a> Level<'a> {
    /// Takes in a string: whether it is the name of a member that this object has already.
    fn is_named_again(&mut self, string: &'a str) -> bool {
        let Self::Object { names, name, awaits_name: true } = self else { return false };
        *name = unescaped(string);
        !names.insert(name.clone())
    }
}

/// Where the reader is.
fn place(levels: &[Level<'_>]) -> String {
    levels.iter().fold(String::new(), |outer, level| match level {
        Level::List { index } => format!("{outer}[{index}]"),
        Level::Object { name, .. } => join(&outer, name),
    })
}

fn step(byte: u8, levels: &mut Vec<Level<'_>>) {
    match byte {
        b'{' => levels.push(Level::Object { names: BTreeSet::new(), name: Cow::Borrowed(""), awaits_name: true }),
        b'[' => levels.push(Level::List { index: 0 }),
        b'}' | b']' => {
            levels.pop();
        }
        b',' | b':' => match levels.last_mut() {
            Some(Level::Object { awaits_name, .. }) => *awaits_name = byte == b',',
            Some(Level::List { index }) => *index += 1,
            None => {}
        },
        _ => {}
    }
}

/// What a string of JSON stands for; one that is none stands for itself.
fn unescaped(string: &str) -> Cow<'_, str> {
    let plain = string.trim_matches('"');
    if !plain.contains('\\') {
        return Cow::Borrowed(plain);
    }
    serde_json::from_str(string).map_or(Cow::Borrowed(plain), Cow::Owned)
}
