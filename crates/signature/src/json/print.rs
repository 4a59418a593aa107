//! Printing a JSON text again in the manner of another program.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt::Write;

use super::{Node, Quoted, Unit};

/// How another program prints JSON.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub(crate) spacing: Spacing,
    pub(crate) escapes: Escapes,
    pub(crate) values: Values,
    /// Members by name, in the order of code points.
    pub(crate) sorted: bool,
}

/// White space between tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// None.
    Compact,
    /// One space after each `:` and `,`.
    Loose,
    /// A line for each member and item, indented by so many spaces.
    Lines(usize),
}

/// What is escaped in strings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// As in the text.
    AsSent,
    /// Only what must be.
    Least,
    /// All that is not printable ASCII.
    Ascii,
    /// `/` as well.
    Slash,
    /// Both.
    AsciiAndSlash,
    /// `<`, `>`, `&`, U+2028 and U+2029 as well.
    Html,
}

/// Numbers and the order of members.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Values {
    AsSent,
    EcmaScript,
}

impl Style {
    pub(crate) const ECMASCRIPT: Self =
        Self { spacing: Spacing::Compact, escapes: Escapes::Least, values: Values::EcmaScript, sorted: false };
}

/// Prints the value.
pub(crate) fn print(node: &Node<'_>, style: Style) -> Vec<u8> {
    let mut printer = Printer { style, out: String::new() };
    printer.value(node, 1);
    printer.out.into_bytes()
}

struct Printer {
    style: Style,
    out: String,
}

impl Printer {
    fn value(&mut self, node: &Node<'_>, level: usize) {
        match node {
            Node::Word(word) => self.out.push_str(word),
            Node::Number(number) => self.number(number),
            Node::Text(string) => self.string(*string),
            Node::Array(items) => self.list(['[', ']'], items.iter(), level, |printer, item| {
                printer.value(item, level + 1);
            }),
            Node::Object(members) => {
                let members = self.ordered(members);
                self.list(['{', '}'], members.into_iter(), level, |printer, (name, value)| {
                    printer.string(*name);
                    printer.out.push_str(if printer.style.spacing == Spacing::Compact { ":" } else { ": " });
                    printer.value(value, level + 1);
                });
            }
        }
    }

    fn list<T>(
        &mut self,
        [open, close]: [char; 2],
        items: impl ExactSizeIterator<Item = T>,
        level: usize,
        mut print: impl FnMut(&mut Self, T),
    ) {
        let empty = items.len() == 0;
        self.out.push(open);
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.out.push_str(if self.style.spacing == Spacing::Loose { ", " } else { "," });
            }
            self.line(level);
            print(self, item);
        }
        if !empty {
            self.line(level - 1);
        }
        self.out.push(close);
    }

    fn line(&mut self, level: usize) {
        if let Spacing::Lines(indent) = self.style.spacing {
            self.out.push('\n');
            self.out.extend(core::iter::repeat_n(' ', indent * level));
        }
    }

    fn ordered<'n, 'a>(&self, members: &'n [(Quoted<'a>, Node<'a>)]) -> Vec<&'n (Quoted<'a>, Node<'a>)> {
        let mut members: Vec<_> = members.iter().collect();
        if self.style.sorted {
            members.sort_by(|(a, _), (b, _)| a.order(*b));
        } else if self.style.values == Values::EcmaScript
            && members.iter().any(|(name, _)| array_index(*name).is_some())
        {
            // Stable: indices first in ascending order, then the others as they stood.
            members.sort_by_cached_key(|(name, _)| array_index(*name).map_or((true, 0), |index| (false, index)));
        }
        members
    }

    fn number(&mut self, number: &str) {
        match number.parse::<f64>() {
            // Too big for a double: infinite to JSON.parse, and `null` to JSON.stringify.
            Ok(value) if self.style.values == Values::EcmaScript && value.is_infinite() => self.out.push_str("null"),
            Ok(value) if self.style.values == Values::EcmaScript => {
                self.out.push_str(ryu_js::Buffer::new().format_finite(value));
            }
            _ => self.out.push_str(number),
        }
    }

    fn string(&mut self, string: Quoted<'_>) {
        self.out.push('"');
        if self.style.escapes == Escapes::AsSent || (self.style.escapes == Escapes::Least && string.literal) {
            self.out.push_str(string.raw);
        } else {
            for unit in string.units() {
                self.unit(unit);
            }
        }
        self.out.push('"');
    }

    fn unit(&mut self, unit: Unit) {
        let character = match unit {
            Unit::Lone(unit) => return self.escape(unit),
            Unit::Char(character) => character,
        };
        match character {
            '"' | '\\' => self.out.extend(['\\', character]),
            '\u{8}' => self.out.push_str("\\b"),
            '\u{c}' => self.out.push_str("\\f"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '/' if self.style.escapes.slash() => self.out.push_str("\\/"),
            _ if character < ' ' || self.style.escapes.covers(character) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    self.escape(*unit);
                }
            }
            _ => self.out.push(character),
        }
    }

    fn escape(&mut self, unit: u16) {
        // Writing to a string cannot fail.
        let _ = write!(self.out, "\\u{unit:04x}");
    }
}

impl Escapes {
    fn slash(self) -> bool {
        matches!(self, Self::Slash | Self::AsciiAndSlash)
    }

    fn covers(self, character: char) -> bool {
        match self {
            Self::AsSent | Self::Least | Self::Slash => false,
            Self::Ascii | Self::AsciiAndSlash => !matches!(character, ' '..='~'),
            Self::Html => matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'),
        }
    }
}

/// The array index that a name is (`0` to `2^32 - 2`, without leading zeros), as ECMAScript lists these first.
fn array_index(name: Quoted<'_>) -> Option<u32> {
    let text: Cow<'_, str> = if name.literal {
        Cow::Borrowed(name.raw)
    } else {
        let text: Option<String> = name
            .units()
            .map(|unit| match unit {
                Unit::Char(character) => Some(character),
                Unit::Lone(_) => None,
            })
            .collect();
        Cow::Owned(text?)
    };
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (*text == *"0" || !text.starts_with('0'));
    text.parse().ok().filter(|index| canonical && *index < u32::MAX)
}
